package activities

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"selvedge/internal/books"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/fault"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
)

// Documents keeps finance's side of orders: it derives documents from facts and brings
// them into ledgers. No order waits for any of it.
type Documents struct {
	Store ports.DocumentStore
	// Ledgers by the name that settings and entity rules call them.
	Ledgers map[string]ports.Ledger
	Clock   func() time.Time
	// Settle is how long a ledger may still act on a request whose answer was lost.
	Settle time.Duration
	// HeldFor is how long a workflow may hold a document, without a question, before finance is asked.
	HeldFor time.Duration
	// WriteOffLimit is the value in minor units above which finance confirms a write-off; 0 = none.
	WriteOffLimit int64
	// Explained tells intake of an adjustment whose reason was unknown and is a loss by now:
	// its order and its return may want it. Nil where there are none.
	Explained func(ctx context.Context, warehouse string, a domain.Adjustment) error
}

// Bounds of one run; what is beyond them is the next run's.
const (
	bookPage   = 100
	mostBooked = 2000
	mostFailed = 20 // so many say that it is no single order
	postPage   = 100
	mostPosted = 2000
	// postTime ends a run of posting before the activity's own time does.
	postTime = 90 * time.Second
	// lease is how long a document that is being sent is left to its sender.
	lease = 2 * time.Minute
)

// BookOrders derives the documents of orders that have news, or that wait for a rule
// when rules have changed, and those of garments written off outside of any return.
//
// A second run derives the same documents under the same keys; what a ledger may have
// is never changed, so that nothing is posted twice.
func (d *Documents) BookOrders(ctx context.Context, _ contract.DocumentsInput) (contract.DocumentsResult, error) {
	var result contract.DocumentsResult
	rules, err := d.Store.Rules(ctx)
	if err != nil {
		return result, toTemporal(err, d.Settle)
	}
	index, newest := mapping.New(rules), newestRule(rules)
	var failed []error
	if err := d.bookWriteOffs(ctx, index, newest, &result); err != nil {
		failed = append(failed, err) // no order waits for them
	}
	for after := (domain.OrderID{}); ; {
		ids, err := d.Store.UnbookedOrders(ctx, after, bookPage)
		if err != nil {
			return result, toTemporal(err, d.Settle)
		}
		for _, id := range ids {
			after = id
			if err := d.book(ctx, id, index, newest); err != nil {
				// One order that cannot be read keeps no other out of the books; it comes again
				// with each run, which fails until it is mended.
				if failed = append(failed, fmt.Errorf("derive the documents of %s: %w", id, err)); len(failed) >= mostFailed {
					return result, toTemporal(errors.Join(failed...), d.Settle)
				}
				continue
			}
			result.Booked++
		}
		activity.RecordHeartbeat(ctx, result.Booked)
		if result.More = len(ids) == bookPage; !result.More || result.Booked >= mostBooked {
			return result, toTemporal(errors.Join(failed...), d.Settle)
		}
	}
}

func newestRule(rules []domain.Rule) (version int64) {
	for _, r := range rules {
		version = max(version, r.Version)
	}
	return version
}

// book derives one order's documents, anew when they were sent, or booked by another
// run, since they were read: the scheduled runs of several ledgers and the workflows of
// returns book side by side.
func (d *Documents) book(ctx context.Context, id domain.OrderID, index *mapping.Rules, newest int64) error {
	for attempt := 1; ; attempt++ {
		err := d.bookOnce(ctx, id, index, newest)
		if f, ok := fault.As(err); !ok || f.Code != ports.CodeBooksMoved || attempt == mostAnew {
			return err
		}
	}
}

// mostAnew bounds how often one order is derived anew at once.
const mostAnew = 5

// bookOnce derives one order's documents. The facts are read before the content: content
// that is newer than they are has a fact of its own, and the order comes again.
func (d *Documents) bookOnce(ctx context.Context, id domain.OrderID, index *mapping.Rules, newest int64) error {
	facts, err := d.Store.Facts(ctx, id, 0)
	if err != nil {
		return err
	}
	order, err := d.Store.Order(ctx, id)
	if err != nil {
		return err
	}
	records, err := d.Store.OrderDocuments(ctx, id)
	if err != nil {
		return err
	}
	in := books.Input{Order: order, Facts: facts}
	from := ports.BookedFrom{Rules: newest, Money: order.MoneyVersion()}
	for _, r := range records {
		if r.Firm() {
			in.Firm = append(in.Firm, r.Document)
			from.Firm = append(from.Firm, r.Document.Key)
		}
	}
	in.Entity, in.Missing = d.entity(order, in.Firm, index)
	planned, err := books.Plan(in)
	if err != nil {
		return err
	}
	if len(facts) > 0 {
		from.Sequence = facts[len(facts)-1].Sequence
	}
	given := make([]ports.PlannedDocument, len(planned))
	for i, p := range planned {
		given[i] = ports.PlannedDocument{Document: p.Document, Question: p.Question, Ledger: in.Entity.Ledger}
	}
	return d.Store.BookOrder(ctx, id, from, given, d.Clock())
}

