package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/testsuite"
)

func TestAHistoryIsCountedAsItIsBilled(t *testing.T) {
	t.Parallel()
	event := func(kind enums.EventType) *history.HistoryEvent { return &history.HistoryEvent{EventType: kind} }
	marker := func(task int64) *history.HistoryEvent {
		return &history.HistoryEvent{EventType: enums.EVENT_TYPE_MARKER_RECORDED, Attributes: &history.HistoryEvent_MarkerRecordedEventAttributes{
			MarkerRecordedEventAttributes: &history.MarkerRecordedEventAttributes{WorkflowTaskCompletedEventId: task},
		}}
	}
	attempt := func(n int32) *history.HistoryEvent {
		return &history.HistoryEvent{EventType: enums.EVENT_TYPE_ACTIVITY_TASK_STARTED, Attributes: &history.HistoryEvent_ActivityTaskStartedEventAttributes{
			ActivityTaskStartedEventAttributes: &history.ActivityTaskStartedEventAttributes{Attempt: n},
		}}
	}
	for name, tt := range map[string]struct {
		events []*history.HistoryEvent
		want   tally
	}{
		"a signal-with-start is two": {
			[]*history.HistoryEvent{event(enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED), event(enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)},
			tally{Signals: 1, actions: 2, events: 2},
		},
		"each try of an activity counts": {
			[]*history.HistoryEvent{event(enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED), attempt(3)},
			tally{Activities: 1, actions: 3, events: 2},
		},
		"local activities of one task are one": {[]*history.HistoryEvent{marker(4), marker(4), marker(9)}, tally{Locals: 3, actions: 2, events: 3}},
		"a child is two":                       {[]*history.HistoryEvent{event(enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED)}, tally{actions: 2, events: 1}},
		"timers, upserts and updates are one each": {
			[]*history.HistoryEvent{event(enums.EVENT_TYPE_TIMER_STARTED), event(enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES), event(enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED)},
			tally{Timers: 1, Upserts: 1, actions: 3, events: 3},
		},
		"tasks cost nothing": {[]*history.HistoryEvent{event(enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED), attempt(1)}, tally{events: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tallyOf(tt.events))
		})
	}
}

func TestTheFloorDoesAsMuchAsItIsTold(t *testing.T) {
	t.Parallel()
	for _, in := range []bareInput{{Activities: 2, Locals: 3, Signals: 1}, {Activities: 3, Locals: 5, Signals: 2}, {Activities: 1, Locals: 1}} {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestWorkflowEnvironment()
		activities := &bareActivities{}
		env.RegisterActivity(activities)
		done := tally{}
		env.OnActivity(activities.BareLook, mock.Anything).Return(func(context.Context) error { done.Locals++; return nil })
		tell := func() {
			env.RegisterDelayedCallback(func() { done.Signals++; env.SignalWorkflow(bareSignal, nil) }, time.Second)
		}
		env.OnActivity(activities.BareStep, mock.Anything, bareStep{Signal: true}).Return(func(context.Context, bareStep) error { done.Activities++; tell(); return nil })
		env.OnActivity(activities.BareStep, mock.Anything, bareStep{}).Return(func(context.Context, bareStep) error { done.Activities++; return nil })
		env.ExecuteWorkflow(Bare, in)
		require.NoError(t, env.GetWorkflowError(), in)
		require.Equal(t, tally{Activities: in.Activities, Locals: in.Locals, Signals: in.Signals}, done)
	}
}

func TestSharesAddUp(t *testing.T) {
	t.Parallel()
	for n := range 9 {
		for phases := 1; phases < 5; phases++ {
			sum := 0
			for phase := range phases {
				sum += share(n, phase, phases)
			}
			require.Equal(t, n, sum, "%d over %d", n, phases)
		}
	}
}

func TestTheTableSaysWhatMissedItsGoal(t *testing.T) {
	t.Parallel()
	text := table([]figure{
		promise("actions", 11, 12, "actions"), promise("too many", 13, 12, "actions"),
		{what: "slow", measured: "1 /s", floor: "2 /s", ratio: 0.5, goal: atLeast(0.7)},
		{what: "no goal", measured: "3", floor: "1", ratio: 3},
	})
	require.Regexp(t, `(?m)^actions +11 actions +12 promised +0\.92 +≤ 1\.00\s*$`, text)
	require.Regexp(t, `(?m)^too many .* missed$`, text)
	require.Regexp(t, `(?m)^slow .*≥ 0\.70 +missed$`, text)
	require.Regexp(t, `(?m)^no goal +3 +1 +3\.00\s*$`, text)
}

func TestPercentiles(t *testing.T) {
	t.Parallel()
	var times []time.Duration
	for n := 100; n > 0; n-- {
		times = append(times, time.Duration(n))
	}
	require.EqualValues(t, 51, percentile(times, 50))
	require.EqualValues(t, 96, percentile(times, 95))
	require.EqualValues(t, 7, percentile([]time.Duration{7}, 95))
	require.Zero(t, percentile(nil, 50))
}

func TestSettingsOfTheBenchAreChecked(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	set := map[string]string{"BENCH_ROWS": "cost,speed", "BENCH_ORDERS": "few", "BENCH_OPEN": "1000,1", "BENCH_REFERENCE": "fast", "BENCH_BIN": bin}
	_, err := fromEnvironment(func(name string) string { return set[name] })
	for _, want := range []string{`"speed"`, `BENCH_ORDERS holds "few"`, `BENCH_REFERENCE holds "fast"`, "BENCH_OPEN", "no worker in " + bin} {
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, os.WriteFile(filepath.Join(bin, "worker"), nil, 0o600))
	set = map[string]string{"BENCH_ROWS": "cost", "BENCH_OPEN": "5000,1000", "BENCH_REFERENCE": "6.9", "BENCH_BIN": bin}
	o, err := fromEnvironment(func(name string) string { return set[name] })
	require.NoError(t, err)
	require.Equal(t, options{rows: []string{"cost"}, orders: 200, items: 1_000_000, beyond: 20_000, reference: 6.9, open: []int{1000, 5000}, bin: bin, recordings: recordings}, o)
}
