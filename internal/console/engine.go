package console

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"selvedge/internal/contract"
)

// Engine carries answers to the workflows.
type Engine interface {
	// Resolve gives the workflow of an order or of a return one answer and returns what it
	// said. A no of the workflow is a refusal; the same command ID twice has one effect.
	Resolve(ctx context.Context, workflow string, r contract.Resolution) (string, error)
	// Resume frees the orders of a cause. While that goes on for the cause, nothing more is started.
	Resume(ctx context.Context, in contract.ResumeInput) error
}

// Temporal is the Engine on a connection to Temporal.
type Temporal struct{ Client client.Client }

// answerTime is how long a workflow may take to answer before the person is told that
// nobody works.
const answerTime = 10 * time.Second

// Resolve implements Engine. The update bears the command as its ID, so that it is
// applied once however often it is sent.
func (t Temporal) Resolve(ctx context.Context, workflow string, r contract.Resolution) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var reply contract.ResolveReply
	handle, err := t.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		UpdateID: r.CommandID, WorkflowID: workflow, UpdateName: contract.UpdateResolve,
		Args: []any{r}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &reply)
	}
	if err != nil {
		return "", notTaken(ctx, err)
	}
	return sentence(reply.Message), nil
}

// notTaken says in plain words why a workflow did not take an answer.
func notTaken(ctx context.Context, err error) error {
	var gone *serviceerror.NotFound
	var notReady *serviceerror.WorkflowNotReady
	var precondition *serviceerror.FailedPrecondition
	var unavailable *serviceerror.Unavailable
	switch {
	case errors.As(err, &gone) && strings.Contains(err.Error(), "completed"):
		return refuse("It is closed: no question is open any more.")
	case errors.As(err, &gone):
		return refuse("No workflow of it runs. The next count starts it again; `starter order start` does so at once.")
	case ctx.Err() != nil || errors.As(err, &notReady) || errors.As(err, &precondition) && strings.Contains(err.Error(), "poller"):
		return errors.New("no worker answered in time, so the answer may or may not be taken: load the page again in a minute and look whether the question is still open")
	case errors.As(err, &unavailable):
		return errors.New("the workflow engine cannot be reached, so nothing was done: try again in a moment")
	}
	var no *temporal.ApplicationError
	if errors.As(err, &no) { // the workflow's own
		return refuse("%s", sentence(strings.TrimPrefix(err.Error(), "workflow update failed: ")))
	}
	return fmt.Errorf("the workflow engine did not take the answer, or did not say so (%w): load the page again in a minute and look whether the question is still open", err)
}

// Resume implements Engine. There is one workflow a cause, so pressing twice starts one.
func (t Temporal) Resume(ctx context.Context, in contract.ResumeInput) error {
	_, err := t.Client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: contract.ResumeWorkflowID(in.Cause), TaskQueue: contract.QueueOrders, StaticSummary: "free the orders that wait on " + in.Cause,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, "ResumeWorkflow", in)
	var running *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &running) {
		// It may have listed its orders already: those that wait since then are not in it.
		return refuse("The orders of this cause are being freed at this moment, so nothing more was started. What comes of each is listed here; if some still wait when it has ended, press again.")
	}
	if err != nil {
		return fmt.Errorf("start freeing the orders: %w", err)
	}
	return nil
}
