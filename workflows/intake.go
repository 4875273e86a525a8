package workflows

import (
	"errors"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
)

var intake *activities.Intake

// IntakeWorkflow is one scheduled run of taking orders in: the event queue first, then
// a poll by update time, which finds what the queue does not hold (it is empty until
// the shop's operator has it switched on). It never waits for a person; the next run tries again.
func IntakeWorkflow(ctx workflow.Context, in contract.IntakeInput) (contract.IntakeResult, error) {
	var drained, polled contract.IntakeResult
	queue := workflow.WithActivityOptions(ctx, batchOptions(contract.QueueCentra, "empty the shop's event queue"))
	drainErr := workflow.ExecuteActivity(queue, intake.DrainShopEvents, in).Get(ctx, &drained)
	poll := workflow.WithActivityOptions(ctx, batchOptions(contract.QueueCentra, "read orders updated since the last poll"))
	pollErr := workflow.ExecuteActivity(poll, intake.PollUpdatedOrders, in).Get(ctx, &polled)
	result := contract.IntakeResult{Events: drained.Events, Changed: drained.Changed + polled.Changed, Woken: drained.Woken + polled.Woken}
	return result, scheduled(ctx, drainErr, pollErr)
}

// scheduled ends a scheduled run with its first failure: it never waits for a person,
// but what is away is alerted once, even while no order needs it, and whatever else failed.
func scheduled(ctx workflow.Context, failures ...error) error {
	var first error
	for _, err := range failures {
		if err != nil && first == nil {
			first = err
		}
	}
	for _, err := range failures {
		system, credentials, away := outageOf(err)
		if !away {
			continue
		}
		if err := reportOutage(ctx, contract.OutageInput{System: system, Credentials: credentials, Since: workflow.Now(ctx)}); err != nil {
			return errors.Join(first, err)
		}
		break
	}
	return first
}

// outageOf tells whether a failure means that another system is away: refusals are about
// what was asked, limits pass by themselves, and our own trouble no probe of theirs can tell.
func outageOf(err error) (system string, credentials, away bool) {
	var failure *temporal.ApplicationError
	if err == nil || temporal.IsCanceledError(err) || refused(err) || asApplication(err, &failure) && failure.Type() == activities.ErrRateLimited {
		return "", false, false
	}
	system, credentials = blame(err)
	return system, credentials, system != "selvedge"
}

// WarehouseFeedWorkflow is one scheduled read of a warehouse's feed: what webhooks lost.
func WarehouseFeedWorkflow(ctx workflow.Context, in contract.IntakeInput) (contract.IntakeResult, error) {
	var result contract.IntakeResult
	read := workflow.WithActivityOptions(ctx, batchOptions(contract.QueueACS, "read the feed of "+in.Warehouse))
	err := workflow.ExecuteActivity(read, intake.ReadWarehouseFeed, in).Get(ctx, &result)
	return result, scheduled(ctx, err)
}
