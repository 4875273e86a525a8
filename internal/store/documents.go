package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// soft tells of a row of documents that no ledger has it, so that it may still be
// replaced; of names the row, with its dot. One that was refused after the ledger had
// made it a draft, or with other totals than ours, stands there under its key.
func soft(of string) string {
	return `(` + of + `status IN ('due', 'paused') OR ` + of + `status = 'rejected' AND COALESCE(` + of + `entry ->> 'status', '') NOT IN ('created', 'posted'))`
}

// UnbookedOrders lists orders with facts, or money that moved in the shop, that their
// documents do not know, and orders with documents that wait for a rule when a newer rule stands, sorted by id after an id.
func (s *Store) UnbookedOrders(ctx context.Context, after domain.OrderID, limit int) ([]domain.OrderID, error) {
	const op = "list orders to book"
	rows, err := s.pool.Query(ctx, `
		SELECT store, number FROM orders
		WHERE (sequence > booked_sequence OR money <> booked_money) AND NOT wholesale AND (store, number) > (@store, @number)
		UNION
		SELECT store, number FROM documents
		WHERE (status = 'paused' OR status = 'rejected' AND cause LIKE 'unmapped:%') AND `+soft("")+` AND cause <> '' AND NOT held AND store <> '' AND (store, number) > (@store, @number)
			AND rules < (SELECT COALESCE(max(version), 0) FROM rules)
		ORDER BY store, number LIMIT @limit`,
		pgx.NamedArgs{"store": after.Store, "number": after.Number, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.OrderID])
	return ids, toFault(op, err)
}

// BookOrder makes the planned documents the order's soft ones: new ones are inserted,
// changed ones replaced, those that nothing calls for any more removed, firm and held
// ones left alone. A soft document of unchanged content keeps its refusal. A second
// run with the same plan changes nothing.
func (s *Store) BookOrder(ctx context.Context, id domain.OrderID, from ports.BookedFrom, planned []ports.PlannedDocument, at time.Time) error {
	const op = "book order"
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		// The order's row lock keeps two runs from booking one order at once.
		var booked int64
		err := tx.QueryRow(ctx, `SELECT booked_sequence FROM orders WHERE store = @store AND number = @number FOR NO KEY UPDATE`, orderArgs(id)).Scan(&booked)
		if errors.Is(err, pgx.ErrNoRows) {
			return unknownOrder(op, id)
		}
		if err != nil {
			return err
		}
		if err := unmoved(ctx, tx, id, from, booked); err != nil {
			return err
		}
		args := orderArgs(id)
		args["sequence"], args["money"] = from.Sequence, from.Money
		if _, err := tx.Exec(ctx, `UPDATE orders SET booked_sequence = @sequence, booked_money = @money WHERE store = @store AND number = @number`, args); err != nil {
			return err
		}
		keys := make([]string, len(planned))
		for i, p := range planned {
			keys[i] = string(p.Document.Key)
			if err := plan(ctx, tx, p, from.Rules, at); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `
			DELETE FROM documents
			WHERE store = @store AND number = @number AND NOT held AND `+soft("")+` AND NOT key = ANY(@keys)`,
			pgx.NamedArgs{"store": id.Store, "number": id.Number, "keys": keys})
		return err
	})
	return orderFault(op, id, err)
}

// unmoved locks an order's documents and tells whether its books still are what a plan
// was made from. A document that was sent meanwhile stays as it is, so that a plan which
// replaces or drops it would leave a difference that nobody makes a document of.
func unmoved(ctx context.Context, tx pgx.Tx, id domain.OrderID, from ports.BookedFrom, booked int64) error {
	rows, err := tx.Query(ctx, `SELECT key, NOT `+soft("")+` FROM documents WHERE store = @store AND number = @number AND NOT held ORDER BY id FOR UPDATE`, orderArgs(id))
	if err != nil {
		return err
	}
	same := booked <= from.Sequence
	var key domain.DocumentKey
	var firm bool
	if _, err := pgx.ForEachRow(rows, []any{&key, &firm}, func() error {
		same = same && firm == slices.Contains(from.Firm, key)
		return nil
	}); err != nil || same {
		return err
	}
	return &fault.Fault{Kind: fault.Unavailable, System: system, Op: "book order", Code: ports.CodeBooksMoved, Message: "the documents of order " + id.String() + " have moved on since they were read; derive them anew"}
}

