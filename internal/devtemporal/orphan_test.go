package devtemporal_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
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
	fmt.Println(server.Address, server.PID, server.DB)
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
	words := strings.SplitN(strings.TrimSpace(line), " ", 3)
	require.Len(t, words, 3, line)
	address, db := words[0], words[2]
	pid, err := strconv.Atoi(words[1])
	require.NoError(t, err)
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	require.NoError(t, conn.Close())

	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	require.Eventually(t, func() bool {
		// The process, not its port: another server of this machine may have that by now.
		_, dirErr := os.Stat(filepath.Dir(db))
		return ended(pid) && os.IsNotExist(dirErr)
	}, 30*time.Second, 50*time.Millisecond, "the server and its temporary database go with the parent")
}

// ended tells whether a process is gone, or is only kept for a parent that does not ask.
func ended(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false // no /proc here, or it ended meanwhile: asked again
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z")
}
