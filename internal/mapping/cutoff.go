package mapping

import (
	"time"

	"selvedge/internal/domain"
)

// EarliestCutoff gives the first cut-off after now of any service of a warehouse:
// what an order may miss whose service nobody knows yet.
func (rs *Rules) EarliestCutoff(warehouse string, now time.Time) (first time.Time, ok bool) {
	in := scope{warehouse: warehouse}
	for _, r := range rs.tables[domain.RuleCutoff] {
		if !in.holds(r) {
			continue
		}
		if at, miss := rs.Cutoff(warehouse, r.From, now); miss == nil && (!ok || at.Before(first)) {
			first, ok = at, true
		}
	}
	return first, ok
}

// firstShown is when the wall clock first shows a time on a day. In the night in which
// the clock is put forward that may be never, and then it is the moment of the jump;
// in the night in which it is put back it is the earlier of the two.
func firstShown(day time.Time, ahead, hour, minute int, zone *time.Location) time.Time {
	at := time.Date(day.Year(), day.Month(), day.Day()+ahead, hour, minute, 0, 0, zone)
	start, end := at.ZoneBounds()
	switch shown, wanted := at.Hour()*60+at.Minute(), hour*60+minute; {
	case shown > wanted:
		return start // the clock jumped over it, and at lies behind the jump
	case shown < wanted:
		return end
	case start.IsZero():
		return at
	}
	_, now := at.Zone()
	_, before := start.Add(-time.Second).Zone()
	if earlier := at.Add(time.Duration(now-before) * time.Second); before > now && earlier.Before(start) {
		return earlier
	}
	return at
}
