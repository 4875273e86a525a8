package stock

import (
	"math"
	"time"
)

// Interval is what happened to an item between two readings of the feed.
type Interval struct {
	From, To time.Time // a of the two readings
	Before   int       // sellable at From
	After    int       // sellable at To
	Taken    int       // units that our own orders took in between, releases taken off
	Arrived  int       // units that the warehouse's books say came into sale in between
}

// Exposure is what was drained behind our back in an interval: sold on another
// channel, damaged, lost, counted away. While it lasted the shop could have sold it.
type Exposure struct {
	Units   int
	Seconds float64 // at most: the drain may have come at any moment of the interval
}

// UnitSeconds is the exposure's size, at most.
func (e Exposure) UnitSeconds() float64 { return float64(e.Units) * e.Seconds }

// Drained tells what an interval drained behind our back. Arrivals that the books do
// not tell of hide a drain of the same size; there is no way to see it.
func Drained(i Interval) Exposure {
	units := i.Before + i.Arrived - i.Taken - i.After
	if units <= 0 || !i.To.After(i.From) {
		return Exposure{}
	}
	return Exposure{Units: units, Seconds: i.To.Sub(i.From).Seconds()}
}

// maxTallied bounds how large a drain is told apart by the tally.
const maxTallied = 1000

// Tally sums exposures of one item (or of many) in bounded memory. The zero value is ready.
type Tally struct {
	Intervals   int         `json:"intervals"` // in which something was drained
	Units       int         `json:"units"`
	UnitSeconds float64     `json:"unitSeconds"`
	Most        int         `json:"most"` // drained in one interval
	BySize      map[int]int `json:"bySize,omitempty"`
}

// Add counts an exposure; none is not counted.
func (t *Tally) Add(e Exposure) {
	if e.Units <= 0 {
		return
	}
	t.Intervals++
	t.Units += e.Units
	t.UnitSeconds += e.UnitSeconds()
	t.Most = max(t.Most, e.Units)
	if t.BySize == nil {
		t.BySize = map[int]int{}
	}
	t.BySize[min(e.Units, maxTallied)]++
}

// Cover is the smallest buffer that would have covered a share (0 to 1) of the
// intervals in which something was drained.
func (t *Tally) Cover(share float64) int {
	need := int(math.Ceil(share * float64(t.Intervals)))
	if need <= 0 {
		return 0
	}
	covered := 0
	for size := 1; size <= min(t.Most, maxTallied); size++ {
		if covered += t.BySize[size]; covered >= need {
			if size == maxTallied {
				return t.Most
			}
			return size
		}
	}
	return t.Most
}
