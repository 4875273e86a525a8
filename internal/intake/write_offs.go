package intake

import (
	"context"
	"fmt"

	"selvedge/internal/domain"
)

// takeWriteOff gives a garment that left the warehouse's books for good to its order, or
// to the return that it came back in. One that is of neither, found spoilt in the store,
// is nobody's question: it is kept for finance. Told again it is the same document.
func (i *Intake) takeWriteOff(ctx context.Context, warehouse string, a domain.Adjustment) error {
	fact := domain.NewAdjustmentFact(a)
	if i.WriteOffs == nil || i.Orphans == nil || a.Return != "" {
		return i.recordReturn(ctx, warehouse, a.ID, a.Order, fact)
	}
	owner, known, err := i.Orphans.OwnerOf(ctx, warehouse, a.Order)
	if err != nil {
		return fmt.Errorf("find the order of adjustment %s at %s: %w", a.ID, warehouse, err)
	}
	if known {
		return i.record(ctx, warehouse, a.Order, owner.String(), []domain.Fact{fact}, true)
	}
	docs, err := a.WriteOffs()
	if err == nil {
		err = i.WriteOffs.KeepWriteOffs(ctx, docs, i.Clock())
	}
	if err != nil {
		return fmt.Errorf("keep adjustment %s of %s for the books: %w", a.ID, warehouse, err)
	}
	return nil
}
