package books

import (
	"fmt"

	"selvedge/internal/domain"
)

// Billed is what documents say of one line so far.
type Billed struct {
	Units      int
	Gross, Tax int64
}

// BilledBy sums documents by line. Reversals count against what they reverse.
func BilledBy(documents []domain.Document) map[string]Billed {
	billed := map[string]Billed{}
	for _, d := range documents {
		for _, l := range d.Lines {
			b := billed[l.Ref]
			billed[l.Ref] = Billed{Units: b.Units + l.Quantity, Gross: b.Gross + l.Gross, Tax: b.Tax + l.Tax}
		}
	}
	return billed
}

// Parcel is one shipment to be invoiced.
type Parcel struct {
	Lines []domain.LineQuantity
	// Total is what the shop's shipment comes to and Known that the shop tells it: then
	// the invoice is exactly that, because it is what the customer is charged.
	Total int64
	Known bool
}

// InvoiceLines gives the lines of a shipment's invoice: its units at their cumulative
// share of the line, the order's costs on the first, the discount shared by largest
// remainder. billed is what earlier invoices of the order say. Tax is the line's tax
// over all its invoices, so that these add up to the tax of the line.
//
// A shop's total that is not what the lines come to, rounding of each line aside,
// is fault.Invalid, code shipment_total: it is never split by guess.
func InvoiceLines(o domain.Order, billed map[string]Billed, p Parcel) ([]domain.DocumentLine, error) {
	all, err := priced(o)
	if err != nil {
		return nil, err
	}
	lines, expected := unitsOf(o, all, billed, p.Lines)
	var goods int64
	for _, l := range lines {
		goods += l.Gross
	}
	costs, open := unbilledCosts(all, billed)
	off := expected
	if p.Known {
		off = goods + open - p.Total
		// Which shipment bears the costs is the shop's to say: ours are told to charge all
		// of them on the first, a person's may not.
		if other := goods - p.Total; distance(other, expected) < distance(off, expected) {
			costs, off = nil, other
		}
		if distance(off, expected) > int64(len(lines))+1 {
			return nil, invalid(CodeShopDiffers, "", fmt.Sprintf("order %s: the shop's shipment is worth %s, its lines and costs %s less a discount of %s; correct it in the shop, or post it by hand and skip",
				o.ID, domain.Format(p.Total, o.Currency), domain.Format(goods+open, o.Currency), domain.Format(expected, o.Currency)))
		}
	}
	lines = append(lines, costs...)
	if err := discount(lines, off); err != nil {
		return nil, invalid(CodeShopDiffers, "", fmt.Sprintf("order %s: %v", o.ID, err))
	}
	for i := range lines {
		if err := taxOver(&lines[i], billed[lines[i].Ref]); err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// unitsOf prices the units of a shipment before discounts, and gives the share of the
// order's discount that goes with them: cumulative by value over all shipments.
func unitsOf(o domain.Order, all []domain.DocumentLine, billed map[string]Billed, units []domain.LineQuantity) (lines []domain.DocumentLine, expected int64) {
	now := map[string]int{}
	for _, u := range units {
		now[u.Line] += u.Quantity
	}
	var worth, before, after int64
	for _, l := range all {
		if l.Kind == domain.DocLineShipping || l.Kind == domain.DocLineHandling {
			continue
		}
		had, n := billed[l.Ref].Units, now[l.Ref]
		already, upTo := domain.CumulativeShare(l.Gross, had, l.Quantity), domain.CumulativeShare(l.Gross, had+n, l.Quantity)
		worth, before, after = worth+l.Gross, before+already, after+upTo
		if n > 0 {
			l.Quantity, l.Gross = n, upTo-already
			lines = append(lines, l)
		}
	}
	if worth <= 0 || o.Discount == 0 {
		return lines, 0
	}
	return lines, domain.ShareOf(o.Discount, after, worth) - domain.ShareOf(o.Discount, before, worth)
}

// unbilledCosts are shipping and handling that no invoice bears yet.
func unbilledCosts(all []domain.DocumentLine, billed map[string]Billed) (costs []domain.DocumentLine, sum int64) {
	for _, l := range all {
		if (l.Kind == domain.DocLineShipping || l.Kind == domain.DocLineHandling) && billed[l.Ref].Units == 0 {
			costs, sum = append(costs, l), sum+l.Gross
		}
	}
	return costs, sum
}

// taxOver sets the tax of a further part of a line: the tax of all parts together less
// what the earlier ones bear, never below zero nor above the part's own gross.
func taxOver(l *domain.DocumentLine, before Billed) error {
	whole := domain.DocumentLine{Ref: l.Ref, Gross: before.Gross + l.Gross, TaxPercent: l.TaxPercent}
	if err := tax(&whole); err != nil {
		return err
	}
	l.Tax = whole.Tax - before.Tax
	if l.Gross >= 0 {
		l.Tax = min(max(l.Tax, 0), l.Gross)
	} else {
		l.Tax = max(min(l.Tax, 0), l.Gross)
	}
	return nil
}

func distance(a, b int64) int64 { return max(a-b, b-a) }
