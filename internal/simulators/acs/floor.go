package acs

import (
	"strings"
	"time"
)

// in schedules the next step of an order. A later change of course voids it.
func (s *Simulator) in(o *order, d time.Duration, run func()) {
	o.step++
	mine := o.step
	s.after(d, func() {
		if o.step == mine {
			run()
		}
	})
}

// halt voids the step that is scheduled.
func (o *order) halt() { o.step++ }

// arrive begins a pass: the first, or a fresh one after a rejection was mended.
func (s *Simulator) arrive(o *order, kind string) {
	o.pass++
	o.plan = s.planFor(o)
	o.state, o.lateReject, o.queue, o.queued, o.stopped, o.extrasSent = received, false, nil, false, false, false
	o.overshipped, o.untold, o.cancelAsk = make(map[string]bool), nil, nil
	s.touch(o)
	s.tell(o, kind)
	if o.request.Hold {
		s.hold(o, "client")
		return
	}
	s.next(o)
}

// next schedules what the floor does with an order in its state.
func (s *Simulator) next(o *order) {
	switch o.state {
	case received:
		s.in(o, planOr(o.plan.AcceptDelayMs, s.pace(o, "accept", 5*time.Second, 55*time.Second)), func() { s.acceptOrReject(o) })
	case accepted:
		s.in(o, s.pace(o, "allocate", time.Minute, 4*time.Minute), func() { s.allocate(o) })
	case allocated:
		s.in(o, s.pace(o, "pick", 5*time.Minute, 25*time.Minute), func() { s.pick(o) })
	case picking:
		if !o.lateReject { // else the rejection comes first
			s.in(o, s.pace(o, "pack", 5*time.Minute, 15*time.Minute), func() { s.pack(o) })
		}
	case packed, partiallyShipped:
		s.nextShipment(o)
	default:
		o.halt()
	}
}

func (s *Simulator) acceptOrReject(o *order) {
	if s.rejects(o, o.plan.Reject) {
		s.reject(o, o.plan.Reject.Errors)
		return
	}
	s.accept(o)
	if o.state != accepted {
		return
	}
	if late := o.plan.LateReject; s.rejects(o, late) {
		o.lateReject = true
		pass := o.pass
		s.after(millis(late.AfterMs), func() {
			if o.pass == pass && o.lateReject && s.rejectable(o) {
				s.reject(o, late.Errors)
			}
		})
	}
	if o.plan.HoldMs > 0 {
		s.hold(o, "address_check")
		s.in(o, millis(o.plan.HoldMs), func() { s.release(o) })
	}
}

func (s *Simulator) accept(o *order) {
	o.state = accepted
	s.touch(o)
	s.tell(o, "order.accepted")
	s.next(o)
}

// rejects decides whether a planned rejection applies to this pass.
func (s *Simulator) rejects(o *order, r *PlannedReject) bool {
	if r == nil {
		return false
	}
	done := o.plan.rejected[o.account.code]
	if done >= max(1, o.plan.RejectTimes) {
		return false
	}
	return o.offending == "" || o.offending == o.offence(r.Errors)
}

// offence is the content that a rejection is about: the values at its pointers,
// or everything when it names none.
func (o *order) offence(faults []FieldError) string {
	var values []any
	for _, fault := range faults {
		if fault.Pointer == "" {
			continue
		}
		at := o.parsed
		for token := range strings.SplitSeq(strings.TrimPrefix(fault.Pointer, "/"), "/") {
			at = member(at, strings.NewReplacer("~1", "/", "~0", "~").Replace(token))
		}
		values = append(values, at)
	}
	if values == nil {
		return o.content
	}
	return canonical(values)
}

func member(v any, token string) any {
	switch v := v.(type) {
	case map[string]any:
		return v[token]
	case []any:
		for i := range v {
			if token == itoa(i) {
				return v[i]
			}
		}
	}
	return nil
}

// rejectable: until the first shipment leaves.
func (s *Simulator) rejectable(o *order) bool {
	switch o.base() {
	case received, accepted, allocated, picking:
		return o.state != cancelled
	}
	return false
}

// reject closes a pass. Allocated units go back.
func (s *Simulator) reject(o *order, faults []FieldError) {
	late := o.base() != received
	o.halt()
	o.lateReject = false
	o.plan.rejected[o.account.code]++
	o.offending = o.offence(faults)
	for _, l := range o.lines {
		s.giveBack(o, l, l.allocated)
	}
	o.state = rejected
	o.rejection = &rejection{RejectedAt: s.now(), AfterAcceptance: late, Errors: planted(faults, s.opts.Leak)}
	s.touch(o)
	s.tell(o, "order.rejected")
	s.stockArrived(o.account)
}

