package acs

import (
	"fmt"
	"hash/fnv"
	"time"
)

// FloorPlan says what the floor does with one order, decided beforehand. It
// applies when the order arrives, and again on each fresh pass of a rejected
// order. A plan left out means: accept, pick everything, one shipment, final.
type FloorPlan struct {
	// Order is the order number, or the request's references.order. A plan for the
	// number beats one for the reference.
	Order string `json:"order"`
	// Account limits the plan to one account; empty means any.
	Account string `json:"account,omitempty"`

	// AcceptDelayMs is the time from arrival to acceptance (or rejection) in place of the floor's own.
	AcceptDelayMs *int `json:"acceptDelayMs,omitempty"`
	// HoldMs puts the order on hold (address_check) after its acceptance for that long.
	HoldMs int `json:"holdMs,omitempty"`
	// Reject rejects the order instead of accepting it.
	Reject *PlannedReject `json:"reject,omitempty"`
	// LateReject rejects it after acceptance; the floor does not pack before that.
	LateReject *PlannedReject `json:"lateReject,omitempty"`
	// RejectTimes is how many passes are rejected (Reject and LateReject together,
	// counted per plan and account); 0 means 1. A pass whose offending content (the
	// values at the errors' pointers, or the whole content where none has a pointer)
	// has changed since the last rejection is never rejected, and ends the matter.
	RejectTimes int `json:"rejectTimes,omitempty"`

	// Short closes units during picking.
	Short []PlannedShort `json:"short,omitempty"`
	// Parcels are the shipments, in order. What they leave over goes in one more, unless NeverShip.
	Parcels []PlannedParcel `json:"parcels,omitempty"`
	// NeverShip means that nothing leaves beyond Parcels; the order then stays open.
	NeverShip bool `json:"neverShip,omitempty"`
	// Void is the index (from 0) of a shipment that is voided once the floor has
	// nothing more to send. Its units stay open.
	Void *int `json:"void,omitempty"`
	// Revisions is how many corrections (weights, same lines) follow each shipment.
	Revisions int `json:"revisions,omitempty"`

	// Overship adds units beyond the order to the first shipment that holds the line.
	Overship []PlannedUnits `json:"overship,omitempty"`
	// Substitute sends another SKU for a line, marked substituted.
	Substitute []PlannedSubstitute `json:"substitute,omitempty"`
	// UnknownLine adds lines without lineId to the first shipment.
	UnknownLine []PlannedUnits `json:"unknownLine,omitempty"`

	// CancelAnswer is what the floor answers when it must be asked: accept (default) or refuse.
	CancelAnswer string `json:"cancelAnswer,omitempty"`
	// CancelDelayMs is the time until that answer in place of the floor's own.
	CancelDelayMs *int `json:"cancelDelayMs,omitempty"`
}

// PlannedReject is a rejection and its reasons.
type PlannedReject struct {
	// AfterMs counts from the acceptance; only for LateReject.
	AfterMs int          `json:"afterMs,omitempty"`
	Errors  []FieldError `json:"errors"`
}

// PlannedShort closes units of a line, named by LineID or else by SKU.
type PlannedShort struct {
	LineID   string `json:"lineId,omitempty"`
	SKU      string `json:"sku,omitempty"`
	Quantity int    `json:"quantity"`
	// Reason is short_pick (default), quality_fail or other.
	Reason string `json:"reason,omitempty"`
}

// PlannedUnits are units of a line, named by LineID or else by SKU.
type PlannedUnits struct {
	LineID   string `json:"lineId,omitempty"`
	SKU      string `json:"sku,omitempty"`
	Quantity int    `json:"quantity"`
}

// PlannedSubstitute sends SKU With for a line, named by LineID or else by SKU.
type PlannedSubstitute struct {
	LineID string `json:"lineId,omitempty"`
	SKU    string `json:"sku,omitempty"`
	With   string `json:"with"`
}

// PlannedParcel is one shipment.
type PlannedParcel struct {
	// Lines is what goes; empty means everything still open.
	Lines []PlannedUnits `json:"lines,omitempty"`
	// DelayMs is the time since the shipment before (the first: since packing) in place of the floor's own.
	DelayMs *int `json:"delayMs,omitempty"`
	// TrackingDelayMs lets tracking come that much later, in the next revision; nil means at once.
	TrackingDelayMs *int `json:"trackingDelayMs,omitempty"`
	// Parcels is the number of physical parcels, each with its tracking number; 0 means 1.
	Parcels int `json:"parcels,omitempty"`
	// Final overrides the shipment's final flag.
	Final *bool `json:"final,omitempty"`
}

func (p *FloorPlan) validate() error {
	if p.Order == "" {
		return fmt.Errorf("order is empty: give an order number or a references.order")
	}
	for name, r := range map[string]*PlannedReject{"reject": p.Reject, "lateReject": p.LateReject} {
		if r != nil && len(r.Errors) == 0 {
			return fmt.Errorf("order %q: %s.errors is empty: name at least one", p.Order, name)
		}
	}
	for i, short := range p.Short {
		if short.Quantity < 1 || short.LineID == "" && short.SKU == "" {
			return fmt.Errorf("order %q: short[%d] needs lineId or sku, and a quantity above 0", p.Order, i)
		}
	}
	for i, parcel := range p.Parcels {
		for j, units := range parcel.Lines {
			if units.Quantity < 1 || units.LineID == "" && units.SKU == "" {
				return fmt.Errorf("order %q: parcels[%d].lines[%d] needs lineId or sku, and a quantity above 0", p.Order, i, j)
			}
		}
	}
	if p.CancelAnswer != "" && p.CancelAnswer != "accept" && p.CancelAnswer != "refuse" {
		return fmt.Errorf("order %q: cancelAnswer is %q, must be accept or refuse", p.Order, p.CancelAnswer)
	}
	return nil
}

// planned is a plan and how often it has rejected, by account.
type planned struct {
	FloorPlan
	rejected map[string]int
}

func planKey(account, order string) string { return account + "\x00" + order }

// planFor finds the plan of an order: by number before reference, by account before any.
func (s *Simulator) planFor(o *order) *planned {
	for _, name := range []string{o.number, o.request.References["order"]} {
		if name == "" {
			continue
		}
		for _, account := range []string{o.account.code, ""} {
			if p := s.plans[planKey(account, name)]; p != nil {
				return p
			}
		}
	}
	return &planned{rejected: make(map[string]int)}
}

// fraction draws a number in [0, 1) that depends on the seed and the names alone.
func (s *Simulator) fraction(names ...string) float64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d", s.opts.Seed)
	for _, name := range names {
		fmt.Fprintf(h, "\x00%s", name)
	}
	// FNV's low bits move first: mix them into all others (splitmix64).
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}

// pace draws the time that a step of an order takes.
func (s *Simulator) pace(o *order, step string, from, to time.Duration) time.Duration {
	d := from + time.Duration(s.fraction(o.account.code, o.number, step)*float64(to-from))
	return time.Duration(float64(d) * s.opts.Pace)
}

// planOr returns the planned milliseconds, or else the floor's own time.
func planOr(ms *int, own time.Duration) time.Duration {
	if ms == nil {
		return own
	}
	return millis(*ms)
}

func millis(ms int) time.Duration { return time.Duration(ms) * time.Millisecond }
