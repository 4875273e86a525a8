package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"selvedge/internal/domain"
	"selvedge/internal/sampleday"
)

// floorHand is what people on the warehouse's floor do besides picking orders: parcels
// come back, garments are found, spoiled and counted. Each order and each item is
// touched once, and an item loses less than the warehouse holds above the shop's figure.
type floorHand struct {
	random  *rand.Rand
	fates   []fate          // of the garments that come back next
	planned map[string]bool // <store>/<number> of orders whose end a return must not change
	touched map[string]bool
}

func newFloorHand(seed uint64, plan []sampleday.PlannedOrder) *floorHand {
	f := &floorHand{random: rand.New(rand.NewPCG(seed, 0xf100e)), planned: map[string]bool{}, touched: map[string]bool{}}
	for _, p := range plan {
		if p.Planned != "" {
			f.planned[p.Store+"/"+p.Number] = true
		}
	}
	return f
}

// floorAccount is what the floor looks at of a simulator's state.
type floorAccount struct {
	Account string `json:"account"`
	Orders  []struct {
		Number     string            `json:"number"`
		State      string            `json:"state"`
		References map[string]string `json:"references"`
		Lines      []struct {
			LineID  string `json:"lineId"`
			SKU     string `json:"sku"`
			Shipped int    `json:"shipped"`
		} `json:"lines"`
	} `json:"orders"`
	Inventory []map[string]any `json:"inventory"`
	Returns   []struct {
		ReturnID string `json:"returnId"`
		Units    []struct {
			UnitRef string  `json:"unitRef"`
			LineID  *string `json:"lineId"`
			SKU     string  `json:"sku"`
			Final   bool    `json:"final"`
		} `json:"units"`
	} `json:"returns"`
}

