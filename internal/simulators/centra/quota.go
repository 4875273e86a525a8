package centra

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// Quotas are Centra's limits; a zero keeps the default of a fresh instance.
type Quotas struct {
	Requests10s    int `json:"requests10s,omitempty"`    // 20
	RequestsHour   int `json:"requestsHour,omitempty"`   // 10 000
	Complexity10s  int `json:"complexity10s,omitempty"`  // 150 000
	ComplexityHour int `json:"complexityHour,omitempty"` // 20 000 000
	Mutations10s   int `json:"mutations10s,omitempty"`   // 100
	MutationsHour  int `json:"mutationsHour,omitempty"`  // 1 000
}

// bucket is one token bucket: it starts full and refills continuously.
type bucket struct {
	kind, window string
	seconds      float64
	quota        int
	left         float64
	at           time.Time
}

func newBuckets(now time.Time) []*bucket {
	make1 := func(kind, window string, seconds float64, quota int) *bucket {
		return &bucket{kind: kind, window: window, seconds: seconds, quota: quota, left: float64(quota), at: now}
	}
	return []*bucket{
		make1("REQUEST_COUNT", "TEN_SECONDS", 10, 20), make1("REQUEST_COUNT", "ONE_HOUR", 3600, 10_000),
		make1("QUERY_COMPLEXITY", "TEN_SECONDS", 10, 150_000), make1("QUERY_COMPLEXITY", "ONE_HOUR", 3600, 20_000_000),
		make1("MUTATION_COUNT", "TEN_SECONDS", 10, 100), make1("MUTATION_COUNT", "ONE_HOUR", 3600, 1_000),
	}
}

// setQuotas changes the limits; a changed bucket starts full again.
func (s *Simulator) setQuotas(q Quotas) {
	for i, quota := range []int{q.Requests10s, q.RequestsHour, q.Complexity10s, q.ComplexityHour, q.Mutations10s, q.MutationsHour} {
		if quota > 0 {
			s.buckets[i].quota, s.buckets[i].left, s.buckets[i].at = quota, float64(quota), s.now()
		}
	}
}

func (b *bucket) refill(now time.Time) {
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.left = math.Min(float64(b.quota), b.left+passed*float64(b.quota)/b.seconds)
		b.at = now
	}
}

// spend takes a request's cost from every bucket, or nothing at all. The
// returned wait is zero when it fits; otherwise it ends when all of it fits.
// A cost above a quota is let through by a full bucket, which it empties.
func (s *Simulator) spend(requests, complexity, mutations int) (wait time.Duration) {
	now := s.now()
	costs := map[string]int{"REQUEST_COUNT": requests, "QUERY_COMPLEXITY": complexity, "MUTATION_COUNT": mutations}
	for _, b := range s.buckets {
		b.refill(now)
		need := math.Min(float64(costs[b.kind]), float64(b.quota))
		if missing := need - b.left; missing > 1e-9 {
			wait = max(wait, time.Duration(math.Ceil(missing*b.seconds/float64(b.quota)*1e9)))
		}
	}
	if wait > 0 {
		return wait
	}
	for _, b := range s.buckets {
		b.left = math.Max(0, b.left-float64(costs[b.kind]))
	}
	return 0
}

func (b *bucket) node() any {
	used := int(math.Ceil(float64(b.quota) - b.left - 1e-9))
	return rec{"RateLimit", map[string]any{
		"type": b.kind, "intervalSeconds": b.window, "quota": b.quota, "usedQuota": used, "remainingQuota": b.quota - used,
	}}
}

// The formats of Retry-After: the documentation says "timestamp" and no more.
const (
	retryUnix    = "unix"
	retryHTTP    = "http-date"
	retrySeconds = "seconds"
)

// formatRetryAfter rounds up to whole seconds: a client that obeys is let in.
func (s *Simulator) formatRetryAfter(format string, wait time.Duration) string {
	at := s.now().Add(wait + time.Second - time.Nanosecond).Truncate(time.Second)
	switch format {
	case retryHTTP:
		return at.UTC().Format(http.TimeFormat)
	case retrySeconds:
		return strconv.Itoa(int(math.Ceil(wait.Seconds())))
	default:
		return strconv.FormatInt(at.Unix(), 10)
	}
}
