package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

// takeWithin takes the due step of a return like take, with as little patience as a worker
// that is about to stop: less than the step needs after a wait.
func (b *backRoom) takeWithin(n int) error {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 15*time.Second)
	defer cancel()
	at := b.look(n)
	require.NotEmpty(b.t, at.Due, "waits for %v, asks %v", at.Waiting, at.Questions)
	_, err := b.returns.TakeReturnStep(ctx, contract.ReturnStepInput{Return: contract.ReturnInput{Order: orderID, Number: n}, Step: at.Due[0]})
	return err
}

// Two returns of one order are refunded at the same instant: while the shop is still at
// the first, what was captured says nothing about how much of it is left.
func TestTwoRefundsOfOneOrderNeverOverlap(t *testing.T) {
	t.Parallel()
	b := newBackRoom(t)
	b.shop.order.Payment.Captured = 5000
	b.comesBack("r1", domain.CustomerReturn, 1)
	b.comesBack("r2", domain.CustomerReturn, 1)
	require.NoError(t, b.take(1))
	require.NoError(t, b.take(2))
	raced := false
	b.refund = func(r *domain.ShopReturn) error {
		if !raced {
			raced = true
			failed(t, b.takeWithin(2), activities.ErrRateLimited)
		}
		r.RefundAsked++
		return nil
	}
	require.NoError(t, b.take(1))
	require.True(t, raced)
	failed(t, b.take(2), activities.ErrRefused)
	require.Equal(t, []string{"41"}, b.refunds, "66.66 of 50.00 would have gone back")
	require.Equal(t, "refund-not-captured", b.look(2).Questions[0].Kind)
	require.Empty(t, b.store.attempts)
}

// The process that asked for a refund died, or its answer was lost: the next refund of the
// order waits until the shop shows what came of it, and not for ever.
func TestARefundWaitsOutOneWhoseOutcomeIsUnknown(t *testing.T) {
	t.Parallel()
	b := newBackRoom(t)
	b.shop.order.Payment.Captured = 5000
	b.comesBack("r1", domain.CustomerReturn, 1)
	b.comesBack("r2", domain.CustomerReturn, 1)
	require.NoError(t, b.take(1))
	require.NoError(t, b.take(2))
	b.refund = func(*domain.ShopReturn) error {
		return &fault.Fault{Kind: fault.Uncertain, System: "centra", Op: "refundReturn", Message: "no answer"}
	}
	failed(t, b.take(1), activities.ErrUncertain)
	failed(t, b.takeWithin(2), activities.ErrRateLimited)
	b.there[0].Refunded = b.there[0].Total // it took effect after all
	b.shop.order.Payment.Refunded = b.there[0].Total
	b.now = b.now.Add(settle)
	b.refund = nil
	failed(t, b.take(2), activities.ErrRefused)
	require.NoError(t, b.take(1))
	require.Equal(t, []string{"41"}, b.refunds)
}

// The shop said that the money went, the return is settled; then the provider failed.
func TestARefundThatFailsAfterItWasDoneIsAskedForOnceMoreByAPersonOnly(t *testing.T) {
	t.Parallel()
	b := newBackRoom(t)
	b.comesBack("r1", domain.CustomerReturn, 1)
	require.NoError(t, b.take(1))
	require.NoError(t, b.take(1))
	require.True(t, b.look(1).Settled)

	b.there[0].Refunded, b.there[0].RefundFailed, b.there[0].RefundBack = 0, 1, b.there[0].Total
	b.shop.order.Payment.Captured, b.shop.order.Payment.Refunded = b.there[0].Total, b.there[0].Total // as the shop counts it
	_, _, err := b.store.Append(t.Context(), orderID, []domain.Fact{domain.NewShopReturnFact(b.there[0], b.now)})
	require.NoError(t, err)
	failed(t, b.take(1), activities.ErrRefused)
	at := b.look(1)
	require.Equal(t, "refund-failed", at.Questions[0].Kind)
	require.Equal(t, []string{"41"}, b.refunds, "nobody asks again by himself")
	written := told[domain.ReturnWritten](t, b.store, domain.FactReturnWritten)
	require.Equal(t, domain.StageFailed, written[len(written)-1].Stage, "the books take it back")

	answer := func(action contract.Action, command string) {
		_, err := b.returns.AssessReturn(t.Context(), contract.AssessReturnInput{Return: contract.ReturnInput{Order: orderID, Number: 1}, At: b.now, Answers: []contract.Resolution{
			{Exception: at.Questions[0].Cause, Action: action, By: "finance", Reason: "looked at it", CommandID: command},
		}})
		require.NoError(t, err)
	}
	answer(contract.ActionRetry, "c1")
	require.NoError(t, b.take(1))
	require.Equal(t, []string{"41", "41"}, b.refunds)
	require.True(t, b.look(1).Settled)

	b.there[0].Refunded, b.there[0].RefundFailed, b.there[0].RefundBack = 0, 2, 2*b.there[0].Total
	_, _, err = b.store.Append(t.Context(), orderID, []domain.Fact{domain.NewShopReturnFact(b.there[0], b.now)})
	require.NoError(t, err)
	failed(t, b.take(1), activities.ErrRefused)
	answer(contract.ActionSkip, "c2")
	require.True(t, b.look(1).Settled, "finance has paid by hand")
	require.Len(t, b.refunds, 2)
}
