package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/stock"
)

// OrderDrain takes in what a warehouse says of its orders, and of garments that left its
// books for good (package intake).
type OrderDrain interface {
	DrainOrders(ctx context.Context, warehouse string, since time.Time) (upTo time.Time, err error)
	TakeAdjustments(ctx context.Context, warehouse string, movements []domain.Adjustment) error
}

// Stock brings what a warehouse can sell to the shop: the feed is read, the orders are
// drained past it, the shop is read, the differences are written.
//
// All of it may run twice. What was read is kept by its version, so that the same again
// is no difference. A change of stock is the one write that cannot be repeated: it is
// noted before it is sent, and after a crash or a lost answer its items are left alone
// until the shop can no longer act on it, and then computed from a fresh read. Each step
// proves with the fence of its lease that no other pass has taken over.
type Stock struct {
	Store  ports.StockStore
	Shop   ports.StockShop
	Rooms  map[string]ports.Stockroom // by warehouse
	Orders OrderDrain
	Clock  func() time.Time
	// Settle is how long the shop may still act on a request whose answer was lost.
	Settle time.Duration
	// StaleAfter is how old the state of a feed may be; older ones raise nothing.
	StaleAfter time.Duration
	// FullEvery is how long deltas may go on before a snapshot is read again.
	FullEvery time.Duration
}

// leaseFor is how long a killed pass keeps others out; each step prolongs it. It is
// longer than any single request, so that what was sent has an answer before it ends.
const leaseFor = 30 * time.Second

// leaseWait is how long a pass that was asked for waits for another one to end.
const leaseWait = 20 * time.Second

// StockAttempts is how often the workflow tries a step of a pass. The last try makes the
// best of what there is, since lowering must not wait for a feed that is half broken.
const StockAttempts = 4

func lastAttempt(ctx context.Context) bool {
	return !activity.IsActivity(ctx) || activity.GetInfo(ctx).Attempt >= StockAttempts
}

// ReadInventory takes the lease and reads the warehouse's feed into the store: what
// changed since the last time, or a snapshot. Only what differs is written. It goes on
// where an earlier attempt stopped. When another pass is at work it answers Busy, to a movement or a person after
// some patience, since that pass may have read before.
func (s *Stock) ReadInventory(ctx context.Context, in contract.StockInput) (contract.StockRead, error) {
	defer beating(ctx)()
	room, ok := s.Rooms[in.Warehouse]
	if !ok {
		return contract.StockRead{}, toTemporal(unknownWarehouse(in.Warehouse), s.Settle)
	}
	feed, held, err := s.acquire(ctx, in)
	read := contract.StockRead{Warehouse: in.Warehouse, Trigger: in.Trigger, BeganAt: s.Clock()}
	if err != nil || !held {
		read.Busy = true
		return read, toTemporal(err, s.Settle)
	}
	r := &reader{stock: s, room: room, feed: feed, renewed: s.Clock()}
	err = r.run(ctx, in.Full)
	read.Fence, read.Version, read.AsOf, read.Since = feed.Fence, r.feed.Version, r.feed.AsOf, feed.AsOf
	read.Full, read.Records, read.Changed, read.Hold = r.reading.Mode == ports.FeedSnapshot, r.reading.Records, r.reading.Changed, string(r.hold)
	if err != nil {
		if ports.LostFence(err) || !r.told || !lastAttempt(ctx) {
			return contract.StockRead{}, toTemporal(fmt.Errorf("read the inventory of %s: %w", in.Warehouse, err), s.Settle)
		}
		// The feed breaks off again and again: what it did tell may lower figures.
		read.Hold = string(stock.HoldCut)
		if err := s.Store.AbandonStockReading(ctx, r.lease(), feed.Changes); err != nil {
			return contract.StockRead{}, toTemporal(err, s.Settle)
		}
	}
	if err := s.tellFeed(ctx, in.Warehouse, read, err); err != nil {
		return contract.StockRead{}, toTemporal(err, s.Settle)
	}
	return read, toTemporal(s.Store.SaveStockPass(ctx, passOf(read)), s.Settle)
}

func unknownWarehouse(name string) error {
	return &fault.Fault{Kind: fault.Misconfigured, System: "selvedge", Op: "stock", Message: fmt.Sprintf("no warehouse %q with an inventory feed is configured", name)}
}

func passOf(r contract.StockRead) ports.StockPass {
	return ports.StockPass{
		Warehouse: r.Warehouse, Fence: r.Fence, Trigger: r.Trigger, BeganAt: r.BeganAt, Full: r.Full,
		Cut: r.Hold == string(stock.HoldCut), AsOf: r.AsOf, Records: r.Records, Changed: r.Changed,
	}
}

