package sampleday

import (
	"fmt"
	"slices"

	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// defaultMutations is what Centra grants an hour; a day that needs more gets more.
const (
	defaultMutations  = 1000
	mutationsPerOrder = 4
)

// floorPace makes an hour of the warehouse's day last about five seconds, and
// retryPace the webhooks' second attempt come after a quarter of a second.
const (
	floorPace = 0.0015
	retryPace = 0.05
)

// day puts everything together. Nothing is drawn any more.
func (b *builder) day() (*Day, error) {
	b.reserve()
	d := &Day{
		Rules: append(b.shop.rules(b.catalogue.items), b.extra...), ItemAttributes: b.itemAttributes(), AttributeKeys: attributeKeys(),
		Plan: []PlannedOrder{}, Refused: append([]RefusedRow{}, b.refused...), Script: append([]Action{}, b.script...), Foreign: b.foreign,
		Warehouses: accounts(), Carriers: carriers(), Items: map[string]string{}, Notes: b.notes,
	}
	for i := range d.Rules {
		r := &d.Rules[i]
		r.Version, r.Author, r.Reason = int64(i+1), "sample day", "set up with the sample day"
	}
	for _, it := range b.catalogue.items {
		if it.acsSKU != "" {
			d.Items[it.sku] = it.acsSKU
		}
	}
	for _, o := range b.orders {
		if o.store == Store {
			d.Plan = append(d.Plan, PlannedOrder{Store: o.store, Number: fmt.Sprint(o.number), Planned: o.planned, PlannedEnd: o.end})
		}
	}
	slices.SortStableFunc(d.Script, func(x, y Action) int { return int(x.After - y.After) })
	leak := b.leak()
	d.Centra, d.ACS = b.centraSeed(leak), b.acsSeed(leak)
	if d.Centra.Quotas != nil {
		d.Notes = append(d.Notes, fmt.Sprintf("The shop grants %d mutations an hour instead of %d, so that the day does not take hours.", d.Centra.Quotas.MutationsHour, defaultMutations))
	}
	d.secrets = b.people.secrets()
	return d, nil
}

// reserve counts what orders hold of each item.
func (b *builder) reserve() {
	for _, o := range b.orders {
		demand := map[int]bool{}
		for _, l := range o.lines {
			demand[l.id] = l.demand
		}
		for _, u := range o.physical("") {
			if !demand[u.lineID] {
				u.item.allocated += u.quantity
			}
		}
	}
}

// leak is what the systems' own error texts give away, to prove that nobody passes
// it on: a customer of nobody else.
func (b *builder) leak() string {
	p := b.people.in("GB")
	return fmt.Sprintf("customer %s %s, %s, %s, %s", p.first, p.last, p.street, p.email, p.phone)
}

// itemAttributes are those of pre-owned garments, completed by hand.
func (b *builder) itemAttributes() []domain.ItemAttribute {
	out := []domain.ItemAttribute{}
	for _, it := range b.catalogue.items {
		st := it.variant.style
		for _, a := range []struct{ name, value string }{{"itemCondition", st.condition}, {"grade", st.grade}} {
			if a.value != "" {
				out = append(out, domain.ItemAttribute{Warehouse: it.warehouse, SKU: it.code(), Attribute: a.name, Value: a.value})
			}
		}
	}
	return out
}

func ptr[T any](v T) *T { return &v }

// acsSeed is both accounts with their services, items, stock and floor plans.
func (b *builder) acsSeed(leak string) acs.Seed {
	seed := acs.Seed{Options: &acs.SeedOptions{Pace: ptr(floorPace), RetryPace: ptr(retryPace), Leak: ptr(leak)}}
	for _, w := range []string{eurocentral, hillington} {
		a := acs.AccountSeed{Account: accountOf(w), Key: Keys()[accountOf(w)]}
		for _, s := range services(w) {
			a.ShippingServices = append(a.ShippingServices, acs.ShippingService{
				Code: s.code, Name: s.name, CarrierCode: s.carrier, CarrierServiceCode: s.product, Countries: s.countries, Cutoff: "12:00", Active: true,
			})
		}
		for _, it := range b.catalogue.items {
			if it.warehouse == w && !it.unknown {
				a.Items = append(a.Items, warehouseItem(it))
				a.Inventory = append(a.Inventory, acs.InventorySeed{SKU: it.code(), Quantities: map[string]int{"available": it.held()}})
			}
		}
		seed.Accounts = append(seed.Accounts, a)
	}
	for _, o := range b.orders {
		for _, p := range o.floor {
			seed.Floor = append(seed.Floor, *p)
		}
	}
	return seed
}

// warehouseItem is an item's record at the warehouse, with all that it asks for.
func warehouseItem(it *item) acs.Item {
	st := it.variant.style
	record := acs.Item{
		SKU: it.code(), ProductSKU: st.number, Name: st.name + " " + it.variant.name, Supplier: st.brand, GarmentType: st.garment, Size: it.size,
		Colour: it.variant.name, Barcodes: []string{it.ean}, ItemCondition: "new", Use: "sale", WeightGrams: 400,
		CountryOfOrigin: st.origin, CommodityCode: st.hsCode, UnitCost: fmt.Sprintf("%d.%02d", st.price*3/10/100, st.price*3/10%100), Currency: "GBP",
	}
	if st.condition != "" {
		record.ItemCondition, record.Grade = st.condition, st.grade
	}
	return record
}

// centraSeed is the shop with its orders, which appear one after another.
func (b *builder) centraSeed(leak string) centra.Seed {
	seed := centra.Seed{
		Stores: []centra.SeedStore{{ID: StoreID, Name: Store, Type: "DIRECT_TO_CONSUMER"}, {ID: ShowroomID, Name: Showroom, Type: "WHOLESALE"}},
		Warehouses: []centra.SeedWarehouse{
			{ID: 1, Name: eurocentral, StockMaster: "EXTERNAL", Country: "GB"}, {ID: 2, Name: hillington, StockMaster: "EXTERNAL", Country: "GB"},
		},
		Tokens:         []centra.SeedToken{{Token: CentraToken, Integration: "selvedge"}},
		AttributeTypes: []centra.SeedAttributeType{garmentAttributes()},
		EventsEnabled:  ptr(true), Leak: ptr(leak),
	}
	if need := b.opts.Orders * mutationsPerOrder; need > 2*defaultMutations {
		seed.Quotas = &centra.Quotas{MutationsHour: need}
	}
	b.seedChannels(&seed)
	for _, st := range b.catalogue.styles {
		if st.bundle == nil {
			seed.Products = append(seed.Products, product(st))
			continue
		}
		bundle := centra.SeedBundle{SKU: st.variants[0].items[0].sku, Name: st.name, Type: "FIXED", PriceType: "STATIC"}
		for _, p := range st.bundle {
			bundle.Items = append(bundle.Items, centra.SeedBundleItem{
				SKU: p.item.sku, Quantity: p.quantity, Weight: p.item.variant.style.price * int64(p.quantity),
			})
		}
		seed.Bundles = append(seed.Bundles, bundle)
	}
	for _, o := range b.orders {
		seed.Orders = append(seed.Orders, shopOrder(o))
	}
	return seed
}

func (b *builder) seedChannels(seed *centra.Seed) {
	currencies := map[string]bool{}
	for _, m := range b.shop.markets {
		if !currencies[m.currency] {
			currencies[m.currency] = true
			seed.Currencies = append(seed.Currencies, centra.SeedCurrency{Code: m.currency, Base: m.currency == "GBP"})
			seed.Pricelists = append(seed.Pricelists, centra.SeedPricelist{Name: pricelist(m), Currency: m.currency, Store: Store})
		}
		seed.Markets = append(seed.Markets, centra.SeedMarket{
			ID: m.id, Name: m.name, Store: Store, Countries: m.countries, Warehouses: []string{eurocentral, hillington},
		})
	}
	for _, m := range b.shop.methods {
		seed.ShippingOptions = append(seed.ShippingOptions, centra.SeedShippingOption{ID: m.id, Name: m.name, URI: m.uri})
	}
	for _, p := range b.shop.payments {
		seed.PaymentMethods = append(seed.PaymentMethods, centra.SeedPaymentMethod{
			ID: p.id, Name: p.name, URI: p.uri, CaptureMode: string(p.mode), CaptureOutcome: p.outcome, PendingMs: int(p.pending.Milliseconds()),
		})
	}
	for _, code := range countries(b.orders) {
		seed.Countries = append(seed.Countries, centra.SeedCountry{Code: code, Name: places[code].name, EU: places[code].eu})
	}
}

func pricelist(m *market) string { return "Retail " + m.currency }

func countries(orders []*order) []string {
	var out []string
	for _, o := range orders {
		if o.to.country != "" {
			out = append(out, o.to.country)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func garmentAttributes() centra.SeedAttributeType {
	return centra.SeedAttributeType{
		Name: "garment", Description: "What the warehouse asks for", ObjectType: "Product",
		Elements: []centra.SeedAttributeElement{{Key: "condition"}, {Key: "grade"}, {Key: "origin"}},
	}
}

// product is a style in the shop. Every other one carries its origin there; the
// rest is left to the brand's default.
func product(st *style) centra.SeedProduct {
	p := centra.SeedProduct{ID: st.id, Name: st.name, Number: st.number, Brand: st.brand, HarmonizedCommodityCode: st.hsCode}
	if st.id%2 == 0 && st.origin != "" {
		p.Attributes = []centra.SeedAttribute{{Type: "garment", Elements: map[string]string{"origin": st.origin}}}
	}
	for _, v := range st.variants {
		variant := centra.SeedVariant{ID: v.id, Name: v.name, Number: v.number, UnitCost: st.price * 3 / 10, UnitCostCurrency: "GBP"}
		for _, it := range v.items {
			size := centra.SeedSize{ID: it.id, Name: it.size, SKU: it.sku, EAN: it.ean}
			if n := it.stock(); n > 0 {
				size.Stock = map[string]int{it.warehouse: n}
			}
			variant.Sizes = append(variant.Sizes, size)
		}
		p.Variants = append(p.Variants, variant)
	}
	return p
}

// held is what the warehouse holds: what the shop counts, and the units that come in for
// orders that wait for them, which the shop is told of later.
func (i *item) held() int {
	if i.allocated == 0 && i.variant.style.scarce && i.extra > 0 {
		return i.extra + 20
	}
	return i.stock()
}

// stock is what the warehouse holds and the shop counts, one truth for both: what orders
// take, what goes wrong on top, and some more; none of what only exists as demand.
func (i *item) stock() int {
	if i.allocated == 0 && i.variant.style.scarce {
		return 0
	}
	return i.allocated + i.extra + 20
}

func shopOrder(o *order) centra.SeedOrder {
	out := centra.SeedOrder{
		Number: o.number, Store: o.store, OnHold: o.onHold, WaitingForPayment: o.unpaid, Captured: o.captured, CaptureOutcome: o.captureOutcome,
		PaymentMethod: o.payment.name, ShippingCost: o.shipping, HandlingCost: o.handling, PurchaseOrder: o.reference,
		ShippingAddress: address(o.to), AfterMs: int(o.after.Milliseconds()), Currency: "GBP", TaxPercent: 20, OrderDate: o.placed,
		Customer: &centra.SeedCustomer{Email: o.to.email, FirstName: o.to.first, LastName: o.to.last},
	}
	if m := o.market; m != nil {
		out.Market, out.Pricelist, out.Currency, out.TaxPercent = m.name, pricelist(m), m.currency, m.tax
	}
	if o.store == Showroom {
		out.Customer.AccountName = "Boutique " + o.reference
	}
	if o.method != nil {
		out.ShippingOption = o.method.name
	}
	if o.pending {
		out.Status = "PENDING"
	}
	if o.onHold {
		out.HoldReason = "to be checked by the shop"
	}
	if o.discount > 0 {
		out.Discounts = []centra.SeedDiscount{{Kind: "voucher", Value: o.discount}}
	}
	for _, l := range o.lines {
		out.Lines = append(out.Lines, shopLine(l))
	}
	return out
}

func shopLine(l *line) centra.SeedLine {
	out := centra.SeedLine{ID: l.id, Kind: l.kind, Name: l.name, Quantity: l.quantity, UnitPrice: l.unit, OriginalUnitPrice: l.original}
	switch {
	case l.kind == lineGift:
		return out
	case l.kind == lineBundle:
		out.SKU, out.From = l.item.sku, map[string]int{l.bundle.bundle[0].item.warehouse: l.quantity}
	case l.demand:
		out.SKU, out.Demand = l.item.sku, l.quantity
	default:
		out.SKU, out.From = l.item.sku, map[string]int{l.item.warehouse: l.quantity}
	}
	return out
}

func address(p person) centra.SeedAddress {
	return centra.SeedAddress{
		FirstName: p.first, LastName: p.last, Address1: p.street, ZipCode: p.postcode, City: p.city, Country: p.country,
		Email: p.email, PhoneNumber: p.phone,
	}
}
