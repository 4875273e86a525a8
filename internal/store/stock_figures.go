package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/ports"
)

// SaveStockFigures keeps what came of looking at items. One whose difference is about
// to be written stays due until that is recorded; one that changed while it was looked
// at stays due as well. A second run writes the same once more.
func (s *Store) SaveStockFigures(ctx context.Context, l ports.StockLease, figures []ports.StockFigure) error {
	if len(figures) == 0 {
		return nil
	}
	figures = slices.Clone(figures)
	slices.SortFunc(figures, func(a, b ports.StockFigure) int { return strings.Compare(a.SKU, b.SKU) })
	n := len(figures)
	skus, sizes, shopSKUs, held, terms := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	figure, offered, touched, keep := make([]int, n), make([]int, n), make([]int64, n), make([]bool, n)
	at, due := make([]time.Time, n), make([]*time.Time, n)
	for i, f := range figures {
		skus[i], sizes[i], shopSKUs[i], held[i], terms[i] = f.SKU, f.SizeID, f.ShopSKU, f.Held, object(f.Terms)
		figure[i], offered[i], touched[i], keep[i], at[i] = f.Figure, f.Offered, f.Touched, f.Keep, f.At
		if !f.DueAt.IsZero() {
			due[i] = &figures[i].DueAt
		}
	}
	return s.fenced(ctx, "save stock figures", l, func(tx pgx.Tx) error {
		var b pgx.Batch
		b.Queue(`
			INSERT INTO stock_figures AS f (warehouse, sku, size_id, shop_sku, figure, offered, held, terms, computed_at)
			SELECT @warehouse, n.sku, n.size_id, n.shop_sku, n.figure, n.offered, n.held, n.terms::jsonb, n.at
			FROM unnest(@skus::text[], @sizes::text[], @shopSKUs::text[], @figure::integer[], @offered::integer[], @held::text[], @terms::text[], @at::timestamptz[])
				AS n (sku, size_id, shop_sku, figure, offered, held, terms, at)
			ON CONFLICT (warehouse, sku) DO UPDATE SET size_id = excluded.size_id, shop_sku = excluded.shop_sku, figure = excluded.figure,
				offered = excluded.offered, held = excluded.held, terms = excluded.terms, computed_at = excluded.computed_at`,
			leaseArgs(l, pgx.NamedArgs{"skus": skus, "sizes": sizes, "shopSKUs": shopSKUs, "figure": figure, "offered": offered, "held": held, "terms": terms, "at": at}))
		b.Queue(`
			UPDATE stock_levels l SET due_at = n.due
			FROM unnest(@skus::text[], @touched::bigint[], @due::timestamptz[], @keep::boolean[]) AS n (sku, touched, due, keep)
			WHERE l.warehouse = @warehouse AND l.sku = n.sku AND l.touched = n.touched AND NOT n.keep`,
			leaseArgs(l, pgx.NamedArgs{"skus": skus, "touched": touched, "due": due, "keep": keep}))
		return tx.SendBatch(ctx, &b).Close()
	})
}

func object(data json.RawMessage) string {
	if len(data) == 0 {
		return "{}"
	}
	return string(data)
}

const figureColumns = `sku, size_id, shop_sku, figure, offered, held, terms, computed_at`

func scanFigure(row pgx.CollectableRow) (ports.StockFigure, error) {
	var f ports.StockFigure
	err := row.Scan(&f.SKU, &f.SizeID, &f.ShopSKU, &f.Figure, &f.Offered, &f.Held, &f.Terms, &f.At)
	return f, err
}

// StockFigures reads what came of looking at items the last time, by item; those that
// nobody has looked at are absent.
func (s *Store) StockFigures(ctx context.Context, warehouse string, skus []string) (map[string]ports.StockFigure, error) {
	return s.figures(ctx, `warehouse = @warehouse AND sku = ANY (@keys::text[])`, warehouse, skus, func(f ports.StockFigure) string { return f.SKU })
}

// PublishedSizes finds the items behind sizes of the shop; a size without one is absent.
func (s *Store) PublishedSizes(ctx context.Context, warehouse string, sizes []string) (map[string]ports.StockFigure, error) {
	return s.figures(ctx, `warehouse = @warehouse AND size_id = ANY (@keys::text[]) AND size_id <> ''`, warehouse, sizes, func(f ports.StockFigure) string { return f.SizeID })
}

