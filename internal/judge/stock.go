package judge

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// Stock is one item in a warehouse, its units by status.
type Stock struct {
	SKU   string
	Units map[string]int
}

// UnmarshalJSON reads {"sku":"A","available":3,"allocated":1}.
func (s *Stock) UnmarshalJSON(data []byte) error {
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	s.Units = map[string]int{}
	for name, v := range fields {
		switch v := v.(type) {
		case string:
			s.SKU = v
		case float64:
			s.Units[name] = int(v)
		}
	}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads.
func (s Stock) MarshalJSON() ([]byte, error) {
	fields := map[string]any{"sku": s.SKU}
	for name, n := range s.Units {
		fields[name] = n
	}
	return json.Marshal(fields)
}

// place is an item in a warehouse, both by the shop's names.
type place struct{ warehouse, sku string }

// oversold compares what the shop still offers with what the warehouse can still give:
// units on its shelves and units set aside for orders, less all that the shop has
// promised and that has neither left nor come up short. A shop that offers nothing
// oversells nothing, however little is there.
func (b *bench) oversold() {
	promised, have := b.promised(), b.sellable()
	for _, s := range b.shop.Stock {
		at := place{s.Warehouse, s.SKU}
		name := s.Warehouse + "/" + s.SKU
		switch {
		case s.FTA < 0:
			b.findings = append(b.findings, Finding{Oversold, name, fmt.Sprintf("has %d units free to allocate", s.FTA)})
		case s.FTA > 0 && s.FTA+promised[at] > have[at]:
			b.findings = append(b.findings, Finding{Oversold, name, fmt.Sprintf("is offered with %d units, besides %d promised that have not left; the warehouse holds %d that can be sold", s.FTA, promised[at], have[at])})
		}
	}
}

// promised counts, from the shop's orders, the units that a warehouse still owes.
func (b *bench) promised() map[place]int {
	out := map[place]int{}
	for _, o := range b.shop.Orders {
		if o.Status == "CANCELLED" {
			continue
		}
		f := &file{bench: b, order: o, handed: b.handed[o.Store+"/"+strconv.Itoa(o.Number)]}
		for _, l := range o.Lines {
			if !l.Physical {
				continue
			}
			byHand := f.shippedByHand(l.ID)
			for _, w := range slices.Sorted(maps.Keys(l.From)) {
				gone := f.gone(w, l.ID) + byHand
				byHand = max(0, gone-l.From[w])
				out[place{w, l.SKU}] += max(0, l.From[w]-gone)
			}
		}
	}
	return out
}

// gone are the units of a line that a warehouse no longer counts.
func (f *file) gone(warehouse string, line int) (n int) {
	for _, h := range f.handed {
		for _, l := range h.Lines {
			if h.warehouse == warehouse && l.LineID == strconv.Itoa(line) {
				n += l.Shipped + l.Short
			}
		}
	}
	return n
}

// sellable counts what lies on the shelves or is set aside, without what is set aside
// for somebody else.
func (b *bench) sellable() map[place]int {
	shopSKU := map[string]string{}
	for shop, theirs := range b.outcome.Items {
		shopSKU[theirs] = shop
	}
	known := func(sku string) string {
		if shop := shopSKU[sku]; shop != "" {
			return shop
		}
		return sku
	}
	out := map[place]int{}
	for _, a := range b.accounts {
		w := b.outcome.Warehouses[a.Account]
		for _, s := range a.Inventory {
			out[place{w, known(s.SKU)}] += max(0, s.Units["available"]) + s.Units["allocated"]
		}
		for _, o := range a.Orders {
			if o.References["order"] != "" || !slices.Contains([]string{"allocated", "picking", "packed", "partially_shipped"}, o.State) {
				continue
			}
			for _, l := range o.Lines {
				out[place{w, known(l.SKU)}] -= l.Quantity - l.Shipped - l.Short - l.Cancelled
			}
		}
	}
	return out
}
