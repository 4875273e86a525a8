package returns_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/returns"
)

// step takes the only step of a kind that is due on the first return, and answers its plan.
func (t *tale) step(tb *testing.T, kind domain.PlanKind) domain.ReturnPlan {
	tb.Helper()
	d := t.decide(tb, 1)
	for _, due := range d.Due {
		if due.Plan.Kind != kind {
			continue
		}
		if !due.Planned {
			t.tell(domain.NewFact(domain.FactReturnPlanned, "plan:"+due.Plan.Key, "selvedge", t.now, due.Plan))
		}
		t.write(tb, due.Plan)
		return due.Plan
	}
	require.Failf(tb, "no step is due", "want %s; due %+v, waits for %v, asks %v", kind, d.Due, d.Waiting, kinds(d))
	return domain.ReturnPlan{}
}

func dueKinds(d returns.Decision) (kinds []domain.PlanKind) {
	for _, due := range d.Due {
		kinds = append(kinds, due.Plan.Kind)
	}
	return kinds
}

func memoDocument(tb *testing.T, plan domain.ReturnPlan) string {
	tb.Helper()
	key, err := domain.NewDocumentKey(domain.DocCreditMemo, 0, plan.Key)
	require.NoError(tb, err)
	return string(key)
}

func TestTheShopsReturnNamesTheMemoThatIsToCome(t *testing.T) {
	t.Parallel()
	s := newTale(2)
	s.tell(back("r", 1, unit("u", "restock", 1, true), unit("v", "ber", 1, true)))
	shop := s.step(t, domain.PlanShopReturn)
	s.step(t, domain.PlanReceipt)
	memo := s.step(t, domain.PlanCredit)
	require.Equal(t, []string{memoDocument(t, memo)}, shop.Links)
	require.NotEmpty(t, memo.ShopID)
	s.work(t)
	require.True(t, s.decide(t, 1).Settled)
}

// The shop was away for longer than the books wait: the memo stands alone, and the return
// stays open until it names the shop's return.
func TestAMemoThatDidNotWaitIsToldTheShopsReturnBeforeTheReturnCloses(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.order.Shipments[0].Shipped = false // not completed there: nothing can be returned
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	s.now = s.now.Add(20 * time.Minute)
	s.work(t)
	require.Equal(t, 1, s.written(t, domain.PlanCredit))
	require.False(t, s.decide(t, 1).Settled)

	s.order.Shipments[0].Shipped = true
	shop := s.step(t, domain.PlanShopReturn)
	d := s.decide(t, 1)
	require.Contains(t, dueKinds(d), domain.PlanCredit, "the memo has to learn of it")
	memo := s.step(t, domain.PlanCredit)
	require.Equal(t, []string{memoDocument(t, memo)}, shop.Links, "the shop's return names the memo that stands")
	require.Len(t, memo.Links, 1)
	s.work(t)
	require.True(t, s.decide(t, 1).Settled)
	require.Equal(t, 1, s.written(t, domain.PlanCredit), "credited once")
}

func TestAReturnThatSomebodyMadeInTheShopIsToldItsMemo(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(byHand("900", 1, false))
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	require.Empty(t, s.step(t, domain.PlanShopReturn).Links, "nobody can change its comment")
	s.step(t, domain.PlanRefund)
	s.step(t, domain.PlanReceipt)
	memo := s.step(t, domain.PlanCredit)
	require.Equal(t, "900", memo.ShopID)
	require.Equal(t, []string{memoDocument(t, memo)}, s.step(t, domain.PlanShopReturn).Links, "so the order is told")
	s.work(t)
	require.True(t, s.decide(t, 1).Settled)
}

func TestARefundIsBookedAfterTheMemoThatItPaysAndBeforeTheReturnCloses(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	s.step(t, domain.PlanShopReturn)
	refund := s.step(t, domain.PlanRefund)
	d := s.decide(t, 1)
	require.NotContains(t, dueKinds(d), domain.PlanPayment, "its memo does not stand yet")
	s.step(t, domain.PlanReceipt)
	s.step(t, domain.PlanCredit)
	require.False(t, s.decide(t, 1).Settled)
	payment := s.step(t, domain.PlanPayment)
	require.Equal(t, []any{int64(3990), refund.Key, refund.Key + "/document"}, []any{payment.Amount, payment.Of, payment.Key})
	require.True(t, s.decide(t, 1).Settled)
}

// The provider paid, the books have it, the return is closed; then the money comes back.
func TestMoneyThatComesBackIsTakenBackInTheBooksAndAsked(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	s.work(t)
	require.True(t, s.decide(t, 1).Settled)
	s.tell(domain.NewFact(domain.FactReturnSettled, "settled", "selvedge", s.now, domain.ReturnSettled{Return: 1, At: int64(len(s.facts))}))
	open, err := returns.Open(s.order, s.facts)
	require.NoError(t, err)
	require.Empty(t, open)

	var shop, refund domain.ReturnPlan
	for _, d := range s.decide(t, 1).Documents {
		switch d.Plan.Kind {
		case domain.PlanShopReturn:
			shop = d.Plan
			shop.ShopID = d.Written.ID
		case domain.PlanRefund:
			refund = d.Plan
		}
	}
	told := domain.ShopReturn{ID: shop.ShopID, Order: order, Shipment: "7", External: shop.Key, Completed: true, Lines: shop.Lines, Total: 3990}
	told.Refunded = 3990
	s.tell(domain.NewShopReturnFact(told, s.now))
	open, err = returns.Open(s.order, s.facts)
	require.NoError(t, err)
	require.Empty(t, open, "our own refund is no news")
	told.Refunded, told.RefundFailed, told.RefundBack = 0, 1, 3990
	s.tell(domain.NewShopReturnFact(told, s.now))
	open, err = returns.Open(s.order, s.facts)
	require.NoError(t, err)
	require.Len(t, open, 1, "the order starts its return again")

	d := s.decide(t, 1)
	require.Equal(t, []domain.PlanKind{domain.PlanRefund}, dueKinds(d), "the shop is asked what is true")
	failed := domain.ReturnWritten{Return: 1, Kind: domain.PlanRefund, Key: refund.Key, Stage: domain.StageFailed, ID: shop.ShopID}
	s.tell(domain.NewFact(domain.FactReturnWritten, "failed", "selvedge", s.now, failed))
	s.tell(domain.NewFact(domain.FactReturnRefused, "refused", "centra", s.now, domain.ReturnRefused{Return: 1, RefusedFact: domain.RefusedFact{
		Step: domain.Step(domain.PlanRefund), Subject: refund.Key, System: "centra", Exception: "refund-failed",
	}}))
	back := s.step(t, domain.PlanPayment)
	require.Equal(t, []any{int64(-3990), refund.Key + "/document/2"}, []any{back.Amount, back.Key})
	d = s.decide(t, 1)
	require.Equal(t, []string{"refund-failed"}, kinds(d))
	require.False(t, d.Settled)

	s.skip(t, d)
	d = s.decide(t, 1)
	require.True(t, d.Settled, "finance has paid by hand")
	for _, doc := range d.Documents {
		if doc.Plan.Kind == domain.PlanRefund {
			require.Equal(t, domain.StageByHand, doc.Written.Stage)
		}
	}
}
