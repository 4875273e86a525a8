package sampleday

import (
	"fmt"
	"slices"
	"strings"
)

// garment is a variant of the catalogue file.
type garment struct {
	sku, parent, name, size, colour, kind string
}

// readCatalogue takes the variants that can be sold; parents only group them.
func (l *loader) readCatalogue(dir, name string) error {
	t, err := openTable(dir, name, "sku", "parent_sku", "product_type", "attribute_set", "name", "size", "color")
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	err = t.each(func(r record) {
		switch {
		case r.bad != "":
			l.refuse(name, r.line, r.bad)
		case r.get("product_type") != "simple":
		case r.get("sku") == "" || len(r.get("sku")) > 60 || seen[r.get("sku")]:
			l.refuse(name, r.line, "sku is empty, too long or taken by an earlier row")
		default:
			seen[r.get("sku")] = true
			l.garments = append(l.garments, garment{
				sku: r.get("sku"), parent: r.get("parent_sku"), name: r.get("name"), size: r.get("size"), colour: r.get("color"), kind: r.get("attribute_set"),
			})
		}
	})
	if err != nil {
		return err
	}
	if len(l.garments) == 0 {
		return fmt.Errorf("sampleday: %s holds no variant of product_type simple", name)
	}
	l.styles = map[string]*style{}
	return nil
}

// garmentFor is the item that a product code stands for.
func (l *loader) garmentFor(code string) *item {
	g := l.garments[hashOf(code)%uint64(len(l.garments))]
	if it := l.known[g.sku]; it != nil {
		return it
	}
	it := l.add(l.variant(l.style(g), g.colour), g.sku, g.size)
	if g.size == "30" || g.size == "31" { // a rarity, so that some orders leave from two warehouses
		it.warehouse = hillington
	}
	if hashOf(g.sku)%17 == 5 {
		it.acsSKU = "G" + it.ean[4:12]
	}
	l.known[g.sku] = it
	return it
}

func (l *loader) variant(st *style, colour string) *variant {
	for _, known := range st.variants {
		if known.name == colour {
			return known
		}
	}
	v := &variant{id: l.catalogue.id(), style: st, name: colour, number: colour}
	st.variants = append(st.variants, v)
	return v
}

func (l *loader) style(g garment) *style {
	key := g.parent
	if key == "" {
		key = g.sku
	}
	if st := l.styles[key]; st != nil {
		return st
	}
	hsCode := "610910"
	if g.kind == "Bottom" {
		hsCode = "620342"
	}
	name, _, _ := strings.Cut(g.name, "-"+g.size+"-")
	st := &style{id: l.catalogue.id(), number: key, name: name, brand: brandLuma, garment: strings.ToLower(g.kind), hsCode: hsCode, origin: "VN", price: 3000}
	l.styles[key] = st
	l.catalogue.styles = append(l.catalogue.styles, st)
	return st
}

func (l *loader) add(v *variant, sku, size string) *item {
	it := &item{id: l.catalogue.id(), variant: v, size: size, sku: sku, warehouse: eurocentral}
	it.ean = ean(it.id)
	v.items = append(v.items, it)
	l.catalogue.items = append(l.catalogue.items, it)
	return it
}

// fee is what a code that is no product becomes: something the shop sells and
// nobody can pick. It has no brand, so that no default speaks for it.
func (l *loader) fee(code string) *item {
	key := "fee " + strings.ToUpper(code)
	if it := l.known[key]; it != nil {
		return it
	}
	st := &style{id: l.catalogue.id(), number: code, name: "Charge " + code, garment: "charge", price: 100}
	v := &variant{id: l.catalogue.id(), style: st, name: "Charge", number: "C"}
	st.variants = []*variant{v}
	l.catalogue.styles = append(l.catalogue.styles, st)
	it := l.add(v, code, "One size")
	it.unknown = true
	l.known[key] = it
	return it
}

// order makes an order of an invoice, with at most one planned kind.
func (l *loader) order(position int, in invoice) {
	first := in.rows[0]
	country := countryCodes[first.country]
	rows, planned := l.sift(in.rows, country)
	if len(rows) == 0 {
		return
	}
	o := l.begin(in.number, position, l.shop.marketOf(country), l.customer(first.customer, country))
	o.placed, o.payment = first.placed, l.payments.deal()
	if planned != "" {
		o.planned, o.end, o.payment = planned, endAttention, l.shop.payments[card]
	}
	for _, r := range rows {
		ln := l.product(o, l.itemOf(r), r.quantity)
		ln.unit, ln.original = r.price, r.price
	}
	if planned == "" {
		shape := single
		if l.chance(20) {
			shape = partial
		}
		l.ship(o, shape)
	}
}

func (l *loader) itemOf(r row) *item {
	if r.isProduct() {
		return l.garmentFor(r.code)
	}
	return l.fee(r.code)
}

// sift refuses rows until one kind of fault is left at most, and names it.
func (l *loader) sift(rows []row, country string) ([]row, string) {
	var kept, fees []row
	perWarehouse, tooLarge := map[string]int{}, false
	for _, r := range rows {
		switch {
		case r.country != rows[0].country:
			l.refuseRows([]row{r}, fmt.Sprintf("the invoice's first row names another country than %q", r.country))
		case r.isProduct():
			w := l.garmentFor(r.code).warehouse
			perWarehouse[w]++
			tooLarge = tooLarge || perWarehouse[w] > maxLines || tooMany(r)
			kept = append(kept, r)
		default:
			fees = append(fees, r)
		}
	}
	switch {
	case tooLarge && country == "":
		l.refuseRows(append(kept, fees...), "the order is too large and has no country: an order has one fault only")
		return nil, ""
	case tooLarge:
		l.refuseRows(fees, "no product, in an order that is too large: an order has one fault only")
		return kept, kindTooLarge
	case country == "" && len(kept) > 0:
		l.refuseRows(fees, "no product, in an order without a country: an order has one fault only")
		return kept, kindInvalidAddress
	case country == "":
		l.refuseRows(fees, "no product, in an order without a country or any product")
		return nil, ""
	case len(fees) > 0 && (perWarehouse[eurocentral]+len(fees) > maxLines || slices.ContainsFunc(fees, tooMany)):
		l.refuseRows(fees, "no product, and with it the order would be too large as well: an order has one fault only")
		return kept, ""
	case len(fees) > 0:
		return inOrder(rows, rows[0].country), kindIncompleteItem
	}
	return kept, ""
}

func tooMany(r row) bool { return r.quantity > maxUnits }

// inOrder keeps the rows of one country, products and fees in the file's order.
func inOrder(rows []row, country string) []row {
	var out []row
	for _, r := range rows {
		if r.country == country {
			out = append(out, r)
		}
	}
	return out
}

// customer is the same person for the same number and country; without a number
// everybody is somebody else.
func (l *loader) customer(id, country string) person {
	if id == "" {
		return l.people.in(country)
	}
	key := id + "/" + country
	if _, known := l.customers[key]; !known {
		l.customers[key] = l.people.in(country)
	}
	return l.customers[key]
}
