package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cursor reads how far a feed has been read; empty when it never was.
func (s *Store) Cursor(ctx context.Context, name string) (value string, err error) {
	err = s.pool.QueryRow(ctx, `SELECT value FROM feed_cursors WHERE name = @name`, pgx.NamedArgs{"name": name}).Scan(&value)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return value, toFault("read cursor", err)
}

// SaveCursor sets a cursor whatever it was. A second run is harmless.
func (s *Store) SaveCursor(ctx context.Context, name, value string, at time.Time) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO feed_cursors (name, value, updated_at) VALUES (@name, @value, @at)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
		pgx.NamedArgs{"name": name, "value": value, "at": at})
	return toFault("save cursor", err)
}

// AdvanceCursor moves a cursor from one value to another; from is empty for one that
// was never set. It answers false when the cursor stands elsewhere, as it does in a
// second run: read it again then.
func (s *Store) AdvanceCursor(ctx context.Context, name, from, to string, at time.Time) (bool, error) {
	tag, err := s.pool.Exec(ctx, `
		INSERT INTO feed_cursors AS c (name, value, updated_at)
		SELECT @name, @to, @at WHERE @from = '' OR EXISTS (SELECT FROM feed_cursors WHERE name = @name)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
		WHERE c.value = @from`,
		pgx.NamedArgs{"name": name, "from": from, "to": to, "at": at})
	return tag.RowsAffected() > 0, toFault("advance cursor", err)
}
