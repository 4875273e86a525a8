package returns_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/returns"
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

// While the shop is away a person enters the return by hand; ours, which was planned
// before, is refused afterwards, since the shop lets nobody return more than was sold.
func TestAReturnEnteredByHandBeforeOursWasRefusedIsTheSame(t *testing.T) {
	t.Parallel()
	s := newTale(2)
	s.tell(back("r", 1, unit("u", "restock", 1, true), unit("v", "ber", 1, true)))
	var plan domain.ReturnPlan
	for _, due := range s.decide(t, 1).Due {
		if due.Plan.Kind == domain.PlanShopReturn {
			plan = due.Plan
		}
	}
	require.Len(t, plan.Garments, 2)
	s.tell(domain.NewFact(domain.FactReturnPlanned, "plan:"+plan.Key, "selvedge", s.now, plan))
	s.tell(byHand("4", 1, false))
	s.tell(domain.NewFact(domain.FactReturnRefused, "refused", "centra", s.now, domain.ReturnRefused{Return: 1, RefusedFact: domain.RefusedFact{
		Step: domain.Step(plan.Kind), Subject: plan.Key, System: "centra", Exception: "return-refused", Problems: []domain.Refusal{{Code: "too_many", Message: "the shipment has fewer units left"}},
	}}))
	s.work(t)
	for n := 1; n <= 2; n++ {
		d := s.decide(t, n)
		require.Empty(t, kinds(d), "return %d", n)
		require.True(t, d.Settled, "return %d waits for %v, due %v", n, d.Waiting, d.Due)
	}
	require.Equal(t, 2, s.written(t, domain.PlanCredit), "each garment is credited once")
	require.Equal(t, 1, s.written(t, domain.PlanWriteOff))
	require.Equal(t, 2, s.written(t, domain.PlanRefund), "and paid back once")
	standing := map[string]int{}
	for _, f := range s.facts {
		if p, err := domain.Decode[domain.ReturnPlan](f); err == nil && f.Kind == domain.FactReturnPlanned && p.Kind == domain.PlanShopReturn && p.Key != plan.Key {
			standing[p.ShopID] += len(p.Garments)
		}
	}
	require.Equal(t, map[string]int{"4": 1, "": 1}, standing, "one in the person's return, the other in one of ours")
}

// Two parcels bring back what one return of the shop announces: what is decided about
// the second is news for the first, which waits for it.
func TestReturnsThatShareOneOfTheShopAreToldOfEachOther(t *testing.T) {
	t.Parallel()
	s := newTale(3)
	s.tell(back("r1", 1, unit("u", "restock", 1, true)))
	s.tell(back("r2", 1, unit("v", "wrong_item", 1, true)))
	s.tell(byHand("4", 2, false))
	news := func() int64 {
		open, err := returns.Open(s.order, s.facts)
		require.NoError(t, err)
		require.Equal(t, 1, open[0].Number)
		return open[0].Sequence
	}
	before := news()
	s.tell(back("r2", 2, unit("v", "restock", 2, true)))
	require.Greater(t, news(), before)
}

// What somebody deletes in the shop may be entered there again.
func TestUnitsOfADeletedReturnAreFreeAgain(t *testing.T) {
	t.Parallel()
	s := newTale(2)
	s.order.Shipments[0].Lines[0].Quantity = 1
	s.order.Shipments = append(s.order.Shipments, domain.ShopShipment{ID: "8", Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}}) // not completed yet
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	s.work(t)
	var ours domain.ReturnWritten
	for _, f := range s.facts {
		if w, err := domain.Decode[domain.ReturnWritten](f); err == nil && f.Kind == domain.FactReturnWritten && w.Kind == domain.PlanShopReturn {
			ours = w
		}
	}
	s.tell(domain.NewShopReturnFact(domain.ShopReturn{ID: ours.ID, External: ours.Key, Order: order, Shipment: "7", Deleted: true}, s.now))
	s.tell(answer(s.asked(t, 1, "return-deleted"), "skip", nil))
	s.tell(back("r2", 1, unit("v", "restock", 1, true)))
	s.work(t)
	require.Equal(t, 2, s.written(t, domain.PlanShopReturn))
}

