package activities_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// dock is a store of orders that a warehouse holds.
type dock struct {
	orders []domain.OrderID
	broken map[domain.OrderID]error // why an order cannot be loaded
	before time.Time                // what was asked for
	cursor string
	late   []string // consignments that were found late
	loads  int
	load   func()
}

func (d *dock) Rules(context.Context) ([]domain.Rule, error) {
	return []domain.Rule{{Version: 1, Table: domain.RuleCutoff, Warehouse: hillington, From: "RM48", To: "12:00", Extra: map[string]string{"timezone": "UTC"}}}, nil
}

func (d *dock) Load(_ context.Context, id domain.OrderID) (ports.OrderRecord, error) {
	if d.loads++; d.load != nil {
		d.load()
	}
	if err := d.broken[id]; err != nil {
		return ports.OrderRecord{}, err
	}
	lines := []domain.LineQuantity{{Line: "1", Quantity: 1}}
	order := domain.Order{ID: id, Lines: []domain.Line{{ID: "1", Quantity: 1, Allocations: []domain.Allocation{{Warehouse: hillington, Quantity: 1}}}}}
	fact := domain.NewFact(domain.FactSubmitted, "submitted:"+id.Number, "selvedge", noon.Add(-48*time.Hour), domain.SubmittedFact{Consignment: id.Number, Warehouse: hillington, Lines: lines})
	fact.Sequence = 1
	return ports.OrderRecord{Order: order, Facts: []domain.Fact{fact}, Consignments: []domain.Consignment{{Number: id.Number, Order: id, Warehouse: hillington, Service: "RM48"}}}, nil
}

func (d *dock) UnsentOrders(_ context.Context, before time.Time, after domain.OrderID, limit int) ([]domain.OrderID, error) {
	d.before = before
	var page []domain.OrderID
	for _, id := range d.orders {
		if id.String() > after.String() && len(page) < limit {
			page = append(page, id)
		}
	}
	return page, nil
}

func (d *dock) AppendForConsignment(_ context.Context, _, number, _ string, facts []domain.Fact, _ bool) (ports.Recorded, error) {
	if !slices.Contains(d.late, number) {
		d.late = append(d.late, number)
	}
	return ports.Recorded{}, nil
}

func (d *dock) Cursor(context.Context, string) (string, error) { return d.cursor, nil }

func (d *dock) SaveCursor(_ context.Context, _, value string, _ time.Time) error {
	d.cursor = value
	return nil
}

func held(count int) *dock {
	d := &dock{broken: map[domain.OrderID]error{}}
	for n := range count {
		d.orders = append(d.orders, domain.OrderID{Store: "atelier", Number: fmt.Sprintf("%05d", n)})
	}
	return d
}

func (d *dock) scan(t *testing.T, most time.Duration) (contract.OverdueResult, error) {
	t.Helper()
	o := &activities.Overdue{Store: d, Clock: func() time.Time { return noon }, Grace: 8 * time.Hour, Most: most}
	return o.ScanOverdue(t.Context(), contract.OverdueInput{})
}

func TestAnOrderThatCannotBeReadKeepsNoOtherFromBeingFoundLate(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]error{
		"a fact of a newer version": errors.New("fact 7 cannot be read"),
		"it is gone":                &fault.Fault{Kind: fault.NotFound, System: "store", Message: "there is no such order"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := held(3)
			d.broken[d.orders[0]] = broken
			result, err := d.scan(t, time.Minute)
			require.NoError(t, err)
			require.Equal(t, contract.OverdueResult{Looked: 3, Overdue: 2, Unreadable: 1}, result)
			require.Equal(t, []string{"00001", "00002"}, d.late)
		})
	}
}

func TestAStoreThatIsAwayFailsTheScan(t *testing.T) {
	t.Parallel()
	d := held(3)
	d.broken[d.orders[1]] = &fault.Fault{Kind: fault.Unavailable, System: "store", Message: "no connection"}
	_, err := d.scan(t, time.Minute)
	require.Error(t, err)
}

func TestAScanThatIsCutGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	d := held(450)
	looked := 0
	for range 2 {
		result, err := d.scan(t, 0)
		require.NoError(t, err)
		require.True(t, result.More)
		looked += result.Looked
	}
	require.Equal(t, 400, looked)
	result, err := d.scan(t, 0)
	require.NoError(t, err)
	require.Equal(t, contract.OverdueResult{Looked: 50, Overdue: 50}, result)
	require.Len(t, d.late, 450, "each was looked at, however short the runs")
	require.Empty(t, d.cursor, "the next begins anew")
	require.Equal(t, noon.Add(-8*time.Hour), d.before, "what was taken within the grace cannot be late")
}
