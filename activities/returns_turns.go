package activities

import (
	"context"
	"time"

	"selvedge/internal/fault"
)

// refundSuffix ends the keys of refunds, see returns.Decide.
const refundSuffix = "/refund"

// nextLook is how soon a refund looks again whether the one before it was answered.
const nextLook = 300 * time.Millisecond

// takeTurn lets the refunds of one order happen one after the other: what was captured is
// read first and paid back then, and two returns that both read it before either has
// asked would pay back more than came in. A refund whose process died, or whose answer
// was lost, is waited for until the shop shows what came of it.
//
// A second run finds its own turn taken and waits likewise.
func (s *returnStep) takeTurn(ctx context.Context) error {
	turn, wait, err := s.Orders.Store.BeginAlone(ctx, s.in.Return.Order, s.in.Step.Key, refundSuffix, s.Orders.Clock(), s.Shipments.Settle)
	if err != nil {
		return err
	}
	if wait > 0 {
		return inTurn(min(wait, nextLook), "another refund of the order is on its way; this one looks again once that has an outcome")
	}
	s.turn = turn
	return nil
}

// inTurn is the answer of a refund that has to wait for another one. It was not sent, and
// waiting is no failure of the shop's.
func inTurn(wait time.Duration, message string) error {
	return &fault.Fault{Kind: fault.RateLimited, System: "selvedge", Op: "refund", RetryAt: time.Now().Add(wait), Message: message}
}

// giveTurn lets the next refund go on, unless the outcome of this one is unknown: then
// the shop may still be at it. When it cannot be given back, it ends by itself in time.
func (s *returnStep) giveTurn(ctx context.Context) {
	if s.turn == 0 || s.unknown {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = s.Orders.Store.EndAlone(ctx, s.in.Return.Order, s.in.Step.Key, s.turn)
}

// begin notes that the request is about to be sent. What was read for a turn that is
// over by now may not hold any more: then nothing is sent.
func (s *returnStep) begin(ctx context.Context) error {
	id, key := s.in.Return.Order, s.in.Step.Key
	if s.turn == 0 {
		return s.Orders.Store.BeginAttempt(ctx, id, key, s.Orders.Clock())
	}
	mine, err := s.Orders.Store.RenewAlone(ctx, id, key, s.turn, s.Orders.Clock())
	if err == nil && !mine {
		err = inTurn(nextLook, "its turn was over before it was sent; it reads the order's refunds again")
	}
	return err
}
