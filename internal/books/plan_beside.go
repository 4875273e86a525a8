package books

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"selvedge/internal/domain"
)

// KindUnexplained is the question about money that went back in the shop without a return
// and that nobody can tell the purpose or the method of.
const KindUnexplained = "refund-unexplained"

// What documents about a refund beside any return carry in Extra.
const (
	extraRefund   = "refund"   // the shop's id of the refund
	extraGoodwill = "goodwill" // yes: it was no money taken ahead
)

// besideReturns plans the documents of each refund that the shop made for no return, once
// for each: of money taken ahead that nothing will be sent for, a refund of the deposit; of
// what was given back after goods left, a credit memo of goodwill lines and the refund that
// pays it, since a ledger pays money back against a credit alone and revenue and tax are
// less by it. What nobody can tell is finance's question. Refunds of returns are their own.
func (p *plan) besideReturns() error {
	before := int64(0) // what an earlier version booked without telling one refund from another
	for _, d := range p.firm("", domain.DocRefund) {
		if ofDeposit(d) && d.Extra[extraRefund] == "" {
			before += d.Totals().Gross
		}
	}
	for _, e := range p.Order.Payment.Beside() {
		known := min(before, e.Amount)
		before -= known
		due := e.Amount - known
		if !e.Back.IsZero() {
			due = -known
		}
		for _, d := range p.madeFor(e, domain.DocRefund) {
			due -= d.Totals().Gross
		}
		var err error
		switch {
		case due > 0:
			err = p.givenBack(e, due)
		case due < 0:
			err = p.cameBack(e)
		}
		if err != nil {
			return fmt.Errorf("refund %s: %w", e.ID, err)
		}
	}
	return p.goodsCameBack()
}

// goodsCameBack takes back goodwill as far as the goods that it was given on are credited by
// now: their returns credit them at what was invoiced, and never more is credited than that.
// The returns are not held up; what of their money is not there any more is a refund's to ask.
func (p *plan) goodsCameBack() error {
	invoices := p.all(domain.DocInvoice)
	given := slices.DeleteFunc(p.Order.Payment.Beside(), func(e domain.PaymentEntry) bool { return !e.Back.IsZero() })
	slices.Reverse(given) // the newest gives way first
	for _, e := range given {
		memos := p.all(domain.DocCreditMemo)
		over := sum(memos) - sum(invoices)
		made := slices.DeleteFunc(slices.Clone(memos), func(d domain.Document) bool { return !Goodwill(d) || d.Extra[extraRefund] != e.ID })
		if over <= 0 || len(made) == 0 {
			continue
		}
		var stands []domain.DocumentLine
		at := e.At
		for _, l := range merged(lines(made)) {
			if l.Gross > 0 {
				stands = append(stands, l)
			}
		}
		for _, m := range memos {
			if m.OccurredAt.After(at) {
				at = m.OccurredAt
			}
		}
		d := made[0]
		d.Lines, d.Rules, d.Reverses, d.Links = tooMuch(stands, leftByRate(invoices, memos), over), nil, made[0].Key, keys(made)
		d.Memo = "goodwill, refund " + e.ID + " of the shop: goods that it was given on came back"
		if len(d.Lines) == 0 {
			continue
		}
		if err := p.addFor(e, d, at, nil); err != nil {
			return err
		}
	}
	return nil
}

func lines(documents []domain.Document) (all []domain.DocumentLine) {
	for _, d := range documents {
		all = append(all, d.Lines...)
	}
	return all
}

// madeFor are the firm documents of a kind about one refund.
func (p *plan) madeFor(e domain.PaymentEntry, kind domain.DocumentKind) []domain.Document {
	return slices.DeleteFunc(p.firm("", kind), func(d domain.Document) bool { return d.Extra[extraRefund] != e.ID })
}

