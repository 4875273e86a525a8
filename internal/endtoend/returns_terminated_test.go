package endtoend_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
)

// terminates ends a workflow as the button of the Web UI does. The count may have found
// that before anybody looks: then a new run is there.
func (w *world) terminates(t *testing.T, id string) {
	t.Helper()
	run := func() (string, enums.WorkflowExecutionStatus) {
		d, err := w.client.DescribeWorkflowExecution(t.Context(), id, "")
		require.NoError(t, err)
		return d.GetWorkflowExecutionInfo().GetExecution().GetRunId(), d.GetWorkflowExecutionInfo().GetStatus()
	}
	before, _ := run()
	require.NoError(t, w.client.TerminateWorkflow(t.Context(), id, "", "somebody pressed it"))
	eventually(t, "it is terminated", func() bool {
		now, status := run()
		return now != before || status == enums.WORKFLOW_EXECUTION_STATUS_TERMINATED
	})
}

// recovers lets the count find what was terminated.
func (w *world) recovers(t *testing.T, id string) {
	t.Helper()
	eventually(t, "the count starts it again", func() bool {
		w.count(t)
		s, err := w.returnShown(t.Context(), id)
		return err == nil && s.status != enums.WORKFLOW_EXECUTION_STATUS_TERMINATED
	})
}

