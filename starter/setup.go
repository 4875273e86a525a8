package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/client"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/contract"
)

type setupCmd struct{}

// Run migrates and registers; both find what is done already.
func (setupCmd) Run(ctx context.Context, s streams) error {
	sys, done, err := openQuietly(ctx)
	if err != nil {
		return err
	}
	defer done()
	stop := progress(s, "migrating the database")
	err = sys.Store.Migrate(ctx)
	stop()
	if err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	fmt.Fprintln(s.out, "The database is up to date.")
	registered, err := assembly.RegisterSearchAttributes(ctx, sys.temporal)
	if err != nil {
		return err
	}
	if len(registered) == 0 {
		fmt.Fprintln(s.out, "All search attributes were registered before.")
	} else {
		fmt.Fprintf(s.out, "Registered %s: %s.\n", plural(len(registered), "search attribute"), strings.Join(registered, ", "))
	}
	fmt.Fprintln(s.out, "Next: start a worker, then `starter schedules apply` and `starter serve`.")
	return nil
}

type schedulesCmd struct {
	Apply schedulesApplyCmd `cmd:"" help:"Create or update all schedules. An operator's pause and note stay as they are."`
	List  schedulesListCmd  `cmd:"" help:"List our schedules with their last and next run."`
}

type schedulesApplyCmd struct{}

// Run applies the schedules.
func (schedulesApplyCmd) Run(ctx context.Context, s streams) error {
	sys, done, err := openQuietly(ctx)
	if err != nil {
		return err
	}
	defer done()
	applied, err := sys.ApplySchedules(ctx, sys.temporal)
	for _, a := range applied {
		fmt.Fprintln(s.out, a)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s in effect; `starter schedules list` shows their runs.\n", plural(len(applied), "schedule"))
	return nil
}

type schedulesListCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// shownSchedule is a schedule in --json.
type shownSchedule struct {
	ID      string    `json:"id"`
	Every   string    `json:"every"`
	Paused  bool      `json:"paused"`
	Note    string    `json:"note,omitempty"`
	LastRun time.Time `json:"lastRun,omitzero"`
	NextRun time.Time `json:"nextRun,omitzero"`
}

// Run lists the schedules that Temporal holds under our names.
func (l schedulesListCmd) Run(ctx context.Context, s streams) error {
	c, err := config.Load()
	if err != nil {
		return err
	}
	temporal, err := openTemporal(c)
	if err != nil {
		return err
	}
	defer temporal.Close()
	list, err := listSchedules(ctx, temporal)
	if err != nil {
		return err
	}
	if l.JSON {
		return printJSON(s.out, list)
	}
	if len(list) == 0 {
		return errors.New("no schedule of ours is there: run `starter schedules apply`")
	}
	t := newTable(s.out, "schedule", "every", "last run", "next run", "")
	for _, e := range list {
		state := ""
		if e.Paused {
			state = strings.TrimSpace("paused: " + e.Note)
		}
		t.AppendRow([]any{e.ID, e.Every, when(e.LastRun), when(e.NextRun), state})
	}
	t.Render()
	return nil
}

func listSchedules(ctx context.Context, c client.Client) ([]shownSchedule, error) {
	iter, err := c.ScheduleClient().List(ctx, client.ScheduleListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	list := []shownSchedule{}
	for iter.HasNext() {
		e, err := iter.Next()
		if err != nil {
			return nil, fmt.Errorf("list schedules: %w", err)
		}
		if !ours(e.ID) {
			continue
		}
		list = append(list, shown(e))
	}
	slices.SortFunc(list, func(a, b shownSchedule) int { return strings.Compare(a.ID, b.ID) })
	return list, nil
}

// ours tells our schedules from somebody else's by their names.
func ours(id string) bool {
	return slices.ContainsFunc([]string{
		contract.IntakeScheduleID(""), contract.FeedScheduleID(""), contract.CompletenessScheduleID(""), contract.AlertScheduleID, contract.CoverageScheduleID, contract.OverdueScheduleID, contract.CatalogueScheduleID(""),
		contract.StockScheduleID(""), contract.StockDriftScheduleID(""),
	},
		func(prefix string) bool { return strings.HasPrefix(id, prefix) })
}

func shown(e *client.ScheduleListEntry) shownSchedule {
	s := shownSchedule{ID: e.ID, Paused: e.Paused, Note: e.Note}
	if e.Spec != nil && len(e.Spec.Intervals) > 0 {
		s.Every = e.Spec.Intervals[0].Every.String()
	}
	if n := len(e.RecentActions); n > 0 {
		s.LastRun = e.RecentActions[n-1].ActualTime
	}
	if !e.Paused && len(e.NextActionTimes) > 0 {
		s.NextRun = e.NextActionTimes[0]
	}
	return s
}
