package lifecycle

import (
	"fmt"
	"sort"

	"selvedge/internal/domain"
)

// handOver compares what the warehouses should hold with what they do hold.
func (d *decider) handOver() {
	if d.cancelled() || d.held() {
		d.takeBack()
		if !d.cancelled() {
			d.out.Waiting = d.Waiting
		}
		return
	}
	if len(d.Waiting) > 0 && d.wanted() > 0 {
		d.out.Waiting = d.Waiting
		if len(d.progress.Consignments) == 0 {
			return
		}
	}
	needs := d.needs()
	// An order with something wrong may have no part at all, so what is wanted counts, not what could be sent.
	if d.wanted() > 0 && len(d.Waiting) == 0 || d.rejected() {
		for _, q := range d.Wrong {
			d.ask(q)
		}
	}
	d.reduce()
	d.amendSent()
	if len(d.Waiting) > 0 || d.blocked() || !d.paidAhead() {
		return
	}
	for _, part := range needs {
		d.send(part)
	}
}

// held tells whether the shop took a ready order back after the hand-over.
func (d *decider) held() bool {
	return (d.Order.OnHold || d.Order.WaitingForPayment) && len(d.progress.Consignments) > 0
}

// blocked tells whether something wrong with the order stops every submission.
func (d *decider) blocked() bool {
	for _, q := range d.Wrong {
		if !d.skipped[q.Cause] {
			return true
		}
	}
	return false
}

func (d *decider) rejected() bool {
	for _, c := range d.progress.Consignments {
		if c.Status == domain.WarehouseRejected {
			return true
		}
	}
	return false
}

// wanted counts physical units that no warehouse has been given yet.
func (d *decider) wanted() int {
	n := 0
	for _, l := range d.Order.Lines {
		if l.Kind.Physical() {
			n += max(0, l.Quantity-d.sent(l.ID, ""))
		}
	}
	return n
}

// sent counts units of a line that warehouses hold or have dealt with: short
// units stay counted, they are not to be sent again by themselves. An empty
// warehouse means all of them.
func (d *decider) sent(line, warehouse string) int {
	n := 0
	for _, c := range d.progress.Consignments {
		if c.Status == domain.WarehouseRejected || c.Status == domain.WarehouseCancelled ||
			(warehouse != "" && c.Warehouse != warehouse) {
			continue
		}
		for _, l := range c.Lines {
			if l.Line == line {
				n += l.Quantity - l.Cancelled
			}
		}
	}
	return n
}

// inShop counts units of a line that were completed in the shop from a warehouse;
// the shop may or may not keep them among its allocations.
func (d *decider) inShop(line, warehouse string) int {
	n := 0
	for _, p := range d.progress.Parcels {
		if p.Shop == nil || !p.Shop.Completed || p.Shipment.Warehouse != warehouse {
			continue
		}
		for _, l := range p.Shop.Lines {
			if l.Line == line {
				n += l.Quantity
			}
		}
	}
	return n
}

// needs is what is still to be sent, per warehouse.
func (d *decider) needs() []Part {
	left := map[string]int{}
	for _, l := range d.Order.Lines {
		if l.Kind.Physical() {
			left[l.ID] = l.Quantity - d.sent(l.ID, "")
		}
	}
	var parts []Part
	for _, part := range d.Parts {
		need := part
		need.Lines = nil
		for _, l := range part.Lines {
			n := l.Quantity - (d.sent(l.Line, part.Warehouse) - d.inShop(l.Line, part.Warehouse))
			n = min(n, left[l.Line])
			if n <= 0 {
				continue
			}
			left[l.Line] -= n
			l.Quantity = n
			need.Lines = append(need.Lines, l)
		}
		if len(need.Lines) > 0 {
			parts = append(parts, need)
		}
	}
	return parts
}

