package returns

import (
	"cmp"
	"slices"

	"selvedge/internal/domain"
)

// Money says what goes back for some garments of a return, by which rules and figures,
// and how far that has come. It decides nothing: finance reads it.
type Money struct {
	Garments []string
	ShopID   string // the shop's return that they stand in; empty while there is none
	// ByHand: somebody made that return in the shop, and decided there what it keeps back.
	ByHand bool
	Terms  domain.RefundTerms // recorded ones, else those that today's rules give
	// Stands says that the shop's return is there. Then its gross figures are known, in minor
	// units: Goods less Kept with Carriage is Back.
	Stands                      bool
	Goods, Kept, Carriage, Back int64
	// Refund is how far the money has come, empty while it was not asked for; Refunded is
	// what went back.
	Refund   domain.ReturnStage
	Refunded int64
	Held     string // why the money does not go back now; empty when it does or did
}

// money explains the money of every garment of the return: of those that stand in a shop
// return, planned or written, as that was planned, and of the others by today's rules.
func (d *decider) money() (rows []Money) {
	for _, p := range d.m.plans {
		if p.Return == d.Number && p.Kind == domain.PlanShopReturn && !d.m.dropped(p) {
			rows = append(rows, d.moneyOf(p))
		}
	}
	var unplanned []Money
	for _, g := range d.all {
		if !d.mine(g) || d.m.coveredByUs(g.Garment) || g.Unit == nil && g.Shop == "" {
			continue // told elsewhere, or only written off: there is no money in it
		}
		row := Money{Garments: []string{g.ID}, ShopID: g.Shop, Held: d.heldBack(g), Terms: domain.RefundTerms{When: g.policy.When, Fee: g.policy.Fee, Shipping: g.policy.Shipping}}
		if g.policy.Rule > 0 {
			row.Terms.Rules = []int64{g.policy.Rule}
		}
		if i := slices.IndexFunc(unplanned, row.alike); i >= 0 {
			unplanned[i].Garments = append(unplanned[i].Garments, g.ID)
			continue
		}
		unplanned = append(unplanned, row)
	}
	return append(rows, unplanned...)
}

// alike tells whether the same is to be said of other garments that stand in no plan.
func (m Money) alike(o Money) bool {
	return m.ShopID == o.ShopID && m.Held == o.Held && m.Terms.When == o.Terms.When && m.Terms.Fee == o.Terms.Fee &&
		m.Terms.Shipping == o.Terms.Shipping && slices.Equal(m.Terms.Rules, o.Terms.Rules)
}

// heldBack says why the money of a garment that stands in no plan does not go back now.
func (d *decider) heldBack(g *judged) string {
	switch {
	case g.asked:
		return "a question about it is open"
	case g.ignored:
		return "a person has settled it otherwise"
	case g.why != "" && !g.refund:
		return g.why
	case !g.back():
		return "it is announced and has not arrived"
	case g.pending && !g.accepted:
		return "it has no final decision yet"
	}
	return ""
}

// moneyOf explains the money of a shop return.
func (d *decider) moneyOf(p domain.ReturnPlan) Money {
	w := d.m.written[p.Key]
	row := Money{Garments: p.Garments, ShopID: cmp.Or(w.ID, p.ShopID), ByHand: p.ShopID != ""}
	if p.Terms != nil {
		row.Terms = *p.Terms
	}
	if w.Stage != "" {
		row.Stands, row.Back, row.Kept, row.Carriage = true, w.Amount, w.Fee, w.Shipping+w.Handling
		row.Goods = row.Back + row.Kept - row.Carriage
	}
	i := slices.IndexFunc(d.m.plans, func(o domain.ReturnPlan) bool { return o.Kind == domain.PlanRefund && o.Of == p.Key })
	if i < 0 {
		row.Held = d.notAskedFor(p, w)
		return row
	}
	refund := d.m.plans[i]
	paid := d.m.written[refund.Key]
	row.Refund = paid.Stage
	switch {
	case d.byHand(refund):
		row.Refund = domain.StageByHand
	case paid.Stage == domain.StageDone || paid.Stage == domain.StageLinked:
		row.Refunded = paid.Amount
	}
	for _, q := range d.out.Questions {
		if q.Subject == refund.Key && len(q.Problems) > 0 {
			row.Held = q.Problems[0].Message
		}
	}
	return row
}

// notAskedFor says why the money of a shop return was not asked back; empty when it is next.
func (d *decider) notAskedFor(p domain.ReturnPlan, w domain.ReturnWritten) string {
	for _, g := range d.all {
		switch {
		case !g.in(p):
		case g.why != "" && !g.refund:
			return g.why
		case g.asked:
			return "a question about garment " + g.ID + " is open"
		case g.ignored:
			return "a person has settled garment " + g.ID + " otherwise"
		}
	}
	switch {
	case w.Stage != domain.StageDone && w.Stage != domain.StageLinked:
		return "its return is not completed in the shop"
	case d.overstates(p):
		return "return " + cmp.Or(p.ShopID, w.ID) + " of the shop holds more than came back"
	}
	return ""
}
