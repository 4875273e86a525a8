package activities

import (
	"slices"

	"selvedge/internal/domain"
	"selvedge/internal/enrich"
)

// worth is the gross value of each physical line before the order's discount.
func worth(order domain.Order) map[string]int64 {
	values, err := enrich.LineValues(order.Lines)
	if err != nil {
		return map[string]int64{} // the order was edited beyond sense: the shop's own figures hold
	}
	return values
}

// shipmentValues is what each line of one of the shop's shipments is worth: the
// cumulative share of its units after those of the shipments before it.
func shipmentValues(order domain.Order, shipment string) (values map[string]int64, units map[string]int) {
	values, units = map[string]int64{}, map[string]int{}
	total, before := worth(order), map[string]int{}
	quantity := map[string]int{}
	for _, l := range order.Lines {
		quantity[l.ID] = l.Quantity
	}
	for _, s := range order.Shipments {
		for _, l := range s.Lines {
			if s.ID == shipment {
				values[l.Line] += domain.CumulativeShare(total[l.Line], before[l.Line]+l.Quantity, quantity[l.Line]) -
					domain.CumulativeShare(total[l.Line], before[l.Line], quantity[l.Line])
				units[l.Line] += l.Quantity
			}
			before[l.Line] += l.Quantity
		}
	}
	return values, units
}

// returnedBefore counts the units of a shipment that earlier plans of ours returned.
func returnedBefore(facts []domain.Fact, p domain.ReturnPlan) map[string]int {
	units := map[string]int{}
	for _, f := range facts {
		other, err := domain.Decode[domain.ReturnPlan](f)
		if f.Kind != domain.FactReturnPlanned || err != nil || other.Kind != domain.PlanShopReturn || other.Shipment != p.Shipment || other.Key == p.Key {
			continue
		}
		for _, l := range other.Lines {
			units[l.Line] += l.Quantity
		}
	}
	return units
}

// discountBack is the share of a shipment's discount that comes off a return: cumulative
// by value, so that all returns of the shipment together take exactly its discount.
func discountBack(order domain.Order, facts []domain.Fact, p domain.ReturnPlan) int64 {
	i := slices.IndexFunc(order.Shipments, func(s domain.ShopShipment) bool { return s.ID == p.Shipment })
	if i < 0 || order.Discount == 0 {
		return 0
	}
	values, units := shipmentValues(order, p.Shipment)
	var all, before, mine int64
	earlier := returnedBefore(facts, p)
	now := map[string]int{}
	for _, l := range p.Lines {
		now[l.Line] += l.Quantity
	}
	for line, value := range values {
		all += value
		before += domain.CumulativeShare(value, earlier[line], units[line])
		mine += domain.CumulativeShare(value, earlier[line]+now[line], units[line])
	}
	discount := all + shippingOf(order, p.Shipment) - order.Shipments[i].Total
	discount = min(max(discount, 0), order.Discount)
	if all <= 0 {
		return 0
	}
	return domain.CumulativeShare(discount, int(mine), int(all)) - domain.CumulativeShare(discount, int(before), int(all))
}

// roundingBack is what the shop would pay back too much by rounding each return of a
// line by itself: three returns of a third of 53.00 are 53.01 there.
func roundingBack(order domain.Order, facts []domain.Fact, p domain.ReturnPlan) (over int64) {
	values, units := shipmentValues(order, p.Shipment)
	earlier := returnedBefore(facts, p)
	for _, l := range p.Lines {
		alone := domain.CumulativeShare(values[l.Line], l.Quantity, units[l.Line])
		exact := domain.CumulativeShare(values[l.Line], earlier[l.Line]+l.Quantity, units[l.Line]) - domain.CumulativeShare(values[l.Line], earlier[l.Line], units[l.Line])
		over += alone - exact
	}
	return max(0, over)
}

// shippingOf is what of the order's shipping and handling stands on a shipment: the first took it all.
func shippingOf(order domain.Order, shipment string) int64 {
	if len(order.Shipments) > 0 && order.Shipments[0].ID == shipment {
		return order.Shipping + order.Handling
	}
	return 0
}
