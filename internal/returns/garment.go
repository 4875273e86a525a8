package returns

import (
	"cmp"
	"slices"
	"strings"

	"selvedge/internal/domain"
)

// Garment is one returned unit, as the shop, the warehouse or both tell of it.
type Garment struct {
	ID        string // of whoever told first; it stays
	Return    int
	Line      string // the shop's line; empty while nobody can tell
	Warehouse string
	ReturnID  string // the warehouse's
	Type      domain.ReturnType
	Told      domain.Fact        // first fact that told of it
	Unit      *domain.ReturnUnit // what holds of the warehouse's decisions; nil while it has not arrived
	Refused   *domain.ReturnUnit // a later decision that takes a loss back: a person's
	Adjusted  *domain.Adjustment
	Shop      string // the shop's return that covers it, made by somebody else

	entry     entry // of Adjusted
	revisions []revision
	withdrawn bool     // the shop's return that alone told of it was deleted
	struck    bool     // the newest word of its return does not name it any more
	also      []string // ids of garments that turned out to be this one: plans may name them
}

// revision is a decision about a garment, with the revision of the return that told it.
type revision struct {
	domain.ReturnUnit
	of int64
}

// hear adds a decision in its place: by its own revision, and where the warehouse did not
// raise that, by its return's. The same decision told again is one, and what only one of
// the tellings says is known.
func (g *Garment) hear(u domain.ReturnUnit, of int64) {
	same := func(r revision) bool { return r.Revision == u.Revision && sameWord(r.ReturnUnit, u) }
	if i := slices.IndexFunc(g.revisions, same); i >= 0 {
		r := &g.revisions[i]
		r.of = max(r.of, of)
		r.Line, r.Serial, r.Grade, r.ResultingSKU = cmp.Or(r.Line, u.Line), cmp.Or(r.Serial, u.Serial), cmp.Or(r.Grade, u.Grade), cmp.Or(r.ResultingSKU, u.ResultingSKU)
	} else {
		g.revisions = append(g.revisions, revision{u, of})
	}
	slices.SortStableFunc(g.revisions, func(a, b revision) int { return cmp.Or(cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.of, b.of)) })
}

// sameWord tells whether two tellings of a decision agree in all that both of them say.
func sameWord(a, b domain.ReturnUnit) bool {
	agree := func(x, y string) bool { return x == y || x == "" || y == "" }
	return a.Disposition == b.Disposition && a.Final == b.Final && strings.EqualFold(a.SKU, b.SKU) &&
		agree(a.Line, b.Line) && agree(a.ResultingSKU, b.ResultingSKU) && agree(a.Grade, b.Grade) && agree(a.Serial, b.Serial)
}

// newest is the decision that counts.
func (g *Garment) newest() revision { return g.revisions[len(g.revisions)-1] }

// beside gives the word that the warehouse gave beside the nth decision, under the same
// revision of garment and return: nobody can tell which of the two came first.
func (g *Garment) beside(n int) (other domain.ReturnUnit, yes bool) {
	for _, i := range []int{n - 1, n + 1} {
		if i >= 0 && i < len(g.revisions) && g.revisions[i].Revision == g.revisions[n].Revision && g.revisions[i].of == g.revisions[n].of {
			return g.revisions[i].ReturnUnit, true
		}
	}
	return domain.ReturnUnit{}, false
}

// contradicted tells whether the decision that counts is one of two.
func (g *Garment) contradicted() (other domain.ReturnUnit, yes bool) {
	return g.beside(len(g.revisions) - 1)
}

// overtaken tells whether the nth decision was one of two and something newer was said since.
func (g *Garment) overtaken(n int) bool {
	_, torn := g.beside(n)
	newest := g.newest()
	return torn && (g.revisions[n].Revision != newest.Revision || g.revisions[n].of != newest.of)
}

// SKU is the warehouse's item.
func (g Garment) SKU() string {
	switch {
	case g.Unit != nil:
		return g.Unit.SKU
	case g.Adjusted != nil:
		return g.Adjusted.SKU
	}
	return ""
}
