package centra_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/systems/centra"
)

// FuzzOrders demands that no answer, however odd, does more than fail as a fault,
// and that a line is never read as physical and without kind.
func FuzzOrders(f *testing.F) {
	for _, seed := range []string{"orders.json", "orders_unreadable.json", "order_misfit.json"} {
		raw, err := readFile(seed)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Add(`{"data":{"orders":[{"number":1,"grandTotal":{"value":1e999999999,"currency":{"code":"EUR"}}}]}}`)
	f.Add(`{"data":{"orders":[{"number":1,"grandTotal":{"value":1e-999999999,"currency":{"code":"EUR"}}}]}}`)
	f.Add(`{"data":{"orders":null},"errors":[null]}`)
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
			for _, l := range o.Order.Lines {
				require.NotEmpty(t, l.Kind)
				require.Equal(t, l.Kind == domain.LineBundleItem, l.Bundle != "")
			}
		}
	})
}
