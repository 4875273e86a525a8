package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// desk is where people and machines meet a workflow that may wait for a person: what
// they tell it, what it shows, and the one timer that it has. Orders and returns have
// one each, and behave alike at it.
type desk struct {
	of   desked
	what string // order or return, in messages
	name string // which one, in logs
	// withdrawable says that the answer withdraw-order makes sense.
	withdrawable bool

	// carry is what is shown in the search attributes, over continue-as-new.
	carry contract.OrderCarry
	// stop is cancelled when somebody presses Cancel: an answer like any other. All work
	// is done on ctx, which is not.
	stop, ctx workflow.Context

	looked  bool
	answers []contract.Resolution
	taken   map[string]bool // commands taken by this run
	// verdicts are what came of each command, by the look that recorded it.
	verdicts map[string]string
	awaited  map[string]bool // commands whose sender waits for what comes of them
	parked   bool            // nothing is under way: what is told is looked at at once
	refresh  bool            // a person asked to look again: the shop is read first
	stopped  bool            // Cancel was pressed and taken

	facts, released, retries, resolutions workflow.ReceiveChannel
	signals                               int
	alarm                                 *alarm
}

// desked is what a desk asks of its workflow.
type desked interface {
	open() []domain.Question // as of the last look
	more() []contract.MoreQuestions
	waits() []string   // what it waits for that is no question
	misses() time.Time // the carrier's cut-off that it may miss; zero when there is none
	checks() bool      // whether an answer can be checked against the cause
	outcome(r contract.Resolution) string
	away() string // a system that it waits for
	release()     // try again what waited
	alarmSummary() string
}

// alarm is the one timer that a desk has at most.
type alarm struct {
	at     time.Time
	future workflow.Future
	cancel workflow.CancelFunc
}

// newDesk makes the channels and the handler of answers, before anything can block.
func newDesk(ctx workflow.Context, of desked, what, name string) *desk {
	detached, _ := workflow.NewDisconnectedContext(ctx)
	w := &desk{of: of, what: what, name: name, stop: ctx, ctx: detached, taken: map[string]bool{}, verdicts: map[string]string{}, awaited: map[string]bool{}}
	channel := func(name, description string) workflow.ReceiveChannel {
		return workflow.GetSignalChannelWithOptions(ctx, name, workflow.SignalChannelOptions{Description: description})
	}
	w.retries = channel(contract.SignalRetry, "Look again at everything that is open, with today's data and today's rules. Needs no input.")
	w.resolutions = channel(contract.SignalResolve, resolveHelp)
	w.facts = channel(contract.SignalFact, contract.DescriptionMachine)
	w.released = channel(contract.SignalReleased, contract.DescriptionMachine)
	must(workflow.SetUpdateHandlerWithOptions(ctx, contract.UpdateResolve, w.resolve,
		workflow.UpdateHandlerOptions{Validator: w.validate, Description: resolveHelp}))
	return w
}

const resolveHelp = `Answer an open question. Input: {"exception":"<cause>","action":"retry|skip|withdraw-order|override","override":{},"by":"<you>","reason":"<why>","commandId":"<any>"}. The details list what is allowed.`

// must stops the workflow task for a programming error at registration: the order waits for a fixed build.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// pending tells whether something waits to be read. Its condition changes nothing.
func (w *desk) pending() bool {
	return w.facts.Len() > 0 || w.released.Len() > 0 || w.retries.Len() > 0 || w.resolutions.Len() > 0 ||
		len(w.answers) > 0 || (w.stop.Err() != nil && !w.stopped)
}

// receive reads all that was told since the last look.
func (w *desk) receive() {
	for w.facts.ReceiveAsync(nil) {
		w.signals++
	}
	for w.released.ReceiveAsync(nil) {
		w.signals++
		w.of.release()
	}
	for w.retries.ReceiveAsync(nil) {
		w.signals++
		w.takeRetry()
	}
	for w.looked { // before the first look nobody knows what is open; the channel keeps them
		var r contract.Resolution
		if !w.resolutions.ReceiveAsync(&r) {
			break
		}
		w.signals++
		if err := w.verdict(r); err != nil {
			workflow.GetLogger(w.ctx).Warn("an answer was refused", w.what, w.name, "reason", err.Error())
			w.said(r, "refused: "+err.Error())
			continue
		}
		w.takeAnswer(r)
	}
	if w.stop.Err() != nil && !w.stopped {
		w.stopped = true
		if !w.withdrawable {
			workflow.GetLogger(w.ctx).Warn("a return cannot be cancelled: its goods are there; it goes on", w.what, w.name)
			return
		}
		w.takeAnswer(contract.Resolution{Action: contract.ActionWithdraw, By: "web-ui", Reason: "the workflow was cancelled"})
	}
}

