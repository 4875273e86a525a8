package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

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
	choosing  sync.Mutex // held while toCancel or toOthers are gone through
	mu        sync.Mutex
	random    *rand.Rand
	toCancel  []domain.OrderID // in the order in which they are taken
	toOthers  []domain.OrderID
	withdrawn map[domain.OrderID]bool
	// unpaid are orders of which goods came back and whose money the shop never had: it
	// cannot give any back, so finance is asked.
	unpaid map[domain.OrderID]bool
	// inTime are orders whose tracking was to come late and came before anybody missed it.
	inTime map[domain.OrderID]bool
}

// lateTracking is the planned fault of an order whose tracking comes after its parcels
// were told to the customer without.
const lateTracking = "late-tracking"

// chooseVictims shuffles the orders. A cancellation takes those without a planned
// fault, every other one of those that the shop holds back, where nothing but the
// cancellation decides the end; the other buttons take all the rest.
func chooseVictims(seed uint64, plan []sampleday.PlannedOrder) *victims {
	v := &victims{random: rand.New(rand.NewPCG(seed, 0x5ac21)), withdrawn: map[domain.OrderID]bool{}, unpaid: map[domain.OrderID]bool{}, inTime: map[domain.OrderID]bool{}}
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

// looksAtMost bounds how many orders are looked at before a button is pressed on fewer
// than were drawn.
const looksAtMost = 60

// take takes the first n of a list that fit; those that do not go to its end. Nobody else
// chooses meanwhile, and the counts of the day go on.
func (v *victims) take(list *[]domain.OrderID, n int, fits func(domain.OrderID) (bool, error)) (out []domain.OrderID, err error) {
	v.choosing.Lock()
	defer v.choosing.Unlock()
	for range min(len(*list), looksAtMost) {
		if len(out) == n {
			break
		}
		id := (*list)[0]
		fit, err := fits(id)
		if err != nil {
			return out, err
		}
		if *list = (*list)[1:]; fit {
			out = append(out, id)
		} else {
			*list = append(*list, id)
		}
	}
	return out, nil
}

// takeToCancel counts the orders as withdrawn at once: the answer to a cancellation may
// be lost and the cancellation not.
func (v *victims) takeToCancel(n int, fits func(domain.OrderID) (bool, error)) ([]domain.OrderID, error) {
	out, err := v.take(&v.toCancel, n, fits)
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, id := range out {
		v.withdrawn[id] = true
	}
	return out, err
}

// cameBack notes that goods of an order came back which was paid outside the shop.
func (v *victims) cameBack(id domain.OrderID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.unpaid[id] = true
}

func (v *victims) trackedInTime(id domain.OrderID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.inTime[id] = true
}

// mark tells the judge which orders were withdrawn, which have to wait for finance, and
// which have nothing to wait for.
func (v *victims) mark(o demo.Standing) demo.Standing {
	v.mu.Lock()
	defer v.mu.Unlock()
	id := domain.OrderID{Store: o.Store, Number: o.Number}
	o.Withdrawn = v.withdrawn[id]
	if v.inTime[id] {
		o.Planned, o.PlannedEnd = "", string(domain.Closed)
	}
	if v.unpaid[id] {
		o.Planned, o.PlannedEnd = "refund-not-captured", string(domain.ReturnWindow)
	}
	return o
}

// settled tells whether the judge would have nothing to say about where the order stands.
func (v *victims) settled(o demo.Standing) bool { return judge.OutcomeOrder(v.mark(o)).Settled() }

// press presses a button on so many orders. The product is not asked: whoever holds
// Temporal's API may do so at any time. Orders are looked at one by one, since a list of
// thousands keeps the dev server's only database connection busy for seconds.
func (s *soakRun) press(ctx context.Context, d deed) error {
	press, chosen, err := s.button(ctx, d)
	if err != nil {
		return err
	}
	var done []string
	for _, id := range chosen {
		err := patiently(ctx, func() error { return press(ctx, id) })
		var over *serviceerror.NotFound
		if err != nil && !errors.As(err, &over) {
			return fmt.Errorf("%s: %w", id, err)
		}
		done = append(done, id.Number)
	}
	s.say("%s %s", strings.TrimSuffix(d.kind, " of"), strings.Join(done, ", "))
	return nil
}

// patiently calls again while the server, killed or busy, does not answer in time. What
// did happen happens twice: nobody may suffer from a button that is pressed twice.
func patiently(ctx context.Context, do func() error) error {
	for until := time.Now().Add(time.Minute); ; pause(ctx, time.Second) {
		err := do()
		var late *serviceerror.DeadlineExceeded
		slow := errors.As(err, &late) || errors.Is(err, context.DeadlineExceeded)
		if !slow || ctx.Err() != nil || time.Now().After(until) {
			return err
		}
	}
}

// button chooses among the orders that are open; one that has shipped is not cancelled.
func (s *soakRun) button(ctx context.Context, d deed) (func(context.Context, domain.OrderID) error, []domain.OrderID, error) {
	c := s.stage.Client()
	open := func(unshipped bool) func(domain.OrderID) (bool, error) {
		return func(id domain.OrderID) (bool, error) {
			state, err := s.stateOf(ctx, id)
			return fits(state, unshipped), err
		}
	}
	switch d.kind {
	case cancel:
		chosen, err := s.victims.takeToCancel(d.orders, open(true))
		return func(ctx context.Context, id domain.OrderID) error {
			return c.CancelWorkflow(ctx, contract.OrderWorkflowID(id), "")
		}, chosen, err
	case terminate:
		chosen, err := s.victims.take(&s.victims.toOthers, d.orders, open(false))
		return func(ctx context.Context, id domain.OrderID) error {
			return c.TerminateWorkflow(ctx, contract.OrderWorkflowID(id), "", "somebody pressed Terminate")
		}, chosen, err
	}
	chosen, err := s.victims.take(&s.victims.toOthers, d.orders, open(false))
	return s.resetOne, chosen, err
}

// stateOf reads the state of an order's running workflow; empty where none runs.
func (s *soakRun) stateOf(ctx context.Context, id domain.OrderID) (state domain.OrderState, err error) {
	err = patiently(ctx, func() error {
		described, err := s.stage.Client().DescribeWorkflowExecution(ctx, contract.OrderWorkflowID(id), "")
		var none *serviceerror.NotFound
		if errors.As(err, &none) {
			return nil
		}
		if err != nil {
			return err
		}
		info := described.GetWorkflowExecutionInfo()
		value, set := info.GetSearchAttributes().GetIndexedFields()[contract.OrderState.GetName()]
		if set && info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
			return converter.GetDefaultDataConverter().FromPayload(value, &state)
		}
		return nil
	})
	return state, err
}

// fits tells whether a button is pressed on an order in a state.
func fits(state domain.OrderState, unshipped bool) bool {
	switch state {
	case domain.Received, domain.WaitingForShop, domain.Validated, domain.Enriched, domain.Submitted, domain.Accepted:
		return true
	case domain.Closed, domain.Cancelled, domain.RejectedState, "":
		return false
	}
	return !unshipped
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
