package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

func TestAnAnswerInTheFirstTaskOfARunIsKeptUntilAfterTheFirstLook(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]contract.OrderInput{
		"of a new order":                   {Order: orderID},
		"of one that continued as new":     {Order: orderID, State: &contract.OrderCarry{State: domain.NeedsAttention, Causes: []string{short.Cause}, HeldSince: dawn, Runs: 1}},
		"of one that waits for a system":   {Order: orderID, State: &contract.OrderCarry{State: domain.Delayed, Delayed: "centra", DelayedAt: dawn, Runs: 1}},
		"of one that has to read the shop": {Order: orderID, State: &contract.OrderCarry{State: domain.NeedsAttention, Refresh: true, Runs: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.assess = func(in contract.AssessInput) (contract.Assessment, error) {
				if len(in.Answers) > 0 {
					return ended(2, dawn), nil
				}
				return asking(1, short), nil
			}
			answered := false
			d.env.RegisterDelayedCallback(func() {
				require.Empty(t, d.looks, "or the signal comes too late to prove anything")
				answered = true
				d.env.SignalWorkflow(contract.SignalResolve, contract.Resolution{Action: contract.ActionSkip, Reason: "agreed with the customer", By: "desk"})
			}, 0)
			d.at(48*time.Hour, d.signal(contract.SignalRetry, nil)) // ends what the test left open
			d.start(in)
			require.NoError(t, d.env.GetWorkflowError())
			require.True(t, answered)
			require.Len(t, answers(d), 1)
			require.Equal(t, contract.ActionSkip, answers(d)[0].Action)
			require.Equal(t, short.Cause, answers(d)[0].Exception)
			require.Empty(t, d.looks[0].Answers, "nobody knows what is open before the first look")
			require.Less(t, d.env.Now().Sub(dawn), time.Hour)
		})
	}
}

func TestARetryThatHasStillToReadTheShopSurvivesContinueAsNew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = scripted(waiting(1))
	d.refresh = func() error { return misconfigured("centra") }
	d.at(time.Minute, d.signal(contract.SignalRetry, nil))
	d.at(10*time.Minute, func() { d.env.SetContinueAsNewSuggested(true); d.fact() })
	d.start(contract.OrderInput{Order: orderID})
	next := d.continued()
	require.True(t, next.State.Refresh)
	require.Equal(t, "centra", next.State.Delayed)

	second := newDesk(t)
	read := false
	second.assess = func(contract.AssessInput) (contract.Assessment, error) {
		if read {
			return ended(3, dawn), nil
		}
		return waiting(1), nil
	}
	second.refresh = func() error { read = true; return nil }
	second.at(time.Minute, second.signal(contract.SignalReleased, contract.ReleasedSignal{System: "centra"}))
	second.start(next)
	require.NoError(t, second.env.GetWorkflowError())
	require.Equal(t, []string{"AssessOrder", "RefreshOrder", "AssessOrder", "CloseOrder"}, second.calls)
	require.Less(t, second.env.Now().Sub(dawn), time.Hour)
}

func TestARunThatHasReadTheShopLeavesNothingToTheNext(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = scripted(asking(1, unmapped))
	d.at(time.Minute, d.signal(contract.SignalRetry, nil))
	d.at(time.Hour, func() { d.env.SetContinueAsNewSuggested(true); d.fact() })
	d.start(contract.OrderInput{Order: orderID})
	require.False(t, d.continued().State.Refresh)
	require.Equal(t, 1, d.called("RefreshOrder"))
}
