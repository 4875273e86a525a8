package centra

import (
	"slices"
	"strings"
)

func (s *Simulator) returnByID(id int) *orderReturn {
	i := slices.IndexFunc(s.returns, func(r *orderReturn) bool { return r.id == id })
	if i < 0 {
		return nil
	}
	return s.returns[i]
}

func (x *exec) findReturn(id int, mutation string, out *outcome) (*orderReturn, error) {
	r := x.returnByID(id)
	if r == nil || !x.token.sees(r.order.store.id) {
		out.errors.add("id", "Return not found")
		return nil, nil
	}
	return r, x.mayChange(r.order, mutation)
}

// createReturn makes a pending return of a completed shipment. Stock moves now,
// not at completion, so that deleting the return can move it back.
func (x *exec) createReturn(a args) any {
	var out outcome
	in := a.obj("input")
	sh := x.shipmentIn(in.obj("shipment"))
	if sh == nil {
		out.errors.add("input.shipment", "Shipment not found")
		return x.payload(&out)
	}
	if err := x.mayChange(sh.order, "createReturn"); err != nil {
		return err
	}
	r := x.checkReturn(sh, in, &out.errors)
	if len(out.errors) > 0 {
		return x.payload(&out)
	}
	r.id = x.newID("return", 0)
	for _, l := range r.lines {
		l.id = x.newID("returnLine", 0)
	}
	x.returns = append(x.returns, r)
	sh.returns = append(sh.returns, r)
	x.restock(r)
	x.emit("Return", "CREATED", r.id, r.order)
	x.hook("return", "create", r.id)
	x.shipmentChanged(sh)
	return x.payload(&out, "return", r)
}

func (x *exec) shipmentIn(ref args) *shipment {
	for _, sh := range x.shipments {
		if x.token.sees(sh.order.store.id) && (sh.id == ref.num("id") || (sh.externalID != "" && sh.externalID == ref.str("externalId"))) {
			return sh
		}
	}
	return nil
}

func (x *exec) checkReturn(sh *shipment, in args, errs *problems) *orderReturn {
	o := sh.order
	r := &orderReturn{order: o, shipment: sh, created: x.now(), comment: in.str("comment"), externalID: in.str("externalId"), policy: in.obj("returnStockActionPolicy")}
	if in.has("createdAt") {
		r.created = in.when("createdAt")
	}
	if sh.completedAt.IsZero() {
		errs.add("input.shipment", "Shipment %s is not completed", sh.number)
	}
	if len(in.objs("lines")) == 0 {
		errs.add("input.lines", "At least one line should be provided")
	}
	sums := make(map[*shipmentLine]int)
	for i, item := range in.objs("lines") {
		path := "input.lines." + itoa(i)
		id := item.obj("shipmentLine").num("id")
		at := slices.IndexFunc(sh.lines, func(l *shipmentLine) bool { return l.id == id })
		if at < 0 {
			errs.add(path+".shipmentLine", "The line does not belong to shipment %s", sh.number)
			continue
		}
		l, quantity := sh.lines[at], item.num("quantity")
		sums[l] += quantity
		if left := l.quantity - l.returned(); quantity < 1 || sums[l] > left {
			errs.add(path+".quantity", "Quantity must be between 1 and the %d units that are not returned", left)
		}
		r.lines = append(r.lines, &returnLine{line: l, quantity: quantity})
	}
	x.checkPolicy(r.policy, "input.returnStockActionPolicy", errs)
	r.shipping = x.returnCost(sh, in, "shippingCost", sh.shipping, func(r *orderReturn) int64 { return r.shipping }, errs)
	r.handling = x.returnCost(sh, in, "handlingCost", sh.handling, func(r *orderReturn) int64 { return r.handling }, errs)
	r.voucher = x.returnCost(sh, in, "voucherValue", sh.discount, func(r *orderReturn) int64 { return r.voucher }, errs)
	if cost := in.obj("returnCost"); cost != nil {
		amount, ok := x.amount(o, cost, "input.returnCost", errs)
		if r.cost = amount; ok && (amount < 0 || r.grandTotal() < 0) {
			errs.add("input.returnCost.value", "The return cost must not be negative or above the refund")
		}
	}
	return r
}

