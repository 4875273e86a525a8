package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"selvedge/internal/contract"
	"selvedge/internal/devtemporal"
	"selvedge/internal/domain"
)

// TestReplayNamesTheRunsThatWouldBreak lets another build begin three orders (one as this
// build would, one otherwise, and one that no build has begun) and a return, and leaves
// runs of unknown types and on other queues lying about.
func TestReplayNamesTheRunsThatWouldBreak(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // the dev server may have to be built
	defer cancel()
	server, err := devtemporal.Start(ctx, devtemporal.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Kill() }) // its database is a temporary one
	c, err := client.Dial(client.Options{HostPort: server.Address, Namespace: server.Namespace})
	require.NoError(t, err)
	t.Cleanup(c.Close)

	report, err := replayOpenRuns(ctx, c, replayCmd{}, new(replayProgress))
	require.NoError(t, err)
	require.Zero(t, report.Runs)

	other := worker.New(c, contract.QueueOrders, worker.Options{LocalActivityWorkerOnly: true})
	other.RegisterWorkflowWithOptions(otherBuild, workflow.RegisterOptions{Name: "OrderWorkflow"})
	other.RegisterWorkflowWithOptions(func(ctx workflow.Context) error { return workflow.Sleep(ctx, time.Hour) }, workflow.RegisterOptions{Name: "Gone"})
	other.RegisterWorkflowWithOptions(otherReturn, workflow.RegisterOptions{Name: "ReturnWorkflow"})
	require.NoError(t, other.Start())
	beginOn := func(queue, name, id string, in any) {
		_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: queue}, name, in)
		require.NoError(t, err)
	}
	begin := func(name, id string, in any) { beginOn(contract.QueueOrders, name, id, in) }
	order := func(number string) (string, contract.OrderInput) {
		id := domain.OrderID{Store: "atelier", Number: number}
		return contract.OrderWorkflowID(id), contract.OrderInput{Order: id}
	}
	same, sameInput := order("1001")
	begin("OrderWorkflow", same, sameInput)
	changed, changedInput := order("1002")
	begin("OrderWorkflow", changed, changedInput)
	begin("Gone", "gone/1", nil)
	returned := contract.ReturnInput{Order: changedInput.Order, Number: 1}
	begin("ReturnWorkflow", returned.WorkflowID(), returned)
	require.Eventually(t, func() bool {
		report, err := replayOpenRuns(ctx, c, replayCmd{}, new(replayProgress))
		require.NoError(t, err)
		return report.Runs == 4 && report.Fresh == 0
	}, 30*time.Second, 100*time.Millisecond)
	other.Stop()
	fresh, freshInput := order("1003")
	begin("OrderWorkflow", fresh, freshInput)

	require.Eventually(t, func() bool {
		report, err = replayOpenRuns(ctx, c, replayCmd{}, new(replayProgress))
		require.NoError(t, err)
		return report.Runs == 5
	}, 30*time.Second, 100*time.Millisecond)
	require.Equal(t, 1, report.Fresh)
	require.Equal(t, 1, report.Replayed, "%+v", report.Breaks)
	require.Len(t, report.Breaks, 3)
	require.Equal(t, "gone/1", report.Breaks[0].Workflow)
	require.Contains(t, report.Breaks[0].Why, "Gone")
	require.Equal(t, changed, report.Breaks[1].Workflow)
	require.Contains(t, report.Breaks[1].Why, "TMPRL1100", "the SDK's name for a history that does not fit")
	require.Equal(t, map[string]int{"OrderWorkflow": 3, "ReturnWorkflow": 1, "Gone": 1}, report.ByType)
	require.Equal(t, returned.WorkflowID(), report.Breaks[2].Workflow)
	require.Contains(t, report.Breaks[2].Why, "TMPRL1100")
	require.ErrorIs(t, report.verdict(), errWouldBreak)

	beginOn("lost-and-found", "OrderWorkflow", "order/atelier/1004", freshInput)
	beginOn("somebody-elses", "Foreign", "foreign/1", nil)
	begin("Gone", "gone/2", nil)
	require.Eventually(t, func() bool {
		report, err = replayOpenRuns(ctx, c, replayCmd{}, new(replayProgress))
		require.NoError(t, err)
		return report.Runs == 7
	}, 30*time.Second, 100*time.Millisecond)
	require.Len(t, report.Breaks, 5)
	require.Equal(t, "gone/2", report.Breaks[1].Workflow, "it has not begun, and this build could not begin it")
	require.Equal(t, "order/atelier/1004", report.Breaks[3].Workflow)
	require.Contains(t, report.Breaks[3].Why, `"lost-and-found"`)

	report, err = replayOpenRuns(ctx, c, replayCmd{Query: fmt.Sprintf("WorkflowId = '%s'", same)}, new(replayProgress))
	require.NoError(t, err)
	require.Equal(t, replayReport{Open: 1, Runs: 1, Replayed: 1, Breaks: []replayBreak{}, Unread: []replayBreak{}, ByType: map[string]int{"OrderWorkflow": 1}}, report)
	report, err = replayOpenRuns(ctx, c, replayCmd{Limit: 2, Parallel: 1}, new(replayProgress))
	require.NoError(t, err)
	require.Equal(t, 2, report.Runs)
	require.True(t, report.More)
	var far replayProgress
	report, err = replayOpenRuns(ctx, c, replayCmd{Sample: 3, Parallel: 1}, &far)
	require.NoError(t, err)
	require.Equal(t, []any{7, 3, true}, []any{report.Open, report.Runs, report.More}, "every third of seven, the newest and the oldest among them")
	require.Equal(t, "replaying open runs: 3 of 3, 2 would break", far.String())
	for _, all := range []int{7, 100} {
		report, err = replayOpenRuns(ctx, c, replayCmd{Sample: all}, new(replayProgress))
		require.NoError(t, err)
		require.Equal(t, []any{7, false}, []any{report.Runs, report.More})
	}
	_, err = replayOpenRuns(ctx, c, replayCmd{Query: "nonsense here"}, new(replayProgress))
	require.ErrorIs(t, err, errMisuse)
	require.ErrorContains(t, err, "nonsense here")
}

