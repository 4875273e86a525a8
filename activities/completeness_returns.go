package activities

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// ReturnRestarter finds and starts the workflows of returns (package intake).
type ReturnRestarter interface {
	// RunningReturns tells which of the workflows visibility shows as running, by ID. It lags.
	RunningReturns(ctx context.Context, ids []contract.ReturnInput) (map[string]bool, error)
	// LookReturn asks Temporal itself about a return's newest run.
	LookReturn(ctx context.Context, in contract.ReturnInput) (ports.OrderRun, error)
	// RestartReturn starts a return's workflow, or wakes the one that runs.
	RestartReturn(ctx context.Context, in contract.ReturnInput) error
}

// noteReturns remembers which returns an order is about to tell. An order in which
// nothing came back writes nothing. A second run notes the same.
func (o *Orders) noteReturns(ctx context.Context, id domain.OrderID, news []contract.ReturnNews) error {
	if o.OpenReturns == nil || len(news) == 0 {
		return nil
	}
	told := map[int]int64{}
	for _, n := range news {
		told[n.Number] = n.Sequence
	}
	return o.OpenReturns.NoteOpenReturns(ctx, id, told, o.Clock())
}

// ended is how a workflow ends that has closed in the store before.
const ended = "completed"

// restartReturns starts the workflows of open returns that were ended by hand: their
// order has told them and waits to hear back, so nobody else would. A part of them each
// run; a second run finds them running.
func (c *Completeness) restartReturns(ctx context.Context, store string, before time.Time, result *contract.CompletenessResult) error {
	if c.Returns == nil || c.Reopen == nil {
		return nil
	}
	name := "completeness-returns/" + store
	at, err := c.Store.Cursor(ctx, name)
	if err != nil {
		return err
	}
	after := ports.OpenReturn{}
	number, n, _ := strings.Cut(at, "/")
	after.Order.Number = number
	after.Number, _ = strconv.Atoi(n) // what is no number begins anew
	for looked := 0; looked < mostLooked; {
		open, err := c.Returns.OpenReturnsOf(ctx, store, after, before, lookPage)
		if err != nil {
			return err
		}
		inputs := make([]contract.ReturnInput, len(open))
		for i, r := range open {
			inputs[i] = contract.ReturnInput{Order: r.Order, Number: r.Number}
		}
		restarted, err := c.restartStopped(ctx, inputs)
		looked, result.Restarted = looked+len(open), result.Restarted+restarted
		if err != nil {
			return err
		}
		if len(open) < lookPage {
			at = "" // the next run begins anew
			break
		}
		after = open[len(open)-1]
		at = after.Order.Number + "/" + strconv.Itoa(after.Number)
		activity.RecordHeartbeat(ctx, result.Looked+looked)
	}
	if err := c.Store.SaveCursor(ctx, name, at, c.Clock()); err != nil {
		return err
	}
	return c.restartOrphans(ctx, before, result)
}

// restartOrphans does the same for returns whose order nobody knows. They are no store's,
// so every store's run looks for them: few are open at a time.
func (c *Completeness) restartOrphans(ctx context.Context, before time.Time, result *contract.CompletenessResult) error {
	open, err := c.Returns.OpenOrphans(ctx, ports.OrphanReturn{}, before, mostLooked)
	if err != nil {
		return err
	}
	inputs := make([]contract.ReturnInput, len(open))
	for i, o := range open {
		inputs[i] = contract.ReturnInput{Warehouse: o.Warehouse, ReturnID: o.ID}
	}
	restarted, err := c.restartStopped(ctx, inputs)
	result.Restarted += restarted
	return err
}

// restartStopped starts those of open returns whose workflow has ended otherwise than by
// closing. One that completed closed in the store before: it was listed just then, or its
// order is about to tell it something.
func (c *Completeness) restartStopped(ctx context.Context, ids []contract.ReturnInput) (restarted int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	running, err := c.Reopen.RunningReturns(ctx, ids)
	if err != nil {
		return 0, err
	}
	for _, in := range ids {
		if running[in.WorkflowID()] {
			continue
		}
		run, err := c.Reopen.LookReturn(ctx, in)
		if err != nil {
			return restarted, err
		}
		if run.Running || run.Status == ended {
			continue
		}
		if !in.Orphan() {
			why := fmt.Sprintf("return %d is open, but its workflow is not running: %s", in.Number, run.Status)
			if err := c.open(ctx, in.Order, why); err != nil {
				return restarted, err
			}
		}
		if err := c.Reopen.RestartReturn(ctx, in); err != nil {
			return restarted, err
		}
		restarted++
	}
	return restarted, nil
}
