package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// heldRows joins open exceptions with what decides by which carrier an order would
// leave. A cause that ends in its own order or subject is one that nobody shares, and so is
// that of a document which is one order's alone.
const heldRows = `
	SELECT e.id, e.store, e.number, e.cause, e.kind, e.owner, e.severity, e.problems, e.value, e.currency, e.opened_at,
		CASE WHEN e.store IS NULL THEN e.system ELSE '' END AS system,
		CASE WHEN e.store IS NOT NULL THEN position(':' || e.store || '/' || e.number IN e.cause) > 0
			ELSE e.subject <> '' AND right(e.cause, length(e.subject) + 1) = '/' || e.subject
				OR e.system = '` + ports.DocumentsSystem + `' AND e.kind IN ('refund-due', 'refund-unexplained') END AS single,
		COALESCE(o.content -> 'shippingMethod', '{}') AS method, COALESCE(o.content ->> 'country', '') AS country,
		COALESCE(places.warehouses, '{}') AS warehouses, COALESCE(planned.services, '{}') AS services
	FROM exceptions e
	LEFT JOIN orders o ON o.store = e.store AND o.number = e.number
	LEFT JOIN LATERAL (
		SELECT array_agg(DISTINCT warehouse ORDER BY warehouse) AS warehouses
		FROM order_lines l, jsonb_object_keys(l.allocated) AS warehouse WHERE l.store = e.store AND l.number = e.number
	) places ON true
	LEFT JOIN LATERAL (
		SELECT jsonb_object_agg(c.warehouse, c.content ->> 'service' ORDER BY c.id) AS services
		FROM consignments c WHERE c.store = e.store AND c.number = e.number
	) planned ON true
	WHERE e.resolved_at IS NULL`

// Held sums up all open exceptions, alike ones together.
func (s *Store) Held(ctx context.Context) ([]domain.Held, error) { return readHeld(ctx, s.pool) }

func readHeld(ctx context.Context, db dbtx) ([]domain.Held, error) {
	const op = "sum up exceptions"
	rows, err := db.Query(ctx, `
		SELECT cause, kind, owner, severity, system, single, count(*)::int AS count, sum(value)::bigint AS value, currency,
			min(opened_at) AS oldest, (array_agg(problems ORDER BY opened_at, id))[1] AS problems, method, country, warehouses, services
		FROM (`+heldRows+`) held
		GROUP BY cause, kind, owner, severity, system, single, currency, method, country, warehouses, services
		ORDER BY cause, oldest`)
	if err != nil {
		return nil, toFault(op, err)
	}
	held, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.Held])
	return held, toFault(op, err)
}

// HeldOrders lists the open exceptions of orders, the longest open first.
func (s *Store) HeldOrders(ctx context.Context, limit int) ([]domain.HeldOrder, error) {
	const op = "list what waits"
	rows, err := s.pool.Query(ctx, `
		SELECT store, number, cause, kind, owner, severity, system, single, 1 AS count, value, currency, opened_at AS oldest, problems,
			method, country, warehouses, services
		FROM (`+heldRows+` AND e.store IS NOT NULL) held ORDER BY opened_at, id LIMIT @limit`, pgx.NamedArgs{"limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (domain.HeldOrder, error) {
		var h domain.HeldOrder
		err := row.Scan(&h.Order.Store, &h.Order.Number, &h.Cause, &h.Kind, &h.Owner, &h.Severity, &h.System, &h.Single, &h.Count, &h.Value, &h.Currency,
			&h.Oldest, &h.Problems, &h.Method, &h.Country, &h.Warehouses, &h.Services)
		return h, err
	})
	return list, toFault(op, err)
}

// given makes an optional instant of one that may be zero.
func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
