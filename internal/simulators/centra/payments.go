package centra

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The ways a capture can end, per payment method or per order.
const (
	outcomeSuccess     = "success"
	outcomeFail        = "fail"
	outcomePending     = "pending"      // succeeds later
	outcomePendingFail = "pending-fail" // fails later
	outcomeSuccessFail = "success-fail" // of a refund: done, and taken back later, as a closed bank account does
)

func (s *Simulator) pay(o *order, kind, status string, value int64, sh *shipment) *paymentEntry {
	p := &paymentEntry{id: s.newID("payment", 0), at: s.now(), kind: kind, status: status, value: value, order: o, shipment: sh}
	p.reference = fmt.Sprintf("psp-%d-%d", o.number, p.id)
	o.history = append(o.history, p)
	s.emit("PaymentHistoryEntry", "CREATED", p.id, o)
	return p
}

func (o *order) sum(kinds ...string) (total int64) {
	for _, p := range o.history {
		if slices.Contains(kinds, p.kind) && p.status == "SUCCESS" && !p.reversed {
			total += p.value
		}
	}
	return total
}

// capturedTotal is what was captured, refunds not taken off.
func (o *order) capturedTotal() int64 { return o.sum("CAPTURE", "CAPTURE_GIFT_CARD") }

// refundedTotal is what was paid back, onto gift cards too.
func (o *order) refundedTotal() int64 { return o.sum("REFUND", "REFUND_GIFT_CARD") }

// authorise records what was promised at checkout, by the order's gift card and the rest,
// and what was captured there at once.
func (s *Simulator) authorise(o *order) {
	card := min(o.giftCard, o.grandTotal())
	if card > 0 {
		s.pay(o, "AUTH_GIFT_CARD", "SUCCESS", card, nil)
	}
	s.pay(o, "AUTH", "SUCCESS", o.grandTotal()-card, nil)
	if o.captured {
		s.takeMoney(o, o.grandTotal(), nil)
	}
}

// takeMoney records a capture that the provider made: off the gift card while it holds any.
// Which comes first in Centra is not documented.
func (s *Simulator) takeMoney(o *order, value int64, sh *shipment) (entry *paymentEntry) {
	card := max(0, min(value, o.sum("AUTH_GIFT_CARD")-o.sum("CAPTURE_GIFT_CARD")))
	if card > 0 {
		entry = s.pay(o, "CAPTURE_GIFT_CARD", "SUCCESS", card, sh)
	}
	if value > card || entry == nil {
		entry = s.pay(o, "CAPTURE", "SUCCESS", value-card, sh)
	}
	return entry
}

// giveBack records a refund that the provider made: by card as far as it was paid by card,
// the rest onto the gift card.
func (s *Simulator) giveBack(r *orderReturn, value int64) (entries []*paymentEntry) {
	o := r.order
	byCard := max(0, o.sum("CAPTURE")-o.sum("REFUND"))
	card := max(0, min(value-byCard, o.sum("CAPTURE_GIFT_CARD")-o.sum("REFUND_GIFT_CARD")))
	if value > card || card == 0 {
		entries = append(entries, s.pay(o, "REFUND", "SUCCESS", value-card, r.shipment))
	}
	if card > 0 {
		entries = append(entries, s.pay(o, "REFUND_GIFT_CARD", "SUCCESS", card, r.shipment))
	}
	for _, e := range entries {
		e.ret = r
	}
	r.refunds = append(r.refunds, entries...)
	return entries
}

// authorised is what may still be captured; what a pending capture has asked
// for is spoken for.
func (o *order) authorised() int64 {
	if o.released {
		return 0
	}
	left := o.sum("AUTH", "AUTH_GIFT_CARD") - o.capturedTotal()
	for _, p := range o.history {
		if p.kind == "CAPTURE_REQUEST" && p.status == "PENDING" {
			left -= p.value
		}
	}
	return left
}

func (o *order) capturePending() bool {
	for _, p := range o.history {
		if p.kind == "CAPTURE_REQUEST" && p.status == "PENDING" {
			return true
		}
	}
	return false
}

// prepaid is captured money that no shipment has used yet.
func (o *order) prepaid() int64 {
	left := o.capturedTotal()
	for _, sh := range o.shipments {
		left -= sh.captured
	}
	return left
}

