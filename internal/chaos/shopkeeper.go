package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strconv"

	"selvedge/internal/domain"
	"selvedge/internal/sampleday"
)

// shopOrder is an order as the shop's simulator says it stands.
type shopOrder struct {
	Store       string `json:"store"`
	Number      int    `json:"number"`
	Status      string `json:"status"`
	CaptureMode string `json:"captureMode"`
	Lines       []struct {
		Quantity int            `json:"quantity"`
		Physical bool           `json:"physical"`
		From     map[string]int `json:"from"`
	} `json:"lines"`
	Shipments []struct {
		Tracking    string  `json:"tracking"`
		CompletedAt *string `json:"completedAt"`
	} `json:"shipments"`
}

func (o shopOrder) id() domain.OrderID {
	return domain.OrderID{Store: o.Store, Number: strconv.Itoa(o.Number)}
}

// wantsUnits tells whether the order waits for units that the shop has not allocated.
func (o shopOrder) wantsUnits() bool {
	if o.Status != "CONFIRMED" && o.Status != "PROCESSING" {
		return false
	}
	for _, l := range o.Lines {
		from := 0
		for n := range maps.Values(l.From) {
			from += n
		}
		if l.Physical && from < l.Quantity {
			return true
		}
	}
	return false
}

// tracked tells whether every parcel was told to the customer with its tracking.
func (o shopOrder) tracked() bool {
	if o.Status != "SHIPPED" {
		return false
	}
	for _, s := range o.Shipments {
		if s.CompletedAt == nil || s.Tracking == "" {
			return false
		}
	}
	return true
}

func (s *soakRun) shopOrders(ctx context.Context) ([]shopOrder, error) {
	var state struct {
		Orders []shopOrder `json:"orders"`
	}
	return state.Orders, s.ask(ctx, http.MethodGet, shop, "/_sim/state", nil, &state)
}

// keepShop does what the shop's people do while the day drains: an order that was placed
// when nothing was left gets its units as soon as there are some. It also notes which
// trackings were meant to come late and did not: whoever has thousands of orders to catch
// up with finds them there.
func (s *soakRun) keepShop(ctx context.Context) error {
	orders, err := s.shopOrders(ctx)
	if err != nil {
		return err
	}
	plan := map[domain.OrderID]sampleday.PlannedOrder{}
	for _, p := range s.stage.Plan() {
		plan[domain.OrderID{Store: p.Store, Number: p.Number}] = p
	}
	for _, o := range orders {
		p := plan[o.id()]
		switch {
		case p.Planned == lateTracking && o.tracked():
			s.victims.trackedInTime(o.id())
		case p.Planned == "" && p.PlannedEnd == string(domain.Closed) && o.wantsUnits():
			if err := s.ask(ctx, http.MethodPost, shop, "/_sim/admin", map[string]any{"action": "allocate", "order": o.Number}, nil); err != nil {
				return fmt.Errorf("give units to %s: %w", o.id(), err)
			}
			s.say("the shop gives units to %s, which was placed when none were left", o.id())
		}
	}
	return nil
}
