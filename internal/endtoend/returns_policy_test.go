package endtoend_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
)

// requireSettled is the books' and the shop's word of a return together: what the shop
// paid back is what the memos credit, goods less fees and with carriage.
func (w *world) requireSettled(t *testing.T, number int, refunded, goods, fee, carriage int64) {
	t.Helper()
	var money int64
	for _, r := range w.inShop(t, number).Returns {
		money += r.Refunded
	}
	require.Equal(t, refunded, money, "paid back")
	got := map[domain.DocumentLineKind]int64{}
	for _, r := range w.documents(t, number) {
		if r.Document.Kind != domain.DocCreditMemo {
			continue
		}
		require.Equal(t, domain.DocumentPosted, r.Status)
		for _, l := range r.Document.Lines {
			got[l.Kind] += l.Gross
		}
	}
	require.Equal(t, []int64{goods, -fee, carriage}, []int64{got[domain.DocLineGoods], got[domain.DocLineFee], got[domain.DocLineShipping]}, "credited: %v", got)
}

// moneyOf is what the pages say of the money of an order's first return.
func (w *world) moneyOf(t *testing.T, number int) []contract.ReturnMoney {
	t.Helper()
	list, err := w.parts.Store.Returns(t.Context(), orderID(number), false, 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	var at contract.ReturnAssessment
	require.NoError(t, json.Unmarshal(list[0].View, &at))
	return at.Money
}

// TestRefundsByRule sells in a market whose rules pay some garments back unseen, some once
// they are graded, and leave some to finance with a fee.
func TestRefundsByRule(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{
		{Table: domain.RuleRefundPolicy, From: "*", To: "on-grading", Extra: map[string]string{"shipping": "full-return"}},
		{Table: domain.RuleRefundPolicy, From: "United Kingdom/quarantine", To: "on-receipt", Extra: map[string]string{"fee": "395 GBP"}},
		{Table: domain.RuleRefundPolicy, From: "*/donate", To: "manual", Extra: map[string]string{"fee": "4500 GBP"}},
	}, "fin", "the brand's terms", time.Now())
	require.NoError(t, err)
	t.Run("on receipt, less the fee, and once", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3901), nil)
		w.closes(t, 3901)
		r := w.comesBack(t, 3901, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3901, 1, shirt, "quarantine")}})
		eventually(t, "the money goes back", func() bool {
			o := w.inShop(t, 3901)
			return len(o.Returns) == 1 && o.Returns[0].Refunded == 3990-395
		})
		u := unit(3901, 1, shirt, "restock")
		u.UnitRef = r.Units[0].UnitRef
		w.comesBack(t, 3901, acs.ReturnAction{ReturnID: r.ReturnID, Units: []acs.ReturnUnit{u}})
		w.returnCloses(t, returnID(3901, 1))
		w.requireSettled(t, 3901, 3990-395, 3990, 395, 0)
		money := w.moneyOf(t, 3901)
		require.Len(t, money, 1)
		require.Contains(t, money[0].Terms, "on-receipt, 3.95 GBP kept back, says refund-policy rule ")
		money[0].Garments, money[0].Terms, money[0].ShopReturn, money[0].Rules = nil, "", "", nil
		require.Equal(t, contract.ReturnMoney{Goods: "39.90 GBP", Kept: "3.95 GBP", Carriage: "0.00 GBP", Back: "35.95 GBP", Stands: "paid back 35.95 GBP"}, money[0], "finance sees why")
	})
	t.Run("on grading, with the carriage when all of it is back", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3902), nil)
		w.closes(t, 3902)
		w.comesBack(t, 3902, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3902, 1, shirt, "restock")}})
		w.returnCloses(t, returnID(3902, 1))
		w.requireSettled(t, 3902, 3990+495, 3990, 0, 495)
		require.Zero(t, w.inShop(t, 3902).Captured)
	})
	t.Run("by finance, of two of three garments in two parcels, with one fee over both", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3903, with(line(3903, 1, shirt, 3))), &acs.FloorPlan{Parcels: []acs.PlannedParcel{
			{Lines: []acs.PlannedUnits{{LineID: lineID(3903, 1), Quantity: 1}}}, {DelayMs: ptr(300)},
		}})
		w.closes(t, 3903)
		w.comesBack(t, 3903, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3903, 1, shirt, "donate"), unit(3903, 1, shirt, "donate")}})
		eventually(t, "both parcels stand returned in the shop", func() bool {
			o := w.inShop(t, 3903)
			return len(o.Returns) == 2 && o.Returns[0].Status == "COMPLETED" && o.Returns[1].Status == "COMPLETED"
		})
		cause := w.returnAsks(t, returnID(3903, 1), "refund-decision")
		require.Equal(t, int64(3*3990+495), w.inShop(t, 3903).Captured, "nothing goes back by itself")
		// A rule that is saved now is for returns that are planned after it.
		_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleRefundPolicy, From: "United Kingdom/donate", To: "on-grading"}}, "fin", "kinder", time.Now())
		require.NoError(t, err)
		w.returnResolve(t, returnID(3903, 1), contract.Resolution{Exception: cause, Action: contract.ActionOverride, Override: map[string]string{"refund": "yes"}, By: "fin", Reason: "agreed"})
		w.returnCloses(t, returnID(3903, 1))
		o := w.inShop(t, 3903)
		require.Len(t, o.Returns, 2, "one for each parcel")
		require.Equal(t, []int64{0, 2*3990 - 4500}, []int64{o.Returns[0].Refunded, o.Returns[1].Refunded}, "the first is not worth the fee, and the second bears the rest")
		w.requireSettled(t, 3903, 2*3990-4500, 2*3990, 4500, 0)
		require.Equal(t, int64(3*3990+495-(2*3990-4500)), o.Captured)
	})
	t.Run("not at all while the rules name no fee in the order's currency", func(t *testing.T) {
		t.Parallel()
		_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleRefundPolicy, From: "*/recycle", To: "on-grading", Extra: map[string]string{"fee": "450 EUR"}}}, "fin", "a slip", time.Now())
		require.NoError(t, err)
		w.sell(t, sale(3904), nil)
		w.closes(t, 3904)
		w.comesBack(t, 3904, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3904, 1, shirt, "recycle")}})
		w.returnAsks(t, returnID(3904, 1), "unmapped:refund-policy")
		require.Empty(t, w.inShop(t, 3904).Returns)
		_, err = w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleRefundPolicy, From: "*/recycle", To: "on-grading", Extra: map[string]string{"fee": "450 EUR, 390 GBP"}}}, "fin", "in pounds, too", time.Now())
		require.NoError(t, err)
		require.NoError(t, w.client.SignalWorkflow(t.Context(), returnID(3904, 1), "", contract.SignalRetry, nil))
		w.returnCloses(t, returnID(3904, 1))
		w.requireSettled(t, 3904, 3600, 3990, 390, 0)
	})
}
