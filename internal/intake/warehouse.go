package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// catchUpReach is how far back a warehouse is read whose feed no longer holds our position.
const catchUpReach = 90 * 24 * time.Hour

// feedPage is how many events one request reads: the warehouse's limit.
const feedPage = 200

// ReadFeed reads a warehouse's events since the cursor: what webhooks lost. The cursor
// moves after each page is stored; a second run reads a page again and changes nothing.
func (i *Intake) ReadFeed(ctx context.Context, warehouse string) (contract.IntakeResult, error) {
	var result contract.IntakeResult
	w, ok := i.Warehouses[warehouse]
	if !ok {
		return result, fmt.Errorf("no warehouse %q is configured", warehouse)
	}
	name := "feed/" + warehouse
	after, err := i.position(ctx, name)
	if err != nil {
		return result, err
	}
	for {
		events, last, more, err := w.Events(ctx, after, feedPage)
		if f, ok := fault.As(err); ok && f.Code == "cursor_expired" {
			if err := i.catchUp(ctx, w, &result); err != nil {
				return result, err
			}
			after = 0
			continue
		}
		if err != nil {
			return result, fmt.Errorf("read the feed of %s after %d: %w", warehouse, after, err)
		}
		for _, e := range events {
			if err := i.takeOrRefuse(ctx, "feed", warehouse, e); err != nil {
				return result, err
			}
			result.Events++
		}
		if last > after {
			if err := i.Store.SaveCursor(ctx, name, strconv.FormatInt(last, 10), i.Clock()); err != nil {
				return result, fmt.Errorf("save cursor %s: %w", name, err)
			}
			after = last
		}
		if !more {
			break
		}
	}
	result.Woken, err = i.Sweep(ctx)
	return result, err
}

func (i *Intake) position(ctx context.Context, name string) (int64, error) {
	value, err := i.Store.Cursor(ctx, name)
	if err != nil || value == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("cursor %s holds %q, want a number; set it to 0 to read everything again", name, value)
	}
	return n, nil
}

// catchUp reads all orders and their shipments when the feed has forgotten where we were.
func (i *Intake) catchUp(ctx context.Context, w ports.Warehouse, result *contract.IntakeResult) error {
	i.Log.Warn("the warehouse's feed no longer holds our position; reading all its orders", zap.String("warehouse", w.Key()))
	page := ""
	for {
		orders, next, err := w.UpdatedOrders(ctx, i.Clock().Add(-catchUpReach), page)
		if err != nil {
			return fmt.Errorf("read orders of %s: %w", w.Key(), err)
		}
		for _, o := range orders {
			facts, err := withShipments(ctx, w, o)
			if err == nil {
				err = i.record(ctx, w.Key(), o.Number, o.Reference, facts, true)
			}
			if fault.Is(err, fault.Invalid) {
				err = i.refuseFrom(ctx, "feed/"+w.Key(), "order/"+o.Number, err, nil)
			}
			if err != nil {
				return err
			}
			result.Events++
		}
		if next == "" {
			break
		}
		page = next
	}
	if err := i.catchUpReturns(ctx, w, result); err != nil {
		return err
	}
	return i.catchUpBooks(ctx, w, result)
}

// withShipments is what a warehouse says of an order and of its shipments now.
func withShipments(ctx context.Context, w ports.Warehouse, o domain.WarehouseOrder) ([]domain.Fact, error) {
	facts := []domain.Fact{domain.NewWarehouseOrderFact(o, o.UpdatedAt)}
	shipments, err := w.Shipments(ctx, o.Number)
	if err != nil {
		return nil, fmt.Errorf("read shipments of %s: %w", o.Number, err)
	}
	for _, s := range shipments {
		facts = append(facts, domain.NewShipmentFact(s, s.ShippedAt))
	}
	return facts, nil
}

// takeOrRefuse takes an event; one whose content cannot be kept becomes a refused
// input instead of standing in the way of every event behind it. The same event again
// is the same refused input.
func (i *Intake) takeOrRefuse(ctx context.Context, door, warehouse string, e ports.WarehouseEvent) error {
	err := i.TakeEvent(ctx, warehouse, e)
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	body, failed := json.Marshal(e) // free of personal data, as the adapter made it
	if failed != nil {
		body = nil // the reason and the id are worth keeping by themselves
	}
	return i.refuseFrom(ctx, door+"/"+warehouse, e.ID, err, body)
}

func (i *Intake) refuseFrom(ctx context.Context, source, key string, reason error, body []byte) error {
	i.Log.Error("what a warehouse tells cannot be kept; it stands among the refused inputs", zap.String("source", source), zap.String("key", key), zap.Error(reason))
	if err := i.Store.SaveRefused(ctx, source, key, reason.Error(), body, i.Clock()); err != nil {
		return fmt.Errorf("keep refused input %s of %s: %w", key, source, err)
	}
	return nil
}

