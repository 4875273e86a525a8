package preview

import (
	"maps"
	"reflect"
	"slices"

	"selvedge/internal/domain"
	"selvedge/internal/enrich"
)

// asHandedOver is an order with the allocations that it was handed over by: the shop
// drops those of units that left, and without any there is nothing to replay.
func asHandedOver(o Order) domain.Order {
	order := o.Order
	order.Lines = slices.Clone(order.Lines)
	for i, l := range order.Lines {
		missing := l.Quantity
		for _, a := range l.Allocations {
			missing -= a.Quantity
		}
		order.Lines[i].Allocations = slices.Clone(l.Allocations)
		for _, c := range o.Planned {
			for _, planned := range c.Lines {
				if planned.Line != l.ID || missing <= 0 {
					continue
				}
				n := min(planned.Quantity, missing)
				missing -= n
				order.Lines[i].Allocations = append(order.Lines[i].Allocations, domain.Allocation{Warehouse: c.Warehouse, Quantity: n})
			}
		}
	}
	return order
}

// sameContent compares what a warehouse and finance would see: rule versions are not.
func sameContent(a, b enrich.Output) bool { return reflect.DeepEqual(content(a), content(b)) }

func content(out enrich.Output) enrich.Output {
	out.Rules = nil
	out.Parts = slices.Clone(out.Parts)
	for i := range out.Parts {
		out.Parts[i].Rules = nil
	}
	return out
}

// moves compares two completions of an order that nobody asks about.
func (p *Preview) moves(o Order, was, becomes enrich.Output) {
	p.move(o, "entity", "", was.Entity, becomes.Entity)
	p.move(o, "capture mode", "", string(was.CaptureMode), string(becomes.CaptureMode))
	p.refunds(o)
	seen := map[Shipment]bool{}
	for _, s := range o.Shipments {
		from, _, _ := p.before.Carrier(s.Warehouse, s.Carrier)
		to, _, _ := p.after.Carrier(s.Warehouse, s.Carrier)
		if !seen[s] {
			p.move(o, "carrier", s.Warehouse, from, to)
		}
		seen[s] = true
	}
	if sameContent(was, becomes) {
		return
	}
	for _, a := range was.Parts { // the same allocations make the same parts of the same lines
		for _, b := range becomes.Parts {
			if a.Warehouse == b.Warehouse {
				p.partMoves(o, a, b)
			}
		}
	}
}

func (p *Preview) partMoves(o Order, a, b enrich.Part) {
	p.move(o, "service", a.Warehouse, a.Service, b.Service)
	said := map[[3]string]bool{}
	once := func(what, from, to string) {
		if k := [3]string{what, from, to}; !said[k] {
			said[k] = true
			p.move(o, what, a.Warehouse, from, to)
		}
	}
	for i := 0; i < len(a.Lines) && i < len(b.Lines); i++ {
		from, to := a.Lines[i], b.Lines[i]
		once("item", from.SKU, to.SKU)
		for _, attribute := range attributesOf(from, to) {
			once(attribute, from.Attributes[attribute], to.Attributes[attribute])
		}
	}
}

func attributesOf(a, b domain.ConsignmentLine) []string {
	names := maps.Clone(a.Attributes)
	if names == nil {
		names = map[string]string{}
	}
	maps.Copy(names, b.Attributes)
	return slices.Sorted(maps.Keys(names))
}

func (p *Preview) move(o Order, what, warehouse, from, to string) {
	if from == to {
		return
	}
	i := slices.IndexFunc(p.effect.Moves, func(m *Move) bool {
		return m.What == what && m.Warehouse == warehouse && m.From == from && m.To == to
	})
	if i < 0 {
		i = len(p.effect.Moves)
		p.effect.Moves = append(p.effect.Moves, &Move{What: what, Warehouse: warehouse, From: from, To: to, Money: map[string]int64{}, Such: []string{}})
	}
	m := p.effect.Moves[i]
	m.Orders++
	m.Money[o.Order.Currency] += o.Order.GrandTotal
	if o.Sent {
		m.Sent++
	}
	if o.Closed {
		m.Closed++
	}
	if len(m.Such) < most {
		m.Such = append(m.Such, o.Order.ID.String())
	}
}
