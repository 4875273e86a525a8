// Package mapping translates shipping methods, markets, SKUs and dispositions by versioned rules.
//
// A look-up answers with the rule's version, so that what was decided can be
// explained later, or with a Miss, which becomes a question to a person. It never
// guesses: codes are compared first as they are written, then without regard to
// letter case and spacing, and when two rules then give different answers that is
// a Miss too. Pure: rules and time are arguments.
package mapping

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"selvedge/internal/domain"
)

// Rules is an index of the live rules. It does not change and is safe for concurrent use.
type Rules struct {
	exact    map[key][]domain.Rule
	tolerant map[key][]domain.Rule
	tables   map[domain.RuleTable][]domain.Rule
}

type key struct {
	table domain.RuleTable
	from  string
}

// New indexes rules given in any order: of each table, scope and From the newest
// version counts, and none when that one is retired.
func New(rules []domain.Rule) *Rules {
	type identity struct {
		key
		store, warehouse, country, attribute string
	}
	newest := make(map[identity]domain.Rule, len(rules))
	for _, r := range rules {
		id := identity{key{r.Table, r.From}, r.Store, r.Warehouse, r.Country, r.Extra[extraAttribute]}
		if old, ok := newest[id]; !ok || r.Version > old.Version {
			newest[id] = r
		}
	}
	index := &Rules{
		exact:    make(map[key][]domain.Rule, len(newest)),
		tolerant: make(map[key][]domain.Rule, len(newest)),
		tables:   make(map[domain.RuleTable][]domain.Rule),
	}
	live := slices.SortedFunc(maps.Values(newest), func(a, b domain.Rule) int { return cmp.Compare(a.Version, b.Version) })
	for _, r := range live {
		if r.Retired {
			continue
		}
		index.exact[key{r.Table, r.From}] = append(index.exact[key{r.Table, r.From}], r)
		folded := key{r.Table, fold(r.From)}
		index.tolerant[folded] = append(index.tolerant[folded], r)
		index.tables[r.Table] = append(index.tables[r.Table], r)
	}
	return index
}

// fold is a code without regard to letter case and spacing.
func fold(code string) string {
	return strings.ToLower(strings.Join(strings.Fields(code), " "))
}

// scope is where a look-up happens; a rule without a store, warehouse or country holds in all.
type scope struct{ store, warehouse, country, attribute string }

func (s scope) holds(r domain.Rule) bool {
	return (r.Store == "" || r.Store == s.store) &&
		(r.Warehouse == "" || r.Warehouse == s.warehouse) &&
		(r.Country == "" || r.Country == s.country) &&
		r.Extra[extraAttribute] == s.attribute
}

// rank orders rules by how closely they are scoped: the country first, because
// that is what a country-specific rule is written for.
func rank(r domain.Rule) int {
	n := 0
	if r.Country != "" {
		n += 4
	}
	if r.Warehouse != "" {
		n += 2
	}
	if r.Store != "" {
		n++
	}
	return n
}

// find looks the codes up, most closely scoped rules first, then in the order of
// the codes. Rules of one rank and code that differ in their answer all come back.
func (rs *Rules) find(table domain.RuleTable, in scope, codes ...string) []domain.Rule {
	best, bestRank := []domain.Rule(nil), -1
	for _, code := range codes {
		if strings.TrimSpace(code) == "" {
			continue
		}
		for _, matches := range [][]domain.Rule{rs.exact[key{table, code}], rs.tolerant[key{table, fold(code)}]} {
			found, foundRank := closest(matches, in)
			if foundRank > bestRank { // an earlier code, and the exact spelling, win within a rank
				best, bestRank = found, foundRank
			}
		}
	}
	return best
}

// closest gives the different answers of the most closely scoped rules among matches.
func closest(matches []domain.Rule, in scope) ([]domain.Rule, int) {
	best, bestRank := []domain.Rule(nil), -1
	for _, r := range matches {
		switch n := rank(r); {
		case !in.holds(r) || n < bestRank:
		case n > bestRank:
			best, bestRank = []domain.Rule{r}, n
		case !slices.ContainsFunc(best, func(b domain.Rule) bool { return sameAnswer(b, r) }):
			best = append(best, r)
		}
	}
	return best, bestRank
}

func sameAnswer(a, b domain.Rule) bool { return a.To == b.To && maps.Equal(a.Extra, b.Extra) }
