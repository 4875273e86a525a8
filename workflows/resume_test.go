package workflows_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/workflows"
)

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

// resumed runs a ResumeWorkflow to its end.
func resumed(t *testing.T, s *standby, in contract.ResumeInput) contract.ResumeResult {
	t.Helper()
	s.env.ExecuteWorkflow(workflows.ResumeWorkflow, in)
	require.NoError(t, s.env.GetWorkflowError())
	var result contract.ResumeResult
	require.NoError(t, s.env.GetWorkflowResult(&result))
	return result
}

func TestResumeFreesOneOrderFirstAndTheRestInPages(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	s.list = waitingOrders(250)
	result := resumed(t, s, contract.ResumeInput{Cause: unmapped.Cause, By: "desk"})
	require.Equal(t, 250, result.Freed)
	require.NotEmpty(t, result.Run)
	require.Equal(t, []string{
		"ListWaiting ", "BeginResume", "CheckCause 10000", "ReadOrdersAgain 1", "SignalOrders 1", "WatchResume",
		"ListWaiting atelier/10000", "ReadOrdersAgain 100", "SignalOrders 100",
		"ListWaiting atelier/10100", "ReadOrdersAgain 100", "SignalOrders 100",
		"ListWaiting atelier/10200", "ReadOrdersAgain 49", "SignalOrders 49",
		"ListWaiting atelier/10249", "WatchResume", "EndResume done",
	}, s.calls)
	for _, f := range s.freed {
		require.InDelta(t, 40, f.PerSecond, 0, "orders a second unless told otherwise")
		require.Equal(t, s.freed[0].Run, f.Run, "one run, so that an order answers once")
		require.True(t, f.Fresh, "they were read from the shop")
	}
	require.Empty(t, s.timers, "outcomes are waited for, not time")
}

func TestResumeStopsWhenTheFirstOrderWaitsAgain(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	s.list = waitingOrders(250)
	s.watch = func(activities.WatchInput) activities.Outcomes { return activities.Outcomes{SameCause: 1} }
	result := resumed(t, s, contract.ResumeInput{Cause: unmapped.Cause, By: "desk"})
	require.Contains(t, result.Stopped, "atelier/10000 was freed first and waits on the same cause again")
	require.Equal(t, 1, result.SameCause)
	require.Len(t, s.freed, 1)
	require.Equal(t, "stopped", s.ended[0].State)
	require.Equal(t, result.Stopped, s.ended[0].Note)
}

func TestResumeStopsWhenNothingIsKnownOfTheFirstOrder(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	s.list = waitingOrders(3)
	s.watch = func(activities.WatchInput) activities.Outcomes { return activities.Outcomes{Pending: 1} }
	require.Contains(t, resumed(t, s, contract.ResumeInput{Cause: unmapped.Cause}).Stopped, "nothing is known of it")
	require.Len(t, s.freed, 1)
}

func TestResumeGoesOnWhenTheFirstOrderWaitsOnSomethingElse(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	s.list = waitingOrders(3)
	s.watch = func(activities.WatchInput) activities.Outcomes { return activities.Outcomes{OtherCause: 1} }
	require.Empty(t, resumed(t, s, contract.ResumeInput{Cause: unmapped.Cause}).Stopped, "this cause is mended")
	require.Len(t, s.freed, 2)
}

func TestResumeFreesNobodyWhileTheCauseIsStillThere(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	s.list = waitingOrders(3)
	s.check = func(in activities.CauseCheck) activities.CauseChecked {
		require.Equal(t, unmapped.Cause, in.Cause)
		return activities.CauseChecked{Still: "the rule is not there"}
	}
	require.Equal(t, "the rule is not there", resumed(t, s, contract.ResumeInput{Cause: unmapped.Cause}).Stopped)
	require.Empty(t, s.freed)
}

func TestResumeOfNobodyRecordsNothing(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	require.Zero(t, resumed(t, s, contract.ResumeInput{Cause: unmapped.Cause}).Freed)
	require.Equal(t, []string{"ListWaiting "}, s.calls)
}

func TestResumeTriesAnotherFirstOrderWhenOneCannotBeTold(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]int{"two are gone": 2, "all that are tried are gone": 5} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStandby(t)
			s.list = waitingOrders(20)
			s.told = func(in activities.SignalInput) activities.Signalled {
				if len(s.freed) <= gone {
					return activities.Signalled{Not: []string{in.Orders[0].String()}}
				}
				return activities.Signalled{Told: len(in.Orders)}
			}
			result := resumed(t, s, contract.ResumeInput{Cause: unmapped.Cause})
			require.Len(t, result.Failed, gone)
			require.Equal(t, "atelier/10000", result.Failed[0])
			if gone == 5 {
				require.Contains(t, result.Stopped, "none of the first 5 orders has a running workflow")
				return
			}
			require.Len(t, s.freed[3].Orders, 17)
		})
	}
}

func TestOrdersReadThemselvesWhereTheShopDoesNotAnswer(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	s.list = waitingOrders(3)
	s.read = func(activities.ReadInput) error { return errors.New("away") }
	require.Empty(t, resumed(t, s, contract.ResumeInput{Cause: unmapped.Cause}).Stopped)
	for _, f := range s.freed {
		require.False(t, f.Fresh)
	}
}

func TestReleasedOrdersAreNotReadFromTheShop(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	s.list = waitingOrders(3)
	resumed(t, s, contract.ResumeInput{Cause: "unavailable:acs"})
	require.NotContains(t, fmt.Sprint(s.calls), "ReadOrdersAgain")
}

func TestALongResumeContinuesAsNewWithTheSameRunAndNoOtherFirstOrder(t *testing.T) {
	t.Parallel()
	first := newStandby(t)
	first.list = func(in contract.ResumeInput) []domain.OrderID { return waitingOrders(1_000_000)(in) }
	first.env.ExecuteWorkflow(workflows.ResumeWorkflow, contract.ResumeInput{Cause: unmapped.Cause, By: "desk"})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, first.env.GetWorkflowError(), &next)
	var in contract.ResumeInput
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	require.Equal(t, 20001, in.Freed)
	require.Equal(t, "atelier/30000", in.After)

	second := newStandby(t)
	second.list = waitingOrders(20051)
	result := resumed(t, second, in)
	require.Equal(t, []string{
		"ListWaiting atelier/30000", "ReadOrdersAgain 50", "SignalOrders 50", "ListWaiting atelier/30050", "WatchResume", "EndResume done",
	}, second.calls)
	require.Equal(t, first.freed[0].Run, second.freed[0].Run)
	require.Equal(t, in.Run, result.Run)
}

func TestAResumeTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	s := newStandby(t)
	s.list = waitingOrders(3)
	var view contract.ResumeView
	s.watch = func(in activities.WatchInput) activities.Outcomes {
		if in.Most == time.Minute { // the first order
			value, err := s.env.QueryWorkflow(contract.QueryState)
			require.NoError(t, err)
			require.NoError(t, value.Get(&view))
		}
		return activities.Outcomes{Freed: len(s.freed)}
	}
	resumed(t, s, contract.ResumeInput{Cause: unmapped.Cause, By: "desk", Reason: "rule 7"})
	require.Equal(t, 1, view.Signalled)
	require.Contains(t, view.Doing, "waiting for what comes of order atelier/10000")
	require.Equal(t, "rule 7", view.Reason)
}
