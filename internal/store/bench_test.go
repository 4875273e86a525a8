package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/store/storetest"
)

// BenchmarkLoad reads an order with the facts of a usual life.
func BenchmarkLoad(b *testing.B) {
	s := storetest.New(b)
	ctx := b.Context()
	taken, err := s.TakeIn(ctx, []ports.ShopOrder{shopOrder("1001")}, noon)
	require.NoError(b, err)
	id := taken[0].ID
	for n := range 8 {
		_, _, err := s.Append(ctx, id, []domain.Fact{noted(fmt.Sprint(n))})
		require.NoError(b, err)
	}
	_, err = s.SaveConsignment(ctx, consignment(id, "1001-A", "f1"))
	require.NoError(b, err)
	for b.Loop() {
		if _, err := s.Load(ctx, id); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppend appends one fact.
func BenchmarkAppend(b *testing.B) {
	s := storetest.New(b)
	ctx := b.Context()
	taken, err := s.TakeIn(ctx, []ports.ShopOrder{shopOrder("1001")}, noon)
	require.NoError(b, err)
	n := 0
	for b.Loop() {
		if _, _, err := s.Append(ctx, taken[0].ID, []domain.Fact{noted(fmt.Sprint(n))}); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

// BenchmarkTakeIn takes in batches of 50: new orders, and the same again unchanged.
func BenchmarkTakeIn(b *testing.B) {
	for name, again := range map[string]bool{"50 new": false, "50 unchanged": true} {
		b.Run(name, func(b *testing.B) {
			s := storetest.New(b)
			n := 0
			for b.Loop() {
				var batch []ports.ShopOrder
				for i := range 50 {
					number := fmt.Sprint(i)
					if !again {
						number = fmt.Sprintf("%d-%d", n, i)
					}
					batch = append(batch, shopOrder(number))
				}
				if _, err := s.TakeIn(b.Context(), batch, noon); err != nil {
					b.Fatal(err)
				}
				n++
			}
		})
	}
}
