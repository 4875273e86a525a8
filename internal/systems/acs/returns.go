package acs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/systems/acs/gen"
)

var _ ports.WarehouseReturns = (*Warehouse)(nil)

// returnTypes are the contract's.
var returnTypes = map[gen.ReturnType]domain.ReturnType{
	"customer_return": domain.CustomerReturn, "rental_return": domain.RentalReturn, "undelivered": domain.Undelivered,
	"exchange": domain.Exchange, "unidentified": domain.Unidentified,
}

// returned decodes an event about a return or about the books.
func (w *Warehouse) returned(e envelope, out ports.WarehouseEvent) (ports.WarehouseEvent, error) {
	out.Return = e.Subject.Kind == "return"
	out.Raw = kept(e.Data)
	if out.Return {
		var wire gen.ReturnConfirmation
		if json.Unmarshal(e.Data, &wire) != nil || checkReturn(wire) != nil {
			return out, unreadableEvent(out, "its return is not what the contract says")
		}
		c := w.confirmation(wire, e.OccurredAt)
		out.Confirmation, out.Consignment = &c, c.Consignment
		return out, nil
	}
	var wire gen.Adjustment
	if json.Unmarshal(e.Data, &wire) != nil || wire.AdjustmentId == "" || wire.Sku == "" || wire.Reason == "" {
		return out, unreadableEvent(out, "its adjustment is not what the contract says")
	}
	a := w.bookedOff(wire)
	out.Adjustment, out.Consignment = &a, a.Order
	return out, nil
}

// checkReturn demands what a garment is told apart by.
func checkReturn(r gen.ReturnConfirmation) error {
	if r.ReturnId == "" || r.Revision < 1 {
		return fmt.Errorf("no returnId or revision")
	}
	seen := map[string]bool{}
	for i, u := range r.Units {
		if u.UnitRef == "" || u.Sku == "" || u.Disposition == "" || u.Revision < 1 || seen[u.UnitRef] {
			return fmt.Errorf("units[%d] lacks unitRef, sku, disposition or revision, or repeats a unitRef", i)
		}
		seen[u.UnitRef] = true
	}
	return nil
}

// dispositions are the contract's. Others are the warehouse's own and stay as they are.
var dispositions = []string{
	"restock", "refurbish", "regrade_resale", "quarantine", "ber", "donate", "recycle", "return_to_brand", "missing", "wrong_item",
}

// disposition spells a word of the contract as the contract does: BER is ber.
func disposition(word string) string {
	word = token(word, "unknown")
	if lower := strings.ToLower(word); slices.Contains(dispositions, lower) {
		return lower
	}
	return word
}

// confirmation keeps no free text and no images: a note may name the customer. What has
// no time of its own happened when the parcel came, or else when it was told: at.
func (w *Warehouse) confirmation(r gen.ReturnConfirmation, at time.Time) domain.ReturnConfirmation {
	if r.ReceivedAt.IsZero() {
		r.ReceivedAt = at
	}
	out := domain.ReturnConfirmation{
		ID: r.ReturnId, Warehouse: w.config.Warehouse, Consignment: deref(r.OrderNumber), RMA: deref(r.RmaNumber),
		Type: returnTypes[r.Type], Status: token(r.Status, "unknown"), Revision: int64(r.Revision), ReceivedAt: r.ReceivedAt.UTC(),
		Units: make([]domain.ReturnUnit, 0, len(r.Units)),
	}
	if out.Type == "" {
		out.Type = domain.Unidentified
	}
	for _, u := range r.Units {
		if u.DecidedAt.IsZero() {
			u.DecidedAt = r.ReceivedAt
		}
		unit := domain.ReturnUnit{
			Ref: u.UnitRef, Line: deref(u.LineId), SKU: u.Sku, Serial: deref(u.Serial), Grade: string(deref(u.Grade)),
			Disposition: disposition(u.Disposition), Final: u.Final, Revision: int64(u.Revision), DecidedAt: u.DecidedAt.UTC(),
			ResultingSKU: deref(u.ResultingSku),
		}
		for _, reason := range deref(u.ReasonCodes) {
			unit.Reasons = append(unit.Reasons, token(reason, "other"))
		}
		if u.Refurbishment != nil && u.Refurbishment.ExpectedReady != nil {
			unit.ExpectedReady = u.Refurbishment.ExpectedReady.Format(time.DateOnly)
		}
		out.Units = append(out.Units, unit)
	}
	return out
}

// bookedOff keeps a movement of the books without its free text.
func (w *Warehouse) bookedOff(a gen.Adjustment) domain.Adjustment {
	return domain.Adjustment{
		ID: a.AdjustmentId, Warehouse: w.config.Warehouse, SKU: a.Sku, Serials: deref(a.Serials), Units: a.QuantityDelta,
		Reason: token(a.Reason, "unknown"), From: domain.StockStatus(token(string(deref(a.FromStatus)), "")),
		UnitCost: string(deref(a.UnitCost)), Currency: deref(a.Currency), Return: deref(a.ReturnId), Order: deref(a.OrderNumber), At: a.OccurredAt.UTC(),
	}
}

// Return reads a return at its latest revision.
func (w *Warehouse) Return(ctx context.Context, id string) (domain.ReturnConfirmation, error) {
	c := call{op: "GET return", reads: true}
	var wire gen.ReturnConfirmation
	response, err := w.api.GetReturn(ctx, id)
	if _, _, err := settle(c, response, err, &wire, http.StatusOK); err != nil {
		return domain.ReturnConfirmation{}, err
	}
	if err := checkReturn(wire); err != nil || wire.ReturnId != id {
		return domain.ReturnConfirmation{}, unreadable(c, fmt.Errorf("not a return confirmation"))
	}
	return w.confirmation(wire, time.Time{}), nil
}

// UpdatedReturns lists returns changed at or after since, oldest change first, one
// page. One that cannot be read is left out: its event tells of it.
func (w *Warehouse) UpdatedReturns(ctx context.Context, since time.Time, cursor string) ([]domain.ReturnConfirmation, string, error) {
	c := call{op: "GET returns", reads: true}
	limit := pageSize
	params := gen.ListReturnsParams{Limit: &limit, Cursor: optional(cursor)}
	if cursor == "" && !since.IsZero() {
		utc := since.UTC()
		params.UpdatedSince = &utc
	}
	var page struct {
		Data       *[]json.RawMessage `json:"data"`
		NextCursor *string            `json:"nextCursor"`
	}
	response, err := w.api.ListReturns(ctx, &params)
	if _, _, err := settle(c, response, err, &page, http.StatusOK); err != nil {
		return nil, "", err
	}
	if page.Data == nil {
		return nil, "", unreadable(c, fmt.Errorf("no data"))
	}
	next, err := follows(c, cursor, page.NextCursor)
	if err != nil {
		return nil, "", err
	}
	var out []domain.ReturnConfirmation
	for _, raw := range *page.Data {
		var wire gen.ReturnConfirmation
		if json.Unmarshal(raw, &wire) == nil && checkReturn(wire) == nil {
			out = append(out, w.confirmation(wire, time.Time{}))
		}
	}
	return out, next, nil
}
