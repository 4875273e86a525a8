package activities

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/stock"
)

// Bounds of a reading: what is kept in memory, and how much a crash costs.
const (
	mergedAtOnce = 500             // differing records that are written together
	keepEvery    = 3 * time.Second // how often the place in the feed is kept
)

// reader streams the feed page by page: while one page is compared with the store, the
// next one is fetched and parsed. Its memory is two pages and eight bytes an item.
type reader struct {
	stock   *Stock
	room    ports.Stockroom
	feed    ports.StockFeed
	reading ports.StockReading
	merge   stock.Reading
	hold    stock.Hold // why nothing may be raised by what was read
	told    bool       // something was read at all

	merged  []ports.StockMerged
	kept    time.Time // when the place was kept
	renewed time.Time
	whole   bool // read from its first page by this attempt
	seen    []uint64
	totals  map[domain.StockStatus]*ports.StockStatusUnits
	grades  map[string]bool // that the items sold by grade are told in
	policy  *stock.Policy
	doubted []string
}

func (r *reader) lease() ports.StockLease { return r.feed.StockLease }

// run reads to the end. A place in the feed that is gone costs a snapshot: it tells
// all, so nothing is missed in between.
func (r *reader) run(ctx context.Context, full bool) error {
	now := r.stock.Clock()
	r.kept = now
	rules, err := r.stock.Store.Rules(ctx)
	if err != nil {
		return err
	}
	r.policy = stock.NewPolicy(r.feed.Warehouse, rules)
	switch {
	case r.feed.Reading != nil && (!full || r.feed.Reading.Mode == ports.FeedSnapshot):
		r.reading = *r.feed.Reading
		r.told = r.reading.Records > 0
	case full || r.feed.Changes == "" || now.Sub(r.feed.FullAt) >= r.stock.FullEvery:
		r.begin(ports.InventoryPosition{}, false)
	default:
		r.begin(ports.InventoryPosition{Changes: r.feed.Changes}, false)
	}
	for {
		err := r.stream(ctx)
		if errors.Is(err, errNameless) {
			r.begin(ports.InventoryPosition{}, false)
			continue
		}
		if f, ok := fault.As(err); !ok || f.Code != ports.CursorExpired {
			return err
		}
		switch at := r.reading.At; {
		case at.Page != "" && r.reading.Mode == ports.FeedDelta && r.feed.Changes != "":
			r.begin(ports.InventoryPosition{Changes: r.feed.Changes}, false) // only the page is gone
		case at == ports.InventoryPosition{}:
			return err // a snapshot has no place that could be gone
		default:
			r.begin(ports.InventoryPosition{}, at.Page == "" || r.reading.Rebuilt)
		}
	}
}

// errNameless says that a delta told of a change without saying of which item.
var errNameless = errors.New("a record without a name")

func (r *reader) begin(at ports.InventoryPosition, rebuilt bool) {
	r.reading = ports.StockReading{At: at, BeganAt: r.stock.Clock(), Rebuilt: rebuilt}
	r.merged, r.seen, r.doubted, r.whole = nil, nil, nil, at == ports.InventoryPosition{}
	r.totals, r.grades = map[domain.StockStatus]*ports.StockStatusUnits{}, map[string]bool{}
}

// fetched is a page on its way.
type fetched struct {
	page ports.InventoryPage
	err  error
}

func (r *reader) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := make(chan fetched) // unbuffered: one page is compared, one is held by the sender
	go func(at ports.InventoryPosition) {
		defer close(pages)
		for {
			page, err := r.room.Inventory(ctx, at)
			select {
			case pages <- fetched{page, err}:
			case <-ctx.Done():
				return
			}
			if err != nil || page.Last() {
				return
			}
			at = page.Next
		}
	}(r.reading.At)
	for f := range pages {
		if f.err != nil {
			if err := r.flush(ctx, true); err != nil { // what came stays
				return err
			}
			return f.err
		}
		if err := r.take(ctx, f.page); err != nil {
			return err
		}
		if f.page.Last() && r.reading.Nameless && r.reading.Mode == ports.FeedDelta {
			// What it does not mention is not unchanged: only a snapshot tells which item it was.
			return errNameless
		}
		if f.page.Last() {
			return r.finish(ctx, f.page)
		}
	}
	return ctx.Err()
}

// take compares a page with what is held and merges what differs.
func (r *reader) take(ctx context.Context, page ports.InventoryPage) error {
	r.told = true
	r.reading.Mode, r.reading.AsOf, r.reading.At = page.Mode, page.AsOf, page.Next
	r.reading.Records += int64(len(page.Records))
	r.merge = stock.Reading{AsOf: page.AsOf, Rebuilt: r.reading.Rebuilt}
	r.reading.Nameless = r.reading.Nameless || slices.Contains(page.Unreadable, "")
	r.doubted = append(r.doubted, slices.DeleteFunc(slices.Clone(page.Unreadable), func(sku string) bool { return sku == "" })...)
	if r.whole {
		r.tally(page.Records)
	}
	differing, err := r.stock.Store.DifferingStock(ctx, r.feed.Warehouse, page.Records)
	if err != nil {
		return err
	}
	for _, d := range differing {
		if m, differs := merged(r.merge, d); differs {
			r.merged = append(r.merged, m)
			r.reading.Changed++
		}
	}
	return r.flush(ctx, false)
}

