package workflows

import "go.temporal.io/sdk/worker"

// Register makes all workflows known to the worker of the orders queue.
func Register(r worker.WorkflowRegistry) {
	r.RegisterWorkflow(OrderWorkflow)
	r.RegisterWorkflow(ReturnWorkflow)
	r.RegisterWorkflow(OutageWorkflow)
	r.RegisterWorkflow(ResumeWorkflow)
	r.RegisterWorkflow(IntakeWorkflow)
	r.RegisterWorkflow(WarehouseFeedWorkflow)
	r.RegisterWorkflow(CompletenessWorkflow)
	r.RegisterWorkflow(AlertWorkflow)
	r.RegisterWorkflow(CoverageWorkflow)
	r.RegisterWorkflow(OverdueWorkflow)
	r.RegisterWorkflow(CatalogAuditWorkflow)
	r.RegisterWorkflow(StockSyncWorkflow)
	r.RegisterWorkflow(DocumentsWorkflow)
}
