package returns_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/returns"
)

// completed tells that a planned shop return stands completed, with its figures.
func (t *tale) completed(p domain.ReturnPlan, w domain.ReturnWritten) {
	t.tell(domain.NewFact(domain.FactReturnPlanned, "plan:"+p.Key, "selvedge", t.now, p))
	w.Return, w.Kind, w.Key, w.Stage, w.ID = 1, p.Kind, p.Key, domain.StageDone, "41"
	t.tell(domain.NewFact(domain.FactReturnWritten, "written:"+p.Key, "selvedge", t.now, w))
}

// oneGarment is an order whose one garment is graded under a policy.
func oneGarment(policy returns.Policy, told ...domain.Fact) *tale {
	s := newTale(1)
	s.policy = says(policy)
	if len(told) == 0 {
		told = []domain.Fact{back("r", 1, unit("u", "restock", 1, true))}
	}
	for _, f := range told {
		s.tell(f)
	}
	return s
}

func TestAReturnSaysByWhichRuleAndFiguresItsMoneyGoesBack(t *testing.T) {
	t.Parallel()
	policy := returns.Policy{When: domain.RefundOnGrading, Fee: 395, Shipping: domain.ShippingAlways, Rule: 12}
	terms := domain.RefundTerms{Rules: []int64{12}, When: domain.RefundOnGrading, Fee: 395, Shipping: domain.ShippingAlways}
	s := oneGarment(policy)
	require.Equal(t, []returns.Money{{Garments: []string{"north/r/u"}, Terms: terms}}, s.decide(t, 1).Money, "what will be planned")
	s.completed(s.decide(t, 1).Due[0].Plan, domain.ReturnWritten{Amount: 3990 - 395 + 495, Fee: 395, Shipping: 400, Handling: 95})
	s.policy = says(returns.Policy{When: domain.RefundManual, Rule: 13})
	terms.Carriage = true
	row := returns.Money{Garments: []string{"north/r/u"}, ShopID: "41", Terms: terms, Stands: true, Goods: 3990, Kept: 395, Carriage: 495, Back: 4090}
	require.Equal(t, []returns.Money{row}, s.decide(t, 1).Money, "as it was planned, whatever rules say since")
	s.work(t) // the tale's provider pays 39.90 for each garment
	row.Refund, row.Refunded = domain.StageDone, 3990
	require.Equal(t, []returns.Money{row}, s.decide(t, 1).Money)
}

