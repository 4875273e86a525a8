package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

func entityRule(extra map[string]string) domain.Rule {
	return domain.Rule{Version: 2, Table: domain.RuleEntity, From: "ATELIER-UK", To: "7", Extra: extra}
}

func TestAnEntityIsFoundByRulesAndNeverDefaulted(t *testing.T) {
	t.Parallel()
	market := domain.Rule{Version: 1, Table: domain.RuleMarket, Store: "atelier", From: "United Kingdom", To: "ATELIER-UK"}
	full := map[string]string{"timezone": "Europe/London", "currency": "GBP, EUR"}
	order := domain.Order{ID: domain.OrderID{Store: "atelier", Number: "1"}, Market: domain.Ref{Name: "United Kingdom"}, Currency: "EUR"}
	for name, tt := range map[string]struct {
		rules  []domain.Rule
		change func(*domain.Order)
		cause  string // empty: found
	}{
		"market and entity":       {rules: []domain.Rule{market, entityRule(full)}},
		"no rule of the market":   {rules: []domain.Rule{entityRule(full)}, cause: "unmapped:entity:centra:United Kingdom"},
		"no rule of the entity":   {rules: []domain.Rule{market}, cause: "unmapped:entity:selvedge:ATELIER-UK"},
		"no time zone":            {rules: []domain.Rule{market, entityRule(map[string]string{"currency": "EUR"})}, cause: "unmapped:entity:selvedge:ATELIER-UK"},
		"no currency":             {rules: []domain.Rule{market, entityRule(map[string]string{"timezone": "Europe/London"})}, cause: "unmapped:entity:selvedge:ATELIER-UK"},
		"the machine's own zone":  {rules: []domain.Rule{market, entityRule(map[string]string{"timezone": "Local", "currency": "EUR"})}, cause: "unmapped:entity:selvedge:ATELIER-UK"},
		"another currency":        {rules: []domain.Rule{market, entityRule(full)}, change: func(o *domain.Order) { o.Currency = "SEK" }, cause: "unmapped:entity:selvedge:ATELIER-UK SEK"},
		"an answer that is none":  {rules: []domain.Rule{market, entityRule(map[string]string{"timezone": "Europe/London", "currency": "EUR", "late": "maybe"})}, cause: "unmapped:entity:selvedge:ATELIER-UK"},
		"a rule that was retired": {rules: []domain.Rule{market, entityRule(full), {Version: 9, Table: domain.RuleEntity, From: "ATELIER-UK", Retired: true}}, cause: "unmapped:entity:selvedge:ATELIER-UK"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := order
			if tt.change != nil {
				tt.change(&o)
			}
			e, missing := mapping.New(tt.rules).EntityOf(o)
			if tt.cause != "" {
				require.NotNil(t, missing)
				require.Equal(t, []string{mapping.KindEntity, tt.cause}, []string{missing.Kind, missing.Cause})
				require.Empty(t, missing.Step, "no order waits for it")
				require.Zero(t, e)
				return
			}
			require.Nil(t, missing)
			require.Equal(t, []any{"ATELIER-UK", "7", "Europe/London", []string{"GBP", "EUR"}, mapping.LatePost}, []any{e.Code, e.Ref, e.Zone.String(), e.Currencies, e.Late})
			require.Equal(t, map[string]int64{"market": 1, "entity": 2}, e.Rules)
		})
	}
}

func TestAnEntityRuleIsCheckedBeforeItIsSaved(t *testing.T) {
	t.Parallel()
	_, problems := mapping.CheckRule(entityRule(map[string]string{"timezone": "Europe/London", "currency": "GBP EUR", "late": "ask", "ledger": "csv"}))
	require.Empty(t, problems)
	for field, extra := range map[string]map[string]string{
		"timezone": {"timezone": "Londonish", "currency": "GBP"},
		"currency": {"timezone": "Europe/London", "currency": "POUND"},
		"late":     {"timezone": "Europe/London", "currency": "GBP", "late": "never"},
		"zone":     {"timezone": "Europe/London", "currency": "GBP", "zone": "x"},
	} {
		_, problems := mapping.CheckRule(entityRule(extra))
		require.Len(t, problems, 1, field)
		require.Equal(t, field, problems[0].Field)
	}
}
