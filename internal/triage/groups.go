package triage

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/mapping"
)

// Group is all that waits on one cause.
type Group struct {
	Key        string // what people are told about: the cause, or the kind where every cause is of one order
	Cause      string // of the oldest
	Kind       string
	Owner      string
	Severity   string
	Count      int
	Orders     int              // of them, those of orders
	Money      map[string]int64 // at stake, minor units by currency
	Oldest     time.Time
	NextCutoff time.Time // of the orders in it, the first; zero when no rule tells one
	Problems   []domain.Refusal

	ofSystems map[string]int64 // what systems say is at stake, such as in documents that wait
}

const (
	unavailable = "unavailable"
	credentials = "credentials"
)

// reportWait is how long the orders that met an outage may stand alone: its own
// exception, which tells what is away and why, is opened a moment after theirs.
const reportWait = 2 * time.Minute

// Groups sums up what waits, the most pressing first. The orders that wait for a
// system are part of that system's one outage, credentials included; told are the
// keys of open alerts.
func Groups(held []domain.Held, told map[string]bool, rules *mapping.Rules, now time.Time) []Group {
	systems := map[string]bool{}
	for _, h := range held {
		if h.System != "" {
			systems[h.Cause] = true
		}
	}
	byKey := map[string]*Group{}
	for _, h := range held {
		key, ready := keyOf(h, systems, told, now)
		if !ready {
			continue
		}
		g := byKey[key]
		if g == nil {
			g = &Group{Key: key, Money: map[string]int64{}, ofSystems: map[string]int64{}}
			byKey[key] = g
		}
		g.add(h, rules, now)
	}
	groups := make([]Group, 0, len(byKey))
	for _, g := range byKey {
		if g.Orders == 0 {
			g.Money = g.ofSystems // else it is the same money twice, of the orders and of their documents
		}
		groups = append(groups, *g)
	}
	typical := typicalOrder(held)
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(
			compareCutoffs(a.NextCutoff, b.NextCutoff),
			-cmp.Compare(Weight(a.Severity), Weight(b.Severity)),
			-cmp.Compare(typical.worth(a.Money), typical.worth(b.Money)),
			a.Oldest.Compare(b.Oldest), strings.Compare(a.Key, b.Key))
	})
	return groups
}

// keyOf is what a sum of exceptions is told under. What is not ready is too young to
// be told apart from the outage that it belongs to.
func keyOf(h domain.Held, systems, told map[string]bool, now time.Time) (key string, ready bool) {
	if system, away := strings.CutPrefix(h.Cause, unavailable+":"); away && h.System == "" {
		refused := credentials + ":" + system
		switch {
		case systems[refused], !systems[h.Cause] && told[refused]:
			return refused, true
		case systems[h.Cause], told[h.Cause]:
			return h.Cause, true
		}
		return h.Cause, now.Sub(h.Oldest) >= reportWait
	}
	if h.Single {
		return h.Kind, true
	}
	return h.Cause, true
}

func (g *Group) add(h domain.Held, rules *mapping.Rules, now time.Time) {
	// The outage itself says more than the orders that met it.
	speaks := g.Cause == "" || h.Oldest.Before(g.Oldest)
	if strings.HasPrefix(h.Cause, credentials+":") || strings.HasPrefix(h.Cause, unavailable+":") {
		speaks = h.System != "" || g.Cause == ""
	}
	if speaks {
		g.Cause, g.Kind, g.Owner, g.Problems = h.Cause, h.Kind, h.Owner, h.Problems
	}
	if g.Oldest.IsZero() || h.Oldest.Before(g.Oldest) {
		g.Oldest = h.Oldest
	}
	if Weight(h.Severity) > Weight(g.Severity) {
		g.Severity = h.Severity
	}
	g.Count += h.Count
	if h.System != "" {
		if h.Currency != "" {
			g.ofSystems[h.Currency] += h.Value
		}
		return
	}
	g.Orders += h.Count
	if h.Currency != "" {
		g.Money[h.Currency] += h.Value
	}
	if at, ok := NextCutoff(h, rules, now); ok && compareCutoffs(at, g.NextCutoff) < 0 {
		g.NextCutoff = at
	}
}

// NextCutoff is the first cut-off that an order may miss. Where nobody knows by which
// service it will leave, it is the first of any service of its warehouse.
func NextCutoff(h domain.Held, rules *mapping.Rules, now time.Time) (first time.Time, ok bool) {
	for _, warehouse := range h.Warehouses {
		service := h.Services[warehouse]
		if service == "" {
			service, _, _ = rules.ShippingMethod(warehouse, h.Country, h.Method)
		}
		at, found := rules.EarliestCutoff(warehouse, now)
		if service != "" {
			exact, miss := rules.Cutoff(warehouse, service, now)
			at, found = exact, miss == nil
		}
		if found && (!ok || at.Before(first)) {
			first, ok = at, true
		}
	}
	return first, ok
}

// compareCutoffs puts the earlier first and none last.
func compareCutoffs(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}

// Weight orders severities; what is unknown is urgent, since nobody knows better.
func Weight(severity string) int {
	switch exceptions.Severity(severity) {
	case "":
		return 0
	case exceptions.Notice:
		return 1
	case exceptions.Hold:
		return 2
	}
	return 3
}

// averages are what an order that waits is worth on the average, by currency.
type averages map[string]float64

func typicalOrder(held []domain.Held) averages {
	sum, count := map[string]int64{}, map[string]int{}
	for _, h := range held {
		if h.System == "" && h.Currency != "" {
			sum[h.Currency] += h.Value
			count[h.Currency] += h.Count
		}
	}
	typical := averages{}
	for currency, total := range sum {
		if total > 0 {
			typical[currency] = float64(total) / float64(count[currency])
		}
	}
	return typical
}

// worth compares amounts of several currencies without exchange rates, which nobody
// gives us: as so many average waiting orders of their currency.
func (t averages) worth(money map[string]int64) float64 {
	var worth float64
	for _, currency := range slices.Sorted(maps.Keys(money)) { // floats add up to the same in the same order only
		if t[currency] > 0 {
			worth += float64(money[currency]) / t[currency]
		}
	}
	return worth
}
