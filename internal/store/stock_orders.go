package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// factsOverlap is read again at each pass: a fact is stamped when its transaction
// begins and seen when it commits.
const factsOverlap = 10 * time.Second

// SaveOrdersRead notes up to which change the warehouse's orders were read. A second
// run changes nothing.
func (s *Store) SaveOrdersRead(ctx context.Context, l ports.StockLease, upTo time.Time) error {
	return s.fenced(ctx, "save orders read", l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE stock_feeds SET orders_at = GREATEST(orders_at, @upTo) WHERE warehouse = @warehouse`, leaseArgs(l, pgx.NamedArgs{"upTo": upTo}))
		return err
	})
}

// MarkSoldStock makes items due of whose orders something was told since the last time:
// a cancellation moves a figure without any word of the feed. A second run makes
// the same items due.
func (s *Store) MarkSoldStock(ctx context.Context, l ports.StockLease, at time.Time) (int, error) {
	marked := 0
	err := s.fenced(ctx, "mark sold stock", l, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE stock_levels l SET due_at = LEAST(l.due_at, @at), touched = l.touched + 1
			FROM (
				SELECT DISTINCT g.sku FROM facts f
				JOIN order_lines o ON o.store = f.store AND o.number = f.number
				JOIN stock_figures g ON g.warehouse = @warehouse AND g.size_id = o.size_id AND g.size_id <> ''
				WHERE f.recorded_at > COALESCE((SELECT facts_at FROM stock_feeds WHERE warehouse = @warehouse), now()) - @overlap::interval
			) sold
			WHERE l.warehouse = @warehouse AND l.sku = sold.sku`, leaseArgs(l, pgx.NamedArgs{"at": at, "overlap": factsOverlap}))
		if err != nil {
			return err
		}
		marked = int(tag.RowsAffected())
		_, err = tx.Exec(ctx, `UPDATE stock_feeds SET facts_at = now() WHERE warehouse = @warehouse`, leaseArgs(l, nil))
		return err
	})
	return marked, err
}

// settledFor is how much older than the feed's state a finished order must be for the
// feed to have seen all of it: the clocks of shop and warehouse differ.
const settledFor = 10 * time.Minute

// StockLines reads the lines of our orders that hold one of the sizes and may not have
// left entirely by an instant, with what the warehouse told of them.
func (s *Store) StockLines(ctx context.Context, warehouse string, sizes []string, asOf time.Time) ([]ports.StockLine, error) {
	const op = "read lines of stock"
	// A line that was ordered twice in one order stands once: the shop's figures are by line.
	rows, err := s.pool.Query(ctx, `
		SELECT DISTINCT ON (l.store, l.number, l.line) l.store, l.number, l.line, l.size_id
		FROM order_lines l JOIN orders o ON o.store = l.store AND o.number = l.number
		WHERE l.size_id = ANY (@sizes::text[]) AND l.kind IN ('product', 'bundleItem') AND NOT o.wholesale
			AND (o.status NOT IN ('shipped', 'archived', 'cancelled') OR o.updated_at > @since
				-- The floor can still take units for an order that the shop cancelled long ago.
				OR (o.store, o.number) IN (SELECT f.store, f.number FROM facts f
					WHERE f.kind = 'warehouse-order' AND f.at > @since AND f.recorded_at > now() - interval '3 days'))
		ORDER BY l.store, l.number, l.line`,
		pgx.NamedArgs{"sizes": sizes, "since": asOf.Add(-settledFor)})
	if err != nil {
		return nil, toFault(op, err)
	}
	type key struct{ store, number, line string }
	at := map[key]int{}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l ports.StockLine, err error) {
		err = row.Scan(&l.Order.Store, &l.Order.Number, &l.Line, &l.Size)
		return l, err
	})
	if err != nil || len(lines) == 0 {
		return nil, toFault(op, err)
	}
	var ids []domain.OrderID
	for i, l := range lines {
		at[key{l.Order.Store, l.Order.Number, l.Line}] = i
		if i == 0 || lines[i-1].Order != l.Order {
			ids = append(ids, l.Order)
		}
	}
	stores, numbers := columnsOf(ids)
	rows, err = s.pool.Query(ctx, `
		SELECT f.store, f.number, w->>'line', f.data->>'number', COALESCE((f.data->>'revision')::bigint, 0), COALESCE((f.data->>'updatedAt')::timestamptz, f.at),
			COALESCE((w->>'quantity')::integer, 0), COALESCE((w->>'allocated')::integer, 0), COALESCE((w->>'shipped')::integer, 0),
			COALESCE((w->>'short')::integer, 0), COALESCE((w->>'cancelled')::integer, 0)
		FROM unnest(@stores::text[], @numbers::text[]) AS n (store, number)
		JOIN facts f ON f.store = n.store AND f.number = n.number AND f.kind = 'warehouse-order' AND f.data->>'warehouse' = @warehouse
		CROSS JOIN LATERAL jsonb_array_elements(f.data->'lines') AS w`,
		pgx.NamedArgs{"stores": stores, "numbers": numbers, "warehouse": warehouse})
	if err != nil {
		return nil, toFault(op, err)
	}
	var k key
	var sighting domain.LineSighting
	_, err = pgx.ForEachRow(rows, []any{
		&k.store, &k.number, &k.line, &sighting.Consignment, &sighting.Revision, &sighting.At,
		&sighting.Quantity, &sighting.Allocated, &sighting.Shipped, &sighting.Short, &sighting.Cancelled,
	}, func() error {
		if i, held := at[k]; held {
			lines[i].Sightings = append(lines[i].Sightings, sighting)
		}
		return nil
	})
	return lines, toFault(op, err)
}
