package mapping

import (
	"slices"

	"selvedge/internal/domain"
)

// Form says how a rule of a table is filled in.
type Form struct {
	Table  domain.RuleTable
	Scopes []string // of store, warehouse, country: what can narrow the rule
	Extra  []string // keys that the table reads besides
	To     []string // the answers that there are; nil means any
}

// Forms lists the form of every table, by name.
func Forms() []Form {
	var forms []Form
	for _, name := range Tables() {
		form, _ := FormOf(domain.RuleTable(name))
		forms = append(forms, form)
	}
	return forms
}

// FormOf is the form of one table; ok is false for a table that there is not.
func FormOf(table domain.RuleTable) (form Form, ok bool) {
	f, ok := formOf(table)
	return Form{table, slices.Clone(f.scopes), slices.Clone(f.extra), slices.Clone(f.to)}, ok
}

// AnsweredBy names the table whose rules answer a kind of question; ok is false for a
// kind that no single value's rule answers.
func AnsweredBy(kind string) (table domain.RuleTable, ok bool) {
	table, ok = map[string]domain.RuleTable{
		KindShippingMethod: domain.RuleShippingMethod, KindMarket: domain.RuleMarket, KindCarrier: domain.RuleCarrier,
		KindSKU: domain.RuleItem, KindAmbiguousSKU: domain.RuleItem, KindPaymentMethod: domain.RulePayment,
		KindStockStatus: domain.RuleStockStatus, KindDisposition: domain.RuleDisposition, KindService: domain.RuleCutoff,
		KindRefundPolicy: domain.RuleRefundPolicy, KindAdjustmentReason: domain.RuleAdjustmentReason,
	}[kind]
	return table, ok
}
