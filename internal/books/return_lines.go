package books

import (
	"cmp"
	"fmt"
	"slices"

	"selvedge/internal/domain"
)

// CodeReturnTotal says that the shop's return is worth more than what came back.
const CodeReturnTotal = "return_total"

// ShopReturn is what is known of the shop's return whose garments a memo credits.
type ShopReturn struct {
	Total int64 // what it comes to
	Known bool  // the shop has told Total
	// Ours says that we planned it, and then Fee is what it keeps back and Shipping and
	// Handling what it gives back besides its garments.
	Ours                    bool
	Fee, Shipping, Handling int64
}

// MemoLines gives the lines of a return's credit memo so that they come to what the
// shop's return comes to, where it is known. Of a return of ours the fee is the one that
// it was planned with, and what the shop could not round otherwise is a line of its own.
// Of one that somebody else made, what the shop keeps back is a fee, with the tax of the
// goods, and what it gives back beyond them is shipping. A minor unit for each line more
// than their cumulative shares is the shop's rounding, and the goods' own. More than goods
// and shipping is fault.Invalid, code return_total: it is credited by nobody's guess.
func MemoLines(o domain.Order, invoices, memos []domain.Document, wanted []Wanted, shop ShopReturn) ([]domain.DocumentLine, error) {
	goods, err := CreditLines(invoices, memos, wanted)
	if err != nil || !shop.Known && !shop.Ours {
		return goods, err
	}
	open := openLines(invoices, append(slices.Clone(memos), domain.Document{Kind: domain.DocCreditMemo, Lines: goods}))
	if shop.Ours {
		lines, ok, err := asPlanned(goods, open, shop)
		if err != nil || ok {
			return lines, err
		}
	}
	return byDifference(o, goods, open, shop.Total)
}

// asPlanned adds what a return of ours keeps back and gives back; ok is false when the
// shop's return comes to something else than rounding explains.
func asPlanned(goods []domain.DocumentLine, open []*invoiced, shop ShopReturn) (lines []domain.DocumentLine, ok bool, err error) {
	lines = slices.Clone(goods)
	for _, cost := range []struct {
		kind   domain.DocumentLineKind
		amount int64
	}{{domain.DocLineShipping, shop.Shipping}, {domain.DocLineHandling, shop.Handling}} {
		if cost.amount == 0 {
			continue
		}
		line, there := costBack(open, cost.kind, cost.amount)
		if !there {
			return nil, false, nil
		}
		lines = append(lines, line)
	}
	if shop.Fee != 0 {
		fees, err := feesOver(goods, shop.Fee)
		if err != nil {
			return nil, false, err
		}
		lines = append(lines, fees...)
	}
	if !shop.Known {
		return lines, true, nil
	}
	rest, units := shop.Total, int64(0)
	for _, l := range lines {
		rest -= l.Gross
	}
	for _, l := range goods {
		units += int64(l.Quantity)
	}
	switch {
	case rest == 0, rest > 0 && roundedUp(lines, open, rest):
		return lines, true, nil
	case max(rest, -rest) > units:
		return nil, false, nil
	}
	lines = append(lines, domain.DocumentLine{Ref: RefRounding, Kind: domain.DocLineRounding, Gross: rest, TaxPercent: mainRate(goods)})
	return lines, true, tax(&lines[len(lines)-1])
}

// byDifference explains what the shop's return comes to by its garments alone.
func byDifference(o domain.Order, lines []domain.DocumentLine, open []*invoiced, total int64) ([]domain.DocumentLine, error) {
	var sum int64
	for _, l := range lines {
		sum += l.Gross
	}
	switch kept := sum - total; {
	case kept > 0:
		fees, err := feesOver(lines, kept)
		if err != nil {
			return nil, err
		}
		return append(lines, fees...), nil
	case kept < 0:
		if roundedUp(lines, open, -kept) {
			return lines, nil
		}
		shipping, ok := costBack(open, domain.DocLineShipping, -kept)
		if !ok {
			return nil, invalid(CodeReturnTotal, "", fmt.Sprintf("order %s: the return is worth %s in the shop and its goods %s; correct it in the shop, or credit it by hand and skip",
				o.ID, domain.Format(total, o.Currency), domain.Format(sum, o.Currency)))
		}
		return append(lines, shipping), nil
	}
	return lines, nil
}

