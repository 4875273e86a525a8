package activities_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// taker answers for intake.
type taker struct{ err error }

func (t taker) DrainShop(context.Context) (contract.IntakeResult, error) {
	return contract.IntakeResult{}, t.err
}

func (t taker) PollShop(context.Context, string) (contract.IntakeResult, error) {
	return contract.IntakeResult{}, t.err
}

func (t taker) ReadFeed(context.Context, string) (contract.IntakeResult, error) {
	return contract.IntakeResult{}, t.err
}

func TestAFaultDecidesTypeAndRetry(t *testing.T) {
	t.Parallel()
	for kind, want := range map[fault.Kind]struct {
		name  string
		final bool
	}{
		fault.Invalid: {activities.ErrRefused, true}, fault.Unmapped: {activities.ErrRefused, true}, fault.Rejected: {activities.ErrRefused, true},
		fault.Conflict: {activities.ErrRefused, true}, fault.NotFound: {activities.ErrRefused, true},
		fault.RateLimited: {activities.ErrRateLimited, false}, fault.Unavailable: {activities.ErrUnavailable, false},
		fault.Uncertain: {activities.ErrUncertain, false}, fault.Misconfigured: {activities.ErrMisconfigured, true},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			intake := activities.Intake{Taker: taker{&fault.Fault{Kind: kind, System: "centra", Message: "so it is"}}}
			_, err := intake.PollUpdatedOrders(t.Context(), contract.IntakeInput{Store: "atelier"})
			failure := failed(t, err, want.name)
			require.Same(t, failure, err, "wrapped, it would be retried whatever it says")
			require.Equal(t, want.final, failure.NonRetryable())
			var system string
			require.NoError(t, failure.Details(&system))
			require.Equal(t, "centra", system)
			require.Equal(t, kind == fault.RateLimited, failure.Category() == temporal.ApplicationErrorCategoryBenign, "a limit alerts nobody")
		})
	}
}

func TestAnErrorOfNoSystemIsOurOwnTrouble(t *testing.T) {
	t.Parallel()
	_, err := (&activities.Intake{Taker: taker{errors.New("nil map")}}).DrainShopEvents(t.Context(), contract.IntakeInput{})
	failure := failed(t, err, activities.ErrUnavailable)
	require.False(t, failure.NonRetryable())
	var system string
	require.NoError(t, failure.Details(&system))
	require.Equal(t, "selvedge", system)
	_, err = (&activities.Intake{Taker: taker{context.Canceled}}).DrainShopEvents(t.Context(), contract.IntakeInput{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestALimitIsWaitedOutInsideOneAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.house.place = func(domain.Consignment) (ports.Receipt, error) {
			if len(d.house.calls) < 4 {
				return ports.Receipt{}, &fault.Fault{Kind: fault.RateLimited, System: "acs", RetryAt: time.Now().Add(15 * time.Second)}
			}
			return ports.Receipt{Revision: 1}, nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		began := time.Now()
		_, err := d.fulfilment.SubmitConsignment(ctx, d.step(domain.StepSubmit, "10001"))
		require.NoError(t, err)
		require.Equal(t, 45*time.Second, time.Since(began))
	})
}

func TestALimitLongerThanTheAttemptIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.house.place = func(domain.Consignment) (ports.Receipt, error) {
			return ports.Receipt{}, &fault.Fault{Kind: fault.RateLimited, System: "acs", RetryAt: time.Now().Add(time.Hour)}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		began := time.Now()
		_, err := d.fulfilment.SubmitConsignment(ctx, d.step(domain.StepSubmit, "10001"))
		require.Equal(t, time.Hour, failed(t, err, activities.ErrRateLimited).NextRetryDelay())
		require.Zero(t, time.Since(began), "waiting would only lose the attempt")
	})
}
