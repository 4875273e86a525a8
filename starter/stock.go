package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/intake"
	"selvedge/internal/ports"
	"selvedge/internal/stock"
	"selvedge/internal/store"
)

type stockCmd struct {
	Sync  stockSyncCmd  `cmd:"" help:"Bring the stock of the warehouses to the shop now: one pass each, or the pass that is under way and another one."`
	Why   stockWhyCmd   `cmd:"" help:"Explain the figure of one item: its terms with source and age, the orders behind it, and the last ten publications."`
	Drift stockDriftCmd `cmd:"" help:"Compare the shop's figures with ours now; what nothing explains is shown and corrected."`
	Show  stockShowCmd  `cmd:"" help:"How stock is doing: lag, publications, what is withheld, what was drained behind our back."`
}

type stockSyncCmd struct {
	Warehouse string `help:"Only this warehouse, by its name in the shop." placeholder:"NAME"`
	Full      bool   `help:"Read the whole inventory instead of what changed."`
	NoWait    bool   `help:"Only ask for it, and do not wait for the end."`
	JSON      bool   `name:"json" help:"Print JSON."`
}

// Run asks for a pass and waits until the run has ended.
func (c stockSyncCmd) Run(ctx context.Context, s streams) error {
	return runStock(ctx, s, c.Warehouse, contract.StockInput{Trigger: contract.StockByPerson, Full: c.Full}, !c.NoWait, c.JSON)
}

type stockDriftCmd struct {
	Warehouse string `help:"Only this warehouse, by its name in the shop." placeholder:"NAME"`
	JSON      bool   `name:"json" help:"Print JSON."`
}

// Run compares, waits, and prints what drifted.
func (c stockDriftCmd) Run(ctx context.Context, s streams) error {
	if err := runStock(ctx, s, c.Warehouse, contract.StockInput{Trigger: contract.StockByPerson, Drift: true}, true, c.JSON); err != nil || c.JSON {
		return err
	}
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	open, err := db.OpenExceptions(ctx, store.ExceptionFilter{Kind: "stock-drift"}, 100)
	if err != nil {
		return err
	}
	for _, e := range open {
		for _, p := range e.Problems {
			fmt.Fprintf(s.out, "%s, %s: %s\n", strings.TrimPrefix(e.System, "stock/"), e.Subject, p.Message)
		}
	}
	return nil
}

// ranStock is what a run over one warehouse did, in --json.
type ranStock struct {
	Warehouse string `json:"warehouse"`
	contract.StockResult
}

func runStock(ctx context.Context, s streams, warehouse string, in contract.StockInput, wait, asJSON bool) error {
	sys, done, err := openQuietly(ctx)
	if err != nil {
		return err
	}
	defer done()
	if !sys.Config.Selvedge.Stock {
		return fmt.Errorf("stock is not published from here: SELVEDGE_STOCK is false; set it to true where no other system writes the shop's stock")
	}
	warehouses := sorted(sys.ACS)
	if warehouse != "" {
		if !slices.Contains(warehouses, warehouse) {
			return misuse("--warehouse %q: is not configured; give one of %s", warehouse, strings.Join(warehouses, ", "))
		}
		warehouses = []string{warehouse}
	}
	ran := []ranStock{}
	for _, w := range warehouses {
		in.Warehouse = w
		if !wait {
			if err := intake.AskForStock(ctx, sys.temporal, in); err != nil {
				return err
			}
			ran = append(ran, ranStock{Warehouse: w})
			continue
		}
		result, err := passByHand(ctx, s, sys.temporal, in)
		if err != nil {
			return fmt.Errorf("the stock of %s: %w", w, err)
		}
		ran = append(ran, ranStock{w, result})
	}
	if asJSON {
		return printJSON(s.out, ran)
	}
	for _, r := range ran {
		fmt.Fprintln(s.out, ranIn(r, wait))
	}
	return nil
}

// passByHand makes one pass and waits for it, however many passes movements ask for meanwhile.
func passByHand(ctx context.Context, s streams, c client.Client, in contract.StockInput) (result contract.StockResult, err error) {
	defer progress(s, "bringing the stock of "+in.Warehouse+" to the shop")()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: contract.StockByHandID(in), TaskQueue: contract.QueueOrders, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowExecutionTimeout: time.Hour, StaticSummary: "a pass over the stock of " + in.Warehouse + " for a person",
	}, "StockSyncWorkflow", in)
	if err != nil {
		return result, fmt.Errorf("start the pass: %w", err)
	}
	err = run.Get(ctx, &result)
	return result, err
}

