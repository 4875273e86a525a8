package intake

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// firstDrain is how far back a warehouse's orders are read for the first time: what is
// older has left, or was told by the feed of events.
const firstDrain = 90 * 24 * time.Hour

// drainOverlap is read again each time: two changes can bear the same second.
const drainOverlap = 2 * time.Second

// DrainOrders takes in what a warehouse says of its orders that changed since an
// instant, and answers the newest change it told. Allocations have no event of their
// own, and stock needs them: when this comes to its end, everything up to its beginning is
// known. The same again is the same facts, and plain progress wakes nobody.
func (i *Intake) DrainOrders(ctx context.Context, warehouse string, since time.Time) (upTo time.Time, err error) {
	w, ok := i.Warehouses[warehouse]
	if !ok {
		return since, fmt.Errorf("no warehouse %q is configured", warehouse)
	}
	upTo, from := since, since.Add(-drainOverlap)
	if since.IsZero() {
		from = i.Clock().Add(-firstDrain)
	}
	for page := ""; ; {
		orders, next, err := w.UpdatedOrders(ctx, from, page)
		if err != nil {
			return upTo, fmt.Errorf("read changed orders of %s: %w", warehouse, err)
		}
		for _, o := range orders {
			if err := i.takeOrder(ctx, warehouse, o); err != nil {
				return upTo, err
			}
			if o.UpdatedAt.After(upTo) {
				upTo = o.UpdatedAt
			}
		}
		if next == "" {
			return upTo, nil
		}
		page = next
	}
}

func (i *Intake) takeOrder(ctx context.Context, warehouse string, o domain.WarehouseOrder) error {
	wake := asksForSomething(o)
	recorded, err := i.Store.AppendForConsignment(ctx, warehouse, o.Number, o.Reference, []domain.Fact{domain.NewWarehouseOrderFact(o, o.UpdatedAt)}, wake)
	if fault.Is(err, fault.Invalid) {
		return i.refuseFrom(ctx, "drain/"+warehouse, "order/"+o.Number, err, nil)
	}
	if err != nil {
		return fmt.Errorf("store order %s of %s: %w", o.Number, warehouse, err)
	}
	if !recorded.Known || recorded.Added == 0 || !wake {
		return nil
	}
	return i.signal(ctx, recorded.ID, recorded.Sequence, func() (domain.Order, error) { return i.Store.Order(ctx, recorded.ID) })
}

// StockTrigger says whether a pass may be asked for now, over all processes.
type StockTrigger interface {
	TriggerStock(ctx context.Context, warehouse string, every time.Duration) (bool, error)
}

// stockPause is how far apart passes are that movements ask for.
const stockPause = time.Second

// stockWorkflow is the workflow's type, as package workflows registers it.
const stockWorkflow = "StockSyncWorkflow"

// StockHints turns movements into passes: at most one a second for each warehouse,
// however many movements are told to however many processes. A movement is a hint
// alone, since the feed is the truth: one that is lost waits for the schedule.
type StockHints struct {
	Trigger StockTrigger
	Client  client.Client
	Log     *zap.Logger

	mu    sync.Mutex
	moved map[string]chan struct{} // by warehouse
	run   func(warehouse string, hint <-chan struct{})
}

// Moved notes that something moved in a warehouse. It never waits.
func (h *StockHints) Moved(warehouse string) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.run == nil {
		return // nobody follows hints
	}
	hint, known := h.moved[warehouse]
	if !known {
		hint = make(chan struct{}, 1)
		h.moved[warehouse] = hint
		h.run(warehouse, hint)
	}
	select {
	case hint <- struct{}{}:
	default: // one is waiting, and will see this movement too
	}
}

// Run follows the hints until the context ends.
func (h *StockHints) Run(ctx context.Context) {
	if h == nil {
		return
	}
	var followers sync.WaitGroup
	h.mu.Lock()
	h.moved = map[string]chan struct{}{}
	h.run = func(warehouse string, hint <-chan struct{}) {
		followers.Go(func() { h.follow(ctx, warehouse, hint) })
	}
	h.mu.Unlock()
	<-ctx.Done()
	h.mu.Lock()
	h.run = nil
	h.mu.Unlock()
	followers.Wait()
}

func (h *StockHints) follow(ctx context.Context, warehouse string, hint <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hint:
		}
		if err := h.ask(ctx, warehouse); err != nil && ctx.Err() == nil {
			h.Log.Warn("a movement of stock could not be followed; the schedule will bring it", zap.String("warehouse", warehouse), zap.Error(err))
		}
	}
}

// ask waits for this warehouse's turn and asks for a pass. When another process asked a
// moment ago, that pass may have begun before our movement: so ours is asked for as well.
func (h *StockHints) ask(ctx context.Context, warehouse string) error {
	for {
		granted, err := h.Trigger.TriggerStock(ctx, warehouse, stockPause)
		if err != nil {
			return err
		}
		if granted {
			return AskForStock(ctx, h.Client, contract.StockInput{Warehouse: warehouse, Trigger: contract.StockByMovement})
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(stockPause / 20):
		}
	}
}

// AskForStock starts the run that makes passes while it is asked, or asks the one that
// runs for another one. Asking twice before a pass begins is asking once.
func AskForStock(ctx context.Context, c client.Client, in contract.StockInput) error {
	_, err := c.SignalWithStartWorkflow(ctx, contract.StockNowID(in.Warehouse), contract.SignalStockMoved, in, client.StartWorkflowOptions{
		ID: contract.StockNowID(in.Warehouse), TaskQueue: contract.QueueOrders,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowExecutionTimeout: time.Hour, StaticSummary: "bring the stock of " + in.Warehouse + " to the shop",
	}, stockWorkflow, in)
	if err != nil {
		return fmt.Errorf("ask for the stock of %s: %w", in.Warehouse, err)
	}
	return nil
}

// aboutStock tells whether an event says that units moved.
func aboutStock(e ports.WarehouseEvent) bool {
	return strings.HasPrefix(e.Type, "inventory.") || strings.HasPrefix(e.Subject, "sku/") || strings.HasPrefix(e.Subject, "adjustment/")
}
