package centra

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"selvedge/internal/fault"
	"selvedge/internal/systems/centra/gen"
)

// bucket is one of Centra's token buckets: it starts full and refills continuously.
type bucket struct {
	kind  gen.RateLimitType
	every gen.RateLimitInterval
	left  *rate.Limiter
}

// pacer holds requests back so that Centra has nothing to refuse. It knows only
// this process; what others spend is learnt from the rateLimits query.
type pacer struct {
	now     func() time.Time
	maxWait time.Duration

	mu             sync.Mutex
	buckets        []bucket
	blocked        time.Time // nothing goes out before
	mutationsUntil time.Time // no mutation goes out before
}

// newPacer starts from the quotas of a fresh instance.
func newPacer(now func() time.Time, maxWait time.Duration) *pacer {
	p := &pacer{now: now, maxWait: maxWait}
	p.adopt([]gen.RateLimit{
		{Type: gen.RateLimitTypeRequestCount, IntervalSeconds: gen.RateLimitIntervalTenSeconds, Quota: 20, RemainingQuota: 20},
		{Type: gen.RateLimitTypeRequestCount, IntervalSeconds: gen.RateLimitIntervalOneHour, Quota: 10_000, RemainingQuota: 10_000},
		{Type: gen.RateLimitTypeQueryComplexity, IntervalSeconds: gen.RateLimitIntervalTenSeconds, Quota: 150_000, RemainingQuota: 150_000},
		{Type: gen.RateLimitTypeQueryComplexity, IntervalSeconds: gen.RateLimitIntervalOneHour, Quota: 20_000_000, RemainingQuota: 20_000_000},
		{Type: gen.RateLimitTypeMutationCount, IntervalSeconds: gen.RateLimitIntervalTenSeconds, Quota: 100, RemainingQuota: 100},
		{Type: gen.RateLimitTypeMutationCount, IntervalSeconds: gen.RateLimitIntervalOneHour, Quota: 1_000, RemainingQuota: 1_000},
	})
	return p
}

