package budget_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/budget"
)

const (
	decrease budget.Class = "stock-decrease"
	shipment budget.Class = "shipment"
	giveBack budget.Class = "return"
	hold     budget.Class = "hold"
	confirm  budget.Class = "confirmation"
	increase budget.Class = "stock-increase"
)

func plan() budget.Plan {
	return budget.Plan{
		Classes: []budget.Class{decrease, shipment, giveBack, hold, confirm, increase}, OwnPerHour: 60, OwnShare: 0.06,
		Keep: map[budget.Class]float64{giveBack: 0.005, hold: 0.01, confirm: 0.015, increase: 0.03},
	}
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// bucket is the system's own count, as its contract says it.
type bucket struct {
	every time.Duration
	quota int
	level float64
	at    time.Time
}

func (b *bucket) refill(now time.Time) {
	b.level = min(float64(b.quota), b.level+now.Sub(b.at).Seconds()*float64(b.quota)/b.every.Seconds())
	b.at = now
}

// world is a system with its buckets, our state, and a clock.
type world struct {
	now     time.Time
	state   budget.State
	buckets []*bucket
	used    map[budget.Class]int
	refused int
}

func newWorld(hour, tenSeconds int) *world {
	w := &world{now: noon, used: map[budget.Class]int{}}
	for _, b := range []*bucket{{every: time.Hour, quota: hour}, {every: 10 * time.Second, quota: tenSeconds}} {
		b.level, b.at = float64(b.quota), noon
		w.buckets = append(w.buckets, b)
	}
	w.adopt()
	return w
}

func (w *world) adopt() {
	var limits []budget.Limit
	for _, b := range w.buckets {
		b.refill(w.now)
		limits = append(limits, budget.Limit{Every: b.every, Quota: b.quota, Remaining: int(b.level)})
	}
	w.state.Adopt(plan(), limits, w.now)
}

// send is one mutation at the system.
func (w *world) send(class budget.Class) {
	for _, b := range w.buckets {
		b.refill(w.now)
		if b.level < 1-1e-9 {
			w.refused++
			return
		}
	}
	for _, b := range w.buckets {
		b.level--
	}
	w.used[class]++
}

// take asks once and sends all that is granted at once.
func (w *world) take(class budget.Class) budget.Grant {
	g := w.state.Take(plan(), class, budget.Caller{Holder: string(class)}, w.now)
	for range g.Units {
		w.send(class)
	}
	return g
}

func (w *world) total() (n int) {
	for _, u := range w.used {
		n += u
	}
	return n
}

func TestAllButATwentiethOfAFullQuotaIsUsedByWhatCanWait(t *testing.T) {
	t.Parallel()
	w := newWorld(1000, 100000)
	for w.take(increase).Units > 0 {
	}
	require.GreaterOrEqual(t, w.total(), 950)
	require.Zero(t, w.refused)
}

func TestAQuotaOfFiveIsUsedWhole(t *testing.T) {
	t.Parallel()
	for _, class := range plan().Classes {
		w := newWorld(5, 100)
		for w.take(class).Units > 0 {
		}
		require.Equal(t, 5, w.total(), class)
		require.Zero(t, w.refused, class)
	}
}

// TestWhatRefillsIsUsed lets everybody work for six hours under the default quota: every
// class has more to do than there is.
func TestWhatRefillsIsUsedInTheOrderOfClasses(t *testing.T) {
	t.Parallel()
	w := newWorld(1000, 100)
	next := map[budget.Class]time.Time{}
	const hours = 6
	for end := noon.Add(hours * time.Hour); w.now.Before(end); w.now = w.now.Add(100 * time.Millisecond) {
		for _, class := range []budget.Class{increase, confirm, shipment, decrease} { // the least urgent asks first
			if w.now.Before(next[class]) {
				continue
			}
			if g := w.take(class); g.Units == 0 {
				next[class] = g.At
			}
		}
	}
	granted := 1000 + hours*1000
	require.GreaterOrEqual(t, w.total(), granted*95/100)
	require.Zero(t, w.refused, "nothing is refused that could have waited")
	require.GreaterOrEqual(t, w.used[decrease], hours*60-1, "the decreases' own share")
	// After the first burst, shipments get all that refills but that share.
	require.GreaterOrEqual(t, w.used[shipment], hours*(1000-60)*95/100)
}

func TestADecreaseComesFirstWhenNothingIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(1000, 100000)
	for w.take(shipment).Units > 0 {
	}
	require.Equal(t, 10, 1000-w.total(), "what has accrued to the decreases is theirs")
	require.Equal(t, 1, w.take(decrease).Units)
	for w.take(decrease).Units > 0 {
	}
	first := w.take(shipment)
	require.Zero(t, first.Units)
	w.now = w.now.Add(3700 * time.Millisecond)
	require.Zero(t, w.take(increase).Units, "the next unit is the shipment's, whoever asks first")
	require.Equal(t, 1, w.take(shipment).Units)
}

