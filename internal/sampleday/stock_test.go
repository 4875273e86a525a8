package sampleday_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheWarehouseHoldsWhatComesInForWaitingOrders(t *testing.T) {
	t.Parallel()
	day := generate(t, 1000, 5)
	holds := map[string]int{}
	for _, a := range day.ACS.Accounts {
		for _, i := range a.Inventory {
			holds[i.SKU] += i.Quantities["available"]
		}
	}
	allocated, counted := map[int]bool{}, map[string]int{}
	for _, a := range day.Script {
		switch a.Body.Action {
		case "allocate":
			allocated[a.Body.Order] = true
		case "set-stock":
			counted[a.Body.SKU] = max(counted[a.Body.SKU], a.Body.Quantity)
		}
	}
	waiting := map[string]int{}
	for _, o := range day.Centra.Orders {
		for _, l := range o.Lines {
			if l.Demand > 0 && allocated[o.Number] {
				waiting[l.SKU] += l.Demand
			}
		}
	}
	require.NotEmpty(t, waiting)
	for sku, n := range waiting {
		require.GreaterOrEqual(t, holds[sku], n, "what the shop gives to waiting orders must be there to be sent")
	}
	for sku, n := range counted {
		require.GreaterOrEqual(t, holds[sku], n, "the shop counts no more than the warehouse holds")
	}
}
