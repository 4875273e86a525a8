package lifecycle

import (
	"time"

	"selvedge/internal/domain"
)

// holdPatience is how long a warehouse may hold an order by itself before a person is
// told: most holds are lifted on the floor within minutes.
const holdPatience = time.Hour

// standing asks about what a warehouse says of an order and we cannot act on: a
// status that this version does not know, and a hold that waits for the client.
func (d *decider) standing() {
	for _, c := range d.progress.Consignments {
		if c.Over() {
			continue
		}
		switch c.Status {
		case domain.WarehouseUnknown:
			d.ask(standingQuestion(d.Order.ID, "unknown-event", c, "status_unknown", "the warehouse gives "+c.Number+" a status that this version does not know"))
		case domain.WarehouseOnHold:
			d.holding(c)
		}
	}
}

// holding asks about a hold once it has lasted. An address check is mended where
// addresses are, so it has that kind; the other holds of a client's account have no
// kind of their own and go to engineering as an event that we cannot read. Stock and
// quality are the warehouse's own business: it lifts those holds or tells of a short.
func (d *decider) holding(c domain.ConsignmentProgress) {
	kind := "unknown-event"
	switch c.HoldReason {
	case "awaiting_stock", "quality":
		return
	case "address_check":
		kind = "invalid-address"
	}
	if until := c.UpdatedAt.Add(holdPatience); d.Now.Before(until) {
		d.wake(until)
		return
	}
	reason := c.HoldReason
	if reason == "" {
		reason = "no reason given"
	}
	d.ask(standingQuestion(d.Order.ID, kind, c, "on_hold", "the warehouse holds "+c.Number+" ("+reason+"); have the warehouse release it once the cause is mended"))
}

func standingQuestion(id domain.OrderID, kind string, c domain.ConsignmentProgress, code, message string) domain.Question {
	return domain.Question{
		Kind: kind, Subject: c.Number, Cause: domain.NewCause(kind, id.String(), c.Number, code, c.HoldReason),
		Problems: []domain.Refusal{{Code: code, Value: c.HoldReason, Message: message}},
	}
}