// TakeEvent stores one event of a warehouse, from its webhook or its feed, and wakes
// the order if the event asks for something. The same event twice is one fact. An event
// that cannot be kept as it is answers fault.Invalid.
func (i *Intake) TakeEvent(ctx context.Context, warehouse string, e ports.WarehouseEvent) error {
	var facts []domain.Fact
	wake := true
	reference := ""
	switch {
	case e.Order != nil:
		facts = append(facts, domain.NewWarehouseOrderFact(*e.Order, e.At))
		reference = e.Order.Reference
		// A release is no state of its own: it shows only in the event that tells it.
		wake = asksForSomething(*e.Order) || e.Type == orderReleased
		if e.CancelRefused {
			wake = true
			facts = append(facts, cancelRefused(e, e.Order.Number))
		}
	case e.Shipment != nil:
		facts = append(facts, domain.NewShipmentFact(*e.Shipment, e.At))
	case e.Confirmation != nil || e.Adjustment != nil || e.Return:
		return i.takeReturnEvent(ctx, warehouse, e)
	case e.Consignment == "" && ofOrders(e):
		return &fault.Fault{Kind: fault.Invalid, System: warehouse, Op: "take event", Code: "no_order", Message: "the event is about an order that it does not name"}
	case e.Consignment == "":
		return nil // about stock or items: the stock workflow reads the inventory itself
	case ofOrders(e):
		var err error
		if facts, reference, err = i.look(ctx, warehouse, e.Consignment); err != nil {
			return err
		}
		if e.Type == cancellationRejected { // the order itself does not show it
			facts = append(facts, cancelRefused(e, e.Consignment))
		}
		facts = append(facts, unknown(e))
	default:
		wake = false
		facts = append(facts, unknown(e))
	}
	return i.record(ctx, warehouse, e.Consignment, reference, facts, wake)
}

// Types of events that tell what no state of an order shows: the end of a hold, and
// that a cancellation is refused.
const (
	orderReleased        = "order.released"
	cancellationRejected = "order.cancellation_rejected"
)

// ofOrders tells whether an event concerns an order or a shipment, decoded or not.
func ofOrders(e ports.WarehouseEvent) bool {
	for _, kind := range []string{"order", "shipment"} {
		if strings.HasPrefix(e.Subject, kind+"/") || strings.HasPrefix(e.Type, kind+".") {
			return true
		}
	}
	return false
}

func cancelRefused(e ports.WarehouseEvent, number string) domain.Fact {
	return domain.NewFact(domain.FactCancelRefused, "cancel-refused:"+e.ID, "warehouse", e.At, domain.CancelRefusedFact{Consignment: number})
}

func unknown(e ports.WarehouseEvent) domain.Fact {
	return domain.Fact{Kind: domain.FactUnknown, Key: "event:" + e.ID, At: e.At, Actor: "warehouse", Data: raw(e)}
}

// look reads what an event that cannot be decoded tries to tell: the event is only
// the news, the order at the warehouse is the truth. What waiting heals comes back as
// the error, so that the event is told again; what it does not heal yields no facts.
func (i *Intake) look(ctx context.Context, warehouse, number string) ([]domain.Fact, string, error) {
	w, ok := i.Warehouses[warehouse]
	if !ok {
		return nil, "", fmt.Errorf("no warehouse %q is configured", warehouse)
	}
	order, err := w.Order(ctx, number)
	var facts []domain.Fact
	if err == nil {
		facts, err = withShipments(ctx, w, order)
	}
	if fault.Is(err, fault.Invalid, fault.NotFound, fault.Rejected, fault.Conflict, fault.Unmapped) {
		i.Log.Error("a warehouse's event and its order cannot be read", zap.String("warehouse", warehouse), zap.String("number", number), zap.Error(err))
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read %s at %s behind an event that cannot be read: %w", number, warehouse, err)
	}
	return facts, order.Reference, nil
}

func (i *Intake) record(ctx context.Context, warehouse, number, reference string, facts []domain.Fact, wake bool) error {
	recorded, err := i.Store.AppendForConsignment(ctx, warehouse, number, reference, facts, wake)
	if err != nil {
		return fmt.Errorf("store events of %s at %s: %w", number, warehouse, err)
	}
	if !recorded.Known {
		i.Log.Warn("a warehouse speaks of an order that we never sent; its events are kept", zap.String("warehouse", warehouse), zap.String("number", number))
		return nil
	}
	if recorded.Added == 0 || !wake {
		return nil
	}
	return i.signal(ctx, recorded.ID, recorded.Sequence, func() (domain.Order, error) { return i.Store.Order(ctx, recorded.ID) })
}

// asksForSomething tells whether an order at a warehouse needs its workflow to look.
// Plain progress does not: shipments tell of themselves.
func asksForSomething(o domain.WarehouseOrder) bool {
	switch o.Status {
	case domain.WarehouseRejected, domain.WarehouseCancelled, domain.WarehouseOnHold, domain.WarehouseUnknown:
		return true
	}
	for _, l := range o.Lines {
		if l.Short > 0 || l.Cancelled > 0 {
			return true
		}
	}
	return false
}

// raw is what the adapter kept of an event, without personal data.
func raw(e ports.WarehouseEvent) json.RawMessage {
	if len(e.Raw) == 0 || !json.Valid(e.Raw) {
		return json.RawMessage(`{}`)
	}
	return e.Raw
}
