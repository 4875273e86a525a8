// Package returns decides what a return needs next. Like package lifecycle it
// compares what should stand in other systems with what the facts say was written,
// so the answer is the same after a crash, a duplicate or a reordering:
//
//	announced or arrived → graded ─┬─ stock leg:   return in the shop: created → completed
//	                               └─ finance leg: receipt, credit memo, write-off, transfer; refund
//
// The unit of thought is the garment. What the shop announces and what the warehouse
// confirms are matched garment by garment, whichever came first, so that each is
// credited once and written off once.
//
// Pure: the order, its facts, the rules' answers and the time come in; the steps that
// are due on either leg and the questions for people come out.
package returns

import (
	"time"

	"selvedge/internal/domain"
)

// Action is what a disposition means for stock and finance, as a rule says.
type Action string

// Actions, as in rules of the table disposition.
const (
	Restock  Action = "restock"   // sellable again; the feed raises it
	Wait     Action = "wait"      // no final decision yet
	Regrade  Action = "regrade"   // a unit of another item from now on
	WriteOff Action = "write-off" // lost for good
	Transfer Action = "transfer"  // leaves for somebody else
	Missing  Action = "missing"   // announced and not there
	Ask      Action = "ask"       // a person decides each unit
)

// loss tells whether a garment leaves the books for good.
func (a Action) loss() bool { return a == WriteOff || a == Transfer }

// Ruling is a rule's answer for one disposition.
type Ruling struct {
	Action Action
	// HoldRefund: nothing is credited before the final decision.
	HoldRefund bool
	// Patience is how long a garment may stay without a final decision.
	Patience time.Duration
}

// Policy is what rules say of a returned garment's money.
type Policy struct {
	When domain.RefundWhen
	// Fee is kept back from the whole return, in minor units of the order's currency.
	Fee      int64
	Shipping domain.ShippingBack
	Rule     int64 // version; 0 when no rule speaks of it
}

// Settings are the merchant's choices, the same for every return.
type Settings struct {
	// WriteOffLimit is the value in minor units above which a person confirms a write-off; 0 = none.
	WriteOffLimit int64
	// ReturnWindow is how long announced goods may take to arrive.
	ReturnWindow time.Duration
	// RefundWait is how long a requested refund may stay without an outcome, RefundCheck
	// how often the shop is asked meanwhile.
	RefundWait, RefundCheck time.Duration
	// LinkPatience is how long the books wait for the id of the shop's return.
	LinkPatience time.Duration
}

// Input is all that a decision rests on.
type Input struct {
	Order    domain.Order
	Facts    []domain.Fact
	Number   int // of the return that is decided on
	Now      time.Time
	Settings Settings
	// Ruling says what a warehouse's disposition means for a garment of that grade.
	Ruling func(warehouse, disposition, grade string) (Ruling, *domain.Question)
	// Policy says what holds for the money of a garment of that disposition, in a return of that kind.
	Policy func(disposition string, kind domain.ReturnType) (Policy, *domain.Question)
	// Ledger says that there are books to post to; without, the finance leg only refunds.
	Ledger bool
}

// Due is one step that can be taken now. Its plan is what is written, once recorded.
type Due struct {
	Leg  domain.Leg
	Plan domain.ReturnPlan
	// Planned says that the plan stands in the facts already.
	Planned bool
}

// Document is something that a return has written or is about to.
type Document struct {
	Plan    domain.ReturnPlan
	Written domain.ReturnWritten // newest word of it; zero while nothing is known
}

// Decision says where a return stands and what it needs.
type Decision struct {
	Garments  []Garment // of this return
	Documents []Document
	Money     []Money // of the garments, for people: why an amount goes back or does not
	Due       []Due
	Questions []domain.Question
	Waiting   []string // what it waits for, in words
	WakeAt    time.Time
	// Settled means that both legs are acknowledged and nothing is open.
	Settled bool
	// Value is the gross of the units credited or to be credited, minor units.
	Value int64
}

// News says which of an order's returns are open and up to which fact each was told something.
type News struct {
	Number   int
	Sequence int64
}

// Open lists the returns of an order that have not settled since they were last told
// something, by number. It needs no rules: who is told is a matter of facts alone.
func Open(order domain.Order, facts []domain.Fact) ([]News, error) {
	if !told(facts) {
		return nil, nil
	}
	m, err := match(order, facts)
	if err != nil {
		return nil, err
	}
	var open []News
	for n := 1; n <= m.count; n++ {
		if settled, ok := m.settled[n]; ok && m.newest[n] <= settled {
			continue
		}
		// A parcel that now stands in the shop, or is known to have left, may be what it waits for.
		open = append(open, News{Number: n, Sequence: max(m.newest[n], m.shipped, m.beside(n))})
	}
	return open, nil
}

// beside is the newest fact about a return that shares one of the shop's with this one:
// both wait until all that it announces is decided on, and either may decide it.
func (m *matched) beside(n int) (newest int64) {
	shared := map[string]bool{}
	for _, g := range m.garments {
		shared[g.Shop] = shared[g.Shop] || g.Return == n && g.Shop != ""
	}
	for _, g := range m.garments {
		if g.Shop != "" && shared[g.Shop] {
			newest = max(newest, m.newest[g.Return])
		}
	}
	return newest
}

// told tells whether an order has been told of returns at all: most never are.
func told(facts []domain.Fact) bool {
	for _, f := range facts {
		switch f.Kind {
		case domain.FactReturnConfirmation, domain.FactShopReturn, domain.FactAdjustment:
			return true
		}
	}
	return false
}
