package acs

import (
	"maps"
	"slices"
	"time"
)

// stock is the inventory of one SKU: disjoint buckets by status. available is
// already net of allocated.
type stock struct {
	sku        string
	version    int64
	asOf       time.Time
	quantities map[string]int
	byGrade    map[string]int
	change     int64
}

// outside are the statuses of units that are not in the building.
var outside = map[string]bool{"on_hire": true, "in_transit_return": true, "inbound": true, "missing": true}

func (t *stock) record() inventoryRecord {
	r := inventoryRecord{SKU: t.sku, Version: t.version, AsOf: t.asOf, Quantities: maps.Clone(t.quantities), ByGrade: maps.Clone(t.byGrade)}
	for status, n := range t.quantities {
		r.Total += n
		if !outside[status] {
			r.OnHand += n
		}
	}
	return r
}

func (s *Simulator) stockOf(a *account, sku string) *stock {
	t := a.stock[sku]
	if t == nil {
		t = &stock{sku: sku, quantities: make(map[string]int)}
		a.stock[sku] = t
		s.stockChanged(a, t)
	}
	return t
}

// setStock replaces all buckets of a SKU. The same figures again change nothing.
func (s *Simulator) setStock(a *account, sku string, quantities, byGrade map[string]int) {
	t := s.stockOf(a, sku)
	if maps.Equal(t.quantities, quantities) && maps.Equal(t.byGrade, byGrade) {
		return
	}
	t.quantities, t.byGrade = maps.Clone(quantities), maps.Clone(byGrade)
	if t.quantities == nil {
		t.quantities = make(map[string]int)
	}
	s.stockChanged(a, t)
	s.stockArrived(a)
}

// move takes n units of a SKU from one bucket to another; an empty status is
// outside the books. The caller announces it with stockChanged.
func (s *Simulator) move(a *account, sku, from, to string, n int, grade string) *stock {
	t := s.stockOf(a, sku)
	if from != "" {
		t.quantities[from] -= n
	}
	if to != "" {
		t.quantities[to] += n
	}
	if from == "available" {
		t.takeGrades(n, grade)
	}
	if to == "available" && t.byGrade != nil {
		if grade == "" {
			grade = "U"
		}
		t.byGrade[grade] += n
	}
	return t
}

// gradesWorstFirst is the order in which the floor gives garments away: the
// least that the line accepts.
var gradesWorstFirst = []string{"D", "C", "B", "A", "NEW"}

func (t *stock) takeGrades(n int, atLeast string) {
	from := max(0, slices.Index(gradesWorstFirst, atLeast))
	order := append(slices.Clone(gradesWorstFirst[from:]), gradesWorstFirst[:from]...)
	for _, grade := range append(order, "U") {
		taken := min(n, t.byGrade[grade])
		if taken > 0 {
			t.byGrade[grade] -= taken
			n -= taken
		}
	}
}

func (s *Simulator) stockChanged(a *account, t *stock) {
	t.version++
	t.asOf = s.now()
	t.change = a.changed()
	s.emit(a, "inventory.changed", subject{"sku", t.sku}, nil, t.version, t.record())
}

// stockArrived tries the orders that wait for stock again, first come first served.
func (s *Simulator) stockArrived(a *account) {
	waiting := a.waiting
	a.waiting = nil
	for _, o := range waiting {
		if o.state != onHold || o.holdReason != "awaiting_stock" {
			continue
		}
		if len(s.lacking(o)) > 0 {
			a.waiting = append(a.waiting, o)
			continue
		}
		s.release(o)
	}
}
