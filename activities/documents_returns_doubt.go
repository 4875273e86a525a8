package activities

import (
	"context"
	"fmt"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// saidSame tells whether finance has skipped the newest doubt about a write-off: its
// garment is the one of the document that the question named.
func saidSame(facts []domain.Fact, plan domain.ReturnPlan) (other domain.DocumentKey, same bool) {
	if plan.Kind != domain.PlanWriteOff {
		return "", false
	}
	cause := domain.NewCause(domain.KindWriteOffDoubtful, "selvedge", plan.Key)
	for _, f := range facts {
		switch f.Kind {
		case domain.FactReturnRefused:
			r, err := domain.Decode[domain.ReturnRefused](f)
			if err == nil && r.Subject == plan.Key {
				other, same = "", false
				if r.Exception == domain.KindWriteOffDoubtful && len(r.Problems) > 0 {
					other = domain.DocumentKey(r.Problems[0].Value)
				}
			}
		case domain.FactReturnAnswered:
			if a, err := domain.Decode[domain.ReturnAnswer](f); err == nil && a.Cause == cause {
				same = a.Action == "skip" && other != ""
			}
		}
	}
	return other, same
}

// standsFor keeps that another document stands for the garment of a plan, so that nobody
// is asked about that document again, and answers the plan as done with it. A second run
// keeps the same.
func (l ReturnLedger) standsFor(ctx context.Context, order domain.Order, plan domain.ReturnPlan, key, other domain.DocumentKey) (domain.ReturnWritten, error) {
	planned := ports.PlannedDocument{Document: domain.Document{Key: key, Kind: domain.DocWriteOff, Order: order.ID, Warehouse: plan.Warehouse}, Same: other}
	booked, err := l.Documents.Store.BookWriteOff(ctx, planned, 0, l.Documents.Clock())
	if err != nil {
		return domain.ReturnWritten{}, err
	}
	out := domain.ReturnWritten{Stage: domain.StageDone, Detail: fmt.Sprintf("document %s is of the same garment", booked.Other)}
	r, err := l.Documents.Store.Document(ctx, booked.Other)
	if err == nil {
		out.ID, out.Number = r.Entry.ID, r.Entry.Number
	} else if !fault.Is(err, fault.NotFound) {
		return domain.ReturnWritten{}, err
	}
	return out, nil
}