// TestATerminatedReturnGoesOnAsIfNobodyHadPressed ends a return's workflow at each point
// at which one leg holds something and the other does not. Its order has told it and
// waits to hear back, so only the count can find it.
func TestATerminatedReturnGoesOnAsIfNobodyHadPressed(t *testing.T) {
	t.Parallel()
	door := &shopDoor{}
	w := openBooked(t, options{shopDoor: door.before, env: map[string]string{"SELVEDGE_RETURN_REFUND_CHECK": "1s"}})
	w.countsAtOnce(t)
	w.count(t)
	sold := func(t *testing.T, number int) (id string, before int) {
		t.Helper()
		w.sell(t, sale(number), nil)
		w.closes(t, number)
		return returnID(number, 1), w.physical(shirt)
	}
	asIfNobodyHadPressed := func(t *testing.T, number, physical int) {
		t.Helper()
		w.returnCloses(t, returnID(number, 1))
		w.closes(t, number)
		w.requireReturned(t, number, 3990, map[string]int{lineID(number, 1): 1})
		w.requireCredited(t, number, 1, 3990, 0, 0)
		require.Equal(t, []string{"39.90"}, w.paymentsBooked(t, number))
		require.Equal(t, int64(495), w.inShop(t, number).Captured)
		require.Equal(t, physical, w.physical(shirt), "no return raises the shop's stock")
		_, err := w.returnShown(t.Context(), returnID(number, 2))
		require.Error(t, err, "there is no second return")
		require.Equal(t, 0, w.count(t).Restarted, "nothing is left to be started")
		require.Empty(t, w.systemExceptions(t), "the gap is closed")
	}
	for _, tt := range []struct {
		name   string
		number int
		word   string
		times  int
		how    doorTreats
	}{
		{"before the shop's return", 4801, "createReturn", -1, busy},
		{"while nobody knows whether the shop's return was made", 4802, "createReturn", 1, unanswered},
		{"after the shop's return was made and before it is completed", 4803, "completeReturn", -1, busy},
		{"with a refund that was paid and whose answer is lost", 4804, "refundReturn", 1, unanswered},
		{"with a refund that never reached the shop and might have", 4805, "refundReturn", 1, lostOnTheWay},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id, physical := sold(t, tt.number)
			rule := door.at(tt.word, tt.times, tt.how)
			w.comesBack(t, tt.number, acs.ReturnAction{Units: []acs.ReturnUnit{unit(tt.number, 1, shirt, "restock")}})
			rule.waits(t)
			w.terminates(t, id)
			door.opens()
			w.recovers(t, id)
			asIfNobodyHadPressed(t, tt.number, physical)
		})
	}
	t.Run("with a memo that is created and not posted, and the workers cut off", func(t *testing.T) {
		id, physical := sold(t, 4806)
		w.posts(t)
		release := w.holdsPosting(t, domain.DocCreditMemo)
		w.comesBack(t, 4806, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4806, 1, shirt, "restock")}})
		var memo domain.DocumentKey
		eventually(t, "the memo stands in the ledger as a draft", func() bool {
			for _, r := range w.documents(t, 4806) {
				e, err := w.parts.Store.Entry(t.Context(), r.Document.Key)
				if r.Document.Kind == domain.DocCreditMemo && err == nil && e.Number == "" {
					memo = r.Document.Key
				}
			}
			return memo != ""
		})
		w.terminates(t, id)
		w.stopWorkers()
		release()
		e, err := w.parts.Store.Entry(t.Context(), memo)
		require.NoError(t, err)
		require.Empty(t, e.Number, "it is a draft still")
		w.countsAtOnce(t)
		w.recovers(t, id)
		asIfNobodyHadPressed(t, 4806, physical)
	})
	t.Run("together with its order", func(t *testing.T) {
		id, physical := sold(t, 4807)
		rule := door.at("createReturn", -1, busy)
		w.comesBack(t, 4807, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4807, 1, shirt, "restock")}})
		rule.waits(t)
		w.terminates(t, workflowID(4807))
		w.terminates(t, id)
		door.opens()
		w.recovers(t, id)
		w.recovers(t, workflowID(4807))
		asIfNobodyHadPressed(t, 4807, physical)
	})
	t.Run("while it asks a person", func(t *testing.T) {
		id, physical := sold(t, 4808)
		w.comesBack(t, 4808, acs.ReturnAction{Type: "exchange", Units: []acs.ReturnUnit{unit(4808, 1, shirt, "restock")}})
		cause := w.returnAsks(t, id, "refund-decision")
		w.terminates(t, id)
		w.recovers(t, id)
		require.Equal(t, cause, w.returnAsks(t, id, "refund-decision"))
		w.returnResolve(t, id, contract.Resolution{Exception: cause, Action: contract.ActionOverride, Override: map[string]string{"refund": "yes"}, By: "fin", Reason: "agreed"})
		asIfNobodyHadPressed(t, 4808, physical)
	})
	t.Run("while it waits for the warehouse, which decides when nobody runs", func(t *testing.T) {
		id, physical := sold(t, 4809)
		r := w.comesBack(t, 4809, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4809, 1, shirt, "quarantine")}})
		w.returnUntil(t, id, "waiting", func(s shown) bool { return s.state == domain.ReturnWindow })
		w.terminates(t, id)
		w.recovers(t, id)
		u := unit(4809, 1, shirt, "restock")
		u.UnitRef = r.Units[0].UnitRef
		w.comesBack(t, 4809, acs.ReturnAction{ReturnID: r.ReturnID, Units: []acs.ReturnUnit{u}})
		asIfNobodyHadPressed(t, 4809, physical)
	})
	t.Run("of a parcel whose order nobody knows", func(t *testing.T) {
		_, physical := sold(t, 4810)
		r := w.comesBack(t, 0, acs.ReturnAction{Units: []acs.ReturnUnit{{SKU: shirt, Disposition: "restock"}}})
		orphan := contract.OrphanReturnWorkflowID(north, r.ReturnID)
		cause := w.returnAsks(t, orphan, "return-without-order")
		w.terminates(t, orphan)
		w.recovers(t, orphan)
		require.Equal(t, cause, w.returnAsks(t, orphan, "return-without-order"))
		w.returnResolve(t, orphan, contract.Resolution{Exception: cause, Action: contract.ActionOverride, Override: map[string]string{"order": orderID(4810).String()}, By: "ops", Reason: "its label"})
		w.returnCloses(t, orphan)
		asIfNobodyHadPressed(t, 4810, physical)
	})
}

// resets sends a workflow back to each of its completed tasks, as the button of the Web UI does.
func (w *world) resets(t *testing.T, id string, again func()) {
	t.Helper()
	d, err := w.client.DescribeWorkflowExecution(t.Context(), id, "")
	require.NoError(t, err)
	run := d.GetWorkflowExecutionInfo().GetExecution()
	var tasks []int64
	for events := w.client.GetWorkflowHistory(t.Context(), id, run.GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); events.HasNext(); {
		e, err := events.Next()
		require.NoError(t, err)
		if e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			tasks = append(tasks, e.GetEventId())
		}
	}
	require.NotEmpty(t, tasks)
	for _, at := range tasks {
		_, err := w.client.WorkflowService().ResetWorkflowExecution(t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
			Namespace: w.ns, WorkflowExecution: run, Reason: "somebody pressed it", WorkflowTaskFinishEventId: at, RequestId: fmt.Sprintf("%s-%d", id, at),
		})
		require.NoError(t, err)
		again()
	}
}

