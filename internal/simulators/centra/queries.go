package centra

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

type queryRoot struct{}

func (queryRoot) typeName() string { return "Query" }

func (queryRoot) field(x *exec, name string, a args) any {
	switch name {
	case "__schema":
		return x.schema.schemaNode()
	case "__type":
		return x.schema.typeNode(x.schema.Types[a.str("name")])
	case "orders":
		return x.orderList(a)
	case "order":
		if o := x.orderByID[a.str("id")]; o != nil && x.token.sees(o.store.id) {
			return o
		}
		return nil
	case "orderConnection":
		return x.connection(x.orderList(without(a)), a, "Order")
	case "shipments":
		return x.shipmentList(a)
	case "shipmentConnection":
		return x.connection(x.shipmentList(without(a)), a, "Shipment")
	case "returns":
		items := []any{}
		for _, r := range x.returns {
			if x.token.sees(r.order.store.id) {
				items = append(items, r)
			}
		}
		sorted(items, a, func(item any, _ string) any { return item.(*orderReturn).id })
		return x.select1(items, a, filterReturn)
	case "orderPaymentHistory":
		items := []any{}
		for _, o := range x.orders {
			if x.token.sees(o.store.id) {
				items = append(items, list(o.history)...)
			}
		}
		sorted(items, args{"sort": []any{"id_ASC"}}, func(item any, _ string) any { return item.(*paymentEntry).id })
		return x.select1(items, a, filterPayment)
	case "events":
		return x.queuedEvents(a)
	case "eventListeners":
		return x.listenerNodes()
	case "idConversions":
		return x.conversionNodes(a)
	case "rateLimits":
		out := []any{}
		for _, b := range x.buckets {
			b.refill(x.now())
			out = append(out, b.node())
		}
		return out
	case "counters":
		return countersNode()
	}
	return x.masterData(name, a)
}

// masterData answers the lists of catalogue, places and channels.
func (x *exec) masterData(name string, a args) any {
	switch name {
	case "products":
		items := list(x.products)
		sorted(items, a, func(item any, _ string) any { return item.(*product).updated })
		return x.select1(items, a, filterProduct)
	case "productSizes":
		return x.sizeList(a)
	case "warehouses":
		items := list(x.warehouses)
		sorted(items, a, func(item any, _ string) any { return item.(*warehouse).id })
		return x.select1(items, a, func(_ *exec, item any, name string) any {
			return named(name, item.(*warehouse).id, "name", item.(*warehouse).name)
		})
	case "stockChangeConnection":
		items := []any{}
		for _, id := range x.stockChanges {
			if wanted(a.obj("where"), "id", id) {
				items = append(items, stockChangeNode(id))
			}
		}
		return x.connection(items, a, "StockChange")
	case "market":
		for _, m := range x.markets {
			if m.id == a.num("id") && x.token.sees(m.store.id) {
				return m
			}
		}
		return nil
	case "markets":
		items := visible(x, x.markets, func(m *market) int { return m.store.id })
		sorted(items, a, func(item any, _ string) any { return item.(*market).id })
		return x.select1(items, a, func(_ *exec, item any, name string) any {
			return named(name, item.(*market).id, "storeId", item.(*market).store.id)
		})
	case "stores":
		return visible(x, x.stores, func(s *store) int { return s.id })
	case "pricelists":
		items := visible(x, x.pricelists, func(p *pricelist) int { return max(p.storeID, x.token.storeID) })
		return x.select1(items, a, func(_ *exec, item any, name string) any {
			return named(name, item.(*pricelist).id, "storeId", item.(*pricelist).storeID)
		})
	case "currencies":
		out := []any{}
		for _, c := range x.currencies {
			if base, asked := a.obj("where")["isBase"].(bool); !asked || base == c.base {
				out = append(out, c.node())
			}
		}
		return out
	case "countries":
		return list(x.countries)
	case "shippingOptions":
		return x.page(list(x.shippingOptions), a)
	}
	return fmt.Errorf("field %s is not simulated", name)
}

func named(name string, id int, second string, value any) any {
	switch name {
	case "id":
		return id
	case second:
		return value
	}
	return noSuchField{}
}

func visible[T node](x *exec, items []T, storeOf func(T) int) []any {
	out := []any{}
	for _, item := range items {
		if x.token.sees(storeOf(item)) {
			out = append(out, item)
		}
	}
	return out
}

func (x *exec) orderList(a args) any {
	where, items := a.obj("where"), []any{}
	numbers, byNumber := where["number"].([]any)
	if byNumber && !contains(where["negate"], "number") {
		for _, n := range slices.Compact(slices.SortedFunc(slices.Values(numbers), func(l, r any) int { return cmp.Compare(l.(int), r.(int)) })) {
			if o := x.orderByNumber[n.(int)]; o != nil && x.token.sees(o.store.id) {
				items = append(items, o)
			}
		}
	} else {
		items = visible(x, x.orders, func(o *order) int { return o.store.id })
	}
	sorted(items, a, func(item any, field string) any {
		o := item.(*order)
		switch field {
		case "orderDate":
			return o.ordered
		case "createdAt":
			return o.created
		case "updatedAt":
			return o.updated
		}
		return o.number
	})
	return x.select1(items, a, filterOrder)
}

