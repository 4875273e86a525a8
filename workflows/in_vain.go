package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// A step that succeeds and is due again at once, with nothing changed but its own record,
// would be taken for ever: a foreign system that accepts what it does not keep is enough.
// So it rests a little, a few times, since what it waits for may only be slow to show; then
// a person is asked, and it is tried again hourly, or when somebody says so.

// mostInVain is after how many tries that changed nothing a person is asked.
const mostInVain = 5

// restInVain is how long a step rests after so many tries in a row that changed nothing.
func restInVain(tries int) time.Duration {
	if tries < mostInVain {
		return idle
	}
	return retryDelayed
}

// inVain notes what came of the step of a leg that went well. Nothing is counted for a
// run that began before this was.
func (w *returning) inVain(l *leg, at contract.ReturnAssessment) {
	if !slices.Contains(at.Due, l.step) || !sameReturn(l.from, at) {
		l.vain, l.asks = 0, false
		return
	}
	if !restsInVain(w.ctx) {
		return
	}
	l.vain++
	l.again, l.asks = workflow.Now(w.ctx).Add(restInVain(l.vain)), l.vain >= mostInVain
}

// sameReturn tells whether two looks show the same but for what steps record of
// themselves and what time changes.
func sameReturn(a, b contract.ReturnAssessment) bool {
	return a.Settled == b.Settled && a.Owner == b.Owner && slices.Equal(a.Due, b.Due) && slices.Equal(a.Garments, b.Garments) &&
		slices.Equal(a.Documents, b.Documents) && sameQuestions(a.Questions, b.Questions)
}

// stepsInVain are those of the legs that a person is asked about.
func (w *returning) stepsInVain() (steps []contract.ReturnStep) {
	for _, l := range w.legs {
		if l.asks {
			steps = append(steps, l.step)
		}
	}
	return steps
}

// overcome lets a leg go on whose step is not due any more: something else has changed.
func (w *returning) overcome() {
	for _, l := range w.legs {
		if l.vain > 0 && l.doing == nil && !slices.Contains(w.at.Due, l.step) {
			l.vain, l.asks = 0, false
			if l.delayed == "" {
				l.again = zeroTime
			}
		}
	}
}

// inVain notes what came of an order's step that went well, and tells whether a person
// has to be asked.
func (w *order) inVain(step contract.Step, at contract.Assessment) (asks bool) {
	due := slices.ContainsFunc(at.Due, func(s contract.Step) bool { return sameStep(s, step) })
	if !due || !sameOrder(w.at, at) {
		w.vain, w.asks = 0, nil
		return false
	}
	if !restsInVain(w.ctx) {
		return false
	}
	w.vain++
	w.again = workflow.Now(w.ctx).Add(restInVain(w.vain))
	if w.vain < mostInVain {
		return false
	}
	w.asks = &step
	return true
}

// overcome forgets a step that is not due any more: something else has changed.
func (w *order) overcome() {
	if w.asks != nil && !slices.ContainsFunc(w.at.Due, func(s contract.Step) bool { return sameStep(s, *w.asks) }) {
		w.vain, w.asks = 0, nil
	}
}

func sameStep(a, b contract.Step) bool {
	return a.Name == b.Name && a.Subject == b.Subject && a.Warehouse == b.Warehouse && a.Carrier == b.Carrier &&
		a.Revision == b.Revision && a.Complete == b.Complete && slices.Equal(a.Lines, b.Lines)
}

// sameOrder is sameReturn for orders.
func sameOrder(a, b contract.Assessment) bool {
	return a.State == b.State && a.Units == b.Units && a.Value == b.Value && a.Ended == b.Ended && slices.EqualFunc(a.Due, b.Due, sameStep) &&
		sameQuestions(a.Questions, b.Questions) && (len(a.Lines) != len(b.Lines) || slices.Equal(a.Lines, b.Lines))
}

// sameQuestions leaves out the question about the step itself, which comes and goes.
func sameQuestions(a, b []domain.Question) bool {
	causes := func(questions []domain.Question) (causes []string) {
		for _, q := range questions {
			if q.Kind != domain.KindStepInVain {
				causes = append(causes, q.Cause)
			}
		}
		return causes
	}
	return slices.Equal(causes(a), causes(b))
}
