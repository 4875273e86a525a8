package domain_test

import (
	"fmt"
	"testing"

	"selvedge/internal/domain"
)

// BenchmarkDerive derives where an order of twelve parcels stands.
func BenchmarkDerive(b *testing.B) {
	o := domain.Order{ID: domain.OrderID{Store: "shop", Number: "100"}, Currency: "GBP", Lines: []domain.Line{{ID: "1", Kind: domain.LineProduct, SKU: "COAT", Quantity: 12, Total: 120_00}}}
	facts := []domain.Fact{sent(12, 1), orderAt(2, domain.WarehouseInProgress, domain.WarehouseOrderLine{Quantity: 12})}
	for n := range 12 {
		facts = append(facts, parcel(n+1, 1), inShop(fmt.Sprintf("s%d", n+1), 1))
	}
	facts = history(facts...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := domain.Derive(o, facts); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(facts)), "facts")
}

// BenchmarkFormat writes an amount for people.
func BenchmarkFormat(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if domain.Format(129_00, "GBP") == "" {
			b.Fatal("nothing was written")
		}
	}
}
