package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// Facts can come before we know whose they are. Whoever makes an order or a
// consignment known shares the adoption lock until it commits; whoever leaves a fact
// unclaimed holds it alone. So either the fact is there to be adopted, or its owner is
// there to be found: none is left behind. The one who holds it alone takes no order's lock.
const (
	lockAdoption  = `SELECT pg_advisory_xact_lock_shared(hashtext('selvedge unclaimed facts'))`
	lockUnclaimed = `SELECT pg_advisory_xact_lock(hashtext('selvedge unclaimed facts'))`
)

// adoptByReference numbers the waiting facts whose reference names one of the orders.
const adoptByReference = `
WITH given AS (
	DELETE FROM unclaimed_facts u
	USING unnest(@stores::text[], @numbers::text[]) AS o (store, number)
	WHERE u.reference <> '' AND u.reference = o.store || '/' || o.number
	RETURNING o.store, o.number, u.kind, u.key, u.at, u.actor, u.data, u.wake, u.id AS position
)` + numberFacts

// adoptByConsignment numbers the waiting facts of a consignment for its order.
const adoptByConsignment = `
WITH given AS (
	DELETE FROM unclaimed_facts u
	WHERE u.warehouse = @warehouse AND u.consignment = @consignment
	RETURNING @store::text AS store, @number::text AS number, u.kind, u.key, u.at, u.actor, u.data, u.wake, u.id AS position
)` + numberFacts

// errClaimed tells that the owner became known while we waited for the lock.
var errClaimed = errors.New("the owner of these facts is known by now")

// AppendForConsignment appends facts to the order that a warehouse's order belongs
// to: by the consignment's number, else by the reference <store>/<number> that the
// warehouse carries back (may be empty). When neither is known the facts wait, Known
// is false and Added counts those that were not waiting yet. wake says that the
// order's workflow has to look, now or when they are adopted (see Unseen). A second
// run is harmless: the same key is the same fact, waiting or not.
func (s *Store) AppendForConsignment(ctx context.Context, warehouse, number, reference string, facts []domain.Fact, wake bool) (ports.Recorded, error) {
	const op = "append facts of a consignment"
	// Twice is enough: an owner that became known does not become unknown again.
	for range 2 {
		id, known, err := findOwner(ctx, s.pool, warehouse, number, reference)
		if err != nil {
			return ports.Recorded{}, toFault(op, err)
		}
		if known {
			last, added, err := s.append(ctx, id, facts, wake)
			return ports.Recorded{ID: id, Sequence: last, Added: added, Known: true}, err
		}
		added, err := s.leaveUnclaimed(ctx, warehouse, number, reference, facts, wake)
		if !errors.Is(err, errClaimed) {
			return ports.Recorded{Added: added}, toFault(op, err)
		}
	}
	return ports.Recorded{}, &fault.Fault{Kind: fault.Unavailable, System: system, Op: op, Message: "the consignment's order changed hands meanwhile: do it again"}
}

// findOwner finds the order of a consignment. Wholesale orders own no facts.
func findOwner(ctx context.Context, db dbtx, warehouse, number, reference string) (domain.OrderID, bool, error) {
	ref, _ := domain.ParseOrderID(reference) // what is no reference of ours finds nothing
	rows, err := db.Query(ctx, `
		SELECT store, number FROM (
			SELECT store, number, 1 AS rank FROM consignments WHERE warehouse = @warehouse AND consignment = @consignment
			UNION ALL
			SELECT store, number, 2 FROM orders WHERE store = @store AND number = @number AND NOT wholesale
		) owners ORDER BY rank LIMIT 1`,
		pgx.NamedArgs{"warehouse": warehouse, "consignment": number, "store": ref.Store, "number": ref.Number})
	if err != nil {
		return domain.OrderID{}, false, err
	}
	owners, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.OrderID])
	if err != nil || len(owners) == 0 {
		return domain.OrderID{}, false, err
	}
	return owners[0], true, nil
}

// leaveUnclaimed stores facts for whoever makes their order known.
func (s *Store) leaveUnclaimed(ctx context.Context, warehouse, number, reference string, facts []domain.Fact, wake bool) (added int, err error) {
	var columns factColumns
	for _, f := range facts {
		columns.add(domain.OrderID{}, f)
	}
	args := columns.args(wake)
	args["warehouse"], args["consignment"], args["reference"] = warehouse, number, reference
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockUnclaimed); err != nil {
			return err
		}
		if _, known, err := findOwner(ctx, tx, warehouse, number, reference); err != nil || known {
			return errors.Join(err, claimed(known))
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO unclaimed_facts (warehouse, consignment, reference, kind, key, at, actor, data, wake)
			SELECT @warehouse, @consignment, @reference, kind, key, at, actor, data::jsonb, @wake
			FROM unnest(@kinds::text[], @keys::text[], @ats::timestamptz[], @actors::text[], @datas::text[])
				WITH ORDINALITY AS n (kind, key, at, actor, data, position)
			ORDER BY position
			ON CONFLICT (warehouse, consignment, key) DO NOTHING`, args)
		added = int(tag.RowsAffected())
		return err
	})
	return added, err
}

func claimed(known bool) error {
	if known {
		return errClaimed
	}
	return nil
}

// CountUnclaimed counts the facts that wait for their order to become known.
func (s *Store) CountUnclaimed(ctx context.Context) (n int, err error) {
	err = s.pool.QueryRow(ctx, `SELECT count(*) FROM unclaimed_facts`).Scan(&n)
	return n, toFault("count unclaimed facts", err)
}
