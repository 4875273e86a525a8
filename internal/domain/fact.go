package domain

import (
	"encoding/json"
	"time"
)

// Fact is one thing that happened to an order. Facts are append-only and
// numbered per order without gaps; an order's position is derived from them.
type Fact struct {
	Sequence int64           `json:"sequence"`
	Kind     FactKind        `json:"kind"`
	Key      string          `json:"key"`   // unique per order: the same thing told twice is one fact
	At       time.Time       `json:"at"`    // when it happened, as the source says
	Actor    string          `json:"actor"` // centra, acs, selvedge, web-ui, or who answered
	Data     json.RawMessage `json:"data,omitempty"`
}

// FactKind names what happened; it decides the type of Data.
type FactKind string

// Kinds of fact with the type of their data. Kinds that a version does not know
// are kept and listed, never dropped.
const (
	FactContent         FactKind = "content"                // the shop's order was taken in or changed: ContentFact
	FactSubmitted       FactKind = "submitted"              // a warehouse took a consignment: SubmittedFact
	FactRefused         FactKind = "refused"                // a warehouse or the shop refused a step for good: RefusedFact
	FactWarehouseOrder  FactKind = "warehouse-order"        // the warehouse's order at a revision: WarehouseOrder
	FactShipment        FactKind = "shipment"               // a warehouse shipment at a revision: Shipment
	FactCancelRequested FactKind = "cancel-requested"       // we asked the warehouse to cancel: CancelRequestedFact
	FactCancelRefused   FactKind = "cancel-refused"         // the warehouse will not cancel: CancelRefusedFact
	FactShopShipment    FactKind = "shop-shipment"          // a shipment stands in the shop: ShopShipmentFact
	FactShopCancelled   FactKind = "shop-cancelled"         // short units were cancelled in the shop: ShopCancelledFact
	FactCaptured        FactKind = "captured"               // money was captured ahead of the goods: CapturedFact
	FactReleased        FactKind = "authorisation-released" // the rest of a reduced order's authorisation was released: no data
	FactNoted           FactKind = "noted"                  // something was told to the shop as a comment: NotedFact
	FactAnswered        FactKind = "answered"               // a person answered a question: AnswerFact
	FactReturn          FactKind = "return"                 // a return confirmation that could not be read, kept as it was told: raw
	FactUnknown         FactKind = "unknown"                // an event that this version does not know: raw
	FactUnreadable      FactKind = "unreadable"             // the shop's order cannot be read any more: UnreadableFact
	FactReadable        FactKind = "readable"               // it can be read again: no data
	FactOverdue         FactKind = "overdue"                // a consignment has not left by its cut-off: OverdueFact
	FactClosed          FactKind = "closed"                 // the workflow closed: ClosedFact
)

// ContentFact says that the shop's order is as stored under Version.
type ContentFact struct {
	Version string     `json:"version"` // fingerprint of the canonical content and the sealed person
	Status  ShopStatus `json:"status"`
}

// SubmittedFact says what a warehouse holds since we sent it, as a create or an amendment.
type SubmittedFact struct {
	Consignment string         `json:"consignment"`
	Warehouse   string         `json:"warehouse"`
	Revision    int64          `json:"revision"`    // the warehouse's, for the next amendment
	Fingerprint string         `json:"fingerprint"` // of content and address, to see a change
	Sent        string         `json:"sent"`        // fingerprint of the bytes' meaning, as the adapter computes it
	Lines       []LineQuantity `json:"lines"`
	Amended     bool           `json:"amended,omitempty"`
}

// Step names what was tried, so that a refusal is asked about and tried again as that.
type Step string

// Steps that another system can refuse.
const (
	StepCapture     Step = "capture"
	StepSubmit      Step = "submit"
	StepAmend       Step = "amend"
	StepCancel      Step = "cancel"
	StepShip        Step = "ship"
	StepCancelShort Step = "cancel-short"
	StepRelease     Step = "release-authorisation"
	StepNote        Step = "note"
	StepHold        Step = "hold"
)

