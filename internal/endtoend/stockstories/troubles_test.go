package stockstories_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	acssim "selvedge/internal/simulators/acs"
)

// oddRoom is the warehouse with a say of our own in what it tells.
type oddRoom struct {
	ports.Stockroom
	page  func(at ports.InventoryPosition, p ports.InventoryPage) ports.InventoryPage
	books error
}

func (r *oddRoom) Inventory(ctx context.Context, at ports.InventoryPosition) (ports.InventoryPage, error) {
	p, err := r.Stockroom.Inventory(ctx, at)
	if err == nil && r.page != nil {
		p = r.page(at, p)
	}
	return p, err
}

func (r *oddRoom) Adjustments(ctx context.Context, since time.Time, cursor string) ([]domain.Adjustment, string, error) {
	if r.books != nil {
		return nil, "", r.books
	}
	return r.Stockroom.Adjustments(ctx, since, cursor)
}

// oddShop is the shop with a say of our own.
type oddShop struct {
	ports.StockShop
	read      func()
	change    error
	stop      bool // the worker stands still once a change was made
	threshold int
	strange   int // units on offer of a size that no item stands behind
}

func (s *oddShop) ListStock(ctx context.Context, warehouse, cursor string) ([]domain.SizeStock, string, error) {
	sizes, next, err := s.StockShop.ListStock(ctx, warehouse, cursor)
	return append(sizes, domain.SizeStock{Size: "990099", FreeToAllocate: s.strange}), next, err
}

func (s *oddShop) ReadStock(ctx context.Context, warehouse string, sizes []string, orders []domain.OrderID) (ports.ShopStock, error) {
	out, err := s.StockShop.ReadStock(ctx, warehouse, sizes, orders)
	out.Warehouse.Threshold = s.threshold
	if do := s.read; do != nil {
		s.read = nil
		do()
	}
	return out, err
}

func (s *oddShop) Warehouses(ctx context.Context) ([]ports.ShopWarehouse, error) {
	list, err := s.StockShop.Warehouses(ctx)
	for i := range list {
		list[i].Threshold = s.threshold
	}
	return list, err
}

func (s *oddShop) ChangeStock(ctx context.Context, c ports.StockChange) error {
	if s.change != nil {
		return s.change
	}
	err := s.StockShop.ChangeStock(ctx, c)
	if s.stop && err == nil {
		s.stop = false
		return errors.New("no word of it")
	}
	return err
}

// oddWorld is a world whose shop and warehouse can be made odd.
func oddWorld(t *testing.T) (*world, *oddShop, *oddRoom) {
	t.Helper()
	w := openWorld(t)
	shop, room := &oddShop{StockShop: w.sells}, &oddRoom{Stockroom: w.keeps}
	w.stock.Shop, w.stock.Rooms = shop, map[string]ports.Stockroom{north: room}
	return w, shop, room
}

func (w *world) item(t *testing.T, stocked, buffer int) string {
	t.Helper()
	sku, err := w.newItem(stocked, buffer)
	require.NoError(t, err)
	return sku
}

func (w *world) requireOpen(t *testing.T, kind string, count int) {
	t.Helper()
	causes, err := w.store.OpenStockCauses(w.ctx(), ports.StockSystem(north), kind, nil)
	require.NoError(t, err)
	require.Len(t, causes, count, "%v", causes)
}

func (w *world) reads(t *testing.T, full bool) contract.StockRead {
	t.Helper()
	read, err := w.stock.ReadInventory(w.ctx(), contract.StockInput{Warehouse: north, Trigger: contract.StockBySchedule, Full: full})
	require.NoError(t, err)
	return read
}

func TestAnAttemptThatWasGivenUpForDeadRaisesNothingTwice(t *testing.T) {
	t.Parallel()
	w, shop, _ := oddWorld(t)
	sku := w.item(t, 5, 0)
	read := w.reads(t, true)
	shop.read = func() {
		// It stands still after it has read, and is tried again; that attempt has written and
		// not ended when the former one goes on.
		shop.stop = true
		_, err := w.stock.PublishStock(w.ctx(), read)
		require.Error(t, err)
	}
	result, err := w.stock.PublishStock(w.ctx(), read)
	require.NoError(t, err)
	require.True(t, result.Lost)
	require.Equal(t, 5, w.free(sku))
}

