package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// takesBack tells of a row of documents that it takes a write-off back.
const takesBack = `((content #>> '{lines,0,quantity}')::int > 0 AND content -> 'extra' ->> 'told' IS NULL)`

// unbookedWriteOffs reads along the index documents_write_off_unbooked.
const unbookedWriteOffs = `
		WHERE store = '' AND number = '' AND kind = 'write-off' AND NOT held AND key > @after AND status IN ('due', 'paused', 'rejected')
			AND (status = 'due' AND ledger = '' OR status = 'paused' OR status = 'rejected' AND cause LIKE 'unmapped:%')
			AND (rules < (SELECT COALESCE(max(version), 0) FROM rules) OR ` + takesBack + `)
		ORDER BY key LIMIT @limit`

// UnbookedWriteOffs lists write-offs of no order that have no entity, or wait for a rule
// or an answer that has come since, by key.
func (s *Store) UnbookedWriteOffs(ctx context.Context, after domain.DocumentKey, limit int) ([]ports.DocumentRecord, error) {
	return s.documents(ctx, "list write-offs to book", unbookedWriteOffs, pgx.NamedArgs{"after": after, "limit": limit})
}

// lockWarehouse lets write-offs of one warehouse be booked one after the other.
const lockWarehouse = `SELECT pg_advisory_xact_lock(hashtextextended('write-offs ' || @warehouse::text, 0))`

// BookWriteOff keeps a write-off once for each garment. The warehouse's lock keeps a
// return and the scheduled run from writing one off at once. A second run finds what the
// first one decided: the document itself, or the claim that names the other.
func (s *Store) BookWriteOff(ctx context.Context, p ports.PlannedDocument, rules int64, at time.Time) (booked ports.BookedWriteOff, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		b := &writeOffBooking{tx: tx, key: p.Document.Key, args: garmentArgs(p.Document, at)}
		if err := b.book(ctx, p, rules, at); err != nil {
			return err
		}
		booked = b.out
		return nil
	})
	return booked, toFault("book a write-off", err)
}

// writeOffBooking is one write-off being booked, under the lock of its warehouse.
type writeOffBooking struct {
	tx   pgx.Tx
	key  domain.DocumentKey
	args pgx.NamedArgs
	left []domain.DocumentKey // documents that gave way to this one
	out  ports.BookedWriteOff
}

func (b *writeOffBooking) book(ctx context.Context, p ports.PlannedDocument, rules int64, at time.Time) (err error) {
	if _, err = b.tx.Exec(ctx, lockWarehouse, b.args); err != nil {
		return err
	}
	if b.out.Other, err = b.one(ctx, `SELECT stands FROM write_off_claims WHERE key = @key`); err != nil || b.out.Other != "" {
		return err
	}
	switch {
	case p.Document.TakesBack():
	case p.Same != "":
		return b.same(ctx, p.Same)
	case p.Document.Order == (domain.OrderID{}):
		err = b.ofNoOrder(ctx, p.Distinct)
	default:
		err = b.ofOrder(ctx, p.Distinct)
	}
	if err != nil || b.out != (ports.BookedWriteOff{}) {
		return err
	}
	if err := plan(ctx, b.tx, p, rules, at); err != nil {
		return err
	}
	for _, other := range b.left {
		if err := b.claim(ctx, other, b.key); err != nil {
			return err
		}
	}
	return nil
}

// same keeps that the write-off is of the garment of another one, which then stands for
// no third. That one may be gone by now: then the word is all there is.
func (b *writeOffBooking) same(ctx context.Context, other domain.DocumentKey) error {
	_, err := b.tx.Exec(ctx, `INSERT INTO write_off_claims (key, stands, at) SELECT @which, d.key, @at FROM documents d WHERE d.key = @stands ON CONFLICT (key) DO NOTHING`,
		pgx.NamedArgs{"which": b.key, "stands": other, "at": b.args["at"]})
	b.out.Other = other
	return err
}

