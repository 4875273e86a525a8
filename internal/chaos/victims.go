package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"go.temporal.io/api/serviceerror"

	"selvedge/internal/contract"
	"selvedge/internal/demo"
	"selvedge/internal/domain"
	"selvedge/internal/sampleday"
)

// victims are orders whose workflow somebody cancels through Temporal's API. The
// product takes that as the answer withdraw-order, so their plan changes: they end
// cancelled, or as planned when it was too late, or ask a person about it.
type victims struct {
	mu   sync.Mutex
	left []domain.OrderID // in the order in which they are taken
	done map[domain.OrderID]bool
}

// chooseVictims shuffles the orders without a planned fault; every other one is of
// those that the shop holds back, where nothing but the cancellation decides the end.
func chooseVictims(seed uint64, plan []sampleday.PlannedOrder) *victims {
	r := rand.New(rand.NewPCG(seed, 0x5ac21))
	var waiting, others []domain.OrderID
	for _, p := range plan {
		id := domain.OrderID{Store: p.Store, Number: p.Number}
		switch {
		case p.PlannedEnd == string(domain.WaitingForShop):
			waiting = append(waiting, id)
		case p.Planned == "" && p.PlannedEnd == string(domain.Closed):
			others = append(others, id)
		}
	}
	for _, list := range [][]domain.OrderID{waiting, others} {
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	v := &victims{done: map[domain.OrderID]bool{}}
	for i := range max(len(waiting), len(others)) {
		for _, list := range [][]domain.OrderID{waiting, others} {
			if i < len(list) {
				v.left = append(v.left, list[i])
			}
		}
	}
	return v
}

// tooLate is the kind of question that a withdrawal asks when the goods cannot be
// called back.
const tooLate = "cancelled-too-late"

// replan says where a cancelled order should end: it may have been faster than the
// cancellation, so two ends are right.
func (v *victims) replan(o demo.Standing) demo.Standing {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.done[domain.OrderID{Store: o.Store, Number: o.Number}] {
		return o
	}
	late := slices.ContainsFunc(o.Causes, func(c string) bool { return strings.HasPrefix(c, tooLate) })
	switch {
	case late:
		o.Planned, o.PlannedEnd = tooLate, string(domain.NeedsAttention)
	case o.State == string(domain.Closed) && o.PlannedEnd == o.State: // it had closed before
	default:
		o.PlannedEnd = string(domain.Cancelled)
	}
	return o
}

// cancel cancels so many orders that are open and have not shipped. Cancelling is asked
// of Temporal, not of the product; terminating is left out, because nothing finds a
// terminated order yet.
func (s *soakRun) cancel(ctx context.Context, d deed) error {
	orders, err := s.stage.Look(ctx) // the client waits for a server that is just coming back
	if err != nil {
		return err
	}
	open := map[domain.OrderID]bool{}
	for _, o := range orders {
		switch domain.OrderState(o.State) {
		case domain.Received, domain.WaitingForShop, domain.Validated, domain.Enriched, domain.Submitted, domain.Accepted:
			open[domain.OrderID{Store: o.Store, Number: o.Number}] = true
		}
	}
	var cancelled []string
	for _, id := range s.victims.take(open, d.orders) {
		err := s.stage.Client().CancelWorkflow(ctx, contract.OrderWorkflowID(id), "")
		var over *serviceerror.NotFound
		if err != nil && !errors.As(err, &over) {
			return fmt.Errorf("cancel %s: %w", id, err)
		}
		cancelled = append(cancelled, id.String())
	}
	s.say("cancelled the workflows of %s", strings.Join(cancelled, " and "))
	return nil
}

// take takes the first n that are open. They count as cancelled at once: the answer to
// a cancellation may be lost and the cancellation not.
func (v *victims) take(open map[domain.OrderID]bool, n int) (out []domain.OrderID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.left = slices.DeleteFunc(v.left, func(id domain.OrderID) bool {
		if !open[id] || len(out) == n {
			return false
		}
		out = append(out, id)
		v.done[id] = true
		return true
	})
	return out
}
