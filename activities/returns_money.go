package activities

import (
	"slices"

	"selvedge/internal/books"
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
func returnedBefore(earlier []domain.ReturnPlan, p domain.ReturnPlan) map[string]int {
	units := map[string]int{}
	for _, other := range earlier {
		if other.Shipment != p.Shipment || other.Key == p.Key {
			continue
		}
		for _, l := range other.Lines {
			units[l.Line] += l.Quantity
		}
	}
	return units
}

// shipmentDiscount is what of the order's discount stands on one of the shop's shipments.
func shipmentDiscount(order domain.Order, shipment string) int64 {
	i := slices.IndexFunc(order.Shipments, func(s domain.ShopShipment) bool { return s.ID == shipment })
	if i < 0 || order.Discount == 0 {
		return 0
	}
	values, _ := shipmentValues(order, shipment)
	discount := shippingOf(order, shipment) - order.Shipments[i].Total
	for _, value := range values {
		discount += value
	}
	return min(max(discount, 0), order.Discount)
}

// shippingOf is what of the order's shipping and handling stands on a shipment: the first took it all.
func shippingOf(order domain.Order, shipment string) int64 {
	if len(order.Shipments) > 0 && order.Shipments[0].ID == shipment {
		return order.Shipping + order.Handling
	}
	return 0
}

// shares are what units of one shipment come to: in the shop, which rounds each return of
// a line by itself, and in the books, where all returns of a line together come to it.
type shares struct{ shop, books int64 }

// sharesOf works out both. Three returns of a third of 53.00 are 53.01 in the shop and
// 53.00 in the books. Where no bill can be worked out the books' share is the shop's
// cumulative one, less the discount by value.
func sharesOf(order domain.Order, earlier []domain.ReturnPlan, p domain.ReturnPlan) shares {
	values, units := shipmentValues(order, p.Shipment)
	before, now := returnedBefore(earlier, p), map[string]int{}
	for _, l := range p.Lines {
		now[l.Line] += l.Quantity
	}
	bill, billed := billOf(order, p.Shipment)
	part := func(total int64, line string, of int) int64 {
		return domain.CumulativeShare(total, before[line]+now[line], of) - domain.CumulativeShare(total, before[line], of)
	}
	var out shares
	var all, upTo, mine int64
	for line, value := range values {
		out.shop += domain.CumulativeShare(value, now[line], units[line])
		all, upTo = all+value, upTo+domain.CumulativeShare(value, before[line], units[line])
		mine += part(value, line, units[line])
	}
	if !billed {
		discount := shipmentDiscount(order, p.Shipment)
		out.books = mine - (domain.ShareOf(discount, upTo+mine, all) - domain.ShareOf(discount, upTo, all))
		return out
	}
	for _, l := range bill {
		if l.Kind == domain.DocLineGoods {
			out.books += part(l.Gross, l.Ref, l.Quantity)
		}
	}
	return out
}

// billOf is what one of the shop's shipments bills, line by line, as its invoice does.
func billOf(order domain.Order, shipment string) ([]domain.DocumentLine, bool) {
	billed := map[string]books.Billed{}
	for _, s := range order.Shipments {
		lines, err := books.InvoiceLines(order, billed, books.Parcel{Lines: s.Lines, Total: s.Total, Known: s.Total != 0})
		if err != nil {
			return nil, false
		}
		if s.ID == shipment {
			return lines, true
		}
		for _, l := range lines {
			b := billed[l.Ref]
			billed[l.Ref] = books.Billed{Units: b.Units + l.Quantity, Gross: b.Gross + l.Gross, Tax: b.Tax + l.Tax}
		}
	}
	return nil, false
}
