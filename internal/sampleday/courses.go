package sampleday

import (
	"fmt"
	"math/rand/v2"
	"time"

	"selvedge/internal/simulators/centra"
)

// course is what happens to an order in the shop, and what becomes of it.
type course struct {
	payAnyhow bool                     // by any method; else by card, whose money comes with the parcel
	ships     bool                     // the floor's plan follows the shape
	plain     bool                     // no discounts
	shape     func(shape) shape        // overrules the deck
	lines     func(*generator, *order) // fills the order instead of the shape
	follow    func(*generator, *order) // flags, actions and the end
}

// courses of a hundred orders. Whatever people change before the hand-over they
// change on an order that the shop holds back, so that no outcome depends on who
// is faster.
func courses(r *rand.Rand) *deck[course] {
	d := newDeck[course](r)
	d.add(75, course{payAnyhow: true, ships: true})
	d.add(4, course{payAnyhow: true, ships: true, follow: (*generator).heldThenReleased})
	d.add(3, course{ships: true, follow: (*generator).paidLater})
	d.add(3, course{payAnyhow: true, ships: true, follow: (*generator).confirmedLater})
	d.add(2, course{follow: func(_ *generator, o *order) { o.onHold, o.end = true, endWaiting }})
	d.add(1, course{follow: func(_ *generator, o *order) { o.pending, o.end = true, endWaiting }})
	d.add(1, course{follow: func(_ *generator, o *order) { o.unpaid, o.end = true, endWaiting }})
	d.add(2, course{lines: (*generator).backorder, follow: func(_ *generator, o *order) { o.end = endWaiting }})
	d.add(1, course{lines: (*generator).awaited, follow: (*generator).allocatedLater})
	d.add(2, course{follow: (*generator).cancelledEarly})
	d.add(1, course{follow: (*generator).cancelledLate})
	d.add(2, course{plain: true, lines: (*generator).twoLines, follow: (*generator).lineCancelled})
	d.add(1, course{plain: true, lines: (*generator).twoLines, follow: (*generator).paidLineCancelled})
	d.add(1, course{ships: true, follow: (*generator).addressEdited})
	d.add(1, course{plain: true, lines: func(g *generator, o *order) { g.gift(o) }})
	return d
}

// act adds an action so long after the order appeared.
func (b *builder) act(o *order, delay time.Duration, body centra.Action) {
	body.By = "shop staff"
	if body.SKU == "" {
		body.Order = o.number
	}
	b.script = append(b.script, Action{After: o.after + delay, Store: o.store, Body: body})
}

// someTime is between three and eight seconds.
func (g *generator) someTime() time.Duration {
	return 3*time.Second + time.Duration(g.r.IntN(5000))*time.Millisecond
}

func (g *generator) heldThenReleased(o *order) {
	o.onHold = true
	g.act(o, g.someTime(), centra.Action{Action: "unhold"})
}

func (g *generator) paidLater(o *order) {
	o.unpaid = true
	g.act(o, g.someTime(), centra.Action{Action: "pay"})
}

func (g *generator) confirmedLater(o *order) {
	o.pending = true
	g.act(o, g.someTime(), centra.Action{Action: "confirm"})
}

func (g *generator) backorder(o *order) {
	if g.chance(50) {
		g.product(o, pick(g.r, g.first), 1)
	}
	g.product(o, g.backordered, 1).demand = true
}

func (g *generator) awaited(o *order) { g.product(o, g.incoming, 1).demand = true }

// allocatedLater lets goods come in and the shop give the order its unit. The shop's
// figure covers all that may wait at once and stays below what the warehouse holds: a
// shop that offers more would be oversold from the start.
func (g *generator) allocatedLater(o *order) {
	wait, atOnce := g.someTime(), g.opts.Orders/500
	if g.incoming.extra == 0 {
		g.incoming.extra = atOnce
	}
	g.incoming.extra++
	g.act(o, wait, centra.Action{Action: "set-stock", SKU: g.incoming.sku, Warehouse: g.incoming.warehouse, Quantity: 15 + atOnce})
	g.act(o, wait+500*time.Millisecond, centra.Action{Action: "allocate"})
}

func (g *generator) cancelledEarly(o *order) {
	o.onHold, o.end = true, endCancelled
	g.act(o, g.someTime(), centra.Action{Action: "cancel"})
}

// cancelledLate cancels an order that the warehouse most likely has by then. The
// floor never ships it and grants the cancellation, so that it ends cancelled
// whenever the wish arrives.
func (g *generator) cancelledLate(o *order) {
	o.end = endCancelled
	for _, w := range o.warehouses() {
		p := o.plan(w)
		p.NeverShip, p.CancelAnswer = true, "accept"
	}
	g.act(o, 6*time.Second, centra.Action{Action: "cancel"})
}

func (g *generator) twoLines(o *order) {
	for _, it := range g.some(g.first, 2) {
		g.product(o, it, 2)
	}
}

// lineCancelled takes a unit, or a whole line, off a held order.
func (g *generator) lineCancelled(o *order) {
	o.onHold = true
	wait := g.someTime()
	g.act(o, wait, centra.Action{Action: "cancel-line", LineID: o.lines[1].id, Quantity: 1 + g.r.IntN(2)})
	g.act(o, wait+time.Second, centra.Action{Action: "unhold"})
}

// paidLineCancelled takes a line off a held order whose money came at checkout: the shop
// gives nothing of that back by itself, and nobody does so on this day.
func (g *generator) paidLineCancelled(o *order) {
	o.payment, o.captured = g.shop.payments[prepay], true
	g.lineCancelled(o)
}

// addressEdited moves a held order's delivery to another street.
func (g *generator) addressEdited(o *order) {
	o.onHold = true
	wait := g.someTime()
	to := g.people.in(o.to.country)
	g.act(o, wait, centra.Action{Action: "edit-address", Address: &centra.SeedAddress{
		Address1: to.street, City: to.city, ZipCode: to.postcode, PhoneNumber: to.phone,
	}})
	g.act(o, wait+time.Second, centra.Action{Action: "unhold"})
}

// wholesale adds the showroom's orders: one for twenty consumer orders.
func (g *generator) wholesale() {
	m := g.shop.markets[1]
	for i := range max(1, g.opts.Orders/20) {
		o := g.begin(firstWholesale+i, i*20, m, g.people.in("GB"))
		o.store, o.market, o.reference = Showroom, nil, fmt.Sprintf("PO-%04d", 100+i)
		o.payment = g.shop.payments[onInvoice]
		for _, it := range g.some(g.first, 3) {
			l := &line{id: g.lineID(), kind: lineProduct, item: it, quantity: 6}
			l.unit = m.price(it.variant.style.price) / 2
			l.original = l.unit
			o.lines = append(o.lines, l)
		}
	}
}
