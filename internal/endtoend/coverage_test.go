package endtoend_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// cover runs the workflow of the coverage schedule once.
func (w *world) cover(t *testing.T) contract.CoverageResult {
	t.Helper()
	var result contract.CoverageResult
	run, err := w.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: contract.QueueOrders}, "CoverageWorkflow", contract.CoverageInput{})
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), &result))
	return result
}

func (w *world) gaps(t *testing.T) map[string]domain.CoverageGap {
	t.Helper()
	list, err := w.parts.Store.CoverageGaps(t.Context())
	require.NoError(t, err)
	byCause := map[string]domain.CoverageGap{}
	for _, g := range list {
		byCause[g.Cause+" "+g.Scope] = g
	}
	return byCause
}

// TestAMethodWithoutARuleIsListedBeforeAnOrderMeetsIt: with its owner, and off the list
// when its rule has come.
func TestAMethodWithoutARuleIsListedBeforeAnOrderMeetsIt(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true, shop: func(s *centra.Seed) {
		s.Markets = append(s.Markets, centra.SeedMarket{ID: 9, Name: "Nordics", Store: atelier, Countries: []string{"SE"}, Warehouses: []string{south}})
		s.Products = append(s.Products, centra.SeedProduct{ID: 77, Name: "Nameless", Number: "N", Brand: "House", Variants: []centra.SeedVariant{{
			Name: "Red", Number: "R", Sizes: []centra.SeedSize{{ID: 77, Name: "L", SKU: "TAKEN-1", EAN: "7300000000776", Stock: map[string]int{north: 1}}},
		}}})
	}})
	// An item rule gives the new size's code to another one: either guess would ship the wrong garment.
	_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleItem, Warehouse: north, From: shirt, To: "TAKEN-1"}}, "test", "codes that differ", time.Now())
	require.NoError(t, err)
	found := w.cover(t)
	require.Positive(t, found.Opened)
	require.GreaterOrEqual(t, found.Sizes, 5, "the catalogue was read")
	gaps := w.gaps(t)
	for key, owner := range map[string]string{
		saver + " " + north:                              "ops",
		saver + " " + south:                              "ops",
		"unmapped:market:centra:Nordics " + atelier:      "finance",
		"ambiguous-sku:centra:TAKEN-1 " + north:          "merchandising",
		"unmapped:stock-status:north:available " + north: "ops",
		"not-deliverable:north:RM48:Standard " + north:   "ops",
		"unmapped:service:north:RM48 " + north:           "ops",
	} {
		require.Contains(t, gaps, key)
		require.Equal(t, owner, gaps[key].Owner, key)
		require.Zero(t, gaps[key].Orders, "no order has met it")
	}
	require.Equal(t, "its rule says service RM48, which does not deliver to SE", gaps["not-deliverable:north:RM48:Standard "+north].Detail)
	since := gaps[saver+" "+north].FirstSeen

	again := w.cover(t)
	require.Zero(t, again.Opened)
	require.Zero(t, again.Closed)
	require.Equal(t, since, w.gaps(t)[saver+" "+north].FirstSeen)
	w.sell(t, sale(8201, unmapped), stays())
	w.take(t, 8201)
	w.asks(t, 8201, "unmapped:shipping-method")
	require.Equal(t, 1, w.gaps(t)[saver+" "+north].Orders, "now one has")

	_, err = w.parts.Store.SaveRules(t.Context(), []domain.Rule{
		{Table: domain.RuleShippingMethod, Warehouse: north, Country: "GB", From: "Express Saver", To: "RM48"},
		{Table: domain.RuleStockStatus, Warehouse: north, From: "available", To: "sellable"},
	}, "ada", "covered", time.Now())
	require.NoError(t, err)
	require.Positive(t, w.cover(t).Closed)
	gaps = w.gaps(t)
	require.NotContains(t, gaps, "unmapped:stock-status:north:available "+north)
	require.Contains(t, gaps, saver+" "+south)
	require.Equal(t, "no rule says by which service north sends it to SE", gaps[saver+" "+north].Detail, "half a rule closes half")

	_, err = w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleShippingMethod, Warehouse: north, From: "Express Saver", To: "RM48"}}, "ada", "covered", time.Now())
	require.NoError(t, err)
	w.cover(t)
	require.NotContains(t, w.gaps(t), saver+" "+north)
}

// TestAWarehouseThatIsAwayKeepsItsGapsAndHidesNoOthers: what cannot be read is left as it was.
func TestAWarehouseThatIsAwayKeepsItsGapsAndHidesNoOthers(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true})
	w.cover(t)
	require.Contains(t, w.gaps(t), "unmapped:service:north:RM48 "+north)
	require.NoError(t, w.shop.Seed(centra.Seed{ShippingOptions: []centra.SeedShippingOption{{ID: 8, Name: "Drone", URI: "drone"}}}))
	require.NoError(t, w.floor.Seed(acs.Seed{Accounts: []acs.AccountSeed{{Account: accountN, Key: "another-key"}, {Account: accountS, Key: "another-key-s"}}}))
	_, err := w.parts.Activities(w.client).Coverage.CompareShop(t.Context(), contract.CoverageInput{})
	require.Error(t, err, "the run says that something is away")
	gaps := w.gaps(t)
	require.Contains(t, gaps, "unmapped:service:north:RM48 "+north, "not closed by not looking")
	require.Contains(t, gaps, "unmapped:shipping-method:centra:Drone "+north)
}
