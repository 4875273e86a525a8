package devtemporal_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/devtemporal"
)

// orphanMark has the test binary start a server, print where it is and wait to be killed.
const orphanMark = "DEVTEMPORAL_TEST_ORPHAN"

func TestMain(m *testing.M) {
	if os.Getenv(orphanMark) == "" {
		os.Exit(m.Run())
	}
	server, err := devtemporal.Start(context.Background(), devtemporal.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Println(server.Address, server.DB)
	select {}
}

func TestTheServerEndsWithItsKilledParent(t *testing.T) {
	t.Parallel()
	parent := exec.CommandContext(bounded(t), os.Args[0])
	parent.Env = append(os.Environ(), orphanMark+"=1")
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	address, db, ok := strings.Cut(strings.TrimSpace(line), " ")
	require.True(t, ok, line)
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	require.NoError(t, conn.Close())

	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		_, dirErr := os.Stat(filepath.Dir(db))
		return err != nil && os.IsNotExist(dirErr)
	}, 30*time.Second, 50*time.Millisecond, "the server and its temporary database go with the parent")
}
