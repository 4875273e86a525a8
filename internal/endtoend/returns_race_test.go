package endtoend_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// refunding tells whether a return's workflow is at its refund this moment: the step is
// with a worker and has not ended.
func (w *world) refunding(ctx context.Context, id string) bool {
	at := map[string]bool{}
	iter := w.client.GetWorkflowHistory(ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iter.HasNext() {
		e, err := iter.Next()
		if err != nil {
			return false
		}
		if a := e.GetActivityTaskScheduledEventAttributes(); a != nil && strings.HasPrefix(strings.Trim(string(e.GetUserMetadata().GetSummary().GetData()), `"`), string(domain.PlanRefund)+" ") {
			at[a.GetActivityId()] = true
		}
	}
	d, err := w.client.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return false
	}
	for _, p := range d.GetPendingActivities() {
		if at[p.GetActivityId()] && p.GetState() == enums.PENDING_ACTIVITY_STATE_STARTED {
			return true
		}
	}
	return false
}

// twoComeBack sells two shirts, lets finance pay a part back for no return, and lets both
// shirts come back in the same second: less than both are worth is left.
func (w *world) twoComeBack(t *testing.T, number int) {
	t.Helper()
	w.sell(t, sale(number, with(line(number, 1, shirt, 2))), nil)
	w.closes(t, number)
	w.admin(t, centra.Action{Action: "set-refund-outcome", Order: number, Value: "pending"})
	w.admin(t, centra.Action{Action: "goodwill", Order: number, Amount: 3000})
	for range 2 {
		w.comesBack(t, number, acs.ReturnAction{Units: []acs.ReturnUnit{unit(number, 1, shirt, "restock")}})
	}
}

// requireOneIsPaid waits until one of the two is paid and finance is asked about the other.
func (w *world) requireOneIsPaid(t *testing.T, number int) {
	t.Helper()
	// A return that finds nothing new at its refund rests for half a minute before it looks
	// again, and the turn may go to and fro.
	var last [2]shown
	settled := func() bool {
		asking := 0
		for n := 1; n <= 2; n++ {
			s, err := w.returnShown(t.Context(), returnID(number, n))
			last[n-1] = s
			if err == nil && s.state == domain.NeedsAttention && len(s.causes) == 1 && startsWith(s.causes[0], "refund-not-captured") {
				asking++
			}
		}
		return asking == 1 && w.inShop(t, number).Captured == 2*3990+495-3000-3990
	}
	done := false
	for tries := 0; tries < 3 && !done; tries++ {
		done = wait(t.Context(), settled)
	}
	require.True(t, done, "one is paid and one is finance's: the returns are %+v, and %d is captured", last, w.inShop(t, number).Captured)
	var refunded int64
	for _, r := range w.inShop(t, number).Returns {
		refunded += r.Refunded
	}
	require.Equal(t, int64(3990), refunded, "79.80 would have gone back of the 54.75 that are left")
	require.Never(t, func() bool { return w.inShop(t, number).Captured != 2*3990+495-3000-3990 }, 3*time.Second, 200*time.Millisecond)
}

// TestTwoReturnsOfOneOrderRefundedAtOnce holds the first refund at the shop's door until
// the other return is at its own: what was captured is read by neither behind the other's back.
func TestTwoReturnsOfOneOrderRefundedAtOnce(t *testing.T) {
	t.Parallel()
	door := &shopDoor{}
	w := openBooked(t, options{shopDoor: door.before, env: map[string]string{
		"SELVEDGE_RETURN_REFUND_CHECK": "1s", "SELVEDGE_CENTRA_TIMEOUT": "50s", "SELVEDGE_SETTLE": "55s",
	}})
	release := make(chan struct{})
	rule := door.at("refundReturn", -1, held(release))
	w.twoComeBack(t, 3711)
	rule.waits(t)
	eventually(t, "both returns are at their refund", func() bool {
		return w.refunding(t.Context(), returnID(3711, 1)) && w.refunding(t.Context(), returnID(3711, 2))
	})
	require.Never(t, func() bool { return len(rule.met) > 0 }, 3*time.Second, 50*time.Millisecond, "the second is not sent before the first has an answer")
	require.Equal(t, int64(2*3990+495-3000), w.inShop(t, 3711).Captured)
	close(release)
	w.requireOneIsPaid(t, 3711)
}

// TestARefundWhoseAnswerIsLostHoldsTheOtherBack: nobody knows of the first whether its money
// is on its way while the second is due.
func TestARefundWhoseAnswerIsLostHoldsTheOtherBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		number int
		lost   doorTreats
	}{
		"and the shop had heard it":     {3712, unanswered},
		"and the shop had not heard it": {3713, lostOnTheWay},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			door := &shopDoor{}
			w := openBooked(t, options{shopDoor: door.before, env: map[string]string{"SELVEDGE_RETURN_REFUND_CHECK": "1s"}})
			rule := door.at("refundReturn", 1, tt.lost)
			w.twoComeBack(t, tt.number)
			rule.waits(t)
			w.requireOneIsPaid(t, tt.number)
		})
	}
}
