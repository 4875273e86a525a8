package enrich_test

import (
	"fmt"
	"testing"

	"selvedge/internal/domain"
	"selvedge/internal/enrich"
)

// BenchmarkComplete completes orders of a usual and of an unusual size.
func BenchmarkComplete(b *testing.B) {
	for _, n := range []int{2, 40} {
		b.Run(fmt.Sprintf("%d lines", n), func(b *testing.B) {
			var lines []domain.Line
			for i := range n {
				lines = append(lines, product(fmt.Sprint(i), fmt.Sprintf("SKU-%d", i), 1, 49_00, in([]string{north, south}[i%2], 1)))
			}
			given := input(order(lines...))
			b.ReportAllocs()
			for b.Loop() {
				if _, questions := enrich.Complete(given); len(questions) > 0 {
					b.Fatal(questions)
				}
			}
		})
	}
}

// BenchmarkValidate validates an order of ten lines with its address.
func BenchmarkValidate(b *testing.B) {
	var lines []domain.Line
	for i := range 10 {
		lines = append(lines, product(fmt.Sprint(i), fmt.Sprintf("SKU-%d", i), 1, 49_00, in(north, 1)))
	}
	o, to := order(lines...), address()
	b.ReportAllocs()
	for b.Loop() {
		if questions := enrich.Validate(o, to); len(questions) > 0 {
			b.Fatal(questions)
		}
	}
}
