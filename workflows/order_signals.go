package workflows

import (
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
)

// newOrder sets up state and handlers, before anything can block.
func newOrder(ctx workflow.Context, in contract.OrderInput) *order {
	detached, _ := workflow.NewDisconnectedContext(ctx)
	w := &order{id: in.Order, stop: ctx, ctx: detached, taken: map[string]bool{}, verdicts: map[string]string{}}
	w.carry.State = domain.Received // as set by whoever started the order
	if in.State != nil {
		w.carry = *in.State
		w.refresh = in.State.Refresh
	}
	if w.carry.Delayed != "" {
		w.again = workflow.Now(ctx).Add(retryDelayed) // the timer of the last run ended with it
	}
	channel := func(name, description string) workflow.ReceiveChannel {
		return workflow.GetSignalChannelWithOptions(ctx, name, workflow.SignalChannelOptions{Description: description})
	}
	w.retries = channel(contract.SignalRetry, "Look again at everything that is open, with today's data and today's rules. Needs no input.")
	w.resolutions = channel(contract.SignalResolve, resolveHelp)
	w.facts = channel(contract.SignalFact, contract.DescriptionMachine)
	w.released = channel(contract.SignalReleased, contract.DescriptionMachine)
	must(workflow.SetQueryHandlerWithOptions(ctx, contract.QueryState, w.view,
		workflow.QueryHandlerOptions{Description: "Where the order stands, and what it waits for."}))
	must(workflow.SetUpdateHandlerWithOptions(ctx, contract.UpdateResolve, w.resolve,
		workflow.UpdateHandlerOptions{Validator: w.validate, Description: resolveHelp}))
	return w
}

const resolveHelp = `Answer an open question. Input: {"exception":"<cause>","action":"retry|skip|withdraw-order|override","override":{},"by":"<you>","reason":"<why>","commandId":"<any>"}. The order's details list what is allowed.`

// must stops the workflow task for a programming error at registration: the order waits for a fixed build.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func (w *order) view() (contract.OrderView, error) {
	return contract.OrderView{State: w.shown(), Sequence: w.at.Sequence, Waiting: w.at.Waiting, Questions: w.at.Questions, Lines: w.at.Lines, Delayed: w.carry.Delayed, More: w.unlisted(), Last: w.carry.Last}, nil
}

// pending tells whether something waits to be read. Its condition changes nothing.
func (w *order) pending() bool {
	return w.facts.Len() > 0 || w.released.Len() > 0 || w.retries.Len() > 0 || w.resolutions.Len() > 0 ||
		len(w.answers) > 0 || (w.stop.Err() != nil && !w.stopped)
}

// receive reads all that was told since the last look.
func (w *order) receive() {
	for w.facts.ReceiveAsync(nil) {
		w.signals++
	}
	for w.released.ReceiveAsync(nil) {
		w.signals++
		w.release()
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
			workflow.GetLogger(w.ctx).Warn("an answer was refused", "order", w.id.String(), "reason", err.Error())
			w.said(r, "refused: "+err.Error())
			continue
		}
		w.takeAnswer(r)
	}
	if w.stop.Err() != nil && !w.stopped {
		w.stopped = true
		w.takeAnswer(contract.Resolution{Action: contract.ActionWithdraw, By: "web-ui", Reason: "the workflow was cancelled"})
	}
}

// verdict is validate for signals, whose outcome a replay must not decide anew: which
// answers a kind allows changes with releases. A retry is asked of nothing but what is open.
func (w *order) verdict(r contract.Resolution) error {
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
func (w *order) takeRetry() {
	if len(w.answers) > 0 || w.looked && len(w.at.Questions) == 0 && w.carry.Delayed == "" && len(w.at.Waiting) == 0 {
		return // nothing is open, or an answer is being taken already
	}
	w.takeAnswer(contract.Resolution{Action: contract.ActionRetry, By: "web-ui"})
}

// takeAnswer keeps an answer for the next look and gives it as it was taken.
func (w *order) takeAnswer(r contract.Resolution) contract.Resolution {
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
	if r.Exception == "" && len(w.at.Questions) == 1 && r.Action != contract.ActionRetry {
		r.Exception = w.at.Questions[0].Cause
	}
	w.answers = append(w.answers, r)
	w.refresh = w.refresh || !r.Fresh && (r.Action == contract.ActionRetry || r.Action == contract.ActionOverride)
	w.release()
	return r
}

// validate refuses what nobody asked for, and says why and what would be taken.
func (w *order) validate(r contract.Resolution) error {
	switch r.Action {
	case contract.ActionRetry, contract.ActionSkip, contract.ActionWithdraw, contract.ActionOverride:
	default:
		return fmt.Errorf("action %q: want retry, skip, withdraw-order or override", r.Action)
	}
	if r.CommandID != "" && w.taken[r.CommandID] {
		return nil
	}
	if len(w.answers) > 0 {
		return errors.New("an answer is being taken at this moment; look at the order again in a second")
	}
	open := w.at.Questions
	if len(open) == 0 {
		if r.Action == contract.ActionRetry && (w.carry.Delayed != "" || len(w.at.Waiting) > 0) || r.Action == contract.ActionWithdraw && r.Reason != "" {
			return nil
		}
		return errors.New("no question is open for this order; reload the page, somebody may have answered")
	}
	return w.validateFor(r)
}

func (w *order) validateFor(r contract.Resolution) error {
	open := w.at.Questions
	needsReason := r.Action == contract.ActionSkip || r.Action == contract.ActionWithdraw
	if needsReason && r.Reason == "" {
		return fmt.Errorf("%s needs a reason: add \"reason\":\"…\"", r.Action)
	}
	if r.Exception == "" {
		if len(open) > 1 && r.Action != contract.ActionRetry && r.Action != contract.ActionWithdraw {
			return fmt.Errorf("%d questions are open: name the one that %s answers in \"exception\", such as %q", len(open), r.Action, open[0].Cause)
		}
		if r.Action == contract.ActionRetry || r.Action == contract.ActionWithdraw {
			return nil
		}
		r.Exception = open[0].Cause
	}
	kind, known := w.kindOf(r.Exception)
	if !known {
		return fmt.Errorf("exception %q is not open for this order; open is %q", r.Exception, open[0].Cause)
	}
	if r.Action == contract.ActionRetry {
		return nil // looking again is never wrong
	}
	if r.Action == contract.ActionOverride && len(r.Override) == 0 {
		return errors.New(`override needs what to use instead: add "override":{"shippingService":"…"}`)
	}
	if err := exceptions.Allows(kind, string(r.Action)); err != nil {
		return err
	}
	if r.Action != contract.ActionOverride {
		return nil
	}
	return exceptions.AllowsOverride(kind, r.Override)
}

// kindOf finds the kind of an open question by its cause.
func (w *order) kindOf(cause string) (exceptions.Kind, bool) {
	for _, q := range w.at.Questions {
		if q.Cause == cause {
			kind, _ := exceptions.Lookup(q.Kind)
			return kind, true
		}
	}
	for _, more := range w.at.More {
		if slices.Contains(more.Causes, cause) {
			kind, _ := exceptions.Lookup(more.Kind)
			return kind, true
		}
	}
	return exceptions.Kind{}, false
}

// unlisted counts the questions that are open and not shown in full.
func (w *order) unlisted() int {
	n := 0
	for _, more := range w.at.More {
		n += len(more.Causes)
	}
	return n
}

func asApplication(err error, target **temporal.ApplicationError) bool { return errors.As(err, target) }
