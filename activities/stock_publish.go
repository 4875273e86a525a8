package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/stock"
)

// Bounds of a pass; what is beyond them is the next sweep's.
const (
	lookedAtOnce  = ports.StockReadSizes
	raisesAtOnce  = 10_000 // increases that are remembered until all decreases are written
	mostSweeps    = 50
	refusedAgain  = 10 * time.Minute // when a size that the shop refuses is tried again
	mostRefusals  = 2                // of one size in one pass
	soonest       = 2 * time.Second  // when a figure that can change by itself is looked at again
	latest        = time.Minute
	waitForRaises = 30 * time.Second // when a raise that was held back is looked at again

	// sendWithin is how long after its note a change may be sent; it ends before the lease does.
	sendWithin = leaseFor - leaseFor/4
)

// PublishStock looks at every figure that is due, with the shop read afresh, and writes
// the differences: all decreases first, then the increases, in batches. It refuses when
// the feed has moved on since it was read, or another pass has taken over. What the
// shop's budget does not allow now stays due; that is no failure.
func (s *Stock) PublishStock(ctx context.Context, in contract.StockRead) (contract.StockResult, error) {
	defer beating(ctx)()
	p, err := s.publisher(ctx, in)
	if err == nil {
		err = p.sweep(ctx)
	}
	if ports.LostFence(err) {
		p.result.Lost = true
		return p.result, nil
	}
	if err == nil {
		err = p.end(ctx)
	}
	if err != nil {
		err = fmt.Errorf("publish the stock of %s: %w", in.Warehouse, err)
	}
	return p.result, toTemporal(err, s.Settle)
}

// publisher is one run of PublishStock.
type publisher struct {
	stock  *Stock
	in     contract.StockRead
	feed   ports.StockFeed
	look   *looker
	result contract.StockResult

	batcher  stock.Batcher
	touched  map[string]int64 // of the levels that the batched figures were computed from
	raises   int
	left     bool // increases were left to another sweep
	refusals map[string]int
	limited  map[bool]time.Time // by direction: until when the budget allows nothing
}

func (s *Stock) publisher(ctx context.Context, in contract.StockRead) (*publisher, error) {
	p := &publisher{
		stock: s, in: in, touched: map[string]int64{}, refusals: map[string]int{}, limited: map[bool]time.Time{},
		result: contract.StockResult{AsOf: in.AsOf, Full: in.Full, Hold: in.Hold, Records: in.Records, Changed: in.Changed},
	}
	// A fence of its own: an earlier attempt that was given up for dead and goes on holds
	// one of the past, or both would send the same difference.
	feed, held, err := s.Store.AcquireStock(ctx, in.Warehouse, holder(ctx), leaseFor)
	if err != nil {
		return p, err
	}
	if !held {
		return p, &fault.Fault{Kind: fault.Conflict, System: "store", Op: "publish stock", Code: ports.FenceLost, Message: "another pass is at work"}
	}
	if feed.Version != in.Version {
		if err := s.Store.ReleaseStock(ctx, feed.StockLease); err != nil {
			return p, err
		}
		return p, &fault.Fault{Kind: fault.Conflict, System: "store", Op: "publish stock", Code: ports.FenceLost, Message: "the feed has moved on since it was read"}
	}
	p.feed = feed
	if p.look, err = s.looker(ctx, in, feed); err != nil {
		return p, err
	}
	return p, p.look.tellStatuses(ctx)
}

// sweep goes over what is due until nothing is left that can be written now.
func (p *publisher) sweep(ctx context.Context) error {
	for range mostSweeps {
		looked, err := p.once(ctx)
		if err != nil {
			return err
		}
		if looked == 0 || !p.left {
			return nil
		}
	}
	return nil
}

// once looks at everything that is due: decreases are written as they fill a batch,
// increases when the last decrease is.
func (p *publisher) once(ctx context.Context) (looked int, err error) {
	p.batcher, p.raises, p.left = stock.Batcher{}, 0, false
	at := p.stock.Clock()
	for after := ""; ; {
		levels, err := p.stock.Store.DueStock(ctx, p.in.Warehouse, after, at, lookedAtOnce)
		if err != nil || len(levels) == 0 {
			return looked, p.rest(ctx, err)
		}
		after = levels[len(levels)-1].Record.SKU
		looked += len(levels)
		if err := p.page(ctx, levels); err != nil {
			return looked, err
		}
		if len(levels) < lookedAtOnce {
			return looked, p.rest(ctx, nil)
		}
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx, after)
		}
		if _, err := p.stock.Store.RenewStock(ctx, p.feed.StockLease, leaseFor); err != nil {
			return looked, err
		}
	}
}

