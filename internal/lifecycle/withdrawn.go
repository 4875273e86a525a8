package lifecycle

import "selvedge/internal/domain"

const withdrawnReleased = "withdrawn-released"

// lifted asks about a withdrawn order whose hold somebody has lifted in the shop: it
// looks as if it should go after all, and only a person can say so.
func (d *decider) lifted() {
	id := d.Order.ID
	open := d.Order.Status == domain.ShopConfirmed || d.Order.Status == domain.ShopProcessing
	if !d.facts.withdrawn || d.facts.heldAt < d.facts.withdrawnAt || d.Order.OnHold || !open {
		return
	}
	d.ask(domain.Question{
		Kind: withdrawnReleased, Subject: id.Number, Cause: domain.NewCause(withdrawnReleased, id.String()),
		Problems: []domain.Refusal{{Code: "hold_lifted", Field: "onHold", Message: "the order was withdrawn and held, and its hold was lifted in the shop"}},
	})
}

// takenBack tells whether a person took the newest withdrawal back: by a retry of that
// question, or by one of everything that came after the shop's order had changed once
// more. A retry of everything before that was meant for something else.
func (s said) takenBack(id domain.OrderID) bool {
	if s.tried[domain.NewCause(withdrawnReleased, id.String())] > s.withdrawnAt {
		return true
	}
	if s.heldAt < s.withdrawnAt {
		return false
	}
	for _, changed := range s.contents {
		if s.heldAt < changed && changed < s.triedAll {
			return true
		}
	}
	return false
}
