package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

const (
	express = "unmapped:shipping-method:centra:Express Saver"
	markup  = `<script>alert("x")</script><b>Coat</b>`
)

func id(number string) domain.OrderID { return domain.OrderID{Store: "atelier", Number: number} }

// sell takes in a paid order of one coat; its person must never be shown.
func (d *desk) sell(t testing.TB, number string, change ...func(*ports.ShopOrder)) {
	t.Helper()
	o := ports.ShopOrder{
		Order: domain.Order{
			ID: id(number), ShopRef: "ref-" + number, Status: domain.ShopConfirmed, PlacedAt: d.clock(), UpdatedAt: d.clock(),
			Market: domain.Ref{ID: "1", Name: "Sweden"}, Country: "SE", Currency: "SEK", ShippingMethod: domain.Ref{Name: "Express Saver"},
			Payment: domain.Payment{Authorized: 150000}, GrandTotal: 150000,
			Lines: []domain.Line{{
				ID: "1", Kind: domain.LineProduct, SKU: "COAT-NAVY-38", Name: "Wool coat", Quantity: 1, UnitPrice: 150000, Total: 150000,
				Allocations: []domain.Allocation{{Warehouse: "leeds", Quantity: 1}},
			}},
		},
		Personal: domain.Personal{Delivery: domain.Address{FirstName: "Quendolin", LastName: "Zypresse", Line1: "Storgatan 17", City: "Lund", Postcode: "22100", Country: "SE"}},
	}
	for _, c := range change {
		c(&o)
	}
	_, err := d.store.TakeIn(within(t), []ports.ShopOrder{o}, d.clock())
	require.NoError(t, err)
}

// asks opens the question of an unmapped shipping method about an order.
func (d *desk) asks(t testing.TB, number string) {
	t.Helper()
	require.NoError(t, d.store.RecordLook(within(t), ports.Look{Order: id(number), State: domain.NeedsAttention, Open: []ports.ExceptionRecord{unmapped()}, At: d.clock()}))
}

func unmapped() ports.ExceptionRecord {
	return ports.ExceptionRecord{
		Kind: "unmapped:shipping-method", Cause: express, Owner: "ops", Severity: "hold", Step: domain.StepSubmit, Value: 150000, Currency: "SEK",
		Problems: []domain.Refusal{{Code: "shipping_service_unknown", Field: "shippingMethod", Value: "Express Saver", Message: "no rule says what it stands for", Allowed: []string{"RM24", "RM48"}}},
	}
}

// answered closes the question, as the order's workflow would.
func (d *desk) answered(t testing.TB, number, by, answer string) {
	t.Helper()
	require.NoError(t, d.store.RecordLook(within(t), ports.Look{Order: id(number), State: domain.NeedsAttention, By: by, Answer: answer, At: d.clock()}))
}
