package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// OverdueStore is what the scan for late consignments needs of the store.
type OverdueStore interface {
	Rules(ctx context.Context) ([]domain.Rule, error)
	Load(ctx context.Context, id domain.OrderID) (OrderRecord, error)
	// UnsentOrders lists orders with a consignment that a warehouse took before an instant
	// and that was not found overdue before, where the shop does not show the order as
	// shipped; sorted, after one of them.
	UnsentOrders(ctx context.Context, before time.Time, after domain.OrderID, limit int) ([]domain.OrderID, error)
	// Cursor is where an earlier run was cut; "" after one that came to the end.
	Cursor(ctx context.Context, name string) (string, error)
	SaveCursor(ctx context.Context, name, value string, at time.Time) error
	// AppendForConsignment adds facts that wake the order's workflow; a key that stands
	// there already is skipped.
	AppendForConsignment(ctx context.Context, warehouse, number, reference string, facts []domain.Fact, wake bool) (Recorded, error)
}
