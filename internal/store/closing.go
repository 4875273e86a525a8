package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
)

// CloseOrder closes an order whose workflow has applied all facts up to
// appliedSequence. It compares and sets under the row lock: with a newer fact
// nothing happens, closed is false and newest says up to where to load. Closing is
// no fact (it would be a newer one). A second run at the same sequence is harmless
// and answers closed again. An unknown order is fault.NotFound.
func (s *Store) CloseOrder(ctx context.Context, id domain.OrderID, appliedSequence int64, state domain.OrderState, cause string, at time.Time) (closed bool, newest int64, err error) {
	args := pgx.NamedArgs{"store": id.Store, "number": id.Number, "applied": appliedSequence, "state": state, "cause": cause, "at": at}
	var b pgx.Batch
	b.Queue(lockOrder, orderArgs(id)).QueryRow(func(row pgx.Row) error { return row.Scan(&newest) })
	b.Queue(`
		UPDATE orders SET closed_at = @at, closed_state = @state, closed_cause = @cause, closed_sequence = sequence,
			seen_sequence = GREATEST(seen_sequence, sequence)
		WHERE store = @store AND number = @number AND sequence <= @applied AND closed_sequence IS DISTINCT FROM sequence`, args)
	b.Queue(`
		SELECT closed_at IS NOT NULL AND closed_sequence = sequence AND sequence <= @applied
		FROM orders WHERE store = @store AND number = @number`, args).
		QueryRow(func(row pgx.Row) error { return row.Scan(&closed) })
	if err := s.pool.SendBatch(ctx, &b).Close(); err != nil {
		return false, 0, orderFault("close order", id, err)
	}
	return closed, newest, nil
}

// Reopen takes back that an order is closed. Idempotent. Unknown is fault.NotFound.
func (s *Store) Reopen(ctx context.Context, id domain.OrderID) error {
	tag, err := s.pool.Exec(ctx, `
		UPDATE orders SET closed_at = NULL, closed_state = NULL, closed_cause = NULL, closed_sequence = NULL
		WHERE store = @store AND number = @number`, orderArgs(id))
	if err == nil && tag.RowsAffected() == 0 {
		err = pgx.ErrNoRows
	}
	return orderFault("reopen order", id, err)
}

// Standing is where an order stands in the store, without its content.
type Standing struct {
	ID          domain.OrderID
	Status      domain.ShopStatus
	Wholesale   bool
	Sequence    int64     // of the newest fact
	TakenAt     time.Time // when we first saw it
	UpdatedAt   time.Time // the shop's own instant of the stored content
	ClosedAt    *time.Time
	ClosedState domain.OrderState // empty while open
}

const standings = `
	SELECT store, number, status, wholesale, sequence, taken_at, updated_at, closed_at, COALESCE(closed_state, '') AS closed_state
	FROM orders `

// OpenOrders lists the orders that are not closed, sorted by id, after an id (zero =
// from the start). Wholesale orders are never open.
func (s *Store) OpenOrders(ctx context.Context, after domain.OrderID, limit int) ([]Standing, error) {
	return s.standings(ctx, "list open orders", standings+`
		WHERE closed_at IS NULL AND NOT wholesale AND (store, number) > (@store, @number)
		ORDER BY store, number LIMIT @limit`,
		pgx.NamedArgs{"store": after.Store, "number": after.Number, "limit": limit})
}

// Standings tells which of the orders are stored and how they stand; unknown ones are absent.
func (s *Store) Standings(ctx context.Context, ids []domain.OrderID) ([]Standing, error) {
	stores, numbers := columnsOf(ids)
	return s.standings(ctx, "read standings", standings+`
		WHERE (store, number) IN (SELECT * FROM unnest(@stores::text[], @numbers::text[]))
		ORDER BY store, number`,
		pgx.NamedArgs{"stores": stores, "numbers": numbers})
}

func (s *Store) standings(ctx context.Context, op, sql string, args pgx.NamedArgs) ([]Standing, error) {
	rows, err := s.pool.Query(ctx, sql, args)
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o Standing, err error) {
		err = row.Scan(&o.ID.Store, &o.ID.Number, &o.Status, &o.Wholesale, &o.Sequence, &o.TakenAt, &o.UpdatedAt, &o.ClosedAt, &o.ClosedState)
		return o, err
	})
	return list, toFault(op, err)
}

// Counts says how many orders there are. Wholesale orders are neither open nor closed.
type Counts struct {
	Open      int
	Closed    int
	Wholesale int
}

// Counts counts the orders.
func (s *Store) Counts(ctx context.Context) (c Counts, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE NOT wholesale AND closed_at IS NULL),
			count(*) FILTER (WHERE NOT wholesale AND closed_at IS NOT NULL),
			count(*) FILTER (WHERE wholesale)
		FROM orders`).Scan(&c.Open, &c.Closed, &c.Wholesale)
	return c, toFault("count orders", err)
}
