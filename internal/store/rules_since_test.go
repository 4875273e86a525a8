package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/store/storetest"
)

func TestRulesAreSavedOnlyOverWhatWasLookedAt(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), t.Context()
	method := func(from, to string) domain.Rule {
		return domain.Rule{Table: domain.RuleShippingMethod, From: from, To: to}
	}
	_, err := s.SaveRules(ctx, []domain.Rule{method("express", "RM24"), method("standard", "RM48")}, "mia", "start", noon)
	require.NoError(t, err)
	seen, err := s.RulesVersion(ctx)
	require.NoError(t, err)
	_, err = s.SaveRules(ctx, []domain.Rule{method("express", "DPD")}, "joe", "contract of May", noon)
	require.NoError(t, err)

	_, err = s.SaveRulesSince(ctx, []domain.Rule{method("express", "RM48"), method("standard", "RM24")}, seen, "mia", "change", noon)
	require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	require.ErrorContains(t, err, `"express", by joe`)
	require.ErrorContains(t, err, "contract of May")
	rules, err := s.Rules(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"RM48", "DPD"}, []string{rules[0].To, rules[1].To}, "all or none")

	saved, err := s.SaveRulesSince(ctx, []domain.Rule{method("standard", "RM24"), method("saver", "RM48")}, seen, "mia", "change", noon)
	require.NoError(t, err, "nobody touched this one")
	replaced, err := s.RulesReplaced(ctx, saved)
	require.NoError(t, err)
	require.Len(t, replaced, 1, "the other one is new")
	require.Equal(t, []string{"standard", "RM48", "mia"}, []string{replaced[0].From, replaced[0].To, replaced[0].Author})
	_, err = s.SaveRulesSince(ctx, []domain.Rule{method("express", "DPD")}, seen, "mia", "the same", noon)
	require.NoError(t, err, "what is in force already changes nothing")
}
