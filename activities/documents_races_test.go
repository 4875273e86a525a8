package activities_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// between is a store in which something happens once, just before a write.
type between struct {
	ports.DocumentStore
	book, add func()
}

func once(f *func()) {
	if do := *f; do != nil {
		*f = nil
		do()
	}
}

func (b *between) BookOrder(ctx context.Context, id domain.OrderID, from ports.BookedFrom, planned []ports.PlannedDocument, at time.Time) error {
	once(&b.book)
	return b.DocumentStore.BookOrder(ctx, id, from, planned, at)
}

func (b *between) AddDocuments(ctx context.Context, planned []ports.PlannedDocument, at time.Time) error {
	once(&b.add)
	return b.DocumentStore.AddDocuments(ctx, planned, at)
}

// content takes in the test's order with a number of tees.
func (o *office) content(number string, units int, total int64) {
	o.t.Helper()
	o.now = o.now.Add(time.Hour)
	_, err := o.db.TakeIn(o.t.Context(), []ports.ShopOrder{{Order: domain.Order{
		ID: domain.OrderID{Store: orderID.Store, Number: number}, Status: domain.ShopConfirmed, PlacedAt: noon, UpdatedAt: o.now, Market: domain.Ref{Name: "United Kingdom"}, Currency: "GBP", Country: "GB",
		GrandTotal: total, Lines: []domain.Line{{ID: "1", Kind: domain.LineProduct, SKU: "TEE", Quantity: units, Cancelled: 3 - units, Total: total, TaxPercent: "20"}},
	}}}, o.now)
	require.NoError(o.t, err)
}

// ordered is what the ledger's documents say that the order is worth.
func (o *office) ordered() (gross int64) {
	o.t.Helper()
	records, err := o.db.OrderDocuments(o.t.Context(), orderID)
	require.NoError(o.t, err)
	for _, r := range records {
		if k := r.Document.Kind; k == domain.DocSalesOrder || k == domain.DocOrderChange {
			require.Equal(o.t, domain.DocumentPosted, r.Status)
			gross += r.Document.Totals().Gross
		}
	}
	return gross
}

func TestADocumentThatIsSentWhileItIsDerivedAnew(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	_, err := o.do(o.docs.BookOrders)
	require.NoError(t, err)
	o.content("10001", 2, 3533)
	beside := *o.docs
	o.docs.Store = &between{DocumentStore: o.db, book: func() {
		_, err := beside.PostDocument(t.Context(), contract.PostDocumentInput{Key: soKey})
		require.NoError(t, err)
	}}
	require.Equal(t, 1, o.ran().Posted, "what changed is a document of its own")
	require.Equal(t, int64(3533), o.ordered())
}

func TestAnOlderDerivationNeverReplacesANewerOne(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.docs.Store = &between{DocumentStore: o.db, book: func() {
		o.content("10001", 2, 3533)
		_, err := o.do(o.docs.BookOrders)
		require.NoError(t, err)
	}}
	require.Equal(t, 1, o.ran().Posted)
	require.Equal(t, int64(3533), o.ordered())
}

func TestADraftOfTheLedgerIsNeverReplaced(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"", ports.CodeClosedPeriod} {
		o := newOffice(t, "post")
		o.ledger.post = func(domain.Document) (ports.LedgerEntry, error) {
			o.ledger.post = nil
			if code != "" {
				return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Rejected, System: "csv", Code: code}
			}
			return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Unavailable, System: "csv", Message: "away"}
		}
		_, err := o.run()
		require.Equal(t, code == "", err != nil)
		require.Equal(t, domain.DocumentCreated, o.document(soKey).Status, "the ledger has its draft")
		o.content("10001", 2, 3533)
		require.Equal(t, 2, o.ran().Posted)
		require.Empty(t, o.asked(), "the change is a document of its own, and no conflict")
		require.Equal(t, int64(3533), o.ordered())
	}
}

func TestTwoReturnsAtOnceCreditNoUnitTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.shipAll()
	o.docs.Store = &between{DocumentStore: o.db, add: func() {
		_, err := o.record(credit(2, ""))
		require.NoError(t, err)
	}}
	_, err := o.record(credit(1, ""))
	f, ok := fault.As(err)
	require.True(t, ok)
	require.Equal(t, []any{fault.Unavailable, ports.CodeBooksMoved}, []any{f.Kind, f.Code}, "it is worked out anew by the retry")
	var sum int64
	for n := 1; n <= 3; n++ {
		w, err := o.record(credit(n, ""))
		require.NoError(t, err)
		sum += w.Amount
	}
	require.Equal(t, int64(5300), sum, "and the line closes")
}

