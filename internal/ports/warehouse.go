package ports

import (
	"context"
	"time"

	"selvedge/internal/domain"
)

// Receipt is a warehouse's answer to a consignment.
type Receipt struct {
	Revision int64  // for the next amendment
	Sent     string // fingerprint of what was sent, in the warehouse's terms
	Replay   bool   // it was there already with the same content
}

// Cancellation is a warehouse's answer to a cancellation.
type Cancellation struct {
	Done  bool                  // cancelled at once; else an event brings the answer
	Order domain.WarehouseOrder // the order after the call
}

// WarehouseEvent is one entry of a warehouse's feed, or of a webhook: the same
// thing told twice has the same ID. Exactly one of Order, Shipment is set for kinds
// that we act on; Raw holds the subject for kinds that are only kept.
type WarehouseEvent struct {
	ID          string
	Sequence    int64
	Type        string // the warehouse's own word, such as order.accepted
	At          time.Time
	Warehouse   string
	Consignment string // the order number at the warehouse; empty when unknown
	Subject     string // kind/id of the subject
	Revision    int64  // of the subject after the event
	Order       *domain.WarehouseOrder
	Shipment    *domain.Shipment
	// CancelRefused is set when the warehouse refuses a cancellation.
	CancelRefused bool
	// Return is true for what tells of a return; Confirmation is nil when it could not be decoded.
	Return bool
	// Confirmation is a return as the warehouse holds it, Adjustment a change of its books.
	Confirmation *domain.ReturnConfirmation
	Adjustment   *domain.Adjustment
	// Raw is the subject without personal data.
	Raw []byte
}

// Service is a shipping service of a warehouse.
type Service struct {
	Code      string
	Name      string
	Carrier   string
	Countries []string // ISO 3166-1 alpha-2; empty means not stated
	Cutoff    string   // HH:MM local time, empty when not stated
	Active    bool
}

// WarehouseLimits states what one order may hold at most.
type WarehouseLimits struct {
	Lines    int // order lines
	Quantity int // units per line
}

// Warehouse is a third-party warehouse (ACS, later Linnworks and Veeqo).
type Warehouse interface {
	// Key is our key of the warehouse: its name in the shop's allocations.
	Key() string
	// Limits states what one order may hold at most.
	Limits() WarehouseLimits
	// Place creates the order if its number is free. The same content again is a
	// replay, other content under the same number is fault.Conflict. Repeatable.
	Place(ctx context.Context, c domain.Consignment, to domain.Address) (Receipt, error)
	// Amend replaces the content at a known revision; a rejected order is sent again
	// by it. fault.Conflict with code revision_mismatch or order_not_amendable says why not.
	// Repeatable: content that stands there already is success.
	Amend(ctx context.Context, c domain.Consignment, to domain.Address, revision int64) (Receipt, error)
	// Cancel asks for the whole order (no lines) or units of it to be cancelled. The key
	// makes a second call with the same key a replay.
	Cancel(ctx context.Context, number, key, reason string, lines []domain.LineQuantity) (Cancellation, error)
	// Order reads an order; fault.NotFound when the number is free.
	Order(ctx context.Context, number string) (domain.WarehouseOrder, error)
	// Shipments reads all shipments of an order, in sequence.
	Shipments(ctx context.Context, number string) ([]domain.Shipment, error)
	// UpdatedOrders lists orders changed at or after since, oldest first, one page.
	UpdatedOrders(ctx context.Context, since time.Time, cursor string) (orders []domain.WarehouseOrder, next string, err error)
	// Events reads the ordered feed after a position (0 = oldest kept). An expired
	// position is fault.Invalid with code cursor_expired: start again at 0.
	Events(ctx context.Context, after int64, limit int) (events []WarehouseEvent, last int64, more bool, err error)
	// ReadWebhook verifies and decodes one delivery. A bad signature or a stale
	// timestamp is fault.Rejected with code signature; an unreadable body is fault.Invalid.
	ReadWebhook(header map[string][]string, body []byte, now time.Time) (WarehouseEvent, error)
	// Services lists the shipping services of the account.
	Services(ctx context.Context) ([]Service, error)
	// Probe makes the cheapest call that tells whether the warehouse answers and accepts our credentials.
	Probe(ctx context.Context) error
}
