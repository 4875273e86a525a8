package activities

import "go.temporal.io/sdk/worker"

// Set is every activity struct of a deployment.
type Set struct {
	Orders     *Orders
	Fulfilment *Fulfilment
	Shipments  *Shipments
	Outages    *Outages
	Resumes    *Resumes
	Intake     *Intake
	Returns    *Returns
	// Completeness counts what the shop holds ready.
	Completeness *Completeness
	// Alerts tells people what waits.
	Alerts *Alerts
	// Coverage compares what can be said with the rules.
	Coverage *Coverage
	// Overdue finds what has not left in time.
	Overdue *Overdue
	// Catalogue audits items against the warehouses' records.
	Catalogue *Catalogue
	// Stock brings what can be sold to the shop.
	Stock *Stock
	// Documents keeps finance's side.
	Documents *Documents
}

// Register makes all activities known to a worker. Every worker knows all of them;
// the queue decides where one runs.
func (s Set) Register(r worker.ActivityRegistry) {
	r.RegisterActivity(s.Orders)
	r.RegisterActivity(s.Fulfilment)
	r.RegisterActivity(s.Shipments)
	r.RegisterActivity(s.Outages)
	r.RegisterActivity(s.Resumes)
	r.RegisterActivity(s.Intake)
	r.RegisterActivity(s.Returns)
	r.RegisterActivity(s.Completeness)
	r.RegisterActivity(s.Alerts)
	r.RegisterActivity(s.Coverage)
	r.RegisterActivity(s.Overdue)
	r.RegisterActivity(s.Catalogue)
	r.RegisterActivity(s.Stock)
	r.RegisterActivity(s.Documents)
}
