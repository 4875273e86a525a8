package centra

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// lookup tells the value that a filter field compares with: nil when it is
// null, noSuchField when the filter has no such field.
type lookup func(x *exec, item any, name string) any

type noSuchField struct{}

// matches applies a filter: every field holds, those in negate do not, those in
// notNull are not null.
func (x *exec) matches(item any, where args, value lookup) (bool, error) {
	negated := func(name string) bool { return contains(where["negate"], name) }
	for name, wanted := range where {
		if name == "negate" || name == "notNull" || wanted == nil {
			continue
		}
		if compare(value(x, item, name), wanted, name) == negated(name) {
			return false, nil
		}
	}
	for _, list := range []string{"negate", "notNull"} {
		names, _ := where[list].([]any)
		for _, n := range names {
			name, _ := n.(string)
			has := value(x, item, name)
			if _, unknown := has.(noSuchField); unknown {
				return false, fmt.Errorf("%s: %q is no field of this filter", list, name)
			}
			if list == "notNull" && (has == nil || has == "") {
				return false, nil
			}
		}
	}
	return true, nil
}

func compare(has, wanted any, name string) bool {
	switch w := wanted.(type) {
	case []any:
		if all, several := has.([]any); several {
			return slices.ContainsFunc(all, func(v any) bool { return slices.Contains(w, v) })
		}
		return slices.Contains(w, has)
	case map[string]any:
		return compareRange(has, w)
	case string:
		if text, ok := has.(string); ok && name == "search" {
			return strings.Contains(strings.ToLower(text), strings.ToLower(w))
		}
	}
	return has == wanted
}

func compareRange(has any, w args) bool {
	switch v := has.(type) {
	case time.Time:
		if v.IsZero() {
			return false
		}
		// Times are shown in whole seconds, so they are compared in whole seconds.
		v = v.Truncate(time.Second)
		return (!w.has("from") || !v.Before(w.when("from").Truncate(time.Second))) && (!w.has("to") || !v.After(w.when("to")))
	case int:
		return (!w.has("from") || v >= w.num("from")) && (!w.has("to") || v <= w.num("to"))
	case string:
		if w.has("equals") {
			return v == w.str("equals")
		}
		return strings.Contains(strings.ToLower(v), strings.ToLower(w.str("contains")))
	}
	return false
}

func contains(list any, value any) bool {
	items, _ := list.([]any)
	return slices.Contains(items, value)
}

// wanted tells whether a list filter field lets a value through.
func wanted(where args, name string, value any) bool {
	return where[name] == nil || contains(where[name], value)
}

// select1 filters a list and takes the page that was asked for.
func (x *exec) select1(items []any, a args, value lookup) any {
	where := a.obj("where")
	if where != nil {
		kept := make([]any, 0, len(items))
		for _, item := range items {
			ok, err := x.matches(item, where, value)
			if err != nil {
				return err
			}
			if ok {
				kept = append(kept, item)
			}
		}
		items = kept
	}
	return x.page(items, a)
}

// page cuts limit and page out of a list; without a limit all is returned.
func (x *exec) page(items []any, a args) any {
	if !a.has("limit") {
		return items
	}
	limit, number := a.num("limit"), 1
	if a.has("page") {
		number = a.num("page")
	}
	if limit < 1 || limit > 200 {
		return fmt.Errorf("limit must be between 1 and 200, got %d", limit)
	}
	if number < 1 {
		return fmt.Errorf("page must be 1 or more, got %d", number)
	}
	from := min((number-1)*limit, len(items))
	return items[from:min(from+limit, len(items))]
}

