package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

const leeds = "leeds"

// holding takes the lease of a warehouse's stock.
func holding(t testing.TB, s *store.Store, holder string) ports.StockLease {
	t.Helper()
	feed, held, err := s.AcquireStock(within(t), leeds, holder, time.Minute)
	require.NoError(t, err)
	require.True(t, held)
	return feed.StockLease
}

func record(sku string, version int64, available int) domain.InventoryRecord {
	return domain.InventoryRecord{
		SKU: sku, Version: version, ChangedAt: noon,
		Quantities: []domain.StatusUnits{{Status: domain.StockAllocated, Units: 1}, {Status: domain.StockAvailable, Units: available}},
	}
}

// told keeps records as a page of the feed would.
func told(t testing.TB, s *store.Store, l ports.StockLease, due bool, records ...domain.InventoryRecord) {
	t.Helper()
	var merged []ports.StockMerged
	for _, r := range records {
		merged = append(merged, ports.StockMerged{Told: r, Level: ports.StockLevel{Record: r, AsOf: noon}, Due: due})
	}
	require.NoError(t, s.SaveStockLevels(within(t), l, merged, nil, noon))
}

func dueOf(t testing.TB, s *store.Store, at time.Time) []string {
	t.Helper()
	levels, err := s.DueStock(within(t), leeds, "", at, 100)
	require.NoError(t, err)
	skus := []string{}
	for _, v := range levels {
		skus = append(skus, v.Record.SKU)
	}
	return skus
}

func requireFenced(t testing.TB, err error) {
	t.Helper()
	require.True(t, ports.LostFence(err), "%v", err)
	require.True(t, fault.Is(err, fault.Conflict))
}

func TestOfManyPassesOneHoldsTheLease(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	var mu sync.Mutex
	var holders []string
	var all sync.WaitGroup
	for n := range 12 {
		all.Go(func() {
			_, held, err := s.AcquireStock(ctx, leeds, fmt.Sprint("pass ", n), time.Minute)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				holders = append(holders, err.Error())
			}
			if held {
				holders = append(holders, fmt.Sprint("pass ", n))
			}
		})
	}
	all.Wait()
	require.Len(t, holders, 1)
	_, held, err := s.AcquireStock(ctx, "lyon", "another", time.Minute)
	require.NoError(t, err)
	require.True(t, held, "each warehouse has its own")
}

func TestALeaseThatExpiredOrWasGivenBackIsTakenOver(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	feed, held, err := s.AcquireStock(ctx, leeds, "killed", 50*time.Millisecond)
	require.NoError(t, err)
	require.True(t, held)
	killed := feed.StockLease
	require.Eventually(t, func() bool {
		_, held, err = s.AcquireStock(ctx, leeds, "next", time.Minute)
		return err == nil && held
	}, 10*time.Second, 20*time.Millisecond)

	t.Run("and its former holder writes nothing more", func(t *testing.T) {
		_, err := s.RenewStock(ctx, killed, time.Minute)
		requireFenced(t, err)
		requireFenced(t, s.SaveStockLevels(ctx, killed, []ports.StockMerged{{Told: record("COAT", 1, 1)}}, nil, noon))
		requireFenced(t, s.BeginStockWrite(ctx, killed, []string{"COAT"}, time.Minute, noon))
		requireFenced(t, s.SaveStockFigures(ctx, killed, []ports.StockFigure{{SKU: "COAT"}}))
		_, err = s.FinishStockReading(ctx, killed, ports.StockReading{AsOf: noon}, "c", noon)
		requireFenced(t, err)
		require.NoError(t, s.ReleaseStock(ctx, killed), "what is lost is given back already")
		_, held, err := s.AcquireStock(ctx, leeds, "third", time.Minute)
		require.NoError(t, err)
		require.False(t, held, "the release of a former holder frees nothing")
	})
	t.Run("and a holder that is tried again gets it at once, with a fence of its own", func(t *testing.T) {
		first := holding(t, s, "next")
		again := holding(t, s, "next")
		require.Greater(t, again.Fence, first.Fence)
		_, err := s.RenewStock(ctx, first, time.Minute)
		requireFenced(t, err)
		require.NoError(t, s.ReleaseStock(ctx, again))
		holding(t, s, "third")
	})
}

