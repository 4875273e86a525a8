package centra

import "slices"

func (s *Simulator) row(w *warehouse, z *productSize) *stock {
	key := stockKey{w.id, z.id}
	if s.stock[key] == nil {
		s.stock[key] = &stock{}
		delete(s.lists.rows, w.id)
	}
	return s.stock[key]
}

// warehousesFor is the market's allocation rule: warehouses in priority order.
func (s *Simulator) warehousesFor(o *order) []*warehouse {
	if o.market != nil && len(o.market.warehouses) > 0 {
		return o.market.warehouses
	}
	return s.warehouses
}

// hold allocates units of a line in one warehouse without asking whether they
// are free.
func (s *Simulator) hold(l *line, w *warehouse, quantity int, waiting bool) {
	if quantity <= 0 {
		return
	}
	s.row(w, l.size).allocated += quantity
	for _, al := range l.allocations {
		if al.warehouse == w && free(al) && al.waiting == waiting {
			al.quantity += quantity
			return
		}
	}
	l.allocations = append(l.allocations, &allocation{id: s.newID("allocation", 0), quantity: quantity, line: l, warehouse: w, waiting: waiting})
}

// allocate takes up to quantity units from what is free in the warehouses and
// returns how many it got. "Check first" warehouses must accept them.
func (s *Simulator) allocate(l *line, quantity int, from []*warehouse) (got int) {
	for _, w := range from {
		row := s.row(w, l.size)
		take := min(quantity-got, row.physical-row.allocated)
		s.hold(l, w, take, w.policy == "CHECK_FIRST")
		got += max(0, take)
	}
	return got
}

// unallocate gives back units that no shipment has taken, newest allocation
// first, and moves the stock as the policy says. It returns how many it gave.
func (s *Simulator) unallocate(l *line, quantity int, only []*warehouse, policy args) (given int) {
	for _, al := range slices.Backward(slices.Clone(l.allocations)) {
		if !free(al) || (len(only) > 0 && !slices.Contains(only, al.warehouse)) {
			continue
		}
		n := min(quantity-given, al.quantity)
		if n <= 0 {
			continue
		}
		given += n
		al.quantity -= n
		row := s.row(al.warehouse, l.size)
		row.allocated -= n
		switch {
		case policy.flag("removeItemsFromStock"):
			row.physical -= n
			s.noteStockChange()
		case policy.has("sendItemsToDifferentWarehouse"):
			row.physical -= n
			s.row(s.warehouseOf(policy.obj("sendItemsToDifferentWarehouse")), l.size).physical += n
			s.noteStockChange()
		}
	}
	l.allocations = slices.DeleteFunc(l.allocations, func(al *allocation) bool { return al.quantity == 0 })
	return given
}

func (x *exec) warehousesIn(list []args, path string, errs *problems) (out []*warehouse) {
	for i, ref := range list {
		w := x.findWarehouse(ref)
		if w == nil {
			errs.add(path+"."+itoa(i), "Warehouse not found")
			continue
		}
		out = append(out, w)
	}
	return out
}

// lineQuantities reads the lines of an (un)allocation; without a list all
// physical lines are meant, with the quantity that all gives them.
func (x *exec) lineQuantities(o *order, in args, name string, all func(*line) int, errs *problems) (lines []*line, quantities []int) {
	if !in.has(name) {
		for _, l := range o.lines {
			if l.physical() && all(l) > 0 {
				lines, quantities = append(lines, l), append(quantities, all(l))
			}
		}
		return lines, quantities
	}
	for i, item := range in.objs(name) {
		path := "input." + name + "." + itoa(i)
		l := o.lineByID(item.obj("orderLine").num("id"))
		switch {
		case l == nil:
			errs.add(path+".orderLine", "The line does not belong to order %d", o.number)
		case !l.physical():
			errs.add(path+".orderLine", "The line has no stock")
		case item.num("quantity") < 1:
			errs.add(path+".quantity", "Quantity must be 1 or more")
		default:
			lines, quantities = append(lines, l), append(quantities, item.num("quantity"))
		}
	}
	return lines, quantities
}

func (x *exec) allocateOrder(a args) any {
	return x.changeAllocation(a.obj("input"), "allocateOrder", "allocate",
		func(l *line) int { return l.quantity() - l.allocated(nil) },
		func(l *line, quantity int, from []*warehouse) int {
			if len(from) == 0 {
				from = x.warehousesFor(l.order)
			}
			return x.allocate(l, min(quantity, l.quantity()-l.allocated(nil)), from)
		})
}

func (x *exec) unallocateOrder(a args) any {
	policy := a.obj("input").obj("stockActionPolicy")
	return x.changeAllocation(a.obj("input"), "unallocateOrder", "unallocate",
		func(l *line) int { return l.allocated(free) },
		func(l *line, quantity int, from []*warehouse) int { return x.unallocate(l, quantity, from, policy) })
}

// changeAllocation does as much as it can; what it cannot do is a warning, not
// an error.
func (x *exec) changeAllocation(in args, mutation, name string, all func(*line) int, do func(*line, int, []*warehouse) int) any {
	var out outcome
	o, err := x.orderToChange(in.obj("order"), "input.order", mutation, &out)
	if err != nil {
		return err
	}
	if o == nil || !o.open("input.order", &out.errors) {
		return x.payload(&out)
	}
	from := x.warehousesIn(in.objs("warehouses"), "input.warehouses", &out.errors)
	x.checkPolicy(in.obj("stockActionPolicy"), "input.stockActionPolicy", &out.errors)
	lines, quantities := x.lineQuantities(o, in, name, all, &out.errors)
	if len(out.errors) > 0 {
		return x.payload(&out)
	}
	moved := 0
	for i, l := range lines {
		done := do(l, quantities[i], from)
		moved += done
		if done < quantities[i] {
			out.warnings.add("input."+name+"."+itoa(i)+".quantity", "Only %d of %d units could be %sd", done, quantities[i], name)
		}
	}
	if moved > 0 {
		x.changed(o)
	}
	return x.payload(&out, "order", o)
}
