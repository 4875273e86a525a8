package centra_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/systems/centra"
)

func bundleLines() []domain.Line {
	return []domain.Line{
		{ID: "1", Kind: domain.LineProduct, Quantity: 1},
		{ID: "2", Kind: domain.LineBundle, Quantity: 3, Cancelled: 1},
		{ID: "3", Kind: domain.LineBundleItem, Bundle: "2", Quantity: 6, Cancelled: 2},
		{ID: "4", Kind: domain.LineBundleItem, Bundle: "2", Quantity: 3, Cancelled: 1},
	}
}

func TestOnlyWholeBundlesAreFolded(t *testing.T) {
	t.Parallel()
	type q = domain.LineQuantity
	for name, tt := range map[string]struct {
		ship, want []q
		incomplete bool
	}{
		"a product stays":                     {ship: []q{units("1", 1)}, want: []q{units("1", 1)}},
		"a whole bundle":                      {ship: []q{units("3", 2), units("4", 1)}, want: []q{units("2", 1)}},
		"all bundles beside a product":        {ship: []q{units("4", 3), units("1", 1), units("3", 6)}, want: []q{units("2", 3), units("1", 1)}},
		"a component named twice":             {ship: []q{units("3", 1), units("4", 1), units("3", 1)}, want: []q{units("2", 1)}},
		"a component is missing":              {ship: []q{units("3", 2)}, incomplete: true},
		"too little of a component":           {ship: []q{units("3", 1), units("4", 1)}, incomplete: true},
		"more of one component than of other": {ship: []q{units("3", 4), units("4", 1)}, incomplete: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := centra.FoldBundles(bundleLines(), tt.ship)
			if tt.incomplete {
				f, ok := fault.As(err)
				require.True(t, ok)
				require.Equal(t, "bundle_incomplete", f.Code)
				require.Equal(t, "2", f.Problems[0].Line)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestExpandingUndoesFolding(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "bundles")
		lines := []domain.Line{{ID: "b", Kind: domain.LineBundle, Quantity: n}}
		var ship []domain.LineQuantity
		units := rapid.IntRange(1, n).Draw(t, "units")
		for i, per := range rapid.SliceOfN(rapid.IntRange(1, 5), 1, 4).Draw(t, "components") {
			id := string(rune('c' + i))
			lines = append(lines, domain.Line{ID: id, Kind: domain.LineBundleItem, Bundle: "b", Quantity: per * n})
			ship = append(ship, domain.LineQuantity{Line: id, Quantity: per * units})
		}
		folded, err := centra.FoldBundles(lines, ship)
		require.NoError(t, err)
		require.Equal(t, []domain.LineQuantity{{Line: "b", Quantity: units}}, folded)
		require.Equal(t, ship, centra.ExpandBundles(lines, folded))
	})
}

func TestUnderTheReadingBundleTheShipmentNamesTheBundleLine(t *testing.T) {
	t.Parallel()
	shop, server := open(t, script(map[string]string{
		"Orders":         file(t, "orders.json"),
		"CreateShipment": `{"data":{"createShipment":{"shipment":` + shipmentJSON(true, true) + `,` + noNotices + `}}}`,
	}), readBundles)
	d := draft()
	d.Order.Number, d.Lines = "101", []domain.LineQuantity{{Line: "3", Quantity: 2}, {Line: "4", Quantity: 1}}
	write, err := shop.CreateShipment(t.Context(), d)
	require.NoError(t, err)
	require.Equal(t, d.Lines, write.Shipment.Lines, "callers know components only")
	require.Contains(t, server.variables("CreateShipment"), `"lines":[{"orderLine":{"id":2},"quantity":1}]`)
}

func readBundles(c *centra.Config, _ *centra.Options) { c.BundleLines = centra.BundleLinesBundle }

func units(line string, n int) domain.LineQuantity {
	return domain.LineQuantity{Line: line, Quantity: n}
}