// returnCost is what a return gives back of a shipment's cost: nothing unless
// asked, and never more than is left.
func (x *exec) returnCost(sh *shipment, in args, name string, total int64, of func(*orderReturn) int64, errs *problems) int64 {
	left := total
	for _, r := range sh.returns {
		left -= of(r)
	}
	policy := in.obj(name)
	switch {
	case policy.flag("fromShipment"):
		return left
	case policy.has("value"):
		amount, ok := x.amount(sh.order, policy.obj("value"), "input."+name+".value", errs)
		if ok && (amount < 0 || amount > max(0, left)) {
			errs.add("input."+name+".value", "The value must be between 0 and the remaining %s", sh.order.currency.format(left))
		}
		return amount
	}
	return 0
}

// restock moves returned units into the warehouse that the policy names, and
// remembers the moves.
func (x *exec) restock(r *orderReturn) {
	if r.policy.flag("removeItemsFromStock") {
		return
	}
	other := x.findWarehouse(r.policy.obj("sendItemsToDifferentWarehouse"))
	for _, l := range r.lines {
		for _, p := range l.line.parts {
			left := l.quantity * p.quantity / l.line.quantity
			for _, al := range p.line.allocations {
				if al.on != l.line || left == 0 {
					continue
				}
				w, n := al.warehouse, min(left, al.quantity)
				if other != nil {
					w = other
				}
				left -= n
				r.warehouse = w
				x.row(w, p.line.size).physical += n
				r.moved = append(r.moved, movement{stockKey{w.id, p.line.size.id}, n})
			}
		}
	}
	if len(r.moved) > 0 {
		x.noteStockChange()
	}
}

// returnChanged notes a change of state of a return.
func (x *exec) returnChanged(r *orderReturn, change string) {
	x.emit("Return", change, r.id, r.order)
	x.hook("return", "update", r.id)
	x.changed(r.order)
}

func (x *exec) completeReturn(a args) any {
	return x.setCompleted(a.num("id"), "completeReturn", true, a.obj("input").flag("sendEmail"))
}

func (x *exec) uncompleteReturn(a args) any {
	return x.setCompleted(a.num("id"), "uncompleteReturn", false, false)
}

func (x *exec) setCompleted(id int, mutation string, completed, sendEmail bool) any {
	var out outcome
	r, err := x.findReturn(id, mutation, &out)
	if err != nil {
		return err
	}
	if r != nil && r.completed == completed {
		out.errors.add("id", "Return %d is already %s", r.id, r.status())
	}
	if r != nil && !completed && len(r.refunds) > 0 {
		out.errors.add("id", "Return %d is refunded", r.id)
	}
	if len(out.errors) > 0 {
		return x.payload(&out)
	}
	r.completed = completed
	if sendEmail {
		x.sendMail(r.order, r.shipment.number, "return")
	}
	x.returnChanged(r, "UPDATED")
	if completed {
		x.emit("Return", "COMPLETED", r.id, r.order)
	}
	return x.payload(&out, "return", r)
}

func (x *exec) deleteReturn(a args) any {
	var out outcome
	r, err := x.findReturn(a.num("id"), "deleteReturn", &out)
	if err != nil {
		return err
	}
	if r != nil && r.completed {
		out.errors.add("id", "Return %d is completed", r.id)
	}
	if r != nil && !x.canTakeBack(r) {
		out.errors.add("id", "Return %d put units into stock that are not free any more", r.id)
	}
	if len(out.errors) > 0 {
		return x.payload(&out)
	}
	for _, m := range r.moved {
		x.stock[m.key].physical -= m.quantity
	}
	if len(r.moved) > 0 {
		x.noteStockChange()
	}
	same := func(other *orderReturn) bool { return other == r }
	x.returns = slices.DeleteFunc(x.returns, same)
	r.shipment.returns = slices.DeleteFunc(r.shipment.returns, same)
	x.returnChanged(r, "DELETED")
	return x.payload(&out, "return", r)
}

