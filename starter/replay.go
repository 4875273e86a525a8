package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
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

	"selvedge/internal/config"
	"selvedge/internal/contract"
	"selvedge/internal/telemetry"
	"selvedge/workflows"
)

type replayCmd struct {
	Query string `help:"Only runs that this visibility query finds, such as 'OrderState = \"needs-attention\"'." placeholder:"QUERY"`
	Limit int    `default:"0" help:"At most so many runs, newest first; 0 means all."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// Help says what the command is for.
func (replayCmd) Help() string {
	return "Replays every open run of this namespace against the workflows of this build and lists those that could not go on with it. " +
		"Run it with the new build before it is rolled out: it only reads, so it may run beside a working system as often as you like. Exit code 1: do not roll out."
}

// replayReport is the answer in --json.
type replayReport struct {
	Runs     int            `json:"runs"`     // open runs that were read
	Replayed int            `json:"replayed"` // of them, those that go on with this build
	Fresh    int            `json:"fresh"`    // of them, those that have not begun and so cannot break
	Ended    int            `json:"ended"`    // of them, those that ended or went on as a new run meanwhile
	Breaks   []replayBreak  `json:"breaks"`
	ByType   map[string]int `json:"byType"`
}

// replayBreak is a run that cannot go on with this build.
type replayBreak struct {
	Workflow string `json:"workflow"`
	Run      string `json:"run"`
	Type     string `json:"type"`
	Why      string `json:"why"`
}

var errWouldBreak = errors.New("open runs would stop with this build: keep the old behaviour behind workflow.GetVersion, or give the new one a workflow type of its own")

// Run replays the open runs of a running system against this build.
func (c replayCmd) Run(ctx context.Context, s streams) error {
	if c.Limit < 0 {
		return misuse("--limit %d: give 0 for all, or a number of runs", c.Limit)
	}
	conf, err := config.Load()
	if err != nil {
		return err
	}
	temporal, err := openTemporal(conf)
	if err != nil {
		return err
	}
	defer temporal.Close()
	done := progress(s, "replaying open runs")
	report, err := replayOpenRuns(ctx, temporal, c.Query, c.Limit)
	done()
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(s.out, report)
	} else {
		printReplay(s.out, report)
	}
	if err == nil && len(report.Breaks) > 0 {
		return errWouldBreak
	}
	return err
}

// replayOpenRuns reads the histories of the open runs of our queue and replays each.
func replayOpenRuns(ctx context.Context, c client.Client, query string, limit int) (replayReport, error) {
	report := replayReport{Breaks: []replayBreak{}, ByType: map[string]int{}}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	runs := make(chan *workflow.WorkflowExecutionInfo)
	var (
		mu     sync.Mutex
		failed error
		all    sync.WaitGroup
	)
	stop := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if failed == nil {
			failed = err
		}
		cancel()
	}
	for range max(1, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			replayer := worker.NewWorkflowReplayer() // one for each: it is not made for many hands
			workflows.Register(replayer)
			for run := range runs {
				outcome, err := replayRun(ctx, c, replayer, run)
				if err != nil {
					stop(err)
					continue
				}
				mu.Lock()
				report.add(run, outcome)
				mu.Unlock()
			}
		})
	}
	if err := openRuns(ctx, c, query, limit, runs); err != nil {
		stop(err)
	}
	close(runs)
	all.Wait()
	slices.SortFunc(report.Breaks, func(a, b replayBreak) int { return strings.Compare(a.Workflow, b.Workflow) })
	return report, failed
}

// openRuns hands on every open run that polls our queue.
func openRuns(ctx context.Context, c client.Client, query string, limit int, runs chan<- *workflow.WorkflowExecutionInfo) error {
	where := fmt.Sprintf("ExecutionStatus = 'Running' AND TaskQueue = '%s'", contract.QueueOrders)
	if query != "" {
		where += " AND (" + query + ")"
	}
	sent := 0
	for token := []byte(nil); ; {
		page, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: where, NextPageToken: token, PageSize: 500})
		var invalid *serviceerror.InvalidArgument
		if errors.As(err, &invalid) && query != "" {
			return misuse("--query %q: %w", query, err)
		}
		if err != nil {
			return fmt.Errorf("list open runs: %w", err)
		}
		for _, run := range page.GetExecutions() {
			if limit > 0 && sent >= limit {
				return nil
			}
			select {
			case runs <- run:
				sent++
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if token = page.GetNextPageToken(); len(token) == 0 {
			return nil
		}
	}
}

// replayOutcome is what came of one run: at most one field is set.
type replayOutcome struct {
	fresh, ended bool
	broken       string
}

func (r *replayReport) add(run *workflow.WorkflowExecutionInfo, o replayOutcome) {
	r.Runs++
	r.ByType[run.GetType().GetName()]++
	switch {
	case o.fresh:
		r.Fresh++
	case o.ended:
		r.Ended++
	case o.broken != "":
		r.Breaks = append(r.Breaks, replayBreak{
			Workflow: run.GetExecution().GetWorkflowId(), Run: run.GetExecution().GetRunId(), Type: run.GetType().GetName(), Why: o.broken,
		})
	default:
		r.Replayed++
	}
}

// replayRun replays one run. An error means that its history could not be read; what
// the history says about this build is the outcome.
func replayRun(ctx context.Context, c client.Client, replayer worker.WorkflowReplayer, run *workflow.WorkflowExecutionInfo) (replayOutcome, error) {
	id, runID := run.GetExecution().GetWorkflowId(), run.GetExecution().GetRunId()
	var read history.History
	events := c.GetWorkflowHistory(ctx, id, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	begun := false
	for events.HasNext() {
		event, err := events.Next()
		var gone *serviceerror.NotFound
		if errors.As(err, &gone) {
			return replayOutcome{ended: true}, nil
		}
		if err != nil {
			return replayOutcome{}, fmt.Errorf("read the history of %s: %w", id, err)
		}
		begun = begun || event.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
		read.Events = append(read.Events, event)
	}
	if !begun {
		return replayOutcome{fresh: true}, nil // no decision of an older build to keep to
	}
	err := replayer.ReplayWorkflowHistoryWithOptions(telemetry.TemporalLogger(zap.NewNop()), &read, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: execution.Execution{ID: id, RunID: runID},
	})
	if err != nil {
		return replayOutcome{broken: strings.Join(strings.Fields(err.Error()), " ")}, nil
	}
	return replayOutcome{}, nil
}

// mostShownBreaks bounds the list on a screen: one kind of break repeats itself.
const mostShownBreaks = 50

// printReplay says it in plain words.
func printReplay(out io.Writer, r replayReport) {
	if r.Runs == 0 {
		fmt.Fprintln(out, "No open runs were found: nothing can break.")
		return
	}
	fmt.Fprintf(out, "%s at %s: %d go on with this build, %d have not begun, %d ended meanwhile, %d would break.\n",
		plural(r.Runs, "open run"), time.Now().Format(time.RFC3339), r.Replayed, r.Fresh, r.Ended, len(r.Breaks))
	for _, kind := range sorted(r.ByType) {
		fmt.Fprintf(out, "  %-24s %d\n", kind, r.ByType[kind])
	}
	for n, b := range r.Breaks {
		if n == mostShownBreaks {
			fmt.Fprintf(out, "  … and %d more; --json lists all\n", len(r.Breaks)-n)
			return
		}
		fmt.Fprintf(out, "  would break: %s (%s, run %s)\n    %s\n", b.Workflow, b.Type, b.Run, b.Why)
	}
}
