package activities

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/enrich"
	"selvedge/internal/exceptions"
	"selvedge/internal/ports"
)

// Restarter finds and starts the workflows of orders (package intake).
type Restarter interface {
	TakeMissed(ctx context.Context, store string, numbers []string) error
	Restart(ctx context.Context, id domain.OrderID) error
	Running(ctx context.Context, ids []domain.OrderID) (map[domain.OrderID]bool, error)
	Look(ctx context.Context, id domain.OrderID) (ports.OrderRun, error)
}

// Completeness counts what the shop holds ready against what we know, by a path of
// its own, and starts what nobody was working on.
//
// All of it may run twice: a gap is one exception however often it is opened, what
// was started is found running, and a window counted again replaces its certificate.
type Completeness struct {
	Shop   ports.ShopCounter
	Store  ports.CompletenessStore
	Orders Restarter
	Clock  func() time.Time
	// Grace is how long after a change intake may take: what is younger is no gap yet.
	Grace time.Duration
	// Since is where our care of the shop's orders begins, as intake's does; zero means no such instant.
	Since time.Time
	// Returns tells which returns are open, and Reopen starts their workflows; where either
	// is nil nobody looks for them.
	Returns ports.OpenReturnStore
	Reopen  ReturnRestarter
}

// Bounds of one run; what is beyond them is the next run's.
const (
	firstWindow = 24 * time.Hour // how far back the very first window reaches
	mostCounted = 2000           // orders in one window; a longer one is cut
	mostLooked  = 5000           // open orders looked for in one run
	lookPage    = 200
	mostGaps    = 500
)

// actor is who opens and resolves what no person does.
const actor = "selvedge"

// CountReadyOrders counts the orders that became or stayed ready since the last
// window, starts the missing ones, and keeps the statement. More says that the window was cut.
func (c *Completeness) CountReadyOrders(ctx context.Context, in contract.CompletenessInput) (contract.CompletenessResult, error) {
	result, err := c.count(ctx, in.Store)
	if err != nil {
		err = fmt.Errorf("count the orders of %s: %w", in.Store, err)
	}
	return result, toTemporal(err, time.Second)
}

func (c *Completeness) count(ctx context.Context, store string) (contract.CompletenessResult, error) {
	now := c.Clock()
	from, err := c.Store.CountedUpTo(ctx, store)
	if err != nil {
		return contract.CompletenessResult{}, err
	}
	first := from.IsZero()
	if first {
		from = now.Add(-firstWindow).UTC().Truncate(time.Second)
	}
	if from.Before(c.Since) {
		from = c.Since
	}
	to := now.Add(-c.Grace).UTC().Truncate(time.Second)
	if !to.After(from) {
		return contract.CompletenessResult{}, nil
	}
	orders, cut, err := c.read(ctx, store, from, to)
	if err != nil {
		return contract.CompletenessResult{}, err
	}
	if !cut.IsZero() {
		to = cut
	}
	certificate, err := c.certify(ctx, store, orders, first)
	if err != nil {
		return contract.CompletenessResult{}, err
	}
	certificate.From, certificate.To, certificate.CountedAt = from, to, now
	if err := c.Store.SaveCertificate(ctx, certificate); err != nil {
		return contract.CompletenessResult{}, err
	}
	return contract.CompletenessResult{
		From: from, To: to, Ready: certificate.Ready, InWarehouse: certificate.InWarehouse, Waiting: certificate.Waiting,
		Refused: certificate.Refused, Ended: certificate.Ended, Gaps: len(certificate.Gaps), More: !cut.IsZero(),
	}, nil
}

// read reads the window. Where it holds too much it is cut at a whole second, whose
// orders are left to the next window.
func (c *Completeness) read(ctx context.Context, store string, from, to time.Time) (orders []ports.CountedOrder, cut time.Time, err error) {
	seen := map[domain.OrderID]bool{}
	for cursor := ""; ; {
		page, next, err := c.Shop.CountOrders(ctx, store, from, to, cursor)
		if err != nil {
			return nil, time.Time{}, err
		}
		for _, o := range page {
			if !seen[o.ID] {
				seen[o.ID] = true
				orders = append(orders, o)
			}
		}
		if next == "" {
			return orders, time.Time{}, nil
		}
		if n := len(orders); n >= mostCounted && orders[n-1].UpdatedAt.After(from) {
			cut = orders[n-1].UpdatedAt
			return slices.DeleteFunc(orders, func(o ports.CountedOrder) bool { return !o.UpdatedAt.Before(cut) }), cut, nil
		}
		cursor = next
		activity.RecordHeartbeat(ctx, len(orders))
	}
}

