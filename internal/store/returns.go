package store

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

var (
	_ ports.OrphanStore = (*Store)(nil)
	_ ports.ReturnStore = (*Store)(nil)
)

// OwnerOf finds the order behind a warehouse's order number.
func (s *Store) OwnerOf(ctx context.Context, warehouse, consignment string) (domain.OrderID, bool, error) {
	if consignment == "" {
		return domain.OrderID{}, false, nil
	}
	id, known, err := findOwner(ctx, s.pool, warehouse, consignment, "")
	return id, known, toFault("find the order of a return", err)
}

// returnOwner reads along the index facts_return.
const returnOwner = `
	SELECT store, number FROM facts WHERE kind = 'return-confirmation' AND data ->> 'warehouse' = @warehouse AND data ->> 'id' = @id
	UNION ALL
	SELECT store, number FROM orphan_returns WHERE warehouse = @warehouse AND id = @id AND store <> ''
	LIMIT 1`

// ReturnOwner finds the order that a warehouse's return was told to, or handed to.
func (s *Store) ReturnOwner(ctx context.Context, warehouse, returnID string) (id domain.OrderID, known bool, err error) {
	if returnID == "" {
		return id, false, nil
	}
	err = s.pool.QueryRow(ctx, returnOwner, pgx.NamedArgs{"warehouse": warehouse, "id": returnID}).Scan(&id.Store, &id.Number)
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.OrderID{}, false, nil
	}
	return id, err == nil, toFault("find the order of a return", err)
}

// shopReturnOwner reads along the indexes facts_shop_return and facts_shop_return_written.
const shopReturnOwner = `
	SELECT store, number FROM facts WHERE kind = 'shop-return' AND data ->> 'id' = @id
	UNION ALL
	SELECT store, number FROM facts WHERE kind = 'return-written' AND data ->> 'kind' = 'shop-return' AND data ->> 'id' = @id
	LIMIT 1`

// ShopReturnOwner finds the order of a return that the shop once told of, or that we made there.
func (s *Store) ShopReturnOwner(ctx context.Context, shopReturn string) (id domain.OrderID, known bool, err error) {
	if shopReturn == "" {
		return id, false, nil
	}
	err = s.pool.QueryRow(ctx, shopReturnOwner, pgx.NamedArgs{"id": shopReturn}).Scan(&id.Store, &id.Number)
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.OrderID{}, false, nil
	}
	return id, err == nil, toFault("find the order of a shop's return", err)
}

// TakeOrphan adds facts to a return without an order, under its row lock: a key that
// stands there already is the same fact, so a second run changes nothing. New facts
// reopen it, unless it was handed to an order: then they are that order's, and Owner says so.
func (s *Store) TakeOrphan(ctx context.Context, o ports.OrphanReturn, at time.Time) (out ports.OrphanReturn, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `
			INSERT INTO orphan_returns (warehouse, id, consignment, told_at) VALUES (@warehouse, @id, @consignment, @at)
			ON CONFLICT (warehouse, id) DO NOTHING`,
			pgx.NamedArgs{"warehouse": o.Warehouse, "id": o.ID, "consignment": o.Consignment, "at": at}); err != nil {
			return err
		}
		if out, err = readOrphan(ctx, tx, o.Warehouse, o.ID, " FOR UPDATE"); err != nil || out.Owner != (domain.OrderID{}) {
			return err
		}
		added := addFacts(&out, o.Facts)
		if o.Consignment != "" && o.Consignment != out.Consignment {
			out.Consignment, added = o.Consignment, true
		}
		if !added {
			return nil
		}
		facts, err := json.Marshal(out.Facts)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE orphan_returns SET facts = @facts, consignment = @consignment, settled_at = NULL WHERE warehouse = @warehouse AND id = @id`,
			pgx.NamedArgs{"warehouse": o.Warehouse, "id": o.ID, "facts": string(facts), "consignment": out.Consignment})
		out.SettledAt = time.Time{}
		return err
	})
	return out, toFault("keep a return without an order", err)
}

// addFacts numbers the facts whose keys are new.
func addFacts(o *ports.OrphanReturn, facts []domain.Fact) (added bool) {
	known := map[string]bool{}
	for _, f := range o.Facts {
		known[f.Key] = true
	}
	for _, f := range facts {
		if known[f.Key] {
			continue
		}
		known[f.Key], added = true, true
		f.Sequence = int64(len(o.Facts) + 1)
		o.Facts = append(o.Facts, f)
	}
	return added
}

// Orphan reads a return without an order; unknown is fault.NotFound.
func (s *Store) Orphan(ctx context.Context, warehouse, id string) (ports.OrphanReturn, error) {
	const op = "read a return without an order"
	o, err := readOrphan(ctx, s.pool, warehouse, id, "")
	if errors.Is(err, pgx.ErrNoRows) {
		return o, &fault.Fault{Kind: fault.NotFound, System: system, Op: op, Message: "no return " + id + " of " + warehouse + " waits for its order"}
	}
	return o, toFault(op, err)
}

func readOrphan(ctx context.Context, db dbtx, warehouse, id, lock string) (ports.OrphanReturn, error) {
	o := ports.OrphanReturn{Warehouse: warehouse, ID: id}
	rows, err := db.Query(ctx, `
		SELECT consignment, facts, store, number, settled_at, told_at FROM orphan_returns WHERE warehouse = @warehouse AND id = @id`+lock,
		pgx.NamedArgs{"warehouse": warehouse, "id": id})
	if err != nil {
		return o, err
	}
	return pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (ports.OrphanReturn, error) {
		var settled *time.Time
		err := row.Scan(&o.Consignment, &o.Facts, &o.Owner.Store, &o.Owner.Number, &settled, &o.ToldAt)
		if settled != nil {
			o.SettledAt = *settled
		}
		return o, err
	})
}

// SettleOrphan closes a return without an order, or hands it to owner, unless facts
// were added beyond applied. Settling a settled one is success.
func (s *Store) SettleOrphan(ctx context.Context, warehouse, id string, applied int64, owner domain.OrderID, at time.Time) (bool, error) {
	tag, err := s.pool.Exec(ctx, `
		UPDATE orphan_returns SET settled_at = COALESCE(settled_at, @at), store = @store, number = @number
		WHERE warehouse = @warehouse AND id = @id AND jsonb_array_length(facts) <= @applied`,
		pgx.NamedArgs{"warehouse": warehouse, "id": id, "applied": applied, "store": owner.Store, "number": owner.Number, "at": at})
	return tag.RowsAffected() > 0, toFault("settle a return without an order", err)
}

// SaveReturn keeps where a return stands, as its workflow has just seen it. It never
// goes back to an older look; the same again changes nothing but the time of the look.
func (s *Store) SaveReturn(ctx context.Context, r ports.ReturnRecord) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO returns AS r (store, number, n, seen_sequence, view, opened_at, looked_at, settled_at)
		VALUES (@store, @number, @n, @seen, @view, @at, @at, @settled)
		ON CONFLICT (store, number, n) DO UPDATE SET
			seen_sequence = excluded.seen_sequence, view = excluded.view, looked_at = excluded.looked_at, settled_at = excluded.settled_at
		WHERE r.seen_sequence <= excluded.seen_sequence`,
		pgx.NamedArgs{
			"store": r.Order.Store, "number": r.Order.Number, "n": r.Number, "seen": r.Seen, "view": string(r.View),
			"at": r.LookedAt, "settled": nullTime(r.SettledAt),
		})
	return toFault("keep where a return stands", err)
}

