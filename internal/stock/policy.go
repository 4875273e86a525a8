package stock

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"selvedge/internal/domain"
)

// anyItem is the From of a rule that holds for every item.
const anyItem = "*"

// Policy is what the rules say of one warehouse's stock. It does not change and is
// safe for concurrent use.
type Policy struct {
	warehouse string
	statuses  map[string]verdict // by folded status
	grades    map[string]string  // promised grade by item
	buffers   map[string]map[string]buffer
	markets   []string // that have a buffer of their own, sorted
	version   int64
}

type verdict struct {
	sellable bool
	version  int64
}

type buffer struct {
	units   int
	version int64
}

// NewPolicy reads the rules that hold in a warehouse: of each table and From the
// newest version counts, one for the warehouse beats one for all, and a retired one
// is none. Rules of other tables are ignored; so is one whose answer means nothing,
// which the rules' own check refuses.
func NewPolicy(warehouse string, rules []domain.Rule) *Policy {
	p := &Policy{
		warehouse: warehouse, statuses: map[string]verdict{}, grades: map[string]string{},
		buffers: map[string]map[string]buffer{},
	}
	for _, r := range live(warehouse, rules) {
		p.version = max(p.version, r.Version)
		switch r.Table {
		case domain.RuleStockStatus:
			p.statuses[fold(r.From)] = verdict{sellable: r.To == "sellable", version: r.Version}
		case domain.RuleStockGrade:
			p.grades[r.From] = strings.ToUpper(r.To)
		case domain.RuleStockBuffer:
			units, err := strconv.Atoi(r.To)
			if err != nil || units < 0 {
				continue
			}
			item, market := splitBuffer(r.From)
			if p.buffers[market] == nil {
				p.buffers[market] = map[string]buffer{}
			}
			p.buffers[market][item] = buffer{units: units, version: r.Version}
			if at, known := slices.BinarySearch(p.markets, market); market != "" && !known {
				p.markets = slices.Insert(p.markets, at, market)
			}
		}
	}
	return p
}

// live gives the newest rule of each table and From that holds in the warehouse; a
// rule for all warehouses comes before one for this, which then replaces it.
func live(warehouse string, rules []domain.Rule) []domain.Rule {
	type about struct {
		table domain.RuleTable
		scope string
		from  string
	}
	newest := map[about]domain.Rule{}
	for _, r := range rules {
		if r.Warehouse != "" && r.Warehouse != warehouse {
			continue
		}
		switch r.Table {
		case domain.RuleStockStatus, domain.RuleStockBuffer, domain.RuleStockGrade:
		default:
			continue
		}
		id := about{r.Table, r.Warehouse, strings.TrimSpace(r.From)}
		if old, ok := newest[id]; !ok || r.Version > old.Version {
			r.From = id.from
			newest[id] = r
		}
	}
	var out []domain.Rule
	for _, r := range newest {
		if !r.Retired {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b domain.Rule) int {
		return cmp.Or(cmp.Compare(len(a.Warehouse), len(b.Warehouse)), cmp.Compare(a.Version, b.Version))
	})
	return out
}

// splitBuffer reads <item>@<market>. Items may hold an @ themselves: the last one counts.
func splitBuffer(from string) (item, market string) {
	at := strings.LastIndex(from, "@")
	if at <= 0 {
		return from, ""
	}
	return strings.TrimSpace(from[:at]), strings.TrimSpace(from[at+1:])
}

// fold is a word without regard to letter case and spacing, as rules are looked up.
func fold(word string) string { return strings.ToLower(strings.Join(strings.Fields(word), " ")) }

// Version is the newest rule that had a say.
func (p *Policy) Version() int64 { return p.version }

// Sellable tells whether units in a status may be sold. A status that no rule names is
// sellable when it is the one that the vocabulary calls available; known is false for
// a word that neither vocabulary nor rules know: withheld, and to be reported once.
func (p *Policy) Sellable(s domain.StockStatus) (sellable, known bool) {
	if v, ok := p.statuses[fold(string(s))]; ok {
		return v.sellable, true
	}
	return s == domain.StockAvailable, domain.KnownStockStatus(s)
}

// Grade is the least grade that is promised of an item; empty means that it is not
// sold by grade.
func (p *Policy) Grade(sku string) string {
	if g, ok := p.grades[sku]; ok {
		return g
	}
	return p.grades[anyItem]
}

// Buffer is how many units of an item are kept back, and by what. The shop has one
// figure a warehouse for all its markets, so the most careful market decides.
func (p *Policy) Buffer(sku string) (units int, why string) {
	most, why, found := p.bufferOf(sku, "")
	for _, market := range p.markets {
		if b, w, ok := p.bufferOf(sku, market); ok && (!found || b.units > most.units) {
			most, why, found = b, w, true
		}
	}
	if !found {
		return 0, ""
	}
	return most.units, why
}

// bufferOf looks for the closest rule: item and market, item, market, all.
func (p *Policy) bufferOf(sku, market string) (buffer, string, bool) {
	for _, try := range []struct{ market, item string }{{market, sku}, {"", sku}, {market, anyItem}, {"", anyItem}} {
		b, ok := p.buffers[try.market][try.item]
		if !ok {
			continue
		}
		name := try.item
		if try.market != "" {
			name += "@" + try.market
		}
		return b, fmt.Sprintf("rule %d for %s", b.version, name), true
	}
	return buffer{}, "", false
}

// gradeRank orders grades; NEW is best. A grade that is not listed, U among them,
// keeps no promise.
var gradeRank = map[string]int{"NEW": 5, "A": 4, "B": 3, "C": 2, "D": 1}

// ofGrade counts the available units that are of a grade or better.
func ofGrade(split []domain.GradeUnits, least string) int {
	floor := gradeRank[strings.ToUpper(least)]
	units := 0
	for _, g := range split {
		if rank := gradeRank[strings.ToUpper(g.Grade)]; floor > 0 && rank >= floor {
			units += g.Units
		}
	}
	return max(0, units)
}
