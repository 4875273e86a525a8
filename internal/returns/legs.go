package returns

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"selvedge/internal/domain"
)

// stockLeg sees to it that each accepted garment stands in a completed return of the
// shop: one return for each shipment and refund decision, since the shop's returns are
// of one shipment and are refunded as a whole.
func (d *decider) stockLeg() {
	d.follow(domain.PlanShopReturn)
	d.announcedInVain()
	left := d.returnable()
	groups, within := map[string]*domain.ReturnPlan{}, map[string][]*judged{}
	var names []string
	for _, g := range d.all {
		if !g.accepted || g.ignored || g.asked || d.m.coveredByUs(g.Garment) {
			continue
		}
		if g.Shop != "" {
			if d.mine(g) {
				d.adopt(g)
			}
			continue
		}
		shipment, completed := takeFrom(d.shipments, left, g.Line)
		if !d.mine(g) {
			continue // its return plans it, maybe at this moment: one unit is not planned by two
		}
		if shipment == "" || !completed {
			if !d.usedUp(g) {
				d.wait("the shipment of line %s is not completed in the shop", g.Line)
			}
			continue
		}
		name := shipment + "/" + strconv.FormatBool(g.refund)
		if groups[name] == nil {
			groups[name] = &domain.ReturnPlan{Return: d.Number, Kind: domain.PlanShopReturn, Shipment: shipment, Refund: g.refund, At: d.at(g)}
			names = append(names, name)
		}
		groups[name].Garments = append(groups[name].Garments, g.ID)
		groups[name].Lines = add(groups[name].Lines, g.Line)
		within[name] = append(within[name], g)
	}
	// A return's fee is borne by what is paid back by itself before by what is not.
	slices.SortStableFunc(names, func(a, b string) int { return strings.Compare(paid(groups[b]), paid(groups[a])) })
	for i, name := range names {
		p := *groups[name]
		p.Key, p.Terms = d.newKey(domain.PlanShopReturn, i), d.terms(within[name])
		if d.Ledger {
			p.Links = d.memosOf(p)
		}
		d.due(domain.StockLeg, p, false)
	}
	d.carriageLeftOver()
}

func paid(p *domain.ReturnPlan) string { return strconv.FormatBool(p.Refund) }

// adopt completes a return that somebody made in the shop, once all that it announces is there.
func (d *decider) adopt(g *judged) {
	shop := d.m.shop[g.Shop]
	if _, known := d.m.planOfShop(shop.ID); known {
		return
	}
	// The key is the shop's return's, whichever of ours comes to it first: it is completed once.
	p := domain.ReturnPlan{
		Return: d.Number, Kind: domain.PlanShopReturn, Key: fmt.Sprintf("%s/r/shop-%s", d.Order.ID, shop.ID), Shipment: shop.Shipment,
		ShopID: shop.ID, Lines: shop.Lines, Refund: true, At: d.at(g), Terms: &domain.RefundTerms{}, // who made it has said what it keeps back
	}
	for _, other := range d.all {
		if other.Shop != shop.ID || other.ignored {
			continue
		}
		if !shop.Completed && (!other.accepted || other.asked) {
			d.wait("return %s of the shop announces more than has come back", shop.ID)
			return
		}
		p.Garments = append(p.Garments, other.ID)
		p.Refund = p.Refund && other.refund
		if !other.back() || !other.accepted {
			p.Terms = nil // nobody has decided on its money yet
		}
	}
	if slices.ContainsFunc(d.out.Due, func(o Due) bool { return o.Plan.Key == p.Key }) {
		return
	}
	if given, _ := d.givenUp(shop.ID); given > 0 {
		if !shop.Completed {
			return // completing it would take back, and pay for, what never came: see announcedInVain
		}
		p.Refund, p.Terms = false, nil
	}
	d.due(domain.StockLeg, p, false)
}

func (m *matched) planOfShop(id string) (domain.ReturnPlan, bool) {
	for _, p := range m.plans {
		if p.Kind == domain.PlanShopReturn && p.ShopID == id && id != "" {
			return p, true
		}
	}
	return domain.ReturnPlan{}, false
}

// returnable is what each shipment of the shop has left, after all plans and the shop's own returns.
func (d *decider) returnable() map[string]int {
	left := map[string]int{}
	for _, s := range d.shipments {
		for _, l := range s.lines {
			left[s.id+"/"+l.Line] += l.Quantity
		}
	}
	counted := map[string]bool{}
	for _, p := range d.m.plans {
		if p.Kind != domain.PlanShopReturn || d.m.dropped(p) || d.m.shop[d.m.written[p.Key].ID].Deleted {
			continue // what was deleted there can be returned again, by whoever enters it
		}
		counted[p.ShopID] = p.ShopID != ""
		for _, l := range p.Lines {
			left[p.Shipment+"/"+l.Line] -= l.Quantity
		}
	}
	for id, r := range d.m.shop {
		if r.Deleted || counted[id] || d.m.ours(r) {
			continue
		}
		for _, l := range r.Lines {
			left[r.Shipment+"/"+l.Line] -= l.Quantity
		}
	}
	return left
}

// takeFrom takes a unit of a line off the first completed shipment that has one left.
func takeFrom(shipments []shopShipment, left map[string]int, line string) (id string, completed bool) {
	for _, s := range shipments {
		if s.completed && left[s.id+"/"+line] > 0 {
			left[s.id+"/"+line]--
			return s.id, true
		}
	}
	return "", false
}

