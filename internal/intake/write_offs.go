package intake

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// takeAdjustment takes a movement of a warehouse's books, told by its webhook, its feed
// or the books themselves: however it is told, it comes to the same facts and documents.
func (i *Intake) takeAdjustment(ctx context.Context, warehouse string, a domain.Adjustment) error {
	switch {
	case a.Unexplained():
		return i.keepForBooks(ctx, a, domain.Adjustment.Unread)
	case !a.Loss() && !a.TakesBack():
		return nil // it moves stock, which the stock workflow reads from the inventory
	case a.Units > mostGarments || a.Units < -mostGarments:
		return &fault.Fault{
			Kind: fault.Invalid, System: warehouse, Op: "take adjustment", Code: "too_many",
			Message: fmt.Sprintf("entry %s of the warehouse's books is of %d garments at once, more than the %d that are believed; have the warehouse correct it", a.ID, a.Units, mostGarments),
		}
	case a.TakesBack():
		return i.keepForBooks(ctx, a, domain.Adjustment.WriteOffs)
	}
	return i.takeWriteOff(ctx, warehouse, a)
}

// mostGarments is more than any warehouse writes off at once: each makes a document.
const mostGarments = 10_000

// TakeExplained takes an adjustment whose reason was unknown and is one of the contract
// by now, as if it had been told with that. Told again it is the same.
func (i *Intake) TakeExplained(ctx context.Context, warehouse string, a domain.Adjustment) error {
	return i.takeAdjustment(ctx, warehouse, a)
}

// keepForBooks keeps what an adjustment means for finance, whoever's garment it is: the
// documents run asks what it cannot tell. Told again it is the same.
func (i *Intake) keepForBooks(ctx context.Context, a domain.Adjustment, documents func(domain.Adjustment) ([]domain.Document, error)) error {
	if i.WriteOffs == nil {
		return nil
	}
	docs, err := documents(a)
	if err == nil {
		err = i.WriteOffs.KeepWriteOffs(ctx, docs, i.Clock())
	}
	if err != nil {
		return fmt.Errorf("keep adjustment %s of %s for the books: %w", a.ID, a.Warehouse, err)
	}
	return nil
}

// takeWriteOff gives a garment that left the warehouse's books for good to its order,
// which the adjustment names itself or by a return that the order was told of. While no
// order is known it is kept for finance at once, under the adjustment's key: found spoilt
// in the store, it is nobody's question. What an order or a return may still want of it
// waits for them beside; the store sees to it that both come to one document. Told again
// it is the same.
func (i *Intake) takeWriteOff(ctx context.Context, warehouse string, a domain.Adjustment) error {
	facts := []domain.Fact{domain.NewAdjustmentFact(a)}
	if i.WriteOffs == nil || i.Orphans == nil {
		return i.recordReturn(ctx, warehouse, a.ID, a.Order, facts[0])
	}
	owner, known, err := i.Orphans.OwnerOf(ctx, warehouse, a.Order)
	if err == nil && !known {
		owner, known, err = i.Orphans.ReturnOwner(ctx, warehouse, a.Return)
	}
	if err != nil {
		return fmt.Errorf("find the order of adjustment %s at %s: %w", a.ID, warehouse, err)
	}
	if known {
		return i.record(ctx, warehouse, a.Order, owner.String(), facts, true)
	}
	if err := i.keepForBooks(ctx, a, domain.Adjustment.WriteOffs); err != nil {
		return err
	}
	switch {
	case a.Return != "": // it waits with the return for their order
		return i.recordReturn(ctx, warehouse, a.Return, a.Order, facts[0])
	case a.Order != "":
		return i.record(ctx, warehouse, a.Order, "", facts, true)
	}
	return nil
}

// TakeAdjustments takes what a warehouse's books tell: what webhook and feed lost comes
// this way. What came by them is the same again and changes nothing. An entry that cannot
// be kept, or be read, becomes a refused input and hinders none of the others. Before is
// where the books begin for us: what is older is in the books of whoever kept them then.
func (i *Intake) TakeAdjustments(ctx context.Context, warehouse string, movements []domain.Adjustment) error {
	before := i.Clock().Add(-catchUpReach)
	for _, a := range movements {
		if a.At.Before(before) && !a.At.IsZero() {
			continue
		}
		err := i.takeAdjustment(ctx, warehouse, a)
		if a.Reason == domain.ReasonUnreadable {
			err = &fault.Fault{Kind: fault.Invalid, System: warehouse, Op: "take adjustment", Code: "unreadable", Message: "entry " + a.ID + " of the warehouse's books cannot be read; look it up at the warehouse"}
		}
		if fault.Is(err, fault.Invalid) {
			err = i.refuseFrom(ctx, "books/"+warehouse, a.ID, err, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bookReader is a warehouse that tells the movements of its books.
type bookReader interface {
	Adjustments(ctx context.Context, since time.Time, cursor string) ([]domain.Adjustment, string, error)
}

// catchUpBooks reads the books when the feed has forgotten where we were.
func (i *Intake) catchUpBooks(ctx context.Context, w ports.Warehouse, result *contract.IntakeResult) error {
	reader, ok := w.(bookReader)
	if !ok {
		return nil
	}
	i.Log.Info("reading the books of the warehouse, too", zap.String("warehouse", w.Key()))
	for page := ""; ; {
		movements, next, err := reader.Adjustments(ctx, i.Clock().Add(-catchUpReach), page)
		if err != nil {
			return fmt.Errorf("read the books of %s: %w", w.Key(), err)
		}
		if err := i.TakeAdjustments(ctx, w.Key(), movements); err != nil {
			return err
		}
		result.Events += len(movements)
		if next == "" {
			return nil
		}
		page = next
	}
}
