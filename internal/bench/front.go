package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
)

// front is as much of Temporal's front end as a worker needs to take workflows into its
// memory: it hands out tasks, reads back histories and takes answers. A server with a
// database opens some thirty orders a second on two cores; a hundred thousand of them, whose
// weight is all that is asked for, would take an hour.
type front struct {
	workflowservice.UnimplementedWorkflowServiceServer
	// history gives a run's whole history, for whoever forgot it.
	history func(runID string) (*history.History, error)

	tasks   chan *workflowservice.PollWorkflowTaskQueueResponse
	mu      sync.Mutex
	waiting map[string]chan error // who waits for the answer to a task, by its token
	read    int                   // how many histories were read back
	address string
	server  *grpc.Server
}

func openFront(history func(runID string) (*history.History, error)) (*front, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &front{history: history, tasks: make(chan *workflowservice.PollWorkflowTaskQueueResponse), waiting: map[string]chan error{}, address: l.Addr().String(), server: grpc.NewServer()}
	workflowservice.RegisterWorkflowServiceServer(f.server, f)
	go func() { _ = f.server.Serve(l) }() // ends when it is stopped
	return f, nil
}

func (f *front) close() { f.server.Stop() }

// give hands a task to the worker and waits until it is answered: well, when the
// workflow goes on waiting.
func (f *front) give(ctx context.Context, task *workflowservice.PollWorkflowTaskQueueResponse) error {
	token := string(task.GetTaskToken())
	answered := make(chan error, 1)
	f.mu.Lock()
	f.waiting[token] = answered
	f.mu.Unlock()
	select {
	case f.tasks <- task:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (f *front) answer(token []byte, err error) {
	f.mu.Lock()
	answered, ok := f.waiting[string(token)]
	delete(f.waiting, string(token))
	f.mu.Unlock()
	if ok {
		answered <- err
	}
}

// pollFor is how long a request for work waits, a little less than a worker does.
const pollFor = 50 * time.Second

// PollWorkflowTaskQueue waits for a task. An answer without one makes the worker ask again.
func (f *front) PollWorkflowTaskQueue(ctx context.Context, _ *workflowservice.PollWorkflowTaskQueueRequest) (*workflowservice.PollWorkflowTaskQueueResponse, error) {
	select {
	case task := <-f.tasks:
		return task, nil
	case <-ctx.Done():
	case <-time.After(pollFor):
	}
	return &workflowservice.PollWorkflowTaskQueueResponse{}, nil
}

// PollActivityTaskQueue has no task: whoever is parked waits for no activity.
func (f *front) PollActivityTaskQueue(ctx context.Context, _ *workflowservice.PollActivityTaskQueueRequest) (*workflowservice.PollActivityTaskQueueResponse, error) {
	select {
	case <-ctx.Done():
	case <-time.After(pollFor):
	}
	return &workflowservice.PollActivityTaskQueueResponse{}, nil
}

// RespondWorkflowTaskCompleted takes an answer. A workflow that ended would weigh nothing.
func (f *front) RespondWorkflowTaskCompleted(_ context.Context, in *workflowservice.RespondWorkflowTaskCompletedRequest) (*workflowservice.RespondWorkflowTaskCompletedResponse, error) {
	var err error
	for _, c := range in.GetCommands() {
		switch c.GetCommandType() {
		case enums.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION, enums.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION, enums.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION:
			err = fmt.Errorf("the workflow should wait, and answered with %s", c.GetCommandType())
		}
	}
	f.answer(in.GetTaskToken(), err)
	return &workflowservice.RespondWorkflowTaskCompletedResponse{}, nil
}

// RespondWorkflowTaskFailed ends the row: the recording does not fit this build.
func (f *front) RespondWorkflowTaskFailed(_ context.Context, in *workflowservice.RespondWorkflowTaskFailedRequest) (*workflowservice.RespondWorkflowTaskFailedResponse, error) {
	f.answer(in.GetTaskToken(), errors.New(in.GetFailure().GetMessage()))
	return &workflowservice.RespondWorkflowTaskFailedResponse{}, nil
}

// GetWorkflowExecutionHistory reads a history back for a worker that forgot its run.
func (f *front) GetWorkflowExecutionHistory(_ context.Context, in *workflowservice.GetWorkflowExecutionHistoryRequest) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	f.mu.Lock()
	f.read++
	f.mu.Unlock()
	h, err := f.history(in.GetExecution().GetRunId())
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: h}, err
}

// readBack is how many histories were read back so far.
func (f *front) readBack() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.read
}

// GetSystemInfo says what a server of today can do, as far as it changes what a worker keeps.
func (f *front) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{
		SignalAndQueryHeader: true, InternalErrorDifferentiation: true, ActivityFailureIncludeHeartbeat: true, EncodedFailureAttributes: true, UpsertMemo: true, SdkMetadata: true,
	}}, nil
}

// DescribeNamespace says that the namespace is there.
func (f *front) DescribeNamespace(_ context.Context, in *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{NamespaceInfo: &namespace.NamespaceInfo{Name: in.GetNamespace(), State: enums.NAMESPACE_STATE_REGISTERED}}, nil
}