func TestAWriteWithoutAnAnswerIsWaitedOutFromWhenItCouldLastBeSent(t *testing.T) {
	t.Parallel()
	w, shop, _ := oddWorld(t)
	sku := w.item(t, 5, 0)
	shop.change = errors.New("the worker was killed") // no word whether it was sent
	require.Error(t, w.pass(true))
	shop.change = nil
	w.clock.Advance(settle + 10*time.Second)
	require.NoError(t, w.pass(false))
	require.Zero(t, w.free(sku), "it may have been sent 20 s after it was noted, and be acted upon still")
	w.clock.Advance(20 * time.Second)
	require.NoError(t, w.pass(false))
	require.Equal(t, 5, w.free(sku))
}

func TestAChangeThatDoesNotSayOfWhichItemCostsASnapshot(t *testing.T) {
	t.Parallel()
	w, _, room := oddWorld(t)
	sku := w.item(t, 5, 0)
	require.NoError(t, w.pass(true))
	require.NoError(t, w.act(acssim.Action{Action: "adjust", SKU: sku, Quantity: -1, Reason: "sold_ex_hire"}))
	room.page = func(_ ports.InventoryPosition, p ports.InventoryPage) ports.InventoryPage {
		if p.Mode == ports.FeedDelta {
			p.Records, p.Unreadable = nil, []string{""}
		}
		return p
	}
	require.NoError(t, w.pass(false))
	require.Equal(t, 4, w.free(sku))
}

func TestASnapshotThatWasTakenUpAgainConfirmsNothingThatItLeavesOut(t *testing.T) {
	t.Parallel()
	w, _, room := oddWorld(t)
	first, second, lost := w.item(t, 5, 0), w.item(t, 5, 0), w.item(t, 5, 0)
	require.NoError(t, w.pass(true))
	room.page = func(_ ports.InventoryPosition, p ports.InventoryPage) ports.InventoryPage {
		p.Records = slices.DeleteFunc(p.Records, func(r domain.InventoryRecord) bool { return r.SKU != second })
		p.Mode = ports.FeedSnapshot
		return p
	}
	feed, held, err := w.store.AcquireStock(w.ctx(), north, "killed", time.Minute)
	require.NoError(t, err)
	require.True(t, held)
	// The first page told of the first item, and then the worker was killed.
	require.NoError(t, w.store.SaveStockLevels(w.ctx(), feed.StockLease, nil, &ports.StockReading{
		Mode: ports.FeedSnapshot, At: ports.InventoryPosition{Changes: feed.Changes}, AsOf: w.clock.Now(), BeganAt: w.clock.Now(), Records: 1,
	}, w.clock.Now()))
	require.NoError(t, w.store.ReleaseStock(w.ctx(), feed.StockLease))
	require.Equal(t, "not-in-snapshot", w.reads(t, false).Hold)

	room.page = func(_ ports.InventoryPosition, p ports.InventoryPage) ports.InventoryPage {
		p.Records = slices.DeleteFunc(p.Records, func(r domain.InventoryRecord) bool { return r.SKU == lost })
		return p
	}
	read := w.reads(t, false)
	require.True(t, read.Full, "the next one tells what is left out")
	require.Empty(t, read.Hold)
	count, skus, err := w.store.DoubtfulStock(w.ctx(), north, "not-in-snapshot", 10)
	require.NoError(t, err)
	require.Equal(t, 1, count)
	require.Equal(t, []string{lost}, skus)
	require.NotEqual(t, first, lost)
}

func TestAnUnreadableStrangerDoesNotHideThatAnItemIsMissing(t *testing.T) {
	t.Parallel()
	w, _, room := oddWorld(t)
	w.item(t, 5, 0)
	lost := w.item(t, 5, 0)
	require.NoError(t, w.pass(true))
	room.page = func(_ ports.InventoryPosition, p ports.InventoryPage) ports.InventoryPage {
		p.Records = slices.DeleteFunc(p.Records, func(r domain.InventoryRecord) bool { return r.SKU == lost })
		p.Unreadable = []string{"STRANGER"}
		return p
	}
	require.NoError(t, w.pass(true))
	_, skus, err := w.store.DoubtfulStock(w.ctx(), north, "not-in-snapshot", 10)
	require.NoError(t, err)
	require.Equal(t, []string{lost}, skus)
}

func TestBooksThatCannotBeReadHoldNothingBack(t *testing.T) {
	t.Parallel()
	w, _, room := oddWorld(t)
	sku := w.item(t, 5, 0)
	room.books = &fault.Fault{Kind: fault.Rejected, System: "acs", Op: "GET adjustments", Message: "not for this account"}
	require.NoError(t, w.pass(true))
	require.Equal(t, 5, w.free(sku))
}

