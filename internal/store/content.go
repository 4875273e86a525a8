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
// of the update, so that an echo of our own work is no change. Lines and
// allocations are sorted: in which order the shop tells them means nothing.
func canonicalContent(o domain.Order, p domain.Personal) ([]byte, error) {
	o.UpdatedAt = time.Time{}
	o.PlacedAt = o.PlacedAt.UTC()
	o.Shipments = nil
	o.Payment = domain.Payment{CapturePending: o.Payment.CapturePending, CaptureFailed: o.Payment.CaptureFailed}
	switch o.Status {
	case domain.ShopConfirmed, domain.ShopProcessing, domain.ShopShipped:
		o.Status = "open"
	}
	lines := slices.Clone(o.Lines)
	for i := range lines {
		lines[i].Allocations = slices.Clone(lines[i].Allocations)
		slices.SortStableFunc(lines[i].Allocations, func(a, b domain.Allocation) int { return cmp.Compare(a.Warehouse, b.Warehouse) })
	}
	slices.SortStableFunc(lines, func(a, b domain.Line) int { return cmp.Compare(a.ID, b.ID) })
	o.Lines = lines
	return json.Marshal(struct {
		Order    domain.Order    `json:"order"`
		Personal domain.Personal `json:"personal"`
	}{o, p})
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
