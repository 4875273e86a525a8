package coverage_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/coverage"
	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

func rule(version int64, table domain.RuleTable, from, to string, change ...func(*domain.Rule)) domain.Rule {
	r := domain.Rule{Version: version, Table: table, From: from, To: to}
	for _, c := range change {
		c(&r)
	}
	return r
}

func shop() coverage.Input {
	return coverage.Input{
		Now:     time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
		Methods: []domain.OfferedMethod{{Ref: domain.Ref{Name: "Standard"}, Active: true}, {Ref: domain.Ref{Name: "Express"}, Active: true}, {Ref: domain.Ref{Name: "Old"}}},
		Markets: []domain.OfferedMarket{{Ref: domain.Ref{Name: "UK"}, Store: "atelier", Countries: []string{"GB"}}, {Ref: domain.Ref{Name: "Nordics"}, Store: "atelier", Countries: []string{"SE", "NO"}}},
		Sizes: []domain.CatalogueSize{
			{ID: "1", SKU: "COAT-1", Warehouses: []string{"north"}},
			{ID: "2", Name: "Hat", Item: domain.ItemData{Size: "M"}, Warehouses: []string{"north", "elsewhere"}},
		},
		Warehouses: []coverage.Warehouse{{
			Key: "north", Statuses: []string{"available", "steaming"}, Dispositions: []string{"restock", "composted"},
			Services: []coverage.Service{{Code: "RM48", Carrier: "RM", Countries: []string{"GB"}, Active: true}, {Code: "DHL", Carrier: "DHL", Active: true}, {Code: "UNUSED", Carrier: "X", Active: true}},
		}},
		Rules: mapping.New([]domain.Rule{
			rule(1, domain.RuleShippingMethod, "Standard", "RM48", func(r *domain.Rule) { r.Country = "GB" }),
			rule(2, domain.RuleShippingMethod, "Standard", "DHL", func(r *domain.Rule) { r.Country = "SE" }),
			rule(3, domain.RuleCarrier, "RM", "Royal Mail"),
			rule(4, domain.RuleMarket, "UK", "ENTITY"),
			rule(5, domain.RuleCutoff, "RM48", "12:00", func(r *domain.Rule) { r.Extra = map[string]string{"timezone": "UTC"} }),
			rule(6, domain.RuleStockStatus, "available", "sellable"),
			rule(7, domain.RuleDisposition, "restock", "restock"),
		}),
	}
}

func causes(gaps []domain.CoverageGap) map[string]domain.CoverageGap {
	byCause := map[string]domain.CoverageGap{}
	for _, g := range gaps {
		byCause[g.Cause] = g
	}
	return byCause
}

func TestFindsWhatNoOrderHasMetYet(t *testing.T) {
	t.Parallel()
	gaps, compared := coverage.Find(shop())
	found := causes(gaps)
	require.Len(t, gaps, len(found), "each once")
	require.Len(t, compared, 6)
	for cause, want := range map[string]struct{ source, scope, owner, detail string }{
		"unmapped:shipping-method:centra:Express":  {coverage.SourceMethods, "north", "ops", "no rule says by which service north sends it"},
		"unmapped:shipping-method:centra:Standard": {coverage.SourceMethods, "north", "ops", "no rule says by which service north sends it to NO"},
		"unmapped:market:centra:Nordics":           {coverage.SourceMarkets, "atelier", "finance", "no rule says which entity sells there"},
		"unmapped:sku:centra:none":                 {coverage.SourceSizes, "north", "merchandising", "size M of Hat"},
		"unmapped:carrier:north:DHL":               {coverage.SourceServices, "north", "ops", "no rule says what the shop calls this carrier, by which service DHL goes"},
		"unmapped:service:north:DHL":               {coverage.SourceServices, "north", "ops", "no rule says by when an order has to be there to leave the same day"},
		"unmapped:stock-status:north:steaming":     {coverage.SourceStatuses, "north", "ops", "its units are withheld until a rule says sellable or withheld"},
		"unmapped:disposition:north:composted":     {coverage.SourceDispositions, "north", "ops", "no rule says what becomes of such a unit"},
	} {
		g, ok := found[cause]
		require.True(t, ok, "%s is missing in %v", cause, gaps)
		require.Equal(t, want.source, g.Source)
		require.Equal(t, want.scope, g.Scope)
		require.Equal(t, want.owner, g.Owner)
		require.Equal(t, want.detail, g.Detail)
	}
	require.Len(t, gaps, 8, "a method that is switched off and a service that nothing is mapped to are nobody's matter: %v", gaps)
}

func TestARuleThatLeadsNowhereIsAGap(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ to, want string }{
		"a service that is none":          {"RM99", "its rule says service RM99, which is none of north's"},
		"a service that is switched off":  {"OFF", "its rule says service OFF, which is switched off at north"},
		"a service that does not deliver": {"RM48", "its rule says service RM48, which does not deliver to NO, SE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := shop()
			in.Rules = mapping.New([]domain.Rule{rule(1, domain.RuleShippingMethod, "Standard", tt.to), rule(2, domain.RuleShippingMethod, "Express", "DHL")})
			in.Warehouses[0].Services = append(in.Warehouses[0].Services, coverage.Service{Code: "OFF"})
			gaps, _ := coverage.Find(in)
			g, ok := causes(gaps)["not-deliverable:north:"+tt.to+":Standard"]
			require.True(t, ok, "%v", gaps)
			require.Equal(t, tt.want, g.Detail)
			require.Equal(t, "Standard", g.Value)
		})
	}
}

func TestNothingIsSaidAboutWhatWasNotRead(t *testing.T) {
	t.Parallel()
	in := shop()
	in.Methods, in.Markets, in.Sizes = nil, nil, nil
	in.Warehouses = []coverage.Warehouse{{Key: "north"}}
	gaps, compared := coverage.Find(in)
	require.Empty(t, gaps)
	require.Empty(t, compared)
}
