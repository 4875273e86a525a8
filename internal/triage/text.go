package triage

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
)

// Text is a message in plain words, as free of personal data as the cause.
type Text struct {
	Subject  string
	Body     string
	Console  string
	Handbook string
}

// Write puts a notice into words. Console is the console's address, without a slash
// at the end; without one there are no links.
func Write(n Notice, console string, now time.Time) Text {
	g := n.Group
	kind, _ := exceptions.Lookup(g.Kind)
	t := Text{Subject: subject(n)}
	if console != "" {
		t.Console, t.Handbook = CausePage(console, g), console+"/handbook/"+url.PathEscape(kind.Handbook)
	}
	var lines []string
	line := func(label, value string) {
		if value != "" {
			lines = append(lines, label+": "+value)
		}
	}
	if n.Occasion == Gone {
		line("Over", fmt.Sprintf("nothing waits on it any more, %s after it was first told", span(now.Sub(n.Alert.OpenedAt))))
		line("Owner", g.Owner)
		line("Page", t.Console)
		t.Body = strings.Join(lines, "\n")
		return t
	}
	text := exceptions.Describe(domain.Question{Kind: g.Kind, Cause: g.Cause, Problems: firstProblem(g.Problems)})
	line("What", text.What)
	line("Waiting", waiting(g, now))
	line("At stake", Money(g.Money))
	line("Next cut-off", cutoffText(g.NextCutoff, now))
	line("Owner", g.Owner)
	if n.Occasion == Escalated {
		line("Handed on", fmt.Sprintf("to %s, because it has been open for %s", strings.Join(n.To, ", "), span(now.Sub(n.Alert.OpenedAt))))
	}
	line("Change", text.Change)
	line("Page", t.Console)
	line("Handbook", t.Handbook)
	t.Body = strings.Join(lines, "\n")
	return t
}

// firstProblem is what the text quotes: the others may be about other orders.
func firstProblem(problems []domain.Refusal) []domain.Refusal {
	return problems[:min(1, len(problems))]
}

// CausePage is where the console shows what waits on a cause, or everything of a kind.
func CausePage(console string, g Group) string {
	if g.Key == g.Kind {
		return console + "/exceptions?kind=" + url.QueryEscape(g.Kind)
	}
	return console + "/exceptions/cause?cause=" + url.QueryEscape(g.Cause)
}

func subject(n Notice) string {
	g := n.Group
	count := fmt.Sprintf("%d × %s", g.Count, g.Key)
	switch n.Occasion {
	case Gone:
		return "Closed: " + g.Key
	case Escalated:
		return fmt.Sprintf("Escalated to %s: %s", strings.Join(n.To, ", "), count)
	case Tenfold:
		return "Ten times as many: " + count
	case CutoffDue:
		return "Cut-off at " + g.NextCutoff.Format("15:04 MST") + ": " + count
	}
	if g.Severity == string(exceptions.Urgent) {
		return "Urgent: " + count
	}
	return "Waiting: " + count
}

func waiting(g Group, now time.Time) string {
	what := fmt.Sprintf("%d orders", g.Orders)
	switch g.Orders {
	case 0:
		what = "no order yet"
	case 1:
		what = "1 order"
	}
	return fmt.Sprintf("%s, the longest for %s", what, span(now.Sub(g.Oldest)))
}

// Money writes amounts by currency, such as 12.50 GBP, 90.00 SEK.
func Money(amounts map[string]int64) string {
	var parts []string
	for _, currency := range slices.Sorted(maps.Keys(amounts)) {
		if amounts[currency] != 0 {
			parts = append(parts, domain.Format(amounts[currency], currency))
		}
	}
	return strings.Join(parts, ", ")
}

func cutoffText(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s, in %s", at.Format("Monday 15:04 MST"), span(at.Sub(now)))
}

// span says how long, roughly.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
