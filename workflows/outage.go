package workflows

import (
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// probesPerRun bounds the history of a long outage.
const probesPerRun = 400

// OutageWorkflow stands for one outage of one system: it alerts once, asks from time
// to time whether the system is back, and then frees the orders that waited.
func OutageWorkflow(ctx workflow.Context, in contract.OutageInput) error {
	store := workflow.WithActivityOptions(ctx, storeOptions("record the outage of "+in.System))
	if in.Probes == 0 {
		if in.Since.IsZero() {
			in.Since = workflow.Now(ctx)
		}
		if err := workflow.ExecuteActivity(store, outages.OpenOutage, in).Get(ctx, nil); err != nil {
			return err
		}
	}
	probe := workflow.WithActivityOptions(ctx, probeOptions(queueOf(in.System), "ask whether "+in.System+" is back"))
	for n := 0; ; n++ {
		err := workflow.ExecuteActivity(probe, outages.ProbeSystem, in).Get(ctx, nil)
		if temporal.IsCanceledError(err) {
			return err
		}
		if err == nil {
			over, err := freed(ctx, in)
			if err != nil {
				return err
			}
			if over {
				return workflow.ExecuteActivity(store, outages.CloseOutage, in).Get(ctx, nil)
			}
		}
		in.Probes++
		if n >= probesPerRun {
			return workflow.NewContinueAsNewError(ctx, OutageWorkflow, in)
		}
		// Often at first, since most outages are short; then every minute or so.
		wait := min(time.Duration(in.Probes)*in.ProbeEvery, 4*in.ProbeEvery)
		if err := workflow.NewTimerWithOptions(ctx, max(wait, time.Second), workflow.TimerOptions{Summary: "until the next probe"}).Get(ctx, nil); err != nil {
			return err
		}
	}
}

// freed frees the orders that wait for a system that answers again, and tells whether
// the outage is over: a probe needs fewer permissions than the work, so it is not while
// the first order that was freed waits again.
func freed(ctx workflow.Context, in contract.OutageInput) (over bool, err error) {
	cause := domain.NewCause("unavailable", in.System)
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: contract.ResumeWorkflowID(cause), ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, StaticSummary: "free the orders that waited for " + in.System,
	})
	var result contract.ResumeResult
	err = workflow.ExecuteChildWorkflow(child, ResumeWorkflow, contract.ResumeInput{Cause: cause, By: "selvedge", Reason: in.System + " is back"}).Get(ctx, &result)
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return false, nil // somebody frees the same orders; look again after the next probe
	}
	if err != nil && ctx.Err() == nil {
		// Somebody ended the freeing by hand, or it failed. An outage that failed with it
		// would probe no more, and its orders would wait for nobody.
		workflow.GetLogger(ctx).Warn("the orders that waited could not be freed; tried again after the next probe", "system", in.System, "error", err)
		return false, nil
	}
	return err == nil && result.Stopped == "", err
}

// queueOf is the task queue of a system; the store's own outages are probed on the orders queue.
func queueOf(system string) string {
	for _, q := range contract.Queues() {
		if q == system {
			return q
		}
	}
	return contract.QueueOrders
}
