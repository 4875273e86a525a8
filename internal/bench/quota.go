package main

import (
	"context"
	"fmt"
	"time"

	"selvedge/internal/simulators/centra"
)

// The shop's mutations while quota is measured: a small quota in the shape of Centra's
// own, so that it is spent within seconds and the rest of an hour is not waited for.
const (
	mutations10s = 20
	measureFor   = 25 * time.Second
)

// quota has more parcels to tell than the shop takes, and measures how much of what it
// grants is used. What is refused could have waited, and costs requests.
func quota(ctx context.Context, o options) ([]figure, error) {
	limits := unlimited()
	limits.Mutations10s = mutations10s
	y, err := open(ctx, o.bin, settings{quotas: limits, env: map[string]string{
		"SELVEDGE_CENTRA_QUOTA_REFRESH": "5m", // as in production: the first request asks, the rest is our own account
	}})
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
	perSecond := float64(mutations10s) / 10
	var orders []centra.SeedOrder
	for n := range int(perSecond*measureFor.Seconds()) + 5*mutations10s {
		orders = append(orders, sale(1001+n))
	}
	before := y.shop.State().Mutations
	if err := y.sell(orders, nil); err != nil {
		return nil, err
	}
	// What the full bucket held goes at once; after that the quota is what comes in.
	err = until(ctx, 2*time.Minute, func() (bool, error) { return y.shop.State().Mutations.Used-before.Used >= 3*mutations10s, nil })
	if err != nil {
		return nil, fmt.Errorf("the bucket is emptied: %w", err)
	}
	began, at := time.Now(), y.shop.State().Mutations
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(measureFor):
	}
	took, now := time.Since(began), y.shop.State().Mutations
	used, granted := float64(now.Used-at.Used), perSecond*took.Seconds()
	refused := now.Refused - before.Refused
	return []figure{
		{what: "share of the shop's mutations used when saturated", measured: fmt.Sprintf("%s of them", number(used)), floor: fmt.Sprintf("%.0f granted", granted), ratio: used / granted, goal: atLeast(0.95)},
		{what: "mutations refused that could have waited", measured: fmt.Sprint(refused), floor: "0", ratio: float64(refused), goal: goal{most: 0.5}},
	}, nil
}
