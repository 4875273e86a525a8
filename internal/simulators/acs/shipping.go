package acs

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

func itoa(i int) string { return strconv.Itoa(i) }

// shipment is one consignment that left, at its latest revision.
type shipment struct {
	shipmentRecord
	order     *order
	trackedAt *time.Time
	updatedAt time.Time
	change    int64
}

// nextShipment schedules the next planned shipment, or one with the rest.
func (s *Simulator) nextShipment(o *order) {
	if !o.queued {
		o.queued = true
		o.queue = slices.Clone(o.plan.Parcels)
		if len(o.queue) == 0 && s.opts.Variety && !o.plan.NeverShip {
			o.queue = s.variety(o)
		}
	}
	if o.stopped || o.open() == 0 {
		o.halt()
		return
	}
	var p PlannedParcel
	switch {
	case len(o.queue) > 0:
		p = o.queue[0]
	case o.plan.NeverShip:
		o.halt()
		s.voidPlanned(o)
		return
	}
	own := s.pace(o, "ship"+itoa(len(o.shipments)), 10*time.Minute, 40*time.Minute)
	s.in(o, planOr(p.DelayMs, own), func() { s.shipPlanned(o, p) })
}

// variety splits some orders into two or three shipments: about a quarter, and
// a seventh, of those that have the units and allow it.
func (s *Simulator) variety(o *order) []PlannedParcel {
	units := o.open()
	draw := s.fraction(o.account.code, o.number, "variety")
	count := 1
	switch {
	case draw < 0.14 && units >= 3:
		count = 3
	case draw < 0.40 && units >= 2:
		count = 2
	}
	if count == 1 || o.request.AllowPartial != nil && !*o.request.AllowPartial {
		return nil
	}
	parcels := make([]PlannedParcel, count)
	unit := 0
	for _, l := range o.lines {
		for range l.open() {
			p := &parcels[unit*count/units]
			unit++
			if n := len(p.Lines); n > 0 && p.Lines[n-1].LineID == l.LineID {
				p.Lines[n-1].Quantity++
				continue
			}
			p.Lines = append(p.Lines, PlannedUnits{LineID: l.LineID, Quantity: 1})
		}
	}
	return parcels
}

func (s *Simulator) shipPlanned(o *order, p PlannedParcel) {
	if len(o.queue) > 0 {
		o.queue = o.queue[1:]
	}
	s.ship(o, p)
	s.next(o)
	if o.open() == 0 {
		s.voidPlanned(o)
	}
}

// voidPlanned voids the shipment that the plan names, once nothing more leaves.
func (s *Simulator) voidPlanned(o *order) {
	if o.plan.Void == nil || *o.plan.Void < 0 || *o.plan.Void >= len(o.shipments) {
		return
	}
	sh := o.shipments[*o.plan.Void]
	s.after(s.pace(o, "void", time.Minute, 5*time.Minute), func() { s.void(sh) })
}

// ship lets units leave and announces the shipment. It returns nil when there
// is nothing to send.
func (s *Simulator) ship(o *order, p PlannedParcel) *shipment {
	lines := s.takeUnits(o, p.Lines)
	if len(lines) == 0 {
		return nil
	}
	lines = s.extras(o, lines)
	now := s.now()
	sh := &shipment{order: o, updatedAt: now}
	sh.shipmentRecord = shipmentRecord{
		ShipmentID: s.id("shp"), OrderNumber: o.number, Sequence: len(o.shipments) + 1, Revision: 1, ShippedAt: now,
		Carrier: o.account.carrierOf(o.request.ShippingService), ShippingService: o.request.ShippingService,
		Lines: lines, ShortLines: o.untold,
	}
	o.untold = nil
	for i := range max(1, p.Parcels) {
		sh.Parcels = append(sh.Parcels, parcel{ParcelID: fmt.Sprintf("%s-p%d", sh.ShipmentID, i+1), WeightGrams: 300 + 50*len(lines)})
	}
	o.shipments = append(o.shipments, sh)
	o.account.shipments[sh.ShipmentID] = sh
	o.settle()
	sh.Final = o.open() == 0
	if p.Final != nil {
		sh.Final = *p.Final
	}
	if p.TrackingDelayMs == nil {
		s.giveTracking(sh, nil)
	}
	s.touch(o)
	s.tellShipment(sh, "shipment.created")
	if p.TrackingDelayMs != nil {
		s.after(millis(*p.TrackingDelayMs), func() { s.track(sh, nil) })
	}
	for i := range o.plan.Revisions {
		s.after(s.pace(o, sh.ShipmentID+"revise"+itoa(i), time.Duration(i+1)*time.Minute, time.Duration(i+2)*time.Minute), func() { s.revise(sh) })
	}
	return sh
}

