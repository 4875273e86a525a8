package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	execution "go.temporal.io/sdk/workflow"
	"go.uber.org/zap"

	"selvedge/internal/contract"
	"selvedge/internal/telemetry"
)

// openRuns are the runs that the gate looks at: every open run that polls our queue, and
// every one of a type of ours that polls another, since a build that was given other
// queues would leave it lying.
type openRuns struct {
	replayCmd
	types []string
}

func (o openRuns) where() string {
	where := fmt.Sprintf("ExecutionStatus = 'Running' AND (TaskQueue = '%s' OR WorkflowType IN ('%s'))", contract.QueueOrders, strings.Join(o.types, "', '"))
	if o.Query != "" {
		where += " AND (" + o.Query + ")"
	}
	return where
}

// asked puts an answer of the visibility store into words: a query that it cannot read is
// the caller's.
func (o openRuns) asked(err error) error {
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &invalid) && o.Query != "" {
		return misuse("--query %q: %w", o.Query, err)
	}
	if err != nil {
		return fmt.Errorf("list open runs: %w", err)
	}
	return nil
}

func (o openRuns) count(ctx context.Context, c client.Client) (int, error) {
	answer, err := c.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: o.where()})
	return int(answer.GetCount()), o.asked(err)
}

// wanted is how many of so many open runs are looked at.
func (o openRuns) wanted(open int) int {
	switch {
	case o.Limit > 0:
		return min(o.Limit, open)
	case o.Sample > 0:
		return (open + o.stride(open) - 1) / o.stride(open)
	}
	return open
}

// stride is of how many runs one is looked at. A sample is spread over the whole list,
// which is by age: the oldest runs are those whose code has changed most since.
func (o openRuns) stride(open int) int {
	if o.Sample == 0 {
		return 1
	}
	return max(1, (open+o.Sample-1)/o.Sample)
}

// hand hands the runs on, newest first, and tells whether others were left out.
func (o openRuns) hand(ctx context.Context, c client.Client, open int, runs chan<- *workflow.WorkflowExecutionInfo) (more bool, err error) {
	seen, sent, stride := 0, 0, o.stride(open)
	for token := []byte(nil); ; {
		page, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: o.where(), NextPageToken: token, PageSize: 500})
		if err != nil {
			return more, o.asked(err)
		}
		for _, run := range page.GetExecutions() {
			if o.Limit > 0 && sent >= o.Limit {
				return true, nil
			}
			if seen++; (seen-1)%stride != 0 {
				more = true
				continue
			}
			select {
			case runs <- run:
				sent++
			case <-ctx.Done():
				return more, ctx.Err()
			}
		}
		if token = page.GetNextPageToken(); len(token) == 0 {
			return more, nil
		}
	}
}

// replayOutcome is what came of one run: at most one field is set.
type replayOutcome struct {
	fresh, ended   bool
	broken, unread string
}

// readTime bounds the reading of one history.
const readTime = 2 * time.Minute

// replayRun replays one run.
func replayRun(ctx context.Context, c client.Client, replayer worker.WorkflowReplayer, types []string, run *workflow.WorkflowExecutionInfo) replayOutcome {
	if kind := run.GetType().GetName(); !slices.Contains(types, kind) {
		return replayOutcome{broken: "this build has no workflow of the type " + kind}
	}
	if queue := run.GetTaskQueue(); queue != contract.QueueOrders {
		return replayOutcome{broken: fmt.Sprintf("it polls the task queue %q, and this build's workers poll %q", queue, contract.QueueOrders)}
	}
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	id, runID := run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId()
	var read history.History
	events := c.GetWorkflowHistory(ctx, id, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	begun := false
	for events.HasNext() {
		event, err := events.Next()
		var gone *serviceerror.NotFound
		if errors.As(err, &gone) {
			return replayOutcome{ended: true}
		}
		if err != nil {
			return replayOutcome{unread: short(err)}
		}
		begun = begun || event.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
		read.Events = append(read.Events, event)
	}
	if !begun {
		return replayOutcome{fresh: true} // no decision of an older build to keep to
	}
	err := replayer.ReplayWorkflowHistoryWithOptions(telemetry.TemporalLogger(zap.NewNop()), &read, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: execution.Execution{ID: id, RunID: runID},
	})
	if err != nil {
		return replayOutcome{broken: short(err)}
	}
	return replayOutcome{}
}

// short keeps a reason on one line: the SDK's quotes whole events, for each of maybe
// thousands of runs.
func short(err error) string {
	const most = 400
	text := []rune(strings.Join(strings.Fields(err.Error()), " "))
	if len(text) > most {
		return string(text[:most]) + " …"
	}
	return string(text)
}
