package workflows

import (
	"errors"
	"strconv"
	"time"

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
	w.tellAgain = zeroTime
	for _, news := range w.at.Returns {
		if told, ok := w.toldReturns[news.Number]; ok && told >= news.Sequence {
			continue
		}
		told, err := w.tellReturn(news)
		if err != nil {
			return err
		}
		if !told {
			w.tellAgain = workflow.Now(w.ctx).Add(tellAgain)
			continue
		}
		if w.toldReturns == nil {
			w.toldReturns = map[int]int64{}
		}
		w.toldReturns[news.Number] = news.Sequence
	}
	return nil
}

// tellAgain is how long an order waits before it tries again to tell a return.
const tellAgain = time.Minute

// tellReturn starts a return, or signals the one that runs. It may close between the
// two, so it is tried again; told is false when that failed too, and the order neither
// closes nor forgets it before the return has been told.
func (w *order) tellReturn(news contract.ReturnNews) (told bool, err error) {
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
			return true, nil
		}
		var canceled *temporal.CanceledError
		if errors.As(err, &canceled) {
			return false, err
		}
		if !temporal.IsWorkflowExecutionAlreadyStartedError(err) {
			workflow.GetLogger(w.ctx).Error("a return could not be started; it is tried again", "order", w.name, "return", id, "error", err)
			return false, nil
		}
		if err := workflow.SignalExternalWorkflow(w.ctx, id, "", contract.SignalFact, contract.FactSignal{Sequence: news.Sequence}).Get(w.ctx, nil); err == nil {
			return true, nil
		}
	}
	workflow.GetLogger(w.ctx).Warn("a return could neither be started nor told; it is tried again", "order", w.name, "return", id)
	return false, nil
}