func (s *Simulator) hold(o *order, reason string) {
	if o.state != onHold {
		o.resume = o.state
	}
	o.halt()
	o.state, o.holdReason = onHold, reason
	s.touch(o)
	s.tell(o, "order.held")
}

func (s *Simulator) release(o *order) {
	if o.state != onHold {
		return
	}
	o.state, o.holdReason = o.resume, ""
	s.touch(o)
	s.tell(o, "order.released")
	s.next(o)
}

// lacking is what each SKU of an order is short of available units.
func (s *Simulator) lacking(o *order) map[string]int {
	need := make(map[string]int)
	for _, l := range o.lines {
		need[l.SKU] += max(0, l.open()-l.allocated)
	}
	lacking := make(map[string]int)
	for sku, n := range need {
		if have := s.stockOf(o.account, sku).quantities["available"]; n > 0 && have < n {
			lacking[sku] = n - max(0, have)
		}
	}
	return lacking
}

func (s *Simulator) allocate(o *order) {
	lacking := s.lacking(o)
	if len(lacking) > 0 {
		switch s.opts.OutOfStock {
		case OutOfStockHold:
			s.hold(o, "awaiting_stock")
			o.account.waiting = append(o.account.waiting, o)
			return
		case OutOfStockReject:
			s.reject(o, lackingFaults(o, lacking))
			return
		case OutOfStockShort:
			s.shortLacking(o, lacking)
			if o.state == cancelled {
				return
			}
		}
	}
	for _, l := range o.lines {
		if n := l.open() - l.allocated; n > 0 {
			l.allocated += n
			s.stockChanged(o.account, s.move(o.account, l.SKU, "available", "allocated", n, l.Grade))
			s.mark(o, l, "allocated")
		}
	}
	o.state = allocated
	s.touch(o)
	s.next(o)
}

// mark follows the garment of a line that asks for one.
func (s *Simulator) mark(o *order, l *line, status string) {
	if unit := o.account.units[l.Serial]; unit != nil && l.Serial != "" {
		unit.Status, unit.OrderNumber, unit.UpdatedAt = status, &o.number, s.now()
	}
}

func lackingFaults(o *order, lacking map[string]int) []FieldError {
	var faults []FieldError
	for i, l := range o.lines {
		if lacking[l.SKU] > 0 {
			faults = append(faults, FieldError{Code: "insufficient_stock", Pointer: "/lines/" + itoa(i) + "/sku", SKU: l.SKU, Value: l.SKU, Message: "Not enough units are available."})
		}
	}
	return faults
}

func (s *Simulator) shortLacking(o *order, lacking map[string]int) {
	for _, l := range o.lines {
		n := min(lacking[l.SKU], l.open()-l.allocated)
		lacking[l.SKU] -= n
		s.short(o, l, n, "short_pick")
	}
	s.shortTold(o)
}

func (s *Simulator) pick(o *order) {
	o.state = picking
	s.touch(o)
	told := false
	for _, p := range o.plan.Short {
		if l := o.line(p.LineID, p.SKU); l != nil {
			reason := p.Reason
			if reason == "" {
				reason = "short_pick"
			}
			told = s.short(o, l, p.Quantity, reason) || told
		}
	}
	if told {
		s.shortTold(o)
	}
	s.next(o)
}

// short closes up to n open units of a line for good. An allocated one is
// missing, or in quarantine when quality was the reason.
func (s *Simulator) short(o *order, l *line, n int, reason string) bool {
	n = min(n, l.open())
	if n <= 0 {
		return false
	}
	l.short += n
	l.reason = reason
	o.untold = append(o.untold, shortLine{l.LineID, n, reason})
	if gone := max(0, l.allocated-l.open()); gone > 0 {
		l.allocated -= gone
		to := "missing"
		if reason == "quality_fail" {
			to = "quarantine"
		}
		s.stockChanged(o.account, s.move(o.account, l.SKU, "allocated", to, gone, ""))
	}
	return true
}

// shortTold announces shorts, and the end of an order that has nothing left.
func (s *Simulator) shortTold(o *order) {
	o.settle()
	s.touch(o)
	s.tell(o, "order.line_short")
	if o.state == cancelled {
		s.touch(o)
		s.tell(o, "order.cancelled")
	}
}

// settle derives the state from the lines.
func (o *order) settle() {
	switch {
	case o.open() > 0 && o.hasShipped() && o.state != onHold && o.state != cancelRequested:
		o.state = partiallyShipped
	case o.open() > 0:
	case o.hasShipped():
		o.state = shipped
	default:
		o.state = cancelled
	}
}

func (s *Simulator) pack(o *order) {
	o.state = packed
	s.touch(o)
	s.next(o)
}
