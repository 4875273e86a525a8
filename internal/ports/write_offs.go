package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// BookedWriteOff is what came of a planned write-off.
type BookedWriteOff struct {
	// Other is the document that stands for the same garment instead; then the planned one
	// is not kept, or was dropped. Empty otherwise.
	Other domain.DocumentKey
	// Doubt is a document that may be of the same garment, though nothing that was told says
	// so: then nothing was changed, and a person has to tell. Empty otherwise.
	Doubt domain.DocumentKey
}

// TakenBack is what came of looking for the write-off that a movement of the books takes back.
type TakenBack struct {
	// Of is the write-off, from now on this movement's alone. Empty while none is found.
	Of domain.DocumentKey
	// Doubt is one that may be it, though nothing that was told says so: a person has to
	// tell. Empty when there is none, or Of is found.
	Doubt domain.DocumentKey
}

// WriteOffStore keeps the write-offs of garments, which two may report: a return, and a
// movement of the warehouse's books of which no order is known. Every method can run twice.
//
// Two documents are of one garment when they name the same serial, or the same
// adjustment, or the same return of the warehouse and item: then each stands for one of
// the other side at most, so that of n adjustments and m garments of a return the greater
// number is written off. What names none of these and is alike (warehouse, item, kind of
// loss, within DoubtfulFor of each other) cannot be told apart: that is Doubt.
type WriteOffStore interface {
	// KeepWriteOffs keeps documents of garments that were written off while no order of
	// theirs is known. They have no entity yet; one whose key stands there already is left alone.
	KeepWriteOffs(ctx context.Context, docs []domain.Document, at time.Time) error
	// UnbookedWriteOffs lists those whose entity was not looked for yet, or that wait for
	// a rule and rules have changed since, or that a person answered, or that take back
	// another one which was not found yet; sorted, after a key.
	UnbookedWriteOffs(ctx context.Context, after domain.DocumentKey, limit int) ([]DocumentRecord, error)
	// BookWriteOff keeps a planned write-off unless another one of the same garment comes
	// before it. What a ledger may have comes before what none has, an order's before one of
	// no order, the older before the newer; the one of no order that is left over is dropped.
	// In doubt about an order's, the other one waits if no ledger can have it. One that
	// takes another back is kept as it is planned.
	BookWriteOff(ctx context.Context, p PlannedDocument, rules int64, at time.Time) (BookedWriteOff, error)
	// TakeBack finds the write-off that a movement of the books takes back, and gives it to
	// that movement for good: no write-off is taken back twice. It is the newest one before
	// it that names the same serial, or else the same return and item. One that is merely
	// alike (warehouse, item, kind of loss) is in doubt, and taken when a person agreed to it.
	TakeBack(ctx context.Context, d domain.Document, agreed domain.DocumentKey) (TakenBack, error)
	// DropWriteOff drops a document of no order that no ledger has, for a reason of ours.
	DropWriteOff(ctx context.Context, key domain.DocumentKey, reason string) error
}

// DoubtfulFor is how far apart two reports of a garment's loss may be and still be taken
// for two reports of one: warehouses clear what is beyond repair monthly.
const DoubtfulFor = 31 * 24 * time.Hour
