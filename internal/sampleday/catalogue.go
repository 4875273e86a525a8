package sampleday

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// item is one size: what stock is kept of and the warehouse picks.
type item struct {
	id        int // Centra's product size
	variant   *variant
	size      string
	sku, ean  string
	warehouse string // the one warehouse that keeps it
	acsSKU    string // empty: the SKU is the warehouse's code too
	unknown   bool   // no warehouse has it on file
	// units that orders hold, and units that go wrong on top of them
	allocated, extra int
}

// code is the warehouse's code of the item.
func (i *item) code() string {
	if i.acsSKU != "" {
		return i.acsSKU
	}
	return i.sku
}

type variant struct {
	id           int
	style        *style
	name, number string
	items        []*item
}

// style is a product. Price is its list price in pounds' minor units.
type style struct {
	id            int
	number, name  string
	brand         string
	garment       string // the warehouse's garment type
	hsCode        string
	origin        string
	condition     string // what the shop or the item list says; empty = left to the brand's default
	grade         string
	price         int64
	variants      []*variant
	bundle        []bundlePart // of a bundle: what it holds
	colour, sizes []string
	scarce        bool // only demand exists of it
}

// bundlePart is one item of a fixed bundle.
type bundlePart struct {
	item     *item
	quantity int
}

// Brands and what is known of their garments.
const (
	brandMain    = "Atelier Nord"
	brandKnit    = "Lumen Knit"
	brandArchive = "Atelier Archive" // pre-owned: condition and grade come from the item list
	brandSample  = "Studio Sample"   // no default and no attribute: nobody knows their condition
	brandLuma    = "Luma"            // of the published catalogue
)

// catalogue numbers what it makes.
type catalogue struct {
	styles []*style
	items  []*item
	nextID int
	r      *rand.Rand
}

func newCatalogue(r *rand.Rand) *catalogue { return &catalogue{r: r} }

func (c *catalogue) id() int { c.nextID++; return c.nextID }

// add makes a style with all its colours and sizes in one warehouse.
func (c *catalogue) add(s style, warehouse string) *style {
	st := &s
	st.id = c.id()
	for _, colour := range st.colour {
		v := &variant{id: c.id(), style: st, name: colour, number: shortName(colour)}
		for _, size := range st.sizes {
			it := &item{id: c.id(), variant: v, size: size, warehouse: warehouse}
			it.sku = strings.Join([]string{st.number, v.number, size}, "-")
			it.ean = ean(it.id)
			v.items = append(v.items, it)
			c.items = append(c.items, it)
		}
		st.variants = append(st.variants, v)
	}
	c.styles = append(c.styles, st)
	return st
}

// single adds a style of one colour and one size, as faults have them.
func (c *catalogue) single(s style, warehouse string) *item {
	s.colour, s.sizes = []string{"Ecru"}, []string{"M"}
	return c.add(s, warehouse).variants[0].items[0]
}

func shortName(colour string) string {
	return strings.ToUpper(strings.ReplaceAll(colour, " ", ""))[:3]
}

// ean makes a valid EAN-13 of a number.
func ean(n int) string {
	code := fmt.Sprintf("735%09d", n)
	sum := 0
	for i, c := range code {
		weight := 1 + 2*(i%2)
		sum += int(c-'0') * weight
	}
	return code + fmt.Sprint((10-sum%10)%10)
}

var letterSizes = []string{"XS", "S", "M", "L", "XL"}

// garments are what the generated shop sells: name, type, commodity code, price, sizes.
var garments = []struct {
	name, garment, hsCode string
	price                 int64
	sizes                 []string
}{
	{"Linen Wrap Dress", "dress", "620444", 12900, letterSizes},
	{"Silk Slip Dress", "dress", "620449", 18900, letterSizes},
	{"Boxy Poplin Shirt", "shirt", "620630", 7900, letterSizes},
	{"Merino Crew Jumper", "knitwear", "611011", 9500, letterSizes},
	{"Cashmere Cardigan", "knitwear", "611012", 21900, letterSizes},
	{"Wide Leg Trousers", "trousers", "620463", 11000, []string{"34", "36", "38", "40", "42"}},
	{"Raw Denim Jeans", "jeans", "620462", 10500, []string{"28", "29", "30", "32", "34"}},
	{"Wool Overcoat", "coat", "620211", 34900, letterSizes},
	{"Quilted Gilet", "outerwear", "620293", 14900, letterSizes},
	{"Jersey T-Shirt", "top", "610910", 3450, letterSizes},
	{"Pleated Midi Skirt", "skirt", "620453", 9900, letterSizes},
	{"Leather Belt", "belt", "420330", 4900, []string{"80", "90", "100"}},
}

var colours = []string{"Black", "Ivory", "Navy", "Rust", "Sage", "Ochre"}

// fashion fills the catalogue of a generated day: 36 styles in three colours, a
// quarter of them kept at the second warehouse, one in twelve pre-owned.
func (c *catalogue) fashion() {
	origins := []string{"PT", "IT", "TR", "LT"}
	for n := range 36 {
		g := garments[n%len(garments)]
		warehouse, brand := eurocentral, brandMain
		if n%4 == 3 {
			warehouse = hillington
		}
		if g.garment == "knitwear" {
			brand = brandKnit
		}
		s := style{
			number: fmt.Sprintf("AT%d", 1001+n), name: g.name, brand: brand, garment: g.garment, hsCode: g.hsCode,
			origin: origins[n%len(origins)], price: g.price + int64(n/len(garments))*1050, sizes: g.sizes,
			colour: []string{colours[n%6], colours[(n+2)%6], colours[(n+3)%6]},
		}
		if n/len(garments) == 2 && n%3 == 0 {
			s.brand, s.condition, s.grade = brandArchive, "good", "B"
			s.name = "Archive " + s.name
		}
		c.add(s, warehouse)
	}
	for n, it := range c.items {
		if n%17 == 5 { // some garments kept their code from an older system
			it.acsSKU = "G" + it.ean[4:12]
		}
	}
}

// sellable lists the items of a warehouse, in order.
func (c *catalogue) sellable(warehouse string) []*item {
	var out []*item
	for _, it := range c.items {
		if it.warehouse == warehouse {
			out = append(out, it)
		}
	}
	return out
}

// bundles adds three fixed bundles, the last with two of one item. A bundle is a
// product of its own; its line is never picked.
func (c *catalogue) bundles(from []*item) []*style {
	var out []*style
	for n, name := range []string{"Weekend Set", "Layering Duo", "Twin Pack Tee Set"} {
		first := 31 * (n + 1)
		parts := []bundlePart{{from[first], 1}, {from[first+40], 1}}
		switch n {
		case 0:
			parts = append(parts, bundlePart{from[first+77], 1})
		case 2:
			parts[0].quantity = 2
		}
		b := &style{id: c.id(), number: fmt.Sprintf("SET%d", n+1), name: name, brand: brandMain, garment: "set", bundle: parts}
		for _, p := range parts {
			b.price += p.item.variant.style.price * int64(p.quantity)
		}
		b.price = b.price * 85 / 100
		v := &variant{id: c.id(), style: b, name: "Set", number: "SET"}
		v.items = []*item{{id: c.id(), variant: v, size: "One size", sku: b.number + "-OS"}}
		v.items[0].ean = ean(v.items[0].id)
		b.variants = []*variant{v}
		c.styles = append(c.styles, b)
		out = append(out, b)
	}
	return out
}
