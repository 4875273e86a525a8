package endtoend_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
)

// TestAnOrderPastItsCutoffAsksAPersonUntilItLeaves: one scan finds it, and only it; a
// skip agrees to the delay, and leaving ends the question by itself.
func TestAnOrderPastItsCutoffAsksAPersonUntilItLeaves(t *testing.T) {
	t.Parallel()
	w := open(t, options{env: map[string]string{"SELVEDGE_OVERDUE_GRACE": "8h"}})
	_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleCutoff, Warehouse: north, From: "RM48", To: "12:00", Extra: map[string]string{"timezone": "UTC"}}}, "test", "cut-off", time.Now())
	require.NoError(t, err)
	for _, number := range []int{8401, 8402, 8403} {
		w.sell(t, sale(number), stays())
	}
	for _, number := range []int{8401, 8402, 8403} {
		w.atFloor(t, number)
	}
	scan := func() (result contract.OverdueResult) {
		run, err := w.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: contract.QueueOrders}, "OverdueWorkflow", contract.OverdueInput{})
		require.NoError(t, err)
		require.NoError(t, run.Get(t.Context(), &result))
		return result
	}
	require.Zero(t, scan().Overdue, "its cut-off has not come, or its grace is not over")

	w.act(t, acs.Action{Account: accountN, Order: orderID(8403).Number, Action: "ship"})
	w.closes(t, 8403)
	late := w.parts.Activities(w.client).Overdue
	late.Clock = func() time.Time { return time.Now().Add(48 * time.Hour) }
	result, err := late.ScanOverdue(t.Context(), contract.OverdueInput{})
	require.NoError(t, err)
	require.Equal(t, contract.OverdueResult{Looked: 2, Overdue: 2}, result)
	again, err := late.ScanOverdue(t.Context(), contract.OverdueInput{})
	require.NoError(t, err)
	require.Zero(t, again.Overdue, "each once")

	for _, number := range []int{8401, 8402} {
		require.NoError(t, w.client.SignalWorkflow(t.Context(), workflowID(number), "", contract.SignalFact, contract.FactSignal{Sequence: 99}))
		w.asks(t, number, "overdue")
	}
	_, err = w.resolve(t, 8401, contract.Resolution{Action: contract.ActionOverride, Override: map[string]string{"shippingService": "RM24"}, By: "ada"})
	require.Error(t, err, "another service does not make it leave")
	_, err = w.resolve(t, 8401, contract.Resolution{Action: contract.ActionSkip, Reason: "the customer agreed to Thursday", By: "ada"})
	require.NoError(t, err)
	w.until(t, 8401, "waiting for the warehouse again", func(s shown) bool { return s.state == domain.Accepted })
	w.act(t, acs.Action{Account: accountN, Order: orderID(8402).Number, Action: "ship"})
	w.closes(t, 8402)
	w.requireDelivered(t, 8402, 1)
}
