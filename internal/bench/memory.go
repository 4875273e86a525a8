package main

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/simulators/centra"
)

// kilobytesPromised is what an order that a worker keeps in memory may take.
const kilobytesPromised = 40

// cached is how many orders the worker keeps while memory is read: fewer than are open
// at the end, so that a cache without bounds would show.
const cached = 2000

// takenAtOnce is how many orders are taken in by one call while memory is filled.
const takenAtOnce = 50

// memory reads what the worker's process takes with so many orders open, each waiting
// for the shop. Beyond the size of its cache it forgets orders and builds them again
// from their history when they are told something: its memory must not grow with them.
func memory(ctx context.Context, o options) ([]figure, error) {
	y, err := open(ctx, o.bin, settings{deaf: true, env: map[string]string{
		"SELVEDGE_CACHE_SIZE": strconv.Itoa(cached), "SELVEDGE_INTAKE_EVERY": "1h", "SELVEDGE_FEED_EVERY": "1h", "SELVEDGE_COMPLETENESS_EVERY": "1h", "SELVEDGE_CENTRA_QUOTA_REFRESH": "1h",
	}})
	if err != nil {
		return nil, err
	}
	defer y.close()
	pid, err := y.startWorker(ctx)
	if err != nil {
		return nil, err
	}
	// All code and connections are there, and as much garbage as a worker always lets lie.
	warm := min(200, o.open[0]/2)
	if err := y.keepOpen(ctx, 0, warm); err != nil {
		return nil, err
	}
	empty, err := resident(pid)
	if err != nil {
		return nil, err
	}
	var figures []figure
	had := warm
	for _, n := range o.open {
		began := time.Now()
		if err := y.keepOpen(ctx, had, n); err != nil {
			return figures, err
		}
		took := time.Since(began)
		had = n
		now, err := resident(pid)
		if err != nil {
			return figures, err
		}
		kept := min(n, cached)
		each := float64(now-empty) / 1024 / float64(kept-warm)
		figures = append(figures, promise(fmt.Sprintf("worker's memory per cached order, %d open, %d cached", n, kept), each, kilobytesPromised,
			fmt.Sprintf("KB (%.0f MB in all; opened in %.0f s)", float64(now)/(1<<20), took.Seconds())))
	}
	if had < cached+2*asked {
		return figures, nil
	}
	forgot, err := y.forgotten(ctx, had)
	return append(figures, forgot), err
}

// asked is how many orders are asked for their state.
const asked = 50

// forgotten asks orders that the worker forgot long ago for their state, which it can
// only tell by building them again, and orders that it has just taken in.
func (y *yard) forgotten(ctx context.Context, open int) (figure, error) {
	ask := func(from int) ([]time.Duration, error) {
		var took []time.Duration
		for n := from; n < from+asked; n++ {
			began := time.Now()
			if _, err := y.client.QueryWorkflow(ctx, workflowID(10_001+n), "", contract.QueryState); err != nil {
				return nil, err
			}
			took = append(took, time.Since(began))
		}
		return took, nil
	}
	kept, err := ask(open - asked)
	if err != nil {
		return figure{}, err
	}
	built, err := ask(0)
	return figure{
		what: "asking an order that the worker forgot, p50", measured: fineMilliseconds(percentile(built, 50)), floor: fineMilliseconds(percentile(kept, 50)) + " kept",
		ratio: float64(percentile(built, 50)) / float64(percentile(kept, 50)),
	}, err
}

// keepOpen brings the open orders from one number to another.
func (y *yard) keepOpen(ctx context.Context, from, to int) error {
	taker := y.parts.Intake(y.client)
	batches := (to - from + takenAtOnce - 1) / takenAtOnce
	err := sideBySide(batches, func(b int) error {
		var orders []centra.SeedOrder
		var numbers []string
		for n := from + b*takenAtOnce; n < min(to, from+(b+1)*takenAtOnce); n++ {
			orders = append(orders, sale(10_001+n, func(o *centra.SeedOrder) { o.OnHold = true }))
			numbers = append(numbers, strconv.Itoa(10_001+n))
		}
		if err := y.sell(orders, nil); err != nil {
			return err
		}
		_, err := taker.TakeOrders(ctx, store, numbers)
		return err
	})
	if err != nil {
		return err
	}
	err = until(ctx, time.Hour, func() (bool, error) {
		n, err := y.count(ctx, `OrderState = "waiting-for-shop"`)
		return n >= to, err
	})
	if err != nil {
		return fmt.Errorf("%d orders wait for the shop: %w", to, err)
	}
	return nil
}

// resident is the memory of a process in bytes, as the system counts it.
func resident(pid int) (int64, error) {
	out, err := exec.Command("ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return 0, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	kilobytes, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	return kilobytes << 10, err
}
