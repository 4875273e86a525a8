package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"selvedge/internal/contract"
	"selvedge/workflows"
)

// stockroom answers for the activities of a pass and writes down what was asked.
type stockroom struct {
	env   *testsuite.TestWorkflowEnvironment
	calls []string

	read    func(contract.StockInput) (contract.StockRead, error)
	drain   func(contract.StockRead) (contract.StockRead, error)
	publish func(contract.StockRead) (contract.StockResult, error)
}

func newStockroom(t *testing.T) *stockroom {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	s := &stockroom{env: suite.NewTestWorkflowEnvironment()}
	s.env.SetStartTime(dawn)
	s.env.SetTestTimeout(20 * time.Second)
	s.env.RegisterWorkflow(workflows.StockSyncWorkflow)
	s.read = func(in contract.StockInput) (contract.StockRead, error) {
		return contract.StockRead{Warehouse: in.Warehouse, Fence: 7, Version: 3, Full: in.Full, Trigger: in.Trigger}, nil
	}
	s.drain = func(in contract.StockRead) (contract.StockRead, error) { return in, nil }
	s.publish = func(in contract.StockRead) (contract.StockResult, error) {
		return contract.StockResult{Full: in.Full, Hold: in.Hold, Mutations: 1}, nil
	}
	as := func(name string, f any) { s.env.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	as("ReadInventory", func(_ context.Context, in contract.StockInput) (contract.StockRead, error) {
		s.calls = append(s.calls, "read "+in.Warehouse)
		return s.read(in)
	})
	as("DrainWarehouseOrders", func(_ context.Context, in contract.StockRead) (contract.StockRead, error) {
		s.calls = append(s.calls, "drain")
		return s.drain(in)
	})
	as("CompareStock", func(context.Context, contract.StockRead) (contract.StockResult, error) {
		s.calls = append(s.calls, "compare")
		return contract.StockResult{Drifted: 2}, nil
	})
	as("PublishStock", func(_ context.Context, in contract.StockRead) (contract.StockResult, error) {
		s.calls = append(s.calls, "publish")
		return s.publish(in)
	})
	return s
}

func (s *stockroom) run(t *testing.T, in contract.StockInput) (contract.StockResult, error) {
	t.Helper()
	in.Warehouse = "leeds"
	s.env.ExecuteWorkflow(workflows.StockSyncWorkflow, in)
	require.True(t, s.env.IsWorkflowCompleted(), "a pass ends")
	if err := s.env.GetWorkflowError(); err != nil {
		return contract.StockResult{}, err
	}
	var result contract.StockResult
	require.NoError(t, s.env.GetWorkflowResult(&result))
	return result, nil
}

func TestAPassReadsInTheOrderThatMakesItSafe(t *testing.T) {
	t.Parallel()
	s := newStockroom(t)
	s.drain = func(in contract.StockRead) (contract.StockRead, error) {
		in.Hold = "orders-not-drained"
		return in, nil
	}
	result, err := s.run(t, contract.StockInput{Trigger: contract.StockBySchedule})
	require.NoError(t, err)
	require.Equal(t, []string{"read leeds", "drain", "publish"}, s.calls)
	require.Equal(t, contract.StockResult{Passes: 1, Hold: "orders-not-drained", Mutations: 1}, result)
}

func TestAComparisonComesBeforeThePublicationThatCorrects(t *testing.T) {
	t.Parallel()
	s := newStockroom(t)
	result, err := s.run(t, contract.StockInput{Trigger: contract.StockByDrift, Drift: true})
	require.NoError(t, err)
	require.Equal(t, []string{"read leeds", "drain", "compare", "publish"}, s.calls)
	require.Equal(t, int64(2), result.Drifted)
}

func TestWhatIsToldDuringAPassCostsOneMore(t *testing.T) {
	t.Parallel()
	s := newStockroom(t)
	published := 0
	s.publish = func(in contract.StockRead) (contract.StockResult, error) {
		if published++; published == 1 {
			for range 3 {
				s.env.SignalWorkflow(contract.SignalStockMoved, contract.StockInput{Warehouse: "leeds", Trigger: contract.StockByMovement, Full: true})
			}
		}
		return contract.StockResult{Full: in.Full}, nil
	}
	result, err := s.run(t, contract.StockInput{Trigger: contract.StockByMovement})
	require.NoError(t, err)
	require.Equal(t, 2, result.Passes, "three movements, one pass")
	require.True(t, result.Full, "the most that one of them asked for")
}

func TestAPassThatFindsAnotherAtWork(t *testing.T) {
	t.Parallel()
	t.Run("leaves it to that one when it is scheduled", func(t *testing.T) {
		t.Parallel()
		s := newStockroom(t)
		s.read = func(contract.StockInput) (contract.StockRead, error) { return contract.StockRead{Busy: true}, nil }
		result, err := s.run(t, contract.StockInput{Trigger: contract.StockBySchedule})
		require.NoError(t, err)
		require.True(t, result.Busy)
		require.Equal(t, []string{"read leeds"}, s.calls)
	})
	t.Run("tries again when a movement asked, since that one may have read before", func(t *testing.T) {
		t.Parallel()
		s := newStockroom(t)
		tries := 0
		s.read = func(in contract.StockInput) (contract.StockRead, error) {
			tries++
			return contract.StockRead{Warehouse: in.Warehouse, Full: in.Full, Busy: tries < 3}, nil
		}
		result, err := s.run(t, contract.StockInput{Trigger: contract.StockByMovement, Full: true})
		require.NoError(t, err)
		require.Equal(t, 3, tries)
		require.True(t, result.Full, "what was asked for is not forgotten")
	})
}

func TestARunThatIsAskedForeverContinuesAsNew(t *testing.T) {
	t.Parallel()
	s := newStockroom(t)
	s.publish = func(contract.StockRead) (contract.StockResult, error) {
		s.env.SignalWorkflow(contract.SignalStockMoved, contract.StockInput{Warehouse: "leeds", Trigger: contract.StockByMovement})
		return contract.StockResult{}, nil
	}
	_, err := s.run(t, contract.StockInput{Trigger: contract.StockByMovement})
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, err, &next)
	require.Len(t, s.calls, 3*20, "its history stays small")
}

func TestAFeedThatIsAwayEndsThePassAndIsReported(t *testing.T) {
	t.Parallel()
	s := newStockroom(t)
	reported := ""
	s.env.RegisterActivityWithOptions(func(_ context.Context, in contract.OutageInput) error {
		reported = in.System
		return nil
	}, activity.RegisterOptions{Name: "ReportOutage"})
	s.read = func(contract.StockInput) (contract.StockRead, error) {
		return contract.StockRead{}, temporal.NewApplicationError("no answer", "unavailable", "acs")
	}
	_, err := s.run(t, contract.StockInput{Trigger: contract.StockBySchedule})
	require.ErrorContains(t, err, "no answer")
	require.Equal(t, "acs", reported)
	require.Len(t, s.calls, 4, "a few tries, and the next pass begins anew")
	require.False(t, errors.Is(err, context.Canceled))
}
