package portstest_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/ports/portstest"
)

// goBetween is the skeleton of an adapter in front of a flow that hands documents on, as
// contracts/patchworks.md §4 has it: a call that is accepted is no outcome, nothing can be
// looked up, and the outcome, which tells the gross alone, comes to a feed of ours. What it
// sent and was told it keeps in a book of its own.
type goBetween struct {
	mu       sync.Mutex
	book     map[domain.DocumentKey]*sending
	closed   map[domain.Period]bool // closed here, since nobody else tells
	entities map[string][]string
	lose     bool
	runs     int
}

type sending struct {
	document domain.Document
	entry    ports.LedgerEntry
}

func (g *goBetween) Capabilities() ports.LedgerCapabilities {
	return ports.LedgerCapabilities{
		Kinds: domain.DocumentKinds(), Idempotency: ports.IdempotentByKey, Linking: "reference", Later: true, StockLedger: true,
		Tax: ports.TaxExplicit, EntityIn: "field", PerMinute: 192,
	}
}

func (g *goBetween) PostingDate(_ context.Context, entityRef string, _ domain.DocumentKind, date domain.Date) (domain.Date, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.entities[entityRef]; !known {
		return "", &fault.Fault{Kind: fault.Unmapped, System: "flow", Code: ports.CodeEntityUnknown}
	}
	period := date.Period()
	if !g.closed[period] {
		return date, nil
	}
	for g.closed[period] {
		period = period.Next()
	}
	return period.First(), nil
}

func (g *goBetween) Create(_ context.Context, d domain.Document) (ports.LedgerEntry, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	books, known := g.entities[d.EntityRef]
	f := &fault.Fault{Kind: fault.Invalid, System: "flow"}
	for _, p := range d.Problems() {
		f.Problems = append(f.Problems, fault.Problem{Code: p.Code, Field: p.Field, Line: p.Line, Message: p.Message})
	}
	standing := g.book[d.Key]
	switch {
	case len(f.Problems) > 0:
		return ports.LedgerEntry{}, f
	case !known:
		return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Unmapped, System: "flow", Code: ports.CodeEntityUnknown}
	case !slices.Contains(books, d.Currency):
		return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Unmapped, System: "flow", Code: ports.CodeCurrencyRefused}
	case standing != nil && standing.document.Fingerprint() != d.Fingerprint():
		return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Conflict, System: "flow", Code: ports.CodeOtherContent}
	case standing != nil:
		return standing.entry, nil // also what is unknown: it is never sent again by itself
	case g.closed[d.PostOn.Period()]:
		return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Rejected, System: "flow", Code: ports.CodeClosedPeriod}
	}
	// The entry stands before the call goes out, as unknown.
	g.runs++
	s := &sending{document: d, entry: ports.LedgerEntry{Key: d.Key, Status: domain.DocumentUnknown}}
	g.book[d.Key] = s
	if g.lose {
		g.lose = false
		return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Uncertain, System: "flow", Message: "no answer; a run may exist"}
	}
	s.entry.Status, s.entry.Run = domain.DocumentAccepted, fmt.Sprintf("run-%d", g.runs)
	return s.entry, nil
}

func (g *goBetween) Post(ctx context.Context, d domain.Document) (ports.LedgerEntry, error) {
	g.mu.Lock()
	if s := g.book[d.Key]; s != nil && s.document.Fingerprint() != d.Fingerprint() {
		g.mu.Unlock()
		return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Conflict, System: "flow", Code: ports.CodeOtherContent}
	}
	g.mu.Unlock()
	return g.Find(ctx, ports.Ref(d))
}

// Link is nothing that a flow could be asked for: it takes documents, and says so.
func (g *goBetween) Link(context.Context, ports.LedgerRef, []string) (ports.LedgerEntry, error) {
	return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Invalid, System: "flow", Code: ports.CodeLinkUnsupported}
}

func (g *goBetween) Find(_ context.Context, ref ports.LedgerRef) (ports.LedgerEntry, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := g.book[ref.Key]; s != nil {
		return s.entry, nil
	}
	return ports.LedgerEntry{}, &fault.Fault{Kind: fault.NotFound, System: "flow"}
}

func (g *goBetween) List(_ context.Context, entityRef string, period domain.Period, cursor string) (entries []ports.LedgerEntry, next string, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range slices.SortedFunc(maps.Values(g.book), func(a, b *sending) int { return cmp.Compare(a.document.Key, b.document.Key) }) {
		d := s.document
		if s.entry.Status == domain.DocumentPosted && d.EntityRef == entityRef && d.PostOn.Period() == period && string(d.Key) > cursor {
			entries = append(entries, s.entry)
		}
	}
	return entries, "", nil
}

func (g *goBetween) Probe(context.Context) error { return nil }

// settle lets all runs end and their outcomes come to our feed.
func (g *goBetween) settle(*testing.T) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, s := range g.book {
		if s.entry.Status == domain.DocumentPosted {
			continue
		}
		s.entry = ports.LedgerEntry{
			Key: key, ID: "erp-" + string(key), Number: "CM1", Currency: s.document.Currency, GrossOnly: true,
			Totals: domain.Totals{Gross: s.document.Totals().Gross}, PostedOn: s.document.PostOn, Status: domain.DocumentPosted, Run: s.entry.Run,
		}
	}
}

func TestAGoBetweenFitsThePort(t *testing.T) {
	t.Parallel()
	portstest.Ledger(t, func(*testing.T) portstest.LedgerSubject {
		g := &goBetween{book: map[domain.DocumentKey]*sending{}, closed: map[domain.Period]bool{}, entities: map[string][]string{"7": {"GBP", "JPY", "KWD"}}}
		lock := func(do func()) {
			g.mu.Lock()
			defer g.mu.Unlock()
			do()
		}
		return portstest.LedgerSubject{
			Ledger: g, Entity: "7", Currencies: []string{"GBP", "JPY", "KWD"}, Refused: "SEK", Settle: g.settle,
			Close:          func(_ *testing.T, p domain.Period) { lock(func() { g.closed[p] = true }) },
			LoseNextAnswer: func(*testing.T) { lock(func() { g.lose = true }) },
		}
	})
}
