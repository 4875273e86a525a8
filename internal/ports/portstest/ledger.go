package portstest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// LedgerSubject is a ledger to be tried, with what a test has to do behind its back.
type LedgerSubject struct {
	Ledger ports.Ledger
	// Entity is the ledger's id of an entity that books Currencies (one with 0, one with
	// 2 and one with 3 digits) and does not book Refused.
	Entity     string
	Currencies []string
	Refused    string
	// Close closes an accounting month of the entity.
	Close func(t *testing.T, period domain.Period)
	// LoseNextAnswer lets the next write take effect and its answer get lost.
	LoseNextAnswer func(t *testing.T)
	// Settle lets what a go-between has accepted come to its outcome; nil where Create and
	// Post have one at once.
	Settle func(t *testing.T)
}

// Ledger tries what every ledger must do, whatever is behind it. open gives a fresh one
// for each story.
func Ledger(t *testing.T, open func(t *testing.T) LedgerSubject) {
	t.Helper()
	for name, story := range map[string]func(*testing.T, LedgerSubject){
		"a document is created once, whoever asks again":            createdOnce,
		"posting is a step of its own and can be repeated":          postedOnce,
		"many senders of one document make one":                     manySenders,
		"other content under a key is a conflict, and changes none": otherContent,
		"after a lost answer it is found by its key":                lostLedgerAnswer,
		"what was never sent is certainly not there":                neverSent,
		"a closed month moves a document to the first open one":     closedMonth,
		"a month closed between draft and posting is seen":          closedMeanwhile,
		"amounts keep the digits of their currency":                 currencyDigits,
		"entity and currency are never defaulted":                   neverDefaulted,
		"an incomplete document is refused":                         incomplete,
		"what it declares it does":                                  asDeclared,
		"what a posted document is about can be told later":         toldLater,
		"keys of any length stay apart":                             longKeys,
		"what is posted is listed once, in a stable order":          listed,
		"it says whether it answers":                                func(t *testing.T, s LedgerSubject) { require.NoError(t, s.Ledger.Probe(t.Context())) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, open(t))
		})
	}
}

// LedgerDocument is a good document of an order; change makes it another one.
func LedgerDocument(t *testing.T, s LedgerSubject, number string, change func(*domain.Document)) domain.Document {
	t.Helper()
	d := domain.Document{
		Kind: domain.DocInvoice, Order: domain.OrderID{Store: "atelier", Number: number}, Shipment: "S-" + number, Entity: "OURS", EntityRef: s.Entity,
		Currency: s.Currencies[0], OccurredAt: time.Date(2026, 10, 14, 9, 30, 0, 0, time.UTC), Date: "2026-10-14", PostOn: "2026-10-14", Reference: number,
		Lines: []domain.DocumentLine{
			{Ref: "1", Kind: domain.DocLineGoods, SKU: "TEE-BLK-M", Quantity: 3, Gross: 5300, Tax: 883, TaxPercent: "20"},
			{Ref: "shipping", Kind: domain.DocLineShipping, Quantity: 1, Gross: 495, Tax: 83, TaxPercent: "20"},
		},
	}
	var err error
	d.Key, err = domain.NewDocumentKey(d.Kind, 0, "atelier", number)
	require.NoError(t, err)
	if change != nil {
		change(&d)
	}
	return d
}

// book creates and posts a document as callers do, and gives it as it stands at the end.
func book(t *testing.T, s LedgerSubject, d domain.Document) ports.LedgerEntry {
	t.Helper()
	e, err := s.Ledger.Create(t.Context(), d)
	require.NoError(t, err)
	if s.Ledger.Capabilities().TwoStep {
		e, err = s.Ledger.Post(t.Context(), d)
		require.NoError(t, err)
	}
	return settled(t, s, d, e)
}

func settled(t *testing.T, s LedgerSubject, d domain.Document, e ports.LedgerEntry) ports.LedgerEntry {
	t.Helper()
	if e.Status == domain.DocumentAccepted || e.Status == domain.DocumentUnknown {
		require.True(t, s.Ledger.Capabilities().Later, "accepting without an outcome has to be declared")
		s.Settle(t)
		ref := ports.Ref(d)
		ref.Run = e.Run
		var err error
		e, err = s.Ledger.Find(t.Context(), ref)
		require.NoError(t, err)
	}
	require.Equal(t, domain.DocumentPosted, e.Status)
	require.NotEmpty(t, e.ID, "posted is only what has an id")
	require.NoError(t, e.Agrees(d))
	return e
}

func requireFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	f, ok := fault.As(err)
	require.True(t, ok, "want a fault, got %v", err)
	require.Equal(t, []any{kind, code}, []any{f.Kind, f.Code}, f.Error())
}

