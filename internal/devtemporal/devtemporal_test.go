package devtemporal_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"selvedge/internal/devtemporal"
)

// bounded gives a test its time: minutes for a cold build of the server,
// seconds for all the rest.
func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func start(t *testing.T, db string) *devtemporal.Server {
	server, err := devtemporal.Start(bounded(t), devtemporal.Options{DB: db, Log: t.Output()})
	require.NoError(t, err)
	t.Cleanup(func() { // an orderly end, which removes a temporary database
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_ = server.Stop(ctx)
	})
	return server
}

func dial(t *testing.T, server *devtemporal.Server) client.Client {
	c, err := client.DialContext(bounded(t), client.Options{HostPort: server.Address, Namespace: server.Namespace})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestServerIsReadyForOrders(t *testing.T) {
	t.Parallel()
	ctx := bounded(t)
	server := start(t, "")
	c := dial(t, server)

	ns, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: server.Namespace})
	require.NoError(t, err)
	require.Equal(t, "default", ns.GetNamespaceInfo().GetName())
	require.Equal(t, 7*24*time.Hour, ns.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration())

	listed, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: server.Namespace})
	require.NoError(t, err)
	require.Equal(t, map[string]enumspb.IndexedValueType{
		"OrderState":  enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Store":       enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Market":      enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Warehouse":   enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"OrderNumber": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"Cause":       enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		"Owner":       enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
		"HeldSince":   enumspb.INDEXED_VALUE_TYPE_DATETIME,
		"CutoffAt":    enumspb.INDEXED_VALUE_TYPE_DATETIME,
	}, listed.GetCustomAttributes())

	require.NoError(t, server.Stop(ctx), "a clean stop ends with exit code 0")
	require.NoDirExists(t, filepath.Dir(server.DB), "a clean stop removes the temporary database")
}

func TestWebUIOffersOnlyAnswers(t *testing.T) {
	t.Parallel()
	server := start(t, "")
	require.Contains(t, string(get(t, server.WebUI+"/")), "<!doctype html>")

	var settings map[string]any
	require.NoError(t, json.Unmarshal(get(t, server.WebUI+"/api/v1/settings"), &settings))
	require.Equal(t, "2.55.0", settings["Version"])
	for flag, want := range map[string]bool{
		"WorkflowCancelDisabled": true, "WorkflowTerminateDisabled": true, "WorkflowResetDisabled": true,
		"WorkflowPauseDisabled": true, "ActivityCommandsDisabled": true, "BatchActionsDisabled": true,
		"WorkflowSignalDisabled": false, "WorkflowUpdateDisabled": false, "DisableWriteActions": false,
	} {
		require.Equal(t, want, settings[flag], flag)
	}
}

func get(t *testing.T, url string) []byte {
	request, err := http.NewRequestWithContext(bounded(t), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode, url)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return body
}

func TestWorkflowsSurviveAKill(t *testing.T) {
	t.Parallel()
	ctx := bounded(t)
	db := filepath.Join(t.TempDir(), "temporal.db")

	first := start(t, db)
	order := client.StartWorkflowOptions{ID: "order/se/1001", TaskQueue: "orders"}
	run, err := dial(t, first).ExecuteWorkflow(ctx, order, "OrderWorkflow")
	require.NoError(t, err)
	require.NoError(t, first.Kill())
	require.Error(t, first.Stop(ctx), "a killed server did not end well")

	second := start(t, db)
	require.NotEqual(t, first.PID, second.PID)
	c := dial(t, second)
	found, err := c.DescribeWorkflowExecution(ctx, order.ID, "")
	require.NoError(t, err)
	require.Equal(t, run.GetRunID(), found.GetWorkflowExecutionInfo().GetExecution().GetRunId())
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, found.GetWorkflowExecutionInfo().GetStatus())

	// A schedule runs on the server's own worker, which must find the frontend
	// although it listens on another port than the one in the database.
	_, err = c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: "intake/se", TriggerImmediately: true,
		Spec:   client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: 24 * time.Hour}}},
		Action: &client.ScheduleWorkflowAction{ID: "intake/se", Workflow: "IntakeWorkflow", TaskQueue: "orders"},
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		list, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: `WorkflowType = "IntakeWorkflow"`})
		return err == nil && len(list.GetExecutions()) == 1
	}, 30*time.Second, 100*time.Millisecond)
}

func TestBuildTakesTheNamedBinary(t *testing.T) {
	named := filepath.Join(t.TempDir(), "devserver")
	t.Setenv(devtemporal.EnvBinary, named)
	_, err := devtemporal.Build(t.Context(), nil)
	require.ErrorContains(t, err, "unset it to have the server built")

	require.NoError(t, os.WriteFile(named, []byte("#!/bin/sh\necho no such flag >&2\nexit 2\n"), 0o755))
	got, err := devtemporal.Build(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, named, got)

	_, err = devtemporal.Start(t.Context(), devtemporal.Options{})
	require.ErrorContains(t, err, "exit status 2: no such flag", "a failed start quotes the complaint")
}
