package activities

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"

	"selvedge/internal/books"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
)

// kindWriteOffLimit asks finance about a write-off of more than the limit.
const kindWriteOffLimit = "write-off-limit"

// bookWriteOffs gives garments that were written off outside of any return to the entity
// that owns the warehouse's stock. No default stands for it: where no rule names one the
// document waits. A second run finds them booked; a garment that a return writes off,
// too, stands in the books once.
func (d *Documents) bookWriteOffs(ctx context.Context, index *mapping.Rules, newest int64, result *contract.DocumentsResult) error {
	for after := domain.DocumentKey(""); ; {
		due, err := d.Store.UnbookedWriteOffs(ctx, after, bookPage)
		if err != nil {
			return err
		}
		for _, r := range due {
			if _, err := d.Store.BookWriteOff(ctx, d.writeOff(r, index), newest, d.Clock()); err != nil {
				return fmt.Errorf("book write-off %s: %w", r.Document.Key, err)
			}
			result.Booked++
			after = r.Document.Key
		}
		activity.RecordHeartbeat(ctx, result.Booked)
		if len(due) < bookPage || result.Booked >= mostBooked {
			return nil
		}
	}
}

// writeOff plans the document of a garment, with what keeps it from being posted.
func (d *Documents) writeOff(r ports.DocumentRecord, index *mapping.Rules) ports.PlannedDocument {
	doc := r.Document
	e, missing := index.EntityOfStock(doc.Warehouse)
	if missing == nil {
		e, missing = d.ledgerOf(e)
	}
	if missing != nil {
		return ports.PlannedDocument{Document: doc, Question: missing}
	}
	doc = books.WriteOff(doc, e)
	p := ports.PlannedDocument{Document: doc, Ledger: e.Ledger}
	if value := -doc.Totals().Gross; d.WriteOffLimit > 0 && value > d.WriteOffLimit && !r.LateAgreed {
		p.Question = &domain.Question{
			Kind: kindWriteOffLimit, Subject: string(doc.Key), Cause: domain.NewCause(kindWriteOffLimit, string(doc.Key)),
			Problems: []domain.Refusal{{
				Code: "above_limit", SKU: doc.Lines[0].SKU, Value: doc.Reference,
				Message: "a garment outside of any return would be written off at " + domain.Format(value, doc.Currency) + ", which is above the limit of " + domain.Format(d.WriteOffLimit, doc.Currency),
			}},
		}
	}
	return p
}
