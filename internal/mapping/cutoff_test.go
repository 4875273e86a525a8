package mapping_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

func cutoffRule(version int64, warehouse, service, clock, zone, days string) domain.Rule {
	return domain.Rule{Version: version, Table: domain.RuleCutoff, Warehouse: warehouse, From: service, To: clock, Extra: map[string]string{"timezone": zone, "days": days}}
}

func TestACutoffInANightInWhichTheClockChanges(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ clock, zone, days, now, want string }{
		"over a weekend into winter's hour":          {"12:00", "Europe/London", "mon-fri", "2026-10-23T15:00:00Z", "2026-10-26T12:00:00Z"},
		"over a weekend into summer's hour":          {"12:00", "Europe/London", "mon-fri", "2026-03-27T15:00:00Z", "2026-03-30T11:00:00Z"},
		"skipped by the clock: at the jump":          {"01:30", "Europe/London", "", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"},
		"skipped at midnight: at the jump":           {"00:30", "Asia/Amman", "sun-fri", "2016-03-31T12:00:00Z", "2016-03-31T22:00:00Z"},
		"twice in one night: the first of the two":   {"01:30", "Europe/London", "", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		"twice around midnight: the first":           {"00:30", "Asia/Amman", "", "2016-10-27T12:00:00Z", "2016-10-27T21:30:00Z"},
		"between the two of one night: the next day": {"01:30", "Europe/London", "", "2026-10-25T00:45:00Z", "2026-10-26T01:30:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse(time.RFC3339, tt.now)
			require.NoError(t, err)
			at, miss := mapping.New([]domain.Rule{cutoffRule(1, north, "RM24", tt.clock, tt.zone, tt.days)}).Cutoff(north, "RM24", now)
			require.Nil(t, miss)
			require.Equal(t, tt.want, at.UTC().Format(time.RFC3339))
		})
	}
}

func TestACutoffLiesAheadOnAWorkingDayAndIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"Europe/London", "Asia/Amman", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia", "UTC"}).Draw(t, "zone")
		clock := rapid.SampledFrom([]string{"00:00", "00:30", "01:30", "02:15", "12:00", "23:59"}).Draw(t, "clock")
		now := time.Unix(rapid.Int64Range(1_000_000_000, 2_000_000_000).Draw(t, "now"), 0)
		rules := mapping.New([]domain.Rule{cutoffRule(1, north, "RM24", clock, zone, "mon-fri")})
		next, miss := rules.Cutoff(north, "RM24", now)
		require.Nil(t, miss)
		location, err := time.LoadLocation(zone)
		require.NoError(t, err)
		require.True(t, next.After(now))
		require.LessOrEqual(t, next.Sub(now), 5*24*time.Hour, "never further than over a weekend, and a day that a zone left out")
		require.NotContains(t, []time.Weekday{time.Saturday, time.Sunday}, next.In(location).Weekday())
		again, _ := rules.Cutoff(north, "RM24", next.Add(-time.Second))
		require.True(t, again.Equal(next), "seen from just before it is the same")
	})
}

func TestTheEarliestCutoffOfAWarehouse(t *testing.T) {
	t.Parallel()
	rules := mapping.New([]domain.Rule{
		cutoffRule(1, north, "RM24", "16:30", "UTC", ""), cutoffRule(2, north, "DPDND", "12:00", "UTC", ""),
		cutoffRule(3, "elsewhere", "RM24", "06:00", "UTC", ""), cutoffRule(4, north, "BAD", "noon", "UTC", ""),
	})
	at, ok := rules.EarliestCutoff(north, time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC))
	require.True(t, ok)
	require.Equal(t, time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), at.UTC())
	at, ok = rules.EarliestCutoff(north, time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC))
	require.True(t, ok)
	require.Equal(t, time.Date(2026, 11, 24, 16, 30, 0, 0, time.UTC), at.UTC(), "what is past today is not the next")
	_, ok = rules.EarliestCutoff("nowhere", time.Time{})
	require.False(t, ok)
}