func ranIn(r ranStock, waited bool) string {
	if !waited {
		return r.Warehouse + ": asked for; `starter stock show` tells what came of it."
	}
	text := fmt.Sprintf("%s: %d records read as of %s, %d changed; %d figures looked at, %d lowered, %d raised in %s", r.Warehouse, r.Records, when(r.AsOf), r.Changed,
		r.Looked, r.Lowered, r.Raised, plural(int(r.Mutations), "mutation"))
	if r.Drifted > 0 {
		text += fmt.Sprintf("; %d drifted and were corrected", r.Drifted)
	}
	if r.Waiting > 0 {
		text += fmt.Sprintf("; %d wait for a later pass", r.Waiting)
	}
	if r.Hold != "" {
		text += "; nothing was raised: " + r.Hold
	}
	return text
}

type stockWhyCmd struct {
	SKU       string `arg:"" help:"The item: the shop's SKU or EAN, or the warehouse's code." placeholder:"SKU"`
	Warehouse string `help:"Only in this warehouse, by its name in the shop." placeholder:"NAME"`
	JSON      bool   `name:"json" help:"Print JSON, with everything that is known."`
}

// shownStock is one item's figure in --json.
type shownStock struct {
	Warehouse  string                   `json:"warehouse"`
	SKU        string                   `json:"sku"` // the warehouse's item
	ShopSKU    string                   `json:"shopSku,omitempty"`
	SizeID     string                   `json:"sizeId,omitempty"`
	Figure     int                      `json:"figure"`
	Offered    int                      `json:"offered"` // what the shop offered when it was read
	Held       string                   `json:"held,omitempty"`
	Doubt      string                   `json:"doubt,omitempty"`
	ComputedAt time.Time                `json:"computedAt,omitzero"`
	DueAt      *time.Time               `json:"dueAt,omitempty"` // when it is looked at next; absent: when something changes
	FeedAsOf   time.Time                `json:"feedAsOf,omitzero"`
	Quantities []domain.StatusUnits     `json:"quantities,omitempty"`
	Why        *stock.Figure            `json:"why,omitempty"`
	Published  []ports.StockPublication `json:"published"`
	Exceptions []string                 `json:"exceptions,omitempty"`
}

// Run explains from the store; no worker is needed.
func (c stockWhyCmd) Run(ctx context.Context, s streams) error {
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	found, err := db.StockWhy(ctx, c.Warehouse, c.SKU)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("no warehouse has told of %q, and no size of the shop with this code was met: check the code, or run `starter stock sync --full`", c.SKU)
	}
	shown := make([]shownStock, len(found))
	for i, e := range found {
		shown[i] = shownOf(e)
	}
	if c.JSON {
		return printJSON(s.out, shown)
	}
	for i, e := range shown {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		explain(s.out, e, time.Now())
	}
	return nil
}

func shownOf(e ports.StockExplained) shownStock {
	out := shownStock{Warehouse: e.Warehouse, DueAt: e.DueAt, FeedAsOf: e.FeedAsOf, Published: e.Published}
	if e.Published == nil {
		out.Published = []ports.StockPublication{}
	}
	if e.Level != nil {
		out.SKU, out.Doubt, out.Quantities = e.Level.Record.SKU, e.Level.Doubt, e.Level.Record.Quantities
	}
	if f := e.Figure; f != nil {
		out.SKU, out.ShopSKU, out.SizeID, out.Figure, out.Offered, out.Held, out.ComputedAt = f.SKU, f.ShopSKU, f.SizeID, f.Figure, f.Offered, f.Held, f.At
		var why stock.Figure
		if json.Unmarshal(f.Terms, &why) == nil && len(why.Terms) > 0 {
			out.Why = &why
		}
	}
	for _, x := range e.Exceptions {
		out.Exceptions = append(out.Exceptions, exceptions.Describe(domain.Question{Kind: x.Kind, Cause: x.Cause, Subject: x.Subject, Problems: x.Problems}).What)
	}
	return out
}

