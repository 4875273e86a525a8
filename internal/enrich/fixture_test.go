package enrich_test

import (
	"maps"
	"slices"

	"selvedge/internal/domain"
	"selvedge/internal/enrich"
	"selvedge/internal/mapping"
)

const (
	north = "acs-north"
	south = "acs-south"
)

func address() domain.Address {
	return domain.Address{
		FirstName: "Plantedfirst", LastName: "Plantedlast", Company: "Plantedco", Line1: "Plantedstreet 1", Line2: "Plantedflat",
		City: "Plantedcity", State: "Plantedstate", Postcode: "SW1A 1AA", Country: "GB", Email: "planted@example.com", Phone: "+442079460958",
	}
}

func product(id, sku string, quantity int, unit int64, allocations ...domain.Allocation) domain.Line {
	return domain.Line{
		ID: id, Kind: domain.LineProduct, SKU: sku, SizeID: "size-" + sku, Quantity: quantity, UnitPrice: unit, ListPrice: unit,
		Total: unit * int64(quantity), Allocations: allocations, Item: domain.ItemData{Type: "dress", CommodityCode: "620442"},
	}
}

func in(warehouse string, quantity int) domain.Allocation {
	return domain.Allocation{Warehouse: warehouse, Quantity: quantity}
}

func order(lines ...domain.Line) domain.Order {
	o := domain.Order{
		ID: domain.OrderID{Store: "atelier", Number: "10023"}, Status: domain.ShopConfirmed, Market: domain.Ref{ID: "1", Name: "United Kingdom"},
		Country: "GB", Currency: "GBP", ShippingMethod: domain.Ref{ID: "7", Name: "Express Saver"},
		PaymentMethod: domain.Ref{URI: "card"}, Shipping: 500, Lines: lines,
	}
	o.GrandTotal = o.Shipping
	for _, l := range lines {
		if l.Kind != domain.LineBundleItem {
			o.GrandTotal += l.Total
		}
	}
	o.Payment.Authorized = o.GrandTotal
	return o
}

// ruleBook maps all that order needs in both warehouses.
func ruleBook() []domain.Rule {
	rules := []domain.Rule{
		{Table: domain.RuleMarket, Store: "atelier", From: "1", To: "UK01", Extra: map[string]string{"currency": "GBP"}},
		{Table: domain.RulePayment, Store: "atelier", From: "card", To: "on-shipment"},
	}
	for _, warehouse := range []string{north, south} {
		rules = append(rules,
			domain.Rule{Table: domain.RuleShippingMethod, Warehouse: warehouse, From: "7", To: "RM24"},
			domain.Rule{Table: domain.RuleAttributeDefault, Warehouse: warehouse, From: "type:dress", To: "new", Extra: map[string]string{"attribute": "itemCondition"}},
			domain.Rule{Table: domain.RuleAttributeDefault, Warehouse: warehouse, From: "type:dress", To: "PT", Extra: map[string]string{"attribute": "countryOfOrigin"}},
		)
	}
	for i := range rules {
		rules[i].Version = int64(i + 1)
	}
	return rules
}

// without drops the rules of a table.
func without(table domain.RuleTable) []domain.Rule {
	var kept []domain.Rule
	for _, r := range ruleBook() {
		if r.Table != table {
			kept = append(kept, r)
		}
	}
	return kept
}

func input(o domain.Order) enrich.Input {
	return enrich.Input{
		Order: o, Rules: mapping.New(ruleBook()),
		Limits:        func(w string) (int, int, bool) { return 50, 99, w == north || w == south },
		AttributeKeys: map[string]string{"itemCondition": "acs.condition", "grade": "acs.grade"},
	}
}

func causes(questions []domain.Question) []string {
	var all []string
	for _, q := range questions {
		all = append(all, q.Cause)
	}
	return all
}

// bundle is a bundle line with its components, allocated in north; the price sits
// on the bundle line.
func bundle(total int64, units int, components map[string]int64) []domain.Line {
	lines := []domain.Line{{ID: "b", Kind: domain.LineBundle, SKU: "BND", Quantity: units, UnitPrice: total / int64(units), Total: total}}
	for _, id := range slices.Sorted(maps.Keys(components)) {
		l := product(id, "SKU-"+id, units, 0, in(north, units))
		l.Kind, l.Bundle, l.ListPrice = domain.LineBundleItem, "b", components[id]
		lines = append(lines, l)
	}
	return lines
}
