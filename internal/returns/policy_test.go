package returns_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/domain"
	"selvedge/internal/returns"
)

// says is one policy for everything.
func says(p returns.Policy) func(string, domain.ReturnType) (returns.Policy, *domain.Question) {
	return func(string, domain.ReturnType) (returns.Policy, *domain.Question) { return p, nil }
}

// plans are what was planned of a kind, the oldest first.
func (t *tale) plans(tb require.TestingT, kind domain.PlanKind) (plans []domain.ReturnPlan) {
	for _, f := range t.facts {
		if f.Kind != domain.FactReturnPlanned {
			continue
		}
		p, err := domain.Decode[domain.ReturnPlan](f)
		require.NoError(tb, err)
		if p.Kind == kind {
			plans = append(plans, p)
		}
	}
	return plans
}

func (t *tale) answer(q domain.Question, override map[string]string) {
	t.tell(domain.NewFact(domain.FactReturnAnswered, fmt.Sprintf("answer-%d", len(t.facts)), "ops", t.now,
		domain.ReturnAnswer{Return: 1, AnswerFact: domain.AnswerFact{Cause: q.Cause, Action: "override", Override: override, By: "ops"}}))
}

// TestMissingWrongAndExchangedGarmentsAreNeverPaidBackByThemselves tries every policy on
// every disposition and kind of return, and under rules that take a missing or a wrong
// garment for one that came back.
func TestMissingWrongAndExchangedGarmentsAreNeverPaidBackByThemselves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		disposition := rapid.SampledFrom([]string{"restock", "refurbish", "quarantine", "ber", "regrade_resale", "missing", "wrong_item", "mothed"}).Draw(r, "disposition")
		kind := rapid.SampledFrom([]domain.ReturnType{domain.CustomerReturn, domain.RentalReturn, domain.Undelivered, domain.Exchange, domain.Unidentified}).Draw(r, "kind")
		policy := returns.Policy{
			When: rapid.SampledFrom([]domain.RefundWhen{domain.RefundOnReceipt, domain.RefundOnGrading, domain.RefundManual}).Draw(r, "when"),
			Fee:  rapid.Int64Range(0, 5000).Draw(r, "fee"), Rule: rapid.Int64Range(0, 9).Draw(r, "rule"),
			Shipping: rapid.SampledFrom([]domain.ShippingBack{domain.ShippingKept, domain.ShippingOnFullReturn, domain.ShippingAlways}).Draw(r, "shipping"),
		}
		action := rapid.SampledFrom([]returns.Action{"", returns.Restock, returns.WriteOff, returns.Transfer, returns.Wait}).Draw(r, "a rule of the disposition says")
		s := newTale(2)
		s.policy = says(policy)
		s.ruling = func(warehouse, word, grade string) (returns.Ruling, *domain.Question) {
			if action != "" && word == disposition {
				return returns.Ruling{Action: action}, nil
			}
			return rulings(warehouse, word, grade)
		}
		u := unit("u", disposition, 1, rapid.Bool().Draw(r, "final"))
		u.ResultingSKU = "SHIRT-B"
		s.tell(domain.NewReturnFact(domain.ReturnConfirmation{
			ID: "r", Warehouse: "north", Consignment: "10001", Type: kind, Status: "graded", Revision: 1, ReceivedAt: noon, Units: []domain.ReturnUnit{u},
		}, noon))
		s.work(r)
		never := kind == domain.Exchange || kind == domain.RentalReturn || disposition == "missing" || disposition == "wrong_item" || policy.When == domain.RefundManual
		refunds := s.plans(r, domain.PlanRefund)
		if never {
			require.Empty(r, refunds)
			unsold := disposition == "missing" || disposition == "wrong_item"
			if unsold && action == "" || len(s.plans(r, domain.PlanShopReturn)) > 0 {
				require.NotEmpty(r, s.decide(r, 1).Questions, "a person is asked")
			}
		}
		if action == "" && !never && (u.Final && (disposition == "restock" || disposition == "ber") || disposition == "refurbish" && !u.Final) {
			require.Len(r, refunds, 1, "anything else is paid back")
		}
		for _, p := range s.plans(r, domain.PlanShopReturn) {
			require.NotNil(r, p.Terms)
			require.Equal(r, policy.Fee, p.Terms.Fee)
		}
	})
}

