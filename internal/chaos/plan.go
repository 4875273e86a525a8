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
	kill   = "kill -9"
	cut    = "cut the connections of"
	away   = "take away"
	cancel = "cancel the workflows of"
)

// deed is one thing that is done to somebody at a time of the day.
type deed struct {
	at     time.Duration
	kind   string
	target string        // process, connection or system
	last   time.Duration // of an outage
	orders int           // to cancel
}

func (d deed) String() string {
	switch d.kind {
	case away:
		return fmt.Sprintf("%s %s for %s", d.kind, d.target, d.last)
	case cancel:
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
)

// first is when the first deed may come: some orders are on their way by then.
const first = 8 * time.Second

// recovery is how long it takes until nothing shows any more that a worker was killed:
// what it had in hand is only taken up again when its time is up (two minutes), and an
// order's return window follows. No worker is killed later than that before the bound,
// or the day could not drain within it.
const recovery = 150 * time.Second

// shortest is the shortest bound of a day in which every kind of deed finds its place.
const shortest = 4 * time.Minute

// draw makes the day's deeds. Each kind has its own share of the storm, so that a
// longer day has more of them; no process of a day goes without.
func draw(seed uint64, storm, bound time.Duration) []deed {
	r := rand.New(rand.NewPCG(seed, 0xc4a05))
	var out []deed
	// Spread evenly, each within its own slot: two of a kind never come together.
	add := func(n int, until time.Duration, d deed) {
		slot := (until - first) / time.Duration(n)
		for i := range n {
			d.at = (first + time.Duration(i)*slot + time.Duration(r.Int64N(int64(slot)))).Truncate(100 * time.Millisecond)
			if d.kind == away {
				d.last = time.Duration(6+r.IntN(10)) * time.Second
			}
			out = append(out, d)
		}
	}
	per := func(every time.Duration, least int) int { return max(least, int(storm/every)) }
	add(per(25*time.Second, 3), min(storm, bound-recovery), deed{kind: kill, target: worker})
	add(per(60*time.Second, 2), storm, deed{kind: kill, target: serve})
	add(per(80*time.Second, 1), storm-15*time.Second, deed{kind: kill, target: postgresql})
	add(per(80*time.Second, 1), storm-15*time.Second, deed{kind: kill, target: temporal})
	add(per(30*time.Second, 2), storm, deed{kind: cut, target: postgresql})
	add(per(40*time.Second, 2), storm, deed{kind: cut, target: temporal})
	add(per(90*time.Second, 1), storm-20*time.Second, deed{kind: away, target: "centra"})
	add(per(90*time.Second, 1), storm-20*time.Second, deed{kind: away, target: "acs"})
	add(per(60*time.Second, 1), storm-10*time.Second, deed{kind: cancel, target: temporal, orders: 2})
	slices.SortStableFunc(out, func(a, b deed) int { return cmp.Compare(a.at, b.at) })
	return out
}
