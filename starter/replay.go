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
	"sync/atomic"
	"time"

	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"selvedge/internal/config"
	"selvedge/workflows"
)

type replayCmd struct {
	Query    string `help:"Only runs that this visibility query finds, such as 'OrderState = \"needs-attention\"'." placeholder:"QUERY"`
	Limit    int    `help:"At most so many runs, newest first; 0 means all." placeholder:"N" xor:"part"`
	Sample   int    `help:"About so many runs, spread evenly from the newest to the oldest; 0 means all." placeholder:"N" xor:"part"`
	Parallel int    `default:"0" placeholder:"N" help:"How many histories are read and replayed at once; 0 means two a core. Each is held in memory whole."`
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
	Open     int            `json:"open"`     // open runs that there were when it began
	Runs     int            `json:"runs"`     // of them, those that were looked at
	Replayed int            `json:"replayed"` // of them, those that go on with this build
	Fresh    int            `json:"fresh"`    // of them, those that have not begun and so cannot break
	Ended    int            `json:"ended"`    // of them, those that ended or went on as a new run meanwhile
	More     bool           `json:"more"`     // there are others, which --limit or --sample left out
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
	if c.Sample < 0 {
		return misuse("--sample %d: give 0 for all, or a number of runs", c.Sample)
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
	var far replayProgress
	done := progressOf(s, far.String)
	report, err := replayOpenRuns(ctx, temporal, c, &far)
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

// replayProgress is how far the gate has come.
type replayProgress struct{ of, done, broken atomic.Int64 }

// String says it in one line.
func (p *replayProgress) String() string {
	of := p.of.Load()
	if of == 0 {
		return "counting open runs"
	}
	text := fmt.Sprintf("replaying open runs: %d of %d", p.done.Load(), of)
	if n := p.broken.Load(); n > 0 {
		text += fmt.Sprintf(", %d would break", n)
	}
	return text
}

// mostUnread is how many histories may fail to be read before it is given up: the
// server is away then, and each failure takes its time.
const mostUnread = 20

// replayOpenRuns reads the histories of the open runs and replays each. Every hand holds
// one history at a time, and the list of runs is read page by page as they go.
func replayOpenRuns(ctx context.Context, c client.Client, o replayCmd, far *replayProgress) (replayReport, error) {
	report := replayReport{Breaks: []replayBreak{}, Unread: []replayBreak{}, ByType: map[string]int{}}
	open := openRuns{replayCmd: o, types: workflows.Types()}
	var err error
	if report.Open, err = open.count(ctx, c); err != nil {
		return report, err
	}
	far.of.Store(int64(open.wanted(report.Open)))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	runs := make(chan *workflow.WorkflowExecutionInfo)
	var (
		mu    sync.Mutex
		hands sync.WaitGroup
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
				outcome := replayRun(ctx, c, replayer, open.types, run)
				mu.Lock()
				report.add(run, outcome)
				far.done.Store(int64(report.Runs))
				far.broken.Store(int64(len(report.Breaks)))
				if len(report.Unread) >= mostUnread {
					cancel()
				}
				mu.Unlock()
			}
		})
	}
	report.More, err = open.hand(ctx, c, report.Open, runs)
	close(runs)
	hands.Wait()
	if len(report.Unread) >= mostUnread {
		return report, fmt.Errorf("%w: %s: %s", errUnread, report.Unread[0].Workflow, report.Unread[0].Why)
	}
	for _, list := range [][]replayBreak{report.Breaks, report.Unread} {
		slices.SortFunc(list, func(a, b replayBreak) int { return strings.Compare(a.Workflow, b.Workflow) })
	}
	return report, err
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

// mostShownBreaks bounds the list on a screen: one kind of break repeats itself.
const mostShownBreaks = 50

// printReplay says it in plain words.
func printReplay(out io.Writer, r replayReport) {
	if r.Runs == 0 {
		fmt.Fprintln(out, "No open runs were found: nothing can break.")
		return
	}
	looked := plural(r.Runs, "open run")
	if r.More {
		looked = fmt.Sprintf("%d of %s", r.Runs, plural(r.Open, "open run"))
	}
	fmt.Fprintf(out, "%s at %s: %d go on with this build, %d have not begun, %d ended meanwhile, %d would break.\n",
		looked, time.Now().Format(time.RFC3339), r.Replayed, r.Fresh, r.Ended, len(r.Breaks))
	for _, kind := range sorted(r.ByType) {
		fmt.Fprintf(out, "  %-24s %d\n", kind, r.ByType[kind])
	}
	printRuns(out, "would break", r.Breaks)
	printRuns(out, "could not be read", r.Unread)
	if r.More {
		fmt.Fprintln(out, "The other open runs were left out by --limit or --sample: of those nothing is known.")
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
