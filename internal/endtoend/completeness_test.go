package endtoend_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/workflows"
)

// openForCounting is a world where the shop tells nothing by itself and the count gives
// intake no grace, so that no story has to wait for minutes to pass.
func openForCounting(t *testing.T) *world {
	t.Helper()
	w := open(t, options{deaf: true})
	w.countsAtOnce(t)
	require.Zero(t, w.count(t).Ready, "the first count is that of a shop without orders")
	return w
}

// countsAtOnce starts the workers anew, and their count gives intake no grace.
func (w *world) countsAtOnce(t *testing.T) {
	t.Helper()
	w.stopWorkers()
	set := w.parts.Activities(w.client)
	set.Completeness.Grace = 0
	w.mu.Lock()
	for _, queue := range contract.Queues() {
		one := worker.New(w.client, queue, worker.Options{DisableWorkflowWorker: queue != contract.QueueOrders})
		if queue == contract.QueueOrders {
			workflows.Register(one)
		}
		set.Register(one)
		require.NoError(t, one.Start())
		w.workers = append(w.workers, one)
	}
	w.mu.Unlock()
}

// count runs the workflow of the completeness schedule once.
func (w *world) count(t *testing.T) contract.CompletenessResult {
	t.Helper()
	var result contract.CompletenessResult
	run, err := w.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: contract.QueueOrders}, "CompletenessWorkflow", contract.CompletenessInput{Store: atelier})
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), &result))
	require.Equal(t, result.Ready, result.InWarehouse+result.Waiting+result.Refused+result.Ended+result.Gaps, "every count adds up: %+v", result)
	return result
}

// standings are where the certificates say that orders stand: the first word and the last on each.
func (w *world) standings(t *testing.T) (first, last map[string]ports.Counted) {
	t.Helper()
	certificates, err := w.parts.Store.Certificates(t.Context(), atelier, 1000)
	require.NoError(t, err)
	first, last = map[string]ports.Counted{}, map[string]ports.Counted{}
	for _, c := range certificates { // newest first
		require.Len(t, c.Orders, c.Ready)
		for _, o := range c.Orders {
			first[o.Number] = o
			if _, told := last[o.Number]; !told {
				last[o.Number] = o
			}
		}
	}
	return first, last
}

func (w *world) runOf(t *testing.T, number int) string {
	t.Helper()
	d, err := w.client.DescribeWorkflowExecution(t.Context(), workflowID(number), "")
	require.NoError(t, err)
	return d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

func (w *world) isRunning(t *testing.T, number int) bool {
	t.Helper()
	s, err := w.look(t.Context(), number)
	return err == nil && s.status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING
}

func TestAnOrderWhoseEveryEventWasLostIsFoundAndStarted(t *testing.T) {
	t.Parallel()
	w := openForCounting(t)
	w.sell(t, sale(9001), nil)
	eventually(t, "the count finds the order", func() bool { return w.count(t).Gaps == 1 })
	w.closes(t, 9001)
	w.requireDelivered(t, 9001, 1)
	first, _ := w.standings(t)
	require.Equal(t, ports.Counted{Number: "9001", Standing: ports.StandGap, Reason: "1 unit never taken in"}, first["9001"])

	require.Equal(t, 1, w.count(t).Healed, "the next run resolves what healed")
	require.Empty(t, w.systemExceptions(t))
	eventually(t, "the order is counted as ended", func() bool {
		require.Zero(t, w.count(t).Gaps)
		_, last := w.standings(t)
		return last["9001"].Standing == ports.StandEnded
	})
}

func TestAGapIsAnExceptionUntilTheNextCount(t *testing.T) {
	t.Parallel()
	w := openForCounting(t)
	w.sell(t, sale(9101), stays())
	eventually(t, "the count finds the order", func() bool { return w.count(t).Gaps == 1 })
	open := w.systemExceptions(t)
	require.Len(t, open, 1)
	require.Equal(t, "gap", open[0].Kind)
	require.Equal(t, "gap:atelier/9101", open[0].Cause)
	require.Equal(t, "engineering", open[0].Owner)
	w.atFloor(t, 9101)
	w.count(t)
	require.Empty(t, w.systemExceptions(t))
}

func TestATerminatedOrderIsStartedAgainAndFinishes(t *testing.T) {
	t.Parallel()
	w := openForCounting(t)
	w.sell(t, sale(9201), stays())
	_, err := w.intake.TakeOrders(t.Context(), atelier, []string{"9201"})
	require.NoError(t, err)
	w.atFloor(t, 9201)
	before := w.runOf(t, 9201)
	require.NoError(t, w.client.TerminateWorkflow(t.Context(), workflowID(9201), "", "somebody pressed it"))
	require.False(t, w.isRunning(t, 9201))

	eventually(t, "the count starts it again", func() bool { return w.count(t).Restarted+w.restarted(t, 9201) > 0 })
	require.True(t, w.isRunning(t, 9201))
	require.NotEqual(t, before, w.runOf(t, 9201))
	w.act(t, acs.Action{Account: accountN, Order: orderID(9201).Number, Action: "ship"})
	w.closes(t, 9201)
	w.requireDelivered(t, 9201, 1)
	require.Len(t, w.facts(t, 9201, domain.FactSubmitted), 1, "it is handed over once")
	w.count(t)
	require.Empty(t, w.systemExceptions(t))
}

// restarted is 1 when the count of the window, not the look at open orders, started it.
func (w *world) restarted(t *testing.T, number int) int {
	first, _ := w.standings(t)
	if first[fmt.Sprint(number)].Standing == ports.StandGap {
		return 1
	}
	return 0
}

func TestAClosedOrderIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := openForCounting(t)
	w.sell(t, sale(9301), nil)
	_, err := w.intake.TakeOrders(t.Context(), atelier, []string{"9301"})
	require.NoError(t, err)
	w.closes(t, 9301)
	run := w.runOf(t, 9301)
	eventually(t, "the order is counted as ended", func() bool {
		result := w.count(t)
		require.Zero(t, result.Restarted+result.Gaps)
		_, last := w.standings(t)
		return last["9301"].Standing == ports.StandEnded
	})
	require.Equal(t, run, w.runOf(t, 9301), "no new run")
	require.False(t, w.isRunning(t, 9301))
	require.Empty(t, w.systemExceptions(t))
}

