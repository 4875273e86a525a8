package books

import (
	"fmt"

	"selvedge/internal/domain"
)

// CodeReturnTotal says that the shop's return is worth more than what came back.
const CodeReturnTotal = "return_total"

// MemoLines gives the lines of a return's credit memo so that they come to what the
// shop's return comes to, where it is known: what the shop keeps back is a fee, with the
// tax of the goods, and what it gives back beyond them is shipping. More than goods and
// shipping is fault.Invalid, code return_total: it is credited by nobody's guess.
func MemoLines(o domain.Order, invoices, memos []domain.Document, wanted []Wanted, shopTotal int64, known bool) ([]domain.DocumentLine, error) {
	lines, err := CreditLines(invoices, memos, wanted)
	if err != nil || !known {
		return lines, err
	}
	var sum int64
	for _, l := range lines {
		sum += l.Gross
	}
	switch kept := sum - shopTotal; {
	case kept > 0:
		fee, err := FeeLine("return", kept, mainRate(lines))
		return append(lines, fee), err
	case kept < 0:
		shipping, ok := shippingBack(openLines(invoices, memos), -kept)
		if !ok {
			return nil, invalid(CodeReturnTotal, "", fmt.Sprintf("order %s: the return is worth %s in the shop and its goods %s; correct it in the shop, or credit it by hand and skip",
				o.ID, domain.Format(shopTotal, o.Currency), domain.Format(sum, o.Currency)))
		}
		return append(lines, shipping), nil
	}
	return lines, nil
}

// shippingBack credits a part of a shipping line that is still open.
func shippingBack(open []*invoiced, amount int64) (domain.DocumentLine, bool) {
	for _, o := range open {
		left := o.line.Gross - o.credited.Gross
		if o.line.Kind != domain.DocLineShipping || left < amount {
			continue
		}
		l := o.line
		l.Source, l.Gross, l.Quantity = o.key, amount, 0
		if left == amount {
			l.Quantity, l.Tax = o.line.Quantity-o.credited.Units, o.line.Tax-o.credited.Tax
			return l, true
		}
		if err := tax(&l); err != nil {
			return l, false
		}
		l.Tax = min(l.Tax, o.line.Tax-o.credited.Tax)
		return l, true
	}
	return domain.DocumentLine{}, false
}
