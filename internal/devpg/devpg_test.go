package devpg_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"selvedge/internal/devpg"
)

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func start(t *testing.T, o devpg.Options) *devpg.Cluster {
	cluster, err := devpg.Start(bounded(t), o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = cluster.Stop(context.Background()) })
	return cluster
}

func connect(t *testing.T, url string) *pgx.Conn {
	conn, err := pgx.Connect(bounded(t), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec(t *testing.T, url, sql string) {
	conn := connect(t, url)
	_, err := conn.Exec(bounded(t), sql)
	require.NoError(t, err)
	require.NoError(t, conn.Close(bounded(t)))
}

func value[T any](t *testing.T, url, sql string) (v T) {
	conn := connect(t, url)
	require.NoError(t, conn.QueryRow(bounded(t), sql).Scan(&v))
	require.NoError(t, conn.Close(bounded(t)))
	return v
}

func TestADatabaseIsCopiedFromItsTemplate(t *testing.T) {
	t.Parallel()
	cluster := start(t, devpg.Options{})
	require.NoError(t, cluster.CreateDatabase(bounded(t), "template-1", ""))
	exec(t, cluster.URL("template-1"), "CREATE TABLE parcels (id int); INSERT INTO parcels VALUES (7)")
	require.NoError(t, cluster.CreateDatabase(bounded(t), `odd "name"`, "template-1"))
	require.Equal(t, 7, value[int](t, cluster.URL(`odd "name"`), "SELECT id FROM parcels"))
	require.ErrorContains(t, cluster.CreateDatabase(bounded(t), "template-1", ""), "already exists")
	require.Equal(t, "UTF8 C.UTF-8 UTC", value[string](t, cluster.URL("postgres"),
		"SELECT pg_encoding_to_char(encoding) || ' ' || datcollate || ' ' || current_setting('timezone') FROM pg_database WHERE datname = 'postgres'"))
}

func TestTwoClustersRunAtOnce(t *testing.T) {
	t.Parallel()
	var clusters [2]*devpg.Cluster
	var errs [2]error
	var wg sync.WaitGroup
	for i := range clusters {
		wg.Go(func() { clusters[i], errs[i] = devpg.Start(bounded(t), devpg.Options{}) })
	}
	wg.Wait()
	for i, c := range clusters {
		require.NoError(t, errs[i])
		t.Cleanup(func() { _ = c.Stop(context.Background()) })
		require.NoError(t, c.CreateDatabase(bounded(t), "same", ""))
	}
	folder := "SELECT current_setting('data_directory')"
	require.NotEqual(t, value[string](t, clusters[0].URL("same"), folder), value[string](t, clusters[1].URL("same"), folder))
}

func TestCommittedRowsSurviveAKill(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "selvedge-test-") // t.TempDir lies under a folder that only we may enter
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	cluster := start(t, devpg.Options{Dir: dir, Durable: true})
	url := cluster.URL("postgres")
	require.Equal(t, "on", value[string](t, url, "SHOW fsync"))
	exec(t, url, "CREATE TABLE facts (sequence int); INSERT INTO facts VALUES (41)")
	open := connect(t, url) // a client in the middle of something

	require.NoError(t, cluster.Kill())
	// A backend outlives its postmaster for the moment in which it hears of it.
	require.Eventually(t, func() bool { return open.Ping(bounded(t)) != nil }, 30*time.Second, 10*time.Millisecond)
	_, err = pgx.Connect(bounded(t), url)
	require.Error(t, err, "the server is really gone")

	require.NoError(t, cluster.Restart(bounded(t)))
	require.Equal(t, 41, value[int](t, url, "SELECT sequence FROM facts"), "same port, same password, same data")
	require.NoError(t, cluster.Restart(bounded(t)), "of a running server")

	require.NoError(t, cluster.Stop(bounded(t)))
	require.NoError(t, cluster.Stop(bounded(t)), "a second stop is harmless")
	again := start(t, devpg.Options{Dir: dir})
	require.Equal(t, 41, value[int](t, again.URL("postgres"), "SELECT sequence FROM facts"), "a named folder is kept")
	require.Equal(t, "off", value[string](t, again.URL("postgres"), "SHOW fsync"))
}

func TestStopRemovesATemporaryFolder(t *testing.T) {
	t.Parallel()
	cluster := start(t, devpg.Options{})
	data := value[string](t, cluster.URL("postgres"), "SHOW data_directory")
	require.DirExists(t, data)
	require.NoError(t, cluster.Stop(bounded(t)))
	require.NoDirExists(t, filepath.Dir(data))
}

func TestThePasswordIsAskedFor(t *testing.T) {
	t.Parallel()
	cluster := start(t, devpg.Options{})
	config, err := pgx.ParseConfig(cluster.URL("postgres"))
	require.NoError(t, err)
	config.Password = "guessed"
	_, err = pgx.ConnectConfig(bounded(t), config)
	require.ErrorContains(t, err, "password authentication failed")
}

func TestTheLogKeepsNoCustomerData(t *testing.T) {
	t.Parallel()
	log := &syncBuffer{}
	cluster := start(t, devpg.Options{Log: log})
	conn := connect(t, cluster.URL("postgres"))
	_, err := conn.Exec(bounded(t), "CREATE TABLE people (mail text UNIQUE); INSERT INTO people VALUES ('kim@example.test')")
	require.NoError(t, err)
	_, err = conn.Exec(bounded(t), "INSERT INTO people VALUES ('kim@example.test')")
	require.Error(t, err)
	_, err = conn.Exec(bounded(t), "INSERT INTO people VALUES ($1)", "kim@example.test")
	require.Error(t, err)
	require.NoError(t, cluster.Stop(bounded(t)))
	require.Contains(t, log.String(), "duplicate key", "the log is passed on")
	require.NotContains(t, log.String(), "kim@")
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestSharedIsOneClusterAProcess(t *testing.T) {
	t.Parallel()
	first, err := devpg.Shared(bounded(t))
	require.NoError(t, err)
	second, err := devpg.Shared(bounded(t))
	require.NoError(t, err)
	require.Same(t, first, second)
	name := "shared_" + strings.ToLower(strings.ReplaceAll(t.Name(), "/", "_")) + time.Now().Format("150405.000000000")
	require.NoError(t, first.CreateDatabase(bounded(t), name, ""))
	require.Equal(t, name, value[string](t, first.URL(name), "SELECT current_database()"))
	if os.Getenv(devpg.EnvURL) != "" {
		require.Error(t, first.Kill(), "a server that we did not start is not ours to kill")
	}
}

func TestAWrongFolderOfProgramsIsNamed(t *testing.T) {
	t.Setenv(devpg.EnvBin, t.TempDir())
	_, err := devpg.Start(bounded(t), devpg.Options{})
	require.ErrorContains(t, err, devpg.EnvBin)
	require.ErrorContains(t, err, "unset it")
}
