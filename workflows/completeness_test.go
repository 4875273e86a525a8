package workflows_test

import (
	"context"
	"errors"
	"slices"
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

// counting answers for the activities of the count and writes down what was asked.
type counting struct {
	env   *testsuite.TestWorkflowEnvironment
	world sync.Mutex // held while an activity runs
	calls []string

	heal, count, restart func() (contract.CompletenessResult, error)
}

func newCounting(t *testing.T) *counting {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	c := &counting{env: suite.NewTestWorkflowEnvironment()}
	c.env.SetStartTime(dawn)
	c.env.SetTestTimeout(20 * time.Second)
	c.env.RegisterWorkflow(workflows.CompletenessWorkflow)
	nothing := func() (contract.CompletenessResult, error) { return contract.CompletenessResult{}, nil }
	c.heal, c.count, c.restart = nothing, nothing, nothing
	as := func(name string, answer *func() (contract.CompletenessResult, error)) {
		c.env.RegisterActivityWithOptions(func(_ context.Context, in contract.CompletenessInput) (contract.CompletenessResult, error) {
			c.world.Lock()
			defer c.world.Unlock()
			c.calls = append(c.calls, name+" "+in.Store)
			return (*answer)()
		}, activity.RegisterOptions{Name: name})
	}
	as("HealGaps", &c.heal)
	as("CountReadyOrders", &c.count)
	as("RestartOpenOrders", &c.restart)
	return c
}

func (c *counting) run(t *testing.T) (contract.CompletenessResult, error) {
	t.Helper()
	c.env.ExecuteWorkflow(workflows.CompletenessWorkflow, contract.CompletenessInput{Store: "atelier"})
	require.True(t, c.env.IsWorkflowCompleted(), "a scheduled run ends")
	if err := c.env.GetWorkflowError(); err != nil {
		return contract.CompletenessResult{}, err
	}
	var result contract.CompletenessResult
	require.NoError(t, c.env.GetWorkflowResult(&result))
	return result, nil
}

func TestACountHealsCountsAndRestarts(t *testing.T) {
	t.Parallel()
	c := newCounting(t)
	windows := 0
	c.heal = func() (contract.CompletenessResult, error) { return contract.CompletenessResult{Healed: 2}, nil }
	c.count = func() (contract.CompletenessResult, error) {
		windows++
		from := dawn.Add(time.Duration(windows) * time.Minute)
		return contract.CompletenessResult{From: from, To: from.Add(time.Minute), Ready: 5, InWarehouse: 1, Waiting: 1, Refused: 1, Ended: 1, Gaps: 1, More: windows < 3}, nil
	}
	c.restart = func() (contract.CompletenessResult, error) {
		return contract.CompletenessResult{Looked: 7, Restarted: 1}, nil
	}
	result, err := c.run(t)
	require.NoError(t, err)
	require.Equal(t, []string{"HealGaps atelier", "CountReadyOrders atelier", "CountReadyOrders atelier", "CountReadyOrders atelier", "RestartOpenOrders atelier"}, c.calls)
	require.Equal(t, contract.CompletenessResult{
		From: dawn.Add(time.Minute), To: dawn.Add(4 * time.Minute), Ready: 15, InWarehouse: 3, Waiting: 3, Refused: 3, Ended: 3, Gaps: 3,
		Looked: 7, Restarted: 1, Healed: 2,
	}, result)
}

func TestACountIsBoundedHoweverMuchThereIs(t *testing.T) {
	t.Parallel()
	c := newCounting(t)
	c.count = func() (contract.CompletenessResult, error) {
		return contract.CompletenessResult{Ready: 1, More: true}, nil
	}
	result, err := c.run(t)
	require.NoError(t, err)
	require.Equal(t, 10, result.Ready)
	require.True(t, result.More, "the next run goes on")
	require.True(t, slices.Contains(c.calls, "RestartOpenOrders atelier"))
}

func TestAShopThatIsAwayKeepsNoTerminatedOrderWaiting(t *testing.T) {
	t.Parallel()
	c := newCounting(t)
	c.count = func() (contract.CompletenessResult, error) {
		return contract.CompletenessResult{}, errors.New("connection refused")
	}
	_, err := c.run(t)
	require.ErrorContains(t, err, "connection refused", "the schedule shows that the run failed")
	require.Equal(t, "RestartOpenOrders atelier", c.calls[len(c.calls)-1])
	require.Less(t, len(c.calls), 12, "it gives up and leaves the rest to the next run")
}

func TestACountThatIsMisconfiguredEndsAtOnce(t *testing.T) {
	t.Parallel()
	c := newCounting(t)
	c.count = func() (contract.CompletenessResult, error) {
		return contract.CompletenessResult{}, temporal.NewNonRetryableApplicationError("store unknown", "misconfigured", nil)
	}
	_, err := c.run(t)
	require.ErrorContains(t, err, "store unknown")
	require.Equal(t, []string{"HealGaps atelier", "CountReadyOrders atelier", "RestartOpenOrders atelier"}, c.calls)
}
