package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// unavailableFor is an order whose submission fails until the warehouse is back.
func unavailableFor(d *desk, back func() bool, failure error) {
	done := false
	d.assess = func(in contract.AssessInput) (contract.Assessment, error) {
		if done {
			return ended(2, dawn), nil
		}
		at := due(1, domain.Enriched, step(domain.StepSubmit, "10001"))
		if in.Delayed != "" && in.At.Sub(in.DelayedAt) >= 24*time.Hour {
			at.Questions = []domain.Question{{Kind: "unavailable", Cause: "unavailable:" + in.Delayed}}
		}
		return at, nil
	}
	d.step = func(string, contract.StepInput) (contract.Assessment, error) {
		if !back() {
			return contract.Assessment{}, failure
		}
		done = true
		return ended(2, dawn), nil
	}
}

func TestAnOutageDelaysTheOrderUntilItIsReleased(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	back := false
	unavailableFor(d, func() bool { return back }, unavailable("acs"))
	d.at(20*time.Minute, func() {
		require.Equal(t, domain.Delayed, d.view().State)
		require.Equal(t, "acs", d.view().Delayed)
		d.fact() // is no reason to try again
	})
	d.at(30*time.Minute, func() {
		back = true
		d.env.SignalWorkflow(contract.SignalReleased, contract.ReleasedSignal{System: "acs"})
	})
	d.run()
	require.Equal(t, 1, d.called("ReportOutage"))
	require.Equal(t, "acs", d.out[0].System)
	require.False(t, d.out[0].Credentials)
	require.Equal(t, 2, d.called("SubmitConsignment 10001"))
	require.Equal(t, "delayed [unavailable:acs] [engineering]", d.shown[0])
	require.NotContains(t, strings.Join(d.shown[1:], " "), "delayed")
	require.Less(t, d.env.Now().Sub(dawn), time.Hour)
}

func TestADelayedOrderTriesAgainHourlyByItself(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	unavailableFor(d, func() bool { return d.env.Now().After(dawn.Add(3 * time.Hour)) }, misconfigured("acs"))
	d.run()
	require.True(t, d.out[0].Credentials)
	require.Equal(t, []time.Duration{time.Hour, time.Hour, time.Hour}, d.alarms[:3])
	for _, report := range d.out {
		require.True(t, report.Since.Equal(d.out[0].Since), "the first failure counts")
	}
}

func TestAnOutageBeyondItsBudgetIsAPersons(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	unavailableFor(d, func() bool { return d.env.Now().After(dawn.Add(25 * time.Hour)) }, misconfigured("acs"))
	d.at(24*time.Hour+30*time.Minute, func() { require.Equal(t, domain.NeedsAttention, d.view().State) })
	d.run()
	require.Contains(t, d.shown, "needs-attention [unavailable:acs] [engineering]")
}

func TestAnOutageThatIsOverDoesNotCountTowardsTheNext(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	part := 0
	d.assess = func(contract.AssessInput) (contract.Assessment, error) {
		switch part {
		case 0, 2:
			return due(int64(part), domain.Enriched, step(domain.StepSubmit, "10001")), nil
		case 1:
			return waiting(1), nil // the shop changed its mind: nothing to submit
		}
		return ended(5, dawn), nil
	}
	d.step = func(string, contract.StepInput) (contract.Assessment, error) {
		return contract.Assessment{}, misconfigured("acs")
	}
	d.at(30*time.Minute, func() { part = 1; d.env.SignalWorkflow(contract.SignalReleased, nil) })
	d.at(50*time.Hour, func() { part = 2; d.fact() })
	d.at(51*time.Hour, func() { part = 3; d.env.SignalWorkflow(contract.SignalReleased, nil) })
	d.run()
	require.Len(t, d.out, 2)
	require.WithinDuration(t, dawn.Add(50*time.Hour), d.out[1].Since, time.Minute)
}

func TestARateLimitIsNoOutage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	unavailableFor(d, func() bool { return d.env.Now().After(dawn.Add(time.Hour)) }, limited("acs"))
	d.run()
	require.Zero(t, d.called("ReportOutage"))
	require.Contains(t, d.alarms, time.Minute, "after the fast retries")
	require.NotContains(t, strings.Join(d.shown, " "), "delayed")
	require.Equal(t, domain.Closed, d.closes[0].State)
}

