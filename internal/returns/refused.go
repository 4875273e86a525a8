package returns

import (
	"slices"

	"selvedge/internal/domain"
)

// refusal keeps that a step was refused. Where the shop refused a return as a whole, one
// that somebody had entered there before may be why: while a system is away people help
// themselves. Its units are those of the plan then, as they are when they are entered
// afterwards; else the shop would hold them twice, or refuse us for ever.
func (m *matched) refusal(f domain.Fact, r domain.ReturnRefused) {
	m.refused[r.Subject] = refusal{r.RefusedFact, f.Sequence}
	i := slices.IndexFunc(m.plans, func(p domain.ReturnPlan) bool { return p.Key == r.Subject })
	if i < 0 || m.plans[i].Kind != domain.PlanShopReturn || !m.refusedWhole(m.plans[i]) {
		return
	}
	for _, g := range slices.Clone(m.garments) {
		if g.Shop != "" || !g.in(m.plans[i]) {
			continue
		}
		entered := m.find(func(o *Garment) bool {
			return o.Shop != "" && o.Line == g.Line && len(o.revisions) == 0 && o.Adjusted == nil
		})
		if entered == nil {
			continue
		}
		g.Shop, g.also = entered.Shop, append(append(g.also, entered.ID), entered.also...)
		m.garments = slices.DeleteFunc(m.garments, func(o *Garment) bool { return o == entered })
		m.ofShop[g.Shop] = g.Return
		m.touch(g.Return, f)
		m.touch(entered.Return, f)
	}
}

// usedUp asks a person about a garment for which the shop has no unit left to return,
// though all that was shipped stands completed there: nothing else would ever change it.
func (d *decider) usedUp(g *judged) bool {
	there := 0
	for _, s := range d.shipments {
		for _, l := range s.lines {
			if l.Line == g.Line && !s.completed {
				return false
			}
			if l.Line == g.Line {
				there += l.Quantity
			}
		}
	}
	if there == 0 || there < d.shipped()[g.Line] {
		return false // a parcel is on its way into the shop
	}
	d.ask(nil, domain.Question{
		Kind: "return-refused", Step: domain.Step(domain.PlanShopReturn), Subject: g.ID, Cause: domain.NewCause("return-refused", "centra", d.Order.ID.String(), g.ID),
		Problems: []domain.Refusal{{
			Code: "none_left", Line: g.Line, SKU: g.SKU(), Value: g.ID,
			Message: "garment " + g.ID + " came back, and the shop's returns hold every unit of line " + g.Line + " already; delete the one that is wrong there",
		}},
	})
	return true
}
