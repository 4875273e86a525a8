package lifecycle_test

import (
	"fmt"
	"slices"
	"strings"

	"selvedge/internal/domain"
	"selvedge/internal/lifecycle"
)

// look decides and plans as the activities do: a plan is stored before it is sent,
// and one with another fingerprint replaces the one of the same number.
func (w *world) look() lifecycle.Decision {
	d, err := lifecycle.Decide(w.input())
	if err != nil {
		panic(err)
	}
	for _, due := range d.Due {
		if due.Plan == nil {
			continue
		}
		i := slices.IndexFunc(w.planned, func(p domain.Consignment) bool { return p.Number == due.Plan.Number })
		switch {
		case i < 0:
			w.planned = append(w.planned, *due.Plan)
		case w.planned[i].Fingerprint != due.Plan.Fingerprint:
			w.planned[i] = *due.Plan
		}
	}
	return d
}

// take executes a step against the model. lost drops the answer: the step took
// effect and no fact of ours says so.
func (w *world) take(due lifecycle.Due, lost bool) {
	facts := len(w.facts)
	switch due.Step {
	case domain.StepSubmit:
		w.submit(w.plan(due.Subject))
	case domain.StepAmend:
		w.amend(w.plan(due.Subject), due.Revision)
	case domain.StepCancel:
		w.cancel(w.orders[due.Subject], due.Lines)
	case domain.StepShip:
		w.shipParcel(due)
		return // its attempt is recorded before it is sent; a lost answer is read back
	case domain.StepCancelShort:
		w.cancelShort(due.Subject)
	case domain.StepRelease:
		w.append(domain.FactReleased, "released", struct{}{})
	case domain.StepHold:
		w.onHold = !w.cancelled
		w.append(domain.FactNoted, fmt.Sprintf("noted:withdrawn:%d", w.asked), domain.NotedFact{Subject: "withdrawn"})
	case domain.StepNote:
		w.append(domain.FactNoted, "noted:"+due.Subject, domain.NotedFact{Subject: due.Subject})
	case domain.StepCapture:
		w.append(domain.FactCaptured, "captured", domain.CapturedFact{Amount: 1000})
	}
	if lost {
		for _, f := range w.facts[facts:] {
			delete(w.keys, f.Key)
		}
		w.facts = w.facts[:facts]
	}
}

func (w *world) plan(number string) domain.Consignment {
	return w.planned[slices.IndexFunc(w.planned, func(p domain.Consignment) bool { return p.Number == number })]
}

func (w *world) submitted(plan domain.Consignment, o *floorOrder, amended bool) {
	f := domain.SubmittedFact{Consignment: plan.Number, Warehouse: plan.Warehouse, Revision: o.revision, Fingerprint: plan.Fingerprint, Amended: amended}
	for _, l := range plan.Lines {
		f.Lines = append(f.Lines, domain.LineQuantity{Line: l.Line, Quantity: l.Quantity})
	}
	w.append(domain.FactSubmitted, fmt.Sprintf("submitted:%s:%d:%t", plan.Number, o.revision, amended), f)
}

func (w *world) submit(plan domain.Consignment) {
	o := w.orders[plan.Number]
	switch {
	case o == nil:
		o = &floorOrder{number: plan.Number, warehouse: plan.Warehouse, state: domain.WarehouseReceived}
		o.fill(plan)
		w.orders[plan.Number] = o
		w.tell(o)
	case o.content != plan.Fingerprint: // an earlier run of ours was there first
		plan.Fingerprint, plan.Lines = "", nil
		for _, l := range o.lines {
			plan.Lines = append(plan.Lines, domain.ConsignmentLine{Line: l.id, Quantity: l.quantity})
		}
		w.submitted(plan, o, false)
		w.record(w.snapshot(o))
		return
	}
	w.submitted(plan, o, false)
}

func (o *floorOrder) fill(plan domain.Consignment) {
	o.content, o.lines = plan.Fingerprint, nil
	for _, l := range plan.Lines {
		o.lines = append(o.lines, &floorLine{id: l.Line, sku: l.SKU, quantity: l.Quantity})
	}
}

func (w *world) amend(plan domain.Consignment, revision int64) {
	o := w.orders[plan.Number]
	switch {
	case o.revision != revision:
		w.record(w.snapshot(o))
		return
	case o.state == domain.WarehouseRejected:
		o.fill(plan)
		o.state = domain.WarehouseReceived
	case o.state != domain.WarehouseReceived && o.state != domain.WarehouseAccepted || !o.keeps(plan):
		w.refuse(domain.StepAmend, plan.Number, plan.Fingerprint, "amendment-refused", "order_not_amendable")
		return
	default:
		old := o.lines
		o.fill(plan)
		for _, l := range o.lines {
			for _, was := range old {
				if was.id == l.id {
					l.short, l.cancelled = was.short, was.cancelled
				}
			}
		}
	}
	w.tell(o)
	w.submitted(plan, o, true)
}