// adopt replaces the buckets by what Centra says is left. Windows of a length that
// we do not know are left out: a guess could stop everything.
func (p *pacer) adopt(limits []gen.RateLimit) {
	now := p.now()
	var buckets []bucket
	for _, l := range limits {
		window := lengthOf(l.IntervalSeconds)
		if window == 0 || l.Quota <= 0 {
			continue
		}
		left := rate.NewLimiter(rate.Limit(float64(l.Quota)/window.Seconds()), l.Quota)
		if used := l.Quota - max(l.RemainingQuota, 0); used > 0 {
			left.AllowN(now, min(used, l.Quota))
		}
		buckets = append(buckets, bucket{kind: l.Type, every: l.IntervalSeconds, left: left})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(buckets) > 0 {
		p.buckets = buckets
	}
}

// take waits until the quotas allow the call, or says fault.RateLimited at once
// when that is later than the caller or MaxWait allows; then nothing is taken.
func (p *pacer) take(ctx context.Context, call call) error {
	now := p.now()
	held, at := p.reserve(now, call)
	wait := at.Sub(now)
	if wait <= 0 {
		return nil
	}
	allowed := p.maxWait
	if deadline, ok := ctx.Deadline(); ok {
		allowed = min(allowed, deadline.Sub(now))
	}
	if wait > allowed {
		giveBack(held, now)
		return &fault.Fault{
			Kind: fault.RateLimited, System: system, Op: call.op, Code: "quota",
			Message: "waiting for Centra's quota", RetryAt: at,
		}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		giveBack(held, p.now())
		return &fault.Fault{Kind: fault.Unavailable, System: system, Op: call.op, Message: "given up while waiting for Centra's quota", Err: ctx.Err()}
	}
}

// reserve takes one of each bucket that the call needs and tells when it may go.
func (p *pacer) reserve(now time.Time, call call) (held []*rate.Reservation, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at = now
	if p.blocked.After(at) {
		at = p.blocked
	}
	if !call.reads && p.mutationsUntil.After(at) {
		at = p.mutationsUntil
	}
	for _, b := range p.buckets {
		if b.kind == gen.RateLimitTypeMutationCount && call.reads {
			continue
		}
		r := b.left.ReserveN(now, 1)
		held = append(held, r)
		if ready := now.Add(r.DelayFrom(now)); ready.After(at) {
			at = ready
		}
	}
	return held, at
}

func giveBack(held []*rate.Reservation, now time.Time) {
	for _, r := range held {
		r.CancelAt(now)
	}
}

// charge takes what an answer cost from the complexity buckets; one unit was
// taken before, since the cost is known only afterwards.
func (p *pacer) charge(complexity int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range p.buckets {
		if b.kind == gen.RateLimitTypeQueryComplexity && complexity > 1 {
			b.left.ReserveN(p.now(), min(complexity-1, b.left.Burst()))
		}
	}
}

// block remembers a 429. After a refused mutation reads go on: the mutation quota
// is the tight one, and reads have their own.
func (p *pacer) block(call call, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if call.reads {
		p.blocked = until
		return
	}
	p.mutationsUntil = until
}

type withoutRefresh struct{}

// refreshQuotas asks Centra what is left, at the first call, after a 429 and then at
// intervals. While nothing is known, whoever comes waits for the one who asks: calls that
// went ahead would spend what others have spent already. A failure is not the caller's:
// the buckets go on as they were, and whatever is wrong shows in the caller's own request.
func (c *client) refreshQuotas(ctx context.Context) {
	if c.refresh <= 0 || ctx.Value(withoutRefresh{}) != nil {
		return
	}
	if c.quotasKnown() {
		if !c.asking.TryLock() {
			return
		}
	} else {
		c.asking.Lock()
	}
	defer c.asking.Unlock()
	if !c.dueForRefresh() {
		return
	}
	data, err := gen.RateLimits(context.WithValue(ctx, withoutRefresh{}, true), c)
	switch {
	case err == nil:
		c.adopt(ctx, data.RateLimits)
		c.noteAsked(true)
	case fault.Is(err, fault.RateLimited):
		c.quotasUnknown()
	default:
		c.noteAsked(true) // not now: the interval goes on
	}
}

// askAgainAfter bounds how often the quotas are asked for because a budget is spent.
const askAgainAfter = 15 * time.Second

// mayAskAgain makes the quotas due, unless they were asked for just now.
func (c *client) mayAskAgain() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Sub(c.refreshed) < askAgainAfter {
		return false
	}
	c.refreshed = time.Time{}
	return true
}

func (c *client) quotasKnown() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known
}

func (c *client) noteAsked(known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = known
}

// adopt takes over what Centra says is left, here and in the shared budget.
func (c *client) adopt(ctx context.Context, limits []gen.RateLimit) {
	c.pace.adopt(limits)
	var mutations []MutationQuota
	for _, l := range limits {
		if every := lengthOf(l.IntervalSeconds); l.Type == gen.RateLimitTypeMutationCount && every > 0 && l.Quota > 0 {
			mutations = append(mutations, MutationQuota{Every: every, Quota: l.Quota, Remaining: l.RemainingQuota})
		}
	}
	c.quotas(ctx, mutations)
}

// lengthOf is zero for a window that we do not know.
func lengthOf(i gen.RateLimitInterval) time.Duration {
	switch i {
	case gen.RateLimitIntervalTenSeconds:
		return 10 * time.Second
	case gen.RateLimitIntervalOneHour:
		return time.Hour
	}
	return 0
}

// quotasUnknown makes the next call ask again: a 429 shows that our count is wrong.
func (c *client) quotasUnknown() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refreshed, c.known = time.Time{}, false
}

func (c *client) dueForRefresh() bool {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.refreshed.IsZero() && now.Sub(c.refreshed) < c.refresh {
		return false
	}
	c.refreshed = now
	return true
}
