package acs

import (
	"fmt"
	"time"
)

// Action is the body of POST /_sim/floor: one thing that happens now. Actions
// on an order:
//
//	accept    accepts a received order
//	allocate  sets units aside for an accepted order, as far as OutOfStock lets it
//	ship      lets Lines (none: everything open) leave in one shipment, whatever the state before packing
//	track     gives a shipment its TrackingNumbers (none: new ones) in the next revision
//	revise    sends a correction of a shipment that changes no line
//	void      voids a shipment
//	short     closes Quantity of a line (LineID, or SKU) with Reason
//	reject    rejects with Errors: late when it was accepted
//	hold      holds with Reason (address_check)
//	release   releases
//	cancel    answers a cancellation that was asked for: Answer accept or refuse
//
// and on an account:
//
//	return            takes Return in, for Order or for none
//	adjust            books Quantity (negative removes) of SKU with Reason, out of or into Status (available)
//	inventory         sets Quantities (and ByGrade) of SKU
//	move              moves Quantity of SKU From one status To another
//	receive           takes Receipts (none: as announced) of inbound Notice in
//	resend            delivers the webhook of Event again, Copies times; Forged signs it wrongly, AgeMs makes it old
//	emit              appends an event of any Type to the feed: about SKU, or about an Order that nobody sent
//	stale             freezes the inventory feed for Ms
//	versionBack       lets the version of SKU go back by Quantity
//	cutSnapshot       lets the running snapshot break off from record number Quantity on
//	rebuildFeed       makes every changesCursor expire
//	forgetEvents      makes the events feed forget all but the last Quantity
type Action struct {
	Account string `json:"account"`
	Order   string `json:"order,omitempty"`
	Action  string `json:"action"`

	Lines           []PlannedUnits `json:"lines,omitempty"`
	Parcels         int            `json:"parcels,omitempty"`
	TrackingDelayMs *int           `json:"trackingDelayMs,omitempty"`
	Final           *bool          `json:"final,omitempty"`
	// Sequence names a shipment of the order; 0 means the last one.
	Sequence        int      `json:"sequence,omitempty"`
	TrackingNumbers []string `json:"trackingNumbers,omitempty"`

	LineID   string       `json:"lineId,omitempty"`
	SKU      string       `json:"sku,omitempty"`
	Quantity int          `json:"quantity,omitempty"`
	Reason   string       `json:"reason,omitempty"`
	Errors   []FieldError `json:"errors,omitempty"`
	Answer   string       `json:"answer,omitempty"`

	Return     *ReturnAction  `json:"return,omitempty"`
	Status     string         `json:"status,omitempty"`
	Serials    []string       `json:"serials,omitempty"`
	UnitCost   string         `json:"unitCost,omitempty"`
	Currency   string         `json:"currency,omitempty"`
	Note       string         `json:"note,omitempty"`
	Quantities map[string]int `json:"quantities,omitempty"`
	ByGrade    map[string]int `json:"byGrade,omitempty"`
	From       string         `json:"from,omitempty"`
	To         string         `json:"to,omitempty"`
	Notice     string         `json:"notice,omitempty"`
	Receipts   []Receipt      `json:"receipts,omitempty"`

	Event  string `json:"event,omitempty"`
	Copies int    `json:"copies,omitempty"`
	Forged bool   `json:"forged,omitempty"`
	AgeMs  int    `json:"ageMs,omitempty"`
	Type   string `json:"type,omitempty"`
	Ms     int    `json:"ms,omitempty"`
}

// Act lets one thing happen now and returns its subject as the contract spells
// it. It fails, and changes nothing, when the state does not permit the action.
func (s *Simulator) Act(action Action) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[action.Account]
	if a == nil {
		return nil, fmt.Errorf("acs: floor: account %q is not known: seed it first", action.Account)
	}
	run, onOrder := orderActions[action.Action]
	if !onOrder {
		result, err := s.actOnAccount(a, action)
		if err != nil {
			return nil, fmt.Errorf("acs: floor: %s: %w", action.Action, err)
		}
		return result, nil
	}
	o := a.orders[action.Order]
	if o == nil {
		return nil, fmt.Errorf("acs: floor: order %q is not known to account %q", action.Order, action.Account)
	}
	result, err := run(s, o, action)
	if err != nil {
		return nil, fmt.Errorf("acs: floor: %s of order %s: %w", action.Action, o.number, err)
	}
	return result, nil
}

