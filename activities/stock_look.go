package activities

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
	"selvedge/internal/stock"
)

// Why no figure can be computed, beside the holds of package stock.
const (
	heldUnknownSize   = "unknown-size"
	heldAmbiguousSize = "ambiguous-size"
	heldUnsettled     = "outcome-unknown"
)

// looker computes the figures of items from what the warehouse told and the shop shows.
type looker struct {
	stock  *Stock
	in     contract.StockRead
	feed   ports.StockFeed
	policy *stock.Policy
	rules  *mapping.Rules
	codes  map[string][]string // the shop's codes of a warehouse's item, where rules name them
	items  int64               // newest rule about items
	listed bool                // the shop's sizes were listed in this pass
}

// looked is what came of looking at one item.
type looked struct {
	level  ports.StockLevel
	size   ports.ShopSize
	figure stock.Figure
	lines  []stock.Line
	before *ports.StockFigure // the last time
	held   string             // why there is no figure
	until  time.Time          // when to look again, where that is so
}

func (s *Stock) looker(ctx context.Context, in contract.StockRead, feed ports.StockFeed) (*looker, error) {
	rules, err := s.Store.Rules(ctx)
	if err != nil {
		return nil, err
	}
	l := &looker{stock: s, in: in, feed: feed, policy: stock.NewPolicy(in.Warehouse, rules), rules: mapping.New(rules), codes: map[string][]string{}}
	for _, r := range rules {
		if r.Table == domain.RuleItem && (r.Warehouse == "" || r.Warehouse == in.Warehouse) {
			l.codes[r.To] = append(l.codes[r.To], r.From)
			l.items = max(l.items, r.Version)
		}
	}
	return l, l.rulesChanged(ctx)
}

// rulesChanged makes every item due when the rules about stock or items did change.
func (l *looker) rulesChanged(ctx context.Context) error {
	name := "stock-rules/" + l.in.Warehouse
	was, err := l.stock.Store.Cursor(ctx, name)
	if err != nil {
		return err
	}
	is, err := json.Marshal(struct{ Stock, Items int64 }{l.policy.Version(), l.items})
	if err != nil || was == string(is) {
		return err
	}
	if was != "" {
		if _, err := l.stock.Store.TouchStock(ctx, l.in.Warehouse, nil, l.stock.Clock()); err != nil {
			return err
		}
	}
	return l.stock.Store.SaveCursor(ctx, name, string(is), l.stock.Clock())
}