func (s *Store) figures(ctx context.Context, where, warehouse string, keys []string, by func(ports.StockFigure) string) (map[string]ports.StockFigure, error) {
	const op = "read stock figures"
	rows, err := s.pool.Query(ctx, `SELECT `+figureColumns+` FROM stock_figures WHERE `+where, pgx.NamedArgs{"warehouse": warehouse, "keys": keys})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, scanFigure)
	found := make(map[string]ports.StockFigure, len(list))
	for _, f := range list {
		found[by(f)] = f
	}
	return found, toFault(op, err)
}

// HeldStock counts the items without a figure for a reason, and names the first of
// them. Items of which nothing is left to look for are not counted.
func (s *Store) HeldStock(ctx context.Context, warehouse, held string, limit int) (count int, skus []string, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT count(*), COALESCE((array_agg(f.sku ORDER BY f.sku))[1:@limit], '{}') FROM stock_figures f
		JOIN stock_levels l USING (warehouse, sku) WHERE f.warehouse = @warehouse AND f.held = @held AND l.due_at IS NOT NULL`,
		pgx.NamedArgs{"warehouse": warehouse, "held": held, "limit": limit}).Scan(&count, &skus)
	return count, skus, toFault("count held stock", err)
}

// NotedStock lists items whose figure, as it was computed last, bears one of the notes:
// those computed longest ago first.
func (s *Store) NotedStock(ctx context.Context, warehouse string, limit int, notes ...string) ([]string, error) {
	const op = "list noted stock"
	rows, err := s.pool.Query(ctx, `
		SELECT f.sku FROM stock_figures f
		WHERE f.warehouse = @warehouse AND EXISTS (
			SELECT FROM jsonb_array_elements(COALESCE(f.terms -> 'notes', '[]')) note WHERE note ->> 'kind' = ANY (@notes::text[]))
		ORDER BY f.computed_at, f.sku LIMIT @limit`,
		pgx.NamedArgs{"warehouse": warehouse, "notes": notes, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	skus, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return skus, toFault(op, err)
}

// BeginStockWrite notes, before it is sent, that a change of stock is on its way, and
// prolongs the lease: a pass that has lost it gets no further than this. After a crash
// the note says that an unknown outcome has to be waited out. A second run is harmless.
func (s *Store) BeginStockWrite(ctx context.Context, l ports.StockLease, skus []string, ttl time.Duration, at time.Time) error {
	return s.fenced(ctx, "begin stock write", l, func(tx pgx.Tx) error {
		var b pgx.Batch
		b.Queue(`UPDATE stock_feeds SET held_until = clock_timestamp() + @ttl::interval WHERE warehouse = @warehouse`, leaseArgs(l, pgx.NamedArgs{"ttl": ttl}))
		b.Queue(`UPDATE stock_levels SET writing_since = @at WHERE warehouse = @warehouse AND sku = ANY (@skus::text[])`, leaseArgs(l, pgx.NamedArgs{"skus": skus, "at": at}))
		return tx.SendBatch(ctx, &b).Close()
	})
}

// CancelStockWrite says that a change was refused and moved nothing; the items are
// looked at again at dueAt. A second run changes nothing.
func (s *Store) CancelStockWrite(ctx context.Context, l ports.StockLease, skus []string, dueAt time.Time) error {
	return s.fenced(ctx, "cancel stock write", l, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE stock_levels SET writing_since = NULL, due_at = @due WHERE warehouse = @warehouse AND sku = ANY (@skus::text[])`,
			leaseArgs(l, pgx.NamedArgs{"skus": skus, "due": dueAt}))
		return err
	})
}

// ringSize is how many figures are kept of each item.
const ringSize = 10

