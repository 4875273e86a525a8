package store

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jackc/pgx/v5"

	"selvedge/internal/ports"
)

// hashOf is what we keep of a session's token: who reads the table cannot log in with it.
func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// OpenSession opens a session for a user under a fresh token and forgets those that
// ended before oldest (last seen) or began before first.
func (s *Store) OpenSession(ctx context.Context, token, name, csrf string, at, oldest, first time.Time) error {
	const op = "open session"
	var b pgx.Batch
	b.Queue(`DELETE FROM sessions WHERE seen_at < @oldest OR opened_at < @first`, pgx.NamedArgs{"oldest": oldest, "first": first})
	b.Queue(`INSERT INTO sessions (token, name, csrf, opened_at, seen_at) VALUES (@token, @name, @csrf, @at, @at)`,
		pgx.NamedArgs{"token": hashOf(token), "name": name, "csrf": csrf, "at": at})
	return toFault(op, s.pool.SendBatch(ctx, &b).Close())
}

// Session finds the open session of a token, with its user's role of now. One last seen
// before oldest, or begun before first, is over: fault.NotFound. With touch the session
// counts as seen at that instant; that is written once a minute at most.
func (s *Store) Session(ctx context.Context, token string, at, oldest, first time.Time, touch bool) (ports.Session, error) {
	const op = "read session"
	var found ports.Session
	err := s.pool.QueryRow(ctx, `
		SELECT s.name, u.role, s.csrf, s.opened_at, s.seen_at FROM sessions s JOIN users u ON u.name = s.name
		WHERE s.token = @token AND s.seen_at >= @oldest AND s.opened_at >= @first`,
		pgx.NamedArgs{"token": hashOf(token), "oldest": oldest, "first": first}).
		Scan(&found.Name, &found.Role, &found.CSRF, &found.OpenedAt, &found.SeenAt)
	if err != nil {
		return found, toFault(op, err)
	}
	if touch && at.Sub(found.SeenAt) >= time.Minute {
		_, err = s.pool.Exec(ctx, `UPDATE sessions SET seen_at = @at WHERE token = @token AND seen_at < @at`,
			pgx.NamedArgs{"token": hashOf(token), "at": at})
	}
	return found, toFault(op, err)
}

// CloseSession ends the session of a token. Idempotent.
func (s *Store) CloseSession(ctx context.Context, token string) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM sessions WHERE token = @token`, pgx.NamedArgs{"token": hashOf(token)})
	return toFault("close session", err)
}