// givenBack plans what a refund is for.
func (p *plan) givenBack(e domain.PaymentEntry, due int64) error {
	method, ok := p.Order.Payment.Method(e)
	if !ok {
		return p.unexplained(e, due, CodeRefundMethod, byOther(e))
	}
	open := p.depositsOpen()
	if part := min(due, p.unneeded(open)); part > 0 {
		deposits := p.all(domain.DocDeposit)
		d := p.refundOf(e, part, method, keys(deposits), deposits[0].Key)
		if err := p.addFor(e, d, e.At, nil); err != nil {
			return err
		}
		due, open = due-part, open-part
	}
	if due == 0 {
		return nil
	}
	if why := p.doubt(open, p.creditedBy(e.At)); why != "" {
		return p.unexplained(e, due, CodeRefundWhy, why)
	}
	return p.goodwill(e, due, method)
}

// goodwill plans the credit memo of a refund and the refund that pays it.
func (p *plan) goodwill(e domain.PaymentEntry, due int64, method string) error {
	memo := ""
	if made := p.madeFor(e, domain.DocCreditMemo); len(made) > 0 {
		memo = string(made[0].Key) // it stands, and its refund is still to be sent
	}
	if memo == "" {
		invoices := p.all(domain.DocInvoice)
		lines, err := GoodwillLines(invoices, p.creditedBy(e.At), due)
		if err != nil {
			return p.unexplained(e, due, CodeRefundWhy, "is more than what is invoiced and not credited")
		}
		d := domain.Document{
			Kind: domain.DocCreditMemo, Lines: lines, Links: keys(p.all(domain.DocSalesOrder)), Memo: "goodwill, refund " + e.ID + " of the shop",
			Extra: map[string]string{extraRefund: e.ID, extraGoodwill: "yes"},
		}
		for _, l := range lines {
			if !slices.Contains(d.Links, l.Source) {
				d.Links = append(d.Links, l.Source)
			}
		}
		if err := p.addFor(e, d, e.At, nil); err != nil {
			return err
		}
		memo = string(p.out[len(p.out)-1].Document.Key)
	}
	d := p.refundOf(e, due, method, []domain.DocumentKey{domain.DocumentKey(memo)}, domain.DocumentKey(memo))
	d.Extra[extraGoodwill] = "yes"
	d.Memo = "goodwill, refund " + e.ID + " of the shop"
	return p.addFor(e, d, e.At, nil)
}

// refundOf is a document of a refund that pays what source holds.
func (p *plan) refundOf(e domain.PaymentEntry, amount int64, method string, links []domain.DocumentKey, source domain.DocumentKey) domain.Document {
	return domain.Document{
		Kind: domain.DocRefund, Links: links, Payment: cmp.Or(e.By, label(p.Order.PaymentMethod)), Method: method, Extra: map[string]string{extraRefund: e.ID},
		Lines: []domain.DocumentLine{{Ref: "payment", Kind: domain.DocLinePayment, Gross: amount, Source: source}},
	}
}

