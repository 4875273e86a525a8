package activities

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
)

// Overdue finds what a warehouse took and has not sent by its cut-off.
type Overdue struct {
	Store ports.OverdueStore
	Clock func() time.Time
	// Grace is how long after its cut-off a parcel may still be told: it leaves in the
	// evening, and the word of it comes later.
	Grace time.Duration
	// Most is how long one run looks before it leaves the rest to the next.
	Most time.Duration
}

// OverdueTime is Most for production: well within what a scheduled run may take.
const OverdueTime = 80 * time.Second

// Bounds of one run; the next goes on from where it was cut.
const (
	overduePage   = 200
	overdueActor  = actor
	overdueCursor = "overdue"
)

// ScanOverdue looks once at all orders that a warehouse holds, instead of a timer for
// each: a consignment that stands open after the first cut-off that it was in time for,
// and a grace, is written down as a fact, which its order asks a person about. What was
// taken within the grace cannot be late yet and is not read.
//
// A second run is harmless: the fact has the consignment's key. The order is woken by
// the sweep that finds facts nobody has looked at.
func (o *Overdue) ScanOverdue(ctx context.Context, _ contract.OverdueInput) (contract.OverdueResult, error) {
	var result contract.OverdueResult
	defer beating(ctx)()
	err := o.scan(ctx, &result)
	if err != nil {
		err = fmt.Errorf("look for overdue orders: %w", err)
	}
	return result, toTemporal(err, 0)
}

func (o *Overdue) scan(ctx context.Context, result *contract.OverdueResult) error {
	rules, err := o.Store.Rules(ctx)
	if err != nil {
		return err
	}
	at, err := o.Store.Cursor(ctx, overdueCursor)
	if err != nil {
		return err
	}
	var after domain.OrderID
	after.Store, after.Number, _ = strings.Cut(at, "/")
	index, until := mapping.New(rules), time.Now().Add(o.Most)
	for {
		ids, err := o.Store.UnsentOrders(ctx, o.Clock().Add(-o.Grace), after, overduePage)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := o.judge(ctx, id, index, result); err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
		}
		if len(ids) < overduePage {
			return o.Store.SaveCursor(ctx, overdueCursor, "", o.Clock())
		}
		after = ids[len(ids)-1]
		if err := o.Store.SaveCursor(ctx, overdueCursor, after.String(), o.Clock()); err != nil {
			return err
		}
		if !time.Now().Before(until) {
			result.More = true
			return nil
		}
	}
}

// judge looks at one order. One that cannot be read is passed over, and said: it must not
// keep those behind it from being looked at.
func (o *Overdue) judge(ctx context.Context, id domain.OrderID, rules *mapping.Rules, result *contract.OverdueResult) error {
	result.Looked++
	found, err := o.look(ctx, id, rules)
	result.Overdue += found
	if f, ok := fault.As(err); err == nil || ctx.Err() != nil || ok && (f.Kind == fault.Unavailable || f.Kind == fault.Uncertain || f.Kind == fault.Misconfigured) {
		return err
	}
	result.Unreadable++
	if activity.IsActivity(ctx) {
		activity.GetLogger(ctx).Error("whether an order has missed its cut-off cannot be told", "order", id.String(), "error", err)
	}
	return nil
}

// look writes down which consignments of an order are late. One whose service has no
// cut-off is never late: nobody said by when it was to leave.
func (o *Overdue) look(ctx context.Context, id domain.OrderID, rules *mapping.Rules) (found int, err error) {
	record, err := o.Store.Load(ctx, id)
	if err != nil {
		return 0, err
	}
	progress, err := domain.Derive(record.Order, record.Facts)
	if err != nil {
		return 0, err
	}
	services := map[string]string{}
	for _, c := range record.Consignments {
		services[c.Number] = c.Service
	}
	for _, c := range progress.Consignments {
		taken := takenAt(record.Facts, c.Number)
		if c.Status == domain.WarehouseRejected || c.Open() == 0 || taken.IsZero() {
			continue
		}
		cutoff, miss := rules.Cutoff(c.Warehouse, services[c.Number], taken)
		if miss != nil || o.Clock().Before(cutoff.Add(o.Grace)) {
			continue
		}
		fact := domain.NewFact(domain.FactOverdue, "overdue:"+c.Number, overdueActor, o.Clock(), domain.OverdueFact{Consignment: c.Number, CutoffAt: cutoff.UTC()})
		if _, err := o.Store.AppendForConsignment(ctx, c.Warehouse, c.Number, id.String(), []domain.Fact{fact}, true); err != nil {
			return found, err
		}
		found++
	}
	return found, nil
}

// takenAt is when the warehouse first took a consignment.
func takenAt(facts []domain.Fact, number string) time.Time {
	for _, f := range facts {
		if f.Kind != domain.FactSubmitted {
			continue
		}
		if s, err := domain.Decode[domain.SubmittedFact](f); err == nil && s.Consignment == number {
			return f.At
		}
	}
	return time.Time{}
}