func filterOrder(x *exec, item any, name string) any {
	o := item.(*order)
	switch name {
	case "id":
		return o.id
	case "number":
		return o.number
	case "status":
		return o.status()
	case "createdAt":
		return o.created
	case "updatedAt":
		return o.updated
	case "orderDate":
		return o.ordered
	case "estimatedDeliveryDate", "cancelDate", "languageId":
		return nil
	case "storeId":
		return o.store.id
	case "storeType":
		return o.store.field(nil, "type", nil)
	case "isLocked":
		return o.locked
	case "isOnHold":
		return o.onHold
	case "isWaitingForPayment":
		return o.waitingForPayment
	case "isInternal":
		return o.internal
	case "isWaitingForCheckFirstAllocation":
		return slices.ContainsFunc(o.lines, func(l *line) bool {
			return slices.ContainsFunc(l.allocations, func(al *allocation) bool { return al.waiting })
		})
	case "otherComment":
		return o.otherComment
	case "externalId":
		return orNull(o.externalID)
	case "currencyId":
		return o.currency.id
	case "countryId":
		if c := x.countryByCode[o.shippingAddress.Country]; c != nil {
			return c.id
		}
		return nil
	case "search":
		return strings.Join([]string{itoa(o.number), o.id, o.externalID, o.shippingAddress.Email, o.shippingAddress.FirstName, o.shippingAddress.LastName}, " ")
	case "allocatedWarehouseCount":
		seen := map[int]bool{}
		for _, l := range o.lines {
			for _, al := range l.allocations {
				seen[al.warehouse.id] = true
			}
		}
		return len(seen)
	}
	return filterOrderRelation(o, name)
}

func filterOrderRelation(o *order, name string) any {
	switch name {
	case "marketId":
		if o.market != nil {
			return o.market.id
		}
	case "allocationRuleId":
		if o.market != nil && o.market.rule != nil {
			return o.market.rule.id
		}
	case "pricelistId":
		if o.pricelist != nil {
			return o.pricelist.id
		}
	case "paymentMethodId":
		if o.payment != nil {
			return o.payment.id
		}
	case "customerId":
		if o.customer != nil {
			return o.customer.id
		}
	default:
		return noSuchField{}
	}
	return nil
}

func filterShipment(_ *exec, item any, name string) any {
	sh := item.(*shipment)
	switch name {
	case "id":
		return sh.id
	case "number":
		return sh.number
	case "createdAt":
		return sh.created
	case "updatedAt":
		return sh.updated
	case "isGoodToGo":
		return sh.goodToGo
	case "isPrinted", "usedFallbackTax":
		return false
	case "isShipped":
		return sh.isShipped()
	case "shippedAt":
		return moment(sh.shippedAt)
	case "isOnHold":
		return sh.order.onHold
	case "isPaid":
		return sh.isPaid()
	case "paidAt":
		return moment(sh.paidAt)
	case "isCaptured":
		return sh.isCaptured()
	case "capturedAt":
		return moment(sh.capturedAt)
	case "trackingNumber":
		return list(sh.trackings)
	case "customerId":
		return filterOrderRelation(sh.order, name)
	case "orderId":
		return sh.order.id
	case "storeId":
		return sh.order.store.id
	case "storeType":
		return sh.order.store.field(nil, "type", nil)
	case "externalId":
		return orNull(sh.externalID)
	case "search":
		return sh.number + " " + strings.Join(sh.trackings, " ")
	}
	return noSuchField{}
}

func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func filterReturn(_ *exec, item any, name string) any {
	r := item.(*orderReturn)
	switch name {
	case "id":
		return r.id
	case "createdAt":
		return r.created
	case "customerId":
		return filterOrderRelation(r.order, name)
	case "storeType":
		return r.order.store.field(nil, "type", nil)
	case "storeId":
		return r.order.store.id
	case "orderId":
		return r.order.id
	case "shipmentId":
		return r.shipment.id
	case "externalId":
		return orNull(r.externalID)
	}
	return noSuchField{}
}

func filterPayment(_ *exec, item any, name string) any {
	p := item.(*paymentEntry)
	switch name {
	case "id":
		return p.id
	case "createdAt":
		return p.at
	case "entryType":
		return p.kind
	case "status":
		return p.status
	case "externalReference":
		return orNull(p.reference)
	case "orderId":
		return p.order.id
	case "externalId":
		return nil
	}
	return noSuchField{}
}

func filterStock(x *exec, item any, name string) any {
	n := item.(stockNode)
	switch name {
	case "productId":
		return n.size.variant.product.id
	case "productSizeId":
		return n.size.id
	case "productVariantId":
		return n.size.variant.id
	case "warehouseId":
		return n.warehouse.id
	}
	if strings.HasSuffix(name, "Quantity") {
		return x.quantity(n, name)
	}
	return noSuchField{}
}