// page decides about one page of levels, keeps what came of it, and writes full batches of decreases.
func (p *publisher) page(ctx context.Context, levels []ports.StockLevel) error {
	looks, err := p.look.at(ctx, levels)
	if err != nil {
		return err
	}
	p.result.Looked += int64(len(looks))
	figures := make([]ports.StockFigure, 0, len(looks))
	var full []stock.Batch
	for _, l := range looks {
		kept := p.keep(l)
		figures = append(figures, kept)
		if !kept.Keep {
			continue
		}
		p.touched[l.figure.SKU] = l.level.Touched
		if batch, due := p.batcher.Add(l.figure); due {
			full = append(full, batch)
		}
	}
	if err := p.stock.Store.SaveStockFigures(ctx, p.feed.StockLease, figures); err != nil {
		return err
	}
	if err := p.look.exposed(ctx, looks); err != nil {
		return err
	}
	if err := p.stock.tellFigures(ctx, p.in.Warehouse, looks); err != nil {
		return err
	}
	for _, batch := range full {
		if err := p.write(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// keep says what becomes of a figure: written now, looked at again at a time, or left
// until something changes.
func (p *publisher) keep(l looked) ports.StockFigure {
	now := p.stock.Clock()
	f := ports.StockFigure{
		SKU: l.figure.SKU, SizeID: l.size.ID, ShopSKU: l.size.SKU, Figure: l.figure.Target, Offered: l.figure.Free,
		Held: l.held, At: now, Touched: l.level.Touched, Terms: termsOf(l.figure),
	}
	difference := l.figure.Difference
	switch {
	case !l.until.IsZero():
		f.DueAt = l.until
	case difference != 0:
		f.Keep = true
		if difference > 0 {
			if p.raises++; p.raises > raisesAtOnce { // the next sweep's
				p.left = true
				f.Keep = false
				f.DueAt = now
			}
		}
		if until := p.limited[difference < 0]; now.Before(until) {
			f.Keep, f.DueAt, f.Held = false, until, "budget"
			p.result.Waiting++
		}
	case l.figure.Hold != "":
		f.Held, f.DueAt = string(l.figure.Hold), now.Add(waitForRaises)
		p.result.Waiting++
	case l.figure.Open():
		f.DueAt = now.Add(again(l, now))
	}
	return f
}

// again is how soon a figure is looked at that can change without a word of feed or
// shop: soon at first, and less and less often while it stays what it was.
func again(l looked, now time.Time) time.Duration {
	if l.before == nil || l.before.Figure != l.figure.Target || l.before.Offered != l.figure.Free {
		return soonest
	}
	return min(latest, max(soonest, 2*now.Sub(l.before.At)))
}

func termsOf(f stock.Figure) json.RawMessage {
	text, err := json.Marshal(f)
	if err != nil {
		return json.RawMessage(`{}`) // numbers, texts and times: cannot happen
	}
	return text
}

// rest writes what is left of the decreases, then the increases.
func (p *publisher) rest(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	if batch, due := p.batcher.Lower(); due {
		if err := p.write(ctx, batch); err != nil {
			return err
		}
	}
	for {
		batch, due := p.batcher.Raise()
		if !due {
			return nil
		}
		if err := p.write(ctx, batch); err != nil {
			return err
		}
	}
}

// write sends one batch.
//
// It cannot be repeated, so it is noted first. A second run of the activity finds the
// note and leaves the items alone for as long as the shop may still act on the first; then it
// computes anew. After a lost answer it is the same. The lease was prolonged by the note and
// outlives the request.
func (p *publisher) write(ctx context.Context, batch stock.Batch) error {
	s, lease, now := p.stock, p.feed.StockLease, p.stock.Clock()
	skus := make([]string, len(batch.Figures))
	for i, f := range batch.Figures {
		skus[i] = f.SKU
	}
	if until := p.limited[batch.Decrease]; now.Before(until) {
		return p.wait(ctx, skus, until)
	}
	// The note bears the last moment at which the change may be sent: it may wait for its
	// turn first, and the shop's time to act on it begins when it is sent.
	if err := s.Store.BeginStockWrite(ctx, lease, skus, leaseFor, now.Add(sendWithin)); err != nil {
		return err
	}
	sending, cancel := context.WithTimeout(ctx, sendWithin)
	err := s.Shop.ChangeStock(sending, ports.StockChange{
		Warehouse: p.in.Warehouse, Decrease: batch.Decrease, Sizes: batch.Sizes,
		Description: "warehouse feed of " + p.in.AsOf.UTC().Format(time.RFC3339),
	})
	cancel()
	f, faulty := fault.As(err)
	switch {
	case err == nil:
		return p.record(ctx, batch)
	case faulty && f.Kind == fault.RateLimited:
		until := f.RetryAt
		if !until.After(now) {
			until = now.Add(10 * time.Second)
		}
		p.limited[batch.Decrease] = until
		return p.wait(ctx, skus, until)
	case faulty && (f.Kind == fault.Rejected || f.Kind == fault.Invalid || f.Kind == fault.NotFound || f.Kind == fault.Conflict):
		return p.refused(ctx, batch, f)
	case faulty && f.Kind == fault.Unavailable:
		// Nothing was changed: the note goes, and the next attempt sends anew.
		if failed := s.Store.CancelStockWrite(context.WithoutCancel(ctx), lease, skus, now); failed != nil {
			return failed
		}
		return err
	case faulty && f.Kind == fault.Uncertain:
		p.result.Waiting += int64(len(skus)) // the note keeps them until then, and now it is known when that was
		return s.Store.BeginStockWrite(context.WithoutCancel(ctx), lease, skus, leaseFor, s.Clock())
	}
	return err
}

func (p *publisher) wait(ctx context.Context, skus []string, until time.Time) error {
	p.result.Waiting += int64(len(skus))
	return p.stock.Store.CancelStockWrite(ctx, p.feed.StockLease, skus, until)
}

func (p *publisher) record(ctx context.Context, batch stock.Batch) error {
	written := make([]ports.StockWritten, len(batch.Figures))
	for i, f := range batch.Figures {
		written[i] = ports.StockWritten{SKU: f.SKU, Touched: p.touched[f.SKU], Figure: f.Target, Difference: f.Difference, Terms: termsOf(f)}
		delete(p.touched, f.SKU)
	}
	p.result.Mutations++
	if batch.Decrease {
		p.result.Lowered += int64(len(written))
	} else {
		p.result.Raised += int64(len(written))
	}
	if err := p.stock.Store.RecordStockWrite(ctx, p.feed.StockLease, written, batch.Decrease, p.in.AsOf, p.stock.Clock()); err != nil {
		return err
	}
	return p.stock.accepted(ctx, p.in.Warehouse, written)
}

// refused takes a batch apart that the shop refused as a whole: a size that was sold out
// meanwhile is computed from a fresh read, one that the shop refuses again becomes an
// exception, and the others go on without it.
func (p *publisher) refused(ctx context.Context, batch stock.Batch, f *fault.Fault) error {
	named := map[string]fault.Problem{}
	for _, problem := range f.Problems {
		if problem.Value != "" {
			named[problem.Value] = problem
		}
	}
	now := p.stock.Clock()
	var again, never []string
	var problems []domain.Refusal
	for _, figure := range batch.Figures {
		problem, blamed := named[figure.Size]
		if blamed || len(named) == 0 {
			p.refusals[figure.SKU]++
		}
		if p.refusals[figure.SKU] < mostRefusals {
			again = append(again, figure.SKU)
			continue
		}
		if problem.Message == "" {
			problem.Message = f.Message
		}
		never = append(never, figure.SKU)
		problems = append(problems, domain.Refusal{Code: "stock_refused", SKU: figure.SKU, Value: figure.Size, Message: problem.Message})
	}
	if err := p.stock.Store.CancelStockWrite(ctx, p.feed.StockLease, again, now); err != nil {
		return err
	}
	p.left = p.left || len(again) > 0
	p.result.Waiting += int64(len(never))
	if len(never) == 0 {
		return nil
	}
	if err := p.stock.Store.CancelStockWrite(ctx, p.feed.StockLease, never, now.Add(refusedAgain)); err != nil {
		return err
	}
	return p.stock.tellRefused(ctx, p.in.Warehouse, never, problems)
}

// end says what the pass did and gives the lease back.
func (p *publisher) end(ctx context.Context) error {
	if err := p.stock.tellSizes(ctx, p.in.Warehouse); err != nil {
		return err
	}
	if err := p.stock.tellMargins(ctx, p.in.Warehouse, p.in.Full); err != nil {
		return err
	}
	pass := passOf(p.in)
	pass.EndedAt = p.stock.Clock()
	pass.Looked, pass.Lowered, pass.Raised, pass.Waiting, pass.Mutations = p.result.Looked, p.result.Lowered, p.result.Raised, p.result.Waiting, p.result.Mutations
	if err := p.stock.Store.SaveStockPass(ctx, pass); err != nil {
		return err
	}
	return p.stock.Store.ReleaseStock(ctx, p.feed.StockLease)
}
