package activities_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// heartbeat is as in package workflows.
const heartbeat = 20 * time.Second

// tardy answers for intake after a while.
type tardy struct{ after time.Duration }

func (l tardy) answer(ctx context.Context) (contract.IntakeResult, error) {
	select {
	case <-time.After(l.after):
		return contract.IntakeResult{Events: 1}, nil
	case <-ctx.Done():
		return contract.IntakeResult{}, ctx.Err()
	}
}

func (l tardy) DrainShop(ctx context.Context) (contract.IntakeResult, error) { return l.answer(ctx) }

func (l tardy) PollShop(ctx context.Context, _ string) (contract.IntakeResult, error) {
	return l.answer(ctx)
}

func (l tardy) ReadFeed(ctx context.Context, _ string) (contract.IntakeResult, error) {
	return l.answer(ctx)
}

// beats runs one attempt of an activity that must beat within timeout (0 = never), and
// counts the heartbeats that reach the server.
func beats(t *testing.T, timeout time.Duration, function, in any) (int, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Hour)
	env.RegisterActivity(function)
	var sent atomic.Int64
	env.SetOnActivityHeartbeatListener(func(*activity.Info, converter.EncodedValues) { sent.Add(1) })
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: 10 * time.Minute, HeartbeatTimeout: timeout,
			RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
		})
		return workflow.ExecuteActivity(ctx, function, in).Get(ctx, nil)
	})
	return int(sent.Load()), env.GetWorkflowError()
}

func TestALongActivitySaysThatItIsAliveAndAShortOneNever(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes, timeout time.Duration
		least, most    int
	}{
		"two minutes are told":                     {2 * time.Minute, heartbeat, 6, 20},
		"a few seconds are not":                    {5 * time.Second, heartbeat, 0, 0},
		"nobody listens: nothing is told":          {2 * time.Minute, 0, 0, 0},
		"just above what is short is told at once": {7 * time.Second, heartbeat, 1, 1},
	} {
		for which, pick := range map[string]func(*activities.Intake) any{
			"drain": func(i *activities.Intake) any { return i.DrainShopEvents },
			"poll":  func(i *activities.Intake) any { return i.PollUpdatedOrders },
			"feed":  func(i *activities.Intake) any { return i.ReadWarehouseFeed },
		} {
			t.Run(name+"/"+which, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					n, err := beats(t, c.timeout, pick(&activities.Intake{Taker: tardy{c.takes}}), contract.IntakeInput{Store: "atelier", Warehouse: hillington})
					require.NoError(t, err, "silent for longer than its timeout, it would be taken for dead")
					require.GreaterOrEqual(t, n, c.least)
					require.LessOrEqual(t, n, c.most)
				})
			})
		}
	}
}

func TestAStepThatTakesLongSaysThatItIsAlive(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes time.Duration
		told  bool
	}{
		"a slow warehouse is waited for": {90 * time.Second, true},
		"an ordinary one costs no beat":  {2 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t)
				d.house.place = func(domain.Consignment) (ports.Receipt, error) {
					<-time.After(c.takes)
					return ports.Receipt{Revision: 1}, nil
				}
				n, err := beats(t, heartbeat, d.fulfilment.SubmitConsignment, d.step(domain.StepSubmit, "10001"))
				require.NoError(t, err)
				require.Equal(t, c.told, n > 0)
			})
		})
	}
}