// Where nothing is left to return in the shop, nobody waits silently for ever.
func TestAGarmentForWhichTheShopHasNoUnitLeftIsAPersons(t *testing.T) {
	t.Parallel()
	s := newTale(2)
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	p := domain.ReturnPlan{
		Return: 1, Kind: domain.PlanShopReturn, Key: order.String() + "/r1/shop-return/1", Shipment: "7", Garments: []string{"north/r/u"},
		Lines: []domain.LineQuantity{{Line: "1", Quantity: 2}}, // of one garment too many
	}
	s.tell(domain.NewFact(domain.FactReturnPlanned, "plan", "selvedge", s.now, p))
	s.tell(domain.NewFact(domain.FactReturnWritten, "written", "selvedge", s.now, domain.ReturnWritten{Return: 1, Kind: p.Kind, Key: p.Key, Stage: domain.StageDone, ID: "41"}))
	s.tell(back("r2", 1, unit("v", "restock", 1, true)))
	d := s.decide(t, 2)
	require.Equal(t, []string{"return-refused"}, kinds(d))
	require.Equal(t, "none_left", d.Questions[0].Problems[0].Code)
	require.False(t, d.Settled)
	s.tell(domain.NewFact(domain.FactReturnAnswered, "settled", "ops", s.now, domain.ReturnAnswer{Return: 2, AnswerFact: domain.AnswerFact{Cause: d.Questions[0].Cause, Action: "skip", By: "ops"}}))
	require.Empty(t, s.decide(t, 2).Questions)
}

// Somebody deletes a return of ours between its creation and its completion, and enters
// it by hand, as the page of the question says: that one is completed and paid back.
func TestAReturnDeletedBeforeItWasCompletedAndEnteredByHandIsTheSame(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ before, told, skips, completed bool }{
		"after we were refused":                   {},
		"before we were refused":                  {before: true},
		"with the shop's word that ours was gone": {told: true},
		"and the question is skipped":             {skips: true},
		"completed by hand":                       {completed: true},
	} {
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
			s.tell(domain.NewFact(domain.FactReturnWritten, "created", "selvedge", s.now, domain.ReturnWritten{Return: 1, Kind: plan.Kind, Key: plan.Key, Stage: domain.StageCreated, ID: "3"}))
			ours := domain.ShopReturn{ID: "3", External: plan.Key, Order: order, Shipment: "7", Lines: plan.Lines, Total: 3990}
			s.tell(domain.NewShopReturnFact(ours, s.now)) // as its event tells
			if tt.before {
				s.tell(byHand("4", 1, tt.completed))
			}
			s.tell(domain.NewFact(domain.FactReturnRefused, "refused", "centra", s.now, domain.ReturnRefused{Return: 1, RefusedFact: domain.RefusedFact{
				Step: domain.Step(plan.Kind), Subject: plan.Key, System: "centra", Exception: "return-refused", Problems: []domain.Refusal{{Code: domain.CodeReturnGone, Message: "it was deleted"}},
			}}))
			if tt.told {
				s.tell(domain.NewShopReturnFact(domain.ShopReturn{ID: "3", Order: order, Deleted: true}, s.now))
			}
			if !tt.before {
				cause := s.asked(t, 1, "return-refused")
				if tt.skips {
					s.tell(answer(cause, "skip", nil))
				}
				s.tell(byHand("4", 1, tt.completed))
			}
			s.work(t)
			for n := 1; n <= s.count(t); n++ { // one entered before has a number of its own, and nothing in it
				d := s.decide(t, n)
				require.Empty(t, kinds(d))
				require.True(t, d.Settled, "return %d waits for %v, due %v", n, d.Waiting, d.Due)
			}
			require.Equal(t, 1, s.written(t, domain.PlanCredit), "one garment is credited once")
			require.Equal(t, 1, s.written(t, domain.PlanRefund), "and paid back once")
			adopted := s.plans(t, domain.PlanShopReturn)
			require.Equal(t, "4", adopted[len(adopted)-1].ShopID)
		})
	}
}
