package workflows

import (
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
)

var catalogue *activities.Catalogue

// CatalogAuditWorkflow is one scheduled audit of a warehouse's items: which sizes it
// would reject and why, told to it where we know what it lacks. Without the warehouse's
// records nothing is audited, since nobody would know what stands there; without the
// shop the sizes are audited as they were last read.
func CatalogAuditWorkflow(ctx workflow.Context, in contract.CatalogueInput) (contract.CatalogueResult, error) {
	var sizes contract.CoverageResult
	var items, audited contract.CatalogueResult
	run := func(queue, summary string, part, in, out any) error {
		return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, batchOptions(queue, summary)), part, in).Get(ctx, out)
	}
	readErr := run(contract.QueueCentra, "read the products that changed", coverage.ReadCatalogue, contract.CoverageInput{}, &sizes)
	itemsErr := run(contract.QueueACS, "read the items of "+in.Warehouse, catalogue.ReadItems, in, &items)
	var auditErr error
	if itemsErr == nil {
		auditErr = run(contract.QueueACS, "audit the items of "+in.Warehouse, catalogue.AuditItems, in, &audited)
	}
	audited.Sizes, audited.Items = sizes.Sizes, items.Items
	return audited, scheduled(ctx, readErr, itemsErr, auditErr)
}
