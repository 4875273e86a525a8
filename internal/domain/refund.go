package domain

// RefundWhen says when a return's money goes back by itself.
type RefundWhen string

// Refund policies.
const (
	RefundOnReceipt RefundWhen = "on-receipt" // as soon as the goods are there
	RefundOnGrading RefundWhen = "on-grading" // once the warehouse has graded them
	RefundManual    RefundWhen = "manual"     // finance decides each return
)

// ShippingBack says when the carriage that an order was charged goes back with its goods.
type ShippingBack string

// When carriage goes back. It does so once for each order, never above what was charged.
const (
	ShippingKept         ShippingBack = "none"
	ShippingOnFullReturn ShippingBack = "full-return" // once all that the order sent has come back
	ShippingAlways       ShippingBack = "always"      // with whatever comes back of the parcel that it was charged with
)

// Generous orders the ways to give carriage back, from none to always; an empty one is none.
func (s ShippingBack) Generous() int {
	switch s {
	case ShippingOnFullReturn:
		return 1
	case ShippingAlways:
		return 2
	}
	return 0
}

// RefundTerms are what rules said of a return's money when it was planned. A rule that
// changes later changes nothing of it: a plan is a fact.
type RefundTerms struct {
	Rules []int64 `json:"rules,omitempty"` // versions of those that said so; none: the default
	// When is what they said of all its garments; empty where they said several things, and
	// in plans of earlier versions. It is kept for people: the plan says what is done.
	When RefundWhen `json:"when,omitempty"`
	// Fee is kept back from the whole return, in minor units. A shop return bears no more
	// of it than its garments are worth; the next one of the same return bears the rest.
	Fee int64 `json:"fee,omitempty"`
	// Shipping is when the carriage goes back at all.
	Shipping ShippingBack `json:"shipping,omitempty"`
	// Carriage says that what is left of the order's shipping and handling goes back
	// with this shop return, as far as it stands on its shipment.
	Carriage bool `json:"carriage,omitempty"`
}

// NeverByItself tells whether a garment of a warehouse's disposition is never paid back
// by itself, whatever rules say: it is not there, or it is not the one that was sold.
func NeverByItself(disposition string) bool {
	return disposition == "missing" || disposition == "wrong_item"
}