// floorAction is the body of POST /_sim/floor, as far as it is used here.
type floorAction struct {
	Account  string         `json:"account"`
	Order    string         `json:"order,omitempty"`
	Action   string         `json:"action"`
	SKU      string         `json:"sku,omitempty"`
	Quantity int            `json:"quantity,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	Serials  []string       `json:"serials,omitempty"`
	Status   string         `json:"status,omitempty"`
	From     string         `json:"from,omitempty"`
	To       string         `json:"to,omitempty"`
	Return   map[string]any `json:"return,omitempty"`
}

// spare is how many units of an item must lie on the shelf before the floor touches
// it, and most how many it takes: the sample day's warehouses hold fifteen units more
// than the shop offers.
const spare, most = 18, 4

// moveGoods does what deed d says on the floor, drawn from what stands there now.
func (s *soakRun) moveGoods(ctx context.Context, d deed) error {
	var accounts []floorAccount
	if err := s.ask(ctx, http.MethodGet, warehouse, "/_sim/state", nil, &accounts); err != nil {
		return err
	}
	returns, moves := s.floor.returns(accounts, d.orders), s.floor.moves(accounts, d.orders)
	if err := s.noteUnpaid(ctx, accounts, returns); err != nil {
		return err
	}
	for _, a := range slices.Concat(returns, s.floor.bookedOff(returns), moves) {
		if err := s.ask(ctx, http.MethodPost, warehouse, "/_sim/floor", a, nil); err != nil {
			return err
		}
	}
	s.say("the floor takes %d parcels back and moves %d items", len(returns), len(moves))
	return nil
}

// noteUnpaid notes which of the orders that come back were paid outside the shop.
func (s *soakRun) noteUnpaid(ctx context.Context, accounts []floorAccount, returns []floorAction) error {
	sold, err := s.shopOrders(ctx)
	if err != nil {
		return err
	}
	external := map[string]bool{}
	for _, o := range sold {
		external[o.id().String()] = o.CaptureMode == "external"
	}
	for _, r := range returns {
		for _, a := range accounts {
			for _, o := range a.Orders {
				if a.Account != r.Account || o.Number != r.Order || !external[o.References["order"]] {
					continue
				}
				id, err := domain.ParseOrderID(o.References["order"])
				if err != nil {
					return fmt.Errorf("reference of order %s at %s: %w", o.Number, a.Account, err)
				}
				s.victims.cameBack(id)
			}
		}
	}
	return nil
}

// finishReturns decides all garments that the floor has not decided for good: a return
// in repair or in quarantine waits for that, and its order with it.
func (s *soakRun) finishReturns(ctx context.Context) error {
	var accounts []floorAccount
	if err := s.ask(ctx, http.MethodGet, warehouse, "/_sim/state", nil, &accounts); err != nil {
		return err
	}
	finished := 0
	for _, a := range accounts {
		for _, r := range a.Returns {
			var units []any
			for _, u := range r.Units {
				if !u.Final {
					units = append(units, map[string]any{"unitRef": u.UnitRef, "lineId": u.LineID, "sku": u.SKU, "disposition": "restock", "grade": "A", "final": true})
				}
			}
			if len(units) == 0 {
				continue
			}
			finished++
			act := floorAction{Account: a.Account, Action: "return", Return: map[string]any{"returnId": r.ReturnID, "units": units}}
			if err := s.ask(ctx, http.MethodPost, warehouse, "/_sim/floor", act, nil); err != nil {
				return err
			}
		}
	}
	if finished > 0 {
		s.say("the floor puts what was in repair or quarantine of %d returns back on the shelf", finished)
	}
	return nil
}

// returns draws one unit back from n orders that have shipped. A garment goes back on
// the shelf, into quarantine or to repair, or is beyond repair.
func (f *floorHand) returns(accounts []floorAccount, n int) []floorAction {
	var all []floorAction
	for _, a := range accounts {
		for _, o := range a.Orders {
			ref := o.References["order"]
			if o.State != "shipped" || ref == "" || f.planned[ref] || f.touched[ref] {
				continue
			}
			for _, l := range o.Lines {
				if l.Shipped > 0 {
					unit := map[string]any{"lineId": l.LineID, "sku": l.SKU}
					all = append(all, floorAction{Account: a.Account, Order: o.Number, Action: "return", Return: map[string]any{"units": []any{unit}}, Reason: ref})
					break
				}
			}
		}
	}
	f.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = all[:min(n, len(all))]
	for i := range all {
		f.touched[all[i].Reason], all[i].Reason = true, ""
		unit := all[i].Return["units"].([]any)[0].(map[string]any)
		what, sku := f.fate(), all[i].Account+" beyond repair "+unit["sku"].(string)
		if what.disposition == "ber" && f.touched[sku] {
			what = fate{disposition: "restock"} // two like garments, one of them without a serial, are finance's
		}
		f.touched[sku] = f.touched[sku] || what.disposition == "ber"
		unit["disposition"], unit["grade"] = what.disposition, "A"
		if what.serial {
			unit["serial"] = "SER-" + all[i].Order
		}
		all[i].Return["writeOff"] = what.withReturn
	}
	return all
}

// fate is what becomes of a garment that came back: a lost one stays in the warehouse's
// books, or leaves them with its return, or under its serial beside it.
type fate struct {
	disposition        string
	withReturn, serial bool
}

// fates are drawn one after the other, each before any comes again: a short day has them all.
var fates = []fate{
	{disposition: "ber", withReturn: true},
	{disposition: "ber", serial: true},
	{disposition: "ber"},
	{disposition: "restock"},
	{disposition: "donate"},
	{disposition: "quarantine"},
	{disposition: "refurbish"},
	{disposition: "restock"},
}

func (f *floorHand) fate() fate {
	if len(f.fates) == 0 {
		f.fates = slices.Clone(fates)
		f.random.Shuffle(len(f.fates), func(i, j int) { f.fates[i], f.fates[j] = f.fates[j], f.fates[i] })
	}
	next := f.fates[0]
	f.fates = f.fates[1:]
	return next
}

// bookedOff takes garments that came back beyond repair under a serial off the books by
// an entry that names nothing but the serial.
func (f *floorHand) bookedOff(returns []floorAction) (all []floorAction) {
	for _, r := range returns {
		unit := r.Return["units"].([]any)[0].(map[string]any)
		if serial, _ := unit["serial"].(string); serial != "" && unit["disposition"] == "ber" {
			sku, _ := unit["sku"].(string)
			all = append(all, floorAction{Account: r.Account, Action: "adjust", SKU: sku, Quantity: -1, Reason: "ber_write_off", Serials: []string{serial}, Status: "ber"})
		}
	}
	return all
}

// moves draws n items of which units are found, lost or set aside.
func (f *floorHand) moves(accounts []floorAccount, n int) []floorAction {
	var all []floorAction
	for _, a := range accounts {
		for _, t := range a.Inventory {
			sku, _ := t["sku"].(string)
			on, _ := t["available"].(float64)
			if on >= spare && !f.touched[a.Account+" "+sku] {
				all = append(all, floorAction{Account: a.Account, SKU: sku})
			}
		}
	}
	f.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = all[:min(n, len(all))]
	for i := range all {
		a := &all[i]
		f.touched[a.Account+" "+a.SKU] = true
		a.Quantity = 1 + f.random.IntN(most)
		switch f.random.IntN(3) {
		case 0:
			a.Action, a.Reason = "adjust", "found"
		case 1:
			a.Action, a.Reason, a.Quantity = "adjust", "lost", -a.Quantity
		default:
			a.Action, a.From, a.To = "move", "available", "quarantine"
		}
	}
	return all
}

// ask talks to a simulator's control API, past its weather.
func (s *soakRun) ask(ctx context.Context, method, system, path string, body, into any) error {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.stage.Simulators()[system]+path, content)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%s of %s: %w", path, system, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
		return fmt.Errorf("%s of %s: answered %d: %s", path, system, answer.StatusCode, strings.TrimSpace(string(why)))
	}
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		return fmt.Errorf("%s of %s: %w", path, system, err)
	}
	return nil
}

// control talks to a simulator's weather.
func (s *soakRun) control(ctx context.Context, system string, order map[string]any) error {
	return s.ask(ctx, http.MethodPost, system, "/_sim/weather", order, nil)
}

// weather is what the weather of all systems did, in one line a system.
func (s *soakRun) weather(ctx context.Context) error {
	for _, system := range slices.Sorted(maps.Keys(s.stage.Simulators())) {
		var now struct {
			Stats struct {
				Requests, Refused, Webhooks, WebhooksLost, WebhooksRepeated, WebhooksLate, WebhooksWrongClock int
				Faults                                                                                        map[string]int
			}
		}
		if err := s.ask(ctx, http.MethodGet, system, "/_sim/weather", nil, &now); err != nil {
			return err
		}
		t, disturbed := now.Stats, 0
		for _, n := range t.Faults {
			disturbed += n
		}
		s.say("%s: %d requests, %d disturbed (%d cut before, %d after commit, %d committed late); %d webhooks, %d lost, %d repeated, %d late, %d with a wrong clock", system,
			t.Requests, disturbed, t.Faults["cut-before-commit"], t.Faults["cut-after-commit"], t.Faults["late-commit"],
			t.Webhooks, t.WebhooksLost, t.WebhooksRepeated, t.WebhooksLate, t.WebhooksWrongClock)
	}
	told := s.door.counts()
	s.say("doors: %d webhooks taken, %d refused for signature or clock, %d met nobody, %d came five times", told.taken, told.refused, told.failed, told.repeated)
	return nil
}