// takeUnits books units of lines as shipped; no wish means everything open.
func (s *Simulator) takeUnits(o *order, wish []PlannedUnits) []shipmentLine {
	if len(wish) == 0 {
		for _, l := range o.lines {
			wish = append(wish, PlannedUnits{LineID: l.LineID, Quantity: l.open()})
		}
	}
	var out []shipmentLine
	for _, w := range wish {
		l := o.line(w.LineID, w.SKU)
		if l == nil {
			continue
		}
		if n := min(w.Quantity, l.open()); n > 0 {
			out = append(out, s.leave(o, l, n, l.SKU))
		}
	}
	return out
}

// destination is the bucket of shipped units: outside the books for a sale.
func (o *order) destination() string {
	if o.request.Kind == "hire" {
		return "on_hire"
	}
	return ""
}

// leave moves n units of a SKU out of the building for a line.
func (s *Simulator) leave(o *order, l *line, n int, sku string) shipmentLine {
	l.shipped += n
	to := o.destination()
	fromAllocated := 0
	if sku == l.SKU {
		fromAllocated = min(n, l.allocated)
		l.allocated -= fromAllocated
		s.move(o.account, sku, "allocated", to, fromAllocated, "")
	}
	t := s.stockOf(o.account, sku)
	if rest := n - fromAllocated; rest > 0 {
		t = s.move(o.account, sku, "available", to, rest, l.Grade)
	}
	s.stockChanged(o.account, t)
	out := shipmentLine{LineID: &l.LineID, SKU: sku, Quantity: n, Grade: l.Grade, Substituted: sku != l.SKU}
	if l.Serial != "" && sku == l.SKU {
		out.Serials = []string{l.Serial}
		if to == "on_hire" {
			s.mark(o, l, to)
		} else {
			delete(o.account.units, l.Serial)
		}
	}
	return out
}

// extras adds what the plan wants wrong: other SKUs, too many units, unknown lines.
func (s *Simulator) extras(o *order, lines []shipmentLine) []shipmentLine {
	gone := o.destination()
	for i := range lines {
		l := o.line(*lines[i].LineID, "")
		for _, sub := range o.plan.Substitute {
			if o.line(sub.LineID, sub.SKU) == l && sub.With != "" {
				n := lines[i].Quantity
				lines[i].SKU, lines[i].Substituted, lines[i].Serials = sub.With, true, nil
				// The units that were set aside stay; the others go in their place.
				s.stockChanged(o.account, s.move(o.account, l.SKU, gone, "available", n, l.Grade))
				s.stockChanged(o.account, s.move(o.account, sub.With, "available", gone, n, l.Grade))
			}
		}
		for _, over := range o.plan.Overship {
			if o.line(over.LineID, over.SKU) == l && over.Quantity > 0 && !o.overshipped[l.LineID] {
				o.overshipped[l.LineID] = true
				lines[i].Quantity += s.leave(o, l, over.Quantity, l.SKU).Quantity
			}
		}
	}
	if !o.extrasSent {
		o.extrasSent = true
		for _, unknown := range o.plan.UnknownLine {
			lines = append(lines, shipmentLine{SKU: unknown.SKU, Quantity: max(1, unknown.Quantity)})
			s.stockChanged(o.account, s.move(o.account, unknown.SKU, "available", "", max(1, unknown.Quantity), ""))
		}
	}
	return lines
}

// carrierNames are the names of the carriers that the contract has observed.
var carrierNames = map[string]string{"RM": "Royal Mail", "DPD": "DPD"}

func (a *account) carrierOf(service string) carrier {
	for _, known := range a.services {
		if known.Code == service {
			name := carrierNames[known.CarrierCode]
			if name == "" {
				name = known.CarrierCode
			}
			return carrier{known.CarrierCode, name}
		}
	}
	return carrier{"ACS", "ACS"}
}

