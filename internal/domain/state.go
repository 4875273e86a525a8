package domain

// OrderState is where an order stands; the search attribute of the same name is
// always exactly one of these.
type OrderState string

// The life of an order. NeedsAttention (a person) and Delayed (an outage) replace
// the state while they hold; needs-attention beats delayed.
const (
	Received         OrderState = "received"
	WaitingForShop   OrderState = "waiting-for-shop"
	Validated        OrderState = "validated"
	Enriched         OrderState = "enriched"
	Submitted        OrderState = "submitted"
	Accepted         OrderState = "accepted"
	PartiallyShipped OrderState = "partially-shipped"
	ShippedState     OrderState = "shipped"
	ReturnWindow     OrderState = "return-window"
	Closed           OrderState = "closed"
	Cancelled        OrderState = "cancelled"
	RejectedState    OrderState = "rejected"
	NeedsAttention   OrderState = "needs-attention"
	Delayed          OrderState = "delayed"
)
