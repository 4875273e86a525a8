package sampleday

import "selvedge/internal/domain"

// The kinds of exception that a day plans, by the names of package exceptions.
const (
	kindShippingMethod = "unmapped:shipping-method"
	kindMarket         = "unmapped:market"
	kindIncompleteItem = "incomplete-item"
	kindInvalidAddress = "invalid-address"
	kindRejected       = "rejected-by-warehouse"
	kindLateReject     = "late-reject"
	kindShortPick      = "short-pick"
	kindCaptureFailed  = "capture-failed"
	kindAmbiguousSKU   = "ambiguous-sku"
	kindNotDeliverable = "not-deliverable"
	kindTooLarge       = "too-large"
	kindOverShipment   = "over-shipment"
	kindSubstituted    = "substituted-item"
	kindConflict       = "order-conflict"
	kindCarrier        = "unmapped:carrier"
	kindPaymentMethod  = "unmapped:payment-method"
	kindCaptureOverdue = "capture-overdue"
	kindLateTracking   = "late-tracking"
)

// FaultKinds lists the planned kinds in the order in which they are dealt: the
// eight core kinds first, which a day of 200 orders holds once each.
func FaultKinds() []string {
	return []string{
		kindShippingMethod, kindMarket, kindIncompleteItem, kindInvalidAddress, kindRejected, kindLateReject, kindShortPick, kindCaptureFailed,
		kindAmbiguousSKU, kindNotDeliverable, kindTooLarge, kindOverShipment, kindSubstituted, kindConflict, kindCarrier, kindPaymentMethod,
		kindCaptureOverdue, kindLateTracking,
	}
}

// faultCount is 4 % of the orders, rounded half up, and at least one.
func faultCount(orders int) int { return max(1, (orders*4+50)/100) }

// Ends that a day plans.
const (
	endClosed    = string(domain.Closed)
	endCancelled = string(domain.Cancelled)
	endWaiting   = string(domain.WaitingForShop)
	endAttention = string(domain.NeedsAttention)
)
