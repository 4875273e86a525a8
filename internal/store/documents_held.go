package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
)

// StrandDocuments notes which held documents nobody is at. A return asks about its own
// documents under its plan's key, and about systems that are away: while it does, its
// document is told of. A second run finds nothing to change.
func (s *Store) StrandDocuments(ctx context.Context, before time.Time) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE documents d SET stranded = n.stranded,
			cause = CASE WHEN n.stranded AND d.cause = '' THEN @kind || ':' || d.ledger
				WHEN NOT n.stranded AND d.cause LIKE @kind || ':%' THEN '' ELSE d.cause END
		FROM (
			SELECT h.key, h.created_at < @before AND NOT EXISTS (
				SELECT FROM exceptions e
				WHERE e.resolved_at IS NULL AND e.store = h.store AND e.number = h.number AND e.return_no > 0
					AND (e.subject = h.content ->> 'returnRef' OR e.kind = 'unavailable')) AS stranded
			FROM documents h WHERE h.held AND NOT h.released AND h.status NOT IN ('posted', 'dropped')
		) n
		WHERE d.key = n.key AND (d.stranded <> n.stranded OR n.stranded AND d.cause = '')`,
		pgx.NamedArgs{"before": before, "kind": domain.KindDocumentHeld})
	return toFault("find stranded documents", err)
}

// LinkDocument notes what a posted document came to name in its ledger. The same again
// changes nothing.
func (s *Store) LinkDocument(ctx context.Context, key domain.DocumentKey, links []string) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE documents SET entry = entry || jsonb_build_object('links', (
			SELECT jsonb_agg(DISTINCT l) FROM (
				SELECT jsonb_array_elements_text(COALESCE(entry -> 'links', '[]')) UNION SELECT unnest(@links::text[])) AS all_links (l)))
		WHERE key = @key AND status = 'posted'`, pgx.NamedArgs{"key": key, "links": links})
	return toFault("link document", err)
}

// unconfirmed tells of a row of documents that its outcome is missed, see MissDocuments.
const unconfirmed = `(status IN ('unknown', 'accepted') AND cause LIKE '` + domain.KindDocumentUnconfirmed + `:%')`

// MissDocuments notes which documents a ledger took without saying for long what came of
// them. Each look at one takes the note away, and a later run of this gives it back while
// there is no outcome: a second run finds nothing to change.
func (s *Store) MissDocuments(ctx context.Context, before time.Time) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE documents SET cause = @kind || ':' || ledger
		WHERE status IN ('unknown', 'accepted') AND (NOT held OR released) AND cause = '' AND (entry ->> 'awaited')::timestamptz < @before`,
		pgx.NamedArgs{"before": before, "kind": domain.KindDocumentUnconfirmed})
	return toFault("miss documents", err)
}