func TestAMovementAsksOnceInAWhile(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	var mu sync.Mutex
	asked := 0
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			ok, err := s.TriggerStock(ctx, leeds, time.Hour)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && ok {
				asked++
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, asked, "however many processes are told")
	ok, err := s.TriggerStock(ctx, leeds, 0)
	require.NoError(t, err)
	require.True(t, ok, "and again when the while is over")
}

func TestOnlyWhatDiffersComesBack(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	l := holding(t, s, "pass")
	told(t, s, l, true, record("A", 1, 5), record("B", 1, 5), record("C", 1, 5))
	later := record("A", 1, 5)
	later.ChangedAt = noon.Add(time.Hour) // says nothing new of itself
	differing, err := s.DifferingStock(ctx, leeds, []domain.InventoryRecord{later, record("B", 2, 5), record("C", 1, 4), record("D", 1, -3), record("D", 2, -4)})
	require.NoError(t, err)
	require.Len(t, differing, 3)
	require.Equal(t, record("B", 2, 5), differing[0].Record)
	require.Equal(t, record("B", 1, 5), differing[0].Held.Record)
	require.Equal(t, "C", differing[1].Record.SKU)
	require.Equal(t, record("D", 2, -4), differing[2].Record, "of two records of an item the newer counts")
	require.Nil(t, differing[2].Held)
	require.NoError(t, s.DoubtStock(ctx, l, []string{"A", "unheard of"}, "record-unreadable"))
	differing, err = s.DifferingStock(ctx, leeds, []domain.InventoryRecord{record("A", 1, 5)})
	require.NoError(t, err)
	require.Len(t, differing, 1, "what is in doubt is looked at although it is the same")
	require.Equal(t, "record-unreadable", differing[0].Held.Doubt)
}

