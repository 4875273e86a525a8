package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"go.uber.org/zap"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/contract"
	"selvedge/internal/telemetry"
)

// The floor of an order is a workflow that does nothing with the same number of
// activities, local activities and signals, on the same server, by a worker process
// with the same options. It writes nothing to a database and asks nobody: whatever it
// takes is Temporal's.
const (
	bareQueue   = "bare"
	bareSignal  = "bare"
	bareWorker  = "bare-worker"
	signalAfter = 20 * time.Millisecond // an event comes when the order already waits for it
)

// bareInput is how much a bare workflow does.
type bareInput struct {
	Activities, Locals, Signals int
}

// bareStep tells an activity whether an event follows it, as a shipment follows a submission.
type bareStep struct {
	Signal bool
}

// Bare does its share, waits for a signal, and again, as an order does.
func Bare(ctx workflow.Context, in bareInput) error {
	ordinary := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{TaskQueue: bareQueue, StartToCloseTimeout: time.Minute})
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Second})
	signals := workflow.GetSignalChannel(ctx, bareSignal)
	phases := in.Signals + 1
	var activities *bareActivities
	for phase := range phases {
		for range share(in.Locals, phase, phases) {
			if err := workflow.ExecuteLocalActivity(local, activities.BareLook).Get(ctx, nil); err != nil {
				return err
			}
		}
		steps := share(in.Activities, phase, phases)
		told := phase == phases-1
		for n := range steps {
			last := n == steps-1 && !told
			if err := workflow.ExecuteActivity(ordinary, activities.BareStep, bareStep{Signal: last}).Get(ctx, nil); err != nil {
				return err
			}
			told = told || last
		}
		if !told { // no activity in this phase: a local one has to bring the event
			if err := workflow.ExecuteLocalActivity(local, activities.BareCall).Get(ctx, nil); err != nil {
				return err
			}
		}
		if phase < phases-1 {
			signals.Receive(ctx, nil)
		}
	}
	return nil
}

// share spreads n things over phases, the earlier ones first.
func share(n, phase, phases int) int {
	return (n + phases - 1 - phase) / phases
}

type bareActivities struct{ client client.Client }

// BareLook does nothing.
func (b *bareActivities) BareLook(context.Context) error { return nil }

// BareStep does nothing, and lets an event come soon after.
func (b *bareActivities) BareStep(ctx context.Context, in bareStep) error {
	if in.Signal {
		b.signal(activity.GetInfo(ctx).WorkflowExecution.ID)
	}
	return nil
}

// BareCall lets an event come where no activity does.
func (b *bareActivities) BareCall(ctx context.Context) error {
	b.signal(activity.GetInfo(ctx).WorkflowExecution.ID)
	return nil
}

func (b *bareActivities) signal(id string) {
	time.AfterFunc(signalAfter, func() {
		// A signal that is lost keeps its workflow open, and the row fails in time.
		_ = b.client.SignalWorkflow(context.Background(), id, "", bareSignal, contract.FactSignal{Sequence: 1})
	})
}

// runBareWorker polls the floor's queue until the context ends.
func runBareWorker(ctx context.Context) error {
	c, err := client.Dial(client.Options{HostPort: os.Getenv("TEMPORAL_ADDRESS"), Logger: telemetry.TemporalLogger(zap.NewNop()), ConnectionOptions: telemetry.Connection()})
	if err != nil {
		return err
	}
	defer c.Close()
	settings, err := config.FromMap(map[string]string{})
	if err != nil {
		return err
	}
	sdk.SetStickyWorkflowCacheSize(settings.Selvedge.CacheSize)
	w := sdk.New(c, bareQueue, assembly.WorkerOptions(contract.QueueOrders, settings.Selvedge))
	w.RegisterWorkflow(Bare)
	w.RegisterActivity(&bareActivities{client: c})
	if err := w.Start(); err != nil {
		return fmt.Errorf("poll %s: %w", bareQueue, err)
	}
	defer w.Stop()
	<-ctx.Done()
	return nil
}