// giveTracking puts tracking numbers on the parcels that have none.
func (s *Simulator) giveTracking(sh *shipment, numbers []string) {
	for i := range sh.Parcels {
		p := &sh.Parcels[i]
		if p.TrackingNumber != nil && i >= len(numbers) {
			continue
		}
		number := fmt.Sprintf("TT%09dGB", s.number("tracking"))
		if i < len(numbers) {
			number = numbers[i]
		}
		p.TrackingNumber, p.TrackingURL = &number, "https://track.example/"+number
	}
	if sh.trackedAt == nil {
		now := s.now()
		sh.trackedAt = &now
	}
}

// track brings tracking in a higher revision.
func (s *Simulator) track(sh *shipment, numbers []string) {
	if sh.Voided {
		return
	}
	s.giveTracking(sh, numbers)
	s.correct(sh)
}

// revise sends a correction that changes no line.
func (s *Simulator) revise(sh *shipment) {
	if sh.Voided {
		return
	}
	for i := range sh.Parcels {
		sh.Parcels[i].WeightGrams += 10
	}
	s.correct(sh)
}

func (s *Simulator) correct(sh *shipment) {
	sh.Revision++
	s.tellShipment(sh, "shipment.updated")
}

func (s *Simulator) tellShipment(sh *shipment, kind string) {
	sh.updatedAt = s.now()
	sh.change = sh.order.account.changed()
	s.emit(sh.order.account, kind, subject{"shipment", sh.ShipmentID}, &sh.order.number, int64(sh.Revision), sh.record())
}

// record copies what may change: parcels get tracking later.
func (sh *shipment) record() shipmentRecord {
	r := sh.shipmentRecord
	r.Parcels = slices.Clone(sh.Parcels)
	return r
}

// void undoes a shipment: its units are back on the floor, open and allocated.
// The floor does not send them again by itself. A second run does nothing.
func (s *Simulator) void(sh *shipment) {
	if sh.Voided {
		return
	}
	o := sh.order
	sh.Voided = true
	sh.Revision++
	for _, sl := range sh.Lines {
		from := o.destination()
		l := (*line)(nil)
		if sl.LineID != nil {
			l = o.line(*sl.LineID, "")
		}
		if l == nil || sl.Substituted {
			s.stockChanged(o.account, s.move(o.account, sl.SKU, from, "available", sl.Quantity, sl.Grade))
		}
		if l == nil {
			continue
		}
		l.shipped -= sl.Quantity
		if !sl.Substituted {
			kept := min(sl.Quantity, l.open()-l.allocated)
			l.allocated += kept
			s.move(o.account, sl.SKU, from, "allocated", kept, "")
			s.stockChanged(o.account, s.move(o.account, sl.SKU, from, "available", sl.Quantity-kept, sl.Grade))
		}
	}
	o.stopped = len(o.queue) == 0
	if o.state == shipped || o.state == partiallyShipped {
		o.state = packed
		o.settle()
	}
	if o.resume == partiallyShipped && !o.hasShipped() {
		o.resume = packed // under a hold or a cancellation that the floor is asked about
	}
	s.touch(o)
	s.tellShipment(sh, "shipment.voided")
}

func (s *Simulator) listOrderShipments(c *call) answer {
	o := c.account.orders[c.path["orderNumber"]]
	if o == nil {
		return notFound("Order", c.path["orderNumber"])
	}
	out := []shipmentRecord{}
	for _, sh := range o.shipments {
		out = append(out, sh.record())
	}
	return ok(http.StatusOK, map[string]any{"data": out})
}

func (s *Simulator) listShipments(c *call) answer {
	return serveList(s, c, "shipments", "", func(string) []listed[shipmentRecord] {
		var out []listed[shipmentRecord]
		for _, sh := range c.account.shipments {
			out = append(out, listed[shipmentRecord]{sh.change, sh.updatedAt, sh.record})
		}
		return out
	})
}

func (s *Simulator) getShipment(c *call) answer {
	sh := c.account.shipments[c.path["shipmentId"]]
	if sh == nil {
		return notFound("Shipment", c.path["shipmentId"])
	}
	return ok(http.StatusOK, sh.record())
}
