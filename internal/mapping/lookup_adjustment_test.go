package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

func TestAReasonOfTheBooksMeansWhatItsRuleSays(t *testing.T) {
	t.Parallel()
	rules := mapping.New([]domain.Rule{
		{Version: 1, Table: domain.RuleAdjustmentReason, From: "moth", To: "ber"},
		{Version: 2, Table: domain.RuleAdjustmentReason, Warehouse: "north", From: "moth", To: "stock"},
		{Version: 3, Table: domain.RuleAdjustmentReason, From: "brand call-back", To: "returned-to-brand"},
		{Version: 4, Table: domain.RuleAdjustmentReason, From: "odd", To: "whatever"},
	})
	for name, tt := range map[string]struct{ warehouse, reason, want, cause string }{
		"anywhere":                              {"south", "moth", "ber_write_off", ""},
		"narrowed to a warehouse":               {"north", "moth", "", ""},
		"without regard to letter case":         {"south", "Brand Call-Back", "returned_to_brand", ""},
		"none is asked about, by its warehouse": {"south", "flood", "", "unmapped:adjustment-reason:south:flood"},
		"one that nobody understands is, too":   {"south", "odd", "", "unmapped:adjustment-reason:south:odd"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, miss := rules.AdjustmentReason(tt.warehouse, tt.reason)
			require.Equal(t, tt.want, got)
			if tt.cause == "" {
				require.Nil(t, miss)
				return
			}
			require.Equal(t, tt.cause, miss.Question().Cause)
		})
	}
}

func TestARuleForAReasonOfTheBooksNamesALossOrStock(t *testing.T) {
	t.Parallel()
	for to, ok := range map[string]bool{"ber": true, "Returned to brand": true, "stock": true, "write-off": false} {
		_, problems := mapping.CheckRule(domain.Rule{Table: domain.RuleAdjustmentReason, Warehouse: "north", From: "moth", To: to})
		require.Equal(t, ok, len(problems) == 0, "%s: %v", to, problems)
	}
}
