package centra

import (
	"slices"
	"strings"
)

// draft is a shipment in the making: all that createShipment is going to do,
// checked before any of it is done.
type draft struct {
	order    *order
	lines    []draftLine
	shipping int64
	handling int64
	discount int64
}

type draftLine struct {
	line     *line
	quantity int
	path     string
}

// createShipment makes a new shipment at every call: there is no key to
// recognise a repetition by.
func (x *exec) createShipment(a args) any {
	var out outcome
	in := a.obj("input")
	o, err := x.orderToChange(in.obj("order"), "input.order", "createShipment", &out)
	if err != nil {
		return err
	}
	if o == nil {
		return x.payload(&out)
	}
	d := x.checkShipment(o, in, &out.errors)
	if len(out.errors) > 0 {
		return x.payload(&out)
	}
	sh := x.build(d, in.flag("allocateDemand"), byAPI)
	sh.goodToGo, sh.sendEmail, sh.externalID = in.flag("isGoodToGo"), in.flag("sendEmail"), in.str("externalId")
	if in.has("createdAt") {
		sh.created = in.when("createdAt")
	}
	sh.message = in.str("additionalMessage")
	x.applyInfo(sh, in.obj("shipmentInfo"))
	sh.shippedAt = in.when("shippedAt")
	x.payNew(sh, in, &out)
	x.emit("Shipment", "CREATED", sh.id, o)
	x.hook("shipment", "create", sh.id)
	if sh.goodToGo {
		x.hook("shipment", "good_to_go", sh.id)
	}
	x.complete(sh)
	x.changed(o)
	return x.payload(&out, "shipment", sh)
}

// payNew settles how a new shipment is paid: money captured before is used
// first, then capture, and only without it the caller's word counts.
func (x *exec) payNew(sh *shipment, in args, out *outcome) {
	switch {
	case sh.covered():
		x.paid(sh)
	case in.flag("capture"):
		if _, failure := x.capture(sh.order, sh.due(), sh); failure != "" {
			out.warnings.add("input.capture", "%s", failure)
		}
	case in.flag("isPaid"):
		sh.paidAt = x.now()
		x.pay(sh.order, "MARKED_AS_PAID", "SUCCESS", sh.grandTotal(), sh)
	}
}

func (x *exec) checkShipment(o *order, in args, errs *problems) draft {
	d := draft{order: o}
	if status := o.status(); status != "CONFIRMED" && status != "PROCESSING" {
		errs.add("input.order", "Order %d is %s, only confirmed orders can be shipped", o.number, status)
	}
	o.ready("input.order", errs)
	if in.has("lines") == in.has("deliveryGroup") {
		errs.add("input", "Either lines or deliveryGroup should be provided")
		return d
	}
	d.lines = x.draftLines(o, in, errs)
	x.checkQuantities(d.lines, errs)
	if len(*errs) > 0 {
		return d
	}
	x.checkStock(d, in.flag("allocateDemand"), errs)
	d.shipping = x.checkCost(o, in, "shippingCostPolicy", o.shipping, func(sh *shipment) int64 { return sh.shipping }, errs)
	d.handling = x.checkCost(o, in, "handlingCostPolicy", o.handling, func(sh *shipment) int64 { return sh.handling }, errs)
	d.discount = x.checkCost(o, in, "discountValuePolicy", o.discountTotal(), func(sh *shipment) int64 { return sh.discount }, errs)
	x.checkInfo(in.obj("shipmentInfo"), "input.shipmentInfo", errs)
	if in.has("shippedAt") && !in.flag("isGoodToGo") {
		errs.add("input.isGoodToGo", "A shipment that is not good to go cannot be shipped")
	}
	return d
}

func (x *exec) draftLines(o *order, in args, errs *problems) (out []draftLine) {
	if in.has("deliveryGroup") {
		id := in.obj("deliveryGroup").num("id")
		i := slices.IndexFunc(o.groups, func(g *deliveryGroup) bool { return g.id == id })
		if i < 0 {
			errs.add("input.deliveryGroup", "Delivery group not found")
			return nil
		}
		for _, gl := range o.groups[i].lines {
			if n := min(gl.quantity, gl.line.unshipped()); n > 0 {
				out = append(out, draftLine{gl.line, n, "input.deliveryGroup"})
			}
		}
		if len(out) == 0 {
			errs.add("input.deliveryGroup", "The delivery group is already shipped")
		}
		return out
	}
	for i, item := range in.objs("lines") {
		path := "input.lines." + itoa(i)
		l := o.lineByID(item.obj("orderLine").num("id"))
		if l == nil {
			errs.add(path+".orderLine", "The line does not belong to order %d", o.number)
			continue
		}
		out = append(out, draftLine{l, item.num("quantity"), path})
	}
	if len(in.objs("lines")) == 0 {
		errs.add("input.lines", "At least one line should be provided")
	}
	return out
}