// otherReturn asks a system that this build asks of nothing, before it looks.
func otherReturn(ctx workflow.Context, _ contract.ReturnInput) error {
	ask := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{TaskQueue: "carrier", ScheduleToCloseTimeout: time.Hour})
	return workflow.ExecuteActivity(ask, "AskCarrier", "where it is").Get(ctx, nil)
}

// otherBuild begins order 1001 as this build does, by looking, and any other by sleeping.
func otherBuild(ctx workflow.Context, in contract.OrderInput) error {
	if in.Order.Number != "1001" {
		return workflow.Sleep(ctx, time.Hour)
	}
	look := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute})
	err := workflow.ExecuteLocalActivity(look, AssessOrder, contract.AssessInput{Order: in.Order}).Get(ctx, nil)
	if err != nil {
		return err
	}
	return errors.New("not reached: the look takes as long as the test")
}

// AssessOrder waits, so that its order's first task heartbeats and stays open.
func AssessOrder(ctx context.Context, _ contract.AssessInput) (contract.Assessment, error) {
	<-ctx.Done()
	return contract.Assessment{}, ctx.Err()
}

func TestReplayIsReadByPeople(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	printReplay(&out, replayReport{})
	require.Equal(t, "No open runs were found: nothing can break.\n", out.String())
	out.Reset()
	r := replayReport{Runs: 60, Replayed: 8, ByType: map[string]int{"OrderWorkflow": 60}}
	for n := range 52 {
		r.Breaks = append(r.Breaks, replayBreak{Workflow: fmt.Sprintf("order/atelier/%d", n), Type: "OrderWorkflow", Run: "r", Why: "does not fit"})
	}
	printReplay(&out, r)
	require.Contains(t, out.String(), "60 open runs at 20")
	require.Contains(t, out.String(), "8 go on with this build, 0 have not begun, 0 ended meanwhile, 52 would break")
	require.Contains(t, out.String(), "would break: order/atelier/49 (OrderWorkflow, run r)")
	require.Contains(t, out.String(), "and 2 more; --json lists all")
}

func TestASampleIsSpreadOverAllAges(t *testing.T) {
	t.Parallel()
	require.Equal(t, "counting open runs", new(replayProgress).String())
	for _, tt := range []struct{ sample, limit, open, wanted, stride int }{
		{open: 1000, wanted: 1000, stride: 1},
		{limit: 10, open: 1000, wanted: 10, stride: 1},
		{limit: 10, open: 4, wanted: 4, stride: 1},
		{sample: 100, open: 1000, wanted: 100, stride: 10},
		{sample: 300, open: 1000, wanted: 250, stride: 4},
		{sample: 1, open: 1000, wanted: 1, stride: 1000},
		{sample: 5000, open: 1000, wanted: 1000, stride: 1},
		{sample: 5, open: 0, wanted: 0, stride: 1},
	} {
		o := openRuns{replayCmd: replayCmd{Sample: tt.sample, Limit: tt.limit}}
		require.Equal(t, []int{tt.wanted, tt.stride}, []int{o.wanted(tt.open), o.stride(tt.open)}, "%+v", tt)
	}
}

// TestReplayOutcomesDecideOnTheGate: what is not known to go on is no reason to roll out.
func TestReplayOutcomesDecideOnTheGate(t *testing.T) {
	t.Parallel()
	require.NoError(t, replayReport{Runs: 3, Replayed: 2, Fresh: 1}.verdict())
	broken := replayReport{Breaks: []replayBreak{{Workflow: "return/atelier/1/1"}}, Unread: []replayBreak{{Workflow: "order/atelier/1"}}}
	require.ErrorIs(t, broken.verdict(), errWouldBreak)
	require.ErrorIs(t, broken.verdict(), errUnread)
	require.ErrorContains(t, broken.verdict(), "workflow.GetVersion")
	var out strings.Builder
	printReplay(&out, replayReport{Open: 9000, Runs: 2, More: true, Unread: []replayBreak{{Workflow: "order/atelier/1", Why: "deadline"}}})
	require.Contains(t, out.String(), "2 of 9000 open runs at")
	require.Contains(t, out.String(), "could not be read: order/atelier/1")
	require.Contains(t, out.String(), "left out by --limit or --sample")
}
