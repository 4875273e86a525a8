package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// checking is an assessment by a build whose answers wait for what comes of them.
func checking(a contract.Assessment) contract.Assessment {
	a.Checks = true
	return a
}

// judged asks a question, answers it, and ends the order two days later. What the look
// after the answer finds is given.
func judged(t *testing.T, found contract.Assessment, r contract.Resolution, also func(*desk)) (*answered, *desk) {
	t.Helper()
	d := newDesk(t)
	refused := unmapped
	refused.Problems = []domain.Refusal{{Value: "Express Saver", Message: "no rule", Allowed: []string{"RM24", "RM48"}}}
	d.assess = func(in contract.AssessInput) (contract.Assessment, error) {
		switch {
		case d.env.Now().After(dawn.Add(40 * time.Hour)):
			return ended(9, dawn), nil
		case len(in.Answers) > 0:
			if len(found.Questions) > 0 {
				found.Questions = []domain.Question{refused}
			}
			return found, nil
		}
		return checking(asking(1, refused)), nil
	}
	d.step = func(string, contract.StepInput) (contract.Assessment, error) {
		return ended(5, dawn.Add(30*time.Hour)), nil
	}
	if also != nil {
		also(d)
	}
	var got *answered
	d.at(time.Hour, func() { got = d.resolve(r) })
	d.at(48*time.Hour, d.fact)
	d.run()
	return got, d
}

func TestAnAnswerSaysWhatCameOfIt(t *testing.T) {
	t.Parallel()
	retry := contract.Resolution{Action: contract.ActionRetry, By: "ann", CommandID: "c"}
	for name, tt := range map[string]struct {
		found contract.Assessment
		want  string
	}{
		"the cause is still there": {found: checking(asking(2, unmapped)), want: `retry taken: still there: No rule says by which service the warehouse should send the shipping method "Express Saver". Would be taken: RM24, RM48.`},
		"a step is due":            {found: due(2, domain.Enriched, step(domain.StepSubmit, "10001")), want: "retry taken: freed; going on with submit 10001 to hillington"},
		"the shop is not ready":    {found: checking(waiting(2)), want: "retry taken: no question is open; the order waits for the shop: not paid"},
		"nothing is due":           {found: due(2, domain.Accepted), want: "retry taken: freed; no question is open"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, d := judged(t, tt.found, retry, nil)
			require.True(t, got.done)
			require.Equal(t, tt.want, got.reply.Message)
			require.NotContains(t, d.alarms, 2*time.Second, "the check costs no timer")
			require.Equal(t, 1, d.called("RefreshOrder"))
		})
	}
}

func TestACheckThatTakesLongerThanTwoSecondsGoesOnByItself(t *testing.T) {
	t.Parallel()
	tries := 0
	got, d := judged(t, due(2, domain.Accepted), contract.Resolution{Action: contract.ActionRetry, By: "ann", CommandID: "c"}, func(d *desk) {
		d.refresh = func() error {
			if tries++; tries < 4 {
				return unavailable("centra")
			}
			return nil
		}
	})
	require.Contains(t, got.reply.Message, "retry taken and being checked: there was no result within 2s")
	require.Len(t, answers(d), 1, "and is taken all the same")
	require.Equal(t, 4, tries, "one quick try, and then as ever")
	require.Equal(t, contract.ActionRetry, d.view().Last.Action)
}

func TestARunThatBeganBeforeAnswersWaitedAnswersAtOnce(t *testing.T) {
	t.Parallel()
	d := asked(t, []domain.Question{unmapped}, func(d *desk) { d.resolve(contract.Resolution{Action: contract.ActionRetry}) })
	require.Equal(t, 1, d.called("RefreshOrder"))
}

func TestWhatCameOfARetryStandsOnTheOrdersPage(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = func(contract.AssessInput) (contract.Assessment, error) {
		if d.env.Now().After(dawn.Add(40 * time.Hour)) {
			return ended(9, dawn), nil
		}
		return checking(asking(1, unmapped)), nil
	}
	var before, after, refused contract.OrderView
	d.at(30*time.Minute, func() { before = d.view() })
	d.at(time.Hour, d.signal(contract.SignalRetry, nil))
	d.at(2*time.Hour, func() { after = d.view() })
	d.at(3*time.Hour, d.signal(contract.SignalResolve, contract.Resolution{Action: contract.ActionSkip, Reason: "x", By: "bob"}))
	d.at(4*time.Hour, func() { refused = d.view() })
	d.at(48*time.Hour, d.fact)
	d.run()
	require.Nil(t, before.Last)
	require.Equal(t, contract.ActionRetry, after.Last.Action)
	require.Equal(t, "web-ui", after.Last.By)
	require.True(t, after.Last.At.Equal(dawn.Add(time.Hour)))
	require.Contains(t, after.Last.Text, "still there: No rule says")
	require.Equal(t, "bob", refused.Last.By)
	require.Contains(t, refused.Last.Text, "refused: skip is no answer to unmapped:shipping-method")
}

