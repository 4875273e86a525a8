package workflows_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/workflows"
)

// standby answers for the activities of outages and writes down what was asked.
type standby struct {
	env    *testsuite.TestWorkflowEnvironment
	world  sync.Mutex // held while an activity runs
	calls  []string
	freed  []activities.FreeInput
	probe  func() error
	list   func(contract.ResumeInput) []domain.OrderID
	timers []time.Duration
}

func newStandby(t *testing.T) *standby {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	s := &standby{env: suite.NewTestWorkflowEnvironment()}
	s.env.SetStartTime(dawn)
	s.env.SetTestTimeout(20 * time.Second)
	s.env.RegisterWorkflow(workflows.OutageWorkflow)
	s.env.RegisterWorkflow(workflows.ResumeWorkflow)
	s.list = func(contract.ResumeInput) []domain.OrderID { return nil }
	as := func(name string, f any) { s.env.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	told := func(name string) func(context.Context, contract.OutageInput) error {
		return func(_ context.Context, in contract.OutageInput) error {
			s.world.Lock()
			defer s.world.Unlock()
			s.calls = append(s.calls, name+" "+in.System)
			return nil
		}
	}
	as("OpenOutage", told("OpenOutage"))
	as("CloseOutage", told("CloseOutage"))
	as("ProbeSystem", func(context.Context, contract.OutageInput) error {
		s.world.Lock()
		defer s.world.Unlock()
		s.calls = append(s.calls, "ProbeSystem")
		return s.probe()
	})
	as("ListWaiting", func(_ context.Context, in contract.ResumeInput) (activities.WaitingPage, error) {
		s.world.Lock()
		defer s.world.Unlock()
		s.calls = append(s.calls, "ListWaiting "+in.After)
		return activities.WaitingPage{Orders: s.list(in)}, nil
	})
	as("FreeOrders", func(_ context.Context, in activities.FreeInput) error {
		s.world.Lock()
		defer s.world.Unlock()
		s.calls = append(s.calls, fmt.Sprintf("FreeOrders %d", len(in.Orders)))
		s.freed = append(s.freed, in)
		return nil
	})
	s.env.SetOnTimerScheduledListener(func(_ string, after time.Duration) { s.timers = append(s.timers, after) })
	return s
}

func TestAnOutageAlertsOnceProbesAndFreesTheOrders(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	probes := 0
	s.probe = func() error {
		if probes++; probes < 7 {
			return unavailable("acs")
		}
		return nil
	}
	s.env.ExecuteWorkflow(workflows.OutageWorkflow, contract.OutageInput{System: "acs", ProbeEvery: 15 * time.Second})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []string{"OpenOutage acs", "ProbeSystem", "ProbeSystem", "ProbeSystem", "ProbeSystem", "ProbeSystem", "ProbeSystem", "ProbeSystem", "ListWaiting ", "CloseOutage acs"}, s.calls)
	require.Equal(t, []time.Duration{15 * time.Second, 30 * time.Second, 45 * time.Second, time.Minute, time.Minute, time.Minute}, s.timers)
}

func TestALongOutageContinuesAsNewWithoutAnotherAlert(t *testing.T) {
	t.Parallel()
	first := newStandby(t)
	first.probe = func() error { return unavailable("acs") }
	first.env.ExecuteWorkflow(workflows.OutageWorkflow, contract.OutageInput{System: "acs", ProbeEvery: time.Second})
	next := (&desk{t: t, env: first.env}).outage()
	require.Equal(t, 401, next.Probes)
	require.True(t, next.Since.Equal(dawn))

	second := newStandby(t)
	second.probe = func() error { return nil }
	second.env.ExecuteWorkflow(workflows.OutageWorkflow, next)
	require.NoError(t, second.env.GetWorkflowError())
	require.Equal(t, []string{"ProbeSystem", "ListWaiting ", "CloseOutage acs"}, second.calls)
}

func TestAnOutageWhoseOrdersAreBeingFreedAlreadyIsOver(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	s.probe = func() error { return nil }
	s.env.ExecuteWorkflow(func(ctx workflow.Context) error {
		running := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: contract.ResumeWorkflowID(domain.NewCause("unavailable", "acs"))})
		other := workflow.ExecuteChildWorkflow(running, workflows.ResumeWorkflow, contract.ResumeInput{Cause: "unavailable:acs", After: "atelier/1"})
		if err := workflow.ExecuteChildWorkflow(ctx, workflows.OutageWorkflow, contract.OutageInput{System: "acs"}).Get(ctx, nil); err != nil {
			return err
		}
		return other.Get(ctx, nil)
	})
	require.NoError(t, s.env.GetWorkflowError())
}

// waitingOrders pages through n orders, a hundred at a time, as the store does.
func waitingOrders(n int) func(contract.ResumeInput) []domain.OrderID {
	return func(in contract.ResumeInput) []domain.OrderID {
		from := 0
		if in.After != "" {
			id, err := domain.ParseOrderID(in.After)
			if err != nil {
				return nil
			}
			if _, err := fmt.Sscanf(id.Number, "%d", &from); err != nil {
				return nil
			}
			from -= 9999
		}
		var page []domain.OrderID
		for i := from; i < n && len(page) < 100; i++ {
			page = append(page, domain.OrderID{Store: "atelier", Number: fmt.Sprint(10000 + i)})
		}
		return page
	}
}

func TestResumeFreesOneOrderFirstAndTheRestInPages(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	all := waitingOrders(250)
	s.list = func(in contract.ResumeInput) []domain.OrderID {
		if in.After == "" && len(s.freed) > 0 {
			return all(contract.ResumeInput{After: "atelier/10000"}) // the canary waits no more
		}
		return all(in)
	}
	s.env.ExecuteWorkflow(workflows.ResumeWorkflow, contract.ResumeInput{Cause: "unavailable:acs", By: "desk"})
	require.NoError(t, s.env.GetWorkflowError())
	var result contract.ResumeResult
	require.NoError(t, s.env.GetWorkflowResult(&result))
	require.Equal(t, contract.ResumeResult{Freed: 250}, result)
	var sizes []int
	for _, f := range s.freed {
		sizes = append(sizes, len(f.Orders))
		require.InDelta(t, 20, f.PerSecond, 0, "orders a second unless told otherwise")
		require.Equal(t, s.freed[0].Command, f.Command, "one command, so that an order answers once")
	}
	require.Equal(t, []int{1, 100, 100, 49}, sizes)
	require.Equal(t, []time.Duration{5 * time.Second}, s.timers, "the canary is watched")
}

func TestResumeStopsWhenTheFirstOrderWaitsAgain(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	s.list = waitingOrders(250)
	s.env.ExecuteWorkflow(workflows.ResumeWorkflow, contract.ResumeInput{Cause: unmapped.Cause, By: "desk"})
	require.NoError(t, s.env.GetWorkflowError())
	var result contract.ResumeResult
	require.NoError(t, s.env.GetWorkflowResult(&result))
	require.Contains(t, result.Stopped, "atelier/10000")
	require.Len(t, s.freed, 1)
}
