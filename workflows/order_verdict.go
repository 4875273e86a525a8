package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
)

// checkTime is how long an answer waits for what comes of it. The Web UI waits as long.
const checkTime = 2 * time.Second

// resolve takes an answer and says what came of it: whether the cause is still there by
// today's data and rules. The order's own next look is the check; where that takes
// longer than two seconds, it goes on by itself and the order's page says what it found.
func (w *order) resolve(ctx workflow.Context, r contract.Resolution) (contract.ResolveReply, error) {
	if r.CommandID != "" && w.taken[r.CommandID] {
		return contract.ResolveReply{Message: "this command was taken before; nothing more was done"}, nil
	}
	waits := w.at.Checks
	r = w.takeAnswer(r)
	taken := fmt.Sprintf("%s taken; the order goes on from the step that waits. Look at its details for what comes of it.", r.Action)
	if !waits {
		return contract.ResolveReply{Message: taken}, nil
	}
	_, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout: checkTime, TimerOptions: workflow.TimerOptions{Summary: "check whether the cause is still there"},
	}, func() bool { return w.verdicts[r.CommandID] != "" })
	if text := w.verdicts[r.CommandID]; text != "" {
		return contract.ResolveReply{Message: fmt.Sprintf("%s taken: %s", r.Action, text)}, nil
	}
	if err != nil {
		return contract.ResolveReply{Message: taken}, nil
	}
	return contract.ResolveReply{Message: fmt.Sprintf("%s taken and being checked: there was no result within %s. The order goes on by itself; its details say what was found.", r.Action, checkTime)}, nil
}

// judge says of each answer that a look recorded what came of it.
func (w *order) judge(answers []contract.Resolution) {
	for _, r := range answers {
		text := w.outcome(r)
		w.verdicts[r.CommandID] = text
		w.said(r, text)
	}
}

// said keeps the newest answer and what came of it for the order's page.
func (w *order) said(r contract.Resolution, text string) {
	by := r.By
	if by == "" {
		by = "web-ui"
	}
	w.carry.Last = &contract.LastAnswer{At: workflow.Now(w.ctx), By: by, Action: r.Action, Text: text}
}

// outcome puts into words what a look found after an answer. It decides nothing: what
// is shown may change with releases.
//
//workflowcheck:ignore - text for people; no replay compares it
func (w *order) outcome(r contract.Resolution) string {
	if w.refresh && w.carry.Delayed != "" {
		return w.carry.Delayed + " does not answer, so the order could not be read again. The answer is kept; the order goes on by itself once " + w.carry.Delayed + " answers."
	}
	if w.refresh && !w.again.IsZero() {
		return "the shop limits our requests, so the order is read again in a minute. The answer is kept."
	}
	var still []string
	for _, q := range w.at.Questions {
		if r.Exception == "" || r.Exception == q.Cause {
			still = append(still, stillThere(q))
		}
	}
	if r.Exception != "" && len(still) == 0 {
		if _, open := w.kindOf(r.Exception); open {
			still = append(still, "the cause is still there.")
		}
	}
	switch {
	case len(still) > 0:
		more := ""
		if n := len(still) + w.unlisted(); n > 1 {
			more = fmt.Sprintf(" (%d questions are open)", n)
		}
		return "still there: " + still[0] + more
	case len(w.at.Questions) > 0:
		return fmt.Sprintf("this question is closed; %d are still open: %s", len(w.at.Questions)+w.unlisted(), stillThere(w.at.Questions[0]))
	case len(w.at.Due) > 0:
		return "freed; going on with " + summaryOf(w.at.Due[0])
	case len(w.at.Waiting) > 0:
		return "no question is open; the order waits for the shop: " + strings.Join(w.at.Waiting, ", ")
	case w.at.Ended && w.at.State == domain.Cancelled:
		return "done; nothing is left at the warehouse, and the order ends"
	}
	return "freed; no question is open"
}

// stillThere is what is wrong, with what would be taken.
func stillThere(q domain.Question) string {
	text := exceptions.Describe(q).What
	if allowed := exceptions.WouldBeTaken(q); allowed != "" {
		text += " Would be taken: " + allowed + "."
	}
	return text
}
