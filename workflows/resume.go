package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

var resumes *activities.Resumes

// resumePages bounds the history of one run: a page is a hundred orders.
const resumePages = 200

// triedFirst is how many orders are tried for a first one that can be told.
const triedFirst = 5

// defaultRate is how many orders are freed each second unless somebody says otherwise:
// a thousand within half a minute, and no more than two cores keep up with.
const defaultRate = 40

// ResumeWorkflow frees the orders that wait on one cause. It reads them from the open
// exceptions, looks whether the cause is still there, frees one and waits for what
// comes of it, and then the rest at a rate. What came of each order stands in the store.
//
// A run that was killed goes on where it stood. One that was terminated is pressed
// again: what it freed waits no more, and is not in the next one's list.
func ResumeWorkflow(ctx workflow.Context, in contract.ResumeInput) (contract.ResumeResult, error) {
	if watchesOutcomes(ctx) {
		return newResume(ctx, in).run()
	}
	return resumeUnwatched(ctx, in)
}

// resume is one run of freeing a cause.
type resume struct {
	ctx     workflow.Context
	in      contract.ResumeInput
	named   activities.ResumeRun
	view    contract.ResumeView
	page    []domain.OrderID
	pages   int
	begun   bool
	ordered workflow.Context // options of activities on the store
}

func newResume(ctx workflow.Context, in contract.ResumeInput) *resume {
	if in.PerSecond <= 0 {
		in.PerSecond = defaultRate
	}
	if in.Run == "" {
		in.Run = workflow.GetInfo(ctx).WorkflowExecution.RunID
	}
	r := &resume{ctx: ctx, in: in, named: activities.ResumeRun{ID: in.Run, Cause: in.Cause, By: in.By, Reason: in.Reason}}
	r.ordered = workflow.WithActivityOptions(ctx, storeOptions("free the orders that wait on "+in.Cause))
	r.view = contract.ResumeView{Cause: in.Cause, By: in.By, Reason: in.Reason, Signalled: in.Freed}
	r.view.Run, r.view.Failed, r.begun = r.named.ID, in.NotSignalled, in.After != ""
	must(workflow.SetQueryHandlerWithOptions(ctx, contract.QueryState, func() (contract.ResumeView, error) { return r.view, nil },
		workflow.QueryHandlerOptions{Description: "How many orders were freed, and what came of them."}))
	return r
}

// run is the story: look, free one, free the rest, say what came of each.
func (r *resume) run() (contract.ResumeResult, error) {
	if r.in.After == "" {
		stopped, err := r.first()
		if err != nil || stopped != "" || r.in.After == "" {
			return r.end(stopped, err)
		}
	}
	for r.pages = 1; ; r.pages++ {
		if err := r.list(); err != nil || len(r.page) == 0 {
			return r.end("", err)
		}
		if r.pages > resumePages {
			r.in.Freed, r.in.NotSignalled = r.view.Signalled, r.view.Failed
			return r.view.ResumeResult, workflow.NewContinueAsNewError(r.ctx, ResumeWorkflow, r.in)
		}
		if err := r.free(r.page); err != nil {
			return r.view.ResumeResult, err
		}
	}
}

// first begins the run and frees one order. stopped says why no other may follow;
// where no order waits, After stays empty.
func (r *resume) first() (stopped string, err error) {
	r.show("looking whether the cause is still there")
	if err := r.list(); err != nil || len(r.page) == 0 {
		return "", err
	}
	if err := workflow.ExecuteActivity(r.ordered, resumes.BeginResume, r.named).Get(r.ctx, nil); err != nil {
		return "", err
	}
	r.begun = true
	var found activities.CauseChecked
	if err := workflow.ExecuteActivity(r.ordered, resumes.CheckCause, activities.CauseCheck{Cause: r.in.Cause, Order: r.page[0]}).Get(r.ctx, &found); err != nil {
		return "", err
	}
	if found.Still != "" {
		return found.Still, nil
	}
	for range triedFirst {
		canary := r.page[0]
		r.show("freeing order " + canary.String() + " first")
		told := r.view.Signalled
		if err := r.free(r.page[:1]); err != nil {
			return "", err
		}
		if r.view.Signalled > told {
			return r.watchFirst(canary)
		}
		if err := r.list(); err != nil || len(r.page) == 0 {
			return "", err
		}
	}
	return fmt.Sprintf("none of the first %d orders has a running workflow; the next count starts them", triedFirst), nil
}

