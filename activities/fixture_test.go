package activities_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

const (
	hillington = "hillington"
	settle     = 30 * time.Second
)

var (
	orderID = domain.OrderID{Store: "atelier", Number: "10001"}
	noon    = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
)

// ledger is an order store for one order, in memory. Calls that a test does not
// expect panic on the nil interface.
type ledger struct {
	ports.OrderStore
	record   ports.OrderRecord
	rules    []domain.Rule
	attempts map[string]time.Time
	turns    int               // of BeginAlone so far
	appended func(domain.Fact) // sees each new fact
}

func (l *ledger) Load(context.Context, domain.OrderID) (ports.OrderRecord, error) {
	record := l.record
	record.Facts = slices.Clone(record.Facts)
	return record, nil
}

func (l *ledger) TakeIn(_ context.Context, orders []ports.ShopOrder, _ time.Time) ([]ports.Taken, error) {
	l.record.Order = orders[0].Order
	return nil, nil
}

func (l *ledger) Append(_ context.Context, _ domain.OrderID, facts []domain.Fact) (int64, int, error) {
	added := 0
	for _, f := range facts {
		if slices.ContainsFunc(l.record.Facts, func(old domain.Fact) bool { return old.Key == f.Key }) {
			continue
		}
		f.Sequence = int64(len(l.record.Facts) + 1)
		l.record.Facts = append(l.record.Facts, f)
		if added++; l.appended != nil {
			l.appended(f)
		}
	}
	return int64(len(l.record.Facts)), added, nil
}

func (l *ledger) SaveConsignment(_ context.Context, c domain.Consignment) (domain.Consignment, error) {
	return c, nil
}

func (l *ledger) RecordLook(context.Context, ports.Look) error { return nil }

func (l *ledger) BeginAttempt(_ context.Context, _ domain.OrderID, key string, at time.Time) error {
	l.attempts[key] = at
	return nil
}

func (l *ledger) PendingAttempt(_ context.Context, _ domain.OrderID, key string, at time.Time, settle time.Duration) (time.Duration, bool, error) {
	begun, open := l.attempts[key]
	return max(0, begun.Add(settle).Sub(at)), open, nil
}

func (l *ledger) EndAttempt(_ context.Context, _ domain.OrderID, key string) error {
	delete(l.attempts, key)
	return nil
}

func (l *ledger) BeginAlone(_ context.Context, _ domain.OrderID, key, suffix string, at time.Time, settle time.Duration) (int, time.Duration, error) {
	for other, begun := range l.attempts {
		if !strings.HasSuffix(other, suffix) {
			continue
		}
		if wait := begun.Add(settle).Sub(at); wait > 0 {
			return 0, wait, nil
		}
		delete(l.attempts, other)
	}
	l.turns++
	l.attempts[key] = at
	return l.turns, 0, nil
}

func (l *ledger) RenewAlone(_ context.Context, _ domain.OrderID, key string, turn int, at time.Time) (bool, error) {
	_, open := l.attempts[key]
	if open = open && turn == l.turns; open {
		l.attempts[key] = at
	}
	return open, nil
}

func (l *ledger) EndAlone(_ context.Context, _ domain.OrderID, key string, turn int) error {
	if turn == l.turns {
		delete(l.attempts, key)
	}
	return nil
}

func (l *ledger) Rules(context.Context) ([]domain.Rule, error) { return l.rules, nil }

// RulesVersion counts: the rules of these tests are only added and taken away.
func (l *ledger) RulesVersion(context.Context) (int64, error) { return int64(len(l.rules)), nil }

func (l *ledger) ItemAttributes(context.Context, string, []string) ([]domain.ItemAttribute, error) {
	return nil, nil
}

// told lists the facts of a kind.
func told[T any](t *testing.T, l *ledger, kind domain.FactKind) []T {
	t.Helper()
	var all []T
	for _, f := range l.record.Facts {
		if f.Kind == kind {
			v, err := domain.Decode[T](f)
			require.NoError(t, err)
			all = append(all, v)
		}
	}
	return all
}

