package books

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"selvedge/internal/domain"
	"selvedge/internal/enrich"
	"selvedge/internal/fault"
)

// Refs of the lines that are no line of the order, and what begins the ref of a fee.
const (
	RefShipping = "shipping"
	RefHandling = "handling"
	RefRounding = "rounding" // of a credit memo: what the shop rounds otherwise
	refFee      = "fee:"
)

// Codes of what keeps money from being written down.
const (
	CodeTotalsDiffer = "order_totals_differ" // the order's lines do not add up to its total
	CodeShopDiffers  = "shipment_total"      // the shop's shipment is worth something else than its lines
	CodeNotInShop    = "not_in_shop"         // a parcel left and no shipment in the shop holds its lines
	CodeTaxRate      = "tax_rate"            // a line's tax rate cannot be read
	CodeNotInvoiced  = "not_invoiced"        // more units are to be credited than were invoiced
	CodeOverCredit   = "over_credit"         // more money is to be credited than was invoiced
	CodeRefundMethod = "refund_method"       // money went back by a method by which nothing was paid
	CodeRefundWhy    = "refund_purpose"      // money went back without a return, and nobody can tell what for
)

// OrderLines gives an order's lines as a sales order holds them: each line after its
// share of the order's discount, with its tax, then shipping and handling as lines of
// their own. Bundles come as their components; the bundle line itself is worth
// nothing then. Lines without units are left out. Amounts that do not add up to the
// order's total are fault.Invalid.
func OrderLines(o domain.Order) ([]domain.DocumentLine, error) {
	lines, err := priced(o)
	if err != nil {
		return nil, err
	}
	if err := discount(lines, o.Discount); err != nil {
		return nil, invalid(CodeTotalsDiffer, "", fmt.Sprintf("order %s: %v", o.ID, err))
	}
	var sum int64
	for i := range lines {
		if err := tax(&lines[i]); err != nil {
			return nil, err
		}
		sum += lines[i].Gross
	}
	if sum != o.GrandTotal {
		return nil, invalid(CodeTotalsDiffer, "", fmt.Sprintf("order %s: its lines and costs come to %s, its total is %s; correct the order in the shop",
			o.ID, domain.Format(sum, o.Currency), domain.Format(o.GrandTotal, o.Currency)))
	}
	return lines, nil
}

// priced gives the order's lines before its discount, without tax, sorted by ref,
// shipping and handling last.
func priced(o domain.Order) ([]domain.DocumentLine, error) {
	values, err := enrich.LineValues(o.Lines)
	if err != nil {
		return nil, invalid(CodeTotalsDiffer, "", fmt.Sprintf("order %s: %v", o.ID, err))
	}
	bundleRate := map[string]string{}
	for _, l := range o.Lines {
		if l.Kind == domain.LineBundle {
			bundleRate[l.ID] = l.TaxPercent
		}
	}
	var lines []domain.DocumentLine
	for _, l := range o.Lines {
		line := domain.DocumentLine{Ref: l.ID, Kind: domain.DocLineGoods, SKU: l.SKU, Quantity: l.Quantity, TaxPercent: l.TaxPercent, Gross: values[l.ID]}
		switch {
		case l.Quantity <= 0, l.Kind == domain.LineBundle && components(o.Lines, l.ID):
			continue
		case l.Kind == domain.LineBundle:
			line.Gross = l.Total // without components there is nobody else to bear it
		case l.Kind == domain.LineGiftCertificate:
			line.Kind, line.Gross = domain.DocLineGiftCard, l.Total
		case line.TaxPercent == "":
			line.TaxPercent = bundleRate[l.Bundle]
		}
		lines = append(lines, line)
	}
	slices.SortStableFunc(lines, func(a, b domain.DocumentLine) int { return compareRefs(a.Ref, b.Ref) })
	rate := costRate(o, lines)
	for _, cost := range []struct {
		ref   string
		kind  domain.DocumentLineKind
		gross int64
	}{{RefShipping, domain.DocLineShipping, o.Shipping}, {RefHandling, domain.DocLineHandling, o.Handling}} {
		if cost.gross != 0 {
			lines = append(lines, domain.DocumentLine{Ref: cost.ref, Kind: cost.kind, Quantity: 1, Gross: cost.gross, TaxPercent: rate})
		}
	}
	return lines, nil
}

func components(lines []domain.Line, bundle string) bool {
	return slices.ContainsFunc(lines, func(l domain.Line) bool { return l.Bundle == bundle })
}

// mainRate is the tax rate of shipping where the shop does not tell it: carriage follows
// the goods that make up most of the parcel's value.
func mainRate(lines []domain.DocumentLine) string {
	worth := map[string]int64{}
	for _, l := range lines {
		if l.Kind == domain.DocLineGoods {
			worth[l.TaxPercent] += l.Gross
		}
	}
	best := ""
	for rate, gross := range worth {
		if best == "" || gross > worth[best] || gross == worth[best] && compareRefs(rate, best) > 0 {
			best = rate
		}
	}
	return best
}

// discount takes a discount off lines: over lines of positive value by largest
// remainder, a tie to the lower ref, no share above its line; what is left goes to
// shipping and then to handling. A discount above all of them is an error.
// A negative one adds in the same way.
func discount(lines []domain.DocumentLine, amount int64) error {
	if amount == 0 {
		return nil
	}
	var weights []int64
	var at []int
	var goods int64
	for i, l := range lines {
		if l.Gross > 0 && !isCost(l) {
			weights, at, goods = append(weights, l.Gross), append(at, i), goods+l.Gross
		}
	}
	onGoods := min(amount, goods)
	if len(at) > 0 {
		shares, err := domain.Allocate(onGoods, weights)
		if err != nil {
			return fmt.Errorf("share the discount: %w", err)
		}
		for n, share := range shares {
			lines[at[n]].Gross -= share
		}
		amount -= onGoods
	}
	for i, l := range lines {
		if isCost(l) {
			share := min(amount, max(l.Gross, 0))
			lines[i].Gross, amount = l.Gross-share, amount-share
		}
	}
	if amount != 0 {
		return fmt.Errorf("its discount is %d minor units more than all its lines are worth", amount)
	}
	return nil
}

// tax sets a line's tax from its gross.
func tax(l *domain.DocumentLine) error {
	rate, err := domain.ParseTaxRate(l.TaxPercent)
	if err != nil {
		return invalid(CodeTaxRate, l.Ref, fmt.Sprintf("line %s: %v", l.Ref, err))
	}
	l.Tax = rate.IncludedIn(l.Gross)
	return nil
}

// compareRefs sorts numbers by size and all else as text, numbers first.
func compareRefs(a, b string) int {
	number := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	if number(a) && number(b) {
		x, y := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y), cmp.Compare(a, b))
	}
	if number(a) != number(b) {
		if number(a) {
			return -1
		}
		return 1
	}
	return cmp.Compare(a, b)
}

func invalid(code, line, message string) error {
	return &fault.Fault{
		Kind: fault.Invalid, System: "selvedge", Op: "documents", Code: code, Message: message,
		Problems: []fault.Problem{{Code: code, Line: line, Field: "documents", Message: message}},
	}
}
