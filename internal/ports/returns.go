package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// WarehouseReturns is what a warehouse that takes returns in tells of them beside its
// events. Every warehouse that confirms returns should be one.
type WarehouseReturns interface {
	// Return reads a return at its latest revision; fault.NotFound when there is none.
	Return(ctx context.Context, id string) (domain.ReturnConfirmation, error)
	// UpdatedReturns lists returns changed at or after since, oldest first, one page.
	UpdatedReturns(ctx context.Context, since time.Time, cursor string) (returns []domain.ReturnConfirmation, next string, err error)
}

// ReturnDraft is a return to be created in the shop. Its units are always removed from
// stock: what may be sold again is for the warehouse's feed to say, and a return that
// raised stock too would raise it twice.
type ReturnDraft struct {
	Order    domain.OrderID
	Currency string
	Shipment string                // the shop's shipment id
	Lines    []domain.LineQuantity // by the shop's order line id
	External string                // our key, at most 255 characters
	Comment  string                // free of personal data
	// What goes back besides the goods, always sent explicitly; Fee is taken off.
	Shipping, Handling, Voucher, Fee int64
	// ToStock puts the units back on sale at once: only where no feed publishes the warehouse.
	ToStock bool
}

// RefundWrite is the shop's answer to a refund.
type RefundWrite struct {
	Return  domain.ShopReturn
	Pending bool // the provider answers later
}

// ShopReturns is what we ask of a shop about returns.
type ShopReturns interface {
	// OrderReturns reads all returns of an order, those made by people too. What was
	// deleted is absent.
	OrderReturns(ctx context.Context, order domain.Order) ([]domain.ShopReturn, error)
	// ReturnByID reads one; fault.NotFound when it is gone.
	ReturnByID(ctx context.Context, id string) (domain.ShopReturn, error)
	// CreateReturn creates a pending return. Not repeatable: read the order's returns by
	// our key first; says fault.Uncertain when the outcome is unknown.
	CreateReturn(ctx context.Context, d ReturnDraft) (domain.ShopReturn, error)
	// CompleteReturn completes it, with one mail when asked; "already completed" is success.
	CompleteReturn(ctx context.Context, id string, sendEmail bool) (domain.ShopReturn, error)
	// RefundReturn asks for the return's money to be paid back. Not repeatable: read the
	// return and its refunds first. A request is not a refund, see RefundWrite.Pending.
	RefundReturn(ctx context.Context, id string, sendEmail bool) (RefundWrite, error)
}

// OrphanReturn is a warehouse's return, or a write-off outside any return, that belongs
// to no order we know.
type OrphanReturn struct {
	Warehouse   string
	ID          string         // of the return or adjustment
	Consignment string         // the order number that the warehouse names, if any
	Facts       []domain.Fact  // numbered from 1
	Owner       domain.OrderID // set once it was handed to an order
	SettledAt   time.Time      // zero while open
	ToldAt      time.Time      // when we first heard of it
}

// OrphanStore keeps returns without an order. Every method can run twice.
type OrphanStore interface {
	// OwnerOf finds the order behind a warehouse's order number.
	OwnerOf(ctx context.Context, warehouse, consignment string) (domain.OrderID, bool, error)
	// ReturnOwner finds the order that a warehouse's return was told to, or handed to.
	ReturnOwner(ctx context.Context, warehouse, returnID string) (domain.OrderID, bool, error)
	// TakeOrphan adds facts; a key that stands there already is skipped. An orphan that
	// was handed to an order answers it as Owner.
	TakeOrphan(ctx context.Context, o OrphanReturn, at time.Time) (OrphanReturn, error)
	// Orphan reads one; unknown is fault.NotFound.
	Orphan(ctx context.Context, warehouse, id string) (OrphanReturn, error)
	// SettleOrphan closes it unless facts were added beyond applied; owner is zero when
	// it belongs to nobody.
	SettleOrphan(ctx context.Context, warehouse, id string, applied int64, owner domain.OrderID, at time.Time) (settled bool, err error)
	// ShopReturnOwner finds the order of a return that the shop once told of, or that we made there.
	ShopReturnOwner(ctx context.Context, shopReturn string) (domain.OrderID, bool, error)
}

// ReturnRecord is where a return stands, as its workflow last saw it.
type ReturnRecord struct {
	Order     domain.OrderID
	Number    int
	Seen      int64  // newest fact of the order that it has looked at
	View      []byte // JSON, for people
	OpenedAt  time.Time
	LookedAt  time.Time
	SettledAt time.Time // zero while open
}

// ReturnStore keeps returns of orders. Their facts are the order's, see OrderStore.
type ReturnStore interface {
	OrphanStore
	// SaveReturn keeps where a return stands; an older look never replaces a newer one.
	SaveReturn(ctx context.Context, r ReturnRecord) error
	// CloseReturn appends the settling fact unless something about returns was told
	// since applied.
	CloseReturn(ctx context.Context, id domain.OrderID, n int, applied int64, at time.Time) (closed bool, err error)
	// Returns lists returns, newest first; of one order when id is not zero.
	Returns(ctx context.Context, id domain.OrderID, open bool, limit int) ([]ReturnRecord, error)
	// SyncReturnExceptions makes the given ones the return's open exceptions and resolves all others of it.
	SyncReturnExceptions(ctx context.Context, id domain.OrderID, n int, open []ExceptionRecord, by, answer, reason string, at time.Time) error
	// WaitingReturns lists who of the orders waits on a cause: 0 is the order itself.
	WaitingReturns(ctx context.Context, cause string, ids []domain.OrderID) (map[domain.OrderID][]int, error)
}
