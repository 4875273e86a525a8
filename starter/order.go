package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/intake"
	"selvedge/internal/ports"
)

type orderCmd struct {
	Show    orderShowCmd    `cmd:"" help:"Show an order: content without personal data, facts, consignments, open questions, and its workflow."`
	Start   orderStartCmd   `cmd:"" help:"Read an order from the shop and start or wake its workflow. Running it twice changes nothing."`
	Resolve orderResolveCmd `cmd:"" help:"Answer an open question of an order."`
}

type orderStartCmd struct {
	Order  orderRef      `arg:"" help:"The order, as <store>/<number>; the number alone where one store is configured."`
	Within time.Duration `help:"Longest time to wait for shop and store." default:"1m" placeholder:"DURATION"`
}

// Run takes the order in as intake does; content that is known already changes
// nothing, and a workflow that runs already is only woken.
func (o orderStartCmd) Run(ctx context.Context, s streams) error {
	sys, done, err := openQuietly(ctx)
	if err != nil {
		return err
	}
	defer done()
	id, err := o.Order.id(sys.Config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.Within)
	defer cancel()
	stop := progress(s, "reading "+id.String()+" from the shop")
	message, err := sys.start(ctx, id)
	stop()
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, message)
	return nil
}

func (sys *system) start(ctx context.Context, id domain.OrderID) (string, error) {
	taker := sys.Intake(sys.temporal)
	seen := &seeingShop{Shop: taker.Shop}
	taker.Shop = seen
	changed, err := taker.TakeOrders(ctx, id.Store, []string{id.Number})
	if err != nil {
		return "", err
	}
	if len(seen.orders) == 0 {
		return "", fmt.Errorf("the shop has no order %s; look at store and number", id)
	}
	if err := seen.orders[0].Err; err != nil {
		return "", fmt.Errorf("order %s cannot be read and is kept as refused: %w", id, err)
	}
	standings, err := sys.Store.Standings(ctx, []domain.OrderID{id})
	if err != nil {
		return "", err
	}
	switch {
	case len(standings) == 0:
		return "", fmt.Errorf("order %s was read and is not stored; look at the log", id)
	case standings[0].Wholesale:
		return fmt.Sprintf("Order %s is wholesale: it is counted and nothing is started.", id), nil
	case changed > 0:
		return fmt.Sprintf("Order %s was taken in; its workflow %s was started or woken.", id, contract.OrderWorkflowID(id)), nil
	case standings[0].ClosedAt != nil:
		return fmt.Sprintf("Order %s is as it was and closed as %s on %s; nothing was started.", id, standings[0].ClosedState, when(*standings[0].ClosedAt)), nil
	}
	return sys.wake(ctx, id, seen.orders[0].Order)
}

// wake makes sure that a known order has a running workflow. The signal carries
// nothing: the workflow looks at the facts, and twice is as good as once.
func (sys *system) wake(ctx context.Context, id domain.OrderID, o domain.Order) (string, error) {
	_, err := sys.temporal.SignalWithStartWorkflow(ctx, contract.OrderWorkflowID(id), contract.SignalFact, contract.FactSignal{},
		intake.StartOptions(o, enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING), "OrderWorkflow", contract.OrderInput{Order: id})
	if err != nil {
		return "", fmt.Errorf("wake %s: %w", id, err)
	}
	return fmt.Sprintf("Order %s is as it was; its workflow %s was woken, or started where none ran.", id, contract.OrderWorkflowID(id)), nil
}

// seeingShop keeps what the shop answered, so that the command can tell an unknown
// order from an unchanged one.
type seeingShop struct {
	ports.Shop
	orders []ports.ShopOrder
}

// Orders reads orders and remembers them.
func (s *seeingShop) Orders(ctx context.Context, store string, numbers []string) ([]ports.ShopOrder, error) {
	orders, err := s.Shop.Orders(ctx, store, numbers)
	s.orders = append(s.orders, orders...)
	return orders, err
}

// workflowShown is what Temporal tells of an order.
type workflowShown struct {
	ID      string              `json:"id"`
	Status  string              `json:"status,omitempty"`  // of the newest run: running, completed, …
	State   domain.OrderState   `json:"state,omitempty"`   // as last shown in the search attributes
	View    *contract.OrderView `json:"view,omitempty"`    // the workflow's own answer; absent when no worker answered
	Problem string              `json:"problem,omitempty"` // why the view is absent, in plain words
}

// askWorkflow asks an order's workflow where it stands, and settles for what the
// server knows when no worker answers within the time given.
func askWorkflow(ctx context.Context, c client.Client, id domain.OrderID, within time.Duration) workflowShown {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	w := workflowShown{ID: contract.OrderWorkflowID(id)}
	described, err := c.DescribeWorkflow(ctx, w.ID, "")
	if err != nil {
		w.Problem = whyNoAnswer(err, within)
		return w
	}
	w.Status = statusName(described.Status)
	if state, ok := described.TypedSearchAttributes.GetKeyword(contract.OrderState); ok {
		w.State = domain.OrderState(state)
	}
	answer, err := c.QueryWorkflow(ctx, w.ID, "", contract.QueryState)
	if err != nil {
		w.Problem = whyNoAnswer(err, within)
		return w
	}
	var view contract.OrderView
	if err := answer.Get(&view); err != nil {
		w.Problem = fmt.Sprintf("its answer cannot be read: %v; use the starter of the worker's release", err)
		return w
	}
	w.View, w.State = &view, view.State
	return w
}

func statusName(s enums.WorkflowExecutionStatus) string {
	switch s {
	case enums.WORKFLOW_EXECUTION_STATUS_RUNNING:
		return "running"
	case enums.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return "completed"
	case enums.WORKFLOW_EXECUTION_STATUS_FAILED:
		return "failed"
	case enums.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		return "terminated"
	}
	return s.String()
}

// notKnown tells whether an order is not in the store.
func notKnown(err error) bool { return fault.Is(err, fault.NotFound) }

// errRefused marks an answer that the workflow did not take.
var errRefused = errors.New("refused")
