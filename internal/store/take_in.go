package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// actorShop is the actor of facts that come from the shop's order itself.
const actorShop = "shop"

// TakeIn stores orders as read from the shop, in one transaction: all of them or
// none. Entries with Err set are skipped (see SaveRefused); of two readings of one
// order in a batch the newer counts. There is one answer per order, sorted by id.
//
// A content fact is appended when the content differs from the stored one; a
// reading older than the stored one is ignored. An order that was erased stays
// erased: its canonical part is refreshed, no person is stored and changes of it are not told.
// Changed says that a content fact was added, for new orders too; a wholesale order is
// stored and counted, never changed or new. A second run with the same orders changes nothing.
func (s *Store) TakeIn(ctx context.Context, orders []ports.ShopOrder, at time.Time) ([]ports.Taken, error) {
	const op = "take in orders"
	batch := newestOfEach(orders)
	if len(batch) == 0 {
		return nil, nil
	}
	var taken []ports.Taken
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		locked, err := s.lockForIntake(ctx, tx, batch, at)
		if err != nil {
			return err
		}
		in := intake{taken: make([]ports.Taken, 0, len(batch))}
		for _, o := range batch {
			if err := in.plan(s.keys, locked[o.Order.ID], o); err != nil {
				return fmt.Errorf("order %s: %w", o.Order.ID, err)
			}
		}
		taken = in.taken
		return in.write(ctx, tx)
	})
	if err != nil {
		return nil, toFault(op, err)
	}
	return taken, nil
}

// newestOfEach drops unreadable entries and earlier readings, and sorts by id: all
// writers lock orders in this order, so two batches never wait for each other in a ring.
func newestOfEach(orders []ports.ShopOrder) []ports.ShopOrder {
	newest := map[domain.OrderID]ports.ShopOrder{}
	for _, o := range orders {
		if o.Err != nil {
			continue
		}
		if seen, ok := newest[o.Order.ID]; !ok || !o.Order.UpdatedAt.Before(seen.Order.UpdatedAt) {
			newest[o.Order.ID] = o
		}
	}
	batch := make([]ports.ShopOrder, 0, len(newest))
	for _, o := range newest {
		batch = append(batch, o)
	}
	slices.SortFunc(batch, func(a, b ports.ShopOrder) int { return compareIDs(a.Order.ID, b.Order.ID) })
	return batch
}

func compareIDs(a, b domain.OrderID) int {
	return cmp.Or(cmp.Compare(a.Store, b.Store), cmp.Compare(a.Number, b.Number))
}

// lockedOrder is an order's row under our lock.
type lockedOrder struct {
	Store     string
	Number    string
	Version   string
	Sequence  int64
	UpdatedAt time.Time
	DataKey   []byte
	KeyID     *string
	ErasedAt  *time.Time
	ClosedAt  *time.Time
	fresh     bool // inserted by this transaction
}

// lockForIntake makes sure that every order of the batch has a row and locks them all.
func (s *Store) lockForIntake(ctx context.Context, tx pgx.Tx, batch []ports.ShopOrder, at time.Time) (map[domain.OrderID]*lockedOrder, error) {
	ids := make([]domain.OrderID, len(batch))
	updated := make([]time.Time, len(batch))
	for i, o := range batch {
		ids[i], updated[i] = o.Order.ID, o.Order.UpdatedAt
	}
	stores, numbers := columnsOf(ids)
	locked := make(map[domain.OrderID]*lockedOrder, len(batch))
	var inserted []domain.OrderID

	var b pgx.Batch
	b.Queue(lockAdoption)
	b.Queue(`
		INSERT INTO orders (store, number, taken_at, updated_at)
		SELECT store, number, @at, updated_at
		FROM unnest(@stores::text[], @numbers::text[], @updated::timestamptz[]) AS n (store, number, updated_at)
		ORDER BY store COLLATE "C", number COLLATE "C"
		ON CONFLICT (store, number) DO NOTHING
		RETURNING store, number`,
		pgx.NamedArgs{"stores": stores, "numbers": numbers, "updated": updated, "at": at},
	).Query(func(rows pgx.Rows) (err error) {
		inserted, err = pgx.CollectRows(rows, pgx.RowToStructByName[domain.OrderID])
		return err
	})
	b.Queue(`
		SELECT store, number, version, sequence, updated_at, data_key, key_id, erased_at, closed_at
		FROM orders
		WHERE (store, number) IN (SELECT * FROM unnest(@stores::text[], @numbers::text[]))
		ORDER BY store COLLATE "C", number COLLATE "C"
		FOR NO KEY UPDATE`,
		pgx.NamedArgs{"stores": stores, "numbers": numbers},
	).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[lockedOrder])
		for _, o := range found {
			locked[domain.OrderID{Store: o.Store, Number: o.Number}] = o
		}
		return err
	})
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return nil, err
	}
	for _, id := range inserted {
		locked[id].fresh = true
	}
	return locked, nil
}

