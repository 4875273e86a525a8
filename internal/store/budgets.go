package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// keptBudgetUse is how long the use of budgets is kept by the minute.
const keptBudgetUse = 14 * 24 * time.Hour

// BudgetUse is what one class of a system's budget was granted in a minute.
type BudgetUse struct {
	Class   string    `json:"class"`
	Minute  time.Time `json:"minute"`
	Granted int       `json:"granted"`
	Waited  int       `json:"waited"` // asked for and not granted at once
}

// ChangeBudget changes a system's budget under its row's lock; state is empty the first
// time. The change names what it granted and what had to wait, by class, which is added
// to the minute's use, which is kept for two weeks. It may run twice when the connection is lost at the end: then
// units are taken twice, which the next look at the system's own count puts right.
func (s *Store) ChangeBudget(ctx context.Context, system string, at time.Time, change func(state []byte) (next []byte, granted, waited map[string]int, err error)) error {
	return toFault("change budget", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// What is lost in a crash of the database is a few grants: not worth a wait for the disk.
		if _, err := tx.Exec(ctx, `SET LOCAL synchronous_commit = off`); err != nil {
			return err
		}
		var state []byte
		var changed time.Time
		err := tx.QueryRow(ctx, `SELECT state, updated_at FROM budgets WHERE system = @system FOR UPDATE`, pgx.NamedArgs{"system": system}).Scan(&state, &changed)
		if errors.Is(err, pgx.ErrNoRows) {
			// Two that are first meet here: the second waits for the first and then reads its row.
			if _, err = tx.Exec(ctx, `INSERT INTO budgets (system, state) VALUES (@system, '{}') ON CONFLICT DO NOTHING`, pgx.NamedArgs{"system": system}); err == nil {
				err = tx.QueryRow(ctx, `SELECT state, updated_at FROM budgets WHERE system = @system FOR UPDATE`, pgx.NamedArgs{"system": system}).Scan(&state, &changed)
			}
			if string(state) == "{}" {
				state = nil
			}
		}
		if err != nil {
			return err
		}
		next, granted, waited, err := change(state)
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE budgets SET state = @state, updated_at = @at WHERE system = @system`, pgx.NamedArgs{"system": system, "state": next, "at": at})
		if !changed.Truncate(time.Hour).Equal(at.Truncate(time.Hour)) { // once an hour at most
			batch.Queue(`DELETE FROM budget_use WHERE system = @system AND minute < @before`, pgx.NamedArgs{"system": system, "before": at.Add(-keptBudgetUse)})
		}
		for _, class := range classesOf(granted, waited) {
			batch.Queue(`
				INSERT INTO budget_use AS u (system, class, minute, granted, waited)
				VALUES (@system, @class, date_trunc('minute', @at::timestamptz), @granted, @waited)
				ON CONFLICT (system, minute, class) DO UPDATE SET granted = u.granted + excluded.granted, waited = u.waited + excluded.waited`,
				pgx.NamedArgs{"system": system, "class": class, "at": at, "granted": granted[class], "waited": waited[class]})
		}
		return tx.SendBatch(ctx, batch).Close()
	}))
}

func classesOf(lists ...map[string]int) []string {
	var out []string
	for _, list := range lists {
		for class, n := range list {
			if n != 0 && !slices.Contains(out, class) {
				out = append(out, class)
			}
		}
	}
	slices.Sort(out)
	return out
}

// BudgetUse tells what a system's budget was used for since an instant, by minute and class.
func (s *Store) BudgetUse(ctx context.Context, system string, since time.Time) ([]BudgetUse, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT class, minute, granted, waited FROM budget_use WHERE system = @system AND minute >= @since ORDER BY minute, class`,
		pgx.NamedArgs{"system": system, "since": since})
	if err != nil {
		return nil, toFault("read budget use", err)
	}
	use, err := pgx.CollectRows(rows, pgx.RowToStructByPos[BudgetUse])
	return use, toFault("read budget use", err)
}