// RefusedFact says that a step was refused for good. It holds until a person
// answers it (a later AnswerFact) or what was sent is no longer what would be sent.
type RefusedFact struct {
	Step        Step      `json:"step"`
	Subject     string    `json:"subject"` // consignment number or warehouse shipment id
	Fingerprint string    `json:"fingerprint,omitempty"`
	System      string    `json:"system"`
	Exception   string    `json:"exception"` // kind of exception, see internal/exceptions
	Problems    []Refusal `json:"problems"`
}

// Refusal is one reason in a RefusedFact, free of personal data.
type Refusal struct {
	Code      string   `json:"code"`
	Field     string   `json:"field,omitempty"`
	Line      string   `json:"line,omitempty"`
	SKU       string   `json:"sku,omitempty"`
	Attribute string   `json:"attribute,omitempty"`
	Value     string   `json:"value,omitempty"`
	Allowed   []string `json:"allowed,omitempty"`
	Message   string   `json:"message"`
}

// CancelRequestedFact says what we asked a warehouse to cancel; no lines means everything.
type CancelRequestedFact struct {
	Consignment string         `json:"consignment"`
	Lines       []LineQuantity `json:"lines,omitempty"`
	Done        bool           `json:"done"` // cancelled at once
}

// CancelRefusedFact says that a warehouse will not cancel a consignment any more.
type CancelRefusedFact struct {
	Consignment string `json:"consignment"`
}

// ShopShipmentFact ties a warehouse shipment to the shop's.
type ShopShipmentFact struct {
	Shipment  string         `json:"shipment"` // the warehouse's shipment id
	Warehouse string         `json:"warehouse"`
	ShopID    string         `json:"shopId"` // the shop's shipment id
	Number    string         `json:"number"`
	Lines     []LineQuantity `json:"lines"`
	Tracking  string         `json:"tracking,omitempty"` // as written; later ones become a comment
	Captured  bool           `json:"captured"`
	Pending   bool           `json:"pending,omitempty"` // the capture has no outcome yet
	Completed bool           `json:"completed"`
	Total     int64          `json:"total,omitempty"` // what the shop charges for it, gross; 0 where an older version wrote the fact
}

// ShopCancelledFact lists short units that were cancelled in the shop.
type ShopCancelledFact struct {
	Lines []LineQuantity `json:"lines"`
}

// CapturedFact says what was captured before the goods were handed over.
type CapturedFact struct {
	Amount  int64 `json:"amount"`
	Pending bool  `json:"pending,omitempty"`
}

// NotedFact says what was told to the shop about a subject (a shipment id).
type NotedFact struct {
	Subject string `json:"subject"`
}

// AnswerFact is a person's answer to one question.
type AnswerFact struct {
	Cause    string            `json:"cause"` // the question's cause; empty = retry of everything open
	Action   string            `json:"action"`
	Override map[string]string `json:"override,omitempty"` // such as shippingService → RM48
	By       string            `json:"by"`
	Reason   string            `json:"reason,omitempty"`
	Command  string            `json:"command,omitempty"`
}

// AnswerKey is the key of the fact that a command makes: the same command twice is one fact.
func AnswerKey(command string) string { return "answer:" + command }

// OverdueFact says that a consignment stood at its warehouse, not sent, well after the
// cut-off by which it was to leave.
type OverdueFact struct {
	Consignment string    `json:"consignment"`
	CutoffAt    time.Time `json:"cutoffAt"`
}

// ClosedFact says how the order ended.
type ClosedFact struct {
	State OrderState `json:"state"`
	Cause string     `json:"cause,omitempty"`
}

// Decode reads the data of a fact.
func Decode[T any](f Fact) (T, error) {
	var v T
	err := json.Unmarshal(f.Data, &v)
	return v, err
}
