package activities

import (
	"slices"
	"strings"

	"selvedge/internal/domain"
)

// standing are the shop returns of ours that were planned in the first n facts and were
// not taken back since, the oldest first.
func standing(facts []domain.Fact, n int) []domain.ReturnPlan {
	written := map[string]domain.ReturnStage{}
	for _, f := range facts {
		if w, err := domain.Decode[domain.ReturnWritten](f); f.Kind == domain.FactReturnWritten && err == nil {
			written[w.Key] = w.Stage
		}
	}
	var plans []domain.ReturnPlan
	for _, f := range facts[:n] {
		p, err := domain.Decode[domain.ReturnPlan](f)
		if f.Kind != domain.FactReturnPlanned || err != nil || p.Kind != domain.PlanShopReturn || written[p.Key] == domain.StageVoid {
			continue
		}
		plans = append(plans, p)
	}
	return plans
}

// priceOf says what a shop return comes to besides its garments, once and for all: the
// share of the order's discount that comes off, what the shop would pay too much by
// rounding, what is kept back, and what carriage goes back. earlier are the shop returns
// planned before it and there are those that the shop shows.
func priceOf(order domain.Order, earlier []domain.ReturnPlan, there []domain.ShopReturn, p domain.ReturnPlan) domain.ReturnPlan {
	worth := sharesOf(order, earlier, p)
	over := worth.shop - worth.books
	p.Discount = min(max(over, 0), discountLeft(order, earlier, p))
	p.Rounding = max(0, over-p.Discount)
	if p.Terms == nil {
		return p
	}
	// A fee is never more than the garments are worth; what is left of it goes to the next
	// shop return of the same return.
	p.Fee = max(0, min(p.Terms.Fee-feeBorne(earlier, p), worth.shop-p.Discount-p.Rounding))
	if p.Terms.Carriage {
		p.Shipping, p.Handling = carriageLeft(order, earlier, there, p)
	}
	return p
}

// discountLeft is what of its shipment's discount earlier returns have not taken off: the
// shop refuses more.
func discountLeft(order domain.Order, earlier []domain.ReturnPlan, p domain.ReturnPlan) int64 {
	left := shipmentDiscount(order, p.Shipment)
	for _, other := range earlier {
		if other.Shipment == p.Shipment && other.Key != p.Key {
			left -= other.Discount
		}
	}
	return max(0, left)
}

// feeBorne is what earlier shop returns of the same return have kept back.
func feeBorne(earlier []domain.ReturnPlan, p domain.ReturnPlan) (borne int64) {
	for _, other := range earlier {
		if other.Return == p.Return && other.Key != p.Key {
			borne += other.Fee
		}
	}
	return borne
}

// carriageLeft is what of the carriage on the plan's shipment has not gone back: neither by
// earlier plans nor by returns that people made. So it goes back once, and never above
// what was charged.
func carriageLeft(order domain.Order, earlier []domain.ReturnPlan, there []domain.ShopReturn, p domain.ReturnPlan) (shipping, handling int64) {
	if bill, ok := billOf(order, p.Shipment); ok {
		for _, l := range bill {
			switch l.Kind {
			case domain.DocLineShipping:
				shipping += l.Gross
			case domain.DocLineHandling:
				handling += l.Gross
			}
		}
	} else if shippingOf(order, p.Shipment) > 0 && order.Discount == 0 {
		shipping, handling = order.Shipping, order.Handling
	}
	var given int64
	for _, other := range earlier {
		if other.Shipment == p.Shipment && other.Key != p.Key {
			given += other.Shipping + other.Handling
		}
	}
	values, units := shipmentValues(order, p.Shipment)
	for _, r := range there {
		if r.Shipment != p.Shipment || r.Deleted || strings.HasPrefix(r.External, order.ID.String()+"/r") {
			continue
		}
		besides := r.Total // of a return made by hand: what it gives back beyond its garments
		for _, l := range r.Lines {
			besides -= domain.CumulativeShare(values[l.Line], l.Quantity, units[l.Line])
		}
		given += max(0, besides)
	}
	left := max(0, shipping-given)
	return left, max(0, handling-max(0, given-shipping))
}

// reprice works the plan out again from what was planned before it: another return of the
// order may have been planned while this one was, and both took the first units, or the
// carriage, for theirs. A plan that nothing came before holds as it was recorded.
func (s *returnStep) reprice() {
	own := slices.IndexFunc(s.record.Facts, func(f domain.Fact) bool {
		return f.Kind == domain.FactReturnPlanned && f.Key == "return-plan:"+s.plan.Key
	})
	if own < 0 || s.plan.ShopID != "" {
		return
	}
	earlier := standing(s.record.Facts, own)
	again := priceOf(s.order, earlier, s.there, s.plan)
	if len(returnedBefore(earlier, s.plan)) > 0 {
		s.plan.Discount, s.plan.Rounding = again.Discount, again.Rounding
		if s.plan.Terms != nil {
			s.plan.Fee = min(s.plan.Fee, again.Fee)
		}
	}
	if slices.ContainsFunc(earlier, func(p domain.ReturnPlan) bool { return p.Shipping+p.Handling > 0 }) {
		s.plan.Shipping, s.plan.Handling = min(s.plan.Shipping, again.Shipping), min(s.plan.Handling, again.Handling)
	}
}
