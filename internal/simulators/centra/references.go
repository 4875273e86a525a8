package centra

import (
	"slices"
	"strings"
)

// conversion maps one integration's id of an object to Centra's.
type conversion struct {
	id          int
	integration string
	objectType  string
	internal    int
	external    string
}

// internalID resolves an external id of the token's integration; 0 = unknown.
func (x *exec) internalID(objectType, external string) int {
	for _, c := range x.conversions {
		if c.integration == x.token.integration && c.objectType == objectType && c.external == external {
			return c.internal
		}
	}
	return 0
}

// idOf reads an identifying input: its id, or its external id.
func (x *exec) idOf(ref args, objectType string) int {
	if ref.has("externalId") {
		return x.internalID(objectType, ref.str("externalId"))
	}
	return ref.num("id")
}

func (x *exec) findWarehouse(ref args) *warehouse {
	if ref.has("externalId") {
		ref = args{"id": x.internalID("Warehouse", ref.str("externalId"))}
	}
	return x.warehouseOf(ref)
}

func (s *Simulator) warehouseOf(ref args) *warehouse {
	i := slices.IndexFunc(s.warehouses, func(w *warehouse) bool { return w.id == ref.num("id") })
	if i < 0 {
		return nil
	}
	return s.warehouses[i]
}

func (x *exec) findVariant(ref args) *variant {
	id := x.idOf(ref, "ProductVariant")
	for _, p := range x.products {
		for _, v := range p.variants {
			if v.id == id {
				return v
			}
		}
	}
	return nil
}

func (x *exec) findSize(ref args) *productSize { return x.sizeByID[x.idOf(ref, "ProductSize")] }

// sizeOfVariant finds a size by id, by name, or by "<chart name>|<size name>".
func (x *exec) sizeOfVariant(v *variant, ref args) *productSize {
	for _, z := range v.sizes {
		_, external, _ := strings.Cut(ref.str("externalId"), "|")
		if z.size.id == ref.num("id") || (ref.has("name") && z.size.name == ref.str("name")) || (external != "" && z.size.name == external) {
			return z
		}
	}
	return nil
}

func (x *exec) findCustomer(ref args) *customer {
	id := x.idOf(ref, "Customer")
	i := slices.IndexFunc(x.customers, func(c *customer) bool { return c.id == id })
	if i < 0 {
		return nil
	}
	return x.customers[i]
}

func (s *Simulator) currencyByCode(code string) *currency {
	i := slices.IndexFunc(s.currencies, func(c *currency) bool { return strings.EqualFold(c.code, code) })
	if i < 0 {
		return nil
	}
	return s.currencies[i]
}

func (x *exec) conversionNodes(a args) any {
	items := []any{}
	for _, c := range x.conversions {
		if c.integration == x.token.integration {
			items = append(items, c)
		}
	}
	return x.select1(items, a, func(_ *exec, item any, name string) any {
		if name == "objectType" {
			return item.(*conversion).objectType
		}
		return item.(*conversion).external
	})
}

// setIDConversions overwrites collisions silently: ids are unique per
// integration and type in both directions. A second run changes nothing.
func (x *exec) setIDConversions(a args) any {
	var out outcome
	for i, in := range a.objs("input") {
		if n := len([]rune(in.str("externalId"))); n == 0 || n > 255 {
			out.errors.add("input."+itoa(i)+".externalId", "External ID must have 1 to 255 characters")
		}
	}
	if len(out.errors) > 0 {
		return x.payload(&out)
	}
	entries := []any{}
	for _, in := range a.objs("input") {
		fresh := &conversion{integration: x.token.integration, objectType: in.str("objectType"), internal: in.num("internalId"), external: in.str("externalId")}
		x.conversions = slices.DeleteFunc(x.conversions, func(c *conversion) bool {
			clash := c.integration == fresh.integration && c.objectType == fresh.objectType && (c.internal == fresh.internal || c.external == fresh.external)
			if clash && c.internal == fresh.internal && c.external == fresh.external {
				fresh.id = c.id
			}
			return clash
		})
		if fresh.id == 0 {
			fresh.id = x.newID("conversion", 0)
		}
		x.conversions = append(x.conversions, fresh)
		entries = append(entries, fresh)
	}
	return x.payload(&out, "entries", entries)
}

func (x *exec) unsetIDConversions(a args) any {
	for _, in := range a.objs("input") {
		ref := in.obj("idConversion")
		x.conversions = slices.DeleteFunc(x.conversions, func(c *conversion) bool {
			hit := (ref.has("id") && c.id == ref.num("id")) || (ref.has("internalId") && c.internal == ref.num("internalId")) ||
				(ref.has("externalId") && c.external == ref.str("externalId"))
			return hit && c.integration == x.token.integration && c.objectType == in.str("objectType")
		})
	}
	return x.payload(nil)
}

func (c *conversion) typeName() string { return "IdConversionEntry" }

func (c *conversion) field(_ *exec, name string, _ args) any {
	return map[string]any{"id": c.id, "externalId": c.external, "internalId": c.internal, "objectType": c.objectType, "integrationName": c.integration}[name]
}
