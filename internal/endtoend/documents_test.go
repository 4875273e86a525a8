package endtoend_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/store"
)

// keepBooks runs the workflow of the documents' schedule once.
func (w *world) keepBooks(t *testing.T) contract.DocumentsResult {
	t.Helper()
	var result contract.DocumentsResult
	require.NoError(t, w.startBooks(t).Get(t.Context(), &result))
	return result
}

func (w *world) startBooks(t *testing.T) client.WorkflowRun {
	t.Helper()
	run, err := w.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: contract.QueueOrders}, "DocumentsWorkflow", contract.DocumentsInput{Ledger: "csv"})
	require.NoError(t, err)
	return run
}

// openBooks saves the rule of the entity that sells in the tests.
func (w *world) openBooks(t *testing.T) {
	t.Helper()
	_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{
		Table: domain.RuleEntity, From: "ATELIER-UK", To: "7", Extra: map[string]string{"timezone": "Europe/London", "currency": "GBP"},
	}}, "test", "the books of the tests", time.Now())
	require.NoError(t, err)
}

func (w *world) documents(t *testing.T, number int) []ports.DocumentRecord {
	t.Helper()
	found, err := w.parts.Store.OrderDocuments(t.Context(), orderID(number))
	require.NoError(t, err)
	return found
}

// booked are the posted entries of every month, by key, as the ledger itself lists them.
func (w *world) booked(t *testing.T) map[domain.DocumentKey]ports.LedgerEntry {
	t.Helper()
	all := map[domain.DocumentKey]ports.LedgerEntry{}
	ledger := w.parts.Ledgers()["csv"]
	now := domain.DateOf(time.Now(), time.UTC).Period()
	before := domain.DateOf(time.Now().AddDate(0, 0, -2), time.UTC).Period()
	for _, period := range []domain.Period{before, now, now.Next()} {
		for cursor := ""; ; {
			page, next, err := ledger.List(t.Context(), "7", period, cursor)
			require.NoError(t, err)
			for _, e := range page {
				all[e.Key] = e
			}
			if cursor = next; next == "" {
				break
			}
		}
	}
	return all
}

const soldAtOnce = 30

// sellMany sells orders of every shape: in one parcel or two, with gift cards, bundles,
// discounts and money captured ahead.
func (w *world) sellMany(t *testing.T) (numbers []int) {
	t.Helper()
	for n := range soldAtOnce {
		number := 9000 + n
		order, plan := sale(number), (*acs.FloorPlan)(nil)
		switch n % 6 {
		case 1, 2:
			order.Lines = []centra.SeedLine{line(number, 1, shirt, 3), line(number, 2, hat, 1)}
			plan = &acs.FloorPlan{Parcels: []acs.PlannedParcel{
				{Lines: []acs.PlannedUnits{{LineID: lineID(number, 1), Quantity: 1 + n%2}}}, {DelayMs: ptr(300)},
			}}
			if n%6 == 2 {
				order.Discounts = []centra.SeedDiscount{{Value: 1_001}}
			}
		case 3:
			order.Lines = append(order.Lines, centra.SeedLine{ID: number*10 + 2, Kind: "giftCertificate", Name: "Gift", Quantity: 1, UnitPrice: 5000})
		case 4:
			order.Lines = []centra.SeedLine{{ID: number*10 + 1, Kind: "bundle", SKU: set, Quantity: 1, UnitPrice: 9_999, From: map[string]int{north: 1}}}
		case 5:
			order.PaymentMethod = "Prepayment"
		}
		w.sell(t, order, plan)
		numbers = append(numbers, number)
	}
	return numbers
}

// TestDocumentsOfManyOrders follows thirty orders into the books: nothing waits for a
// missing entity but the documents; a worker killed in the middle posts nothing twice;
// what is invoiced is what the shop captured, shipment by shipment.
func TestDocumentsOfManyOrders(t *testing.T) {
	t.Parallel()
	w := open(t, options{})
	numbers := w.sellMany(t)
	for _, n := range numbers {
		w.closes(t, n)
	}

	first := w.keepBooks(t)
	require.Equal(t, 1, first.Waiting, "thirty orders wait on one cause")
	require.Zero(t, first.Posted)
	waiting, err := w.parts.Store.OpenExceptions(t.Context(), store.ExceptionFilter{System: ports.DocumentsSystem}, 10)
	require.NoError(t, err)
	require.Len(t, waiting, 1)
	require.Equal(t, "unmapped:entity", waiting[0].Kind)
	require.Equal(t, "finance", waiting[0].Owner)
	require.Positive(t, waiting[0].Value)
	for _, n := range numbers {
		for _, d := range w.documents(t, n) {
			require.Equal(t, domain.DocumentPaused, d.Status)
			require.Empty(t, d.Document.Entity, "and none fell to a default")
		}
	}

	w.openBooks(t)
	run := w.startBooks(t)
	eventually(t, "some documents are posted", func() bool { return len(w.booked(t)) >= 5 })
	w.stopWorkers()
	middle := len(w.booked(t))
	w.startWorkers(t)
	bounded, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	require.NoError(t, run.Get(bounded, nil), "another worker goes on")
	var last contract.DocumentsResult
	eventually(t, "all is posted", func() bool {
		last = w.keepBooks(t)
		open, err := w.parts.Store.Documents(t.Context(), ports.DocumentFilter{Unposted: true}, 1)
		require.NoError(t, err)
		return len(open) == 0
	})
	require.Zero(t, last.Waiting)
	waiting, err = w.parts.Store.OpenExceptions(t.Context(), store.ExceptionFilter{System: ports.DocumentsSystem}, 10)
	require.NoError(t, err)
	require.Empty(t, waiting, "the rule freed them")

	entries := w.booked(t)
	t.Logf("%d documents, %d of them before the worker was killed", len(entries), middle)
	count := 0
	for _, n := range numbers {
		count += len(w.documents(t, n))
		w.requireBooked(t, n, entries)
	}
	require.Len(t, entries, count, "every document once and none besides")
	require.Zero(t, w.keepBooks(t).Booked, "and nothing is left to do")
}

