package contract

import "time"

const completenessPrefix = "completeness/"

// CompletenessScheduleID names the schedule that counts a store's orders.
func CompletenessScheduleID(store string) string { return completenessPrefix + store }

// CompletenessInput is one scheduled count.
type CompletenessInput struct {
	Store string `json:"store"` // of the shop
}

// CompletenessResult says what a count found; the certificates list each order.
type CompletenessResult struct {
	From        time.Time `json:"from,omitzero"` // of the windows that were counted
	To          time.Time `json:"to,omitzero"`
	Ready       int       `json:"ready"`
	InWarehouse int       `json:"inWarehouse"`
	Waiting     int       `json:"waiting"`
	Refused     int       `json:"refused"`
	Ended       int       `json:"ended"`
	Gaps        int       `json:"gaps"`             // missed orders that were started
	Looked      int       `json:"looked"`           // open orders whose workflow was looked for
	Restarted   int       `json:"restarted"`        // of those, how many had none and were started again
	Healed      int       `json:"healed,omitempty"` // gaps of earlier runs that were resolved
	More        bool      `json:"more,omitempty"`   // the window was cut: there is more to count
}

// Plus adds what another part of the same run found.
func (r CompletenessResult) Plus(o CompletenessResult) CompletenessResult {
	if r.From.IsZero() {
		r.From = o.From
	}
	if !o.To.IsZero() {
		r.To = o.To
	}
	r.Ready, r.InWarehouse, r.Waiting = r.Ready+o.Ready, r.InWarehouse+o.InWarehouse, r.Waiting+o.Waiting
	r.Refused, r.Ended, r.Gaps = r.Refused+o.Refused, r.Ended+o.Ended, r.Gaps+o.Gaps
	r.Looked, r.Restarted, r.Healed = r.Looked+o.Looked, r.Restarted+o.Restarted, r.Healed+o.Healed
	r.More = o.More
	return r
}