var orderActions = map[string]func(*Simulator, *order, Action) (any, error){
	"accept": func(s *Simulator, o *order, _ Action) (any, error) {
		if o.state != received {
			return nil, fmt.Errorf("it is %s, not received", o.state)
		}
		s.accept(o)
		return o.record(), nil
	},
	"allocate": func(s *Simulator, o *order, _ Action) (any, error) {
		if o.state != accepted {
			return nil, fmt.Errorf("it is %s, not accepted", o.state)
		}
		s.allocate(o)
		return o.record(), nil
	},
	"ship":   (*Simulator).shipNow,
	"track":  (*Simulator).onShipment,
	"revise": (*Simulator).onShipment,
	"void":   (*Simulator).onShipment,
	"short": func(s *Simulator, o *order, action Action) (any, error) {
		if o.state == rejected || o.state == received {
			return nil, fmt.Errorf("it is %s: only an accepted order can be short", o.state)
		}
		l := o.line(action.LineID, action.SKU)
		if l == nil {
			return nil, fmt.Errorf("lineId %q, sku %q name no line", action.LineID, action.SKU)
		}
		reason := action.Reason
		if reason == "" {
			reason = "short_pick"
		}
		if !s.short(o, l, max(1, action.Quantity), reason) {
			return nil, fmt.Errorf("line %s has nothing open", l.LineID)
		}
		s.shortTold(o)
		if o.open() == 0 {
			o.halt()
		}
		return o.record(), nil
	},
	"reject": func(s *Simulator, o *order, action Action) (any, error) {
		if !s.rejectable(o) || len(action.Errors) == 0 {
			return nil, fmt.Errorf("it is %s (must be before the first shipment), with %d errors (must be one at least)", o.state, len(action.Errors))
		}
		s.reject(o, action.Errors)
		return o.record(), nil
	},
	"hold": func(s *Simulator, o *order, action Action) (any, error) {
		switch o.state {
		case shipped, cancelled, rejected, onHold, cancelRequested:
			return nil, fmt.Errorf("it is %s", o.state)
		}
		if action.Reason == "" {
			action.Reason = "address_check"
		}
		s.hold(o, action.Reason)
		return o.record(), nil
	},
	"release": func(s *Simulator, o *order, _ Action) (any, error) {
		if o.state != onHold {
			return nil, fmt.Errorf("it is %s, not on hold", o.state)
		}
		s.release(o)
		return o.record(), nil
	},
	"cancel": func(s *Simulator, o *order, action Action) (any, error) {
		if o.state != cancelRequested || action.Answer != "accept" && action.Answer != "refuse" {
			return nil, fmt.Errorf("it is %s (must be cancel_requested), answer is %q (must be accept or refuse)", o.state, action.Answer)
		}
		s.answerCancel(o, action.Answer == "accept")
		return o.record(), nil
	},
}

// shipNow takes an order through the states it has not reached and ships.
func (s *Simulator) shipNow(o *order, action Action) (any, error) {
	if o.state == rejected || o.state == cancelled || o.open() == 0 {
		return nil, fmt.Errorf("it is %s with %d open units: nothing can leave", o.state, o.open())
	}
	if o.state == cancelRequested {
		o.state = o.resume
	}
	if o.state == onHold {
		s.release(o)
	}
	if o.state == received {
		s.accept(o)
	}
	sh := s.ship(o, PlannedParcel{Lines: action.Lines, Parcels: action.Parcels, TrackingDelayMs: action.TrackingDelayMs, Final: action.Final})
	if sh == nil {
		return nil, fmt.Errorf("the lines name nothing that is open")
	}
	s.next(o)
	return sh.record(), nil
}

func (s *Simulator) onShipment(o *order, action Action) (any, error) {
	n := action.Sequence
	if n == 0 {
		n = len(o.shipments)
	}
	if n < 1 || n > len(o.shipments) {
		return nil, fmt.Errorf("it has %d shipments, sequence is %d", len(o.shipments), action.Sequence)
	}
	sh := o.shipments[n-1]
	if sh.Voided {
		return nil, fmt.Errorf("shipment %s is voided", sh.ShipmentID)
	}
	switch action.Action {
	case "track":
		s.track(sh, action.TrackingNumbers)
	case "revise":
		s.revise(sh)
	case "void":
		s.void(sh)
	}
	return sh.record(), nil
}

