package centra

// noteStockChange records that stock moved, as Centra does for every cause.
func (s *Simulator) noteStockChange() int {
	id := s.newID("stockChange", 0)
	s.stockChanges = append(s.stockChanges, id)
	s.emit("StockChange", "CREATED", id, nil)
	return id
}

// sizeQuantity is one size of a stock mutation with the figure given for it.
type sizeQuantity struct {
	size     *productSize
	quantity int
	path     string
}

// sizeQuantities reads both ways to name sizes: per variant, or directly.
func (x *exec) sizeQuantities(in args, sizesName, quantityName string, errs *problems) (out []sizeQuantity) {
	if !in.has("productVariants") && !in.has("productSizes") {
		errs.add("input", "Either productVariants or productSizes should be provided")
	}
	for i, pv := range in.objs("productVariants") {
		path := "input.productVariants." + itoa(i)
		v := x.findVariant(pv.obj("productVariant"))
		if v == nil {
			errs.add(path+".productVariant", "Product variant not found")
			continue
		}
		for j, sc := range pv.objs(sizesName) {
			at := path + "." + sizesName + "." + itoa(j)
			z := x.sizeOfVariant(v, sc.obj("size"))
			if z == nil {
				errs.add(at+".size", "Size not found")
				continue
			}
			out = append(out, sizeQuantity{z, sc.num(quantityName), at + "." + quantityName})
		}
	}
	for i, ps := range in.objs("productSizes") {
		path := "input.productSizes." + itoa(i)
		z := x.findSize(ps.obj("productSize"))
		if z == nil {
			errs.add(path+".productSize", "Product size not found")
			continue
		}
		out = append(out, sizeQuantity{z, ps.num(quantityName), path + "." + quantityName})
	}
	return out
}

// changeStock moves stock by differences: into, out of, or between warehouses.
// It is not repeatable: each call moves once more.
func (x *exec) changeStock(a args) any {
	var out outcome
	in := a.obj("input")
	if !in.has("intoWarehouse") && !in.has("outFromWarehouse") {
		out.errors.add("input", "intoWarehouse, outFromWarehouse or both should be provided")
	}
	into, from := x.findWarehouse(in.obj("intoWarehouse")), x.findWarehouse(in.obj("outFromWarehouse"))
	if in.has("intoWarehouse") && into == nil {
		out.errors.add("input.intoWarehouse", "Warehouse not found")
	}
	if in.has("outFromWarehouse") && from == nil {
		out.errors.add("input.outFromWarehouse", "Warehouse not found")
	}
	rows := x.sizeQuantities(in, "sizeChanges", "deliveredQuantity", &out.errors)
	leaving := make(map[*productSize]int)
	for _, r := range rows {
		leaving[r.size] += r.quantity
		if r.quantity < 1 {
			out.errors.add(r.path, "Quantity must be 1 or more")
		} else if from != nil {
			if row := x.row(from, r.size); leaving[r.size] > row.physical-row.allocated {
				out.errors.add(r.path, "Quantity %d is more than the %d units that are free to allocate", leaving[r.size], row.physical-row.allocated)
			}
		}
	}
	if len(out.errors) > 0 {
		return x.payload(&out)
	}
	for _, r := range rows {
		if from != nil {
			x.row(from, r.size).physical -= r.quantity
		}
		if into != nil {
			x.row(into, r.size).physical += r.quantity
		}
	}
	return x.payload(&out, "stockChange", stockChangeNode(x.noteStockChange()))
}

// setStock sets figures absolutely. Physical stock below what is allocated is
// clamped to it, silently, as the Order API does.
func (x *exec) setStock(a args) any {
	var out outcome
	in := a.obj("input")
	w := x.findWarehouse(in.obj("warehouse"))
	if w == nil {
		out.errors.add("input.warehouse", "Warehouse not found")
	}
	rows := x.sizeQuantities(in, "sizeStockLevels", "quantity", &out.errors)
	for _, r := range rows {
		if r.quantity < 0 {
			out.errors.add(r.path, "Quantity must be 0 or more")
		}
	}
	if len(out.errors) > 0 {
		return x.payload(&out)
	}
	changes := []any{}
	for _, r := range rows {
		row := x.row(w, r.size)
		physical := max(r.quantity, row.allocated)
		if in.str("stockQuantityType") == "FREE_TO_ALLOCATE" {
			physical = r.quantity + row.allocated
		}
		if physical != row.physical {
			row.physical = physical
			changes = append(changes, stockChangeNode(x.noteStockChange()))
		}
	}
	return x.payload(&out, "stockChanges", changes)
}
