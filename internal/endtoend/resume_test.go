package endtoend_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/store"
)

const expressSaver = "unmapped:shipping-method:centra:Express Saver"

// manyOrders is how many orders wait on one cause; ENDTOEND_RESUME_ORDERS=1000 measures
// the promise that a thousand are freed within a minute.
func manyOrders(t *testing.T) int {
	t.Helper()
	n := 40
	if text := os.Getenv("ENDTOEND_RESUME_ORDERS"); text != "" {
		var err error
		n, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	return n
}

// TestManyOrdersOfOneCauseAreFreedOnceEach: a rule is missing, it is added, and one
// press frees all that waited for it.
func TestManyOrdersOfOneCauseAreFreedOnceEach(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true})
	n := manyOrders(t)
	w.stuck(t, 11000, n)
	stopped := w.press(t, expressSaver, 0)
	require.Contains(t, stopped.Stopped, "atelier/11000 was freed first and waits on the same cause again")
	require.Empty(t, w.atWarehouse(11000))

	w.mend(t)
	began := time.Now()
	result := w.press(t, expressSaver, 0)
	t.Logf("%d orders in %s: %+v", n, time.Since(began), result)
	require.Empty(t, result.Stopped)
	require.Empty(t, result.Failed)
	require.Equal(t, n, result.Freed, "%+v", result)
	w.onceEach(t, 11000, n)
	outcomes, err := w.parts.Store.ResumeOutcomes(t.Context(), result.Run, 2*n)
	require.NoError(t, err)
	require.Len(t, outcomes, n)
	for _, o := range outcomes {
		require.Equal(t, ports.OutcomeFreed, o.Outcome, o.Order)
	}

	before := w.floorRequests()
	require.Zero(t, w.press(t, expressSaver, 0).Freed, "a second press finds nobody")
	require.Equal(t, before, w.floorRequests())
	w.onceEach(t, 11000, n)
	if n <= 200 {
		for i := range n {
			require.Len(t, w.facts(t, 11000+i, domain.FactSubmitted), 1)
		}
	}
}

// TestFreedOrdersUseWhatTheWarehouseAllowsAndNoMore: ten requests a second after a
// burst of fifty. A limit is no outage, so no order is delayed by it.
func TestFreedOrdersUseWhatTheWarehouseAllowsAndNoMore(t *testing.T) {
	t.Parallel()
	limits := map[string]string{}
	for n := range 2 {
		limits[fmt.Sprintf("SELVEDGE_ACS_%d_REQUESTS_PER_SECOND", n)], limits[fmt.Sprintf("SELVEDGE_ACS_%d_BURST", n)] = "10", "50"
	}
	w := open(t, options{deaf: true, limited: true, env: limits})
	n := manyOrders(t)
	w.stuck(t, 15000, n)
	w.mend(t)
	asked := w.floorWeather.Stats().Requests
	result := w.press(t, expressSaver, 0)
	asked = w.floorWeather.Stats().Requests - asked
	require.Equal(t, n, result.Freed, "%+v", result)
	var first, last time.Time
	for i := range n {
		submitted := w.facts(t, 15000+i, domain.FactSubmitted)
		require.Len(t, submitted, 1)
		if at := submitted[0].At; first.IsZero() || at.Before(first) {
			first = at
		}
		if at := submitted[0].At; at.After(last) {
			last = at
		}
	}
	took, ideal := last.Sub(first), time.Duration(max(0, n-50))*time.Second/10
	t.Logf("%d orders in %s by %d requests, where the warehouse's limits allow no less than %s", n, took, asked, ideal)
	require.Less(t, asked, n+n/5+5, "one request an order: the limit is spent on orders")
	require.GreaterOrEqual(t, took, ideal*9/10, "or the warehouse does not limit")
	w.onceEach(t, 15000, n)
	for i := range n {
		s, err := w.look(t.Context(), 15000+i)
		require.NoError(t, err)
		require.NotEqual(t, domain.Delayed, s.state)
	}
	require.Empty(t, w.systemExceptions(t), "a limit is no outage")
}

