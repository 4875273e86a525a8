package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

type coverageCmd struct {
	Owner string `help:"Only those of one owner: ops, merchandising, finance or engineering." enum:"ops,merchandising,finance,engineering," default:""`
	Now   bool   `help:"Compare at once instead of showing what the last comparison found; needs a worker."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// Help says what a gap is.
func (coverageCmd) Help() string {
	return "Lists methods, markets, sizes, services, stock statuses and dispositions that no rule gives a meaning to, with their owner. An order that meets one waits for a person; a gap closes by itself when its rule has come."
}

// shownCoverage is the answer in --json.
type shownCoverage struct {
	ComparedAt time.Time            `json:"comparedAt,omitzero"` // the last comparison; absent when none has ended
	Gaps       []domain.CoverageGap `json:"gaps"`
}

// Run lists what no rule gives a meaning to.
func (c coverageCmd) Run(ctx context.Context, s streams) error {
	db, settings, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if c.Now {
		temporal, err := openTemporal(settings)
		if err != nil {
			return err
		}
		defer temporal.Close()
		var result contract.CoverageResult
		if err := runOnce(ctx, s, temporal, contract.CoverageScheduleID, "CoverageWorkflow", contract.CoverageInput{}, &result); err != nil {
			return err
		}
	}
	shown := shownCoverage{Gaps: []domain.CoverageGap{}}
	gaps, err := db.CoverageGaps(ctx)
	if err != nil {
		return err
	}
	for _, g := range gaps {
		if c.Owner == "" || c.Owner == g.Owner {
			shown.Gaps = append(shown.Gaps, g)
		}
	}
	if shown.ComparedAt, err = db.CoverageSeen(ctx); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s.out, shown)
	}
	printCoverage(s.out, shown, time.Now())
	return nil
}

func printCoverage(out io.Writer, shown shownCoverage, now time.Time) {
	if shown.ComparedAt.IsZero() {
		fmt.Fprintln(out, "Nothing was compared yet: `starter schedules list` shows when it is due; --now compares at once.")
		return
	}
	if len(shown.Gaps) == 0 {
		fmt.Fprintf(out, "Everything has its rule, as of %s ago.\n", age(shown.ComparedAt, now))
		return
	}
	t := newTable(out, "value", "kind", "for", "owner", "known for", "orders", "what")
	for _, g := range shown.Gaps {
		orders := "none yet"
		if g.Orders > 0 {
			orders = fmt.Sprint(g.Orders)
		}
		t.AppendRow([]any{g.Value, g.Kind, g.Scope, g.Owner, age(g.FirstSeen, now), orders, g.Detail})
	}
	t.Render()
	fmt.Fprintf(out, "%s without a rule, as of %s ago. `starter rules set` gives one.\n", plural(len(shown.Gaps), "value"), age(shown.ComparedAt, now))
}

// runOnce runs a scheduled workflow at once and waits for it. While one runs already,
// that one is waited for.
func runOnce(ctx context.Context, s streams, c client.Client, id, workflow string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	defer progress(s, "waiting for "+id)()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id + "-by-hand", TaskQueue: contract.QueueOrders, StaticSummary: id + ", started by hand",
		WorkflowIDReusePolicy:    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, workflow, in)
	if err != nil {
		return fmt.Errorf("start %s: %w", workflow, err)
	}
	if err := run.Get(ctx, out); err != nil {
		return fmt.Errorf("%s ended: %w", workflow, err)
	}
	return nil
}