// canTakeBack tells whether the units that a return put into stock are still free. What
// Centra does where they are sold already is not documented; it never lets stock fall
// below what is allocated.
func (s *Simulator) canTakeBack(r *orderReturn) bool {
	units := map[stockKey]int{}
	for _, m := range r.moved {
		units[m.key] += m.quantity
	}
	for key, n := range units {
		if row := s.stock[key]; row.physical-row.allocated < n {
			return false
		}
	}
	return true
}

// refundReturn pays a return back. A pending refund (REFUND_REQUEST) is not
// done, and a second call asks the provider again.
func (x *exec) refundReturn(a args) any {
	var out outcome
	r, err := x.findReturn(a.num("id"), "refundReturn", &out)
	if err != nil {
		return err
	}
	if r == nil {
		return x.payload(&out)
	}
	value := r.grandTotal()
	for _, p := range r.refunds {
		if p.refunds() && !p.reversed {
			out.errors.add("id", "Return %d is already refunded", r.id)
			break
		}
	}
	if !r.completed {
		out.errors.add("id", "Return %d is not completed", r.id)
	}
	if value > r.order.capturedTotal()-r.order.refundedTotal() {
		out.errors.add("id", "The refund is more than what was captured")
	}
	if len(out.errors) > 0 {
		return x.payload(&out)
	}
	outcome := outcomeSuccess
	if r.order.payment != nil && r.order.payment.refundOutcome != "" {
		outcome = r.order.payment.refundOutcome
	}
	if r.order.refundOutcome != "" {
		outcome = r.order.refundOutcome
	}
	entry := x.refund(r, value, outcome)
	if entry.status == "FAILED" {
		out.errors.add("id", "%s", strings.TrimSpace("The refund was refused. "+x.leak))
		return x.payload(&out)
	}
	if a.obj("input").flag("sendEmail") {
		x.sendMail(r.order, r.shipment.number, "refund")
	}
	x.returnChanged(r, "UPDATED")
	return x.payload(&out, "return", r, "paymentHistoryEntry", entry)
}

// refunds tells whether an entry is money that went back.
func (p *paymentEntry) refunds() bool { return p.kind == "REFUND" || p.kind == "REFUND_GIFT_CARD" }

func (x *exec) refund(r *orderReturn, value int64, outcome string) *paymentEntry {
	var kind, status string
	switch outcome {
	case outcomeSuccess, outcomeSuccessFail:
		entries := x.giveBack(r, value)
		if outcome == outcomeSuccessFail {
			_, delay := r.order.outcome()
			x.later(delay, func() {
				for _, e := range entries {
					x.takeBack(r, e)
				}
			})
		}
		return entries[0]
	case outcomeFail:
		kind, status = "REFUND_FAILED", "FAILED"
	case outcomePending, outcomePendingFail:
		kind, status = "REFUND_REQUEST", "PENDING"
	}
	entry := x.pay(r.order, kind, status, value, r.shipment)
	entry.ret = r
	r.refunds = append(r.refunds, entry)
	if status == "PENDING" {
		s := x.Simulator
		_, delay := r.order.outcome()
		s.later(delay, func() {
			if entry.status = "FAILED"; outcome == outcomePending {
				entry.status = "SUCCESS"
				s.giveBack(r, value)
			}
			s.changed(r.order)
		})
	}
	return entry
}

// takeBack lets a refund that was done come back: how Centra shows that is not documented;
// here the entry stays and one of a failure follows.
func (s *Simulator) takeBack(r *orderReturn, refund *paymentEntry) {
	refund.reversed = true
	failed := s.pay(r.order, "REFUND_FAILED", "FAILED", refund.value, r.shipment)
	failed.ret = r
	r.refunds = append(r.refunds, failed)
	x := &exec{Simulator: s}
	x.returnChanged(r, "UPDATED")
}
