package triage

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

// Waiting is one order that waits, with all that it waits for.
type Waiting struct {
	Order      domain.OrderID
	Causes     []string // sorted
	Kind       string   // of the most severe
	Owners     []string
	Severity   string
	Since      time.Time
	NextCutoff time.Time // zero when no rule tells one
	// Missed says that a cut-off has passed since it began to wait.
	Missed   bool
	Value    int64 // minor units of Currency
	Currency string
}

// Rank lists the orders that wait, the most pressing first: the next cut-off, then
// what has missed one already, then severity and money.
func Rank(held []domain.HeldOrder, rules *mapping.Rules, now time.Time) []Waiting {
	byOrder := map[domain.OrderID]*Waiting{}
	sums := make([]domain.Held, 0, len(held))
	for _, h := range held {
		w := byOrder[h.Order]
		if w == nil {
			w = &Waiting{Order: h.Order, Since: h.Oldest, Value: h.Value, Currency: h.Currency}
			byOrder[h.Order] = w
			sums = append(sums, domain.Held{Count: 1, Value: h.Value, Currency: h.Currency})
		}
		w.add(h.Held, rules, now)
	}
	list := make([]Waiting, 0, len(byOrder))
	for _, w := range byOrder {
		slices.Sort(w.Causes)
		slices.Sort(w.Owners)
		w.Owners = slices.Compact(w.Owners)
		list = append(list, *w)
	}
	typical := typicalOrder(sums)
	worth := func(w Waiting) float64 { return typical.worth(map[string]int64{w.Currency: w.Value}) }
	slices.SortFunc(list, func(a, b Waiting) int {
		return cmp.Or(
			compareCutoffs(a.NextCutoff, b.NextCutoff),
			missedFirst(a.Missed, b.Missed),
			-cmp.Compare(Weight(a.Severity), Weight(b.Severity)),
			-cmp.Compare(worth(a), worth(b)),
			a.Since.Compare(b.Since), strings.Compare(a.Order.String(), b.Order.String()))
	})
	return list
}

func missedFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func (w *Waiting) add(h domain.Held, rules *mapping.Rules, now time.Time) {
	w.Causes, w.Owners = append(w.Causes, h.Cause), append(w.Owners, h.Owner)
	if Weight(h.Severity) > Weight(w.Severity) {
		w.Severity, w.Kind = h.Severity, h.Kind
	}
	if h.Oldest.Before(w.Since) {
		w.Since = h.Oldest
	}
	if at, ok := NextCutoff(h, rules, now); ok && compareCutoffs(at, w.NextCutoff) < 0 {
		w.NextCutoff = at
	}
	if at, ok := NextCutoff(h, rules, h.Oldest); ok && !at.After(now) {
		w.Missed = true
	}
}
