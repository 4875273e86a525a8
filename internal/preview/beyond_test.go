package preview_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
	"selvedge/internal/preview"
)

// movesOf are what moves, as "what: from → to".
func movesOf(e preview.Effect) (moves []string) {
	for _, m := range e.Moves {
		moves = append(moves, m.What+": "+m.From+" → "+m.To)
	}
	return moves
}

func policy(from, to string, extra map[string]string) domain.Rule {
	return domain.Rule{Table: domain.RuleRefundPolicy, From: from, To: to, Extra: extra}
}

func TestAMarketsRefundPolicyIsShownForEachKindOfReturnThatItIsNotTheSameFor(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change domain.Rule
		want   []string
	}{
		"a fee is no matter of undelivered parcels and exchanges": {
			policy("*", "on-grading", map[string]string{"fee": "395 GBP", "shipping": "full-return"}),
			[]string{"refund policy: on-grading → on-grading, 3.95 GBP kept back, carriage back on full-return"},
		},
		"when the money goes back is": {policy("*", "manual", nil), []string{
			"refund policy: on-grading → manual", "refund policy of undelivered: on-grading, carriage back on always → manual, carriage back on always",
			"refund policy of exchange: on-grading → manual", "refund policy of rental-return: on-grading → manual",
		}},
		"one word's is its own": {policy("*/ber", "manual", nil), []string{"refund policy of ber: on-grading → manual"}},
		"a kind of return that has a rule of its own keeps to it": {policy("United Kingdom/undelivered", "manual", nil), []string{
			"refund policy of undelivered: on-grading, carriage back on always → manual",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			grading := policy("*", "on-grading", nil)
			grading.Version = 6
			p := preview.New(append(inForce(), grading), []domain.Rule{tt.change}, preview.Settings{})
			p.Add(order("1", "Standard"), nil)
			require.Equal(t, tt.want, movesOf(p.Effect(time.Unix(0, 0), 0)))
		})
	}
}

func TestDocumentsThatWaitForTheBooksAreFreedByTheirRule(t *testing.T) {
	t.Parallel()
	entity := domain.Rule{Table: domain.RuleEntity, From: "UK Ltd", To: "7", Extra: map[string]string{"timezone": "Europe/London", "currency": "GBP", "warehouses": "glasgow"}}
	for name, tt := range map[string]struct {
		field, value string
		change       domain.Rule
		frees        bool
	}{
		"the entity's own":               {"entity", "UK Ltd", entity, true},
		"another entity's":               {"entity", "US Inc", entity, false},
		"its market's":                   {"market", "Norway", rule(0, domain.RuleMarket, "norway", "UK Ltd"), true},
		"another market's":               {"market", "Norway", rule(0, domain.RuleMarket, "Sweden", "UK Ltd"), false},
		"its currency, now booked":       {"currency", "UK Ltd GBP", entity, true},
		"another currency":               {"currency", "UK Ltd NOK", entity, false},
		"the stock's owner":              {"warehouse", "Glasgow", entity, true},
		"the owner of another's stock":   {"warehouse", "lyon", entity, false},
		"a ledger that is not a rule's":  {"ledger", "UK Ltd x", entity, false},
		"a value that nobody can divide": {"currency", "GBP", entity, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := preview.New(inForce(), []domain.Rule{tt.change}, preview.Settings{})
			p.AddSystem(preview.Open{System: "documents", Question: domain.Question{
				Kind: mapping.KindEntity, Cause: "unmapped:entity:x:" + tt.value, Problems: []domain.Refusal{{Field: tt.field, Value: tt.value}},
			}})
			require.Equal(t, tt.frees, len(p.Effect(time.Unix(0, 0), 0).Frees) == 1)
		})
	}
}

func TestWhatNoOrderShowsIsSaid(t *testing.T) {
	t.Parallel()
	require.Empty(t, effect([]domain.Rule{rule(0, domain.RuleShippingMethod, "Express", "RM24")}).NotShown)
	for _, table := range mapping.Tables() {
		says := effect([]domain.Rule{rule(0, domain.RuleTable(table), "x", "y"), rule(0, domain.RuleTable(table), "z", "y")}).NotShown
		require.LessOrEqual(t, len(says), 1, "once for each table")
	}
	require.Contains(t, effect([]domain.Rule{rule(0, domain.RuleStockBuffer, "*", "2")}).NotShown[0], "next stock pass")
	require.Contains(t, effect([]domain.Rule{policy("*", "manual", nil)}).NotShown[0], "keeps the terms that it was planned with")
}
