// Package clock is the simulators' time: the real time plus an offset that a
// test or a judge can push forward, so that a day of limits, expiries and
// delays passes in a moment.
package clock

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// maxAdvance bounds one push: ten years, far more than any test needs and far
// less than what overflows a duration.
const maxAdvance = 10 * 365 * 24 * time.Hour

// Clock tells the simulated time. It only ever runs forward. The zero value is
// ready, stands at the real time and is safe for concurrent use.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
	timers map[*timer]struct{}
}

type timer struct {
	due  time.Time
	real *time.Timer
	run  func()
}

// New returns a clock that stands at the real time.
func New() *Clock { return &Clock{} }

// Now returns the simulated time: the real time plus all that Advance added.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

// Advance pushes the clock forward by d and starts every function of AfterFunc
// that has become due by it. A negative d is ignored: time never runs back.
func (c *Clock) Advance(d time.Duration) {
	if d <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
	now := time.Now().Add(c.offset)
	for t := range c.timers {
		t.real.Reset(max(0, t.due.Sub(now)))
	}
}

// AfterFunc runs f in its own goroutine once d of simulated time has passed:
// by waiting, or at once when Advance pushes the clock past it. The returned
// function stops it and reports whether it came in time.
func (c *Clock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &timer{due: time.Now().Add(c.offset + d), run: f}
	if c.timers == nil {
		c.timers = make(map[*timer]struct{})
	}
	c.timers[t] = struct{}{}
	t.real = time.AfterFunc(max(0, d), func() {
		if c.take(t) {
			t.run()
		}
	})
	return func() bool {
		t.real.Stop()
		return c.take(t)
	}
}

// take claims a timer, so that a Reset by Advance racing with its firing never
// runs it twice.
func (c *Clock) take(t *timer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, waiting := c.timers[t]; !waiting {
		return false
	}
	delete(c.timers, t)
	return true
}

// ServeHTTP serves `POST /_sim/advance {"seconds": N}` (N may have decimals)
// and answers the simulated time: {"now": "<RFC 3339>"}. It may run again: each
// call advances once more, which is what was asked.
func (c *Clock) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "advance: use POST", http.StatusMethodNotAllowed)
		return
	}
	var body struct {
		Seconds float64 `json:"seconds"`
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		http.Error(w, fmt.Sprintf(`advance: send {"seconds": N}: %v`, err), http.StatusBadRequest)
		return
	}
	if body.Seconds <= 0 || body.Seconds > maxAdvance.Seconds() {
		http.Error(w, fmt.Sprintf("advance: seconds is %v, must be above 0 and at most %.0f", body.Seconds, maxAdvance.Seconds()), http.StatusBadRequest)
		return
	}
	c.Advance(time.Duration(body.Seconds * float64(time.Second)))
	w.Header().Set("Content-Type", "application/json")
	// The client may be gone; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(map[string]string{"now": c.Now().UTC().Format(time.RFC3339Nano)})
}
