package console

import (
	"sync"
	"time"
)

// How many tries to log in may fail within loginWindow before more are refused: for a
// name from one address, for a name from everywhere, and from one address for any name.
const (
	triesPerNameHere = 5
	triesPerName     = 50
	triesPerAddress  = 100
	loginWindow      = 15 * time.Minute
	mostKeys         = 10_000
)

// limiter counts failures by key in the memory of this process.
type limiter struct {
	clock func() time.Time
	mu    sync.Mutex
	fails map[string][]time.Time
}

func newLimiter(clock func() time.Time) *limiter {
	return &limiter{clock: clock, fails: map[string][]time.Time{}}
}

func loginKeys(name, address string) map[string]int {
	return map[string]int{"at " + name + " " + address: triesPerNameHere, "name " + name: triesPerName, "from " + address: triesPerAddress}
}

// wait tells how long somebody has to wait before another try; 0 means not at all.
func (l *limiter) wait(name, address string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var longest time.Duration
	for key, most := range loginKeys(name, address) {
		if recent := l.recent(key); len(recent) >= most {
			longest = max(longest, loginWindow-l.clock().Sub(recent[len(recent)-most]))
		}
	}
	return longest
}

// failed counts a try that was refused.
func (l *limiter) failed(name, address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.fails) > mostKeys {
		for key := range l.fails {
			l.recent(key)
		}
	}
	for key := range loginKeys(name, address) {
		if recent := l.recent(key); len(recent) > 0 || len(l.fails) < 2*mostKeys {
			l.fails[key] = append(recent, l.clock())
		}
	}
}

// succeeded forgets the failures of a name from an address.
func (l *limiter) succeeded(name, address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.fails, "at "+name+" "+address)
}

// recent drops what is too old to count.
func (l *limiter) recent(key string) []time.Time {
	times := l.fails[key]
	for len(times) > 0 && l.clock().Sub(times[0]) >= loginWindow {
		times = times[1:]
	}
	if len(times) == 0 {
		delete(l.fails, key)
	} else {
		l.fails[key] = times
	}
	return times
}
