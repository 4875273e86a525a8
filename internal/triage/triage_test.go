package triage_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
	"selvedge/internal/triage"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) // a Tuesday

const express = "unmapped:shipping-method:centra:Express Saver"

func rules() *mapping.Rules {
	cutoff := func(version int64, service, clock string) domain.Rule {
		return domain.Rule{Version: version, Table: domain.RuleCutoff, Warehouse: "north", From: service, To: clock, Extra: map[string]string{"timezone": "UTC"}}
	}
	return mapping.New([]domain.Rule{
		cutoff(1, "RM48", "17:00"), cutoff(2, "RM24", "14:00"),
		{Version: 3, Table: domain.RuleShippingMethod, Warehouse: "north", From: "Standard", To: "RM48"},
	})
}

// unmapped is n orders that wait for a rule, of 10 pounds each.
func unmapped(n int) domain.Held {
	return domain.Held{
		Cause: express, Kind: "unmapped:shipping-method", Owner: "ops", Severity: "hold", Count: n, Value: int64(n) * 1000, Currency: "GBP",
		Oldest: noon.Add(-time.Hour), Method: domain.Ref{Name: "Express Saver"}, Country: "GB", Warehouses: []string{"north"},
	}
}

func settings() triage.Settings {
	return triage.Settings{
		Settle:   time.Minute,
		Escalate: map[string]time.Duration{"urgent": 30 * time.Minute, "hold": 4 * time.Hour},
		Next:     map[string]string{"ops": "engineering", "engineering": "lead", "merchandising": "ops"},
	}
}

func TestGroupsByCauseWithMoneyAndTheNextCutoff(t *testing.T) {
	t.Parallel()
	standard := unmapped(2)
	standard.Cause, standard.Kind, standard.Method, standard.Severity = "unmapped:market:centra:Tokyo", "unmapped:market", domain.Ref{Name: "standard"}, "hold"
	krona := unmapped(1)
	krona.Currency, krona.Value, krona.Oldest = "SEK", 20000, noon.Add(-2*time.Hour)
	groups := triage.Groups([]domain.Held{standard, unmapped(3), krona}, nil, rules(), noon)
	require.Len(t, groups, 2)
	require.Equal(t, express, groups[0].Key, "its earliest cut-off counts, since nobody knows its service")
	require.Equal(t, noon.Add(2*time.Hour), groups[0].NextCutoff.UTC())
	require.Equal(t, 4, groups[0].Count)
	require.Equal(t, map[string]int64{"GBP": 3000, "SEK": 20000}, groups[0].Money)
	require.Equal(t, krona.Oldest, groups[0].Oldest)
	require.Equal(t, noon.Add(5*time.Hour), groups[1].NextCutoff.UTC(), "by its method's service")

	planned := unmapped(1)
	planned.Services = map[string]string{"north": "RM48"}
	at, ok := triage.NextCutoff(planned, rules(), noon)
	require.True(t, ok)
	require.Equal(t, noon.Add(5*time.Hour), at.UTC(), "what was planned beats what is mapped today")
}

func TestMoneyInDocumentsIsAtStakeOnce(t *testing.T) {
	t.Parallel()
	owed := domain.Held{Cause: "refund-due:atelier/1", Kind: "refund-due", Owner: "finance", Severity: "hold", System: "documents", Single: true, Count: 1, Value: 1000, Currency: "GBP", Oldest: noon}
	other := owed
	other.Cause, other.Value = "refund-due:atelier/2", 200
	groups := triage.Groups([]domain.Held{owed, other}, nil, rules(), noon)
	require.Len(t, groups, 1, "told by kind")
	require.Equal(t, map[string]int64{"GBP": 1200}, groups[0].Money)

	documents := unmapped(1)
	documents.System, documents.Value = "documents", 900
	groups = triage.Groups([]domain.Held{unmapped(1), documents}, nil, rules(), noon)
	require.Len(t, groups, 1)
	require.Equal(t, map[string]int64{"GBP": 1000}, groups[0].Money, "the same money waits in the order and in its documents")
}