// watchFirst waits until the first order went on or asked again. Freeing the others
// would only fail all of them again when it waits on the same cause.
func (r *resume) watchFirst(canary domain.OrderID) (stopped string, err error) {
	counts, err := r.watch("waiting for what comes of order "+canary.String(), time.Minute, time.Minute)
	switch {
	case err != nil:
		return "", err
	case counts.SameCause > 0:
		return "order " + canary.String() + " was freed first and waits on the same cause again", nil
	case counts.Pending > 0:
		return "order " + canary.String() + " was freed first, and after a minute nothing is known of it; press again once it has gone on", nil
	}
	return "", nil
}

// list reads the next orders that wait, from the open exceptions: they are exact where
// visibility is only eventually so.
func (r *resume) list() error {
	var page activities.WaitingPage
	err := workflow.ExecuteActivity(r.ordered, outages.ListWaiting, r.in).Get(r.ctx, &page)
	r.page = page.Orders
	return err
}

// free reads orders from the shop in batches and tells each that it may go on. Where
// the shop does not answer, each order reads itself and knows what to do about it.
func (r *resume) free(orders []domain.OrderID) error {
	r.show(fmt.Sprintf("freeing orders, %g a second", r.in.PerSecond))
	fresh := false
	if !r.release() {
		batch := workflow.WithActivityOptions(r.ctx, readOptions("read the orders from the shop again"))
		fresh = workflow.ExecuteActivity(batch, resumes.ReadOrdersAgain, activities.ReadInput{Orders: orders}).Get(r.ctx, nil) == nil
	}
	var done activities.Signalled
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(r.ctx, freeOptions()), resumes.SignalOrders,
		activities.SignalInput{Run: r.named, Orders: orders, PerSecond: r.in.PerSecond, Fresh: fresh}).Get(r.ctx, &done)
	if err != nil {
		return err
	}
	r.view.Signalled += done.Told
	r.view.Failed = append(r.view.Failed, done.Not...)
	r.view.Failed = r.view.Failed[:min(len(r.view.Failed), namedOrders)]
	r.in.After = orders[len(orders)-1].String()
	return nil
}

// namedOrders bounds the list of orders in a result.
const namedOrders = 100

// release tells whether the orders wait for a system: what they are told is no answer.
func (r *resume) release() bool { return isOutage(r.in.Cause) }

// watch waits for outcomes, and shows how many are known.
func (r *resume) watch(doing string, quiet, most time.Duration) (activities.Outcomes, error) {
	r.show(doing)
	var counts activities.Outcomes
	err := workflow.ExecuteActivity(workflow.WithActivityOptions(r.ctx, watchOptions(most)), resumes.WatchResume,
		activities.WatchInput{Run: r.named, Patience: patienceFor(r.in.Cause), Quiet: quiet, Most: most}).Get(r.ctx, &counts)
	r.count(counts)
	return counts, err
}

// patienceFor is how long an order that shows nothing is watched before it counts as
// having gone on: a released one may be trying again and has no question to show.
func patienceFor(cause string) time.Duration {
	if isOutage(cause) {
		return 20 * time.Second
	}
	return 10 * time.Second
}

// quiet is how long no outcome at all may become known before the rest is left as under
// way: an outage is not kept open by orders that are still at their step.
func (r *resume) quiet() time.Duration {
	if r.release() {
		return 30 * time.Second
	}
	return 2 * time.Minute
}

func (r *resume) count(c activities.Outcomes) {
	r.view.Freed, r.view.SameCause, r.view.OtherCause, r.view.UnderWay = c.Freed, c.SameCause, c.OtherCause, c.UnderWay
}

