package endtoend_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// meanwhile lets a person act in the shop after we have looked there and before our
// request comes.
func meanwhile(what func()) doorTreats {
	return func(rw http.ResponseWriter, r *http.Request, shop http.Handler) {
		what()
		shop.ServeHTTP(rw, r)
	}
}

// TestReturnsWithWhichPeopleMeddleInTheShop lets somebody complete, delete or pay a return
// of ours by hand, each in the moment between our look and our request.
func TestReturnsWithWhichPeopleMeddleInTheShop(t *testing.T) {
	t.Parallel()
	door := &shopDoor{}
	w := openBooked(t, options{shopDoor: door.before, env: map[string]string{"SELVEDGE_RETURN_REFUND_CHECK": "1s"}})
	_, err := w.intake.DrainShop(t.Context()) // the shop queues events from the first wish for them
	require.NoError(t, err)
	sold := func(t *testing.T, number int) (id string) {
		t.Helper()
		w.sell(t, sale(number), nil)
		w.closes(t, number)
		return returnID(number, 1)
	}
	back := func(t *testing.T, number int) {
		t.Helper()
		w.comesBack(t, number, acs.ReturnAction{Units: []acs.ReturnUnit{unit(number, 1, shirt, "restock")}})
	}
	act := func(t *testing.T, number int, action string) func() {
		return func() {
			o := w.inShop(t, number)
			if err := w.shop.Admin(centra.Action{Action: action, Order: number, ReturnID: o.Returns[len(o.Returns)-1].ID}); err != nil {
				t.Error(err)
			}
		}
	}
	once := func(t *testing.T, number int) {
		t.Helper()
		w.returnCloses(t, returnID(number, 1))
		w.closes(t, number)
		w.requireReturnedQuietly(t, number, 3990, map[string]int{lineID(number, 1): 1})
		w.requireCredited(t, number, 1, 3990, 0, 0)
		require.Equal(t, []string{"39.90"}, w.paymentsBooked(t, number))
		require.Equal(t, int64(495), w.inShop(t, number).Captured)
	}
	t.Run("it is paid back by hand just before we ask", func(t *testing.T) {
		sold(t, 5001)
		rule := door.at("refundReturn", 1, meanwhile(act(t, 5001, "refund-return")))
		back(t, 5001)
		rule.waits(t)
		once(t, 5001)
	})
	t.Run("it is paid back by hand in the moment in which it is completed", func(t *testing.T) {
		sold(t, 5002)
		rule := door.at("completeReturn", 1, func(rw http.ResponseWriter, r *http.Request, shop http.Handler) {
			shop.ServeHTTP(rw, r)
			act(t, 5002, "refund-return")()
		})
		asked := door.at("refundReturn", -1, func(rw http.ResponseWriter, r *http.Request, shop http.Handler) { shop.ServeHTTP(rw, r) })
		back(t, 5002)
		rule.waits(t)
		once(t, 5002)
		require.Empty(t, asked.met, "what is paid is not asked for")
		door.opens()
	})
	t.Run("it is completed by hand just before we complete it", func(t *testing.T) {
		sold(t, 5003)
		rule := door.at("completeReturn", 1, meanwhile(act(t, 5003, "complete-return")))
		back(t, 5003)
		rule.waits(t)
		once(t, 5003)
	})
	t.Run("the rest of the money goes back for no return just before we ask", func(t *testing.T) {
		id := sold(t, 5004)
		rule := door.at("refundReturn", 1, meanwhile(func() {
			if err := w.shop.Admin(centra.Action{Action: "goodwill", Order: 5004, Amount: 3990 + 495}); err != nil {
				t.Error(err)
			}
		}))
		back(t, 5004)
		rule.waits(t)
		cause := w.returnAsks(t, id, "refund-failed")
		require.Zero(t, w.inShop(t, 5004).Captured)
		w.returnResolve(t, id, contract.Resolution{Exception: cause, Action: contract.ActionSkip, By: "finance", Reason: "paid as goodwill"})
		w.returnCloses(t, id)
		w.requireReturned(t, 5004, 0, map[string]int{lineID(5004, 1): 1})
		require.Empty(t, w.paymentsBooked(t, 5004))
		require.Zero(t, w.inShop(t, 5004).Captured, "never below nothing")
	})
	t.Run("a refund that failed is paid by hand, and then retry is pressed", func(t *testing.T) {
		id := sold(t, 5005)
		w.admin(t, centra.Action{Action: "set-refund-outcome", Order: 5005, Value: "fail"})
		back(t, 5005)
		w.returnAsks(t, id, "refund-failed")
		act(t, 5005, "refund-return")()
		w.admin(t, centra.Action{Action: "set-refund-outcome", Order: 5005, Value: "success"})
		require.NoError(t, w.client.SignalWorkflow(t.Context(), id, "", contract.SignalRetry, nil))
		once(t, 5005)
	})
	t.Run("it is deleted just before we complete it, and entered again by hand", func(t *testing.T) {
		id := sold(t, 5006)
		rule := door.at("completeReturn", 1, meanwhile(act(t, 5006, "delete-return")))
		back(t, 5006)
		rule.waits(t)
		w.returnAsks(t, id, "return-refused")
		require.Empty(t, w.inShop(t, 5006).Returns)
		require.NoError(t, w.client.SignalWorkflow(t.Context(), id, "", contract.SignalRetry, nil))
		w.returnAsks(t, id, "return-refused")
		w.admin(t, centra.Action{Action: "create-return", Order: 5006, LineID: 50061, Quantity: 1})
		_, err := w.intake.DrainShop(t.Context())
		require.NoError(t, err)
		once(t, 5006)
	})
	t.Run("it is deleted just before we complete it, and settled by hand", func(t *testing.T) {
		id := sold(t, 5007)
		rule := door.at("completeReturn", 1, meanwhile(act(t, 5007, "delete-return")))
		back(t, 5007)
		rule.waits(t)
		cause := w.returnAsks(t, id, "return-refused")
		w.returnResolve(t, id, contract.Resolution{Exception: cause, Action: contract.ActionSkip, By: "ops", Reason: "the customer keeps the money's worth in a new order"})
		w.returnCloses(t, id)
		w.closes(t, 5007)
		require.Empty(t, w.inShop(t, 5007).Returns)
		require.Equal(t, int64(3990+495), w.inShop(t, 5007).Captured)
	})
	t.Run("the shop did it all before the parcel came", func(t *testing.T) {
		id := sold(t, 5008)
		w.admin(t, centra.Action{Action: "create-return", Order: 5008, LineID: 50081, Quantity: 1})
		act(t, 5008, "complete-return")()
		act(t, 5008, "refund-return")()
		_, err := w.intake.DrainShop(t.Context())
		require.NoError(t, err)
		w.returnUntil(t, id, "open", func(s shown) bool { return s.state == domain.ReturnWindow })
		back(t, 5008)
		once(t, 5008)
	})
}

// requireReturnedQuietly is requireReturned where a person has written the return, too,
// and the shop has told the customer of it or not, as that person chose.
func (w *world) requireReturnedQuietly(t *testing.T, number int, refunded int64, units map[string]int) {
	t.Helper()
	got, money, o := map[string]int{}, int64(0), w.inShop(t, number)
	for _, r := range o.Returns {
		require.Equal(t, "COMPLETED", r.Status)
		for _, l := range r.Lines {
			got[fmt.Sprint(l.LineID)] += l.Quantity
		}
		money += r.Refunded
	}
	require.Equal(t, units, got)
	require.Equal(t, refunded, money)
	mails := 0
	for _, m := range w.shop.State().Mails {
		if m.Order == number && m.Kind == "return" {
			mails++
		}
	}
	require.LessOrEqual(t, mails, len(o.Returns), "nobody is told twice")
}
