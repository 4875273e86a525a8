package weather

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The kinds of fault, as the control API spells them.
const (
	CutBeforeCommit = "cut-before-commit"
	CutAfterCommit  = "cut-after-commit"
	LateCommit      = "late-commit"
	Status429       = "status-429"
	Status500       = "status-500"
	Status502       = "status-502"
	Status503       = "status-503"
	Status403       = "status-403"
	Garbage         = "garbage"
	Slow            = "slow"
)

const (
	// sameStreak and anyStreak bound how long bad luck lasts: see doc.go.
	sameStreak = 3
	anyStreak  = 8
	// maxStreaks bounds the memory for requests that were disturbed and never came again.
	maxStreaks = 10_000
)

// Fault is one scripted fault: it happens to the next requests that contain
// Match, whatever the profile says.
type Fault struct {
	// Match is looked for in "<METHOD> <path?query>" and in the body; empty matches every request.
	Match string `json:"match"`
	// Kind is one of the constants of this package, e.g. "cut-after-commit".
	Kind string `json:"kind"`
	// Times is how many requests it happens to; 0 means 1.
	Times int `json:"times,omitempty"`
	// After lets that many matching requests pass first.
	After int `json:"after,omitempty"`
	// DelayMs is the delay of a late commit or a slow answer in milliseconds; 0 means 1000.
	DelayMs int `json:"delayMs,omitempty"`
	// Hang lets a late commit's connection hang until the caller gives up, instead of cutting it at once.
	Hang bool `json:"hang,omitempty"`
	// RetryAfter is the literal header of a 429; empty means one second in the system's own format.
	RetryAfter string `json:"retryAfter,omitempty"`
}

// Delivery says what happens to one webhook.
type Delivery struct {
	// Copies is how often it is sent; 0 means lost.
	Copies int
	// Delay is waited before the first copy, so that later webhooks overtake it.
	Delay time.Duration
	// WrongTimestamp means that the sender's clock is off: sign with a time hours ago.
	WrongTimestamp bool
}

// Weather disturbs requests and webhooks. It is safe for concurrent use.
type Weather struct {
	mu         sync.Mutex
	name       string
	profile    profile
	random     *rand.Rand
	hashSeed   maphash.Seed
	streaks    map[uint64]int
	streak     int
	faults     []Fault
	outageEnds time.Time
	nextOutage time.Time // zero = none planned
	clockWrong time.Time // until then the sender's clock is wrong
	leak       string
	retryAfter func(time.Duration) string
	stats      Stats

	// lateRunning counts late commits under way. A WaitGroup would not do: one
	// may start while somebody waits.
	lateRunning int
	lateEnded   *sync.Cond
}

// New returns the weather of a profile: calm, breezy or storm. The same seed
// draws the same sequence of disturbances.
func New(profile string, seed uint64) (*Weather, error) {
	w := &Weather{
		random:     rand.New(rand.NewPCG(seed, seed^0x9e3779b97f4a7c15)),
		hashSeed:   maphash.MakeSeed(),
		streaks:    make(map[uint64]int),
		retryAfter: func(d time.Duration) string { return strconv.Itoa(max(1, int(d.Round(time.Second).Seconds()))) },
		stats:      Stats{Faults: make(map[string]int)},
	}
	w.lateEnded = sync.NewCond(&w.mu)
	if err := w.Set(profile); err != nil {
		return nil, err
	}
	return w, nil
}

// Set changes the profile from the next request on, ends a running outage and puts a
// wrong clock right.
// Scripted faults stay.
func (w *Weather) Set(name string) error {
	p, known := profiles(name)
	if !known {
		return fmt.Errorf("weather: profile is %q, must be calm, breezy or storm", name)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.name, w.profile = name, p
	w.outageEnds, w.clockWrong = time.Time{}, time.Time{}
	w.planOutage(time.Now())
	return nil
}

// Profile returns the name of the profile in force.
func (w *Weather) Profile() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.name
}

// Outage makes the system unreachable for d from now: connections are cut or
// answered 503. A second call replaces the first one's end.
func (w *Weather) Outage(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outageEnds = time.Now().Add(d)
	w.stats.Outages++
}

// WrongClock puts the webhook sender's clock wrong for d from now: every delivery,
// repeated ones too, is signed with a time hours off. A second call replaces the first one's end.
func (w *Weather) WrongClock(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clockWrong = time.Now().Add(d)
}

// ClockIsWrong tells whether WrongClock still lasts.
func (w *Weather) ClockIsWrong() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Before(w.clockWrong)
}

// Script adds faults behind those still waiting. Nothing is added when one of
// them has an unknown kind or a negative number.
func (w *Weather) Script(faults ...Fault) error {
	for i := range faults {
		if err := faults[i].complete(); err != nil {
			return fmt.Errorf("weather: faults[%d]: %w", i, err)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, faults...)
	return nil
}

// ClearScript drops the scripted faults that have not happened yet.
func (w *Weather) ClearScript() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = nil
}

// SetLeak plants a string in the body of every error page, as real systems echo
// a customer's name: a log that shows it has not been redacted.
func (w *Weather) SetLeak(leak string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leak = leak
}

