package budget

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"selvedge/internal/fault"
)

// Keeper keeps the state of budgets where all processes reach it.
type Keeper interface {
	// ChangeBudget changes a system's state under a lock; state is empty the first time.
	ChangeBudget(ctx context.Context, system string, at time.Time, change func(state []byte) (next []byte, granted, waited map[string]int, err error)) error
}

const (
	// askLimit is how long a keeper may take: it answers in a millisecond or is away.
	askLimit = time.Second
	// awayFor is how long a keeper that did not answer is left alone. What is spent then is
	// bounded by each process's own count, and by the system.
	awayFor = 5 * time.Second
)

// Spender spends a system's budget in one process. It is safe for concurrent use.
type Spender struct {
	system  string
	holder  string // of this process: what was granted to others is theirs
	plan    Plan
	keeper  Keeper
	maxWait time.Duration
	now     func() time.Time
	log     func(msg string, kv ...any)

	mu     sync.Mutex
	counts map[Class]*count
	away   time.Time // the keeper is not asked before
}

// count is what a process holds of one class.
type count struct {
	turn     chan struct{} // held by the one who asks the keeper for the class
	units    int           // granted and not used
	until    time.Time
	sleeping []time.Time // when those who wait will ask again
}

// Options are what a Spender needs. Now nil means time.Now; Log may be nil.
type Options struct {
	System string
	Plan   Plan
	Keeper Keeper
	// MaxWait is how long Spend waits before it says fault.RateLimited.
	MaxWait time.Duration
	Now     func() time.Time
	Log     func(msg string, kv ...any)
}

// NewSpender makes the spender of a process.
func NewSpender(o Options) *Spender {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	return &Spender{
		system: o.System, holder: rand.Text()[:8] + "/", plan: o.Plan, keeper: o.Keeper, maxWait: o.MaxWait, now: o.Now, log: o.Log, counts: map[Class]*count{},
	}
}

// Spend takes one unit for a class. It waits while that is short, and says
// fault.RateLimited with the moment to come back when it is not; then nothing is
// taken. A keeper that is away stops nobody.
func (s *Spender) Spend(ctx context.Context, class Class) error {
	c := s.count(class)
	deadline := s.now().Add(s.maxWait)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	for due := (time.Time{}); ; {
		grant, asked := s.grant(ctx, class, c, due)
		switch {
		case !asked && ctx.Err() != nil:
			return s.givenUp(ctx, class)
		case !asked || grant.Units > 0:
			return nil
		case grant.At.After(deadline):
			return &fault.Fault{
				Kind: fault.RateLimited, System: s.system, Op: string(class), Code: "budget", RetryAt: grant.At,
				Message: "waiting for the budget of " + string(class),
			}
		}
		due = grant.At
		if err := s.sleep(ctx, c, due); err != nil {
			return s.givenUp(ctx, class)
		}
	}
}

// grant takes a unit that is there, or asks for one; one caller of a class asks at a
// time, and what it gets ahead serves those behind it. due is when the caller was told
// to come back, zero the first time.
func (s *Spender) grant(ctx context.Context, class Class, c *count, due time.Time) (Grant, bool) {
	if s.use(c) {
		return Grant{Units: 1}, true
	}
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return Grant{}, false
	}
	defer func() { <-c.turn }()
	if s.use(c) {
		return Grant{Units: 1}, true
	}
	return s.ask(ctx, class, c, due)
}

// sleep waits until a moment of our clock.
func (s *Spender) sleep(ctx context.Context, c *count, until time.Time) error {
	s.mu.Lock()
	c.sleeping = append(c.sleeping, until)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if i := slices.Index(c.sleeping, until); i >= 0 {
			c.sleeping = slices.Delete(c.sleeping, i, i+1)
		}
	}()
	timer := time.NewTimer(until.Sub(s.now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Spender) givenUp(ctx context.Context, class Class) error {
	return &fault.Fault{
		Kind: fault.Unavailable, System: s.system, Op: string(class), Code: "budget", Err: ctx.Err(),
		Message: "given up while waiting for the budget of " + string(class),
	}
}

func (s *Spender) count(class Class) *count {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts[class]
	if c == nil {
		c = &count{turn: make(chan struct{}, 1)}
		s.counts[class] = c
	}
	return c
}

// use takes a unit that was granted ahead.
func (s *Spender) use(c *count) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.units == 0 || s.now().After(c.until) {
		return false
	}
	c.units--
	return true
}

// ask takes units from the keeper; asked is false when it is away.
func (s *Spender) ask(ctx context.Context, class Class, c *count, due time.Time) (grant Grant, asked bool) {
	s.mu.Lock()
	now := s.now()
	if now.Before(s.away) {
		s.mu.Unlock()
		return Grant{}, false
	}
	back, waiting := c.units, 0
	c.units = 0
	for _, other := range c.sleeping { // those who were told an earlier moment come first
		if due.IsZero() || other.Before(due) {
			waiting++
		}
	}
	s.mu.Unlock()

	err := s.change(ctx, func(state *State) (granted, waited map[string]int) {
		grant = state.Take(s.plan, class, Caller{Holder: s.holder + string(class), Waiting: waiting, Back: back}, s.now())
		if grant.Units == 0 {
			return nil, map[string]int{string(class): 1}
		}
		return map[string]int{string(class): max(0, grant.Units-back)}, nil
	})
	if err != nil {
		return Grant{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if grant.Units > 0 {
		c.units, c.until = grant.Units-1, grant.Until
	}
	return grant, true
}

// Adopt tells the budget what the system says is left. A keeper that is away learns it
// another time.
func (s *Spender) Adopt(ctx context.Context, limits []Limit) {
	_ = s.change(ctx, func(state *State) (granted, waited map[string]int) {
		state.Adopt(s.plan, limits, s.now())
		return nil, nil
	})
}

func (s *Spender) change(ctx context.Context, change func(*State) (granted, waited map[string]int)) error {
	bounded, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	err := s.keeper.ChangeBudget(bounded, s.system, s.now(), func(raw []byte) ([]byte, map[string]int, map[string]int, error) {
		var state State
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &state); err != nil {
				state = State{} // of another version, or spoilt: begin anew, the system tells what is left
			}
		}
		granted, waited := change(&state)
		next, err := json.Marshal(state)
		return next, granted, waited, err
	})
	if err != nil && ctx.Err() == nil {
		s.mu.Lock()
		first := s.away.IsZero() || s.now().After(s.away.Add(awayFor))
		s.away = s.now().Add(awayFor)
		s.mu.Unlock()
		if first {
			s.log("the shared budget cannot be reached; each process counts for itself", "system", s.system, "error", err.Error())
		}
	}
	return err
}
