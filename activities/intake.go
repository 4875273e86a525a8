package activities

import (
	"context"
	"fmt"
	"time"

	"selvedge/internal/contract"
)

// Taker takes in what the shop and the warehouses tell (package intake).
type Taker interface {
	DrainShop(ctx context.Context) (contract.IntakeResult, error)
	PollShop(ctx context.Context, store string) (contract.IntakeResult, error)
	ReadFeed(ctx context.Context, warehouse string) (contract.IntakeResult, error)
}

// Intake runs one scheduled round of taking things in. All of it may run twice:
// what stands in the store already is no change, what is not confirmed comes again.
type Intake struct {
	Taker Taker
}

// DrainShopEvents empties the shop's event queue: store, wake, confirm.
func (i *Intake) DrainShopEvents(ctx context.Context, _ contract.IntakeInput) (contract.IntakeResult, error) {
	defer beating(ctx)()
	result, err := i.Taker.DrainShop(ctx)
	return result, toTemporal(err, time.Second)
}

// PollUpdatedOrders reads the orders that the shop says were updated since the last poll.
func (i *Intake) PollUpdatedOrders(ctx context.Context, in contract.IntakeInput) (contract.IntakeResult, error) {
	defer beating(ctx)()
	result, err := i.Taker.PollShop(ctx, in.Store)
	if err != nil {
		err = fmt.Errorf("poll %s: %w", in.Store, err)
	}
	return result, toTemporal(err, time.Second)
}

// ReadWarehouseFeed reads a warehouse's events since the cursor.
func (i *Intake) ReadWarehouseFeed(ctx context.Context, in contract.IntakeInput) (contract.IntakeResult, error) {
	defer beating(ctx)()
	result, err := i.Taker.ReadFeed(ctx, in.Warehouse)
	return result, toTemporal(err, time.Second)
}
