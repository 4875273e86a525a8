package contract

// AlertScheduleID names the schedule that tells people what waits.
const AlertScheduleID = "alerts"

// CoverageScheduleID names the schedule that compares what can be said with the rules.
const CoverageScheduleID = "coverage"

// CoverageInput is one scheduled comparison.
type CoverageInput struct{}

// CoverageResult says what a comparison found.
type CoverageResult struct {
	Sizes  int  `json:"sizes,omitempty"`  // of the shop that were read
	Gaps   int  `json:"gaps"`             // values without a rule
	Opened int  `json:"opened,omitempty"` // of them, found for the first time
	Closed int  `json:"closed,omitempty"` // earlier ones that are gone
	More   bool `json:"more,omitempty"`   // the catalogue was cut: the next run goes on
}

// Plus adds what another part of the same run found.
func (r CoverageResult) Plus(o CoverageResult) CoverageResult {
	return CoverageResult{
		Sizes: r.Sizes + o.Sizes, Gaps: r.Gaps + o.Gaps, Opened: r.Opened + o.Opened, Closed: r.Closed + o.Closed, More: r.More || o.More,
	}
}

// AlertInput is one scheduled run of telling people.
type AlertInput struct{}

// AlertResult says what a run told.
type AlertResult struct {
	Written   int `json:"written"`           // messages that became due
	Delivered int `json:"delivered"`         // messages that were taken
	Failed    int `json:"failed,omitempty"`  // attempts that were not
	Waiting   int `json:"waiting,omitempty"` // messages that still wait for their receiver
}
