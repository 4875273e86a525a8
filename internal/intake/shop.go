package intake

import (
	"context"
	"fmt"
	"slices"

	"go.uber.org/zap"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// eventPage is how many events one round takes off the queue: the shop's own limit.
const eventPage = 200

// DrainShop empties the shop's event queue: stores, wakes, then confirms. Events
// that cannot be read are kept as refused and confirmed, so they block nobody. A second
// run sees the unconfirmed events again and changes nothing. The queue is the
// integration's, not a store's, so each store's schedule empties the same one: whoever
// comes second finds it empty, and where two overlap, taking an order twice changes
// nothing and confirming an event twice is harmless.
func (i *Intake) DrainShop(ctx context.Context) (contract.IntakeResult, error) {
	var result contract.IntakeResult
	i.listen(ctx)
	for round := 0; round < 50; round++ {
		events, err := i.Shop.Events(ctx, eventPage)
		if err != nil {
			return result, fmt.Errorf("read the shop's events: %w", err)
		}
		if len(events) == 0 {
			break
		}
		if err := i.takeEvents(ctx, events, &result); err != nil {
			return result, err
		}
		ids := make([]string, 0, len(events))
		for _, e := range events {
			ids = append(ids, e.ID)
		}
		if err := i.Shop.ConfirmEvents(ctx, ids); err != nil {
			return result, fmt.Errorf("confirm %d events: %w", len(ids), err)
		}
		result.Events += len(events)
		if len(events) < eventPage {
			break
		}
	}
	woken, err := i.Sweep(ctx)
	result.Woken = woken
	return result, err
}

// listen asks the shop once per process to queue events for us: it queues nothing for
// an integration that never asked, and asking costs a mutation. The shop adds what is
// missing, so asking twice is harmless. Where asking fails, the poll finds the orders
// and the next run asks again.
func (i *Intake) listen(ctx context.Context) {
	if i.listening.Load() {
		return
	}
	if err := i.Shop.ListenToEvents(ctx); err != nil {
		i.Log.Warn("the shop did not take our wish for events; orders are found by the poll meanwhile", zap.Error(err))
		return
	}
	i.listening.Store(true)
}

func (i *Intake) takeEvents(ctx context.Context, events []ports.ShopEvent, result *contract.IntakeResult) error {
	numbers := map[string][]string{}
	for _, e := range events {
		switch {
		case e.Object == "order" && e.Change != "deleted":
			stores := i.Stores
			if e.Store != "" {
				stores = []string{e.Store}
			}
			for _, s := range stores {
				if !slices.Contains(numbers[s], e.Ref) {
					numbers[s] = append(numbers[s], e.Ref)
				}
			}
		case e.Object == "return":
			if err := i.takeShopReturn(ctx, e); err != nil {
				return err
			}
		}
	}
	for _, store := range i.Stores {
		changed, err := i.takeBisected(ctx, store, numbers[store])
		result.Changed += changed
		if err != nil {
			return err
		}
	}
	return nil
}

// takeBisected takes orders in; when a batch cannot be decoded it is halved until the
// one that spoils it stands alone and is kept as refused.
func (i *Intake) takeBisected(ctx context.Context, store string, numbers []string) (int, error) {
	if len(numbers) == 0 {
		return 0, nil
	}
	changed, err := i.TakeOrders(ctx, store, numbers)
	if err == nil || !fault.Is(err, fault.Invalid) {
		return changed, err
	}
	if len(numbers) == 1 {
		id := domain.OrderID{Store: store, Number: numbers[0]}
		return changed, i.refuse(ctx, ports.ShopOrder{Order: domain.Order{ID: id}, Err: err})
	}
	half := len(numbers) / 2
	first, err := i.takeBisected(ctx, store, numbers[:half])
	if err != nil {
		return first, err
	}
	second, err := i.takeBisected(ctx, store, numbers[half:])
	return first + second, err
}