// send submits a part: under the number of a rejected consignment of the same
// warehouse, under a number planned before, or under the next free one.
func (d *decider) send(part Part) {
	plan := domain.Consignment{Order: d.Order.ID, Warehouse: part.Warehouse, Service: part.Service, Currency: d.Order.Currency,
		OrderDate: d.Order.PlacedAt.UTC().Format("2006-01-02"), Lines: part.Lines, Rules: part.Rules}
	for _, c := range d.progress.Consignments {
		if c.Warehouse == part.Warehouse && c.Status == domain.WarehouseRejected {
			d.sendAgain(c, plan)
			return
		}
	}
	plan.Number = d.number(part.Warehouse)
	plan.Fingerprint = d.Fingerprint(plan)
	if d.stopped(domain.StepSubmit, plan.Number, plan.Fingerprint) {
		return
	}
	d.out.Due = append(d.out.Due, Due{Step: domain.StepSubmit, Subject: plan.Number, Warehouse: part.Warehouse, Plan: &plan})
	d.Planned = append(d.Planned, plan)
}

// number gives a warehouse the number planned for it and not used yet, or the next one.
func (d *decider) number(warehouse string) string {
	used := map[string]bool{}
	for _, c := range d.progress.Consignments {
		used[c.Number] = true
	}
	for _, p := range d.Planned {
		if p.Warehouse == warehouse && !used[p.Number] {
			return p.Number
		}
		used[p.Number] = true
	}
	number := d.Settings.NumberPrefix + d.Order.ID.Number
	for n := 2; used[number]; n++ {
		number = fmt.Sprintf("%s%s.%d", d.Settings.NumberPrefix, d.Order.ID.Number, n)
	}
	return number
}

// sendAgain mends a rejected consignment: by itself when its content changed, else
// after a person's answer, because the warehouse would reject the same again.
func (d *decider) sendAgain(c domain.ConsignmentProgress, plan domain.Consignment) {
	plan.Number = c.Number
	plan.Fingerprint = d.Fingerprint(plan)
	if d.stopped(domain.StepAmend, c.Number, plan.Fingerprint) {
		return
	}
	kind := "rejected-by-warehouse"
	if c.AfterAcceptance {
		kind = "late-reject"
	}
	rejection := refusal{RefusedFact: domain.RefusedFact{Step: domain.StepAmend, Subject: c.Number, System: "acs", Exception: kind, Problems: c.Rejection}}
	questions := rejection.questions(d.Order.ID)
	answered := d.retriedAt
	for _, q := range questions {
		answered = max(answered, d.answered[q.Cause])
	}
	if plan.Fingerprint == c.Fingerprint && sameLines(plan, c) && answered < c.RejectedAt {
		for _, q := range questions {
			d.ask(q)
		}
		return
	}
	d.out.Due = append(d.out.Due, Due{Step: domain.StepAmend, Subject: c.Number, Warehouse: c.Warehouse, Plan: &plan, Revision: c.Revision})
}

func sameLines(plan domain.Consignment, c domain.ConsignmentProgress) bool {
	if len(plan.Lines) != len(c.Lines) {
		return false
	}
	sent := map[string]int{}
	for _, l := range c.Lines {
		sent[l.Line] = l.Quantity
	}
	for _, l := range plan.Lines {
		if sent[l.Line] != l.Quantity {
			return false
		}
	}
	return true
}

// reduce asks warehouses to cancel units that the shop no longer wants, newest consignment first.
func (d *decider) reduce() {
	excess := map[string]int{}
	for _, l := range d.Order.Lines {
		if l.Kind.Physical() {
			excess[l.ID] = d.sent(l.ID, "") - l.Quantity - d.unwritten(l)
		}
	}
	for i := len(d.progress.Consignments) - 1; i >= 0; i-- {
		c := d.progress.Consignments[i]
		if c.Over() || c.Status == domain.WarehouseRejected || c.CancelAll || len(c.CancelAsked) > 0 {
			continue
		}
		var lines []domain.LineQuantity
		for _, l := range c.Lines {
			n := min(excess[l.Line], l.Quantity-l.Shipped-l.Short-l.Cancelled)
			if n > 0 {
				excess[l.Line] -= n
				lines = append(lines, domain.LineQuantity{Line: l.Line, Quantity: n})
			}
		}
		if len(lines) > 0 {
			d.cancel(c, lines)
		}
	}
}