// verdict is validate for signals, whose outcome a replay must not decide anew: which
// answers a kind allows changes with releases. A retry is asked of nothing but what is open.
func (w *desk) verdict(r contract.Resolution) error {
	if r.Action == contract.ActionRetry {
		return w.validate(r)
	}
	var refusal string
	said := workflow.SideEffect(w.ctx, func(workflow.Context) any {
		if err := w.validate(r); err != nil {
			return err.Error()
		}
		return ""
	})
	if err := said.Get(&refusal); err != nil {
		return err
	}
	if refusal != "" {
		return errors.New(refusal)
	}
	return nil
}

// takeRetry makes one answer of any number of clicks.
func (w *desk) takeRetry() {
	if len(w.answers) > 0 || w.looked && len(w.of.open()) == 0 && w.of.away() == "" && len(w.of.waits()) == 0 {
		return // nothing is open, or an answer is being taken already
	}
	w.takeAnswer(contract.Resolution{Action: contract.ActionRetry, By: "web-ui"})
}

// takeAnswer keeps an answer for the next look and gives it as it was taken.
func (w *desk) takeAnswer(r contract.Resolution) contract.Resolution {
	if r.By == "" {
		r.By = "web-ui"
	}
	if r.CommandID == "" {
		info := workflow.GetInfo(w.ctx)
		r.CommandID = fmt.Sprintf("%s-%d-%d", info.WorkflowExecution.RunID, info.GetCurrentHistoryLength(), len(w.taken))
	}
	if w.taken[r.CommandID] {
		return r
	}
	w.taken[r.CommandID] = true
	if r.Exception == "" && len(w.of.open()) == 1 && r.Action != contract.ActionRetry {
		r.Exception = w.of.open()[0].Cause
	}
	w.answers = append(w.answers, r)
	w.refresh = w.refresh || !r.Fresh && (r.Action == contract.ActionRetry || r.Action == contract.ActionOverride)
	w.of.release()
	return r
}

// store runs a function on the store: as a local activity, and as an ordinary one
// while the database is away. Without the store nothing can be decided, so it asks
// until there is an answer.
func (w *desk) store(summary string, function, in, out any) error {
	err := workflow.ExecuteLocalActivity(workflow.WithLocalActivityOptions(w.ctx, lookOptions(summary)), function, in).Get(w.ctx, out)
	if err == nil {
		return nil
	}
	w.noResult()
	workflow.GetLogger(w.ctx).Warn("the store does not answer; trying again as an ordinary activity", w.what, w.name, "error", err)
	for {
		err = workflow.ExecuteActivity(workflow.WithActivityOptions(w.ctx, storeOptions(summary)), function, in).Get(w.ctx, out)
		if err == nil || temporal.IsCanceledError(err) {
			return err
		}
		// An error would end the run, and what the facts say would be seen by nobody.
		workflow.GetLogger(w.ctx).Error("the store did not answer, or refused; it waits and asks again", w.what, w.name, "error", err)
		if err := workflow.NewTimerWithOptions(w.ctx, retryDelayed, workflow.TimerOptions{Summary: "ask the store again"}).Get(w.ctx, nil); err != nil {
			return err
		}
	}
}

// setAlarm keeps at most one timer, and the same one while its time stays the same.
func (w *desk) setAlarm(at time.Time) {
	if w.alarm != nil {
		if w.alarm.at.Equal(at) {
			return
		}
		w.alarm.cancel()
		w.alarm = nil
	}
	if at.IsZero() {
		return
	}
	ctx, cancel := workflow.WithCancel(w.ctx)
	after := max(time.Second, at.Sub(workflow.Now(w.ctx)))
	w.alarm = &alarm{at: at, cancel: cancel, future: workflow.NewTimerWithOptions(ctx, after, workflow.TimerOptions{Summary: w.of.alarmSummary()})}
}
