package contract

import "time"

const (
	stockPrefix      = "stock/"
	stockNowPrefix   = "stock-now/"
	stockHandPrefix  = "stock-by-hand/"
	stockDriftPrefix = "stock-drift/"
)

// StockScheduleID names the schedule that brings a warehouse's stock to the shop.
func StockScheduleID(warehouse string) string { return stockPrefix + warehouse }

// StockDriftScheduleID names the schedule that compares the shop's figures with ours.
func StockDriftScheduleID(warehouse string) string { return stockDriftPrefix + warehouse }

// StockNowID names the one run that movements and people ask for; it makes one pass
// after the other for as long as it is asked.
func StockNowID(warehouse string) string { return stockNowPrefix + warehouse }

// StockByHandID names the run of one pass that a person waits for; two people who ask for the same
// wait for the same one.
func StockByHandID(in StockInput) string {
	what := "changes"
	switch {
	case in.Drift:
		what = "drift"
	case in.Full:
		what = "full"
	}
	return stockHandPrefix + what + "/" + in.Warehouse
}

// SignalStockMoved asks a running StockNowID for another pass; for machines.
const SignalStockMoved = "stock-moved"

// What a pass of stock was asked for by.
const (
	StockBySchedule = "schedule"
	StockByMovement = "movement"
	StockByPerson   = "person"
	StockByDrift    = "drift"
)

// StockInput is one run over a warehouse's stock.
type StockInput struct {
	Warehouse string `json:"warehouse"`
	Trigger   string `json:"trigger,omitempty"` // one of the StockBy constants
	// Full reads a snapshot of the feed instead of what changed; a snapshot is read all
	// the same when the last one is old enough.
	Full bool `json:"full,omitempty"`
	// Drift compares all figures of the shop with ours.
	Drift bool `json:"drift,omitempty"`
	// Passes made so far, over continue-as-new.
	Passes int `json:"passes,omitempty"`
}

// With is the input that does what both ask for.
func (in StockInput) With(o StockInput) StockInput {
	if in.Warehouse == "" {
		in.Warehouse = o.Warehouse
	}
	if in.Trigger == "" || o.Trigger == StockByPerson {
		in.Trigger = o.Trigger
	}
	in.Full, in.Drift = in.Full || o.Full, in.Drift || o.Drift
	return in
}

// StockRead says what the reading of the feed came to. Fence and Version travel to the
// next steps, which are refused when either has moved on.
type StockRead struct {
	Warehouse string    `json:"warehouse"`
	Busy      bool      `json:"busy,omitempty"` // another pass is at work: nothing was done
	Fence     int64     `json:"fence,omitempty"`
	Version   int64     `json:"version,omitempty"`
	AsOf      time.Time `json:"asOf,omitzero"`  // state of the warehouse that it reflects
	Since     time.Time `json:"since,omitzero"` // and that of the reading before
	BeganAt   time.Time `json:"beganAt,omitzero"`
	Trigger   string    `json:"trigger,omitempty"`
	Full      bool      `json:"full,omitempty"`
	Hold      string    `json:"hold,omitempty"` // why nothing may be raised; empty when it may
	Records   int64     `json:"records"`
	Changed   int64     `json:"changed"`
}

// StockResult says what a pass did; starter stock why tells the rest.
type StockResult struct {
	Busy      bool      `json:"busy,omitempty"` // another pass was at work: it was left to that one
	Lost      bool      `json:"lost,omitempty"` // another pass has taken over: nothing more was written
	Passes    int       `json:"passes,omitempty"`
	AsOf      time.Time `json:"asOf,omitzero"`
	Full      bool      `json:"full,omitempty"`
	Hold      string    `json:"hold,omitempty"`
	Records   int64     `json:"records"`
	Changed   int64     `json:"changed"`
	Looked    int64     `json:"looked"`
	Lowered   int64     `json:"lowered"`
	Raised    int64     `json:"raised"`
	Waiting   int64     `json:"waiting"` // differences left to a later pass
	Mutations int64     `json:"mutations"`
	Drifted   int64     `json:"drifted,omitempty"`
}