func TestAMemoThatWasBookedByHandCreditsItsUnits(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.shipAll()
	o.ledger.create = func(d domain.Document) (ports.LedgerEntry, error) {
		if d.Kind == domain.DocCreditMemo {
			return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Rejected, System: "csv", Message: "no"}
		}
		return o.ledger.Ledger.Create(t.Context(), d)
	}
	_, err := o.record(credit(1, ""))
	require.True(t, fault.Is(err, fault.Rejected))
	memos, err := o.db.Documents(t.Context(), ports.DocumentFilter{Kind: domain.DocCreditMemo}, 10)
	require.NoError(t, err)
	_, err = o.db.AnswerDocuments(t.Context(), ports.DocumentAnswer{Keys: []domain.DocumentKey{memos[0].Document.Key}, Action: "skip", By: "Ada", Reason: "booked by hand"}, o.now)
	require.NoError(t, err)
	o.ledger.create = nil
	for n := 2; n <= 3; n++ {
		_, err = o.record(credit(n, ""))
		require.NoError(t, err)
	}
	_, err = o.record(credit(4, ""))
	require.True(t, fault.Is(err, fault.Invalid), "three of three are credited: %v", err)
}

func TestAnOrderThatCannotBeReadKeepsNoOtherOutOfTheBooks(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.content("10002", 3, 5300)
	_, _, err := o.db.Append(t.Context(), domain.OrderID{Store: orderID.Store, Number: "10002"}, []domain.Fact{
		domain.NewWarehouseOrderFact(domain.WarehouseOrder{Number: "10002", Warehouse: hillington, Status: domain.WarehouseAccepted, Revision: 2}, noon),
	})
	require.NoError(t, err)
	o.tell(domain.Fact{Kind: domain.FactCaptured, Key: "odd", At: noon, Actor: "centra", Data: json.RawMessage(`"odd"`)})
	_, err = o.do(o.docs.BookOrders)
	require.ErrorContains(t, err, fmt.Sprint(orderID), "the run fails and names it")
	require.Equal(t, domain.DocumentDue, o.document("centra-order-atelier-10002").Status)
}

func TestALedgerThatRefusesTheDayItNamesIsToldOf(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.ledger.create = func(domain.Document) (ports.LedgerEntry, error) {
		return ports.LedgerEntry{}, &fault.Fault{Kind: fault.Rejected, System: "csv", Code: ports.CodeClosedPeriod}
	}
	for range 20 {
		_, err := o.run()
		require.NoError(t, err)
		o.now = o.now.Add(time.Minute)
	}
	cause := "closed-period:ATELIER-UK:2026-11:sales-order"
	require.Equal(t, []string{cause}, o.asked(), "nobody would look at what is tried for ever")
	require.Less(t, len(o.ledger.calls), 12, "and it is not sent on and on")
	o.ledger.create = nil
	require.Equal(t, 1, o.answer("retry", cause))
	require.Equal(t, 1, o.ran().Posted)
	require.Empty(t, o.asked())
}

func TestAMemoIsOfTheInvoiceThatWasPosted(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.shipAll()
	o.now = o.now.Add(time.Minute)
	inv := domain.DocumentKey("centra-inv-hillington-s1")
	// While the memo is being worked out the shop tells of a penny less, and the invoice,
	// which no ledger has yet, is derived anew.
	docs := *o.docs
	docs.Store = &reading{DocumentStore: o.db, key: inv, before: func() {
		o.tell(domain.NewFact(domain.FactShopShipment, "in-shop-again", "centra", noon, domain.ShopShipmentFact{
			Shipment: "s1", Warehouse: hillington, ShopID: "77", Number: "77", Lines: []domain.LineQuantity{{Line: "1", Quantity: 3}}, Captured: true, Completed: true, Total: 5299,
		}))
		_, err := o.do(o.docs.BookOrders)
		require.NoError(t, err)
	}}
	plan := credit(1, "")
	plan.Lines[0].Quantity = 3
	record := func() (domain.ReturnWritten, error) {
		order, err := o.db.Order(t.Context(), orderID)
		require.NoError(t, err)
		facts, err := o.db.Facts(t.Context(), orderID, 0)
		require.NoError(t, err)
		return activities.ReturnLedger{Documents: &docs}.RecordReturn(t.Context(), order, facts, plan)
	}
	_, err := record()
	f, ok := fault.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, []any{fault.Unavailable, ports.CodeBooksMoved}, []any{f.Kind, f.Code})
	w, err := record()
	require.NoError(t, err)
	require.Equal(t, int64(5299), o.document(inv).Document.Totals().Gross)
	require.Equal(t, int64(5299), w.Amount, "never more than was invoiced")
}

// reading is a store in which something happens just before a document is first read.
type reading struct {
	ports.DocumentStore
	key    domain.DocumentKey
	before func()
}

func (r *reading) Document(ctx context.Context, key domain.DocumentKey) (ports.DocumentRecord, error) {
	if before := r.before; before != nil && key == r.key {
		r.before = nil
		before()
	}
	return r.DocumentStore.Document(ctx, key)
}
