package workflows_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"selvedge/internal/contract"
	"selvedge/workflows"
)

// bookkeeping answers for the activities of a run and writes down what was asked.
type bookkeeping struct {
	env   *testsuite.TestWorkflowEnvironment
	world sync.Mutex
	calls []string

	book, post, tell func() (contract.DocumentsResult, error)
	outages          []contract.OutageInput
}

func newBookkeeping(t *testing.T) *bookkeeping {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	b := &bookkeeping{env: suite.NewTestWorkflowEnvironment()}
	b.env.SetStartTime(dawn)
	b.env.SetTestTimeout(20 * time.Second)
	b.env.RegisterWorkflow(workflows.DocumentsWorkflow)
	nothing := func() (contract.DocumentsResult, error) { return contract.DocumentsResult{}, nil }
	b.book, b.post, b.tell = nothing, nothing, nothing
	as := func(name string, answer *func() (contract.DocumentsResult, error)) {
		b.env.RegisterActivityWithOptions(func(_ context.Context, in contract.DocumentsInput) (contract.DocumentsResult, error) {
			b.world.Lock()
			defer b.world.Unlock()
			b.calls = append(b.calls, name+" "+in.Ledger)
			return (*answer)()
		}, activity.RegisterOptions{Name: name})
	}
	as("BookOrders", &b.book)
	as("PostDocuments", &b.post)
	as("ReportDocuments", &b.tell)
	b.env.RegisterActivityWithOptions(func(_ context.Context, in contract.OutageInput) error {
		b.world.Lock()
		defer b.world.Unlock()
		b.outages = append(b.outages, in)
		return nil
	}, activity.RegisterOptions{Name: "ReportOutage"})
	return b
}

func (b *bookkeeping) run(t *testing.T) (contract.DocumentsResult, error) {
	t.Helper()
	b.env.ExecuteWorkflow(workflows.DocumentsWorkflow, contract.DocumentsInput{Ledger: "csv"})
	require.True(t, b.env.IsWorkflowCompleted(), "a scheduled run ends")
	if err := b.env.GetWorkflowError(); err != nil {
		return contract.DocumentsResult{}, err
	}
	var result contract.DocumentsResult
	require.NoError(t, b.env.GetWorkflowResult(&result))
	return result, nil
}

func TestARunDerivesPostsAndTells(t *testing.T) {
	t.Parallel()
	b := newBookkeeping(t)
	b.book = func() (contract.DocumentsResult, error) { return contract.DocumentsResult{Booked: 7}, nil }
	b.post = func() (contract.DocumentsResult, error) {
		return contract.DocumentsResult{Posted: 20, Accepted: 2, Refused: 1, More: true}, nil
	}
	b.tell = func() (contract.DocumentsResult, error) { return contract.DocumentsResult{Waiting: 3}, nil }
	result, err := b.run(t)
	require.NoError(t, err)
	require.Equal(t, contract.DocumentsResult{Booked: 7, Posted: 20, Accepted: 2, Refused: 1, Waiting: 3, More: true}, result)
	require.Equal(t, []string{"BookOrders csv", "PostDocuments csv", "ReportDocuments csv"}, b.calls)
	require.Empty(t, b.outages)
}

func TestALedgerThatIsAwayIsOneOutageAndKeepsNothingElseBack(t *testing.T) {
	t.Parallel()
	b := newBookkeeping(t)
	b.post = func() (contract.DocumentsResult, error) {
		return contract.DocumentsResult{}, temporal.NewApplicationError("no answer", "unavailable", "netsuite")
	}
	_, err := b.run(t)
	require.ErrorContains(t, err, "no answer", "the schedule shows that the run failed")
	require.Equal(t, "BookOrders csv", b.calls[0])
	require.Equal(t, "ReportDocuments csv", b.calls[len(b.calls)-1], "finance is told of what waits all the same")
	require.Len(t, b.outages, 1)
	require.Equal(t, "netsuite", b.outages[0].System)
}

func TestOrdersThatCannotBeDerivedKeepNoDocumentFromBeingPosted(t *testing.T) {
	t.Parallel()
	b := newBookkeeping(t)
	b.book = func() (contract.DocumentsResult, error) {
		return contract.DocumentsResult{}, temporal.NewNonRetryableApplicationError("unreadable", "refused", errors.New("bad"))
	}
	_, err := b.run(t)
	require.ErrorContains(t, err, "unreadable")
	require.Equal(t, []string{"BookOrders csv", "PostDocuments csv", "ReportDocuments csv"}, b.calls)
}
