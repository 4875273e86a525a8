package activities

import (
	"context"
	"fmt"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
)

// Kinds of question about documents, see package exceptions.
const (
	kindDocumentRejected = "document-rejected"
	kindDocumentConflict = "document-conflict"
	kindClosedPeriod     = "closed-period"
)

// poster brings documents into one ledger.
type poster struct {
	*Documents
	ledger ports.Ledger
	able   ports.LedgerCapabilities
	index  *mapping.Rules
}

func (d *Documents) poster(ctx context.Context, name string) (*poster, error) {
	l, ok := d.Ledgers[name]
	if !ok {
		return nil, &fault.Fault{Kind: fault.Misconfigured, System: "selvedge", Op: "post documents", Message: fmt.Sprintf("ledger %q is not configured", name)}
	}
	rules, err := d.Store.Rules(ctx)
	if err != nil {
		return nil, err
	}
	return &poster{Documents: d, ledger: l, able: l.Capabilities(), index: mapping.New(rules)}, nil
}

// post takes one document as far as it goes now and keeps what came of it. An error
// says that the ledger, or the store, is away: then nothing was decided.
func (p *poster) post(ctx context.Context, r ports.DocumentRecord) (ports.DocumentOutcome, error) {
	if r.Status == domain.DocumentUnknown && r.NextAt.After(p.Clock()) {
		return ports.DocumentOutcome{Status: r.Status}, nil // somebody is at it, or its outcome may still come
	}
	var draft ports.LedgerEntry
	if r.Status == domain.DocumentUnknown || r.Status == domain.DocumentAccepted {
		outcome, known, err := p.look(ctx, r)
		if err != nil || known {
			return outcome, err
		}
		draft = outcome.Entry
	}
	if r.Status == domain.DocumentCreated || r.Status == domain.DocumentRejected && r.Entry.Status == domain.DocumentCreated {
		draft = r.Entry
	}
	return p.send(ctx, r, draft)
}

// look asks the ledger for a document that it may have. known is false when it
// certainly has none, so that it may be sent.
func (p *poster) look(ctx context.Context, r ports.DocumentRecord) (outcome ports.DocumentOutcome, known bool, err error) {
	ref := ports.Ref(r.Document)
	ref.Run = r.Entry.Run
	entry, err := p.ledger.Find(ctx, ref)
	switch {
	case fault.Is(err, fault.NotFound):
		return outcome, false, nil
	case err != nil:
		return outcome, true, err
	case entry.Status == domain.DocumentCreated && p.able.TwoStep:
		outcome.Entry = entry
		return outcome, false, nil // Create answers the draft, and Post goes on from it
	}
	outcome = p.agreed(r.Document, entry)
	outcome.Entry.Awaited = p.awaited(outcome.Status, r.Entry.Awaited)
	return outcome, true, p.save(ctx, r.Document.Key, outcome)
}

// send creates and posts. Before that the document is noted as unknown, so that after a
// crash it is looked up first. draft is what the ledger already has of it, if anything.
func (p *poster) send(ctx context.Context, r ports.DocumentRecord, draft ports.LedgerEntry) (ports.DocumentOutcome, error) {
	d := r.Document
	on, err := p.ledger.PostingDate(ctx, d.EntityRef, d.Kind, d.Date)
	if err != nil {
		return p.decide(ctx, d, draft, err)
	}
	if d.PostOn, d.Late = on, on != d.Date; d.Late && !r.LateAgreed && p.asks(d.Entity) {
		return p.refuse(ctx, d, draft, domain.NewCause(kindClosedPeriod, d.Entity, string(d.Date.Period())), []domain.Refusal{{
			Code: ports.CodeClosedPeriod, Field: "period", Value: string(d.Date.Period()),
			Message: fmt.Sprintf("period %s of %s is closed; the first open day is %s", d.Date.Period(), d.Entity, on),
		}})
	}
	now := p.Clock()
	ours, err := p.Store.ClaimDocument(ctx, d.Key, d.Fingerprint(), now, now.Add(lease))
	if err != nil {
		return ports.DocumentOutcome{}, err
	}
	if !ours {
		return ports.DocumentOutcome{Status: r.Status}, nil
	}
	entry, err := p.ledger.Create(ctx, d)
	if err == nil {
		if outcome := p.agreed(d, entry); outcome.Status == domain.DocumentRejected {
			return outcome, p.save(ctx, d.Key, outcome) // a draft with other totals is not posted
		}
		if p.able.TwoStep && entry.Status == domain.DocumentCreated {
			draft = entry
			entry, err = p.ledger.Post(ctx, d)
		}
	}
	if f, ok := fault.As(err); ok && f.Code == ports.CodeClosedPeriod && r.Attempts >= mostClosed {
		// It names a day and refuses it every time: trying on would go on for ever, unseen.
		return p.refuse(ctx, d, draft, domain.NewCause(kindClosedPeriod, d.Entity, string(on.Period()), string(d.Kind)), []domain.Refusal{{
			Code: ports.CodeClosedPeriod, Field: "period", Value: string(on.Period()),
			Message: fmt.Sprintf("the ledger names %s as open for a %s of %s and refuses it as closed; open the period there, or close it for this kind too, then retry", on, d.Kind, d.Entity),
		}})
	}
	if err != nil {
		return p.decide(ctx, d, draft, err)
	}
	outcome := p.agreed(d, entry)
	outcome.Entry.Awaited = p.awaited(outcome.Status, time.Time{})
	return outcome, p.save(ctx, d.Key, outcome)
}

// awaited is since when an outcome is awaited; zero once it is known.
func (p *poster) awaited(status domain.DocumentStatus, since time.Time) time.Time {
	switch {
	case status != domain.DocumentAccepted && status != domain.DocumentUnknown:
		return time.Time{}
	case since.IsZero():
		return p.Clock().UTC()
	}
	return since
}

