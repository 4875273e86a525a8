package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/demo"
	"selvedge/internal/domain"
	"selvedge/internal/judge"
	"selvedge/internal/sampleday"
)

// victims are orders on whose workflows somebody presses a button through Temporal's
// API. Each is taken once. Cancel is the answer withdraw-order, so that the judge
// expects another end; Terminate and Reset must change nothing.
type victims struct {
	mu        sync.Mutex
	random    *rand.Rand
	toCancel  []domain.OrderID // in the order in which they are taken
	toOthers  []domain.OrderID
	withdrawn map[domain.OrderID]bool
	// unpaid are orders of which goods came back and whose money the shop never had: it
	// cannot give any back, so finance is asked.
	unpaid map[domain.OrderID]bool
}

// chooseVictims shuffles the orders. A cancellation takes those without a planned
// fault, every other one of those that the shop holds back, where nothing but the
// cancellation decides the end; the other buttons take all the rest.
func chooseVictims(seed uint64, plan []sampleday.PlannedOrder) *victims {
	v := &victims{random: rand.New(rand.NewPCG(seed, 0x5ac21)), withdrawn: map[domain.OrderID]bool{}, unpaid: map[domain.OrderID]bool{}}
	var waiting, closing, others []domain.OrderID
	for n, p := range plan {
		id := domain.OrderID{Store: p.Store, Number: p.Number}
		switch {
		case n%3 == 0:
			others = append(others, id)
		case p.PlannedEnd == string(domain.WaitingForShop):
			waiting = append(waiting, id)
		case p.Planned == "" && p.PlannedEnd == string(domain.Closed):
			closing = append(closing, id)
		default:
			others = append(others, id)
		}
	}
	for _, list := range [][]domain.OrderID{waiting, closing, others} {
		v.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	for i := range max(len(waiting), len(closing)) {
		for _, list := range [][]domain.OrderID{waiting, closing} {
			if i < len(list) {
				v.toCancel = append(v.toCancel, list[i])
			}
		}
	}
	v.toOthers = others
	return v
}

// take takes the first n of a list that are open.
func (v *victims) take(list *[]domain.OrderID, open map[domain.OrderID]bool, n int) (out []domain.OrderID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	*list = slices.DeleteFunc(*list, func(id domain.OrderID) bool {
		if !open[id] || len(out) == n {
			return false
		}
		out = append(out, id)
		return true
	})
	return out
}

// takeToCancel counts the orders as withdrawn at once: the answer to a cancellation may
// be lost and the cancellation not.
func (v *victims) takeToCancel(open map[domain.OrderID]bool, n int) []domain.OrderID {
	out := v.take(&v.toCancel, open, n)
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, id := range out {
		v.withdrawn[id] = true
	}
	return out
}

// cameBack notes that goods of an order came back which was paid outside the shop.
func (v *victims) cameBack(id domain.OrderID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.unpaid[id] = true
}

// mark tells the judge which orders were withdrawn, and which have to wait for finance.
func (v *victims) mark(o demo.Standing) demo.Standing {
	v.mu.Lock()
	defer v.mu.Unlock()
	id := domain.OrderID{Store: o.Store, Number: o.Number}
	o.Withdrawn = v.withdrawn[id]
	if v.unpaid[id] {
		o.Planned, o.PlannedEnd = "refund-not-captured", string(domain.ReturnWindow)
	}
	return o
}

// settled tells whether the judge would have nothing to say about where the order stands.
func (v *victims) settled(o demo.Standing) bool { return judge.OutcomeOrder(v.mark(o)).Settled() }

// pressed presses a button on so many orders. The product is not asked: whoever holds
// Temporal's API may do so at any time.
func (s *soakRun) press(ctx context.Context, d deed) error {
	orders, err := s.stage.Look(ctx) // the client waits for a server that is just coming back
	if err != nil {
		return err
	}
	press, chosen := s.buttons(d, orders)
	var done []string
	for _, id := range chosen {
		err := press(ctx, id)
		var over *serviceerror.NotFound
		if err != nil && !errors.As(err, &over) {
			return fmt.Errorf("%s: %w", id, err)
		}
		done = append(done, id.Number)
	}
	s.say("%s %s", strings.TrimSuffix(d.kind, " of"), strings.Join(done, ", "))
	return nil
}

// buttons chooses among the orders that are open; one that has shipped is not cancelled.
func (s *soakRun) buttons(d deed, orders []demo.Standing) (func(context.Context, domain.OrderID) error, []domain.OrderID) {
	open, unshipped := map[domain.OrderID]bool{}, map[domain.OrderID]bool{}
	for _, o := range orders {
		id := domain.OrderID{Store: o.Store, Number: o.Number}
		switch domain.OrderState(o.State) {
		case domain.Received, domain.WaitingForShop, domain.Validated, domain.Enriched, domain.Submitted, domain.Accepted:
			unshipped[id], open[id] = true, true
		case domain.Closed, domain.Cancelled, domain.RejectedState, "unknown":
		default:
			open[id] = true
		}
	}
	c := s.stage.Client()
	switch d.kind {
	case cancel:
		return func(ctx context.Context, id domain.OrderID) error {
			return c.CancelWorkflow(ctx, contract.OrderWorkflowID(id), "")
		}, s.victims.takeToCancel(unshipped, d.orders)
	case terminate:
		return func(ctx context.Context, id domain.OrderID) error {
			return c.TerminateWorkflow(ctx, contract.OrderWorkflowID(id), "", "somebody pressed Terminate")
		}, s.victims.take(&s.victims.toOthers, open, d.orders)
	}
	return s.resetOne, s.victims.take(&s.victims.toOthers, open, d.orders)
}

// resetOne sends a workflow back to one of its earlier tasks: what it did since is
// forgotten by it, and not by the facts.
func (s *soakRun) resetOne(ctx context.Context, id domain.OrderID) error {
	c := s.stage.Client()
	described, err := c.DescribeWorkflowExecution(ctx, contract.OrderWorkflowID(id), "")
	if err != nil {
		return err
	}
	run := described.GetWorkflowExecutionInfo().GetExecution()
	at, err := s.taskOf(ctx, c, run)
	if err != nil || at == 0 {
		return err
	}
	_, err = c.ResetWorkflowExecution(ctx, &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: "default", WorkflowExecution: run, Reason: "somebody pressed Reset", WorkflowTaskFinishEventId: at,
		RequestId: fmt.Sprintf("chaos-%s-%d", id.Number, at),
	})
	return err
}

// taskOf draws one of a run's completed workflow tasks; 0 when it has none yet.
func (s *soakRun) taskOf(ctx context.Context, c client.Client, run *common.WorkflowExecution) (int64, error) {
	var tasks []int64
	for events := c.GetWorkflowHistory(ctx, run.GetWorkflowId(), run.GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
		e, err := events.Next()
		if err != nil {
			return 0, err
		}
		if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			tasks = append(tasks, e.GetEventId())
		}
	}
	if len(tasks) == 0 {
		return 0, nil
	}
	s.victims.mu.Lock()
	defer s.victims.mu.Unlock()
	return tasks[s.victims.random.IntN(len(tasks))], nil
}
