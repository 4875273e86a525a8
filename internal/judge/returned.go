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

// returnedToStock finds returns made through the shop's API that put their units back on
// sale: while a warehouse's feed says what can be sold, only that may.
func (f *file) returnedToStock() {
	for _, r := range f.order.Returns {
		if r.ExternalID != "" && r.ToStock {
			f.find(WrongQuantity, "return %s of the shop put its units back on sale beside the warehouse's feed", r.ExternalID)
		}
	}
}

// completed counts units by line on completed returns that were made through the shop's API.
func (f *file) completed() map[string]int {
	units := map[string]int{}
	for _, r := range f.order.Returns {
		if r.ExternalID == "" || r.Status != "COMPLETED" {
			continue
		}
		for _, l := range r.Lines {
			units[strconv.Itoa(l.LineID)] += l.Quantity
		}
	}
	return units
}

// credited compares the units that the books credit with those on the shop's returns:
// each garment that was taken back is credited once.
func (f *file) credited() {
	if f.outcome.Unbooked {
		return
	}
	back, credited := f.completed(), map[string]int{}
	for _, l := range f.outcome.Booked {
		if l.Type == "credit-memo" && l.LineType == "goods" && l.Store+"/"+l.Order == f.key {
			credited[l.Line] += abs(l.Quantity)
		}
	}
	for id := range credited {
		if _, there := back[id]; !there {
			back[id] = 0
		}
	}
	for _, id := range slices.Sorted(maps.Keys(back)) {
		switch n := back[id]; {
		case credited[id] > n && !f.waits():
			f.find(WrongMoney, "has %d units of line %s credited in the books; %d are on completed returns of the shop", credited[id], id, n)
		case credited[id] < n && !f.waits():
			f.find(WrongMoney, "has %d units of line %s on completed returns of the shop; %d are credited in the books", n, id, credited[id])
		}
	}
}

func abs(n int) int { return max(n, -n) }

// refunded compares what was paid back with what was captured, and with what the returns
// are worth. While somebody is asked, less may have been paid back, never more.
func (f *file) refunded() {
	if f.order.Captured < 0 {
		f.find(WrongMoney, "had %d more paid back than was captured", -f.order.Captured)
	}
	for _, r := range f.order.Returns {
		switch {
		case r.Refunded > r.Total:
			f.find(WrongMoney, "had %d paid back for return %s, which is worth %d", r.Refunded, r.ExternalID, r.Total)
		case r.Refunded < r.Total && r.ExternalID != "" && r.Status == "COMPLETED" && !f.waits():
			f.find(WrongMoney, "had %d paid back for return %s, which is worth %d, and nobody is asked", r.Refunded, r.ExternalID, r.Total)
		}
	}
}
