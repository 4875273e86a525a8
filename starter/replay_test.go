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

// TestReplayNamesTheRunsThatWouldBreak lets another build begin three orders: one as
// this build would, one otherwise, and one that no build has begun.
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

	report, err := replayOpenRuns(ctx, c, "", 0)
	require.NoError(t, err)
	require.Zero(t, report.Runs)

	other := worker.New(c, contract.QueueOrders, worker.Options{LocalActivityWorkerOnly: true})
	other.RegisterWorkflowWithOptions(otherBuild, workflow.RegisterOptions{Name: "OrderWorkflow"})
	other.RegisterWorkflowWithOptions(func(ctx workflow.Context) error { return workflow.Sleep(ctx, time.Hour) }, workflow.RegisterOptions{Name: "Gone"})
	require.NoError(t, other.Start())
	begin := func(name, id string, in any) {
		_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: contract.QueueOrders}, name, in)
		require.NoError(t, err)
	}
	order := func(number string) (string, contract.OrderInput) {
		id := domain.OrderID{Store: "atelier", Number: number}
		return contract.OrderWorkflowID(id), contract.OrderInput{Order: id}
	}
	same, sameInput := order("1001")
	begin("OrderWorkflow", same, sameInput)
	changed, changedInput := order("1002")
	begin("OrderWorkflow", changed, changedInput)
	begin("Gone", "gone/1", nil)
	require.Eventually(t, func() bool {
		report, err := replayOpenRuns(ctx, c, "", 0)
		require.NoError(t, err)
		return report.Runs == 3 && report.Fresh == 0
	}, 30*time.Second, 100*time.Millisecond)
	other.Stop()
	fresh, freshInput := order("1003")
	begin("OrderWorkflow", fresh, freshInput)

	require.Eventually(t, func() bool {
		report, err = replayOpenRuns(ctx, c, "", 0)
		require.NoError(t, err)
		return report.Runs == 4
	}, 30*time.Second, 100*time.Millisecond)
	require.Equal(t, 1, report.Fresh)
	require.Equal(t, 1, report.Replayed, "%+v", report.Breaks)
	require.Len(t, report.Breaks, 2)
	require.Equal(t, "gone/1", report.Breaks[0].Workflow)
	require.Contains(t, report.Breaks[0].Why, "Gone")
	require.Equal(t, changed, report.Breaks[1].Workflow)
	require.Contains(t, report.Breaks[1].Why, "TMPRL1100", "the SDK's name for a history that does not fit")
	require.Equal(t, map[string]int{"OrderWorkflow": 3, "Gone": 1}, report.ByType)

	report, err = replayOpenRuns(ctx, c, fmt.Sprintf("WorkflowId = '%s'", same), 0)
	require.NoError(t, err)
	require.Equal(t, replayReport{Runs: 1, Replayed: 1, Breaks: []replayBreak{}, ByType: map[string]int{"OrderWorkflow": 1}}, report)
	report, err = replayOpenRuns(ctx, c, "", 2)
	require.NoError(t, err)
	require.Equal(t, 2, report.Runs)
	_, err = replayOpenRuns(ctx, c, "nonsense here", 0)
	require.ErrorIs(t, err, errMisuse)
	require.ErrorContains(t, err, "nonsense here")
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
