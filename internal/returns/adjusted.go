package returns

import (
	"cmp"
	"fmt"
	"slices"

	"selvedge/internal/domain"
)

// entry names a garment in a warehouse's books.
type entry struct {
	id  string // as a garment
	key string // of the document that it makes while no order is known
}

// lossOf is the plan that writes a garment off. One for an entry in the books is that
// entry's, whichever garment it turns out to be of.
func (m *matched) lossOf(g *Garment) (domain.ReturnPlan, bool) {
	for _, p := range m.plans {
		if p.Kind != domain.PlanWriteOff || m.dropped(p) {
			continue
		}
		if p.Adjustment != "" && p.Adjustment == g.entry.key || p.Adjustment == "" && g.in(p) {
			return p, true
		}
	}
	return domain.ReturnPlan{}, false
}

// adjustment takes in each garment that a warehouse took off its books: one that came
// back under the same serial, or else one of its own, which pair ties to a returned one
// when everything is known.
func (m *matched) adjustment(f domain.Fact, a domain.Adjustment) error {
	for k := range -a.Units {
		key, err := a.WriteOffKey(k + 1)
		if err != nil {
			return err
		}
		one, name := a, fmt.Sprintf("%s/adjustment/%s/%d", a.Warehouse, a.ID, k+1)
		one.Units, one.Serials = -1, nil
		if serial := a.Serial(k + 1); serial != "" {
			one.Serials = []string{serial}
		}
		g := m.find(func(g *Garment) bool { return g.Adjusted == nil && g.Warehouse == a.Warehouse && g.bears(one) })
		if g == nil {
			g = &Garment{ID: name, Told: f, Warehouse: a.Warehouse, ReturnID: a.Return}
			g.Return = m.ofReturn[a.Warehouse+"/"+a.Return]
			if g.Return == 0 {
				g.Return = m.number(m.ofReturn, a.Warehouse+"/"+cmp.Or(a.Return, "adjustment/"+a.ID))
			}
			m.garments = append(m.garments, g)
		}
		g.Adjusted, g.entry = &one, entry{name, string(key)}
		m.touch(g.Return, f)
	}
	return nil
}

// bears tells whether a returned garment bears the serial of an adjustment.
func (g *Garment) bears(a domain.Adjustment) bool {
	return len(a.Serials) == 1 && slices.ContainsFunc(g.revisions, func(u revision) bool { return u.Serial == a.Serials[0] })
}

// pair ties garments that the warehouse took off its books to those that came back, where
// no serial had done it: of n entries in the books and m lost garments of one return and
// item the greater number is lost. It looks at all that was told, so that it does not
// matter what was told first; what was planned for a garment under either name holds for both.
func (m *matched) pair() {
	for _, a := range slices.Clone(m.garments) {
		if a.Adjusted == nil || len(a.revisions) > 0 || a.Shop != "" {
			continue
		}
		u := m.cameBack(a)
		if u == nil {
			continue
		}
		_, planned := m.lossOf(a)
		u.Adjusted, u.entry = a.Adjusted, a.entry
		u.also = append(append(u.also, a.ID), a.also...)
		m.garments = slices.DeleteFunc(m.garments, func(g *Garment) bool { return g == a })
		if a.Return == u.Return {
			continue
		}
		// Either return has news by it: one has lost its garment to the other.
		told, back := m.newest[a.Return], m.newest[u.Return]
		m.newest[u.Return] = max(back, told)
		if !planned {
			m.newest[a.Return] = max(back, told)
		}
	}
}

// Ranks of returned garments that an entry in the books may be of, the likeliest first.
const (
	sameSerial = iota
	lostOnceSoFar
	lostNow
	lostOtherwise
	stillUndecided
	calledGood
	unlike
)

// cameBack finds the returned garment that an entry in the books is of, nil when there is none.
func (m *matched) cameBack(a *Garment) *Garment {
	var found *Garment
	best := unlike
	for _, u := range m.garments {
		if rank := m.rank(a, u); rank < best {
			found, best = u, rank
		}
	}
	return found
}

func (m *matched) rank(a, u *Garment) int {
	if len(u.revisions) == 0 || u.Adjusted != nil || u.Warehouse != a.Warehouse {
		return unlike
	}
	newest := u.newest()
	if u.bears(*a.Adjusted) {
		return sameSerial
	}
	told := slices.ContainsFunc(u.revisions, func(r revision) bool { return r.Serial != "" })
	if told && len(a.Adjusted.Serials) > 0 || newest.SKU != a.Adjusted.SKU && newest.ResultingSKU != a.Adjusted.SKU {
		return unlike
	}
	_, ours := m.lossOf(a)
	_, theirs := m.lossOf(u)
	// Once called lost it is, until a person says otherwise.
	same := slices.ContainsFunc(u.revisions, func(r revision) bool {
		return r.Final && r.Disposition == domain.LossWord(a.Adjusted.Reason)
	})
	switch {
	case ours && theirs:
		return unlike // written off both: they were two when that was decided
	case a.Adjusted.Return == "":
		// It names the order alone. What left the books before any parcel left us never came
		// back, and a garment that was not called lost lies on the shelf.
		if !same || m.left.IsZero() || a.Adjusted.At.Before(m.left) {
			return unlike
		}
	case a.Adjusted.Return != u.ReturnID:
		return unlike
	}
	switch {
	case same && ours != theirs:
		return lostOnceSoFar
	case same:
		return lostNow
	case !newest.Final:
		return stillUndecided
	case goodWords[newest.Disposition]:
		return calledGood
	}
	return lostOtherwise
}

// goodWords are final dispositions that say of themselves that a garment is not lost.
// They only choose among like garments, so rules need not be asked.
var goodWords = map[string]bool{"restock": true, "regrade_resale": true, "wrong_item": true, "missing": true}
