package acs

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

type returnNotice struct {
	OrderNumber    *string `json:"orderNumber"`
	Type           string  `json:"type"`
	ExpectedBy     string  `json:"expectedBy"`
	TrackingNumber string  `json:"trackingNumber"`
	Lines          []struct {
		LineID   string `json:"lineId"`
		SKU      string `json:"sku"`
		Quantity int    `json:"quantity"`
	} `json:"lines"`
}

// putReturnNotice stores a pre-advice under its RMA number; the same again replaces it.
func (s *Simulator) putReturnNotice(c *call) answer {
	var sent returnNotice
	if refused := c.checked(&sent); refused != nil {
		return *refused
	}
	if sent.OrderNumber != nil && c.account.orders[*sent.OrderNumber] == nil {
		return refuse(http.StatusUnprocessableEntity, "validation_failed", "",
			FieldError{Code: "field_invalid", Pointer: "/orderNumber", Value: *sent.OrderNumber, Message: "No such order in this account."})
	}
	c.account.notices[c.path["rmaNumber"]] = &sent
	return ok(http.StatusOK, nil)
}

// ReturnAction is what arrives back at the warehouse, or what it decides later
// about units that arrived before (ReturnID set).
type ReturnAction struct {
	// ReturnID continues a return; empty begins one.
	ReturnID string `json:"returnId,omitempty"`
	// RMANumber matches the return to its notice, and through it to the order.
	RMANumber string `json:"rmaNumber,omitempty"`
	// Type is one of the contract's ReturnTypes; empty means the notice's, else
	// customer_return, or unidentified when no order is known.
	Type string `json:"type,omitempty"`
	// Status is received, inspecting, graded or closed; empty means graded, and
	// closed once every unit is final.
	Status         string       `json:"status,omitempty"`
	TrackingNumber string       `json:"trackingNumber,omitempty"`
	Units          []ReturnUnit `json:"units"`
	// WriteOff books units of disposition ber off at once, with an adjustment.
	WriteOff bool `json:"writeOff,omitempty"`
}

// ReturnUnit is one garment with what was decided about it.
type ReturnUnit struct {
	// UnitRef names the unit within its return; empty means a new unit.
	UnitRef       string  `json:"unitRef"`
	LineID        *string `json:"lineId"`
	SKU           string  `json:"sku"`
	Serial        string  `json:"serial,omitempty"`
	RFID          string  `json:"rfid,omitempty"`
	Grade         string  `json:"grade,omitempty"`
	ItemCondition string  `json:"itemCondition,omitempty"`
	// Disposition is one of the contract's, or an unknown word.
	Disposition string `json:"disposition"`
	// Final nil means true, except for refurbish and quarantine.
	Final         *bool          `json:"final"`
	ReasonCodes   []string       `json:"reasonCodes,omitempty"`
	Notes         string         `json:"notes,omitempty"`
	Images        []string       `json:"images,omitempty"`
	Refurbishment *Refurbishment `json:"refurbishment,omitempty"`
	ResultingSKU  string         `json:"resultingSku,omitempty"`
}

// Refurbishment is the work that a garment goes through.
type Refurbishment struct {
	Route         string `json:"route,omitempty"`
	ExpectedReady string `json:"expectedReady,omitempty"`
	Cost          string `json:"cost,omitempty"`
}

type returnUnitRecord struct {
	ReturnUnit
	Revision  int       `json:"revision"`
	DecidedAt time.Time `json:"decidedAt"`
}

type returnRecord struct {
	ReturnID       string             `json:"returnId"`
	RMANumber      *string            `json:"rmaNumber"`
	OrderNumber    *string            `json:"orderNumber"`
	Type           string             `json:"type"`
	Status         string             `json:"status"`
	Revision       int                `json:"revision"`
	ReceivedAt     time.Time          `json:"receivedAt"`
	TrackingNumber string             `json:"trackingNumber,omitempty"`
	Units          []returnUnitRecord `json:"units"`
}

// returnCase is a return and where its units are now.
type returnCase struct {
	record    returnRecord
	bucket    map[string][2]string // unitRef → SKU, status
	updatedAt time.Time
	change    int64
}