// explain prints one item: the figure first, then what it is made of.
func explain(out io.Writer, e shownStock, now time.Time) {
	name := e.SKU
	if e.ShopSKU != "" && e.ShopSKU != e.SKU {
		name += " (" + e.ShopSKU + " in the shop)"
	}
	switch {
	case e.ComputedAt.IsZero():
		fmt.Fprintf(out, "%s in %s: nobody has looked at it yet.\n", name, e.Warehouse)
	case e.SizeID == "":
		fmt.Fprintf(out, "%s in %s: no figure, %s.\n", name, e.Warehouse, e.Held)
	default:
		fmt.Fprintf(out, "%s in %s: %d can be sold; the shop offered %d when it was read, %s ago.\n", name, e.Warehouse, e.Figure, e.Offered, age(e.ComputedAt, now))
	}
	if e.SizeID != "" && e.Held != "" {
		fmt.Fprintf(out, "The difference is not written: %s.\n", e.Held)
	}
	if e.Doubt != "" {
		fmt.Fprintf(out, "The warehouse's record is in doubt: %s.\n", e.Doubt)
	}
	if e.Why != nil {
		t := newTable(out, "units", "term", "source", "age", "")
		for _, term := range e.Why.Terms {
			t.AppendRow([]any{term.Units, term.Name, term.Source, age(term.At, now), term.Detail})
		}
		t.Render()
		for _, p := range e.Why.Promises {
			fmt.Fprintf(out, "  %s line %s: %s promised, %d taken by the warehouse; %s\n", p.Order, p.Line, plural(p.Held, "unit"), p.Taken, p.Reason)
		}
	} else if len(e.Quantities) > 0 {
		for _, q := range e.Quantities {
			fmt.Fprintf(out, "  %d %s\n", q.Units, q.Status)
		}
	}
	for _, x := range e.Exceptions {
		fmt.Fprintln(out, "Open: "+x)
	}
	if len(e.Published) == 0 {
		fmt.Fprintln(out, "No figure was ever written: the shop's own was right, or it is not known there.")
		return
	}
	t := newTable(out, "published", "figure", "difference", "warehouse as of")
	for _, p := range e.Published {
		t.AppendRow([]any{when(p.PublishedAt), p.Figure, fmt.Sprintf("%+d", p.Difference), when(p.AsOf)})
	}
	t.Render()
}

type stockShowCmd struct {
	Warehouse string        `help:"Only this warehouse, by its name in the shop." placeholder:"NAME"`
	Last      time.Duration `default:"1h" help:"How far back, such as 24h."`
	JSON      bool          `name:"json" help:"Print JSON: windows of a sixtieth of the time, for charts."`
}

// Run sums up from the store; no worker is needed.
func (c stockShowCmd) Run(ctx context.Context, s streams) error {
	if c.Last < time.Minute {
		return misuse("--last %s: give at least 1m", c.Last)
	}
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	warehouses, err := db.StockWarehouses(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	charts := []ports.StockCharted{}
	for _, w := range warehouses {
		if c.Warehouse != "" && w != c.Warehouse {
			continue
		}
		one, err := db.StockCharts(ctx, w, now.Add(-c.Last), now, c.Last/60)
		if err != nil {
			return err
		}
		charts = append(charts, one)
	}
	if c.JSON {
		return printJSON(s.out, charts)
	}
	if len(charts) == 0 {
		fmt.Fprintln(s.out, "No inventory was read yet: `starter schedules list` shows when the next pass is due.")
	}
	for _, one := range charts {
		summarise(s.out, one, c.Last, now)
	}
	return nil
}

func summarise(out io.Writer, c ports.StockCharted, last time.Duration, now time.Time) {
	fmt.Fprintf(out, "%s: %d items, as of %s ago; %d figures are due\n", c.Warehouse, c.Items, age(c.AsOf, now), c.Due)
	published, mutations, p95 := 0, 0, time.Duration(0)
	for _, w := range c.Windows {
		published, mutations, p95 = published+w.Publications, mutations+w.Mutations, max(p95, w.LagP95)
	}
	fmt.Fprintf(out, "  in the last %s: %s published in %s; the worst window's p95 from feed to shop was %s\n", last, plural(published, "figure"), plural(mutations, "mutation"), p95.Round(10*time.Millisecond))
	for _, w := range c.Withheld {
		note := ""
		if !w.Known {
			note = ", a status that we do not know"
		}
		fmt.Fprintf(out, "  withheld: %d units of %d items are %s%s\n", w.Units, w.Items, w.Status, note)
	}
	for i, x := range c.Exposed {
		if i == 10 {
			fmt.Fprintf(out, "  and %d more items\n", len(c.Exposed)-i)
			break
		}
		fmt.Fprintf(out, "  drained behind our back: %d units of %s, %d unit-seconds; a buffer of %d would have covered it\n", x.Units, x.SKU, x.UnitSeconds, x.Covered)
	}
}
