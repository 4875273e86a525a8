package centra

import (
	"strings"
	"time"
)

// How shipments and returns look through the API.

func (sh *shipment) typeName() string {
	if sh.order.wholesale {
		return "WholesaleShipment"
	}
	return "DirectToConsumerShipment"
}

func (sh *shipment) isPaid() bool     { return !sh.paidAt.IsZero() }
func (sh *shipment) isShipped() bool  { return !sh.shippedAt.IsZero() }
func (sh *shipment) isCaptured() bool { return !sh.capturedAt.IsZero() }

func (sh *shipment) field(x *exec, name string, a args) any {
	o := sh.order
	moment := func(t time.Time) any { return formatTime(t, a.str("format")) }
	switch name {
	case "id":
		return sh.id
	case "number":
		return sh.number
	case "createdAt":
		return moment(sh.created)
	case "updatedAt":
		return moment(sh.updated)
	case "isGoodToGo":
		return sh.goodToGo
	case "isPrinted", "usedFallbackTax":
		return false
	case "isShipped":
		return sh.isShipped()
	case "isOnHold":
		return o.onHold
	case "shippedAt":
		return moment(sh.shippedAt)
	case "isPaid":
		return sh.isPaid()
	case "paidAt":
		return moment(sh.paidAt)
	case "isCaptured":
		return sh.isCaptured()
	case "capturedAt":
		return moment(sh.capturedAt)
	case "capturedValue":
		if !sh.isCaptured() {
			return nil
		}
		return o.money(sh.captured)
	case "grandTotal":
		if including, asked := a["includingTax"].(bool); asked && !including {
			sum := netOf(sh.shipping+sh.handling-sh.discount, o.taxPercent)
			for _, l := range sh.lines {
				sum += netOf(l.value(), l.line.taxPercent)
			}
			return o.money(sum)
		}
		return o.money(sh.grandTotal())
	case "currencyBaseRate":
		return o.rate
	case "discountsApplied":
		if sh.discount == 0 {
			return []any{}
		}
		return []any{rec{"AdminDiscount", map[string]any{"value": o.money(sh.discount), "date": formatTime(sh.created, "")}}}
	case "lines":
		return list(sh.lines)
	case "order":
		return o
	case "shippingAddress":
		return x.addressNode(o.shippingAddress)
	}
	return sh.infoField(name)
}

func (sh *shipment) infoField(name string) any {
	switch name {
	case "trackingNumber":
		return orNull(strings.Join(sh.trackings, ", "))
	case "returnTrackingNumber":
		return orNull(sh.returnTracking)
	case "numberOfPackages":
		return sh.packages
	case "internalShippingCost":
		if sh.costCurrency != nil {
			return monetary{sh.internalCost, sh.costCurrency, 1}
		}
	case "additionalMessage":
		return orNull(sh.message)
	case "carrierInformation":
		if sh.carrier != "" || sh.service != "" {
			return rec{"CarrierInformation", map[string]any{"carrierName": orNull(sh.carrier), "serviceName": orNull(sh.service)}}
		}
	case "externalId":
		return orNull(sh.externalID)
	case "adminUser":
		if sh.by == byPerson {
			return rec{"AdminUser", map[string]any{"id": 1}}
		}
	}
	return nil
}

func (l *shipmentLine) typeName() string { return "ShipmentLine" }

func (l *shipmentLine) field(x *exec, name string, a args) any {
	switch name {
	case "id":
		return l.id
	case "quantity":
		return l.quantity
	case "returnedQuantity":
		return l.returned()
	case "invoicedQuantity":
		return 0
	case "lineValue":
		return l.shipment.order.priced(x.shownValue(l), l.line.taxPercent, a)
	case "unitPrice":
		return l.shipment.order.priced(share(x.shownValue(l), 1, l.quantity), l.line.taxPercent, a)
	case "orderLine":
		return l.line
	default: // allocations
		out := []any{}
		for _, p := range l.parts {
			for _, al := range p.line.allocations {
				if al.on == l && wanted(a.obj("where"), "warehouseId", al.warehouse.id) {
					out = append(out, al)
				}
			}
		}
		return x.page(out, a)
	}
}

// shownValue follows the reading of bundles in force, as lineValue of an order line does.
func (s *Simulator) shownValue(l *shipmentLine) int64 {
	if l.line.kind == kindBundleItem && s.bundleValue == "bundle" {
		return 0
	}
	if l.line.kind == kindBundle && s.bundleValue != "bundle" {
		return 0
	}
	return l.value()
}

func (r *orderReturn) typeName() string {
	if r.order.wholesale {
		return "WholesaleReturn"
	}
	return "DirectToConsumerReturn"
}

func (r *orderReturn) status() string {
	if r.completed {
		return "COMPLETED"
	}
	return "PENDING"
}

func (r *orderReturn) field(_ *exec, name string, a args) any {
	o := r.order
	switch name {
	case "id":
		return r.id
	case "returnStatus":
		return r.status()
	case "status":
		if r.completed {
			return "ACTIVE"
		}
		return "INACTIVE"
	case "createdAt":
		return formatTime(r.created, a.str("format"))
	case "totalQuantity":
		units := 0
		for _, l := range r.lines {
			units += l.quantity
		}
		return units
	case "grandTotal":
		return o.priced(r.grandTotal(), o.taxPercent, a)
	case "returnedToStock":
		return len(r.moved) > 0
	case "comment":
		return orNull(r.comment)
	case "createdFrom":
		return "API"
	case "currencyBaseRate":
		return o.rate
	case "discountsApplied":
		return []any{}
	case "lines":
		return list(r.lines)
	case "returnWarehouse":
		return opt(r.warehouse)
	case "store":
		return o.store
	case "totals":
		return rec{"ReturnTotals", map[string]any{
			"shipping": o.money(r.shipping), "handling": o.money(r.handling), "returnCost": o.money(r.cost), "discounts": o.money(r.voucher),
		}}
	case "refundPaymentHistory":
		return list(r.refunds)
	case "usedFallbackTax":
		return false
	case "externalId":
		return orNull(r.externalID)
	case "order":
		return o
	case "shipment":
		return r.shipment
	default:
		return o.relation(name) // customer, account
	}
}

func (l *returnLine) typeName() string { return "ReturnLine" }

func (l *returnLine) field(x *exec, name string, a args) any {
	value := share(x.shownValue(l.line), l.quantity, l.line.quantity)
	switch name {
	case "id":
		return l.id
	case "quantity":
		return l.quantity
	case "lineValue":
		return l.line.shipment.order.priced(value, l.line.line.taxPercent, a)
	case "unitPrice":
		return l.line.shipment.order.priced(share(value, 1, l.quantity), l.line.line.taxPercent, a)
	case "orderLine":
		return l.line.line
	default:
		return l.line
	}
}
