package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"selvedge/internal/ports"
	"selvedge/internal/store"
)

type completenessCmd struct {
	Store string `help:"Only this store of the shop, by its key." placeholder:"KEY"`
	Last  int    `default:"12" help:"How many statements, newest first."`
	JSON  bool   `name:"json" help:"Print JSON, with every order of each statement."`
}

// shownCompleteness is the answer in --json.
type shownCompleteness struct {
	Statements []ports.Certificate `json:"statements"`
	OpenGaps   []shownGap          `json:"openGaps"` // started, and not yet seen to run
}

// shownGap is an open gap in --json.
type shownGap struct {
	Order    string    `json:"order"`
	Why      string    `json:"why"`
	OpenedAt time.Time `json:"openedAt"`
}

// mostShownGaps bounds the list of open gaps; one already needs somebody's eyes.
const mostShownGaps = 1000

// Run prints what the newest counts stated.
func (c completenessCmd) Run(ctx context.Context, s streams) error {
	if c.Last < 1 {
		return misuse("--last %d: give a number of statements of at least 1", c.Last)
	}
	db, _, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	shown := shownCompleteness{OpenGaps: []shownGap{}}
	if shown.Statements, err = db.Certificates(ctx, c.Store, c.Last); err != nil {
		return err
	}
	open, err := db.OpenExceptions(ctx, store.ExceptionFilter{Kind: "gap"}, mostShownGaps)
	if err != nil {
		return err
	}
	for _, e := range open {
		key := strings.TrimPrefix(e.System, ports.GapSystem(""))
		if c.Store != "" && key != c.Store {
			continue
		}
		gap := shownGap{Order: key + "/" + e.Subject, OpenedAt: e.OpenedAt}
		if len(e.Problems) > 0 {
			gap.Why = e.Problems[0].Message
		}
		shown.OpenGaps = append(shown.OpenGaps, gap)
	}
	if c.JSON {
		return printJSON(s.out, shown)
	}
	printCompleteness(s.out, shown, c.Store, time.Now())
	return nil
}

// printCompleteness says it in plain words, the newest statement first.
func printCompleteness(out io.Writer, shown shownCompleteness, of string, now time.Time) {
	if len(shown.Statements) == 0 {
		what := "No count has run yet"
		if of != "" {
			what += " for store " + of
		}
		fmt.Fprintln(out, what+": `starter schedules list` shows when the next one is due.")
	}
	for _, c := range shown.Statements {
		fmt.Fprintf(out, "%s, %s to %s, counted %s ago\n", c.Store, when(c.From), when(c.To), age(c.CountedAt, now))
		fmt.Fprintln(out, "  "+sentence(c))
		for _, o := range c.Orders {
			switch o.Standing {
			case ports.StandGap, ports.StandWaiting, ports.StandRefused:
				fmt.Fprintf(out, "    %s %s: %s\n", o.Number, o.Standing, o.Reason)
			}
		}
	}
	if len(shown.OpenGaps) > 0 {
		fmt.Fprintf(out, "%s started and not yet seen to run; the next count looks again:\n", plural(len(shown.OpenGaps), "gap"))
	}
	for _, g := range shown.OpenGaps {
		fmt.Fprintf(out, "  %s: %s (%s)\n", g.Order, g.Why, age(g.OpenedAt, now))
	}
}

// sentence is a statement as a sum.
func sentence(c ports.Certificate) string {
	if c.Ready == 0 {
		return "nothing was ready"
	}
	sum := fmt.Sprintf("%d ready = %d in the warehouse + %d waiting + %d refused + %d ended", c.Ready, c.InWarehouse, c.Waiting, c.Refused, c.Ended)
	if n := len(c.Gaps); n > 0 {
		return sum + " + " + plural(n, "gap") + ", started"
	}
	return sum
}
