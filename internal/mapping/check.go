package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"selvedge/internal/domain"
)

// RuleProblem is one thing that is wrong with a rule, in words for whoever wrote it.
type RuleProblem struct {
	Line    int    `json:"line,omitempty"` // of the file, the header is line 1; 0 outside files
	Field   string `json:"field"`
	Value   string `json:"value,omitempty"`
	Message string `json:"message"` // what is wrong and what to do
}

// String writes field, value and what to do.
func (p RuleProblem) String() string { return fmt.Sprintf("%s %q: %s", p.Field, p.Value, p.Message) }

// maxBuffer is far above any sensible buffer; more is a slip of the finger, and would
// take an item off sale.
const maxBuffer = 100_000

// tableForm says what a rule of a table may hold. A scope or key that no look-up
// of the table reads is refused, since such a rule would never be found.
type tableForm struct {
	scopes []string // of store, warehouse, country
	extra  []string // keys of Extra
	to     []string // closed list of answers; nil means any
}

func formOf(t domain.RuleTable) (tableForm, bool) {
	switch t {
	case domain.RuleShippingMethod:
		return tableForm{scopes: []string{"warehouse", "country"}}, true
	case domain.RuleMarket:
		return tableForm{scopes: []string{"store"}, extra: []string{extraCurrency}}, true
	case domain.RuleEntity:
		return tableForm{extra: []string{extraCurrency, extraTimezone, extraLedger, extraLate, extraWarehouses}}, true
	case domain.RuleItem, domain.RuleCarrier:
		return tableForm{scopes: []string{"warehouse"}}, true
	case domain.RuleAttributeDefault:
		return tableForm{scopes: []string{"warehouse"}, extra: []string{extraAttribute}}, true
	case domain.RulePayment:
		return tableForm{scopes: []string{"store"}, to: []string{string(domain.CaptureOnShipment), string(domain.CaptureBeforeSubmission), string(domain.CaptureExternal)}}, true
	case domain.RuleStockStatus:
		return tableForm{scopes: []string{"warehouse"}, to: []string{Sellable, Withheld}}, true
	case domain.RuleStockBuffer:
		return tableForm{scopes: []string{"warehouse"}}, true
	case domain.RuleStockGrade:
		return tableForm{scopes: []string{"warehouse"}, to: []string{"new", "a", "b", "c", "d"}}, true
	case domain.RuleDisposition:
		return tableForm{scopes: []string{"warehouse"}, extra: []string{extraRefund, extraRemind}, to: dispositionActions()}, true
	case domain.RuleAdjustmentReason:
		return tableForm{scopes: []string{"warehouse"}, to: adjustmentMeanings()}, true
	case domain.RuleCutoff:
		return tableForm{scopes: []string{"warehouse"}, extra: []string{extraTimezone, extraDays}}, true
	case domain.RuleRefundPolicy:
		return tableForm{scopes: []string{"store", "country"}, extra: []string{extraFee, extraShipping}, to: refundWhens()}, true
	}
	return tableForm{}, false
}

// Tables lists the mapping tables by name.
func Tables() []string {
	tables := []string{
		string(domain.RuleShippingMethod), string(domain.RuleMarket), string(domain.RuleItem), string(domain.RuleCarrier), string(domain.RuleAttributeDefault),
		string(domain.RulePayment), string(domain.RuleStockStatus), string(domain.RuleStockBuffer),
		string(domain.RuleStockGrade), string(domain.RuleDisposition), string(domain.RuleCutoff), string(domain.RuleEntity),
		string(domain.RuleRefundPolicy), string(domain.RuleAdjustmentReason),
	}
	slices.Sort(tables)
	return tables
}

// TableNamed finds a table without regard to letter case, spaces and underscores.
func TableNamed(name string) (domain.RuleTable, bool) {
	t := domain.RuleTable(dashed(name))
	_, ok := formOf(t)
	return t, ok
}

func dashed(s string) string {
	return strings.ReplaceAll(fold(strings.ReplaceAll(s, "_", " ")), " ", "-")
}

