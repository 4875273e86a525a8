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
	Query    string `help:"Only runs that this visibility query finds, such as 'OrderState = \"needs-attention\"'." placeholder:"QUERY"`
	Limit    int    `default:"0" help:"At most so many runs, newest first; 0 means all."`
	Parallel int    `default:"0" help:"How many histories are read and replayed at once; 0 means two a core. Each is held in memory whole."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

// Help says what the command is for.
func (replayCmd) Help() string {
	return "Replays every open run of this namespace (orders, returns, outages and scheduled ones) against the workflows of this build and lists those that could not go on with it. " +
		"Run it with the new build before it is rolled out: it only reads, so it may run beside a working system as often as you like. " +
		"Exit code 0: every run that was looked at goes on. 1: do not roll out: some would stop, or could not be read, or it was stopped before all were looked at."
}

// replayReport is the answer in --json.
type replayReport struct {
	Runs     int            `json:"runs"`     // open runs that were found
	Replayed int            `json:"replayed"` // of them, those that go on with this build
	Fresh    int            `json:"fresh"`    // of them, those that have not begun and so cannot break
	Ended    int            `json:"ended"`    // of them, those that ended or went on as a new run meanwhile
	More     bool           `json:"more"`     // there are others, which --limit left out
	Breaks   []replayBreak  `json:"breaks"`
	Unread   []replayBreak  `json:"unread"` // runs of which nothing is known
	ByType   map[string]int `json:"byType"`
}

// replayBreak is a run that cannot go on with this build, or that could not be read.
type replayBreak struct {
	Workflow string `json:"workflow"`
	Run      string `json:"run"`
	Type     string `json:"type"`
	Why      string `json:"why"`
}

var (
	errWouldBreak = errors.New("do not roll out: open runs would stop with this build. Keep the old behaviour behind workflow.GetVersion (workflows/versions.go), or give the new one a workflow type of its own")
	errUnread     = errors.New("do not roll out yet: of some open runs nothing is known, since their histories could not be read; run this again")
	errStopped    = errors.New("do not roll out yet: stopped before all open runs were looked at; run this again")
)

// Run replays the open runs of a running system against this build.
func (c replayCmd) Run(ctx context.Context, s streams) error {
	if c.Limit < 0 {
		return misuse("--limit %d: give 0 for all, or a number of runs", c.Limit)
	}
	if c.Parallel < 0 {
		return misuse("--parallel %d: give 0 for two a core, or a number of histories", c.Parallel)
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
	report, err := replayOpenRuns(ctx, temporal, c)
	done()
	if ctx.Err() != nil {
		return errStopped // a gate that was interrupted has not let anybody through
	}
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(s.out, report)
	} else {
		printReplay(s.out, report)
	}
	return errors.Join(err, report.verdict())
}

// verdict tells whether this build may be rolled out.
func (r replayReport) verdict() error {
	var verdict error
	if len(r.Breaks) > 0 {
		verdict = errWouldBreak
	}
	if len(r.Unread) > 0 {
		verdict = errors.Join(verdict, errUnread)
	}
	return verdict
}

// mostUnread is how many histories may fail to be read before it is given up: the
// server is away then, and each failure takes its time.
const mostUnread = 20

// replayOpenRuns reads the histories of the open runs and replays each. Every hand holds
// one history at a time, and the list of runs is read page by page as they go.
func replayOpenRuns(ctx context.Context, c client.Client, o replayCmd) (replayReport, error) {
	report := replayReport{Breaks: []replayBreak{}, Unread: []replayBreak{}, ByType: map[string]int{}}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	runs := make(chan *workflow.WorkflowExecutionInfo)
	var (
		mu    sync.Mutex
		hands sync.WaitGroup
		types = workflows.Types()
		many  = o.Parallel
	)
	if many == 0 {
		many = 2 * runtime.GOMAXPROCS(0)
	}
	for range many {
		hands.Go(func() {
			replayer := worker.NewWorkflowReplayer() // one for each: it is not made for many hands
			workflows.Register(replayer)
			for run := range runs {
				outcome := replayRun(ctx, c, replayer, types, run)
				mu.Lock()
				report.add(run, outcome)
				if len(report.Unread) >= mostUnread {
					cancel()
				}
				mu.Unlock()
			}
		})
	}
	more, err := openRuns(ctx, c, o, types, runs)
	close(runs)
	hands.Wait()
	if len(report.Unread) >= mostUnread {
		return report, fmt.Errorf("%w: %s: %s", errUnread, report.Unread[0].Workflow, report.Unread[0].Why)
	}
	report.More = more
	for _, list := range [][]replayBreak{report.Breaks, report.Unread} {
		slices.SortFunc(list, func(a, b replayBreak) int { return strings.Compare(a.Workflow, b.Workflow) })
	}
	return report, err
}

// openRuns hands on every open run that polls our queue, and every one of a type of ours
// that polls another: a build that was given other queues would leave it lying.
func openRuns(ctx context.Context, c client.Client, o replayCmd, types []string, runs chan<- *workflow.WorkflowExecutionInfo) (more bool, err error) {
	where := fmt.Sprintf("ExecutionStatus = 'Running' AND (TaskQueue = '%s' OR WorkflowType IN ('%s'))", contract.QueueOrders, strings.Join(types, "', '"))
	if o.Query != "" {
		where += " AND (" + o.Query + ")"
	}
	sent := 0
	for token := []byte(nil); ; {
		page, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: where, NextPageToken: token, PageSize: 500})
		var invalid *serviceerror.InvalidArgument
		if errors.As(err, &invalid) && o.Query != "" {
			return false, misuse("--query %q: %w", o.Query, err)
		}
		if err != nil {
			return false, fmt.Errorf("list open runs: %w", err)
		}
		for _, run := range page.GetExecutions() {
			if o.Limit > 0 && sent >= o.Limit {
				return true, nil
			}
			select {
			case runs <- run:
				sent++
			case <-ctx.Done():
				return false, ctx.Err()
			}
		}
		if token = page.GetNextPageToken(); len(token) == 0 {
			return false, nil
		}
	}
}

// replayOutcome is what came of one run: at most one field is set.
type replayOutcome struct {
	fresh, ended   bool
	broken, unread string
}

func (r *replayReport) add(run *workflow.WorkflowExecutionInfo, o replayOutcome) {
	r.Runs++
	r.ByType[run.GetType().GetName()]++
	named := func(why string) replayBreak {
		return replayBreak{Workflow: run.GetExecution().GetWorkflowId(), Run: run.GetExecution().GetRunId(), Type: run.GetType().GetName(), Why: why}
	}
	switch {
	case o.fresh:
		r.Fresh++
	case o.ended:
		r.Ended++
	case o.broken != "":
		r.Breaks = append(r.Breaks, named(o.broken))
	case o.unread != "":
		r.Unread = append(r.Unread, named(o.unread))
	default:
		r.Replayed++
	}
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
	printRuns(out, "would break", r.Breaks)
	printRuns(out, "could not be read", r.Unread)
	if r.More {
		fmt.Fprintln(out, "There are more open runs, which --limit left out: of those nothing is known.")
	}
}

func printRuns(out io.Writer, what string, list []replayBreak) {
	for n, b := range list {
		if n == mostShownBreaks {
			fmt.Fprintf(out, "  … and %d more; --json lists all\n", len(list)-n)
			return
		}
		fmt.Fprintf(out, "  %s: %s (%s, run %s)\n    %s\n", what, b.Workflow, b.Type, b.Run, b.Why)
	}
}
