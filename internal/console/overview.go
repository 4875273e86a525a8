package console

import (
	"context"
	"sync"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// OverviewData is what the overview reads.
type OverviewData interface {
	StateCounts(ctx context.Context) (map[domain.OrderState]int, error)
	Flow(ctx context.Context, since time.Time) ([]ports.FlowHour, error)
}

// flowSpan is how far back the chart goes.
const flowSpan = 48 * time.Hour

// How old the overview's counts may be. Many people may leave it open, and
// counting is the only thing in the console that grows with all orders.
const (
	countsAge = 3 * time.Second
	flowAge   = 20 * time.Second
)

// counts keeps what was counted for a moment, for everybody.
type counts struct {
	mu        sync.Mutex
	states    map[domain.OrderState]int
	statesAt  time.Time
	flow      []ports.FlowHour
	flowAt    time.Time
	waiting   waiting
	waitingAt time.Time
}

// causesShown is how many causes the overview lists, the most pressing.
const causesShown = 20

type overviewPage struct {
	Groups []stateGroup
	Total  int
	Causes []pressing
	Owners []ownerSum
	More   int // causes that are not listed
	Flow   []ports.FlowHour
	Waits  int // exceptions in all
	Oldest time.Time
}

// stateGroup is a part of an order's life on the overview.
type stateGroup struct {
	Title  string
	States []stateCount
}

type stateCount struct {
	State  domain.OrderState
	Orders int
	Alarm  bool // somebody has to look
}

type ownerSum struct {
	Owner  string
	Count  int
	Oldest time.Time
	Money  map[string]int64
}

func (v *visit) overview() error {
	d := v.c.o.Overview
	states, err := v.c.stateCounts(v.ctx(), d)
	if err != nil {
		return err
	}
	flow, err := v.c.flow(v.ctx(), d)
	if err != nil {
		return err
	}
	waiting, err := v.waiting()
	if err != nil {
		return err
	}
	causes := waiting.ranked("", "", v.now())
	p := overviewPage{Groups: groupStates(states), Causes: causes[:min(causesShown, len(causes))], Owners: sumOwners(causes), Flow: everyHour(flow, v.now())}
	p.More = len(causes) - len(p.Causes)
	p.Waits, p.Oldest = sumWaiting(causes)
	for _, n := range states {
		p.Total += n
	}
	return v.show("overview", "Overview", p)
}

func (c *Console) stateCounts(ctx context.Context, d OverviewData) (map[domain.OrderState]int, error) {
	c.counts.mu.Lock()
	defer c.counts.mu.Unlock()
	if c.counts.states != nil && c.o.Clock().Sub(c.counts.statesAt) < countsAge {
		return c.counts.states, nil
	}
	states, err := d.StateCounts(ctx)
	if err == nil {
		c.counts.states, c.counts.statesAt = states, c.o.Clock()
	}
	return states, err
}

func (c *Console) flow(ctx context.Context, d OverviewData) ([]ports.FlowHour, error) {
	c.counts.mu.Lock()
	defer c.counts.mu.Unlock()
	if c.counts.flow != nil && c.o.Clock().Sub(c.counts.flowAt) < flowAge {
		return c.counts.flow, nil
	}
	flow, err := d.Flow(ctx, c.o.Clock().Add(-flowSpan).UTC().Truncate(time.Hour))
	if err == nil {
		c.counts.flow, c.counts.flowAt = append([]ports.FlowHour{}, flow...), c.o.Clock()
	}
	return flow, err
}

// groupStates orders the states as an order's life runs.
func groupStates(n map[domain.OrderState]int) []stateGroup {
	group := func(title string, states ...domain.OrderState) stateGroup {
		g := stateGroup{Title: title}
		for _, s := range states {
			g.States = append(g.States, stateCount{State: s, Orders: n[s], Alarm: n[s] > 0 && (s == domain.NeedsAttention || s == domain.Delayed)})
		}
		return g
	}
	return []stateGroup{
		group("Waiting", domain.NeedsAttention, domain.Delayed, domain.WaitingForShop),
		group("On the way in", domain.Received, domain.Validated, domain.Enriched),
		group("At the warehouse", domain.Submitted, domain.Accepted, domain.PartiallyShipped),
		group("Shipped", domain.ShippedState, domain.ReturnWindow),
		group("Ended", domain.Closed, domain.Cancelled, domain.RejectedState),
	}
}

func sumOwners(causes []pressing) []ownerSum {
	var sums []ownerSum
	at := map[string]int{}
	for _, g := range causes {
		i, ok := at[g.Owner]
		if !ok {
			i, sums = len(sums), append(sums, ownerSum{Owner: g.Owner, Oldest: g.Oldest, Money: map[string]int64{}})
			at[g.Owner] = i
		}
		sums[i].Count += g.Count
		if g.Oldest.Before(sums[i].Oldest) {
			sums[i].Oldest = g.Oldest
		}
		for currency, value := range g.Money {
			sums[i].Money[currency] += value
		}
	}
	return sums
}

// everyHour fills the hours in which nothing happened, so that a gap is seen as one.
func everyHour(flow []ports.FlowHour, now time.Time) []ports.FlowHour {
	known := map[int64]ports.FlowHour{}
	for _, h := range flow {
		known[h.Hour.Unix()] = h
	}
	last := now.UTC().Truncate(time.Hour)
	var all []ports.FlowHour
	for hour := last.Add(-flowSpan); !hour.After(last); hour = hour.Add(time.Hour) {
		h := known[hour.Unix()]
		h.Hour = hour
		all = append(all, h)
	}
	return all
}
