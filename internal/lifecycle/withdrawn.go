package lifecycle

import "selvedge/internal/domain"

// lifted asks about a withdrawn order whose hold somebody has lifted in the shop: it
// looks as if it should go after all, and only a person can say so.
func (d *decider) lifted() {
	id := d.Order.ID
	open := d.Order.Status == domain.ShopConfirmed || d.Order.Status == domain.ShopProcessing
	if !d.withdrawal.Stands() || d.withdrawal.HeldAt < d.withdrawal.At || d.Order.OnHold || !open {
		return
	}
	d.ask(domain.Question{
		Kind: domain.KindWithdrawnReleased, Subject: id.Number, Cause: domain.NewCause(domain.KindWithdrawnReleased, id.String()),
		Problems: []domain.Refusal{{Code: "hold_lifted", Field: "onHold", Message: "the order was withdrawn and held, and its hold was lifted in the shop"}},
	})
}
