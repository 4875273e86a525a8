package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
)

// recordings is where the histories stand that `make replay` replays, from the root of
// the repository.
const recordings = "workflows/testdata/replay"

// recording is a workflow at the moment at which it begins to wait: any number of runs
// like it can be made, each with a number of its own.
type recording struct {
	kind     string // bare or order: which worker knows it
	what     string
	workflow string
	// events are those of a run up to the worker's answer to the task that parks it;
	// started is how many there are when the worker is given that task.
	events  []*history.HistoryEvent
	started int
	// found is what a look finds, then and later. A bare workflow does not look.
	found contract.Assessment
}

// recorded gives the floor and the places at which an order stands longest.
func recorded(folder string) ([]recording, error) {
	shop, err := record(folder, "waited-for-the-shop.json", recording{kind: parkedOrder, what: "an order that waits for the shop", started: 3}, 6, 5)
	if err != nil {
		return nil, err
	}
	window, err := record(folder, "one-parcel.json", recording{kind: parkedOrder, what: "an order in its return window", started: 22}, 25, 20)
	if err != nil {
		return nil, err
	}
	return []recording{bareRecording(), shop, window}, nil
}

// record reads so many events; what a look finds stands in one of them.
func record(folder, file string, r recording, last, look int64) (recording, error) {
	path := filepath.Join(folder, file)
	f, err := os.Open(path)
	if err != nil {
		return r, fmt.Errorf("a recorded history is read: %w: run the bench from the root of the repository", err)
	}
	defer func() { _ = f.Close() }() // it is only read
	h, err := client.HistoryFromJSON(f, client.HistoryJSONOptions{LastEventID: last})
	if err != nil {
		return r, fmt.Errorf("read %s: %w", path, err)
	}
	r.events = h.GetEvents()
	r.workflow = r.events[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()
	if kind := r.events[r.started-1].GetEventType(); len(r.events) != int(last) || kind != enums.EVENT_TYPE_WORKFLOW_TASK_STARTED {
		return r, fmt.Errorf("%s is not the history it was: event %d of %d is %s", path, r.started, len(r.events), kind)
	}
	at := r.events[look-1]
	result := at.GetActivityTaskCompletedEventAttributes().GetResult()
	if result == nil {
		result = at.GetMarkerRecordedEventAttributes().GetDetails()["result"]
	}
	if len(result.GetPayloads()) != 1 {
		return r, fmt.Errorf("%s is not the history it was: event %d holds no look", path, look)
	}
	return r, json.Unmarshal(result.GetPayloads()[0].GetData(), &r.found)
}

// bareRecording is the least that can wait: one task, one signal.
func bareRecording() recording {
	at := timestamppb.New(time.Date(2026, 11, 22, 2, 35, 0, 0, time.UTC))
	queue := &taskqueue.TaskQueue{Name: contract.QueueOrders, Kind: enums.TASK_QUEUE_KIND_NORMAL}
	return recording{kind: parkedBare, what: "a workflow that waits for a signal", workflow: parkedBareType, started: 3, events: []*history.HistoryEvent{
		{EventId: 1, EventTime: at, EventType: enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, Attributes: &history.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &history.WorkflowExecutionStartedEventAttributes{
				WorkflowType: &common.WorkflowType{Name: parkedBareType}, TaskQueue: queue, WorkflowTaskTimeout: durationpb.New(10 * time.Second), Attempt: 1, Header: &common.Header{},
			},
		}},
		{EventId: 2, EventTime: at, EventType: enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, Attributes: scheduled(queue)},
		{EventId: 3, EventTime: at, EventType: enums.EVENT_TYPE_WORKFLOW_TASK_STARTED, Attributes: taskStarted(2)},
		{EventId: 4, EventTime: at, EventType: enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, Attributes: &history.HistoryEvent_WorkflowTaskCompletedEventAttributes{
			WorkflowTaskCompletedEventAttributes: &history.WorkflowTaskCompletedEventAttributes{ScheduledEventId: 2, StartedEventId: 3},
		}},
	}}
}

func scheduled(queue *taskqueue.TaskQueue) *history.HistoryEvent_WorkflowTaskScheduledEventAttributes {
	return &history.HistoryEvent_WorkflowTaskScheduledEventAttributes{WorkflowTaskScheduledEventAttributes: &history.WorkflowTaskScheduledEventAttributes{
		TaskQueue: queue, StartToCloseTimeout: durationpb.New(10 * time.Second), Attempt: 1,
	}}
}

