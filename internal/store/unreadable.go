package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// sourceShop and refusedOrder name the refused input of an order.
const sourceShop = "centra"

func refusedOrder(id domain.OrderID) string { return "order/" + id.String() }

// HoldUnreadable keeps an order of the shop that cannot be read: as a refused input,
// as an open exception, and, where the order is known and open, as a fact that wakes
// its workflow. Added is 1 when that fact is new. While the exception is open, a second
// run brings only its details up to date.
func (s *Store) HoldUnreadable(ctx context.Context, e ports.ExceptionRecord, reason string) (ports.Recorded, error) {
	const op = "hold unreadable order"
	e.Order = domain.OrderID{Store: storable(e.Order.Store), Number: storable(e.Order.Number)}
	var err error
	if e.Problems, err = storableProblems(e.Problems); err != nil {
		return ports.Recorded{}, toFault(op, err)
	}
	if err := s.SaveRefused(ctx, sourceShop, refusedOrder(e.Order), reason, nil, e.OpenedAt); err != nil {
		return ports.Recorded{}, err
	}
	opened, err := s.OpenException(ctx, e)
	if err != nil {
		return ports.Recorded{}, err
	}
	recorded := ports.Recorded{ID: e.Order}
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM orders WHERE store = @store AND number = @number AND closed_at IS NULL AND NOT wholesale)`,
		orderArgs(e.Order)).Scan(&recorded.Known)
	if err != nil || !recorded.Known {
		return recorded, toFault(op, err)
	}
	// Keyed by the exception: unreadable for a second time is another fact.
	fact := domain.NewFact(domain.FactUnreadable, fmt.Sprintf("unreadable:%d", opened.ID), actorShop, e.OpenedAt, domain.UnreadableFact{Problems: e.Problems})
	recorded.Sequence, recorded.Added, err = s.append(ctx, e.Order, []domain.Fact{fact}, true)
	return recorded, err
}

// storableProblems replaces the one character that jsonb refuses.
func storableProblems(problems []domain.Refusal) ([]domain.Refusal, error) {
	text, err := json.Marshal(problems)
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(bytes.ReplaceAll(text, []byte(`\u0000`), []byte(`\ufffd`)), &problems)
	return problems, err
}

// ReadableAgain ends what HoldUnreadable began, for orders that were read, and for
// those that the shop does not hold unless we know them. It answers the orders whose
// workflow has to look. The fact comes before the exception is resolved: after a crash
// between the two, a second run does both.
func (s *Store) ReadableAgain(ctx context.Context, read, absent []domain.OrderID, at time.Time) ([]ports.Recorded, error) {
	const op = "release unreadable orders"
	args := pgx.NamedArgs{"read": holders(read), "absent": holders(absent), "kind": domain.KindUnreadable}
	rows, err := s.pool.Query(ctx, `
		SELECT e.id, e.store, e.number, EXISTS (SELECT FROM facts f WHERE f.store = e.store AND f.number = e.number AND f.kind = 'unreadable') AS told
		FROM exceptions e
		WHERE e.resolved_at IS NULL AND e.kind = @kind AND (e.holder = ANY (@read::text[]) OR e.holder = ANY (@absent::text[])
			AND NOT EXISTS (SELECT FROM orders o WHERE o.store = e.store AND o.number = e.number))
		ORDER BY e.id`, args)
	if err != nil {
		return nil, toFault(op, err)
	}
	type held struct {
		ID            int64
		Store, Number string
		Told          bool // its workflow was told that it could not be read
	}
	open, err := pgx.CollectRows(rows, pgx.RowToStructByName[held])
	if err != nil || len(open) == 0 {
		return nil, toFault(op, err)
	}
	var wake []ports.Recorded
	var ids []int64
	var keys []string
	for _, h := range open {
		id := domain.OrderID{Store: h.Store, Number: h.Number}
		ids, keys = append(ids, h.ID), append(keys, refusedOrder(id))
		if !h.Told {
			continue
		}
		fact := domain.Fact{Kind: domain.FactReadable, Key: fmt.Sprintf("readable:%d", h.ID), At: at, Actor: actorShop}
		last, added, err := s.append(ctx, id, []domain.Fact{fact}, true)
		if err != nil {
			return nil, err
		}
		wake = append(wake, ports.Recorded{ID: id, Sequence: last, Added: added, Known: true})
	}
	_, err = s.pool.Exec(ctx, `
		WITH listed AS (DELETE FROM refused_inputs WHERE source = @source AND key = ANY (@keys::text[]))
		UPDATE exceptions SET resolved_at = @at, answered_by = 'selvedge', answer = 'resolved', reason = 'the order was read again'
		WHERE id = ANY (@ids::bigint[]) AND resolved_at IS NULL`,
		pgx.NamedArgs{"source": sourceShop, "keys": keys, "at": at, "ids": ids})
	return wake, toFault(op, err)
}

func holders(ids []domain.OrderID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = "order " + id.String()
	}
	return out
}

// UnreadableOrders lists the orders of a store that wait for being readable, sorted by
// number, after a number (empty = from the start).
func (s *Store) UnreadableOrders(ctx context.Context, store, after string, limit int) ([]string, error) {
	const op = "list unreadable orders"
	rows, err := s.pool.Query(ctx, `
		SELECT number FROM exceptions
		WHERE resolved_at IS NULL AND kind = @kind AND store = @store AND number > @after ORDER BY number LIMIT @limit`,
		pgx.NamedArgs{"kind": domain.KindUnreadable, "store": store, "after": after, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	numbers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return numbers, toFault(op, err)
}