func TestCausesOfSingleOrdersAreToldByKind(t *testing.T) {
	t.Parallel()
	short := func(order string) domain.Held {
		return domain.Held{Cause: "short-pick:" + order, Kind: "short-pick", Owner: "ops", Severity: "hold", Single: true, Count: 1, Oldest: noon}
	}
	groups := triage.Groups([]domain.Held{short("atelier/1:7"), short("atelier/2:9")}, nil, rules(), noon)
	require.Len(t, groups, 1)
	require.Equal(t, "short-pick", groups[0].Key)
	require.Equal(t, 2, groups[0].Count)
	require.True(t, groups[0].NextCutoff.IsZero())
}

func TestAnOutageIsOneMatter(t *testing.T) {
	t.Parallel()
	orders := domain.Held{Cause: "unavailable:centra", Kind: "unavailable", Owner: "engineering", Severity: "urgent", Count: 200, Value: 9, Currency: "GBP", Oldest: noon.Add(-time.Second)}
	refused := domain.Held{Cause: "credentials:centra", Kind: "credentials", System: "centra", Owner: "engineering", Severity: "urgent", Count: 1, Oldest: noon}
	away := refused
	away.Cause, away.Kind = "unavailable:centra", "unavailable"
	for name, tt := range map[string]struct {
		held []domain.Held
		told map[string]bool
		want string // key, or none
	}{
		"the orders of refused credentials belong to them":     {held: []domain.Held{orders, refused}, want: "credentials:centra"},
		"the orders of an outage belong to it":                 {held: []domain.Held{orders, away}, want: "unavailable:centra"},
		"young orders wait for their outage":                   {held: []domain.Held{orders}},
		"the last orders of a healed one do not make another":  {held: []domain.Held{orders}, told: map[string]bool{"credentials:centra": true}, want: "credentials:centra"},
		"orders that no outage speaks for are told in the end": {held: []domain.Held{aged(orders)}, want: "unavailable:centra"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			groups := triage.Groups(tt.held, tt.told, rules(), noon)
			if tt.want == "" {
				require.Empty(t, groups)
				return
			}
			require.Len(t, groups, 1)
			require.Equal(t, tt.want, groups[0].Key)
			require.Equal(t, 200, groups[0].Orders)
		})
	}
}

func aged(h domain.Held) domain.Held {
	h.Oldest = noon.Add(-3 * time.Minute)
	return h
}

// desk keeps what was told, as the store does.
type desk struct {
	s      triage.Settings
	alerts map[string]domain.Alert
}

func (d *desk) pass(now time.Time, held ...domain.Held) []triage.Notice {
	told, list := map[string]bool{}, []domain.Alert{}
	for _, a := range d.alerts {
		told[a.Key] = a.Open()
		list = append(list, a)
	}
	changed, notices := triage.Decide(now, d.s, triage.Groups(held, told, rules(), now), list)
	for _, a := range changed {
		d.alerts[a.Key] = a
	}
	return notices
}

func newDesk() *desk { return &desk{s: settings(), alerts: map[string]domain.Alert{}} }

func only(t *testing.T, notices []triage.Notice, why triage.Occasion, to ...string) triage.Notice {
	t.Helper()
	require.Len(t, notices, 1)
	require.Equal(t, why, notices[0].Occasion)
	require.Equal(t, to, notices[0].To)
	return notices[0]
}

