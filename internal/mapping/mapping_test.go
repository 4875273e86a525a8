package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

const north = "acs-north"

func method(version int64, country, from, to string) domain.Rule {
	return domain.Rule{Version: version, Table: domain.RuleShippingMethod, Warehouse: north, Country: country, From: from, To: to}
}

func retired(r domain.Rule) domain.Rule {
	r.Retired = true
	return r
}

func TestShippingMethod(t *testing.T) {
	t.Parallel()
	express := domain.Ref{ID: "7", URI: "express-saver", Name: "Express Saver"}
	for name, tt := range map[string]struct {
		rules      []domain.Rule
		method     domain.Ref
		service    string
		version    int64
		cause      string
		candidates []string
		ambiguous  bool
	}{
		"the id decides before the name": {
			rules: []domain.Rule{method(1, "", "Express Saver", "RM48"), method(2, "", "7", "RM24")}, method: express, service: "RM24", version: 2,
		},
		"a rule for the country beats a general one, even by name": {
			rules: []domain.Rule{method(1, "", "7", "RM24"), method(2, "SE", "Express Saver", "PN01")}, method: express, service: "PN01", version: 2,
		},
		"another country's rule does not count": {
			rules: []domain.Rule{method(1, "FR", "7", "CP1")}, method: express, cause: "unmapped:shipping-method:centra:Express Saver",
		},
		"letter case and spacing do not matter": {
			rules: []domain.Rule{method(1, "", " express  SAVER ", "RM48")}, method: domain.Ref{Name: "Express Saver"}, service: "RM48", version: 1,
		},
		"the newest version counts, in any order of loading": {
			rules: []domain.Rule{method(3, "", "7", "RM12"), method(2, "", "7", "RM24")}, method: express, service: "RM12", version: 3,
		},
		"a retired rule is gone": {
			rules:  []domain.Rule{method(2, "", "7", "RM24"), retired(method(3, "", "7", "RM24"))},
			method: express, cause: "unmapped:shipping-method:centra:Express Saver",
		},
		"the exact spelling beats a tolerant one": {
			rules: []domain.Rule{method(1, "", "EXPRESS", "RM1"), method(2, "", "Express", "RM2")}, method: domain.Ref{Name: "Express"}, service: "RM2", version: 2,
		},
		"two answers are never chosen between": {
			rules:  []domain.Rule{method(1, "", "EXPRESS", "RM1"), method(2, "", "Express", "RM2")},
			method: domain.Ref{Name: "express"}, cause: "unmapped:shipping-method:centra:express", candidates: []string{"RM1", "RM2"}, ambiguous: true,
		},
		"a miss names the nearest spellings, never takes them": {
			rules:  []domain.Rule{method(1, "", "Expres Saver", "RM48"), method(2, "", "Pallet", "PAL")},
			method: domain.Ref{Name: "Express Saver"}, cause: "unmapped:shipping-method:centra:Express Saver", candidates: []string{"Expres Saver"},
		},
		"an order without a method is a miss, not a default": {
			rules: []domain.Rule{method(1, "", "", "RM48")}, cause: "unmapped:shipping-method:centra:none",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service, version, miss := mapping.New(tt.rules).ShippingMethod(north, "SE", tt.method)
			if tt.cause == "" {
				require.Nil(t, miss)
				require.Equal(t, tt.service, service)
				require.Equal(t, tt.version, version)
				return
			}
			require.Empty(t, service)
			require.Equal(t, tt.candidates, miss.Candidates)
			require.Equal(t, tt.ambiguous, miss.Ambiguous)
			q := miss.Question()
			require.Equal(t, tt.cause, q.Cause)
			require.Equal(t, mapping.KindShippingMethod, q.Kind)
			require.Len(t, q.Problems, 1)
			require.Equal(t, "shipping_service_unknown", q.Problems[0].Code)
			require.NotEmpty(t, q.Problems[0].Message)
		})
	}
}

func TestRulesOfAnotherWarehouseDoNotCount(t *testing.T) {
	t.Parallel()
	rules := mapping.New([]domain.Rule{method(1, "", "7", "RM24")})
	_, _, miss := rules.ShippingMethod("acs-south", "GB", domain.Ref{ID: "7"})
	require.NotNil(t, miss)
	require.Empty(t, miss.Candidates)
}

