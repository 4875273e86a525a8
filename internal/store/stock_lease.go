package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

const stockFeedColumns = `warehouse, fence, version, as_of, newest_as_of, changes, full_at, read_at, reading, orders_at, facts_at, books_at, drift, drift_at`

func scanStockFeed(row pgx.Row) (ports.StockFeed, error) {
	var f ports.StockFeed
	var asOf, newest, full, read, orders, facts, books, drift *time.Time
	var reading []byte
	err := row.Scan(&f.Warehouse, &f.Fence, &f.Version, &asOf, &newest, &f.Changes, &full, &read, &reading, &orders, &facts, &books, &f.Drift, &drift)
	if err != nil {
		return f, err
	}
	for from, to := range map[*time.Time]*time.Time{
		asOf: &f.AsOf, newest: &f.NewestAsOf, full: &f.FullAt, read: &f.ReadAt, orders: &f.OrdersAt, facts: &f.FactsAt, books: &f.BooksAt, drift: &f.DriftAt,
	} {
		if from != nil {
			*to = *from
		}
	}
	if len(reading) > 0 {
		err = json.Unmarshal(reading, &f.Reading)
	}
	return f, err
}

// AcquireStock takes a warehouse's lease where it is free, has expired, or is the same
// holder's: a pass that is tried again after its worker was killed waits for nobody,
// and its earlier attempt, should it still live, holds a fence of the past. held is
// false when another pass is at work. The clock is the database's: holders' may differ.
func (s *Store) AcquireStock(ctx context.Context, warehouse, holder string, ttl time.Duration) (feed ports.StockFeed, held bool, err error) {
	feed, err = scanStockFeed(s.pool.QueryRow(ctx, `
		INSERT INTO stock_feeds AS f (warehouse, fence, holder, held_until)
		VALUES (@warehouse, 1, @holder, clock_timestamp() + @ttl::interval)
		ON CONFLICT (warehouse) DO UPDATE SET fence = f.fence + 1, holder = excluded.holder, held_until = excluded.held_until
		WHERE f.held_until <= clock_timestamp() OR f.holder = excluded.holder
		RETURNING `+stockFeedColumns,
		pgx.NamedArgs{"warehouse": warehouse, "holder": holder, "ttl": ttl}))
	if errors.Is(err, pgx.ErrNoRows) {
		return ports.StockFeed{}, false, nil
	}
	return feed, err == nil, toFault("acquire stock lease", err)
}

// RenewStock proves that the lease is still ours, and prolongs it from now.
func (s *Store) RenewStock(ctx context.Context, l ports.StockLease, ttl time.Duration) (ports.StockFeed, error) {
	feed, err := scanStockFeed(s.pool.QueryRow(ctx, `
		UPDATE stock_feeds SET held_until = clock_timestamp() + @ttl::interval
		WHERE warehouse = @warehouse AND fence = @fence AND held_until > clock_timestamp()
		RETURNING `+stockFeedColumns, leaseArgs(l, pgx.NamedArgs{"ttl": ttl})))
	return feed, leaseFault("renew stock lease", l, err)
}

// ReleaseStock gives the lease back. A second run, or one after another pass has taken
// over, changes nothing.
func (s *Store) ReleaseStock(ctx context.Context, l ports.StockLease) error {
	_, err := s.pool.Exec(ctx, `UPDATE stock_feeds SET held_until = '-infinity', holder = '' WHERE warehouse = @warehouse AND fence = @fence`, leaseArgs(l, nil))
	return toFault("release stock lease", err)
}

// TriggerStock says whether a movement that was told now may ask for a pass: once in a
// while at most, however many processes are told of however many movements.
func (s *Store) TriggerStock(ctx context.Context, warehouse string, every time.Duration) (bool, error) {
	tag, err := s.pool.Exec(ctx, `
		INSERT INTO stock_feeds AS f (warehouse, triggered_at) VALUES (@warehouse, clock_timestamp())
		ON CONFLICT (warehouse) DO UPDATE SET triggered_at = excluded.triggered_at
		WHERE f.triggered_at <= clock_timestamp() - @every::interval`,
		pgx.NamedArgs{"warehouse": warehouse, "every": every})
	return tag.RowsAffected() > 0, toFault("trigger stock", err)
}

func leaseArgs(l ports.StockLease, more pgx.NamedArgs) pgx.NamedArgs {
	args := pgx.NamedArgs{"warehouse": l.Warehouse, "fence": l.Fence}
	for name, value := range more {
		args[name] = value
	}
	return args
}

// leaseFault says of no row that another pass has taken over.
func leaseFault(op string, l ports.StockLease, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return &fault.Fault{
			Kind: fault.Conflict, System: system, Op: op, Code: ports.FenceLost,
			Message: "another pass has taken over the stock of " + l.Warehouse + ", or the lease has expired; nothing more is written",
		}
	}
	return toFault(op, err)
}

// fenced runs a change in one transaction with the proof that the lease is still held.
// The row lock keeps a successor out until it is committed.
func (s *Store) fenced(ctx context.Context, op string, l ports.StockLease, change func(tx pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			SELECT 1 FROM stock_feeds WHERE warehouse = @warehouse AND fence = @fence AND held_until > clock_timestamp() FOR NO KEY UPDATE`,
			leaseArgs(l, nil)).Scan(new(int))
		if err != nil {
			return leaseFault(op, l, err)
		}
		return change(tx)
	})
	return toFault(op, err)
}
