// Command bench prints one table of what Selvedge costs and how fast it is. Each row is
// measured beside its floor, in the same run on the same machine: what Temporal alone,
// or the promise, comes to. Absolute figures change with the machine; ratios hardly do.
//
// It starts a Temporal on SQLite, a PostgreSQL, calm simulators and the worker as a
// process of its own, as `make build` made it, and talks to nothing outside.
//
//	BENCH_ROWS    names of rows, with commas between; all by default:
//	              throughput, parcels, cost, latency, webhooks, memory, parked, quota, inventory, movements
//	BENCH_ORDERS  orders of the rows that count orders a second (200)
//	BENCH_OPEN    open orders at which memory is read (1000,3000); 1000,10000,100000
//	              takes the better part of an hour
//	BENCH_PARKED  orders that are open in the row parked, where a worker keeps fewer (20000)
//	BENCH_ITEMS   items of the large inventory (1000000)
//	BENCH_REFERENCE orders of two parcels a second of the application that we are compared
//	              with, measured in the same sitting (3.5, as it was told)
//	BENCH_BIN     folder of the binary worker (.build)
//	BENCH_PROFILE folder for heap profiles of the row parked; none are made without it
//
// A row that misses its goal says so; the exit code is 1 only when a row could not be
// measured. To add a row, write a function like those in the row files and name it in rows.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// row measures one thing, or a few that one run yields.
type row struct {
	name    string
	measure func(context.Context, options) ([]figure, error)
}

// rows lists all, in the order in which they are told. Each starts what it needs and
// ends it: none is disturbed by what another left behind.
func rows() []row {
	return []row{
		{"throughput", throughput},
		{"parcels", parcels},
		{"cost", cost},
		{"latency", latency},
		{"webhooks", webhooks},
		{"memory", memory},
		{"parked", parked},
		{"quota", quota},
		{"inventory", inventory},
		{"movements", movements},
	}
}

type options struct {
	rows   []string
	orders int
	open   []int
	items  int // of the large inventory
	bin    string
	beyond int // orders that are open where a worker keeps fewer
	// reference is how many orders a second Temporal's own order reference application does.
	reference float64
	// recordings is the folder of recorded histories, profiles the one for heap profiles.
	recordings, profiles string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if len(os.Args) == 3 { // as a part of a row
		if err := runPart(ctx, os.Args[1], os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if len(os.Args) == 2 && os.Args[1] == bareWorker {
		if err := runBareWorker(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(run(ctx))
}

func run(ctx context.Context) int {
	o, err := fromEnvironment(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	}
	var all []figure
	var failed []error
	for _, r := range rows() {
		if !slices.Contains(o.rows, r.name) || ctx.Err() != nil {
			continue
		}
		began := time.Now()
		fmt.Fprintf(os.Stderr, "%-12s", r.name)
		figures, err := r.measure(ctx, o)
		fmt.Fprintf(os.Stderr, "%4.0f s\n", time.Since(began).Seconds())
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", r.name, err))
		}
		all = append(all, figures...)
	}
	fmt.Print(table(all))
	if err := errors.Join(append(failed, ctx.Err())...); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

func fromEnvironment(get func(string) string) (options, error) {
	o := options{orders: 200, items: 1_000_000, beyond: 20_000, open: []int{1000, 3000}, reference: referencePerSecond, bin: get("BENCH_BIN"), recordings: recordings, profiles: get("BENCH_PROFILE")}
	var complaints []error
	for _, r := range rows() {
		o.rows = append(o.rows, r.name)
	}
	if list := get("BENCH_ROWS"); list != "" {
		known := o.rows
		o.rows = strings.Split(list, ",")
		for _, name := range o.rows {
			if !slices.Contains(known, name) {
				complaints = append(complaints, fmt.Errorf("BENCH_ROWS names %q; known are %s", name, strings.Join(known, ", ")))
			}
		}
	}
	number := func(name, text string) int {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 10 {
			complaints = append(complaints, fmt.Errorf("%s holds %q, must be whole numbers from 10", name, text))
		}
		return n
	}
	if text := get("BENCH_ORDERS"); text != "" {
		o.orders = number("BENCH_ORDERS", text)
	}
	if text := get("BENCH_PARKED"); text != "" {
		o.beyond = number("BENCH_PARKED", text)
	}
	if text := get("BENCH_ITEMS"); text != "" {
		if o.items = number("BENCH_ITEMS", text); o.items < deltaChanges*changedOf {
			complaints = append(complaints, fmt.Errorf("BENCH_ITEMS holds %d, must be %d or more", o.items, deltaChanges*changedOf))
		}
	}
	if text := get("BENCH_REFERENCE"); text != "" {
		var err error
		if o.reference, err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil || !(o.reference > 0 && o.reference < 1e6) {
			complaints = append(complaints, fmt.Errorf("BENCH_REFERENCE holds %q, must be orders a second, such as 3.5", text))
		}
	}
	if text := get("BENCH_OPEN"); text != "" {
		o.open = nil
		for part := range strings.SplitSeq(text, ",") {
			o.open = append(o.open, number("BENCH_OPEN", part))
		}
		slices.Sort(o.open)
	}
	if o.bin == "" {
		o.bin = ".build"
	}
	var err error
	if o.bin, err = filepath.Abs(o.bin); err != nil {
		complaints = append(complaints, err)
	}
	if info, err := os.Stat(filepath.Join(o.bin, "worker")); err != nil || !info.Mode().IsRegular() {
		complaints = append(complaints, fmt.Errorf("there is no worker in %s: run `make build`, or name another folder in BENCH_BIN", o.bin))
	}
	return o, errors.Join(complaints...)
}