// ofNoOrder drops the document when another one stands for its garment.
func (b *writeOffBooking) ofNoOrder(ctx context.Context, distinct bool) error {
	other, err := b.one(ctx, `SELECT key FROM (`+sameAsNoOrders+`) same ORDER BY rank, id LIMIT 1`)
	if err != nil {
		return err
	}
	if other != "" {
		b.out.Other = other
		if _, err := b.drop(ctx, b.key, other); err != nil {
			return err
		}
		return b.claim(ctx, b.key, other)
	}
	if !distinct {
		b.out.Doubt, err = b.one(ctx, `SELECT key FROM (`+alikeOfOrders+`) alike ORDER BY id LIMIT 1`)
	}
	return err
}

// ofOrder finds the document of no order that stands for the garment of a return, and
// takes the place of one that no ledger has.
func (b *writeOffBooking) ofOrder(ctx context.Context, distinct bool) error {
	same, err := b.found(ctx, `SELECT key, rank, `+soft("")+` FROM (`+sameAsOrders+`) same ORDER BY rank, `+soft("")+`, id LIMIT 100`)
	if err != nil {
		return err
	}
	for _, f := range same {
		if f.rank > surest && len(b.left) > 0 {
			break // one is enough: the others are of other garments
		}
		gave := false
		if f.soft {
			if gave, err = b.drop(ctx, f.key, b.key); err != nil {
				return err
			}
		}
		if !gave {
			b.out.Other = f.key
			return b.claim(ctx, b.key, f.key)
		}
		b.left = append(b.left, f.key)
	}
	if distinct || len(b.left) > 0 {
		return nil
	}
	alike, err := b.found(ctx, `SELECT key, rank, `+soft("")+` FROM (`+alikeOfNoOrder+`) alike ORDER BY `+soft("")+`, id LIMIT 1`)
	if err != nil || len(alike) == 0 {
		return err
	}
	if alike[0].soft {
		waits, err := b.hold(ctx, alike[0].key)
		if err != nil || waits {
			return err // that one is asked about, now that this one stands
		}
	}
	b.out.Doubt = alike[0].key
	return nil
}

func garmentArgs(d domain.Document, at time.Time) pgx.NamedArgs {
	sku, words := "", []string{}
	if len(d.Lines) > 0 {
		sku, words = d.Lines[0].SKU, domain.LossWords(d.Lines[0].Disposition)
	}
	if word := d.Extra[domain.ExtraReason]; word != "" {
		words = append(words, word) // a return may call it so, too
	}
	return pgx.NamedArgs{
		"key": d.Key, "warehouse": d.Warehouse, "serial": d.Extra[domain.ExtraSerial], "return": d.Extra[domain.ExtraReturn],
		"adjustment": d.Extra[domain.ExtraAdjustment], "sku": sku, "words": words, "at": at,
		"occurred": d.OccurredAt, "from": d.OccurredAt.Add(-ports.DoubtfulFor), "to": d.OccurredAt.Add(ports.DoubtfulFor),
	}
}

// surest is the rank of a serial: it is one garment's however many documents bear it.
const surest = 1

// Ways in which two documents name one garment, the surest first, and the one in which
// they are merely alike. A write-off that was taken back before tells of no loss any more. Whatever is no serial is one other document's at most.
const (
	candidate = `SELECT d.id, d.key, d.status, d.entry, %d AS rank FROM documents d WHERE d.kind = 'write-off' AND d.key <> @key
		AND NOT (d.status = 'dropped' AND d.answered_by = '` + ourselves + `') AND COALESCE((d.content #>> '{lines,0,quantity}')::int, -1) < 0 AND d.content -> 'extra' ->> 'told' IS NULL
		AND NOT EXISTS (SELECT FROM write_off_reversals r WHERE r.original = d.key AND r.at < @occurred) AND `
	inWarehouse = `d.content ->> 'warehouse' = @warehouse AND `
	sameSerial  = inWarehouse + `@serial::text <> '' AND d.content -> 'extra' ->> 'serial' = @serial`
	sameReturn  = sameItem + `@return::text <> '' AND d.content -> 'extra' ->> 'return' = @return`
	sameItem    = inWarehouse + `d.content #>> '{lines,0,sku}' = @sku AND (@serial::text = '' OR d.content -> 'extra' ->> 'serial' IS NULL)
		AND @adjustment::text = '' AND d.content -> 'extra' ->> 'adjustment' IS NULL
		AND NOT EXISTS (SELECT FROM write_off_claims c WHERE c.stands = d.key) AND NOT EXISTS (SELECT FROM write_off_claims c WHERE c.key = d.key) AND `
	sameKind        = `(d.content #>> '{lines,0,disposition}' = ANY (@words::text[]) OR d.content -> 'extra' ->> 'reason' = ANY (@words::text[]))`
	sameKindAndTime = sameKind + ` AND (d.content ->> 'occurredAt')::timestamptz BETWEEN @from AND @to AND d.status <> 'dropped'`

	ofNoOrder = ` AND d.store = '' AND d.number = ''`
	ofAnOrder = ` AND d.store <> ''`
	older     = ` AND (d.store <> '' OR d.id < (SELECT n.id FROM documents n WHERE n.key = @key))`
)

