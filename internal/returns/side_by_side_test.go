package returns_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

// Two returns of one order run beside each other: each looks before the other's plan is
// recorded, and all the same no unit of the shop's shipments is planned by both.
func TestReturnsThatPlanAtTheSameTimeTakeDifferentUnits(t *testing.T) {
	t.Parallel()
	s := newTale(3)
	s.order.Shipments = []domain.ShopShipment{
		{ID: "7", Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}, Shipped: true, Paid: true},
		{ID: "8", Lines: []domain.LineQuantity{{Line: "1", Quantity: 2}}, Shipped: true, Paid: true},
	}
	s.tell(back("a", 1, unit("u1", "restock", 1, true)))
	s.tell(back("b", 1, unit("u2", "restock", 1, true), unit("u3", "ber", 1, true)))
	planned := map[string]int{}
	for number, wants := range map[int]int{1: 1, 2: 2} {
		units := 0
		for _, due := range s.decide(t, number).Due {
			if due.Plan.Kind != domain.PlanShopReturn {
				continue
			}
			for _, l := range due.Plan.Lines {
				planned[due.Plan.Shipment] += l.Quantity
				units += l.Quantity
			}
		}
		require.Equal(t, wants, units, "return %d", number)
	}
	require.Equal(t, map[string]int{"7": 1, "8": 2}, planned)
}
