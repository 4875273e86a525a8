package activities

import (
	"context"
	"fmt"
	"maps"

	"selvedge/internal/books"
	"selvedge/internal/domain"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
)

// mostGarments is more than any warehouse writes off at once: each makes a document.
const mostGarments = 10_000

// explain turns an entry of a warehouse's books whose reason nobody knew into what a rule
// says that it is, and answers false while none does, or where it is stock's alone. A
// second run keeps the same documents under the same keys.
func (d *Documents) explain(ctx context.Context, r *ports.DocumentRecord, a domain.Adjustment, index *mapping.Rules, newest int64) (bool, error) {
	meaning, miss := index.AdjustmentReason(a.Warehouse, a.Reason)
	if miss == nil && meaning == "" {
		return false, d.Store.DropWriteOff(ctx, r.Document.Key, "a rule says that reason "+a.Reason+" moves stock alone")
	}
	if miss == nil && (a.Units > mostGarments || a.Units < -mostGarments) {
		miss = &mapping.Miss{
			Kind: mapping.KindAdjustmentReason, System: a.Warehouse, Field: "reason", Value: a.Reason, Code: "too_many",
			Detail: fmt.Sprintf("entry %s is of %d garments at once, more than the %d that are believed", a.ID, a.Units, mostGarments),
		}
	}
	if miss != nil {
		q := miss.Question()
		q.Step = ""
		_, err := d.Store.BookWriteOff(ctx, ports.PlannedDocument{Document: r.Document, Question: &q, Distinct: true}, newest, d.Clock())
		return false, err
	}
	word := a.Reason
	a.Reason = meaning
	docs, err := a.WriteOffs()
	if err != nil {
		return false, err
	}
	for i := range docs {
		docs[i].Extra[domain.ExtraReason] = word
	}
	if err := d.Store.KeepWriteOffs(ctx, docs[1:], d.Clock()); err != nil {
		return false, err
	}
	if d.Explained != nil { // its order and its return have not heard of it yet
		if err := d.Explained(ctx, a.Warehouse, a); err != nil {
			return false, err
		}
	}
	r.Document = docs[0]
	return true, nil
}

// bookTakenBack books that a garment stands on the warehouse's books again: the opposite
// of the one write-off that this takes back, once that is posted. Finance is asked while
// it cannot be told which one that is; each run looks again, since the write-off may be
// told later than what takes it back.
func (d *Documents) bookTakenBack(ctx context.Context, r ports.DocumentRecord, index *mapping.Rules, newest int64) error {
	var agreed domain.DocumentKey
	if r.LateAgreed {
		agreed = domain.DocumentKey(r.Document.Extra[domain.ExtraDoubt])
	}
	found, err := d.Store.TakeBack(ctx, r.Document, agreed)
	if err != nil {
		return err
	}
	p := ports.PlannedDocument{Document: r.Document}
	p.Document.Extra = maps.Clone(r.Document.Extra)
	delete(p.Document.Extra, domain.ExtraDoubt)
	switch {
	case found.Of != "":
		err = d.takeBack(ctx, &p, found.Of, index)
	case found.Doubt != "":
		p.Document.Extra[domain.ExtraDoubt] = string(found.Doubt) // an answer is about this one alone
		p.Question = undone(r.Document, found.Doubt, "it may be document "+string(found.Doubt)+": neither a serial nor a return tells")
	default:
		p.Question = undone(r.Document, "", "the books hold no write-off of such a garment that still stands")
	}
	if err != nil {
		return err
	}
	_, err = d.Store.BookWriteOff(ctx, p, newest, d.Clock())
	return err
}

// takeBack plans the opposite of a write-off. While that is on its way nothing is planned:
// it may yet be dropped.
func (d *Documents) takeBack(ctx context.Context, p *ports.PlannedDocument, of domain.DocumentKey, index *mapping.Rules) error {
	original, err := d.Store.Document(ctx, of)
	if err != nil {
		return err
	}
	switch original.Status {
	case domain.DocumentPosted:
	case domain.DocumentDropped:
		p.Question = undone(p.Document, of, "it is document "+string(of)+", which "+original.AnsweredBy+" has dropped: "+original.Reason)
		return nil
	default:
		return nil
	}
	e, miss := index.Entity(original.Document.Entity)
	if miss != nil {
		q := miss.Question()
		q.Step, p.Question = "", &q
		return nil
	}
	p.Document, p.Ledger = books.TakeBack(p.Document, original.Document, e), original.Ledger
	return nil
}

// undone asks finance which write-off a movement of the books takes back.
func undone(d domain.Document, which domain.DocumentKey, why string) *domain.Question {
	l := d.Lines[0]
	return &domain.Question{
		Kind: domain.KindWriteOffUndone, Subject: string(d.Key), Cause: domain.NewCause(domain.KindWriteOffUndone, string(d.Key)),
		Problems: []domain.Refusal{{
			Code: domain.KindWriteOffUndone, SKU: l.SKU, Value: string(which),
			Message: fmt.Sprintf("entry %s of the books of %s takes a write-off (%s) of item %s back, and %s", d.Reference, d.Warehouse, l.Disposition, l.SKU, why),
		}},
	}
}
