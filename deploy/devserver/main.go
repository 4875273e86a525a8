// Command devserver runs the Temporal server and its Web UI in one process, on
// a SQLite file, for the demo, the tests and a developer's machine.
//
// It prints one line of JSON on standard output once workflows can be started:
//
//	{"address":"127.0.0.1:7233","webUI":"http://127.0.0.1:8233","namespace":"default","db":"/tmp/t.db","pid":4711}
//
// and keeps quiet afterwards; complaints go to standard error. SIGINT and
// SIGTERM stop it cleanly. State lives in the file named by --db, so that a
// server started again on the same file, even after kill -9, finds its workflows.
//
// It is a module of its own because it links the whole server: some 1,800
// packages that neither the worker nor the starter should carry.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// readyWithin bounds the start. A healthy one takes one to three seconds; a
// machine with all its cores busy may need ten times that.
const readyWithin = 90 * time.Second

// stopWithin bounds the end, for which Temporal itself allows five minutes: whoever started
// us may be gone by then. A database file survives it, as it survives a kill.
const stopWithin = 10 * time.Second

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "devserver:", err)
		os.Exit(1)
	}
}

// ready is the line that tells the parent process where to connect.
type ready struct {
	Address   string `json:"address"`
	WebUI     string `json:"webUI"`
	Namespace string `json:"namespace"`
	DB        string `json:"db"`
	PID       int    `json:"pid"`
}

func run(args []string, stdin io.Reader, stdout io.Writer) error {
	opts, err := parseOptions(args)
	if err != nil {
		return err
	}
	// Whoever read our complaints may have been killed. One more, written while the server
	// stops, would otherwise end us on the spot and leave a temporary database behind.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if opts.exitWithParent {
		ctx = untilClosed(ctx, stdin)
	}
	if opts.db == "" {
		dir, err := os.MkdirTemp("", "selvedge-temporal-")
		if err != nil {
			return fmt.Errorf("make a folder for the database: %w", err)
		}
		defer os.RemoveAll(dir)
		opts.db = filepath.Join(dir, "temporal.db")
	}
	if err := opts.choosePorts(); err != nil {
		return err
	}

	server, err := startTemporal(opts)
	if err != nil {
		return err
	}
	ui := startUI(opts)
	defer endWithin(stopWithin, func() {
		ui.Stop()
		server.stop()
	})

	starting, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := awaitReady(starting, opts); err != nil {
		if ctx.Err() != nil {
			return nil // asked to stop while starting
		}
		return err
	}
	line := ready{Address: opts.address(), WebUI: opts.webUI(), Namespace: opts.namespace, DB: opts.db, PID: os.Getpid()}
	if err := json.NewEncoder(stdout).Encode(line); err != nil {
		return fmt.Errorf("print the ready line: %w", err)
	}
	<-ctx.Done()
	return nil
}

// endWithin does what ends the server, and gives up waiting for it after a while: the
// process ends then all the same.
func endWithin(limit time.Duration, end func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		end()
	}()
	select {
	case <-ended:
	case <-time.After(limit):
		fmt.Fprintf(os.Stderr, "devserver: Temporal did not stop within %s; ending without it\n", limit)
	}
}

// untilClosed returns a context that ends when r does. The parent holds the
// other end of the pipe and writes nothing: the kernel closes it however the
// parent dies, kill -9 included, so that a killed demo leaves no orphan.
func untilClosed(ctx context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, r)
		cancel()
	}()
	return ctx
}
