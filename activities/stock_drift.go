package activities

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/activity"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/stock"
)

// CompareStock reads all figures of the shop back and compares them with ours. Where
// they differ the item is looked at afresh: what orders, holds and the feed explain is
// no drift. What nothing explains is an exception with the sum in it, and stays due, so
// that the publication that follows corrects it. It goes on where an earlier run
// stopped, and a second run compares once more.
func (s *Stock) CompareStock(ctx context.Context, in contract.StockRead) (contract.StockResult, error) {
	defer beating(ctx)()
	var result contract.StockResult
	err := s.compare(ctx, in, &result)
	if ports.LostFence(err) {
		return contract.StockResult{Lost: true}, nil
	}
	if err != nil {
		err = fmt.Errorf("compare the stock of %s: %w", in.Warehouse, err)
	}
	return result, toTemporal(err, s.Settle)
}

func (s *Stock) compare(ctx context.Context, in contract.StockRead, result *contract.StockResult) error {
	lease := ports.StockLease{Warehouse: in.Warehouse, Fence: in.Fence}
	feed, err := s.Store.RenewStock(ctx, lease, leaseFor)
	if err != nil {
		return err
	}
	look, err := s.looker(ctx, in, feed)
	if err != nil {
		return err
	}
	margins, err := s.margins(ctx, look)
	if err != nil {
		return err
	}
	margins.all, margins.loaded = feed.Drift == "", !feed.DriftAt.IsZero()
	for page := feed.Drift; ; {
		sizes, next, err := s.Shop.ListStock(ctx, in.Warehouse, page)
		if err != nil {
			return err
		}
		result.Records += int64(len(sizes))
		drifted, err := look.drifted(ctx, sizes, margins)
		if err != nil {
			return err
		}
		result.Drifted += int64(drifted)
		if err := s.Store.SaveStockDrift(ctx, lease, next, s.Clock()); err != nil {
			return err
		}
		if next == "" {
			return margins.tell(ctx, s, in.Warehouse)
		}
		page = next
		if _, err := s.Store.RenewStock(ctx, lease, leaseFor); err != nil {
			return err
		}
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx, result.Records)
		}
	}
}

// margins gathers what only a comparison of all sizes shows: whether the shop keeps units
// back beside our own buffer, and what it offers of which no warehouse item is known.
type margins struct {
	threshold int
	all       bool // every size is looked at, from the first page
	double    bool // of some item both are set, or the shop gives more than it has

	loaded   bool     // a comparison came to its end before: what could be published has been
	unbacked int      // sizes that the shop offers without a word of the warehouse
	sizes    []string // the first of them
}

func (s *Stock) margins(ctx context.Context, l *looker) (*margins, error) {
	warehouses, err := s.Shop.Warehouses(ctx)
	m := &margins{}
	for _, w := range warehouses {
		if w.Name == l.in.Warehouse {
			m.threshold = w.Threshold
		}
	}
	return m, err
}

func (m *margins) count(p *stock.Policy, sku string, z domain.SizeStock) {
	margin := m.threshold + z.Offset
	if keep, _ := p.Buffer(sku); margin < 0 || margin > 0 && keep > 0 {
		m.double = true
	}
}

// stranger counts a size that no item of the warehouse stands behind.
func (m *margins) stranger(z domain.SizeStock) {
	if z.FreeToAllocate <= 0 {
		return
	}
	if m.unbacked++; len(m.sizes) < mostNamed {
		m.sizes = append(m.sizes, z.Size)
	}
}

