package assembly

import (
	"slices"
	"time"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/triage"
)

// triageSchedules are those that look at what waits, or will wait.
func (p *Parts) triageSchedules() []schedule {
	s := p.Config.Selvedge
	all := []schedule{
		{contract.AlertScheduleID, s.Alert.Every, "AlertWorkflow", contract.AlertInput{}, "tell people what waits"},
		{contract.OverdueScheduleID, s.OverdueEvery, "OverdueWorkflow", contract.OverdueInput{}, "look for orders past their cut-off"},
		{contract.CoverageScheduleID, s.CoverageEvery, "CoverageWorkflow", contract.CoverageInput{}, "compare what can be said with the rules"},
	}
	for _, w := range slices.Sorted(keysOf(p.ACS)) {
		all = append(all, schedule{contract.CatalogueScheduleID(w), s.CatalogueEvery, "CatalogAuditWorkflow", contract.CatalogueInput{Warehouse: w}, "audit the items of " + w})
	}
	return all
}

// Alerts tells people what waits. It works without Temporal, too: `serve` tells by it
// that nobody works.
func (p *Parts) Alerts() *activities.Alerts {
	s := p.Config.Selvedge
	return &activities.Alerts{
		Store: p.Store, Messenger: p.Sender, Console: s.ConsoleURL, Clock: time.Now, Meter: p.AlertMetrics,
		Warn: func(msg string, kv ...any) { p.Log.Sugar().Warnw(msg, kv...) },
		Settings: triage.Settings{
			Settle: s.Alert.Settle, Next: s.Alert.Next,
			Escalate: map[string]time.Duration{"urgent": s.Alert.EscalateUrgent, "hold": s.Alert.EscalateHold, "notice": s.Alert.EscalateNotice},
		},
	}
}