func TestAnItemIsDueUntilItsFigureIsWritten(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	l := holding(t, s, "pass")
	told(t, s, l, true, record("A", 1, 5), record("B", 1, 5), record("C", 1, 5))
	told(t, s, l, false, record("B", 2, 5))
	levels, err := s.DueStock(ctx, leeds, "", noon, 100)
	require.NoError(t, err)
	require.Len(t, levels, 3)
	figure := func(i int, keep bool, due time.Time) ports.StockFigure {
		return ports.StockFigure{SKU: levels[i].Record.SKU, SizeID: "size " + levels[i].Record.SKU, Figure: 4, Offered: 2, At: noon, Touched: levels[i].Touched, Keep: keep, DueAt: due, Terms: json.RawMessage(`{"target":4}`)}
	}
	told(t, s, l, true, record("C", 2, 3)) // while it is looked at
	require.NoError(t, s.SaveStockFigures(ctx, l, []ports.StockFigure{figure(0, true, time.Time{}), figure(1, false, noon.Add(time.Minute)), figure(2, false, time.Time{})}))
	require.Equal(t, []string{"A", "C"}, dueOf(t, s, noon), "one is to be written, one has changed meanwhile")
	require.Equal(t, []string{"A", "B", "C"}, dueOf(t, s, noon.Add(time.Hour)))

	require.NoError(t, s.BeginStockWrite(ctx, l, []string{"A"}, time.Minute, noon))
	levels, err = s.DueStock(ctx, leeds, "", noon, 1)
	require.NoError(t, err)
	require.Equal(t, noon, levels[0].WritingSince, "a crash from here on leaves the note")
	require.NoError(t, s.RecordStockWrite(ctx, l, []ports.StockWritten{{SKU: "A", Touched: levels[0].Touched, Figure: 4, Difference: 2}}, false, noon, noon.Add(time.Second)))
	require.Equal(t, []string{"C"}, dueOf(t, s, noon))
	found, err := s.StockFigures(ctx, leeds, []string{"A", "Z"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, 4, found["A"].Figure)
	require.JSONEq(t, `{"target":4}`, string(found["A"].Terms))
	bySize, err := s.PublishedSizes(ctx, leeds, []string{"size B"})
	require.NoError(t, err)
	require.Equal(t, "B", bySize["size B"].SKU)

	n, err := s.TouchStock(ctx, leeds, nil, noon)
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Equal(t, []string{"A", "B", "C"}, dueOf(t, s, noon))
}

func TestAWriteThatWasOvertakenStaysDue(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	old := holding(t, s, "old")
	told(t, s, old, true, record("A", 1, 5))
	require.NoError(t, s.ReleaseStock(ctx, old))
	holding(t, s, "new")
	require.NoError(t, s.RecordStockWrite(ctx, old, []ports.StockWritten{{SKU: "A", Touched: 1, Figure: 4, Difference: 2}}, false, noon, noon))
	require.Equal(t, []string{"A"}, dueOf(t, s, noon), "the shop moved, but the pass that took over has to look")
}

func TestTheLastTenFiguresAreKept(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	l := holding(t, s, "pass")
	told(t, s, l, true, record("A", 1, 5), record("B", 1, 5))
	for n := 1; n <= 23; n++ {
		require.NoError(t, s.RecordStockWrite(ctx, l, []ports.StockWritten{{SKU: "A", Touched: 1, Figure: n, Difference: 1}}, n%2 == 0, noon, noon.Add(time.Duration(n)*time.Second)))
	}
	why, err := s.StockWhy(ctx, leeds, "A")
	require.NoError(t, err)
	require.Len(t, why, 1)
	var figures []int
	for _, p := range why[0].Published {
		figures = append(figures, p.Figure)
	}
	require.Equal(t, []int{23, 22, 21, 20, 19, 18, 17, 16, 15, 14}, figures)
}

func TestWhatASnapshotDoesNotMentionIsDoubtfulAndKeepsItsFigures(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	l := holding(t, s, "pass")
	told(t, s, l, false, record("A", 1, 5), record("B", 1, 6), record("C", 1, 7))
	seen := []uint64{ports.SKUHash("A"), ports.SKUHash("C")}
	slices.Sort(seen)
	n, err := s.DoubtUnmentioned(ctx, l, seen, "not-in-snapshot")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	n, err = s.DoubtUnmentioned(ctx, l, seen, "not-in-snapshot")
	require.NoError(t, err)
	require.Zero(t, n)
	count, skus, err := s.DoubtfulStock(ctx, leeds, "not-in-snapshot", 5)
	require.NoError(t, err)
	require.Equal(t, 1, count)
	require.Equal(t, []string{"B"}, skus)
	_, err = s.TouchStock(ctx, leeds, []string{"B"}, noon)
	require.NoError(t, err)
	levels, err := s.DueStock(ctx, leeds, "", noon, 5)
	require.NoError(t, err)
	require.Equal(t, record("B", 1, 6), levels[0].Record)
}

func TestAReadingGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	l := holding(t, s, "first")
	reading := ports.StockReading{Mode: ports.FeedSnapshot, At: ports.InventoryPosition{Page: "p3"}, AsOf: noon, BeganAt: noon, Records: 2000, Changed: 3}
	require.NoError(t, s.SaveStockLevels(ctx, l, nil, &reading, noon))
	require.NoError(t, s.ReleaseStock(ctx, l))
	feed, held, err := s.AcquireStock(ctx, leeds, "second", time.Minute)
	require.NoError(t, err)
	require.True(t, held)
	require.Equal(t, &reading, feed.Reading)
	require.Zero(t, feed.Version)

	feed, err = s.FinishStockReading(ctx, feed.StockLease, reading, "chg_9", noon.Add(time.Second))
	require.NoError(t, err)
	require.Equal(t, int64(1), feed.Version)
	require.Nil(t, feed.Reading)
	require.Equal(t, "chg_9", feed.Changes)
	require.Equal(t, noon.Add(time.Second), feed.FullAt)
	older := ports.StockReading{Mode: ports.FeedDelta, AsOf: noon.Add(-time.Hour)}
	feed, err = s.FinishStockReading(ctx, feed.StockLease, older, "chg_10", noon.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, noon.Add(-time.Hour), feed.AsOf)
	require.Equal(t, noon, feed.NewestAsOf, "a feed that goes back is seen")
	require.Equal(t, noon.Add(time.Second), feed.FullAt)
}

