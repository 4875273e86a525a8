package enrich

import (
	"fmt"
	"math"

	"selvedge/internal/domain"
)

// LineValues gives the gross value of every physical line. Components that carry
// prices keep them. Where the bundle line carries the price and its components
// none, the price is split by list price times quantity, to the cent. The bundle
// line itself is then worth nothing, so that no money counts twice.
func LineValues(lines []domain.Line) (map[string]int64, error) {
	values := make(map[string]int64, len(lines))
	components := make(map[string][]domain.Line)
	priced := make(map[string]bool)
	for _, l := range lines {
		if !l.Kind.Physical() {
			continue
		}
		values[l.ID] = l.Total
		if l.Kind == domain.LineBundleItem {
			components[l.Bundle] = append(components[l.Bundle], l)
			priced[l.Bundle] = priced[l.Bundle] || l.Total != 0
		}
	}
	for _, l := range lines {
		if l.Kind != domain.LineBundle || priced[l.ID] || len(components[l.ID]) == 0 {
			continue
		}
		split, err := domain.Allocate(l.Total, weights(components[l.ID]))
		if err != nil {
			return nil, fmt.Errorf("share the price of bundle line %s: %w", l.ID, err)
		}
		for i, c := range components[l.ID] {
			values[c.ID] = split[i]
		}
	}
	return values, nil
}

// weights are list price times quantity; without list prices the units count, and
// components without units get nothing as long as one has some.
func weights(components []domain.Line) []int64 {
	weigh := func(price func(domain.Line) int64) (w []int64, some bool) {
		for _, c := range components {
			units := int64(max(c.Quantity, 0))
			if p := price(c); units > 0 && p > math.MaxInt64/units {
				w = append(w, math.MaxInt64)
			} else {
				w = append(w, p*units)
			}
			some = some || w[len(w)-1] != 0
		}
		return w, some
	}
	if w, ok := weigh(func(l domain.Line) int64 { return l.ListPrice }); ok {
		return w
	}
	w, _ := weigh(func(domain.Line) int64 { return 1 })
	return w
}

// unitPrice is what a warehouse is told of one unit. A share that its units do not
// divide is rounded here, half away from zero; Part.Values keeps the exact sums.
func unitPrice(l domain.Line, value int64) int64 {
	if l.Total == value && l.UnitPrice != 0 {
		return l.UnitPrice
	}
	return domain.CumulativeShare(value, 1, l.Quantity)
}
