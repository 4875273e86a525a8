package mapping_test

import (
	"fmt"
	"testing"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

// manyRules is a book as large as a shop with many renamed items has.
func manyRules() []domain.Rule {
	rules := []domain.Rule{method(1, "", "7", "RM24"), method(2, "SE", "7", "PN01")}
	for n := range 5000 {
		rules = append(rules, domain.Rule{Version: int64(n + 3), Table: domain.RuleItem, Warehouse: north, From: fmt.Sprintf("SKU-%d", n), To: fmt.Sprintf("W-%d", n)})
	}
	return rules
}

// BenchmarkNew indexes a book of 5,000 rules.
func BenchmarkNew(b *testing.B) {
	rules := manyRules()
	b.ReportAllocs()
	for b.Loop() {
		mapping.New(rules)
	}
}

// BenchmarkLookup finds a shipping method and an item in a book of 5,000 rules.
func BenchmarkLookup(b *testing.B) {
	book, express := mapping.New(manyRules()), domain.Ref{ID: "7", Name: "Express Saver"}
	b.Run("shipping method", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, miss := book.ShippingMethod(north, "SE", express); miss != nil {
				b.Fatal(miss)
			}
		}
	})
	b.Run("item", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, miss := book.Item(north, "SKU-4711", ""); miss != nil {
				b.Fatal(miss)
			}
		}
	})
}
