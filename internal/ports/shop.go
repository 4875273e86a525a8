// Package ports states what we ask of a shop and a warehouse. Every adapter
// answers with faults (package fault), never with its own errors, and makes one
// attempt per call: retries belong to Temporal.
package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// ShopOrder is an order as read from the shop: the canonical part and the person apart.
type ShopOrder struct {
	Order    domain.Order
	Personal domain.Personal
	// Err is set instead when this one order could not be read into the canonical
	// form (a fault.Invalid naming field and value); the rest of the batch stands.
	Err error
}

// ShopEvent is one entry of the shop's event queue.
type ShopEvent struct {
	ID     string
	Object string // order, return, product, shipment, or the shop's own word
	Change string // created, updated, deleted, completed, or the shop's own word
	Ref    string // the object's reference; an order's number
	Store  string // store key, empty when the event names no store
	At     time.Time
}

// ShopOrderRef is what a list of orders tells without reading each of them.
type ShopOrderRef struct {
	ID        domain.OrderID
	UpdatedAt time.Time
	Wholesale bool
}

// Cost says which share of a cost goes with a shipment.
type Cost struct {
	None  bool  // nothing; else exactly Value
	Value int64 // minor units of the order's currency
}

// ShipmentDraft is a shipment to be created in the shop.
type ShipmentDraft struct {
	Order    domain.OrderID
	Currency string
	Lines    []domain.LineQuantity
	Carrier  string
	Service  string
	Tracking string // several joined by ", "
	Parcels  int
	// ShippedAt zero means created unshipped, to be completed later.
	ShippedAt time.Time
	SendEmail bool // always sent explicitly
	Capture   bool // capture this shipment's amount
	Paid      bool // captured elsewhere
	Shipping  Cost
	Handling  Cost
	Discount  Cost
}

// ShipmentWrite is the shop's answer to a write about a shipment.
type ShipmentWrite struct {
	Shipment domain.ShopShipment
	Warnings []string // what succeeded only in part, free of personal data
	// CapturePending says that the provider answers later.
	CapturePending bool
}

// Shop is an online shop that sells and tells (Centra).
//
// None of the create calls can be repeated blindly: each says fault.Uncertain
// when its outcome is unknown, and callers read the order back before they call again.
type Shop interface {
	// Orders reads orders by number in one request (at most 50 numbers). Numbers
	// that the shop does not know are absent from the answer.
	Orders(ctx context.Context, store string, numbers []string) ([]ShopOrder, error)
	// UpdatedOrders lists orders updated at or after since, oldest first, one page
	// after the cursor; next is empty on the last page.
	UpdatedOrders(ctx context.Context, store string, since time.Time, cursor string) (refs []ShopOrderRef, next string, err error)
	// Events returns the oldest unconfirmed events, the same again until confirmed.
	Events(ctx context.Context, limit int) ([]ShopEvent, error)
	// ConfirmEvents takes events off the queue; confirming twice is harmless.
	ConfirmEvents(ctx context.Context, ids []string) error
	// ListenToEvents registers interest in orders, returns and products; additive and idempotent.
	ListenToEvents(ctx context.Context) error

	// CreateShipment creates one shipment. Not repeatable.
	CreateShipment(ctx context.Context, d ShipmentDraft) (ShipmentWrite, error)
	// CompleteShipment marks a shipment shipped; "already shipped" is success.
	CompleteShipment(ctx context.Context, id string, d ShipmentDraft) (ShipmentWrite, error)
	// CaptureShipment takes the shipment's money; read the shipment before a second call.
	CaptureShipment(ctx context.Context, id string) (ShipmentWrite, error)
	// CaptureOrder takes the whole order's money before the goods are handed over.
	CaptureOrder(ctx context.Context, id domain.OrderID) (domain.Payment, error)
	// ReleaseAuthorisation gives the rest of a reduced order's authorisation back; repeating is harmless.
	ReleaseAuthorisation(ctx context.Context, id domain.OrderID) error
	// CancelLines cancels units in the shop, removing them from stock. Not repeatable: read the lines first.
	CancelLines(ctx context.Context, id domain.OrderID, lines []domain.LineQuantity, comment string) error
	// HoldOrder puts an order on hold with a reason; holding a held order is harmless.
	HoldOrder(ctx context.Context, id domain.OrderID, reason string) error
	// Comment appends a line to the order's internal comment unless it stands there already.
	Comment(ctx context.Context, id domain.OrderID, line string) error

	// Probe makes the cheapest call that tells whether the shop answers and accepts our credentials.
	Probe(ctx context.Context) error
}
