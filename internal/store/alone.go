package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// aloneAtOnce bounds how many hold a connection while they do something outside, so that
// they never hold all of the pool, and what they do may use the pool itself.
const aloneAtOnce = 2

// Alone does something outside while nobody else does anything of the same name, in this
// process or another: for systems that can only be read, changed and written as a whole.
// Its error comes back as it is. The lock ends with the connection: should that break
// meanwhile, the next one may begin too early.
func (s *Store) Alone(ctx context.Context, name string, do func() error) error {
	select {
	case s.alone <- struct{}{}:
	case <-ctx.Done():
		return toFault("wait for a turn", ctx.Err())
	}
	defer func() { <-s.alone }()
	var done error
	began := false
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('alone ' || @name, 0))`, pgx.NamedArgs{"name": name}); err != nil {
			return err
		}
		began = true
		done = do()
		return nil
	})
	if began {
		return done
	}
	return toFault("take a turn", err)
}
