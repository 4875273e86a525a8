// Command chaos runs a sample day in a storm while it kills the processes of the
// product and of its servers, cuts their connections, takes outside systems away, puts
// their clocks wrong, moves goods on the warehouse's floor and presses Cancel,
// Terminate and Reset on workflows; then the weather clears, everything drains, and the
// judge counts.
//
// What is done to whom and when is drawn from the seed before the day begins: the same
// seed does the same at the same seconds. It exits with 1 when a counter that must be
// zero is not.
//
//	CHAOS_ORDERS   consumer orders of the day (150)
//	CHAOS_SEED     determines all that is drawn (1)
//	CHAOS_MINUTES  bound of the day, drain included (4, which is the least, and more
//	               with more orders: 25 for 3,000, 79 for 10,000)
//	CHAOS_BIN      folder of the binaries worker and starter (.build)
//	CHAOS_KEEP     not empty: logs and states stay also when all went well
//
// `chaos mutants [NAME…]` breaks the product on purpose, one way after the other, and
// shows that the judge sees each: see the folder mutants. The breakages are laid over
// the sources when the binaries are built; the product holds no switch for them.
//
//	blind-create         createShipment is sent again after a lost answer without a look
//	credit-twice         a credit memo says twice the units that came back
//	forgotten-line       of a parcel with several lines only the first is told to the shop
//	forgotten-loss       a garment that a return says is lost is in no books
//	kept-money           money that was paid ahead for units that were cancelled since is kept, and nobody is asked
//	lossy-feed           the feed is confirmed before its events are stored
//	lost-entry           what the warehouse takes off its books outside of any return is in no books
//	no-mail              a parcel is completed without the customer's mail
//	refund-forgotten     a refund is recorded as paid and never asked for
//	return-to-stock      a return puts its units back on sale beside the warehouse's feed
//	second-number        a submission of unknown outcome is sent again under a new number
//	shipping-cost-twice  every parcel takes the whole cost of shipping
//	swallowed-question   a question is recorded nowhere
//	two-losses           a garment is written off by its return and by the warehouse's books
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx))
}

func run(ctx context.Context) int {
	if len(os.Args) > 1 {
		if os.Args[1] != "mutants" {
			fmt.Fprintf(os.Stderr, "chaos: %q is no command: run it without one, or with mutants [NAME…]\n", os.Args[1])
			return 2
		}
		if err := runMutants(ctx, os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "chaos:", err)
			return 1
		}
		return 0
	}
	o, err := fromEnvironment(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		return 2
	}
	report, err := soak(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		return 1
	}
	fmt.Printf("\n%s", report)
	if !report.OK() {
		return 1
	}
	fmt.Println("\nNothing lost, doubled or silent.")
	return 0
}

type options struct {
	orders int
	seed   uint64
	bound  time.Duration
	storm  time.Duration // 0: as the bound leaves it
	bin    string
	keep   bool
	// undisturbed leaves all deeds out but goods that move: weather alone. faults are put into the weather of
	// a system before the day begins.
	undisturbed bool
	faults      map[string][]map[string]any
	out         io.Writer // nil means standard output
}

func fromEnvironment(get func(string) string) (options, error) {
	var complaints []error
	number := func(name string, otherwise, least int) int {
		text := get(name)
		if text == "" {
			return otherwise
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < least {
			complaints = append(complaints, fmt.Errorf("%s is %q, must be a whole number from %d", name, text, least))
		}
		return n
	}
	o := options{orders: number("CHAOS_ORDERS", 150, 1), seed: uint64(number("CHAOS_SEED", 1, 0)), bin: get("CHAOS_BIN"), keep: get("CHAOS_KEEP") != ""}
	o.bound = time.Duration(number("CHAOS_MINUTES", int(boundOf(o.orders).Minutes()), int(shortest.Minutes()))) * time.Minute
	if o.bin == "" {
		o.bin = ".build"
	}
	var err error
	if o.bin, err = filepath.Abs(o.bin); err != nil {
		complaints = append(complaints, err)
	}
	for _, name := range []string{"worker", "starter"} {
		if info, err := os.Stat(filepath.Join(o.bin, name)); err != nil || !info.Mode().IsRegular() {
			complaints = append(complaints, fmt.Errorf("there is no %s in %s: run `make build`, or name another folder in CHAOS_BIN", name, o.bin))
		}
	}
	return o, errors.Join(complaints...)
}