func createdOnce(t *testing.T, s LedgerSubject) {
	d := LedgerDocument(t, s, "1", nil)
	first, err := s.Ledger.Create(t.Context(), d)
	require.NoError(t, err)
	require.Equal(t, s.Ledger.Capabilities().TwoStep, first.Status == domain.DocumentCreated, "a draft is not posted, and only what posts at once makes none")
	again, err := s.Ledger.Create(t.Context(), d)
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)
	book(t, s, d)
	require.Len(t, all(t, s, "2026-10"), 1)
	after, err := s.Ledger.Create(t.Context(), d)
	require.NoError(t, err, "also after it was posted")
	require.NotEqual(t, domain.DocumentCreated, after.Status, "and it is not made a draft again")
}

func postedOnce(t *testing.T, s LedgerSubject) {
	d := LedgerDocument(t, s, "1", nil)
	if s.Ledger.Capabilities().TwoStep {
		_, err := s.Ledger.Post(t.Context(), d)
		require.True(t, fault.Is(err, fault.NotFound), "nothing is posted that was not created: %v", err)
	}
	first := book(t, s, d)
	again, err := s.Ledger.Post(t.Context(), d)
	require.NoError(t, err)
	again = settled(t, s, d, again)
	require.Equal(t, []string{first.ID, first.Number}, []string{again.ID, again.Number})
	require.Len(t, all(t, s, "2026-10"), 1)
}

