package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// What the activities and intake ask of the store.
var (
	_ ports.OrderStore     = (*Store)(nil)
	_ ports.ExceptionStore = (*Store)(nil)
	_ ports.IntakeStore    = (*Store)(nil)
)

// RecordLook records what an order's workflow found when it looked, in one round trip
// and one commit: an order looks six times in its life, and waits for each. Where it
// looked never goes back, so a second or late run is harmless; an order that is not
// stored is passed over.
func (s *Store) RecordLook(ctx context.Context, l ports.Look) error {
	const op = "record a look"
	exceptions, err := exceptionsToSync(l.Order, 0, l.Open, l.By, l.Answer, l.Reason, l.At)
	if err != nil {
		return toFault(op, err)
	}
	var b pgx.Batch
	b.Queue(`
		UPDATE orders SET seen_sequence = GREATEST(seen_sequence, @sequence), state = @state
		WHERE store = @store AND number = @number AND (seen_sequence < @sequence OR state <> @state)`,
		pgx.NamedArgs{"store": l.Order.Store, "number": l.Order.Number, "sequence": l.Sequence, "state": l.State})
	b.Queue(syncGiven, exceptions)
	return toFault(op, s.pool.SendBatch(ctx, &b).Close())
}

// wakeAgain is how long a woken order may take to look before it is woken again.
const wakeAgain = 5 * time.Minute

// Unseen lists orders that have had something for their workflow to look at since
// before that instant, longest first: their wake-up was lost, or they adopted facts. An
// order listed is listed again only after wakeAgain: its workflow may be in the middle
// of a long step, and looks when that has ended.
func (s *Store) Unseen(ctx context.Context, before time.Time, limit int) ([]domain.OrderID, error) {
	const op = "list unseen orders"
	rows, err := s.pool.Query(ctx, `
		WITH asleep AS (
			SELECT store, number, wake_at FROM orders WHERE wake_sequence > seen_sequence AND wake_at < @before
			ORDER BY wake_at, store, number LIMIT @limit FOR UPDATE SKIP LOCKED
		), claimed AS (
			UPDATE orders o SET wake_at = @again FROM asleep a WHERE o.store = a.store AND o.number = a.number
		)
		SELECT store, number FROM asleep ORDER BY wake_at, store, number`,
		pgx.NamedArgs{"before": before, "limit": limit, "again": before.Add(wakeAgain)})
	if err != nil {
		return nil, toFault(op, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.OrderID])
	return ids, toFault(op, err)
}
