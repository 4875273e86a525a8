package workflows

import (
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
)

var completeness *activities.Completeness

// mostWindows bounds one run after a long absence; the next run goes on.
const mostWindows = 10

// CompletenessWorkflow is one scheduled proof that nothing paid is lost: what earlier
// runs found is resolved where it healed; every order that the shop holds ready is
// counted by another path than intake's, and what is missing is started; open orders
// whose workflow was ended by hand are started again. The parts do not hang on each
// other: the shop being away does not keep terminated orders waiting.
func CompletenessWorkflow(ctx workflow.Context, in contract.CompletenessInput) (contract.CompletenessResult, error) {
	var total contract.CompletenessResult
	run := func(queue, summary string, part any) (contract.CompletenessResult, error) {
		var found contract.CompletenessResult
		err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, batchOptions(queue, summary)), part, in).Get(ctx, &found)
		total = total.Plus(found)
		return found, err
	}
	_, healErr := run(contract.QueueOrders, "resolve gaps that have healed", completeness.HealGaps)
	var countErr error
	for range mostWindows {
		var found contract.CompletenessResult
		if found, countErr = run(contract.QueueCentra, "count ready orders in the shop", completeness.CountReadyOrders); countErr != nil || !found.More {
			break
		}
	}
	more := total.More
	_, restartErr := run(contract.QueueOrders, "look for the workflows of open orders", completeness.RestartOpenOrders)
	total.More = more
	return total, scheduled(ctx, healErr, countErr, restartErr)
}