// requireBooked compares an order's documents with the shop's own state.
func (w *world) requireBooked(t *testing.T, number int, entries map[domain.DocumentKey]ports.LedgerEntry) {
	t.Helper()
	shop := w.inShop(t, number)
	gross := map[domain.DocumentKind]int64{}
	kinds := map[domain.DocumentKind]int{}
	var captured []int64
	for _, s := range shop.Shipments {
		captured = append(captured, s.Captured)
	}
	var invoiced []int64
	shipped := map[string]int{}
	for _, r := range w.documents(t, number) {
		d := r.Document
		e, ok := entries[d.Key]
		require.True(t, ok, "%s is in the books", d.Key)
		require.NoError(t, e.Agrees(d))
		require.Equal(t, domain.DocumentPosted, r.Status)
		require.Equal(t, "ATELIER-UK", d.Entity)
		require.NotEmpty(t, r.Entry.Number)
		kinds[d.Kind]++
		gross[d.Kind] += d.Totals().Gross
		if d.Kind == domain.DocInvoice {
			invoiced = append(invoiced, d.Totals().Gross)
		}
		if d.Kind == domain.DocFulfilment {
			for _, l := range d.Lines {
				shipped[l.Ref] += l.Quantity
			}
		}
	}
	total := shop.ShippingTotal
	for _, l := range shop.Lines {
		total += l.Total
		if l.Physical {
			require.Equal(t, l.Shipped, shipped[fmt.Sprint(l.ID)], "line %d of order %d", l.ID, number)
		}
	}
	require.Equal(t, 1, kinds[domain.DocSalesOrder])
	require.Zero(t, kinds[domain.DocOrderChange], "order %d never changed", number)
	require.Equal(t, []any{total, total}, []any{gross[domain.DocSalesOrder], gross[domain.DocInvoice]}, "order %d", number)
	require.Len(t, shop.Shipments, kinds[domain.DocInvoice])
	require.Equal(t, kinds[domain.DocInvoice], kinds[domain.DocFulfilment])
	if shop.CaptureMode == "on-shipment" {
		require.ElementsMatch(t, captured, invoiced, "order %d: each invoice is what its shipment captured", number)
		require.Zero(t, kinds[domain.DocDeposit])
		return
	}
	require.Equal(t, []any{total, total}, []any{gross[domain.DocDeposit], gross[domain.DocDepositUse]}, "money taken ahead is a deposit, and pays the invoice")
}

// TestDocumentsFollowWhatHappensLater: corrections are further documents.
func TestDocumentsFollowWhatHappensLater(t *testing.T) {
	t.Parallel()
	w := open(t, options{})
	w.openBooks(t)
	t.Run("a shipment that is taken back is reversed, not edited", func(t *testing.T) {
		w.sell(t, sale(9101, with(line(9101, 1, shirt, 2))), &acs.FloorPlan{NeverShip: true, Parcels: []acs.PlannedParcel{{Lines: []acs.PlannedUnits{{LineID: lineID(9101, 1), Quantity: 1}}}}})
		eventually(t, "the parcel is completed", func() bool { return w.mails(9101) == 1 })
		w.keepBooks(t)
		before := w.documents(t, 9101)
		require.Len(t, before, 3)
		w.act(t, acs.Action{Account: accountN, Order: "9101", Action: "void"})
		w.asks(t, 9101, "shipment-voided")
		w.keepBooks(t)
		after := w.documents(t, 9101)
		require.Equal(t, before, after[:3], "what was posted stays as it was")
		require.Len(t, after, 5)
		var gross int64
		for _, r := range after[1:] {
			require.Equal(t, domain.DocumentPosted, r.Status)
			gross += r.Document.Totals().Gross
		}
		require.Zero(t, gross, "the invoice is taken back to the cent")
		require.Equal(t, before[1].Document.Key, after[3].Document.Reverses)
	})
	t.Run("an order that is cancelled before any warehouse accepted it has no documents", func(t *testing.T) {
		w.sell(t, sale(9102, unmapped), nil)
		w.asks(t, 9102, "unmapped:shipping-method")
		w.admin(t, centra.Action{Action: "cancel", Order: 9102})
		w.ends(t, 9102, domain.Cancelled)
		w.keepBooks(t)
		require.Empty(t, w.documents(t, 9102))
	})
	t.Run("units that will not come are taken off the sales order", func(t *testing.T) {
		w.sell(t, sale(9103, with(line(9103, 1, shirt, 3))), &acs.FloorPlan{Short: []acs.PlannedShort{{LineID: lineID(9103, 1), Quantity: 1}}})
		w.asks(t, 9103, "short-pick")
		w.keepBooks(t)
		_, err := w.resolve(t, 9103, contract.Resolution{Action: contract.ActionSkip, Reason: "not to be had"})
		require.NoError(t, err)
		w.closes(t, 9103)
		w.keepBooks(t)
		var ordered, invoiced int64
		for _, r := range w.documents(t, 9103) {
			require.Equal(t, domain.DocumentPosted, r.Status, "%s: %s", r.Document.Key, r.Cause)
			switch r.Document.Kind {
			case domain.DocSalesOrder, domain.DocOrderChange:
				ordered += r.Document.Totals().Gross
			case domain.DocInvoice:
				invoiced += r.Document.Totals().Gross
			}
		}
		require.Equal(t, int64(2*3990+495), invoiced)
		require.Equal(t, invoiced, ordered)
	})
}
