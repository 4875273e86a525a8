package portstest_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/ports/portstest"
)

// suite is as much of a NetSuite account as ports.Ledger depends on: saved is posted, an
// external id is taken once for each type of record, a record is made of another by its
// internal id, a change of an order edits it, the use of a deposit has no external id, and
// a period may be closed for receivables alone. It is contracts/netsuite.md §4 and §5.
type suite struct {
	mu      sync.Mutex
	records map[string]*record // by type and external id
	next    int
	closed  map[domain.Period]bool // for receivables
	lose    bool                   // the next answer
}

type record struct {
	id, made      int // internal ids: its own, and of what it was made from
	key           domain.DocumentKey
	print         string // of its content, in a custom field
	entity        string
	currency      string
	on            domain.Date
	totals        domain.Totals
	parts         int
	changes, uses map[domain.DocumentKey]*record
	returns       []string // a custom field
}

// recordOf is the record that an event becomes; "" for what is kept at another one.
var recordOf = map[domain.DocumentKind]string{
	domain.DocSalesOrder: "salesOrder", domain.DocFulfilment: "itemFulfillment", domain.DocInvoice: "invoice", domain.DocDeposit: "customerDeposit",
	domain.DocReceipt: "itemReceipt", domain.DocCreditMemo: "creditMemo", domain.DocRefund: "customerRefund", domain.DocWriteOff: "inventoryAdjustment",
	domain.DocRegrade: "inventoryTransfer", domain.DocJournal: "journalEntry", domain.DocOrderChange: "", domain.DocDepositUse: "",
}

// madeOf is what a record is transformed from.
var madeOf = map[domain.DocumentKind]domain.DocumentKind{
	domain.DocFulfilment: domain.DocSalesOrder, domain.DocInvoice: domain.DocSalesOrder, domain.DocCreditMemo: domain.DocInvoice,
	domain.DocReceipt: domain.DocSalesOrder, domain.DocRefund: domain.DocCreditMemo, domain.DocOrderChange: domain.DocSalesOrder, domain.DocDepositUse: domain.DocDeposit,
}

func (s *suite) at(key domain.DocumentKey) *record {
	return s.records[recordOf[key.Kind()]+"/"+string(key)]
}

// netSuite is the skeleton of an adapter.
type netSuite struct {
	account  *suite
	entities map[string][]string
}

func (n *netSuite) Capabilities() ports.LedgerCapabilities {
	return ports.LedgerCapabilities{
		Kinds: domain.DocumentKinds(), Idempotency: ports.IdempotentByKey, Linking: "transform", StockLedger: true,
		Tax: ports.TaxExplicit, EntityIn: "field", Relinks: true, KeyAlphabet: "A-Za-z0-9_-", MaxInFlight: 3, OneSource: true,
	}
}

func (n *netSuite) refuse(kind fault.Kind, code, message string) error {
	return &fault.Fault{Kind: kind, System: "netsuite", Code: code, Message: message, Problems: []fault.Problem{{Code: code, Message: message}}}
}

// receivables are closed before the stock is.
func (s *suite) shut(kind domain.DocumentKind, period domain.Period) bool {
	return s.closed[period] && kind != domain.DocWriteOff && kind != domain.DocRegrade && kind != domain.DocFulfilment && kind != domain.DocReceipt
}

func (n *netSuite) PostingDate(_ context.Context, entityRef string, kind domain.DocumentKind, date domain.Date) (domain.Date, error) {
	n.account.mu.Lock()
	defer n.account.mu.Unlock()
	if _, known := n.entities[entityRef]; !known {
		return "", n.refuse(fault.Unmapped, ports.CodeEntityUnknown, "no such subsidiary")
	}
	period := date.Period()
	if !n.account.shut(kind, period) {
		return date, nil
	}
	for n.account.shut(kind, period) {
		period = period.Next()
	}
	return period.First(), nil
}