func TestLinesAreReadWithWhatTheWarehouseTold(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	takeIn(t, s, shopOrder("10023"))
	shipped := changed(shopOrder("10024"), 1, func(o *ports.ShopOrder) { o.Order.Status = domain.ShopShipped })
	takeIn(t, s, shipped)
	id := domain.OrderID{Store: "atelier", Number: "10023"}
	for n, allocated := range []int{0, 2} {
		order := domain.WarehouseOrder{
			Number: "10023", Warehouse: leeds, Status: domain.WarehouseAccepted, Revision: int64(n + 1), UpdatedAt: at(n),
			Lines: []domain.WarehouseOrderLine{{Line: "1", SKU: "COAT", Quantity: 1}, {Line: "2", SKU: "SOCK", Quantity: 2, Allocated: allocated}},
		}
		_, _, err := s.Append(ctx, id, []domain.Fact{domain.NewWarehouseOrderFact(order, order.UpdatedAt)})
		require.NoError(t, err)
	}
	lines, err := s.StockLines(ctx, leeds, []string{"78", "79"}, noon)
	require.NoError(t, err)
	require.Len(t, lines, 2, "one that was shipped lately counts still")
	require.Equal(t, ports.StockLine{
		Order: id, Line: "2", Size: "78", Sightings: []domain.LineSighting{
			{Consignment: "10023", Revision: 1, At: at(0), Quantity: 2}, {Consignment: "10023", Revision: 2, At: at(1), Quantity: 2, Allocated: 2},
		},
	}, lines[0])
	lines, err = s.StockLines(ctx, "lyon", []string{"78"}, noon.Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, lines, 1, "one that has left entirely and long ago does not")
	require.Empty(t, lines[0].Sightings, "another warehouse's words do not count")
}

func TestWhatIsToldOfAnOrderMakesItsItemsDue(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	l := holding(t, s, "pass")
	told(t, s, l, true, record("COAT", 1, 5), record("SOCK", 1, 5), record("HAT", 1, 5))
	var figures []ports.StockFigure
	for sku, size := range map[string]string{"COAT": "77", "SOCK": "78", "HAT": "79"} {
		figures = append(figures, ports.StockFigure{SKU: sku, SizeID: size, At: noon, Touched: 1})
	}
	require.NoError(t, s.SaveStockFigures(ctx, l, figures))
	_, err := s.MarkSoldStock(ctx, l, noon)
	require.NoError(t, err)
	require.Empty(t, dueOf(t, s, noon))
	takeIn(t, s, shopOrder("10023"))
	n, err := s.MarkSoldStock(ctx, l, noon)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Equal(t, []string{"COAT", "SOCK"}, dueOf(t, s, noon))
}

func TestAMovementOfTheBooksIsOneFact(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	l := holding(t, s, "pass")
	movements := []domain.Adjustment{
		{ID: "adj_1", Warehouse: leeds, SKU: "A", Units: 12, Reason: "goods_in", At: noon},
		{ID: "adj_2", Warehouse: leeds, SKU: "A", Units: -1, Reason: "ber_write_off", From: "quarantine", Serials: []string{"S1"}, At: at(1)},
	}
	for _, want := range []int{2, 0} {
		added, err := s.SaveAdjustments(ctx, l, movements, at(1))
		require.NoError(t, err)
		require.Equal(t, want, added)
	}
	list, err := s.Adjustments(ctx, leeds, "A", 10)
	require.NoError(t, err)
	require.Equal(t, []domain.Adjustment{movements[1], movements[0]}, list)
}

