package endtoend_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/store"
)

// TestAnOrderWithMoreCausesThanASearchAttributeHoldsWaitsForAPerson: the server ends a
// workflow for good whose search attribute is above 2 KB, and sixty missing customs
// attributes make more than that.
func TestAnOrderWithMoreCausesThanASearchAttributeHoldsWaitsForAPerson(t *testing.T) {
	t.Parallel()
	const (
		skus, number = 30, 7301
		limit        = 2048 // the server's for one value
	)
	sku := func(n int) string { return fmt.Sprintf("TRENCH-COAT-LONG-NAVY-%02d", n) }
	w := open(t, options{shop: func(shop *centra.Seed) {
		for n := range skus {
			name := fmt.Sprintf("Trench coat %d", n)
			shop.Products = append(shop.Products, centra.SeedProduct{
				ID: 100 + n, Name: name, Number: name, Brand: "House",
				Variants: []centra.SeedVariant{{Name: "Navy", Number: "N", Sizes: []centra.SeedSize{
					{ID: 100 + n, Name: "L", SKU: sku(n), Stock: map[string]int{north: 5}},
				}}},
			})
		}
	}})
	w.sell(t, sale(number, func(o *centra.SeedOrder) {
		o.ShippingAddress.Country, o.ShippingAddress.ZipCode, o.ShippingAddress.City = "JP", "100-0001", "Tokyo"
		o.Lines = nil
		for n := range skus {
			l := line(number, 0, sku(n), 1)
			l.ID = number*100 + n
			o.Lines = append(o.Lines, l)
		}
	}), nil)
	w.take(t, number)
	s := w.until(t, number, "asking a person", func(s shown) bool { return s.state == domain.NeedsAttention })
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, s.status)

	open, err := w.parts.Store.OpenExceptions(t.Context(), store.ExceptionFilter{Kind: "incomplete-item"}, 1000)
	require.NoError(t, err)
	require.Len(t, open, 2*skus, "origin and commodity code of each; the exceptions hold them all")
	size := 0
	for _, e := range open {
		size += len(e.Cause)
	}
	require.Greater(t, size, limit, "or this test proves nothing")
	encoded, err := json.Marshal(s.causes)
	require.NoError(t, err)
	require.Less(t, len(encoded), limit)
	var whole, more int
	for _, c := range s.causes {
		if kind, n, cut := strings.Cut(c, ":and-more:"); cut {
			count, err := strconv.Atoi(n)
			require.NoError(t, err)
			require.Contains(t, []string{"incomplete-item", "not-deliverable"}, kind)
			more += count
		} else {
			whole++
		}
	}
	require.Positive(t, more)
	require.Equal(t, 60, whole+more, "what is cut is counted, of the sixty that an assessment brings")

	// It is an ordinary order still: it takes an answer, and it ends.
	_, err = w.resolve(t, number, contract.Resolution{Action: contract.ActionWithdraw, Reason: "too much to complete", By: "ada"})
	require.NoError(t, err)
	w.ends(t, number, domain.Cancelled)
}
