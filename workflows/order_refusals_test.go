package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

func TestARefusalWithoutAFactIsNotTriedAgainAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tries := 0
	var times []time.Duration
	d.assess = scripted(due(1, domain.Enriched, step(domain.StepSubmit, "10001"), step(domain.StepNote, "SH1")))
	d.step = func(string, contract.StepInput) (contract.Assessment, error) {
		times = append(times, d.env.Now().Sub(dawn))
		if tries++; tries < 3 {
			return contract.Assessment{}, refusal("acs")
		}
		return ended(2, dawn), nil
	}
	d.run()
	require.Equal(t, []time.Duration{30 * time.Second, 30 * time.Second}, d.alarms)
	require.Equal(t, 3, d.called("SubmitConsignment 10001"))
	require.Zero(t, d.called("NoteTracking SH1"), "steps keep their order")
	for n, at := range []time.Duration{0, 30 * time.Second, time.Minute} {
		require.InDelta(t, at, times[n], float64(5*time.Second))
	}
	require.Zero(t, d.called("ReportOutage"), "a refusal is no outage")
}

func TestAFactEndsThePauseAfterARefusalWithoutOne(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = scripted(
		due(1, domain.Enriched, step(domain.StepSubmit, "10001")),
		due(1, domain.Enriched, step(domain.StepSubmit, "10001")),
		asking(2, unmapped), ended(3, dawn))
	d.step = func(string, contract.StepInput) (contract.Assessment, error) {
		return contract.Assessment{}, refusal("acs")
	}
	d.at(10*time.Second, d.fact)
	d.at(time.Minute, d.fact)
	d.run()
	require.Equal(t, 1, d.called("SubmitConsignment 10001"), "what is news is looked at first, and decides")
	require.Contains(t, d.shown, "needs-attention [unmapped:shipping-method:centra:Express Saver] [ops]")
}

func TestARefusalThatStandsInTheFactsLetsTheNextStepBeTakenAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = scripted(
		due(1, domain.ShippedState, step(domain.StepShip, "SH1"), step(domain.StepShip, "SH2")),
		due(2, domain.ShippedState, step(domain.StepShip, "SH2")))
	d.step = func(_ string, in contract.StepInput) (contract.Assessment, error) {
		if in.Step.Subject == "SH1" {
			return contract.Assessment{}, refusal("centra")
		}
		return ended(3, dawn), nil
	}
	d.run()
	require.Equal(t, []string{"AssessOrder", "ShipParcel SH1", "AssessOrder", "ShipParcel SH2", "CloseOrder"}, d.calls)
	require.Empty(t, d.alarms)
}

func TestAnOutageIsReportedOnceTheStoreKnowsThatTheOrderWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	recorded, inTime, back := false, false, false
	d.assess = func(in contract.AssessInput) (contract.Assessment, error) {
		recorded = recorded || in.Delayed == "acs"
		if back {
			return ended(2, dawn), nil
		}
		return due(1, domain.Enriched, step(domain.StepSubmit, "10001")), nil
	}
	d.step = func(string, contract.StepInput) (contract.Assessment, error) {
		return contract.Assessment{}, misconfigured("acs")
	}
	d.report = func(contract.OutageInput) error {
		inTime, back = recorded, true
		d.env.SignalWorkflow(contract.SignalReleased, contract.ReleasedSignal{System: "acs"})
		return nil
	}
	d.run()
	require.True(t, inTime, "an outage that ends at once would not find the order")
	require.Equal(t, []string{"AssessOrder", "SubmitConsignment 10001", "AssessOrder", "ReportOutage", "AssessOrder", "CloseOrder"}, d.calls)
	require.Less(t, d.env.Now().Sub(dawn), time.Minute, "it did not sleep for an hour")
	require.True(t, d.out[0].Credentials)
}
