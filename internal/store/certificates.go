package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

var _ ports.CompletenessStore = (*Store)(nil)

// Tally tells what is known of each order, in the order given.
func (s *Store) Tally(ctx context.Context, ids []domain.OrderID) ([]ports.OrderTally, error) {
	const op = "tally orders"
	stores, numbers := columnsOf(ids)
	rows, err := s.pool.Query(ctx, `
		SELECT n.store, n.number, o.store IS NOT NULL, COALESCE(o.wholesale, false), o.taken_at, o.closed_at, COALESCE(o.closed_state, ''),
			COALESCE(o.closed_cause, ''), COALESCE(o.content, '{}'),
			EXISTS (SELECT FROM facts f WHERE f.store = n.store AND f.number = n.number AND f.kind = 'submitted'),
			COALESCE((SELECT array_agg(e.cause ORDER BY e.cause) FROM exceptions e
				WHERE e.holder = 'order ' || n.store || '/' || n.number AND e.resolved_at IS NULL), '{}'),
			COALESCE(r.reason, '')
		FROM unnest(@stores::text[], @numbers::text[]) WITH ORDINALITY AS n (store, number, position)
		LEFT JOIN orders o ON o.store = n.store AND o.number = n.number
		LEFT JOIN refused_inputs r ON o.store IS NULL AND r.source = 'centra' AND r.key = 'order/' || n.store || '/' || n.number
		ORDER BY n.position`,
		pgx.NamedArgs{"stores": stores, "numbers": numbers})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t ports.OrderTally, err error) {
		var taken, closed *time.Time
		err = row.Scan(&t.ID.Store, &t.ID.Number, &t.Known, &t.Wholesale, &taken, &closed, &t.ClosedState, &t.ClosedCause, &t.Content,
			&t.Submitted, &t.Causes, &t.Refused)
		t.TakenAt, t.ClosedAt = instant(taken), instant(closed)
		return t, err
	})
	return list, toFault(op, err)
}

// OpenOrdersOf lists open orders of a shop's store that were taken in before an
// instant, sorted by number, after a number (empty = from the start). Wholesale
// orders are never open.
func (s *Store) OpenOrdersOf(ctx context.Context, store, after string, takenBefore time.Time, limit int) ([]domain.OrderID, error) {
	const op = "list open orders of a store"
	rows, err := s.pool.Query(ctx, `
		SELECT store, number FROM orders
		WHERE closed_at IS NULL AND NOT wholesale AND store = @store AND number > @after AND taken_at < @before
		ORDER BY number LIMIT @limit`,
		pgx.NamedArgs{"store": store, "after": after, "before": takenBefore, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.OrderID])
	return ids, toFault(op, err)
}

// SaveCertificate keeps a statement. The database refuses one that does not add up.
// The same window again replaces it: a second run is harmless.
func (s *Store) SaveCertificate(ctx context.Context, c ports.Certificate) error {
	const op = "save certificate"
	gaps, err := json.Marshal(append([]ports.Counted{}, c.Gaps...))
	if err != nil {
		return toFault(op, err)
	}
	orders, err := json.Marshal(append([]ports.Counted{}, c.Orders...))
	if err != nil {
		return toFault(op, err)
	}
	_, err = s.pool.Exec(ctx, `
		INSERT INTO certificates (store, window_from, window_to, counted_at, ready, in_warehouse, waiting, refused, ended, gaps, orders)
		VALUES (@store, @from, @to, @at, @ready, @in_warehouse, @waiting, @refused, @ended, @gaps::jsonb, @orders::jsonb)
		ON CONFLICT (store, window_to) DO UPDATE SET window_from = excluded.window_from, counted_at = excluded.counted_at, ready = excluded.ready,
			in_warehouse = excluded.in_warehouse, waiting = excluded.waiting, refused = excluded.refused, ended = excluded.ended,
			gaps = excluded.gaps, orders = excluded.orders`,
		pgx.NamedArgs{
			"store": c.Store, "from": c.From, "to": c.To, "at": c.CountedAt, "ready": c.Ready, "in_warehouse": c.InWarehouse,
			"waiting": c.Waiting, "refused": c.Refused, "ended": c.Ended, "gaps": string(gaps), "orders": string(orders),
		})
	return toFault(op, err)
}

// CountedUpTo is where the newest window of a store ends; zero when there is none.
func (s *Store) CountedUpTo(ctx context.Context, store string) (time.Time, error) {
	var to *time.Time
	err := s.pool.QueryRow(ctx, `SELECT max(window_to) FROM certificates WHERE store = @store`, pgx.NamedArgs{"store": store}).Scan(&to)
	return instant(to), toFault("read the newest certificate", err)
}

// Certificates lists the newest statements, of one store or (empty) of all, newest window first.
func (s *Store) Certificates(ctx context.Context, store string, limit int) ([]ports.Certificate, error) {
	const op = "list certificates"
	rows, err := s.pool.Query(ctx, `
		SELECT store, window_from, window_to, counted_at, ready, in_warehouse, waiting, refused, ended, gaps, orders
		FROM certificates WHERE @store = '' OR store = @store ORDER BY window_to DESC, store LIMIT @limit`,
		pgx.NamedArgs{"store": store, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c ports.Certificate, err error) {
		err = row.Scan(&c.Store, &c.From, &c.To, &c.CountedAt, &c.Ready, &c.InWarehouse, &c.Waiting, &c.Refused, &c.Ended, &c.Gaps, &c.Orders)
		return c, err
	})
	return list, toFault(op, err)
}

// OpenGaps lists the open gap exceptions of a store, longest open first.
func (s *Store) OpenGaps(ctx context.Context, store string, limit int) ([]ports.Gap, error) {
	const op = "list gaps"
	rows, err := s.pool.Query(ctx, `
		SELECT subject, opened_at FROM exceptions
		WHERE holder = 'system ' || @system AND kind = 'gap' AND resolved_at IS NULL ORDER BY opened_at, id LIMIT @limit`,
		pgx.NamedArgs{"system": ports.GapSystem(store), "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	gaps, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (g ports.Gap, err error) {
		g.Order.Store = store
		err = row.Scan(&g.Order.Number, &g.OpenedAt)
		return g, err
	})
	return gaps, toFault(op, err)
}

// instant is the zero time where a column is NULL.
func instant(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}
