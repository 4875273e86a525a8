package endtoend_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/sdk/v1"
	"google.golang.org/protobuf/proto"
)

// requireNobodyNamed searches everything that an operator could read in a world for
// the words of its customers: histories, memos, search attributes, summaries and
// details of all workflows, all logs, and every table of the store.
func (w *world) requireNobodyNamed(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	readable := map[string]string{"logs": w.readLogs()}
	w.readWorkflows(ctx, t, readable)
	w.readTables(ctx, t, readable)
	w.mu.Lock()
	numbers := w.numbers
	w.mu.Unlock()
	words := []string{leakedWord, "+447400999999"}
	for _, n := range numbers {
		words = append(words, secrets(n)...)
	}
	for where, text := range readable {
		for _, word := range words {
			if at := strings.Index(text, word); at >= 0 {
				require.Fail(t, "a customer is named", "%q stands in %s: …%q", word, where, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
}

func (w *world) readLogs() string {
	var b strings.Builder
	for _, e := range w.logs.All() {
		fmt.Fprintf(&b, "%s %v\n", e.Message, e.ContextMap())
	}
	return b.String()
}

func (w *world) readWorkflows(ctx context.Context, t *testing.T, into map[string]string) {
	t.Helper()
	executions, err := w.executions(ctx)
	require.NoError(t, err)
	for _, d := range executions {
		id, run := d.GetWorkflowExecutionInfo().GetExecution().GetWorkflowId(), d.GetWorkflowExecutionInfo().GetExecution().GetRunId()
		// Payloads stand as they are in the binary form, and in base64 in the JSON one.
		described, err := proto.Marshal(d)
		require.NoError(t, err)
		into["description of "+id+" "+run] = string(described)
		var all strings.Builder
		iter := w.client.GetWorkflowHistory(ctx, id, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for iter.HasNext() {
			event, err := iter.Next()
			require.NoError(t, err)
			raw, err := proto.Marshal(event)
			require.NoError(t, err)
			all.Write(raw)
		}
		into["history of "+id+" "+run] = all.String()
		if !strings.HasPrefix(id, "order/") || len(w.workers) == 0 {
			continue
		}
		answer, err := w.client.QueryWorkflow(ctx, id, run, "__temporal_workflow_metadata")
		require.NoError(t, err, "%s", id)
		var metadata sdk.WorkflowMetadata
		require.NoError(t, answer.Get(&metadata))
		into["details of "+id+" "+run] = metadata.GetCurrentDetails() + metadata.String()
	}
}

// readTables reads every row; what is sealed cannot be read and holds nothing readable.
func (w *world) readTables(ctx context.Context, t *testing.T, into map[string]string) {
	t.Helper()
	db, err := pgx.Connect(ctx, w.parts.Config.DatabaseURL)
	require.NoError(t, err)
	defer func() { _ = db.Close(ctx) }()
	rows, err := db.Query(ctx, "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_schema = 'selvedge' AND table_type = 'BASE TABLE'")
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Contains(t, tables, "selvedge.facts")
	for _, table := range tables {
		rows, err := db.Query(ctx, "SELECT t::text FROM "+table+" t")
		require.NoError(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		into["table "+table] = strings.Join(lines, "\n")
	}
}
