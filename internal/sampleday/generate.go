package sampleday

import "math/rand/v2"

// firstNumber is the number of a generated day's first order, firstWholesale that
// of the showroom's.
const (
	firstNumber    = 10_001
	firstWholesale = 70_001
)

// Shapes of an order.
type shape int

const (
	single shape = iota
	several
	withBundle
	withGift
	partial        // one line in several shipments
	partialSeveral // several lines in several shipments
	split          // lines in both warehouses
	splitPartial
)

// shapes of forty orders: a quarter has several lines, a fifth several shipments
// from one warehouse, a tenth goes out from both.
func shapes(r *rand.Rand) *deck[shape] {
	d := newDeck[shape](r)
	d.add(20, single)
	d.add(2, several)
	d.add(2, withBundle)
	d.add(2, withGift)
	d.add(5, partial)
	d.add(3, partialSeveral)
	d.add(3, split)
	d.add(1, splitPartial)
	d.add(2, single)
	return d
}

// payments of a hundred orders.
func paymentDeck(r *rand.Rand, s *shop) *deck[*payment] {
	d := newDeck[*payment](r)
	d.add(12, s.payments[card])
	d.add(5, s.payments[klarna])
	d.add(2, s.payments[onInvoice])
	d.add(1, s.payments[prepay])
	return d
}

// generator deals a day.
type generator struct {
	*builder
	shapes      *deck[shape]
	courses     *deck[course]
	payments    *deck[*payment]
	markets     *deck[*market]
	methods     *deck[*method]
	first       []*item // what the first warehouse keeps
	second      []*item
	sets        []*style
	backordered *item // no unit is anywhere
	incoming    *item // units come in the course of the day
	faulty      faultItems
}

// Generate makes a day from a seed.
func Generate(opts Options) (*Day, error) {
	opts, err := opts.complete()
	if err != nil {
		return nil, err
	}
	g := &generator{builder: newBuilder(opts, fashionShop())}
	g.prepare()
	faults := g.dealFaults()
	for i := range opts.Orders {
		if kind := faults[i]; kind != "" {
			g.faultyOrder(i, kind)
			continue
		}
		g.soundOrder(i)
	}
	g.wholesale()
	g.notes = append(g.notes, "A generated day: every name, address and garment is made up.")
	return g.day()
}

func (g *generator) prepare() {
	g.catalogue.fashion()
	g.first, g.second = g.catalogue.sellable(eurocentral), g.catalogue.sellable(hillington)
	g.sets = g.catalogue.bundles(g.first)
	g.backordered = g.catalogue.single(style{number: "AT9001", name: "Shearling Coat", brand: brandMain, garment: "coat", hsCode: "430310", origin: "IT", price: 59000, scarce: true}, eurocentral)
	g.incoming = g.catalogue.single(style{number: "AT9002", name: "Suede Loafers", brand: brandMain, garment: "shoes", hsCode: "640359", origin: "PT", price: 18500, scarce: true}, eurocentral)
	g.prepareFaults()
	g.shapes, g.courses, g.payments = shapes(g.r), courses(g.r), paymentDeck(g.r, g.shop)
	g.markets, g.methods = newDeck[*market](g.r), newDeck[*method](g.r)
	for _, m := range g.shop.markets {
		g.markets.add(m.weight, m)
	}
	g.methods.add(4, g.shop.methods[standard])
	g.methods.add(1, g.shop.methods[express])
}

// dealFaults says which orders are faulty, and how.
func (g *generator) dealFaults() []string {
	kinds := make([]string, g.opts.Orders)
	all := FaultKinds()
	for i, at := range g.r.Perm(g.opts.Orders)[:faultCount(g.opts.Orders)] {
		kinds[at] = all[i%len(all)]
	}
	return kinds
}

// start begins an order in a market of the deck.
func (g *generator) start(i int) *order {
	m := g.markets.deal()
	return g.begin(firstNumber+i, i, m, g.people.in(pick(g.r, m.countries)))
}

func (g *generator) soundOrder(i int) {
	o := g.start(i)
	c := g.courses.deal()
	if c.payAnyhow {
		o.payment = g.payments.deal()
	}
	o.method = g.methods.deal()
	shape := g.shapes.deal()
	if c.shape != nil {
		shape = c.shape(shape)
	}
	if c.lines != nil {
		c.lines(g, o)
	} else {
		g.fill(o, shape)
	}
	g.charge(o, c.plain)
	if c.ships {
		g.ship(o, shape)
	}
	if c.follow != nil {
		c.follow(g, o)
	}
}

// some picks n different items.
func (g *generator) some(from []*item, n int) []*item {
	var out []*item
	for _, at := range g.r.Perm(len(from))[:n] {
		out = append(out, from[at])
	}
	return out
}

func (g *generator) fill(o *order, s shape) {
	home := g.first
	if g.chance(20) {
		home = g.second
	}
	quantity := func() int { return 1 + g.r.IntN(5)/4 }
	switch s {
	case single:
		g.product(o, pick(g.r, home), quantity())
	case partial:
		g.product(o, pick(g.r, home), 2+g.r.IntN(2))
	case several, partialSeveral:
		for _, it := range g.some(home, 2+g.r.IntN(3)) {
			g.product(o, it, quantity())
		}
	case split, splitPartial:
		for _, it := range append(g.some(g.first, 1+g.r.IntN(2)), g.some(g.second, 1+g.r.IntN(2))...) {
			g.product(o, it, quantity())
		}
		if s == splitPartial {
			o.lines[0].quantity = 2
		}
	case withBundle:
		g.bundle(o, pick(g.r, g.sets), quantity())
	case withGift:
		g.product(o, pick(g.r, home), quantity())
		g.gift(o)
	}
}
