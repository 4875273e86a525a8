package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// asked is an order with open questions that an answer ends; at runs while they are open.
func asked(t *testing.T, questions []domain.Question, at func(*desk)) *desk {
	t.Helper()
	d := newDesk(t)
	d.assess = func(in contract.AssessInput) (contract.Assessment, error) {
		if len(in.Answers) > 0 {
			return ended(9, dawn), nil
		}
		return asking(1, questions...), nil
	}
	d.at(time.Hour, func() { at(d) })
	d.at(48*time.Hour, d.signal(contract.SignalRetry, nil)) // ends what the test left open
	d.run()
	return d
}

func answers(d *desk) []contract.Resolution {
	var all []contract.Resolution
	for _, look := range d.looks {
		all = append(all, look.Answers...)
	}
	return all
}

func TestRetryReadsTheOrderAgainBeforeItLooks(t *testing.T) {
	t.Parallel()
	d := asked(t, []domain.Question{unmapped}, func(d *desk) { d.env.SignalWorkflow(contract.SignalRetry, nil) })
	require.Equal(t, []string{"AssessOrder", "RefreshOrder", "AssessOrder", "CloseOrder"}, d.calls)
	require.Equal(t, contract.ActionRetry, answers(d)[0].Action)
	require.Equal(t, "web-ui", answers(d)[0].By)
	require.NotEmpty(t, answers(d)[0].CommandID)
}

func TestRetryWithNothingOpenDoesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = scripted(ended(5, dawn.Add(24*time.Hour)))
	d.at(time.Hour, d.signal(contract.SignalRetry, nil))
	d.run()
	require.Zero(t, d.called("RefreshOrder"))
	require.Empty(t, answers(d))
}

func TestADoubleClickIsOneAnswer(t *testing.T) {
	t.Parallel()
	d := asked(t, []domain.Question{unmapped}, func(d *desk) {
		d.env.SignalWorkflowSkippingWorkflowTask(contract.SignalRetry, nil)
		d.env.SignalWorkflow(contract.SignalRetry, nil)
	})
	require.Equal(t, 1, d.called("RefreshOrder"))
	require.Len(t, answers(d), 1)
}

func TestAResolveSignalIsTakenLikeTheUpdate(t *testing.T) {
	t.Parallel()
	d := asked(t, []domain.Question{short}, func(d *desk) {
		d.env.SignalWorkflow(contract.SignalResolve, contract.Resolution{Action: contract.ActionSkip}) // refused: no reason
		d.env.SignalWorkflow(contract.SignalResolve, contract.Resolution{Action: contract.ActionSkip, Reason: "agreed with the customer", By: "desk"})
	})
	require.Len(t, answers(d), 1)
	require.Equal(t, short.Cause, answers(d)[0].Exception, "the one that is open")
	require.Zero(t, d.called("RefreshOrder"), "a skip changes nothing in the shop")
}

func TestAnAnswerThatNobodyAskedForIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	override := map[string]string{"shippingService": "RM48"}
	for name, c := range map[string]struct {
		open   []domain.Question
		answer contract.Resolution
		reason string
	}{
		"unknown action":            {[]domain.Question{unmapped}, contract.Resolution{Action: "ignore"}, `action "ignore": want retry, skip, withdraw-order or override`},
		"no action":                 {[]domain.Question{unmapped}, contract.Resolution{}, `action "": want retry, skip, withdraw-order or override`},
		"nothing is open":           {nil, contract.Resolution{Action: contract.ActionRetry}, "no question is open for this order; reload the page, somebody may have answered"},
		"nothing to skip":           {nil, contract.Resolution{Action: contract.ActionSkip, Reason: "x"}, "no question is open for this order; reload the page, somebody may have answered"},
		"withdraw without reason":   {nil, contract.Resolution{Action: contract.ActionWithdraw}, "no question is open for this order; reload the page, somebody may have answered"},
		"skip without reason":       {[]domain.Question{short}, contract.Resolution{Action: contract.ActionSkip}, `skip needs a reason: add "reason":"…"`},
		"question is not open":      {[]domain.Question{short}, contract.Resolution{Action: contract.ActionRetry, Exception: "gap"}, `exception "gap" is not open for this order; open is "short-pick:atelier/10001:7:1"`},
		"which of several":          {[]domain.Question{unmapped, short}, contract.Resolution{Action: contract.ActionSkip, Reason: "x"}, `2 questions are open: name the one that skip answers in "exception", such as "unmapped:shipping-method:centra:Express Saver"`},
		"override without a value":  {[]domain.Question{unmapped}, contract.Resolution{Action: contract.ActionOverride}, `override needs what to use instead: add "override":{"shippingService":"…"}`},
		"no answer to its kind":     {[]domain.Question{short}, contract.Resolution{Action: contract.ActionOverride, Override: override}, "override is no answer to short-pick"},
		"skip what cannot be":       {[]domain.Question{unmapped}, contract.Resolution{Action: contract.ActionSkip, Reason: "x"}, "skip is no answer to unmapped:shipping-method"},
		"withdraw needs its reason": {[]domain.Question{unmapped, short}, contract.Resolution{Action: contract.ActionWithdraw}, `withdraw-order needs a reason: add "reason":"…"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			rest := ended(2, dawn.Add(2*time.Hour))
			d.assess = func(contract.AssessInput) (contract.Assessment, error) {
				if len(c.open) == 0 || d.env.Now().After(dawn.Add(90*time.Minute)) {
					return rest, nil
				}
				return asking(1, c.open...), nil
			}
			var got *answered
			d.at(time.Hour, func() { got = d.resolve(c.answer) })
			d.at(100*time.Minute, d.fact)
			d.run()
			require.ErrorContains(t, got.reject, c.reason)
			require.Empty(t, answers(d))
		})
	}
}

func TestASecondAnswerIsRefusedWhileTheFirstIsTaken(t *testing.T) {
	t.Parallel()
	var first, second *answered
	d := asked(t, []domain.Question{unmapped}, func(d *desk) {
		d.refresh = func() error {
			second = d.resolve(contract.Resolution{Action: contract.ActionRetry, CommandID: "b"})
			return nil
		}
		first = d.resolve(contract.Resolution{Action: contract.ActionRetry, CommandID: "a"})
	})
	require.True(t, first.done)
	require.ErrorContains(t, second.reject, "an answer is being taken at this moment; look at the order again in a second")
	require.Len(t, answers(d), 1)
}

func TestTheSameCommandHasOneEffect(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = func(contract.AssessInput) (contract.Assessment, error) {
		if d.env.Now().Before(dawn.Add(3 * time.Hour)) {
			return asking(1, short), nil
		}
		return ended(3, dawn), nil
	}
	answer := contract.Resolution{Action: contract.ActionSkip, Reason: "agreed", CommandID: "c1"}
	var again *answered
	d.at(time.Hour, func() { d.resolve(answer) })
	d.at(2*time.Hour, func() { again = d.resolve(answer) })
	d.at(4*time.Hour, d.fact)
	d.run()
	require.NoError(t, again.reject)
	require.Equal(t, "this command was taken before; nothing more was done", again.reply.Message)
	require.Len(t, answers(d), 1)
}

func TestAnAnswerThatComesDuringAStepIsTakenAfterIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	open := due(1, domain.NeedsAttention, step(domain.StepShip, "SH1"), step(domain.StepShip, "SH2"))
	open.Questions = []domain.Question{short}
	d.assess = func(in contract.AssessInput) (contract.Assessment, error) {
		if len(in.Answers) == 0 {
			return open, nil
		}
		return ended(5, dawn), nil
	}
	d.step = func(string, contract.StepInput) (contract.Assessment, error) {
		d.resolve(contract.Resolution{Action: contract.ActionSkip, Reason: "agreed"})
		next := open
		next.Sequence, next.Due = 2, open.Due[1:]
		return next, nil
	}
	d.run()
	require.Equal(t, []string{"AssessOrder", "ShipParcel SH1", "AssessOrder", "CloseOrder"}, d.calls, "before the next step")
	require.Len(t, answers(d), 1)
}

func TestAnAnswerThatComesWhileTheStoreIsAskedIsNotLost(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	looks := 0
	var second *answered
	d.assess = func(in contract.AssessInput) (contract.Assessment, error) {
		looks++
		if looks >= 2 && looks < 5 {
			return contract.Assessment{}, errDown // the fact's look becomes an ordinary activity
		}
		if looks == 5 {
			second = d.resolve(contract.Resolution{Action: contract.ActionSkip, Reason: "agreed"})
		}
		if len(in.Answers) > 0 {
			return ended(5, dawn), nil
		}
		return asking(1, short), nil
	}
	d.at(time.Hour, d.fact)
	d.run()
	require.True(t, second.done)
	require.Len(t, answers(d), 1)
}

func TestOverrideAnswersTheOneOpenQuestion(t *testing.T) {
	t.Parallel()
	var got *answered
	d := asked(t, []domain.Question{unmapped}, func(d *desk) {
		got = d.resolve(contract.Resolution{Action: contract.ActionOverride, Override: map[string]string{"shippingService": "RM48"}, By: "desk"})
	})
	require.Contains(t, got.reply.Message, "override taken")
	require.Equal(t, unmapped.Cause, answers(d)[0].Exception)
	require.Equal(t, "desk", answers(d)[0].By)
	require.Equal(t, 1, d.called("RefreshOrder"))
}

func TestWithdrawNeedsNoQuestion(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = func(in contract.AssessInput) (contract.Assessment, error) {
		if len(in.Answers) > 0 {
			return contract.Assessment{Sequence: 3, State: domain.Cancelled, Ended: true, CloseAt: dawn}, nil
		}
		return due(1, domain.Accepted), nil
	}
	d.at(time.Hour, func() { d.resolve(contract.Resolution{Action: contract.ActionWithdraw, Reason: "fraud"}) })
	d.run()
	require.Equal(t, contract.ActionWithdraw, answers(d)[0].Action)
	require.Equal(t, domain.Cancelled, d.closes[0].State)
}

func TestCancellingTheWorkflowWithdrawsTheOrderAndItsWorkGoesOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	gone := contract.Assessment{Sequence: 4, State: domain.Cancelled, Ended: true, CloseAt: dawn.Add(24 * time.Hour)}
	d.assess = scripted(due(1, domain.Accepted), due(3, domain.Accepted, step(domain.StepCancel, "10001")), gone)
	d.step = func(string, contract.StepInput) (contract.Assessment, error) { return gone, nil }
	d.at(time.Hour, d.env.CancelWorkflow)
	d.run()
	require.Equal(t, []string{"AssessOrder", "AssessOrder", "CancelConsignment 10001", "AssessOrder", "CloseOrder"}, d.calls)
	require.Len(t, answers(d), 1, "once")
	require.Equal(t, "the workflow was cancelled", answers(d)[0].Reason)
	require.Equal(t, []string{"accepted", "cancelled"}, d.shown)
}

func TestCancellingAndRetryingAtOnceLosesNeither(t *testing.T) {
	t.Parallel()
	d := asked(t, []domain.Question{unmapped}, func(d *desk) {
		d.env.SignalWorkflowSkippingWorkflowTask(contract.SignalRetry, nil)
		d.env.CancelWorkflow()
	})
	require.Len(t, answers(d), 2)
	require.NotEqual(t, answers(d)[0].CommandID, answers(d)[1].CommandID)
}
