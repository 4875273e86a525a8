package centra

import (
	"fmt"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

// FoldBundles turns component lines of a shipment into their bundle lines, for an
// instance that takes bundles in shipments. Only whole bundles can be told that
// way: components that do not make whole bundles are fault.Invalid with code
// bundle_incomplete, one problem for each bundle line.
func FoldBundles(lines []domain.Line, ship []domain.LineQuantity) ([]domain.LineQuantity, error) {
	byID, items := index(lines)
	quantity := map[string]int{}
	for _, q := range ship {
		quantity[q.Line] += q.Quantity
	}
	folded := []domain.LineQuantity{}
	done := map[string]bool{}
	var problems []fault.Problem
	for _, q := range ship {
		bundle := byID[q.Line].Bundle
		if bundle == "" {
			folded = append(folded, q)
			continue
		}
		if done[bundle] {
			continue
		}
		done[bundle] = true
		units, whole := wholeBundles(byID[bundle], items[bundle], quantity)
		if !whole {
			problems = append(problems, fault.Problem{
				Code: "bundle_incomplete", Field: "lines", Line: bundle, SKU: byID[bundle].SKU,
				Message: fmt.Sprintf("the components do not make whole units of bundle line %s; ship the rest with them, or set BUNDLE_LINES to items", bundle),
			})
			continue
		}
		folded = append(folded, domain.LineQuantity{Line: bundle, Quantity: units})
	}
	if len(problems) > 0 {
		return nil, &fault.Fault{Kind: fault.Invalid, System: system, Op: "CreateShipment", Code: "bundle_incomplete", Problems: problems}
	}
	return folded, nil
}

// ExpandBundles turns bundle lines of a shipment into their component lines, so
// that callers see components whichever way the instance keeps them.
func ExpandBundles(lines []domain.Line, shipped []domain.LineQuantity) []domain.LineQuantity {
	byID, items := index(lines)
	var expanded []domain.LineQuantity
	for _, q := range shipped {
		bundle := byID[q.Line]
		if bundle.Kind != domain.LineBundle {
			expanded = append(expanded, q)
			continue
		}
		for _, item := range items[q.Line] {
			if per, ok := perBundle(bundle, item); ok {
				expanded = append(expanded, domain.LineQuantity{Line: item.ID, Quantity: per * q.Quantity})
			}
		}
	}
	return expanded
}

func index(lines []domain.Line) (byID map[string]domain.Line, items map[string][]domain.Line) {
	byID, items = map[string]domain.Line{}, map[string][]domain.Line{}
	for _, l := range lines {
		byID[l.ID] = l
		if l.Bundle != "" {
			items[l.Bundle] = append(items[l.Bundle], l)
		}
	}
	return byID, items
}

// perBundle is how many units of an item one bundle holds, from the quantities as
// ordered; ok is false when they do not divide.
func perBundle(bundle, item domain.Line) (per int, ok bool) {
	bundles, units := bundle.Quantity+bundle.Cancelled, item.Quantity+item.Cancelled
	if bundles <= 0 || units <= 0 || units%bundles != 0 {
		return 0, false
	}
	return units / bundles, true
}

func wholeBundles(bundle domain.Line, items []domain.Line, quantity map[string]int) (units int, whole bool) {
	for i, item := range items {
		per, ok := perBundle(bundle, item)
		if !ok || quantity[item.ID]%per != 0 {
			return 0, false
		}
		n := quantity[item.ID] / per
		if i > 0 && n != units || n <= 0 {
			return 0, false
		}
		units = n
	}
	return units, units > 0
}