// TestAResumeThatWasStoppedHalfWayGoesOn: its worker is killed, and its workflow is
// terminated and pressed again.
func TestAResumeThatWasStoppedHalfWayGoesOn(t *testing.T) {
	t.Parallel()
	const n = 24
	for name, stop := range map[string]func(*testing.T, *world, client.WorkflowRun){
		"the worker is killed": func(t *testing.T, w *world, _ client.WorkflowRun) {
			w.stopWorkers()
			w.startWorkers(t)
		},
		"the workflow is terminated and pressed again": func(t *testing.T, w *world, run client.WorkflowRun) {
			require.NoError(t, w.client.TerminateWorkflow(t.Context(), run.GetID(), "", "a person"))
			w.press(t, expressSaver, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t, options{deaf: true})
			w.stuck(t, 12000, n)
			w.mend(t)
			run := w.start(t, expressSaver, 4)
			eventually(t, "some orders have reached the warehouse", func() bool { return w.held(12000, n) >= 4 })
			require.Less(t, w.held(12000, n), n, "or nothing is proven")
			stop(t, w, run)
			eventually(t, "all orders have reached the warehouse", func() bool { return w.held(12000, n) == n })
			w.onceEach(t, 12000, n)
			eventually(t, "the last run ended", func() bool {
				runs, err := w.parts.Store.Resumes(t.Context(), expressSaver, 5)
				require.NoError(t, err)
				return runs[0].State == "done"
			})
			runs, err := w.parts.Store.Resumes(t.Context(), expressSaver, 5)
			require.NoError(t, err)
			total := 0
			for _, r := range runs {
				require.NotEqual(t, "running", r.State)
				total += r.Counts.Signalled()
			}
			require.GreaterOrEqual(t, total, n)
		})
	}
}

// TestTwoPeoplePressAtOnce: both wait for the same run.
func TestTwoPeoplePressAtOnce(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true})
	const n = 6
	w.stuck(t, 13000, n)
	w.mend(t)
	first, second := w.start(t, expressSaver, 20), w.start(t, expressSaver, 20)
	require.Equal(t, first.GetRunID(), second.GetRunID())
	for _, run := range []client.WorkflowRun{first, second} {
		var result contract.ResumeResult
		require.NoError(t, run.Get(t.Context(), &result))
		require.Equal(t, n, result.Freed)
	}
	w.onceEach(t, 13000, n)
	for i := range n {
		require.Len(t, w.facts(t, 13000+i, domain.FactAnswered), 1)
	}
}

// TestOrdersThatCannotAllGoOnAreToldApart: of the orders of one cause one goes on, one
// waits on something else, and one has lost its workflow.
func TestOrdersThatCannotAllGoOnAreToldApart(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true})
	w.sell(t, sale(14001, unmapped), stays())
	w.sell(t, sale(14002, unmapped, with(line(14002, 1, bare, 1))), stays()) // lacks an attribute, too
	w.sell(t, sale(14003, unmapped), stays())
	for number := 14001; number <= 14003; number++ {
		w.take(t, number)
	}
	w.asks(t, 14001, expressSaver)
	w.asks(t, 14002, expressSaver, "incomplete-item")
	w.asks(t, 14003, expressSaver)
	require.NoError(t, w.client.TerminateWorkflow(t.Context(), workflowID(14003), "", "lost"))
	w.mend(t)
	result := w.press(t, expressSaver, 0)
	require.Equal(t, 1, result.Freed, "%+v", result)
	require.Equal(t, 1, result.OtherCause, "%+v", result)
	require.Equal(t, []string{"atelier/14003"}, result.Failed)
	outcomes, err := w.parts.Store.ResumeOutcomes(t.Context(), result.Run, 10)
	require.NoError(t, err)
	told := map[string]ports.ResumeOutcome{}
	for _, o := range outcomes {
		told[o.Order.Number] = o
	}
	require.Equal(t, ports.OutcomeFreed, told["14001"].Outcome)
	require.Equal(t, ports.OutcomeOtherCause, told["14002"].Outcome)
	require.Equal(t, []string{"incomplete-item:BARE-1:itemCondition"}, told["14002"].Causes)
	require.Equal(t, ports.OutcomeNotSignalled, told["14003"].Outcome)
}

