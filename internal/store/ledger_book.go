package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

const bookColumns = `content, fingerprint, number, posted_at, COALESCE(export, 0), ARRAY(SELECT l.ref FROM ledger_links l WHERE l.key = b.key ORDER BY l.at, l.ref)`

func scanEntry(row pgx.CollectableRow) (ports.BookEntry, error) {
	var e ports.BookEntry
	var content []byte
	var posted *time.Time
	if err := row.Scan(&content, &e.Fingerprint, &e.Number, &posted, &e.Export, &e.Links); err != nil {
		return e, err
	}
	if posted != nil {
		e.PostedAt = posted.UTC()
	}
	return e, json.Unmarshal(content, &e.Document)
}

func oneEntry(ctx context.Context, db dbtx, key domain.DocumentKey, lock string) (ports.BookEntry, error) {
	rows, err := db.Query(ctx, `SELECT `+bookColumns+` FROM ledger_book b WHERE key = @key `+lock, pgx.NamedArgs{"key": key})
	if err != nil {
		return ports.BookEntry{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scanEntry)
}

// periodLock is held shared by whoever writes into an accounting month and alone by
// whoever closes it, so that a closed month stays as it was when it was closed.
const periodLock = `SELECT pg_advisory_xact_lock%s(hashtextextended('ledger ' || @entity || ' ' || @period, 0))`

// periodOpen tells whether an accounting month is open, and keeps it so until the transaction ends.
func periodOpen(ctx context.Context, tx pgx.Tx, entity string, period domain.Period) (bool, error) {
	args := pgx.NamedArgs{"entity": entity, "period": period}
	if _, err := tx.Exec(ctx, fmt.Sprintf(periodLock, "_shared"), args); err != nil {
		return false, err
	}
	var closed bool
	err := tx.QueryRow(ctx, `SELECT COALESCE((SELECT closed FROM ledger_periods WHERE entity = @entity AND period = @period ORDER BY id DESC LIMIT 1), false)`, args).Scan(&closed)
	return !closed, err
}

// InsertEntry keeps a document unless its key is taken or its month is closed; a second
// run answers what the first one kept.
func (s *Store) InsertEntry(ctx context.Context, d domain.Document, at time.Time) (e ports.BookEntry, closed bool, err error) {
	content, err := json.Marshal(d)
	if err != nil {
		return e, false, toFault("insert ledger entry", err)
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		isOpen, err := periodOpen(ctx, tx, d.EntityRef, d.PostOn.Period())
		if err != nil {
			return err
		}
		if isOpen {
			t := d.Totals()
			_, err = tx.Exec(ctx, `
				INSERT INTO ledger_book (key, kind, entity, currency, net, tax, gross, posted_on, content, fingerprint, created_at)
				VALUES (@key, @kind, @entity, @currency, @net, @tax, @gross, @on, @content, @fingerprint, @at)
				ON CONFLICT (key) DO NOTHING`, pgx.NamedArgs{
				"key": d.Key, "kind": d.Kind, "entity": d.EntityRef, "currency": d.Currency, "net": t.Net, "tax": t.Tax, "gross": t.Gross,
				"on": d.PostOn, "content": content, "fingerprint": d.Fingerprint(), "at": at,
			})
			if err != nil {
				return err
			}
		}
		e, err = oneEntry(ctx, tx, d.Key, "")
		if closed = !isOpen && e.Number == ""; closed && fault.Is(toFault("", err), fault.NotFound) {
			return nil
		}
		return err
	})
	return e, closed, toFault("insert ledger entry", err)
}

// PostEntry posts an entry and gives it the next number of its entity and kind. The
// counter's row lock makes numbers gapless; a posted entry is answered as it is.
func (s *Store) PostEntry(ctx context.Context, key domain.DocumentKey, on domain.Date, late bool, at time.Time) (e ports.BookEntry, closed bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if e, err = oneEntry(ctx, tx, key, "FOR UPDATE"); err != nil || e.Number != "" {
			return err
		}
		isOpen, err := periodOpen(ctx, tx, e.Document.EntityRef, on.Period())
		if closed = !isOpen; err != nil || closed {
			return err
		}
		args := pgx.NamedArgs{"key": key, "entity": e.Document.EntityRef, "kind": e.Document.Kind, "on": on, "late": late, "at": at}
		var last int64
		if err := tx.QueryRow(ctx, `
			INSERT INTO ledger_numbers AS n (entity, kind, last) VALUES (@entity, @kind, 1)
			ON CONFLICT (entity, kind) DO UPDATE SET last = n.last + 1 RETURNING last`, args).Scan(&last); err != nil {
			return err
		}
		args["number"] = fmt.Sprintf("%s-%s-%06d", e.Document.EntityRef, e.Document.Kind, last)
		if _, err := tx.Exec(ctx, `
			UPDATE ledger_book SET number = @number, posted_at = @at, posted_on = @on,
				content = content || jsonb_build_object('postOn', @on::text, 'late', @late::boolean)
			WHERE key = @key`, args); err != nil {
			return err
		}
		e, err = oneEntry(ctx, tx, key, "")
		return err
	})
	return e, closed, toFault("post ledger entry", err)
}

