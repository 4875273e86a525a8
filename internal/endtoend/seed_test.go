package endtoend_test

import (
	"fmt"

	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// Names of the shop and its two warehouses.
const (
	atelier    = "atelier"
	showroom   = "showroom" // wholesale
	north      = "north"    // by the shop's name
	south      = "south"
	accountN   = "HOUSEN" // by the warehouse's
	accountS   = "HOUSES"
	shopToken  = "endtoend-shop-token"
	shirt      = "SHIRT-M"
	hat        = "HAT-1"
	scarf      = "SCARF-1"
	set        = "SET-1" // a bundle of a shirt and two hats
	bare       = "BARE-1"
	leakedWord = "Leakington"
)

func account(warehouse string) string {
	if warehouse == south {
		return accountS
	}
	return accountN
}

func ptr[T any](v T) *T { return &v }

// shopSeed is a shop without orders.
func shopSeed() centra.Seed {
	product := func(id int, name, brand string, size centra.SeedSize) centra.SeedProduct {
		size.Stock = map[string]int{north: 500, south: 500}
		return centra.SeedProduct{ID: id, Name: name, Number: name, Brand: brand, Variants: []centra.SeedVariant{{Name: "Blue", Number: "B", Sizes: []centra.SeedSize{size}}}}
	}
	return centra.Seed{
		Stores:     []centra.SeedStore{{ID: 1, Name: atelier, Type: "DIRECT_TO_CONSUMER"}, {ID: 2, Name: showroom, Type: "WHOLESALE"}},
		Warehouses: []centra.SeedWarehouse{{ID: 1, Name: north, Country: "GB"}, {ID: 2, Name: south, Country: "GB"}},
		Currencies: []centra.SeedCurrency{{Code: "GBP", Base: true}},
		Countries:  []centra.SeedCountry{{Code: "GB", Name: "United Kingdom"}, {Code: "SE", Name: "Sweden", EU: true}},
		Pricelists: []centra.SeedPricelist{{Name: "Retail", Currency: "GBP", Store: atelier}},
		Markets:    []centra.SeedMarket{{ID: 1, Name: "United Kingdom", Store: atelier, Countries: []string{"GB"}, Warehouses: []string{north, south}}},
		ShippingOptions: []centra.SeedShippingOption{
			{ID: 1, Name: "Standard", URI: "standard"}, {ID: 2, Name: "Express", URI: "express"}, {ID: 3, Name: "Express Saver", URI: "express-saver"},
		},
		PaymentMethods: []centra.SeedPaymentMethod{
			{ID: 1, Name: "Card", URI: "card", CaptureMode: "on-shipment"},
			{ID: 2, Name: "Klarna", URI: "klarna", CaptureMode: "on-shipment", CaptureOutcome: "pending", PendingMs: 700},
			{ID: 3, Name: "Invoice", URI: "invoice", CaptureMode: "external"},
			{ID: 4, Name: "Prepayment", URI: "prepayment", CaptureMode: "before-submission"},
			{ID: 5, Name: "Shaky Bank", URI: "shaky-bank", CaptureMode: "on-shipment", CaptureOutcome: "pending-fail", PendingMs: 700},
		},
		Tokens: []centra.SeedToken{{Token: shopToken, Integration: "selvedge"}},
		AttributeTypes: []centra.SeedAttributeType{{
			Name: "garment", ObjectType: "Product",
			Elements: []centra.SeedAttributeElement{{Key: "condition"}, {Key: "origin"}},
		}},
		Products: []centra.SeedProduct{
			product(1, "Shirt", "House", centra.SeedSize{ID: 1, Name: "M", SKU: shirt, EAN: "7300000000011"}),
			product(2, "Hat", "House", centra.SeedSize{ID: 2, Name: "1", SKU: hat, EAN: "7300000000028"}),
			product(3, "Scarf", "House", centra.SeedSize{ID: 3, Name: "1", SKU: scarf, EAN: "7300000000035"}),
			product(4, "Bare", "Nobody", centra.SeedSize{ID: 4, Name: "1", SKU: bare, EAN: "7300000000042"}),
		},
		Bundles: []centra.SeedBundle{{
			SKU: set, Name: "Set", Type: "FIXED", PriceType: "STATIC",
			Items: []centra.SeedBundleItem{{SKU: shirt, Quantity: 1}, {SKU: hat, Quantity: 2}},
		}},
		EventsEnabled: ptr(true),
		Quotas: &centra.Quotas{
			Requests10s: 5_000, RequestsHour: 1_000_000, Complexity10s: 50_000_000, ComplexityHour: 1_000_000_000,
			Mutations10s: 5_000, MutationsHour: 1_000_000,
		},
		Leak: ptr(leak()),
	}
}

// leak is a customer of nobody's, whom both systems name in their error texts.
func leak() string {
	return "customer Lena " + leakedWord + ", 7 " + leakedWord + " Row, lena@" + leakedWord + ".example, +447400999999"
}

// warehouseSeed is both accounts with plenty of stock.
func warehouseSeed(doors, secret string) acs.Seed {
	var seed acs.Seed
	for _, w := range []string{north, south} {
		a := acs.AccountSeed{
			Account: account(w), Key: "key-" + w, Webhook: &acs.WebhookTarget{URL: doors + "/webhooks/warehouse/" + w, Secret: secret},
			ShippingServices: []acs.ShippingService{
				{Code: "RM48", Name: "Tracked 48", CarrierCode: "RM", CarrierServiceCode: "48", Countries: []string{"GB"}, Active: true},
				{Code: "RM24", Name: "Tracked 24", CarrierCode: "RM", CarrierServiceCode: "24", Countries: []string{"GB"}, Active: true},
			},
		}
		for _, sku := range []string{shirt, hat, scarf, bare} {
			a.Items = append(a.Items, acs.Item{SKU: sku, Name: sku, Supplier: "House", GarmentType: "shirt", Size: "M", ItemCondition: "new", Use: "sale"})
			a.Inventory = append(a.Inventory, acs.InventorySeed{SKU: sku, Quantities: map[string]int{"available": 5000}})
		}
		seed.Accounts = append(seed.Accounts, a)
	}
	seed.Options = &acs.SeedOptions{Leak: ptr(leak())}
	return seed
}

// rules are the mapping rules of every world; Express Saver has none.
func rules() []domain.Rule {
	var all []domain.Rule
	for _, w := range []string{north, south} {
		all = append(all,
			domain.Rule{Table: domain.RuleShippingMethod, Warehouse: w, From: "Standard", To: "RM48"},
			domain.Rule{Table: domain.RuleShippingMethod, Warehouse: w, From: "Express", To: "RM24"},
			domain.Rule{Table: domain.RuleCarrier, Warehouse: w, From: "RM", To: "Royal Mail"},
			domain.Rule{Table: domain.RuleAttributeDefault, Warehouse: w, From: "brand:House", To: "new", Extra: map[string]string{"attribute": "itemCondition"}})
	}
	all = append(all, domain.Rule{Table: domain.RuleMarket, Store: atelier, From: "United Kingdom", To: "ATELIER-UK", Extra: map[string]string{"currency": "GBP"}})
	for from, to := range map[string]domain.CaptureMode{
		"card": domain.CaptureOnShipment, "klarna": domain.CaptureOnShipment, "shaky-bank": domain.CaptureOnShipment,
		"invoice": domain.CaptureExternal, "prepayment": domain.CaptureBeforeSubmission,
	} {
		all = append(all, domain.Rule{Table: domain.RulePayment, Store: atelier, From: from, To: string(to)})
	}
	return all
}

// customer bears words that stand nowhere else.
func customer(number int) centra.SeedAddress {
	return centra.SeedAddress{
		FirstName: fmt.Sprintf("Firstina%dq", number), LastName: fmt.Sprintf("Lastinova%dq", number), Address1: fmt.Sprintf("12 Planted%dq Road", number),
		ZipCode: "G51 4BX", City: "Glasgow", Country: "GB", Email: fmt.Sprintf("mailbox%dq@planted.example", number), PhoneNumber: fmt.Sprintf("+44740%07d", number),
	}
}

// secrets are the words of a customer that nobody may read anywhere.
func secrets(number int) []string {
	c := customer(number)
	return []string{c.FirstName, c.LastName, fmt.Sprintf("Planted%dq", number), c.Email, c.PhoneNumber}
}