func TestItem(t *testing.T) {
	t.Parallel()
	item := func(version int64, from, to string) domain.Rule {
		return domain.Rule{Version: version, Table: domain.RuleItem, Warehouse: north, From: from, To: to}
	}
	for name, tt := range map[string]struct {
		rules     []domain.Rule
		sku, ean  string
		want      string
		version   int64
		kind      string
		ambiguous []string
	}{
		"without a rule the SKU is the item":         {sku: "DRS-1-M", ean: "5000000000017", want: "DRS-1-M"},
		"a rule by SKU":                              {rules: []domain.Rule{item(4, "DRS-1-M", "D1M")}, sku: "DRS-1-M", want: "D1M", version: 4},
		"a rule by EAN":                              {rules: []domain.Rule{item(4, "5000000000017", "D1M")}, sku: "DRS-1-M", ean: "5000000000017", want: "D1M", version: 4},
		"SKU and EAN may agree":                      {rules: []domain.Rule{item(4, "DRS-1-M", "D1M"), item(5, "50", "D1M")}, sku: "DRS-1-M", ean: "50", want: "D1M", version: 4},
		"SKU and EAN that name two items":            {rules: []domain.Rule{item(4, "DRS-1-M", "D1M"), item(5, "50", "D1L")}, sku: "DRS-1-M", ean: "50", kind: mapping.KindAmbiguousSKU, ambiguous: []string{"D1L", "D1M"}},
		"an SKU that is another size's item by rule": {rules: []domain.Rule{item(4, "DRS-1-L", "DRS-1-M")}, sku: "DRS-1-M", ean: "50", kind: mapping.KindAmbiguousSKU, ambiguous: []string{"DRS-1-L", "DRS-1-M"}},
		"its own EAN rule is not another size":       {rules: []domain.Rule{item(4, "50", "DRS-1-M")}, sku: "DRS-1-M", ean: "50", want: "DRS-1-M", version: 4},
		"swapped codes are two plain rules":          {rules: []domain.Rule{item(4, "A", "B"), item(5, "B", "A")}, sku: "A", want: "B", version: 4},
		"no code at all":                             {kind: mapping.KindSKU},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, version, miss := mapping.New(tt.rules).Item(north, tt.sku, tt.ean)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.version, version)
			if tt.kind == "" {
				require.Nil(t, miss)
				return
			}
			require.Equal(t, tt.kind, miss.Kind)
			require.Equal(t, tt.ambiguous, miss.Candidates)
			require.Contains(t, miss.Question().Cause, tt.kind+":centra:")
		})
	}
}

func TestMarketCarrierAndPayment(t *testing.T) {
	t.Parallel()
	rules := mapping.New([]domain.Rule{
		{Version: 1, Table: domain.RuleMarket, Store: "atelier", From: "3", To: "SE01", Extra: map[string]string{"currency": "SEK"}},
		{Version: 2, Table: domain.RuleCarrier, Warehouse: north, From: "RMG", To: "Royal Mail"},
		{Version: 3, Table: domain.RulePayment, Store: "atelier", From: "klarna", To: "on-shipment"},
		{Version: 4, Table: domain.RulePayment, Store: "atelier", From: "barter", To: "whenever"},
	})
	market, miss := rules.Market("atelier", domain.Ref{ID: "3", Name: "Sweden"})
	require.Nil(t, miss)
	require.Equal(t, mapping.Market{Entity: "SE01", Currency: "SEK", Version: 1}, market)
	_, miss = rules.Market("outlet", domain.Ref{ID: "3", Name: "Sweden"})
	require.Equal(t, "unmapped:market:centra:Sweden", miss.Question().Cause)

	carrier, version, miss := rules.Carrier(north, "rmg")
	require.Nil(t, miss)
	require.Equal(t, "Royal Mail", carrier)
	require.Equal(t, int64(2), version)
	_, _, miss = rules.Carrier(north, "DHLX")
	require.Equal(t, "unmapped:carrier:acs-north:DHLX", miss.Question().Cause)

	mode, version, miss := rules.CaptureMode("atelier", domain.Ref{URI: "klarna", Name: "Klarna"})
	require.Nil(t, miss)
	require.Equal(t, domain.CaptureOnShipment, mode)
	require.Equal(t, int64(3), version)
	_, _, miss = rules.CaptureMode("atelier", domain.Ref{Name: "barter"})
	require.ErrorContains(t, miss, `"whenever"`, "a rule with an unknown mode is a miss")
}

func TestAttributeDefault(t *testing.T) {
	t.Parallel()
	fallback := func(version int64, from, attribute, to string) domain.Rule {
		return domain.Rule{
			Version: version, Table: domain.RuleAttributeDefault, Warehouse: north, From: from, To: to,
			Extra: map[string]string{"attribute": attribute},
		}
	}
	rules := mapping.New([]domain.Rule{
		fallback(1, "brand:Selva", "itemCondition", "new"), fallback(2, "type:dress", "itemCondition", "like_new"),
		fallback(3, "brand:Selva", "countryOfOrigin", "PT"), fallback(4, "collection:AW26", "countryOfOrigin", "IT"),
	})
	item := domain.ItemData{Type: "Dress", Brand: "Selva", Collection: "AW26"}
	value, version, ok := rules.AttributeDefault(north, "itemCondition", item)
	require.True(t, ok)
	require.Equal(t, "like_new", value, "the type beats the brand")
	require.Equal(t, int64(2), version)
	value, _, _ = rules.AttributeDefault(north, "countryOfOrigin", item)
	require.Equal(t, "PT", value, "the brand beats the collection, and attributes do not shadow each other")
	_, _, ok = rules.AttributeDefault(north, "grade", item)
	require.False(t, ok)
}

func TestLookupDoesNotDependOnTheOrderOfLoading(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) domain.Rule {
			r := method(0, rapid.SampledFrom([]string{"", "SE", "GB"}).Draw(t, "country"),
				rapid.SampledFrom([]string{"7", "Express", "EXPRESS"}).Draw(t, "from"), rapid.SampledFrom([]string{"A", "B"}).Draw(t, "to"))
			r.Retired = rapid.Bool().Draw(t, "retired")
			return r
		}), 0, 8).Draw(t, "rules")
		for i := range rules {
			rules[i].Version = int64(i + 1)
		}
		shuffled := rapid.Permutation(rules).Draw(t, "shuffled")
		asked := domain.Ref{ID: "7", Name: "express"}
		service, version, miss := mapping.New(rules).ShippingMethod(north, "SE", asked)
		service2, version2, miss2 := mapping.New(shuffled).ShippingMethod(north, "SE", asked)
		require.Equal(t, miss, miss2)
		require.Equal(t, service, service2)
		require.Equal(t, version, version2)
	})
}