func (x *exec) checkQuantities(lines []draftLine, errs *problems) {
	sums := make(map[*line]int)
	for _, dl := range lines {
		sums[dl.line] += dl.quantity
		switch {
		case dl.quantity < 1:
			errs.add(dl.path+".quantity", "Quantity must be 1 or more")
		case dl.line.kind == kindBundle && x.bundleLines != "bundle":
			errs.add(dl.path+".orderLine", "A bundle line cannot be shipped, ship its items")
		case dl.line.kind == kindBundleItem && x.bundleLines == "bundle":
			errs.add(dl.path+".orderLine", "A bundle item cannot be shipped by itself, ship the bundle line")
		case sums[dl.line] > dl.line.unshipped():
			errs.add(dl.path+".quantity", "Quantity %d is more than the %d units that are not shipped", sums[dl.line], dl.line.unshipped())
		case dl.line.kind == kindGift && dl.quantity != dl.line.quantity():
			errs.add(dl.path+".quantity", "A gift certificate can only be shipped as a whole")
		}
	}
}

// parts are the physical units behind a line of a shipment.
func (dl draftLine) parts() []part {
	if dl.line.kind != kindBundle {
		return []part{{dl.line, dl.quantity}}
	}
	out := make([]part, len(dl.line.items))
	for i, item := range dl.line.items {
		out[i] = part{item, dl.quantity * item.perBundle}
	}
	return out
}

func confirmedFree(al *allocation) bool { return free(al) && !al.waiting }

// checkStock refuses units that no warehouse has allocated, unless demand is to
// be allocated and the stock is there.
func (x *exec) checkStock(d draft, allocateDemand bool, errs *problems) {
	need := make(map[*line]int)
	wantedOf := make(map[*productSize]int)
	for _, dl := range d.lines {
		for _, p := range dl.parts() {
			if !p.line.physical() {
				continue
			}
			need[p.line] += p.quantity
			missing := need[p.line] - p.line.allocated(confirmedFree)
			if missing <= 0 {
				continue
			}
			if !allocateDemand {
				errs.add(dl.path+".quantity", "%d units are not allocated", missing)
				continue
			}
			wantedOf[p.line.size] += missing
			available := 0
			for _, w := range x.warehousesFor(d.order) {
				if row := x.row(w, p.line.size); w.policy != "CHECK_FIRST" {
					available += max(0, row.physical-row.allocated)
				}
			}
			demand := p.line.quantity() - p.line.allocated(nil)
			if missing > demand || wantedOf[p.line.size] > available {
				errs.add(dl.path+".quantity", "%d units of demand could not be allocated", missing)
			}
		}
	}
}

// checkCost reads a cost policy; without one a shipment takes all that is left,
// which for the first shipment is everything.
func (x *exec) checkCost(o *order, in args, name string, total int64, of func(*shipment) int64, errs *problems) int64 {
	left := total
	for _, sh := range o.shipments {
		left -= of(sh)
	}
	policy := in.obj(name)
	switch {
	case policy.flag("none"):
		return 0
	case policy.has("value"):
		amount, ok := x.amount(o, policy.obj("value"), "input."+name+".value", errs)
		if ok && amount < 0 {
			errs.add("input."+name+".value", "The value must not be negative")
		}
		if ok && !o.wholesale && amount > max(0, left) {
			errs.add("input."+name+".value", "The value is more than the remaining %s", o.currency.format(left))
		}
		return amount
	}
	return left
}

func (x *exec) checkInfo(info args, path string, errs *problems) {
	if info.has("packagesNumber") && info.num("packagesNumber") < 0 {
		errs.add(path+".packagesNumber", "Number of packages must not be negative")
	}
	if cost := info.obj("internalShippingCost"); cost != nil && x.currencyByCode(cost.str("currencyIsoCode")) == nil {
		errs.add(path+".internalShippingCost.currencyIsoCode", "Currency not found")
	}
}

