package main

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// alone is how many orders are taken one after the other.
const alone = 20

// loadFor is how long orders come at half of what the machine can take.
const loadFor = 15 * time.Second

// latency measures the time from an order's being ready in the shop to the warehouse's
// answer that it has it: one order at a time, and at half of what the machine takes. Its
// floor is a bare workflow with one local activity and one activity, from before its
// start to its end.
func latency(ctx context.Context, o options) ([]figure, error) {
	y, err := open(ctx, o.bin, settings{})
	if err != nil {
		return nil, err
	}
	defer y.close()
	if _, err := y.startWorker(ctx); err != nil {
		return nil, err
	}
	if err := y.warm(ctx); err != nil {
		return nil, err
	}
	single, err := y.oneByOne(ctx)
	if err != nil {
		return nil, err
	}
	few := o
	few.orders = max(60, o.orders/2)
	full, _, _, err := orderRate(ctx, few, func(n int) (centra.SeedOrder, *acs.FloorPlan) { return sale(n), nil })
	if err != nil {
		return nil, err
	}
	loaded, err := y.atRate(ctx, full.rate/2)
	if err != nil {
		return nil, err
	}
	if _, err := y.startBareWorker(); err != nil {
		return nil, err
	}
	floor, err := y.bareOneByOne(ctx)
	if err != nil {
		return nil, err
	}
	var figures []figure
	for _, of := range []int{50, 95} {
		least := percentile(floor, of)
		for _, m := range []struct {
			name  string
			times []time.Duration
		}{{"one in flight", single}, {fmt.Sprintf("half load (%s /s)", number(full.rate/2)), loaded}} {
			took := percentile(m.times, of)
			figures = append(figures, figure{
				what: fmt.Sprintf("ready in the shop → in the warehouse, %s, p%d", m.name, of), measured: milliseconds(took),
				floor: milliseconds(least) + " bare", ratio: float64(took) / float64(least),
			})
		}
	}
	return figures, nil
}

// oneByOne sells one order after the other, each once the last one is in the warehouse.
func (y *yard) oneByOne(ctx context.Context) ([]time.Duration, error) {
	var times []time.Duration
	for n := range alone {
		number := 2001 + n
		began := time.Now()
		if err := y.sell([]centra.SeedOrder{sale(number)}, nil); err != nil {
			return nil, err
		}
		if err := until(ctx, time.Minute, func() (bool, error) { _, ok := y.told.answeredAt(number); return ok, nil }); err != nil {
			return nil, fmt.Errorf("order %d reaches the warehouse: %w", number, err)
		}
		at, _ := y.told.answeredAt(number)
		times = append(times, at.Sub(began))
		// The rest of its life must not stand in the way of the next one.
		if err := until(ctx, time.Minute, func() (bool, error) { return y.closed(ctx, number) }); err != nil {
			return nil, fmt.Errorf("order %d closes: %w", number, err)
		}
	}
	return times, nil
}

// atRate sells so many orders a second for a while.
func (y *yard) atRate(ctx context.Context, rate float64) ([]time.Duration, error) {
	began := map[int]time.Time{}
	every := time.Duration(float64(time.Second) / rate)
	tick := time.NewTicker(every)
	defer tick.Stop()
	count := int(loadFor / every)
	for n := range count {
		number := 3001 + n
		began[number] = time.Now()
		if err := y.sell([]centra.SeedOrder{sale(number)}, nil); err != nil {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
	var times []time.Duration
	for number, from := range began {
		if err := until(ctx, time.Minute, func() (bool, error) { _, ok := y.told.answeredAt(number); return ok, nil }); err != nil {
			return nil, fmt.Errorf("order %d reaches the warehouse: %w", number, err)
		}
		at, _ := y.told.answeredAt(number)
		times = append(times, at.Sub(from))
	}
	return times, nil
}

// bareOneByOne runs one bare workflow after the other.
func (y *yard) bareOneByOne(ctx context.Context) ([]time.Duration, error) {
	var times []time.Duration
	for n := range alone + 1 {
		began := time.Now()
		run, err := y.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: fmt.Sprintf("bare-alone/%d", n), TaskQueue: bareQueue}, Bare, bareInput{Activities: 1, Locals: 1})
		if err != nil {
			return nil, err
		}
		if err := run.Get(ctx, nil); err != nil {
			return nil, err
		}
		if n > 0 { // the first one warms up
			times = append(times, time.Since(began))
		}
	}
	return times, nil
}
