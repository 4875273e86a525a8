package books

import (
	"fmt"
	"slices"

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
// share of the line, the order's costs and gift cards on the first, the discount shared
// by largest remainder. billed is what earlier invoices of the order say. Tax is the
// line's tax over all its invoices, so that these add up to the tax of the line.
//
// A shop's total that is not what the lines come to, rounding of each line aside,
// is fault.Invalid, code shipment_total: it is never split by guess.
func InvoiceLines(o domain.Order, billed map[string]Billed, p Parcel) ([]domain.DocumentLine, error) {
	all, err := priced(o)
	if err != nil {
		return nil, err
	}
	best := charges(o, all, billed, p, true, true)
	if p.Known {
		// Which shipment bears costs, gift cards and discount is the shop's to say: ours charge
		// all costs and cards on the first and the discount by value. A person's may not: left
		// to itself the shop takes all of the discount off the first.
		left := discountLeft(o, all, billed)
		for _, reading := range [][2]bool{{true, true}, {true, false}, {false, true}, {false, false}} {
			other := charges(o, all, billed, p, reading[0], reading[1])
			for _, expected := range []int64{other.expected, left, 0} {
				if other.expected = expected; other.strange() < best.strange() {
					best = other
				}
			}
		}
		if best.strange() > int64(len(best.lines))+1 {
			return nil, invalid(CodeShopDiffers, "", fmt.Sprintf("order %s: the shop's shipment is worth %s, its lines and costs %s; correct it in the shop, or post it by hand and skip",
				o.ID, domain.Format(p.Total, o.Currency), domain.Format(p.Total+best.off-best.expected, o.Currency)))
		}
	}
	if err := discount(best.lines, best.off); err != nil {
		return nil, invalid(CodeShopDiffers, "", fmt.Sprintf("order %s: %v", o.ID, err))
	}
	for i := range best.lines {
		if err := taxOver(&best.lines[i], billed[best.lines[i].Ref]); err != nil {
			return nil, err
		}
	}
	return best.lines, nil
}

// discountLeft is what of the order's discount no invoice has taken off yet.
func discountLeft(o domain.Order, all []domain.DocumentLine, billed map[string]Billed) int64 {
	taken := int64(0)
	for _, l := range all {
		b := billed[l.Ref]
		if isCost(l) && b.Units > 0 {
			taken += l.Gross - b.Gross
		} else if !isCost(l) {
			taken += domain.CumulativeShare(l.Gross, b.Units, l.Quantity) - b.Gross
		}
	}
	return min(max(o.Discount-taken, 0), o.Discount)
}

// charge is one reading of what a shipment bears.
type charge struct {
	lines    []domain.DocumentLine // before the discount
	expected int64                 // discount that goes with them by value
	off      int64                 // discount that makes them what the shop charges
}

// strange is how far the shop's total is from the reading.
func (c charge) strange() int64 { return max(c.off-c.expected, c.expected-c.off) }

func charges(o domain.Order, all []domain.DocumentLine, billed map[string]Billed, p Parcel, costs, cards bool) charge {
	units := slices.Clone(p.Lines)
	for _, l := range all {
		if cards && l.Kind == domain.DocLineGiftCard && billed[l.Ref].Units == 0 && !slices.ContainsFunc(units, func(u domain.LineQuantity) bool { return u.Line == l.Ref }) {
			units = append(units, domain.LineQuantity{Line: l.Ref, Quantity: l.Quantity})
		}
	}
	var c charge
	c.lines, c.expected = unitsOf(o, all, billed, units)
	for _, l := range all {
		if costs && isCost(l) && billed[l.Ref].Units == 0 {
			c.lines = append(c.lines, l)
		}
	}
	c.off = c.expected
	if p.Known {
		c.off = -p.Total
		for _, l := range c.lines {
			c.off += l.Gross
		}
	}
	return c
}

func isCost(l domain.DocumentLine) bool {
	return l.Kind == domain.DocLineShipping || l.Kind == domain.DocLineHandling
}

// unitsOf prices the units of a shipment before discounts, and gives the share of the
// order's discount that goes with them: cumulative by value over all shipments, and over
// lines of positive value only, as the discount of the whole order is.
func unitsOf(o domain.Order, all []domain.DocumentLine, billed map[string]Billed, units []domain.LineQuantity) (lines []domain.DocumentLine, expected int64) {
	now := map[string]int{}
	for _, u := range units {
		now[u.Line] += u.Quantity
	}
	var worth, before, after int64
	for _, l := range all {
		if isCost(l) {
			continue
		}
		had := billed[l.Ref].Units
		n := max(0, min(now[l.Ref], l.Quantity-had)) // more than was ordered is nobody's to bill
		already, upTo := domain.CumulativeShare(l.Gross, had, l.Quantity), domain.CumulativeShare(l.Gross, had+n, l.Quantity)
		worth, before, after = worth+max(l.Gross, 0), before+max(already, 0), after+max(upTo, 0)
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