// holder names the run, so that its next attempt takes the lease from the one that died.
func holder(ctx context.Context) string {
	if !activity.IsActivity(ctx) {
		return "test"
	}
	return activity.GetInfo(ctx).WorkflowExecution.RunID
}

func (s *Stock) acquire(ctx context.Context, in contract.StockInput) (feed ports.StockFeed, held bool, err error) {
	until := time.Now().Add(leaseWait)
	for {
		feed, held, err = s.Store.AcquireStock(ctx, in.Warehouse, holder(ctx), leaseFor)
		if err != nil || held || in.Trigger == contract.StockBySchedule || time.Now().After(until) {
			return feed, held, err
		}
		select {
		case <-ctx.Done():
			return feed, false, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// DrainWarehouseOrders takes in what the warehouse says of its orders, past the state
// of the feed, and the movements of its books. On its last attempt it lets the pass go on
// without, which then raises nothing.
func (s *Stock) DrainWarehouseOrders(ctx context.Context, in contract.StockRead) (contract.StockRead, error) {
	defer beating(ctx)()
	lease := ports.StockLease{Warehouse: in.Warehouse, Fence: in.Fence}
	feed, err := s.Store.RenewStock(ctx, lease, leaseFor)
	if err != nil {
		return in, toTemporal(err, s.Settle)
	}
	err = s.drain(ctx, lease, feed, in.Trigger != contract.StockByMovement || feed.BooksAt.IsZero())
	if err != nil && !ports.LostFence(err) && lastAttempt(ctx) && !errors.Is(err, context.Canceled) {
		if in.Hold == "" {
			in.Hold = string(stock.HoldOrders)
		}
		err = nil
	}
	return in, toTemporal(err, s.Settle)
}

func (s *Stock) drain(ctx context.Context, lease ports.StockLease, feed ports.StockFeed, books bool) error {
	upTo, err := s.Orders.DrainOrders(ctx, lease.Warehouse, feed.OrdersAt)
	if err != nil {
		return fmt.Errorf("drain the orders of %s: %w", lease.Warehouse, err)
	}
	if !upTo.IsZero() {
		if err := s.Store.SaveOrdersRead(ctx, lease, upTo); err != nil {
			return err
		}
	}
	if _, err := s.Store.MarkSoldStock(ctx, lease, s.Clock()); err != nil {
		return err
	}
	if !books {
		return nil
	}
	// The books explain and have no part in a figure: what cannot be read of them is read
	// by a later pass, and holds nothing back.
	err = s.drainBooks(ctx, lease, feed)
	if err == nil || ports.LostFence(err) || ctx.Err() != nil {
		return err
	}
	if activity.IsActivity(ctx) {
		activity.GetLogger(ctx).Warn("the books of a warehouse could not be read; the next pass tries again", "warehouse", lease.Warehouse, "error", err.Error())
	}
	return nil
}

func (s *Stock) drainBooks(ctx context.Context, lease ports.StockLease, feed ports.StockFeed) error {
	newest := feed.BooksAt
	for page := ""; ; {
		movements, next, err := s.Rooms[lease.Warehouse].Adjustments(ctx, feed.BooksAt, page)
		if err != nil {
			return fmt.Errorf("read the books of %s: %w", lease.Warehouse, err)
		}
		for _, m := range movements {
			if m.At.After(newest) {
				newest = m.At
			}
		}
		// Taken before we note how far the books were read: a crash in between takes them again.
		if err := s.Orders.TakeAdjustments(ctx, lease.Warehouse, movements); err != nil {
			return fmt.Errorf("take the books of %s: %w", lease.Warehouse, err)
		}
		if _, err := s.Store.SaveAdjustments(ctx, lease, movements, newest); err != nil || next == "" {
			return err
		}
		page = next
	}
}

// heldOf is what is held of an item, in the words of package stock.
func heldOf(v ports.StockLevel) stock.Held {
	r := v.Record
	return stock.Held{Version: r.Version, ChangedAt: r.ChangedAt, Quantities: r.Quantities, ByGrade: r.ByGrade, AsOf: v.AsOf, Doubt: stock.Hold(v.Doubt)}
}

func levelOf(sku string, h stock.Held) ports.StockLevel {
	return ports.StockLevel{
		Record: domain.InventoryRecord{SKU: sku, Version: h.Version, ChangedAt: h.ChangedAt, Quantities: h.Quantities, ByGrade: h.ByGrade},
		AsOf:   h.AsOf, Doubt: string(h.Doubt),
	}
}
