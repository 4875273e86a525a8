package assembly

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// collectAt is how much garbage a worker lets lie beside what is in use, in percent,
// before it collects. What a worker holds is mostly orders that wait, small things between
// the garbage of others' tasks; with Go's own 100 it takes almost three times what they
// hold. Measured with 5,000 orders kept and 15,000 rebuilt from their histories, each 25 KB (bench
// row parked): 398 MB at 100, 320 at 70, 275 at 50, 259 at 40, 241 at 30. The processor's
// time rises by a quarter of a millisecond an order to 40, and by a whole one to 30.
const collectAt = 40

// leastGarbage is how many bytes of garbage are always let lie: a worker that holds little would
// collect for every few orders otherwise, and marking takes the same 14 MB each time.
const leastGarbage = 32 << 20

// TuneMemory makes this process collect by these two, unless GOGC says when.
func TuneMemory() {
	const usual = 100
	if told := debug.SetGCPercent(percentFor(0)); told != usual {
		debug.SetGCPercent(told)
		return
	}
	afterCollection(&tuning{percent: percentFor(0)})
}

// percentFor is what Go has to be told when so many bytes are in use.
func percentFor(used uint64) int {
	const goStartsAt = 4 << 20 // its least heap at 100 percent
	return int(max(collectAt, 100*leastGarbage/max(used, goStartsAt)))
}

type tuning struct{ percent int }

// afterCollection lets the tuning follow each collection: the first thing it frees is
// what stood for it.
func afterCollection(t *tuning) {
	runtime.AddCleanup(new([64]byte), func(t *tuning) {
		t.follow()
		afterCollection(t)
	}, t)
}

func (t *tuning) follow() {
	used := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}, {Name: "/gc/scan/globals:bytes"}}
	metrics.Read(used)
	want := percentFor(used[0].Value.Uint64() + used[1].Value.Uint64() + used[2].Value.Uint64())
	if want*10 > t.percent*9 && want*9 < t.percent*10 { // about what it is; each change stops the world for a moment
		return
	}
	debug.SetGCPercent(want)
	t.percent = want
}
