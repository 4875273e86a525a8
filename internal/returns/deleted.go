package returns

import (
	"cmp"
	"slices"
	"strings"

	"selvedge/internal/domain"
)

// Returns that were deleted in the shop. One that was completed before has moved money,
// so that it is a person's; and who enters it there again has the same garments in it,
// which are credited and paid back once.

// deleted takes back what a return of the shop covered.
func (m *matched) deleted(f domain.Fact, r domain.ShopReturn) domain.ShopReturn {
	before := m.shop[r.ID]
	before.Deleted, before.ID, before.Order = true, r.ID, r.Order
	for _, g := range m.garments {
		if g.Shop == r.ID {
			g.Shop = ""
			g.withdrawn = strings.HasPrefix(g.ID, "shop/"+r.ID+"/") && len(g.revisions) == 0 && g.Adjusted == nil
			m.touch(g.Return, f)
		}
	}
	return before
}

// numberOf is the number of the return that planned one of the shop's, or 0. What tells
// of a deletion names nothing but the id.
func (m *matched) numberOf(r domain.ShopReturn) int {
	for _, p := range m.plans {
		if p.Kind == domain.PlanShopReturn && (p.Key == r.External || r.ID != "" && (p.ShopID == r.ID || m.written[p.Key].ID == r.ID)) {
			return p.Return
		}
	}
	return 0
}

// forget drops garments of which only a deleted return had told, and of which nothing was
// planned: they never were. Any other is a unit that was credited before it came.
func (m *matched) forget() {
	m.garments = slices.DeleteFunc(m.garments, func(g *Garment) bool { return g.withdrawn && !m.named(g) })
}

// named tells whether a plan that holds names the garment.
func (m *matched) named(garment *Garment) bool {
	return slices.ContainsFunc(m.plans, func(p domain.ReturnPlan) bool { return garment.in(p) && !m.dropped(p) })
}

// deletedSince tells whether a return that stood completed in the shop was deleted there.
func (m *matched) deletedSince(p domain.ReturnPlan) bool {
	w := m.written[p.Key]
	return p.Kind == domain.PlanShopReturn && (w.Stage == domain.StageDone || w.Stage == domain.StageLinked) && m.shop[cmp.Or(w.ID, p.ShopID)].Deleted
}

// inDeleted tells whether a garment stood in a return that was deleted since, and stands
// in no other: whoever enters one in the shop has that garment in it.
func (m *matched) inDeleted(garment *Garment) bool {
	return slices.ContainsFunc(m.plans, func(p domain.ReturnPlan) bool { return garment.in(p) && m.deletedSince(p) && !m.dropped(p) })
}

// paidBefore counts the garments of a return that were paid back with one that was
// deleted since, or were to be: what became of that is told there.
func (d *decider) paidBefore(p domain.ReturnPlan) (n int) {
	for _, g := range d.all {
		if g.in(p) && slices.ContainsFunc(d.m.plans, func(o domain.ReturnPlan) bool {
			return o.Kind == domain.PlanRefund && o.Of != p.Key && g.in(o) && !d.m.dropped(o)
		}) {
			n++
		}
	}
	return n
}

// creditedInVain asks about a unit that was credited before it came, by a return that was
// deleted before it was told of here as completed. It stays one of the units that came
// back, whatever the answer: what arrives is that one.
func (d *decider) creditedInVain(g *judged) {
	if d.m.inDeleted(g.Garment) {
		return // its return as a whole is asked about
	}
	d.ask(g, d.question(g, "return-missing", "not_arrived", "", "a unit of line "+g.Line+" was credited, the return of the shop that told of it was deleted, and it has not arrived"))
}
