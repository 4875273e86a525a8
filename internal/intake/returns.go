package intake

import (
	"context"
	"fmt"
	"strings"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// returnWorkflow is the workflow's type, as package workflows registers it.
const returnWorkflow = "ReturnWorkflow"

// takeReturnEvent stores what a warehouse tells of a return or a write-off, and wakes
// whoever has to look: its order, or the return itself while no order is known.
func (i *Intake) takeReturnEvent(ctx context.Context, warehouse string, e ports.WarehouseEvent) error {
	switch {
	case e.Confirmation != nil:
		return i.takeConfirmation(ctx, *e.Confirmation)
	case e.Adjustment != nil:
		return i.takeAdjustment(ctx, warehouse, *e.Adjustment)
	}
	// It could not be decoded: the event is only the news, the return at the warehouse is the truth.
	id, _ := strings.CutPrefix(e.Subject, "return/")
	if w, ok := i.Warehouses[warehouse].(ports.WarehouseReturns); ok && id != "" {
		c, err := w.Return(ctx, id)
		if err == nil {
			return i.takeConfirmation(ctx, c)
		}
		if !fault.Is(err, fault.Invalid, fault.NotFound, fault.Rejected) {
			return fmt.Errorf("read return %s at %s behind an event that cannot be read: %w", id, warehouse, err)
		}
	}
	// Nothing can be done about it before the warehouse tells it anew, and somebody has to
	// know: it stands among the refused inputs, and in the order's story where it has one.
	unreadable := &fault.Fault{Kind: fault.Invalid, System: warehouse, Op: "take event", Code: "return_unreadable", Message: "the event is about a return that cannot be read; have the warehouse correct it"}
	if e.Consignment != "" {
		fact := domain.Fact{Kind: domain.FactReturn, Key: "return:" + e.ID, At: e.At, Actor: "warehouse", Data: raw(e)}
		if err := i.record(ctx, warehouse, e.Consignment, "", []domain.Fact{fact}, true); err != nil {
			return err
		}
		unreadable.Message = "the event is about a return of order " + e.Consignment + " that cannot be read; have the warehouse correct it"
	}
	return unreadable
}

func (i *Intake) takeConfirmation(ctx context.Context, c domain.ReturnConfirmation) error {
	at := c.ReceivedAt
	for _, u := range c.Units {
		if u.DecidedAt.After(at) {
			at = u.DecidedAt
		}
	}
	return i.recordReturn(ctx, c.Warehouse, c.ID, c.Consignment, domain.NewReturnFact(c, at))
}

// recordReturn gives a fact to its order, or to the return itself when nobody knows the
// order. Told twice it is one fact, wherever it stands.
func (i *Intake) recordReturn(ctx context.Context, warehouse, id, consignment string, fact domain.Fact) error {
	if i.Orphans == nil {
		return i.record(ctx, warehouse, consignment, "", []domain.Fact{fact}, true)
	}
	owner, known, err := i.Orphans.OwnerOf(ctx, warehouse, consignment)
	if err != nil {
		return fmt.Errorf("find the order of return %s at %s: %w", id, warehouse, err)
	}
	if known {
		if err := i.record(ctx, warehouse, consignment, owner.String(), []domain.Fact{fact}, true); err != nil {
			return err
		}
		return i.claim(ctx, warehouse, id, consignment)
	}
	o, err := i.Orphans.TakeOrphan(ctx, ports.OrphanReturn{Warehouse: warehouse, ID: id, Consignment: consignment, Facts: []domain.Fact{fact}}, i.Clock())
	if err != nil {
		return fmt.Errorf("keep return %s of %s: %w", id, warehouse, err)
	}
	if o.Owner != (domain.OrderID{}) {
		return i.record(ctx, warehouse, "", o.Owner.String(), []domain.Fact{fact}, true)
	}
	i.Log.Warn("goods came back, or were written off, of which nobody knows the order", zap.String("warehouse", warehouse), zap.String("return", id))
	return i.wakeOrphan(ctx, warehouse, id)
}

// claim tells a return that was without an order which one it is of, once the warehouse
// has found out. A second run finds it told, or handed over.
func (i *Intake) claim(ctx context.Context, warehouse, id, consignment string) error {
	o, err := i.Orphans.Orphan(ctx, warehouse, id)
	if fault.Is(err, fault.NotFound) || err == nil && o.Owner != (domain.OrderID{}) {
		return nil
	}
	if err == nil && o.Consignment != consignment {
		o, err = i.Orphans.TakeOrphan(ctx, ports.OrphanReturn{Warehouse: warehouse, ID: id, Consignment: consignment}, i.Clock())
	}
	if err != nil {
		return fmt.Errorf("tell return %s of %s its order: %w", id, warehouse, err)
	}
	if !o.SettledAt.IsZero() { // nobody's, as somebody has said: the order has what counts
		return nil
	}
	return i.wakeOrphan(ctx, warehouse, id)
}

// wakeOrphan starts or wakes the workflow of a return without an order.
func (i *Intake) wakeOrphan(ctx context.Context, warehouse, id string) error {
	name := contract.OrphanReturnWorkflowID(warehouse, id)
	_, err := i.Client.SignalWithStartWorkflow(ctx, name, contract.SignalFact, contract.FactSignal{}, client.StartWorkflowOptions{
		ID: name, TaskQueue: contract.QueueOrders, WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING, StaticSummary: "return " + id + " at " + warehouse + ", order unknown",
	}, returnWorkflow, contract.ReturnInput{Warehouse: warehouse, ReturnID: id})
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	return nil
}

// catchUpReturns reads all returns when the feed has forgotten where we were.
func (i *Intake) catchUpReturns(ctx context.Context, w ports.Warehouse, result *contract.IntakeResult) error {
	reader, ok := w.(ports.WarehouseReturns)
	if !ok {
		return nil
	}
	page := ""
	for {
		returns, next, err := reader.UpdatedReturns(ctx, i.Clock().Add(-catchUpReach), page)
		if err != nil {
			return fmt.Errorf("read returns of %s: %w", w.Key(), err)
		}
		for _, c := range returns {
			if err := i.takeConfirmation(ctx, c); err != nil {
				return err
			}
			result.Events++
		}
		if next == "" {
			return nil
		}
		page = next
	}
}

// takeShopReturn reads a return of which the shop tells and gives it to its order. The
// event is only the news, so the same news again is the same fact. What we wrote
// ourselves wakes nobody until its money moves.
func (i *Intake) takeShopReturn(ctx context.Context, e ports.ShopEvent) error {
	shop, ok := i.Shop.(ports.ShopReturns)
	if !ok {
		return nil
	}
	r, err := shop.ReturnByID(ctx, e.Ref)
	switch {
	case fault.Is(err, fault.NotFound):
		return i.shopReturnGone(ctx, e)
	case fault.Is(err, fault.Invalid):
		return i.refuseFrom(ctx, "centra-return", e.Ref, err, nil)
	case err != nil:
		return fmt.Errorf("read return %s of the shop: %w", e.Ref, err)
	}
	if r.Order.Store == "" {
		return nil // of a store that nobody configured
	}
	ours := strings.HasPrefix(r.External, contract.ReturnReference(r.Order, 0))
	wake := !ours || r.Refunded > 0 || r.RefundFailed > 0
	return i.record(ctx, "centra", "", r.Order.String(), []domain.Fact{domain.NewShopReturnFact(r, e.At)}, wake)
}

// shopReturnGone tells the order that a return was deleted in the shop.
func (i *Intake) shopReturnGone(ctx context.Context, e ports.ShopEvent) error {
	if i.Orphans == nil {
		return nil
	}
	owner, known, err := i.Orphans.ShopReturnOwner(ctx, e.Ref)
	if err != nil || !known {
		return err // one that we never heard of is nobody's
	}
	gone := domain.ShopReturn{ID: e.Ref, Order: owner, Deleted: true, Lines: []domain.LineQuantity{}}
	return i.record(ctx, "centra", "", owner.String(), []domain.Fact{domain.NewShopReturnFact(gone, e.At)}, true)
}
