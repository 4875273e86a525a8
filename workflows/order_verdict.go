package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
)

// readAgain reads the order from the shop again. While somebody waits for what comes of
// an answer, a first try has two seconds; the activity's own time limit bounds it, which
// costs no timer. A second read of the same order changes nothing.
func (w *order) readAgain() error {
	const summary = "read the order from the shop again"
	in := contract.RefreshInput{Order: w.id}
	if w.somebodyWaits() {
		err := workflow.ExecuteActivity(workflow.WithActivityOptions(w.ctx, checkOptions(contract.QueueCentra, summary)), shipments.RefreshOrder, in).Get(w.ctx, nil)
		if err == nil || refused(err) || temporal.IsCanceledError(err) {
			return err
		}
		w.noResult()
	}
	return workflow.ExecuteActivity(workflow.WithActivityOptions(w.ctx, stepOptions(contract.QueueCentra, summary)), shipments.RefreshOrder, in).Get(w.ctx, nil)
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
