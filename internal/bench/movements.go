package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"selvedge/internal/simulators/acs"
)

// Movements a second, for how long, and what is promised of the slow ones.
const (
	movementsASecond = 50
	movementsFor     = 20 * time.Second
	movementP95      = 1500 * time.Millisecond
)

// movements measures how long it takes from a movement on the warehouse's floor to the
// figure in the shop: webhook, doors, pass, mutation. Many items move by turns, so that
// a figure of an item tells which of its movements it has seen.
func movements(ctx context.Context, o options) ([]figure, error) {
	y, err := open(ctx, o.bin, settings{env: map[string]string{"SELVEDGE_STOCK": "true", "SELVEDGE_SETTLE": "60s"}})
	if err != nil {
		return nil, err
	}
	defer y.close()
	if _, err := y.startWorker(ctx); err != nil {
		return nil, err
	}
	skus := []string{shirt, hat}
	move := func(n int) error {
		_, err := y.floor.Act(acs.Action{Account: account, Action: "inventory", SKU: skus[n%len(skus)], Quantities: map[string]int{"available": 10_000 + n}})
		return err
	}
	offered := func() map[string]int {
		now := map[string]int{}
		for _, s := range y.shop.State().Stock {
			if s.Warehouse == warehouse {
				now[s.SKU] = s.FTA
			}
		}
		return now
	}
	if err := move(0); err != nil {
		return nil, err
	}
	if err := until(ctx, patience, func() (bool, error) { return offered()[skus[0]] == 10_000, nil }); err != nil {
		return nil, fmt.Errorf("the first movement reaches the shop: %w", err)
	}
	before := y.shop.State().Mutations.Used
	began := time.Now()
	moved, waits := []time.Time{began}, []time.Duration{}
	seen := 1 // movements up to this one stand in the shop
	tick := time.NewTicker(time.Second / movementsASecond)
	defer tick.Stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for total := int(movementsFor.Seconds()) * movementsASecond; seen <= total; {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
			if n := len(moved); n <= total {
				moved = append(moved, time.Now())
				if err := move(n); err != nil {
					return nil, err
				}
			}
		case <-look.C:
			now, at := offered(), time.Now()
			for seen < len(moved) && now[skus[seen%len(skus)]] >= 10_000+seen {
				waits = append(waits, at.Sub(moved[seen]))
				seen++
			}
			if at.Sub(began) > movementsFor+patience {
				return nil, fmt.Errorf("%d of %d movements reached the shop: %w", seen, total, errSlow)
			}
		}
	}
	slices.Sort(waits)
	mutations := y.shop.State().Mutations.Used - before
	p50, p95 := waits[len(waits)/2], waits[len(waits)*95/100]
	return []figure{
		promise(fmt.Sprintf("movement to shop at %d a second, p95 (p50 %s)", movementsASecond, milliseconds(p50)), float64(p95.Milliseconds()), float64(movementP95.Milliseconds()), "ms"),
		{what: fmt.Sprintf("mutations for %d movements", len(waits)), measured: number(float64(mutations)), floor: fmt.Sprintf("%d seconds", int(movementsFor.Seconds())), ratio: float64(mutations) / movementsFor.Seconds()},
	}, nil
}