func TestAChangeThatWasLostIsFound(t *testing.T) {
	t.Parallel()
	w := openForCounting(t)
	w.sell(t, sale(9401, func(o *centra.SeedOrder) { o.OnHold = true }), nil)
	_, err := w.intake.TakeOrders(t.Context(), atelier, []string{"9401"})
	require.NoError(t, err)
	w.until(t, 9401, "waiting for the shop", func(s shown) bool { return s.state == domain.WaitingForShop })
	require.Zero(t, w.count(t).Ready, "a held order is not ready")
	placed := time.Now().Truncate(time.Second)
	eventually(t, "a second passes", func() bool { return time.Now().Truncate(time.Second).After(placed) })
	w.admin(t, centra.Action{Action: "unhold", Order: 9401})
	eventually(t, "the count finds the change", func() bool { return w.count(t).Gaps == 1 })
	w.closes(t, 9401)
	w.requireDelivered(t, 9401, 1)
}

func TestTheStatementOfADayAddsUp(t *testing.T) {
	t.Parallel()
	w := openForCounting(t)
	want := map[string]ports.Standing{}
	sold := func(number int, stands ports.Standing, plan *acs.FloorPlan, change ...func(*centra.SeedOrder)) {
		w.sell(t, sale(number, change...), plan)
		if stands != "" {
			want[fmt.Sprint(number)] = stands
		}
	}
	for number := 9501; number <= 9512; number++ {
		sold(number, ports.StandEnded, nil)
	}
	for number := 9513; number <= 9518; number++ {
		sold(number, ports.StandInWarehouse, stays())
	}
	for number := 9519; number <= 9522; number++ {
		sold(number, ports.StandWaiting, nil, func(o *centra.SeedOrder) { o.ShippingOption = "Express Saver" })
	}
	sold(9523, ports.StandRefused, nil, func(o *centra.SeedOrder) { o.Currency, o.Market, o.Pricelist = "ZZZ", "", "" })
	sold(9524, "", nil, func(o *centra.SeedOrder) { o.OnHold = true })
	sold(9525, "", nil, func(o *centra.SeedOrder) { o.Store, o.Market, o.Pricelist = showroom, "", "" })
	w.runIntake(t)
	for number := 9526; number <= 9530; number++ { // nobody tells of these
		sold(number, ports.StandEnded, nil)
	}
	for number := 9501; number <= 9512; number++ {
		w.closes(t, number)
	}
	for number := 9513; number <= 9518; number++ {
		w.atFloor(t, number)
	}
	for number := 9519; number <= 9522; number++ {
		w.asks(t, number, "unmapped")
	}
	gaps := 0
	eventually(t, "all lost orders are found", func() bool {
		gaps += w.count(t).Gaps
		return gaps >= 5
	})
	require.Equal(t, 5, gaps)
	for number := 9526; number <= 9530; number++ {
		w.closes(t, number)
		w.requireDelivered(t, number, 1)
	}
	eventually(t, "the certificates tell of every order where it stands", func() bool {
		w.count(t)
		_, last := w.standings(t)
		for number, stands := range want {
			if last[number].Standing != stands {
				return false
			}
		}
		return true
	})
	_, last := w.standings(t)
	require.Len(t, last, len(want), "28 of 30: one is held, one is wholesale")
	for number := 9519; number <= 9522; number++ {
		require.Contains(t, last[fmt.Sprint(number)].Reason, "unmapped:shipping-method", "each waits with a named cause")
	}
	require.Contains(t, last["9523"].Reason, "ZZZ")
	require.Empty(t, w.systemExceptions(t))
}