// tell resolves the exception about double margins when no item has them any more; a
// figure that is computed opens it. It opens and resolves the one about sizes on offer
// that nothing stands behind, such as the former size of an item whose rule changed:
// nobody would ever lower them.
func (m *margins) tell(ctx context.Context, s *Stock, warehouse string) error {
	if !m.all {
		return nil
	}
	unbacked := driftCause(warehouse, "sizes without an item")
	switch {
	case m.unbacked == 0:
		if err := s.resolve(ctx, warehouse, unbacked); err != nil {
			return err
		}
	case m.loaded:
		if err := s.open(ctx, warehouse, "stock-drift", unbacked, warehouse, domain.Refusal{
			Code: "stock_unbacked", Field: "size", Value: fmt.Sprint(m.unbacked), Allowed: m.sizes,
			Message: fmt.Sprintf("the shop offers units of %d sizes of which the warehouse tells nothing, such as %s; set their stock to 0 in the shop, or give the item a rule", m.unbacked, named(m.sizes, m.unbacked)),
		}); err != nil {
			return err
		}
	}
	if m.double {
		return nil
	}
	return s.resolve(ctx, warehouse, domain.NewCause("double-buffer", warehouse))
}

// drifted compares one page of the shop's figures.
func (l *looker) drifted(ctx context.Context, sizes []domain.SizeStock, margins *margins) (int, error) {
	ids := make([]string, len(sizes))
	for i, z := range sizes {
		ids[i] = z.Size
	}
	ours, err := l.stock.Store.PublishedSizes(ctx, l.in.Warehouse, ids)
	if err != nil {
		return 0, err
	}
	var same, differ []string
	for _, z := range sizes {
		f, known := ours[z.Size]
		if known {
			margins.count(l.policy, f.SKU, z)
		}
		switch {
		case !known:
			margins.stranger(z)
			continue // no word of the warehouse: unknown, not zero
		case f.Figure == z.FreeToAllocate && f.Held == "":
			same = append(same, f.SKU)
		default:
			differ = append(differ, f.SKU)
		}
	}
	if err := l.stock.resolveOthers(ctx, l.in.Warehouse, "stock-drift", append(same, "-"), nil); err != nil || len(differ) == 0 {
		return 0, err
	}
	levels, err := l.stock.Store.StockLevels(ctx, l.in.Warehouse, differ)
	if err != nil {
		return 0, err
	}
	looks, err := l.at(ctx, levels)
	if err != nil {
		return 0, err
	}
	var unexplained, explained []string
	for _, one := range looks {
		sku := one.figure.SKU
		// What a pass has not looked at since it changed is no drift but work that is due.
		if one.held != "" || one.figure.Wanted == 0 || one.figure.Hold != "" || l.pending(one) {
			explained = append(explained, sku)
			continue
		}
		unexplained = append(unexplained, sku)
		if err := l.stock.open(ctx, l.in.Warehouse, "stock-drift", driftCause(l.in.Warehouse, sku), sku, domain.Refusal{
			Code: "stock_drift", SKU: sku, Value: fmt.Sprint(one.figure.Wanted), Message: explainDrift(one.figure),
		}); err != nil {
			return 0, err
		}
	}
	if err := l.stock.resolveOthers(ctx, l.in.Warehouse, "stock-drift", append(explained, "-"), nil); err != nil {
		return 0, err
	}
	if len(unexplained) == 0 {
		return 0, nil
	}
	_, err = l.stock.Store.TouchStock(ctx, l.in.Warehouse, unexplained, l.stock.Clock())
	return len(unexplained), err
}

// pending tells whether the last look at an item was of another state of the warehouse.
func (l *looker) pending(one looked) bool {
	if one.before == nil {
		return true
	}
	last := figureOf(one.before)
	return last.FeedVersion != one.figure.FeedVersion || last.RuleVersion != one.figure.RuleVersion || one.before.Held != ""
}

func driftCause(warehouse, sku string) string { return domain.NewCause("stock-drift", warehouse, sku) }

func explainDrift(f stock.Figure) string {
	return fmt.Sprintf("the shop offers %d, %d is explained: %d sellable, less %d buffer, less %d promised and not taken by the warehouse, less %d of orders not taken in; the difference of %+d is corrected",
		f.Free, f.Target, unitsOf(f, stock.TermSellable), unitsOf(f, stock.TermBuffer), unitsOf(f, stock.TermUnseen), unitsOf(f, stock.TermNotTakenIn), f.Wanted)
}
