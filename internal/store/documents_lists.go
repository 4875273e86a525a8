package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

const documentColumns = `content, ledger, status, entry, held, released, stranded, cause, problems, late_agreed, attempts, next_at, created_at, posted_at, answered_by, reason`

func scanDocument(row pgx.CollectableRow) (ports.DocumentRecord, error) {
	var r ports.DocumentRecord
	var content, entry []byte
	var posted *time.Time
	err := row.Scan(&content, &r.Ledger, &r.Status, &entry, &r.Held, &r.Released, &r.Stranded, &r.Cause, &r.Problems, &r.LateAgreed, &r.Attempts, &r.NextAt, &r.CreatedAt, &posted, &r.AnsweredBy, &r.Reason)
	if err != nil {
		return r, err
	}
	if posted != nil {
		r.PostedAt = posted.UTC()
	}
	r.NextAt, r.CreatedAt = r.NextAt.UTC(), r.CreatedAt.UTC()
	if err := json.Unmarshal(content, &r.Document); err != nil {
		return r, err
	}
	return r, json.Unmarshal(entry, &r.Entry)
}

func (s *Store) documents(ctx context.Context, op, rest string, args pgx.NamedArgs) ([]ports.DocumentRecord, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+documentColumns+` FROM documents d `+rest, args)
	if err != nil {
		return nil, toFault(op, err)
	}
	records, err := pgx.CollectRows(rows, scanDocument)
	return records, toFault(op, err)
}

// openLink is a document that has to be posted before document d and is not.
const openLink = `SELECT l.key FROM jsonb_array_elements_text(COALESCE(d.content -> 'links', '[]')) AS w (key)
	JOIN documents l ON l.key = w.key WHERE l.status NOT IN ('posted', 'dropped')`

// dueDocuments reads along the index documents_outbox: by id, so that a page is read
// without sorting all that is due.
const dueDocuments = `
		WHERE ledger = @ledger AND status IN ('due', 'created', 'accepted', 'unknown') AND (NOT held OR released) AND next_at <= @at
			AND NOT EXISTS (` + openLink + `)
		ORDER BY id LIMIT @limit`

// DueDocuments lists what a ledger is to be told or asked now, in the order in which
// documents were made.
func (s *Store) DueDocuments(ctx context.Context, ledger string, at time.Time, limit int) ([]ports.DocumentRecord, error) {
	return s.documents(ctx, "list due documents", dueDocuments, pgx.NamedArgs{"ledger": ledger, "at": at, "limit": limit})
}

// LinksOpen lists documents that have to be posted before one and are not.
func (s *Store) LinksOpen(ctx context.Context, key domain.DocumentKey) ([]domain.DocumentKey, error) {
	const op = "list open links"
	rows, err := s.pool.Query(ctx, `SELECT o.key FROM documents d, LATERAL (`+openLink+`) o WHERE d.key = @key ORDER BY 1`, pgx.NamedArgs{"key": key})
	if err != nil {
		return nil, toFault(op, err)
	}
	keys, err := pgx.CollectRows(rows, pgx.RowTo[domain.DocumentKey])
	return keys, toFault(op, err)
}

// OrderDocuments lists an order's documents, the oldest first.
func (s *Store) OrderDocuments(ctx context.Context, id domain.OrderID) ([]ports.DocumentRecord, error) {
	return s.documents(ctx, "list documents of an order", `WHERE store = @store AND number = @number ORDER BY id`, orderArgs(id))
}

// Document reads one document; fault.NotFound when there is none.
func (s *Store) Document(ctx context.Context, key domain.DocumentKey) (ports.DocumentRecord, error) {
	const op = "read document"
	found, err := s.documents(ctx, op, `WHERE key = @key`, pgx.NamedArgs{"key": key})
	if err == nil && len(found) == 0 {
		err = toFault(op, pgx.ErrNoRows)
	}
	if err != nil {
		return ports.DocumentRecord{}, err
	}
	return found[0], nil
}

// Documents lists documents, the oldest first.
func (s *Store) Documents(ctx context.Context, f ports.DocumentFilter, limit int) ([]ports.DocumentRecord, error) {
	args := pgx.NamedArgs{
		"entity": f.Entity, "period": f.Period, "kind": f.Kind, "status": f.Status, "cause": f.Cause, "after": f.After,
		"unposted": f.Unposted, "limit": limit, "store": "", "number": "",
	}
	if f.Order != nil {
		args["store"], args["number"] = f.Order.Store, f.Order.Number
	}
	return s.documents(ctx, "list documents", `
		WHERE (@number = '' OR (store = @store AND number = @number)) AND (@entity = '' OR entity = @entity)
			AND (@period = '' OR left(date, 7) = @period) AND (@kind = '' OR kind = @kind) AND (@status = '' OR status = @status)
			AND (@cause = '' OR cause = @cause) AND (NOT @unposted OR status NOT IN ('posted', 'dropped'))
			AND (@after = '' OR id > (SELECT a.id FROM documents a WHERE a.key = @after))
		ORDER BY id LIMIT @limit`, args)
}

// stranded tells of a row of documents that nobody is at it.
const stranded = `(stranded AND held AND NOT released AND status NOT IN ('posted', 'dropped'))`

// DocumentCauses sums up what documents wait on, except those that a workflow posts.
func (s *Store) DocumentCauses(ctx context.Context) ([]ports.DocumentCause, error) {
	const op = "group documents"
	rows, err := s.pool.Query(ctx, `
		SELECT cause, sum(n)::int AS count, (array_agg(first ORDER BY since, first))[1] AS first, (array_agg(problems ORDER BY since, first))[1] AS problems,
			jsonb_object_agg(currency, gross) AS money, min(since) AS since
		FROM (
			SELECT cause, currency, count(*) AS n, sum(gross)::bigint AS gross, min(created_at) AS since,
				(array_agg(key ORDER BY id))[1] AS first, (array_agg(problems ORDER BY id))[1] AS problems
			FROM documents WHERE cause <> '' AND (status IN ('paused', 'rejected') AND (NOT held OR released) OR `+stranded+` OR `+unconfirmed+`) GROUP BY cause, currency
		) by_currency
		GROUP BY cause ORDER BY cause`)
	if err != nil {
		return nil, toFault(op, err)
	}
	causes, err := pgx.CollectRows(rows, pgx.RowToStructByName[ports.DocumentCause])
	return causes, toFault(op, err)
}

// OpenSystemCauses lists the causes of a system's open exceptions.
func (s *Store) OpenSystemCauses(ctx context.Context, system string) ([]string, error) {
	const op = "list causes of a system"
	rows, err := s.pool.Query(ctx, `SELECT cause FROM exceptions WHERE resolved_at IS NULL AND store IS NULL AND system = @system ORDER BY cause`, pgx.NamedArgs{"system": system})
	if err != nil {
		return nil, toFault(op, err)
	}
	causes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return causes, toFault(op, err)
}
