package workflows

import (
	"errors"

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

// scheduled ends a scheduled run: it never waits for a person, but what is away is
// alerted once, even while no order needs it.
func scheduled(ctx workflow.Context, failures ...error) error {
	for _, err := range failures {
		if err == nil {
			continue
		}
		if system, credentials := blame(err); !refused(err) && system != "selvedge" {
			if reportErr := reportOutage(ctx, contract.OutageInput{System: system, Credentials: credentials, Since: workflow.Now(ctx)}); reportErr != nil {
				return errors.Join(err, reportErr)
			}
		}
		return err
	}
	return nil
}

// WarehouseFeedWorkflow is one scheduled read of a warehouse's feed: what webhooks lost.
func WarehouseFeedWorkflow(ctx workflow.Context, in contract.IntakeInput) (contract.IntakeResult, error) {
	var result contract.IntakeResult
	read := workflow.WithActivityOptions(ctx, batchOptions(contract.QueueACS, "read the feed of "+in.Warehouse))
	err := workflow.ExecuteActivity(read, intake.ReadWarehouseFeed, in).Get(ctx, &result)
	return result, scheduled(ctx, err)
}
