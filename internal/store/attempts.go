package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
)

// BeginAttempt records that a write without an idempotency key is about to be sent.
// It is committed before it returns, so it survives a killed process. A second run
// counts as a later attempt: it only lengthens the wait of PendingAttempt.
// An unknown order is fault.NotFound.
func (s *Store) BeginAttempt(ctx context.Context, id domain.OrderID, key string, at time.Time) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO attempts AS a (store, number, key, begun_at) VALUES (@store, @number, @key, @at)
		ON CONFLICT (store, number, key) DO UPDATE SET
			begun_at = GREATEST(excluded.begun_at, CASE WHEN a.answered_at IS NULL THEN a.begun_at END),
			answered_at = NULL, tries = a.tries + 1`,
		pgx.NamedArgs{"store": id.Store, "number": id.Number, "key": key, "at": at})
	return toFault("begin attempt", err)
}

// PendingAttempt tells whether the newest attempt under the key has no answer (open),
// and how long after at it may still take effect when the system takes at most
// settle: 0 when that is over and reading back shows its outcome.
func (s *Store) PendingAttempt(ctx context.Context, id domain.OrderID, key string, at time.Time, settle time.Duration) (wait time.Duration, open bool, err error) {
	var begun time.Time
	err = s.pool.QueryRow(ctx, `
		SELECT begun_at FROM attempts WHERE store = @store AND number = @number AND key = @key AND answered_at IS NULL`,
		pgx.NamedArgs{"store": id.Store, "number": id.Number, "key": key}).Scan(&begun)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, false, nil
	case err != nil:
		return 0, false, toFault("read pending attempt", err)
	}
	return max(0, begun.Add(settle).Sub(at)), true, nil
}

// EndAttempt marks everything attempted under the key as answered. Idempotent.
func (s *Store) EndAttempt(ctx context.Context, id domain.OrderID, key string) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE attempts SET answered_at = now() WHERE store = @store AND number = @number AND key = @key AND answered_at IS NULL`,
		pgx.NamedArgs{"store": id.Store, "number": id.Number, "key": key})
	return toFault("end attempt", err)
}
