// Package narrate tells what happened to an order in plain words, one line a fact.
//
// Only data of a form that this version knows is told: what an outside system wrote
// nobody has looked through for personal data.
package narrate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"selvedge/internal/domain"
)

// Raw tells whether a fact's data stands as an outside system wrote it. Such data is
// never printed: nobody has looked through it for personal data.
func Raw(k domain.FactKind) bool {
	switch k {
	case domain.FactContent, domain.FactSubmitted, domain.FactRefused, domain.FactWarehouseOrder, domain.FactShipment,
		domain.FactCancelRequested, domain.FactCancelRefused, domain.FactShopShipment, domain.FactShopCancelled,
		domain.FactCaptured, domain.FactReleased, domain.FactNoted, domain.FactAnswered, domain.FactClosed,
		domain.FactUnreadable, domain.FactReadable, domain.FactOverdue,
		domain.FactShopReturn, domain.FactReturnPlanned, domain.FactReturnWritten, domain.FactReturnRefused, domain.FactReturnAnswered, domain.FactReturnSettled:
		return false
	}
	return true
}

// Fact says in one line what a fact tells. Amounts that name no currency are in the
// order's, which is given.
func Fact(f domain.Fact, currency string) string {
	if line, ok := returned(f, currency); ok {
		return line
	}
	switch f.Kind {
	case domain.FactContent:
		return told(f, func(c domain.ContentFact) string { return "the shop's order, status " + string(c.Status) })
	case domain.FactSubmitted:
		return told(f, func(s domain.SubmittedFact) string {
			verb := "sent"
			if s.Amended {
				verb = "amended"
			}
			return fmt.Sprintf("%s %s at %s, %s", verb, s.Consignment, s.Warehouse, units(s.Lines))
		})
	case domain.FactRefused:
		return told(f, refusedLine)
	case domain.FactWarehouseOrder:
		return told(f, func(w domain.WarehouseOrder) string {
			return fmt.Sprintf("%s at %s is %s", w.Number, w.Warehouse, w.Status)
		})
	case domain.FactShipment:
		return told(f, shipmentLine)
	case domain.FactCancelRequested:
		return told(f, func(c domain.CancelRequestedFact) string {
			if c.Done {
				return "cancelled " + c.Consignment
			}
			return "asked to cancel " + c.Consignment
		})
	case domain.FactCancelRefused:
		return told(f, func(c domain.CancelRefusedFact) string { return "the warehouse will not cancel " + c.Consignment })
	case domain.FactShopShipment:
		return told(f, shopShipmentLine)
	case domain.FactShopCancelled:
		return told(f, func(c domain.ShopCancelledFact) string { return units(c.Lines) + " cancelled in the shop" })
	case domain.FactCaptured:
		return told(f, func(c domain.CapturedFact) string {
			if c.Pending {
				return "capture asked for, no outcome yet"
			}
			return "captured before the goods"
		})
	case domain.FactReleased:
		return "the rest of the authorisation was released"
	case domain.FactNoted:
		return told(f, func(n domain.NotedFact) string { return "told the shop about " + n.Subject })
	case domain.FactAnswered:
		return told(f, answerLine)
	case domain.FactOverdue:
		return told(f, func(o domain.OverdueFact) string {
			return fmt.Sprintf("%s had not left by its cut-off, %s", o.Consignment, o.CutoffAt.UTC().Format("2 Jan 15:04 UTC"))
		})
	case domain.FactReturn:
		return "a return that cannot be read, kept as it was told"
	case domain.FactUnreadable:
		return told(f, func(u domain.UnreadableFact) string { return "the shop's order cannot be read: " + reasons(u.Problems) })
	case domain.FactReadable:
		return "the shop's order can be read again"
	case domain.FactClosed:
		return told(f, func(c domain.ClosedFact) string {
			return strings.TrimSpace("closed as " + string(c.State) + " " + c.Cause)
		})
	}
	return "kept; this version does not know the kind"
}

func told[T any](f domain.Fact, tell func(T) string) string {
	v, err := domain.Decode[T](f)
	if err != nil {
		return "cannot be read by this version"
	}
	return tell(v)
}

func units(lines []domain.LineQuantity) string {
	n := 0
	for _, l := range lines {
		n += l.Quantity
	}
	return plural(n, "unit")
}

func refusedLine(r domain.RefusedFact) string {
	return strings.TrimSpace(fmt.Sprintf("%s refused to %s %s: %s", r.System, r.Step, r.Subject, reasons(r.Problems)))
}

func reasons(problems []domain.Refusal) string {
	var why []string
	for _, p := range problems {
		why = append(why, p.Message)
	}
	return strings.Join(why, "; ")
}

func shipmentLine(s domain.Shipment) string {
	if s.Voided {
		return fmt.Sprintf("shipment %s was voided at %s", s.ID, s.Warehouse)
	}
	n := 0
	for _, l := range s.Lines {
		n += l.Quantity
	}
	tracking := "no tracking yet"
	if len(s.Trackings) > 0 {
		tracking = "tracking " + strings.Join(s.Trackings, ", ")
	}
	return fmt.Sprintf("shipment %s of %s left %s with %s, %s", s.ID, plural(n, "unit"), s.Warehouse, s.Carrier, tracking)
}

func shopShipmentLine(s domain.ShopShipmentFact) string {
	state := "created in the shop"
	if s.Completed {
		state = "completed in the shop"
	}
	switch {
	case s.Captured:
		state += ", captured"
	case s.Pending:
		state += ", capture pending"
	}
	return fmt.Sprintf("shipment %s is %s: %s", s.Shipment, s.Number, state)
}

func answerLine(a domain.AnswerFact) string {
	line := a.By + ": " + a.Action
	if a.Cause != "" {
		line += " of " + a.Cause
	}
	for _, k := range slices.Sorted(maps.Keys(a.Override)) {
		line += fmt.Sprintf(", %s=%s", k, a.Override[k])
	}
	if a.Reason != "" {
		line += " (" + a.Reason + ")"
	}
	return line
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
