package workflows

import (
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
)

var coverage *activities.Coverage

// CoverageWorkflow is one scheduled comparison of all that shop and warehouses can say
// with the rules: what has none is listed before an order meets it, and taken off the
// list when its rule has come. The parts do not hang on each other.
func CoverageWorkflow(ctx workflow.Context, in contract.CoverageInput) (contract.CoverageResult, error) {
	var total contract.CoverageResult
	run := func(queue, summary string, part any) error {
		var found contract.CoverageResult
		err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, batchOptions(queue, summary)), part, in).Get(ctx, &found)
		total = total.Plus(found)
		return err
	}
	readErr := run(contract.QueueCentra, "read the products that changed", coverage.ReadCatalogue)
	shopErr := run(contract.QueueCentra, "compare methods, markets, sizes and services with the rules", coverage.CompareShop)
	wordsErr := run(contract.QueueACS, "compare stock statuses and dispositions with the rules", coverage.CompareWarehouses)
	return total, scheduled(ctx, readErr, shopErr, wordsErr)
}
