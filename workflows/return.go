package workflows

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// Method references only; nil, never called directly.
var returns *activities.Returns

// ReturnWorkflow is one return: its stock leg and its finance leg run side by side, each
// waits by itself, and it closes when both are acknowledged and hold each other's ids.
func ReturnWorkflow(ctx workflow.Context, in contract.ReturnInput) error {
	w := newReturn(ctx, in)
	return w.run()
}

// returning is one run of a return. All that matters is in the facts of its order.
type returning struct {
	*desk
	in contract.ReturnInput // without State
	at contract.ReturnAssessment

	legs   []*leg
	outage []contract.OutageInput // to be reported once the store knows that the return waits
}

// leg is one side of a return: what it is doing, or what keeps it from going on.
type leg struct {
	name      domain.Leg
	step      contract.ReturnStep
	doing     workflow.Future // nil while it does nothing
	before    int64           // newest fact when the step began
	again     time.Time       // not before; zero = at once
	delayed   string          // system that is away
	delayedAt time.Time
	from      contract.ReturnAssessment // the look at which the step began
	vain      int                       // how often in a row it changed nothing
	asks      bool                      // a person is asked about it
}

func newReturn(ctx workflow.Context, in contract.ReturnInput) *returning {
	w := &returning{in: in, legs: []*leg{{name: domain.StockLeg}, {name: domain.FinanceLeg}}}
	w.in.State = nil
	w.desk = newDesk(ctx, w, "return", in.WorkflowID())
	w.carry.State = domain.ReturnWindow // as set by whoever started it
	if in.State != nil {
		w.carry, w.refresh = in.State.Shown, in.State.Shown.Refresh
		for _, l := range w.legs {
			if trouble, ok := in.State.Legs[string(l.name)]; ok {
				l.delayed, l.delayedAt = trouble.Delayed, trouble.DelayedAt
				if trouble.InVain != nil {
					l.step, l.vain, l.asks = *trouble.InVain, mostInVain, true
				}
				if l.delayed != "" || l.asks {
					l.again = workflow.Now(ctx).Add(retryDelayed)
				}
			}
		}
	}
	must(workflow.SetQueryHandlerWithOptions(ctx, contract.QueryState, w.view,
		workflow.QueryHandlerOptions{Description: "Where the return stands, and what it waits for."}))
	return w
}

// run is the story: look, act on both legs, show, wait.
func (w *returning) run() error {
	for {
		w.receive()
		if err := w.look(); err != nil {
			return err
		}
		w.begin()
		w.show()
		ended, again, err := w.close()
		if ended || err != nil {
			return err
		}
		if w.pending() || again {
			continue
		}
		if w.quiet() && (workflow.GetInfo(w.ctx).GetContinueAsNewSuggested() || w.signals > maxSignals) {
			return w.continueAsNew()
		}
		if err := w.wait(); err != nil {
			return err
		}
		if err := w.harvest(); err != nil {
			return err
		}
	}
}

// look asks the store where the return stands.
func (w *returning) look() error {
	delayed := map[string]time.Time{}
	for _, l := range w.legs {
		if l.delayed != "" {
			delayed[l.delayed] = l.delayedAt
		}
	}
	in := contract.AssessReturnInput{Return: w.in, Answers: w.answers, At: workflow.Now(w.ctx), Delayed: delayed, InVain: w.stepsInVain()}
	w.refresh = false // each step reads what it needs anew anyway
	var at contract.ReturnAssessment
	if err := w.store("see where the return stands", returns.AssessReturn, in, &at); err != nil {
		return err
	}
	w.answers = w.answers[len(in.Answers):] // one may have come while the store was asked
	w.at, w.looked = at, true
	w.overcome()
	w.judge(in.Answers)
	for _, outage := range w.outage {
		if err := reportOutage(w.ctx, outage); err != nil {
			workflow.GetLogger(w.ctx).Error("an outage could not be reported", "system", outage.System, "error", err)
		}
	}
	w.outage = nil
	return nil
}

