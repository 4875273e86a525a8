package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// Server asks a Temporal server.
type Server struct{ Client client.Client }

// patience bounds one question.
const patience = 10 * time.Second

// Runs reads a schedule and how its newest runs ended, back to the newest success.
func (s Server) Runs(ctx context.Context, schedule string) (Runs, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	described, err := s.Client.ScheduleClient().GetHandle(ctx, schedule).Describe(ctx)
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return Runs{Missing: true}, nil
	}
	if err != nil {
		return Runs{}, fmt.Errorf("describe it: %w", err)
	}
	runs := Runs{CreatedAt: described.Info.CreatedAt}
	if state := described.Schedule.State; state != nil {
		runs.Paused, runs.Note = state.Paused, state.Note
	}
	for i := len(described.Info.RecentActions) - 1; i >= 0; i-- {
		started := described.Info.RecentActions[i].StartWorkflowResult
		if started == nil {
			continue
		}
		run, err := s.Client.DescribeWorkflowExecution(ctx, started.WorkflowID, started.FirstExecutionRunID)
		if errors.As(err, &missing) {
			continue // its retention has ended
		}
		if err != nil {
			return Runs{}, fmt.Errorf("describe its run: %w", err)
		}
		info := run.GetWorkflowExecutionInfo()
		if info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
			continue
		}
		if runs.LastEnd == "" {
			runs.LastEnd = ended(info.GetStatus())
		}
		if info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED {
			runs.LastSuccess = info.GetCloseTime().AsTime()
			break
		}
	}
	return runs, nil
}

func ended(status enums.WorkflowExecutionStatus) string {
	switch status {
	case enums.WORKFLOW_EXECUTION_STATUS_COMPLETED:
		return "completed"
	case enums.WORKFLOW_EXECUTION_STATUS_FAILED:
		return "failed"
	case enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		return "ran out of time"
	case enums.WORKFLOW_EXECUTION_STATUS_TERMINATED, enums.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return "was ended by hand"
	}
	return "ended as " + status.String()
}

// Polled is when a worker last asked a queue for work of any sort.
func (s Server) Polled(ctx context.Context, queue string) (newest time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, sort := range []enums.TaskQueueType{enums.TASK_QUEUE_TYPE_WORKFLOW, enums.TASK_QUEUE_TYPE_ACTIVITY} {
		described, err := s.Client.DescribeTaskQueue(ctx, queue, sort)
		if err != nil {
			return time.Time{}, fmt.Errorf("describe it: %w", err)
		}
		for _, p := range described.GetPollers() {
			if at := p.GetLastAccessTime().AsTime(); at.After(newest) {
				newest = at
			}
		}
	}
	return newest, nil
}
