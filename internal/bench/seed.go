package main

import (
	"fmt"

	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// The one shop, its warehouse and what it sells.
const (
	store     = "atelier"
	warehouse = "north"
	account   = "HOUSEN"
	account2  = "HOUSES" // another warehouse, for orders from two
	south     = "south"
	shirt     = "SHIRT-M"
	hat       = "HAT-1"
	shopToken = "bench-shop-token"
	secret    = "whsec_YmVuY2gtd2ViaG9vay1rZXktMTIzNDU2Nzg="
	unmapped  = "Express Saver" // a shipping method without a rule
)

func ptr[T any](v T) *T { return &v }

// unlimited are quotas that no bench meets; the row quota sets its own.
func unlimited() *centra.Quotas {
	return &centra.Quotas{
		Requests10s: 100_000, RequestsHour: 10_000_000, Complexity10s: 1_000_000_000, ComplexityHour: 1_000_000_000,
		Mutations10s: 100_000, MutationsHour: 10_000_000,
	}
}

// shopSeed is a shop without orders.
func shopSeed(doors string, quotas *centra.Quotas) centra.Seed {
	product := func(id int, name string) centra.SeedProduct {
		size := centra.SeedSize{ID: id, Name: "M", SKU: name, EAN: fmt.Sprintf("73000000%05d", id), Stock: map[string]int{warehouse: 1_000_000, south: 1_000_000}}
		return centra.SeedProduct{ID: id, Name: name, Number: name, Brand: "House", Variants: []centra.SeedVariant{{Name: "Blue", Number: "B", Sizes: []centra.SeedSize{size}}}}
	}
	seed := centra.Seed{
		Stores:          []centra.SeedStore{{ID: 1, Name: store, Type: "DIRECT_TO_CONSUMER"}},
		Warehouses:      []centra.SeedWarehouse{{ID: 1, Name: warehouse, Country: "GB"}, {ID: 2, Name: south, Country: "GB"}},
		Currencies:      []centra.SeedCurrency{{Code: "GBP", Base: true}},
		Countries:       []centra.SeedCountry{{Code: "GB", Name: "United Kingdom"}},
		Pricelists:      []centra.SeedPricelist{{Name: "Retail", Currency: "GBP", Store: store}},
		Markets:         []centra.SeedMarket{{ID: 1, Name: "United Kingdom", Store: store, Countries: []string{"GB"}, Warehouses: []string{warehouse, south}}},
		ShippingOptions: []centra.SeedShippingOption{{ID: 1, Name: "Standard", URI: "standard"}, {ID: 2, Name: unmapped, URI: "express-saver"}},
		PaymentMethods:  []centra.SeedPaymentMethod{{ID: 1, Name: "Card", URI: "card", CaptureMode: "on-shipment"}},
		Tokens:          []centra.SeedToken{{Token: shopToken, Integration: "selvedge"}},
		AttributeTypes:  []centra.SeedAttributeType{{Name: "garment", ObjectType: "Product", Elements: []centra.SeedAttributeElement{{Key: "condition"}}}},
		Products:        []centra.SeedProduct{product(1, shirt), product(2, hat)},
		EventsEnabled:   ptr(true), Quotas: quotas,
	}
	if doors != "" {
		seed.Webhook = &centra.SeedWebhook{URL: doors + "/webhooks/shop", Secret: secret}
	}
	return seed
}

// warehouseSeed is both accounts with plenty of stock; without doors nobody is told anything.
func warehouseSeed(doors string) acs.Seed {
	var seed acs.Seed
	for code, name := range map[string]string{account: warehouse, account2: south} {
		a := acs.AccountSeed{
			Account: code, Key: "key-" + code,
			ShippingServices: []acs.ShippingService{{Code: "RM48", Name: "Tracked 48", CarrierCode: "RM", CarrierServiceCode: "48", Countries: []string{"GB"}, Active: true}},
		}
		if doors != "" {
			a.Webhook = &acs.WebhookTarget{URL: doors + "/webhooks/warehouse/" + name, Secret: secret}
		}
		for _, sku := range []string{shirt, hat} {
			a.Items = append(a.Items, acs.Item{SKU: sku, Name: sku, Supplier: "House", GarmentType: "shirt", Size: "M", ItemCondition: "new", Use: "sale"})
			a.Inventory = append(a.Inventory, acs.InventorySeed{SKU: sku, Quantities: map[string]int{"available": 1_000_000}})
		}
		seed.Accounts = append(seed.Accounts, a)
	}
	return seed
}

// rules map all but the shipping method that is there to be missing.
func rules() []domain.Rule {
	var all []domain.Rule
	for _, w := range []string{warehouse, south} {
		all = append(all,
			domain.Rule{Table: domain.RuleShippingMethod, Warehouse: w, From: "Standard", To: "RM48"},
			domain.Rule{Table: domain.RuleCarrier, Warehouse: w, From: "RM", To: "Royal Mail"},
			domain.Rule{Table: domain.RuleAttributeDefault, Warehouse: w, From: "brand:House", To: "new", Extra: map[string]string{"attribute": "itemCondition"}})
	}
	return append(all,
		domain.Rule{Table: domain.RuleMarket, Store: store, From: "United Kingdom", To: "ATELIER-UK", Extra: map[string]string{"currency": "GBP"}},
		domain.Rule{Table: domain.RulePayment, Store: store, From: "card", To: string(domain.CaptureOnShipment)})
}

// sale is an order of one shirt, unless changed.
func sale(number int, change ...func(*centra.SeedOrder)) centra.SeedOrder {
	to := centra.SeedAddress{
		FirstName: "Bench", LastName: fmt.Sprintf("Number%d", number), Address1: "12 Measured Road", ZipCode: "G51 4BX", City: "Glasgow", Country: "GB",
		Email: fmt.Sprintf("bench%d@customers.example", number), PhoneNumber: fmt.Sprintf("+44740%07d", number),
	}
	o := centra.SeedOrder{
		Number: number, Store: store, Market: "United Kingdom", Pricelist: "Retail", Currency: "GBP", TaxPercent: 20,
		ShippingOption: "Standard", PaymentMethod: "Card", ShippingCost: 495, ShippingAddress: to,
		Customer: &centra.SeedCustomer{Email: to.Email, FirstName: to.FirstName, LastName: to.LastName},
		Lines:    []centra.SeedLine{saleLine(number, 1, shirt, 1, warehouse)},
	}
	for _, c := range change {
		c(&o)
	}
	return o
}

func saleLine(number, digit int, sku string, quantity int, from string) centra.SeedLine {
	return centra.SeedLine{ID: number*10 + digit, SKU: sku, Quantity: quantity, UnitPrice: 3_990, From: map[string]int{from: quantity}}
}

// twoParcels is an order of two shirts that leave one after the other.
func twoParcels(number int) (centra.SeedOrder, acs.FloorPlan) {
	order := sale(number, func(o *centra.SeedOrder) { o.Lines[0].Quantity, o.Lines[0].From = 2, map[string]int{warehouse: 2} })
	return order, acs.FloorPlan{Order: fmt.Sprintf("%s/%d", store, number), Parcels: []acs.PlannedParcel{
		{Lines: []acs.PlannedUnits{{LineID: fmt.Sprint(order.Lines[0].ID), Quantity: 1}}}, {DelayMs: ptr(1200)},
	}}
}
