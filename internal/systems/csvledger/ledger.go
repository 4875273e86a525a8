package csvledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// Name is how settings and rules call this ledger.
const Name = "csv"

const listPage = 500

// Ledger answers as ports.Ledger from a book of our own.
type Ledger struct {
	Book ports.LedgerBook
	// Entities gives the currencies of each entity that is booked here, by the ledger's id.
	Entities func(context.Context) (map[string][]string, error)
	Clock    func() time.Time
}

var _ ports.Ledger = (*Ledger)(nil)

// Capabilities states what the ledger can do.
func (l *Ledger) Capabilities() ports.LedgerCapabilities {
	return ports.LedgerCapabilities{
		Kinds: domain.DocumentKinds(), Idempotency: ports.IdempotentByKey, Linking: "reference", TwoStep: true,
		StockLedger: true, Tax: ports.TaxExplicit, EntityIn: "field", Relinks: true,
	}
}

// PostingDate is the date itself, or the first day of the first open month after it: a
// month is closed for every kind.
func (l *Ledger) PostingDate(ctx context.Context, entityRef string, _ domain.DocumentKind, date domain.Date) (domain.Date, error) {
	const op = "posting date"
	if _, err := l.currencies(ctx, op, entityRef); err != nil {
		return "", err
	}
	if _, err := domain.ParseDate(string(date)); err != nil {
		return "", refuse(fault.Invalid, op, "date", err.Error())
	}
	closed, err := l.Book.ClosedPeriods(ctx, entityRef)
	if err != nil {
		return "", err
	}
	period := date.Period()
	if !slices.Contains(closed, period) {
		return date, nil
	}
	for slices.Contains(closed, period) {
		period = period.Next()
	}
	return period.First(), nil
}

func (l *Ledger) currencies(ctx context.Context, op, entityRef string) ([]string, error) {
	all, err := l.Entities(ctx)
	if err != nil {
		return nil, err
	}
	known, ok := all[entityRef]
	if !ok || entityRef == "" {
		return nil, refuse(fault.Unmapped, op, ports.CodeEntityUnknown, fmt.Sprintf("entity %q is none of the ledger's; add or correct its entity rule", entityRef))
	}
	return known, nil
}

// Create keeps the document as a draft. The key is unique in the book, so a second
// call finds the first one's draft, or the posted document.
func (l *Ledger) Create(ctx context.Context, d domain.Document) (ports.LedgerEntry, error) {
	const op = "create"
	if err := l.check(ctx, op, d); err != nil {
		return ports.LedgerEntry{}, err
	}
	e, closed, err := l.Book.InsertEntry(ctx, d, l.Clock())
	if err != nil {
		return ports.LedgerEntry{}, err
	}
	return l.answer(op, d, e, closed)
}

// Post numbers the draft and puts it into the books; a posted document is answered as it is.
func (l *Ledger) Post(ctx context.Context, d domain.Document) (ports.LedgerEntry, error) {
	const op = "post"
	if err := l.check(ctx, op, d); err != nil {
		return ports.LedgerEntry{}, err
	}
	// What is posted cannot be taken back: see first that it is this document.
	standing, err := l.Book.Entry(ctx, d.Key)
	if err != nil {
		return ports.LedgerEntry{}, err
	}
	if _, err := l.answer(op, d, standing, false); err != nil {
		return ports.LedgerEntry{}, err
	}
	e, closed, err := l.Book.PostEntry(ctx, d.Key, d.PostOn, d.Late, l.Clock())
	if err != nil {
		return ports.LedgerEntry{}, err
	}
	return l.answer(op, d, e, closed)
}

// Link keeps beside the posted document what it is about. The next export tells it: in
// the document's own lines, or in a line of its own where those went out before.
func (l *Ledger) Link(ctx context.Context, ref ports.LedgerRef, returns []string) (ports.LedgerEntry, error) {
	e, err := l.Book.LinkEntry(ctx, ref.Key, returns, l.Clock())
	if fault.Is(err, fault.NotFound) {
		return ports.LedgerEntry{}, refuse(fault.NotFound, "link", "document", "the ledger has posted no document "+string(ref.Key))
	}
	if err != nil {
		return ports.LedgerEntry{}, err
	}
	return entryOf(e), nil
}

