package books

import (
	"cmp"
	"slices"
	"time"

	"selvedge/internal/domain"
)

// taken is money of one method that came in before the goods left: a liability until they
// do, or until it goes back.
type taken struct {
	method string
	amount int64
	at     time.Time // of its newest part; zero where nobody told
	by     string    // the payment method as the shop names it
	ours   bool      // we captured it
}

// together is how long before the first of the shop's shipments money may be recorded that
// was taken with it: the shop captures while it makes the shipment.
const together = time.Minute

// takenAhead finds the money that is a deposit, whoever took it and whatever becomes of
// the order: accepted, refused, waiting or cancelled. Money that was taken when a shipment
// stood in the shop already was taken for that shipment, and is none. A gift card that is
// redeemed always is one: it releases a liability and is no cash, whenever Centra takes it.
func takenAhead(o domain.Order, facts []domain.Fact, shipped bool) ([]taken, error) {
	var first time.Time // when the first of the shop's shipments came to stand
	for _, s := range o.Shipments {
		if first.IsZero() || s.CreatedAt.Before(first) {
			first = s.CreatedAt
		}
	}
	money, cards := taken{method: domain.MethodOriginal}, taken{method: domain.MethodGiftCard}
	for _, e := range o.Payment.Captures {
		switch {
		case e.GiftCard:
			cards.add(e)
		case len(o.Shipments) == 0 || e.At.Before(first.Add(-together)):
			money.add(e)
		}
	}
	if nobodyTold := len(o.Payment.Captures) == 0; nobodyTold && len(o.Shipments) == 0 && !shipped {
		money.amount = o.Payment.Captured - o.Payment.Outside // what was marked as paid came in elsewhere
	}
	ours, at, err := capturedByUs(o, facts)
	if err != nil {
		return nil, err
	}
	if n := ours - cards.amount; n > 0 && n >= money.amount {
		money.amount, money.at, money.ours = n, at, true
	}
	return slices.DeleteFunc([]taken{money, cards}, func(t taken) bool { return t.amount <= 0 }), nil
}

func (t *taken) add(e domain.PaymentEntry) {
	if t.amount += e.Amount; e.At.After(t.at) {
		t.at = e.At
	}
	t.by = cmp.Or(t.by, e.By)
}

// capturedByUs is what we captured before the goods were handed over, and when.
func capturedByUs(o domain.Order, facts []domain.Fact) (amount int64, at time.Time, err error) {
	for _, f := range facts {
		if f.Kind != domain.FactCaptured {
			continue
		}
		c, err := domain.Decode[domain.CapturedFact](f)
		if err != nil {
			return 0, at, err
		}
		amount, at = c.Amount, f.At
		if c.Pending && !o.Payment.CapturePending {
			amount = max(amount, o.Payment.Captured) // its outcome came with the content
		}
	}
	return amount, at, nil
}

// deposits plans what was captured before the goods left, a document for each method. It is
// made when the money came in, not when a warehouse accepts the order: what was taken is a
// liability from then on, also at the end of a month in which the order waits, is refused
// or is withdrawn.
//
// An earlier version made none of money that others than we had captured, and booked the
// invoice as captured with its shipment: then the money is in the books, and no deposit follows.
func (p *plan) deposits() error {
	asCaptured := func(d domain.Document) bool { return d.Captured }
	inTheBooks := len(p.firm("", domain.DocDeposit)) == 0 && slices.ContainsFunc(p.firm("", domain.DocInvoice), asCaptured)
	for _, t := range p.ahead {
		if inTheBooks && !t.ours {
			continue
		}
		amount := t.amount
		for _, d := range p.firm("", domain.DocDeposit) {
			if cmp.Or(d.Method, domain.MethodOriginal) == t.method {
				amount -= d.Totals().Gross
			}
		}
		if amount <= 0 {
			continue
		}
		if t.at.IsZero() {
			t.at = p.changedAt() // who captured it did not tell us when
		}
		d := domain.Document{
			Kind: domain.DocDeposit, Payment: label(p.Order.PaymentMethod), Method: t.method, Links: keys(p.all(domain.DocSalesOrder)),
			Lines: []domain.DocumentLine{{Ref: "payment", Kind: domain.DocLinePayment, Gross: amount}},
		}
		if t.method == domain.MethodGiftCard {
			d.Payment = cmp.Or(t.by, d.Payment)
		}
		if err := p.add(d, []string{p.Order.ID.Store, p.Order.ID.Number}, len(p.all(domain.DocDeposit))+1, t.at, nil); err != nil {
			return err
		}
	}
	return nil
}

// depositUse plans which part of the deposits pays which invoice.
func (p *plan) depositUse() error {
	var left int64
	deposits := p.all(domain.DocDeposit)
	for _, d := range deposits {
		left += d.Totals().Gross
	}
	for _, d := range p.firm("", domain.DocDepositUse) {
		left -= d.Totals().Gross
	}
	for _, d := range p.all(domain.DocRefund) {
		if ofDeposit(d) {
			left -= d.Totals().Gross
		}
	}
	// What a void freed first, so that it can pay the parcel that went instead.
	for _, back := range []bool{true, false} {
		if err := p.useDeposits(deposits, &left, back); err != nil {
			return err
		}
	}
	return nil
}

// useDeposits plans the uses of deposits, or their reversals where an invoice was taken back.
func (p *plan) useDeposits(deposits []domain.Document, left *int64, back bool) error {
	for _, s := range p.progress.Parcels {
		var open int64
		var invoices []domain.DocumentKey
		for _, d := range p.all(domain.DocInvoice) {
			if d.Shipment == s.Shipment.ID && d.Warehouse == s.Shipment.Warehouse {
				open, invoices = open+d.Totals().Gross, append(invoices, d.Key)
			}
		}
		used := p.of(s, domain.DocDepositUse)
		for _, d := range used {
			open -= d.Totals().Gross
		}
		if n := min(open, *left); len(invoices) > 0 && (back && open < 0 || !back && n > 0) {
			if back {
				n = open
			}
			*left -= n
			d := domain.Document{
				Kind: domain.DocDepositUse, Shipment: s.Shipment.ID, Warehouse: s.Shipment.Warehouse, Links: append(keys(deposits), invoices...),
				Lines: []domain.DocumentLine{{Ref: "payment", Kind: domain.DocLinePayment, Gross: n, Source: invoices[0]}},
			}
			at := s.Shipment.ShippedAt
			if back {
				d.Reverses, at = used[0].Key, p.toldAt(s.Shipment)
				d.Links = append(d.Links, used[0].Key)
			}
			if err := p.add(d, []string{s.Shipment.Warehouse, s.Shipment.ID}, len(used)+1, at, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
