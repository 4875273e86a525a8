package returns_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/returns"
)

// TestAReturnThatVanishesFromTheShopIsAPersonsUntilItIsBackOrSettled: customer and books
// may have their money already.
func TestAReturnThatVanishesFromTheShopIsAPersonsUntilItIsBackOrSettled(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	s.work(t)
	require.True(t, s.decide(t, 1).Settled)
	var written domain.ReturnWritten
	for _, f := range s.facts {
		if w, err := domain.Decode[domain.ReturnWritten](f); err == nil && f.Kind == domain.FactReturnWritten && w.Kind == domain.PlanShopReturn {
			written = w
		}
	}
	require.NotEmpty(t, written.ID)
	gone := domain.ShopReturn{ID: written.ID, External: written.Key, Order: order, Shipment: "7", Completed: true, Deleted: true}
	s.tell(domain.NewShopReturnFact(gone, s.now))
	d := s.decide(t, 1)
	require.Equal(t, []string{"return-deleted"}, kinds(d))
	require.Empty(t, d.Due, "nothing is written anew by itself")
	require.False(t, d.Settled)

	s.tell(domain.NewFact(domain.FactReturnAnswered, domain.AnswerKey("by-hand"), "ops", s.now,
		domain.ReturnAnswer{Return: 1, AnswerFact: domain.AnswerFact{Cause: d.Questions[0].Cause, Action: "skip", By: "ops", Reason: "settled by hand"}}))
	require.Empty(t, s.decide(t, 1).Questions)
	require.True(t, s.decide(t, 1).Settled)
}

// vanish is the shop's word that a return of its own was deleted.
func vanish(id, external string) domain.Fact {
	return domain.NewShopReturnFact(domain.ShopReturn{ID: id, External: external, Order: order, Shipment: "7", Completed: true, Deleted: true}, noon)
}

// stands is what was written of the only return in the shop.
func (t *tale) stands(tb require.TestingT) domain.ReturnWritten {
	var written domain.ReturnWritten
	for _, f := range t.facts {
		if w, err := domain.Decode[domain.ReturnWritten](f); err == nil && f.Kind == domain.FactReturnWritten && w.Kind == domain.PlanShopReturn {
			written = w
		}
	}
	require.NotEmpty(tb, written.ID)
	return written
}

// TestADeletedReturnThatIsEnteredAgainIsTheSame: as the question's page says. What was
// credited and paid back with the first stays so.
func TestADeletedReturnThatIsEnteredAgainIsTheSame(t *testing.T) {
	t.Parallel()
	for name, skips := range map[string]bool{"before the question is answered": false, "after the question was skipped": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTale(2)
			s.tell(back("r", 1, unit("u", "restock", 1, true)))
			s.work(t)
			gone := s.stands(t)
			s.tell(vanish(gone.ID, gone.Key))
			if cause := s.asked(t, 1, "return-deleted"); skips {
				s.tell(answer(cause, "skip", nil))
			}
			s.tell(byHand("9", 1, true))
			s.work(t)
			require.Equal(t, 1, s.written(t, domain.PlanCredit))
			require.Equal(t, 1, s.written(t, domain.PlanRefund))
			require.Equal(t, 1, s.count(t))
			d := s.decide(t, 1)
			require.Empty(t, kinds(d))
			require.True(t, d.Settled, "it waits for %v, due %v", d.Waiting, d.Due)
		})
	}
}

// TestAReturnMadeByHandThatVanishesIsAPersonsAndItsUnitsAreTheGoodsThatCome: one unit of
// it was credited before it came.
func TestAReturnMadeByHandThatVanishesIsAPersonsAndItsUnitsAreTheGoodsThatCome(t *testing.T) {
	t.Parallel()
	s := newTale(3)
	s.tell(byHand("4", 2, true))
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	s.work(t)
	require.Equal(t, 2, s.written(t, domain.PlanCredit), "whoever completed it has accepted both")
	s.tell(vanish("4", ""))
	s.tell(answer(s.asked(t, 1, "return-deleted"), "skip", nil))
	s.work(t)
	require.Equal(t, 2, s.written(t, domain.PlanCredit))
	s.tell(back("r2", 1, unit("v", "restock", 1, true), unit("w", "restock", 1, true)))
	s.work(t)
	require.Equal(t, 3, s.written(t, domain.PlanCredit))
	for n := 1; n <= s.count(t); n++ {
		d := s.decide(t, n)
		require.Empty(t, kinds(d))
		require.True(t, d.Settled, "return %d waits for %v, due %v", n, d.Waiting, d.Due)
	}
}

