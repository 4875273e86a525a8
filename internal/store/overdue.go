package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
)

// UnsentOrders lists orders with a consignment that a warehouse took before an instant
// and that was not found overdue before, where the shop does not show the order as
// shipped; sorted, after one of them.
func (s *Store) UnsentOrders(ctx context.Context, before time.Time, after domain.OrderID, limit int) ([]domain.OrderID, error) {
	const op = "list unsent orders"
	rows, err := s.pool.Query(ctx, `
		SELECT store, number FROM orders o
		WHERE closed_at IS NULL AND NOT wholesale AND status IN ('confirmed', 'processing') AND (store, number) > (@store, @number)
			AND EXISTS (
				SELECT FROM facts f WHERE f.store = o.store AND f.number = o.number AND f.kind = 'submitted' AND f.at < @before
					AND NOT EXISTS (SELECT FROM facts l WHERE l.store = f.store AND l.number = f.number
						AND l.key = 'overdue:' || (f.data ->> 'consignment')))
		ORDER BY store, number LIMIT @limit`,
		pgx.NamedArgs{"before": before, "store": after.Store, "number": after.Number, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.OrderID])
	return ids, toFault(op, err)
}
