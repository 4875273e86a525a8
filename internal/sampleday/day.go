package sampleday

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// Names that a day uses; the worker's configuration must say the same.
const (
	// Store is the consumer store's key, Centra store StoreID.
	Store   = "atelier"
	StoreID = 1
	// Showroom is the wholesale store beside it, Centra store ShowroomID. Its orders
	// are counted and never started.
	Showroom   = "showroom"
	ShowroomID = 2
)

// warehouses of Centra and the ACS account that works in each.
const (
	eurocentral = "eurocentral"
	hillington  = "hillington"
	accountEC   = "SELVEDGE"
	accountHL   = "SELVEDGE2"
)

// Keys are the subscription keys of the simulated ACS accounts. They open nothing
// but the simulator.
func Keys() map[string]string {
	return map[string]string{accountEC: "sample-key-eurocentral", accountHL: "sample-key-hillington"}
}

// CentraToken is the simulated shop's API token. It opens nothing but the simulator.
const CentraToken = "sample-token-selvedge"

// Options say what day to make. The zero value is a day of 200 orders.
type Options struct {
	// Orders is how many consumer orders; 0 means 200.
	Orders int
	// Seed determines everything that is drawn.
	Seed uint64
	// Spread is the time over which orders appear; 0 means 0.1 s an order.
	Spread time.Duration
	// TrackingWait is the demo's wait for tracking: planned late tracking comes well
	// within it, or well beyond where it is the planned fault; 0 means 30 s.
	TrackingWait time.Duration
}

func (o Options) complete() (Options, error) {
	if o.Orders == 0 {
		o.Orders = 200
	}
	if o.Spread == 0 {
		o.Spread = time.Duration(o.Orders) * 100 * time.Millisecond
	}
	if o.TrackingWait == 0 {
		o.TrackingWait = 30 * time.Second
	}
	if o.Orders < 1 || o.Orders > maxOrders {
		return o, fmt.Errorf("sampleday: orders is %d, must be from 1 to %d", o.Orders, maxOrders)
	}
	if o.Spread < 0 || o.TrackingWait < 0 {
		return o, fmt.Errorf("sampleday: spread is %s and tracking wait %s, neither may be negative", o.Spread, o.TrackingWait)
	}
	return o, nil
}

// maxOrders keeps order numbers of the two stores apart.
const maxOrders = 50_000

// Day is all that the demo seeds, runs and judges.
type Day struct {
	Centra centra.Seed `json:"centra"`
	ACS    acs.Seed    `json:"acs"`
	// Foreign are orders that stand at the warehouse already, put there by somebody
	// else; PUT them through the partner API before the day begins.
	Foreign        []ForeignOrder         `json:"foreign,omitempty"`
	Rules          []domain.Rule          `json:"rules"`
	ItemAttributes []domain.ItemAttribute `json:"itemAttributes"`
	// AttributeKeys tell under which key the shop keeps an attribute of an item.
	AttributeKeys map[string]string `json:"attributeKeys"`
	Plan          []PlannedOrder    `json:"plan"`
	Refused       []RefusedRow      `json:"refused"`
	// Script is what people do in the shop, ordered by time.
	Script []Action `json:"script"`
	// Warehouses maps an ACS account to its Centra warehouse, Carriers an ACS carrier
	// code to Centra's carrier, Items a Centra SKU to the ACS SKU where they differ.
	Warehouses map[string]string `json:"warehouses"`
	Carriers   map[string]string `json:"carriers"`
	Items      map[string]string `json:"items"`
	// Notes are to be said on screen.
	Notes []string `json:"notes"`

	secrets []string
}

// PlannedOrder says how a consumer order must end.
type PlannedOrder struct {
	Store  string `json:"store"`
	Number string `json:"number"`
	// Planned is the exception kind that the order must end waiting with, or empty.
	Planned string `json:"planned"`
	// PlannedEnd is a domain.OrderState.
	PlannedEnd string `json:"plannedEnd"`
}

// RefusedRow is a row of a data file that is in no order.
type RefusedRow struct {
	File   string `json:"file"`
	Line   int    `json:"line"` // of the file, the header is line 1
	Reason string `json:"reason"`
}

// ForeignOrder is an order of somebody else at an ACS account. Its number is
// taken, so PUT with If-None-Match may run twice.
type ForeignOrder struct {
	Account string          `json:"account"`
	Number  string          `json:"number"`
	Body    json.RawMessage `json:"body"` // of PUT /orders/{number}
}

// Secrets lists the planted personal values: names, streets, e-mails, phones. None
// may appear in histories, logs, search attributes or error texts.
func (d *Day) Secrets() []string { return slices.Clone(d.secrets) }

// Action is something that a person does in the shop: the body of POST /_sim/admin
// and when to send it.
type Action struct {
	After time.Duration `json:"after"` // since the day began
	Store string        `json:"store"`
	// Body names the action and the order. Only set-stock and cancel-line change
	// something when they are sent twice, so send each once and do not repeat it.
	Body centra.Action `json:"body"`
}