func (n *netSuite) Create(ctx context.Context, d domain.Document) (ports.LedgerEntry, error) {
	if problems := d.Problems(); len(problems) > 0 {
		f := &fault.Fault{Kind: fault.Invalid, System: "netsuite"}
		for _, p := range problems {
			f.Problems = append(f.Problems, fault.Problem{Code: p.Code, Field: p.Field, Line: p.Line, Message: p.Message})
		}
		return ports.LedgerEntry{}, f
	}
	books, known := n.entities[d.EntityRef]
	switch {
	case !known:
		return ports.LedgerEntry{}, n.refuse(fault.Unmapped, ports.CodeEntityUnknown, "no such subsidiary")
	case !slices.Contains(books, d.Currency):
		return ports.LedgerEntry{}, n.refuse(fault.Unmapped, ports.CodeCurrencyRefused, "the subsidiary has no such currency")
	}
	n.account.mu.Lock()
	defer n.account.mu.Unlock()
	standing := n.find(ports.Ref(d))
	if standing == nil {
		if n.account.shut(d.Kind, d.PostOn.Period()) {
			return ports.LedgerEntry{}, n.refuse(fault.Rejected, ports.CodeClosedPeriod, "period is closed")
		}
		if err := n.write(d); err != nil {
			return ports.LedgerEntry{}, err
		}
		if n.account.lose {
			n.account.lose = false
			return ports.LedgerEntry{}, n.refuse(fault.Uncertain, "", "the connection was cut after the commit")
		}
		standing = n.find(ports.Ref(d)) // 204 tells no totals: they are read back
	}
	if standing.print != d.Fingerprint() {
		return ports.LedgerEntry{}, n.refuse(fault.Conflict, ports.CodeOtherContent, "the external id is taken")
	}
	return n.entry(d.Key, standing), nil
}

// write posts one record, transformed from the one that it builds on where it names one.
func (n *netSuite) write(d domain.Document) error {
	n.account.next++
	r := &record{
		id: n.account.next, key: d.Key, print: d.Fingerprint(), entity: d.EntityRef, currency: d.Currency, on: d.PostOn, totals: d.Totals(), parts: len(d.Lines),
		changes: map[domain.DocumentKey]*record{}, uses: map[domain.DocumentKey]*record{},
	}
	var source *record
	for _, key := range append(d.Links, d.Reverses) {
		if key != "" && key.Kind() == madeOf[d.Kind] {
			source = n.account.at(key)
		}
	}
	if source != nil {
		r.made = source.id
	}
	switch d.Kind {
	case domain.DocOrderChange, domain.DocDepositUse: // kept at its source, which the document names
		if source == nil {
			return n.refuse(fault.Invalid, "unlinked", "a "+string(d.Kind)+" names what it belongs to")
		}
		source.changes[d.Key], source.uses[d.Key] = r, r
	default:
		n.account.records[recordOf[d.Kind]+"/"+string(d.Key)] = r
	}
	return nil
}

// find looks a record up: by its external id, or at the records that its document names.
func (n *netSuite) find(ref ports.LedgerRef) *record {
	if recordOf[ref.Kind] != "" {
		return n.account.at(ref.Key)
	}
	for _, key := range append(ref.Links, ref.Reverses) {
		if source := n.account.at(key); key != "" && source != nil && source.uses[ref.Key] != nil {
			return source.uses[ref.Key]
		}
	}
	return nil
}

func (n *netSuite) entry(key domain.DocumentKey, r *record) ports.LedgerEntry {
	return ports.LedgerEntry{
		Key: key, ID: fmt.Sprint(r.id), Number: fmt.Sprintf("N%d", r.id), Entity: r.entity, Currency: r.currency, Totals: r.totals, TaxParts: r.parts, PostedOn: r.on, Status: domain.DocumentPosted, Links: slices.Clone(r.returns),
	}
}