// TestAReturnThatIsResetOrCancelledComesToTheSame presses the other two buttons.
func TestAReturnThatIsResetOrCancelledComesToTheSame(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	sold := func(t *testing.T, number int) string {
		t.Helper()
		w.sell(t, sale(number), nil)
		w.closes(t, number)
		return returnID(number, 1)
	}
	once := func(t *testing.T, number int) {
		t.Helper()
		w.returnCloses(t, returnID(number, 1))
		w.closes(t, number)
		w.requireReturned(t, number, 3990, map[string]int{lineID(number, 1): 1})
		w.requireCredited(t, number, 1, 3990, 1, 0)
		require.Equal(t, []string{"39.90"}, w.paymentsBooked(t, number))
	}
	t.Run("reset to each of its tasks after it has closed", func(t *testing.T) {
		t.Parallel()
		id := sold(t, 4831)
		w.comesBack(t, 4831, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4831, 1, shirt, "ber")}})
		once(t, 4831)
		w.resets(t, id, func() { once(t, 4831) })
	})
	t.Run("cancelled while it waits", func(t *testing.T) {
		t.Parallel()
		id := sold(t, 4832)
		r := w.comesBack(t, 4832, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4832, 1, shirt, "quarantine")}})
		w.returnUntil(t, id, "waiting", func(s shown) bool { return s.state == domain.ReturnWindow })
		require.NoError(t, w.client.CancelWorkflow(t.Context(), id, ""))
		u := unit(4832, 1, shirt, "ber")
		u.UnitRef = r.Units[0].UnitRef
		w.comesBack(t, 4832, acs.ReturnAction{ReturnID: r.ReturnID, Units: []acs.ReturnUnit{u}})
		once(t, 4832)
	})
}

// holdsPosting lets nobody post a document of a kind: drafts can be made, and the number
// that posting gives is somebody else's until it is released.
func (w *world) holdsPosting(t *testing.T, kind domain.DocumentKind) (release func()) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), w.parts.Config.DatabaseURL)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close(t.Context()) })
	tx, err := c.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `
		INSERT INTO selvedge.ledger_numbers AS n (entity, kind, last) VALUES ('7', $1, 0) ON CONFLICT (entity, kind) DO UPDATE SET last = n.last`, kind)
	require.NoError(t, err)
	return func() {
		require.NoError(t, tx.Rollback(t.Context()))
		require.NoError(t, c.Close(t.Context()))
	}
}

// A healthy return costs the count nothing: it is neither told nor started again.
func TestAReturnThatIsOpenAndRunsIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	w.countsAtOnce(t)
	w.sell(t, sale(4821), nil)
	w.closes(t, 4821)
	w.comesBack(t, 4821, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4821, 1, shirt, "quarantine")}})
	id := returnID(4821, 1)
	w.returnUntil(t, id, "waiting", func(s shown) bool { return s.state == domain.ReturnWindow })
	run := func() (string, int64) {
		d, err := w.client.DescribeWorkflowExecution(t.Context(), id, "")
		require.NoError(t, err)
		return d.GetWorkflowExecutionInfo().GetExecution().GetRunId(), d.GetWorkflowExecutionInfo().GetHistoryLength()
	}
	first, _ := run()
	eventually(t, "it is quiet while it is counted: nobody tells it anything", func() bool {
		_, length := run()
		for range 3 {
			require.Zero(t, w.count(t).Restarted)
		}
		_, grown := run()
		return length == grown
	})
	again, _ := run()
	require.Equal(t, first, again)
	record, err := w.parts.Store.Returns(t.Context(), orderID(4821), true, 10)
	require.NoError(t, err)
	require.Len(t, record, 1)
	require.WithinDuration(t, time.Now(), record[0].LookedAt, patience)
}