// intake collects what a batch writes, column by column.
type intake struct {
	taken   []ports.Taken
	rows    orderColumns
	lines   lineColumns
	facts   factColumns
	adopted []domain.OrderID
}

// plan decides what becomes of one order.
func (in *intake) plan(keys Keyring, have *lockedOrder, o ports.ShopOrder) error {
	id := o.Order.ID
	t := ports.Taken{ID: id, Sequence: have.Sequence, Wholesale: o.Order.Wholesale, Closed: have.ClosedAt != nil}
	defer func() { in.taken = append(in.taken, t) }()
	// PostgreSQL keeps microseconds: what is the same instant there is not older here.
	if !have.fresh && o.Order.UpdatedAt.Truncate(time.Microsecond).Before(have.UpdatedAt) {
		t.Stale = true
		return nil
	}
	row, err := newOrderRow(o.Order)
	if err != nil {
		return err
	}
	if o.Order.Wholesale || have.ErasedAt != nil {
		in.rows.add(row)
		in.lines.add(o.Order)
		return nil
	}
	if err := row.seal(keys, have, o); err != nil {
		return err
	}
	in.rows.add(row)
	if row.version == have.Version {
		return nil
	}
	in.lines.add(o.Order)
	// "New" is a row that never held content: a wholesale order that turned retail counts too.
	t.Changed, t.New = true, have.Version == ""
	if t.New {
		in.adopted = append(in.adopted, id)
	}
	data, err := json.Marshal(domain.ContentFact{Version: row.version, Status: o.Order.Status})
	if err != nil {
		return err
	}
	in.facts.add(id, domain.Fact{
		Kind: domain.FactContent,
		// Numbered, so that going back to an earlier content is a fact of its own.
		Key:   fmt.Sprintf("content:%s:%d", row.version, have.Sequence+1),
		At:    o.Order.UpdatedAt,
		Actor: actorShop,
		Data:  data,
	})
	return nil
}

// write sends everything in one round trip.
func (in *intake) write(ctx context.Context, tx pgx.Tx) error {
	var b pgx.Batch
	in.rows.queue(&b)
	in.lines.queue(&b)
	last := map[domain.OrderID]int64{}
	remember := func(rows pgx.Rows) error {
		appended, err := pgx.CollectRows(rows, pgx.RowToStructByName[appended])
		for _, a := range appended {
			last[domain.OrderID{Store: a.Store, Number: a.Number}] = a.Sequence
		}
		return err
	}
	if len(in.facts.keys) > 0 {
		b.Queue(appendGiven, in.facts.args(true)).Query(remember)
	}
	if len(in.adopted) > 0 {
		stores, numbers := columnsOf(in.adopted)
		b.Queue(adoptByReference, pgx.NamedArgs{"stores": stores, "numbers": numbers}).Query(remember)
	}
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return err
	}
	for i, t := range in.taken {
		in.taken[i].Sequence = max(t.Sequence, last[t.ID])
	}
	return nil
}

// columnsOf splits ids for unnest.
func columnsOf(ids []domain.OrderID) (stores, numbers []string) {
	for _, id := range ids {
		stores, numbers = append(stores, id.Store), append(numbers, id.Number)
	}
	return stores, numbers
}