// warehouse answers by its function fields.
type warehouse struct {
	ports.Warehouse
	place  func(domain.Consignment) (ports.Receipt, error)
	amend  func(domain.Consignment, int64) (ports.Receipt, error)
	cancel func(key string, lines []domain.LineQuantity) (ports.Cancellation, error)
	order  func() (domain.WarehouseOrder, error)
	calls  []string
}

func (w *warehouse) Limits() ports.WarehouseLimits {
	return ports.WarehouseLimits{Lines: 100, Quantity: 100}
}

func (w *warehouse) Place(_ context.Context, c domain.Consignment, _ domain.Address) (ports.Receipt, error) {
	w.calls = append(w.calls, "place")
	return w.place(c)
}

func (w *warehouse) Amend(_ context.Context, c domain.Consignment, _ domain.Address, revision int64) (ports.Receipt, error) {
	w.calls = append(w.calls, "amend")
	return w.amend(c, revision)
}

func (w *warehouse) Cancel(_ context.Context, _, key, _ string, lines []domain.LineQuantity) (ports.Cancellation, error) {
	w.calls = append(w.calls, "cancel "+key)
	return w.cancel(key, lines)
}

func (w *warehouse) Order(context.Context, string) (domain.WarehouseOrder, error) {
	w.calls = append(w.calls, "order")
	return w.order()
}

// desk is an order of two blouses at one warehouse, with everything that is asked on its behalf.
type desk struct {
	t     *testing.T
	store *ledger
	house *warehouse
	shop  *shop
	now   time.Time

	fulfilment *activities.Fulfilment
	shipments  *activities.Shipments
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, now: noon, house: &warehouse{}}
	lines := []domain.ConsignmentLine{{Line: "1", SKU: "BLOUSE-S", Quantity: 2}}
	d.store = &ledger{attempts: map[string]time.Time{}, record: ports.OrderRecord{
		Order:        blouses(2),
		Consignments: []domain.Consignment{{Number: "10001", Order: orderID, Warehouse: hillington, Lines: lines, Fingerprint: "today"}},
		Fingerprint:  func(data []byte) string { return "today" },
	}, rules: []domain.Rule{
		{Version: 1, Table: domain.RulePayment, Store: "atelier", From: "card", To: "on-shipment"},
		{Version: 2, Table: domain.RuleCarrier, Warehouse: hillington, From: "DPD", To: "DPD UK"},
	}}
	d.shop = &shop{order: d.store.record.Order}
	orders := &activities.Orders{Store: d.store, Warehouses: map[string]ports.Warehouse{hillington: d.house}, Clock: func() time.Time { return d.now }}
	d.fulfilment = &activities.Fulfilment{Orders: orders, Settle: settle}
	d.shipments = &activities.Shipments{Orders: orders, Shop: d.shop, Settle: settle}
	return d
}

func blouses(quantity int) domain.Order {
	return domain.Order{
		ID: orderID, Status: domain.ShopConfirmed, Currency: "GBP", Country: "GB", PaymentMethod: domain.Ref{URI: "card"},
		Market: domain.Ref{ID: "1"}, GrandTotal: 10000, Payment: domain.Payment{Authorized: 10000},
		Lines: []domain.Line{{
			ID: "1", Kind: domain.LineProduct, SKU: "BLOUSE-S", Quantity: quantity, UnitPrice: 5000, Total: 5000 * int64(quantity),
			Allocations: []domain.Allocation{{Warehouse: hillington, Quantity: quantity}},
		}},
	}
}

func (d *desk) step(name domain.Step, subject string) contract.StepInput {
	return contract.StepInput{Order: orderID, Step: contract.Step{Name: name, Subject: subject, Warehouse: hillington, Carrier: "DPD UK", Complete: true}}
}

func fact(kind domain.FactKind, key string, data any) domain.Fact {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return domain.Fact{Kind: kind, Key: key, At: noon, Data: raw}
}

// failed demands an application error of a type.
func failed(t *testing.T, err error, kind string) *temporal.ApplicationError {
	t.Helper()
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, kind, failure.Type(), failure.Error())
	return failure
}