func TestACauseIsToldOnceAndAgainOnlyForAReason(t *testing.T) {
	t.Parallel()
	d := newDesk()
	early := time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)
	held := func(n int) domain.Held { h := unmapped(n); h.Oldest = early; return h }
	require.Empty(t, d.pass(early.Add(30*time.Second), held(1)), "not before it has settled")
	only(t, d.pass(early.Add(time.Minute), held(2)), triage.Opened, "ops")
	require.Empty(t, d.pass(early.Add(2*time.Minute), held(19)), "more of the same is nothing new")
	only(t, d.pass(early.Add(3*time.Minute), held(20)), triage.Tenfold, "ops")
	require.Empty(t, d.pass(early.Add(4*time.Minute), held(199)), "ten times what was told last")
	only(t, d.pass(early.Add(5*time.Minute), held(200)), triage.Tenfold, "ops")

	only(t, d.pass(early.Add(4*time.Hour+time.Minute), held(200)), triage.Escalated, "engineering")
	require.Empty(t, d.pass(early.Add(4*time.Hour+2*time.Minute), held(200)))
	due := only(t, d.pass(early.Add(7*time.Hour+time.Minute), held(200)), triage.CutoffDue, "engineering")
	require.Equal(t, early.Add(8*time.Hour), due.Group.NextCutoff.UTC())
	require.Empty(t, d.pass(early.Add(7*time.Hour+30*time.Minute), held(200)), "each cut-off once")
	only(t, d.pass(early.Add(8*time.Hour+time.Minute), held(200)), triage.Escalated, "lead")
	require.Empty(t, d.pass(early.Add(9*time.Hour), held(200)), "nobody stands behind the last in line")
	only(t, d.pass(early.Add(10*time.Hour+time.Minute), held(200)), triage.CutoffDue, "lead")

	require.Empty(t, d.pass(early.Add(11*time.Hour)), "gone, and not yet for good")
	require.Empty(t, d.pass(early.Add(11*time.Hour+30*time.Second), held(3)), "it is back: nobody needs to know")
	require.Empty(t, d.pass(early.Add(12*time.Hour)))
	only(t, d.pass(early.Add(12*time.Hour+time.Minute)), triage.Gone, "ops", "engineering", "lead")
	require.Empty(t, d.pass(early.Add(13*time.Hour)), "it is told once")

	again := held(1)
	again.Oldest = early.Add(20 * time.Hour)
	n := only(t, d.pass(early.Add(21*time.Hour), again), triage.Opened, "ops")
	require.EqualValues(t, 2, n.Alert.Episode, "what comes back is told anew")
	require.Equal(t, 1, n.Alert.Messages)
}

func TestAnOutageThatMoreOrdersMeetIsNoNews(t *testing.T) {
	t.Parallel()
	d := newDesk()
	system := domain.Held{Cause: "credentials:centra", Kind: "credentials", System: "centra", Owner: "engineering", Severity: "urgent", Count: 1, Oldest: noon}
	orders := domain.Held{Cause: "unavailable:centra", Kind: "unavailable", Owner: "engineering", Severity: "urgent", Count: 1, Oldest: noon}
	only(t, d.pass(noon.Add(time.Minute), system, orders), triage.Opened, "engineering")
	orders.Count = 5000
	require.Empty(t, d.pass(noon.Add(2*time.Minute), system, orders))
}

func TestWhatIsUrgentIsHandedOnSooner(t *testing.T) {
	t.Parallel()
	d := newDesk()
	h := unmapped(1)
	h.Warehouses = nil
	only(t, d.pass(noon, h), triage.Opened, "ops")
	require.Empty(t, d.pass(noon.Add(31*time.Minute), h))
	h.Severity = "urgent"
	only(t, d.pass(noon.Add(32*time.Minute), h), triage.Escalated, "engineering")
	d.s.Escalate = nil
	require.Empty(t, d.pass(noon.Add(99*time.Hour), h), "without a setting it stays where it is")
}

func TestALineNeverComesBackToWhereItWas(t *testing.T) {
	t.Parallel()
	s := triage.Settings{Next: map[string]string{"ops": "finance", "finance": "ops"}}
	require.Equal(t, []string{"ops", "finance"}, s.Line("ops"))
	require.Equal(t, []string{"lead"}, s.Line("lead"))
}

// TestAPassRepeatedSaysNothingMore is what keeps two processes from telling twice.
func TestAPassRepeatedSaysNothingMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, now := newDesk(), noon
		d.s.Settle = rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, "settle")
		open := 0
		for range rapid.IntRange(1, 20).Draw(t, "passes") {
			now = now.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "minutes")) * time.Minute)
			var held []domain.Held
			if n := rapid.IntRange(0, 300).Draw(t, "orders"); n > 0 {
				h := unmapped(n)
				h.Severity = rapid.SampledFrom([]string{"notice", "hold", "urgent"}).Draw(t, "severity")
				held = append(held, h)
			}
			for _, n := range d.pass(now, held...) {
				switch n.Occasion {
				case triage.Opened:
					open++
				case triage.Gone:
					open--
				}
				require.NotEmpty(t, n.To)
			}
			require.Contains(t, []int{0, 1}, open, "every closing has its opening")
			require.Empty(t, d.pass(now, held...))
		}
	})
}