func TestASizeIsFoundByEitherCode(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	require.NoError(t, s.SaveShopSizes(ctx, []ports.ShopSize{{ID: "1", SKU: "A", EAN: "735"}, {ID: "2", SKU: "B", EAN: "736", Offset: 2}, {ID: "3"}, {ID: "1", SKU: "A2", EAN: "735"}}))
	for _, tt := range []struct {
		codes, ids, want []string
	}{{[]string{"A2"}, nil, []string{"1"}}, {[]string{"A", ""}, nil, nil}, {[]string{"735", "B"}, nil, []string{"1", "2"}}, {nil, []string{"3"}, []string{"3"}}} {
		sizes, err := s.ShopSizes(ctx, tt.codes, tt.ids)
		require.NoError(t, err)
		var ids []string
		for _, z := range sizes {
			ids = append(ids, z.ID)
		}
		require.Equal(t, tt.want, ids, "%v %v", tt.codes, tt.ids)
	}
}

func TestTheChartsTellLagStatusesAndExposure(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	l := holding(t, s, "pass")
	told(t, s, l, true, record("A", 1, 5))
	for n := 1; n <= 20; n++ {
		require.NoError(t, s.RecordStockWrite(ctx, l, []ports.StockWritten{{SKU: "A", Figure: n, Difference: -2}}, true, noon, noon.Add(time.Duration(n)*100*time.Millisecond)))
	}
	require.NoError(t, s.SaveStockStatuses(ctx, l, []ports.StockStatusUnits{{Status: "available", Units: 5, Items: 1, Sellable: true, Known: true, AsOf: noon}, {Status: "photo", Units: 3, Items: 2, AsOf: noon}}))
	require.NoError(t, s.SaveStockExposure(ctx, l, []ports.StockExposure{{SKU: "A", From: noon, To: noon.Add(30 * time.Second), Units: 2, UnitSeconds: 60, Buffer: 1}}))
	pass := ports.StockPass{Warehouse: leeds, Fence: l.Fence, Trigger: "schedule", BeganAt: noon, EndedAt: at(1), AsOf: noon, Records: 1000, Changed: 1, Looked: 1, Mutations: 1}
	require.NoError(t, s.SaveStockPass(ctx, pass))
	charts, err := s.StockCharts(ctx, leeds, noon.Add(-time.Minute), at(2), time.Minute)
	require.NoError(t, err)
	require.Len(t, charts.Windows, 1)
	require.Equal(t, 20, charts.Windows[0].Publications)
	require.Equal(t, 20, charts.Windows[0].Mutations)
	require.InDelta(t, 1.05, charts.Windows[0].LagP50.Seconds(), 0.06)
	require.InDelta(t, 1.95, charts.Windows[0].LagP95.Seconds(), 0.06)
	require.Equal(t, int64(2), charts.Windows[0].ExposedUnits)
	require.Equal(t, "photo", charts.Withheld[0].Status)
	require.Len(t, charts.Withheld, 1)
	require.Equal(t, []ports.StockPass{pass}, charts.Passes)
	require.Len(t, charts.Exposed, 1)
	require.Equal(t, 2, charts.Exposed[0].Covered, "the buffer that would have covered it")
}

func TestTheNightInWhichClocksGoBackIsNoFeedThatGoesBack(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	l := holding(t, s, "pass")
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	before := time.Date(2026, 10, 25, 0, 59, 30, 0, time.UTC).In(london) // 01:59:30 there
	after := before.Add(time.Minute)                                     // 01:00:30 there
	require.Less(t, after.Format("15:04"), before.Format("15:04"))
	for _, at := range []time.Time{before, after} {
		feed, err := s.FinishStockReading(ctx, l, ports.StockReading{Mode: ports.FeedDelta, AsOf: at}, "c", at)
		require.NoError(t, err)
		require.True(t, at.Equal(feed.AsOf))
		require.True(t, feed.AsOf.Equal(feed.NewestAsOf), "it is newer although its clock shows less")
	}
}
