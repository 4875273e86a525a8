package endtoend_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"selvedge/internal/contract"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/watch"
	"selvedge/workflows"
)

// countTold counts the alerts whose text holds all parts.
func countTold(in *inbox, parts ...string) int {
	n := 0
texts:
	for _, text := range in.all() {
		for _, part := range parts {
			if !strings.Contains(text, part) {
				continue texts
			}
		}
		n++
	}
	return n
}

// TestAScheduleThatOnlyFailsIsToldByWhoeverServes: the token is refused, so that every
// run of the schedule fails; the alert goes out through serve's own hand, once, and is
// closed when a run succeeds.
func TestAScheduleThatOnlyFailsIsToldByWhoeverServes(t *testing.T) {
	t.Parallel()
	w, in := openForAlerts(t, map[string]string{"SELVEDGE_COVERAGE_EVERY": "1s", "SELVEDGE_ALERT_EVERY": "1h"})
	token := func(revoked bool) {
		require.NoError(t, w.shop.Seed(centra.Seed{Tokens: []centra.SeedToken{{Token: shopToken, Integration: "selvedge", Revoked: revoked}}}))
	}
	token(true)
	_, err := w.parts.ApplySchedules(t.Context(), w.client)
	require.NoError(t, err)
	seen := w.parts.Watch(w.client)
	require.Contains(t, seen.Schedules, watch.Schedule{ID: contract.CoverageScheduleID, Every: time.Second})
	require.Contains(t, seen.Schedules, watch.Schedule{ID: contract.AlertScheduleID, Every: time.Hour})
	eventually(t, "the failing schedule is told", func() bool {
		require.NoError(t, seen.Look(t.Context()))
		return countTold(in, "Urgent", "schedule-stalled:coverage") > 0
	})
	for range 5 {
		require.NoError(t, seen.Look(t.Context()))
	}
	require.Equal(t, 1, countTold(in, "schedule-stalled:coverage"))
	require.Equal(t, 1, countTold(in, "schedule-stalled:coverage", "its last run failed", "Owner: engineering"))
	require.Zero(t, countTold(in, "queue-unpolled"), "all queues are polled")
	require.Zero(t, countTold(in, "schedule-stalled:alerts"), "an hour is not over")

	token(false)
	eventually(t, "it is told to be over", func() bool {
		require.NoError(t, seen.Look(t.Context()))
		return countTold(in, "Closed: schedule-stalled:coverage") == 1
	})
}

func TestAQueueThatNoWorkerPollsIsTold(t *testing.T) {
	t.Parallel()
	w, in := openForAlerts(t, nil)
	seen := w.parts.Watch(w.client)
	seen.Schedules, seen.Queues = nil, append(seen.Queues, "forgotten")
	eventually(t, "the queue without a worker is told", func() bool {
		require.NoError(t, seen.Look(t.Context()))
		return countTold(in, "queue-unpolled:forgotten", "worker --queues forgotten") == 1
	})
	require.Len(t, in.all(), 1, "the others are polled")
	one := worker.New(w.client, "forgotten", worker.Options{})
	workflows.Register(one)
	require.NoError(t, one.Start())
	t.Cleanup(one.Stop)
	eventually(t, "it is told to be over", func() bool {
		require.NoError(t, seen.Look(t.Context()))
		return countTold(in, "Closed: queue-unpolled:forgotten") == 1
	})
}