func (s *Simulator) applyInfo(sh *shipment, info args) {
	for name, to := range map[string]*string{"carrier": &sh.carrier, "service": &sh.service, "returnTrackingNumber": &sh.returnTracking} {
		if info.has(name) {
			*to = info.str(name)
		}
	}
	if info.has("trackingNumber") {
		sh.trackings = nil
		for _, t := range strings.Split(info.str("trackingNumber"), ",") {
			if t = strings.TrimSpace(t); t != "" {
				sh.trackings = append(sh.trackings, t)
			}
		}
	}
	if info.has("packagesNumber") {
		sh.packages = info.num("packagesNumber")
	}
	if cost := info.obj("internalShippingCost"); cost != nil {
		sh.costCurrency = s.currencyByCode(cost.str("currencyIsoCode"))
		value, _ := cost["value"].(float64)
		sh.internalCost, _ = sh.costCurrency.minor(value)
	}
}

// build makes the shipment of a checked draft and puts the allocations on it.
func (s *Simulator) build(d draft, allocateDemand bool, by string) *shipment {
	o, now := d.order, s.now()
	o.shipmentCount++
	sh := &shipment{
		id: s.newID("shipment", 0), number: itoa(o.number) + "-" + itoa(o.shipmentCount), order: o, created: now, updated: now, by: by,
		shipping: d.shipping, handling: d.handling, discount: d.discount, packages: 1,
	}
	for _, dl := range d.lines {
		sl := &shipmentLine{id: s.newID("shipmentLine", 0), shipment: sh, line: dl.line, quantity: dl.quantity, first: dl.line.inShipments(false), parts: dl.parts()}
		for _, earlier := range sh.lines {
			if earlier.line == dl.line {
				sl.first += earlier.quantity
			}
		}
		for _, p := range sl.parts {
			if p.line.physical() {
				s.take(p, sl, allocateDemand)
			}
		}
		sh.lines = append(sh.lines, sl)
	}
	o.shipments = append(o.shipments, sh)
	s.shipments = append(s.shipments, sh)
	s.shipmentByID[sh.id] = sh
	return sh
}

// take moves allocated units onto a shipment line, splitting an allocation
// where only part of it goes.
func (s *Simulator) take(p part, sl *shipmentLine, allocateDemand bool) {
	if missing := p.quantity - p.line.allocated(confirmedFree); allocateDemand && missing > 0 {
		from := slices.DeleteFunc(slices.Clone(s.warehousesFor(p.line.order)), func(w *warehouse) bool { return w.policy == "CHECK_FIRST" })
		s.allocate(p.line, missing, from)
	}
	left := p.quantity
	for _, al := range slices.Clone(p.line.allocations) {
		if !confirmedFree(al) || left == 0 {
			continue
		}
		n := min(left, al.quantity)
		left -= n
		if n == al.quantity {
			al.on = sl
			continue
		}
		al.quantity -= n
		p.line.allocations = append(p.line.allocations, &allocation{id: s.newID("allocation", 0), quantity: n, line: p.line, warehouse: al.warehouse, on: sl})
	}
}

// complete finishes a shipment once all three flags hold: the goods leave the
// stock and the customer is told, once.
func (s *Simulator) complete(sh *shipment) {
	if !sh.completedAt.IsZero() || !sh.goodToGo || !sh.isPaid() || !sh.isShipped() {
		return
	}
	sh.completedAt = s.now()
	for _, sl := range sh.lines {
		for _, p := range sl.parts {
			for _, al := range p.line.allocations {
				if al.on == sl {
					al.completed = true
					row := s.row(al.warehouse, p.line.size)
					row.allocated -= al.quantity
					row.physical -= al.quantity
				}
			}
		}
	}
	s.noteStockChange()
	if sh.sendEmail {
		s.sendMail(sh.order, sh.number, "shipment")
	}
	s.emit("Shipment", "COMPLETED", sh.id, sh.order)
}

// shipmentChanged notes that a shipment, and with it its order, is different.
func (s *Simulator) shipmentChanged(sh *shipment) {
	sh.updated = s.now()
	s.emit("Shipment", "UPDATED", sh.id, sh.order)
	s.hook("shipment", "update", sh.id)
	s.changed(sh.order)
}
