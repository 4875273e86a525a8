package contract

// AlertScheduleID names the schedule that tells people what waits.
const AlertScheduleID = "alerts"

// AlertInput is one scheduled run of telling people.
type AlertInput struct{}

// AlertResult says what a run told.
type AlertResult struct {
	Written   int `json:"written"`           // messages that became due
	Delivered int `json:"delivered"`         // messages that were taken
	Failed    int `json:"failed,omitempty"`  // attempts that were not
	Waiting   int `json:"waiting,omitempty"` // messages that still wait for their receiver
}
