package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Kinds of deeds.
const (
	kill      = "kill -9"
	cut       = "cut the connections of"
	cutBefore = "cut before commit the connections of"
	cutAfter  = "cut after commit the connections of"
	away      = "take away"
	clock     = "put the clock wrong of"
	cancel    = "cancel the workflows of"
	terminate = "terminate the workflows of"
	reset     = "reset the workflows of"
	goods     = "move goods in"
)

// deed is one thing that is done to somebody at a time of the day.
type deed struct {
	at     time.Duration
	kind   string
	target string        // process, connection or system
	last   time.Duration // of an outage, or of a wrong clock
	orders int           // to cancel, terminate or reset; parcels and garments to move
}

func (d deed) String() string {
	switch d.kind {
	case away, clock:
		return fmt.Sprintf("%s %s for %s", d.kind, d.target, d.last)
	case cancel, terminate, reset:
		return fmt.Sprintf("%s %d orders", d.kind, d.orders)
	}
	return d.kind + " " + d.target
}

// The processes and what can be done to them.
const (
	worker     = "worker"
	serve      = "serve"
	postgresql = "PostgreSQL"
	temporal   = "Temporal"
	shop       = "centra"
	warehouse  = "acs"
)

// first is when the first deed may come: some orders are on their way by then.
const first = 8 * time.Second

// shortest is the shortest bound of a day in which every kind of deed finds its place.
const shortest = 4 * time.Minute

// drains is how long a small day takes to drain at most: what a killed worker had in
// hand is taken up after its heartbeat's twenty seconds, a terminated order is missed
// by the count after its grace of forty, and capture, tracking and return window follow.
const drains = 150 * time.Second

// stormOf is the stormy part of a day: what is left beside the drain, and of long days,
// which have a queue to work off, half.
func stormOf(bound time.Duration) time.Duration {
	return min(bound/2, bound-drains)
}

// perMinute is how many orders a day takes in and ends for certain, storm and drain
// together. Two cores that do little else do 156: 3,000 orders stood where they should 19
// minutes after the first, 6 after a storm that left more than half of them to be done.
const perMinute = 130

// boundOf is how long a day of so many orders may take.
func boundOf(orders int) time.Duration {
	return max(shortest, 2*time.Minute+time.Duration(orders)*time.Minute/perMinute).Round(time.Minute)
}

// outage draws how long somebody is away: seconds in a short day, minutes in a day
// that has room for them to be made up.
func outage(r *rand.Rand, storm time.Duration) time.Duration {
	if storm < 5*time.Minute {
		return time.Duration(6+r.IntN(10)) * time.Second
	}
	return time.Duration(60+r.IntN(120)) * time.Second
}

// draw makes the day's deeds. Each kind has its own share of the storm, so that a
// longer day has more of them; no process of a day goes without.
func draw(seed uint64, storm time.Duration) []deed {
	r := rand.New(rand.NewPCG(seed, 0xc4a05))
	longest := 15 * time.Second
	if storm >= 5*time.Minute {
		longest = 3 * time.Minute
	}
	var out []deed
	// Spread evenly, each within its own slot: two of a kind never come together.
	add := func(every time.Duration, least int, margin time.Duration, d deed) {
		n := max(least, int(storm/every))
		slot := (storm - margin - first) / time.Duration(n)
		for i := range n {
			d.at = (first + time.Duration(i)*slot + time.Duration(r.Int64N(int64(slot)))).Truncate(100 * time.Millisecond)
			if d.kind == away || d.kind == clock {
				d.last = min(outage(r, storm), longest)
			}
			out = append(out, d)
		}
	}
	back := 10 * time.Second // a server that is killed comes back within the storm
	add(25*time.Second, 3, 0, deed{kind: kill, target: worker})
	add(60*time.Second, 2, 0, deed{kind: kill, target: serve})
	add(80*time.Second, 1, back, deed{kind: kill, target: postgresql})
	add(80*time.Second, 1, back, deed{kind: kill, target: temporal})
	for _, server := range []string{postgresql, temporal} {
		add(40*time.Second, 1, 0, deed{kind: cut, target: server})
		add(40*time.Second, 2, 0, deed{kind: cutBefore, target: server})
		add(40*time.Second, 2, 0, deed{kind: cutAfter, target: server})
	}
	for _, system := range []string{shop, warehouse} {
		add(90*time.Second, 1, longest, deed{kind: away, target: system})
		add(120*time.Second, 1, longest, deed{kind: clock, target: system})
	}
	add(60*time.Second, 1, back, deed{kind: cancel, target: temporal, orders: 2})
	add(60*time.Second, 1, back, deed{kind: terminate, target: temporal, orders: 3})
	add(60*time.Second, 1, back, deed{kind: reset, target: temporal, orders: 3})
	add(15*time.Second, 3, 0, deed{kind: goods, target: warehouse, orders: 2})
	slices.SortStableFunc(out, func(a, b deed) int { return cmp.Compare(a.at, b.at) })
	return out
}