func (o *order) outcome() (result string, delay time.Duration) {
	result, delay = outcomeSuccess, 3*time.Second
	if o.payment != nil {
		if o.payment.captureOutcome != "" {
			result = o.payment.captureOutcome
		}
		if o.payment.pending > 0 {
			delay = o.payment.pending
		}
	}
	if o.captureOutcome != "" {
		result = o.captureOutcome
	}
	return result, delay
}

// capture asks the payment provider. failure is empty when it took the money or
// will answer later; the entry is nil only when there was nothing to ask for.
func (s *Simulator) capture(o *order, value int64, sh *shipment) (entry *paymentEntry, failure string) {
	result, delay := o.outcome()
	switch {
	case value <= 0: // nothing to ask the provider for
		result = outcomeSuccess
	case o.authorised() < value:
		result = outcomeFail
	}
	switch result {
	case outcomeFail:
		return s.pay(o, "CAPTURE_FAILED", "FAILED", value, sh), strings.TrimSpace(fmt.Sprintf("Capture of order %d failed: the payment was refused. %s", o.number, s.leak))
	case outcomePending, outcomePendingFail:
		request := s.pay(o, "CAPTURE_REQUEST", "PENDING", value, sh)
		if sh != nil {
			sh.capturePending = true
		}
		s.later(delay, func() { s.settle(request, result == outcomePending) })
		return request, ""
	}
	entry = s.takeMoney(o, value, sh)
	if sh != nil {
		s.paid(sh)
	}
	return entry, ""
}

// settle is the provider's late answer to a pending capture.
func (s *Simulator) settle(request *paymentEntry, success bool) {
	o, sh := request.order, request.shipment
	if request.status != "PENDING" {
		return
	}
	if sh != nil {
		sh.capturePending = false
	}
	if !success {
		request.status = "FAILED"
		s.pay(o, "CAPTURE_FAILED", "FAILED", request.value, sh)
		s.changed(o)
		return
	}
	request.status = "SUCCESS"
	s.takeMoney(o, request.value, sh)
	if sh != nil {
		s.paid(sh)
		s.shipmentChanged(sh)
		return
	}
	s.changed(o)
}

// due is what a shipment still needs: money captured before is used first.
func (sh *shipment) due() int64 { return sh.grandTotal() - max(0, sh.order.prepaid()) }

// covered tells whether money captured before pays for the whole shipment.
func (sh *shipment) covered() bool {
	return sh.order.capturedTotal() > 0 && sh.order.prepaid() >= sh.grandTotal()
}

// paid marks a shipment captured and completes it when that was the last flag.
func (s *Simulator) paid(sh *shipment) {
	now := s.now()
	sh.captured, sh.capturedAt, sh.paidAt = sh.grandTotal(), now, now
	s.complete(sh)
}

func (x *exec) captureOrder(a args) any {
	var out outcome
	o, err := x.orderToChange(a.obj("order"), "order", "captureOrder", &out)
	if err != nil {
		return err
	}
	if o == nil || !o.open("order", &out.errors) {
		return x.payload(&out)
	}
	o.ready("order", &out.errors)
	remaining := o.grandTotal() - o.capturedTotal()
	switch {
	case o.capturePending():
		out.errors.add("order", "A capture of order %d is already pending", o.number)
	case remaining <= 0:
		out.errors.add("order", "Order %d is already captured", o.number)
	}
	var entry *paymentEntry
	if len(out.errors) == 0 {
		var failure string
		entry, failure = x.capture(o, remaining, nil)
		if failure != "" {
			out.errors.add("order", "%s", failure)
		} else {
			x.changed(o)
		}
	}
	return x.payload(&out, "order", o, "paymentHistoryEntry", opt(entry))
}

func (x *exec) releaseAuthorization(a args) any {
	var out outcome
	o, err := x.orderToChange(a.obj("order"), "order", "releaseRemainingOrderAuthorization", &out)
	if err != nil {
		return err
	}
	var entry *paymentEntry
	switch {
	case o == nil:
	case o.capturePending():
		out.errors.add("order", "A capture of order %d is pending", o.number)
	case o.authorised() <= 0:
		out.errors.add("order", "Order %d has no remaining authorization", o.number)
	default:
		entry = x.pay(o, "CANCEL", "SUCCESS", o.authorised(), nil)
		o.released = true
		x.changed(o)
	}
	return x.payload(&out, "order", opt(o), "paymentHistoryEntry", opt(entry))
}
