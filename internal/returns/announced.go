package returns

import (
	"fmt"

	"selvedge/internal/domain"
)

// Returns that somebody made in the shop and that hold more than will ever come: the shop
// pays a return back as a whole and changes none, so those are a person's.

// givenUp counts the garments of a return of the shop that nobody waits for any more, and
// tells whether any is still awaited.
func (d *decider) givenUp(shop string) (n int, awaited bool) {
	for _, g := range d.all {
		switch {
		case g.Shop != shop:
		case g.ignored:
			n++
		case !g.arrived && !g.accepted:
			awaited = true
		}
	}
	return n, awaited
}

func (d *decider) inVain(shop string) string {
	return domain.NewCause("return-refused", "centra", d.Order.ID.String(), shop)
}

// announcedInVain asks about each pending return of the shop of which a garment was given
// up, once nothing else of it is awaited. Once it is deleted there, what came gets a
// return of ours; once it is completed there, somebody has accepted it.
func (d *decider) announcedInVain() {
	for _, g := range d.all {
		shop := d.m.shop[g.Shop]
		if !d.mine(g) || g.Shop == "" || !g.ignored || shop.Completed {
			continue
		}
		if _, known := d.m.planOfShop(shop.ID); known {
			continue
		}
		given, awaited := d.givenUp(shop.ID)
		if awaited {
			continue
		}
		d.ask(nil, domain.Question{
			Kind: "return-refused", Step: domain.Step(domain.PlanShopReturn), Subject: shop.ID, Cause: d.inVain(shop.ID),
			Problems: []domain.Refusal{{Code: "announces_more", Value: shop.ID, Message: fmt.Sprintf(
				"return %s of the shop announces %d more than came back or is taken; delete it there, and one is made of what came", shop.ID, given)}},
		})
	}
}

// overstates tells whether a return of the shop holds more units than came back: a
// person completed it all the same.
func (d *decider) overstates(p domain.ReturnPlan) bool {
	units := 0
	for _, l := range p.Lines {
		if d.m.physical[l.Line] {
			units += l.Quantity
		}
	}
	return p.ShopID != "" && units > len(p.Garments)
}
