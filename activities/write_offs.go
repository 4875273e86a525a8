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
			if err := d.bookEntry(ctx, r, index, newest); err != nil {
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

// bookEntry books what an entry of a warehouse's books means, as far as it is known.
func (d *Documents) bookEntry(ctx context.Context, r ports.DocumentRecord, index *mapping.Rules, newest int64) error {
	if a, unread := r.Document.Told(); unread {
		explained, err := d.explain(ctx, &r, a, index, newest)
		if err != nil || !explained {
			return err
		}
	}
	if r.Document.TakesBack() {
		return d.bookTakenBack(ctx, r, index, newest)
	}
	return d.bookWriteOff(ctx, d.writeOff(r, index), newest)
}

// bookWriteOff keeps a write-off of no order once for its garment. One that may be of a
// garment that a return has written off waits for finance.
func (d *Documents) bookWriteOff(ctx context.Context, p ports.PlannedDocument, newest int64) error {
	booked, err := d.Store.BookWriteOff(ctx, p, newest, d.Clock())
	if err != nil || booked.Doubt == "" {
		return err
	}
	p.Question, p.Distinct = doubtful(string(p.Document.Key), p.Document, booked.Doubt), true
	_, err = d.Store.BookWriteOff(ctx, p, newest, d.Clock())
	return err
}

// doubtful asks whether a write-off is of the garment of another one.
func doubtful(subject string, d domain.Document, other domain.DocumentKey) *domain.Question {
	return &domain.Question{
		Kind: domain.KindWriteOffDoubtful, Subject: subject, Cause: domain.NewCause(domain.KindWriteOffDoubtful, subject),
		Problems: []domain.Refusal{{
			Code: domain.KindWriteOffDoubtful, SKU: d.Lines[0].SKU, Value: string(other),
			Message: "the loss of a garment of item " + d.Lines[0].SKU + " on " + d.OccurredAt.UTC().Format("2006-01-02") + " may be the one that document " + string(other) +
				" records already: neither a serial nor a return tells them apart",
		}},
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
		return ports.PlannedDocument{Document: doc, Question: missing, Distinct: true} // asked about once it has an entity
	}
	doc = books.WriteOff(doc, e)
	p := ports.PlannedDocument{Document: doc, Ledger: e.Ledger, Distinct: r.LateAgreed}
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
