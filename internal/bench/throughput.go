package main

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// startedAtOnce is how many calls of ours are under way while a floor is measured.
const startedAtOnce = 16

// patience bounds each measurement: a row that takes longer is broken, not slow.
const patience = 10 * time.Minute

// throughput sells orders of one parcel all at once and counts orders a second until
// the last one is closed, without the second that each stands open for returns: in it
// nobody does anything.
func throughput(ctx context.Context, o options) ([]figure, error) {
	return flow(ctx, o, "orders of one parcel", func(number int) (centra.SeedOrder, *acs.FloorPlan) { return sale(number), nil }, 0.7)
}

// referencePerSecond is what Temporal's own order reference application did on SQLite
// with two-parcel orders, on the two cores of whoever asked for four times as many.
const referencePerSecond, timesReference = 3.5, 4

// parcels is throughput with orders of two parcels.
func parcels(ctx context.Context, o options) ([]figure, error) {
	return flow(ctx, o, "orders of two parcels", func(number int) (centra.SeedOrder, *acs.FloorPlan) {
		order, plan := twoParcels(number)
		return order, &plan
	}, 0.7)
}

// flow measures one kind of order beside its floor.
func flow(ctx context.Context, o options, what string, make func(int) (centra.SeedOrder, *acs.FloorPlan), goal float64) ([]figure, error) {
	sold, one, used, err := orderRate(ctx, o, make)
	if err != nil {
		return nil, err
	}
	bare, err := bareRate(ctx, o, bareInput{Activities: one.Activities, Locals: one.Locals, Signals: one.Signals})
	if err != nil {
		return nil, err
	}
	figures := []figure{{
		what: what + " a second", measured: number(sold.rate) + " /s",
		floor: fmt.Sprintf("%s /s bare (%d activities, %d local, %d signals)", number(bare.rate), one.Activities, one.Locals, one.Signals), ratio: sold.rate / bare.rate, goal: atLeast(goal),
	}, {
		what: "processor time an order, " + what, measured: sold.took.each(o.orders), floor: bare.took.each(o.orders) + " bare",
		ratio: float64(sold.took.all()) / float64(bare.took.all()),
	}}
	if one.Signals > 1 {
		return append(figures, figure{
			what: what + " a second, against the reference", measured: number(sold.rate) + " /s", floor: fmt.Sprintf("%s /s reference × %d", number(o.reference), timesReference),
			ratio: sold.rate / (o.reference * timesReference), goal: atLeast(1),
		}), nil
	}
	per := 1000 / float64(o.orders)
	return append(figures,
		figure{
			what: "reads of the shop for 1,000 orders", measured: number(float64(used.reads)*per) + " queries", floor: fmt.Sprintf("%d batches of 50, and one read before each write", 1000/50),
			ratio: float64(used.reads) * per / (1000/50 + 1000),
		},
		figure{what: "mutations of the shop an order", measured: number(float64(used.mutations) / float64(o.orders)), floor: "1 a parcel", ratio: float64(used.mutations) / float64(o.orders), goal: atMost(1.1)},
	), nil
}

type shopUse struct{ reads, mutations int }

// pace is how fast something went, and what it took of the processor meanwhile.
type pace struct {
	rate float64 // a second
	took processors
}

// orderRate sells n orders and returns how many were closed a second, what one of them
// cost, and what was asked of the shop meanwhile.
func orderRate(ctx context.Context, o options, make func(int) (centra.SeedOrder, *acs.FloorPlan)) (pace, tally, shopUse, error) {
	y, err := open(ctx, o.bin, settings{})
	if err != nil {
		return pace{}, tally{}, shopUse{}, err
	}
	defer y.close()
	if _, err := y.startWorker(ctx); err != nil {
		return pace{}, tally{}, shopUse{}, err
	}
	if err := y.warm(ctx); err != nil {
		return pace{}, tally{}, shopUse{}, err
	}
	before := shopUse{y.asked.count("query"), y.asked.count("mutation")}
	var orders []centra.SeedOrder
	var plans []acs.FloorPlan
	for n := range o.orders {
		order, plan := make(1001 + n)
		orders = append(orders, order)
		if plan != nil {
			plans = append(plans, *plan)
		}
	}
	idle, err := y.processors()
	if err != nil {
		return pace{}, tally{}, shopUse{}, err
	}
	began := time.Now()
	if err := y.sell(orders, plans); err != nil {
		return pace{}, tally{}, shopUse{}, err
	}
	err = until(ctx, patience, func() (bool, error) {
		n, err := y.count(ctx, `WorkflowType = "OrderWorkflow" AND ExecutionStatus = "Completed"`)
		return n >= o.orders+1, err // one is from warming up
	})
	took := time.Since(began) - returnWindow
	if err != nil {
		return pace{}, tally{}, shopUse{}, fmt.Errorf("%d orders closed: %w", o.orders, err)
	}
	used, err := y.processors()
	if err != nil {
		return pace{}, tally{}, shopUse{}, err
	}
	events, err := y.exported(ctx, 1001+o.orders/2)
	use := shopUse{y.asked.count("query") - before.reads, y.asked.count("mutation") - before.mutations}
	return pace{float64(o.orders) / took.Seconds(), used.since(idle)}, tallyOf(events), use, err
}

// warm lets one order go through before anything is measured: connections stand, plans
// are cached, pollers poll.
func (y *yard) warm(ctx context.Context) error {
	if err := y.sell([]centra.SeedOrder{sale(900)}, nil); err != nil {
		return err
	}
	if err := until(ctx, time.Minute, func() (bool, error) { return y.closed(ctx, 900) }); err != nil {
		return fmt.Errorf("the first order closes: %w", err)
	}
	return nil
}

// bareRate starts as many bare workflows and counts how many end a second.
func bareRate(ctx context.Context, o options, in bareInput) (pace, error) {
	y, err := open(ctx, o.bin, settings{})
	if err != nil {
		return pace{}, err
	}
	defer y.close()
	if _, err := y.startBareWorker(); err != nil {
		return pace{}, err
	}
	if err := y.startBare(ctx, 0, 1, in); err != nil {
		return pace{}, err
	}
	done := func(n int) error {
		return until(ctx, patience, func() (bool, error) {
			ended, err := y.count(ctx, `WorkflowType = "Bare" AND ExecutionStatus = "Completed"`)
			return ended >= n, err
		})
	}
	if err := done(1); err != nil {
		return pace{}, err
	}
	idle, err := y.processors()
	if err != nil {
		return pace{}, err
	}
	began := time.Now()
	if err := y.startBare(ctx, 1, o.orders, in); err != nil {
		return pace{}, err
	}
	if err := done(o.orders + 1); err != nil {
		return pace{}, err
	}
	took := time.Since(began)
	used, err := y.processors()
	return pace{float64(o.orders) / took.Seconds(), used.since(idle)}, err
}

// startBare starts n bare workflows, from a number on.
func (y *yard) startBare(ctx context.Context, from, n int, in bareInput) error {
	return sideBySide(n, func(i int) error {
		_, err := y.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: fmt.Sprintf("bare/%d", from+i), TaskQueue: bareQueue}, Bare, in)
		return err
	})
}