func TestOnReceiptPaysBeforeTheFinalDecision(t *testing.T) {
	t.Parallel()
	for when, units := range map[domain.RefundWhen]int{domain.RefundOnReceipt: 1, domain.RefundOnGrading: 0, domain.RefundManual: 0} {
		s := newTale(1)
		s.policy = says(returns.Policy{When: when})
		s.tell(back("r", 1, unit("u", "quarantine", 1, false)))
		s.work(t)
		require.Equal(t, units, s.written(t, domain.PlanRefund), "%s", when)
		require.Equal(t, units, s.written(t, domain.PlanShopReturn), "%s", when)
	}
}

func TestARuleThatChangesHoldsForReturnsDecidedAfterIt(t *testing.T) {
	t.Parallel()
	grading := returns.Policy{When: domain.RefundOnGrading, Rule: 1}
	manual := returns.Policy{When: domain.RefundManual, Fee: 395, Shipping: domain.ShippingAlways, Rule: 2}
	receipt := returns.Policy{When: domain.RefundOnReceipt, Rule: 3}

	t.Run("one that waited for finance goes on waiting, and pays the fee that it was planned with", func(t *testing.T) {
		t.Parallel()
		s := newTale(2)
		s.policy = says(manual)
		s.tell(back("r", 1, unit("u", "restock", 1, true)))
		s.work(t)
		s.policy = says(grading)
		s.work(t)
		require.Empty(t, s.plans(t, domain.PlanRefund))
		d := s.decide(t, 1)
		require.Equal(t, []string{"refund-decision"}, kinds(d))
		s.answer(d.Questions[0], map[string]string{"refund": "yes"})
		s.work(t)
		require.Len(t, s.plans(t, domain.PlanRefund), 1, "until finance says yes")
		require.Equal(t, &domain.RefundTerms{Rules: []int64{2}, When: domain.RefundManual, Fee: 395, Shipping: domain.ShippingAlways, Carriage: true}, s.plans(t, domain.PlanShopReturn)[0].Terms)
		s.tell(back("r2", 1, unit("v", "restock", 1, true)))
		s.work(t)
		require.Len(t, s.plans(t, domain.PlanRefund), 2, "what came back later is paid as the rule says now")
		require.Zero(t, s.plans(t, domain.PlanShopReturn)[1].Terms.Fee)
	})
	t.Run("one that was planned to be paid is paid", func(t *testing.T) {
		t.Parallel()
		s := newTale(1)
		s.policy = says(grading)
		s.tell(back("r", 1, unit("u", "restock", 1, true)))
		plan := s.decide(t, 1).Due[0].Plan
		require.Equal(t, domain.PlanShopReturn, plan.Kind)
		s.tell(domain.NewFact(domain.FactReturnPlanned, "plan:"+plan.Key, "selvedge", s.now, plan))
		s.policy = says(manual)
		s.work(t)
		require.Len(t, s.plans(t, domain.PlanRefund), 1)
		require.True(t, s.decide(t, 1).Settled)
	})
	t.Run("one that was accepted unseen stays accepted", func(t *testing.T) {
		t.Parallel()
		s := newTale(1)
		s.policy = says(receipt)
		s.tell(back("r", 1, unit("u", "quarantine", 1, false)))
		plan := s.decide(t, 1).Due[0].Plan
		s.tell(domain.NewFact(domain.FactReturnPlanned, "plan:"+plan.Key, "selvedge", s.now, plan))
		s.policy = says(grading)
		s.work(t)
		require.Equal(t, 1, s.written(t, domain.PlanCredit))
		require.Len(t, s.plans(t, domain.PlanRefund), 1)
	})
	t.Run("one that was completed by hand while a garment was looked at is paid once the garment has its word", func(t *testing.T) {
		t.Parallel()
		s := newTale(2)
		s.policy = says(grading)
		s.tell(byHand("4", 2, true))
		s.tell(back("r", 1, unit("u", "restock", 1, true), unit("v", "quarantine", 1, false)))
		s.work(t)
		require.Empty(t, kinds(s.decide(t, 1)), "the rules say when its money goes back")
		require.Empty(t, s.plans(t, domain.PlanRefund))
		s.tell(back("r", 2, unit("u", "restock", 1, true), unit("v", "restock", 2, true)))
		s.work(t)
		require.Len(t, s.plans(t, domain.PlanRefund), 1)
		require.True(t, s.decide(t, 1).Settled)
	})
	t.Run("a garment that comes with the same return later bears no second fee", func(t *testing.T) {
		t.Parallel()
		s := newTale(2)
		s.policy = says(returns.Policy{When: domain.RefundOnGrading, Fee: 395, Rule: 1})
		s.tell(back("r", 1, unit("u", "restock", 1, true), unit("v", "quarantine", 1, false)))
		s.work(t)
		s.policy = says(returns.Policy{When: domain.RefundOnGrading, Fee: 900, Rule: 2})
		s.tell(back("r", 2, unit("u", "restock", 1, true), unit("v", "restock", 2, true)))
		s.work(t)
		for _, p := range s.plans(t, domain.PlanShopReturn) {
			require.Equal(t, int64(395), p.Terms.Fee, "the return's fee was decided with its first garment")
		}
		require.Len(t, s.plans(t, domain.PlanShopReturn), 2)
	})
}

