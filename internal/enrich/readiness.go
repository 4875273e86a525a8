// Package enrich completes an order for its warehouse and names what is missing.
//
// Three questions in this order: is the shop's order ready (Readiness, no error
// when not), is it sound (Validate), and what does each warehouse get (Complete).
// The last two tell all that is wrong at once, so that a person mends it in one
// go. Nothing here reads a clock, a file or a network, and no question holds
// personal data.
package enrich

import "selvedge/internal/domain"

// Reasons why a shop's order is not ready to be handed over. None is an error:
// the order waits for the shop's next event.
const (
	ReasonPending               = "pending"
	ReasonOnHold                = "on-hold"
	ReasonWaitingForPayment     = "waiting-for-payment"
	ReasonUnpaid                = "unpaid"
	ReasonWaitingForStock       = "waiting-for-stock"
	ReasonUnconfirmedAllocation = "unconfirmed-allocation"
	ReasonUnknownStatus         = "unknown-status"
	ReasonWholesale             = "wholesale"
	ReasonShipped               = "shipped"
	ReasonArchived              = "archived"
	ReasonCancelled             = "cancelled"
)

// Readiness lists why the shop's order is not ready; none means that it is.
func Readiness(o domain.Order) []string {
	var reasons []string
	because := func(holds bool, reason string) {
		if holds {
			reasons = append(reasons, reason)
		}
	}
	because(o.Wholesale, ReasonWholesale)
	switch o.Status {
	case domain.ShopConfirmed, domain.ShopProcessing:
	case domain.ShopPending:
		because(true, ReasonPending)
	case domain.ShopShipped:
		because(true, ReasonShipped)
	case domain.ShopArchived:
		because(true, ReasonArchived)
	case domain.ShopCancelled:
		because(true, ReasonCancelled)
	default:
		because(true, ReasonUnknownStatus)
	}
	because(o.OnHold, ReasonOnHold)
	because(o.WaitingForPayment, ReasonWaitingForPayment)
	because(!o.Payment.Covers(o.GrandTotal), ReasonUnpaid) // voided, given back, or less than an edit upwards
	demand, unconfirmed := allocation(o)
	because(demand, ReasonWaitingForStock)
	because(unconfirmed, ReasonUnconfirmedAllocation)
	return reasons
}

// allocation tells whether units lack an allocation (demand: preorder, backorder)
// and whether one waits for its warehouse. Units that the shop already shows as
// shipped need none, whether or not it keeps theirs.
func allocation(o domain.Order) (demand, unconfirmed bool) {
	shipped := make(map[string]int)
	for _, s := range o.Shipments {
		if !s.Shipped {
			continue
		}
		for _, l := range s.Lines {
			shipped[l.Line] += l.Quantity
		}
	}
	unconfirmed = o.WaitingForStock
	for _, l := range o.Lines {
		if !l.Kind.Physical() {
			continue
		}
		reserved := 0
		for _, a := range l.Allocations {
			reserved += a.Quantity
			unconfirmed = unconfirmed || a.Waiting
		}
		demand = demand || reserved+shipped[l.ID] < l.Quantity
	}
	return demand, unconfirmed
}