func (l *Ledger) check(ctx context.Context, op string, d domain.Document) error {
	if problems := d.Problems(); len(problems) > 0 {
		f := refuse(fault.Invalid, op, "document_invalid", "document "+string(d.Key)+" is not complete")
		for _, p := range problems {
			f.Problems = append(f.Problems, fault.Problem{Code: p.Code, Field: p.Field, Line: p.Line, SKU: p.SKU, Value: p.Value, Message: p.Message})
		}
		return f
	}
	if !l.Capabilities().Holds(d.Kind) {
		return refuse(fault.Invalid, op, ports.CodeKindUnsupported, "the ledger holds no "+string(d.Kind))
	}
	currencies, err := l.currencies(ctx, op, d.EntityRef)
	if err != nil {
		return err
	}
	if !slices.Contains(currencies, d.Currency) {
		return refuse(fault.Unmapped, op, ports.CodeCurrencyRefused, fmt.Sprintf("entity %s books %s, not %s; correct its entity rule", d.EntityRef, strings.Join(currencies, ", "), d.Currency))
	}
	return nil
}

// answer gives what stands in the book, unless it is another document.
func (l *Ledger) answer(op string, d domain.Document, e ports.BookEntry, closed bool) (ports.LedgerEntry, error) {
	switch {
	case e.Fingerprint != "" && e.Fingerprint != d.Fingerprint():
		return ports.LedgerEntry{}, refuse(fault.Conflict, op, ports.CodeOtherContent, "another document stands under the key "+string(d.Key))
	case closed:
		return ports.LedgerEntry{}, refuse(fault.Rejected, op, ports.CodeClosedPeriod, fmt.Sprintf("period %s of entity %s is closed", d.PostOn.Period(), d.EntityRef))
	}
	return entryOf(e), nil
}

// Find reads an entry by its key; what is not there is certainly not there.
func (l *Ledger) Find(ctx context.Context, ref ports.LedgerRef) (ports.LedgerEntry, error) {
	e, err := l.Book.Entry(ctx, ref.Key)
	if fault.Is(err, fault.NotFound) {
		return ports.LedgerEntry{}, refuse(fault.NotFound, "find", "document", "the ledger has no document "+string(ref.Key))
	}
	if err != nil {
		return ports.LedgerEntry{}, err
	}
	return entryOf(e), nil
}

// List reads posted entries by key.
func (l *Ledger) List(ctx context.Context, entityRef string, period domain.Period, cursor string) ([]ports.LedgerEntry, string, error) {
	if _, err := l.currencies(ctx, "list", entityRef); err != nil {
		return nil, "", err
	}
	found, err := l.Book.PostedEntries(ctx, entityRef, period, domain.DocumentKey(cursor), listPage)
	if err != nil {
		return nil, "", err
	}
	entries := make([]ports.LedgerEntry, len(found))
	for i, e := range found {
		entries[i] = entryOf(e)
	}
	next := ""
	if len(found) == listPage {
		next = string(found[len(found)-1].Document.Key)
	}
	return entries, next, nil
}

// Probe asks whether the book answers.
func (l *Ledger) Probe(ctx context.Context) error { return l.Book.Ping(ctx) }

func entryOf(e ports.BookEntry) ports.LedgerEntry {
	d := e.Document
	out := ports.LedgerEntry{
		Key: d.Key, ID: string(d.Key), Number: e.Number, Entity: d.EntityRef, Currency: d.Currency, Totals: d.Totals(),
		TaxParts: len(d.Lines), PostedOn: d.PostOn, Status: domain.DocumentCreated, Links: e.Links,
	}
	if !e.PostedAt.IsZero() {
		out.Status = domain.DocumentPosted
	}
	return out
}

func refuse(kind fault.Kind, op, code, message string) *fault.Fault {
	return &fault.Fault{
		Kind: kind, System: Name, Op: op, Code: code, Message: message,
		Problems: []fault.Problem{{Code: code, Field: "document", Message: message}},
	}
}
