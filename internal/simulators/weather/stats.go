package weather

import "maps"

// Stats counts what the weather has done since the start.
type Stats struct {
	// Requests counts all requests, disturbed or not; Refused those that met an outage.
	Requests int `json:"requests"`
	Refused  int `json:"refused"`
	Outages  int `json:"outages"`
	// Scripted counts requests that met a scripted fault; Faults counts all disturbed ones by kind.
	Scripted int            `json:"scripted"`
	Faults   map[string]int `json:"faults"`
	// Webhooks counts deliveries drawn; the others, how many of them went wrong and how.
	Webhooks           int `json:"webhooks"`
	WebhooksLost       int `json:"webhooksLost"`
	WebhooksRepeated   int `json:"webhooksRepeated"`
	WebhooksLate       int `json:"webhooksLate"`
	WebhooksWrongClock int `json:"webhooksWrongClock"`
}

// Stats returns a copy of the counts so far.
func (w *Weather) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.stats
	s.Faults = maps.Clone(s.Faults)
	return s
}
