package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/domain"
)

// BeginAttempt records that a write without an idempotency key is about to be sent,
// and answers when the newest attempt at it began that has no answer yet (nil when
// there is none): the caller then waits out the system's time limit and looks
// before it sends. It is committed before it returns, so it survives a killed
// process. A second run counts as a second attempt, which errs on the safe side.
func (s *Store) BeginAttempt(ctx context.Context, id domain.OrderID, key string, at time.Time) (last *time.Time, err error) {
	err = s.pool.QueryRow(ctx, `
		INSERT INTO attempts AS a (store, number, key, begun_at) VALUES (@store, @number, @key, @at)
		ON CONFLICT (store, number, key) DO UPDATE SET
			before = CASE WHEN a.answered_at IS NULL THEN a.begun_at END,
			begun_at = GREATEST(excluded.begun_at, CASE WHEN a.answered_at IS NULL THEN a.begun_at END),
			answered_at = NULL, tries = a.tries + 1
		RETURNING before`,
		pgx.NamedArgs{"store": id.Store, "number": id.Number, "key": key, "at": at}).Scan(&last)
	if err != nil {
		return nil, toFault("begin attempt", err)
	}
	return last, nil
}

// EndAttempt marks everything attempted under the key as answered. Idempotent.
func (s *Store) EndAttempt(ctx context.Context, id domain.OrderID, key string) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE attempts SET answered_at = now() WHERE store = @store AND number = @number AND key = @key AND answered_at IS NULL`,
		pgx.NamedArgs{"store": id.Store, "number": id.Number, "key": key})
	return toFault("end attempt", err)
}