func TestARetryThatMeetsAnOutageReadsTheOrderOnceTheShopIsBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	back, taken := false, false
	d.assess = func(in contract.AssessInput) (contract.Assessment, error) {
		taken = taken || len(in.Answers) > 0
		if back {
			return ended(3, dawn), nil
		}
		return waiting(1), nil
	}
	d.refresh = func() error {
		if back {
			return nil
		}
		return misconfigured("centra")
	}
	d.at(time.Minute, d.signal(contract.SignalRetry, nil))
	d.at(10*time.Minute, func() {
		require.True(t, taken, "the answer is recorded although the shop is away")
		require.Equal(t, domain.Delayed, d.view().State)
		back = true
		d.env.SignalWorkflow(contract.SignalReleased, nil)
	})
	d.run()
	require.Equal(t, []string{"AssessOrder", "RefreshOrder", "AssessOrder", "ReportOutage", "RefreshOrder", "AssessOrder", "CloseOrder"}, d.calls)
}

func TestWithTheStoreAwayALookBecomesAnOrdinaryActivity(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = func(contract.AssessInput) (contract.Assessment, error) {
		if d.env.Now().Before(dawn.Add(2 * time.Hour)) {
			return contract.Assessment{}, errDown
		}
		return ended(1, dawn), nil
	}
	d.run()
	require.Greater(t, len(d.looks), 10, "patiently")
	require.Equal(t, []string{"return-window", "closed"}, d.shown, "an order outlives the end of any retry policy")
	require.Zero(t, d.called("ReportOutage"), "the store's outage is told by log and metric")
}

func TestALongOrderContinuesAsNewAndCarriesWhatWasShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = scripted(asking(1, unmapped))
	d.at(time.Hour, func() { d.env.SetContinueAsNewSuggested(true); d.fact() })
	d.start(contract.OrderInput{Order: orderID})
	next := d.continued()
	require.Equal(t, orderID, next.Order)
	require.Equal(t, domain.NeedsAttention, next.State.State)
	require.Equal(t, []string{unmapped.Cause}, next.State.Causes)
	require.WithinDuration(t, dawn, next.State.HeldSince, time.Second)
	require.Equal(t, 1, next.State.Runs)

	second := newDesk(t)
	second.assess = scripted(asking(1, unmapped), ended(2, dawn))
	second.at(time.Hour, second.fact)
	second.start(next)
	require.NoError(t, second.env.GetWorkflowError())
	require.Equal(t, []string{"return-window", "closed"}, second.shown, "what was shown before is not shown again")
}

func TestContinuingAsNewLosesNoAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	looks := 0
	d.assess = func(in contract.AssessInput) (contract.Assessment, error) {
		looks++
		if len(in.Answers) == 1 && in.Answers[0].CommandID == "first" {
			d.resolve(contract.Resolution{Action: contract.ActionRetry, CommandID: "refused"}) // one is being taken
			d.env.SignalWorkflowSkippingWorkflowTask(contract.SignalResolve, contract.Resolution{Action: contract.ActionRetry, CommandID: "second"})
		}
		return asking(int64(looks), unmapped), nil
	}
	d.at(time.Hour, func() {
		d.env.SetContinueAsNewSuggested(true)
		d.resolve(contract.Resolution{Action: contract.ActionRetry, CommandID: "first"})
	})
	d.start(contract.OrderInput{Order: orderID})
	d.continued()
	var commands []string
	for _, a := range answers(d) {
		commands = append(commands, a.CommandID)
	}
	require.Equal(t, []string{"first", "second"}, commands)
}

func TestADelayedOrderThatContinuedAsNewTriesAgainByItself(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	unavailableFor(d, func() bool { return true }, nil)
	d.start(contract.OrderInput{Order: orderID, State: &contract.OrderCarry{
		State: domain.Delayed, Causes: []string{"unavailable:acs"},
		HeldSince: dawn.Add(-time.Hour), Delayed: "acs", DelayedAt: dawn.Add(-time.Hour),
	}})
	require.NoError(t, d.env.GetWorkflowError())
	require.Equal(t, []time.Duration{time.Hour}, d.alarms)
	require.Equal(t, 1, d.called("SubmitConsignment 10001"))
}

func TestManySignalsMakeTheOrderContinueAsNew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = scripted(waiting(1))
	for minute := range 21 {
		d.at(time.Duration(minute+1)*time.Minute, func() {
			for range 99 {
				d.env.SignalWorkflowSkippingWorkflowTask(contract.SignalFact, contract.FactSignal{})
			}
			d.fact()
		})
	}
	d.start(contract.OrderInput{Order: orderID})
	require.Equal(t, 1, d.continued().State.Runs)
}
