package stock_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/stock"
)

func record(version int64, changed int, units int) domain.InventoryRecord {
	return domain.InventoryRecord{SKU: "SH-1", Version: version, ChangedAt: at(changed), Quantities: []domain.StatusUnits{available(units)}}
}

func TestARecordCountsByItsVersion(t *testing.T) {
	t.Parallel()
	known := stock.Held{Version: 7, ChangedAt: at(-10), AsOf: at(0), Quantities: []domain.StatusUnits{available(5)}}
	doubtful := known
	doubtful.Doubt = stock.HoldMissing
	for name, tt := range map[string]struct {
		held    *stock.Held
		rebuilt bool
		asOf    int
		rec     domain.InventoryRecord
		units   int
		heldAt  int
		doubt   stock.Hold
		verdict stock.Verdict
	}{
		"the first ever is new":                           {rec: record(3, 1, 4), asOf: 10, units: 4, heldAt: 10, verdict: stock.RecordNew},
		"a higher version replaces what is held":          {held: &known, rec: record(8, 1, 4), asOf: 10, units: 4, heldAt: 10, verdict: stock.RecordChanged},
		"the same again holds for longer":                 {held: &known, rec: record(7, -10, 5), asOf: 10, units: 5, heldAt: 10, verdict: stock.RecordSame},
		"the same clears a doubt":                         {held: &doubtful, rec: record(7, -10, 5), asOf: 10, units: 5, heldAt: 10, verdict: stock.RecordSame},
		"an older reading of the same takes nothing away": {held: &known, rec: record(7, -10, 5), asOf: -60, units: 5, heldAt: 0, verdict: stock.RecordSame},
		"a lower version is ignored and doubtful":         {held: &known, rec: record(6, 1, 9), asOf: 10, units: 5, heldAt: 0, doubt: stock.HoldVersionBack, verdict: stock.RecordOld},
		"other figures under a known version are too":     {held: &known, rec: record(7, 1, 9), asOf: 10, units: 5, heldAt: 0, doubt: stock.HoldVersionBack, verdict: stock.RecordOld},
		"a feed that was built anew begins versions anew": {held: &known, rebuilt: true, rec: record(1, 1, 9), asOf: 10, units: 9, heldAt: 10, verdict: stock.RecordChanged},
		"but not with what is older than what is held":    {held: &known, rebuilt: true, rec: record(1, -60, 9), asOf: 10, units: 5, heldAt: 0, doubt: stock.HoldVersionBack, verdict: stock.RecordOld},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, verdict := stock.Reading{AsOf: at(tt.asOf), Rebuilt: tt.rebuilt}.Take(tt.held, tt.rec)
			require.Equal(t, tt.verdict, verdict)
			require.Equal(t, []domain.StatusUnits{available(tt.units)}, got.Quantities)
			require.Equal(t, at(tt.heldAt), got.AsOf)
			require.Equal(t, tt.doubt, got.Doubt)
		})
	}
	kept := stock.Reading{AsOf: at(30)}.Inherit(known)
	require.Equal(t, at(30), kept.AsOf, "what a delta does not mention is as it was, at the delta's instant")
	require.Equal(t, at(0), stock.Reading{AsOf: at(30)}.Inherit(doubtful).AsOf, "what is doubtful is not known to be so")
	require.Equal(t, stock.HoldMissing, stock.Unmentioned(known, stock.HoldMissing).Doubt)
	require.True(t, known.Equal(kept), "when is not what")
}

func TestAFeedThatMayNotRaise(t *testing.T) {
	t.Parallel()
	limit := 30 * time.Minute
	require.Empty(t, stock.FeedHold(at(0), at(-60), at(10), limit, true))
	require.Empty(t, stock.FeedHold(at(0), time.Time{}, at(10), limit, true), "the first one")
	require.Equal(t, stock.HoldCut, stock.FeedHold(at(0), at(-60), at(10), limit, false))
	require.Equal(t, stock.HoldRegressing, stock.FeedHold(at(-61), at(-60), at(10), limit, true))
	require.Equal(t, stock.HoldStale, stock.FeedHold(at(0), at(-60), at(31*60), limit, true))
	// The night in which clocks go back is an hour like any other: instants are compared.
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	before := time.Date(2026, 10, 25, 0, 59, 0, 0, time.UTC).In(london) // 01:59, still summer time
	after := before.Add(2 * time.Minute)                                // 01:01
	require.Less(t, after.Format(time.TimeOnly), before.Format(time.TimeOnly))
	require.Empty(t, stock.FeedHold(after, before, after, limit, true))
}

