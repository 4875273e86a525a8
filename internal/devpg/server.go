package devpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is one run of the postgres program.
type server struct {
	process *os.Process
	logFile string
	exited  chan struct{} // closed when the process is gone
	exitErr error         // valid after exited
}

// startServer runs postgres itself rather than pg_ctl: it must be our child to
// end with us and to be waited for.
func startServer(install installation, dir string, args []string, log io.Writer) (*server, error) {
	s := &server{logFile: filepath.Join(dir, "postgres.log"), exited: make(chan struct{})}
	file, err := os.Create(s.logFile)
	if err != nil {
		return nil, fmt.Errorf("make PostgreSQL's log: %w", err)
	}
	cmd := install.command(context.Background(), "postgres", args...)
	cmd.Dir = dir
	endWithParent(cmd.SysProcAttr)
	cmd.Stderr = file
	if log != nil {
		cmd.Stderr = io.MultiWriter(file, log)
		cmd.WaitDelay = 5 * time.Second // after SIGKILL its children hold the pipe a moment longer
	}
	started := make(chan error)
	go func() {
		// The kernel sends the parent-death signal when the starting *thread*
		// ends (Go issue 27505), so this one lives until the server is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		s.process = cmd.Process
		started <- err
		if err != nil {
			file.Close()
			return
		}
		s.exitErr = cmd.Wait()
		file.Close()
		close(s.exited)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return s, nil
}

// awaitReady returns once the server accepts our password, which no other
// server that might have taken the port does.
func (s *server) awaitReady(ctx context.Context, url string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ping(ctx, url)
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("PostgreSQL ended before it was ready: %w: %s", s.exitErr, s.complaint())
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL not ready: %w: %s", ctx.Err(), s.complaint())
		case <-tick.C:
		}
	}
}

func ping(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// stop asks for a fast shutdown: open transactions are rolled back, the data is
// flushed. When ctx ends first the server is killed.
func (s *server) stop(ctx context.Context) error {
	_ = s.process.Signal(syscall.SIGINT) // fails only when it is gone
	select {
	case <-s.exited:
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("stop PostgreSQL: %w", ctx.Err()), s.kill())
	}
}

// killedWithin bounds the wait for the kernel to reap a killed process.
const killedWithin = 10 * time.Second

func (s *server) kill() error {
	if err := s.process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill PostgreSQL: %w", err)
	}
	select {
	case <-s.exited:
		return nil
	case <-time.After(killedWithin):
		return fmt.Errorf("PostgreSQL, process %d, is still there %s after SIGKILL", s.process.Pid, killedWithin)
	}
}

// complaint is the end of the server's log.
func (s *server) complaint() string {
	content, err := os.ReadFile(s.logFile)
	if err != nil {
		return err.Error()
	}
	return lastLines(string(content))
}

func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}

// command runs one of PostgreSQL's programs as the user who may run it.
func (i installation) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(i.bin, program), args...)
	// A group of its own: Ctrl-C in a terminal must not take the database from
	// a worker that is still finishing.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// Nothing of the caller's PG* settings may reach the programs.
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") && !strings.HasPrefix(kv, "LC_") && !strings.HasPrefix(kv, "LANG") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C")
	if i.user != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: i.user.uid, Gid: i.user.gid}
	}
	return cmd
}
