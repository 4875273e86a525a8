package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"selvedge/internal/domain"
)

// Kinds of question that a miss becomes, see package exceptions.
const (
	KindShippingMethod = "unmapped:shipping-method"
	KindMarket         = "unmapped:market"
	KindCarrier        = "unmapped:carrier"
	KindSKU            = "unmapped:sku"
	KindWarehouse      = "unmapped:warehouse"
	KindPaymentMethod  = "unmapped:payment-method"
	KindStockStatus    = "unmapped:stock-status"
	KindDisposition    = "unmapped:disposition"
	KindService        = "unmapped:service"
	KindAmbiguousSKU   = "ambiguous-sku"
)

// None stands for a value that the other system does not name at all.
const None = "none"

// Miss says that no rule, or no single rule, tells what a value stands for.
type Miss struct {
	Kind       string   // of the question
	System     string   // whose value it is: centra, or our key of a warehouse
	Field      string   // where it was found, such as shippingMethod
	Value      string   // the value; None when there is none
	Code       string   // the warehouse contract's code for it
	Candidates []string // spellings with a rule that are near, or the answers that contradict each other
	Ambiguous  bool     // several rules answer differently
	Detail     string   // what more there is to say, as a sentence without full stop
}

// Error says what is not mapped, with the candidates.
func (m *Miss) Error() string {
	var text string
	switch {
	case m.Ambiguous:
		text = fmt.Sprintf("%s %q of %s has more than one answer: %s; retire the wrong rule", m.Field, m.Value, m.System, strings.Join(m.Candidates, ", "))
	case m.Value == None:
		text = fmt.Sprintf("%s names no %s", m.System, m.Field)
	case m.Kind == KindRefundPolicy: // it has a rule, which says too little
		text = fmt.Sprintf("the refund policy of %q does not hold for this order", m.Value)
	default:
		text = fmt.Sprintf("no rule says what %s %q of %s stands for", m.Field, m.Value, m.System)
	}
	if m.Detail != "" {
		text += "; " + m.Detail
	}
	if !m.Ambiguous && len(m.Candidates) > 0 {
		text += "; the nearest with a rule: " + strings.Join(m.Candidates, ", ")
	}
	return text
}

// Question asks a person for the missing rule. Equal misses give equal causes, so
// that one rule is seen to free many orders.
func (m *Miss) Question() domain.Question {
	refusal := domain.Refusal{Code: m.Code, Field: m.Field, Value: m.Value, Message: m.Error()}
	if m.Ambiguous {
		refusal.Allowed = m.Candidates
	}
	if m.Field == fieldSKU {
		refusal.SKU = m.Value
	}
	return domain.Question{
		Kind: m.Kind, Cause: domain.NewCause(m.Kind, m.System, m.Value), Step: domain.StepSubmit,
		Problems: []domain.Refusal{refusal},
	}
}

// missed is the miss for a look-up that found no rule, or several that differ.
func (rs *Rules) missed(m Miss, table domain.RuleTable, in scope, found []domain.Rule) *Miss {
	if m.Value == "" {
		m.Value = None
	}
	m.Ambiguous = len(found) > 1
	if m.Ambiguous {
		m.Candidates = answers(found)
	} else {
		m.Candidates = rs.nearest(table, in, m.Value)
	}
	return &m
}

func answers(rules []domain.Rule) []string {
	to := make([]string, len(rules))
	for i, r := range rules {
		to[i] = r.To
	}
	slices.Sort(to)
	return slices.Compact(to)
}

// nearest lists up to three spellings that have a rule here and differ from value
// by at most a third of its letters.
func (rs *Rules) nearest(table domain.RuleTable, in scope, value string) []string {
	type near struct {
		from     string
		distance int
	}
	var found []near
	wanted := []rune(fold(value))
	for _, r := range rs.tables[table] {
		if !in.holds(r) {
			continue
		}
		if d := distance(wanted, []rune(fold(r.From))); d <= max(2, len(wanted)/3) {
			found = append(found, near{r.From, d})
		}
	}
	slices.SortFunc(found, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.from, b.from))
	})
	found = slices.Compact(found)
	var names []string
	for _, n := range found[:min(3, len(found))] {
		names = append(names, n.from)
	}
	return names
}

// distance is Levenshtein's: how many letters to insert, delete or replace.
func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range b {
			replace := diagonal
			if x != y {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
