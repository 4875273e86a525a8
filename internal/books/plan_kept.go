package books

import (
	"cmp"
	"fmt"

	"selvedge/internal/domain"
)

// KindRefundDue is the question about money taken ahead that nothing will be sent for and
// that nobody has given back.
const KindRefundDue = "refund-due"

// CodeRefundDue is its problem.
const CodeRefundDue = "refund_due"

// extraDue marks the document of a refund that nobody has made.
const extraDue = "due"

// setDueApart keeps what nobody has paid from all that counts what went back.
func (p *plan) setDueApart() {
	firm := p.Firm
	p.Firm = nil
	for _, d := range firm {
		if d.Extra[extraDue] != "" {
			p.settledDue = append(p.settledDue, d)
			continue
		}
		p.Firm = append(p.Firm, d)
	}
}

// kept plans a refund that is owed and has not been made, so that it waits for finance
// until it has: units were cancelled that the customer had paid for, or the whole order
// was withdrawn. Nobody but a person gives that money back; and once somebody has, the
// shop says so, and that refund's own document stands in place of this one. A person who
// drops this one is not asked about that amount again.
func (p *plan) kept() error {
	pay := p.Order.Payment
	if pay.Refunded > 0 && len(pay.Refunds) == 0 && p.shipped() {
		return nil // as an earlier version read it: what went back for what is not known
	}
	due := p.depositsOpen() - p.toPay() - sum(p.settledDue)
	if due <= 0 {
		return nil
	}
	deposits := p.all(domain.DocDeposit)
	d := domain.Document{
		Kind: domain.DocRefund, Links: keys(deposits), Payment: label(p.Order.PaymentMethod), Method: cmp.Or(deposits[0].Method, domain.MethodOriginal),
		Extra: map[string]string{extraDue: "yes"}, Memo: "owed for what will not be sent, and not given back",
		Lines: []domain.DocumentLine{{Ref: "payment", Kind: domain.DocLinePayment, Gross: due, Source: deposits[0].Key}},
	}
	if err := p.add(d, []string{p.Order.ID.Store, p.Order.ID.Number, extraDue}, len(p.settledDue)+1, p.changedAt(), nil); err != nil {
		return err
	}
	p.out[len(p.out)-1].Question = p.whyDue(due) // whatever else is missing: it is not to be posted
	return nil
}

func (p *plan) whyDue(due int64) *domain.Question {
	id := p.Order.ID.String()
	return &domain.Question{
		Kind: KindRefundDue, Subject: id, Cause: domain.NewCause(KindRefundDue, id),
		Problems: []domain.Refusal{{
			Code: CodeRefundDue, Value: domain.Format(due, p.Order.Currency),
			Message: fmt.Sprintf("the customer of order %s has paid %s for what will not be sent, and nothing of that was given back", id, domain.Format(due, p.Order.Currency)),
		}},
	}
}

// toPay is what goods that left, or are still to leave, need of the deposits beyond what
// these have paid.
func (p *plan) toPay() int64 {
	if p.calledOff {
		return p.unbilled()
	}
	needed := p.Order.GrandTotal
	for _, d := range p.all(domain.DocDepositUse) {
		needed -= d.Totals().Gross
	}
	return max(needed, 0)
}

// unbilled is what goods are worth that left and that no invoice bills, as while the shop
// takes no shipment of an order that is held. What nobody can value is worth all of the order.
func (p *plan) unbilled() (gross int64) {
	left := map[string]int{}
	for _, s := range p.progress.Parcels {
		if !s.Shipment.Voided && sum(p.ofAll(s, domain.DocInvoice)) == 0 {
			for _, l := range s.Lines {
				left[l.Line] += l.Quantity
			}
		}
	}
	if len(left) == 0 {
		return 0
	}
	lines, err := OrderLines(p.Order)
	if err != nil {
		return p.Order.GrandTotal
	}
	carriageBilled := sum(p.all(domain.DocInvoice)) != 0
	for _, l := range lines {
		switch n := int64(left[l.Ref]); {
		case n > 0:
			whole := int64(l.Quantity)
			gross += (l.Gross*min(n, whole) + whole - 1) / whole
		case (l.Ref == RefShipping || l.Ref == RefHandling) && !carriageBilled:
			gross += l.Gross
		}
	}
	return gross
}

// calledOff tells whether nothing more will be sent: the order is cancelled, or put away,
// or a person has withdrawn it, nobody took that back, and the shop holds it.
func calledOff(o domain.Order, facts []domain.Fact) (bool, error) {
	if o.Status == domain.ShopCancelled || o.Status == domain.ShopArchived {
		return true, nil
	}
	w, err := domain.WithdrawalOf(o.ID, facts)
	return o.OnHold && w.Stands(), err
}
