package workflows

import (
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
)

var documents *activities.Documents

// DocumentsWorkflow is one scheduled run of finance's side for one ledger: documents
// are derived from the facts of orders that have news, what is due is posted, and what
// waits is told to finance, one exception a cause. It never waits for a person, and no
// order waits for it. The parts do not hang on each other: a ledger that is away keeps
// no document from being derived, and finance is told of what waits all the same.
func DocumentsWorkflow(ctx workflow.Context, in contract.DocumentsInput) (contract.DocumentsResult, error) {
	var total contract.DocumentsResult
	run := func(queue, summary string, part any) error {
		var done contract.DocumentsResult
		err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, batchOptions(queue, summary)), part, in).Get(ctx, &done)
		total = total.Plus(done)
		return err
	}
	bookErr := run(contract.QueueOrders, "derive documents from facts", documents.BookOrders)
	postErr := run(queueOf(in.Ledger), "post documents to "+in.Ledger, documents.PostDocuments)
	tellErr := run(contract.QueueOrders, "tell finance what waits", documents.ReportDocuments)
	return total, scheduled(ctx, bookErr, postErr, tellErr)
}
