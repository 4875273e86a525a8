package workflows

import (
	"errors"
	"strconv"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// tellReturns starts the workflows of returns that are new, and wakes those that were
// told something. They report back by a signal, never as children: so neither side's
// continue-as-new loses the other.
func (w *order) tellReturns() error {
	for _, news := range w.at.Returns {
		if told, ok := w.toldReturns[news.Number]; ok && told >= news.Sequence {
			continue
		}
		if err := w.tellReturn(news); err != nil {
			return err
		}
		if w.toldReturns == nil {
			w.toldReturns = map[int]int64{}
		}
		w.toldReturns[news.Number] = news.Sequence
	}
	return nil
}

// tellReturn starts a return, or signals the one that runs. It may close between the
// two, so it is tried again; what fails then is told with the next look.
func (w *order) tellReturn(news contract.ReturnNews) error {
	id := contract.ReturnWorkflowID(w.id, news.Number)
	for range 3 {
		child := workflow.WithChildOptions(w.ctx, workflow.ChildWorkflowOptions{
			WorkflowID: id, TaskQueue: contract.QueueOrders, ParentClosePolicy: enums.PARENT_CLOSE_POLICY_ABANDON,
			WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
			TypedSearchAttributes: temporal.NewSearchAttributes(contract.OrderState.ValueSet(string(domain.ReturnWindow)),
				contract.Store.ValueSet(w.id.Store), contract.OrderNumber.ValueSet(w.id.Number)),
			StaticSummary: "return " + strconv.Itoa(news.Number) + " of " + w.id.Number,
		})
		err := workflow.ExecuteChildWorkflow(child, ReturnWorkflow, contract.ReturnInput{Order: w.id, Number: news.Number}).GetChildWorkflowExecution().Get(w.ctx, nil)
		if err == nil {
			return nil
		}
		var canceled *temporal.CanceledError
		if errors.As(err, &canceled) {
			return err
		}
		if !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			workflow.GetLogger(w.ctx).Error("a return could not be started; it is tried with the next look", "order", w.name, "return", id, "error", err)
			return nil
		}
		if err := workflow.SignalExternalWorkflow(w.ctx, id, "", contract.SignalFact, contract.FactSignal{Sequence: news.Sequence}).Get(w.ctx, nil); err == nil {
			return nil
		}
	}
	workflow.GetLogger(w.ctx).Warn("a return could neither be started nor told; it is tried with the next look", "order", w.name, "return", id)
	return nil
}