var (
	bySerial, byKey, byReturn = ranked(surest), ranked(2), ranked(3)

	// What an order's write-off looks for among those of no order, and the other way round.
	sameAsOrders = bySerial + sameSerial + ofNoOrder +
		` UNION ALL ` + byKey + `d.key = @adjustment` + ofNoOrder +
		` UNION ALL ` + byReturn + sameReturn + ofNoOrder
	sameAsNoOrders = bySerial + sameSerial + older +
		` UNION ALL ` + byKey + `d.content -> 'extra' ->> 'adjustment' = @key` + ofAnOrder +
		` UNION ALL ` + byReturn + sameReturn + ofAnOrder

	// A movement that names a return is of that return; so only one that names none is in doubt.
	alikeOfNoOrder = ranked(4) + sameItem + `d.content -> 'extra' ->> 'return' IS NULL AND NOT d.late_agreed AND ` + sameKindAndTime + ofNoOrder
	alikeOfOrders  = ranked(4) + sameItem + `@return::text = '' AND d.content -> 'extra' ->> 'distinct' IS NULL AND ` + sameKindAndTime + ofAnOrder
)

func ranked(rank int) string { return fmt.Sprintf(candidate, rank) }

// one reads at most one key.
func (b *writeOffBooking) one(ctx context.Context, query string) (key domain.DocumentKey, err error) {
	err = b.tx.QueryRow(ctx, query, b.args).Scan(&key)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return key, err
}

type foundWriteOff struct {
	key  domain.DocumentKey
	rank int
	soft bool
}

func (b *writeOffBooking) found(ctx context.Context, query string) ([]foundWriteOff, error) {
	rows, err := b.tx.Query(ctx, query, b.args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f foundWriteOff, err error) {
		return f, row.Scan(&f.key, &f.rank, &f.soft)
	})
}

// drop drops a document that no ledger has, since another one stands for its garment. It
// answers false when a ledger may have it by now.
func (b *writeOffBooking) drop(ctx context.Context, which, other domain.DocumentKey) (bool, error) {
	tag, err := b.tx.Exec(ctx, `
		UPDATE documents SET status = 'dropped', answered_by = @by, reason = @reason, cause = ''
		WHERE key = @which AND `+soft(""),
		pgx.NamedArgs{"which": which, "by": ourselves, "reason": "the same garment is written off by " + string(other)})
	return tag.RowsAffected() > 0, err
}

// hold keeps a document of no order from being sent until it was booked anew beside the
// one that it may be the same as. It answers false when a ledger may have it by now.
func (b *writeOffBooking) hold(ctx context.Context, which domain.DocumentKey) (bool, error) {
	tag, err := b.tx.Exec(ctx, `
		UPDATE documents SET status = 'paused', cause = CASE WHEN cause = '' THEN @cause ELSE cause END, rules = -1
		WHERE key = @which AND `+soft(""),
		pgx.NamedArgs{"which": which, "cause": domain.NewCause(domain.KindWriteOffDoubtful, string(which))})
	return tag.RowsAffected() > 0, err
}

func (b *writeOffBooking) claim(ctx context.Context, which, stands domain.DocumentKey) error {
	_, err := b.tx.Exec(ctx, `INSERT INTO write_off_claims (key, stands, at) VALUES (@which, @stands, @at) ON CONFLICT (key) DO NOTHING`,
		pgx.NamedArgs{"which": which, "stands": stands, "at": b.args["at"]})
	return err
}