// AddDocuments keeps documents of a workflow, all or none.
func (s *Store) AddDocuments(ctx context.Context, planned []ports.PlannedDocument, at time.Time) error {
	const op = "add documents"
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		for _, p := range planned {
			if err := alone(ctx, tx, p); err != nil {
				return err
			}
			if err := plan(ctx, tx, p, 0, at); err != nil {
				return err
			}
			var standing string
			if err := tx.QueryRow(ctx, `SELECT fingerprint FROM documents WHERE key = @key`, pgx.NamedArgs{"key": p.Document.Key}).Scan(&standing); err != nil {
				return err
			}
			if standing != p.Document.Fingerprint() {
				return &fault.Fault{
					Kind: fault.Conflict, System: system, Op: op, Code: ports.CodeOtherContent,
					Message: "document " + string(p.Document.Key) + " was sent with other content; correct it by another document",
				}
			}
		}
		return nil
	})
	return toFault(op, err)
}

// alone keeps two returns of one order from crediting the same units: each memo is
// worked out from those before it, so they are kept one after the other.
func alone(ctx context.Context, tx pgx.Tx, p ports.PlannedDocument) error {
	if p.Document.Kind != domain.DocCreditMemo {
		return nil
	}
	args := orderArgs(p.Document.Order)
	if _, err := tx.Exec(ctx, lockOrder, args); err != nil {
		return err
	}
	beside := []string{string(p.Document.Key)}
	for _, k := range p.Beside {
		beside = append(beside, string(k))
	}
	args["beside"] = beside
	var moved bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM documents
		WHERE store = @store AND number = @number AND kind IN ('credit-memo', 'invoice') AND NOT key = ANY(@beside))`, args).Scan(&moved)
	if err != nil || !moved {
		return err
	}
	return &fault.Fault{Kind: fault.Unavailable, System: system, Op: "add documents", Code: ports.CodeBooksMoved, Message: "another credit memo or invoice of order " + p.Document.Order.String() + " has come since; work the memo out anew"}
}

// refusedStill tells that a refused document was derived anew as it was. What a rule
// can mend is sent again: documents of a cause are derived anew when rules change.
const refusedStill = `d.status = 'rejected' AND d.fingerprint = excluded.fingerprint AND excluded.status = 'due' AND d.cause NOT LIKE 'unmapped:%'`

// plan inserts a document or replaces a soft one.
func plan(ctx context.Context, tx pgx.Tx, p ports.PlannedDocument, rules int64, at time.Time) error {
	d := p.Document
	content, err := json.Marshal(d)
	if err != nil {
		return err
	}
	status, cause, problems := domain.DocumentDue, "", []domain.Refusal{}
	if p.Question != nil {
		status, cause = domain.DocumentPaused, p.Question.Cause
		problems = append(problems, p.Question.Problems...)
	}
	t := d.Totals()
	_, err = tx.Exec(ctx, `
		INSERT INTO documents AS d (key, store, number, kind, ledger, entity, currency, gross, tax, date, content, fingerprint,
			status, held, cause, problems, rules, next_at, created_at)
		VALUES (@key, @store, @number, @kind, @ledger, @entity, @currency, @gross, @tax, @date, @content, @fingerprint,
			@status, @held, @cause, @problems, @rules, @at, @at)
		ON CONFLICT (key) DO UPDATE SET
			ledger = excluded.ledger, entity = excluded.entity, currency = excluded.currency, gross = excluded.gross, tax = excluded.tax,
			date = excluded.date, content = excluded.content, fingerprint = excluded.fingerprint, rules = greatest(d.rules, excluded.rules),
			status = CASE WHEN `+refusedStill+` THEN d.status ELSE excluded.status END,
			cause = CASE WHEN `+refusedStill+` THEN d.cause ELSE excluded.cause END,
			problems = CASE WHEN `+refusedStill+` THEN d.problems ELSE excluded.problems END,
			late_agreed = d.late_agreed AND d.fingerprint = excluded.fingerprint
		WHERE `+soft("d.")+` AND d.held = excluded.held AND d.kind = excluded.kind`,
		pgx.NamedArgs{
			"key": d.Key, "store": d.Order.Store, "number": d.Order.Number, "kind": d.Kind, "ledger": p.Ledger, "entity": d.Entity,
			"currency": d.Currency, "gross": t.Gross, "tax": t.Tax, "date": d.Date, "content": content, "fingerprint": d.Fingerprint(),
			"status": status, "held": p.Held, "cause": cause, "problems": problems, "rules": rules, "at": at,
		})
	return err
}

// ClaimDocument notes that a document is about to be sent, as unknown until its outcome
// is saved: a crash in between leaves it to be looked up, never to be sent blindly.
func (s *Store) ClaimDocument(ctx context.Context, key domain.DocumentKey, fingerprint string, at, until time.Time) (bool, error) {
	tag, err := s.pool.Exec(ctx, `
		UPDATE documents SET status = 'unknown', attempts = attempts + 1, next_at = @until, cause = '', problems = '[]'
		WHERE key = @key AND fingerprint = @fingerprint AND status NOT IN ('posted', 'dropped', 'paused') AND next_at <= @at`,
		pgx.NamedArgs{"key": key, "fingerprint": fingerprint, "at": at, "until": until})
	return tag.RowsAffected() > 0, toFault("claim document", err)
}

// SaveDocumentOutcome keeps what an attempt came to. A posted or dropped document stays so.
func (s *Store) SaveDocumentOutcome(ctx context.Context, key domain.DocumentKey, o ports.DocumentOutcome, at time.Time) error {
	const op = "save document outcome"
	if o.Problems == nil {
		o.Problems = []domain.Refusal{}
	}
	entry, err := json.Marshal(o.Entry)
	if err != nil {
		return toFault(op, err)
	}
	tag, err := s.pool.Exec(ctx, `
		UPDATE documents SET status = @status, entry = @entry, cause = @cause, problems = @problems, next_at = @next,
			content = CASE WHEN @postOn::text = '' THEN content ELSE content || jsonb_build_object('postOn', @postOn::text, 'late', @late::boolean) END,
			posted_at = CASE WHEN @status = 'posted' THEN @at::timestamptz END
		WHERE key = @key AND status NOT IN ('posted', 'dropped')`,
		pgx.NamedArgs{
			"key": key, "status": o.Status, "entry": entry, "cause": o.Cause, "problems": o.Problems, "next": o.NextAt, "at": at,
			"postOn": o.Document.PostOn, "late": o.Document.Late,
		})
	if err != nil {
		return toFault(op, err)
	}
	if tag.RowsAffected() == 0 {
		_, err = s.Document(ctx, key) // not there, or settled already
	}
	return err
}

// again sets a document going again as it stands: what a ledger has as a draft is not made
// anew, what it has posted is looked up, what waits for a rule is derived anew, what is on
// its way stays so, and what was refused is sent again.
const again = `rules = -1, stranded = false, cause = CASE WHEN status IN ('paused', 'rejected') THEN cause ELSE '' END, status = CASE
	WHEN status NOT IN ('rejected') THEN status
	WHEN entry ->> 'status' = 'created' THEN 'created'
	WHEN entry ->> 'status' = 'posted' THEN 'unknown'
	ELSE 'due' END`
