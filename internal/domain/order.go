// Package domain defines orders, consignments, shipments, returns and money, and
// the rules that hold whatever system is asked. Pure: values in, values out.
package domain

import (
	"fmt"
	"strings"
	"time"
)

// OrderID names an order of a shop: the store key of our configuration and the
// number that the customer knows.
type OrderID struct {
	Store  string `json:"store"`
	Number string `json:"number"`
}

// String gives store/number, as written in references and workflow IDs.
func (id OrderID) String() string { return id.Store + "/" + id.Number }

// ParseOrderID reads store/number.
func ParseOrderID(s string) (OrderID, error) {
	store, number, ok := strings.Cut(s, "/")
	if !ok || store == "" || number == "" || strings.Contains(number, "/") {
		return OrderID{}, fmt.Errorf("order reference %q: want <store>/<number>, such as atelier/10023", s)
	}
	return OrderID{Store: store, Number: number}, nil
}

// ShopStatus is an order's status in the shop, in our words.
type ShopStatus string

// Statuses of an order in the shop. UnknownStatus is never treated as fine: the order waits.
const (
	ShopPending    ShopStatus = "pending"
	ShopConfirmed  ShopStatus = "confirmed"
	ShopProcessing ShopStatus = "processing"
	ShopShipped    ShopStatus = "shipped"
	ShopArchived   ShopStatus = "archived"
	ShopCancelled  ShopStatus = "cancelled"
	UnknownStatus  ShopStatus = "unknown"
)

// LineKind tells what an order line stands for.
type LineKind string

// Kinds of line. Only product and bundle item lines are physical.
const (
	LineProduct         LineKind = "product"
	LineBundle          LineKind = "bundle"
	LineBundleItem      LineKind = "bundleItem"
	LineGiftCertificate LineKind = "giftCertificate"
)

// Physical tells whether units of such a line leave a warehouse.
func (k LineKind) Physical() bool { return k == LineProduct || k == LineBundleItem }

// Ref is an object of the shop by id and name; rules match on either.
type Ref struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	URI  string `json:"uri,omitempty"`
}

// Order is the canonical order without personal data. Amounts are gross, in
// minor units of Currency.
type Order struct {
	ID                OrderID           `json:"id"`
	ShopRef           string            `json:"shopRef"` // the shop's own key (Centra: the order's id)
	Status            ShopStatus        `json:"status"`
	OnHold            bool              `json:"onHold,omitempty"`
	WaitingForPayment bool              `json:"waitingForPayment,omitempty"`
	WaitingForStock   bool              `json:"waitingForStock,omitempty"` // an allocation waits for a warehouse's confirmation
	Wholesale         bool              `json:"wholesale,omitempty"`
	PlacedAt          time.Time         `json:"placedAt"`
	UpdatedAt         time.Time         `json:"updatedAt"`
	Market            Ref               `json:"market"`
	Pricelist         Ref               `json:"pricelist"`
	Country           string            `json:"country"` // of delivery, ISO 3166-1 alpha-2
	Currency          string            `json:"currency"`
	ShippingMethod    Ref               `json:"shippingMethod"` // zero when the shop names none
	PaymentMethod     Ref               `json:"paymentMethod"`
	Payment           Payment           `json:"payment"`
	GrandTotal        int64             `json:"grandTotal"`
	NetTotal          int64             `json:"netTotal,omitempty"` // of GrandTotal, without tax; 0 where the shop does not tell it
	Shipping          int64             `json:"shipping"`
	Handling          int64             `json:"handling"`
	Discount          int64             `json:"discount"` // order-level discount as a positive amount
	Lines             []Line            `json:"lines"`
	Shipments         []ShopShipment    `json:"shipments,omitempty"` // as the shop shows them; not part of the content
	Attributes        map[string]string `json:"attributes,omitempty"`
}

// Payment sums up the shop's payment history.
type Payment struct {
	// Known says that the shop tells of this order's money at all: false for an invoice
	// or an external sale, whose money never shows there.
	Known      bool  `json:"known,omitempty"`
	Authorized int64 `json:"authorized"`
	Captured   int64 `json:"captured"`
	Refunded   int64 `json:"refunded,omitempty"`
	// Outside is the part of Captured that was only marked as paid: the money was taken
	// elsewhere, and the shop cannot give it back.
	Outside        int64 `json:"outside,omitempty"`
	CapturePending bool  `json:"capturePending,omitempty"` // an asynchronous capture has no outcome yet
	CaptureFailed  bool  `json:"captureFailed,omitempty"`  // the newest capture entry failed
	// GiftCards says that gift cards pay a part of the order, taken or still to be taken.
	GiftCards bool `json:"giftCards,omitempty"`
	// Captures and Refunds are the movements behind Captured, without Outside, and behind
	// Refunded, the oldest first. Orders that an earlier version has read have none.
	Captures []PaymentEntry `json:"captures,omitempty"`
	Refunds  []PaymentEntry `json:"refunds,omitempty"`
}

