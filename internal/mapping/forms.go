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
		f, _ := formOf(domain.RuleTable(name))
		forms = append(forms, Form{domain.RuleTable(name), slices.Clone(f.scopes), slices.Clone(f.extra), slices.Clone(f.to)})
	}
	return forms
}

// AnsweredBy names the table whose rules answer a kind of question; ok is false for a
// kind that no single value's rule answers.
func AnsweredBy(kind string) (table domain.RuleTable, ok bool) {
	table, ok = map[string]domain.RuleTable{
		KindShippingMethod: domain.RuleShippingMethod, KindMarket: domain.RuleMarket, KindCarrier: domain.RuleCarrier,
		KindSKU: domain.RuleItem, KindAmbiguousSKU: domain.RuleItem, KindPaymentMethod: domain.RulePayment,
		KindStockStatus: domain.RuleStockStatus, KindDisposition: domain.RuleDisposition, KindService: domain.RuleCutoff,
	}[kind]
	return table, ok
}