func manySenders(t *testing.T, s LedgerSubject) {
	if s.Ledger.Capabilities().Idempotency == ports.IdempotentByLookup {
		return // such a ledger says that it needs one sender at a time
	}
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for n := range errs {
		d := LedgerDocument(t, s, fmt.Sprint(n%2), nil)
		wait.Go(func() {
			if _, errs[n] = s.Ledger.Create(context.WithoutCancel(t.Context()), d); errs[n] == nil {
				_, errs[n] = s.Ledger.Post(context.WithoutCancel(t.Context()), d)
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	for n := range 2 {
		book(t, s, LedgerDocument(t, s, fmt.Sprint(n), nil))
	}
	require.Len(t, all(t, s, "2026-10"), 2)
}

func otherContent(t *testing.T, s LedgerSubject) {
	d := LedgerDocument(t, s, "1", nil)
	other := LedgerDocument(t, s, "1", func(d *domain.Document) { d.Lines[0].Gross += 100 })
	_, err := s.Ledger.Create(t.Context(), d)
	require.NoError(t, err)
	_, err = s.Ledger.Create(t.Context(), other)
	requireFault(t, err, fault.Conflict, ports.CodeOtherContent)
	_, err = s.Ledger.Post(t.Context(), other)
	requireFault(t, err, fault.Conflict, ports.CodeOtherContent)
	book(t, s, d)
	_, err = s.Ledger.Create(t.Context(), other)
	requireFault(t, err, fault.Conflict, ports.CodeOtherContent)
	require.NoError(t, all(t, s, "2026-10")[0].Agrees(d), "what is posted stays as it was")
}

func lostLedgerAnswer(t *testing.T, s LedgerSubject) {
	d := LedgerDocument(t, s, "1", nil)
	s.LoseNextAnswer(t)
	_, err := s.Ledger.Create(t.Context(), d)
	require.True(t, fault.Is(err, fault.Uncertain), "a lost answer is an unknown outcome: %v", err)
	found, err := s.Ledger.Find(t.Context(), ports.Ref(d))
	require.NoError(t, err, "it stands there and is found by its key")
	require.NoError(t, found.Agrees(d))
	if s.Ledger.Capabilities().TwoStep {
		s.LoseNextAnswer(t)
		_, err = s.Ledger.Post(t.Context(), d)
		require.True(t, fault.Is(err, fault.Uncertain), "%v", err)
		found, err = s.Ledger.Find(t.Context(), ports.Ref(d))
		require.NoError(t, err)
		require.Equal(t, domain.DocumentPosted, found.Status)
	}
	book(t, s, d)
	require.Len(t, all(t, s, "2026-10"), 1)
}

func neverSent(t *testing.T, s LedgerSubject) {
	e, err := s.Ledger.Find(t.Context(), ports.Ref(LedgerDocument(t, s, "1", nil)))
	if s.Ledger.Capabilities().Later && err == nil {
		require.Equal(t, domain.DocumentUnknown, e.Status, "a go-between that cannot tell says so")
		return
	}
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
}

func closedMonth(t *testing.T, s LedgerSubject) {
	on, err := s.Ledger.PostingDate(t.Context(), s.Entity, domain.DocInvoice, "2026-10-14")
	require.NoError(t, err)
	require.Equal(t, domain.Date("2026-10-14"), on, "while its month is open a document stays on its day")
	s.Close(t, "2026-10")
	s.Close(t, "2026-11")
	d := LedgerDocument(t, s, "1", nil)
	_, err = s.Ledger.Create(t.Context(), d)
	requireFault(t, err, fault.Rejected, ports.CodeClosedPeriod)
	on, err = s.Ledger.PostingDate(t.Context(), s.Entity, d.Kind, d.Date)
	require.NoError(t, err)
	require.Equal(t, domain.Date("2026-12-01"), on)
	d.PostOn, d.Late = on, true
	e := book(t, s, d)
	require.Equal(t, on, e.PostedOn)
	require.Empty(t, all(t, s, "2026-10"))
	require.Len(t, all(t, s, "2026-12"), 1)
}

func closedMeanwhile(t *testing.T, s LedgerSubject) {
	if !s.Ledger.Capabilities().TwoStep {
		return // nothing can come between
	}
	d := LedgerDocument(t, s, "1", nil)
	_, err := s.Ledger.Create(t.Context(), d)
	require.NoError(t, err)
	s.Close(t, "2026-10")
	_, err = s.Ledger.Post(t.Context(), d)
	requireFault(t, err, fault.Rejected, ports.CodeClosedPeriod)
	require.Empty(t, all(t, s, "2026-10"))
	d.PostOn, d.Late = "2026-11-01", true
	require.Equal(t, domain.Date("2026-11-01"), book(t, s, d).PostedOn, "the same draft is posted later")
}

func currencyDigits(t *testing.T, s LedgerSubject) {
	digits := map[int]bool{}
	for n, currency := range s.Currencies {
		d := LedgerDocument(t, s, fmt.Sprint(n), func(d *domain.Document) {
			d.Currency = currency
			d.Lines[0].Gross, d.Lines[0].Tax = 1234567, 1
		})
		e := book(t, s, d)
		require.Equal(t, d.Totals().Gross, e.Totals.Gross)
		require.True(t, e.GrossOnly || e.Totals == d.Totals())
		require.Equal(t, currency, e.Currency)
		n, ok := domain.MinorUnits(currency)
		require.True(t, ok)
		digits[n] = true
	}
	require.True(t, digits[0] && digits[2] && digits[3], "the subject has to name currencies of 0, 2 and 3 digits")
}

func neverDefaulted(t *testing.T, s LedgerSubject) {
	for name, change := range map[string]func(*domain.Document){
		"no entity":        func(d *domain.Document) { d.EntityRef = "" },
		"no entity of our": func(d *domain.Document) { d.Entity = "" },
		"no currency":      func(d *domain.Document) { d.Currency = "" },
	} {
		_, err := s.Ledger.Create(t.Context(), LedgerDocument(t, s, "1", change))
		require.True(t, fault.Is(err, fault.Invalid), "%s: %v", name, err)
	}
	_, err := s.Ledger.Create(t.Context(), LedgerDocument(t, s, "1", func(d *domain.Document) { d.EntityRef = "no-such-entity" }))
	requireFault(t, err, fault.Unmapped, ports.CodeEntityUnknown)
	_, err = s.Ledger.PostingDate(t.Context(), "no-such-entity", domain.DocInvoice, "2026-10-14")
	requireFault(t, err, fault.Unmapped, ports.CodeEntityUnknown)
	_, err = s.Ledger.Create(t.Context(), LedgerDocument(t, s, "1", func(d *domain.Document) { d.Currency = s.Refused }))
	requireFault(t, err, fault.Unmapped, ports.CodeCurrencyRefused)
	require.Empty(t, all(t, s, "2026-10"))
}

func incomplete(t *testing.T, s LedgerSubject) {
	_, err := s.Ledger.Create(t.Context(), LedgerDocument(t, s, "1", func(d *domain.Document) { d.Lines[0].Tax = d.Lines[0].Gross + 1 }))
	f, ok := fault.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, fault.Invalid, f.Kind)
	require.NotEmpty(t, f.Problems, "it says what is wrong")
	require.Equal(t, "1", f.Problems[len(f.Problems)-1].Line)
}

func asDeclared(t *testing.T, s LedgerSubject) {
	c := s.Ledger.Capabilities()
	require.NotEmpty(t, c.Kinds)
	require.NotEmpty(t, c.Idempotency)
	require.NotEmpty(t, c.Tax)
	require.NotEmpty(t, c.EntityIn)
	// Each builds on those before it that it names, as callers see to.
	standing := map[domain.DocumentKind]domain.DocumentKey{}
	on := map[domain.DocumentKind][]domain.DocumentKind{
		domain.DocOrderChange: {domain.DocSalesOrder}, domain.DocDeposit: {domain.DocSalesOrder}, domain.DocFulfilment: {domain.DocSalesOrder},
		domain.DocInvoice: {domain.DocSalesOrder, domain.DocFulfilment}, domain.DocDepositUse: {domain.DocDeposit, domain.DocInvoice},
		domain.DocReceipt: {domain.DocSalesOrder}, domain.DocCreditMemo: {domain.DocSalesOrder, domain.DocInvoice}, domain.DocRefund: {domain.DocCreditMemo},
	}
	for n, kind := range domain.DocumentKinds() {
		d := LedgerDocument(t, s, fmt.Sprint(n), func(d *domain.Document) {
			d.Kind = kind
			for _, before := range on[kind] {
				if key := standing[before]; key != "" {
					d.Links = append(d.Links, key)
				}
			}
			switch kind {
			case domain.DocOrderChange:
				d.Reverses = standing[domain.DocSalesOrder]
			case domain.DocCreditMemo, domain.DocDepositUse:
				for i := range d.Lines {
					d.Lines[i].Source = standing[domain.DocInvoice]
				}
			}
			if kind == domain.DocJournal {
				d.Lines = []domain.DocumentLine{
					{Ref: "1", Kind: domain.DocLineAccount, Account: "701", Gross: 37}, {Ref: "2", Kind: domain.DocLineAccount, Account: "702", Gross: -37},
				}
			}
			var err error
			d.Key, err = domain.NewDocumentKey(kind, 0, fmt.Sprint(n))
			require.NoError(t, err)
		})
		if c.Holds(kind) {
			standing[kind] = d.Key
			first := book(t, s, d)
			found, err := s.Ledger.Find(t.Context(), ports.Ref(d))
			require.NoError(t, err, "%s is found again", kind)
			require.Equal(t, []any{d.Key, first.ID, domain.DocumentPosted}, []any{found.Key, found.ID, found.Status})
			again, err := s.Ledger.Create(t.Context(), d)
			require.NoError(t, err)
			require.Equal(t, first.ID, again.ID, "and a second %s is none", kind)
			continue
		}
		_, err := s.Ledger.Create(t.Context(), d)
		requireFault(t, err, fault.Invalid, ports.CodeKindUnsupported)
	}
	require.False(t, c.StockLedger && !c.Holds(domain.DocWriteOff), "a stock ledger holds write-offs")
	require.True(t, c.StockLedger || c.Holds(domain.DocJournal), "without a stock ledger a write-off needs a journal")
}

func longKeys(t *testing.T, s LedgerSubject) {
	long := strings.Repeat("/", 30)
	var numbers []string
	for _, end := range []string{"a", "b", "_", "-"} {
		d := LedgerDocument(t, s, long+end, nil)
		book(t, s, d)
		e, err := s.Ledger.Find(t.Context(), ports.Ref(d))
		require.NoError(t, err)
		require.Equal(t, d.Key, e.Key, "an entry tells our key, however the ledger shortens it")
		require.NotContains(t, numbers, e.ID)
		numbers = append(numbers, e.ID)
	}
}

func listed(t *testing.T, s LedgerSubject) {
	for n := range 5 {
		book(t, s, LedgerDocument(t, s, fmt.Sprint(n), nil))
	}
	if s.Ledger.Capabilities().TwoStep {
		_, err := s.Ledger.Create(t.Context(), LedgerDocument(t, s, "draft", nil))
		require.NoError(t, err)
	}
	first, again := all(t, s, "2026-10"), all(t, s, "2026-10")
	require.Len(t, first, 5, "drafts are not in the books")
	require.Equal(t, first, again)
	require.Empty(t, all(t, s, "2026-09"))
}

// all reads every page of a month.
func all(t *testing.T, s LedgerSubject, period domain.Period) []ports.LedgerEntry {
	t.Helper()
	var entries []ports.LedgerEntry
	seen := map[domain.DocumentKey]bool{}
	for cursor := ""; ; {
		page, next, err := s.Ledger.List(t.Context(), s.Entity, period, cursor)
		require.NoError(t, err)
		for _, e := range page {
			require.False(t, seen[e.Key], "listed twice: %s", e.Key)
			require.Equal(t, domain.DocumentPosted, e.Status)
			seen[e.Key] = true
		}
		entries = append(entries, page...)
		if next == "" {
			return entries
		}
		cursor = next
	}
}