func TestAWaitingClassThatNeverComesBackHoldsNobodyUpForLong(t *testing.T) {
	t.Parallel()
	w := newWorld(1000, 100000)
	for w.take(shipment).Units > 0 {
	}
	for w.take(decrease).Units > 0 {
	}
	gone := w.take(shipment).At
	w.now = gone.Add(4 * time.Second)
	for range 40 { // what the increases leave to others refills first
		w.now = w.now.Add(10 * time.Second)
	}
	require.NotZero(t, w.take(increase).Units)
}

func TestACrashLosesUnitsForAWhileOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(1000, 100000)
	for range 150 { // granted, and the process dies before it sends
		w.state.Take(plan(), shipment, budget.Caller{Holder: "a"}, w.now)
	}
	w.now = w.now.Add(time.Second)
	w.adopt()
	require.Less(t, w.state.Windows[0].Level, 700.0, "they may be on their way")
	w.now = w.now.Add(time.Minute)
	w.adopt()
	require.GreaterOrEqual(t, w.state.Windows[0].Level, 990.0)
}

func TestWhatOthersSpendIsLearnt(t *testing.T) {
	t.Parallel()
	w := newWorld(1000, 100)
	w.buckets[0].level = 3
	w.adopt()
	n := 0
	for g := w.take(shipment); g.Units > 0; g = w.take(shipment) {
		n += g.Units
	}
	require.LessOrEqual(t, n, 3)
	require.Zero(t, w.refused)
	w.buckets[0].quota, w.buckets[0].level = 36000, 36000
	w.adopt()
	require.NotZero(t, w.take(increase).Units, "a raised quota counts at once")
}

func TestUnitsThatWereNotUsedComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(1000, 100)
	g := w.state.Take(plan(), shipment, budget.Caller{Holder: "a"}, w.now)
	require.Equal(t, 5, g.Units, "while plenty is left, several at once")
	before := w.state.Windows[0].Level
	w.state.Take(plan(), decrease, budget.Caller{Holder: "a", Back: 4}, w.now)
	require.Equal(t, before+4-1, w.state.Windows[0].Level)
	w.state.Take(plan(), decrease, budget.Caller{Holder: "b", Back: 400}, w.now)
	require.LessOrEqual(t, w.state.Windows[0].Level, before+4-2, "no more than was granted")
}

// TestNothingIsRefusedWhateverComes is the property: any work in any order, with delays
// between grant and use, and the system never has to refuse anything.
func TestNothingIsRefusedWhateverComes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		hour := rapid.SampledFrom([]int{5, 60, 1000, 36000}).Draw(t, "hour")
		ten := rapid.SampledFrom([]int{5, 100, 1000}).Draw(t, "ten seconds")
		w := newWorld(hour, ten)
		type held struct {
			class budget.Class
			until time.Time
			units int
		}
		var ahead []held
		random := rand.New(rand.NewPCG(uint64(rapid.Int64().Draw(t, "seed")), 1)) //nolint:gosec // a test's dice
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			class := plan().Classes[random.IntN(6)]
			if g := w.state.Take(plan(), class, budget.Caller{Holder: string(class)}, w.now); g.Units > 0 {
				w.send(class)
				ahead = append(ahead, held{class, g.Until, g.Units - 1})
			}
			// What was granted ahead is used within its time, or not at all.
			for i := range ahead {
				for ahead[i].units > 0 && w.now.Before(ahead[i].until) && random.IntN(3) == 0 {
					ahead[i].units--
					w.send(ahead[i].class)
				}
			}
			w.now = w.now.Add(time.Duration(random.IntN(3000)) * time.Millisecond)
			if random.IntN(20) == 0 {
				w.adopt()
			}
		}
		if w.refused > 0 {
			t.Fatalf("%d refused with %d an hour and %d in ten seconds", w.refused, hour, ten)
		}
	})
}
