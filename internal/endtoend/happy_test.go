package endtoend_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"

	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// The promised price of an order's whole life on Temporal Cloud, and of its history.
const (
	actionsOneParcel  = 12
	actionsTwoParcels = 15
	eventsOneParcel   = 48
	bytesOneParcel    = 8 << 10
)

func TestAHappyOrder(t *testing.T) {
	t.Parallel()
	w := open(t, options{})
	t.Run("with one parcel reaches its customer once and costs at most 12 actions", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(1001), nil)
		w.closes(t, 1001)
		w.requireDelivered(t, 1001, 1)
		require.Equal(t, int64(3990+495), w.inShop(t, 1001).Captured)

		events, err := w.events(t.Context(), 1001)
		require.NoError(t, err)
		actions := billable(events)
		for i, a := range actions {
			t.Logf("action %2d: %s", i+1, a)
		}
		described, err := w.client.DescribeWorkflowExecution(t.Context(), workflowID(1001), "")
		require.NoError(t, err)
		size := described.GetWorkflowExecutionInfo().GetHistorySizeBytes()
		t.Logf("%d events, %d bytes", len(events), size)
		require.LessOrEqual(t, len(actions), actionsOneParcel)
		require.LessOrEqual(t, len(events), eventsOneParcel)
		require.LessOrEqual(t, size, int64(bytesOneParcel))
		requireSummaries(t, events)
	})
	t.Run("with two parcels costs at most 15 actions", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(1002, with(line(1002, 1, shirt, 2))), &acs.FloorPlan{Parcels: []acs.PlannedParcel{
			{Lines: []acs.PlannedUnits{{LineID: lineID(1002, 1), Quantity: 1}}}, {DelayMs: ptr(1200)},
		}})
		w.closes(t, 1002)
		w.requireDelivered(t, 1002, 2)
		events, err := w.events(t.Context(), 1002)
		require.NoError(t, err)
		actions := billable(events)
		for i, a := range actions {
			t.Logf("action %2d: %s", i+1, a)
		}
		require.LessOrEqual(t, len(actions), actionsTwoParcels)
		requireSummaries(t, events)
	})
	t.Run("from two warehouses is one order in each and one shipment from each", func(t *testing.T) {
		t.Parallel()
		far := line(1003, 2, hat, 1)
		far.From = map[string]int{south: 1}
		w.sell(t, sale(1003, with(line(1003, 1, shirt, 1), far)), nil)
		w.closes(t, 1003)
		w.requireDelivered(t, 1003, 2)
		require.Len(t, w.atWarehouse(1003), 2)
	})
	t.Run("that waits for its payment starts once it is paid", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(1004, func(o *centra.SeedOrder) { o.WaitingForPayment = true }), nil)
		w.until(t, 1004, "waiting for the shop", func(s shown) bool { return s.state == "waiting-for-shop" })
		require.Empty(t, w.atWarehouse(1004))
		w.admin(t, centra.Action{Action: "pay", Order: 1004})
		w.closes(t, 1004)
		w.requireDelivered(t, 1004, 1)
	})
}

// requireDelivered judges from outside: everything shipped, each parcel once in the
// shop with the warehouse's tracking, one mail each, nothing captured above the value.
func (w *world) requireDelivered(t *testing.T, number, parcels int) {
	t.Helper()
	order := w.inShop(t, number)
	require.Equal(t, "SHIPPED", order.Status)
	require.Len(t, order.Shipments, parcels)
	require.Equal(t, parcels, w.mails(number))
	value := order.ShippingTotal
	for _, l := range order.Lines {
		value += l.Total
		if l.Physical {
			require.Equal(t, l.Quantity, l.Shipped, "line %d", l.ID)
		}
	}
	require.LessOrEqual(t, order.Captured, value)
	var sent, told []string
	for _, o := range w.atWarehouse(number) {
		for _, s := range o.Shipments {
			if !s.Voided {
				sent = append(sent, fmt.Sprint(s.Trackings))
			}
		}
	}
	for _, s := range order.Shipments {
		require.NotNil(t, s.CompletedAt)
		require.Equal(t, "Royal Mail", s.Carrier)
		told = append(told, "["+s.Tracking+"]")
	}
	require.ElementsMatch(t, sent, told)
}

// billable names the actions that Temporal Cloud would bill for a history: start,
// signals, activities with their retries, timers, upserts, updates, children (two
// each), and one for all local activities of one workflow task.
func billable(events []*history.HistoryEvent) []string {
	var actions []string
	add := func(format string, a ...any) { actions = append(actions, fmt.Sprintf(format, a...)) }
	tasks := map[int64]bool{}
	scheduled := map[int64]string{}
	for _, e := range events {
		summary := string(e.GetUserMetadata().GetSummary().GetData())
		switch e.GetEventType() {
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
			add("start")
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
			add("signal %s", e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName())
		case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			scheduled[e.GetEventId()] = e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName()
			add("activity %s: %s", scheduled[e.GetEventId()], summary)
		case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
			a := e.GetActivityTaskStartedEventAttributes()
			for n := int32(1); n < a.GetAttempt(); n++ {
				add("retry of %s", scheduled[a.GetScheduledEventId()])
			}
		case enums.EVENT_TYPE_TIMER_STARTED:
			add("timer: %s", summary)
		case enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
			add("upsert of search attributes")
		case enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
			add("update")
		case enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
			add("child")
			add("child's start")
		case enums.EVENT_TYPE_MARKER_RECORDED:
			task := e.GetMarkerRecordedEventAttributes().GetWorkflowTaskCompletedEventId()
			if !tasks[task] {
				tasks[task] = true
				add("local activities of the workflow task %d", task)
			}
		}
	}
	return actions
}

// requireSummaries demands a line of plain words for everything that the Web UI lists.
func requireSummaries(t *testing.T, events []*history.HistoryEvent) {
	t.Helper()
	checked := 0
	for _, e := range events {
		switch e.GetEventType() {
		case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, enums.EVENT_TYPE_TIMER_STARTED, enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
			require.NotEmpty(t, e.GetUserMetadata().GetSummary().GetData(), "event %d, %s", e.GetEventId(), e.GetEventType())
			checked++
		}
	}
	require.Positive(t, checked)
}
