package intake

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// RunningReturns tells which of the returns' workflows visibility shows as running, by
// workflow ID. It lags: what is absent may run all the same, and LookReturn tells.
func (i *Intake) RunningReturns(ctx context.Context, ids []contract.ReturnInput) (map[string]bool, error) {
	names := make([]string, len(ids))
	for n, id := range ids {
		names[n] = id.WorkflowID()
	}
	running, err := i.listRunning(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("list running returns: %w", err)
	}
	return running, nil
}

// LookReturn asks Temporal itself, not its visibility, about a return's newest run.
func (i *Intake) LookReturn(ctx context.Context, in contract.ReturnInput) (ports.OrderRun, error) {
	described, err := i.Client.DescribeWorkflowExecution(ctx, in.WorkflowID(), "")
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return ports.OrderRun{Status: "never started"}, nil
	}
	if err != nil {
		return ports.OrderRun{}, fmt.Errorf("look at %s: %w", in.WorkflowID(), err)
	}
	info := described.GetWorkflowExecutionInfo()
	return ports.OrderRun{Running: info.GetCloseTime() == nil, Status: plainStatus(info.GetStatus())}, nil
}

// RestartReturn starts a return's workflow again where it has ended without closing, as
// after a Terminate: the new run finds in the facts what the old one had done. A second
// run wakes the running one, which looks and finds nothing new.
func (i *Intake) RestartReturn(ctx context.Context, in contract.ReturnInput) error {
	if in.Orphan() {
		return i.wakeOrphan(ctx, in.Warehouse, in.ReturnID)
	}
	name := in.WorkflowID()
	_, err := i.Client.SignalWithStartWorkflow(ctx, name, contract.SignalFact, contract.FactSignal{}, client.StartWorkflowOptions{
		ID: name, TaskQueue: contract.QueueOrders, WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		TypedSearchAttributes: temporal.NewSearchAttributes(contract.OrderState.ValueSet(string(domain.ReturnWindow)),
			contract.Store.ValueSet(in.Order.Store), contract.OrderNumber.ValueSet(in.Order.Number)),
		StaticSummary: "return " + strconv.Itoa(in.Number) + " of " + in.Order.Number,
	}, returnWorkflow, contract.ReturnInput{Order: in.Order, Number: in.Number})
	if err != nil {
		return fmt.Errorf("start %s again: %w", name, err)
	}
	return nil
}
