package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// happy is an order that waits for the shop, is submitted, shipped and closed.
func happy(d *desk, closeAt time.Time) {
	sequence := int64(1)
	d.assess = func(contract.AssessInput) (contract.Assessment, error) {
		switch sequence {
		case 1:
			return waiting(1), nil
		case 2:
			return due(2, domain.Enriched, step(domain.StepSubmit, "10001")), nil
		case 4:
			return due(4, domain.ShippedState, step(domain.StepShip, "SH1")), nil
		}
		return ended(sequence, closeAt), nil
	}
	d.step = func(name string, _ contract.StepInput) (contract.Assessment, error) {
		sequence++
		if name == "SubmitConsignment" {
			return due(sequence, domain.Submitted), nil
		}
		return ended(sequence, closeAt), nil
	}
	d.at(time.Minute, func() { sequence = 2; d.fact() })
	d.at(2*time.Hour, func() { sequence = 4; d.fact() })
}

func TestAnOrderShowsOneStatePerTransition(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	happy(d, dawn.Add(60*24*time.Hour))
	d.run()
	require.Equal(t, []string{"waiting-for-shop", "submitted", "return-window", "closed"}, d.shown)
	require.Equal(t, []string{"AssessOrder", "AssessOrder", "SubmitConsignment 10001", "AssessOrder", "ShipParcel SH1", "AssessOrder", "CloseOrder"}, d.calls)
	require.Equal(t, []contract.CloseInput{{Order: orderID, Sequence: 5, State: domain.Closed}}, d.closes)
}

func TestAnOrderHasOneAlarmWhileItsTimeStays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	closeAt := dawn.Add(60 * 24 * time.Hour)
	d.assess = func(contract.AssessInput) (contract.Assessment, error) { return ended(5, closeAt), nil }
	for day := range 5 {
		d.at(time.Duration(day+1)*24*time.Hour, d.fact)
	}
	d.run()
	require.Len(t, d.looks, 7, "one at the start, one per fact, one when the window ends")
	require.Equal(t, []time.Duration{60 * 24 * time.Hour}, d.alarms)
}

func TestAnAlarmIsReplacedWhenItsTimeMoves(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var cancelled int
	d.env.SetOnTimerCanceledListener(func(string) { cancelled++ })
	closeAt := dawn.Add(10 * 24 * time.Hour)
	d.assess = func(contract.AssessInput) (contract.Assessment, error) { return ended(5, closeAt), nil }
	d.at(24*time.Hour, func() { closeAt = dawn.Add(20 * 24 * time.Hour); d.fact() })
	d.run()
	require.Equal(t, []time.Duration{10 * 24 * time.Hour, 19 * 24 * time.Hour}, d.alarms)
	require.Equal(t, 1, cancelled)
}

func TestARefusedStepBecomesAQuestion(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = scripted(due(1, domain.Enriched, step(domain.StepSubmit, "10001")), asking(2, unmapped), ended(3, dawn))
	d.step = func(string, contract.StepInput) (contract.Assessment, error) {
		return contract.Assessment{}, refusal("acs")
	}
	d.at(time.Hour, func() {
		require.Equal(t, domain.NeedsAttention, d.view().State)
		require.Equal(t, []domain.Question{unmapped}, d.view().Questions)
		d.fact()
	})
	d.run()
	require.Equal(t, 1, d.called("SubmitConsignment 10001"), "a refusal is not repeated")
	require.Equal(t, []string{"needs-attention [unmapped:shipping-method:centra:Express Saver] [ops]", "return-window", "closed"}, d.shown)
}

func TestFactsDuringAStepCauseOneFurtherLook(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = scripted(due(1, domain.Enriched, step(domain.StepSubmit, "10001")), ended(3, dawn))
	d.step = func(string, contract.StepInput) (contract.Assessment, error) {
		for range 3 {
			d.env.SignalWorkflow(contract.SignalFact, contract.FactSignal{Sequence: 2})
		}
		return due(2, domain.Submitted), nil
	}
	d.run()
	require.Equal(t, []string{"AssessOrder", "SubmitConsignment 10001", "AssessOrder", "CloseOrder"}, d.calls)
}

