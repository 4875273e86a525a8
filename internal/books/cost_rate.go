package books

import (
	"slices"

	"selvedge/internal/domain"
)

// costRate is the tax rate of shipping and handling as the shop's own figures have it. The
// shop tells no tax of shipping, but the order's total with tax and without: what of that
// tax the goods do not bear is the costs'. The rate is the one of the goods' rates, or
// none, that comes to it; the main goods' rate wins where several do. Where none does,
// as when a shop spreads the costs over goods of several rates, it is the rate that makes
// the shop's figure.
//
// Where the shop does not tell, or its tax of the costs cannot be told from that of a
// discount over goods of several rates, costs follow the main goods.
func costRate(o domain.Order, lines []domain.DocumentLine) string {
	rate := mainRate(lines)
	costs := []domain.DocumentLine{{Ref: RefShipping, Kind: domain.DocLineShipping, Gross: o.Shipping}, {Ref: RefHandling, Kind: domain.DocLineHandling, Gross: o.Handling}}
	costs = slices.DeleteFunc(costs, func(l domain.DocumentLine) bool { return l.Gross == 0 })
	all := append(slices.Clone(lines), costs...)
	rates := ratesOf(lines)
	if o.NetTotal <= 0 || len(costs) == 0 || o.Discount != 0 && len(rates) > 1 || discount(all, o.Discount) != nil {
		return rate
	}
	tax, gross, ok := leftForCosts(o, all)
	if !ok || gross <= 0 {
		return rate
	}
	// Amounts that are rounded one by one there and here, see contracts/reconciliation.md §4.
	allowed := int64(len(all)+len(rates)) / 2
	best, off := "", allowed+1
	for _, candidate := range append(append([]string{rate}, rates...), "0") {
		bears, ok := taxAt(candidate, all[len(lines):])
		if d := max(bears-tax, tax-bears); ok && d < off && (best == "" || best != rate) {
			best, off = candidate, d
		}
	}
	if off <= allowed {
		return best
	}
	if exact, ok := domain.RateOf(tax, gross); ok {
		return exact
	}
	return rate
}

// ratesOf are the rates of goods that are worth something, without repetition.
func ratesOf(lines []domain.DocumentLine) (rates []string) {
	for _, l := range lines {
		if l.Gross > 0 && l.Kind == domain.DocLineGoods && !slices.Contains(rates, l.TaxPercent) {
			rates = append(rates, l.TaxPercent)
		}
	}
	return rates
}

// leftForCosts is the tax of the order that its lines do not bear, and what its costs come
// to after the discount. all are its lines after it; ok is false where they are not what
// the order comes to.
func leftForCosts(o domain.Order, all []domain.DocumentLine) (left, gross int64, ok bool) {
	left, rest := o.GrandTotal-o.NetTotal, o.GrandTotal
	for _, l := range all {
		rest -= l.Gross
		if isCost(l) {
			gross += l.Gross
			continue
		}
		if tax(&l) != nil {
			return 0, 0, false
		}
		left -= l.Tax
	}
	return left, gross, rest == 0
}

// taxAt is the tax of costs at one rate.
func taxAt(rate string, costs []domain.DocumentLine) (sum int64, ok bool) {
	for _, l := range costs {
		if l.TaxPercent = rate; tax(&l) != nil {
			return 0, false
		}
		sum += l.Tax
	}
	return sum, true
}
