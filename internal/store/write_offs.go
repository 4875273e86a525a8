package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// ourselves answers for a document that was dropped since another one stands for its garment.
const ourselves = "selvedge"

// KeepWriteOffs keeps documents that no rule has been asked about. A second run finds
// the keys and changes nothing, wherever those documents stand by then.
func (s *Store) KeepWriteOffs(ctx context.Context, docs []domain.Document, at time.Time) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		for _, d := range docs {
			content, err := json.Marshal(d)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, `
				INSERT INTO documents (key, kind, currency, gross, tax, content, fingerprint, status, rules, next_at, created_at)
				VALUES (@key, @kind, '', 0, 0, @content, @fingerprint, 'due', -1, @at, @at)
				ON CONFLICT (key) DO NOTHING`,
				pgx.NamedArgs{"key": d.Key, "kind": d.Kind, "content": content, "fingerprint": d.Fingerprint(), "at": at})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return toFault("keep write-offs", err)
}

// UnbookedWriteOffs lists write-offs of no order that have no entity, or wait for a rule
// or an answer that has come since, by key.
func (s *Store) UnbookedWriteOffs(ctx context.Context, after domain.DocumentKey, limit int) ([]ports.DocumentRecord, error) {
	return s.documents(ctx, "list write-offs to book", `
		WHERE store = '' AND number = '' AND kind = 'write-off' AND NOT held AND key > @after
			AND (status = 'due' AND ledger = '' OR status = 'paused' OR status = 'rejected' AND cause LIKE 'unmapped:%')
			AND rules < (SELECT COALESCE(max(version), 0) FROM rules)
		ORDER BY key LIMIT @limit`, pgx.NamedArgs{"after": after, "limit": limit})
}

// sameGarment is a write-off of the same garment that counts: one that we dropped
// ourselves does not, one that a person dropped was settled by hand.
const sameGarment = `d.kind = 'write-off' AND d.key <> @key AND d.content ->> 'warehouse' = @warehouse
	AND d.content -> 'extra' ->> 'serial' = @serial AND NOT (d.status = 'dropped' AND d.answered_by = '` + ourselves + `')`

// BookWriteOff keeps a write-off once for each garment. The garment's lock keeps a
// return and the scheduled run from writing it off at once.
func (s *Store) BookWriteOff(ctx context.Context, p ports.PlannedDocument, rules int64, at time.Time) (other domain.DocumentKey, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if other, err = standsInstead(ctx, tx, p.Document); err != nil {
			return err
		}
		if other == "" {
			return plan(ctx, tx, p, rules, at)
		}
		return dropInstead(ctx, tx, `d.key = @key`, garmentArgs(p.Document), other)
	})
	return other, toFault("book a write-off", err)
}

func garmentArgs(d domain.Document) pgx.NamedArgs {
	return pgx.NamedArgs{"key": d.Key, "warehouse": d.Warehouse, "serial": d.Extra[domain.ExtraSerial]}
}

// standsInstead is the write-off that comes before one of the same garment, empty when
// there is none. One of no order that no ledger has gives way to the order's.
func standsInstead(ctx context.Context, tx pgx.Tx, d domain.Document) (other domain.DocumentKey, err error) {
	args := garmentArgs(d)
	if args["serial"] == "" {
		return "", nil
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('write-off ' || @warehouse::text || ' ' || @serial::text, 0))`, args); err != nil {
		return "", err
	}
	// Of no order there are few, by index; orders' are searched only for the news of those.
	before := `(d.store <> '' OR d.id < (SELECT n.id FROM documents n WHERE n.key = @key))`
	if d.Order != (domain.OrderID{}) {
		before = `d.store = '' AND d.number = ''`
		if err := dropInstead(ctx, tx, before+` AND `+sameGarment, args, d.Key); err != nil {
			return "", err
		}
	}
	rows, err := tx.Query(ctx, `SELECT d.key FROM documents d WHERE `+before+` AND `+sameGarment+` ORDER BY d.id LIMIT 1`, args)
	if err != nil {
		return "", err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[domain.DocumentKey])
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

// dropInstead drops documents that no ledger has, since another one stands for their garment.
func dropInstead(ctx context.Context, tx pgx.Tx, which string, args pgx.NamedArgs, other domain.DocumentKey) error {
	args["by"], args["reason"] = ourselves, "the same garment is written off by "+string(other)
	_, err := tx.Exec(ctx, `
		UPDATE documents d SET status = 'dropped', answered_by = @by, reason = @reason, cause = ''
		WHERE `+soft("")+` AND `+which, args)
	return err
}
