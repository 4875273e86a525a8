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
	Demo         demoCmd         `cmd:"" help:"Run a sample day on embedded Temporal, PostgreSQL and simulators."`
	Setup        setupCmd        `cmd:"" help:"Migrate the database and register the search attributes. Running it twice changes nothing."`
	Schedules    schedulesCmd    `cmd:"" help:"Schedules that run unattended."`
	Serve        serveCmd        `cmd:"" help:"Serve the operators' console, and accept webhooks of shop and warehouses."`
	Users        usersCmd        `cmd:"" help:"Who may log in to the console, and as what."`
	Order        orderCmd        `cmd:"" help:"Show, start or answer one order."`
	Exceptions   exceptionsCmd   `cmd:"" help:"What waits for a person, by cause."`
	Rules        rulesCmd        `cmd:"" help:"Mapping rules: which warehouse service, entity, carrier or capture mode a value stands for."`
	Items        itemsCmd        `cmd:"" help:"Attributes of items that a warehouse demands and the shop does not hold."`
	Documents    documentsCmd    `cmd:"" help:"What finance must have of each order: documents, their ledger, CSV exports, accounting months."`
	Completeness completenessCmd `cmd:"" help:"What the counts stated: every order that is ready in the shop, and where it stands."`
	Replay       replayCmd       `cmd:"" help:"Replay the open runs of a running system against this build, before it is rolled out."`
	Triage       triageCmd       `cmd:"" help:"What waits for a person, the most pressing first: by carrier cut-off and money."`
	Catalogue    catalogueCmd    `cmd:"" help:"Which sizes a warehouse would reject, with what is missing."`
	Coverage     coverageCmd     `cmd:"" help:"What no rule gives a meaning to, although no order has met it yet."`
	Returns      returnsCmd      `cmd:"" help:"What came back: open returns, and the returns of an order with what was written of each."`
	Stock        stockCmd        `cmd:"" help:"What can be sold: bring it to the shop, and explain each figure."`
	Simulate     simulateCmd     `cmd:"" help:"Serve the simulators of shop and warehouses with a sample day, as a sandbox."`
	Healthcheck  healthcheckCmd  `cmd:"" help:"Ask a process whether it is well; for containers, which have no curl."`
}

// Exit codes: 0 ok, 1 failed, 2 misuse.
const (
	exitFailed = 1
	exitMisuse = 2
)

const description = `Sets up, serves, starts and signals Selvedge's orders.

Settings come from the environment; .env.example lists them with their defaults. The demo needs none.
Exit codes: 0 done, 1 failed or refused, 2 called wrongly.`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// streams are where a command writes: results to out, all else to err.
type streams struct{ out, err io.Writer }

func run(args []string, out, errs io.Writer) int {
	exit := -1
	parser, err := newParser(new(cli), kong.Writers(out, errs), kong.Exit(func(code int) { exit = code }))
	if err != nil {
		fmt.Fprintln(errs, "starter:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 {
		return exit // --help
	}
	if err != nil {
		fmt.Fprintf(errs, "starter: %s; see `%s --help`\n", err, commandOf(err))
		return exitMisuse
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(streams{out, errs})
	err = parsed.Run()
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errMisuse):
		fmt.Fprintf(errs, "starter: %s; see `%s --help`\n", err, parsed.Selected().FullPath())
		return exitMisuse
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(errs, "starter: stopped")
		return 0
	}
	fmt.Fprintln(errs, "starter:", err)
	return exitFailed
}

func newParser(c *cli, options ...kong.Option) (*kong.Kong, error) {
	return kong.New(c, append(options, kong.Name("starter"), kong.Description(description), kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.ValueFormatter(helpOf))...)
}

// helpOf adds a flag's default where its placeholder takes the place in which kong shows it.
func helpOf(v *kong.Value) string {
	if v.Tag.PlaceHolder == "" || v.Default == "" || v.Default == "0" {
		return v.Help
	}
	return v.Help + " By default " + v.Default + "."
}

// commandOf is how far a command line could be read.
func commandOf(err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		return parse.Context.Selected().FullPath()
	}
	return "starter"
}

// errMisuse marks errors that come from how a command was called.
var errMisuse = errors.New("called wrongly")

// misuse says what is wrong with a call and how to call.
func misuse(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errMisuse, fmt.Errorf(format, args...))
}
