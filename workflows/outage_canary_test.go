package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
	s.list = func(in contract.ResumeInput) []domain.OrderID {
		if in.After != "" || probes >= 3 && len(s.freed) >= 3 {
			return nil // it went on
		}
		return []domain.OrderID{canary}
	}
	s.env.ExecuteWorkflow(workflows.OutageWorkflow, contract.OutageInput{System: "centra", Credentials: true, ProbeEvery: 15 * time.Second})
	require.NoError(t, s.env.GetWorkflowError())
	again := []string{"ProbeSystem", "ListWaiting ", "FreeOrders 1", "ListWaiting "}
	want := append([]string{"OpenOutage centra"}, again...)
	want = append(append(want, again...), again...)
	require.Equal(t, append(want, "ListWaiting atelier/10000", "CloseOutage centra"), s.calls, "one alert, which ends with the outage and not before")
	watched := 5 * time.Second
	require.Equal(t, []time.Duration{watched, 15 * time.Second, watched, 30 * time.Second, watched}, s.timers)
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
	s.list = func(in contract.ResumeInput) []domain.OrderID {
		if probes < 3 {
			return waitingOrders(3)(in)
		}
		return nil
	}
	s.env.ExecuteWorkflow(workflows.OutageWorkflow, contract.OutageInput{System: "centra", ProbeEvery: 15 * time.Second})
	require.NoError(t, s.env.GetWorkflowError())
	require.Equal(t, []string{
		"OpenOutage centra", "ProbeSystem", "ListWaiting ", "FreeOrders 1", "ListWaiting ",
		"ProbeSystem", "ProbeSystem", "ListWaiting ", "CloseOutage centra",
	}, s.calls)
}