func (r *returnCase) snapshot() returnRecord {
	record := r.record
	record.Units = slices.Clone(record.Units)
	return record
}

func (r *returnCase) final() bool {
	return len(r.record.Units) > 0 && !slices.ContainsFunc(r.record.Units, func(u returnUnitRecord) bool { return !*u.Final })
}

// giveBackGoods takes a return in, or decides further about one.
func (s *Simulator) giveBackGoods(a *account, orderNumber string, action ReturnAction) (returnRecord, error) {
	for i, unit := range action.Units {
		if unit.SKU == "" || unit.Disposition == "" {
			return returnRecord{}, fmt.Errorf("units[%d] needs sku and disposition", i)
		}
	}
	r, kind := a.returns[action.ReturnID], "return.updated"
	if r == nil {
		if action.ReturnID != "" {
			return returnRecord{}, fmt.Errorf("returnId %q is not known", action.ReturnID)
		}
		if orderNumber != "" && a.orders[orderNumber] == nil {
			return returnRecord{}, fmt.Errorf("order %q is not known", orderNumber)
		}
		r, kind = s.newReturn(a, orderNumber, action), "return.received"
	}
	wasClosed := r.record.Status == "closed"
	for _, unit := range action.Units {
		s.decide(a, r, unit, action.WriteOff)
	}
	r.record.Status = "graded"
	if action.Status != "" {
		r.record.Status = action.Status
	} else if wasClosed && r.final() {
		r.record.Status = "closed"
	}
	s.tellReturn(a, r, kind)
	if action.Status == "" && !wasClosed && r.final() {
		r.record.Status = "closed"
		s.tellReturn(a, r, "return.closed")
	}
	s.stockArrived(a)
	return r.snapshot(), nil
}

func (s *Simulator) newReturn(a *account, orderNumber string, action ReturnAction) *returnCase {
	r := &returnCase{bucket: make(map[string][2]string)}
	r.record = returnRecord{ReturnID: s.id("ret"), Type: action.Type, ReceivedAt: s.now(), TrackingNumber: action.TrackingNumber, Units: []returnUnitRecord{}}
	if orderNumber != "" {
		r.record.OrderNumber = &orderNumber
	}
	if action.RMANumber != "" {
		r.record.RMANumber = &action.RMANumber
		if notice := a.notices[action.RMANumber]; notice != nil {
			if r.record.OrderNumber == nil {
				r.record.OrderNumber = notice.OrderNumber
			}
			if r.record.Type == "" {
				r.record.Type = notice.Type
			}
		}
	}
	if r.record.Type == "" {
		r.record.Type = "customer_return"
		if r.record.OrderNumber == nil {
			r.record.Type = "unidentified"
		}
	}
	a.returns[r.record.ReturnID] = r
	return r
}

func (s *Simulator) tellReturn(a *account, r *returnCase, kind string) {
	r.record.Revision++
	r.updatedAt, r.change = s.now(), a.changed()
	s.emit(a, kind, subject{"return", r.record.ReturnID}, r.record.OrderNumber, int64(r.record.Revision), r.snapshot())
}

// buckets says where a disposition puts a garment; those that are not named
// leave the books or, if the word is unknown, lie where they came in.
var buckets = map[string]string{
	"restock": "available", "refurbish": "in_refurbishment", "regrade_resale": "available", "quarantine": "quarantine",
	"ber": "ber", "wrong_item": "quarantine", "donate": "", "recycle": "", "return_to_brand": "", "missing": "",
}

// writeOffs are the reasons of adjustments by disposition.
var writeOffs = map[string]string{"ber": "ber_write_off", "donate": "donated", "recycle": "recycled", "return_to_brand": "returned_to_brand"}

