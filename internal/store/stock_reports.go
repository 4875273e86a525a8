package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/ports"
)

// StockWhy explains an item, found by the warehouse's code, the shop's SKU, its EAN or
// its size id, in one warehouse or in all (empty).
func (s *Store) StockWhy(ctx context.Context, warehouse, code string) ([]ports.StockExplained, error) {
	const op = "explain stock"
	rows, err := s.pool.Query(ctx, `
		WITH found AS (
			SELECT warehouse, sku FROM stock_levels WHERE sku = @code AND (@warehouse = '' OR warehouse = @warehouse)
			UNION SELECT warehouse, sku FROM stock_figures WHERE (shop_sku = @code OR size_id = @code OR size_id IN (SELECT id FROM stock_sizes WHERE ean = @code AND ean <> ''))
				AND (@warehouse = '' OR warehouse = @warehouse)
		)
		SELECT warehouse, sku, l.due_at, f.as_of, l.sku IS NOT NULL, g.sku IS NOT NULL FROM found
		LEFT JOIN stock_levels l USING (warehouse, sku) LEFT JOIN stock_figures g USING (warehouse, sku) LEFT JOIN stock_feeds f USING (warehouse)
		ORDER BY warehouse, sku LIMIT 20`, pgx.NamedArgs{"warehouse": warehouse, "code": code})
	if err != nil {
		return nil, toFault(op, err)
	}
	type row struct {
		ports.StockExplained
		sku           string
		level, figure bool
	}
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (e row, err error) {
		var asOf *time.Time
		err = r.Scan(&e.Warehouse, &e.sku, &e.DueAt, &asOf, &e.level, &e.figure)
		if asOf != nil {
			e.FeedAsOf = *asOf
		}
		return e, err
	})
	if err != nil {
		return nil, toFault(op, err)
	}
	out := make([]ports.StockExplained, 0, len(list))
	for _, e := range list {
		if err := s.explain(ctx, &e.StockExplained, e.sku, e.level, e.figure); err != nil {
			return nil, toFault(op, err)
		}
		out = append(out, e.StockExplained)
	}
	return out, nil
}

func (s *Store) explain(ctx context.Context, e *ports.StockExplained, sku string, level, figure bool) error {
	args := pgx.NamedArgs{"warehouse": e.Warehouse, "sku": sku, "system": ports.StockSystem(e.Warehouse)}
	var b pgx.Batch
	if level {
		b.Queue(`SELECT `+levelColumns+` FROM stock_levels WHERE warehouse = @warehouse AND sku = @sku`, args).Query(func(rows pgx.Rows) error {
			v, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (v ports.StockLevel, err error) {
				err = scanLevel(row, &v)
				return v, err
			})
			e.Level = &v
			return err
		})
	}
	if figure {
		b.Queue(`SELECT `+figureColumns+` FROM stock_figures WHERE warehouse = @warehouse AND sku = @sku`, args).Query(func(rows pgx.Rows) error {
			f, err := pgx.CollectExactlyOneRow(rows, scanFigure)
			e.Figure = &f
			return err
		})
	}
	b.Queue(`SELECT nth, figure, difference, as_of, published_at, terms FROM stock_published
		WHERE warehouse = @warehouse AND sku = @sku ORDER BY nth DESC`, args).Query(func(rows pgx.Rows) (err error) {
		e.Published, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p ports.StockPublication, err error) {
			err = row.Scan(&p.Nth, &p.Figure, &p.Difference, &p.AsOf, &p.PublishedAt, &p.Terms)
			return p, err
		})
		return err
	})
	b.Queue(`SELECT `+exceptionColumns+` FROM exceptions WHERE holder = 'system ' || @system AND subject = @sku AND resolved_at IS NULL ORDER BY opened_at`, args).Query(func(rows pgx.Rows) error {
		open, err := pgx.CollectRows(rows, scanException)
		for _, x := range open {
			e.Exceptions = append(e.Exceptions, ports.ExceptionRecord{
				System: x.System, Kind: x.Kind, Cause: x.Cause, Owner: x.Owner, Severity: x.Severity, Subject: x.Subject, Problems: x.Problems, OpenedAt: x.OpenedAt,
			})
		}
		return err
	})
	return s.pool.SendBatch(ctx, &b).Close()
}