// certify says where each order stands, after the missing ones were started. What the
// very first count finds before intake has begun is started too, and is no exception.
func (c *Completeness) certify(ctx context.Context, store string, orders []ports.CountedOrder, first bool) (ports.Certificate, error) {
	certificate := ports.Certificate{Store: store, Gaps: []ports.Counted{}, Orders: []ports.Counted{}}
	started, err := c.Store.OpenGaps(ctx, store, mostGaps)
	if err != nil {
		return certificate, err
	}
	reported := map[domain.OrderID]bool{} // by an attempt of ours that broke off
	for _, g := range started {
		reported[g.Order] = true
	}
	for page := range slices.Chunk(orders, lookPage) {
		ids := make([]domain.OrderID, len(page))
		for i, o := range page {
			ids[i] = o.ID
		}
		tallies, err := c.Store.Tally(ctx, ids)
		if err != nil {
			return certificate, err
		}
		var missed []string
		for i, t := range tallies {
			if t.Wholesale {
				continue
			}
			counted, err := c.stand(ctx, page[i], t)
			if err != nil {
				return certificate, err
			}
			if why, found := missing(page[i], t); found {
				if !first {
					if err := c.open(ctx, t.ID, why); err != nil {
						return certificate, err
					}
				}
				missed = append(missed, t.ID.Number)
			}
			if counted.Standing != ports.StandGap && counted.Standing != ports.StandRefused && reported[t.ID] {
				counted.Standing, counted.Reason = ports.StandGap, "it was missing and has been started"
			}
			note(&certificate, counted)
		}
		// The exceptions stand first: a crash between the two leaves them to be tried again.
		if len(missed) > 0 {
			if err := c.Orders.TakeMissed(ctx, store, missed); err != nil {
				return certificate, err
			}
		}
		activity.RecordHeartbeat(ctx, certificate.Ready)
	}
	slices.SortFunc(certificate.Orders, func(a, b ports.Counted) int { return strings.Compare(a.Number, b.Number) })
	return certificate, nil
}

func note(c *ports.Certificate, o ports.Counted) {
	c.Ready++
	c.Orders = append(c.Orders, o)
	switch o.Standing {
	case ports.StandInWarehouse:
		c.InWarehouse++
	case ports.StandWaiting:
		c.Waiting++
	case ports.StandRefused:
		c.Refused++
	case ports.StandEnded:
		c.Ended++
	case ports.StandGap:
		c.Gaps = append(c.Gaps, o)
	}
}

// missing tells that an order, or the change that made it ready, never reached us.
func missing(o ports.CountedOrder, t ports.OrderTally) (why string, found bool) {
	if !t.Known {
		return units(o.Units) + " never taken in", t.Refused == ""
	}
	if !t.ClosedAt.IsZero() || len(t.Causes) > 0 || t.Submitted || !t.Content.UpdatedAt.Before(o.UpdatedAt) {
		return "", false
	}
	reasons := enrich.Readiness(t.Content)
	return "ready in the shop, but taken in as " + strings.Join(reasons, ", "), slices.ContainsFunc(reasons, contradicted)
}

// stand says where one order stands. One whose workflow has ended is started again;
// what is missing is left to the caller.
func (c *Completeness) stand(ctx context.Context, o ports.CountedOrder, t ports.OrderTally) (ports.Counted, error) {
	at := func(s ports.Standing, reason string) (ports.Counted, error) {
		return ports.Counted{Number: o.ID.Number, Standing: s, Reason: reason}, nil
	}
	if why, found := missing(o, t); found {
		return at(ports.StandGap, why)
	}
	switch {
	case !t.Known:
		return at(ports.StandRefused, t.Refused)
	case !t.ClosedAt.IsZero():
		return at(ports.StandEnded, strings.TrimSuffix(string(t.ClosedState)+": "+t.ClosedCause, ": "))
	case len(t.Causes) > 0:
		return at(ports.StandWaiting, strings.Join(t.Causes, ", "))
	case t.Submitted:
		return at(ports.StandInWarehouse, "")
	}
	reasons := enrich.Readiness(t.Content)
	run, err := c.Orders.Look(ctx, o.ID)
	if err != nil {
		return ports.Counted{}, err
	}
	switch {
	case !run.Running && c.Clock().Sub(t.TakenAt) >= c.Grace:
		return c.stopped(ctx, o.ID, run)
	case len(reasons) > 0:
		return at(ports.StandWaiting, strings.Join(reasons, ", "))
	case len(run.Causes) > 0:
		return at(ports.StandWaiting, strings.Join(run.Causes, ", "))
	}
	return at(ports.StandWaiting, strings.TrimSuffix("in progress: "+string(run.State), ": "))
}

// contradicted tells that a reason to wait cannot hold for an order that is counted:
// the shop was asked for those without it.
func contradicted(reason string) bool {
	switch reason {
	case enrich.ReasonPending, enrich.ReasonOnHold, enrich.ReasonWaitingForPayment, enrich.ReasonCancelled:
		return true
	}
	return false
}

// stopped starts the workflow of an open order again. An order closes in the store
// before its workflow ends, so one that is still open after the look is really left alone.
func (c *Completeness) stopped(ctx context.Context, id domain.OrderID, run ports.OrderRun) (ports.Counted, error) {
	tallies, err := c.Store.Tally(ctx, []domain.OrderID{id})
	if err != nil {
		return ports.Counted{}, err
	}
	if t := tallies[0]; !t.ClosedAt.IsZero() {
		return ports.Counted{Number: id.Number, Standing: ports.StandEnded, Reason: string(t.ClosedState)}, nil
	}
	why := "open, but its workflow is not running: " + run.Status
	if err := c.open(ctx, id, why); err != nil {
		return ports.Counted{}, err
	}
	return ports.Counted{Number: id.Number, Standing: ports.StandGap, Reason: why}, c.Orders.Restart(ctx, id)
}

