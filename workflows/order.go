// Package workflows decides what happens next; it does no I/O.
package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// retryDelayed is how often a delayed order tries again by itself, should nobody release it.
const retryDelayed = time.Hour

// maxSignals is how many signals a run takes before it continues as new: the server
// refuses more than 10 000 and suggests nothing before.
const maxSignals = 2000

// Method references only; nil, never called directly.
var (
	orders     *activities.Orders
	fulfilment *activities.Fulfilment
	shipments  *activities.Shipments
	outages    *activities.Outages
)

// OrderWorkflow is an order's whole life: it looks where the order stands, takes the
// steps that are due, shows what it waits for, and waits.
func OrderWorkflow(ctx workflow.Context, in contract.OrderInput) error {
	w := newOrder(ctx, in)
	return w.run()
}

// order is one run of an order's life. All that matters is in the facts; a run only
// remembers what it has shown and what it was told since its last look.
type order struct {
	*desk
	id domain.OrderID

	at     contract.Assessment   // as of the last look
	again  time.Time             // when a delayed or idle step is tried again
	outage *contract.OutageInput // to be reported once the store knows that the order waits
	vain   int                   // how often in a row a step changed nothing
	asks   *contract.Step        // the one that a person is asked about for that

	// settled brings word of closed returns; toldReturns is what this run has told each
	// of its returns, by number.
	settled     workflow.ReceiveChannel
	toldReturns map[int]int64
	tellAgain   time.Time // when a return that could not be told is tried again; zero = all are told
}

// run is the story: look, act, show, wait.
func (w *order) run() error {
	for {
		w.receive()
		if err := w.look(); err != nil {
			return err
		}
		for w.canAct() {
			w.show()
			if err := w.act(); err != nil {
				return err
			}
		}
		if err := w.tellReturns(); err != nil {
			return err
		}
		w.show()
		ended, err := w.close()
		if ended || err != nil {
			return err
		}
		if w.pending() || w.canAct() { // a refused close may have found a step
			continue
		}
		if w.longEnough() {
			return w.continueAsNew()
		}
		if err := w.wait(); err != nil {
			return err
		}
	}
}

// canAct tells whether steps are due and nothing newer is waiting to be read.
func (w *order) canAct() bool {
	return len(w.at.Due) > 0 && w.carry.Delayed == "" && len(w.answers) == 0 && w.again.IsZero()
}

// look asks the store where the order stands. After a person's answer the order is
// first read from the shop again, because that is where people mend data.
func (w *order) look() error {
	if w.refresh && w.carry.Delayed == "" && w.again.IsZero() {
		w.refresh = false
		err := w.readAgain()
		if err := w.setback(err); err != nil {
			return err
		}
		// What the shop could not tell now is asked again once it answers.
		w.refresh = w.refresh || w.carry.Delayed != "" || !w.again.IsZero()
	}
	if len(w.answers) > 0 {
		w.toldReturns = nil // a person asks: a return whose run was lost is started again
	}
	in := contract.AssessInput{Order: w.id, Answers: w.answers, At: workflow.Now(w.ctx), Delayed: w.carry.Delayed, DelayedAt: w.carry.DelayedAt, InVain: w.asks}
	var at contract.Assessment
	err := w.store("see where the order stands", orders.AssessOrder, in, &at)
	if err != nil {
		return err
	}
	w.answers = w.answers[len(in.Answers):] // one may have come while the store was asked
	w.at, w.looked = at, true
	w.overcome()
	w.judge(in.Answers)
	w.report()
	if w.carry.Delayed == "" && len(at.Due) == 0 && !w.refresh {
		w.carry.DelayedAt = zeroTime // nothing is left that an outage kept from being done
	}
	return nil
}

// close ends the run when nothing is left to do and the store agrees that nothing was
// told since the last look. Nothing blocks between the last drain and the return.
func (w *order) close() (bool, error) {
	if !w.at.Ended || len(w.at.Questions) > 0 || w.pending() || !w.tellAgain.IsZero() || workflow.Now(w.ctx).Before(w.at.CloseAt) {
		return false, nil
	}
	var closed contract.CloseResult
	end := w.ending()
	if err := w.store("close the order unless something was told since", orders.CloseOrder,
		contract.CloseInput{Order: w.id, Sequence: w.at.Sequence, State: end, Cause: w.at.Cause}, &closed); err != nil {
		return false, err
	}
	if !closed.Closed {
		return false, w.look()
	}
	if err := workflow.Await(w.ctx, func() bool { return workflow.AllHandlersFinished(w.ctx) }); err != nil {
		return false, err
	}
	if w.pending() {
		return false, nil // the next look reopens the order
	}
	w.upsert(end, nil)
	w.details()
	return true, nil
}

func (w *order) ending() domain.OrderState {
	switch w.at.State {
	case domain.Cancelled, domain.RejectedState:
		return w.at.State
	}
	return domain.Closed
}

// longEnough tells whether this run's history should end; the facts carry the order over.
func (w *order) longEnough() bool {
	return workflow.GetInfo(w.ctx).GetContinueAsNewSuggested() || w.signals > maxSignals
}

func (w *order) continueAsNew() error {
	if err := workflow.Await(w.ctx, func() bool { return workflow.AllHandlersFinished(w.ctx) }); err != nil {
		return err
	}
	// Fact signals are wake-ups and the next run begins by looking: they may be dropped.
	// People's answers may not, even when one comes while another is recorded.
	for w.receive(); len(w.answers) > 0; w.receive() {
		if err := w.look(); err != nil {
			return err
		}
	}
	w.carry.Runs++
	w.carry.Refresh = w.refresh
	return workflow.NewContinueAsNewError(w.ctx, OrderWorkflow, contract.OrderInput{Order: w.id, State: &w.carry})
}

// wait blocks until something was told, a person spoke, or time has come.
func (w *order) wait() error {
	w.setAlarm(w.nextLook())
	w.parked = true
	err := workflow.Await(w.ctx, func() bool {
		return w.pending() || w.alarm != nil && w.alarm.future.IsReady()
	})
	w.parked = false
	if err != nil {
		return err
	}
	if w.alarm != nil && w.alarm.future.IsReady() {
		w.alarm = nil
		asks := w.asks
		w.release() // try again by itself; the time of the first failure stays
		w.asks = asks
	} else if w.carry.Delayed == "" {
		w.again = zeroTime
	}
	return nil
}

// release lets a delayed order go on.
func (w *order) release() {
	w.carry.Delayed, w.again, w.asks = "", zeroTime, nil // should it be in vain once more, it asks at once
}

// nextLook is when something changes by itself.
func (w *order) nextLook() time.Time {
	next := w.nextStep()
	if !w.tellAgain.IsZero() && (next.IsZero() || w.tellAgain.Before(next)) {
		return w.tellAgain
	}
	return next
}

func (w *order) nextStep() time.Time {
	if !w.again.IsZero() {
		return w.again
	}
	if w.at.Ended && len(w.at.Questions) == 0 {
		return w.at.CloseAt
	}
	return w.at.WakeAt
}

func (w *order) alarmSummary() string {
	switch {
	case w.carry.Delayed != "":
		return "try " + w.carry.Delayed + " again"
	case w.at.Ended:
		return "return window"
	}
	return "tracking or capture is due"
}

// refused tells whether a step ended in a refusal that stands in the facts.
func refused(err error) bool {
	var failure *temporal.ApplicationError
	return asApplication(err, &failure) && failure.Type() == activities.ErrRefused
}
