package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/store"
)

// noon is the instant at which tests happen.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// within bounds a test, so that a lock that never comes fails it.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// shopOrder is a plain paid order of two lines.
func shopOrder(number string) ports.ShopOrder {
	return ports.ShopOrder{
		Order: domain.Order{
			ID: domain.OrderID{Store: "atelier", Number: number}, ShopRef: "ref-" + number, Status: domain.ShopConfirmed,
			PlacedAt: noon.Add(-time.Hour), UpdatedAt: noon, Market: domain.Ref{ID: "1", Name: "Sweden"}, Country: "SE", Currency: "SEK",
			Payment: domain.Payment{Authorized: 150000}, GrandTotal: 150000, Shipping: 5000,
			Lines: []domain.Line{
				{
					ID: "1", Kind: domain.LineProduct, SKU: "COAT-NAVY-38", SizeID: "77", Quantity: 1, UnitPrice: 100000, Total: 100000,
					Allocations: []domain.Allocation{{Warehouse: "leeds", Quantity: 1}},
				},
				{
					ID: "2", Kind: domain.LineProduct, SKU: "SOCK-GREY-M", SizeID: "78", Quantity: 3, UnitPrice: 15000, Total: 45000,
					Allocations: []domain.Allocation{{Warehouse: "leeds", Quantity: 2}, {Warehouse: "lyon", Quantity: 1, Waiting: true}},
				},
			},
			Attributes: map[string]string{"gift": "yes"},
		},
		Personal: domain.Personal{
			Delivery: domain.Address{FirstName: "Ada", LastName: "Lind", Line1: "Storgatan 1", City: "Lund", Postcode: "22100", Country: "SE"},
			Billing:  domain.Address{FirstName: "Ada", LastName: "Lind", Email: "ada@example.test", Phone: "+46700000000", Country: "SE"},
		},
	}
}

// changed is an order as the shop shows it some minutes later.
func changed(o ports.ShopOrder, minutes int, change func(*ports.ShopOrder)) ports.ShopOrder {
	o.Order.UpdatedAt = noon.Add(time.Duration(minutes) * time.Minute)
	o.Order.Lines = append([]domain.Line(nil), o.Order.Lines...)
	change(&o)
	return o
}

// takeIn takes in one order and answers what became of it.
func takeIn(t testing.TB, s *store.Store, o ports.ShopOrder) ports.Taken {
	t.Helper()
	taken, err := s.TakeIn(within(t), []ports.ShopOrder{o}, noon)
	require.NoError(t, err)
	require.Len(t, taken, 1)
	return taken[0]
}

// noted is a fact with a key of its own.
func noted(key string) domain.Fact {
	return domain.Fact{Kind: domain.FactNoted, Key: key, At: noon, Actor: "selvedge", Data: json.RawMessage(fmt.Sprintf(`{"subject": %q}`, key))}
}

// keysOf are the keys of facts, after checking that their numbers have no gap.
func keysOf(t testing.TB, facts []domain.Fact) []string {
	t.Helper()
	keys := make([]string, len(facts))
	for i, f := range facts {
		require.EqualValues(t, i+1, f.Sequence, "facts are numbered without gaps")
		keys[i] = f.Key
	}
	return keys
}

// at is some minutes after noon.
func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