// Covers tells whether the money that the shop knows of, held or taken and not given
// back, is enough for a total. Of an order whose money never shows in the shop it
// knows nothing else, so that one is covered. A capture leaves what was authorised as
// it is, so our own captures change no answer; once all that came was given back, what
// was authorised for it is worth nothing.
func (p Payment) Covers(total int64) bool {
	covered := max(p.Authorized, p.Captured-p.Refunded)
	if p.Refunded > 0 && p.Refunded >= max(p.Authorized, p.Captured) {
		covered = 0
	}
	known := p.Known || p.Authorized > 0 || p.Captured > 0
	return !known || covered >= total
}

// Line is one order line. Quantity excludes cancelled units.
type Line struct {
	ID          string       `json:"id"` // the shop's line id; the handle that the warehouse carries back
	Kind        LineKind     `json:"kind"`
	Bundle      string       `json:"bundle,omitempty"` // of a bundle item: the id of its bundle line
	SKU         string       `json:"sku"`
	EAN         string       `json:"ean,omitempty"`
	SizeID      string       `json:"sizeId,omitempty"` // the shop's product size, what stock is kept by
	ProductID   string       `json:"productId,omitempty"`
	Name        string       `json:"name,omitempty"`
	Quantity    int          `json:"quantity"`
	Cancelled   int          `json:"cancelled,omitempty"`
	UnitPrice   int64        `json:"unitPrice"`            // gross before order-level discounts
	ListPrice   int64        `json:"listPrice"`            // gross unit price before any discount; weighs bundle shares
	Total       int64        `json:"total"`                // gross of Quantity units
	TaxPercent  string       `json:"taxPercent,omitempty"` // decimal, such as "25"
	Allocations []Allocation `json:"allocations,omitempty"`
	Item        ItemData     `json:"item"` // what the shop knows of the item
}

// Allocation is a quantity that the shop has reserved in a warehouse (its name in the shop).
type Allocation struct {
	Warehouse string `json:"warehouse"`
	Quantity  int    `json:"quantity"`
	Waiting   bool   `json:"waiting,omitempty"` // the warehouse has not confirmed it
}

// Allocated sums the confirmed allocations.
func (l Line) Allocated() int {
	n := 0
	for _, a := range l.Allocations {
		if !a.Waiting {
			n += a.Quantity
		}
	}
	return n
}

// ItemData is what the shop knows of an item, for the attributes that a warehouse demands.
type ItemData struct {
	Brand         string            `json:"brand,omitempty"`
	Collection    string            `json:"collection,omitempty"`
	Type          string            `json:"type,omitempty"`
	Size          string            `json:"size,omitempty"`
	CommodityCode string            `json:"commodityCode,omitempty"`
	Attributes    map[string]string `json:"attributes,omitempty"` // "type.element" → value
}

// ShopShipment is a shipment as the shop holds it.
type ShopShipment struct {
	ID        string         `json:"id"`
	Number    string         `json:"number"`
	Lines     []LineQuantity `json:"lines"`
	Carrier   string         `json:"carrier,omitempty"`
	Service   string         `json:"service,omitempty"`
	Tracking  string         `json:"tracking,omitempty"` // several joined by ", "
	GoodToGo  bool           `json:"goodToGo"`
	Paid      bool           `json:"paid"`
	Captured  bool           `json:"captured"`
	Shipped   bool           `json:"shipped"`
	CreatedAt time.Time      `json:"createdAt"`
	ShippedAt time.Time      `json:"shippedAt,omitzero"`
	Total     int64          `json:"total"`
}

// LineQuantity is a quantity of an order line.
type LineQuantity struct {
	Line     string `json:"line"`
	Quantity int    `json:"quantity"`
}

// Personal holds all personal data of an order. It is sealed at rest, unsealed
// inside an activity, and never reaches history, logs, errors or search attributes.
type Personal struct {
	Delivery Address `json:"delivery"`
	Billing  Address `json:"billing"`
}

// Address is a postal address with its contact. Personal data.
type Address struct {
	FirstName string `json:"firstName,omitempty"`
	LastName  string `json:"lastName,omitempty"`
	Company   string `json:"company,omitempty"`
	Line1     string `json:"line1,omitempty"`
	Line2     string `json:"line2,omitempty"`
	City      string `json:"city,omitempty"`
	State     string `json:"state,omitempty"`
	Postcode  string `json:"postcode,omitempty"`
	Country   string `json:"country,omitempty"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
}

// String keeps an address out of logs and errors even when one is printed by mistake.
func (Address) String() string { return "[address withheld]" }

// GoString does for %#v what String does for %v.
func (Address) GoString() string { return "[address withheld]" }
