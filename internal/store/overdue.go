package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
)

// UnsentOrders lists orders that a warehouse has taken and that the shop does not show
// as shipped, sorted, after one of them. Those that were found overdue before are left out.
func (s *Store) UnsentOrders(ctx context.Context, after domain.OrderID, limit int) ([]domain.OrderID, error) {
	const op = "list unsent orders"
	rows, err := s.pool.Query(ctx, `
		SELECT store, number FROM orders o
		WHERE closed_at IS NULL AND NOT wholesale AND status IN ('confirmed', 'processing') AND (store, number) > (@store, @number)
			AND EXISTS (SELECT FROM facts f WHERE f.store = o.store AND f.number = o.number AND f.kind = 'submitted')
			AND NOT EXISTS (SELECT FROM facts f WHERE f.store = o.store AND f.number = o.number AND f.kind = 'overdue')
		ORDER BY store, number LIMIT @limit`,
		pgx.NamedArgs{"store": after.Store, "number": after.Number, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.OrderID])
	return ids, toFault(op, err)
}
