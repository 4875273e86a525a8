package workflows

import (
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
)

var alerts *activities.Alerts

// AlertWorkflow is one scheduled run of telling people what waits for them. A receiver
// that is away fails no run: its messages wait in the store.
func AlertWorkflow(ctx workflow.Context, in contract.AlertInput) (contract.AlertResult, error) {
	var result contract.AlertResult
	raise := workflow.WithActivityOptions(ctx, batchOptions(contract.QueueOrders, "tell people what waits"))
	err := workflow.ExecuteActivity(raise, alerts.RaiseAlerts, in).Get(ctx, &result)
	return result, err
}
