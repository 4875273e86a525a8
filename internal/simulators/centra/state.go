package centra

import (
	"slices"
	"strings"
	"time"
)

// State is the truth of the instance as judges outside read it: every field is
// always present, money is integer minor units, times are RFC 3339.
type State struct {
	Orders    []OrderState  `json:"orders"`
	Stock     []StockState  `json:"stock"`
	Mails     []Mail        `json:"mails"`
	Mutations MutationCount `json:"mutations"`
}

// OrderState is an order. Store is the store's name; ShippingTotal includes
// handling; Captured is net of refunds.
type OrderState struct {
	Store             string          `json:"store"`
	Number            int             `json:"number"`
	Wholesale         bool            `json:"wholesale"`
	Status            string          `json:"status"`
	OnHold            bool            `json:"onHold"`
	WaitingForPayment bool            `json:"waitingForPayment"`
	CaptureMode       string          `json:"captureMode"`
	ShippingTotal     int64           `json:"shippingTotal"`
	Captured          int64           `json:"captured"`
	Lines             []LineState     `json:"lines"`
	Shipments         []ShipmentState `json:"shipments"`
	Returns           []ReturnState   `json:"returns"`
	InternalComment   string          `json:"internalComment"`
}

// LineState is an order line. Quantity excludes Cancelled; Total is the gross
// of Quantity units after the line's and the order's discounts, 0 on a bundle
// line, whose items carry it; From is units allocated plus completed by
// warehouse; Shipped counts units of completed shipments.
type LineState struct {
	ID        int            `json:"id"`
	Kind      string         `json:"kind"`
	SKU       string         `json:"sku"`
	Quantity  int            `json:"quantity"`
	Cancelled int            `json:"cancelled"`
	Shipped   int            `json:"shipped"`
	Returned  int            `json:"returned"`
	Physical  bool           `json:"physical"`
	Total     int64          `json:"total"`
	From      map[string]int `json:"from"`
}

// ShipmentState is a shipment; its lines name physical lines, whichever reading
// of bundles is on. By is "api" or "person"; several trackings are joined by ", ".
type ShipmentState struct {
	Number      string          `json:"number"`
	By          string          `json:"by"`
	Lines       []QuantityState `json:"lines"`
	Carrier     string          `json:"carrier"`
	Tracking    string          `json:"tracking"`
	ShippedAt   *time.Time      `json:"shippedAt"`
	CompletedAt *time.Time      `json:"completedAt"`
	Captured    int64           `json:"captured"`
}

// QuantityState is a number of units of a line.
type QuantityState struct {
	LineID   int `json:"lineId"`
	Quantity int `json:"quantity"`
}

// ReturnState is a return of a shipment, in physical lines.
type ReturnState struct {
	ID         int             `json:"id"`
	Shipment   string          `json:"shipment"`
	Status     string          `json:"status"`
	ExternalID string          `json:"externalId"`
	Lines      []QuantityState `json:"lines"`
	Total      int64           `json:"total"` // what it is worth, with shipping and without what is kept back
	Refunded   int64           `json:"refunded"`
	Comment    string          `json:"comment"`
	ToStock    bool            `json:"toStock"` // its units were put back on sale by the shop
}

// StockState is one size in one warehouse.
type StockState struct {
	Warehouse string `json:"warehouse"`
	SKU       string `json:"sku"`
	Physical  int    `json:"physical"`
	Allocated int    `json:"allocated"`
	FTA       int    `json:"fta"`
}

// State returns a copy of the truth.
func (s *Simulator) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := State{Orders: []OrderState{}, Stock: []StockState{}, Mails: append([]Mail{}, s.mails...), Mutations: s.mutations}
	for _, o := range s.orders {
		out.Orders = append(out.Orders, o.state())
	}
	for _, w := range s.warehouses {
		for _, z := range s.sizes {
			if row := s.stock[stockKey{w.id, z.id}]; row != nil {
				out.Stock = append(out.Stock, StockState{w.name, z.sku, row.physical, row.allocated, row.physical - row.allocated})
			}
		}
	}
	return out
}

func (o *order) state() OrderState {
	out := OrderState{
		Store: o.store.name, Number: o.number, Wholesale: o.wholesale, Status: o.status(), OnHold: o.onHold, WaitingForPayment: o.waitingForPayment,
		CaptureMode: o.captureMode, ShippingTotal: o.shipping + o.handling, Captured: o.capturedTotal() - o.refundedTotal(),
		Lines: []LineState{}, Shipments: []ShipmentState{}, Returns: []ReturnState{}, InternalComment: o.internalComment,
	}
	totals := o.discounted()
	for _, l := range o.lines {
		line := LineState{
			ID: l.id, Kind: l.kind, Quantity: l.quantity(), Cancelled: l.cancelled, Shipped: l.inShipments(true), Returned: l.returned(),
			Physical: l.physical(), Total: totals[l], From: map[string]int{},
		}
		if l.size != nil {
			line.SKU = l.size.sku
		}
		if !o.cancelled {
			for _, al := range l.allocations {
				line.From[al.warehouse.name] += al.quantity
			}
		}
		out.Lines = append(out.Lines, line)
	}
	for _, sh := range o.shipments {
		out.Shipments = append(out.Shipments, sh.state())
		for _, r := range sh.returns {
			out.Returns = append(out.Returns, r.state())
		}
	}
	return out
}

func (sh *shipment) state() ShipmentState {
	out := ShipmentState{
		Number: sh.number, By: sh.by, Lines: []QuantityState{}, Carrier: sh.carrier, Tracking: strings.Join(sh.trackings, ", "),
		ShippedAt: instant(sh.shippedAt), CompletedAt: instant(sh.completedAt), Captured: sh.captured,
	}
	for _, l := range sh.lines {
		for _, p := range l.parts {
			if p.line.physical() {
				out.Lines = addQuantity(out.Lines, p.line.id, p.quantity)
			}
		}
	}
	return out
}

func (r *orderReturn) state() ReturnState {
	out := ReturnState{ID: r.id, Shipment: r.shipment.number, Status: r.status(), ExternalID: r.externalID, Comment: r.comment, Lines: []QuantityState{}, Total: r.grandTotal(), ToStock: len(r.moved) > 0}
	for _, l := range r.lines {
		for _, p := range l.line.parts {
			if p.line.physical() {
				out.Lines = addQuantity(out.Lines, p.line.id, l.quantity*p.quantity/l.line.quantity)
			}
		}
	}
	for _, p := range r.refunds {
		if p.refunds() && !p.reversed {
			out.Refunded += p.value
		}
	}
	return out
}

// addQuantity sums a line that a shipment names twice.
func addQuantity(lines []QuantityState, id, quantity int) []QuantityState {
	if i := slices.IndexFunc(lines, func(q QuantityState) bool { return q.LineID == id }); i >= 0 {
		lines[i].Quantity += quantity
		return lines
	}
	return append(lines, QuantityState{id, quantity})
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