// LinkEntry keeps what a posted entry is about. The entry's row lock keeps an export from
// passing between; a second run finds what the first one kept.
func (s *Store) LinkEntry(ctx context.Context, key domain.DocumentKey, refs []string, at time.Time) (e ports.BookEntry, err error) {
	const op = "link ledger entry"
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if e, err = oneEntry(ctx, tx, key, "FOR UPDATE"); err != nil {
			return err
		}
		if e.Number == "" {
			return pgx.ErrNoRows
		}
		if _, err = tx.Exec(ctx, `
			INSERT INTO ledger_links (key, ref, at) SELECT @key, ref, @at FROM unnest(@refs::text[]) AS r (ref) ON CONFLICT (key, ref) DO NOTHING`,
			pgx.NamedArgs{"key": key, "refs": refs, "at": at}); err != nil {
			return err
		}
		e, err = oneEntry(ctx, tx, key, "")
		return err
	})
	return e, toFault(op, err)
}

// Entry reads an entry; fault.NotFound when there is none.
func (s *Store) Entry(ctx context.Context, key domain.DocumentKey) (ports.BookEntry, error) {
	e, err := oneEntry(ctx, s.pool, key, "")
	return e, toFault("read ledger entry", err)
}

// PostedEntries lists posted entries of an entity and accounting month, by key.
func (s *Store) PostedEntries(ctx context.Context, entityRef string, period domain.Period, after domain.DocumentKey, limit int) ([]ports.BookEntry, error) {
	const op = "list ledger entries"
	rows, err := s.pool.Query(ctx, `
		SELECT `+bookColumns+` FROM ledger_book b
		WHERE posted_at IS NOT NULL AND entity = @entity AND left(posted_on, 7) = @period AND key > @after
		ORDER BY key LIMIT @limit`, pgx.NamedArgs{"entity": entityRef, "period": period, "after": after, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	entries, err := pgx.CollectRows(rows, scanEntry)
	return entries, toFault(op, err)
}

// ClosedPeriods lists the closed accounting months of an entity, sorted.
func (s *Store) ClosedPeriods(ctx context.Context, entityRef string) ([]domain.Period, error) {
	const op = "list closed periods"
	rows, err := s.pool.Query(ctx, `
		SELECT period FROM (SELECT DISTINCT ON (period) period, closed FROM ledger_periods WHERE entity = @entity ORDER BY period, id DESC) newest
		WHERE closed ORDER BY period`, pgx.NamedArgs{"entity": entityRef})
	if err != nil {
		return nil, toFault(op, err)
	}
	periods, err := pgx.CollectRows(rows, pgx.RowTo[domain.Period])
	return periods, toFault(op, err)
}

// SetPeriod closes or reopens an accounting month; a month that is so already gets no second row.
func (s *Store) SetPeriod(ctx context.Context, entityRef string, period domain.Period, closed bool, by, reason string, at time.Time) error {
	args := pgx.NamedArgs{"entity": entityRef, "period": period, "closed": closed, "by": by, "reason": reason, "at": at}
	return toFault("set period", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf(periodLock, ""), args); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO ledger_periods (entity, period, closed, by, reason, at)
			SELECT @entity, @period, @closed::boolean, @by, @reason, @at
			WHERE COALESCE((SELECT closed FROM ledger_periods WHERE entity = @entity AND period = @period ORDER BY id DESC LIMIT 1), false) <> @closed::boolean`, args)
		return err
	}))
}

// LedgerExport is one export of posted documents.
type LedgerExport struct {
	ID        int64
	Entity    string
	Period    domain.Period
	By        string
	At        time.Time
	Documents int
	Links     int // ids that documents came to name since they were posted
}

// ExportLedger takes the posted documents of an entity that were in no export into a
// new one: each is in exactly one. period limits it to an accounting month; empty means
// all. With nothing to export there is no export, and its ID is 0.
func (s *Store) ExportLedger(ctx context.Context, entityRef string, period domain.Period, by string, at time.Time) (LedgerExport, error) {
	x := LedgerExport{Entity: entityRef, Period: period, By: by, At: at.UTC()}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		args := pgx.NamedArgs{"entity": entityRef, "period": period, "by": by, "at": at}
		// Two exports at once would each count the other's documents.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('export ' || @entity, 0))`, args); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `INSERT INTO ledger_exports (entity, period, by, at, documents) VALUES (@entity, @period, @by, @at, 0) RETURNING id`, args).Scan(&x.ID); err != nil {
			return err
		}
		args["id"] = x.ID
		tag, err := tx.Exec(ctx, `
			UPDATE ledger_book SET export = @id
			WHERE export IS NULL AND posted_at IS NOT NULL AND entity = @entity AND (@period = '' OR left(posted_on, 7) = @period)`, args)
		if err != nil {
			return err
		}
		x.Documents = int(tag.RowsAffected())
		// What posted documents came to name since, each once: with the document, or after it.
		tag, err = tx.Exec(ctx, `
			UPDATE ledger_links l SET export = @id FROM ledger_book b
			WHERE l.export IS NULL AND b.key = l.key AND b.export IS NOT NULL AND b.entity = @entity AND (@period = '' OR left(b.posted_on, 7) = @period)`, args)
		if err != nil {
			return err
		}
		if x.Links = int(tag.RowsAffected()); x.Documents+x.Links == 0 {
			x.ID = 0
			_, err = tx.Exec(ctx, `DELETE FROM ledger_exports WHERE id = @id`, args)
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE ledger_exports SET documents = @n, links = @links WHERE id = @id`, pgx.NamedArgs{"n": x.Documents, "links": x.Links, "id": x.ID})
		return err
	})
	return x, toFault("export ledger", err)
}

// ExportedEntries lists what an export holds, by key; the same every time.
func (s *Store) ExportedEntries(ctx context.Context, export int64) ([]ports.BookEntry, error) {
	const op = "list an export"
	rows, err := s.pool.Query(ctx, exported+` ORDER BY key`, pgx.NamedArgs{"export": export})
	if err != nil {
		return nil, toFault(op, err)
	}
	entries, err := pgx.CollectRows(rows, scanExported(export))
	return entries, toFault(op, err)
}

// exported reads what an export holds: the documents that went out with it, and those that
// went out before and came to name more since, each with what that export tells.
const exported = `
	SELECT content, fingerprint, number, posted_at, COALESCE(export, 0), ARRAY(SELECT l.ref FROM ledger_links l WHERE l.key = b.key AND l.export = @export ORDER BY l.at, l.ref)
	FROM ledger_book b
	WHERE (export = @export OR key IN (SELECT key FROM ledger_links WHERE export = @export))`

func scanExported(export int64) pgx.RowToFunc[ports.BookEntry] {
	return func(row pgx.CollectableRow) (ports.BookEntry, error) {
		e, err := scanEntry(row)
		e.Told = e.Export != export
		return e, err
	}
}

// EachExported hands over what an export holds, one entry at a time, by order, kind of
// document and key, the same every time; however many there are, few are held at once. It
// answers how many there were. An error of each ends it and is answered.
//
// The statement lasts as long as its reader writes, hence without the limit of the others:
// it locks no row, and ends with ctx.
func (s *Store) EachExported(ctx context.Context, export int64, each func(ports.BookEntry) error) (n int, err error) {
	const op = "read an export"
	var refused error // of each, which is no fault of the store
	err = pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, exported+`
			ORDER BY COALESCE(content #>> '{order,store}', '') COLLATE "C", COALESCE(content #>> '{order,number}', '') COLLATE "C",
				array_position(@kinds::text[], kind), key COLLATE "C"`,
			pgx.NamedArgs{"export": export, "kinds": domain.DocumentKinds()})
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			e, err := scanExported(export)(rows)
			if err != nil {
				return err
			}
			if refused = each(e); refused != nil {
				return refused
			}
			n++
		}
		return rows.Err()
	})
	if refused != nil {
		return n, refused
	}
	return n, toFault(op, err)
}

// LedgerExportKnown tells whether there is an export of a number.
func (s *Store) LedgerExportKnown(ctx context.Context, export int64) (known bool, err error) {
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM ledger_exports WHERE id = @export)`, pgx.NamedArgs{"export": export}).Scan(&known)
	return known, toFault("look for an export", err)
}

// LedgerExports lists exports, the newest first.
func (s *Store) LedgerExports(ctx context.Context, limit int) ([]LedgerExport, error) {
	const op = "list exports"
	rows, err := s.pool.Query(ctx, `SELECT id, entity, period, by, at, documents, links FROM ledger_exports ORDER BY id DESC LIMIT @limit`, pgx.NamedArgs{"limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	exports, err := pgx.CollectRows(rows, pgx.RowToStructByName[LedgerExport])
	return exports, toFault(op, err)
}
