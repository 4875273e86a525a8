package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
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
}

const (
	overduePage  = 200
	mostOverdue  = 50_000 // orders looked at in one run
	overdueActor = actor
)

// ScanOverdue looks once at all orders that a warehouse holds, instead of a timer for
// each: a consignment that stands open after the first cut-off that it was in time for,
// and a grace, is written down as a fact, which its order asks a person about.
//
// A second run is harmless: the fact has the consignment's key. The order is woken by
// the sweep that finds facts nobody has looked at.
func (o *Overdue) ScanOverdue(ctx context.Context, _ contract.OverdueInput) (contract.OverdueResult, error) {
	var result contract.OverdueResult
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
	index := mapping.New(rules)
	for after := (domain.OrderID{}); result.Looked < mostOverdue; {
		ids, err := o.Store.UnsentOrders(ctx, after, overduePage)
		if err != nil {
			return err
		}
		for _, id := range ids {
			found, err := o.look(ctx, id, index)
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			result.Looked++
			result.Overdue += found
		}
		if len(ids) < overduePage {
			return nil
		}
		after = ids[len(ids)-1]
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx, result.Looked)
		}
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
