package judge

import (
	"maps"
	"slices"
	"strconv"
)

// creditedTwice finds lines of which more units stand on returns that were made through
// the shop's API than ever came back to the warehouses that sent them.
func (f *file) creditedTwice() {
	came, credited := map[string]int{}, map[string]int{}
	for _, h := range f.handed {
		for _, r := range h.returns {
			for _, u := range r.Units {
				if u.LineID != nil && u.Disposition != "missing" {
					came[*u.LineID]++
				}
			}
		}
	}
	for _, r := range f.order.Returns {
		if r.ExternalID == "" {
			continue // a person's
		}
		for _, l := range r.Lines {
			credited[strconv.Itoa(l.LineID)] += l.Quantity
		}
	}
	for _, id := range slices.Sorted(maps.Keys(credited)) {
		if credited[id] > came[id] {
			f.find(Doubled, "has %d units of line %s on returns in the shop; %d came back", credited[id], id, came[id])
		}
	}
}
