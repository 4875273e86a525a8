// Command starter sets up, serves, starts and signals: webhooks, schedules, people's
// answers, and the demo. Wiring only.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is every command; the help texts are its documentation.
type cli struct {
	Demo      demoCmd      `cmd:"" help:"Run a sample day on embedded Temporal, PostgreSQL and simulators."`
	Setup     setupCmd     `cmd:"" help:"Migrate the database and register the search attributes. Running it twice changes nothing."`
	Schedules schedulesCmd `cmd:"" help:"Schedules that run unattended."`
	Serve     serveCmd     `cmd:"" help:"Accept webhooks of shop and warehouses."`
}

// Exit codes: 0 ok, 1 failed, 2 misuse.
const (
	exitFailed = 1
	exitMisuse = 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// streams are where a command writes: results to out, all else to err.
type streams struct{ out, err io.Writer }

func run(args []string, out, errs io.Writer) int {
	var c cli
	exit := -1
	parser, err := kong.New(&c, kong.Name("starter"), kong.Description("Sets up, serves, starts and signals Selvedge's orders."),
		kong.Writers(out, errs), kong.UsageOnError(), kong.Exit(func(code int) { exit = code }))
	if err != nil {
		fmt.Fprintln(errs, "starter:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 {
		return exit // --help
	}
	if err != nil {
		fmt.Fprintf(errs, "starter: %s; see `starter --help`\n", err)
		return exitMisuse
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(streams{out, errs})
	if err := parsed.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(errs, "starter:", err)
		if errors.Is(err, errMisuse) {
			return exitMisuse
		}
		return exitFailed
	}
	return 0
}

// errMisuse marks errors that come from how a command was called.
var errMisuse = errors.New("misuse")
