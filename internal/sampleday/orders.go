package sampleday

import (
	"fmt"
	"time"

	"selvedge/internal/simulators/acs"
)

// Kinds of order line, as Centra's control API spells them.
const (
	lineProduct = "product"
	lineBundle  = "bundle"
	lineGift    = "giftCertificate"
)

// order is an order of the day. Amounts are gross minor units of its market's currency.
type order struct {
	number    int
	store     string
	market    *market
	method    *method
	payment   *payment
	to        person
	reference string // of wholesale: the buyer's own number
	lines     []*line

	shipping, handling, discount int64

	pending, onHold, unpaid bool
	captured                bool // at checkout
	captureOutcome          string
	after                   time.Duration
	placed                  time.Time // zero: when it appears
	planned, end            string
	floor                   []*acs.FloorPlan
}

// line is an order line. A bundle's parts follow its line with ids of their own.
type line struct {
	id             int
	kind           string
	item           *item
	bundle         *style
	partIDs        []int
	name           string
	quantity       int
	unit, original int64
	demand         bool // nothing is allocated
}

// units are units of one item that a warehouse has to send for a line.
type units struct {
	lineID   int
	item     *item
	quantity int
}

func (l *line) total() int64 { return l.unit * int64(l.quantity) }

// physical lists what of the order is picked in a warehouse; an empty one means in all.
func (o *order) physical(warehouse string) []units {
	var out []units
	add := func(id int, it *item, n int) {
		if warehouse == "" || it.warehouse == warehouse {
			out = append(out, units{id, it, n})
		}
	}
	for _, l := range o.lines {
		switch l.kind {
		case lineProduct:
			add(l.id, l.item, l.quantity)
		case lineBundle:
			for i, p := range l.bundle.bundle {
				add(l.partIDs[i], p.item, p.quantity*l.quantity)
			}
		}
	}
	return out
}

// warehouses are those that have something to send, the first one first.
func (o *order) warehouses() []string {
	var out []string
	for _, w := range []string{eurocentral, hillington} {
		if len(o.physical(w)) > 0 {
			out = append(out, w)
		}
	}
	return out
}

func (o *order) goods() (sum int64) {
	for _, l := range o.lines {
		sum += l.total()
	}
	return sum
}

func (o *order) key() string { return fmt.Sprintf("%s/%d", o.store, o.number) }

// plan returns the floor's plan for the order in a warehouse, made on first use.
func (o *order) plan(warehouse string) *acs.FloorPlan {
	account := accountOf(warehouse)
	for _, p := range o.floor {
		if p.Account == account {
			return p
		}
	}
	p := &acs.FloorPlan{Order: o.key(), Account: account}
	o.floor = append(o.floor, p)
	return p
}

func accountOf(warehouse string) string {
	if warehouse == hillington {
		return accountHL
	}
	return accountEC
}

// accounts maps ACS accounts to Centra's warehouses.
func accounts() map[string]string {
	return map[string]string{accountEC: eurocentral, accountHL: hillington}
}

// parcels splits what a warehouse sends into n shipments, unit by unit.
func (o *order) parcels(warehouse string, n int) {
	all := o.physical(warehouse)
	total := 0
	for _, u := range all {
		total += u.quantity
	}
	n = min(n, total)
	if n < 2 {
		return
	}
	parcels := make([]acs.PlannedParcel, n)
	unit := 0
	for _, u := range all {
		for range u.quantity {
			p := &parcels[unit*n/total]
			unit++
			if k := len(p.Lines); k > 0 && p.Lines[k-1].LineID == fmt.Sprint(u.lineID) {
				p.Lines[k-1].Quantity++
				continue
			}
			p.Lines = append(p.Lines, acs.PlannedUnits{LineID: fmt.Sprint(u.lineID), Quantity: 1})
		}
	}
	o.plan(warehouse).Parcels = parcels
}

// lateTracking lets the tracking of every shipment come after a delay.
func (o *order) lateTracking(warehouse string, delay time.Duration) {
	p := o.plan(warehouse)
	if len(p.Parcels) == 0 {
		p.Parcels = []acs.PlannedParcel{{}}
	}
	ms := int(delay.Milliseconds())
	for i := range p.Parcels {
		p.Parcels[i].TrackingDelayMs = &ms
	}
}
