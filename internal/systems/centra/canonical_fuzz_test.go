package centra_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/systems/centra"
)

// FuzzOrders demands that no answer, however odd, does more than fail as a fault, that a
// line is never read as physical and without kind, and that no number is read which
// cannot be one of units or of money.
func FuzzOrders(f *testing.F) {
	for _, seed := range []string{"orders.json", "orders_unreadable.json", "order_misfit.json"} {
		raw, err := readFile(seed)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Add(`{"data":{"orders":[{"number":1,"grandTotal":{"value":1e999999999,"currency":{"code":"EUR"}}}]}}`)
	f.Add(`{"data":{"orders":[{"number":1,"grandTotal":{"value":1e-999999999,"currency":{"code":"EUR"}}}]}}`)
	f.Add(`{"data":{"orders":null},"errors":[null]}`)
	f.Add(`{"data":{"orders":null},"errors":[{"message":"no","path":["orders",1e999,{"a":[]}]}]}`)
	plain, err := readFile("order_plain.json")
	require.NoError(f, err)
	f.Add(plain)
	f.Add(strings.Replace(plain, `"quantity": 1`, `"quantity": 9223372036854775807`, 1))
	f.Add(strings.Replace(plain, `"value": 100.5`, `"value": -92233720368547758.08`, 1))
	f.Fuzz(func(t *testing.T, body string) {
		shop, err := centra.New(centra.Config{BaseURL: "http://centra.test", Token: token, Stores: centra.Stores{1: "atelier"}}, centra.Options{Doer: canned{"Orders": body}})
		require.NoError(t, err)
		orders, err := shop.Orders(t.Context(), "", []string{"101"})
		if err != nil {
			_, ok := fault.As(err)
			require.True(t, ok)
			return
		}
		for _, o := range orders {
			if o.Err != nil {
				require.True(t, fault.Is(o.Err, fault.Invalid))
				require.Zero(t, o.Personal)
				continue
			}
			_, ok := domain.MinorUnits(o.Order.Currency)
			require.True(t, ok)
			amounts := []int64{o.Order.GrandTotal, o.Order.Shipping, o.Order.Handling, o.Order.Discount}
			for _, l := range o.Order.Lines {
				amounts = append(amounts, l.UnitPrice, l.ListPrice, l.Total)
				require.LessOrEqual(t, max(l.Quantity, l.Cancelled), 1_000_000)
				require.GreaterOrEqual(t, min(l.Quantity, l.Cancelled), 0)
				require.NotEmpty(t, l.Kind)
				require.Equal(t, l.Kind == domain.LineBundleItem, l.Bundle != "")
			}
			for _, amount := range amounts {
				require.Less(t, max(amount, -amount), int64(math.MaxInt64/100_000), "sums of many of them fit into 64 bits")
				require.NotEqual(t, int64(math.MinInt64), amount)
			}
			p := o.Order.Payment
			require.GreaterOrEqual(t, min(o.Order.Discount, p.Authorized, p.Captured, p.Outside, p.Refunded), int64(0))
		}
	})
}