// begin starts the first due step of each leg that does nothing and waits for nothing.
func (w *returning) begin() {
	for _, l := range w.legs {
		if l.doing != nil || !l.again.IsZero() {
			continue
		}
		i := slices.IndexFunc(w.at.Due, func(s contract.ReturnStep) bool { return s.Leg == l.name })
		if i < 0 {
			continue
		}
		l.step, l.before, l.from = w.at.Due[i], w.at.Sequence, w.at
		queue := contract.QueueCentra
		if l.name == domain.FinanceLeg && l.step.Name != domain.PlanRefund {
			queue = contract.QueueOrders // the books: our own store, or what it hands on
		}
		l.doing = workflow.ExecuteActivity(workflow.WithActivityOptions(w.ctx, stepOptions(queue, string(l.step.Name)+" "+l.step.Key)),
			returns.TakeReturnStep, contract.ReturnStepInput{Return: w.in, Step: l.step})
	}
}

// harvest takes the outcome of steps that are done. What came of them stands in the
// facts, so the next look knows; a refusal is a question by then.
func (w *returning) harvest() error {
	for _, l := range w.legs {
		if l.doing == nil || !l.doing.IsReady() {
			continue
		}
		var at contract.ReturnAssessment
		err := l.doing.Get(w.ctx, &at)
		l.doing = nil
		switch {
		case err == nil || refused(err):
			l.delayedAt = zeroTime
			if err == nil && at.Sequence == l.before {
				l.again = workflow.Now(w.ctx).Add(idle) // no fact tells of it: never try again at once
			}
			if err == nil {
				w.inVain(l, at)
			}
		default:
			if err := w.setback(l, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// setback turns a failure that is not about this return into a delay of its leg.
func (w *returning) setback(l *leg, err error) error {
	var canceled *temporal.CanceledError
	if errors.As(err, &canceled) {
		return err
	}
	var failure *temporal.ApplicationError
	if asApplication(err, &failure) && failure.Type() == activities.ErrRateLimited {
		l.again = workflow.Now(w.ctx).Add(rateLimited)
		return nil
	}
	system, credentials := blame(err)
	l.delayed, l.again = system, workflow.Now(w.ctx).Add(retryDelayed)
	if l.delayedAt.IsZero() {
		l.delayedAt = workflow.Now(w.ctx)
	}
	w.outage = append(w.outage, contract.OutageInput{System: system, Credentials: credentials, Since: l.delayedAt})
	return nil
}

// quiet tells whether neither leg is doing anything.
func (w *returning) quiet() bool {
	return !slices.ContainsFunc(w.legs, func(l *leg) bool { return l.doing != nil })
}

// close ends the run when both legs are acknowledged and the store agrees that nothing
// was told since; again says that something was, and has to be looked at. Nothing blocks
// between the last drain and the return but the word to the order, after which the
// channels are drained once more.
func (w *returning) close() (ended, again bool, err error) {
	if !w.at.Settled || !w.quiet() || w.pending() {
		return false, false, nil
	}
	var closed contract.CloseResult
	if err := w.store("close the return unless something was told since", returns.CloseReturn,
		contract.CloseReturnInput{Return: w.in, Sequence: w.at.Sequence, Owner: w.at.Owner}, &closed); err != nil {
		return false, false, err
	}
	if !closed.Closed {
		// What was told may be of another return of the order: no signal comes of it here.
		if goesOnAfterARefusedClose(w.ctx) {
			return false, true, nil
		}
		return false, false, w.look()
	}
	if order, ok := w.order(); ok {
		// The settling fact stands; an order that is not running is woken by it in time.
		if err := workflow.SignalExternalWorkflow(w.ctx, contract.OrderWorkflowID(order), "", contract.SignalReturnSettled,
			contract.ReturnSettledSignal{Number: w.in.Number}).Get(w.ctx, nil); err != nil {
			workflow.GetLogger(w.ctx).Warn("the order could not be told that its return has closed; the sweep tells it", "return", w.name, "error", err)
		}
	}
	if err := workflow.Await(w.ctx, func() bool { return workflow.AllHandlersFinished(w.ctx) }); err != nil {
		return false, false, err
	}
	if w.pending() {
		return false, false, nil // the next look goes on from the facts
	}
	w.upsert(domain.Closed, nil)
	w.details()
	return true, false, nil
}

// order is the order to tell: its own, or the one that an orphan was handed to.
func (w *returning) order() (domain.OrderID, bool) {
	if !w.in.Orphan() {
		return w.in.Order, true
	}
	return w.at.Owner, w.at.Owner != (domain.OrderID{})
}

func (w *returning) continueAsNew() error {
	if err := workflow.Await(w.ctx, func() bool { return workflow.AllHandlersFinished(w.ctx) }); err != nil {
		return err
	}
	for w.receive(); len(w.answers) > 0; w.receive() {
		if err := w.look(); err != nil {
			return err
		}
	}
	w.carry.Runs++
	w.carry.Refresh = w.refresh
	in := w.in
	in.State = &contract.ReturnCarry{Shown: w.carry, Legs: map[string]contract.LegTrouble{}}
	for _, l := range w.legs {
		trouble := contract.LegTrouble{Delayed: l.delayed, DelayedAt: l.delayedAt}
		if l.asks {
			trouble.InVain = &l.step
		}
		in.State.Legs[string(l.name)] = trouble
	}
	return workflow.NewContinueAsNewError(w.ctx, ReturnWorkflow, in)
}

// wait blocks until a step is done, something was told, a person spoke, or time has come.
func (w *returning) wait() error {
	w.setAlarm(w.nextLook())
	w.parked = true
	err := workflow.Await(w.ctx, func() bool {
		done := slices.ContainsFunc(w.legs, func(l *leg) bool { return l.doing != nil && l.doing.IsReady() })
		return done || w.pending() || w.alarm != nil && w.alarm.future.IsReady()
	})
	w.parked = false
	if err != nil {
		return err
	}
	if w.alarm != nil && w.alarm.future.IsReady() {
		w.alarm = nil
		now := workflow.Now(w.ctx)
		for _, l := range w.legs {
			if !l.again.IsZero() && !now.Before(l.again) {
				l.again, l.delayed = zeroTime, "" // try again by itself; the time of the first failure stays
			}
		}
	}
	return nil
}

// nextLook is the earliest time at which something changes by itself.
func (w *returning) nextLook() time.Time {
	next := w.at.WakeAt
	for _, l := range w.legs {
		if !l.again.IsZero() && (next.IsZero() || l.again.Before(next)) {
			next = l.again
		}
	}
	return next
}

func (w *returning) open() []domain.Question { return w.at.Questions }
func (w *returning) waits() []string         { return w.at.Waiting }

func (w *returning) misses() time.Time { return zeroTime }

func (w *returning) more() []contract.MoreQuestions { return nil }

// checks: the next look tells whether a cause is still there.
func (w *returning) checks() bool { return len(w.at.Questions) > 0 }

// outcome puts into words what a look found after an answer. It decides nothing.
//
//workflowcheck:ignore - text for people; no replay compares it
func (w *returning) outcome(r contract.Resolution) string {
	for _, q := range w.at.Questions {
		if r.Exception == "" || r.Exception == q.Cause {
			return "still there: " + stillThere(q)
		}
	}
	if n := len(w.at.Questions); n > 0 {
		return fmt.Sprintf("this question is closed; %d are still open: %s", n, stillThere(w.at.Questions[0]))
	}
	if len(w.at.Due) > 0 {
		return fmt.Sprintf("freed; going on with %s %s", w.at.Due[0].Name, w.at.Due[0].Key)
	}
	return "freed; no question is open"
}

func (w *returning) away() string {
	var systems []string
	for _, l := range w.legs {
		if l.delayed != "" && !slices.Contains(systems, l.delayed) {
			systems = append(systems, l.delayed)
		}
	}
	return strings.Join(systems, ", ")
}

// release lets both legs go on.
func (w *returning) release() {
	for _, l := range w.legs {
		l.again, l.delayed, l.asks = zeroTime, "", false // should it be in vain once more, it asks at once
	}
}

func (w *returning) alarmSummary() string {
	if away := w.away(); away != "" {
		return "try " + away + " again"
	}
	return "a decision, a refund or goods are due"
}