// SetRetryAfter sets how the system writes the Retry-After header of a 429 for
// a wait of d; the default is whole seconds.
func (w *Weather) SetRetryAfter(format func(d time.Duration) string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.retryAfter = format
}

// Delivery draws what happens to the next webhook.
func (w *Weather) Delivery() Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, d := w.profile, Delivery{Copies: 1}
	switch x := w.random.Float64(); {
	case x < p.webhookLost:
		d.Copies = 0
		w.stats.WebhooksLost++
	case x < p.webhookLost+p.webhookTwice:
		d.Copies = 2
		w.stats.WebhooksRepeated++
	case x < p.webhookLost+p.webhookTwice+p.webhookFive:
		d.Copies = 5
		w.stats.WebhooksRepeated++
	}
	if w.random.Float64() < p.webhookLate {
		d.Delay = w.draw(p.webhookDelay)
		w.stats.WebhooksLate++
	}
	if w.random.Float64() < p.webhookClock || time.Now().Before(w.clockWrong) {
		d.WrongTimestamp = true
		w.stats.WebhooksWrongClock++
	}
	w.stats.Webhooks++
	return d
}

// verdict says what happens to one request.
type verdict struct {
	kind    string // empty = the request passes
	latency time.Duration
	fault   Fault
}

// decide draws the fate of a request. text is "<METHOD> <path>\n<body>".
func (w *Weather) decide(text string) verdict {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats.Requests++
	v := verdict{latency: w.draw(w.profile.latency)}
	if fault, scripted := w.scripted(text); scripted {
		w.stats.Scripted++
		v.kind, v.fault = fault.Kind, fault
	} else {
		v = w.unscripted(text, v)
	}
	if v.kind != "" {
		w.stats.Faults[v.kind]++
	}
	return v
}

// unscripted draws an unscripted fate, and lets a request pass that has had its
// share of bad luck.
func (w *Weather) unscripted(text string, v verdict) verdict {
	now := time.Now()
	if !w.nextOutage.IsZero() && now.After(w.nextOutage) {
		w.outageEnds = now.Add(w.draw(w.profile.outage))
		w.stats.Outages++
		w.planOutage(w.outageEnds)
	}
	if now.Before(w.outageEnds) {
		w.stats.Refused++
		v.kind = Status503
		if w.random.IntN(2) == 0 {
			v.kind = CutBeforeCommit
		}
		return v
	}
	if len(w.profile.chances) == 0 {
		return v
	}
	key := maphash.String(w.hashSeed, text)
	if w.streaks[key] < sameStreak && w.streak < anyStreak {
		v.kind = w.drawKind()
	}
	if v.kind == "" {
		w.streak = 0
		delete(w.streaks, key)
		return v
	}
	w.streak++
	if len(w.streaks) >= maxStreaks {
		clear(w.streaks)
	}
	w.streaks[key]++
	switch v.kind {
	case LateCommit:
		v.fault.DelayMs = int(w.draw(w.profile.late).Milliseconds())
		v.fault.Hang = w.random.IntN(4) == 0
	case Slow:
		v.fault.DelayMs = int(w.draw(w.profile.slow).Milliseconds())
	}
	return v
}

func (w *Weather) drawKind() string {
	x := w.random.Float64()
	for _, c := range w.profile.chances {
		if x < c.probability {
			return c.kind
		}
		x -= c.probability
	}
	return ""
}

// scripted takes the first waiting fault that fits the request.
func (w *Weather) scripted(text string) (Fault, bool) {
	for i := range w.faults {
		fault := &w.faults[i]
		if !strings.Contains(text, fault.Match) {
			continue
		}
		if fault.After > 0 {
			fault.After--
			continue
		}
		taken := *fault
		fault.Times--
		if fault.Times == 0 {
			w.faults = append(w.faults[:i:i], w.faults[i+1:]...)
		}
		return taken, true
	}
	return Fault{}, false
}

func (w *Weather) planOutage(from time.Time) {
	w.nextOutage = time.Time{}
	if w.profile.calmTime.to > 0 {
		w.nextOutage = from.Add(w.draw(w.profile.calmTime))
	}
}

func (w *Weather) draw(s span) time.Duration {
	if s.to <= s.from {
		return s.from
	}
	return s.from + time.Duration(w.random.Int64N(int64(s.to-s.from)))
}

func (f *Fault) complete() error {
	switch f.Kind {
	case CutBeforeCommit, CutAfterCommit, LateCommit, Status429, Status500, Status502, Status503, Status403, Garbage, Slow:
	default:
		return fmt.Errorf("kind is %q, must be one of cut-before-commit, cut-after-commit, late-commit, slow, garbage, status-403, status-429, status-500, status-502, status-503", f.Kind)
	}
	if f.Times < 0 || f.After < 0 || f.DelayMs < 0 {
		return fmt.Errorf("times is %d, after %d, delayMs %d: none may be negative", f.Times, f.After, f.DelayMs)
	}
	if f.Times == 0 {
		f.Times = 1
	}
	if f.DelayMs == 0 {
		f.DelayMs = 1000
	}
	return nil
}
