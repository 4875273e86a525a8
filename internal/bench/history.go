package main

import (
	"context"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// tally is what a history holds of each thing that costs.
type tally struct {
	Activities, Locals, Signals, Upserts, Timers int
	actions, events                              int
}

// tallyOf counts the actions that Temporal Cloud would bill for a history: start,
// signals (so that a signal-with-start is two), activities with their retries, timers,
// upserts, updates, children (two each), and one for all local activities of one
// workflow task. Locals counts each of those.
func tallyOf(events []*history.HistoryEvent) tally {
	t := tally{events: len(events)}
	tasks := map[int64]bool{}
	for _, e := range events {
		switch e.GetEventType() {
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
			t.actions++
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
			t.Signals++
			t.actions++
		case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			t.Activities++
			t.actions++
		case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
			t.actions += int(e.GetActivityTaskStartedEventAttributes().GetAttempt()) - 1
		case enums.EVENT_TYPE_TIMER_STARTED:
			t.Timers++
			t.actions++
		case enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
			t.Upserts++
			t.actions++
		case enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
			t.actions += 2
		case enums.EVENT_TYPE_MARKER_RECORDED:
			t.Locals++
			if task := e.GetMarkerRecordedEventAttributes().GetWorkflowTaskCompletedEventId(); !tasks[task] {
				tasks[task] = true
				t.actions++
			}
		}
	}
	return t
}

// exported reads the whole history of an order's newest run.
func (y *yard) exported(ctx context.Context, number int) ([]*history.HistoryEvent, error) {
	var events []*history.HistoryEvent
	for page := y.client.GetWorkflowHistory(ctx, workflowID(number), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); page.HasNext(); {
		e, err := page.Next()
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// closed tells whether an order's workflow has ended.
func (y *yard) closed(ctx context.Context, number int) (bool, error) {
	described, err := y.client.DescribeWorkflowExecution(ctx, workflowID(number), "")
	if err != nil {
		return false, nil //nolint:nilerr // not started yet, or a server that is busy: it is asked again
	}
	return described.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, nil
}

// size is what the server says a closed workflow's history takes.
func (y *yard) size(ctx context.Context, number int) (int64, error) {
	described, err := y.client.DescribeWorkflowExecution(ctx, workflowID(number), "")
	return described.GetWorkflowExecutionInfo().GetHistorySizeBytes(), err
}

func countRequest(query string) *workflowservice.CountWorkflowExecutionsRequest {
	return &workflowservice.CountWorkflowExecutionsRequest{Query: query}
}
