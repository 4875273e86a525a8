package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/store/storetest"
)

func TestALineThatTheFloorTookAfterItWasCancelledLongAgoCounts(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	takeIn(t, s, changed(shopOrder("10024"), 1, func(o *ports.ShopOrder) { o.Order.Status = domain.ShopCancelled }))
	feed := noon.Add(24 * time.Hour)
	lines, err := s.StockLines(ctx, leeds, []string{"78"}, feed)
	require.NoError(t, err)
	require.Empty(t, lines)
	order := domain.WarehouseOrder{
		Number: "10024", Warehouse: leeds, Status: domain.WarehouseAccepted, Revision: 3, UpdatedAt: feed.Add(time.Second),
		Lines: []domain.WarehouseOrderLine{{Line: "2", SKU: "SOCK", Quantity: 2, Allocated: 2}},
	}
	_, _, err = s.Append(ctx, domain.OrderID{Store: "atelier", Number: "10024"}, []domain.Fact{domain.NewWarehouseOrderFact(order, order.UpdatedAt)})
	require.NoError(t, err)
	lines, err = s.StockLines(ctx, leeds, []string{"78"}, feed)
	require.NoError(t, err)
	require.Len(t, lines, 1)
	require.Equal(t, 2, lines[0].Sightings[0].Allocated)
	lines, err = s.StockLines(ctx, leeds, []string{"78"}, feed.Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, lines, "the feed has seen it by then")
}

func TestTheUseOfABudgetIsKeptForTwoWeeks(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	spend := func(at time.Time) {
		require.NoError(t, s.ChangeBudget(ctx, "centra", at, func([]byte) ([]byte, map[string]int, map[string]int, error) {
			return []byte(`{"own":1}`), map[string]int{"shipment": 1}, nil, nil
		}))
	}
	kept := func() int {
		use, err := s.BudgetUse(context.WithoutCancel(ctx), "centra", noon.Add(-time.Hour))
		require.NoError(t, err)
		return len(use)
	}
	spend(noon)
	spend(noon.Add(13 * 24 * time.Hour))
	require.Equal(t, 2, kept())
	spend(noon.Add(15 * 24 * time.Hour))
	require.Equal(t, 2, kept())
}