func TestANumberBeyondAllMeasureStopsNoOtherFigure(t *testing.T) {
	t.Parallel()
	w, _, room := oddWorld(t)
	odd, sound := w.item(t, 5, 0), w.item(t, 5, 0)
	room.page = func(_ ports.InventoryPosition, p ports.InventoryPage) ports.InventoryPage {
		for i, r := range p.Records {
			if r.SKU == odd {
				p.Records[i].Quantities = []domain.StatusUnits{{Status: domain.StockAvailable, Units: 9_999_999_999}}
			}
		}
		return p
	}
	require.NoError(t, w.pass(true))
	require.Equal(t, 5, w.free(sound))
	require.LessOrEqual(t, w.free(odd), 999_999_999)
}

func TestExceptionsOfStockEndWhenTheirCauseDoes(t *testing.T) {
	t.Parallel()
	t.Run("a refusal, once nothing is left to refuse", func(t *testing.T) {
		t.Parallel()
		w, shop, room := oddWorld(t)
		w.item(t, 5, 0)
		shop.change = &fault.Fault{Kind: fault.Rejected, System: "centra", Op: "ChangeStock", Message: "no"}
		require.NoError(t, w.pass(true))
		w.requireOpen(t, "stock-refused", 1)
		room.page = func(_ ports.InventoryPosition, p ports.InventoryPage) ports.InventoryPage {
			for i := range p.Records {
				p.Records[i].Version++
				p.Records[i].Quantities = nil
			}
			return p
		}
		require.NoError(t, w.pass(true))
		w.requireOpen(t, "stock-refused", 0)
	})
	t.Run("two margins, at the comparison that finds one", func(t *testing.T) {
		t.Parallel()
		w, shop, _ := oddWorld(t)
		w.item(t, 5, 1)
		shop.threshold = 2
		require.NoError(t, w.pass(true))
		w.requireOpen(t, "double-buffer", 1)
		_, err := w.stock.CompareStock(w.ctx(), w.reads(t, false))
		require.NoError(t, err)
		w.requireOpen(t, "double-buffer", 1)
		shop.threshold = 0
		_, err = w.stock.CompareStock(w.ctx(), w.reads(t, false))
		require.NoError(t, err)
		w.requireOpen(t, "double-buffer", 0)
	})
	t.Run("a status and a grade that nobody knows, at the snapshot without them", func(t *testing.T) {
		t.Parallel()
		w, _, room := oddWorld(t)
		sku := w.item(t, 5, 0)
		_, err := w.store.SaveRules(w.ctx(), []domain.Rule{{Table: domain.RuleStockGrade, Warehouse: north, From: sku, To: "A"}}, "test", "graded", w.clock.Now())
		require.NoError(t, err)
		version := int64(0)
		tells := func(status domain.StockStatus, grade string) {
			version += 10
			now := version
			room.page = func(_ ports.InventoryPosition, p ports.InventoryPage) ports.InventoryPage {
				for i := range p.Records {
					p.Records[i].Version = now
					p.Records[i].Quantities = []domain.StatusUnits{{Status: domain.StockAvailable, Units: 5}, {Status: status, Units: 1}}
					p.Records[i].ByGrade = []domain.GradeUnits{{Grade: "A", Units: 4}, {Grade: grade, Units: 1}}
				}
				return p
			}
		}
		tells("in_the_cellar", "SHINY")
		require.NoError(t, w.pass(true))
		w.requireOpen(t, "unmapped:stock-status", 2)
		require.NoError(t, w.pass(true))
		w.requireOpen(t, "unmapped:stock-status", 2)
		tells(domain.StockQuarantine, "B")
		require.NoError(t, w.pass(true))
		w.requireOpen(t, "unmapped:stock-status", 0)
	})
	t.Run("a size on offer behind which nothing stands, once it is offered no more", func(t *testing.T) {
		t.Parallel()
		w, shop, _ := oddWorld(t)
		w.item(t, 5, 0)
		compare := func() {
			_, err := w.stock.CompareStock(w.ctx(), w.reads(t, false))
			require.NoError(t, err)
		}
		require.NoError(t, w.pass(true))
		compare()
		shop.strange = 3
		compare()
		w.requireOpen(t, "stock-drift", 1)
		compare()
		w.requireOpen(t, "stock-drift", 1)
		shop.strange = 0
		compare()
		w.requireOpen(t, "stock-drift", 0)
	})
}
