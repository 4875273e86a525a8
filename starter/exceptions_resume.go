package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/store"
)

type exceptionsResumeCmd struct {
	Cause     string        `help:"The cause, as \"exceptions list\" prints it." required:"" placeholder:"CAUSE"`
	PerSecond float64       `name:"per-second" help:"Orders to free each second after the first one." default:"40" placeholder:"N"`
	By        string        `help:"Who frees them; by default who is logged in." placeholder:"NAME"`
	Reason    string        `help:"Why they can go on now." required:"" placeholder:"TEXT"`
	JSON      bool          `name:"json" help:"Print JSON."`
	Within    time.Duration `help:"Longest time to wait for the end; the workflow goes on by itself." default:"10m" placeholder:"DURATION"`
}

// resumed is the outcome in --json.
type resumed struct {
	Cause    string `json:"cause"`
	Workflow string `json:"workflow"`
	contract.ResumeResult
	// Documents of finance's that waited on it and go on with the next run.
	Documents int            `json:"documents"`
	Orders    []outcomeShown `json:"orders"` // at most a thousand, those that did not go on first
}

// outcomeShown is what came of one order.
type outcomeShown struct {
	Order   string   `json:"order"`
	Outcome string   `json:"outcome"`
	Causes  []string `json:"causes,omitempty"` // what it waits on now
	Note    string   `json:"note,omitempty"`
}

// mostOutcomes bounds how many orders --json lists.
const mostOutcomes = 1000

// Run starts the workflow that frees the orders, and waits for it. While one frees
// the same cause, that one is waited for: a second run is harmless.
func (r exceptionsResumeCmd) Run(ctx context.Context, s streams) error {
	by, err := person(r.By)
	if err != nil {
		return err
	}
	if err := required([2]string{"cause", r.Cause}, [2]string{"reason", r.Reason}); err != nil {
		return err
	}
	if r.PerSecond <= 0 || r.Within <= 0 {
		return misuse("--per-second %g and --within %s: give more than 0", r.PerSecond, r.Within)
	}
	db, c, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	waiting, err := db.WaitingOrders(ctx, r.Cause, domain.OrderID{}, 1)
	if err != nil {
		return err
	}
	// Finance's documents can wait on the same cause. They have no workflow: the next run of
	// the documents takes them up, and freeing them twice changes nothing.
	documents, err := answerDocuments(ctx, db, ports.DocumentAnswer{Cause: r.Cause, Action: "retry", By: by, Reason: r.Reason})
	if err != nil {
		return err
	}
	if len(waiting) == 0 && documents > 0 {
		return resumed{Cause: r.Cause, Documents: documents, Orders: []outcomeShown{}}.print(s, r.JSON)
	}
	if len(waiting) == 0 {
		return fmt.Errorf("neither an order nor a document waits on %q; `starter exceptions list` prints the causes, and `starter exceptions resumed` what was freed before", r.Cause)
	}
	temporal, err := openTemporal(c)
	if err != nil {
		return err
	}
	defer temporal.Close()
	outcome, err := resumeCause(ctx, s, db, temporal, contract.ResumeInput{Cause: r.Cause, PerSecond: r.PerSecond, By: by, Reason: r.Reason}, r.Within)
	if err != nil {
		return err
	}
	outcome.Documents = documents
	return outcome.print(s, r.JSON)
}

// resumeCause frees the orders of a cause, waits for the end and reads what came of each.
func resumeCause(ctx context.Context, s streams, db *store.Store, c client.Client, in contract.ResumeInput, within time.Duration) (resumed, error) {
	outcome := resumed{Cause: in.Cause, Workflow: contract.ResumeWorkflowID(in.Cause), Orders: []outcomeShown{}}
	stop := progress(s, "freeing orders")
	var err error
	outcome.ResumeResult, err = resume(ctx, c, outcome.Workflow, in, within)
	stop()
	if err != nil {
		return outcome, err
	}
	outcome.Orders, err = outcomes(ctx, db, outcome.ResumeResult.Run, mostOutcomes)
	return outcome, err
}

func outcomes(ctx context.Context, db *store.Store, run string, most int) ([]outcomeShown, error) {
	list, err := db.ResumeOutcomes(ctx, run, most)
	shown := make([]outcomeShown, 0, len(list))
	for _, o := range list {
		shown = append(shown, outcomeShown{Order: o.Order.String(), Outcome: o.Outcome, Causes: o.Causes, Note: o.Note})
	}
	return shown, err
}

func resume(ctx context.Context, c client.Client, id string, in contract.ResumeInput, within time.Duration) (contract.ResumeResult, error) {
	var result contract.ResumeResult
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: contract.QueueOrders, StaticSummary: "free the orders that wait on " + in.Cause,
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, "ResumeWorkflow", in)
	if err != nil {
		return result, fmt.Errorf("start %s: %w", id, err)
	}
	err = run.Get(ctx, &result)
	if errors.Is(err, context.DeadlineExceeded) {
		return result, fmt.Errorf("%s was started and has not ended within %s; it goes on by itself once a worker runs", id, within)
	}
	if err != nil {
		return result, fmt.Errorf("%s ended: %w", id, err)
	}
	return result, nil
}

