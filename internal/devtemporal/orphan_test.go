package devtemporal_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
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
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		// The process, not its port: another server of this machine may have that by now.
		assert.True(c, ended(pid), "the server goes with the parent")
		assert.NoDirExists(c, filepath.Dir(db), "its temporary database goes with it")
	}, 30*time.Second, 50*time.Millisecond)
}

// Only a server that has something to complain about while it stops writes to nobody, so
// this one is made to talk.
func TestTheServerStopsCleanlyWhenNobodyReadsItsComplaints(t *testing.T) {
	t.Parallel()
	ctx := bounded(t)
	binary, err := devtemporal.Build(ctx, t.Output())
	require.NoError(t, err)
	server := exec.CommandContext(ctx, binary, "--exit-with-parent", "--log-level", "info")
	stdin, err := server.StdinPipe()
	require.NoError(t, err)
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	complaints, theirs, err := os.Pipe()
	require.NoError(t, err)
	server.Stderr = theirs
	require.NoError(t, server.Start())
	require.NoError(t, theirs.Close())
	go func() { _, _ = io.Copy(io.Discard, complaints) }()
	var ready struct{ DB string }
	require.NoError(t, json.NewDecoder(out).Decode(&ready))

	require.NoError(t, complaints.Close())
	require.NoError(t, stdin.Close())
	require.NoError(t, server.Wait(), "it ends by itself, not by SIGPIPE")
	require.NoDirExists(t, filepath.Dir(ready.DB), "a clean stop removes the temporary database")
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
