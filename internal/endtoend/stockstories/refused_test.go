package stockstories_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/store"
)

// refusing is a shop that takes no change of one size, as where somebody has deleted it.
type refusing struct {
	ports.StockShop
	size string
}

func (r *refusing) ChangeStock(ctx context.Context, c ports.StockChange) error {
	for _, s := range c.Sizes {
		if s.Size == r.size {
			return &fault.Fault{
				Kind: fault.Rejected, System: "centra", Op: "changeStock", Message: "refused",
				Problems: []fault.Problem{{Code: "user_error", Value: s.Size, Message: "Product size not found"}},
			}
		}
	}
	return r.StockShop.ChangeStock(ctx, c)
}

func (w *world) refused(t *testing.T) []store.Exception {
	t.Helper()
	open, err := w.store.OpenExceptions(w.ctx(), store.ExceptionFilter{Kind: "stock-refused"}, 10)
	require.NoError(t, err)
	return open
}

// TestASizeThatTheShopRefusesIsToldAndHindersNoOther: until the shop takes it.
func TestASizeThatTheShopRefusesIsToldAndHindersNoOther(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	bad, err := w.newItem(7, 0)
	require.NoError(t, err)
	good, err := w.newItem(9, 0)
	require.NoError(t, err)
	sizes, err := w.sells.SizesByEAN(w.ctx(), []string{"7300000000001"})
	require.NoError(t, err)
	require.Len(t, sizes, 1)
	shop := &refusing{StockShop: w.sells, size: sizes[0].ID}
	w.stock.Shop = shop
	pass := func() {
		w.clock.Advance(15 * time.Minute)
		require.NoError(t, w.pass(true))
	}
	pass()
	pass()
	require.Equal(t, []int{0, 9}, []int{w.free(bad), w.free(good)})
	open := w.refused(t)
	require.Len(t, open, 1)
	require.Equal(t, domain.NewCause("stock-refused", north, bad), open[0].Cause)
	require.Equal(t, "Product size not found", open[0].Problems[0].Message)

	shop.size = "" // somebody has mended it
	pass()
	require.Equal(t, 7, w.free(bad))
	require.Empty(t, w.refused(t))
}
