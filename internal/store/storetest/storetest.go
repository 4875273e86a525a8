// Package storetest gives each test a database of its own.
//
// The schema is migrated once per server and set of migrations, into a template;
// a test's database is a copy of it, made in about a tenth of a second.
package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"selvedge/internal/devpg"
	"selvedge/internal/store"
	"selvedge/internal/store/migrations"
)

// patience bounds everything that a test asks of the server, its start included.
const patience = time.Minute

// New opens a store on an empty, migrated database, with a key of its own. Both end with the test.
func New(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, URL(t), Keyring(t, "test"))
}

// Open opens a store on a database from URL; it is closed before the database is dropped.
func Open(t testing.TB, url string, k store.Keyring) *store.Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := store.Open(ctx, url, k)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// Keyring makes a ring of random keys with the ids given, the first one current.
func Keyring(t testing.TB, ids ...string) store.Keyring {
	t.Helper()
	entries := make([]string, len(ids))
	for i, id := range ids {
		entries[i] = id + ":" + RandomKey()
	}
	k, err := store.ParseKeyring(strings.Join(entries, ","))
	require.NoError(t, err)
	return k
}

// RandomKey makes the base64 text of a master key.
func RandomKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return base64.StdEncoding.EncodeToString(key)
}

// URL makes an empty, migrated database and gives its address. It is dropped with the test.
func URL(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cluster, name, err := template()
	require.NoError(t, err)
	database := "test_" + strings.ToLower(rand.Text())
	require.NoError(t, cluster.CreateDatabase(ctx, database, name))
	dropLater(t, cluster, database)
	return cluster.URL(database)
}

// EmptyURL is URL without the schema, for tests of the migrations themselves.
func EmptyURL(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cluster, err := devpg.Shared(ctx)
	require.NoError(t, err)
	database := "test_" + strings.ToLower(rand.Text())
	require.NoError(t, cluster.CreateDatabase(ctx, database, ""))
	dropLater(t, cluster, database)
	return cluster.URL(database)
}

func dropLater(t testing.TB, cluster *devpg.Cluster, database string) {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		admin, err := pgx.Connect(ctx, cluster.URL("postgres"))
		require.NoError(t, err)
		defer admin.Close(ctx)
		_, err = admin.Exec(ctx, "DROP DATABASE "+pgx.Identifier{database}.Sanitize()+" WITH (FORCE)")
		require.NoError(t, err)
	})
}

// madeTemplate is where the migrated template is.
type madeTemplate struct {
	cluster *devpg.Cluster
	name    string
}

// makeOnce makes the template once per process, whichever test comes first.
var makeOnce = sync.OnceValues(func() (madeTemplate, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cluster, err := devpg.Shared(ctx)
	if err != nil {
		return madeTemplate{}, err
	}
	name, err := templateName()
	if err != nil {
		return madeTemplate{}, err
	}
	return madeTemplate{cluster, name}, makeTemplate(ctx, cluster, name)
})

func template() (*devpg.Cluster, string, error) {
	made, err := makeOnce()
	return made.cluster, made.name, err
}

// templateName names the template after the migrations that make it.
func templateName() (string, error) {
	var all bytes.Buffer
	err := fs.WalkDir(migrations.FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(migrations.FS, path)
		fmt.Fprintf(&all, "%s %d\n%s", path, len(body), body)
		return err
	})
	sum := sha256.Sum256(all.Bytes())
	return "selvedge_template_" + hex.EncodeToString(sum[:8]), err
}

// makeTemplate builds the template under another name and renames it at the end, so
// that a process killed half way leaves nothing that looks finished. A lock keeps
// the processes of other packages' tests out meanwhile.
func makeTemplate(ctx context.Context, cluster *devpg.Cluster, name string) error {
	admin, err := pgx.Connect(ctx, cluster.URL("postgres"))
	if err != nil {
		return err
	}
	defer admin.Close(ctx) // gives the lock back
	if _, err := admin.Exec(ctx, "SELECT pg_advisory_lock(hashtext('selvedge test template'))"); err != nil {
		return err
	}
	var there bool
	if err := admin.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil || there {
		return err
	}
	building := name + "_building"
	if _, err := admin.Exec(ctx, "DROP DATABASE IF EXISTS "+building+" WITH (FORCE)"); err != nil {
		return err
	}
	if err := cluster.CreateDatabase(ctx, building, ""); err != nil {
		return err
	}
	if err := migrate(ctx, cluster.URL(building)); err != nil {
		return err
	}
	_, err = admin.Exec(ctx, "ALTER DATABASE "+building+" RENAME TO "+name)
	return err
}

func migrate(ctx context.Context, url string) error {
	keys, err := store.ParseKeyring("template:" + RandomKey()) // nothing is sealed in a template
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, url, keys)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Migrate(ctx)
}
