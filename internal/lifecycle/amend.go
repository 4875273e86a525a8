package lifecycle

import "selvedge/internal/domain"

// reduce asks warehouses to cancel units that the shop no longer wants, newest
// consignment first. Units whose cancellation is asked for already are on their way.
func (d *decider) reduce() {
	excess := map[string]int{}
	for id, l := range d.lines {
		excess[id] = l.Held - l.Open
	}
	for _, c := range d.progress.Consignments {
		for _, l := range c.CancelAsked {
			excess[l.Line] -= l.Quantity
		}
		for _, l := range c.Lines {
			if c.CancelAll {
				excess[l.Line] -= l.Open()
			}
		}
	}
	for i := len(d.progress.Consignments) - 1; i >= 0; i-- {
		c := d.progress.Consignments[i]
		if c.Over() || c.Status == domain.WarehouseRejected || c.CancelAll || len(c.CancelAsked) > 0 {
			continue
		}
		var lines []domain.LineQuantity
		for _, l := range c.Lines {
			if n := min(excess[l.Line], l.Open()); n > 0 {
				excess[l.Line] -= n
				lines = append(lines, domain.LineQuantity{Line: l.Line, Quantity: n})
			}
		}
		if len(lines) > 0 {
			d.cancel(c, lines)
		}
	}
}

// takeBack cancels whatever a warehouse still holds of an order that is
// cancelled, withdrawn or held.
func (d *decider) takeBack() {
	for _, c := range d.progress.Consignments {
		if !c.Over() && c.Status != domain.WarehouseRejected && !c.CancelAll {
			d.cancel(c, nil)
		}
	}
}

// cancel makes a cancellation due. A warehouse that refused one is asked again only
// when a person says so: until then the goods are on their way.
func (d *decider) cancel(c domain.ConsignmentProgress, lines []domain.LineQuantity) {
	if c.CancelRefused {
		q := domain.Question{
			Kind: "cancelled-too-late", Step: domain.StepCancel, Subject: c.Number, Cause: domain.NewCause("cancelled-too-late", d.Order.ID.String(), c.Number),
			Problems: []domain.Refusal{{Code: "cancellation_rejected", Message: "the warehouse will not cancel " + c.Number + " any more: the goods leave or have left"}},
		}
		_, skipped := d.facts.skipped[q.Cause]
		if skipped || d.facts.retried(q.Cause) < c.CancelRefusedAt {
			d.ask(q)
			return
		}
	}
	if d.stopped(domain.StepCancel, c.Number, "") {
		return
	}
	d.out.Due = append(d.out.Due, Due{Step: domain.StepCancel, Subject: c.Number, Warehouse: c.Warehouse, Lines: lines})
}

// amendSent brings address and service of what a warehouse holds up to date.
func (d *decider) amendSent() {
	for _, c := range d.progress.Consignments {
		if !c.Confirmed || c.Over() || c.Status == domain.WarehouseRejected || c.CancelAll {
			continue
		}
		plan, ok := d.today(c)
		if !ok || plan.Fingerprint == c.Fingerprint || d.stopped(domain.StepAmend, c.Number, plan.Fingerprint) {
			continue
		}
		if d.blocked() {
			for _, q := range d.Wrong {
				d.ask(q)
			}
			continue
		}
		d.out.Due = append(d.out.Due, Due{Step: domain.StepAmend, Subject: c.Number, Warehouse: c.Warehouse, Plan: &plan, Revision: c.Revision})
	}
}

// today is a consignment as it would be sent now: the lines and quantities that the
// warehouse holds, with today's address, service and item data. Quantities stay, also
// of cancelled units: the warehouse keeps what it closed of a line, and refuses to
// see a line shrink that it has begun to close or allocate. Once units have left,
// only a new address is worth asking for, not a rule that has changed meanwhile.
func (d *decider) today(c domain.ConsignmentProgress) (plan domain.Consignment, ok bool) {
	for _, p := range d.Planned {
		if p.Number == c.Number && p.Warehouse == c.Warehouse {
			plan, ok = p, true
		}
	}
	if !ok {
		return plan, false
	}
	held := map[string]int{}
	for _, l := range c.Lines {
		held[l.Line] = l.Quantity
	}
	lines := plan.Lines
	plan.Lines = nil
	for _, l := range lines {
		if l.Quantity, ok = held[l.Line]; ok {
			plan.Lines = append(plan.Lines, l)
		}
	}
	if !shippedAny(c) {
		d.refresh(&plan)
	}
	plan.Fingerprint = d.fingerprint(plan)
	return plan, len(plan.Lines) > 0
}

// refresh puts today's service and item data into a plan.
func (d *decider) refresh(plan *domain.Consignment) {
	for _, part := range d.Parts {
		if part.Warehouse != plan.Warehouse {
			continue
		}
		plan.Service, plan.Rules = part.Service, part.Rules
		for i, l := range plan.Lines {
			for _, now := range part.Lines {
				if now.Line == l.Line {
					plan.Lines[i].SKU, plan.Lines[i].Attributes = now.SKU, now.Attributes
				}
			}
		}
	}
}

func shippedAny(c domain.ConsignmentProgress) bool {
	for _, l := range c.Lines {
		if l.Shipped > 0 {
			return true
		}
	}
	return false
}