// CheckRule gives a rule in its exact spelling, and everything that is wrong with
// it: an answer that no step understands, or a scope in which nobody would find it.
func CheckRule(r domain.Rule) (domain.Rule, []RuleProblem) {
	var problems []RuleProblem
	complain := func(field, value, message string) {
		problems = append(problems, RuleProblem{Field: field, Value: value, Message: message})
	}
	table, known := TableNamed(string(r.Table))
	if !known {
		complain("table", string(r.Table), "is none that we know; give one of "+strings.Join(Tables(), ", "))
	} else {
		r.Table = table
	}
	r.From, r.To = strings.TrimSpace(r.From), strings.TrimSpace(r.To)
	r.Store, r.Warehouse, r.Country = strings.TrimSpace(r.Store), strings.TrimSpace(r.Warehouse), strings.ToUpper(strings.TrimSpace(r.Country))
	r.Extra = trimmed(r.Extra)
	for _, text := range textsOf(r) {
		if strings.ContainsFunc(text.value, unwritable) {
			complain(text.field, text.value, "holds a character that cannot be kept or seen, such as a carriage return; write it anew without")
		}
	}
	if r.From == "" {
		complain("from", "", "is empty; give the value that is mapped")
	}
	if r.To == "" && !r.Retired {
		complain("to", "", "is empty; give what the value stands for, or retire the rule")
	}
	if r.Country != "" && (len(r.Country) != 2 || strings.Trim(r.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		complain("country", r.Country, "is no ISO 3166 code; give two letters such as GB")
	}
	if known {
		form, _ := formOf(table)
		r.To = form.answer(r, complain)
		form.scope(r, complain)
		form.details(r, complain)
	}
	return r, problems
}

// trimmed leaves out what is empty: in a cell of a spreadsheet that is the same as not there.
func trimmed(extra map[string]string) map[string]string {
	var out map[string]string
	for key, value := range extra {
		if value = strings.TrimSpace(value); value != "" {
			if out == nil {
				out = make(map[string]string, len(extra))
			}
			out[key] = value
		}
	}
	return out
}

// textsOf are the texts of a rule that anybody may have written.
func textsOf(r domain.Rule) []struct{ field, value string } {
	texts := []struct{ field, value string }{{"from", r.From}, {"to", r.To}, {"store", r.Store}, {"warehouse", r.Warehouse}}
	for _, key := range slices.Sorted(maps.Keys(r.Extra)) {
		texts = append(texts, struct{ field, value string }{key, r.Extra[key]})
	}
	return texts
}

// unwritable tells characters that the database refuses (NUL, what is no UTF-8), that do
// not come back from a CSV file as they went in (a carriage return), or that nobody sees.
func unwritable(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\t'
}

// answer checks what a rule maps to and gives its exact spelling.
func (f tableForm) answer(r domain.Rule, complain func(field, value, message string)) string {
	if r.To == "" {
		return ""
	}
	if f.to != nil {
		if exact := dashed(r.To); slices.Contains(f.to, exact) {
			return exact
		}
		complain("to", r.To, "means nothing in "+string(r.Table)+"; give one of "+strings.Join(f.to, ", "))
	}
	if r.Table == domain.RuleCutoff {
		at, err := time.Parse(clock, r.To)
		if err != nil {
			complain("to", r.To, "is no time of day; give HH:MM such as 14:30")
			return r.To
		}
		return at.Format(clock)
	}
	if r.Table == domain.RuleStockBuffer {
		if n, err := strconv.Atoi(r.To); err != nil || n < 0 || n > maxBuffer {
			complain("to", r.To, fmt.Sprintf("is no number of units; give 0 to %d", maxBuffer))
		}
	}
	return r.To
}

func (f tableForm) scope(r domain.Rule, complain func(field, value, message string)) {
	for _, s := range []struct{ field, value string }{{"store", r.Store}, {"warehouse", r.Warehouse}, {"country", r.Country}} {
		if s.value != "" && !slices.Contains(f.scopes, s.field) {
			complain(s.field, s.value, fmt.Sprintf("does not narrow %s, so the rule would never be found; leave it empty (%s counts)", r.Table, strings.Join(f.scopes, " and ")))
		}
	}
}

// details checks what the rule's table asks beyond from, to and scope.
func (f tableForm) details(r domain.Rule, complain func(field, value, message string)) {
	for _, k := range slices.Sorted(maps.Keys(r.Extra)) {
		if !slices.Contains(f.extra, k) {
			complain(k, r.Extra[k], "is not read in "+string(r.Table)+"; leave it out")
		}
	}
	switch r.Table {
	case domain.RuleAttributeDefault:
		prefix, value, _ := strings.Cut(r.From, ":")
		if r.From != "" && (!slices.Contains([]string{"type", "brand", "collection"}, prefix) || strings.TrimSpace(value) == "") {
			complain("from", r.From, "names no type, brand or collection; write type:<t>, brand:<b> or collection:<c>")
		}
		if strings.TrimSpace(r.Extra[extraAttribute]) == "" {
			complain(extraAttribute, "", "is empty; name the attribute that gets the default, such as itemCondition")
		}
	case domain.RuleMarket:
		if c, given := r.Extra[extraCurrency]; given {
			if _, ok := domain.MinorUnits(c); !ok {
				complain(extraCurrency, c, "is no ISO 4217 code; give one such as GBP, or leave it out")
			}
		}
	case domain.RuleEntity:
		checkEntity(r, complain)
	case domain.RuleRefundPolicy:
		checkRefundPolicy(r, complain)
	case domain.RuleDisposition:
		checkDisposition(r, complain)
	case domain.RuleCutoff:
		if _, ok := zoneNamed(r.Extra[extraTimezone]); !ok && (r.Extra[extraTimezone] != "" || !r.Retired) {
			complain(extraTimezone, r.Extra[extraTimezone], "is no time zone; give one such as Europe/London")
		}
		if _, ok := parseDays(r.Extra[extraDays]); !ok {
			complain(extraDays, r.Extra[extraDays], "names no days of the week; give some such as mon-fri or mon,wed,sat, or leave it out for every day")
		}
	}
}
