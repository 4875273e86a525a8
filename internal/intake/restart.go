package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// listedAtOnce is how many workflow IDs one visibility query names.
const listedAtOnce = 100

// TakeMissed takes in orders that intake missed, as if their event had come. One that
// cannot be read is kept as refused and does not block the rest. Taking them again changes nothing.
func (i *Intake) TakeMissed(ctx context.Context, store string, numbers []string) error {
	_, err := i.takeBisected(ctx, store, numbers)
	return err
}

// Restart wakes an open order; where its workflow has ended, as after a Terminate,
// a new one begins by loading the facts and goes on where the old one stood. A second
// run wakes the running one, which looks and finds nothing new.
func (i *Intake) Restart(ctx context.Context, id domain.OrderID) error {
	return i.signal(ctx, id, 0, func() (domain.Order, error) { return i.Store.Order(ctx, id) })
}

// Running tells which of the orders' workflows visibility shows as running. It lags:
// what is absent may run all the same, and Look tells.
func (i *Intake) Running(ctx context.Context, ids []domain.OrderID) (map[domain.OrderID]bool, error) {
	names := make([]string, len(ids))
	for n, id := range ids {
		names[n] = contract.OrderWorkflowID(id)
	}
	listed, err := i.listRunning(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("list running orders: %w", err)
	}
	running := map[domain.OrderID]bool{}
	for n, id := range ids {
		if listed[names[n]] {
			running[id] = true
		}
	}
	return running, nil
}

// listRunning tells which of the workflows visibility shows as running, by ID.
func (i *Intake) listRunning(ctx context.Context, ids []string) (map[string]bool, error) {
	running := map[string]bool{}
	for page := range slices.Chunk(ids, listedAtOnce) {
		quoted := make([]string, len(page))
		for n, id := range page {
			quoted[n] = strconv.Quote(id)
		}
		listed, err := i.Client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			PageSize: listedAtOnce, Query: fmt.Sprintf(`ExecutionStatus = "Running" AND WorkflowId IN (%s)`, strings.Join(quoted, ", ")),
		})
		if err != nil {
			return nil, err
		}
		for _, e := range listed.GetExecutions() {
			running[e.GetExecution().GetWorkflowId()] = true
		}
	}
	return running, nil
}

// Look asks Temporal itself, not its visibility, about an order's newest run.
func (i *Intake) Look(ctx context.Context, id domain.OrderID) (ports.OrderRun, error) {
	described, err := i.Client.DescribeWorkflowExecution(ctx, contract.OrderWorkflowID(id), "")
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return ports.OrderRun{Status: "never started"}, nil
	}
	if err != nil {
		return ports.OrderRun{}, fmt.Errorf("look at %s: %w", id, err)
	}
	info := described.GetWorkflowExecutionInfo()
	run := ports.OrderRun{Running: info.GetCloseTime() == nil, Status: plainStatus(info.GetStatus())}
	fields := info.GetSearchAttributes().GetIndexedFields()
	for name, target := range map[string]any{contract.OrderState.GetName(): &run.State, contract.Cause.GetName(): &run.Causes} {
		if p := fields[name]; p != nil {
			if err := converter.GetDefaultDataConverter().FromPayload(p, target); err != nil {
				return run, fmt.Errorf("read %s of %s: %w", name, id, err)
			}
		}
	}
	return run, nil
}

func plainStatus(s enums.WorkflowExecutionStatus) string {
	switch s {
	case enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return "timed out"
	case enums.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW:
		return "continued as new"
	}
	return strings.ToLower(s.String())
}
