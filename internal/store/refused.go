package store

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Refused is an input that could not be read, without its body.
type Refused struct {
	Source string // which feed or webhook
	Key    string // unique within the source
	Reason string // plain words, without personal data
	At     time.Time
}

// SaveRefused keeps an input that could not be read. The body may hold personal data
// and is sealed with the master key. The first reading under (source, key) stays: a second run is harmless.
// What spoiled the input may stand in its key too, so what PostgreSQL does not take as text is replaced.
func (s *Store) SaveRefused(ctx context.Context, source, key, reason string, body []byte, at time.Time) error {
	source, key, reason = storable(source), storable(key), storable(reason)
	sealed, keyID := s.keys.wrap(body, refusedContext(source, key))
	_, err := s.pool.Exec(ctx, `
		INSERT INTO refused_inputs (source, key, reason, body, key_id, at) VALUES (@source, @key, @reason, @body, @key_id, @at)
		ON CONFLICT (source, key) DO NOTHING`,
		pgx.NamedArgs{"source": source, "key": key, "reason": reason, "body": sealed, "key_id": keyID, "at": at})
	return toFault("save refused input", err)
}

// RefusedBody opens the body of a refused input. Unknown is fault.NotFound.
func (s *Store) RefusedBody(ctx context.Context, source, key string) ([]byte, error) {
	var sealed []byte
	var keyID string
	err := s.pool.QueryRow(ctx, `SELECT body, key_id FROM refused_inputs WHERE source = @source AND key = @key`,
		pgx.NamedArgs{"source": source, "key": key}).Scan(&sealed, &keyID)
	if err != nil {
		return nil, toFault("open refused input", err)
	}
	return s.keys.unwrap(sealed, keyID, refusedContext(source, key))
}

// CountRefused counts the refused inputs.
func (s *Store) CountRefused(ctx context.Context) (n int, err error) {
	err = s.pool.QueryRow(ctx, `SELECT count(*) FROM refused_inputs`).Scan(&n)
	return n, toFault("count refused inputs", err)
}

// RefusedInputs lists refused inputs, newest first.
func (s *Store) RefusedInputs(ctx context.Context, limit int) ([]Refused, error) {
	const op = "list refused inputs"
	rows, err := s.pool.Query(ctx, `SELECT source, key, reason, at FROM refused_inputs ORDER BY at DESC, source, key LIMIT @limit`,
		pgx.NamedArgs{"limit": limit})
	if err != nil {
		return nil, toFault(op, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Refused])
	return list, toFault(op, err)
}

// storable replaces what no text in PostgreSQL can hold.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

func refusedContext(source, key string) string { return "refused " + source + " " + key }