func TestQuestionsBeyondThoseShownAreAnsweredByName(t *testing.T) {
	t.Parallel()
	hidden := domain.NewCause("short-pick", "atelier/10001", "61")
	var got, wrong, unknown *answered
	d := newDesk(t)
	d.assess = func(in contract.AssessInput) (contract.Assessment, error) {
		if len(in.Answers) > 0 {
			return ended(9, dawn), nil
		}
		a := checking(asking(1, short))
		a.More = []contract.MoreQuestions{{Kind: "unmapped:market", Causes: []string{"unmapped:market:x"}}, {Kind: "short-pick", Causes: []string{"short-pick:60", hidden}}}
		return a, nil
	}
	var view contract.OrderView
	d.at(time.Hour, func() {
		view = d.view()
		wrong = d.resolve(contract.Resolution{Exception: "unmapped:market:x", Action: contract.ActionSkip, Reason: "x"})
		unknown = d.resolve(contract.Resolution{Exception: "short-pick:62", Action: contract.ActionSkip, Reason: "x"})
		got = d.resolve(contract.Resolution{Exception: hidden, Action: contract.ActionSkip, Reason: "agreed"})
	})
	d.run()
	require.Equal(t, 3, view.More)
	require.ErrorContains(t, wrong.reject, "skip is no answer to unmapped:market")
	require.ErrorContains(t, unknown.reject, `exception "short-pick:62" is not open`)
	require.True(t, got.done)
	require.Equal(t, hidden, answers(d)[0].Exception)
}

func TestAnOverrideNamesWhatTheKindTakes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		override map[string]string
		reason   string
	}{
		"another key":     {map[string]string{"carrier": "RM"}, `override of "carrier": unmapped:shipping-method takes shippingService, or shippingService:<warehouse>`},
		"no warehouse":    {map[string]string{"shippingService:": "RM24"}, `override of "shippingService:"`},
		"an empty value":  {map[string]string{"shippingService": " "}, "override of shippingService is empty"},
		"one of two keys": {map[string]string{"shippingService": "RM24", "price": "0"}, `override of "price"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got *answered
			d := asked(t, []domain.Question{unmapped}, func(d *desk) {
				got = d.resolve(contract.Resolution{Action: contract.ActionOverride, Override: tt.override})
			})
			require.ErrorContains(t, got.reject, tt.reason)
			require.Equal(t, contract.ActionRetry, answers(d)[0].Action, "only the test's own end is taken")
		})
	}
}

func TestAnOrderThatWasJustReadIsNotReadAgain(t *testing.T) {
	t.Parallel()
	for fresh, reads := range map[bool]int{true: 0, false: 1} {
		t.Run(fmt.Sprint(fresh), func(t *testing.T) {
			t.Parallel()
			d := asked(t, []domain.Question{unmapped}, func(d *desk) {
				d.env.SignalWorkflow(contract.SignalResolve, contract.Resolution{Exception: unmapped.Cause, Action: contract.ActionRetry, By: "ann", CommandID: "resume-1", Fresh: fresh})
			})
			require.Equal(t, reads, d.called("RefreshOrder"))
			require.Len(t, answers(d), 1)
		})
	}
}

// TestAnAnswerDuringContinueAsNewIsNotLost: the run continues as new with an
// answer under way, and nothing of it is lost or taken twice.
func TestAnAnswerDuringContinueAsNewIsNotLost(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.assess = func(contract.AssessInput) (contract.Assessment, error) { return checking(asking(1, unmapped)), nil }
	d.at(time.Hour, func() {
		d.env.SetContinueAsNewSuggested(true)
		d.env.SignalWorkflow(contract.SignalResolve, contract.Resolution{Exception: unmapped.Cause, Action: contract.ActionRetry, By: "ann", CommandID: "resume-1", Fresh: true})
	})
	d.start(contract.OrderInput{Order: orderID})
	next := d.continued()
	taken := answers(d)
	require.Len(t, taken, 1)
	require.Equal(t, "resume-1", taken[0].CommandID)
	require.False(t, next.State.Refresh, "it was read before")
	require.Contains(t, next.State.Last.Text, "still there")

	second := newDesk(t)
	second.assess = scripted(checking(asking(1, unmapped)), ended(3, dawn))
	second.at(time.Hour, second.fact)
	second.start(next)
	require.NoError(t, second.env.GetWorkflowError())
	require.Empty(t, answers(second), "nothing is answered twice")
}
