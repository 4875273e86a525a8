package sampleday

import (
	"encoding/json"
	"fmt"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
)

// faultItems are garments that only faulty orders hold.
type faultItems struct {
	unknownCondition, ambiguous, substitute *item
	many                                    []*item
}

func (g *generator) prepareFaults() {
	base := style{name: "Runway Sample", garment: "dress", hsCode: "620444", origin: "PT", price: 8000}
	sample := base
	sample.number, sample.brand = "AT9101", brandSample
	g.faulty.unknownCondition = g.catalogue.single(sample, eurocentral)
	twice := base
	twice.number, twice.brand, twice.name = "AT9102", brandMain, "Renumbered Dress"
	g.faulty.ambiguous = g.catalogue.single(twice, eurocentral)
	other := base
	other.number, other.brand, other.name = "AT9103", brandMain, "Last Season Dress"
	g.faulty.substitute = g.catalogue.single(other, eurocentral)
	it := g.faulty.ambiguous
	for _, r := range []domain.Rule{{From: it.sku, To: it.sku + "-OLD"}, {From: it.ean, To: it.sku + "-NEW"}} {
		r.Table, r.Warehouse = domain.RuleItem, it.warehouse
		g.extra = append(g.extra, r)
	}
	for n := range 41 {
		s := base
		s.number, s.name, s.brand, s.price = fmt.Sprintf("AT95%02d", n), fmt.Sprintf("Press Kit Piece %d", n+1), brandMain, 1000
		s.colour, s.sizes = []string{"Ecru"}, letterSizes
		g.faulty.many = append(g.faulty.many, g.catalogue.add(s, eurocentral).variants[0].items...)
	}
}

// maxLines and maxUnits are what the warehouse contract takes in one order and on one line.
const (
	maxLines = 200
	maxUnits = 999
)

// faultyOrder makes an order with one fault and no other: paid by card, sent from
// the first warehouse, at home unless the fault is about abroad.
func (g *generator) faultyOrder(i int, kind string) {
	home := g.shop.markets[1]
	o := g.begin(firstNumber+i, i, home, g.people.in("GB"))
	o.planned, o.end = kind, endAttention
	g.faults()[kind](o)
	if len(o.lines) == 0 {
		g.product(o, pick(g.r, g.first), 1)
	}
	g.charge(o, true)
}

// faults says how each kind is brought about. What needs the order's lines adds
// them; the others get one line of one unit.
func (g *generator) faults() map[string]func(*order) {
	two := func(o *order) units {
		g.product(o, pick(g.r, g.first), 2)
		return o.physical(eurocentral)[0]
	}
	return map[string]func(*order){
		kindShippingMethod: func(o *order) { o.method = g.shop.methods[saver] },
		kindMarket: func(o *order) {
			o.market = g.shop.markets[5]
			g.move(o, "JP")
		},
		kindIncompleteItem: func(o *order) { g.product(o, g.faulty.unknownCondition, 1) },
		// Another country's postcode: no warehouse and no carrier would take it.
		kindInvalidAddress: func(o *order) { o.to.postcode = "99999" },
		// Only a change of the address mends it; the same again is rejected again.
		kindRejected: func(o *order) {
			o.plan(eurocentral).Reject = &acs.PlannedReject{Errors: []acs.FieldError{{
				Code: "address_invalid", Pointer: "/deliverTo/address1", Message: "The carrier does not find the street.",
			}}}
			o.plan(eurocentral).RejectTimes = 1000
		},
		// The next garment passes, so a retry without a change goes through.
		kindLateReject: func(o *order) {
			o.plan(eurocentral).LateReject = &acs.PlannedReject{AfterMs: 300, Errors: []acs.FieldError{{
				Code: "quality_fail", Message: "The garment failed the final check.",
			}}}
		},
		kindShortPick: func(o *order) {
			u := two(o)
			o.plan(eurocentral).Short = []acs.PlannedShort{{LineID: fmt.Sprint(u.lineID), Quantity: 1}}
		},
		kindCaptureFailed: func(o *order) { o.captureOutcome = "fail" },
		kindAmbiguousSKU:  func(o *order) { g.product(o, g.faulty.ambiguous, 1) },
		kindNotDeliverable: func(o *order) {
			o.market = g.shop.markets[0]
			g.move(o, "SE")
			o.method = g.shop.methods[wrongMap]
		},
		kindTooLarge: func(o *order) {
			for _, it := range g.faulty.many[:maxLines+1] {
				g.product(o, it, 1)
			}
		},
		kindOverShipment: func(o *order) {
			u := two(o)
			u.item.extra++
			o.plan(eurocentral).Overship = []acs.PlannedUnits{{LineID: fmt.Sprint(u.lineID), Quantity: 1}}
		},
		kindSubstituted: g.substituted,
		kindConflict:    g.conflict,
		kindCarrier:     func(o *order) { o.method = g.shop.methods[locker] },
		kindPaymentMethod: func(o *order) {
			o.payment = g.shop.payments[voucherPay]
		},
		kindCaptureOverdue: func(o *order) { o.payment = g.shop.payments[slowPay] },
		kindLateTracking: func(o *order) {
			g.product(o, pick(g.r, g.first), 1)
			o.lateTracking(eurocentral, g.opts.TrackingWait+15*time.Second)
		},
	}
}

// move gives an order's customer an address in another country.
func (g *generator) move(o *order, country string) {
	o.to = g.people.in(country)
}

// substituted lets another garment leave for the one ordered. The shipment is not
// marked final: a final one would also call the ordered unit short, and an order
// has one fault only.
func (g *generator) substituted(o *order) {
	g.product(o, pick(g.r, g.first), 1)
	u, notFinal := o.physical(eurocentral)[0], false
	g.faulty.substitute.extra++
	p := o.plan(eurocentral)
	p.Substitute = []acs.PlannedSubstitute{{LineID: fmt.Sprint(u.lineID), With: g.faulty.substitute.code()}}
	p.Parcels = []acs.PlannedParcel{{Final: &notFinal}}
}

// conflict puts somebody else's order under this order's number.
func (g *generator) conflict(o *order) {
	it := pick(g.r, g.first)
	g.product(o, it, 1)
	it.extra++
	other := g.people.in("GB")
	// The map's keys are encoded in their order, so the bytes are always the same.
	body, err := json.Marshal(map[string]any{
		"account": accountEC, "orderDate": "2026-03-02", "kind": "sale", "currency": "GBP",
		"shippingService": services(eurocentral)[0].code, "hold": true, "comments": "Entered by telephone.",
		"deliverTo": map[string]string{
			"firstName": other.first, "lastName": other.last, "email": other.email, "phone": other.phone,
			"address1": other.street, "city": other.city, "postcode": other.postcode, "country": "GB",
		},
		"lines":      []map[string]any{{"lineId": "1", "sku": it.code(), "quantity": 1, "unitPrice": "10.00", "itemCondition": "new"}},
		"references": map[string]string{"source": "telephone"},
	})
	if err != nil {
		panic(err) // strings and numbers only: a broken build, not an input
	}
	g.foreign = append(g.foreign, ForeignOrder{Account: accountEC, Number: fmt.Sprint(o.number), Body: body})
}
