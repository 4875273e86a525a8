package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/demo"
	"selvedge/internal/domain"
	"selvedge/internal/sampleday"
)

func TestTheShopGivesUnitsOnlyToOrdersThatWantSome(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		order         string
		wants, tracks bool
	}{
		"nothing allocated":             {`{"status":"CONFIRMED","lines":[{"quantity":1,"physical":true,"from":{}}]}`, true, false},
		"allocated in part":             {`{"status":"PROCESSING","lines":[{"quantity":3,"physical":true,"from":{"a":1,"b":1}}]}`, true, false},
		"allocated in two warehouses":   {`{"status":"CONFIRMED","lines":[{"quantity":2,"physical":true,"from":{"a":1,"b":1}}]}`, false, false},
		"a certificate has no stock":    {`{"status":"CONFIRMED","lines":[{"quantity":1,"physical":false,"from":{}}]}`, false, false},
		"cancelled":                     {`{"status":"CANCELLED","lines":[{"quantity":1,"physical":true,"from":{}}]}`, false, false},
		"shipped with its tracking":     {`{"status":"SHIPPED","shipments":[{"tracking":"T1","completedAt":"2026-03-03T10:00:00Z"}]}`, false, true},
		"one parcel without tracking":   {`{"status":"SHIPPED","shipments":[{"tracking":"T1","completedAt":"2026-03-03T10:00:00Z"},{"tracking":"","completedAt":"2026-03-03T10:00:00Z"}]}`, false, false},
		"a parcel not told to anybody":  {`{"status":"SHIPPED","shipments":[{"tracking":"T1","completedAt":null}]}`, false, false},
		"tracked and not whole shipped": {`{"status":"PROCESSING","shipments":[{"tracking":"T1","completedAt":"2026-03-03T10:00:00Z"}]}`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o shopOrder
			require.NoError(t, json.Unmarshal([]byte(tt.order), &o))
			require.Equal(t, tt.wants, o.wantsUnits())
			require.Equal(t, tt.tracks, o.tracked())
		})
	}
}

func TestTrackingThatCameInTimeLeavesNothingToWaitFor(t *testing.T) {
	t.Parallel()
	v := chooseVictims(1, []sampleday.PlannedOrder{{Store: "atelier", Number: "1", Planned: lateTracking, PlannedEnd: string(domain.NeedsAttention)}})
	closed := demo.Standing{Store: "atelier", Number: "1", Planned: lateTracking, PlannedEnd: string(domain.NeedsAttention), State: string(domain.Closed), Causes: []string{}}
	require.False(t, v.settled(closed))
	v.trackedInTime(domain.OrderID{Store: "atelier", Number: "1"})
	require.True(t, v.settled(closed))
	asked := closed
	asked.State, asked.Causes = string(domain.NeedsAttention), []string{lateTracking + ":atelier/1"}
	require.False(t, v.settled(asked), "and nobody may be asked then")
}
