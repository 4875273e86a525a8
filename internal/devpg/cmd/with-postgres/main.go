// Command with-postgres runs a command with TEST_DATABASE_URL set to a
// throw-away PostgreSQL, so that all packages' tests share one:
//
//	go run ./internal/devpg/cmd/with-postgres -- go test ./...
//
// A TEST_DATABASE_URL that is already set is passed on as it is. The exit code
// is the command's.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"selvedge/internal/devpg"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "with-postgres:", err)
	}
	os.Exit(code)
}

func run(args []string) (code int, err error) {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 2, errors.New("name a command to run, as in: with-postgres -- go test ./internal/store")
	}
	// The command gets Ctrl-C from the terminal as well and decides what to do;
	// we end after it.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cluster, err := devpg.Shared(ctx)
	if err != nil {
		return 1, err
	}
	defer func() {
		ending, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		err = errors.Join(err, cluster.Stop(ending))
	}()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), devpg.EnvURL+"="+cluster.URL("postgres"))
	if named := os.Getenv(devpg.EnvURL); named != "" {
		cmd.Env = os.Environ()
	}
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil // the command has said why
	}
	if err != nil {
		return 1, fmt.Errorf("run %s: %w", args[0], err)
	}
	return 0, nil
}
