package triage

import (
	"slices"
	"strings"
	"time"

	"selvedge/internal/domain"
)

// Occasion is why people are told.
type Occasion string

// Occasions.
const (
	Opened    Occasion = "opened"    // a cause has come
	Escalated Occasion = "escalated" // nobody mended it in time: handed on to the next in line
	Tenfold   Occasion = "tenfold"   // ten times as many wait as the newest message said
	CutoffDue Occasion = "cut-off"   // a carrier's cut-off is less than an hour away
	Gone      Occasion = "closed"    // nothing waits on it any more
)

// cutoffNear is when a cut-off is worth a message of its own.
const cutoffNear = time.Hour

// Settings are the merchant's choices.
type Settings struct {
	// Settle is how long a cause has to be there before it is told, and gone before it
	// is told to be gone: what mends itself in a moment disturbs nobody, and orders that
	// fail together are counted together.
	Settle time.Duration
	// Escalate is how long a cause of a severity may stay with one owner; none or zero is for ever.
	Escalate map[string]time.Duration
	// Next is who stands behind an owner.
	Next map[string]string
}

// Line is who is told about an owner's causes, one after the other.
func (s Settings) Line(owner string) []string {
	line := []string{owner}
	for next := s.Next[owner]; next != "" && !slices.Contains(line, next); next = s.Next[next] {
		line = append(line, next)
	}
	return line
}

// Notice is one thing to tell. Alert is as it stands once it was told.
type Notice struct {
	Occasion Occasion
	To       []string
	Group    Group // as of now; of what is gone, as it was last told
	Alert    domain.Alert
}

// Decide compares what waits with what people were told. It answers the alerts that
// changed and what is to be told; with these recorded it has nothing more to say.
func Decide(now time.Time, s Settings, groups []Group, alerts []domain.Alert) (changed []domain.Alert, notices []Notice) {
	byKey := make(map[string]domain.Alert, len(alerts))
	for _, a := range alerts {
		byKey[a.Key] = a
	}
	for _, g := range groups {
		before := byKey[g.Key]
		delete(byKey, g.Key)
		after, n := tell(now, s, g, before)
		if n != nil {
			n.Group = g
			notices = append(notices, *n)
		}
		if after != before {
			changed = append(changed, after)
		}
	}
	rest := make([]domain.Alert, 0, len(byKey))
	for _, a := range byKey {
		rest = append(rest, a)
	}
	slices.SortFunc(rest, func(a, b domain.Alert) int { return strings.Compare(a.Key, b.Key) })
	for _, before := range rest {
		after, n := end(now, s, before)
		if n != nil {
			notices = append(notices, *n)
		}
		if after != before {
			changed = append(changed, after)
		}
	}
	return changed, notices
}

// tell decides about a cause that something waits on.
func tell(now time.Time, s Settings, g Group, a domain.Alert) (domain.Alert, *Notice) {
	if !a.Open() {
		if now.Sub(g.Oldest) < s.Settle {
			return a, nil
		}
		a = domain.Alert{Key: g.Key, Episode: a.Episode + 1, Kind: g.Kind, Owner: g.Owner, Severity: g.Severity, OpenedAt: now}
		return told(now, g, a, Opened, g.Owner)
	}
	a.GoneAt = time.Time{}
	if Weight(g.Severity) > Weight(a.Severity) {
		a.Severity = g.Severity
	}
	line := s.Line(a.Owner)
	a.Level = min(a.Level, len(line)-1) // the line may have been made shorter since
	patience, since := s.Escalate[a.Severity], a.EscalatedAt
	if since.IsZero() {
		since = a.OpenedAt
	}
	switch {
	case patience > 0 && a.Level+1 < len(line) && now.Sub(since) >= patience:
		a.Level, a.EscalatedAt = a.Level+1, now
		return told(now, g, a, Escalated, line[a.Level])
	case a.ToldCount > 0 && g.Count >= 10*a.ToldCount && !outage(g):
		return told(now, g, a, Tenfold, line[a.Level])
	case near(now, g.NextCutoff) && !g.NextCutoff.Equal(a.ToldCutoff):
		return told(now, g, a, CutoffDue, line[a.Level])
	}
	return a, nil
}

// outage tells whether a group grows by itself: all orders meet a system that is away,
// one after the other, and how many did so far is no news.
func outage(g Group) bool { return g.Kind == unavailable || g.Kind == credentials }

func told(now time.Time, g Group, a domain.Alert, why Occasion, to ...string) (domain.Alert, *Notice) {
	a.ToldCount = g.Count
	if near(now, g.NextCutoff) {
		a.ToldCutoff = g.NextCutoff // each message names the cut-off
	}
	a.Messages++
	return a, &Notice{Occasion: why, To: to, Alert: a}
}

func near(now, cutoff time.Time) bool {
	return !cutoff.IsZero() && cutoff.Sub(now) < cutoffNear
}

// end decides about a cause that nothing waits on. Everybody who was told of it is
// told that it is gone.
func end(now time.Time, s Settings, a domain.Alert) (domain.Alert, *Notice) {
	if !a.Open() {
		return a, nil
	}
	if a.GoneAt.IsZero() {
		a.GoneAt = now
	}
	if now.Sub(a.GoneAt) < s.Settle {
		return a, nil
	}
	line := s.Line(a.Owner)
	a.ClosedAt = now
	a.Messages++
	return a, &Notice{
		Occasion: Gone, To: line[:min(a.Level+1, len(line))], Alert: a,
		Group: Group{Key: a.Key, Cause: a.Key, Kind: a.Kind, Owner: a.Owner, Severity: a.Severity, Count: a.ToldCount},
	}
}
