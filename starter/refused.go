package main

import (
	"context"
	"fmt"
	"time"

	"selvedge/internal/store"
)

// refusedShown is a refused input in --json. Its body stays sealed.
type refusedShown struct {
	Source string    `json:"source"`
	Key    string    `json:"key"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// refused lists the inputs that could not be read, newest first.
func (l exceptionsListCmd) refused(ctx context.Context, s streams, db *store.Store) error {
	if l.Owner != "" || l.Kind != "" || l.Cause != "" {
		return misuse("--refused lists inputs, which have no owner, kind or cause: leave --owner, --kind and --cause out")
	}
	list, err := db.RefusedInputs(ctx, l.Limit)
	if err != nil {
		return err
	}
	rows := make([]refusedShown, len(list))
	for i, r := range list {
		rows[i] = refusedShown(r)
	}
	if l.JSON {
		return printJSON(s.out, rows)
	}
	if len(rows) == 0 {
		fmt.Fprintln(s.out, "Every input could be read.")
		return nil
	}
	t := newTable(s.out, "source", "key", "reason", "when")
	for _, r := range rows {
		t.AppendRow([]any{r.Source, r.Key, r.Reason, when(r.At)})
	}
	t.Render()
	if len(rows) == l.Limit {
		fmt.Fprintf(s.out, "These are the newest %d; --limit lists more.\n", l.Limit)
	}
	return nil
}
