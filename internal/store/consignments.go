package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

// SaveConsignment stores what a warehouse is asked to ship, under (warehouse,
// number), and answers what is stored. The fingerprint decides: an equal one
// changes nothing, another one replaces the plan and keeps its place in the order of creation. Facts that
// waited for this number are appended to the order (the next Load shows them).
// A number that belongs to another order is fault.Conflict; an unknown order fault.NotFound.
func (s *Store) SaveConsignment(ctx context.Context, c domain.Consignment) (domain.Consignment, error) {
	const op = "save consignment"
	content, err := json.Marshal(c)
	if err != nil {
		return domain.Consignment{}, toFault(op, err)
	}
	args := pgx.NamedArgs{
		"warehouse": c.Warehouse, "consignment": c.Number, "store": c.Order.Store, "number": c.Order.Number,
		"fingerprint": c.Fingerprint, "content": string(content),
	}
	var stored domain.Consignment
	var waiting bool
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var b pgx.Batch
		b.Queue(lockAdoption)
		b.Queue(lockOrder, orderArgs(c.Order)).QueryRow(func(row pgx.Row) error { return row.Scan(new(int64)) })
		b.Queue(`
			INSERT INTO consignments AS c (warehouse, consignment, store, number, fingerprint, content)
			VALUES (@warehouse, @consignment, @store, @number, @fingerprint, @content::jsonb)
			ON CONFLICT (warehouse, consignment) DO UPDATE
			SET fingerprint = excluded.fingerprint, content = excluded.content, planned_at = now()
			WHERE c.store = excluded.store AND c.number = excluded.number AND c.fingerprint <> excluded.fingerprint`, args)
		b.Queue(`SELECT EXISTS (SELECT FROM unclaimed_facts WHERE warehouse = @warehouse AND consignment = @consignment)`, args).
			QueryRow(func(row pgx.Row) error { return row.Scan(&waiting) })
		b.Queue(readConsignment, args).QueryRow(func(row pgx.Row) error { return row.Scan(&stored) })
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		if stored.Order != c.Order {
			return &fault.Fault{
				Kind: fault.Conflict, System: system, Op: op, Code: "consignment_taken",
				Message: "consignment " + c.Number + " of " + c.Warehouse + " belongs to order " + stored.Order.String(),
			}
		}
		if !waiting { // as good as always: nobody speaks of what was never sent
			return nil
		}
		_, err := tx.Exec(ctx, adoptByConsignment, args)
		return err
	})
	if err != nil {
		return domain.Consignment{}, orderFault(op, c.Order, err)
	}
	return stored, nil
}

const readConsignment = `SELECT content FROM consignments WHERE warehouse = @warehouse AND consignment = @consignment`

// Consignment reads a planned consignment by its number at a warehouse. Unknown is fault.NotFound.
func (s *Store) Consignment(ctx context.Context, warehouse, number string) (domain.Consignment, error) {
	var c domain.Consignment
	err := s.pool.QueryRow(ctx, readConsignment, pgx.NamedArgs{"warehouse": warehouse, "consignment": number}).Scan(&c)
	return c, toFault("read consignment", err)
}

// Consignments lists an order's planned consignments in order of creation.
func (s *Store) Consignments(ctx context.Context, id domain.OrderID) ([]domain.Consignment, error) {
	const op = "list consignments"
	rows, err := s.pool.Query(ctx, `SELECT content FROM consignments WHERE store = @store AND number = @number ORDER BY id`, orderArgs(id))
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[domain.Consignment])
	return list, toFault(op, err)
}
