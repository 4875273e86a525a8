package books_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/books"
	"selvedge/internal/domain"
)

// The shop tells what an order comes to with tax and without; what of the tax its goods do
// not bear is that of shipping and handling.
func TestShippingBearsTheTaxThatTheShopSaysItBears(t *testing.T) {
	t.Parallel()
	mixed := func(shipping, handling int64) domain.Order {
		o := order(0, shipping, goods("1", 1, 3000, "20"), goods("2", 1, 1200, "0"))
		o.Handling, o.GrandTotal = handling, o.GrandTotal+handling
		return o
	}
	for name, tt := range map[string]struct {
		order domain.Order
		tax   int64 // of the whole order, as the shop has it
		want  []string
	}{
		// 30.00 bear 5.00. 5.66 − 5.00 = 0.66, and 3.95/6 = 0.658.
		"as most of the goods": {mixed(395, 0), 566, []string{"shipping×1 395/66"}},
		"none":                 {mixed(395, 0), 500, []string{"shipping×1 395/0"}},
		// 3.95 spread by value: 2.82 at 20 % bear 0.47. No rate of the goods comes to that.
		"as a part of each":        {mixed(395, 0), 547, []string{"shipping×1 395/47"}},
		"of handling beside it":    {mixed(395, 120), 586, []string{"shipping×1 395/66", "handling×1 120/20"}},
		"a unit of rounding apart": {mixed(395, 0), 567, []string{"shipping×1 395/66"}},
		"more than it can bear, so that the shop's goods bear other tax than ours": {mixed(395, 0), 1200, []string{"shipping×1 395/66"}},
		// 42.00 − 4.20 bear what two rates make of a discount that the shop spreads by its own rule.
		"hidden in that of a discount over two rates": {func() domain.Order {
			o := mixed(395, 0)
			o.Discount, o.GrandTotal = 420, o.GrandTotal-420
			return o
		}(), 450, []string{"shipping×1 395/66"}},
		// 30.00 − 3.00 bear 4.50; the goods' rate is one, so the rest is shipping's.
		"beside a discount over one rate": {order(300, 395, goods("1", 1, 3000, "20")), 450, []string{"shipping×1 395/0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := tt.order
			o.NetTotal = o.GrandTotal - tt.tax
			lines, err := books.OrderLines(o)
			require.NoError(t, err)
			require.Equal(t, tt.want, shown(lines[len(o.Lines):]))
			o.NetTotal = 0
			lines, err = books.OrderLines(o)
			require.NoError(t, err)
			require.Equal(t, "shipping×1 395/66", shown(lines[len(o.Lines):])[0], "and as most of the goods where it does not tell")
		})
	}
}

func TestARateThatMakesATaxIsExact(t *testing.T) {
	t.Parallel()
	percent, ok := domain.RateOf(47, 395)
	require.True(t, ok)
	require.Equal(t, "13.505747", percent)
	for _, none := range [][2]int64{{0, 395}, {395, 395}, {-1, 395}} {
		_, ok := domain.RateOf(none[0], none[1])
		require.False(t, ok)
	}
}