func (s *Simulator) actOnAccount(a *account, action Action) (any, error) {
	switch action.Action {
	case "return":
		if action.Return == nil {
			return nil, fmt.Errorf("return is missing")
		}
		return s.giveBackGoods(a, action.Order, *action.Return)
	case "receive":
		return s.receive(a, action.Notice, action.Receipts)
	case "resend":
		return s.resend(a, action)
	case "rebuildFeed":
		a.feedEpoch++
		return map[string]int{"epoch": a.feedEpoch}, nil
	case "forgetEvents":
		a.forgetFirst(max(0, len(a.events)-action.Quantity))
		return map[string]int64{"forgotten": a.forgotten}, nil
	case "stale":
		a.staleUntil = time.Time{} // so that the figures of this moment are kept
		a.stale = s.records(a, -1)
		a.staleUntil = s.now().Add(millis(action.Ms))
		return map[string]time.Time{"until": a.staleUntil}, nil
	case "cutSnapshot":
		for _, shot := range a.snapshots {
			shot.cutBefore = max(1, action.Quantity)
		}
		return map[string]int{"snapshots": len(a.snapshots)}, nil
	}
	if action.Action == "emit" && action.SKU == "" && action.Order != "" {
		return s.emitForeign(a, action), nil
	}
	run := stockActions[action.Action]
	if run == nil {
		return nil, fmt.Errorf("the action is not known: see the documentation of Action")
	}
	if action.SKU == "" {
		return nil, fmt.Errorf("sku is missing")
	}
	return run(s, a, action)
}

var stockActions = map[string]func(*Simulator, *account, Action) (any, error){
	"adjust": (*Simulator).adjustNow,
	"inventory": func(s *Simulator, a *account, action Action) (any, error) {
		s.setStock(a, action.SKU, action.Quantities, action.ByGrade)
		return a.stock[action.SKU].record(), nil
	},
	"move": func(s *Simulator, a *account, action Action) (any, error) {
		s.stockChanged(a, s.move(a, action.SKU, action.From, action.To, action.Quantity, ""))
		s.stockArrived(a)
		return a.stock[action.SKU].record(), nil
	},
	"versionBack": func(s *Simulator, a *account, action Action) (any, error) {
		t := s.stockOf(a, action.SKU)
		t.version -= int64(action.Quantity)
		t.change = a.changed()
		s.emit(a, "inventory.changed", subject{"sku", t.sku}, nil, t.version, t.record())
		return t.record(), nil
	},
	"emit": func(s *Simulator, a *account, action Action) (any, error) {
		t := s.stockOf(a, action.SKU)
		s.emit(a, action.Type, subject{"sku", t.sku}, nil, t.version, t.record())
		return t.record(), nil
	},
}

// emitForeign announces an order that this simulator does not hold, as a
// warehouse does whose account others write to as well.
func (s *Simulator) emitForeign(a *account, action Action) orderRecord {
	now := s.now()
	record := orderRecord{
		OrderNumber: action.Order, AcsOrderID: s.id("ord"), Status: accepted, Revision: 2, ReceivedAt: now, UpdatedAt: now,
		orderRequest: orderRequest{
			Account: a.code, OrderDate: today(now), Kind: "sale", ShippingService: "NONE",
			DeliverTo: address{LastName: "Nobody", Address1: "1 Nowhere", City: "Nowhere", Postcode: "ML1 4GP", Country: "GB"},
		},
		Lines: []orderLine{{lineRequest: lineRequest{LineID: "1", SKU: "NONE", Quantity: 1}}},
	}
	s.emit(a, action.Type, subject{"order", action.Order}, &action.Order, int64(record.Revision), record)
	return record
}

func (s *Simulator) adjustNow(a *account, action Action) (any, error) {
	if action.Quantity == 0 || action.Reason == "" {
		return nil, fmt.Errorf("quantity is 0 or reason is missing")
	}
	status := action.Status
	if status == "" {
		status = "available"
	}
	s.stockChanged(a, s.move(a, action.SKU, "", status, action.Quantity, ""))
	entry := adjustmentRecord{
		SKU: action.SKU, Serials: action.Serials, QuantityDelta: action.Quantity, Reason: action.Reason,
		UnitCost: action.UnitCost, Currency: action.Currency, Note: action.Note,
	}
	if action.Quantity < 0 {
		entry.FromStatus = status
	}
	if action.Order != "" {
		entry.OrderNumber = &action.Order
	}
	booked := s.adjust(a, entry)
	s.stockArrived(a)
	return booked, nil
}

// resend delivers an event's webhook again, past the weather.
func (s *Simulator) resend(a *account, action Action) (any, error) {
	for _, e := range a.events {
		if e.id != action.Event {
			continue
		}
		copies := max(1, action.Copies)
		for _, sub := range a.subscriptions {
			for range copies {
				s.enqueue(sub, delivery{event: e, forged: action.Forged, age: millis(action.AgeMs)})
			}
		}
		return e.raw, nil
	}
	return nil, fmt.Errorf("event %q is not in the feed", action.Event)
}
