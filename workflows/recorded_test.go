package workflows_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"

	"selvedge/workflows"
)

// recorded reads all recordings, by file.
func recorded(t *testing.T) map[string]*history.History {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(recordings, "*.json"))
	require.NoError(t, err)
	all := map[string]*history.History{}
	for _, file := range files {
		text, err := os.Open(file)
		require.NoError(t, err)
		read, err := client.HistoryFromJSON(text, client.HistoryJSONOptions{})
		require.NoError(t, err)
		require.NoError(t, text.Close())
		require.NotEmpty(t, read.GetEvents(), file)
		all[filepath.Base(file)] = read
	}
	return all
}

// TestEveryWorkflowHasARecordedHistory: a workflow without one may be changed so that its
// running ones stop, and no test would say so.
func TestEveryWorkflowHasARecordedHistory(t *testing.T) {
	t.Parallel()
	decided := map[string]int{} // recordings in which the workflow has done something
	for file, h := range recorded(t) {
		for _, e := range h.GetEvents() {
			if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
				decided[h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()]++
				break
			}
		}
		require.NotEmpty(t, h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName(), file)
	}
	types := workflows.Types()
	require.Contains(t, types, "OrderWorkflow", "or the names are not what is registered")
	for _, name := range types {
		require.NotZero(t, decided[name], "%s has no recorded history: record one of landed code, as %s/README.md says", name, recordings)
	}
}

// TestWhatRunsGoThroughIsRecorded: for each kind of thing that a long-lived run may do
// there is a recording that does it.
func TestWhatRunsGoThroughIsRecorded(t *testing.T) {
	t.Parallel()
	type wanted struct{ workflow, event string }
	missing := map[wanted]bool{}
	for _, w := range []wanted{
		{"OrderWorkflow", "WorkflowExecutionContinuedAsNew"},
		{"OrderWorkflow", "WorkflowExecutionUpdateAccepted"},
		{"OrderWorkflow", "StartChildWorkflowExecutionInitiated"},
		{"OrderWorkflow", "WorkflowExecutionCancelRequested"},
		{"OrderWorkflow", "TimerFired"},
		{"OrderWorkflow", "ActivityTaskFailed"},
		{"ReturnWorkflow", "WorkflowExecutionContinuedAsNew"},
		{"ReturnWorkflow", "WorkflowExecutionUpdateAccepted"},
		{"ReturnWorkflow", "TimerFired"},
		{"ReturnWorkflow", "ActivityTaskFailed"},
		{"ReturnWorkflow", "SignalExternalWorkflowExecutionInitiated"},
		{"ReturnWorkflow", "WorkflowExecutionCancelRequested"},
		{"OutageWorkflow", "ChildWorkflowExecutionCompleted"},
		{"OutageWorkflow", "TimerFired"},
		{"StockSyncWorkflow", "WorkflowExecutionSignaled"},
		{"StockSyncWorkflow", "WorkflowExecutionContinuedAsNew"},
	} {
		missing[w] = true
	}
	for _, h := range recorded(t) {
		kind := h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()
		for _, e := range h.GetEvents() {
			delete(missing, wanted{kind, e.GetEventType().String()})
		}
	}
	require.Empty(t, missing, "no recording does this")
}

// TestRecordingsNameNoMachineAndNobody keeps what a recorder's machine is called, and
// what looks like somebody's, out of the repository.
func TestRecordingsNameNoMachineAndNobody(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(recordings, "*.json"))
	require.NoError(t, err)
	identity := regexp.MustCompile(`"identity":\s*"([^"]*)"`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range identity.FindAllStringSubmatch(string(text), -1) {
			require.Contains(t, []string{"worker", "history-service", "temporal-system", ""}, m[1], "%s names a machine", file)
		}
		require.False(t, strings.Contains(string(text), "/root/") || strings.Contains(string(text), "/tmp/"), file)
	}
}