func add(lines []domain.LineQuantity, line string) []domain.LineQuantity {
	if i := slices.IndexFunc(lines, func(l domain.LineQuantity) bool { return l.Line == line }); i >= 0 {
		lines[i].Quantity++
		return lines
	}
	return append(lines, domain.LineQuantity{Line: line, Quantity: 1})
}

// again is how often the books are asked for a document that waits there for another one.
const again = time.Minute

// follow goes on with what was planned and is not done.
func (d *decider) follow(kind domain.PlanKind) {
	for _, p := range d.m.plans {
		if p.Return != d.Number || p.Kind != kind {
			continue
		}
		w, known := d.m.written[p.Key]
		if d.m.dropped(p) {
			w.Stage = domain.StageVoid
		}
		shown := w
		if d.byHand(p) {
			shown.Stage = domain.StageByHand
		}
		d.out.Documents = append(d.out.Documents, Document{p, shown})
		leg := domain.FinanceLeg
		if kind == domain.PlanShopReturn {
			leg = domain.StockLeg
		}
		switch {
		case w.Stage == domain.StageDone || w.Stage == domain.StageLinked || w.Stage == domain.StageVoid:
			if w.Stage != domain.StageVoid && d.m.deletedSince(p) {
				d.ask(nil, d.planQuestion(p, "return-deleted", "return_deleted", "return "+w.ID+" was deleted in the shop after it had been completed"))
			} else if more, ok := d.linked(p); ok && w.Stage != domain.StageVoid {
				d.due(leg, more, true)
			} else if kind == domain.PlanRefund && d.undone(p) {
				d.due(leg, p, true)
			}
			continue
		case kind == domain.PlanRefund && known && w.Stage == domain.StageCreated:
			d.refundAsked(p)
			continue
		}
		if kind != domain.PlanRefund && kind != domain.PlanShopReturn && known && w.Stage == domain.StageCreated {
			if next := d.m.writtenF[p.Key].At.Add(again); d.Now.Before(next) && d.m.retried(d.Number, "") <= d.m.writtenF[p.Key].Sequence {
				d.wake(next)
				d.wait("document %s waits in the books for the one before it", w.ID)
				continue
			}
		}
		d.due(leg, p, true)
	}
}

func (d *decider) planQuestion(p domain.ReturnPlan, kind, code, message string) domain.Question {
	return domain.Question{Kind: kind, Subject: p.Key, Cause: domain.NewCause(kind, p.Key), Step: domain.Step(p.Kind), Problems: []domain.Refusal{{Code: code, Value: p.ShopID, Message: message}}}
}

// due makes a step due unless it was refused and nobody has asked for another try since.
func (d *decider) due(leg domain.Leg, p domain.ReturnPlan, planned bool) {
	if r, refused := d.m.refused[p.Key]; refused {
		q := domain.Question{Kind: r.Exception, Step: domain.Step(p.Kind), Subject: p.Key, Cause: r.cause(p), Problems: r.Problems}
		switch {
		case d.m.skipped[q.Cause] > r.sequence:
			if r.Exception != domain.KindWriteOffDoubtful {
				return // a person has settled it by hand
			}
			// The books still have to keep whose garment it is, or they ask of that document again.
		case d.m.retried(d.Number, q.Cause) <= r.sequence:
			d.ask(nil, q)
			return
		}
	}
	d.out.Due = append(d.out.Due, Due{Leg: leg, Plan: p, Planned: planned})
}

// cause is the refusal's fingerprint. A rule that is missing is one cause for every
// document and return that wait for it, so that adding it frees them all.
func (r refusal) cause(p domain.ReturnPlan) string {
	if strings.HasPrefix(r.Exception, "unmapped:") && len(r.Problems) > 0 && r.Problems[0].Value != "" {
		return domain.NewCause(r.Exception, compact(r.System, r.Problems[0].Value)...)
	}
	return domain.NewCause(r.Exception, compact(r.System, p.Key)...)
}

// finish sees whether anything is left.
func (d *decider) finish() {
	for _, g := range d.all {
		if d.mine(g) && g.accepted && !g.ignored {
			for _, l := range d.Order.Lines {
				if l.ID == g.Line && l.Quantity > 0 {
					d.out.Value += l.Total / int64(l.Quantity)
				}
			}
		}
	}
	d.out.Settled = len(d.out.Due) == 0 && len(d.out.Questions) == 0 && len(d.out.Waiting) == 0
}

func (d *decider) reference() string { return d.Order.ID.String() + "/r" + strconv.Itoa(d.Number) }

// newKey is the key of the next plan of a kind, the one after i more.
func (d *decider) newKey(kind domain.PlanKind, i int) string {
	n := 1 + i
	for _, p := range d.m.plans {
		if p.Return == d.Number && p.Kind == kind {
			n++
		}
	}
	return fmt.Sprintf("%s/%s/%d", d.reference(), kind, n)
}

// at is when a garment was accepted: decided, or else first told.
func (d *decider) at(g *judged) time.Time {
	if g.Unit != nil {
		return g.Unit.DecidedAt
	}
	if g.Adjusted != nil {
		return g.Adjusted.At
	}
	return g.Told.At
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
