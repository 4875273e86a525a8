package sampleday

import (
	"math/rand/v2"
	"time"

	"selvedge/internal/domain"
)

// builder collects a day.
type builder struct {
	opts      Options
	r         *rand.Rand
	people    *people
	shop      *shop
	catalogue *catalogue
	orders    []*order
	script    []Action
	foreign   []ForeignOrder
	extra     []domain.Rule // rules that only a fault needs
	refused   []RefusedRow
	notes     []string
	lastLine  int
}

func newBuilder(opts Options, shop *shop) *builder {
	r := rand.New(rand.NewPCG(opts.Seed, 0x73656c766564)) // the second word tells this stream from the people's
	return &builder{opts: opts, r: r, people: newPeople(opts.Seed), shop: shop, catalogue: newCatalogue(r), lastLine: 500_000}
}

func (b *builder) lineID() int { b.lastLine++; return b.lastLine }

// chance is true so many times of a hundred.
func (b *builder) chance(percent int) bool { return b.r.IntN(100) < percent }

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// deck deals the same shares again and again, each time in another order.
type deck[T any] struct {
	r     *rand.Rand
	cards []T
	next  int
}

func newDeck[T any](r *rand.Rand) *deck[T] { return &deck[T]{r: r} }

func (d *deck[T]) add(n int, card T) {
	for range n {
		d.cards = append(d.cards, card)
	}
}

func (d *deck[T]) deal() T {
	if d.next == 0 {
		d.r.Shuffle(len(d.cards), func(i, j int) { d.cards[i], d.cards[j] = d.cards[j], d.cards[i] })
	}
	card := d.cards[d.next]
	d.next = (d.next + 1) % len(d.cards)
	return card
}

// begin makes an order without lines that ends closed unless its course says
// otherwise. position is its place in the day.
func (b *builder) begin(number, position int, m *market, to person) *order {
	o := &order{
		number: number, store: Store, market: m, method: b.shop.methods[standard], payment: b.shop.payments[card],
		to: to, end: endClosed,
	}
	o.after = (b.opts.Spread * time.Duration(position) / time.Duration(b.opts.Orders)).Truncate(time.Millisecond)
	b.orders = append(b.orders, o)
	return o
}

// product adds a line of an item.
func (b *builder) product(o *order, it *item, quantity int) *line {
	l := &line{id: b.lineID(), kind: lineProduct, item: it, quantity: quantity}
	l.original = o.market.price(it.variant.style.price)
	l.unit = l.original
	o.lines = append(o.lines, l)
	return l
}

// bundle adds a bundle with its parts. The ids of the parts follow the line's, as
// the simulator numbers them.
func (b *builder) bundle(o *order, s *style, quantity int) *line {
	l := &line{id: b.lineID(), kind: lineBundle, item: s.variants[0].items[0], bundle: s, quantity: quantity}
	for range s.bundle {
		l.partIDs = append(l.partIDs, b.lineID())
	}
	l.original = o.market.price(s.price)
	l.unit = l.original
	o.lines = append(o.lines, l)
	return l
}

// gift adds a gift certificate.
func (b *builder) gift(o *order) *line {
	l := &line{id: b.lineID(), kind: lineGift, name: "Gift certificate", quantity: 1}
	l.original = o.market.price(5000)
	l.unit = l.original
	o.lines = append(o.lines, l)
	return l
}

// charge adds discounts and costs: a fifth of the lines reduced, a tenth of the
// orders with a voucher, carriage free above 150 pounds.
func (b *builder) charge(o *order, plain bool) {
	step := o.market.step
	if !plain {
		for _, l := range o.lines {
			if l.kind != lineGift && b.chance(20) {
				l.unit = max(step, l.original*80/100/step*step)
			}
		}
		if b.chance(10) {
			o.discount = min(o.market.price(1000), o.goods()/2)
		}
	}
	if o.goods() < o.market.price(15_000) && len(o.physical("")) > 0 {
		o.shipping = o.market.price(o.method.cost)
	}
	if o.payment == b.shop.payments[onInvoice] {
		o.handling = o.market.price(250)
	}
}

// ship plans the floor's work on a sound order: how many shipments, some with
// tracking that comes later, some corrected, some held for an address check.
func (b *builder) ship(o *order, s shape) {
	ws := o.warehouses()
	if s == partial || s == partialSeveral || s == splitPartial {
		o.parcels(ws[0], 2+b.r.IntN(2))
	}
	for _, w := range ws {
		if b.chance(10) {
			o.lateTracking(w, b.opts.TrackingWait/30*time.Duration(1+b.r.IntN(2)))
		}
		if b.chance(5) {
			o.plan(w).Revisions = 1
		}
		if b.chance(3) {
			o.plan(w).HoldMs = 1000
		}
	}
}
