package centra

import (
	"fmt"
	"slices"
)

// adminReturn does what a person does about returns in the admin: create-return makes a
// pending one of Quantity units of a line, out of stock unless RemoveFromStock is false
// and Value is "release"; complete-return, delete-return and refund-return act on
// ReturnID; goodwill pays an Amount back for no return, onto a gift card when Value is gift-card, by
// another payment method than the order's when Method names one; set-refund-outcome says how the provider answers from now on.
func (s *Simulator) adminReturn(o *order, a Action) error {
	switch a.Action {
	case "create-return":
		return s.returnByHand(o, a)
	case "goodwill":
		if a.Amount < 1 || a.Amount > o.capturedTotal()-o.refundedTotal() {
			return fmt.Errorf("%w: goodwill needs an amount that was captured and not refunded", errRefused)
		}
		kind := "REFUND"
		if a.Value == "gift-card" {
			kind = "REFUND_GIFT_CARD"
		}
		s.pay(o, kind, "SUCCESS", a.Amount, nil).method = a.Method
		s.changed(o)
		return nil
	case "set-refund-outcome":
		if err := choice("value", &a.Value, outcomeSuccess, outcomeFail, outcomePending, outcomePendingFail, outcomeSuccessFail); err != nil {
			return err
		}
		o.refundOutcome = a.Value
		return nil
	}
	r := s.returnByID(a.ReturnID)
	if r == nil || r.order != o {
		return fmt.Errorf("order %d has no return %d", o.number, a.ReturnID)
	}
	x := &exec{Simulator: s}
	switch a.Action {
	case "complete-return":
		if r.completed {
			return fmt.Errorf("%w: return %d is completed", errRefused, r.id)
		}
		r.completed = true
		x.returnChanged(r, "UPDATED")
		s.emit("Return", "COMPLETED", r.id, o)
	case "refund-return":
		if !r.completed {
			return fmt.Errorf("%w: return %d is not completed", errRefused, r.id)
		}
		x.refund(r, r.grandTotal(), outcomeSuccess)
		x.returnChanged(r, "UPDATED")
	case "delete-return":
		if r.completed {
			return fmt.Errorf("%w: return %d is completed", errRefused, r.id)
		}
		if !s.canTakeBack(r) {
			return fmt.Errorf("%w: return %d put units into stock that are not free any more", errRefused, r.id)
		}
		for _, m := range r.moved {
			s.stock[m.key].physical -= m.quantity
		}
		same := func(other *orderReturn) bool { return other == r }
		s.returns = slices.DeleteFunc(s.returns, same)
		r.shipment.returns = slices.DeleteFunc(r.shipment.returns, same)
		x.returnChanged(r, "DELETED")
	}
	return nil
}

// returnByHand makes a pending return of units of one line, from the first shipment
// that has them left.
func (s *Simulator) returnByHand(o *order, a Action) error {
	for _, sh := range o.shipments {
		if sh.completedAt.IsZero() {
			continue
		}
		for _, l := range sh.lines {
			if l.line.id != a.LineID || l.quantity-l.returned() < a.Quantity || a.Quantity < 1 {
				continue
			}
			x := &exec{Simulator: s}
			r := &orderReturn{
				id: s.newID("return", 0), order: o, shipment: sh, created: s.now(), comment: a.Reason,
				policy: args{"removeItemsFromStock": a.Value != "release", "releaseItemsBackToWarehouse": a.Value == "release"},
				lines:  []*returnLine{{id: s.newID("returnLine", 0), line: l, quantity: a.Quantity}},
			}
			s.returns, sh.returns = append(s.returns, r), append(sh.returns, r)
			x.restock(r)
			s.emit("Return", "CREATED", r.id, o)
			s.hook("return", "create", r.id)
			s.shipmentChanged(sh)
			return nil
		}
	}
	return fmt.Errorf("%w: create-return needs lineId and quantity of units of order %d that were shipped and not returned", errRefused, o.number)
}
