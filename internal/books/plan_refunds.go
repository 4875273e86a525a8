package books

import "selvedge/internal/domain"

// refunds plans a document for each refund that was made and whose return has closed
// without one, as returns did that closed before they booked their refunds themselves. One
// that was only asked for, or failed, is none.
func (p *plan) refunds() error {
	seen, settled := map[string]bool{}, map[int]bool{}
	for _, d := range p.firm("", domain.DocRefund) {
		seen[d.Return] = true
	}
	for _, f := range p.Facts {
		switch f.Kind {
		case domain.FactReturnPlanned:
			plan, err := domain.Decode[domain.ReturnPlan](f)
			if err != nil {
				return err
			}
			if plan.Kind == domain.PlanPayment {
				seen[plan.Of] = true
			}
		case domain.FactReturnSettled:
			s, err := domain.Decode[domain.ReturnSettled](f)
			if err != nil {
				return err
			}
			settled[s.Return] = true
		}
	}
	for _, f := range p.Facts {
		if f.Kind != domain.FactReturnWritten {
			continue
		}
		w, err := domain.Decode[domain.ReturnWritten](f)
		if err != nil {
			return err
		}
		done := w.Stage == domain.StageDone || w.Stage == domain.StageLinked
		if w.Kind != domain.PlanRefund || !done || w.Amount <= 0 || seen[w.Key] || !settled[w.Return] {
			continue
		}
		seen[w.Key] = true
		d := domain.Document{
			Kind: domain.DocRefund, Return: w.Key, ReturnRef: w.ID, Reference: w.ID, Payment: label(p.Order.PaymentMethod), Method: domain.MethodOriginal,
			Lines: []domain.DocumentLine{{Ref: "payment", Kind: domain.DocLinePayment, Gross: w.Amount}},
		}
		if err := p.add(d, []string{w.Key}, 0, f.At, nil); err != nil {
			return err
		}
	}
	return nil
}

// ofDeposit tells a refund of a deposit, which belongs to no return and is no goodwill.
func ofDeposit(d domain.Document) bool {
	return d.Kind == domain.DocRefund && d.Return == "" && d.Extra[extraGoodwill] == ""
}

// depositRefund plans what was given back of money taken ahead before anything left, as
// when a paid order is cancelled. Once a parcel has left, what is given back is for what
// came back, and is its return's to say. Where the shop tells each refund by itself,
// besideReturns plans them one by one.
func (p *plan) depositRefund() error {
	if p.shipped() || len(p.Order.Payment.Refunds) > 0 {
		return nil
	}
	amount, left := p.Order.Payment.Refunded, int64(0)
	deposits := p.all(domain.DocDeposit)
	for _, d := range deposits {
		left += d.Totals().Gross
	}
	for _, d := range p.firm("", domain.DocDepositUse) {
		left -= d.Totals().Gross
	}
	made := 0
	for _, d := range p.firm("", domain.DocRefund) {
		amount -= d.Totals().Gross
		if ofDeposit(d) {
			left -= d.Totals().Gross
			made++
		}
	}
	if amount = min(amount, left); amount <= 0 {
		return nil
	}
	d := domain.Document{
		Kind: domain.DocRefund, Links: keys(deposits), Payment: label(p.Order.PaymentMethod), Method: domain.MethodOriginal,
		Lines: []domain.DocumentLine{{Ref: "payment", Kind: domain.DocLinePayment, Gross: amount, Source: deposits[0].Key}},
	}
	return p.add(d, []string{p.Order.ID.Store, p.Order.ID.Number}, made+1, p.changedAt(), nil)
}

// refundsByHand plans a document for each refund of a return that a person made in the shop
// and no return of ours asked for, as finance does where it decides by hand, once that
// return is closed: until then it may still be the return's own to book.
func (p *plan) refundsByHand() error {
	closed := p.closedUnpaid()
	for _, e := range p.Order.Payment.Refunds {
		if e.Return == "" || !e.Back.IsZero() || !closed[e.Return] {
			continue
		}
		due := e.Amount
		for _, d := range p.madeFor(e, domain.DocRefund) {
			due -= d.Totals().Gross
		}
		if due <= 0 {
			continue
		}
		method, ok := p.Order.Payment.Method(e)
		d := p.refundOf(e, due, method, nil, "")
		d.Return, d.Reference = e.Return, e.Return
		for _, m := range p.all(domain.DocCreditMemo) {
			if m.Return == e.Return && m.Reverses == "" {
				d.Links, d.Lines[0].Source = append(d.Links, m.Key), m.Key
			}
		}
		var ask *domain.Question
		if !ok {
			ask = p.whatFor(e, due, CodeRefundMethod, byOther(e))
		}
		if err := p.addFor(e, d, e.At, ask); err != nil {
			return err
		}
	}
	return nil
}

// closedUnpaid are the shop's returns that returns of ours wrote or took over, that are
// closed, and whose money none of them asked for.
func (p *plan) closedUnpaid() map[string]bool {
	of, asked, settled := map[string]int{}, map[string]bool{}, map[int]bool{}
	for _, f := range p.Facts {
		switch f.Kind {
		case domain.FactReturnPlanned:
			plan, err := domain.Decode[domain.ReturnPlan](f)
			if err == nil && plan.Kind == domain.PlanRefund {
				asked[plan.ShopID] = true
			}
		case domain.FactReturnWritten:
			w, err := domain.Decode[domain.ReturnWritten](f)
			if err == nil && w.Kind == domain.PlanShopReturn && w.ID != "" {
				of[w.ID] = w.Return
			}
		case domain.FactReturnSettled:
			if s, err := domain.Decode[domain.ReturnSettled](f); err == nil {
				settled[s.Return] = true
			}
		}
	}
	closed := map[string]bool{}
	for id, n := range of {
		closed[id] = settled[n] && !asked[id]
	}
	return closed
}

// ByHand tells whether a document is of a refund of a shop's return that a person made
// there and the return did not ask for.
func ByHand(d domain.Document, shopReturn string) bool {
	return d.Kind == domain.DocRefund && d.Return == shopReturn && shopReturn != "" && d.Extra[extraRefund] != ""
}
