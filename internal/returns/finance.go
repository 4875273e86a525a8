package returns

import (
	"cmp"

	"selvedge/internal/domain"
)

// financeLeg sees to the books and the money.
func (d *decider) financeLeg() {
	d.refunds()
	if !d.Ledger {
		return
	}
	for _, kind := range []domain.PlanKind{domain.PlanReceipt, domain.PlanCredit, domain.PlanWriteOff, domain.PlanTransfer} {
		d.follow(kind)
	}
	d.batch(domain.PlanReceipt, func(g *judged) bool { return g.arrived && g.accepted && g.Line != "" })
	d.credits()
	d.losses()
	d.transfers()
	d.payments()
}

// batch plans one document of a kind for all garments of one warehouse that want one and
// have none: goods are received into one place.
func (d *decider) batch(kind domain.PlanKind, wants func(*judged) bool) {
	groups := map[string]*domain.ReturnPlan{}
	var names []string
	for _, g := range d.all {
		if !d.mine(g) || g.ignored || g.asked || !wants(g) {
			continue
		}
		if _, planned := d.m.planOf(kind, g.Garment); planned {
			continue
		}
		p := groups[g.Warehouse]
		if p == nil {
			p = &domain.ReturnPlan{Return: d.Number, Kind: kind, Warehouse: g.Warehouse}
			groups[g.Warehouse], names = p, append(names, g.Warehouse)
		}
		p.Garments = append(p.Garments, g.ID)
		p.Lines = add(p.Lines, g.Line)
		p.At = later(p.At, d.at(g))
	}
	for i, name := range names {
		p := *groups[name]
		p.Key = d.newKey(kind, i)
		d.due(domain.FinanceLeg, p, false)
	}
}

// credits plans a credit memo for each return of the shop, so that what is credited and
// what is refunded are the same goods. Where the shop's side is held up, the books do
// not wait for it for ever: then the memo names the warehouse's return alone.
func (d *decider) credits() {
	groups := map[string]*domain.ReturnPlan{}
	var names []string
	for _, g := range d.all {
		if !d.mine(g) || g.ignored || g.asked || !g.accepted || g.Line == "" {
			continue
		}
		if _, planned := d.m.planOf(domain.PlanCredit, g.Garment); planned {
			continue
		}
		shop, of, pending := d.shopOf(g)
		if pending {
			d.wait("the credit of garment %s waits until return %s of the shop can be completed", g.ID, g.Shop)
			continue
		}
		if shop == "" {
			if of == "" && (g.policy.Fee > 0 || g.policy.Shipping.Generous() > 0) {
				d.wait("the credit of garment %s waits for the shop's return, which says what is kept back and what goes back besides", g.ID)
				continue
			}
			if until := d.at(g).Add(d.Settings.LinkPatience); d.Now.Before(until) {
				d.wake(until)
				d.wait("the credit of garment %s waits for the shop's return", g.ID)
				continue
			}
		}
		name := shop + "|" + of
		if groups[name] == nil {
			groups[name] = &domain.ReturnPlan{Return: d.Number, Kind: domain.PlanCredit, ShopID: shop, Of: of}
			names = append(names, name)
		}
		groups[name].Garments = append(groups[name].Garments, g.ID)
		groups[name].Lines = add(groups[name].Lines, g.Line)
		groups[name].At = later(groups[name].At, d.at(g))
	}
	for i, name := range names {
		p := *groups[name]
		p.Key = d.creditKeyOf(p.ShopID, i)
		d.due(domain.FinanceLeg, p, false)
	}
}

// creditKeyOf is the key of a new credit memo: the one that a return of ours in the shop
// names already, for the i-th of several others a new one.
func (d *decider) creditKeyOf(shop string, i int) string {
	for _, p := range d.m.plans {
		if p.Kind == domain.PlanShopReturn && p.Return == d.Number && p.ShopID == "" && shop != "" && d.m.written[p.Key].ID == shop && !d.m.planned[creditKey(p.Key)] {
			return creditKey(p.Key)
		}
	}
	return d.newKey(domain.PlanCredit, i)
}

// shopOf is the id of the shop's return that a garment stands in and the key of our plan
// of it; each is empty while there is none. A return that somebody else made and that
// announces more than has come is pending: it has one memo, of everything in it.
func (d *decider) shopOf(g *judged) (id, plan string, pending bool) {
	if p, ok := d.m.planOf(domain.PlanShopReturn, g.Garment); ok {
		return cmp.Or(d.m.written[p.Key].ID, p.ShopID), p.Key, false
	}
	_, byHand := d.m.skipped[d.inVain(g.Shop)]
	return g.Shop, "", g.Shop != "" && !d.m.shop[g.Shop].Completed && !byHand
}