func taskStarted(scheduled int64) *history.HistoryEvent_WorkflowTaskStartedEventAttributes {
	return &history.HistoryEvent_WorkflowTaskStartedEventAttributes{WorkflowTaskStartedEventAttributes: &history.WorkflowTaskStartedEventAttributes{ScheduledEventId: scheduled}}
}

// park is the task after which run n waits.
func (r recording) park(n int) *workflowservice.PollWorkflowTaskQueueResponse {
	events := r.numbered(n)[:r.started]
	var before int64 // the task before it: what was done by then is replayed
	for _, e := range events[:r.started-1] {
		if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_STARTED {
			before = e.GetEventId()
		}
	}
	return r.task(n, events, before)
}

// wake is the task of a signal that came since: a worker that remembers the run needs no more.
func (r recording) wake(n int) *workflowservice.PollWorkflowTaskQueueResponse {
	return r.task(n, r.woken(n)[r.started:], int64(r.started))
}

// whole is the history that goes with wake, for a worker that does not.
func (r recording) whole(runID string) (*history.History, error) {
	_, number, _ := strings.Cut(runID, runPrefix)
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil, fmt.Errorf("run %q is none of ours: %w", runID, err)
	}
	return &history.History{Events: r.woken(n)}, nil
}

const runPrefix = "01a2011b-c5f2-7bc3-9541-"

func runID(n int) string { return fmt.Sprintf("%s%012d", runPrefix, n) }

func (r recording) task(n int, events []*history.HistoryEvent, previous int64) *workflowservice.PollWorkflowTaskQueueResponse {
	last := events[len(events)-1]
	return &workflowservice.PollWorkflowTaskQueueResponse{
		TaskToken:         fmt.Appendf(nil, "%d/%d", n, last.GetEventId()),
		WorkflowExecution: &common.WorkflowExecution{WorkflowId: contract.OrderWorkflowID(numberedOrder(n)), RunId: runID(n)},
		WorkflowType:      &common.WorkflowType{Name: r.workflow}, Attempt: 1,
		PreviousStartedEventId: previous, StartedEventId: last.GetEventId(), History: &history.History{Events: events},
	}
}

func numberedOrder(n int) domain.OrderID {
	return domain.OrderID{Store: store, Number: strconv.Itoa(1_000_000 + n)}
}

// numbered gives the events of run n. Only the first names the run.
func (r recording) numbered(n int) []*history.HistoryEvent {
	events := append([]*history.HistoryEvent(nil), r.events...)
	first := proto.CloneOf(events[0])
	attributes := first.GetWorkflowExecutionStartedEventAttributes()
	attributes.WorkflowId, attributes.OriginalExecutionRunId, attributes.FirstExecutionRunId = contract.OrderWorkflowID(numberedOrder(n)), runID(n), runID(n)
	if attributes.Input != nil {
		input, _ := json.Marshal(contract.OrderInput{Order: numberedOrder(n)}) // two strings always encode
		attributes.Input.Payloads[0].Data = input
	}
	events[0] = first
	return events
}

// woken gives the events of run n up to the task of a signal, which comes at once.
func (r recording) woken(n int) []*history.HistoryEvent {
	last, at := int64(len(r.events)), r.events[r.started-1].GetEventTime()
	queue := &taskqueue.TaskQueue{Name: contract.QueueOrders, Kind: enums.TASK_QUEUE_KIND_NORMAL}
	return append(r.numbered(n),
		&history.HistoryEvent{EventId: last + 1, EventTime: at, EventType: enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, Attributes: &history.HistoryEvent_WorkflowExecutionSignaledEventAttributes{
			WorkflowExecutionSignaledEventAttributes: &history.WorkflowExecutionSignaledEventAttributes{SignalName: contract.SignalFact},
		}},
		&history.HistoryEvent{EventId: last + 2, EventTime: at, EventType: enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, Attributes: scheduled(queue)},
		&history.HistoryEvent{EventId: last + 3, EventTime: at, EventType: enums.EVENT_TYPE_WORKFLOW_TASK_STARTED, Attributes: taskStarted(last + 2)})
}
