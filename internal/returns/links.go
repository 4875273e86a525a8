package returns

import (
	"slices"
	"strconv"

	"selvedge/internal/domain"
)

// The two sides of a return name each other. Whichever is written second names the first
// as it is written; the first is told afterwards:
//
//   - the shop takes a comment on a return only while it is created, so that names the
//     key of the credit memo that is to come; what came otherwise is told to the order;
//   - a credit memo that did not wait for the shop is told the shop's return later.

// creditKey is the key of the credit memo of one of our returns in the shop. It is known
// before either of them stands.
func creditKey(shopReturn string) string { return shopReturn + "/credit-memo" }

// memoKey is the key of the document of a credit memo's plan.
func memoKey(plan string) string {
	key, err := domain.NewDocumentKey(domain.DocCreditMemo, 0, plan)
	if err != nil {
		return "" // only of no plan at all
	}
	return string(key)
}

// memosOf are the document keys of the credit memos of a return in the shop that holds
// these garments: those that are planned, and for the rest the one that is to come.
func (d *decider) memosOf(p domain.ReturnPlan) (keys []string) {
	missing := false
	for _, g := range d.all {
		if !g.in(p) {
			continue
		}
		memo, planned := d.m.planOf(domain.PlanCredit, g.Garment)
		if missing = missing || !planned; planned && !slices.Contains(keys, memoKey(memo.Key)) {
			keys = append(keys, memoKey(memo.Key))
		}
	}
	if missing {
		keys = append(keys, memoKey(creditKey(p.Key)))
	}
	return keys
}

// linked adds to a plan that is done what it does not name of the other leg yet. ok is
// false when it lacks nothing.
func (d *decider) linked(p domain.ReturnPlan) (_ domain.ReturnPlan, ok bool) {
	if !d.Ledger {
		return p, false
	}
	w, wants := d.m.written[p.Key], []string(nil)
	switch p.Kind {
	case domain.PlanShopReturn:
		wants = d.memosThatStand(p)
	case domain.PlanCredit:
		wants = d.returnsThatStand(p)
	}
	has := append(slices.Clone(p.Links), w.Links...)
	if p.Kind == domain.PlanCredit && p.ShopID != "" {
		has = append(has, p.ShopID)
	}
	p.Links = slices.DeleteFunc(wants, func(id string) bool { return slices.Contains(has, id) })
	return p, len(p.Links) > 0
}

// memosThatStand are the document keys of the posted credit memos of a shop return's garments.
func (d *decider) memosThatStand(p domain.ReturnPlan) (keys []string) {
	for _, g := range d.all {
		if memo, planned := d.m.planOf(domain.PlanCredit, g.Garment); planned && g.in(p) && d.m.stands(memo) && !slices.Contains(keys, memoKey(memo.Key)) {
			keys = append(keys, memoKey(memo.Key))
		}
	}
	return keys
}

// returnsThatStand are the ids of the shop's completed returns of a memo's garments.
func (d *decider) returnsThatStand(p domain.ReturnPlan) (ids []string) {
	for _, g := range d.all {
		if !g.in(p) {
			continue
		}
		id := ""
		if shop, planned := d.m.planOf(domain.PlanShopReturn, g.Garment); planned && d.m.stands(shop) {
			id = d.m.written[shop.Key].ID
		} else if !planned && d.m.shop[g.Shop].Completed {
			id = g.Shop
		}
		if id != "" && !d.m.shop[id].Deleted && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// stands tells whether a plan is written at the other side, done and with an id.
func (m *matched) stands(p domain.ReturnPlan) bool {
	w := m.written[p.Key]
	return (w.Stage == domain.StageDone || w.Stage == domain.StageLinked) && w.ID != "" && w.Detail == ""
}

// payments plans the document of each refund whose money went back, after the credit
// memo that it pays: one for money and one for what went onto gift cards, which is no
// cash. A refund that turned out to have failed is taken back in the books.
func (d *decider) payments() {
	d.follow(domain.PlanPayment)
	for _, p := range d.m.plans {
		if p.Return != d.Number || p.Kind != domain.PlanRefund {
			continue
		}
		due, method, n := d.unbooked(p)
		if due == 0 {
			continue
		}
		if mine, yes := d.credited(p); !yes {
			if !mine {
				d.wake(d.Now.Add(again)) // nobody tells this return what another one has posted
			}
			d.wait("the document of the refund of return %s waits for the credit memo that it pays", p.ShopID)
			continue
		}
		d.due(domain.FinanceLeg, domain.ReturnPlan{
			Return: d.Number, Kind: domain.PlanPayment, Key: paymentKey(p.Key, n+1), Of: p.Key, ShopID: p.ShopID,
			Garments: p.Garments, Amount: due, Method: method, By: byOf(d.m.written[p.Key], method), At: d.m.writtenF[p.Key].At,
		}, false)
	}
}

// unbooked is what of a refund no document holds yet, of one method at a time since their
// keys are numbered, and how many documents it has: money first, then gift cards. What is
// to be taken back is below zero.
func (d *decider) unbooked(p domain.ReturnPlan) (due int64, method string, documents int) {
	var money, cards int64
	if w := d.m.written[p.Key]; w.Stage == domain.StageDone || w.Stage == domain.StageLinked {
		money, cards = w.Amount-w.Cards, w.Cards
	}
	for _, booked := range d.m.plans {
		if booked.Kind != domain.PlanPayment || booked.Of != p.Key {
			continue
		}
		documents++
		if booked.Method == domain.MethodGiftCard {
			cards -= booked.Amount
		} else {
			money -= booked.Amount
		}
	}
	if money != 0 {
		return money, "", documents
	}
	return cards, domain.MethodGiftCard, documents
}

// byOf are the methods that the shop names for the money of a refund; a gift card needs none.
func byOf(w domain.ReturnWritten, method string) []string {
	if method == domain.MethodGiftCard {
		return nil
	}
	return w.By
}

// paymentKey is the key of the n-th document of a refund, from 1.
func paymentKey(refund string, n int) string {
	key := refund + "/document"
	if n > 1 {
		key += "/" + strconv.Itoa(n)
	}
	return key
}

// credited tells whether the credit of a refund's garments is in the books, or a person
// has settled it by hand; mine is false while it waits for another return of the order.
func (d *decider) credited(refund domain.ReturnPlan) (mine, yes bool) {
	for _, g := range d.all {
		if !g.in(refund) || g.ignored || g.Line == "" {
			continue
		}
		memo, planned := d.m.planOf(domain.PlanCredit, g.Garment)
		if !planned {
			if g.accepted && !g.asked {
				return d.mine(g), false
			}
			continue
		}
		switch d.m.written[memo.Key].Stage {
		case domain.StageDone, domain.StageLinked, domain.StageVoid:
		default:
			r, refused := d.m.refused[memo.Key]
			if !refused || d.m.skipped[r.cause(memo)] <= r.sequence {
				return d.mine(g), false
			}
		}
	}
	return true, true
}

// undone tells whether money that had gone back has not: the shop told of it after the
// refund was written down as done.
func (d *decider) undone(p domain.ReturnPlan) bool {
	told := d.m.shop[p.ShopID]
	return d.m.shopAt[p.ShopID] > d.m.writtenF[p.Key].Sequence && told.RefundFailed > 0 && told.Refunded < d.m.written[p.Key].Amount
}

// byHand tells whether a plan was refused and a person has settled it otherwise.
func (d *decider) byHand(p domain.ReturnPlan) bool {
	r, refused := d.m.refused[p.Key]
	return refused && d.m.skipped[r.cause(p)] > max(r.sequence, d.m.writtenF[p.Key].Sequence)
}
