package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"selvedge/internal/fault"
)

// Types of application errors, as the workflow switches on them and as they show
// in the Web UI.
const (
	// ErrRefused: a step was refused for good; the refusal stands in the facts. Not retried.
	ErrRefused = "refused"
	// ErrUnavailable: a system is away. Retried, then the order is delayed.
	ErrUnavailable = "unavailable"
	// ErrUncertain: the outcome is unknown. Retried after the system's own time limit; the next run looks first.
	ErrUncertain = "uncertain"
	// ErrRateLimited: retried when the system says; no outage.
	ErrRateLimited = "rate-limited"
	// ErrMisconfigured: no request of ours can succeed until the configuration is mended. Not retried.
	ErrMisconfigured = "misconfigured"
)

// toTemporal turns a fault into a Temporal error, here and nowhere else. Details
// carry the system's name. settle is how long an unknown outcome may still take
// effect at the other side.
func toTemporal(err error, settle time.Duration) error {
	if err == nil {
		return nil
	}
	f, ok := fault.As(err)
	if !ok {
		if errors.Is(err, context.Canceled) {
			return err
		}
		return temporal.NewApplicationErrorWithCause(err.Error(), ErrUnavailable, nil, "selvedge")
	}
	options := temporal.ApplicationErrorOptions{Details: []any{f.System}}
	if wait := time.Until(f.RetryAt); wait > 0 {
		options.NextRetryDelay = wait
	}
	switch f.Kind {
	case fault.RateLimited:
		options.Category = temporal.ApplicationErrorCategoryBenign
		return temporal.NewApplicationErrorWithOptions(err.Error(), ErrRateLimited, options)
	case fault.Unavailable:
		return temporal.NewApplicationErrorWithOptions(err.Error(), ErrUnavailable, options)
	case fault.Uncertain:
		options.NextRetryDelay = settle
		return temporal.NewApplicationErrorWithOptions(err.Error(), ErrUncertain, options)
	case fault.Misconfigured:
		options.NonRetryable = true
		return temporal.NewApplicationErrorWithOptions(err.Error(), ErrMisconfigured, options)
	default:
		options.NonRetryable = true
		return temporal.NewApplicationErrorWithOptions(err.Error(), ErrRefused, options)
	}
}

// decided tells whether a fault is a decision about this order rather than a
// system's trouble: only a person, or other content, changes the answer.
func decided(err error) (*fault.Fault, bool) {
	f, ok := fault.As(err)
	if !ok || f.System == "store" {
		return nil, false
	}
	switch f.Kind {
	case fault.Invalid, fault.Unmapped, fault.Rejected, fault.Conflict, fault.NotFound:
		return f, true
	}
	return nil, false
}

// patient waits out a rate limit inside one attempt, as far as the attempt's time
// allows: a limit is no outage and must not use up the retries that tell one. What
// was limited had no effect, so the step starts anew.
func patient[T any](ctx context.Context, step func() (T, error)) (T, error) {
	defer beating(ctx)()
	for {
		v, err := step()
		var failure *temporal.ApplicationError
		if !errors.As(err, &failure) || failure.Type() != ErrRateLimited {
			return v, err
		}
		wait := max(failure.NextRetryDelay(), 200*time.Millisecond)
		if deadline, ok := ctx.Deadline(); ok && time.Now().Add(wait+reserve).After(deadline) {
			return v, err
		}
		select {
		case <-ctx.Done():
			return v, ctx.Err()
		case <-time.After(wait):
		}
	}
}

// reserve is the time that a step needs after a wait.
const reserve = 20 * time.Second

// beatEvery is how often a long activity says that it is alive. Short ones never do:
// each heartbeat that reaches the server is paid for.
const beatEvery = 6 * time.Second

// beating heartbeats until it is stopped, so that a killed worker is noticed within
// the heartbeat's timeout and not after the whole step's.
func beating(ctx context.Context) (stop func()) {
	if !activity.IsActivity(ctx) || activity.GetInfo(ctx).HeartbeatTimeout == 0 {
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(beatEvery)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-ticker.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	}()
	return func() { close(done) }
}
