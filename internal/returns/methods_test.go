package returns_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

// A gift card paid a part: 29.90 go back by card and 10.00 onto the gift card, each under a
// document of its own, one after the other since their keys are numbered.
func TestARefundByTwoMethodsHasADocumentForEach(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	s.step(t, domain.PlanShopReturn)
	var refund domain.ReturnPlan
	for _, due := range s.decide(t, 1).Due {
		if due.Plan.Kind == domain.PlanRefund {
			refund = due.Plan
		}
	}
	s.tell(domain.NewFact(domain.FactReturnPlanned, "plan:"+refund.Key, "selvedge", s.now, refund))
	written := func(key string, w domain.ReturnWritten) {
		w.Return, w.Kind, w.Key, w.ID = 1, domain.PlanRefund, refund.Key, refund.ShopID
		s.tell(domain.NewFact(domain.FactReturnWritten, key, "selvedge", s.now, w))
	}
	written("paid", domain.ReturnWritten{Stage: domain.StageDone, Amount: 3990, Cards: 1000, By: []string{"Card"}})
	s.step(t, domain.PlanReceipt)
	s.step(t, domain.PlanCredit)
	said := func(p domain.ReturnPlan) []any { return []any{p.Amount, p.Method, p.By, p.Key} }
	require.Equal(t, []any{int64(2990), "", []string{"Card"}, refund.Key + "/document"}, said(s.step(t, domain.PlanPayment)))
	require.False(t, s.decide(t, 1).Settled)
	require.Equal(t, []any{int64(1000), domain.MethodGiftCard, []string(nil), refund.Key + "/document/2"}, said(s.step(t, domain.PlanPayment)))
	require.True(t, s.decide(t, 1).Settled)

	written("failed", domain.ReturnWritten{Stage: domain.StageFailed})
	require.Equal(t, []any{int64(-2990), "", []string(nil), refund.Key + "/document/3"}, said(s.step(t, domain.PlanPayment)))
	require.Equal(t, []any{int64(-1000), domain.MethodGiftCard, []string(nil), refund.Key + "/document/4"}, said(s.step(t, domain.PlanPayment)))
}
