package centra

import "time"

// findShipment returns nil with a user error when there is none to see.
func (x *exec) findShipment(id int, path, mutation string, out *outcome) (*shipment, error) {
	sh := x.shipmentByID[id]
	if sh == nil || !x.token.sees(sh.order.store.id) {
		out.errors.add(path, "Shipment not found")
		return nil, nil
	}
	return sh, x.mayChange(sh.order, mutation)
}

func (x *exec) updateShipment(a args) any {
	var out outcome
	sh, err := x.findShipment(a.num("id"), "id", "updateShipment", &out)
	if err != nil {
		return err
	}
	if sh == nil {
		return x.payload(&out)
	}
	in := a.obj("input")
	for _, frozen := range []string{"shipmentInfo", "isGoodToGo"} {
		if in.has(frozen) && sh.isShipped() {
			out.errors.add("input."+frozen, "Shipment %s is shipped and cannot be changed", sh.number)
		}
	}
	if in.has("isPaid") && sh.isCaptured() && !in.flag("isPaid") {
		out.errors.add("input.isPaid", "Shipment %s is captured", sh.number)
	}
	if in.has("isPaid") && !in.flag("isPaid") && !sh.completedAt.IsZero() {
		out.errors.add("input.isPaid", "Shipment %s is completed", sh.number)
	}
	if value := in.obj("paidValue"); value != nil {
		x.amount(sh.order, value, "input.paidValue", &out.errors)
	}
	x.checkInfo(in.obj("shipmentInfo"), "input.shipmentInfo", &out.errors)
	if len(out.errors) > 0 {
		return x.payload(&out)
	}
	x.applyInfo(sh, in.obj("shipmentInfo"))
	for name, to := range map[string]*string{"additionalMessage": &sh.message, "externalId": &sh.externalID} {
		if in.has(name) {
			*to = in.str(name)
		}
	}
	if in.has("isGoodToGo") {
		if in.flag("isGoodToGo") && !sh.goodToGo {
			x.hook("shipment", "good_to_go", sh.id)
		}
		sh.goodToGo = in.flag("isGoodToGo")
	}
	if in.has("isPaid") {
		x.markPaid(sh, in.flag("isPaid"))
	}
	x.complete(sh)
	x.shipmentChanged(sh)
	return x.payload(&out, "shipment", sh)
}

func (s *Simulator) markPaid(sh *shipment, isPaid bool) {
	switch {
	case isPaid && !sh.isPaid():
		sh.paidAt = s.now()
		s.pay(sh.order, "MARKED_AS_PAID", "SUCCESS", sh.grandTotal(), sh)
	case !isPaid && sh.isPaid():
		sh.paidAt = time.Time{}
		s.pay(sh.order, "MARKED_AS_UNPAID", "SUCCESS", sh.grandTotal(), sh)
	}
}

func (x *exec) captureShipment(a args) any {
	var out outcome
	sh, err := x.findShipment(a.num("id"), "id", "captureShipment", &out)
	if err != nil {
		return err
	}
	if sh == nil {
		return x.payload(&out)
	}
	sh.order.ready("id", &out.errors)
	switch {
	case sh.isCaptured():
		out.errors.add("id", "Shipment %s is already captured", sh.number)
	case sh.isPaid():
		out.errors.add("id", "Shipment %s is already paid", sh.number)
	case sh.capturePending:
		out.errors.add("id", "A capture of shipment %s is already pending", sh.number)
	}
	var entry *paymentEntry
	if len(out.errors) == 0 {
		failure := ""
		if sh.covered() {
			x.paid(sh)
		} else {
			entry, failure = x.capture(sh.order, sh.due(), sh)
		}
		if failure != "" {
			out.errors.add("id", "%s", failure)
		} else {
			x.shipmentChanged(sh)
		}
	}
	return x.payload(&out, "shipment", sh, "paymentHistoryEntry", opt(entry))
}

func (x *exec) completeShipment(a args) any {
	var out outcome
	sh, err := x.findShipment(a.num("id"), "id", "completeShipment", &out)
	if err != nil {
		return err
	}
	if sh == nil {
		return x.payload(&out)
	}
	in := a.obj("input")
	if sh.isShipped() {
		out.errors.add("id", "Shipment %s is already shipped", sh.number)
	} else {
		sh.order.ready("id", &out.errors)
		if !sh.goodToGo {
			out.errors.add("id", "Shipment %s is not good to go", sh.number)
		}
		if !sh.isPaid() {
			out.errors.add("id", "Shipment %s is not paid", sh.number)
		}
	}
	x.checkInfo(in.obj("shipmentInfo"), "input.shipmentInfo", &out.errors)
	if len(out.errors) > 0 {
		return x.payload(&out)
	}
	x.applyInfo(sh, in.obj("shipmentInfo"))
	if in.has("additionalMessage") {
		sh.message = in.str("additionalMessage")
	}
	if in.has("sendEmail") {
		sh.sendEmail = in.flag("sendEmail")
	}
	if sh.shippedAt = in.when("shippedAt"); sh.shippedAt.IsZero() {
		sh.shippedAt = x.now()
	}
	x.complete(sh)
	x.shipmentChanged(sh)
	return x.payload(&out, "shipment", sh)
}
