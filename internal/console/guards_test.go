package console_test

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"selvedge/internal/console"
	"selvedge/internal/contract"
	"selvedge/internal/ports"
)

func TestTriesMadeAtOnceAreNoMoreThanOneAfterTheOther(t *testing.T) {
	t.Parallel()
	d := open(t)
	var judged atomic.Int32
	var group sync.WaitGroup
	for range 40 {
		b := d.browser(t)
		group.Go(func() {
			if b.post(t, "/login", url.Values{"name": {"ada"}, "password": {"wrong horse battery"}}).status == http.StatusUnauthorized {
				judged.Add(1)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 5, judged.Load(), "passwords that were compared")
	d.pass(15 * time.Minute)
	d.as(t, "ada")
}

func TestATryThatSucceedsDoesNotCount(t *testing.T) {
	t.Parallel()
	d := open(t)
	for range 8 {
		d.as(t, "ada")
	}
}

func TestARefusedLoginTakesAWholeNumberOfSteps(t *testing.T) {
	t.Parallel()
	d := open(t)
	for _, name := range []string{"ada", "nobody"} {
		began := time.Now()
		require.Equal(t, http.StatusUnauthorized, d.browser(t).post(t, "/login", url.Values{"name": {name}, "password": {"wrong horse battery"}}).status)
		require.GreaterOrEqual(t, time.Since(began), 250*time.Millisecond, "what the audit takes must not tell who is known")
	}
}

// busy is a Temporal on which the cause is being freed, and whose updates fail.
type busy struct {
	client.Client
	update error
}

func (busy) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	if !o.WorkflowExecutionErrorWhenAlreadyStarted {
		return nil, nil // the run that goes on already, as if it had been started
	}
	return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("already started", "", "")
}

func (b busy) UpdateWorkflow(context.Context, client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	return nil, b.update
}

func TestOrdersThatAreBeingFreedAreNotSaidToBeFreedAgain(t *testing.T) {
	t.Parallel()
	err := console.Temporal{Client: busy{}}.Resume(t.Context(), contract.ResumeInput{Cause: "unmapped:market:x"})
	require.ErrorContains(t, err, "being freed at this moment")
	require.ErrorContains(t, err, "press again")
}

func TestATroubleOfTheEngineIsNoRefusalOfTheWorkflow(t *testing.T) {
	t.Parallel()
	engine := console.Temporal{Client: busy{update: serviceerror.NewInternal("shard is moving")}}
	_, err := engine.Resolve(t.Context(), "order/atelier/1", contract.Resolution{})
	require.Equal(t, ports.ActFailed, console.ActOutcome(err), "it may have been taken, so the form must not count as one that changed nothing")
	require.ErrorContains(t, err, "load the page again")
}