// at looks at levels. Those that cannot be computed now say why.
func (l *looker) at(ctx context.Context, levels []ports.StockLevel) ([]looked, error) {
	skus := make([]string, len(levels))
	for i, v := range levels {
		skus[i] = v.Record.SKU
	}
	before, err := l.stock.Store.StockFigures(ctx, l.in.Warehouse, skus)
	if err != nil {
		return nil, err
	}
	sizes, err := l.resolve(ctx, skus)
	if err != nil {
		return nil, err
	}
	now := l.stock.Clock()
	out := make([]looked, 0, len(levels))
	var computed []int
	for i, v := range levels {
		one := looked{level: v, figure: stock.Figure{Warehouse: l.in.Warehouse, SKU: skus[i]}}
		if f, known := before[skus[i]]; known {
			one.before = &f
		}
		found := sizes[skus[i]]
		switch settled := v.WritingSince.Add(l.stock.Settle); {
		case !v.WritingSince.IsZero() && now.Before(settled):
			one.held, one.until = heldUnsettled, settled
			if one.before != nil {
				one.size, one.figure = ports.ShopSize{ID: one.before.SizeID, SKU: one.before.ShopSKU}, figureOf(one.before)
			}
		case len(found) == 0:
			one.held = heldUnknownSize
			one.until = l.retrySize(one)
		case len(found) > 1:
			one.held = heldAmbiguousSize
			one.until = l.retrySize(one)
		default:
			one.size = found[0]
			computed = append(computed, len(out))
		}
		out = append(out, one)
	}
	for part := range slices.Chunk(computed, lookedAtOnce) {
		if err := l.compute(ctx, out, part); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// retrySize is when a code that the shop does not know is looked up again: at the next
// change where nothing could be sold of it anyway.
func (l *looker) retrySize(one looked) time.Time {
	for _, q := range one.level.Record.Quantities {
		if sell, _ := l.policy.Sellable(q.Status); sell && q.Units > 0 {
			return l.stock.Clock().Add(refusedAgain)
		}
	}
	return time.Time{}
}

func figureOf(f *ports.StockFigure) stock.Figure {
	var figure stock.Figure
	_ = json.Unmarshal(f.Terms, &figure) // of an older release: what can be read of it
	figure.Target, figure.Free, figure.Difference, figure.Wanted = f.Figure, f.Offered, 0, 0
	return figure
}

// compute reads the shop once for a part of the items, with the orders that hold them.
// More orders than one request takes make it two.
func (l *looker) compute(ctx context.Context, all []looked, part []int) error {
	if len(part) == 0 {
		return nil
	}
	ids := make([]string, len(part))
	since := l.feed.AsOf
	for i, n := range part {
		ids[i] = all[n].size.ID
		if b := all[n].before; b != nil && !figureOf(b).FeedAt.IsZero() {
			if at := figureOf(b).FeedAt; at.Before(since) && since.Sub(at) < 24*time.Hour {
				since = at
			}
		}
	}
	lines, err := l.stock.Store.StockLines(ctx, l.in.Warehouse, ids, since)
	if err != nil {
		return err
	}
	var orders []domain.OrderID
	for i, line := range lines { // sorted by order
		if i == 0 || lines[i-1].Order != line.Order {
			orders = append(orders, line.Order)
		}
	}
	if len(orders) > ports.StockReadOrders && len(part) > 1 {
		half := len(part) / 2
		if err := l.compute(ctx, all, part[:half]); err != nil {
			return err
		}
		return l.compute(ctx, all, part[half:])
	}
	shop, err := l.stock.Shop.ReadStock(ctx, l.in.Warehouse, ids, orders)
	if err != nil {
		return err
	}
	if len(lines) > 0 {
		// What the warehouse said of the lines is looked up once more, after the shop was read:
		// a unit that was reported short and cancelled in the shop in between would be in
		// neither figure, and be offered although it is lost.
		told, err := l.stock.Store.StockLines(ctx, l.in.Warehouse, ids, since)
		if err != nil {
			return err
		}
		lines = append(lines, told...)
	}
	figures := map[string]domain.SizeStock{}
	for _, z := range shop.Sizes {
		figures[z.Size] = z
	}
	bySize := heldLines(lines, shop.Lines)
	for _, n := range part {
		one := &all[n]
		one.lines = bySize[one.size.ID]
		z, known := figures[one.size.ID]
		if !known {
			z = domain.SizeStock{Size: one.size.ID, Offset: one.size.Offset}
		}
		held := stock.Reading{AsOf: l.feed.AsOf}.Inherit(heldOf(one.level))
		one.figure = l.policy.Decide(stock.Input{
			Warehouse: l.in.Warehouse, SKU: one.level.Record.SKU, Held: held, Lines: one.lines, Shop: z,
			ShopAt: shop.At, Threshold: shop.Warehouse.Threshold, Hold: stock.Hold(l.in.Hold),
		})
	}
	return nil
}

// heldLines joins what the shop holds for each line with what the warehouse said of it;
// of a line that is given twice, the later one counts.
func heldLines(known []ports.StockLine, held []domain.LineStock) map[string][]stock.Line {
	type key struct {
		order domain.OrderID
		line  string
	}
	sightings := make(map[key][]domain.LineSighting, len(known))
	for _, l := range known {
		sightings[key{l.Order, l.Line}] = l.Sightings
	}
	bySize := map[string][]stock.Line{}
	for _, l := range held {
		bySize[l.Size] = append(bySize[l.Size], stock.Line{
			Order: l.Order, Line: l.Line, Allocated: l.Allocated, Completed: l.Completed, Sightings: sightings[key{l.Order, l.Line}],
		})
	}
	return bySize
}

// exposed keeps what was drained behind our back since the last look at each item.
func (l *looker) exposed(ctx context.Context, looks []looked) error {
	var list []ports.StockExposure
	for _, one := range looks {
		if one.before == nil || one.held != "" {
			continue
		}
		last := figureOf(one.before)
		if last.FeedVersion == 0 || last.FeedVersion >= one.figure.FeedVersion || last.RuleVersion != one.figure.RuleVersion {
			continue
		}
		from := last.FeedAt
		if l.in.Since.After(from) {
			from = l.in.Since // unchanged until then
		}
		taken := 0
		for _, line := range one.lines {
			taken += line.Taken(one.figure.FeedAt) - line.Taken(last.FeedAt)
		}
		drained := stock.Drained(stock.Interval{
			From: from, To: one.figure.FeedAt, Before: unitsOf(last, stock.TermSellable), After: unitsOf(one.figure, stock.TermSellable), Taken: taken,
		})
		if drained.Units > 0 {
			list = append(list, ports.StockExposure{
				SKU: one.figure.SKU, From: from, To: one.figure.FeedAt, Units: drained.Units, UnitSeconds: int64(drained.UnitSeconds()), Buffer: unitsOf(last, stock.TermBuffer),
			})
		}
	}
	return l.stock.Store.SaveStockExposure(ctx, l.feed.StockLease, list)
}

func unitsOf(f stock.Figure, term string) int {
	for _, t := range f.Terms {
		if t.Name == term {
			return t.Units
		}
	}
	return 0
}
