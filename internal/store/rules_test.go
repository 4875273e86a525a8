package store_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
)

func TestRulesAreReplacedNeverEdited(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	express := domain.Rule{Table: domain.RuleShippingMethod, Warehouse: "leeds", From: "Express", To: "RM24"}
	abroad := express
	abroad.Country, abroad.To = "DE", "DPD"
	market := domain.Rule{Table: domain.RuleMarket, Store: "atelier", From: "Sweden", To: "SE01", Extra: map[string]string{"currency": "SEK"}}

	first, err := s.SaveRules(ctx, []domain.Rule{express, abroad, market}, "mia", "start", noon)
	require.NoError(t, err)
	require.Len(t, first, 3)
	same, err := s.SaveRules(ctx, []domain.Rule{express, abroad, market}, "joe", "again", at(1))
	require.NoError(t, err)
	require.Empty(t, same, "what is in force already makes no version")

	faster := express
	faster.To = "RM12"
	second, err := s.SaveRules(ctx, []domain.Rule{faster, abroad}, "joe", "faster", at(2))
	require.NoError(t, err)
	require.Len(t, second, 1)
	require.Greater(t, second[0].Version, first[2].Version)

	rules, err := s.Rules(ctx)
	require.NoError(t, err)
	require.Len(t, rules, 3)
	require.Equal(t, second[0], rules[2])
	require.Equal(t, first[2], rules[1])
	require.Equal(t, map[string]string{"currency": "SEK"}, rules[1].Extra)

	history, err := s.RuleHistory(ctx, domain.RuleShippingMethod, "Express")
	require.NoError(t, err)
	require.Equal(t, []string{"RM12", "DPD", "RM24"}, []string{history[0].To, history[1].To, history[2].To})
	require.Equal(t, "mia", history[2].Author)
	require.Equal(t, noon, history[2].At)

	retired := express
	retired.Retired = true
	for i, want := range []int{1, 0} {
		saved, err := s.SaveRules(ctx, []domain.Rule{retired}, "joe", "gone", at(3))
		require.NoError(t, err)
		require.Len(t, saved, want, "retiring %d", i+1)
	}
	rules, err = s.Rules(ctx)
	require.NoError(t, err)
	require.Len(t, rules, 2)
	back, err := s.SaveRules(ctx, []domain.Rule{faster}, "joe", "back", at(4))
	require.NoError(t, err)
	require.Len(t, back, 1)
}

func TestTheVersionOfTheRulesChangesWithThemAndOnlyThen(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	version := func() int64 {
		v, err := s.RulesVersion(ctx)
		require.NoError(t, err)
		return v
	}
	require.Zero(t, version())
	carrier := domain.Rule{Table: domain.RuleCarrier, Warehouse: "leeds", From: "RM", To: "Royal Mail"}
	seen := []int64{version()}
	for _, change := range []domain.Rule{carrier, {Table: domain.RuleCarrier, Warehouse: "leeds", From: "RM", To: "DPD"}, {Table: domain.RuleCarrier, Warehouse: "leeds", From: "RM", To: "DPD", Retired: true}} {
		_, err := s.SaveRules(ctx, []domain.Rule{change}, "mia", "change", noon)
		require.NoError(t, err)
		require.Greater(t, version(), seen[len(seen)-1])
		seen = append(seen, version())
		_, err = s.SaveRules(ctx, []domain.Rule{change}, "mia", "the same again", noon)
		require.NoError(t, err)
		require.Equal(t, seen[len(seen)-1], version())
	}
}

