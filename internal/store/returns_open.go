package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

var _ ports.OpenReturnStore = (*Store)(nil)

// NoteOpenReturns notes which returns of an order are open before their workflows are
// told: one that is ended by hand before its first look stands here all the same. A
// return that has looked as far as that stays as it is, so that a late or second run
// never opens what has settled meanwhile.
func (s *Store) NoteOpenReturns(ctx context.Context, id domain.OrderID, told map[int]int64, at time.Time) error {
	var numbers []int32
	var sequences []int64
	for n, sequence := range told {
		numbers, sequences = append(numbers, int32(n)), append(sequences, sequence)
	}
	args := pgx.NamedArgs{"store": id.Store, "number": id.Number, "numbers": numbers, "sequences": sequences, "at": at}
	var b pgx.Batch
	b.Queue(`
		UPDATE returns r SET settled_at = NULL, looked_at = @at FROM unnest(@numbers::integer[], @sequences::bigint[]) AS t (n, told)
		WHERE r.store = @store AND r.number = @number AND r.n = t.n AND r.settled_at IS NOT NULL AND r.seen_sequence < t.told`, args)
	b.Queue(`
		INSERT INTO returns (store, number, n, seen_sequence, view, opened_at, looked_at)
		SELECT @store, @number, n, 0, '{}', @at, @at FROM unnest(@numbers::integer[]) AS n
		ON CONFLICT (store, number, n) DO NOTHING`, args)
	return toFault("note open returns", s.pool.SendBatch(ctx, &b).Close())
}

// OpenReturnsOf reads along the index returns_open: few returns are open at a time.
func (s *Store) OpenReturnsOf(ctx context.Context, store string, after ports.OpenReturn, lookedBefore time.Time, limit int) ([]ports.OpenReturn, error) {
	const op = "list open returns of a store"
	rows, err := s.pool.Query(ctx, `
		SELECT store, number, n FROM returns
		WHERE settled_at IS NULL AND store = @store AND looked_at < @before AND (number, n) > (@number, @n)
		ORDER BY number, n LIMIT @limit`,
		pgx.NamedArgs{"store": store, "number": after.Order.Number, "n": after.Number, "before": lookedBefore, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r ports.OpenReturn, err error) {
		err = row.Scan(&r.Order.Store, &r.Order.Number, &r.Number)
		return r, err
	})
	return list, toFault(op, err)
}

// OpenOrphans lists returns without an order that have not settled.
func (s *Store) OpenOrphans(ctx context.Context, after ports.OrphanReturn, toldBefore time.Time, limit int) ([]ports.OrphanReturn, error) {
	const op = "list open returns without an order"
	rows, err := s.pool.Query(ctx, `
		SELECT warehouse, id, consignment, told_at FROM orphan_returns
		WHERE settled_at IS NULL AND told_at < @before AND (warehouse, id) > (@warehouse, @id)
		ORDER BY warehouse, id LIMIT @limit`,
		pgx.NamedArgs{"warehouse": after.Warehouse, "id": after.ID, "before": toldBefore, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o ports.OrphanReturn, err error) {
		err = row.Scan(&o.Warehouse, &o.ID, &o.Consignment, &o.ToldAt)
		return o, err
	})
	return list, toFault(op, err)
}