// unwritten counts short units that were cancelled in the shop: the warehouse
// closed them itself and must not be asked to cancel them again.
func (d *decider) unwritten(l domain.Line) int {
	short := 0
	for _, c := range d.progress.Consignments {
		for _, w := range c.Lines {
			if w.Line == l.ID && c.Status != domain.WarehouseRejected && c.Status != domain.WarehouseCancelled {
				short += w.Short
			}
		}
	}
	return min(short, l.Cancelled)
}

// takeBack cancels whatever a warehouse still holds of an order that is
// cancelled, withdrawn or held.
func (d *decider) takeBack() {
	for _, c := range d.progress.Consignments {
		if c.Over() || c.Status == domain.WarehouseRejected || c.CancelAll {
			continue
		}
		d.cancel(c, nil)
	}
}

func (d *decider) cancel(c domain.ConsignmentProgress, lines []domain.LineQuantity) {
	if c.CancelRefused {
		d.ask(domain.Question{Kind: "cancelled-too-late", Step: domain.StepCancel, Subject: c.Number, Cause: domain.NewCause("cancelled-too-late", d.Order.ID.String(), c.Number),
			Problems: []domain.Refusal{{Code: "cancellation_rejected", Message: "the warehouse will not cancel " + c.Number + " any more: the goods leave or have left"}}})
		return
	}
	if d.stopped(domain.StepCancel, c.Number, "") {
		return
	}
	d.out.Due = append(d.out.Due, Due{Step: domain.StepCancel, Subject: c.Number, Warehouse: c.Warehouse, Lines: lines})
}

// amendSent brings address and service of what a warehouse holds up to date.
func (d *decider) amendSent() {
	for _, c := range d.progress.Consignments {
		if c.Over() || c.Status == domain.WarehouseRejected || c.CancelAll || d.shippedAny(c) {
			continue
		}
		plan, current, ok := d.today(c)
		if !ok || current == c.Fingerprint || d.stopped(domain.StepAmend, c.Number, plan.Fingerprint) {
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

func (d *decider) shippedAny(c domain.ConsignmentProgress) bool {
	for _, l := range c.Lines {
		if l.Shipped > 0 {
			return true
		}
	}
	return false
}

// today is a consignment as it would be sent now: what it was planned to hold,
// with today's service and item data. The fingerprint returned beside it covers all
// planned lines, as the one sent did; the plan leaves out those cancelled since.
func (d *decider) today(c domain.ConsignmentProgress) (plan domain.Consignment, current string, ok bool) {
	for _, p := range d.Planned {
		if p.Number == c.Number && p.Warehouse == c.Warehouse {
			plan = p
		}
	}
	if plan.Number == "" {
		return plan, "", false
	}
	plan.Lines = append([]domain.ConsignmentLine(nil), plan.Lines...)
	left := map[string]int{}
	for _, l := range c.Lines {
		left[l.Line] = l.Quantity - l.Cancelled
	}
	for _, part := range d.Parts {
		if part.Warehouse != c.Warehouse {
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
	current = d.Fingerprint(plan)
	var lines []domain.ConsignmentLine
	for _, l := range plan.Lines {
		if l.Quantity = left[l.Line]; l.Quantity > 0 {
			lines = append(lines, l)
		}
	}
	plan.Lines = lines
	plan.Fingerprint = d.Fingerprint(plan)
	return plan, current, len(lines) > 0
}

// paidAhead tells whether money that must come before the goods is there.
func (d *decider) paidAhead() bool {
	if d.CaptureMode != domain.CaptureBeforeSubmission || d.Order.Payment.Captured >= d.Order.GrandTotal || d.Order.GrandTotal == 0 {
		return true
	}
	if d.captured != nil && !d.captured.Pending {
		return true
	}
	if d.captured != nil {
		d.pending("order "+d.Order.ID.String(), d.captured.Pending, d.capturedAt.Add(d.Settings.CaptureWait))
		return false
	}
	if !d.stopped(domain.StepCapture, d.Order.ID.Number, "") {
		d.out.Due = append(d.out.Due, Due{Step: domain.StepCapture, Subject: d.Order.ID.Number})
	}
	return false
}

// Sorted gives parts a stable order, so that numbers do not depend on a map.
func Sorted(parts []Part) []Part {
	sort.SliceStable(parts, func(i, j int) bool { return parts[i].Warehouse < parts[j].Warehouse })
	return parts
}