func TestTheClosestBufferOfTheMostCarefulMarketIsKept(t *testing.T) {
	t.Parallel()
	rules := []domain.Rule{
		bufferRule(1, "*", "1"), bufferRule(2, "*@Sweden", "3"), bufferRule(3, "SH-1", "2"), bufferRule(4, "SH-1@Norway", "5"),
		bufferRule(5, "SH-2@Sweden", "0"), bufferRule(6, "SH@3", "4"), bufferRule(7, "bad", "many"), bufferRule(8, "SH-4", "9"),
		{Version: 9, Table: domain.RuleStockBuffer, From: "SH-4", Retired: true},
		{Version: 10, Table: domain.RuleStockBuffer, Warehouse: warehouse, From: "SH-5", To: "6"},
		{Version: 11, Table: domain.RuleStockBuffer, From: "SH-5", To: "7"},
		{Version: 12, Table: domain.RuleStockBuffer, Warehouse: "another", From: "SH-5", To: "8"},
	}
	p := stock.NewPolicy(warehouse, rules)
	require.Equal(t, int64(11), p.Version())
	for sku, want := range map[string]int{
		"SH-1": 5, // Norway's; in Sweden the item's own general rule beats the one for everything
		"SH-2": 1, // Sweden keeps none of it, everybody else one
		"SH-4": 3, // its own rule has ended
		"SH-5": 6, // the warehouse's rule beats the one for all, whichever is newer
		"SH-9": 3, // Sweden's for everything
		"bad":  3,
	} {
		units, why := p.Buffer(sku)
		require.Equal(t, want, units, "%s: %s", sku, why)
		require.Contains(t, why, "rule ")
	}
	units, why := stock.NewPolicy(warehouse, nil).Buffer("SH-1")
	require.Zero(t, units)
	require.Empty(t, why)
}

func TestStatusesAreFoundAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	p := stock.NewPolicy(warehouse, []domain.Rule{statusRule(1, "In  Warehouse - Ready", "sellable")})
	sellable, known := p.Sellable("in warehouse - ready")
	require.True(t, sellable && known)
	sellable, known = p.Sellable("In warehouse processing")
	require.False(t, sellable || known)
	sellable, known = p.Sellable(domain.StockBER)
	require.False(t, sellable)
	require.True(t, known)
}

func TestWhatWasDrainedBehindOurBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		in    stock.Interval
		units int
	}{
		"nothing moved":                   {stock.Interval{Before: 5, After: 5}, 0},
		"our own orders took it":          {stock.Interval{Before: 5, After: 3, Taken: 2}, 0},
		"another channel took two":        {stock.Interval{Before: 5, After: 2, Taken: 1}, 2},
		"goods came in meanwhile":         {stock.Interval{Before: 5, After: 6, Taken: 1, Arrived: 4}, 2},
		"more is there than was":          {stock.Interval{Before: 5, After: 9}, 0},
		"a release of ours hides nothing": {stock.Interval{Before: 5, After: 5, Taken: -1}, 1},
	} {
		tt.in.From, tt.in.To = at(0), at(60)
		got := stock.Drained(tt.in)
		require.Equal(t, tt.units, got.Units, name)
		require.Equal(t, float64(tt.units)*60, got.UnitSeconds(), name)
	}
	require.Zero(t, stock.Drained(stock.Interval{Before: 5, From: at(0), To: at(0)}), "no time, no exposure")
}

func TestTheBufferThatWouldHaveCovered(t *testing.T) {
	t.Parallel()
	var tally stock.Tally
	require.Zero(t, tally.Cover(1))
	for _, units := range []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 7, 0} {
		tally.Add(stock.Exposure{Units: units, Seconds: 10})
	}
	require.Equal(t, 10, tally.Intervals, "an interval without a drain is none")
	require.Equal(t, 160.0, tally.UnitSeconds)
	require.Equal(t, 1, tally.Cover(0.9))
	require.Equal(t, 7, tally.Cover(0.95))
	tally.Add(stock.Exposure{Units: 5000, Seconds: 1})
	require.Equal(t, 5000, tally.Cover(1))
}