// RecordStockWrite says that the shop took a change: the figures join the last ten of
// their items, which are due no longer unless something changed meanwhile. It is not
// refused when the lease is lost, since the shop has moved; then the items stay due for
// the pass that took over. It must not run twice for one change: the caller records an answer once, and a
// crash before it is what BeginStockWrite's note is for.
func (s *Store) RecordStockWrite(ctx context.Context, l ports.StockLease, written []ports.StockWritten, decrease bool, asOf, at time.Time) error {
	n := len(written)
	skus, touched, figure, difference, terms := make([]string, n), make([]int64, n), make([]int, n), make([]int, n), make([]string, n)
	units := 0
	written = slices.Clone(written)
	slices.SortFunc(written, func(a, b ports.StockWritten) int { return strings.Compare(a.SKU, b.SKU) })
	for i, w := range written {
		skus[i], touched[i], figure[i], difference[i], terms[i] = w.SKU, w.Touched, w.Figure, w.Difference, object(w.Terms)
		units += max(w.Difference, -w.Difference)
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var b pgx.Batch
		b.Queue(`
			WITH n AS (
				SELECT * FROM unnest(@skus::text[], @touched::bigint[], @figure::integer[], @difference::integer[], @terms::text[])
					AS n (sku, touched, figure, difference, terms)
			), counted AS (
				UPDATE stock_levels l SET published = l.published + 1, writing_since = NULL,
					due_at = CASE WHEN l.touched = n.touched AND EXISTS (
						SELECT FROM stock_feeds WHERE warehouse = @warehouse AND fence = @fence) THEN NULL ELSE l.due_at END
				FROM n WHERE l.warehouse = @warehouse AND l.sku = n.sku
				RETURNING l.sku, l.published
			)
			INSERT INTO stock_published (warehouse, sku, slot, nth, figure, difference, terms, as_of, published_at)
			SELECT @warehouse, n.sku, c.published % @ring, c.published, n.figure, n.difference, n.terms::jsonb, @asOf, @at
			FROM n JOIN counted c USING (sku)
			ON CONFLICT (warehouse, sku, slot) DO UPDATE SET nth = excluded.nth, figure = excluded.figure, difference = excluded.difference,
				terms = excluded.terms, as_of = excluded.as_of, published_at = excluded.published_at`,
			leaseArgs(l, pgx.NamedArgs{
				"skus": skus, "touched": touched, "figure": figure, "difference": difference, "terms": terms,
				"asOf": asOf, "at": at, "ring": ringSize,
			}))
		b.Queue(`
			INSERT INTO stock_writes (warehouse, at, as_of, lag_ms, decrease, sizes, units)
			VALUES (@warehouse, @at, @asOf, @lag, @decrease, @sizes, @units)`,
			leaseArgs(l, pgx.NamedArgs{"at": at, "asOf": asOf, "lag": max(0, at.Sub(asOf).Milliseconds()), "decrease": decrease, "sizes": n, "units": units}))
		return tx.SendBatch(ctx, &b).Close()
	})
	return toFault("record stock write", err)
}

// SaveShopSizes keeps sizes of the shop; the same again changes nothing.
func (s *Store) SaveShopSizes(ctx context.Context, sizes []ports.ShopSize) error {
	if len(sizes) == 0 {
		return nil
	}
	last := map[string]ports.ShopSize{} // a size can come twice
	for _, z := range sizes {
		last[z.ID] = z
	}
	var ids, skus, eans, upcs []string
	var held []int
	for _, id := range sortedKeys(last) {
		z := last[id]
		ids, skus, eans, upcs, held = append(ids, z.ID), append(skus, z.SKU), append(eans, z.EAN), append(upcs, z.UPC), append(held, z.Offset)
	}
	_, err := s.pool.Exec(ctx, `
		INSERT INTO stock_sizes AS z (id, sku, ean, upc, held)
		SELECT * FROM unnest(@ids::text[], @skus::text[], @eans::text[], @upcs::text[], @held::integer[])
		ON CONFLICT (id) DO UPDATE SET sku = excluded.sku, ean = excluded.ean, upc = excluded.upc, held = excluded.held
		WHERE (z.sku, z.ean, z.upc, z.held) IS DISTINCT FROM (excluded.sku, excluded.ean, excluded.upc, excluded.held)`,
		pgx.NamedArgs{"ids": ids, "skus": skus, "eans": eans, "upcs": upcs, "held": held})
	return toFault("save sizes of the shop", err)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// ShopSizes finds sizes of the shop by SKU or EAN, or by id.
func (s *Store) ShopSizes(ctx context.Context, codes, ids []string) ([]ports.ShopSize, error) {
	const op = "find sizes of the shop"
	rows, err := s.pool.Query(ctx, `
		SELECT id, sku, ean, upc, held FROM stock_sizes WHERE sku = ANY (@codes::text[]) AND sku <> ''
		UNION SELECT id, sku, ean, upc, held FROM stock_sizes WHERE ean = ANY (@codes::text[]) AND ean <> ''
		UNION SELECT id, sku, ean, upc, held FROM stock_sizes WHERE id = ANY (@ids::text[])
		ORDER BY id`, pgx.NamedArgs{"codes": codes, "ids": ids})
	if err != nil {
		return nil, toFault(op, err)
	}
	sizes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (z ports.ShopSize, err error) {
		err = row.Scan(&z.ID, &z.SKU, &z.EAN, &z.UPC, &z.Offset)
		return z, err
	})
	return sizes, toFault(op, err)
}
