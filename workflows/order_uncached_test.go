package workflows_test

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"selvedge/internal/contract"
	"selvedge/internal/devtemporal"
	"selvedge/internal/domain"
	"selvedge/workflows"
)

// crowd is how many orders live at once: they wait far more than they work.
const crowd = 48

var modelSeed = flag.Int("model.seed", 0, "first seed of the stories told to orders without a cache; 0 takes the time")

// TestWhateverHappensAnOrderStaysInStepWithoutACache tells the stories of
// TestWhateverHappensAnOrderStaysInStep on a real server, to a worker that keeps no run
// in memory: each workflow task replays the whole history, so that whatever is not
// deterministic, or lives in memory alone, shows.
func TestWhateverHappensAnOrderStaysInStepWithoutACache(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // the dev server may have to be built
	defer cancel()
	server, err := devtemporal.Start(ctx, devtemporal.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Kill() }) // its database is a temporary one
	c, err := client.Dial(client.Options{HostPort: server.Address, Namespace: server.Namespace, Logger: silent{}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	theirs := &tellers{models: map[domain.OrderID]*teller{}}
	worker.SetStickyWorkflowCacheSize(0) // of the whole process; no other test here has a worker
	for _, queue := range contract.Queues() {
		w := worker.New(c, queue, worker.Options{
			DisableWorkflowWorker: queue != contract.QueueOrders,
			WorkflowPanicPolicy:   worker.FailWorkflow, // say at once what was not deterministic
		})
		if queue == contract.QueueOrders {
			w.RegisterWorkflow(workflows.OrderWorkflow)
		}
		theirs.register(w)
		require.NoError(t, w.Start())
		t.Cleanup(w.Stop)
	}
	first := *modelSeed
	if first == 0 {
		first = int(time.Now().Unix())
	}
	t.Logf("again with -model.seed %d", first)
	for n := range crowd {
		t.Run(fmt.Sprint(first+n), func(t *testing.T) {
			t.Parallel()
			id := domain.OrderID{Store: "atelier", Number: fmt.Sprint(20001 + n)}
			theirs.tell(t, c, id, stories.Example(first+n))
		})
	}
}

// teller tells one order its story on a server.
type teller struct {
	*model
	ctx    context.Context
	client client.Client
	id     string
	mu     *sync.Mutex    // held while the model is asked or changed
	asked  sync.WaitGroup // updates that are not answered yet
}

func (a *teller) signal(name string, payload any) {
	// An order that has closed refuses; what it missed, the model counts.
	_ = a.client.SignalWorkflow(a.ctx, a.id, "", name, payload)
}

func (a *teller) resolve(r contract.Resolution) *answered {
	said := &answered{}
	a.asked.Go(func() {
		handle, err := a.client.UpdateWorkflow(a.ctx, client.UpdateWorkflowOptions{
			WorkflowID: a.id, UpdateID: r.CommandID, UpdateName: contract.UpdateResolve, Args: []any{r}, WaitForStage: client.WorkflowUpdateStageCompleted,
		})
		var reply contract.ResolveReply
		if err == nil {
			err = handle.Get(a.ctx, &reply)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		said.reply, said.done, said.reject = reply, err == nil, err
	})
	return said
}

// tellers finds the model of each order for the activities that all orders share.
type tellers struct {
	mu     sync.Mutex
	models map[domain.OrderID]*teller
}

func (a *tellers) of(id domain.OrderID) *teller {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.models[id]
}

func (a *tellers) register(w worker.ActivityRegistry) {
	as := func(name string, f any) { w.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name}) }
	as("AssessOrder", func(_ context.Context, in contract.AssessInput) (contract.Assessment, error) {
		m := a.of(in.Order)
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.assess(in)
	})
	as("CloseOrder", func(_ context.Context, in contract.CloseInput) (contract.CloseResult, error) {
		m := a.of(in.Order)
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.close(in)
	})
	as("RefreshOrder", func(context.Context, contract.RefreshInput) error { return nil })
	as("ReportOutage", func(context.Context, contract.OutageInput) error { return nil })
	as("ShipParcel", func(_ context.Context, in contract.StepInput) (contract.Assessment, error) {
		m := a.of(in.Order)
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.take("ShipParcel", in)
	})
}

// tell starts an order and lets its story happen, until it closes.
func (a *tellers) tell(t *testing.T, c client.Client, id domain.OrderID, s story) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	one := &teller{ctx: ctx, client: c, id: contract.OrderWorkflowID(id), mu: new(sync.Mutex)}
	one.model = newModel(s, one)
	a.mu.Lock()
	a.models[id] = one
	a.mu.Unlock()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: one.id, TaskQueue: contract.QueueOrders}, workflows.OrderWorkflow, contract.OrderInput{Order: id})
	require.NoError(t, err)
	waits := [scale]time.Duration{0, 0, 10 * time.Millisecond, 100 * time.Millisecond, 700 * time.Millisecond}
	happen := func(what string, n int) {
		one.mu.Lock()
		defer one.mu.Unlock()
		one.happen(what, n)
	}
	for n, e := range s.events {
		after(ctx, waits[e.wait])
		happen(e.what, n)
	}
	one.asked.Wait()
	one.mu.Lock()
	one.over = true
	one.mu.Unlock()
	ended := make(chan error, 1)
	go func() { ended <- run.Get(ctx, nil) }()
	for closed := false; !closed; {
		for _, what := range []string{"retry", "released", "echo"} {
			happen(what, 0)
		}
		select {
		case err := <-ended:
			require.NoError(t, err)
			closed = true
		case <-time.After(500 * time.Millisecond): // what an order was waiting for has to be told to it again
		}
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	one.requireInStep(t, s.parcels())
}

// after lets a while pass.
func after(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
