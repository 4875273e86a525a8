package lifecycle

import (
	"fmt"
	"hash/fnv"
	"sort"

	"selvedge/internal/domain"
)

// handOver compares what the warehouses should hold with what they do hold. Every
// count comes from one: the open units of a line less those that warehouses hold are
// to be sent, those that they hold beyond the open ones are to be cancelled.
func (d *decider) handOver() {
	if d.cancelled() || d.held() {
		d.takeBack()
		if !d.cancelled() && d.unfinished() {
			d.out.Waiting = d.Waiting
		}
		return
	}
	wanted := d.wanted()
	if d.elsewhere() {
		return
	}
	if len(d.Waiting) > 0 && wanted > 0 {
		d.legible()
		d.out.Waiting = d.Waiting
		if len(d.progress.Consignments) == 0 {
			return
		}
	}
	// An order with something wrong may have no part at all, so what is wanted counts, not what could be sent.
	if wanted > 0 && len(d.Waiting) == 0 {
		for _, q := range d.Wrong {
			d.ask(q)
		}
	}
	d.confirm()
	d.amendSent()
	d.reduce()
	needs := d.needs()
	if len(needs) == 0 || len(d.Waiting) > 0 || d.blocked() || !d.paidAhead() {
		return
	}
	for _, part := range needs {
		d.send(part)
	}
}

// elsewhere tells whether the shop has shipped or archived an order that no warehouse
// ever got from us: nothing of it waits for us. Whether its money has gone back or its
// allocations are gone makes no difference.
func (d *decider) elsewhere() bool {
	if len(d.progress.Consignments) > 0 || d.cancelled() {
		return false
	}
	for _, reason := range d.Waiting {
		switch reason {
		case string(domain.ShopShipped), string(domain.ShopArchived), "unpaid", "waiting-for-stock", "unconfirmed-allocation":
		default:
			return false
		}
	}
	return len(d.Waiting) > 0 && (d.Order.Status == domain.ShopShipped || d.Order.Status == domain.ShopArchived)
}

// legible asks about a status of the shop that this version does not know: unlike the
// other reasons to wait, it does not pass by itself.
func (d *decider) legible() {
	switch d.Order.Status {
	case domain.ShopPending, domain.ShopConfirmed, domain.ShopProcessing, domain.ShopShipped, domain.ShopArchived, domain.ShopCancelled:
		return
	}
	status := string(d.Order.Status)
	d.ask(domain.Question{
		Kind: "unreadable-order", Subject: d.Order.ID.Number, Cause: domain.NewCause("unreadable-order", "centra", "status", status),
		Problems: []domain.Refusal{{Code: "status_unknown", Field: "status", Value: status, Message: "the shop gives the order a status that this version does not know"}},
	})
}

// held tells whether the shop took a ready order back after the hand-over.
func (d *decider) held() bool {
	return (d.Order.OnHold || d.Order.WaitingForPayment) && len(d.progress.Consignments) > 0
}

// unfinished tells whether units are still open: an order that is held when all of it
// has left has nothing to wait for.
func (d *decider) unfinished() bool {
	for _, l := range d.progress.Lines {
		if l.Open > 0 {
			return true
		}
	}
	return false
}

// blocked tells whether something wrong with the order stops every submission.
func (d *decider) blocked() bool {
	for _, q := range d.Wrong {
		if _, skipped := d.facts.skipped[q.Cause]; !skipped {
			return true
		}
	}
	return false
}

// wanted counts physical units that no warehouse holds.
func (d *decider) wanted() int {
	n := 0
	for _, l := range d.progress.Lines {
		n += max(0, l.Open-l.Held)
	}
	return n
}

// inShop counts units of a line that were completed in the shop from a warehouse.
func (d *decider) inShop(line, warehouse string) int {
	n := 0
	for _, p := range d.progress.Parcels {
		if p.Shipment.Voided || p.Shop == nil || !p.Shop.Completed || p.Shipment.Warehouse != warehouse {
			continue
		}
		for _, l := range p.Lines {
			if l.Line == line {
				n += l.Quantity
			}
		}
	}
	return n
}

// accounted counts units of a line among a warehouse's allocations that need not be
// sent: it holds them, or they left and the shop does not know it yet, or they are
// short and a person decides.
func (d *decider) accounted(line, warehouse string) int {
	held, shipped, short := 0, 0, 0
	for _, c := range d.progress.Consignments {
		if c.Warehouse != warehouse {
			continue
		}
		for _, l := range c.Lines {
			if l.Line != line {
				continue
			}
			shipped += l.Shipped
			if c.Status != domain.WarehouseRejected {
				held, short = held+l.Open(), short+l.Short
			}
		}
	}
	return held + max(0, shipped-d.inShop(line, warehouse)) + min(short, d.lines[line].Short)
}