func TestAReturnSaysWhyItsMoneyIsHeld(t *testing.T) {
	t.Parallel()
	grading, manual := returns.Policy{When: domain.RefundOnGrading}, returns.Policy{When: domain.RefundManual, Rule: 7}
	exchange := domain.NewReturnFact(domain.ReturnConfirmation{
		ID: "r", Warehouse: "north", Consignment: "10001", Type: domain.Exchange, Status: "graded", Revision: 1, ReceivedAt: noon, Units: []domain.ReturnUnit{unit("u", "restock", 1, true)},
	}, noon)
	for name, tt := range map[string]struct {
		tale *tale
		held string
	}{
		"no final decision":            {oneGarment(grading, back("r", 1, unit("u", "quarantine", 1, false))), "it has no final decision yet"},
		"a rule leaves it to finance":  {oneGarment(manual), "refunds are decided by hand, says refund-policy rule 7"},
		"an exchange":                  {oneGarment(grading, exchange), "it is an exchange"},
		"not there":                    {oneGarment(grading, back("r", 1, unit("u", "missing", 1, true))), "a question about it is open"},
		"announced":                    {oneGarment(grading, byHand("4", 1, false)), "it is announced and has not arrived"},
		"a word that no rule explains": {oneGarment(grading, back("r", 1, unit("u", "mothed", 1, true))), "a question about it is open"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := tt.tale.decide(t, 1).Money
			require.Len(t, rows, 1)
			require.Equal(t, tt.held, rows[0].Held)
			require.Empty(t, rows[0].Refund)
		})
	}
	t.Run("until finance decides, once it was planned so", func(t *testing.T) {
		t.Parallel()
		s := oneGarment(manual)
		s.work(t)
		d := s.decide(t, 1)
		require.Equal(t, []any{"refunds were decided by hand when it was planned", domain.RefundManual, []int64{7}}, []any{d.Money[0].Held, d.Money[0].Terms.When, d.Money[0].Terms.Rules})
		s.answer(d.Questions[0], map[string]string{"refund": "yes"})
		s.work(t)
		row := s.decide(t, 1).Money[0]
		require.Equal(t, []any{"", domain.StageDone, int64(3990)}, []any{row.Held, row.Refund, row.Refunded})
	})
	t.Run("by what the payment provider says", func(t *testing.T) {
		t.Parallel()
		s := oneGarment(grading)
		s.completed(s.decide(t, 1).Due[0].Plan, domain.ReturnWritten{Amount: 3990})
		due := s.decide(t, 1).Due
		refund := due[slices.IndexFunc(due, func(d returns.Due) bool { return d.Plan.Kind == domain.PlanRefund })].Plan
		s.tell(domain.NewFact(domain.FactReturnPlanned, "plan:"+refund.Key, "selvedge", s.now, refund))
		s.tell(domain.NewFact(domain.FactReturnRefused, "refused", "centra", s.now, domain.ReturnRefused{Return: 1, RefusedFact: domain.RefusedFact{
			Step: domain.Step(refund.Kind), Subject: refund.Key, System: "centra", Exception: "refund-failed", Problems: []domain.Refusal{{Message: "the card is closed"}},
		}}))
		d := s.decide(t, 1)
		require.Equal(t, "the card is closed", d.Money[0].Held)
		s.tell(domain.NewFact(domain.FactReturnAnswered, "paid", "fin", s.now, domain.ReturnAnswer{Return: 1, AnswerFact: domain.AnswerFact{
			Cause: d.Questions[0].Cause, Action: "skip", By: "fin", Reason: "bank transfer",
		}}))
		require.Equal(t, []any{"", domain.StageByHand}, []any{s.decide(t, 1).Money[0].Held, s.decide(t, 1).Money[0].Refund})
	})
	t.Run("and who made a return in the shop has decided", func(t *testing.T) {
		t.Parallel()
		s := oneGarment(grading, byHand("4", 1, false), back("r", 1, unit("u", "restock", 1, true)))
		s.work(t)
		row := s.decide(t, 1).Money[0]
		require.Equal(t, []any{true, "4"}, []any{row.ByHand, row.ShopID})
		require.Empty(t, row.Terms.Rules)
	})
}

// TestEveryGarmentsMoneyIsExplainedOnce plays returns of several garments that stand
// differently, and looks after each step.
func TestEveryGarmentsMoneyIsExplainedOnce(t *testing.T) {
	t.Parallel()
	s := newTale(6)
	s.policy = func(disposition string, _ domain.ReturnType) (returns.Policy, *domain.Question) {
		if disposition == "ber" {
			return returns.Policy{When: domain.RefundManual, Rule: 3}, nil
		}
		return returns.Policy{When: domain.RefundOnGrading, Rule: 4}, nil
	}
	s.tell(byHand("4", 1, false))
	s.tell(back("r", 1, unit("a", "restock", 1, true), unit("b", "restock", 1, true), unit("c", "ber", 1, true), unit("d", "quarantine", 1, false), unit("e", "missing", 1, true), unit("f", "mothed", 1, true)))
	check := func(when string) {
		var explained, known []string
		d := s.decide(t, 1)
		for _, row := range d.Money {
			explained = append(explained, row.Garments...)
		}
		for _, g := range d.Garments {
			known = append(known, g.ID)
		}
		require.ElementsMatch(t, known, explained, when)
	}
	check("at first")
	for n := 0; ; n++ {
		due := s.decide(t, 1).Due
		if len(due) == 0 {
			break
		}
		require.Less(t, n, 50)
		if !due[0].Planned {
			s.tell(domain.NewFact(domain.FactReturnPlanned, "plan:"+due[0].Plan.Key, "selvedge", s.now, due[0].Plan))
			check(fmt.Sprint("planned ", due[0].Plan.Key))
		}
		s.write(t, due[0].Plan)
		check(fmt.Sprint("wrote ", due[0].Plan.Key))
	}
	require.Greater(t, len(s.decide(t, 1).Money), 3)
}