// open opens the exception of a gap. It belongs to the count, not to the order: the
// order's own workflow would resolve it before anybody has seen it.
func (c *Completeness) open(ctx context.Context, id domain.OrderID, why string) error {
	kind, _ := exceptions.Lookup("gap")
	return c.Store.OpenSystemException(ctx, ports.ExceptionRecord{
		System: ports.GapSystem(id.Store), Kind: kind.Name, Cause: gapCause(id), Owner: string(kind.Owner), Severity: string(kind.Severity),
		Subject: id.Number, OpenedAt: c.Clock(), Problems: []domain.Refusal{{Code: kind.Name, Field: "order", Value: id.String(), Message: why}},
	})
}

func gapCause(id domain.OrderID) string { return domain.NewCause("gap", id.String()) }

// RestartOpenOrders looks for the workflows of open orders and returns, a part of them
// each run, and starts those that have ended without closing: terminated, timed out, reset away.
func (c *Completeness) RestartOpenOrders(ctx context.Context, in contract.CompletenessInput) (contract.CompletenessResult, error) {
	var result contract.CompletenessResult
	name := "completeness-open/" + in.Store
	after, err := c.Store.Cursor(ctx, name)
	if err != nil {
		return result, toTemporal(err, time.Second)
	}
	before := c.Clock().Add(-c.Grace)
	for result.Looked < mostLooked {
		ids, err := c.Store.OpenOrdersOf(ctx, in.Store, after, before, lookPage)
		if err != nil {
			return result, toTemporal(err, time.Second)
		}
		restarted, err := c.restart(ctx, ids)
		result.Looked, result.Restarted = result.Looked+len(ids), result.Restarted+restarted
		if err != nil {
			return result, toTemporal(fmt.Errorf("restart open orders of %s: %w", in.Store, err), time.Second)
		}
		if len(ids) < lookPage {
			after = "" // the next run begins anew
			break
		}
		after = ids[len(ids)-1].Number
		activity.RecordHeartbeat(ctx, result.Looked)
	}
	if err := c.Store.SaveCursor(ctx, name, after, c.Clock()); err != nil {
		return result, toTemporal(err, time.Second)
	}
	if err := c.restartReturns(ctx, in.Store, before, &result); err != nil {
		return result, toTemporal(fmt.Errorf("restart open returns of %s: %w", in.Store, err), time.Second)
	}
	return result, nil
}

func (c *Completeness) restart(ctx context.Context, ids []domain.OrderID) (restarted int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	running, err := c.Orders.Running(ctx, ids)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if running[id] {
			continue
		}
		run, err := c.Orders.Look(ctx, id)
		if err != nil {
			return restarted, err
		}
		if run.Running {
			continue
		}
		counted, err := c.stopped(ctx, id, run)
		if err != nil {
			return restarted, err
		}
		if counted.Standing == ports.StandGap {
			restarted++
		}
	}
	return restarted, nil
}

// HealGaps resolves the gaps that earlier runs opened where the order has ended,
// waits as refused, or has a workflow again; the others are started once more.
func (c *Completeness) HealGaps(ctx context.Context, in contract.CompletenessInput) (contract.CompletenessResult, error) {
	var result contract.CompletenessResult
	gaps, err := c.Store.OpenGaps(ctx, in.Store, mostGaps)
	if err != nil {
		return result, toTemporal(err, time.Second)
	}
	for _, g := range gaps {
		healed, err := c.heal(ctx, g)
		if err != nil {
			return result, toTemporal(fmt.Errorf("heal the gap of %s: %w", g.Order, err), time.Second)
		}
		if healed {
			result.Healed++
		}
	}
	return result, nil
}

func (c *Completeness) heal(ctx context.Context, g ports.Gap) (bool, error) {
	tallies, err := c.Store.Tally(ctx, []domain.OrderID{g.Order})
	if err != nil {
		return false, err
	}
	t := tallies[0]
	healed := t.Refused != "" || !t.ClosedAt.IsZero() || t.Wholesale
	if t.Known && !healed {
		run, err := c.Orders.Look(ctx, g.Order)
		if err != nil {
			return false, err
		}
		if healed = run.Running; !healed {
			return false, c.Orders.Restart(ctx, g.Order)
		}
	}
	if !healed {
		return false, c.Orders.TakeMissed(ctx, g.Order.Store, []string{g.Order.Number})
	}
	return true, c.Store.ResolveSystemException(ctx, ports.GapSystem(g.Order.Store), gapCause(g.Order), actor, c.Clock())
}

func units(n int) string {
	if n == 1 {
		return "1 unit"
	}
	return fmt.Sprintf("%d units", n)
}
