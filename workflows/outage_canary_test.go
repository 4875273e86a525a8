package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/workflows"
)

func TestAnOutageGoesOnWhileTheFirstOrderThatIsFreedWaitsAgain(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	probes := 0
	s.probe = func() error { probes++; return nil } // needs fewer permissions than the work
	canary := domain.OrderID{Store: "atelier", Number: "10000"}
	s.watch = func(activities.WatchInput) activities.Outcomes {
		if probes < 3 {
			return activities.Outcomes{SameCause: 1}
		}
		return activities.Outcomes{Freed: 1} // it went on
	}
	s.list = func(in contract.ResumeInput) []domain.OrderID {
		if in.After != "" {
			return nil
		}
		return []domain.OrderID{canary}
	}
	s.env.ExecuteWorkflow(workflows.OutageWorkflow, contract.OutageInput{System: "centra", Credentials: true, ProbeEvery: 15 * time.Second})
	require.NoError(t, s.env.GetWorkflowError())
	first := []string{"ProbeSystem", "ListWaiting ", "BeginResume", "CheckCause 10000", "SignalOrders 1", "WatchResume"}
	again := append(first[:len(first):len(first)], "EndResume stopped")
	want := append([]string{"OpenOutage centra"}, again...)
	want = append(append(want, again...), first...)
	require.Equal(t, append(want, "ListWaiting atelier/10000", "WatchResume", "EndResume done", "CloseOutage centra"), s.calls, "one alert, which ends with the outage and not before")
	require.Equal(t, []time.Duration{15 * time.Second, 30 * time.Second}, s.timers)
	for _, f := range s.freed {
		require.Equal(t, []domain.OrderID{canary}, f.Orders, "the rest would only fail again")
	}
}

func TestAProbeThatFailsAfterAStoppedReleaseKeepsTheOutage(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	probes := 0
	s.probe = func() error {
		if probes++; probes == 2 {
			return misconfigured("centra")
		}
		return nil
	}
	s.watch = func(activities.WatchInput) activities.Outcomes { return activities.Outcomes{SameCause: 1} }
	s.list = func(in contract.ResumeInput) []domain.OrderID {
		if probes < 3 {
			return waitingOrders(3)(in)
		}
		return nil
	}
	s.env.ExecuteWorkflow(workflows.OutageWorkflow, contract.OutageInput{System: "centra", ProbeEvery: 15 * time.Second})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []string{
		"OpenOutage centra", "ProbeSystem", "ListWaiting ", "BeginResume", "CheckCause 10000", "SignalOrders 1", "WatchResume", "EndResume stopped",
		"ProbeSystem", "ProbeSystem", "ListWaiting ", "CloseOutage centra",
	}, s.calls)
}