func (x *exec) shipmentList(a args) any {
	items := visible(x, x.shipments, func(sh *shipment) int { return sh.order.store.id })
	sorted(items, a, func(item any, _ string) any { return item.(*shipment).id })
	return x.select1(items, a, filterShipment)
}

func (x *exec) sizeList(a args) any {
	items := x.allSizes()
	if eans := namedBy(a.obj("where"), "EAN"); eans != nil {
		items = x.sizesWithEAN(eans)
	}
	if a["sort"] != nil {
		items = slices.Clone(items)
		sorted(items, a, func(item any, _ string) any { return item.(*productSize).updated })
	}
	return x.select1(items, a, func(_ *exec, item any, name string) any {
		z := item.(*productSize)
		switch name {
		case "id":
			return z.id
		case "EAN":
			return z.ean
		case "UPC":
			return z.upc
		case "sizeId":
			return z.size.id
		case "productVariantId":
			return z.variant.id
		case "updatedAt":
			return z.updated
		}
		return noSuchField{}
	})
}

func filterProduct(_ *exec, item any, name string) any {
	p := item.(*product)
	switch name {
	case "id":
		return p.id
	case "status":
		return p.status
	case "productNumber":
		return p.number
	case "updatedAt":
		return p.updated
	}
	return noSuchField{}
}

func countersNode() any {
	count := func(items func(x *exec, a args) any) any {
		return func(x *exec, a args) any {
			found := items(x, a)
			all, ok := found.([]any)
			if !ok {
				return found
			}
			return len(all)
		}
	}
	return rec{"Counters", map[string]any{
		"orders":   count(func(x *exec, a args) any { return x.orderList(a) }),
		"products": count(func(x *exec, a args) any { return x.select1(list(x.products), a, filterProduct) }),
		"customers": count(func(x *exec, a args) any {
			items := visible(x, x.customers, func(c *customer) int { return c.storeID })
			return x.select1(items, a, func(_ *exec, item any, name string) any {
				return named(name, item.(*customer).id, "storeId", item.(*customer).storeID)
			})
		}),
	}}
}

// sorted orders items by the sort argument, each value <field>_ASC or _DESC.
func sorted(items []any, a args, key func(item any, field string) any) {
	sorts, _ := a["sort"].([]any)
	slices.SortStableFunc(items, func(l, r any) int {
		for _, s := range sorts {
			field, direction, _ := strings.Cut(s.(string), "_")
			order := 0
			switch v := key(l, field).(type) {
			case int:
				order = cmp.Compare(v, key(r, field).(int))
			case time.Time:
				order = v.Compare(key(r, field).(time.Time))
			}
			if direction == "DESC" {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
}

// without drops what belongs to a connection before the list itself is read.
func without(a args) args { return args{"where": a["where"], "sort": a["sort"]} }

// connection pages a list by cursors. A cursor names an object, so that rows
// that appear meanwhile move nothing.
func (x *exec) connection(found any, a args, kind string) any {
	if err, failed := found.(error); failed {
		return err
	}
	items := found.([]any)
	from, to, err := cut(items, a)
	if err != nil {
		return err
	}
	edges := []any{}
	for _, item := range items[from:to] {
		edges = append(edges, rec{kind + "Edge", map[string]any{"cursor": cursor(item), "node": item}})
	}
	info := map[string]any{"hasNextPage": to < len(items), "hasPreviousPage": from > 0}
	if to > from {
		info["startCursor"], info["endCursor"] = cursor(items[from]), cursor(items[to-1])
	}
	return rec{kind + "Connection", map[string]any{"totalCount": len(items), "edges": edges, "pageInfo": rec{"PageInfo", info}}}
}

func cut(items []any, a args) (from, to int, err error) {
	from, to = 0, len(items)
	find := func(name string) (int, error) {
		i := slices.IndexFunc(items, func(item any) bool { return cursor(item) == a.str(name) })
		if i < 0 {
			return 0, fmt.Errorf("%s: the cursor is unknown", name)
		}
		return i, nil
	}
	if a.has("after") {
		i, err := find("after")
		if err != nil {
			return 0, 0, err
		}
		from = i + 1
	}
	if a.has("before") {
		i, err := find("before")
		if err != nil {
			return 0, 0, err
		}
		to = i
	}
	to = max(from, to)
	first, last := a.has("first"), a.has("last")
	if first && last {
		return 0, 0, errors.New("use first or last, not both")
	}
	size := 20
	if first {
		size = a.num("first")
	} else if last {
		size = a.num("last")
	}
	if size < 1 || size > 200 {
		return 0, 0, fmt.Errorf("first and last must be between 1 and 200, got %d", size)
	}
	if last {
		return max(from, to-size), to, nil
	}
	return from, min(to, from+size), nil
}

func cursor(item any) string {
	id := ""
	switch v := item.(type) {
	case *order:
		id = "order:" + strconv.Itoa(v.number)
	case *shipment:
		id = "shipment:" + strconv.Itoa(v.id)
	case rec:
		id = "change:" + fmt.Sprint(v.fields["id"])
	}
	return base64.StdEncoding.EncodeToString([]byte(id))
}

func stockChangeNode(id int) any { return rec{"StockChange", map[string]any{"id": id}} }
