package intake_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/intake"
	"selvedge/internal/ports"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

const (
	atelier = "atelier"
	leeds   = "leeds"
)

// noon is the instant at which tests happen.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// world is an intake with a real store between a shop, a warehouse and a Temporal
// that answer as told.
type world struct {
	*intake.Intake
	store *store.Store
	shop  *shop
	floor *floor
	runs  *runs
	now   time.Time
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{store: storetest.New(t), shop: &shop{orders: map[string]ports.ShopOrder{}}, floor: &floor{}, runs: &runs{}, now: noon}
	w.restart()
	return w
}

// restart is a new process over the same store.
func (w *world) restart() {
	w.Intake = &intake.Intake{
		Shop: w.shop, Store: w.store, Client: w.runs, Log: zap.NewNop(), Clock: func() time.Time { return w.now },
		Stores: []string{atelier}, Warehouses: map[string]ports.Warehouse{leeds: w.floor},
	}
}

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func id(number string) domain.OrderID { return domain.OrderID{Store: atelier, Number: number} }

// sale is a plain order of one line.
func sale(number string) ports.ShopOrder {
	return ports.ShopOrder{Order: domain.Order{
		ID: id(number), Status: domain.ShopConfirmed, PlacedAt: noon, UpdatedAt: noon, Currency: "GBP", GrandTotal: 5000,
		Lines: []domain.Line{{ID: "1", Kind: domain.LineProduct, SKU: "COAT", Quantity: 1, UnitPrice: 5000, Total: 5000}},
	}}
}

// known takes an order in, so that a warehouse can tell of it by its reference.
func (w *world) known(t *testing.T, number string) {
	t.Helper()
	w.shop.put(sale(number))
	_, err := w.TakeOrders(within(t), atelier, []string{number})
	require.NoError(t, err)
	w.runs.forget()
}

// kinds are the kinds of an order's facts.
func (w *world) kinds(t *testing.T, number string) []domain.FactKind {
	t.Helper()
	facts, err := w.store.Facts(within(t), id(number), 0)
	require.NoError(t, err)
	var kinds []domain.FactKind
	for _, f := range facts {
		kinds = append(kinds, f.Kind)
	}
	return kinds
}

func (w *world) refused(t *testing.T) []string {
	t.Helper()
	list, err := w.store.RefusedInputs(within(t), 100)
	require.NoError(t, err)
	var keys []string
	for _, r := range list {
		keys = append(keys, r.Source+" "+r.Key)
	}
	return keys
}

// shop answers with the orders it was given and counts what it is asked.
type shop struct {
	ports.Shop
	mu     sync.Mutex
	orders map[string]ports.ShopOrder
	events []ports.ShopEvent
	reads  []string // numbers read, in order
	since  []time.Time
}

func (s *shop) put(o ports.ShopOrder) { s.orders[o.Order.ID.Number] = o }

func (s *shop) forget() { s.reads, s.since = nil, nil }

func (s *shop) Orders(_ context.Context, _ string, numbers []string) ([]ports.ShopOrder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []ports.ShopOrder
	for _, n := range numbers {
		s.reads = append(s.reads, n)
		if o, ok := s.orders[n]; ok {
			out = append(out, o)
		}
	}
	return out, nil
}

func (s *shop) UpdatedOrders(_ context.Context, _ string, since time.Time, _ string) ([]ports.ShopOrderRef, string, error) {
	s.since = append(s.since, since)
	var refs []ports.ShopOrderRef
	for _, o := range s.orders {
		if !o.Order.UpdatedAt.Before(since) {
			refs = append(refs, ports.ShopOrderRef{ID: o.Order.ID, UpdatedAt: o.Order.UpdatedAt})
		}
	}
	slices.SortFunc(refs, func(a, b ports.ShopOrderRef) int {
		if c := a.UpdatedAt.Compare(b.UpdatedAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID.Number, b.ID.Number)
	})
	return refs, "", nil
}

func (s *shop) Events(context.Context, int) ([]ports.ShopEvent, error) { return s.events, nil }
func (s *shop) ConfirmEvents(context.Context, []string) error          { s.events = nil; return nil }
func (s *shop) ListenToEvents(context.Context) error                   { return nil }

// floor is a warehouse whose feed holds events, and whose answers are functions.
type floor struct {
	ports.Warehouse
	events    []ports.WarehouseEvent
	order     func(number string) (domain.WarehouseOrder, error)
	shipments func(number string) ([]domain.Shipment, error)
	books     []domain.Adjustment
	forgets   bool // the feed does not know our position
}

func (f *floor) Key() string { return leeds }

func (f *floor) Order(_ context.Context, number string) (domain.WarehouseOrder, error) {
	if f.order == nil {
		return domain.WarehouseOrder{}, &fault.Fault{Kind: fault.NotFound, System: "acs"}
	}
	return f.order(number)
}

func (f *floor) Shipments(_ context.Context, number string) ([]domain.Shipment, error) {
	if f.shipments == nil {
		return nil, nil
	}
	return f.shipments(number)
}

func (f *floor) Events(_ context.Context, after int64, _ int) ([]ports.WarehouseEvent, int64, bool, error) {
	if f.forgets {
		f.forgets = false
		return nil, 0, false, &fault.Fault{Kind: fault.Invalid, System: "acs", Code: "cursor_expired"}
	}
	var page []ports.WarehouseEvent
	last := after
	for _, e := range f.events {
		if e.Sequence > after {
			page, last = append(page, e), e.Sequence
		}
	}
	return page, last, false, nil
}

func (f *floor) ReadWebhook(_ map[string][]string, body []byte, _ time.Time) (ports.WarehouseEvent, error) {
	var e ports.WarehouseEvent
	return e, json.Unmarshal(body, &e)
}

// runs is Temporal: it remembers which orders were started or signalled.
type runs struct {
	client.Client
	mu     sync.Mutex
	woken  []string
	broken map[string]bool // orders that cannot be signalled
}

func (r *runs) forget() { r.woken = nil }

func (r *runs) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.woken = append(r.woken, strings.TrimPrefix(o.ID, contract.OrderWorkflowID(id(""))))
	return nil, nil
}

func (r *runs) SignalWorkflow(_ context.Context, workflowID, _, _ string, _ any) error {
	number := strings.TrimPrefix(workflowID, contract.OrderWorkflowID(id("")))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken[number] {
		return serviceerror.NewUnavailable("away")
	}
	r.woken = append(r.woken, number)
	return nil
}