// entity is the one that rules name, except that an order stays in the books in which
// it was opened: a credit belongs where its invoice is.
func (d *Documents) entity(order domain.Order, firm []domain.Document, index *mapping.Rules) (mapping.Entity, *domain.Question) {
	var e mapping.Entity
	var missing *domain.Question
	if opened := slices.IndexFunc(firm, func(f domain.Document) bool { return f.Entity != "" }); opened >= 0 {
		found, miss := index.Entity(firm[opened].Entity)
		e = found
		if miss != nil {
			q := miss.Question()
			q.Step, missing = "", &q
		}
	} else {
		e, missing = index.EntityOf(order)
	}
	if missing != nil {
		return mapping.Entity{}, missing
	}
	return d.ledgerOf(e)
}

// ledgerOf completes an entity by the ledger that keeps its books.
func (d *Documents) ledgerOf(e mapping.Entity) (mapping.Entity, *domain.Question) {
	if e.Ledger == "" && len(d.Ledgers) == 1 {
		e.Ledger = slices.Collect(maps.Keys(d.Ledgers))[0]
	}
	if _, known := d.Ledgers[e.Ledger]; !known {
		m := mapping.Miss{Kind: mapping.KindEntity, System: "selvedge", Field: "ledger", Value: e.Code + " " + e.Ledger, Code: "ledger_unknown", Detail: "name a configured ledger in the entity's rule: " + strings.Join(slices.Sorted(maps.Keys(d.Ledgers)), ", ")}
		q := m.Question()
		q.Step = ""
		return mapping.Entity{}, &q
	}
	return e, nil
}

// PostDocuments brings what is due into a ledger, in order: a document waits for those
// that it builds on, not for strangers. It ends early when the ledger is away.
//
// A second run is harmless: a document is noted as unknown before it is sent, and what
// is unknown is looked up by its key before it is sent again.
func (d *Documents) PostDocuments(ctx context.Context, in contract.DocumentsInput) (contract.DocumentsResult, error) {
	var result contract.DocumentsResult
	defer beating(ctx)()
	p, err := d.poster(ctx, in.Ledger)
	if err != nil {
		return result, toTemporal(err, d.Settle)
	}
	until := d.Clock().Add(postTime)
	for sent := 0; ; {
		due, err := d.Store.DueDocuments(ctx, in.Ledger, d.Clock(), postPage)
		if err != nil {
			return result, toTemporal(err, d.Settle)
		}
		moved := 0
		for _, r := range due {
			if result.More = sent >= mostPosted || d.Clock().After(until); result.More {
				return result, nil
			}
			sent++
			outcome, err := p.post(ctx, r)
			if err != nil {
				return result, toTemporal(fmt.Errorf("post document %s: %w", r.Document.Key, err), d.Settle)
			}
			count(&result, outcome.Status)
			if outcome.Status != r.Status || outcome.Status.Settled() {
				moved++
			}
		}
		if moved == 0 {
			return result, nil // whatever is left has its time
		}
	}
}

func count(r *contract.DocumentsResult, s domain.DocumentStatus) {
	switch s {
	case domain.DocumentPosted:
		r.Posted++
	case domain.DocumentAccepted:
		r.Accepted++
	case domain.DocumentRejected, domain.DocumentPaused:
		r.Refused++
	}
}

// PostDocument brings one document that a workflow holds into its ledger and says where
// it stands. It is as harmless to run twice as PostDocuments is: a document that is
// posted is answered as it is.
func (d *Documents) PostDocument(ctx context.Context, in contract.PostDocumentInput) (contract.PostDocumentResult, error) {
	result, err := d.postOne(ctx, in.Key)
	if err != nil {
		err = fmt.Errorf("post document %s: %w", in.Key, err)
	}
	return result, toTemporal(err, d.Settle)
}