// StockWarehouses lists the warehouses whose feed was ever read.
func (s *Store) StockWarehouses(ctx context.Context) ([]string, error) {
	rows, err := s.pool.Query(ctx, `SELECT warehouse FROM stock_feeds ORDER BY warehouse`)
	if err != nil {
		return nil, toFault("list warehouses of stock", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return list, toFault("list warehouses of stock", err)
}

// StockCharts sums up a stretch of time in windows of a length; windows without any
// publication are left out.
func (s *Store) StockCharts(ctx context.Context, warehouse string, from, to time.Time, window time.Duration) (ports.StockCharted, error) {
	c := ports.StockCharted{Warehouse: warehouse}
	args := pgx.NamedArgs{"warehouse": warehouse, "from": from, "to": to, "window": window.Seconds()}
	var b pgx.Batch
	b.Queue(`
		SELECT (SELECT COALESCE(as_of, 'epoch') FROM stock_feeds WHERE warehouse = @warehouse),
			count(*), count(*) FILTER (WHERE due_at IS NOT NULL) FROM stock_levels WHERE warehouse = @warehouse`, args).QueryRow(func(row pgx.Row) error {
		var asOf *time.Time
		err := row.Scan(&asOf, &c.Items, &c.Due)
		if asOf != nil && asOf.Unix() > 0 {
			c.AsOf = *asOf
		}
		return err
	})
	b.Queue(`
		WITH w AS (
			SELECT date_bin(make_interval(secs => @window), at, @from) AS bin,
				percentile_cont(0.5) WITHIN GROUP (ORDER BY lag_ms) AS p50, percentile_cont(0.95) WITHIN GROUP (ORDER BY lag_ms) AS p95
			FROM stock_writes, generate_series(1, LEAST(sizes, 200)) -- each figure counts
			WHERE warehouse = @warehouse AND at >= @from AND at < @to GROUP BY 1
		), m AS (
			SELECT date_bin(make_interval(secs => @window), at, @from) AS bin, sum(sizes) AS sizes, count(*) AS mutations, count(*) FILTER (WHERE decrease) AS lowering
			FROM stock_writes WHERE warehouse = @warehouse AND at >= @from AND at < @to GROUP BY 1
		), x AS (
			SELECT date_bin(make_interval(secs => @window), window_to, @from) AS bin, sum(units) AS units, sum(unit_seconds) AS seconds
			FROM stock_exposure WHERE warehouse = @warehouse AND window_to >= @from AND window_to < @to GROUP BY 1
		)
		SELECT bin, COALESCE(m.sizes, 0)::integer, COALESCE(m.mutations, 0)::integer, COALESCE(m.lowering, 0)::integer, COALESCE(w.p50, 0), COALESCE(w.p95, 0),
			COALESCE(x.units, 0)::bigint, COALESCE(x.seconds, 0)::bigint
		FROM m FULL JOIN x USING (bin) LEFT JOIN w USING (bin) ORDER BY bin`, args).Query(func(rows pgx.Rows) (err error) {
		c.Windows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (w ports.StockWindow, err error) {
			var p50, p95 float64
			err = row.Scan(&w.From, &w.Publications, &w.Mutations, &w.Lowering, &p50, &p95, &w.ExposedUnits, &w.UnitSeconds)
			w.LagP50, w.LagP95 = time.Duration(p50*float64(time.Millisecond)), time.Duration(p95*float64(time.Millisecond))
			return w, err
		})
		return err
	})
	b.Queue(`SELECT status, units, items, sellable, known, as_of FROM stock_statuses WHERE warehouse = @warehouse AND NOT sellable AND units <> 0 ORDER BY units DESC, status`, args).Query(func(rows pgx.Rows) (err error) {
		c.Withheld, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ports.StockStatusUnits])
		return err
	})
	b.Queue(`
		SELECT sku, count(*)::integer, sum(units)::bigint, sum(unit_seconds)::bigint, max(units)::integer FROM stock_exposure
		WHERE warehouse = @warehouse AND window_to >= @from AND window_to < @to GROUP BY sku ORDER BY sum(unit_seconds) DESC, sku LIMIT 50`, args).Query(func(rows pgx.Rows) (err error) {
		c.Exposed, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ports.StockExposed])
		return err
	})
	b.Queue(`
		SELECT warehouse, fence, trigger, began_at, COALESCE(ended_at, 'epoch'), full_feed, cut, COALESCE(as_of, 'epoch'), records, changed, looked, lowered, raised, waiting, mutations
		FROM stock_passes WHERE warehouse = @warehouse ORDER BY fence DESC LIMIT 20`, args).Query(func(rows pgx.Rows) (err error) {
		c.Passes, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p ports.StockPass, err error) {
			err = row.Scan(&p.Warehouse, &p.Fence, &p.Trigger, &p.BeganAt, &p.EndedAt, &p.Full, &p.Cut, &p.AsOf, &p.Records, &p.Changed, &p.Looked, &p.Lowered, &p.Raised, &p.Waiting, &p.Mutations)
			for _, at := range []*time.Time{&p.EndedAt, &p.AsOf} {
				if at.Unix() == 0 {
					*at = time.Time{}
				}
			}
			return p, err
		})
		return err
	})
	return c, toFault("chart stock", s.pool.SendBatch(ctx, &b).Close())
}