// split is an order of two lines in two parcels, with carriage.
func split() *tale {
	t := newTale(1)
	t.order.Shipping = 495
	t.order.Lines = append(t.order.Lines, domain.Line{ID: "2", Kind: domain.LineProduct, SKU: "HAT", Quantity: 1, Total: 200})
	t.order.Shipments = append(t.order.Shipments, domain.ShopShipment{ID: "8", Lines: []domain.LineQuantity{{Line: "2", Quantity: 1}}, Shipped: true, Paid: true})
	t.tell(domain.NewShipmentFact(domain.Shipment{
		ID: "s2", Consignment: "10001", Warehouse: "north", Sequence: 2, Revision: 1, ShippedAt: noon, Lines: []domain.ShipmentLine{{Line: "2", SKU: "HAT", Quantity: 1}},
	}, noon))
	return t
}

func hat(ref, disposition string) domain.ReturnUnit {
	u := unit(ref, disposition, 1, true)
	u.Line, u.SKU = "2", "HAT"
	return u
}

func TestTheHighestFeeOfAReturnIsItsFeeAndStandsFirstWhereMoneyGoesBack(t *testing.T) {
	t.Parallel()
	s := split()
	s.policy = func(disposition string, _ domain.ReturnType) (returns.Policy, *domain.Question) {
		if disposition == "ber" {
			return returns.Policy{When: domain.RefundManual, Fee: 100, Rule: 1}, nil
		}
		return returns.Policy{When: domain.RefundOnGrading, Fee: 395, Rule: 2}, nil
	}
	s.tell(back("r", 1, unit("u", "ber", 1, true), hat("v", "restock")))
	s.work(t)
	plans := s.plans(t, domain.PlanShopReturn)
	require.Len(t, plans, 2)
	require.Equal(t, []any{true, "8"}, []any{plans[0].Refund, plans[0].Shipment}, "the one that is paid back bears the fee first")
	for _, p := range plans {
		require.Equal(t, int64(395), p.Terms.Fee)
	}
	require.Equal(t, []int64{2}, plans[0].Terms.Rules)
	require.Equal(t, []string{"refund-decision"}, kinds(s.decide(t, 1)))
}

func TestRulesThatDoNotSayOneThingHoldTheReturnUntilTheyDo(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.policy = func(string, domain.ReturnType) (returns.Policy, *domain.Question) {
		return returns.Policy{}, &domain.Question{Kind: "unmapped:refund-policy", Cause: "unmapped:refund-policy:centra:*"}
	}
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	s.work(t)
	require.Equal(t, []string{"unmapped:refund-policy"}, kinds(s.decide(t, 1)))
	require.Empty(t, s.plans(t, domain.PlanShopReturn))
	require.Empty(t, s.plans(t, domain.PlanCredit))
	s.policy = nil
	s.work(t)
	require.Equal(t, 1, s.written(t, domain.PlanRefund))
	require.True(t, s.decide(t, 1).Settled)
}