// mostClosed is after how many sendings a ledger that refuses the day it names itself is
// finance's question; before that the month may just have been closed.
const mostClosed = 8

// asks tells whether finance wants to be asked before a document moves to a later period.
func (p *poster) asks(entity string) bool {
	e, miss := p.index.Entity(entity)
	return miss == nil && e.Late == mapping.LateAsk
}

// agreed is the outcome of an entry that was read back: other totals are never posted over.
func (p *poster) agreed(d domain.Document, entry ports.LedgerEntry) ports.DocumentOutcome {
	out := ports.DocumentOutcome{Status: entry.Status, Document: d, Entry: entry, NextAt: p.Clock().Add(p.Settle)}
	err := entry.Agrees(d)
	switch {
	case err != nil:
		out.Status = domain.DocumentRejected
		out.Cause, out.Problems = causeOf(d, err)
	case entry.Status == domain.DocumentRejected:
		out.Cause = domain.NewCause(kindDocumentRejected, string(d.Key))
		out.Problems = []domain.Refusal{{Code: "rejected", Field: "document", Value: string(d.Key), Message: entry.Reason}}
	case entry.Status == domain.DocumentPosted && entry.ID == "":
		out.Status = domain.DocumentUnknown // without an id nothing counts as posted
	}
	return out
}

// decide turns a fault into what becomes of the document. Trouble of the ledger itself
// is the run's: it is answered as an error and nothing is decided about the document. One
// that stands in the ledger as a draft stays created, and so as it is: as a due one it
// could be replaced by other content, which the ledger then refuses for good.
func (p *poster) decide(ctx context.Context, d domain.Document, draft ports.LedgerEntry, err error) (ports.DocumentOutcome, error) {
	f, ok := fault.As(err)
	if !ok {
		return ports.DocumentOutcome{}, err
	}
	now := p.Clock()
	left := domain.DocumentDue
	if draft.Status == domain.DocumentCreated {
		left = domain.DocumentCreated
	}
	switch f.Kind {
	case fault.Uncertain:
		out := ports.DocumentOutcome{Status: domain.DocumentUnknown, Document: d, Entry: ports.LedgerEntry{Awaited: now.UTC()}, NextAt: now.Add(p.Settle)}
		return out, p.save(ctx, d.Key, out)
	case fault.RateLimited, fault.Unavailable, fault.Misconfigured:
		// It had no effect: what was noted as unknown is due again.
		out := ports.DocumentOutcome{Status: left, Document: d, Entry: draft, NextAt: now}
		if saveErr := p.save(ctx, d.Key, out); saveErr != nil {
			return out, saveErr
		}
		return out, err
	case fault.NotFound:
		out := ports.DocumentOutcome{Status: domain.DocumentDue, Document: d, NextAt: now.Add(p.Settle)}
		return out, p.save(ctx, d.Key, out)
	}
	if f.Code == ports.CodeClosedPeriod {
		// It was closed since we asked: the next try takes the day that is open then.
		out := ports.DocumentOutcome{Status: left, Document: d, Entry: draft, NextAt: now.Add(time.Second)}
		return out, p.save(ctx, d.Key, out)
	}
	cause, problems := causeOf(d, err)
	return p.refuse(ctx, d, draft, cause, problems)
}

// refuse leaves a document to a person. A draft that stands in the ledger stays noted: the
// document is never replaced by other content then, only mended there or corrected by another one.
func (p *poster) refuse(ctx context.Context, d domain.Document, draft ports.LedgerEntry, cause string, problems []domain.Refusal) (ports.DocumentOutcome, error) {
	out := ports.DocumentOutcome{Status: domain.DocumentRejected, Document: d, Entry: draft, Cause: cause, Problems: problems, NextAt: p.Clock()}
	return out, p.save(ctx, d.Key, out)
}

// causeOf names what a ledger refused: what one change mends for many documents is one
// cause, what is about one document has its key.
func causeOf(d domain.Document, err error) (string, []domain.Refusal) {
	f, ok := fault.As(err)
	if !ok {
		return domain.NewCause(kindDocumentRejected, string(d.Key)), []domain.Refusal{{Code: "refused", Message: err.Error()}}
	}
	problems := make([]domain.Refusal, 0, len(f.Problems))
	for _, q := range f.Problems {
		problems = append(problems, domain.Refusal{Code: q.Code, Field: q.Field, Line: q.Line, SKU: q.SKU, Attribute: q.Attribute, Value: q.Value, Allowed: q.Allowed, Message: q.Message})
	}
	if len(problems) == 0 {
		problems = append(problems, domain.Refusal{Code: f.Code, Message: f.Message})
	}
	switch {
	case f.Code == ports.CodeEntityUnknown:
		return domain.NewCause(mapping.KindEntity, "ledger", d.Entity), problems
	case f.Code == ports.CodeCurrencyRefused:
		return domain.NewCause(mapping.KindEntity, "ledger", d.Entity, d.Currency), problems
	case f.Kind == fault.Conflict:
		return domain.NewCause(kindDocumentConflict, string(d.Key)), problems
	case len(problems) == 1 && problems[0].SKU != "":
		return domain.NewCause(kindDocumentRejected, problems[0].Code, "item", problems[0].SKU), problems
	}
	return domain.NewCause(kindDocumentRejected, string(d.Key)), problems
}

// save keeps an outcome although the run is being cancelled: what was sent was sent.
func (p *poster) save(ctx context.Context, key domain.DocumentKey, out ports.DocumentOutcome) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return p.Store.SaveDocumentOutcome(ctx, key, out, p.Clock())
}
