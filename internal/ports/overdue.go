package ports

import (
	"context"

	"selvedge/internal/domain"
)

// OverdueStore is what the scan for late consignments needs of the store.
type OverdueStore interface {
	Rules(ctx context.Context) ([]domain.Rule, error)
	Load(ctx context.Context, id domain.OrderID) (OrderRecord, error)
	// UnsentOrders lists orders that a warehouse has taken and that the shop does not show
	// as shipped, sorted, after one of them, without those that were found overdue before.
	UnsentOrders(ctx context.Context, after domain.OrderID, limit int) ([]domain.OrderID, error)
	// AppendForConsignment adds facts that wake the order's workflow; a key that stands
	// there already is skipped.
	AppendForConsignment(ctx context.Context, warehouse, number, reference string, facts []domain.Fact, wake bool) (Recorded, error)
}
