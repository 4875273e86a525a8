package watch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/watch"
)

// night is a Temporal and a store whose answers a test sets, with a clock of its own.
type night struct {
	now      time.Time
	runs     map[string]watch.Runs
	polled   map[string]time.Time
	away     error
	storeErr error

	open   map[string]ports.ExceptionRecord
	opened []string // in order, each time
	raised int
	told   []domain.AlertMessage
}

func (n *night) Runs(_ context.Context, id string) (watch.Runs, error) { return n.runs[id], n.away }

func (n *night) Polled(_ context.Context, queue string) (time.Time, error) {
	return n.polled[queue], n.away
}

func (n *night) Ping(context.Context) error { return n.storeErr }

func (n *night) OpenSystemException(_ context.Context, e ports.ExceptionRecord) error {
	if _, known := n.open[e.Cause]; !known {
		n.open[e.Cause] = e
		n.opened = append(n.opened, e.Cause)
	}
	return nil
}

func (n *night) ResolveSystemException(_ context.Context, _, cause, _ string, _ time.Time) error {
	delete(n.open, cause)
	return nil
}

var dusk = time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC)

func begin() (*night, *watch.Watch) {
	n := &night{
		now: dusk, runs: map[string]watch.Runs{"stock/north": {CreatedAt: dusk.Add(-24 * time.Hour), LastSuccess: dusk}},
		polled: map[string]time.Time{"orders": dusk}, open: map[string]ports.ExceptionRecord{},
	}
	return n, &watch.Watch{
		Temporal: n, Store: n, Schedules: []watch.Schedule{{ID: "stock/north", Every: 5 * time.Minute}}, Queues: []string{"orders"},
		Clock: func() time.Time { return n.now }, Idle: 2 * time.Minute,
		Raise: func(context.Context) error { n.raised++; return nil },
		Tell:  func(_ context.Context, m domain.AlertMessage) error { n.told = append(n.told, m); return nil },
		Log:   func(string, ...any) {},
	}
}

func TestAScheduleThatFailsAllNightIsOneExceptionUntilItSucceeds(t *testing.T) {
	t.Parallel()
	n, w := begin()
	const cause = "schedule-stalled:stock/north"
	var since time.Time
	for minute := range 12 * 60 {
		n.now = dusk.Add(time.Duration(minute) * time.Minute)
		n.polled["orders"] = n.now
		r := n.runs["stock/north"]
		r.LastEnd = "failed"
		n.runs["stock/north"] = r
		require.NoError(t, w.Look(t.Context()))
		if _, open := n.open[cause]; open && since.IsZero() {
			since = n.now
		}
	}
	require.Equal(t, dusk.Add(17*time.Minute), since, "more than three intervals, and seen twice")
	require.Equal(t, []string{cause}, n.opened, "once")
	e := n.open[cause]
	require.Equal(t, "engineering", e.Owner)
	require.Equal(t, "urgent", e.Severity)
	require.Equal(t, "stock/north runs every 5m0s and has had no success since 2026-11-20 20:00:00 UTC; its last run failed", e.Problems[0].Message)
	require.Positive(t, n.raised, "people are told without a worker")

	n.runs["stock/north"] = watch.Runs{LastSuccess: n.now, LastEnd: "completed"}
	before := n.raised
	require.NoError(t, w.Look(t.Context()))
	require.Empty(t, n.open, "it closes by itself")
	require.Equal(t, before+1, n.raised)
	require.NoError(t, w.Look(t.Context()))
	require.Equal(t, before+1, n.raised, "while all is well there is nothing to say")
}

func TestWhatIsSaidOfASchedule(t *testing.T) {
	t.Parallel()
	old := dusk.Add(-time.Hour)
	for name, tt := range map[string]struct {
		runs watch.Runs
		want string // part of the message; empty when it is well
	}{
		"a success lately":             {runs: watch.Runs{CreatedAt: old, LastSuccess: dusk.Add(-15 * time.Minute)}},
		"made a moment ago":            {runs: watch.Runs{CreatedAt: dusk.Add(-time.Minute)}},
		"never a success":              {runs: watch.Runs{CreatedAt: old, LastEnd: "ran out of time"}, want: "its last run ran out of time"},
		"runs that never end":          {runs: watch.Runs{CreatedAt: old}, want: "no run of it has ended"},
		"paused and forgotten":         {runs: watch.Runs{CreatedAt: old, LastSuccess: old, Paused: true, Note: "stock take"}, want: "it is paused (stock take)"},
		"not there":                    {runs: watch.Runs{Missing: true}, want: "starter schedules apply"},
		"a failure after a success":    {runs: watch.Runs{CreatedAt: old, LastSuccess: dusk.Add(-time.Minute), LastEnd: "failed"}},
		"the last success is too long": {runs: watch.Runs{CreatedAt: old, LastSuccess: dusk.Add(-16 * time.Minute), LastEnd: "completed"}, want: "no success since"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, w := begin()
			n.runs["stock/north"] = tt.runs
			require.NoError(t, w.Look(t.Context()))
			require.Empty(t, n.open, "one look is no proof")
			require.NoError(t, w.Look(t.Context()))
			if tt.want == "" {
				require.Empty(t, n.open)
				return
			}
			require.Contains(t, n.open["schedule-stalled:stock/north"].Problems[0].Message, tt.want)
		})
	}
}

func TestAQueueThatNobodyPollsIsToldAndClosesByItself(t *testing.T) {
	t.Parallel()
	n, w := begin()
	n.now = dusk.Add(3 * time.Minute)
	for range 3 {
		require.NoError(t, w.Look(t.Context()))
	}
	require.Contains(t, n.open["queue-unpolled:orders"].Problems[0].Message, "worker --queues orders")
	n.polled["orders"] = n.now
	require.NoError(t, w.Look(t.Context()))
	require.Empty(t, n.open)
}

func TestWhatAnotherProcessOpenedIsClosedToo(t *testing.T) {
	t.Parallel()
	n, w := begin()
	n.open["queue-unpolled:orders"] = ports.ExceptionRecord{}
	require.NoError(t, w.Look(t.Context()))
	require.Empty(t, n.open)
}

func TestTemporalBeingAwayIsOneMatterAndSaysNothingOfSchedules(t *testing.T) {
	t.Parallel()
	n, w := begin()
	n.away = errors.New("connection refused")
	n.now = dusk.Add(time.Hour)
	for range 3 {
		require.Error(t, w.Look(t.Context()))
	}
	require.Equal(t, []string{"unavailable:temporal"}, n.opened)
	n.away, n.runs["stock/north"], n.polled["orders"] = nil, watch.Runs{LastSuccess: n.now}, n.now
	require.NoError(t, w.Look(t.Context()))
	require.Empty(t, n.open)
}

func TestTheStoreBeingAwayIsToldDirectlyOnce(t *testing.T) {
	t.Parallel()
	n, w := begin()
	n.storeErr = errors.New("connection refused")
	for range 5 {
		require.Error(t, w.Look(t.Context()))
	}
	require.Len(t, n.told, 1)
	require.Equal(t, "engineering", n.told[0].Receiver)
	n.storeErr = nil
	require.NoError(t, w.Look(t.Context()))
	require.Len(t, n.told, 2)
	require.Equal(t, "Closed: unavailable:store", n.told[1].Subject)
	require.NotEqual(t, n.told[0].Dedupe, n.told[1].Dedupe)

	n.storeErr = errors.New("a hiccup")
	require.Error(t, w.Look(t.Context()))
	n.storeErr = nil
	require.NoError(t, w.Look(t.Context()))
	require.Len(t, n.told, 2, "a hiccup is nobody's matter")
}
