package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

var _ ports.CoverageStore = (*Store)(nil)

// SaveCoverage opens the gaps that were found, keeping since when they are known, and
// closes those of the compared lists that were not found again: their rule has come,
// or the value is gone. A second run changes nothing but when they were last seen.
func (s *Store) SaveCoverage(ctx context.Context, compared []domain.CoverageList, gaps []domain.CoverageGap, at time.Time) (opened, closed int, err error) {
	const op = "save coverage"
	found, err := json.Marshal(append([]domain.CoverageGap{}, gaps...))
	if err != nil {
		return 0, 0, toFault(op, err)
	}
	lists, err := json.Marshal(append([]domain.CoverageList{}, compared...))
	if err != nil {
		return 0, 0, toFault(op, err)
	}
	args := pgx.NamedArgs{"found": string(found), "lists": string(lists), "at": at}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			WITH saved AS (
				INSERT INTO coverage_gaps AS g (source, scope, kind, cause, owner, value, detail, first_seen, last_seen)
				SELECT source, scope, kind, cause, owner, value, detail, @at, @at
				FROM jsonb_to_recordset(@found::jsonb) AS f (source text, scope text, kind text, cause text, owner text, value text, detail text)
				ON CONFLICT (source, scope, cause) WHERE closed_at IS NULL
				DO UPDATE SET kind = excluded.kind, owner = excluded.owner, detail = excluded.detail, last_seen = excluded.last_seen
				RETURNING first_seen = last_seen AS new)
			SELECT count(*) FILTER (WHERE new)::int FROM saved`, args).Scan(&opened)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			UPDATE coverage_gaps g SET closed_at = @at
			WHERE closed_at IS NULL
				AND EXISTS (SELECT FROM jsonb_to_recordset(@lists::jsonb) AS l ("Source" text, "Scope" text, "Except" text)
					WHERE l."Source" = g.source AND l."Scope" = g.scope AND l."Except" IS DISTINCT FROM g.kind)
				AND NOT EXISTS (SELECT FROM jsonb_to_recordset(@found::jsonb) AS f (source text, scope text, cause text)
					WHERE f.source = g.source AND f.scope = g.scope AND f.cause = g.cause)`, args)
		closed = int(tag.RowsAffected())
		return err
	})
	return opened, closed, toFault(op, err)
}

// CoverageGaps lists what no rule gives a meaning to, by owner, kind and value, with
// how many orders wait on the same cause by now.
func (s *Store) CoverageGaps(ctx context.Context) ([]domain.CoverageGap, error) {
	const op = "list coverage"
	rows, err := s.pool.Query(ctx, `
		SELECT source, scope, kind, cause, owner, value, detail, first_seen, last_seen,
			(SELECT count(DISTINCT (e.store, e.number)) FROM exceptions e WHERE e.resolved_at IS NULL AND e.store IS NOT NULL AND e.cause = g.cause)::int AS orders
		FROM coverage_gaps g WHERE closed_at IS NULL ORDER BY owner, kind, value, scope`)
	if err != nil {
		return nil, toFault(op, err)
	}
	gaps, err := pgx.CollectRows(rows, pgx.RowToStructByName[domain.CoverageGap])
	return gaps, toFault(op, err)
}

// CoverageSeen is when a comparison last ended; zero when none ever did.
func (s *Store) CoverageSeen(ctx context.Context) (at time.Time, err error) {
	var seen *time.Time
	err = s.pool.QueryRow(ctx, `SELECT max(updated_at) FROM feed_cursors WHERE name = 'coverage'`).Scan(&seen)
	return instant(seen), toFault("read coverage", err)
}

// SaveSizes keeps sizes as read from the shop; an older reading never replaces a newer one.
func (s *Store) SaveSizes(ctx context.Context, sizes []domain.CatalogueSize, at time.Time) error {
	const op = "save sizes"
	if len(sizes) == 0 {
		return nil
	}
	list, err := json.Marshal(sizes)
	if err != nil {
		return toFault(op, err)
	}
	_, err = s.pool.Exec(ctx, `
		INSERT INTO catalogue_sizes AS c (size_id, sku, content, updated_at, read_at)
		SELECT DISTINCT ON (content ->> 'id') content ->> 'id', content ->> 'sku', content, (content ->> 'updatedAt')::timestamptz, @at
		FROM jsonb_array_elements(@sizes::jsonb) AS content
		ORDER BY content ->> 'id', (content ->> 'updatedAt')::timestamptz DESC
		ON CONFLICT (size_id) DO UPDATE SET sku = excluded.sku, content = excluded.content, updated_at = excluded.updated_at, read_at = excluded.read_at
		WHERE c.read_at <= excluded.read_at`,
		pgx.NamedArgs{"sizes": string(list), "at": at})
	return toFault(op, err)
}

// Sizes lists the shop's sizes by id, after an id.
func (s *Store) Sizes(ctx context.Context, after string, limit int) ([]domain.CatalogueSize, error) {
	const op = "list sizes"
	rows, err := s.pool.Query(ctx, `SELECT content FROM catalogue_sizes WHERE size_id > @after ORDER BY size_id LIMIT @limit`,
		pgx.NamedArgs{"after": after, "limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	sizes, err := pgx.CollectRows(rows, pgx.RowTo[domain.CatalogueSize])
	return sizes, toFault(op, err)
}