// cameBack takes back what was booked of a refund that did not go through after all: of
// the deposit and of goodwill apart, the refund before the credit that it paid.
func (p *plan) cameBack(e domain.PaymentEntry) error {
	for _, kind := range []domain.DocumentKind{domain.DocRefund, domain.DocCreditMemo} {
		for _, goodwill := range []string{"", "yes"} {
			made := slices.DeleteFunc(p.madeFor(e, kind), func(d domain.Document) bool { return d.Extra[extraGoodwill] != goodwill })
			lines := less(nil, made)
			if len(lines) == 0 {
				continue
			}
			back := made[0]
			back.Lines, back.Rules, back.Reverses, back.Links = lines, nil, made[0].Key, keys(made)
			if err := p.addFor(e, back, e.Back, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// unexplained plans a refund that waits for finance; with it nothing of it is posted.
func (p *plan) unexplained(e domain.PaymentEntry, due int64, code, why string) error {
	method := domain.MethodOriginal
	if code == CodeRefundMethod {
		method = ""
	} else if e.GiftCard {
		method = domain.MethodGiftCard
	}
	d := p.refundOf(e, due, method, nil, "")
	return p.addFor(e, d, e.At, p.whatFor(e, due, code, why))
}

// whatFor is finance's question about a refund.
func (p *plan) whatFor(e domain.PaymentEntry, due int64, code, why string) *domain.Question {
	of := "for no return"
	if e.Return != "" {
		of = "of return " + e.Return
	}
	message := fmt.Sprintf("refund %s of the shop, %s %s: it %s", e.ID, domain.Format(due, p.Order.Currency), of, why)
	return &domain.Question{
		Kind: KindUnexplained, Subject: p.Order.ID.String(), Cause: domain.NewCause(KindUnexplained, p.Order.ID.String(), e.ID),
		Problems: []domain.Refusal{{Code: code, Value: e.ID, Message: message}},
	}
}

func byOther(e domain.PaymentEntry) string {
	return fmt.Sprintf("went back by %q, and nothing of the order was paid by that: nobody can tell whether it is cash or a liability", e.By)
}

// addFor adds a document about one refund, under its own key.
func (p *plan) addFor(e domain.PaymentEntry, d domain.Document, at time.Time, ask *domain.Question) error {
	n := 1 + len(p.madeFor(e, d.Kind))
	for _, o := range p.out {
		if o.Document.Kind == d.Kind && o.Document.Extra[extraRefund] == e.ID {
			n++
		}
	}
	if at.IsZero() {
		at = p.changedAt()
	}
	if err := p.add(d, []string{p.Order.ID.Store, p.Order.ID.Number, e.ID}, n, at, nil); err != nil {
		return err
	}
	if last := &p.out[len(p.out)-1]; last.Question == nil {
		last.Question = ask
	}
	return nil
}

// depositsOpen is the money taken ahead that has neither paid an invoice nor gone back.
func (p *plan) depositsOpen() (open int64) {
	for _, d := range p.all(domain.DocDeposit, domain.DocDepositUse, domain.DocRefund) {
		switch {
		case d.Kind == domain.DocDeposit:
			open += d.Totals().Gross
		case d.Kind == domain.DocDepositUse || ofDeposit(d):
			open -= d.Totals().Gross
		}
	}
	return max(open, 0)
}

// unneeded is what of the open deposits nothing will be sent for. Before anything has left
// whatever goes back is theirs.
func (p *plan) unneeded(open int64) int64 {
	if !p.shipped() {
		return open
	}
	return max(0, open-p.toPay())
}

// doubt says why nobody can tell what a refund was for; empty where it can only be
// goodwill: goods have left, none of them waits for money taken ahead, and no credit waits
// for its money.
func (p *plan) doubt(open int64, memos []domain.Document) string {
	switch {
	case !p.shipped():
		return "is not of money taken ahead, and nothing of the order has left"
	case open > 0:
		return fmt.Sprintf("may be goodwill, or of the %s taken ahead for goods that have not left", domain.Format(open, p.Order.Currency))
	}
	for _, m := range memos {
		if m.Extra[extraRefund] == "" && p.unpaid(m) {
			return fmt.Sprintf("may be goodwill, or of the return whose credit %s has not been paid back", m.Key)
		}
	}
	return ""
}

// creditedBy are the credits that stood when money was given back, and all goodwill: so a
// refund means the same whenever it is booked. See goodsCameBack for credits since.
func (p *plan) creditedBy(at time.Time) []domain.Document {
	return slices.DeleteFunc(p.all(domain.DocCreditMemo), func(d domain.Document) bool { return !Goodwill(d) && d.OccurredAt.After(at) })
}

// unpaid tells whether the money of a return's credit is neither back nor on its way under
// the return's own name: then a refund without one may be it.
func (p *plan) unpaid(memo domain.Document) bool {
	left := memo.Totals().Gross
	for _, e := range p.Order.Payment.Refunds {
		if e.Return != "" && e.Return == memo.Return && e.Back.IsZero() {
			left -= e.Amount
		}
	}
	if left <= int64(len(memo.Lines)) { // the shop rounds each return by itself
		return false
	}
	asked := map[string]int64{} // refunds of ours under way, by their keys
	for _, f := range p.Facts {
		switch f.Kind {
		case domain.FactReturnPlanned:
			if plan, err := domain.Decode[domain.ReturnPlan](f); err == nil && plan.Kind == domain.PlanRefund && plan.ShopID == memo.Return && memo.Return != "" {
				asked[plan.Key] = f.Sequence
			}
		case domain.FactReturnRefused:
			if r, err := domain.Decode[domain.ReturnRefused](f); err == nil {
				delete(asked, r.Subject)
			}
		}
	}
	return len(asked) == 0
}