func TestDecreasesAreDueAtOnceAndIncreasesAtTheEnd(t *testing.T) {
	t.Parallel()
	var b stock.Batcher
	full := 0
	for i := range 450 {
		f := stock.Figure{Size: strconv.Itoa(i), Difference: -1 - i}
		if i%2 == 0 {
			f.Difference = 1 + i
		}
		batch, due := b.Add(f)
		if due {
			full++
			require.True(t, batch.Decrease)
			require.Len(t, batch.Sizes, stock.BatchSize)
			require.Equal(t, domain.SizeUnits{Size: "1", Units: 2}, batch.Sizes[0])
		}
	}
	_, due := b.Add(stock.Figure{Size: "same"})
	require.False(t, due)
	require.Equal(t, 1, full)
	rest, due := b.Lower()
	require.True(t, due)
	require.Len(t, rest.Sizes, 25)
	_, due = b.Lower()
	require.False(t, due)
	raised := 0
	for batch, due := b.Raise(); due; batch, due = b.Raise() {
		require.False(t, batch.Decrease)
		require.LessOrEqual(t, len(batch.Sizes), stock.BatchSize)
		for i, z := range batch.Sizes {
			require.Equal(t, batch.Figures[i].Size, z.Size)
			require.Positive(t, z.Units)
		}
		raised += len(batch.Sizes)
	}
	require.Equal(t, 225, raised)
}

func TestSightingsThatNoFeedNeedsAnyMoreAreDropped(t *testing.T) {
	t.Parallel()
	all := []domain.LineSighting{seen(30, 4, 1, 0, 1, 0, 0), seen(-20, 1, 1, 0, 0, 0, 0), seen(-10, 2, 1, 1, 0, 0, 0), seen(10, 3, 1, 1, 0, 0, 0), seen(30, 4, 1, 0, 1, 0, 0)}
	kept := stock.Compact(all, at(0))
	var revisions []int64
	for _, s := range kept {
		revisions = append(revisions, s.Revision)
	}
	require.Equal(t, []int64{2, 3, 4}, revisions)
	l, short := line("1", 1, 0, all...), line("1", 1, 0, kept...)
	for _, a := range []time.Time{at(0), at(5), at(20), at(40)} {
		require.Equal(t, l.Unseen(a), short.Unseen(a))
	}
	require.False(t, l.Settled(at(40)), "the shop still holds it")
	done := line("1", 0, 1, all...)
	require.True(t, done.Settled(at(40)))
	require.False(t, done.Settled(at(-15)), "the feed has not passed the taking")
}

// BenchmarkDecide is what a figure costs; a full pass decides about what changed.
func BenchmarkDecide(b *testing.B) {
	p := stock.NewPolicy(warehouse, []domain.Rule{bufferRule(1, "*", "2"), bufferRule(2, "*@Sweden", "3")})
	in := stock.Input{
		Warehouse: warehouse, SKU: "SH-1", Shop: shop(3, 10), ShopAt: at(10),
		Held:  held(0, available(12), domain.StatusUnits{Status: domain.StockAllocated, Units: 2}, domain.StatusUnits{Status: domain.StockRefurbishment, Units: 4}),
		Lines: []stock.Line{line("1", 1, 0, seen(-5, 2, 1, 1, 0, 0, 0)), line("2", 2, 0)},
	}
	b.ReportAllocs()
	for b.Loop() {
		p.Decide(in)
	}
}

// BenchmarkTake is what comparing a record with what is held costs: a full pass does it
// for every item of the catalogue.
func BenchmarkTake(b *testing.B) {
	known, rec := held(0, available(5)), record(7, -10, 5)
	known.ChangedAt = rec.ChangedAt
	reading := stock.Reading{AsOf: at(60)}
	b.ReportAllocs()
	for b.Loop() {
		reading.Take(&known, rec)
	}
}
