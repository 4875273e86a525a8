// Package devtemporal starts deploy/devserver, a Temporal server with its Web
// UI, as a child process for the demo, the tests and the fault tests.
//
// The server is a process, not a goroutine, because the fault tests must be
// able to kill it, and because its module must stay out of ours. The binary is
// built on first use (some five minutes on a cold cache, seconds after that);
// SELVEDGE_TEST_DEVSERVER names a ready one instead.
package devtemporal

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Options say where the server keeps its state and listens. The zero value
// means a temporary database and free ports.
type Options struct {
	DB     string    // SQLite file, made when it does not exist; empty = a temporary one
	Port   int       // gRPC port; 0 = a free one
	UIPort int       // Web UI port; 0 = a free one
	Log    io.Writer // receives the server's complaints and the build's progress; nil = nowhere
}

// Server is a running dev server. Its methods may be called from any goroutine.
type Server struct {
	Address   string // of the frontend, host:port, as the Temporal client wants it
	WebUI     string // URL without a trailing slash
	Namespace string // the one with our search attributes
	DB        string // the SQLite file; Start with it again to go on after Kill
	PID       int    // of the server's process

	process *os.Process
	stdin   io.Closer
	exited  chan struct{} // closed when the process is gone
	exitErr error         // valid after exited
	stderr  *tail
}

// startAttempts bounds how often Start tries again after another process took
// one of the free ports it had chosen.
const startAttempts = 3

// Start builds the dev server if need be, starts it and returns once workflows
// can be started and the Web UI answers. ctx bounds the build and the start;
// the server outlives it. It ends with Stop or Kill, or when this process ends,
// however it ends.
func Start(ctx context.Context, o Options) (*Server, error) {
	binary, err := Build(ctx, o.Log)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		s, err := start(ctx, binary, o)
		if err == nil || attempt == startAttempts || !strings.Contains(err.Error(), "address already in use") {
			return s, err
		}
		if o.Port != 0 && o.UIPort != 0 {
			return nil, fmt.Errorf("ports %d and %d must both be free: %w", o.Port, o.UIPort, err)
		}
	}
}

func start(ctx context.Context, binary string, o Options) (*Server, error) {
	args := []string{"--exit-with-parent", "--port", strconv.Itoa(o.Port), "--ui-port", strconv.Itoa(o.UIPort)}
	if o.DB != "" {
		args = append(args, "--db", o.DB)
	}
	s := &Server{exited: make(chan struct{}), stderr: &tail{next: o.Log}}
	cmd := exec.Command(binary, args...)
	cmd.Stderr = s.stderr
	// Ctrl-C in a terminal goes to the whole process group; the server must
	// outlive the worker that is still finishing its tasks.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the dev server: %w", err)
	}
	// An own pipe, for cmd.Wait would close cmd.StdoutPipe under the reader.
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the dev server: %w", err)
	}
	defer out.Close()
	cmd.Stdout = in
	err = cmd.Start()
	in.Close()
	if err != nil {
		return nil, fmt.Errorf("start the dev server: %w", err)
	}
	s.process, s.stdin = cmd.Process, stdin
	go func() {
		s.exitErr = cmd.Wait()
		close(s.exited)
	}()
	if err := s.awaitReady(ctx, out); err != nil {
		_ = s.Kill()
		return nil, err
	}
	return s, nil
}

func (s *Server) awaitReady(ctx context.Context, out io.Reader) error {
	lines := make(chan []byte, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadBytes('\n') // ends with the line or the process
		lines <- line
	}()
	var line []byte
	select {
	case line = <-lines:
	case <-ctx.Done():
		return fmt.Errorf("dev server not ready: %w: %s", ctx.Err(), s.stderr)
	}
	if len(line) == 0 {
		<-s.exited
		return fmt.Errorf("dev server ended before it was ready: %w: %s", s.exitErr, s.stderr)
	}
	ready := struct {
		Address, WebUI, Namespace, DB string
		PID                           int
	}{}
	if err := json.Unmarshal(line, &ready); err != nil {
		return fmt.Errorf("dev server's ready line %q: %w", line, err)
	}
	s.Address, s.WebUI, s.Namespace = ready.Address, ready.WebUI, ready.Namespace
	s.DB, s.PID = ready.DB, ready.PID
	return nil
}

// Exited returns a channel that is closed when the server's process is gone,
// for whatever reason.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Stop asks the server to end and waits for it. When ctx ends first the server
// is killed and ctx's error returned. Stopping a server that is gone is
// harmless and returns how it ended.
func (s *Server) Stop(ctx context.Context) error {
	_ = s.process.Signal(os.Interrupt) // fails only when it is gone
	select {
	case <-s.exited:
		s.stdin.Close()
		if s.exitErr != nil {
			return fmt.Errorf("dev server ended with %w: %s", s.exitErr, s.stderr)
		}
		return nil
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("stop the dev server: %w", ctx.Err()), s.Kill())
	}
}

// killedWithin bounds the wait for the kernel to reap a killed process.
const killedWithin = 10 * time.Second

// Kill ends the server as a crash would (SIGKILL) and waits until it is gone.
// Its database stays, also a temporary one: see Server.DB.
func (s *Server) Kill() error {
	if err := s.process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the dev server: %w", err)
	}
	select {
	case <-s.exited:
		s.stdin.Close()
		return nil
	case <-time.After(killedWithin):
		return fmt.Errorf("the dev server, process %d, is still there %s after SIGKILL", s.process.Pid, killedWithin)
	}
}