func nullTime(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// CloseReturn records that a return has settled unless the order was told something
// about returns since the return last looked. It compares under the order's row lock
// and appends the settling fact in the same transaction; closing twice is success.
func (s *Store) CloseReturn(ctx context.Context, id domain.OrderID, n int, applied int64, at time.Time) (closed bool, err error) {
	const op = "close return"
	kinds := make([]string, 0, len(domain.ReturnFacts()))
	for _, k := range domain.ReturnFacts() {
		if k != domain.FactReturnSettled {
			kinds = append(kinds, string(k))
		}
	}
	settled := domain.NewFact(domain.FactReturnSettled, returnSettledKey(n, applied), "selvedge", at, domain.ReturnSettled{Return: n, At: applied})
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var newest int64
		if err := tx.QueryRow(ctx, lockOrder, orderArgs(id)).Scan(&newest); err != nil {
			return err
		}
		var newer bool
		if err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM facts WHERE store = @store AND number = @number AND sequence > @applied AND kind = ANY (@kinds::text[]))`,
			pgx.NamedArgs{"store": id.Store, "number": id.Number, "applied": applied, "kinds": kinds}).Scan(&newer); err != nil || newer {
			return err
		}
		closed = true
		var columns factColumns
		columns.add(id, settled)
		if _, err := tx.Exec(ctx, appendGiven, columns.args(true)); err != nil { // wakes the order: it has to hear of it
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE returns SET settled_at = COALESCE(settled_at, @at) WHERE store = @store AND number = @number AND n = @n`,
			pgx.NamedArgs{"store": id.Store, "number": id.Number, "n": n, "at": at})
		return err
	})
	return closed && err == nil, orderFault(op, id, err)
}

// Returns lists returns as last looked at, newest first; of one order when id is not
// zero, and only open ones when open is set.
func (s *Store) Returns(ctx context.Context, id domain.OrderID, open bool, limit int) ([]ports.ReturnRecord, error) {
	const op = "list returns"
	rows, err := s.pool.Query(ctx, `
		SELECT store, number, n, seen_sequence, view, opened_at, looked_at, settled_at FROM returns
		WHERE (@store = '' OR store = @store) AND (@number = '' OR number = @number) AND (NOT @open OR settled_at IS NULL)
		ORDER BY opened_at DESC, store, number, n LIMIT @limit`,
		pgx.NamedArgs{"store": id.Store, "number": id.Number, "open": open, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r ports.ReturnRecord, err error) {
		var settled *time.Time
		err = row.Scan(&r.Order.Store, &r.Order.Number, &r.Number, &r.Seen, &r.View, &r.OpenedAt, &r.LookedAt, &settled)
		if settled != nil {
			r.SettledAt = *settled
		}
		return r, err
	})
	return list, toFault(op, err)
}

func returnSettledKey(n int, applied int64) string {
	return "return-settled:" + strconv.Itoa(n) + ":" + strconv.FormatInt(applied, 10)
}
