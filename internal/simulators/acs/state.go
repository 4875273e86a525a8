package acs

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// State is what GET /_sim/state says about one account. Every field is always
// there.
type State struct {
	Account   string           `json:"account"`
	Orders    []OrderState     `json:"orders"`
	Inventory []InventoryState `json:"inventory"`
	// Returns are the return confirmations at their latest revision, as the contract spells them.
	Returns []any `json:"returns"`
	// Adjustments are the movements of the books, as the contract spells them, the oldest first.
	Adjustments []any `json:"adjustments"`
	Sent        Sent  `json:"sent"`
}

// OrderState is one order. Lines keep short and cancelled apart.
type OrderState struct {
	Number     string            `json:"number"`
	State      string            `json:"state"`
	References map[string]string `json:"references"`
	Lines      []LineState       `json:"lines"`
	Shipments  []ShipmentState   `json:"shipments"`
}

// LineState is one line: quantity = open + shipped + short + cancelled.
type LineState struct {
	LineID    string `json:"lineId"`
	SKU       string `json:"sku"`
	Quantity  int    `json:"quantity"`
	Shipped   int    `json:"shipped"`
	Short     int    `json:"short"`
	Cancelled int    `json:"cancelled"`
}

// ShipmentState is the latest revision of a shipment. Carrier is its code;
// TrackedAt is when tracking first stood there.
type ShipmentState struct {
	ID        string              `json:"id"`
	Sequence  int                 `json:"sequence"`
	Revision  int                 `json:"revision"`
	Voided    bool                `json:"voided"`
	ShippedAt time.Time           `json:"shippedAt"`
	Carrier   string              `json:"carrier"`
	Trackings []string            `json:"trackings"`
	TrackedAt *time.Time          `json:"trackedAt"`
	Lines     []ShipmentLineState `json:"lines"`
}

// ShipmentLineState is what left; LineID is null for what matches no line.
type ShipmentLineState struct {
	LineID   *string `json:"lineId"`
	SKU      string  `json:"sku"`
	Quantity int     `json:"quantity"`
}

// InventoryState is one SKU with its buckets beside it: {"sku":"A","available":3}.
type InventoryState struct {
	SKU        string
	Quantities map[string]int
}

// MarshalJSON puts the buckets beside sku.
func (i InventoryState) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	for status, n := range i.Quantities {
		out[status] = n
	}
	out["sku"] = i.SKU
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (i *InventoryState) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	i.Quantities = make(map[string]int)
	for name, value := range raw {
		if name == "sku" {
			if err := json.Unmarshal(value, &i.SKU); err != nil {
				return err
			}
			continue
		}
		var n int
		if err := json.Unmarshal(value, &n); err != nil {
			return err
		}
		i.Quantities[name] = n
	}
	return nil
}

// State returns what is in the warehouse, accounts, orders and SKUs in order of their names.
func (s *Simulator) State() []State {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []State{}
	for _, code := range slices.Sorted(maps.Keys(s.accounts)) {
		out = append(out, s.accounts[code].state())
	}
	return out
}

func (a *account) state() State {
	out := State{Account: a.code, Orders: []OrderState{}, Inventory: []InventoryState{}, Returns: []any{}, Adjustments: []any{}, Sent: a.sent}
	for _, number := range slices.Sorted(maps.Keys(a.orders)) {
		out.Orders = append(out.Orders, a.orders[number].judged())
	}
	for _, sku := range slices.Sorted(maps.Keys(a.stock)) {
		out.Inventory = append(out.Inventory, InventoryState{sku, maps.Clone(a.stock[sku].quantities)})
	}
	returns := slices.Collect(maps.Values(a.returns))
	slices.SortFunc(returns, func(x, y *returnCase) int {
		if d := x.record.ReceivedAt.Compare(y.record.ReceivedAt); d != 0 {
			return d
		}
		return strings.Compare(x.record.ReturnID, y.record.ReturnID)
	})
	for _, r := range returns {
		out.Returns = append(out.Returns, r.snapshot())
	}
	for _, entry := range a.ledger {
		out.Adjustments = append(out.Adjustments, entry.adjustmentRecord)
	}
	return out
}

func (o *order) judged() OrderState {
	out := OrderState{Number: o.number, State: o.state, References: maps.Clone(o.request.References), Lines: []LineState{}, Shipments: []ShipmentState{}}
	if out.References == nil {
		out.References = map[string]string{}
	}
	for _, l := range o.lines {
		out.Lines = append(out.Lines, LineState{l.LineID, l.SKU, l.Quantity, l.shipped, l.short, l.cancelled})
	}
	for _, sh := range o.shipments {
		state := ShipmentState{
			ID: sh.ShipmentID, Sequence: sh.Sequence, Revision: sh.Revision, Voided: sh.Voided, ShippedAt: sh.ShippedAt,
			Carrier: sh.Carrier.Code, Trackings: []string{}, TrackedAt: sh.trackedAt, Lines: []ShipmentLineState{},
		}
		for _, p := range sh.Parcels {
			if p.TrackingNumber != nil {
				state.Trackings = append(state.Trackings, *p.TrackingNumber)
			}
		}
		for _, l := range sh.Lines {
			state.Lines = append(state.Lines, ShipmentLineState{l.LineID, l.SKU, l.Quantity})
		}
		out.Shipments = append(out.Shipments, state)
	}
	return out
}
