package store

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"selvedge/internal/fault"
)

// Schema is the PostgreSQL schema that holds everything of ours.
const Schema = "selvedge"

// Store is a pool of connections and the keys to what is sealed. Safe for concurrent use.
type Store struct {
	pool  *pgxpool.Pool
	keys  Keyring
	alone chan struct{} // taken by who does something alone
}

// dbtx is what a statement runs on: the pool or a transaction.
type dbtx interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Open connects to the database at url and checks that it answers. It does not
// migrate. A URL that cannot be read or credentials that are refused are
// fault.Misconfigured; a server that does not answer is fault.Unavailable.
func Open(ctx context.Context, url string, k Keyring) (*Store, error) {
	const op = "open"
	if k.current == "" {
		return nil, &fault.Fault{Kind: fault.Misconfigured, System: system, Op: op, Message: "no master key given: personal data could not be sealed"}
	}
	cfg, err := poolConfig(url)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, toFault(op, err)
	}
	s := &Store{pool: pool, keys: k, alone: make(chan struct{}, aloneAtOnce)}
	if err := s.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return s, nil
}

// poolConfig fills what the URL leaves open.
func poolConfig(url string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		// pgx quotes the URL in its message and masks only what it recognises as a password.
		return nil, &fault.Fault{
			Kind: fault.Misconfigured, System: system, Op: "open",
			Message: "the database URL cannot be read: want postgres://user:password@host:port/database (value withheld)",
		}
	}
	// Local activities and intake hold a connection for milliseconds, so a few carry
	// hundreds of orders a second; a PostgreSQL of default size (100) serves six processes.
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = 16
	}
	// Connections are renewed, so that a failed-over or resized server is used again evenly.
	cfg.MaxConnLifetime = 30 * time.Minute
	cfg.MaxConnLifetimeJitter = 5 * time.Minute
	cfg.MaxConnIdleTime = 5 * time.Minute
	// A local activity has 5 s altogether: find out earlier that nobody answers.
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = 3 * time.Second
	}
	for name, value := range map[string]string{
		"application_name":                    Schema,
		"search_path":                         Schema,
		"statement_timeout":                   "15s", // no statement of ours takes one; a stuck one must not hold its row lock
		"lock_timeout":                        "5s",
		"idle_in_transaction_session_timeout": "30s", // a process that was frozen between two statements gives its locks back
	} {
		if _, set := cfg.ConnConfig.RuntimeParams[name]; !set {
			cfg.ConnConfig.RuntimeParams[name] = value
		}
	}
	cfg.AfterConnect = readTimesAsUTC
	return cfg, nil
}

// readTimesAsUTC makes times come back in UTC wherever the process runs, so that
// equal instants are equal values and print alike.
func readTimesAsUTC(_ context.Context, c *pgx.Conn) error {
	c.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

// Close gives all connections back. Calls that are under way finish first.
func (s *Store) Close() { s.pool.Close() }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return toFault("ping", s.pool.Ping(ctx))
}
