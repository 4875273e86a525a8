package acs

import (
	"cmp"
	"slices"

	"selvedge/internal/domain"
	"selvedge/internal/systems/acs/gen"
)

// orderStatuses holds every status of the contract; a new one is WarehouseUnknown.
var orderStatuses = map[gen.OrderStatus]domain.WarehouseStatus{
	"received":          domain.WarehouseReceived,
	"accepted":          domain.WarehouseAccepted,
	"on_hold":           domain.WarehouseOnHold,
	"allocated":         domain.WarehouseInProgress,
	"picking":           domain.WarehouseInProgress,
	"packed":            domain.WarehouseInProgress,
	"partially_shipped": domain.WarehousePartlyShipped,
	"shipped":           domain.WarehouseShipped,
	"cancel_requested":  domain.WarehouseCancelRequested,
	"cancelled":         domain.WarehouseCancelled,
	"rejected":          domain.WarehouseRejected,
}

func (w *Warehouse) order(o gen.Order) domain.WarehouseOrder {
	status, known := orderStatuses[o.Status]
	if !known {
		status = domain.WarehouseUnknown
	}
	out := domain.WarehouseOrder{
		Number: o.OrderNumber, Reference: reference(o.References), Warehouse: w.config.Warehouse,
		Status: status, Revision: int64(o.Revision), HoldReason: subjectOfStanding(o).code(deref(o.HoldReason)), UpdatedAt: o.UpdatedAt,
		Lines: make([]domain.WarehouseOrderLine, 0, len(o.Lines)),
	}
	for _, l := range o.Lines {
		out.Lines = append(out.Lines, orderLine(l))
	}
	if o.Rejection != nil {
		out.AfterAcceptance = deref(o.Rejection.AfterAcceptance)
		for _, p := range subjectOfStanding(o).problems(o.Rejection.Errors) {
			out.Rejection = append(out.Rejection, domain.Refusal(p))
		}
	}
	return out
}

// orderLine tells who closed units. ACS has one count and one reason a line, so a
// line closed for both reasons is told by its last one; the shortLines of the
// order's shipments tell the rest, and whoever reads both reconciles them.
func orderLine(l gen.OrderLine) domain.WarehouseOrderLine {
	out := domain.WarehouseOrderLine{
		Line: l.LineId, SKU: l.Sku, Quantity: l.Quantity, Allocated: l.Allocated, Shipped: l.Shipped,
	}
	switch deref(l.CancelReason) {
	case "", "client_request":
		out.Cancelled = l.Cancelled
	default: // short_pick, quality_fail, sku_inactive, other, and what may come
		out.Short = l.Cancelled
	}
	return out
}

func (w *Warehouse) shipment(s gen.Shipment) domain.Shipment {
	out := domain.Shipment{
		ID: s.ShipmentId, Consignment: s.OrderNumber, Warehouse: w.config.Warehouse, Sequence: s.Sequence,
		Revision: int64(s.Revision), Voided: deref(s.Voided), ShippedAt: s.ShippedAt, Carrier: s.Carrier.Code,
		Service: deref(s.ShippingService), Parcels: len(s.Parcels), Final: s.Final,
		Lines: make([]domain.ShipmentLine, 0, len(s.Lines)),
	}
	for _, p := range s.Parcels {
		if tracking := deref(p.TrackingNumber); tracking != "" && !slices.Contains(out.Trackings, tracking) {
			out.Trackings = append(out.Trackings, tracking)
		}
	}
	for _, l := range s.Lines {
		out.Lines = append(out.Lines, domain.ShipmentLine{
			Line: deref(l.LineId), SKU: l.Sku, Quantity: l.Quantity, Substituted: deref(l.Substituted),
		})
	}
	for _, short := range deref(s.ShortLines) {
		out.Short = append(out.Short, domain.LineQuantity{Line: short.LineId, Quantity: short.Quantity})
	}
	return out
}

func (w *Warehouse) shipments(wire []gen.Shipment) []domain.Shipment {
	out := make([]domain.Shipment, 0, len(wire))
	for _, s := range wire {
		out = append(out, w.shipment(s))
	}
	slices.SortStableFunc(out, func(a, b domain.Shipment) int {
		return cmp.Or(cmp.Compare(a.Sequence, b.Sequence), cmp.Compare(a.Revision, b.Revision))
	})
	return out
}
