package store

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"selvedge/internal/domain"
)

// canonicalContent is what the version of an order is computed over: everything
// that can change what we do. Left out is what our own writes bring back
// (shipments, captured money, the steps from confirmed to shipped) and the instant
// of the update, so that an echo of our own work is no change. Lines are sorted: in
// which order the shop tells them means nothing.
func canonicalContent(o domain.Order, p domain.Personal) ([]byte, error) {
	o.UpdatedAt = time.Time{}
	o.PlacedAt = o.PlacedAt.UTC()
	// Whether the money is there decides readiness; how much of it was captured is our own doing.
	paid := o.Payment.Covers(o.GrandTotal)
	shipped := shippedUnits(o)
	o.Shipments = nil
	o.NetTotal = 0 // tax is finance's alone, see domain.Order.MoneyVersion
	o.Payment = domain.Payment{CapturePending: o.Payment.CapturePending, CaptureFailed: o.Payment.CaptureFailed}
	switch o.Status {
	case domain.ShopConfirmed, domain.ShopProcessing, domain.ShopShipped:
		o.Status = "open"
	}
	lines := slices.Clone(o.Lines)
	for i := range lines {
		// The shop may drop allocations as it ships, and from which warehouse it ships
		// is fixed by the hand-over. What can change what we do is how many units
		// nothing is reserved for, and whether a warehouse has still to confirm.
		l := &lines[i]
		demand := max(0, l.Quantity-shipped[l.ID]-l.Allocated())
		waiting := slices.ContainsFunc(l.Allocations, func(a domain.Allocation) bool { return a.Waiting })
		l.Allocations = []domain.Allocation{{Quantity: demand, Waiting: waiting}}
	}
	slices.SortStableFunc(lines, func(a, b domain.Line) int { return cmp.Compare(a.ID, b.ID) })
	o.Lines = lines
	return json.Marshal(struct {
		Order    domain.Order    `json:"order"`
		Personal domain.Personal `json:"personal"`
		Paid     bool            `json:"paid"`
	}{o, p, paid})
}

// shippedUnits counts the units of each line that stand in a shipment of the shop.
func shippedUnits(o domain.Order) map[string]int {
	units := map[string]int{}
	for _, s := range o.Shipments {
		for _, l := range s.Lines {
			units[l.Line] += l.Quantity
		}
	}
	return units
}

// knownStatus folds a status that this version does not know into unknown for the
// status column; the canonical order keeps the word.
func knownStatus(s domain.ShopStatus) domain.ShopStatus {
	switch s {
	case domain.ShopPending, domain.ShopConfirmed, domain.ShopProcessing, domain.ShopShipped, domain.ShopArchived, domain.ShopCancelled:
		return s
	}
	return domain.UnknownStatus
}
