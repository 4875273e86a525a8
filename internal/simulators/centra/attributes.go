package centra

import "slices"

func (s *Simulator) attributeType(name, objectType string) *attributeType {
	i := slices.IndexFunc(s.attributeTypes, func(t *attributeType) bool { return t.name == name && t.objectType == objectType })
	if i < 0 {
		return nil
	}
	return s.attributeTypes[i]
}

// attributable finds the attributes of an object; an order is named by number,
// an exception to the rule.
func (s *Simulator) attributable(objectType string, id int) (object node, attributes *[]*attribute, touch func()) {
	switch objectType {
	case "Order":
		if o := s.orderByNumber[id]; o != nil {
			return o, &o.attributes, func() { s.changed(o) }
		}
	case "Customer":
		for _, c := range s.customers {
			if c.id == id {
				return c, &c.attributes, func() { s.emit("Customer", "UPDATED", c.id, nil) }
			}
		}
	case "Product", "ProductVariant":
		for _, p := range s.products {
			if objectType == "Product" && p.id == id {
				return p, &p.attributes, func() { s.productChanged(p) }
			}
			for _, v := range p.variants {
				if objectType == "ProductVariant" && v.id == id {
					return v, &v.attributes, func() { s.productChanged(p) }
				}
			}
		}
	}
	return nil, nil, nil
}

func (s *Simulator) productChanged(p *product) {
	p.updated = s.now()
	for _, v := range p.variants {
		v.updated = p.updated
		for _, z := range v.sizes {
			z.updated = p.updated
		}
	}
	s.emit("Product", "UPDATED", p.id, nil)
}

// assignAttributes sets attributes whose type the instance knows. Setting the
// same again changes nothing but the time.
func (x *exec) assignAttributes(a args) any {
	var out outcome
	in := a.obj("input")
	kind := in.str("objectType")
	object, attributes, touch := x.attributable(kind, in.num("objectId"))
	if o, isOrder := object.(*order); isOrder {
		if !x.token.sees(o.store.id) {
			object = nil
		} else if err := x.mayChange(o, "assignAttributes"); err != nil {
			return err
		}
	}
	if object == nil {
		out.errors.add("input.objectId", "%s not found", kind)
		return x.payload(&out)
	}
	x.checkAttributes(in, kind, &out.errors)
	if len(out.errors) > 0 {
		return x.payload(&out)
	}
	for _, m := range in.objs("mappedAttributes") {
		t := x.attributeType(m.str("attributeTypeName"), kind)
		if !t.multi {
			*attributes = slices.DeleteFunc(*attributes, func(at *attribute) bool { return at.kind == t })
		}
		*attributes = append(*attributes, &attribute{kind: t, id: m.num("attributeId"), elements: t.options[m.num("attributeId")]})
	}
	for _, d := range in.objs("dynamicAttributes") {
		t := x.attributeType(d.str("attributeTypeName"), kind)
		setElement(attributes, t, attributeElement{key: d.str("attributeElementKey"), value: d.str("attributeElementValue")})
	}
	touch()
	return x.payload(&out, "object", object)
}

func (x *exec) checkAttributes(in args, kind string, errs *problems) {
	for i, m := range in.objs("mappedAttributes") {
		path := "input.mappedAttributes." + itoa(i)
		t := x.attributeType(m.str("attributeTypeName"), kind)
		if t == nil || !t.mapped {
			errs.add(path+".attributeTypeName", "Mapped attribute type %q does not exist", m.str("attributeTypeName"))
		} else if t.options[m.num("attributeId")] == nil {
			errs.add(path+".attributeId", "Attribute not found")
		}
	}
	for i, d := range in.objs("dynamicAttributes") {
		path := "input.dynamicAttributes." + itoa(i)
		t := x.attributeType(d.str("attributeTypeName"), kind)
		if t == nil || t.mapped {
			errs.add(path+".attributeTypeName", "Dynamic attribute type %q does not exist", d.str("attributeTypeName"))
			continue
		}
		key := d.str("attributeElementKey")
		if !slices.ContainsFunc(t.elements, func(e attributeElementType) bool { return e.key == key }) {
			errs.add(path+".attributeElementKey", "Attribute type %q has no element %q", t.name, key)
		}
	}
}

// setElement sets one element of a dynamic attribute, adding what is missing.
func setElement(attributes *[]*attribute, t *attributeType, e attributeElement) {
	i := slices.IndexFunc(*attributes, func(at *attribute) bool { return at.kind == t })
	if i < 0 {
		*attributes = append(*attributes, &attribute{kind: t})
		i = len(*attributes) - 1
	}
	at := (*attributes)[i]
	if j := slices.IndexFunc(at.elements, func(have attributeElement) bool { return have.key == e.key }); j >= 0 {
		at.elements[j] = e
		return
	}
	at.elements = append(at.elements, e)
}