func (d *Documents) postOne(ctx context.Context, key domain.DocumentKey) (contract.PostDocumentResult, error) {
	r, err := d.Store.Document(ctx, key)
	if err != nil {
		return contract.PostDocumentResult{}, err
	}
	if r.Status.Settled() || r.Status == domain.DocumentPaused {
		return resultOf(r), nil
	}
	waits, err := d.Store.LinksOpen(ctx, key)
	if err != nil || len(waits) > 0 {
		return contract.PostDocumentResult{Status: r.Status, Waits: waits}, err
	}
	p, err := d.poster(ctx, r.Ledger)
	if err != nil {
		return contract.PostDocumentResult{}, err
	}
	if _, err := p.post(ctx, r); err != nil {
		return contract.PostDocumentResult{}, err
	}
	if r, err = d.Store.Document(ctx, key); err != nil {
		return contract.PostDocumentResult{}, err
	}
	return resultOf(r), nil
}

func resultOf(r ports.DocumentRecord) contract.PostDocumentResult {
	out := contract.PostDocumentResult{Status: r.Status, ID: r.Entry.ID, Number: r.Entry.Number}
	if r.Cause != "" {
		out.Question = &domain.Question{Kind: kindOfCause(r.Cause), Cause: r.Cause, Subject: string(r.Document.Key), Problems: r.Problems}
	}
	return out
}

// confirmWithin is how long the outcome of a document that a ledger took may stay unknown
// before finance is told: contracts/patchworks.md §4.2.
const confirmWithin = 30 * time.Minute

// ReportDocuments makes the exceptions of documents agree with what they wait on: one
// for each cause, opened once, resolved when nothing waits on it any more. Documents that
// a return holds are its own to ask about, unless its workflow is gone.
func (d *Documents) ReportDocuments(ctx context.Context, _ contract.DocumentsInput) (contract.DocumentsResult, error) {
	if err := d.Store.StrandDocuments(ctx, d.Clock().Add(-d.HeldFor)); err != nil {
		return contract.DocumentsResult{}, toTemporal(err, d.Settle)
	}
	if err := d.Store.MissDocuments(ctx, d.Clock().Add(-confirmWithin)); err != nil {
		return contract.DocumentsResult{}, toTemporal(err, d.Settle)
	}
	causes, err := d.Store.DocumentCauses(ctx)
	if err != nil {
		return contract.DocumentsResult{}, toTemporal(err, d.Settle)
	}
	open, err := d.Store.OpenSystemCauses(ctx, ports.DocumentsSystem)
	if err != nil {
		return contract.DocumentsResult{}, toTemporal(err, d.Settle)
	}
	for _, c := range causes {
		if err := d.Store.OpenSystemException(ctx, exceptionOf(c)); err != nil {
			return contract.DocumentsResult{}, toTemporal(err, d.Settle)
		}
	}
	for _, cause := range open {
		if slices.ContainsFunc(causes, func(c ports.DocumentCause) bool { return c.Cause == cause }) {
			continue
		}
		if err := d.Store.ResolveSystemException(ctx, ports.DocumentsSystem, cause, actor, d.Clock()); err != nil {
			return contract.DocumentsResult{}, toTemporal(err, d.Settle)
		}
	}
	return contract.DocumentsResult{Waiting: len(causes)}, nil
}

func exceptionOf(c ports.DocumentCause) ports.ExceptionRecord {
	kind, _ := exceptions.Lookup(kindOfCause(c.Cause))
	e := ports.ExceptionRecord{
		System: ports.DocumentsSystem, Kind: kind.Name, Cause: c.Cause, Owner: string(kind.Owner), Severity: string(kind.Severity),
		Subject: fmt.Sprintf("%d documents, the first %s", c.Count, c.First), Problems: c.Problems, OpenedAt: c.Since,
	}
	if c.Count == 1 {
		e.Subject = "document " + string(c.First)
	}
	if len(c.Money) == 1 { // money of several currencies cannot be summed
		for currency, gross := range c.Money {
			e.Currency, e.Value = currency, gross
		}
	}
	return e
}

// kindOfCause is the kind that a cause begins with: the longest that is known.
func kindOfCause(cause string) string {
	kind := ""
	for _, k := range exceptions.All() {
		if (cause == k.Name || strings.HasPrefix(cause, k.Name+":")) && len(k.Name) > len(kind) {
			kind = k.Name
		}
	}
	return kind
}
