package returns_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

// answer is what a person says to a question of the first return.
func answer(cause, action string, override map[string]string) domain.Fact {
	return domain.NewFact(domain.FactReturnAnswered, "answer:"+cause+":"+action, "ops", noon, domain.ReturnAnswer{
		Return: 1, AnswerFact: domain.AnswerFact{Cause: cause, Action: action, Override: override, By: "ops"},
	})
}

// asked is the cause of the only question of a return.
func (t *tale) asked(tb require.TestingT, n int, kind string) string {
	d := t.decide(tb, n)
	require.Len(tb, d.Questions, 1)
	require.Equal(tb, kind, d.Questions[0].Kind)
	return d.Questions[0].Cause
}

func exchange(id string, revision int64, u domain.ReturnUnit) domain.Fact {
	return domain.NewReturnFact(domain.ReturnConfirmation{
		ID: id, Warehouse: "north", Consignment: "10001", Type: domain.Exchange, Status: "graded", Revision: revision, ReceivedAt: noon, Units: []domain.ReturnUnit{u},
	}, noon)
}

// The shop does not wait for finance: the goods stand on its return long before anybody
// has said whether the money goes back.
func TestFinanceDecidesOnARefundAfterTheShopsReturnStands(t *testing.T) {
	t.Parallel()
	for action, refunds := range map[string]int{"override": 1, "skip": 0} {
		s := newTale(1)
		s.tell(exchange("r", 1, unit("u", "restock", 1, true)))
		s.work(t)
		require.Equal(t, 1, s.written(t, domain.PlanShopReturn))
		require.Zero(t, s.written(t, domain.PlanRefund))
		cause := s.asked(t, 1, "refund-decision")
		s.tell(answer(cause, action, map[string]map[string]string{"override": {"refund": "yes"}}[action]))
		s.work(t)
		require.Equal(t, refunds, s.written(t, domain.PlanRefund), action)
		require.True(t, s.decide(t, 1).Settled, action)
	}
}

func TestAnOlderRevisionThatComesLateMakesNoExchangeARefund(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(exchange("r", 2, unit("u", "restock", 2, true)))
	s.tell(back("r", 1, unit("u", "quarantine", 1, false)))
	s.work(t)
	require.Zero(t, s.written(t, domain.PlanRefund))
	s.asked(t, 1, "refund-decision")
}

func TestAGarmentThatWasNeverSoldTakesNoneOfTheSoldOnesPlaces(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(back("r", 1, unit("u", "wrong_item", 1, true)))
	s.tell(answer(s.asked(t, 1, "wrong-item"), "skip", nil))
	s.tell(back("r2", 1, unit("v", "restock", 1, true)))
	s.work(t)
	require.Empty(t, kinds(s.decide(t, 2)))
	require.Equal(t, 1, s.written(t, domain.PlanCredit))
}

// A person who is told that the shop refuses the return enters it by hand: that return
// is of the same garment, and ours is made no more.
func TestAReturnEnteredByHandInPlaceOfARefusedOneIsTheSame(t *testing.T) {
	t.Parallel()
	for name, skips := range map[string]bool{"and the question is skipped": true, "and nobody answers": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTale(2)
			s.tell(back("r", 1, unit("u", "restock", 1, true)))
			var plan domain.ReturnPlan
			for _, due := range s.decide(t, 1).Due {
				if due.Plan.Kind == domain.PlanShopReturn {
					plan = due.Plan
				}
			}
			s.tell(domain.NewFact(domain.FactReturnPlanned, "plan:"+plan.Key, "selvedge", s.now, plan))
			s.tell(domain.NewFact(domain.FactReturnRefused, "refused", "centra", s.now, domain.ReturnRefused{Return: 1, RefusedFact: domain.RefusedFact{
				Step: domain.Step(plan.Kind), Subject: plan.Key, System: "centra", Exception: "return-refused", Problems: []domain.Refusal{{Code: "archived", Message: "the order is archived"}},
			}}))
			cause := s.asked(t, 1, "return-refused")
			if skips {
				s.tell(answer(cause, "skip", nil))
			}
			s.tell(byHand("4", 1, true))
			s.work(t)
			require.Equal(t, 1, s.written(t, domain.PlanCredit), "one garment is credited once")
			require.Equal(t, 1, s.count(t), "it is one return")
			d := s.decide(t, 1)
			require.Empty(t, kinds(d))
			require.True(t, d.Settled, "waits for %v, due %v", d.Waiting, d.Due)
			require.Equal(t, 1, s.written(t, domain.PlanRefund))
		})
	}
}

// An announced return that somebody deletes in the shop after we took it up leaves the
// garment, and it gets a return of ours.
func TestAnAnnouncementDeletedBeforeItWasCompletedIsMadeAnew(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(byHand("4", 1, false))
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	var adopted domain.ReturnPlan
	for _, due := range s.decide(t, 1).Due {
		if due.Plan.Kind == domain.PlanShopReturn {
			adopted = due.Plan
		}
	}
	require.Equal(t, "4", adopted.ShopID)
	s.tell(domain.NewFact(domain.FactReturnPlanned, "plan:"+adopted.Key, "selvedge", s.now, adopted))
	gone := domain.ShopReturn{ID: "4", Order: order, Deleted: true}
	s.tell(domain.NewShopReturnFact(gone, s.now))
	for _, due := range s.decide(t, 1).Due {
		require.NotEqual(t, adopted.Key, due.Plan.Key, "what is gone cannot be completed")
	}
	s.work(t)
	require.Equal(t, 1, s.written(t, domain.PlanCredit))
	require.Equal(t, 1, s.written(t, domain.PlanRefund))
	require.True(t, s.decide(t, 1).Settled)
}
