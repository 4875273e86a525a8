package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
)

// ExceptionFilter narrows a list; empty fields do not.
type ExceptionFilter struct {
	Cause  string
	Owner  string
	Kind   string
	System string
	Order  *domain.OrderID
}

// OpenExceptions lists open exceptions, longest open first.
func (s *Store) OpenExceptions(ctx context.Context, f ExceptionFilter, limit int) ([]Exception, error) {
	const op = "list exceptions"
	holder := ""
	if f.Order != nil {
		holder = "order " + f.Order.String()
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+exceptionColumns+` FROM exceptions
		WHERE resolved_at IS NULL
			AND (@cause = '' OR cause = @cause) AND (@owner = '' OR owner = @owner) AND (@kind = '' OR kind = @kind)
			AND (@system = '' OR system = @system) AND (@holder = '' OR holder = @holder OR holder LIKE @holder || ' return %')
		ORDER BY opened_at, id LIMIT @limit`,
		pgx.NamedArgs{"cause": f.Cause, "owner": f.Owner, "kind": f.Kind, "system": f.System, "holder": holder, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, scanException)
	return list, toFault(op, err)
}

// ExceptionGroup sums up the open exceptions of one cause.
type ExceptionGroup struct {
	Cause  string
	Kind   string
	Owner  string
	Count  int
	Money  map[string]int64 // at stake, minor units by currency
	Oldest time.Time
}

// ExceptionGroups groups the open exceptions by cause, the largest group first.
func (s *Store) ExceptionGroups(ctx context.Context) ([]ExceptionGroup, error) {
	const op = "group exceptions"
	rows, err := s.pool.Query(ctx, `
		SELECT cause, kind, owner, sum(n)::int AS count,
			COALESCE(jsonb_object_agg(currency, value) FILTER (WHERE currency <> ''), '{}') AS money, min(oldest) AS oldest
		FROM (
			SELECT cause, kind, owner, currency, count(*) AS n, sum(value)::bigint AS value, min(opened_at) AS oldest
			FROM exceptions WHERE resolved_at IS NULL GROUP BY cause, kind, owner, currency
		) by_currency
		GROUP BY cause, kind, owner
		ORDER BY count DESC, oldest, cause, kind, owner`)
	if err != nil {
		return nil, toFault(op, err)
	}
	groups, err := pgx.CollectRows(rows, pgx.RowToStructByName[ExceptionGroup])
	return groups, toFault(op, err)
}

// WaitingOrders lists the orders with an open exception of a cause, sorted by id,
// after an id (zero = from the start).
func (s *Store) WaitingOrders(ctx context.Context, cause string, after domain.OrderID, limit int) ([]domain.OrderID, error) {
	const op = "list waiting orders"
	rows, err := s.pool.Query(ctx, `
		SELECT DISTINCT store, number FROM exceptions
		WHERE cause = @cause AND resolved_at IS NULL AND store IS NOT NULL AND (store, number) > (@store, @number)
		ORDER BY store, number LIMIT @limit`,
		pgx.NamedArgs{"cause": cause, "store": after.Store, "number": after.Number, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.OrderID])
	return ids, toFault(op, err)
}

// WaitingReturns lists who of the orders waits on a cause: the order itself as number
// 0, its returns by their numbers.
func (s *Store) WaitingReturns(ctx context.Context, cause string, ids []domain.OrderID) (map[domain.OrderID][]int, error) {
	const op = "list waiting returns"
	stores, numbers := columnsOf(ids)
	rows, err := s.pool.Query(ctx, `
		SELECT store, number, return_no FROM exceptions
		WHERE cause = @cause AND resolved_at IS NULL AND (store, number) IN (SELECT * FROM unnest(@stores::text[], @numbers::text[]))
		ORDER BY store, number, return_no`,
		pgx.NamedArgs{"cause": cause, "stores": stores, "numbers": numbers})
	if err != nil {
		return nil, toFault(op, err)
	}
	waiting := map[domain.OrderID][]int{}
	var id domain.OrderID
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id.Store, &id.Number, &n}, func() error {
		waiting[id] = append(waiting[id], n)
		return nil
	})
	return waiting, toFault(op, err)
}
