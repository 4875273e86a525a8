package store

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"selvedge/internal/fault"
	"selvedge/internal/store/migrations"
)

// Migrate brings the schema up to date. Several processes may call it at once:
// one works, the others wait for a session lock and find nothing left to do.
func (s *Store) Migrate(ctx context.Context) error {
	const op = "migrate"
	if err := s.createSchema(ctx); err != nil {
		return toFault(op, err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return toFault(op, err)
	}
	db := stdlib.OpenDBFromPool(s.pool)
	defer db.Close() // leaves the pool open
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, goose.WithSessionLocker(locker))
	if err != nil {
		return toFault(op, err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return toFault(op, err)
	}
	return nil
}

// createSchema makes the schema under a lock, because IF NOT EXISTS still fails
// when two sessions create the same one at the same moment.
func (s *Store) createSchema(ctx context.Context) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('selvedge schema'))`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `CREATE SCHEMA IF NOT EXISTS `+Schema)
		return err
	})
}

// SchemaCurrent tells whether every migration of this program is applied; the
// fault says which version is found and wanted. A newer schema is fine: an older
// process keeps working while its successor is rolled out.
func (s *Store) SchemaCurrent(ctx context.Context) error {
	const op = "check schema"
	want, err := newestMigration()
	if err != nil {
		return toFault(op, err)
	}
	var have int64
	err = s.pool.QueryRow(ctx, `SELECT COALESCE(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&have)
	if err != nil {
		return toFault(op, err)
	}
	if have < want {
		return &fault.Fault{
			Kind: fault.Misconfigured, System: system, Op: op, Code: "schema",
			Message: fmt.Sprintf("the schema is at version %d, this program needs %d: run its migrations", have, want),
		}
	}
	return nil
}

// newestMigration is the number of the last embedded step.
func newestMigration() (int64, error) {
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, name := range names {
		digits, _, _ := strings.Cut(name, "_")
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration %s: want a number before the underscore: %w", name, err)
		}
		newest = max(newest, n)
	}
	return newest, nil
}
