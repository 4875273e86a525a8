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

// BeginAlone begins an attempt unless another of the order's with the same suffix, or an
// earlier one of its own, is still under way. The attempts themselves are the queue, so no
// connection is held while a request is out, and a process that dies holds the others up
// for no longer than its request may still take effect: then whatever it did can be read
// back, and its attempt has lost its turn. A second run waits for the first.
func (s *Store) BeginAlone(ctx context.Context, id domain.OrderID, key, suffix string, at time.Time, settle time.Duration) (turn int, wait time.Duration, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, lockOrder, orderArgs(id)).Scan(new(int64)); err != nil {
			return err
		}
		args := pgx.NamedArgs{"store": id.Store, "number": id.Number, "key": key, "suffix": suffix, "at": at}
		var newest *time.Time
		if err := tx.QueryRow(ctx, `
			SELECT max(begun_at) FROM attempts WHERE store = @store AND number = @number AND answered_at IS NULL AND right(key, length(@suffix)) = @suffix`,
			args).Scan(&newest); err != nil {
			return err
		}
		if newest != nil {
			if wait = newest.Add(settle).Sub(at); wait > 0 {
				return nil
			}
			wait = 0
		}
		if _, err := tx.Exec(ctx, `
			UPDATE attempts SET answered_at = now(), tries = tries + 1
			WHERE store = @store AND number = @number AND answered_at IS NULL AND right(key, length(@suffix)) = @suffix`, args); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
			INSERT INTO attempts AS a (store, number, key, begun_at) VALUES (@store, @number, @key, @at)
			ON CONFLICT (store, number, key) DO UPDATE SET begun_at = excluded.begun_at, answered_at = NULL, tries = a.tries + 1
			RETURNING tries`, args).Scan(&turn)
	})
	return turn, wait, orderFault("begin attempt", id, err)
}

// RenewAlone tells whether an attempt still has its turn, and counts its time anew.
func (s *Store) RenewAlone(ctx context.Context, id domain.OrderID, key string, turn int, at time.Time) (bool, error) {
	tag, err := s.pool.Exec(ctx, `
		UPDATE attempts SET begun_at = GREATEST(begun_at, @at)
		WHERE store = @store AND number = @number AND key = @key AND answered_at IS NULL AND tries = @turn`,
		pgx.NamedArgs{"store": id.Store, "number": id.Number, "key": key, "turn": turn, "at": at})
	return tag.RowsAffected() > 0, toFault("renew attempt", err)
}

// EndAlone ends an attempt unless it has lost its turn. Idempotent.
func (s *Store) EndAlone(ctx context.Context, id domain.OrderID, key string, turn int) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE attempts SET answered_at = now() WHERE store = @store AND number = @number AND key = @key AND answered_at IS NULL AND tries = @turn`,
		pgx.NamedArgs{"store": id.Store, "number": id.Number, "key": key, "turn": turn})
	return toFault("end attempt", err)
}
