// Package intake accepts webhooks, event queues and feeds, and starts or signals
// each order's workflow once.
//
// The order of things is always the same: store, wake, confirm. A crash between
// any two loses nothing: what is stored and not yet looked at by its workflow is
// found by Sweep, what is not confirmed comes again.
package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// Intake takes in what the shop and the warehouses tell.
type Intake struct {
	Shop       ports.Shop
	Store      ports.IntakeStore
	Client     client.Client
	Log        *zap.Logger
	Clock      func() time.Time
	Stores     []string                   // keys of the shop's stores
	Warehouses map[string]ports.Warehouse // by their name in the shop
	// Orphans keeps what came back and belongs to no order that we know; nil keeps it unclaimed.
	Orphans ports.OrphanStore
	// WriteOffs keeps garments that were written off outside of any return for the books;
	// nil treats them as returns without an order.
	WriteOffs ports.WriteOffStore
	// Since is where the first poll of a store begins; zero is a day before it.
	Since time.Time
	// Stock is asked for passes when units move; nil when nobody publishes stock.
	Stock *StockHints

	listening  atomic.Bool // the shop queues events for us
	unreadable rereads
}

// readBatch is how many orders one request reads; the shop's complexity budget allows more, its answers get slow.
const readBatch = 50

// sweepAfter is how long a stored fact may wait for its wake-up before it is woken
// again: longer than a healthy signal takes, shorter than anybody would notice.
const sweepAfter = 20 * time.Second

// orderWorkflow is the workflow's type, as package workflows registers it.
const orderWorkflow = "OrderWorkflow"

// TakeOrders reads orders from the shop, stores them, and starts or wakes the
// workflows of those that changed. Taking the same orders again changes nothing.
func (i *Intake) TakeOrders(ctx context.Context, store string, numbers []string) (int, error) {
	changed := 0
	for len(numbers) > 0 {
		n := min(readBatch, len(numbers))
		orders, err := i.Shop.Orders(ctx, store, numbers[:n])
		if err != nil {
			return changed, fmt.Errorf("read %d orders of %s: %w", n, store, err)
		}
		asked := numbers[:n]
		numbers = numbers[n:]
		readable := orders[:0:0]
		for _, o := range orders {
			if o.Err != nil {
				if err := i.refuse(ctx, o); err != nil {
					return changed, err
				}
				continue
			}
			readable = append(readable, o)
		}
		taken, err := i.Store.TakeIn(ctx, readable, i.Clock())
		if err != nil {
			return changed, fmt.Errorf("store %d orders of %s: %w", len(readable), store, err)
		}
		if err := i.readable(ctx, store, asked, orders); err != nil {
			return changed, err
		}
		read := map[domain.OrderID]domain.Order{}
		for _, o := range readable {
			read[o.Order.ID] = o.Order
		}
		wake := slices.DeleteFunc(taken, func(t ports.Taken) bool { return !t.Changed || t.Wholesale })
		changed += len(wake)
		if err := sideBySide(wake, func(t ports.Taken) error { return i.wake(ctx, read[t.ID], t) }); err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// wake starts a new order's workflow, or tells a running one to look. An order that
// was never seen is started plainly, since a run begins by looking: one action less
// than signal-with-start for the same certainty.
func (i *Intake) wake(ctx context.Context, order domain.Order, t ports.Taken) error {
	if t.New {
		_, err := i.Client.ExecuteWorkflow(ctx, i.startOptions(order, enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL), orderWorkflow, contract.OrderInput{Order: order.ID})
		if err == nil || !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			return wrap("start", order.ID, err)
		}
	}
	return i.signal(ctx, order.ID, t.Sequence, func() (domain.Order, error) { return order, nil })
}

// signal wakes a workflow; one that has closed is started again, and finds its
// position in the facts.
func (i *Intake) signal(ctx context.Context, id domain.OrderID, sequence int64, order func() (domain.Order, error)) error {
	payload := contract.FactSignal{Sequence: sequence}
	err := i.Client.SignalWorkflow(ctx, contract.OrderWorkflowID(id), "", contract.SignalFact, payload)
	var gone *serviceerror.NotFound
	if err == nil || !errors.As(err, &gone) {
		return wrap("signal", id, err)
	}
	o, err := order()
	if err != nil {
		return wrap("describe", id, err)
	}
	_, err = i.Client.SignalWithStartWorkflow(ctx, contract.OrderWorkflowID(id), contract.SignalFact, payload,
		i.startOptions(o, enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING), orderWorkflow, contract.OrderInput{Order: id})
	return wrap("start again", id, err)
}

func wrap(what string, id domain.OrderID, err error) error {
	if err != nil {
		return fmt.Errorf("%s %s: %w", what, id, err)
	}
	return nil
}

func (i *Intake) startOptions(o domain.Order, conflict enums.WorkflowIdConflictPolicy) client.StartWorkflowOptions {
	return StartOptions(o, conflict)
}

// StartOptions describes an order's workflow: its ID, its search attributes (free when
// set at the start) and the line that the Web UI shows.
func StartOptions(o domain.Order, conflict enums.WorkflowIdConflictPolicy) client.StartWorkflowOptions {
	units, warehouse := 0, ""
	for _, l := range o.Lines {
		if l.Kind.Physical() {
			units += l.Quantity
		}
		for _, a := range l.Allocations {
			if warehouse == "" {
				warehouse = a.Warehouse
			}
		}
	}
	attributes := []temporal.SearchAttributeUpdate{
		contract.OrderState.ValueSet(string(domain.Received)), contract.Store.ValueSet(o.ID.Store),
		contract.OrderNumber.ValueSet(o.ID.Number),
	}
	if o.Market.Name != "" {
		attributes = append(attributes, contract.Market.ValueSet(o.Market.Name))
	}
	if warehouse != "" {
		attributes = append(attributes, contract.Warehouse.ValueSet(warehouse))
	}
	return client.StartWorkflowOptions{
		ID: contract.OrderWorkflowID(o.ID), TaskQueue: contract.QueueOrders,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, WorkflowIDConflictPolicy: conflict,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes:                    temporal.NewSearchAttributes(attributes...),
		StaticSummary:                            summary(o, units),
	}
}

func summary(o domain.Order, units int) string {
	parts := []string{o.ID.Number, o.Market.Name, counted(units), domain.Format(o.GrandTotal, o.Currency)}
	var filled []string
	for _, p := range parts {
		if p != "" {
			filled = append(filled, p)
		}
	}
	return strings.Join(filled, " · ")
}

func counted(units int) string {
	if units == 1 {
		return "1 unit"
	}
	return fmt.Sprintf("%d units", units)
}

// Sweep wakes the orders that were told something and have not looked since: what a
// crash between storing and waking left behind. It returns how many it woke. One that
// cannot be woken hinders none of the others: listing them has put off their next turn.
func (i *Intake) Sweep(ctx context.Context) (int, error) {
	ids, err := i.Store.Unseen(ctx, i.Clock().Add(-sweepAfter), 500)
	if err != nil {
		return 0, fmt.Errorf("find orders that were not woken: %w", err)
	}
	var woken atomic.Int64
	err = sideBySide(ids, func(id domain.OrderID) error {
		err := i.signal(ctx, id, 0, func() (domain.Order, error) { return i.Store.Order(ctx, id) })
		if err == nil {
			woken.Add(1)
		}
		return err
	})
	return int(woken.Load()), err
}
