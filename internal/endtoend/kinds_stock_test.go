package endtoend_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/centra"
)

// TestUnitsKeptBackTwiceAreToldUntilOneOfTheTwoGoes: our buffer beside the threshold of
// the shop's warehouse, which offers less than either wants.
func TestUnitsKeptBackTwiceAreToldUntilOneOfTheTwoGoes(t *testing.T) {
	t.Parallel()
	w := openStock(t, options{noFloor: true})
	threshold := func(units int) {
		for _, known := range shopSeed().Warehouses {
			if known.Name == north {
				known.Threshold = units
				require.NoError(t, w.shop.Seed(centra.Seed{Warehouses: []centra.SeedWarehouse{known}}))
			}
		}
	}
	all := contract.StockInput{Trigger: contract.StockByPerson, Full: true}
	threshold(2)
	w.pass(t, all)
	w.requireNoComplaint(t, "double-buffer")
	_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleStockBuffer, Warehouse: north, From: shirt, To: "3"}}, "test", "keep some", time.Now())
	require.NoError(t, err)
	w.pass(t, all)
	told := w.complains(t, "double-buffer", north)
	require.Equal(t, "merchandising", told.Owner)
	require.Contains(t, told.Problems[0].Message, shirt)
	w.pass(t, all)
	w.complains(t, "double-buffer", north)

	threshold(0)
	w.pass(t, all)
	w.pass(t, contract.StockInput{Trigger: contract.StockBySchedule})
	w.requireNoComplaint(t, "double-buffer")
}
