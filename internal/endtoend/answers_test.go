package endtoend_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/centra"
)

// actionsPaused is the promised price of an order that waited once for a person.
const actionsPaused = 16

// TestAnAnswerToOneOrder says at once what came of it, costs little, and counts once.
func TestAnAnswerToOneOrder(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true})
	pause := func(t *testing.T, number int, plan bool) {
		t.Helper()
		if plan {
			w.sell(t, sale(number, unmapped), stays())
		} else {
			w.sell(t, sale(number, unmapped), nil)
		}
		w.take(t, number)
		w.asks(t, number, expressSaver)
	}
	priced := func(t *testing.T, number int) {
		t.Helper()
		w.closes(t, number)
		events, err := w.events(t.Context(), number)
		require.NoError(t, err)
		actions := billable(events)
		for i, a := range actions {
			t.Logf("action %2d: %s", i+1, a)
		}
		require.LessOrEqual(t, len(actions), actionsPaused)
		requireSummaries(t, events)
	}

	t.Run("by the button costs at most 16 actions", func(t *testing.T) {
		t.Parallel()
		pause(t, 17001, false)
		w.admin(t, centra.Action{Action: "edit-shipping-option", Order: 17001, ShippingOption: "Express"})
		w.retry(t, 17001)
		priced(t, 17001)
	})
	t.Run("by the update says that it goes on, and costs at most 16 actions", func(t *testing.T) {
		t.Parallel()
		pause(t, 17002, false)
		w.admin(t, centra.Action{Action: "edit-shipping-option", Order: 17002, ShippingOption: "Express"})
		reply, err := w.resolve(t, 17002, contract.Resolution{Action: contract.ActionRetry, By: "ada"})
		require.NoError(t, err)
		require.Regexp(t, "^retry taken(: freed; going on with submit 17002 to north| and being checked)", reply.Message)
		priced(t, 17002)
	})
	t.Run("says that the cause is still there, and what would be taken", func(t *testing.T) {
		t.Parallel()
		pause(t, 17003, true)
		reply, err := w.resolve(t, 17003, contract.Resolution{Action: contract.ActionRetry, By: "ada"})
		require.NoError(t, err)
		require.Regexp(t, `^retry taken(: still there: No rule says by which service.*"Express Saver"| and being checked)`, reply.Message)
		w.asks(t, 17003, expressSaver)
		value, err := w.client.QueryWorkflow(t.Context(), workflowID(17003), "", contract.QueryState)
		require.NoError(t, err)
		var view contract.OrderView
		require.NoError(t, value.Get(&view))
		require.Equal(t, "ada", view.Last.By)
		require.Contains(t, view.Last.Text, "still there")
	})
	t.Run("of an override that the warehouse does not offer says so", func(t *testing.T) {
		t.Parallel()
		pause(t, 17004, true)
		reply, err := w.resolve(t, 17004, contract.Resolution{Action: contract.ActionOverride, Override: map[string]string{"shippingService": "RM99"}, By: "ada"})
		require.NoError(t, err)
		require.Regexp(t, "RM99 is not among the services|being checked", reply.Message)
		w.asks(t, 17004, "not-deliverable:north:RM99:GB")
		require.Empty(t, w.atWarehouse(17004))
	})
	t.Run("from a tab that is stale is refused and says what is open", func(t *testing.T) {
		t.Parallel()
		pause(t, 17005, true)
		_, err := w.resolve(t, 17005, contract.Resolution{Action: contract.ActionOverride, Override: map[string]string{"shippingService": "RM99"}, By: "ada"})
		require.NoError(t, err)
		w.asks(t, 17005, "not-deliverable:north:RM99:GB")
		_, err = w.resolve(t, 17005, contract.Resolution{Exception: expressSaver, Action: contract.ActionOverride, Override: map[string]string{"shippingService": "RM24"}, By: "bob"})
		require.ErrorContains(t, err, `is not open for this order; open is "not-deliverable:north:RM99:GB"`)
		require.Len(t, w.facts(t, 17005, domain.FactAnswered), 1)
	})
	t.Run("by two operators at once is one of theirs", func(t *testing.T) {
		t.Parallel()
		pause(t, 17006, true)
		var both sync.WaitGroup
		taken := make([]error, 2)
		for i, service := range []string{"RM24", "RM48"} {
			both.Go(func() {
				var reply contract.ResolveReply
				handle, err := w.client.UpdateWorkflow(t.Context(), client.UpdateWorkflowOptions{
					WorkflowID: workflowID(17006), UpdateName: contract.UpdateResolve, WaitForStage: client.WorkflowUpdateStageCompleted,
					Args: []any{contract.Resolution{Exception: expressSaver, Action: contract.ActionOverride, Override: map[string]string{"shippingService": service}, By: service}},
				})
				if err == nil {
					err = handle.Get(t.Context(), &reply)
				}
				taken[i] = err
			})
		}
		both.Wait()
		eventually(t, "it is at the warehouse", func() bool { return len(w.atWarehouse(17006)) == 1 })
		answers := w.facts(t, 17006, domain.FactAnswered)
		require.Len(t, answers, 1, "%v", taken)
		answer, err := domain.Decode[domain.AnswerFact](answers[0])
		require.NoError(t, err)
		require.Equal(t, answer.By, w.warehouseHolds(t, north, "17006")["shippingService"], "the one that was taken is the one that counts")
		require.True(t, (taken[0] == nil) != (taken[1] == nil), "the other is told so: %v", taken)
	})
}