// losses writes off each lost garment once, however many told of it.
func (d *decider) losses() {
	for _, g := range d.all {
		lost := g.lost || g.ruling.Action.loss() && !g.ignored && (g.Unit == nil || g.final) || g.offTheBooks()
		if !d.mine(g) || !lost || g.asked && !g.lost && g.Refused == nil && !g.offTheBooks() {
			continue
		}
		if _, planned := d.m.lossOf(g.Garment); planned {
			continue
		}
		p := domain.ReturnPlan{
			Return: d.Number, Kind: domain.PlanWriteOff, Key: d.reference() + "/write-off/" + cmp.Or(g.entry.id, g.ID), Garments: []string{g.ID},
			SKU: g.SKU(), Reason: d.reason(g), At: d.at(g), Warehouse: g.Warehouse, Serial: serialOf(g), ReturnID: g.ReturnID, Adjustment: g.entry.key,
		}
		if g.Line != "" {
			p.Lines = add(nil, g.Line)
		}
		if p.SKU == "" { // it never came
			p.SKU = d.itemOf(g.Line)
		}
		if !g.ruling.Action.loss() && g.offTheBooks() {
			p.At = g.Adjusted.At
		}
		if t, moved := d.m.planOf(domain.PlanTransfer, g.Garment); moved {
			p.SKU = t.ToSKU // it lies under that item by now
		}
		if g.Adjusted != nil {
			if cost, told := g.Adjusted.Cost(); told {
				p.UnitCost, p.Currency = cost, g.Adjusted.Currency
			}
		}
		if d.overLimit(g, p) {
			continue
		}
		d.due(domain.FinanceLeg, p, false)
	}
}

// serialOf names the garment itself, however it was told of; empty when nobody said.
func serialOf(g *judged) string {
	switch {
	case g.Unit != nil && g.Unit.Serial != "":
		return g.Unit.Serial
	case g.Adjusted != nil && len(g.Adjusted.Serials) == 1:
		return g.Adjusted.Serials[0]
	}
	return ""
}

func (d *decider) reason(g *judged) string {
	switch {
	case g.offTheBooks() && !g.ruling.Action.loss():
		return g.Adjusted.Reason // its disposition tells of no loss
	case g.word != "":
		return g.word
	case g.Unit != nil:
		return g.Unit.Disposition
	}
	return g.Adjusted.Reason
}

// itemOf is the order's own item of a line.
func (d *decider) itemOf(line string) string {
	for _, l := range d.Order.Lines {
		if l.ID == line {
			return l.SKU
		}
	}
	return ""
}

// overLimit asks finance about a write-off above the limit; override approves it.
func (d *decider) overLimit(g *judged, p domain.ReturnPlan) bool {
	value := p.UnitCost
	if p.Currency == "" {
		for _, l := range d.Order.Lines {
			if l.ID == g.Line && l.Quantity > 0 {
				value = l.Total / int64(l.Quantity)
			}
		}
	}
	if d.Settings.WriteOffLimit == 0 || value <= d.Settings.WriteOffLimit {
		return false
	}
	q := d.question(g, "write-off-limit", "above_limit", "", "garment "+g.ID+" would be written off at "+
		domain.Format(value, cmp.Or(p.Currency, d.Order.Currency))+", which is above the limit of "+domain.Format(d.Settings.WriteOffLimit, cmp.Or(p.Currency, d.Order.Currency)))
	if d.m.override[q.Cause]["writeOff"] == "yes" {
		return false
	}
	d.ask(nil, q)
	return true
}

func (d *decider) transfers() {
	for _, g := range d.all {
		if !d.mine(g) || g.ignored || g.Unit == nil || g.ruling.Action != Regrade || g.Unit.ResultingSKU == "" || !g.final {
			continue
		}
		if _, planned := d.m.planOf(domain.PlanTransfer, g.Garment); planned {
			continue
		}
		d.due(domain.FinanceLeg, domain.ReturnPlan{
			Return: d.Number, Kind: domain.PlanTransfer, Key: d.reference() + "/transfer/" + g.ID, Garments: []string{g.ID},
			SKU: g.Unit.SKU, ToSKU: g.Unit.ResultingSKU, At: d.at(g),
		}, false)
	}
}
