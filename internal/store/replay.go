package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
)

// Replayed is an order with what became of it, for replaying it under other rules.
// Free of personal data.
type Replayed struct {
	Order     domain.Order
	Closed    bool
	Sent      bool                 // a warehouse took a consignment of it
	Planned   []domain.Consignment // in order of planning
	Overrides []map[string]string  // what people decided for it alone, oldest first
	Carriers  []CarrierUsed
	Open      []OpenQuestion
}

// CarrierUsed is by whom a warehouse sent a parcel, in the warehouse's words.
type CarrierUsed struct {
	Warehouse string `json:"warehouse"`
	Carrier   string `json:"carrier"`
}

// OpenQuestion is an open exception as it was asked.
type OpenQuestion struct {
	System   string           `json:"system"`
	Kind     string           `json:"kind"`
	Cause    string           `json:"cause"`
	Step     domain.Step      `json:"step"`
	Subject  string           `json:"subject"`
	Problems []domain.Refusal `json:"problems"`
}

// OrdersToReplay lists the orders that a change of rules is replayed over: all that
// have an open exception, and the newest taken in since an instant, together at most
// most unless more wait. leftOut counts recent orders beyond that.
func (s *Store) OrdersToReplay(ctx context.Context, since time.Time, most int) (ids []domain.OrderID, leftOut int, err error) {
	const op = "list orders to replay"
	rows, err := s.pool.Query(ctx, `
		SELECT DISTINCT store, number FROM exceptions WHERE resolved_at IS NULL AND store IS NOT NULL ORDER BY store, number`)
	if err != nil {
		return nil, 0, toFault(op, err)
	}
	if ids, err = pgx.CollectRows(rows, pgx.RowToStructByName[domain.OrderID]); err != nil {
		return nil, 0, toFault(op, err)
	}
	const recent = `
		FROM orders o WHERE taken_at >= @since AND NOT wholesale AND NOT EXISTS (
			SELECT FROM exceptions e WHERE e.holder = 'order ' || o.store || '/' || o.number AND e.resolved_at IS NULL)`
	args := pgx.NamedArgs{"since": since, "most": max(0, most-len(ids))}
	var total int
	if err := s.pool.QueryRow(ctx, `SELECT count(*) `+recent, args).Scan(&total); err != nil {
		return nil, 0, toFault(op, err)
	}
	if rows, err = s.pool.Query(ctx, `SELECT store, number `+recent+` ORDER BY taken_at DESC, store, number LIMIT @most`, args); err != nil {
		return nil, 0, toFault(op, err)
	}
	newest, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.OrderID])
	return append(ids, newest...), total - len(newest), toFault(op, err)
}

// Replay reads orders for a replay, in the order given; unknown ones are absent.
func (s *Store) Replay(ctx context.Context, ids []domain.OrderID) ([]Replayed, error) {
	const op = "read orders to replay"
	stores, numbers := columnsOf(ids)
	rows, err := s.pool.Query(ctx, `
		SELECT o.content, o.closed_at IS NOT NULL AS closed,
			COALESCE((SELECT json_agg(c.content ORDER BY c.id) FROM consignments c WHERE c.store = o.store AND c.number = o.number), '[]') AS planned,
			EXISTS (SELECT FROM facts f WHERE f.store = o.store AND f.number = o.number AND f.kind = 'submitted') AS sent,
			COALESCE((SELECT json_agg(f.data -> 'override' ORDER BY f.sequence) FROM facts f
				WHERE f.store = o.store AND f.number = o.number AND f.kind = 'answered' AND f.data ? 'override'), '[]') AS overrides,
			COALESCE((SELECT json_agg(DISTINCT jsonb_build_object('warehouse', f.data ->> 'warehouse', 'carrier', f.data ->> 'carrier')) FROM facts f
				WHERE f.store = o.store AND f.number = o.number AND f.kind = 'shipment' AND COALESCE(f.data ->> 'carrier', '') <> ''), '[]') AS carriers,
			COALESCE((SELECT json_agg(json_build_object('system', e.system, 'kind', e.kind, 'cause', e.cause, 'step', e.step,
					'subject', e.subject, 'problems', e.problems) ORDER BY e.id) FROM exceptions e
				WHERE e.holder = 'order ' || o.store || '/' || o.number AND e.resolved_at IS NULL), '[]') AS open
		FROM unnest(@stores::text[], @numbers::text[]) WITH ORDINALITY AS n (store, number, position)
		JOIN orders o ON o.store = n.store AND o.number = n.number
		ORDER BY n.position`,
		pgx.NamedArgs{"stores": stores, "numbers": numbers})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Replayed, err error) {
		err = row.Scan(&r.Order, &r.Closed, &r.Planned, &r.Sent, &r.Overrides, &r.Carriers, &r.Open)
		return r, err
	})
	return list, toFault(op, err)
}

// OpenSystemQuestions reads the open exceptions of whole systems.
func (s *Store) OpenSystemQuestions(ctx context.Context) ([]OpenQuestion, error) {
	const op = "list open questions of systems"
	rows, err := s.pool.Query(ctx, `
		SELECT system, kind, cause, step, subject, problems FROM exceptions WHERE resolved_at IS NULL AND store IS NULL ORDER BY id`)
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[OpenQuestion])
	return list, toFault(op, err)
}