// print says what came of it; orders that were not freed are a failure.
func (r resumed) print(s streams, asJSON bool) error {
	if asJSON {
		if err := printJSON(s.out, r); err != nil {
			return err
		}
	} else {
		if r.Documents > 0 {
			fmt.Fprintf(s.out, "%s of finance's waited on %s; the next run of the documents takes them up.\n", plural(r.Documents, "document"), r.Cause)
		}
		if r.Workflow == "" {
			return nil // no order waited on it
		}
		fmt.Fprintf(s.out, "Of the orders that waited on %s, %d went on, %d wait on it again, %d wait on something else, %d could not be told, and of %d nothing is known yet.\n",
			r.Cause, r.Freed, r.SameCause, r.OtherCause, len(r.Failed), r.UnderWay)
		printOutcomes(s, r.Orders)
	}
	switch {
	case r.Stopped != "":
		return fmt.Errorf("%s stopped after the first order: %s", r.Workflow, strings.TrimSuffix(r.Stopped, "."))
	case len(r.Failed) > 0:
		return fmt.Errorf("%s could not be told: %s", plural(len(r.Failed), "order"), strings.Join(r.Failed, ", "))
	}
	return nil
}

// mostPrinted bounds how many orders are printed for people.
const mostPrinted = 30

// printOutcomes lists the orders that did not go on.
func printOutcomes(s streams, orders []outcomeShown) {
	t, rows := newTable(s.out, "order", "outcome", "waits on", ""), 0
	for _, o := range orders {
		if o.Outcome == ports.OutcomeFreed || rows == mostPrinted {
			continue
		}
		rows++
		t.AppendRow([]any{o.Order, o.Outcome, strings.Join(o.Causes, "\n"), o.Note})
	}
	if rows > 0 {
		t.Render()
	}
	if rows == mostPrinted {
		fmt.Fprintf(s.out, "These are the first %d; --json lists more.\n", mostPrinted)
	}
}

type exceptionsResumedCmd struct {
	Cause string `help:"Only one cause; with it, the outcome of each order of its latest run." placeholder:"CAUSE"`
	Limit int    `help:"Most runs to list, the newest first." default:"20" placeholder:"N"`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// runShown is one run in --json.
type runShown struct {
	Run        string         `json:"run"`
	Cause      string         `json:"cause"`
	By         string         `json:"by"`
	Reason     string         `json:"reason"`
	State      string         `json:"state"`
	Note       string         `json:"note,omitempty"`
	StartedAt  time.Time      `json:"startedAt"`
	EndedAt    time.Time      `json:"endedAt,omitzero"`
	Freed      int            `json:"freed"`
	SameCause  int            `json:"sameCause"`
	OtherCause int            `json:"otherCause"`
	NotTold    int            `json:"notTold"`
	UnderWay   int            `json:"underWay"` // or still awaited
	Orders     []outcomeShown `json:"orders,omitempty"`
}

// Run lists from the store; no worker is needed.
func (r exceptionsResumedCmd) Run(ctx context.Context, s streams) error {
	if r.Limit < 1 {
		return misuse("--limit %d: give 1 or more", r.Limit)
	}
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	list, err := db.Resumes(ctx, r.Cause, r.Limit)
	if err != nil {
		return err
	}
	runs := make([]runShown, 0, len(list))
	for _, x := range list {
		runs = append(runs, runShown{
			Run: x.ID, Cause: x.Cause, By: x.By, Reason: x.Reason, State: x.State, Note: x.Note, StartedAt: x.StartedAt, EndedAt: x.EndedAt,
			Freed: x.Counts.Freed, SameCause: x.Counts.SameCause, OtherCause: x.Counts.OtherCause, NotTold: x.Counts.NotSignalled,
			UnderWay: x.Counts.UnderWay + x.Counts.Pending,
		})
	}
	if r.Cause != "" && len(runs) > 0 {
		if runs[0].Orders, err = outcomes(ctx, db, runs[0].Run, mostOutcomes); err != nil {
			return err
		}
	}
	if r.JSON {
		return printJSON(s.out, runs)
	}
	if len(runs) == 0 {
		fmt.Fprintln(s.out, "No orders were freed by their cause.")
		return nil
	}
	t := newTable(s.out, "cause", "started", "by", "reason", "state", "went on", "same cause", "other cause", "not told", "under way")
	for _, x := range runs {
		t.AppendRow([]any{x.Cause, when(x.StartedAt), x.By, x.Reason, strings.TrimSpace(x.State + " " + x.Note), x.Freed, x.SameCause, x.OtherCause, x.NotTold, x.UnderWay})
	}
	t.Render()
	if r.Cause != "" {
		printOutcomes(s, runs[0].Orders)
	}
	return nil
}
