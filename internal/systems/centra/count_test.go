package centra_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	simulator "selvedge/internal/simulators/centra"
	"selvedge/internal/systems/centra"
)

// counted reads a whole window and gives the orders by number, with how many pages it took.
func counted(t *testing.T, shop *centra.Shop, from, to time.Time) (map[string]ports.CountedOrder, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	all, cursor := map[string]ports.CountedOrder{}, ""
	for pages := 1; ; pages++ {
		orders, next, err := shop.CountOrders(ctx, "atelier", from, to, cursor)
		require.NoError(t, err)
		for _, o := range orders {
			all[o.ID.Number] = o
		}
		if next == "" {
			return all, pages
		}
		require.NotEqual(t, cursor, next)
		cursor = next
	}
}

func TestOnlyWhatIsReadyIsCounted(t *testing.T) {
	t.Parallel()
	shop, _ := simulated(t)
	now := time.Now()
	all, _ := counted(t, shop, now.Add(-time.Hour), now.Add(time.Minute))
	require.Len(t, all, 4, "neither the held order nor the wholesale order")
	require.NotContains(t, all, "1003")
	require.NotContains(t, all, "1006")
	plain := all["1001"]
	require.Equal(t, domain.OrderID{Store: "atelier", Number: "1001"}, plain.ID)
	require.Equal(t, domain.ShopConfirmed, plain.Status)
	require.Equal(t, 3, plain.Units)
	require.WithinDuration(t, now, plain.UpdatedAt, time.Minute)
	require.Equal(t, 6, all["1002"].Units, "a bundle counts by its items; a gift certificate is no unit")

	none, pages := counted(t, shop, now.Add(-2*time.Hour), now.Add(-time.Hour))
	require.Empty(t, none, "nothing was updated in that window")
	require.Equal(t, 1, pages)
}

func TestACountPagesThroughManyOrders(t *testing.T) {
	t.Parallel()
	const many = 900
	shop, _ := simulated(t, func(s *simulator.Seed) {
		s.Products[0].Variants[0].Sizes[0].Stock = map[string]int{"north": 2 * many, "south": 20}
		s.Orders = nil
		for n := range many {
			s.Orders = append(s.Orders, simulator.SeedOrder{
				Number: 5000 + n, Store: "atelier", Market: "Sweden", Currency: "SEK", PaymentMethod: "card", ShippingOption: "Express",
				Lines: []simulator.SeedLine{{SKU: "SHBLM", Quantity: 1, UnitPrice: 39900, From: map[string]int{"north": 1}}},
			})
		}
	})
	now := time.Now()
	all, pages := counted(t, shop, now.Add(-time.Hour), now.Add(time.Minute))
	require.Len(t, all, many)
	require.GreaterOrEqual(t, pages, 5)
}

func TestACountRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	shop, _ := simulated(t)
	_, _, err := shop.CountOrders(t.Context(), "nowhere", time.Now(), time.Now(), "")
	require.ErrorContains(t, err, "STORES")
	_, _, err = shop.CountOrders(t.Context(), "atelier", time.Now(), time.Now(), "soon")
	require.ErrorContains(t, err, "begin the window anew")
}