// TestADeletionIsNewsToAReturnThatHasSettled: nobody else would ever look again.
func TestADeletionIsNewsToAReturnThatHasSettled(t *testing.T) {
	t.Parallel()
	for name, announced := range map[string]bool{"made by us": false, "made by hand": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTale(1)
			if announced {
				s.tell(byHand("4", 1, true))
			}
			s.tell(back("r", 1, unit("u", "restock", 1, true)))
			s.work(t)
			s.tell(domain.NewFact(domain.FactReturnSettled, "settled", "selvedge", s.now, domain.ReturnSettled{Return: 1, At: int64(len(s.facts))}))
			open, err := returns.Open(s.order, s.facts)
			require.NoError(t, err)
			require.Empty(t, open)
			s.tell(domain.NewShopReturnFact(domain.ShopReturn{ID: s.stands(t).ID, Order: order, Deleted: true}, noon)) // its event names no more
			open, err = returns.Open(s.order, s.facts)
			require.NoError(t, err)
			require.Len(t, open, 1)
			require.Equal(t, []string{"return-deleted"}, kinds(s.decide(t, 1)))
		})
	}
}

// TestPartOfADeletedReturnIsEnteredAgain: nothing is paid back twice, and what stands in
// no return of the shop stays a person's.
func TestPartOfADeletedReturnIsEnteredAgain(t *testing.T) {
	t.Parallel()
	s := newTale(3)
	s.tell(back("r", 1, unit("u", "restock", 1, true), unit("v", "restock", 1, true)))
	s.work(t)
	gone := s.stands(t)
	s.tell(vanish(gone.ID, gone.Key))
	s.tell(byHand("8", 1, true))
	s.work(t)
	require.Equal(t, []string{"return-deleted"}, kinds(s.decide(t, 1)), "the other one stands nowhere")
	s.tell(byHand("9", 2, true)) // it, and one that has not come
	s.work(t)
	require.Equal(t, 2, s.written(t, domain.PlanRefund), "each of the two was paid back with the first")
	require.Equal(t, 3, s.written(t, domain.PlanCredit))
	s.tell(back("r2", 1, unit("w", "restock", 1, true)))
	s.work(t)
	cause := s.asked(t, 1, "refund-decision")
	s.tell(answer(cause, "skip", nil))
	s.work(t)
	require.Equal(t, 2, s.written(t, domain.PlanRefund))
	require.Equal(t, 3, s.written(t, domain.PlanCredit))
	require.True(t, s.decide(t, 1).Settled)
}

// TestAUnitThatWasCreditedAndThenTakenBackIsAskedAbout: its return was deleted before
// anything else of it was written.
func TestAUnitThatWasCreditedAndThenTakenBackIsAskedAbout(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(byHand("4", 1, true))
	for _, due := range s.decide(t, 1).Due {
		if due.Plan.Kind == domain.PlanCredit {
			s.tell(domain.NewFact(domain.FactReturnPlanned, "plan:"+due.Plan.Key, "selvedge", s.now, due.Plan))
		}
	}
	require.Equal(t, 1, s.written(t, domain.PlanCredit))
	s.tell(vanish("4", ""))
	s.tell(answer(s.asked(t, 1, "return-missing"), "skip", nil))
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	s.work(t)
	require.Equal(t, 1, s.written(t, domain.PlanCredit), "what came is that unit")
	require.Equal(t, 1, s.written(t, domain.PlanShopReturn))
	require.True(t, s.decide(t, 1).Settled)
}
