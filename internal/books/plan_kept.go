package books

import (
	"cmp"
	"fmt"
	"slices"

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
	due := p.depositsOpen()
	if !p.calledOff() {
		needed := p.Order.GrandTotal
		for _, d := range p.all(domain.DocDepositUse) {
			needed -= d.Totals().Gross
		}
		due -= max(needed, 0)
	}
	if due -= sum(p.settledDue); due <= 0 {
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
	if last := &p.out[len(p.out)-1]; last.Question == nil {
		last.Question = p.whyDue(due)
	}
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

// calledOff tells whether nothing more will be sent: the order is cancelled, or a person
// has withdrawn it, and it is held in the shop ever since.
func (p *plan) calledOff() bool {
	if p.Order.Status == domain.ShopCancelled {
		return true
	}
	return p.Order.OnHold && slices.ContainsFunc(p.Facts, func(f domain.Fact) bool {
		a, err := domain.Decode[domain.AnswerFact](f)
		return f.Kind == domain.FactAnswered && err == nil && a.Action == "withdraw-order"
	})
}