func TestOrdersAreRankedByCutoffThenMissedThenSeverityThenMoney(t *testing.T) {
	t.Parallel()
	order := func(number, service, severity, currency string, value int64, since time.Duration) domain.HeldOrder {
		return domain.HeldOrder{Order: domain.OrderID{Store: "atelier", Number: number}, Held: domain.Held{
			Cause: "c" + number, Kind: "k", Owner: "ops", Severity: severity, Count: 1, Value: value, Currency: currency, Oldest: noon.Add(-since),
			Warehouses: []string{"north"}, Services: map[string]string{"north": service},
		}}
	}
	second := order("3", "RM24", "hold", "GBP", 100, time.Hour)
	second.Cause, second.Owner = "another", "finance"
	list := triage.Rank([]domain.HeldOrder{
		order("1", "NONE", "urgent", "GBP", 600, time.Hour),
		order("2", "RM48", "urgent", "GBP", 500, time.Hour),
		order("3", "RM24", "hold", "GBP", 100, time.Hour), second,
		order("4", "RM24", "hold", "GBP", 900, time.Hour),
		order("5", "RM24", "hold", "JPY", 9000, time.Hour),
		order("6", "RM24", "hold", "JPY", 90, time.Hour),
		order("7", "RM24", "hold", "GBP", 1, 30*time.Hour),
		order("8", "RM24", "urgent", "GBP", 1, time.Hour),
	}, rules(), noon)
	var numbers []string
	for _, w := range list {
		numbers = append(numbers, w.Order.Number)
	}
	require.Equal(t, []string{"7", "8", "4", "5", "3", "6", "2", "1"}, numbers)
	require.True(t, list[0].Missed, "it missed yesterday's")
	require.False(t, list[1].Missed)
	require.Equal(t, []string{"another", "c3"}, list[4].Causes)
	require.Equal(t, []string{"finance", "ops"}, list[4].Owners)
	require.True(t, list[7].NextCutoff.IsZero())
}

func TestAMessageSaysWhatAPersonNeeds(t *testing.T) {
	t.Parallel()
	h := unmapped(25)
	h.Problems = []domain.Refusal{{Value: "Express Saver", Message: "no rule for it"}}
	d := newDesk()
	n := only(t, d.pass(noon, h), triage.Opened, "ops")
	text := triage.Write(n, "https://selvedge.example", noon)
	require.Equal(t, "Waiting: 25 × "+express, text.Subject)
	for _, part := range []string{
		"25 orders, the longest for 60 minutes", "250.00 GBP", "Tuesday 14:00 UTC, in 2 hours", "Owner: ops", `"Express Saver"`,
		"https://selvedge.example/handbook/unmapped-shipping-method", "Add a shipping-method rule",
	} {
		require.Contains(t, text.Body, part)
	}
	require.Equal(t, "https://selvedge.example/exceptions/cause?cause=unmapped%3Ashipping-method%3Acentra%3AExpress+Saver", text.Console)
	require.Contains(t, text.Body, text.Console)

	plain := triage.Write(n, "", noon)
	require.Empty(t, plain.Console)
	require.NotContains(t, plain.Body, "Page:")

	d.pass(noon.Add(time.Hour))
	gone := only(t, d.pass(noon.Add(2*time.Hour)), triage.Gone, "ops")
	closing := triage.Write(gone, "https://selvedge.example", noon.Add(2*time.Hour))
	require.Equal(t, "Closed: "+express, closing.Subject)
	require.Contains(t, closing.Body, "2 hours after it was first told")
}

func TestEveryOccasionHasItsOwnSubject(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, why := range []triage.Occasion{triage.Opened, triage.Escalated, triage.Tenfold, triage.CutoffDue, triage.Gone} {
		text := triage.Write(triage.Notice{Occasion: why, To: []string{"lead"}, Group: triage.Group{Key: "gap", Kind: "gap", Count: 3, Oldest: noon, NextCutoff: noon}}, "https://x", noon)
		require.False(t, seen[text.Subject], text.Subject)
		seen[text.Subject] = true
		require.Contains(t, text.Subject, "gap")
		require.Equal(t, "https://x/exceptions?kind=gap", text.Console)
	}
	require.Len(t, seen, 5, fmt.Sprint(seen))
}