func TestDefaultsOfDifferentAttributesAreDifferentRules(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	def := func(attribute, value string) domain.Rule {
		return domain.Rule{
			Table: domain.RuleAttributeDefault, Warehouse: "leeds", From: "type:coat", To: value,
			Extra: map[string]string{"attribute": attribute},
		}
	}
	_, err := s.SaveRules(ctx, []domain.Rule{def("grade", "A"), def("countryOfOrigin", "PT")}, "mia", "start", noon)
	require.NoError(t, err)
	_, err = s.SaveRules(ctx, []domain.Rule{def("grade", "B")}, "mia", "mend", noon)
	require.NoError(t, err)
	rules, err := s.Rules(ctx)
	require.NoError(t, err)
	require.Len(t, rules, 2)
	require.Equal(t, "PT", rules[0].To)
	require.Equal(t, "B", rules[1].To)
}

func TestAllFaultsOfAListOfRulesAreReportedAndNothingIsSaved(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	good := domain.Rule{Table: domain.RuleCarrier, Warehouse: "leeds", From: "RMG", To: "Royal Mail"}
	_, err := s.SaveRules(ctx, []domain.Rule{
		good, good,
		{Table: "colours", From: "x", To: "y"},
		{Table: domain.RuleItem, To: "y"},
		{Table: domain.RuleItem, From: "x"},
		{Table: domain.RuleAttributeDefault, From: "type:coat", To: "A"},
	}, "", "", noon)
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)
	f, _ := fault.As(err)
	require.Len(t, f.Problems, 7, "author, reason and five rules")
	rules, err := s.Rules(ctx)
	require.NoError(t, err)
	require.Empty(t, rules)
}

func TestTheSameRuleSavedTwiceAtOnceMakesOneVersion(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = s.SaveRules(ctx, []domain.Rule{{Table: domain.RuleCarrier, From: "RMG", To: "Royal Mail"}}, "mia", "new carrier", noon)
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	history, err := s.RuleHistory(ctx, domain.RuleCarrier, "RMG")
	require.NoError(t, err)
	require.Len(t, history, 1)
}

func TestItemsAndTheirAttributes(t *testing.T) {
	t.Parallel()
	s, ctx := storetest.New(t), within(t)
	coat := store.Item{Warehouse: "leeds", SKU: "COAT", Name: "Coat", Missing: []string{"grade"}}
	require.NoError(t, s.SaveItems(ctx, []store.Item{coat, {Warehouse: "leeds", SKU: "SOCK", Pickable: true}}, at(1)))
	require.NoError(t, s.SaveItems(ctx, []store.Item{{Warehouse: "leeds", SKU: "COAT", Name: "older"}}, noon))
	items, err := s.Items(ctx, "leeds", []string{"COAT", "HAT"})
	require.NoError(t, err)
	coat.UpdatedAt = at(1)
	require.Equal(t, []store.Item{coat}, items, "what was said later stays")

	grade := domain.ItemAttribute{Warehouse: "leeds", SKU: "COAT", Attribute: "grade", Value: "A"}
	origin := domain.ItemAttribute{Warehouse: "leeds", SKU: "COAT", Attribute: "countryOfOrigin", Value: "PT"}
	require.NoError(t, s.SaveItemAttributes(ctx, []domain.ItemAttribute{grade, origin}, "mia", noon))
	grade.Value = "B"
	require.NoError(t, s.SaveItemAttributes(ctx, []domain.ItemAttribute{grade}, "joe", at(1)))
	got, err := s.ItemAttributes(ctx, "leeds", []string{"COAT"})
	require.NoError(t, err)
	require.Equal(t, []domain.ItemAttribute{origin, grade}, got)
	elsewhere, err := s.ItemAttributes(ctx, "lyon", []string{"COAT"})
	require.NoError(t, err)
	require.Empty(t, elsewhere)

	err = s.SaveItemAttributes(ctx, []domain.ItemAttribute{{Warehouse: "leeds", SKU: "HAT", Attribute: "grade", Value: "A"}, {Warehouse: "leeds", SKU: "HAT"}}, "mia", noon)
	require.True(t, fault.Is(err, fault.Invalid), "%v", err)
	got, err = s.ItemAttributes(ctx, "leeds", []string{"HAT"})
	require.NoError(t, err)
	require.Empty(t, got, "all or none")
}