// feesOver gives the fee that a return keeps back as lines of their own, one for each tax
// rate of what it credits: shared by value with the largest-remainder method, each with
// that share of the tax. So a memo's tax is never below zero nor above its gross, and a
// fee on goods without tax bears none.
func feesOver(lines []domain.DocumentLine, amount int64) ([]domain.DocumentLine, error) {
	var rates []string
	gross, tax := map[string]int64{}, map[string]int64{}
	for _, l := range lines {
		rate := cmp.Or(l.TaxPercent, "0")
		if l.Gross > 0 && !slices.Contains(rates, rate) {
			rates = append(rates, rate)
		}
		gross[rate], tax[rate] = gross[rate]+l.Gross, tax[rate]+l.Tax
	}
	rates = slices.DeleteFunc(rates, func(rate string) bool { return gross[rate] <= 0 })
	slices.SortFunc(rates, func(a, b string) int { return compareRefs(b, a) })
	if len(rates) == 0 { // nothing of worth came back: what is kept can only be a debt
		fee, err := FeeLine("return", amount, mainRate(lines))
		return []domain.DocumentLine{fee}, err
	}
	weights := make([]int64, len(rates))
	for i, rate := range rates {
		weights[i] = gross[rate]
	}
	shares, err := domain.Allocate(amount, weights)
	if err != nil {
		return nil, fmt.Errorf("share the fee: %w", err)
	}
	var fees []domain.DocumentLine
	for i, rate := range rates {
		if shares[i] == 0 {
			continue
		}
		what := "return"
		if len(rates) > 1 {
			what += ":" + rate
		}
		fee, err := FeeLine(what, shares[i], rate)
		if err != nil {
			return nil, err
		}
		if shares[i] <= gross[rate] { // beyond its goods a fee is a debt, taxed by its rate
			fee.Tax = -domain.ShareOf(tax[rate], shares[i], gross[rate])
		}
		fees = append(fees, fee)
	}
	return fees, nil
}

// roundedUp lets goods that are not credited whole bear what the shop's own rounding gives
// beyond their cumulative shares: at most a minor unit a line and one for the discount. What
// is credited later is less by it, and still bears its tax. open is what is left after lines.
func roundedUp(lines []domain.DocumentLine, open []*invoiced, amount int64) bool {
	if amount > int64(len(lines))+1 {
		return false
	}
	room := make([]int64, len(lines))
	var all int64
	for i, l := range lines {
		for _, o := range open {
			if o.key == l.Source && o.line.Ref == l.Ref && !isCost(l) {
				room[i] = max(0, o.line.Gross-o.credited.Gross-(o.line.Tax-o.credited.Tax))
				all += room[i]
			}
		}
	}
	if all < amount {
		return false
	}
	for amount > 0 {
		for i := range lines {
			if amount > 0 && room[i] > 0 {
				lines[i].Gross, room[i], amount = lines[i].Gross+1, room[i]-1, amount-1
			}
		}
	}
	return true
}

// costBack credits a part of a shipping or handling line that is still open, with the cumulative
// share of its tax: parts in any number close the line exactly, and none of them bears
// more tax than gross.
func costBack(open []*invoiced, kind domain.DocumentLineKind, amount int64) (domain.DocumentLine, bool) {
	for _, o := range open {
		left := o.line.Gross - o.credited.Gross
		if o.line.Kind != kind || left < amount {
			continue
		}
		l := o.line
		l.Source, l.Gross, l.Quantity = o.key, amount, 0
		l.Tax = min(max(domain.ShareOf(o.line.Tax, o.credited.Gross+amount, o.line.Gross)-o.credited.Tax, 0), amount)
		if left == amount {
			l.Quantity = o.line.Quantity - o.credited.Units
		}
		return l, true
	}
	return domain.DocumentLine{}, false
}
