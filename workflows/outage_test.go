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
	freed  []activities.SignalInput
	probe  func() error
	list   func(contract.ResumeInput) []domain.OrderID
	timers []time.Duration

	check func(activities.CauseCheck) activities.CauseChecked
	read  func(activities.ReadInput) error
	told  func(activities.SignalInput) activities.Signalled
	watch func(activities.WatchInput) activities.Outcomes
	ended []activities.ResumeEnd
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
	s.resume(as)
	s.env.SetOnTimerScheduledListener(func(_ string, after time.Duration) { s.timers = append(s.timers, after) })
	return s
}

// resume answers for the activities of freeing a cause: unless a test says otherwise
// every order is told and goes on.
func (s *standby) resume(as func(string, any)) {
	s.check = func(activities.CauseCheck) activities.CauseChecked { return activities.CauseChecked{} }
	s.read = func(activities.ReadInput) error { return nil }
	s.told = func(in activities.SignalInput) activities.Signalled {
		return activities.Signalled{Told: len(in.Orders)}
	}
	s.watch = func(activities.WatchInput) activities.Outcomes {
		n := 0
		for _, f := range s.freed {
			n += len(f.Orders)
		}
		return activities.Outcomes{Freed: n}
	}
	note := func(what string, do func()) {
		s.world.Lock()
		defer s.world.Unlock()
		s.calls = append(s.calls, what)
		do()
	}
	as("BeginResume", func(context.Context, activities.ResumeRun) error {
		note("BeginResume", func() {})
		return nil
	})
	as("CheckCause", func(_ context.Context, in activities.CauseCheck) (out activities.CauseChecked, err error) {
		note("CheckCause "+in.Order.Number, func() { out = s.check(in) })
		return out, nil
	})
	as("ReadOrdersAgain", func(_ context.Context, in activities.ReadInput) (err error) {
		note(fmt.Sprintf("ReadOrdersAgain %d", len(in.Orders)), func() { err = s.read(in) })
		return err
	})
	as("SignalOrders", func(_ context.Context, in activities.SignalInput) (out activities.Signalled, err error) {
		note(fmt.Sprintf("SignalOrders %d", len(in.Orders)), func() {
			s.freed = append(s.freed, in)
			out = s.told(in)
		})
		return out, nil
	})
	as("WatchResume", func(_ context.Context, in activities.WatchInput) (out activities.Outcomes, err error) {
		note("WatchResume", func() { out = s.watch(in) })
		return out, nil
	})
	as("EndResume", func(_ context.Context, in activities.ResumeEnd) (out activities.Outcomes, err error) {
		note("EndResume "+in.State, func() {
			s.ended = append(s.ended, in)
			out = s.watch(activities.WatchInput{Run: in.Run})
		})
		return out, nil
	})
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