// end waits for the outcomes that are still pending and records how the run ended.
func (r *resume) end(stopped string, err error) (contract.ResumeResult, error) {
	if err != nil || !r.begun {
		return r.view.ResumeResult, err
	}
	state := "done"
	if stopped != "" {
		state = "stopped"
	} else if r.view.Signalled > 0 {
		if _, err := r.watch("waiting for what comes of each order", r.quiet(), time.Hour); err != nil {
			return r.view.ResumeResult, err
		}
	}
	var counts activities.Outcomes
	if err := workflow.ExecuteActivity(r.ordered, resumes.EndResume, activities.ResumeEnd{Run: r.named, State: state, Note: stopped}).Get(r.ctx, &counts); err != nil {
		return r.view.ResumeResult, err
	}
	r.count(counts)
	r.view.Stopped = stopped
	r.show(state)
	return r.view.ResumeResult, nil
}

// show says what is being done, for the query and for the page in the Web UI.
func (r *resume) show(doing string) {
	r.view.Doing = doing
	r.details()
}

// details writes the page that a person reads in the Web UI. It is not part of the history.
//
//workflowcheck:ignore - formatting text for people decides nothing, and no replay compares it
func (r *resume) details() {
	v := r.view
	text := fmt.Sprintf("**%s**\n\nOrders told: %d · went on: %d · wait on the same cause again: %d · wait on another: %d · could not be told: %d",
		v.Doing, v.Signalled, v.Freed, v.SameCause, v.OtherCause, len(v.Failed))
	if v.Stopped != "" {
		text += "\n\nStopped: " + v.Stopped
	}
	workflow.SetCurrentDetails(r.ctx, text)
}

// canaryWait is how long one order is watched before the rest is freed.
const canaryWait = 5 * time.Second

// resumeUnwatched is ResumeWorkflow as runs that began with it still see it: the first
// order is watched for five seconds, and the outcome of the others is kept by nobody.
func resumeUnwatched(ctx workflow.Context, in contract.ResumeInput) (contract.ResumeResult, error) {
	store := workflow.WithActivityOptions(ctx, storeOptions("find the orders that wait on "+in.Cause))
	free := workflow.WithActivityOptions(ctx, freeOptions())
	result := contract.ResumeResult{Freed: in.Freed}
	rate := in.PerSecond
	if rate <= 0 {
		rate = 20
	}
	for pages := 0; ; pages++ {
		var page activities.WaitingPage
		if err := workflow.ExecuteActivity(store, outages.ListWaiting, in).Get(ctx, &page); err != nil {
			return result, err
		}
		if len(page.Orders) == 0 {
			return result, nil
		}
		if pages > 200 {
			in.Freed = result.Freed
			return result, workflow.NewContinueAsNewError(ctx, ResumeWorkflow, in)
		}
		batch := page.Orders
		if in.After == "" {
			batch = batch[:1] // the canary
		}
		if err := workflow.ExecuteActivity(free, outages.FreeOrders, activities.FreeInput{
			Cause: in.Cause, Orders: batch, PerSecond: rate,
			By: in.By, Reason: in.Reason, Command: "resume-" + workflow.GetInfo(ctx).FirstRunID,
		}).Get(ctx, nil); err != nil {
			return result, err
		}
		if in.After == "" {
			if err := workflow.NewTimerWithOptions(ctx, canaryWait, workflow.TimerOptions{Summary: "watch the first order"}).Get(ctx, nil); err != nil {
				return result, err
			}
			var still activities.WaitingPage
			if err := workflow.ExecuteActivity(store, outages.ListWaiting, in).Get(ctx, &still); err != nil {
				return result, err
			}
			if slices.Contains(still.Orders, batch[0]) {
				// Freeing all of them would only fail all of them again.
				result.Stopped = "order " + batch[0].String() + " was freed first and waits on the same cause again"
				return result, nil
			}
		}
		result.Freed += len(batch)
		in.After = batch[len(batch)-1].String()
	}
}

// isOutage tells whether a cause is a system that is away.
func isOutage(cause string) bool { return strings.HasPrefix(cause, "unavailable:") }