// decide stores what is decided about one unit and moves the garment.
func (s *Simulator) decide(a *account, r *returnCase, unit ReturnUnit, writeOff bool) {
	if unit.Final == nil {
		final := unit.Disposition != "refurbish" && unit.Disposition != "quarantine"
		unit.Final = &final
	}
	at := slices.IndexFunc(r.record.Units, func(u returnUnitRecord) bool { return unit.UnitRef != "" && u.UnitRef == unit.UnitRef })
	if at < 0 {
		if unit.UnitRef == "" {
			unit.UnitRef = fmt.Sprintf("%s-u%d", r.record.ReturnID, len(r.record.Units)+1)
		}
		r.record.Units = append(r.record.Units, returnUnitRecord{ReturnUnit: unit, Revision: 1, DecidedAt: s.now()})
		s.countReturned(a, r, unit)
	} else {
		r.record.Units[at] = returnUnitRecord{ReturnUnit: unit, Revision: r.record.Units[at].Revision + 1, DecidedAt: s.now()}
	}
	s.moveReturned(a, r, unit, writeOff)
}

func (s *Simulator) countReturned(a *account, r *returnCase, unit ReturnUnit) {
	if r.record.OrderNumber == nil {
		return
	}
	o := a.orders[*r.record.OrderNumber]
	if o == nil || unit.Disposition == "missing" {
		return
	}
	id := ""
	if unit.LineID != nil {
		id = *unit.LineID
	}
	l := o.line(id, unit.SKU)
	if l == nil {
		return
	}
	l.returned++
	s.touch(o)
	if o.request.Kind == "hire" {
		r.bucket[unit.UnitRef] = [2]string{unit.SKU, "on_hire"}
	}
}

func (s *Simulator) moveReturned(a *account, r *returnCase, unit ReturnUnit, writeOff bool) {
	was := r.bucket[unit.UnitRef]
	if was[0] == "" && a.items[unit.SKU] == nil && a.stock[unit.SKU] == nil {
		return // a SKU that the warehouse does not stock has no bucket either
	}
	status, known := buckets[unit.Disposition]
	if !known {
		status = "receipted"
	}
	sku := unit.SKU
	if unit.Disposition == "regrade_resale" && unit.ResultingSKU != "" {
		sku = unit.ResultingSKU
	}
	reason := writeOffs[unit.Disposition]
	if unit.Disposition == "ber" && writeOff {
		status = ""
	}
	if was == [2]string{sku, status} {
		return
	}
	if was[0] != "" && was[1] != "" {
		s.stockChanged(a, s.move(a, was[0], was[1], "", 1, unit.Grade))
	}
	if status != "" {
		s.stockChanged(a, s.move(a, sku, "", status, 1, unit.Grade))
	}
	r.bucket[unit.UnitRef] = [2]string{sku, status}
	s.bookReturned(a, r, unit, sku, was[1], reason, status)
}

// bookReturned tells finance about units that change the books.
func (s *Simulator) bookReturned(a *account, r *returnCase, unit ReturnUnit, sku, from, reason, status string) {
	entry := adjustmentRecord{ReturnID: &r.record.ReturnID, OrderNumber: r.record.OrderNumber, FromStatus: from}
	if unit.Serial != "" {
		entry.Serials = []string{unit.Serial}
	}
	book := func(sku string, delta int, reason string) {
		one := entry
		one.SKU, one.QuantityDelta, one.Reason = sku, delta, reason
		if i := a.items[sku]; i != nil {
			one.UnitCost, one.Currency = i.UnitCost, i.Currency
		}
		s.adjust(a, one)
	}
	switch {
	case sku != unit.SKU:
		book(unit.SKU, -1, "regrade_out")
		book(sku, 1, "regrade_in")
	case reason != "" && status == "":
		book(sku, -1, reason)
	}
}

func (s *Simulator) listReturns(c *call) answer {
	return serveList(s, c, "returns", c.query("orderNumber"), func(number string) []listed[returnRecord] {
		var out []listed[returnRecord]
		for _, r := range c.account.returns {
			if number == "" || r.record.OrderNumber != nil && *r.record.OrderNumber == number {
				out = append(out, listed[returnRecord]{r.change, r.updatedAt, r.snapshot})
			}
		}
		return out
	})
}

func (s *Simulator) getReturn(c *call) answer {
	r := c.account.returns[c.path["returnId"]]
	if r == nil {
		return notFound("Return", c.path["returnId"])
	}
	return ok(http.StatusOK, r.snapshot())
}
