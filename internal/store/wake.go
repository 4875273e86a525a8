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

// Unseen lists orders that have had something for their workflow to look at since
// before that instant, longest first: their wake-up was lost, or they adopted facts.
func (s *Store) Unseen(ctx context.Context, before time.Time, limit int) ([]domain.OrderID, error) {
	const op = "list unseen orders"
	rows, err := s.pool.Query(ctx, `
		SELECT store, number FROM orders WHERE wake_sequence > seen_sequence AND wake_at < @before
		ORDER BY wake_at, store, number LIMIT @limit`,
		pgx.NamedArgs{"before": before, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.OrderID])
	return ids, toFault(op, err)
}
