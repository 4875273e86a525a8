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

// begin counts a try as failed before it is made, so that tries made at once are not more
// than those made one after the other. Otherwise it tells how long to wait before another;
// 0 means that the try may be made, and has to be ended by succeeded or undone unless it failed.
func (l *limiter) begin(name, address string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	wait := l.wait(name, address)
	if wait == 0 {
		l.count(name, address)
	}
	return wait
}

func (l *limiter) wait(name, address string) time.Duration {
	var longest time.Duration
	for key, most := range loginKeys(name, address) {
		if recent := l.recent(key); len(recent) >= most {
			longest = max(longest, loginWindow-l.clock().Sub(recent[len(recent)-most]))
		}
	}
	return longest
}

func (l *limiter) count(name, address string) {
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

// undone takes back a try that came to no end: nothing was told about the password.
func (l *limiter) undone(name, address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key := range loginKeys(name, address) {
		if recent := l.recent(key); len(recent) > 0 {
			l.fails[key] = recent[:len(recent)-1]
		}
	}
}

// succeeded takes back a try, and forgets the failures of a name from an address.
func (l *limiter) succeeded(name, address string) {
	l.undone(name, address)
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
