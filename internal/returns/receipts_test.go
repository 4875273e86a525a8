package returns_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

func TestGoodsAreReceivedIntoOnePlaceEach(t *testing.T) {
	t.Parallel()
	l := newTale(3)
	l.tell(byHand("900", 3, false)) // announced as one return, and come back to two warehouses
	l.tell(back("RC1", 1, unit("1", "restock", 1, true), unit("2", "restock", 1, true)))
	south := domain.ReturnConfirmation{
		ID: "RC2", Warehouse: "south", Consignment: "10001", Type: domain.CustomerReturn, Status: "graded", Revision: 1, ReceivedAt: noon,
		Units: []domain.ReturnUnit{unit("1", "restock", 1, true)},
	}
	l.tell(domain.NewReturnFact(south, noon))
	units := map[string]int{}
	keys := map[string]bool{}
	for n := 1; n <= l.count(t); n++ {
		for _, due := range l.decide(t, n).Due {
			if due.Plan.Kind == domain.PlanReceipt {
				units[due.Plan.Warehouse] += due.Plan.Lines[0].Quantity
				keys[due.Plan.Key] = true
			}
		}
	}
	require.Equal(t, map[string]int{"north": 2, "south": 1}, units)
	require.Len(t, keys, 2)
	l.work(t)
	for n := 1; n <= l.count(t); n++ {
		require.Empty(t, l.decide(t, n).Due, "and each once")
	}
}
