package store

import "context"

// Planned counts how often the store's connections have taken the plan that they keep for
// appending facts to one order, and how often they have made one. For a store of one connection.
func (s *Store) Planned(ctx context.Context) (kept, made int, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT generic_plans, custom_plans FROM pg_prepared_statements
		WHERE statement LIKE '%INSERT INTO facts%FROM orders o, fresh g%'`).Scan(&kept, &made)
	return kept, made, err
}