// kept counts completed units that the shop still shows among its allocations. Centra
// drops them, as far as is known; where allocations and completed units are together
// more than the line, it has kept some.
func (d *decider) kept(line string) int {
	n := -d.quantity(line)
	for _, part := range d.Parts {
		for _, l := range part.Lines {
			if l.Line == line {
				n += l.Quantity + d.inShop(line, part.Warehouse)
			}
		}
	}
	return max(0, n)
}

func (d *decider) quantity(line string) int {
	for _, l := range d.Order.Lines {
		if l.ID == line {
			return l.Quantity
		}
	}
	return 0
}

// needs is what is still to be sent, per warehouse.
func (d *decider) needs() []Part {
	left, kept := map[string]int{}, map[string]int{}
	for id, l := range d.lines {
		left[id], kept[id] = l.Open-l.Held, d.kept(id)
	}
	var parts []Part
	for _, part := range d.Parts {
		need := part
		need.Lines = nil
		for _, l := range part.Lines {
			dropped := min(kept[l.Line], d.inShop(l.Line, part.Warehouse))
			kept[l.Line] -= dropped
			n := min(l.Quantity-dropped-d.accounted(l.Line, part.Warehouse), left[l.Line])
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

// fingerprint covers quantities too: a plan whose quantities changed before it was
// sent is another plan, and the one stored before must not be sent in its place.
func (d *decider) fingerprint(plan domain.Consignment) string {
	sum := fnv.New64a()
	for _, l := range plan.Lines {
		fmt.Fprintf(sum, "%s=%d,", l.Line, l.Quantity)
	}
	return fmt.Sprintf("%s-%016x", d.Fingerprint(plan), sum.Sum64())
}

// confirm sends again what a warehouse holds under our number although its answer to
// us was lost: the create is conditional, so it only tells what stands there.
func (d *decider) confirm() {
	for _, c := range d.progress.Consignments {
		if c.Confirmed || c.Over() || c.Status == domain.WarehouseRejected {
			continue
		}
		for _, plan := range d.Planned {
			if plan.Number == c.Number && plan.Warehouse == c.Warehouse && !d.stopped(domain.StepSubmit, c.Number, plan.Fingerprint) {
				d.out.Due = append(d.out.Due, Due{Step: domain.StepSubmit, Subject: c.Number, Warehouse: c.Warehouse, Plan: &plan})
			}
		}
	}
}

// send submits a part: under the number of a rejected consignment of the same
// warehouse, under a number planned before, or under the next free one.
func (d *decider) send(part Part) {
	plan := domain.Consignment{
		Order: d.Order.ID, Warehouse: part.Warehouse, Service: part.Service, Currency: d.Order.Currency,
		OrderDate: d.Order.PlacedAt.UTC().Format("2006-01-02"), Lines: part.Lines, Rules: part.Rules,
	}
	for _, c := range d.progress.Consignments {
		if c.Warehouse == part.Warehouse && c.Status == domain.WarehouseRejected {
			d.sendAgain(c, plan)
			return
		}
	}
	plan.Number = d.number(part.Warehouse)
	plan.Fingerprint = d.fingerprint(plan)
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
	plan.Fingerprint = d.fingerprint(plan)
	// What was refused before the rejection was refused of an order that stood then.
	if d.facts.refused[refusedStep{domain.StepAmend, c.Number}].sequence > c.RejectedAt && d.stopped(domain.StepAmend, c.Number, plan.Fingerprint) {
		return
	}
	kind := "rejected-by-warehouse"
	if c.AfterAcceptance {
		kind = "late-reject"
	}
	rejection := refusal{RefusedFact: domain.RefusedFact{Step: domain.StepAmend, Subject: c.Number, System: "acs", Exception: kind, Problems: c.Rejection}}
	questions := rejection.questions(d.Order.ID)
	answered := false
	for _, q := range questions {
		answered = answered || d.facts.retried(q.Cause) > c.RejectedAt
	}
	if plan.Fingerprint == c.Fingerprint && !answered {
		for _, q := range questions {
			d.ask(q)
		}
		return
	}
	d.out.Due = append(d.out.Due, Due{Step: domain.StepAmend, Subject: c.Number, Warehouse: c.Warehouse, Plan: &plan, Revision: c.Revision})
}

// Sorted gives parts a stable order, so that numbers do not depend on a map.
func Sorted(parts []Part) []Part {
	sort.SliceStable(parts, func(i, j int) bool { return parts[i].Warehouse < parts[j].Warehouse })
	return parts
}
