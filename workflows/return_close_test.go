package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/workflows"
)

// TestAReturnWhoseCloseIsRefusedLooksAgainByItself: another return of its order had news,
// of which no signal comes to this one.
func TestAReturnWhoseCloseIsRefusedLooksAgainByItself(t *testing.T) {
	t.Parallel()
	env, as := returnEnvironment()
	looks, closes := 0, 0
	as("AssessReturn", func(context.Context, contract.AssessReturnInput) (contract.ReturnAssessment, error) {
		looks++
		return contract.ReturnAssessment{Sequence: int64(looks), Settled: true}, nil
	})
	as("CloseReturn", func(_ context.Context, in contract.CloseReturnInput) (contract.CloseResult, error) {
		closes++
		return contract.CloseResult{Closed: in.Sequence >= 2}, nil
	})
	env.ExecuteWorkflow(workflows.ReturnWorkflow, contract.ReturnInput{Order: orderID, Number: 1})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []int{2, 2}, []int{looks, closes})
}

// TestAnAnswerAfterCancelIsTakenAndSaysWhatCameOfIt: a return cannot be cancelled, so
// whoever pressed Cancel and then answers is told of the answer.
func TestAnAnswerAfterCancelIsTakenAndSaysWhatCameOfIt(t *testing.T) {
	t.Parallel()
	env, as := returnEnvironment()
	open := []domain.Question{{Kind: "return-missing", Cause: "return-missing:atelier/10001:u"}}
	as("AssessReturn", func(_ context.Context, in contract.AssessReturnInput) (contract.ReturnAssessment, error) {
		if len(in.Answers) > 0 {
			open = nil
		}
		return contract.ReturnAssessment{Sequence: 1, Questions: open, Settled: len(open) == 0}, nil
	})
	as("CloseReturn", func(context.Context, contract.CloseReturnInput) (contract.CloseResult, error) {
		return contract.CloseResult{Closed: true}, nil
	})
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Minute)
	var reply contract.ResolveReply
	env.RegisterDelayedCallback(func() {
		env.UpdateWorkflow(contract.UpdateResolve, "", &testsuite.TestUpdateCallback{
			OnAccept: func() {}, OnReject: func(err error) { require.NoError(t, err) },
			OnComplete: func(v any, err error) {
				require.NoError(t, err)
				reply = v.(contract.ResolveReply)
			},
		}, contract.Resolution{Exception: open[0].Cause, Action: contract.ActionSkip, By: "ops", Reason: "it is lost"})
	}, time.Hour)
	env.ExecuteWorkflow(workflows.ReturnWorkflow, contract.ReturnInput{Order: orderID, Number: 1})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, "skip taken: freed; no question is open", reply.Message)
}

// returnEnvironment is one for a ReturnWorkflow, and how activities are put into it.
func returnEnvironment() (env *testsuite.TestWorkflowEnvironment, as func(name string, f any)) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	env = suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(10 * time.Second)
	env.RegisterWorkflow(workflows.ReturnWorkflow)
	env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil).Maybe()
	env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, contract.SignalReturnSettled, mock.Anything).Return(nil).Maybe()
	return env, func(name string, f any) { env.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
}