// Post only looks: saved is posted.
func (n *netSuite) Post(_ context.Context, d domain.Document) (ports.LedgerEntry, error) {
	n.account.mu.Lock()
	defer n.account.mu.Unlock()
	r := n.find(ports.Ref(d))
	switch {
	case r == nil:
		return ports.LedgerEntry{}, n.refuse(fault.NotFound, "", "NONEXISTENT_ID")
	case r.print != d.Fingerprint():
		return ports.LedgerEntry{}, n.refuse(fault.Conflict, ports.CodeOtherContent, "the external id is taken")
	}
	return n.entry(d.Key, r), nil
}

// Link patches a body field of a saved record, which changes none of its amounts.
func (n *netSuite) Link(_ context.Context, ref ports.LedgerRef, returns []string) (ports.LedgerEntry, error) {
	n.account.mu.Lock()
	defer n.account.mu.Unlock()
	r := n.find(ref)
	if r == nil {
		return ports.LedgerEntry{}, n.refuse(fault.NotFound, "", "NONEXISTENT_ID")
	}
	for _, id := range returns {
		if !slices.Contains(r.returns, id) {
			r.returns = append(r.returns, id)
		}
	}
	return n.entry(ref.Key, r), nil
}

func (n *netSuite) Find(_ context.Context, ref ports.LedgerRef) (ports.LedgerEntry, error) {
	n.account.mu.Lock()
	defer n.account.mu.Unlock()
	if r := n.find(ref); r != nil {
		return n.entry(ref.Key, r), nil
	}
	return ports.LedgerEntry{}, n.refuse(fault.NotFound, "", "NONEXISTENT_ID")
}

// List is SuiteQL over transactions, paged by internal id.
func (n *netSuite) List(_ context.Context, entityRef string, period domain.Period, cursor string) (entries []ports.LedgerEntry, next string, err error) {
	n.account.mu.Lock()
	defer n.account.mu.Unlock()
	for _, r := range slices.SortedFunc(maps.Values(n.account.records), func(a, b *record) int { return cmp.Compare(a.id, b.id) }) {
		switch {
		case r.entity != entityRef || r.on.Period() != period || cursor != "" && fmt.Sprintf("%09d", r.id) <= cursor:
		case len(entries) == 2:
			return entries, fmt.Sprintf("%09d", r.id-1), nil
		default:
			entries = append(entries, n.entry(r.key, r))
		}
	}
	return entries, "", nil
}

func (n *netSuite) Probe(context.Context) error { return nil }

func openNetSuite(*testing.T) (portstest.LedgerSubject, *netSuite) {
	n := &netSuite{account: &suite{records: map[string]*record{}, closed: map[domain.Period]bool{}}, entities: map[string][]string{"7": {"GBP", "JPY", "KWD"}}}
	lock := func(do func()) {
		n.account.mu.Lock()
		defer n.account.mu.Unlock()
		do()
	}
	return portstest.LedgerSubject{
		Ledger: n, Entity: "7", Currencies: []string{"GBP", "JPY", "KWD"}, Refused: "SEK",
		Close:          func(_ *testing.T, p domain.Period) { lock(func() { n.account.closed[p] = true }) },
		LoseNextAnswer: func(*testing.T) { lock(func() { n.account.lose = true }) },
	}, n
}

func TestNetSuiteFitsThePort(t *testing.T) {
	t.Parallel()
	portstest.Ledger(t, func(t *testing.T) portstest.LedgerSubject {
		s, _ := openNetSuite(t)
		return s
	})
}

func TestAMonthMayBeClosedForReceivablesBeforeStock(t *testing.T) {
	t.Parallel()
	s, n := openNetSuite(t)
	s.Close(t, "2026-10")
	for kind, want := range map[domain.DocumentKind]domain.Date{domain.DocCreditMemo: "2026-11-01", domain.DocWriteOff: "2026-10-14"} {
		on, err := n.PostingDate(t.Context(), "7", kind, "2026-10-14")
		require.NoError(t, err)
		require.Equal(t, want, on, kind)
	}
}
