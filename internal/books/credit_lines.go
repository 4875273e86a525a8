package books

import (
	"fmt"
	"slices"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

// Wanted is what a return asks to be credited of one line: units of an order line, or
// one unit of RefShipping or RefHandling.
type Wanted struct {
	Ref      string
	Units    int
	Shipment string // of the warehouse, where the return says from which; empty = the oldest invoice first
	// Rather is the invoice whose units are taken first, where the shop's return names the
	// shipment that it billed: units of one line may be worth different amounts on two
	// invoices, and the shop pays back what was charged on that one.
	Rather domain.DocumentKey
}

// CreditLines gives the lines of a credit memo, each of them against the invoice that
// billed its units: the cumulative share of that invoice's line less what earlier
// memos credited of it. So the units of a line may come back in any order and any
// number at a time: they come to the same, close the line exactly, and never to more.
//
// invoices and memos are all of the order's, reversals included, the oldest first. A
// line whose units lie on two invoices gives two lines with different Source. More
// units than were invoiced are fault.Invalid, code not_invoiced: nothing is credited.
func CreditLines(invoices, memos []domain.Document, wanted []Wanted) ([]domain.DocumentLine, error) {
	open := openLines(invoices, memos)
	var lines []domain.DocumentLine
	for _, w := range wanted {
		if w.Units < 1 {
			return nil, invalid(CodeNotInvoiced, w.Ref, fmt.Sprintf("line %s: %d units cannot be credited; give at least 1", w.Ref, w.Units))
		}
		left := w.Units
		for _, o := range ratherFirst(open, w.Rather) {
			if o.line.Ref != w.Ref || w.Shipment != "" && w.Shipment != o.shipment {
				continue
			}
			if n := min(left, o.line.Quantity-o.credited.Units); n > 0 {
				lines = append(lines, o.credit(n))
				left -= n
			}
		}
		if left > 0 {
			return nil, invalid(CodeNotInvoiced, w.Ref, fmt.Sprintf("line %s: %d units are to be credited and only %d of them are invoiced and not credited yet", w.Ref, w.Units, w.Units-left))
		}
	}
	return merged(lines), nil
}

// ratherFirst puts the lines of one invoice before all others, whose order stays.
func ratherFirst(open []*invoiced, key domain.DocumentKey) []*invoiced {
	if key == "" {
		return open
	}
	return slices.SortedStableFunc(slices.Values(open), func(a, b *invoiced) int {
		switch {
		case a.key == key && b.key != key:
			return -1
		case a.key != key && b.key == key:
			return 1
		}
		return 0
	})
}

// invoiced is one line of one invoice and what memos took back of it.
type invoiced struct {
	key      domain.DocumentKey
	shipment string
	line     domain.DocumentLine
	credited Billed
}

// openLines pairs invoice lines with what was credited of them. A correction of an
// invoice changes the line that it corrects.
func openLines(invoices, memos []domain.Document) []*invoiced {
	var open []*invoiced
	find := func(key domain.DocumentKey, ref string) *invoiced {
		if i := slices.IndexFunc(open, func(o *invoiced) bool { return o.key == key && o.line.Ref == ref }); i >= 0 {
			return open[i]
		}
		return nil
	}
	for _, d := range invoices {
		for _, l := range d.Lines {
			key := d.Key
			if d.Reverses != "" {
				key = d.Reverses
			}
			if o := find(key, l.Ref); o != nil {
				o.line.Quantity, o.line.Gross, o.line.Tax = o.line.Quantity+l.Quantity, o.line.Gross+l.Gross, o.line.Tax+l.Tax
				continue
			}
			open = append(open, &invoiced{key: key, shipment: d.Shipment, line: l})
		}
	}
	for _, d := range memos {
		for _, l := range d.Lines {
			if o := find(l.Source, l.Ref); o != nil {
				o.credited.Units, o.credited.Gross, o.credited.Tax = o.credited.Units+l.Quantity, o.credited.Gross+l.Gross, o.credited.Tax+l.Tax
			}
		}
	}
	return open
}

// credit takes n units back. What was credited before is held against the cumulative
// share, whatever it was; the rest of the line stays creditable, with 0 ≤ tax ≤ gross. A
// line below zero, such as a rebate that stands as one, comes back as its mirror image.
func (o *invoiced) credit(n int) domain.DocumentLine {
	sign := int64(1)
	if o.line.Gross < 0 {
		sign = -1
	}
	upTo := o.credited.Units + n
	gross, tax := domain.CumulativeSplit(sign*o.line.Gross, sign*o.line.Tax, upTo, o.line.Quantity)
	left := Billed{Gross: sign * (o.line.Gross - o.credited.Gross), Tax: sign * (o.line.Tax - o.credited.Tax)}
	gross = min(max(gross-sign*o.credited.Gross, 0), max(left.Gross, 0))
	tax = min(max(tax-sign*o.credited.Tax, 0), gross, max(left.Tax, 0))
	gross, tax = sign*gross, sign*tax
	o.credited = Billed{Units: upTo, Gross: o.credited.Gross + gross, Tax: o.credited.Tax + tax}
	credit := o.line
	credit.Source, credit.Quantity, credit.Gross, credit.Tax = o.key, n, gross, tax
	return credit
}

// merged joins lines of one ref and source, which one memo cannot name twice.
func merged(lines []domain.DocumentLine) []domain.DocumentLine {
	var out []domain.DocumentLine
	for _, l := range lines {
		i := slices.IndexFunc(out, func(o domain.DocumentLine) bool { return o.Ref == l.Ref && o.Source == l.Source })
		if i < 0 {
			out = append(out, l)
			continue
		}
		out[i].Quantity, out[i].Gross, out[i].Tax = out[i].Quantity+l.Quantity, out[i].Gross+l.Gross, out[i].Tax+l.Tax
	}
	return out
}

// FeeLine is a return fee as a memo holds it: a line of its own with a negative
// amount, tax included. what names the fee, such as return; amount is positive.
func FeeLine(what string, amount int64, taxPercent string) (domain.DocumentLine, error) {
	l := domain.DocumentLine{Ref: refFee + what, Kind: domain.DocLineFee, Quantity: 1, Gross: -amount, TaxPercent: taxPercent}
	if amount < 0 {
		return l, invalid(CodeOverCredit, l.Ref, "a return fee cannot be negative")
	}
	return l, tax(&l)
}

// Creditable checks a memo's lines, fees included, against Σ credited ≤ Σ invoiced per
// order line and for the order, whatever computed them; what breaks it is fault.Invalid,
// code over_credit.
func Creditable(invoices, memos []domain.Document, lines []domain.DocumentLine) error {
	billed, credited := BilledBy(invoices), BilledBy(memos)
	var problems []fault.Problem
	for _, l := range merged(lines) {
		if l.Kind == domain.DocLineFee || l.Kind == domain.DocLineVoucher || l.Kind == domain.DocLineRounding || l.Kind == domain.DocLineGoodwill {
			continue // bills no line; it counts in the sum of the order
		}
		c := credited[l.Ref]
		credited[l.Ref] = Billed{Units: c.Units + l.Quantity, Gross: c.Gross + l.Gross, Tax: c.Tax + l.Tax}
		if b, c := billed[l.Ref], credited[l.Ref]; c.Units > b.Units || beyond(c.Gross, b.Gross) || beyond(c.Tax, b.Tax) {
			problems = append(problems, fault.Problem{
				Code: CodeOverCredit, Line: l.Ref, SKU: l.SKU,
				Message: fmt.Sprintf("line %s: %d units and %d minor units would be credited, %d and %d are invoiced", l.Ref, c.Units, c.Gross, b.Units, b.Gross),
			})
		}
	}
	if all, back := sum(invoices), sum(memos)+sum([]domain.Document{{Lines: lines}}); back > all {
		problems = append(problems, fault.Problem{Code: CodeOverCredit, Message: fmt.Sprintf("%d minor units would be credited of the order in all, %d are invoiced", back, all)})
	}
	if len(problems) == 0 {
		return nil
	}
	return &fault.Fault{Kind: fault.Invalid, System: "selvedge", Op: "credit", Code: CodeOverCredit, Message: "more would be credited than was invoiced", Problems: problems}
}

func sum(documents []domain.Document) (gross int64) {
	for _, d := range documents {
		gross += d.Totals().Gross
	}
	return gross
}

// beyond tells whether a credit is more than what was billed, or, of a line below zero,
// takes more off the customer than was given.
func beyond(credited, billed int64) bool {
	if billed < 0 {
		return credited < billed || credited > 0
	}
	return credited > billed
}

// Refundable is what of an amount can be refunded: never more than was captured and
// not refunded yet, nor than is credited and not refunded yet. The rest is a person's.
func Refundable(amount, captured, credited, refunded int64) int64 {
	return max(0, min(amount, captured-refunded, credited-refunded))
}