// merged is what a record makes of what is held. Its figure is due when the quantities
// or the doubt about them changed; a newer version of the same says nothing new.
func merged(reading stock.Reading, d ports.StockDiffering) (ports.StockMerged, bool) {
	var held *stock.Held
	if d.Held != nil {
		h := heldOf(*d.Held)
		held = &h
	}
	now, _ := reading.Take(held, d.Record)
	m := ports.StockMerged{Told: d.Record, Level: levelOf(d.Record.SKU, now)}
	if held == nil {
		m.Due = true
		return m, true
	}
	m.Due = held.Doubt != now.Doubt || !slices.Equal(held.Quantities, now.Quantities) || !slices.Equal(held.ByGrade, now.ByGrade)
	return m, !held.Equal(now)
}

func (r *reader) tally(records []domain.InventoryRecord) {
	for _, rec := range records {
		r.seen = append(r.seen, ports.SKUHash(rec.SKU))
		for _, q := range rec.Quantities {
			t := r.totals[q.Status]
			if t == nil {
				t = &ports.StockStatusUnits{Status: string(q.Status)}
				r.totals[q.Status] = t
			}
			if q.Units != 0 {
				t.Units += int64(q.Units)
				t.Items++
			}
		}
		if len(rec.ByGrade) > 0 && r.policy.Grade(rec.SKU) != "" {
			for _, g := range rec.ByGrade {
				if g.Units != 0 {
					r.grades[strings.Join(strings.Fields(g.Grade), " ")] = true
				}
			}
		}
	}
}

// flush writes what differs once there is enough of it, and keeps the place now and then.
func (r *reader) flush(ctx context.Context, now bool) error {
	at := r.stock.Clock()
	keep := now || at.Sub(r.kept) >= keepEvery
	if at.Sub(r.renewed) >= leaseFor/3 {
		if _, err := r.stock.Store.RenewStock(ctx, r.lease(), leaseFor); err != nil {
			return err
		}
		r.renewed = at
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx, r.reading.Records)
		}
	}
	if !keep && len(r.merged) < mergedAtOnce {
		return nil
	}
	var place *ports.StockReading
	if keep && r.told {
		place, r.kept = &r.reading, at
	}
	err := r.stock.Store.SaveStockLevels(ctx, r.lease(), r.merged, place, at)
	r.merged = r.merged[:0]
	return err
}

// finish ends a reading: the feed moves on, and what a whole snapshot did not mention
// is doubtful from now on.
func (r *reader) finish(ctx context.Context, last ports.InventoryPage) error {
	s, at := r.stock.Store, r.stock.Clock()
	if err := s.SaveStockLevels(ctx, r.lease(), r.merged, nil, at); err != nil {
		return err
	}
	r.merged = nil
	if len(r.doubted) > 0 {
		if err := s.DoubtStock(ctx, r.lease(), r.doubted, string(stock.HoldUnreadable)); err != nil {
			return err
		}
	}
	if r.whole && last.Mode == ports.FeedSnapshot {
		slices.Sort(r.seen)
		if _, err := s.DoubtUnmentioned(ctx, r.lease(), slices.Compact(r.seen), string(stock.HoldMissing)); err != nil {
			return err
		}
		if err := r.statuses(ctx); err != nil {
			return err
		}
	}
	changes, missing, err := last.Changes, false, error(nil)
	if !r.whole && last.Mode == ports.FeedSnapshot {
		if missing, err = r.missing(ctx); err != nil {
			return err
		}
		if missing {
			changes = "" // the next reading is a snapshot again, which tells what is not in it
		}
	}
	newest := r.feed.NewestAsOf
	feed, err := s.FinishStockReading(ctx, r.lease(), r.reading, changes, at)
	if err != nil {
		return err
	}
	r.hold = stock.FeedHold(feed.AsOf, newest, at, r.stock.StaleAfter, true)
	if r.hold == "" && missing {
		r.hold = stock.HoldMissing
	}
	r.feed = feed
	return nil
}

// missing tells whether a snapshot that an earlier attempt began left items out: then
// nobody knows any more which, and what it did not mention must not count as confirmed.
func (r *reader) missing(ctx context.Context) (bool, error) {
	known, err := r.stock.Store.KnownStock(ctx, r.feed.Warehouse)
	return known > r.reading.Records, err
}

func (r *reader) statuses(ctx context.Context) error {
	totals := []ports.StockStatusUnits{}
	for status, t := range r.totals {
		t.Sellable, t.Known = r.policy.Sellable(status)
		t.AsOf = r.reading.AsOf
		totals = append(totals, *t)
	}
	if err := r.stock.Store.SaveStockStatuses(ctx, r.lease(), totals); err != nil {
		return err
	}
	return r.stock.tellGone(ctx, r.feed.Warehouse, r.totals, r.grades)
}
