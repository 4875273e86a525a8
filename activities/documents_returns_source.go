package activities

import (
	"cmp"
	"slices"

	"selvedge/internal/domain"
)

// invoiceOf is the invoice of the shipment that the shop's return of a memo is of; empty
// where nobody told. The shop pays back what it charged there, and a memo that took the units of
// another invoice would come to something else.
func invoiceOf(facts []domain.Fact, invoices []domain.Document, memo domain.ReturnPlan) domain.DocumentKey {
	shopReturn := memo.ShopID
	if shopReturn == "" && memo.Of == "" {
		return ""
	}
	planned := map[string]string{} // the shop's shipment by the key of a plan
	parcels := map[string]domain.ShopShipmentFact{}
	shipment, written := "", ""
	for _, f := range facts {
		switch f.Kind {
		case domain.FactShopReturn:
			if r, err := domain.Decode[domain.ShopReturn](f); err == nil && shopReturn != "" && r.ID == shopReturn {
				shipment = r.Shipment
			}
		case domain.FactReturnPlanned:
			if p, err := domain.Decode[domain.ReturnPlan](f); err == nil && p.Kind == domain.PlanShopReturn {
				planned[p.Key] = p.Shipment
			}
		case domain.FactReturnWritten:
			if w, err := domain.Decode[domain.ReturnWritten](f); err == nil && w.Kind == domain.PlanShopReturn && shopReturn != "" && w.ID == shopReturn {
				written = w.Key
			}
		case domain.FactShopShipment:
			if s, err := domain.Decode[domain.ShopShipmentFact](f); err == nil {
				parcels[s.ShopID] = s
			}
		}
	}
	parcel, known := parcels[cmp.Or(shipment, planned[written], planned[memo.Of])]
	i := slices.IndexFunc(invoices, func(d domain.Document) bool {
		return known && d.Shipment == parcel.Shipment && d.Warehouse == parcel.Warehouse && d.Reverses == ""
	})
	if i < 0 {
		return ""
	}
	return invoices[i].Key
}