func TestCarriageGoesBack(t *testing.T) {
	t.Parallel()
	full := says(returns.Policy{When: domain.RefundOnGrading, Shipping: domain.ShippingOnFullReturn, Rule: 1})
	carried := func(t *testing.T, s *tale) (on []string) {
		for _, p := range s.plans(t, domain.PlanShopReturn) {
			if p.Terms.Carriage {
				on = append(on, p.Shipment)
			}
		}
		return on
	}
	t.Run("when all comes back at once, with either shop return, of which one bears it", func(t *testing.T) {
		t.Parallel()
		s := split()
		s.policy = full
		s.tell(back("r", 1, unit("u", "restock", 1, true), hat("v", "restock")))
		s.work(t)
		require.ElementsMatch(t, []string{"7", "8"}, carried(t, s))
		require.True(t, s.decide(t, 1).Settled)
	})
	t.Run("with the parcel that bears it, when that comes back last", func(t *testing.T) {
		t.Parallel()
		s := split()
		s.policy = full
		s.tell(back("r", 1, hat("v", "restock")))
		s.work(t)
		require.Empty(t, carried(t, s))
		require.True(t, s.decide(t, 1).Settled)
		s.tell(back("r2", 1, unit("u", "restock", 1, true)))
		s.work(t)
		require.Equal(t, []string{"7"}, carried(t, s))
		require.True(t, s.decide(t, 2).Settled)
	})
	t.Run("by hand, when the parcel that bears it came back first", func(t *testing.T) {
		t.Parallel()
		s := split()
		s.policy = full
		s.tell(back("r", 1, unit("u", "restock", 1, true)))
		s.work(t)
		require.True(t, s.decide(t, 1).Settled)
		s.tell(back("r2", 1, hat("v", "restock")))
		s.work(t)
		d := s.decide(t, 2)
		require.Equal(t, []string{"refund-decision"}, kinds(d))
		require.Contains(t, d.Questions[0].Problems[0].Message, "4.95 GBP")
		require.Empty(t, kinds(s.decide(t, 1)), "the return that was first is not asked again")
		s.tell(domain.NewFact(domain.FactReturnAnswered, "paid", "fin", s.now, domain.ReturnAnswer{Return: 2, AnswerFact: domain.AnswerFact{Cause: d.Questions[0].Cause, Action: "skip", By: "fin", Reason: "paid"}}))
		require.True(t, s.decide(t, 2).Settled)
	})
	t.Run("never while something of the order has not come back", func(t *testing.T) {
		t.Parallel()
		s := split()
		s.policy = full
		s.tell(back("r", 1, unit("u", "restock", 1, true), hat("v", "quarantine")))
		s.work(t)
		require.Empty(t, carried(t, s))
	})
	t.Run("with any return of its parcel, where the rule says always", func(t *testing.T) {
		t.Parallel()
		s := split()
		s.policy = says(returns.Policy{When: domain.RefundOnGrading, Shipping: domain.ShippingAlways, Rule: 1})
		s.tell(back("r", 1, unit("u", "restock", 1, true)))
		s.work(t)
		require.Equal(t, []string{"7"}, carried(t, s))
	})
}

func TestAMemoNeverStandsBeforeItIsKnownWhatIsKeptBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		policy  returns.Policy
		credits int
	}{
		"with a fee the books wait for the shop's return":              {returns.Policy{When: domain.RefundOnGrading, Fee: 395}, 0},
		"with carriage that may go back they wait, too":                {returns.Policy{When: domain.RefundOnGrading, Shipping: domain.ShippingOnFullReturn}, 0},
		"with nothing but garments they go on when patience has ended": {returns.Policy{When: domain.RefundOnGrading}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTale(1)
			s.policy = says(tt.policy)
			s.order.Shipments[0].Paid = false // the shop's side is held up
			s.tell(back("r", 1, unit("u", "restock", 1, true)))
			s.work(t)
			require.Equal(t, tt.credits, s.written(t, domain.PlanCredit))
			s.order.Shipments[0].Paid = true
			s.policy = says(returns.Policy{When: domain.RefundOnGrading, Fee: 395})
			s.work(t)
			require.Equal(t, 1, s.written(t, domain.PlanCredit))
			plan := s.plans(t, domain.PlanShopReturn)[0]
			if tt.credits == 1 {
				require.Zero(t, plan.Terms.Fee, "what was credited without a fee is returned without one")
				return
			}
			require.Equal(t, plan.Key, s.plans(t, domain.PlanCredit)[0].Of)
		})
	}
}
