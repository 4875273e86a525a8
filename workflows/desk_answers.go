package workflows

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"selvedge/internal/contract"
	"selvedge/internal/exceptions"
)

// checkTime is how long an answer waits for what comes of it. The Web UI waits as long.
const checkTime = 2 * time.Second

// validate refuses what nobody asked for, and says why and what would be taken.
func (w *desk) validate(r contract.Resolution) error {
	switch r.Action {
	case contract.ActionRetry, contract.ActionSkip, contract.ActionWithdraw, contract.ActionOverride:
	default:
		return fmt.Errorf("action %q: want retry, skip, withdraw-order or override", r.Action)
	}
	if r.Action == contract.ActionWithdraw && !w.withdrawable {
		return fmt.Errorf("a %s cannot be withdrawn: it takes retry, skip or override", w.what)
	}
	if r.CommandID != "" && w.taken[r.CommandID] {
		return nil
	}
	if len(w.answers) > 0 {
		return fmt.Errorf("an answer is being taken at this moment; look at the %s again in a second", w.what)
	}
	open := w.of.open()
	if len(open) == 0 {
		if r.Action == contract.ActionRetry && (w.of.away() != "" || len(w.of.waits()) > 0) || r.Action == contract.ActionWithdraw && r.Reason != "" {
			return nil
		}
		return fmt.Errorf("no question is open for this %s; reload the page, somebody may have answered", w.what)
	}
	return w.validateFor(r)
}

func (w *desk) validateFor(r contract.Resolution) error {
	open := w.of.open()
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
		return fmt.Errorf("exception %q is not open for this %s; open is %q", r.Exception, w.what, open[0].Cause)
	}
	if r.Action == contract.ActionRetry {
		return nil // looking again is never wrong
	}
	if r.Action == contract.ActionOverride && len(r.Override) == 0 {
		return fmt.Errorf(`override needs what to use instead: add "override":{%q:"…"}`, cmp.Or(kind.Override, "shippingService"))
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
func (w *desk) kindOf(cause string) (exceptions.Kind, bool) {
	for _, q := range w.of.open() {
		if q.Cause == cause {
			kind, _ := exceptions.Lookup(q.Kind)
			return kind, true
		}
	}
	for _, more := range w.of.more() {
		if slices.Contains(more.Causes, cause) {
			kind, _ := exceptions.Lookup(more.Kind)
			return kind, true
		}
	}
	return exceptions.Kind{}, false
}

// unlisted counts the questions that are open and not shown in full.
func (w *desk) unlisted() int {
	n := 0
	for _, more := range w.of.more() {
		n += len(more.Causes)
	}
	return n
}

// resolve takes an answer and says what came of it: whether the cause is still there by
// today's data and rules. The next look is the check; where that takes longer than two
// seconds it goes on by itself, and the page says what it found. While a step is under
// way, the answer is taken after it and nobody waits.
func (w *desk) resolve(ctx workflow.Context, r contract.Resolution) (contract.ResolveReply, error) {
	if r.CommandID != "" && w.taken[r.CommandID] {
		return contract.ResolveReply{Message: "this command was taken before; nothing more was done"}, nil
	}
	waits := w.of.checks() && w.parked
	r = w.takeAnswer(r)
	taken := fmt.Sprintf("%s taken; the %s goes on from the step that waits. Look at its details for what comes of it.", r.Action, w.what)
	if !waits {
		return contract.ResolveReply{Message: taken}, nil
	}
	w.awaited[r.CommandID] = true
	known := func() bool { return w.verdicts[r.CommandID] != "" }
	err := workflow.Await(ctx, known)
	if temporal.IsCanceledError(err) && answersAfterCancel(ctx) {
		detached, _ := workflow.NewDisconnectedContext(ctx)
		err = workflow.Await(detached, known)
	}
	if text := w.verdicts[r.CommandID]; text != "" {
		return contract.ResolveReply{Message: fmt.Sprintf("%s taken%s", r.Action, text)}, nil
	}
	return contract.ResolveReply{Message: taken}, err
}

// somebodyWaits tells whether the sender of an answer that is to be recorded waits for
// what comes of it.
func (w *desk) somebodyWaits() bool {
	for _, r := range w.answers {
		if w.awaited[r.CommandID] && w.verdicts[r.CommandID] == "" {
			return true
		}
	}
	return false
}

// noResult lets go of whoever waits for what comes of an answer.
func (w *desk) noResult() {
	for _, r := range w.answers {
		if w.verdicts[r.CommandID] == "" {
			w.verdicts[r.CommandID] = fmt.Sprintf(" and being checked: there was no result within %s. The %s goes on by itself; its details say what was found.", checkTime, w.what)
		}
	}
}

// judge says of each answer that a look recorded what came of it.
func (w *desk) judge(answers []contract.Resolution) {
	for _, r := range answers {
		text := w.of.outcome(r)
		w.verdicts[r.CommandID] = ": " + text
		w.said(r, text)
	}
}

// said keeps the newest answer and what came of it for the order's page.
func (w *desk) said(r contract.Resolution, text string) {
	by := r.By
	if by == "" {
		by = "web-ui"
	}
	w.carry.Last = &contract.LastAnswer{At: workflow.Now(w.ctx), By: by, Action: r.Action, Text: text}
}