// stuck sells n orders by a method that no rule knows, and waits until all of them ask.
func (w *world) stuck(t *testing.T, first, n int) {
	t.Helper()
	var orders []centra.SeedOrder
	var plans []acs.FloorPlan
	var numbers []string
	for i := range n {
		orders = append(orders, sale(first+i, unmapped))
		plan := *stays()
		plan.Order = fmt.Sprintf("%s/%d", atelier, first+i)
		plans = append(plans, plan)
		numbers = append(numbers, strconv.Itoa(first+i))
	}
	w.mu.Lock()
	for i := range n {
		w.numbers = append(w.numbers, first+i)
	}
	w.mu.Unlock()
	require.NoError(t, w.floor.Seed(acs.Seed{Floor: plans, Accounts: []acs.AccountSeed{{
		Account: accountN, Inventory: []acs.InventorySeed{{SKU: shirt, Quantities: map[string]int{"available": 10 * n}}},
	}}}))
	require.NoError(t, w.shop.Seed(centra.Seed{Orders: orders}))
	for len(numbers) > 0 {
		page := numbers[:min(100, len(numbers))]
		numbers = numbers[len(page):]
		_, err := w.intake.TakeOrders(t.Context(), atelier, page)
		require.NoError(t, err)
	}
	for deadline := time.Now().Add(5 * time.Minute); ; {
		open, err := w.parts.Store.OpenExceptions(t.Context(), store.ExceptionFilter{Cause: expressSaver}, 10*n)
		require.NoError(t, err)
		if len(open) == n {
			break
		}
		require.True(t, time.Now().Before(deadline), "%d of %d wait", len(open), n)
		select {
		case <-t.Context().Done():
		case <-time.After(glance):
		}
	}
	// A look that took too long is repeated after its question stood in the store: only one
	// that the workflow shows is its last, and waits for somebody.
	for i := range n {
		w.until(t, first+i, "waits for a person", func(s shown) bool { return s.state == domain.NeedsAttention })
	}
}

// mend adds the rule that is missing.
func (w *world) mend(t *testing.T) {
	t.Helper()
	_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleShippingMethod, From: "express saver", To: "RM24"}}, "ann", "contract of May", time.Now())
	require.NoError(t, err)
}

// start frees a cause as the console and the command line do.
func (w *world) start(t *testing.T, cause string, perSecond float64) client.WorkflowRun {
	t.Helper()
	run, err := w.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: contract.ResumeWorkflowID(cause), TaskQueue: contract.QueueOrders,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, "ResumeWorkflow", contract.ResumeInput{Cause: cause, PerSecond: perSecond, By: "ann", Reason: "mended"})
	require.NoError(t, err)
	return run
}

// press frees a cause and waits for the end.
func (w *world) press(t *testing.T, cause string, perSecond float64) contract.ResumeResult {
	t.Helper()
	var result contract.ResumeResult
	require.NoError(t, w.start(t, cause, perSecond).Get(t.Context(), &result))
	return result
}

// held counts orders of a row of numbers that the north holds.
func (w *world) held(first, n int) int {
	count := 0
	for _, a := range w.floor.State() {
		for _, o := range a.Orders {
			if number, err := strconv.Atoi(o.Number); err == nil && number >= first && number < first+n {
				count++
			}
		}
	}
	return count
}

// onceEach demands that each order of a row stands in the north once and nowhere else.
func (w *world) onceEach(t *testing.T, first, n int) {
	t.Helper()
	seen := map[string]int{}
	for _, a := range w.floor.State() {
		for _, o := range a.Orders {
			seen[o.References["order"]]++
		}
	}
	for i := range n {
		require.Equal(t, 1, seen[orderID(first+i).String()], "order %d", first+i)
	}
}

// floorRequests counts what the warehouses hold, whatever its state.
func (w *world) floorRequests() int {
	n := 0
	for _, a := range w.floor.State() {
		n += len(a.Orders)
	}
	return n
}
