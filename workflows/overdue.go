package workflows

import (
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
)

var overdue *activities.Overdue

// OverdueWorkflow is one scheduled look for orders that are past their cut-off: one scan,
// no timer for each order.
func OverdueWorkflow(ctx workflow.Context, in contract.OverdueInput) (contract.OverdueResult, error) {
	var result contract.OverdueResult
	scan := workflow.WithActivityOptions(ctx, batchOptions(contract.QueueOrders, "look for orders past their cut-off"))
	err := workflow.ExecuteActivity(scan, overdue.ScanOverdue, in).Get(ctx, &result)
	return result, err
}