// keeps tells whether an amendment leaves partly closed lines as they are.
func (o *floorOrder) keeps(plan domain.Consignment) bool {
	for _, l := range o.lines {
		same := slices.ContainsFunc(plan.Lines, func(p domain.ConsignmentLine) bool { return p.Line == l.id && p.Quantity == l.quantity })
		if l.short+l.cancelled > 0 && !same {
			return false
		}
	}
	return true
}

func (w *world) refuse(step domain.Step, subject, fingerprint, kind, code string) {
	w.asked++
	w.append(domain.FactRefused, fmt.Sprintf("refused:%d", w.asked), domain.RefusedFact{
		Step: step, Subject: subject, Fingerprint: fingerprint, System: "sys", Exception: kind,
		Problems: []domain.Refusal{{Code: code}},
	})
}

func (w *world) cancel(o *floorOrder, lines []domain.LineQuantity) {
	asked := map[string]int{}
	total := 0
	for _, l := range o.lines {
		n := l.open()
		if len(lines) > 0 {
			n = 0
			for _, q := range lines {
				if q.Line == l.id {
					n = min(q.Quantity, l.open())
				}
			}
		}
		asked[l.id], total = n, total+n
	}
	w.asked++
	fact := domain.CancelRequestedFact{Consignment: o.number, Lines: lines}
	switch {
	case o.state == domain.WarehouseCancelled:
		fact.Done = true
	case o.state == domain.WarehouseCancelRequested:
		for id, n := range asked {
			o.ask[id] = max(o.ask[id], n)
		}
	case total == 0:
		w.append(domain.FactCancelRefused, fmt.Sprintf("cancel-refused:%d", w.asked), domain.CancelRefusedFact{Consignment: o.number})
		return
	case o.state == domain.WarehouseReceived || o.state == domain.WarehouseAccepted || o.state == domain.WarehouseRejected:
		fact.Done = true
		for _, l := range o.lines {
			l.cancelled += asked[l.id]
		}
		o.settle()
		w.tell(o)
	default:
		o.before, o.state, o.ask = o.state, domain.WarehouseCancelRequested, asked
		o.revision++
	}
	w.append(domain.FactCancelRequested, fmt.Sprintf("cancel:%d", w.asked), fact)
	w.record(w.snapshot(o))
}

func (w *world) shipParcel(due lifecycle.Due) {
	if w.onHold || w.cancelled {
		w.refuse(domain.StepShip, due.Subject, "", "write-back-refused", "not_shippable")
		return
	}
	at := slices.IndexFunc(w.shipments, func(s domain.ShopShipmentFact) bool { return s.Shipment == due.Subject })
	if at < 0 {
		for _, l := range due.Lines {
			if have := w.line(l.Line); w.inShop(l.Line, false)+l.Quantity > have.ordered-have.cancelled {
				if !w.voided {
					w.overPushed = fmt.Sprintf("%d units of line %s by %s", l.Quantity, l.Line, due.Subject)
				}
				w.refuse(domain.StepShip, due.Subject, "", "shipped-by-hand", "shipped_by_hand")
				return
			}
		}
		at = len(w.shipments)
		w.shipments = append(w.shipments, domain.ShopShipmentFact{Shipment: due.Subject, Warehouse: due.Warehouse, ShopID: fmt.Sprint(at), Number: fmt.Sprintf("100-%d", at+1), Lines: due.Lines})
	}
	s := &w.shipments[at]
	if due.Complete && !s.Completed {
		s.Completed, s.Captured, s.Tracking = true, true, w.tracking(due.Subject)
		for _, l := range s.Lines {
			if !w.keeps {
				w.line(l.Line).allocated[due.Warehouse] = max(0, w.line(l.Line).allocated[due.Warehouse]-l.Quantity)
			}
		}
	}
	w.append(domain.FactShopShipment, fmt.Sprintf("shop:%s:%t", due.Subject, s.Completed), *s)
}

// tracking is what we know of a parcel's tracking.
func (w *world) tracking(shipment string) string {
	p, err := domain.Derive(w.order(), w.facts)
	if err != nil {
		panic(err)
	}
	for _, parcel := range p.Parcels {
		if parcel.Shipment.ID == shipment {
			return strings.Join(parcel.Shipment.Trackings, ", ")
		}
	}
	return ""
}

func (w *world) cancelShort(line string) {
	p, err := domain.Derive(w.order(), w.facts)
	if err != nil {
		panic(err)
	}
	for _, l := range p.Lines {
		if l.Line == line && l.Missing() > 0 {
			w.cancelUnits(line, l.Missing())
			w.asked++
			w.append(domain.FactShopCancelled, fmt.Sprintf("shop-cancelled:%d", w.asked), domain.ShopCancelledFact{Lines: []domain.LineQuantity{{Line: line, Quantity: l.Missing()}}})
		}
	}
}
