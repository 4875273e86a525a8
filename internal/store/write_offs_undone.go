package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// standing are the write-offs that a movement of the books may take back: told before it,
// of a garment, and not taken back by another one. A person's word that nothing was to be
// posted leaves nothing to be found by likeness, and a serial all the same.
const standing = `SELECT d.key, %d AS rank, ` + sameKind + ` AS alike, (d.content ->> 'occurredAt')::timestamptz AS occurred, d.id
	FROM documents d WHERE d.kind = 'write-off' AND d.key <> @key AND (d.content #>> '{lines,0,quantity}')::int < 0 AND d.content -> 'extra' ->> 'told' IS NULL
		AND NOT (d.status = 'dropped' AND d.answered_by = '` + ourselves + `') AND (d.content ->> 'occurredAt')::timestamptz <= @occurred
		AND NOT EXISTS (SELECT FROM write_off_reversals r WHERE r.original = d.key) AND `

const (
	ofItem = inWarehouse + `d.content #>> '{lines,0,sku}' = @sku AND (@serial::text = '' OR d.content -> 'extra' ->> 'serial' IS NULL) AND d.status <> 'dropped' AND `
	newest = ` ORDER BY rank, alike DESC, occurred DESC, id LIMIT 1`
)

var (
	surelyUndone = `SELECT key FROM (` + standingBy(1) + sameSerial +
		` UNION ALL ` + standingBy(2) + ofItem + `@return::text <> '' AND d.content -> 'extra' ->> 'return' = @return) sure` + newest
	alikeUndone = `SELECT key FROM (` + standingBy(3) + ofItem + `` + sameKind + `) alike` + newest
)

func standingBy(rank int) string { return fmt.Sprintf(standing, rank) }

// TakeBack gives a movement of the books the write-off that it takes back. The warehouse's
// lock and the key of the table keep two movements from taking back one. A second run
// finds what the first one found.
//
// Losses of the same garment that were told after the movement had been dropped as told
// twice while nobody knew of it: they are due again.
func (s *Store) TakeBack(ctx context.Context, d domain.Document, agreed domain.DocumentKey) (out ports.TakenBack, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		b := &writeOffBooking{tx: tx, key: d.Key, args: garmentArgs(d, d.OccurredAt)}
		out, err = b.takeBack(ctx, agreed)
		return err
	})
	return out, toFault("take a write-off back", err)
}

func (b *writeOffBooking) takeBack(ctx context.Context, agreed domain.DocumentKey) (out ports.TakenBack, err error) {
	if _, err = b.tx.Exec(ctx, lockWarehouse, b.args); err != nil {
		return out, err
	}
	if out.Of, err = b.one(ctx, `SELECT original FROM write_off_reversals WHERE reversal = @key`); err != nil || out.Of != "" {
		return out, err
	}
	if out.Of, err = b.one(ctx, surelyUndone); err != nil {
		return out, err
	}
	if out.Of == "" {
		out.Doubt, err = b.one(ctx, alikeUndone)
		if err != nil || out.Doubt == "" || out.Doubt != agreed {
			return out, err
		}
		out.Of, out.Doubt = out.Doubt, ""
	}
	args := pgx.NamedArgs{"original": out.Of, "reversal": b.key, "at": b.args["occurred"]}
	if _, err := b.tx.Exec(ctx, `INSERT INTO write_off_reversals (original, reversal, at) VALUES (@original, @reversal, @at)`, args); err != nil {
		return out, err
	}
	_, err = b.tx.Exec(ctx, `
		WITH since AS (
			DELETE FROM write_off_claims c USING documents d
			WHERE c.stands = @original AND d.key = c.key AND d.store = '' AND d.status = 'dropped' AND d.answered_by = '`+ourselves+`' AND (d.content ->> 'occurredAt')::timestamptz > @at
			RETURNING c.key
		)
		UPDATE documents SET status = 'due', ledger = '', rules = -1, answered_by = '', reason = '' WHERE key IN (SELECT key FROM since)`, args)
	return out, err
}

// DropWriteOff drops a document of no order that no ledger has. One that a ledger may
// have, or that is dropped already, is left as it is.
func (s *Store) DropWriteOff(ctx context.Context, key domain.DocumentKey, reason string) error {
	_, err := s.pool.Exec(ctx, `UPDATE documents SET status = 'dropped', answered_by = @by, reason = @reason, cause = '' WHERE key = @key AND store = '' AND kind = 'write-off' AND `+soft(""),
		pgx.NamedArgs{"key": key, "by": ourselves, "reason": reason})
	return toFault("drop a write-off", err)
}
