package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/store"
)

type catalogueCmd struct {
	Warehouse string `help:"Only this warehouse, by its name in the shop." placeholder:"KEY"`
	State     string `help:"Only one state: fine, unmapped, incomplete, differs, refused or to-push; by default all that is not fine." enum:"fine,unmapped,incomplete,differs,refused,to-push," default:""`
	Now       bool   `help:"Audit at once, and tell the warehouse what it lacks, before listing; needs --warehouse and a worker."`
	Limit     int    `help:"Most rows to list." default:"200" placeholder:"N"`
	JSON      bool   `name:"json" help:"Print JSON."`
}

// Help says what the audit does.
func (catalogueCmd) Help() string {
	return "Lists the sizes for which a warehouse would refuse an order, with the attributes that are missing, and those for which it holds another value than the shop. Complete items are told to its item master by the audit itself; nothing that stands there is overwritten."
}

// shownCatalogue is the answer in --json.
type shownCatalogue struct {
	Counts map[string]map[domain.CatalogueState]int `json:"counts"` // sizes by warehouse and state
	Items  []store.FoundItem                        `json:"items"`
}

// Run lists what the last audit found.
func (c catalogueCmd) Run(ctx context.Context, s streams) error {
	if c.Limit < 1 {
		return misuse("--limit %d: give 1 or more", c.Limit)
	}
	if c.Now && c.Warehouse == "" {
		return misuse("--now audits one warehouse: name it with --warehouse")
	}
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
		var result contract.CatalogueResult
		if err := runOnce(ctx, s, temporal, contract.CatalogueScheduleID(c.Warehouse), "CatalogAuditWorkflow", contract.CatalogueInput{Warehouse: c.Warehouse}, &result); err != nil {
			return err
		}
	}
	shown := shownCatalogue{Items: []store.FoundItem{}}
	if shown.Counts, err = db.CatalogueCounts(ctx); err != nil {
		return err
	}
	items, err := db.CatalogueFindings(ctx, store.CatalogueFilter{Warehouse: c.Warehouse, State: c.State}, c.Limit)
	if err != nil {
		return err
	}
	shown.Items = append(shown.Items, items...)
	if c.JSON {
		return printJSON(s.out, shown)
	}
	printCatalogue(s.out, shown, c.Limit, time.Now())
	return nil
}

func printCatalogue(out io.Writer, shown shownCatalogue, limit int, now time.Time) {
	if len(shown.Counts) == 0 {
		fmt.Fprintln(out, "No audit has run yet: `starter schedules list` shows when it is due; --now audits at once.")
		return
	}
	if len(shown.Items) > 0 {
		t := newTable(out, "warehouse", "sku", "state", "missing", "differs", "for", "detail")
		for _, i := range shown.Items {
			var differs []string
			for _, d := range i.Differences {
				differs = append(differs, fmt.Sprintf("%s: %q here, %q there", d.Field, d.Here, d.There))
			}
			t.AppendRow([]any{i.Warehouse, i.SKU, i.State, strings.Join(i.Missing, ", "), strings.Join(differs, "\n"), age(i.FirstSeen, now), i.Detail})
		}
		t.Render()
		if len(shown.Items) == limit {
			fmt.Fprintf(out, "These are %d of them; --limit lists more.\n", limit)
		}
	}
	for _, warehouse := range sorted(shown.Counts) {
		var parts []string
		for _, state := range []domain.CatalogueState{
			domain.CatalogueFine, domain.CatalogueIncomplete, domain.CatalogueUnmapped, domain.CatalogueDiffers, domain.CatalogueRefused, domain.CatalogueToPush,
		} {
			if n := shown.Counts[warehouse][state]; n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, state))
			}
		}
		fmt.Fprintf(out, "%s: %s\n", warehouse, strings.Join(parts, ", "))
	}
}
