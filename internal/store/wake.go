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

// Seen records up to which fact an order's workflow has looked. It never goes back,
// so a second or late run is harmless.
func (s *Store) Seen(ctx context.Context, id domain.OrderID, sequence int64) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE orders SET seen_sequence = @sequence WHERE store = @store AND number = @number AND seen_sequence < @sequence`,
		pgx.NamedArgs{"store": id.Store, "number": id.Number, "sequence": sequence})
	return toFault("record what was seen", err)
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
