package domain

import "time"

// Consignment is what one warehouse is asked to ship for one order: no personal
// data, with the versions of the rules that made it.
type Consignment struct {
	Number      string            `json:"number"` // the order's number at the warehouse
	Order       OrderID           `json:"order"`
	Warehouse   string            `json:"warehouse"` // our key of the warehouse = its name in the shop
	Service     string            `json:"service"`   // the warehouse's shipping service code
	Currency    string            `json:"currency"`
	OrderDate   string            `json:"orderDate"` // YYYY-MM-DD
	Lines       []ConsignmentLine `json:"lines"`
	Fingerprint string            `json:"fingerprint"` // of content and address together
	Rules       map[string]int64  `json:"rules,omitempty"`
}

// ConsignmentLine is one line of a consignment, in the warehouse's terms.
type ConsignmentLine struct {
	Line       string            `json:"line"` // the shop's line id
	SKU        string            `json:"sku"`  // the warehouse's item
	Quantity   int               `json:"quantity"`
	UnitPrice  int64             `json:"unitPrice"` // minor units, gross; bundle components carry their share
	ParentLine string            `json:"parentLine,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"` // itemCondition, grade, countryOfOrigin, …
}

// WarehouseStatus is the state of an order at a warehouse, in our words.
type WarehouseStatus string

// States of an order at a warehouse. Trust the quantities of the lines over the word.
const (
	WarehouseReceived        WarehouseStatus = "received"
	WarehouseAccepted        WarehouseStatus = "accepted"
	WarehouseOnHold          WarehouseStatus = "on-hold"
	WarehouseInProgress      WarehouseStatus = "in-progress" // allocated, picking, packed
	WarehousePartlyShipped   WarehouseStatus = "partially-shipped"
	WarehouseShipped         WarehouseStatus = "shipped"
	WarehouseCancelRequested WarehouseStatus = "cancel-requested"
	WarehouseCancelled       WarehouseStatus = "cancelled"
	WarehouseRejected        WarehouseStatus = "rejected"
	WarehouseUnknown         WarehouseStatus = "unknown"
)

// WarehouseOrder is an order as its warehouse holds it at a revision.
type WarehouseOrder struct {
	Number          string               `json:"number"`
	Reference       string               `json:"reference,omitempty"` // our <store>/<number>, carried back
	Warehouse       string               `json:"warehouse"`
	Status          WarehouseStatus      `json:"status"`
	Revision        int64                `json:"revision"`
	Lines           []WarehouseOrderLine `json:"lines"`
	Rejection       []Refusal            `json:"rejection,omitempty"`
	AfterAcceptance bool                 `json:"afterAcceptance,omitempty"`
	HoldReason      string               `json:"holdReason,omitempty"`
	UpdatedAt       time.Time            `json:"updatedAt"`
}

// WarehouseOrderLine is a line's progress at the warehouse. Short and Cancelled are disjoint.
type WarehouseOrderLine struct {
	Line      string `json:"line"`
	SKU       string `json:"sku"`
	Quantity  int    `json:"quantity"`
	Allocated int    `json:"allocated,omitempty"`
	Shipped   int    `json:"shipped,omitempty"`
	Short     int    `json:"short,omitempty"`     // closed by the floor: short pick, quality, item inactive
	Cancelled int    `json:"cancelled,omitempty"` // closed because we asked
}

// Shipment is a warehouse's confirmation that goods left, at a revision.
type Shipment struct {
	ID          string         `json:"id"`
	Consignment string         `json:"consignment"`
	Warehouse   string         `json:"warehouse"`
	Sequence    int            `json:"sequence"`
	Revision    int64          `json:"revision"`
	Voided      bool           `json:"voided,omitempty"`
	ShippedAt   time.Time      `json:"shippedAt"`
	Carrier     string         `json:"carrier"` // the warehouse's carrier code
	Service     string         `json:"service,omitempty"`
	Trackings   []string       `json:"trackings,omitempty"`
	Parcels     int            `json:"parcels"`
	Lines       []ShipmentLine `json:"lines"`
	Short       []LineQuantity `json:"short,omitempty"`
	Final       bool           `json:"final,omitempty"`
}

// ShipmentLine is what left. Line is empty when the floor could not match it.
type ShipmentLine struct {
	Line        string `json:"line,omitempty"`
	SKU         string `json:"sku"`
	Quantity    int    `json:"quantity"`
	Substituted bool   `json:"substituted,omitempty"`
}
