package endtoend_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// TestWhatPeopleDecideAboutReturns provokes the questions about returned garments that no
// other story asks, and answers them as their pages say.
func TestWhatPeopleDecideAboutReturns(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{deaf: true, env: map[string]string{"SELVEDGE_RETURN_WRITE_OFF_LIMIT": "3000", "SELVEDGE_RETURN_LINK_WAIT": "1s"}})
	_, err := w.intake.DrainShop(t.Context()) // the shop queues events from the first wish for them
	require.NoError(t, err)
	sold := func(t *testing.T, number int) string {
		t.Helper()
		w.sell(t, sale(number), nil)
		w.take(t, number)
		w.closes(t, number)
		return returnID(number, 1)
	}
	answer := func(t *testing.T, id, cause string, r contract.Resolution) {
		t.Helper()
		r.Exception, r.By, r.Reason = cause, "ops", "looked at it"
		w.returnResolve(t, id, r)
	}
	override := func(key, value string) contract.Resolution {
		return contract.Resolution{Action: contract.ActionOverride, Override: map[string]string{key: value}}
	}
	t.Run("a garment of no line is of the line that a person names", func(t *testing.T) {
		t.Parallel()
		id := sold(t, 3501)
		w.comesBack(t, 3501, acs.ReturnAction{Units: []acs.ReturnUnit{{SKU: hat, Disposition: "restock"}}})
		cause := w.returnAsks(t, id, "return-unmatched")
		require.Empty(t, w.inShop(t, 3501).Returns)
		answer(t, id, cause, override("line", lineID(3501, 1)))
		w.returnCloses(t, id)
		w.requireReturned(t, 3501, 3990, map[string]int{lineID(3501, 1): 1})
	})
	t.Run("a final word that decides nothing is decided by a person", func(t *testing.T) {
		t.Parallel()
		id := sold(t, 3502)
		u := unit(3502, 1, shirt, "quarantine")
		u.Final = ptr(true)
		w.comesBack(t, 3502, acs.ReturnAction{Units: []acs.ReturnUnit{u}})
		cause := w.returnAsks(t, id, "return-decision")
		require.Empty(t, w.inShop(t, 3502).Returns)
		answer(t, id, cause, override("disposition", "restock"))
		w.returnCloses(t, id)
		w.requireReturned(t, 3502, 3990, map[string]int{lineID(3502, 1): 1})
	})
	t.Run("a loss above the limit is written off when finance agrees", func(t *testing.T) {
		t.Parallel()
		id := sold(t, 3503)
		w.comesBack(t, 3503, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3503, 1, shirt, "ber")}})
		cause := w.returnAsks(t, id, "write-off-limit")
		require.Empty(t, w.writeOffs(t, 3503))
		answer(t, id, cause, override("writeOff", "yes"))
		w.returnCloses(t, id)
		w.requireCredited(t, 3503, 1, 3990, 1, 0)
	})
	t.Run("a return that somebody deletes in the shop before it is completed is settled by hand", func(t *testing.T) {
		t.Parallel()
		id := sold(t, 3504)
		w.admin(t, centra.Action{Action: "create-return", Order: 3504, LineID: 35041, Quantity: 1})
		_, err = w.intake.DrainShop(t.Context())
		require.NoError(t, err)
		w.returnUntil(t, id, "open", func(s shown) bool { return s.state == domain.ReturnWindow })
		w.admin(t, centra.Action{Action: "delete-return", Order: 3504, ReturnID: w.inShop(t, 3504).Returns[0].ID})
		w.comesBack(t, 3504, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3504, 1, shirt, "restock")}})
		cause := w.returnAsks(t, id, "return-refused")
		answer(t, id, cause, contract.Resolution{Action: contract.ActionSkip})
		w.returnCloses(t, id)
		require.Empty(t, w.inShop(t, 3504).Returns, "the person enters it, nobody else")
	})
}

func (w *world) writeOffs(t *testing.T, number int) (keys []domain.DocumentKey) {
	t.Helper()
	for _, r := range w.documents(t, number) {
		if r.Document.Kind == domain.DocWriteOff {
			keys = append(keys, r.Document.Key)
		}
	}
	return keys
}

// TestADocumentOfAReturnInAClosedMonth: the garment and the money go on, the memo waits.
func TestADocumentOfAReturnInAClosedMonth(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{
		Table: domain.RuleEntity, From: "ATELIER-UK", To: "7", Extra: map[string]string{"timezone": "Europe/London", "currency": "GBP", "late": "ask"},
	}}, "test", "finance is asked", time.Now())
	require.NoError(t, err)
	w.sell(t, sale(3601), nil)
	w.closes(t, 3601)
	shut := func(closed bool) {
		for _, period := range []domain.Period{domain.DateOf(time.Now().AddDate(0, 0, -1), time.UTC).Period(), domain.DateOf(time.Now().AddDate(0, 0, 1), time.UTC).Period()} {
			require.NoError(t, w.parts.Store.SetPeriod(t.Context(), "7", period, closed, "ann", "month end", time.Now()))
		}
	}
	shut(true)
	w.comesBack(t, 3601, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3601, 1, shirt, "restock")}})
	id := returnID(3601, 1)
	w.returnUntil(t, id, "asking about its documents", func(s shown) bool {
		return s.state == domain.NeedsAttention && len(s.causes) > 0 && startsWith(s.causes[0], "return-document")
	})
	eventually(t, "the money goes back", func() bool {
		o := w.inShop(t, 3601)
		return len(o.Returns) == 1 && o.Returns[0].Refunded == 3990
	})
	shut(false)
	require.NoError(t, w.client.SignalWorkflow(t.Context(), id, "", contract.SignalRetry, nil))
	w.returnCloses(t, id)
	w.requireCredited(t, 3601, 1, 3990, 0, 0)
}
