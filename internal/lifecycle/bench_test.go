package lifecycle_test

import (
	"testing"

	"selvedge/internal/domain"
	"selvedge/internal/lifecycle"
)

// BenchmarkDecide decides on an order with a long history; most of it is decoding.
func BenchmarkDecide(b *testing.B) {
	w := newWorld(line("1", 9, map[string]int{"W1": 9}), line("2", 9, map[string]int{"W1": 4, "W2": 5}))
	w.settle(b)
	for i := range 12 {
		for _, number := range []string{"100", "100.2"} {
			o := w.orders[number]
			o.state = domain.WarehouseInProgress
			w.tell(o)
			w.ship(o, map[string]int{"1": i % 2, "2": i % 2})
		}
	}
	w.deliver()
	w.settle(b)
	for len(w.facts) < 60 {
		w.answer("", "retry")
	}
	in := w.input()
	for b.Loop() {
		if _, err := lifecycle.Decide(in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(in.Facts)), "facts")
}