func TestAStepThatChangesNothingIsNotRepeatedAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tries := 0
	d.assess = scripted(due(1, domain.ShippedState, step(domain.StepShip, "SH1")))
	d.step = func(string, contract.StepInput) (contract.Assessment, error) {
		if tries++; tries < 3 {
			return due(1, domain.ShippedState, step(domain.StepShip, "SH1")), nil
		}
		return ended(2, dawn), nil
	}
	d.run()
	require.Equal(t, 3, tries)
	require.Equal(t, []time.Duration{30 * time.Second, 30 * time.Second}, d.alarms)
}

func TestAStepThatThisBuildDoesNotKnowStopsTheTask(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = scripted(due(1, domain.Enriched, step("gift-wrap", "10001")))
	d.start(contract.OrderInput{Order: orderID})
	var stopped *temporal.PanicError
	require.ErrorAs(t, d.env.GetWorkflowError(), &stopped, "an error would end the order")
	require.ErrorContains(t, stopped, `step "gift-wrap" of order atelier/10001 is not known to this build; deploy one that knows it`)
}

func TestARefusedCloseLooksAgainAndTakesWhatItFinds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = scripted(ended(4, dawn), due(5, domain.ShippedState, step(domain.StepNote, "SH1")))
	d.step = func(string, contract.StepInput) (contract.Assessment, error) { return ended(6, dawn), nil }
	d.closing = func(in contract.CloseInput) (contract.CloseResult, error) {
		return contract.CloseResult{Closed: in.Sequence == 6}, nil
	}
	d.run()
	require.Equal(t, 1, d.called("NoteTracking SH1"), "although no signal told of it")
	require.Equal(t, []int64{4, 6}, []int64{d.closes[0].Sequence, d.closes[1].Sequence})
}

func TestAFactThatComesWhileTheOrderClosesIsNotLost(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = scripted(ended(4, dawn), due(5, domain.ShippedState, step(domain.StepNote, "SH1")))
	d.step = func(string, contract.StepInput) (contract.Assessment, error) { return ended(6, dawn), nil }
	d.closing = func(in contract.CloseInput) (contract.CloseResult, error) {
		if in.Sequence == 4 {
			d.env.SignalWorkflowSkippingWorkflowTask(contract.SignalFact, contract.FactSignal{Sequence: 5})
		}
		return contract.CloseResult{Closed: true}, nil
	}
	d.run()
	require.Equal(t, 1, d.called("NoteTracking SH1"))
	require.Len(t, d.closes, 2)
	require.Equal(t, []string{"return-window", "closed"}, d.shown)
}

func TestAnOrderEndsAsWhatItCameTo(t *testing.T) {
	t.Parallel()
	for state, want := range map[domain.OrderState]domain.OrderState{
		domain.ReturnWindow: domain.Closed, domain.Closed: domain.Closed, domain.Cancelled: domain.Cancelled, domain.RejectedState: domain.RejectedState,
	} {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.assess = scripted(contract.Assessment{Sequence: 3, State: state, Ended: true, CloseAt: dawn})
			d.run()
			require.Equal(t, want, d.closes[0].State)
			require.Equal(t, string(want), d.shown[len(d.shown)-1])
		})
	}
}

func TestAnOrderStaysOpenWhileAQuestionIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	open := ended(4, dawn)
	open.Questions = []domain.Question{late}
	d.assess = scripted(open, ended(5, dawn))
	d.at(time.Hour, func() {
		require.Empty(t, d.closes)
		d.resolve(contract.Resolution{Action: contract.ActionSkip, Reason: "the customer was told"})
	})
	d.run()
	require.Len(t, d.closes, 1)
}
