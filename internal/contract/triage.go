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

const cataloguePrefix = "catalogue/"

// CatalogueScheduleID names the schedule that audits a warehouse's items.
func CatalogueScheduleID(warehouse string) string { return cataloguePrefix + warehouse }

// CatalogueInput is one scheduled audit.
type CatalogueInput struct {
	Warehouse string `json:"warehouse"`
}

// CatalogueResult says what an audit found.
type CatalogueResult struct {
	Sizes   int  `json:"sizes,omitempty"`  // of the shop that were read
	Items   int  `json:"items,omitempty"`  // of the warehouse that were read
	Audited int  `json:"audited"`          // sizes that were looked at
	Wrong   int  `json:"wrong,omitempty"`  // of them, those that are not fine
	Pushed  int  `json:"pushed,omitempty"` // items that the warehouse was told
	Differ  int  `json:"differ,omitempty"` // fields in which it holds another value
	More    bool `json:"more,omitempty"`   // the audit was cut: the next run goes on
}

// OverdueScheduleID names the schedule that looks for orders past their cut-off.
const OverdueScheduleID = "overdue"

// OverdueInput is one scheduled look.
type OverdueInput struct{}

// OverdueResult says what a look found.
type OverdueResult struct {
	Looked     int  `json:"looked"`               // orders that a warehouse has held for longer than the grace
	Overdue    int  `json:"overdue,omitempty"`    // consignments that were found late for the first time
	Unreadable int  `json:"unreadable,omitempty"` // orders that could not be judged; each is logged
	More       bool `json:"more,omitempty"`       // the run was cut; the next goes on from there
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
