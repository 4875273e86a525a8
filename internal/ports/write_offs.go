package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// WriteOffStore keeps the write-offs of garments, which two may report: a return, and a
// movement of the warehouse's books that belongs to none. Every method can run twice.
type WriteOffStore interface {
	// KeepWriteOffs keeps documents of garments that were written off outside of any
	// return. They have no entity yet; one whose key stands there already is left alone.
	KeepWriteOffs(ctx context.Context, docs []domain.Document, at time.Time) error
	// UnbookedWriteOffs lists those whose entity was not looked for yet, or that wait for
	// a rule and rules have changed since, or that a person answered; sorted, after a key.
	UnbookedWriteOffs(ctx context.Context, after domain.DocumentKey, limit int) ([]DocumentRecord, error)
	// BookWriteOff keeps a planned write-off unless another one of the same garment (warehouse
	// and serial) comes before it: then other is that one's key. What a ledger may have comes
	// before what none has, an order's before one of no order, the older before the newer;
	// the one of no order that is left over is dropped.
	BookWriteOff(ctx context.Context, p PlannedDocument, rules int64, at time.Time) (other domain.DocumentKey, err error)
}
