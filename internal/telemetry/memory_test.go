package telemetry

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/grpc"
)

func TestALineOfTheSDKHasAllFieldsAndTheCallersPlace(t *testing.T) {
	t.Parallel()
	core, lines := observer.New(zapcore.InfoLevel)
	base := TemporalLogger(zap.New(core, zap.AddCaller()))
	one := log.With(base, "order", "1")
	two := log.With(one, "step", "ship")
	log.With(one, "step", "other")
	two.Debug("too quiet")
	two.Warn("told", "try", 2)
	log.Skip(two, 1).Error("skipped one")
	require.Equal(t, 2, lines.Len())
	line := lines.All()[0]
	require.Equal(t, "told", line.Message)
	require.Equal(t, zapcore.WarnLevel, line.Level)
	require.Equal(t, map[string]any{"order": "1", "step": "ship", "try": int64(2)}, line.ContextMap())
	require.Contains(t, line.Caller.File, "memory_test.go")
	require.NotContains(t, lines.All()[1].Caller.File, "memory_test.go", "the caller of this test")
	require.NotContains(t, lines.All()[1].Caller.File, "telemetry")
}

func TestTheSameTagsGiveTheSameHandler(t *testing.T) {
	t.Parallel()
	m, err := NewMetrics()
	require.NoError(t, err)
	h := remembered(opentelemetry.NewMetricsHandler(opentelemetry.MetricsHandlerOptions{Meter: m.provider.Meter("t"), UseMonotonicCounters: true}))
	orders := h.WithTags(map[string]string{"workflow_type": "Order", "queue": "orders"})
	require.Same(t, orders, h.WithTags(map[string]string{"queue": "orders", "workflow_type": "Order"}))
	require.NotSame(t, orders, h.WithTags(map[string]string{"queue": "orders", "workflow_type": "Return"}))
	require.NotSame(t, orders, orders.WithTags(map[string]string{"queue": "orders"}), "tags add up")
	orders.WithTags(map[string]string{"step": "ship"}).Counter("steps").Inc(3)
	require.NotNil(t, opentelemetry.ExtractMetricsHandler(orders))
	families, err := m.Registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() != "steps_total" {
			continue
		}
		labels := map[string]string{}
		for _, l := range f.GetMetric()[0].GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		require.Equal(t, "Order", labels["workflow_type"])
		require.Equal(t, "ship", labels["step"])
		require.InDelta(t, 3, f.GetMetric()[0].GetCounter().GetValue(), 0)
		return
	}
	require.Fail(t, "steps_total was not counted")
}

func keyword(data string) *common.Payload {
	return &common.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain"), "type": []byte("Keyword")}, Data: []byte(data)}
}

func TestPayloadsOfAHistoryShareEqualMetadataAndNothingElse(t *testing.T) {
	t.Parallel()
	answer := func() *workflowservice.PollWorkflowTaskQueueResponse {
		list := keyword("c")
		list.Metadata["type"] = []byte("KeywordList")
		return &workflowservice.PollWorkflowTaskQueueResponse{History: &history.History{Events: []*history.HistoryEvent{
			{Attributes: &history.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: &history.WorkflowExecutionStartedEventAttributes{
				Input:            &common.Payloads{Payloads: []*common.Payload{{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte("in")}}},
				SearchAttributes: &common.SearchAttributes{IndexedFields: map[string]*common.Payload{"A": keyword("a"), "C": list}},
			}}},
			{Attributes: &history.HistoryEvent_UpsertWorkflowSearchAttributesEventAttributes{UpsertWorkflowSearchAttributesEventAttributes: &history.UpsertWorkflowSearchAttributesEventAttributes{
				SearchAttributes: &common.SearchAttributes{IndexedFields: map[string]*common.Payload{"B": keyword("b")}},
			}}},
			{},
		}}}
	}
	share := shareMetadata(newSharer())
	invoke := func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error { return nil }
	var got []*workflowservice.PollWorkflowTaskQueueResponse
	for range 2 {
		a := answer()
		require.NoError(t, share(t.Context(), "poll", nil, a, nil, invoke))
		require.EqualExportedValues(t, answer().GetHistory().GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetInput(), a.GetHistory().GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetInput())
		got = append(got, a)
	}
	fields := func(n int) map[string]*common.Payload {
		return got[n].GetHistory().GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetSearchAttributes().GetIndexedFields()
	}
	upserted := got[1].GetHistory().GetEvents()[1].GetUpsertWorkflowSearchAttributesEventAttributes().GetSearchAttributes().GetIndexedFields()["B"]
	require.Equal(t, "b", string(upserted.GetData()))
	fields(0)["A"].Metadata["seen"] = nil // one map, seen through each
	require.Contains(t, fields(1)["A"].GetMetadata(), "seen")
	require.Contains(t, upserted.GetMetadata(), "seen")
	require.NotContains(t, fields(1)["C"].GetMetadata(), "seen")
	require.Equal(t, "KeywordList", string(fields(1)["C"].GetMetadata()["type"]))
}

func TestMetadataThatNeverRepeatsIsNotRemembered(t *testing.T) {
	t.Parallel()
	s := newSharer()
	for n := range 3 * sharedMost {
		s.share(&common.Payload{Metadata: map[string][]byte{"nonce": {byte(n), byte(n >> 8)}}})
	}
	require.Len(t, s.seen, sharedMost)
}

var _ client.MetricsHandler = (*tagged)(nil)
