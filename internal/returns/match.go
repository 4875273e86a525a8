package returns

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"selvedge/internal/domain"
)

// matched is what the facts come to, in the order in which they were told: a fact that
// comes later changes no earlier match, so what was decided on it stays.
type matched struct {
	order    domain.Order
	garments []*Garment
	count    int           // returns so far
	newest   map[int]int64 // newest fact that somebody else told, by return
	settled  map[int]int64
	shipped  int64     // newest fact about a parcel
	left     time.Time // when the first parcel left; zero while none has

	plans    []domain.ReturnPlan
	planned  map[string]bool
	written  map[string]domain.ReturnWritten
	writtenF map[string]domain.Fact
	shop     map[string]domain.ShopReturn // newest word of each of the shop's returns, by id
	shopAt   map[string]int64             // and the fact that told it
	refused  map[string]refusal           // by plan key
	tried    map[int]int64                // newest retry of everything, by return
	triedOne map[string]int64             // newest retry of one cause
	skipped  map[string]int64
	override map[string]map[string]string // cause → what a person decided

	types    map[string]returnType // newest word of what kind of parcel it was, by warehouse/returnId
	ofReturn map[string]int        // warehouse/returnId → number
	ofShop   map[string]int        // shop return id → number
	lines    map[string][]string   // item, in lower case → the lines that it is of
	items    map[string][]string   // line → what left for it, substitutes too
	physical map[string]bool
}

type returnType struct {
	revision int64
	is       domain.ReturnType
	refs     map[string]bool // of the units in it
}

type refusal struct {
	domain.RefusedFact
	sequence int64
}

// match folds all facts of an order, oldest first.
func match(order domain.Order, facts []domain.Fact) (*matched, error) {
	m := &matched{
		order: order, newest: map[int]int64{}, settled: map[int]int64{}, planned: map[string]bool{}, written: map[string]domain.ReturnWritten{},
		writtenF: map[string]domain.Fact{}, shop: map[string]domain.ShopReturn{}, shopAt: map[string]int64{}, refused: map[string]refusal{}, tried: map[int]int64{},
		triedOne: map[string]int64{}, skipped: map[string]int64{}, override: map[string]map[string]string{},
		types: map[string]returnType{}, ofReturn: map[string]int{}, ofShop: map[string]int{}, lines: map[string][]string{}, items: map[string][]string{}, physical: map[string]bool{},
	}
	for _, l := range order.Lines {
		if l.Kind.Physical() {
			m.physical[l.ID] = true
		}
	}
	sorted := slices.Clone(facts)
	slices.SortStableFunc(sorted, func(a, b domain.Fact) int { return cmp.Compare(a.Sequence, b.Sequence) })
	seen := map[string]bool{}
	sorted = slices.DeleteFunc(sorted, func(f domain.Fact) bool { // the same fact twice is one
		twice := seen[f.Key]
		seen[f.Key] = true
		return twice && f.Key != ""
	})
	if err := m.readConsignments(sorted); err != nil {
		return nil, err
	}
	for _, f := range sorted {
		if err := m.apply(f); err != nil {
			return nil, fmt.Errorf("fact %d (%s): %w", f.Sequence, f.Kind, err)
		}
	}
	m.pair()
	m.forget()
	return m, nil
}

// readConsignments learns under which items the warehouse knows the order's lines, from
// all facts: a return may be told before the hand-over's own answer.
func (m *matched) readConsignments(facts []domain.Fact) error {
	add := func(sku, line string, substitute bool) {
		if sku = strings.ToLower(sku); m.physical[line] && !slices.Contains(m.items[line], sku) {
			m.items[line] = append(m.items[line], sku)
		}
		if m.physical[line] && !substitute && !slices.Contains(m.lines[sku], line) {
			m.lines[sku] = append(m.lines[sku], line)
		}
	}
	for _, f := range facts {
		switch f.Kind {
		case domain.FactWarehouseOrder:
			o, err := domain.Decode[domain.WarehouseOrder](f)
			if err != nil {
				return err
			}
			for _, l := range o.Lines {
				add(l.SKU, l.Line, false)
			}
		case domain.FactShipment:
			s, err := domain.Decode[domain.Shipment](f)
			if err != nil {
				return err
			}
			if m.left.IsZero() || s.ShippedAt.Before(m.left) {
				m.left = s.ShippedAt
			}
			for _, l := range s.Lines {
				add(l.SKU, l.Line, l.Substituted)
			}
		}
	}
	return nil
}

func (m *matched) apply(f domain.Fact) error {
	switch f.Kind {
	case domain.FactReturnConfirmation:
		return take(f, func(c domain.ReturnConfirmation) { m.confirmation(f, c) })
	case domain.FactAdjustment:
		a, err := domain.Decode[domain.Adjustment](f)
		if err != nil {
			return err
		}
		return m.adjustment(f, a)
	case domain.FactShopReturn:
		return take(f, func(r domain.ShopReturn) { m.shopReturn(f, r) })
	case domain.FactReturnPlanned:
		return take(f, func(p domain.ReturnPlan) {
			if !m.planned[p.Key] {
				m.planned[p.Key] = true
				m.plans = append(m.plans, p)
			}
		})
	case domain.FactReturnWritten:
		return take(f, func(w domain.ReturnWritten) { m.written[w.Key], m.writtenF[w.Key] = w, f })
	case domain.FactReturnRefused:
		return take(f, func(r domain.ReturnRefused) { m.refusal(f, r) })
	case domain.FactReturnAnswered:
		return take(f, func(a domain.ReturnAnswer) { m.answer(f, a) })
	case domain.FactReturnSettled:
		return take(f, func(s domain.ReturnSettled) { m.settled[s.Return] = max(m.settled[s.Return], s.At) })
	case domain.FactShipment, domain.FactShopShipment:
		m.shipped = max(m.shipped, f.Sequence)
	}
	return nil
}

func take[T any](f domain.Fact, use func(T)) error {
	v, err := domain.Decode[T](f)
	if err == nil {
		use(v)
	}
	return err
}

func (m *matched) answer(f domain.Fact, a domain.ReturnAnswer) {
	m.touch(a.Return, f)
	switch {
	case a.Action == "skip":
		m.skipped[a.Cause] = f.Sequence
	case a.Cause == "":
		m.tried[a.Return] = f.Sequence
	default:
		m.triedOne[a.Cause] = f.Sequence
		delete(m.skipped, a.Cause)
	}
	if len(a.Override) > 0 {
		m.override[a.Cause] = a.Override
	}
}

// retried is the sequence at which a person last asked for another try.
func (m *matched) retried(n int, cause string) int64 { return max(m.tried[n], m.triedOne[cause]) }

func (m *matched) touch(n int, f domain.Fact) {
	if n > 0 {
		m.newest[n] = max(m.newest[n], f.Sequence)
	}
}

// confirmation takes in each garment of a warehouse's return. What a revision says of a
// garment that is known already is one more decision about it.
func (m *matched) confirmation(f domain.Fact, c domain.ReturnConfirmation) {
	name := c.Warehouse + "/" + c.ID
	if newest, known := m.types[name]; !known || c.Revision >= newest.revision {
		m.types[name] = returnType{c.Revision, c.Type, map[string]bool{}}
		for _, u := range c.Units {
			m.types[name].refs[u.Ref] = true
		}
	}
	for _, u := range c.Units {
		g := m.find(func(g *Garment) bool {
			return g.Warehouse == c.Warehouse && g.ReturnID == c.ID && len(g.revisions) > 0 && g.revisions[0].Ref == u.Ref
		})
		if g == nil {
			g = m.arrival(f, c, u)
		}
		if g.Return == 0 {
			g.Return = m.number(m.ofReturn, name)
		}
		if m.ofReturn[name] == 0 {
			m.ofReturn[name] = g.Return
		}
		g.hear(u, c.Revision)
		g.Warehouse, g.ReturnID = c.Warehouse, c.ID
		// A revision that was overtaken on its way changes nothing that a newer one said.
		if m.physical[u.Line] && (g.Line == "" || sameWord(u, g.newest().ReturnUnit)) {
			g.Line = m.lineOf(u)
		}
		m.touch(g.Return, f)
	}
	for _, g := range m.garments {
		if g.Warehouse == c.Warehouse && g.ReturnID == c.ID {
			g.Type = m.types[name].is
			g.struck = len(g.revisions) > 0 && !m.types[name].refs[g.revisions[0].Ref]
		}
	}
}

// arrival pairs a garment that is new in a warehouse's return with one that was told
// of before: written off under the same serial, or announced by the shop.
func (m *matched) arrival(f domain.Fact, c domain.ReturnConfirmation, u domain.ReturnUnit) *Garment {
	line := m.lineOf(u)
	g := m.find(func(g *Garment) bool {
		return g.Adjusted != nil && len(g.revisions) == 0 && g.Adjusted.Warehouse == c.Warehouse && u.Serial != "" && slices.Contains(g.Adjusted.Serials, u.Serial)
	})
	if g == nil && line != "" {
		g = m.find(func(g *Garment) bool { return g.Line == line && len(g.revisions) == 0 && g.Shop != "" })
		if g == nil {
			g = m.find(func(g *Garment) bool { return g.Line == line && g.withdrawn && m.named(g) })
		}
	} else if g != nil && line != "" && g.Line == "" {
		// The shop may have announced it besides: then that one is this one.
		if announced := m.find(func(o *Garment) bool { return o != g && o.Line == line && len(o.revisions) == 0 && o.Shop != "" }); announced != nil {
			g.Shop, g.also = announced.Shop, append(g.also, announced.ID)
			m.garments = slices.DeleteFunc(m.garments, func(o *Garment) bool { return o == announced })
		}
	}
	if g == nil {
		g = &Garment{ID: c.Warehouse + "/" + c.ID + "/" + u.Ref, Told: f}
		m.garments = append(m.garments, g)
	}
	if g.Line == "" {
		g.Line = line
	}
	g.withdrawn = false
	return g
}

// lineOf finds the order's line of a unit: the one that the warehouse names, else the
// only one with its item. A garment that is no item of the line that it is said to be of
// has none: the label may be another order's. Only the warehouse's own word for such a
// garment says what to make of it.
func (m *matched) lineOf(u domain.ReturnUnit) string {
	sku := strings.ToLower(u.SKU)
	if m.physical[u.Line] {
		if len(m.items[u.Line]) == 0 || slices.Contains(m.items[u.Line], sku) || u.Disposition == "wrong_item" {
			return u.Line
		}
		return ""
	}
	if lines := m.lines[sku]; len(lines) == 1 {
		return lines[0]
	}
	return ""
}

// shopReturn keeps what the shop says of a return, and pairs the units of one that
// somebody else made with garments that nobody has covered.
func (m *matched) shopReturn(f domain.Fact, r domain.ShopReturn) {
	before, known := m.shop[r.ID]
	r.Lines = m.physically(r.Lines)
	if r.Deleted {
		r = m.deleted(f, r)
	}
	m.shop[r.ID], m.shopAt[r.ID] = r, f.Sequence
	if r.Deleted && !before.Deleted {
		m.touch(m.numberOf(r), f)
	}
	if m.ours(r) {
		if r.RefundFailed > before.RefundFailed {
			m.touch(m.numberOf(r), f) // its own workflow may have ended long ago
		}
		return
	}
	if known || r.Deleted {
		m.touch(m.ofShop[r.ID], f)
		return
	}
	for _, l := range r.Lines {
		if !m.physical[l.Line] {
			continue
		}
		for k := range l.Quantity {
			g := m.find(func(g *Garment) bool { return g.Line == l.Line && g.Shop == "" && m.inDeleted(g) })
			if g == nil {
				g = m.find(func(g *Garment) bool { return g.Line == l.Line && g.Shop == "" && !g.withdrawn && !m.coveredByUs(g) })
			}
			if g == nil { // what the shop refused of us, somebody has entered by hand
				g = m.find(func(g *Garment) bool { return g.Line == l.Line && g.Shop == "" && m.refusedToUs(g) })
			}
			if g == nil {
				g = &Garment{ID: fmt.Sprintf("shop/%s/%s/%d", r.ID, l.Line, k+1), Line: l.Line, Told: f, Return: m.ofShop[r.ID]}
				if g.Return == 0 {
					g.Return = m.number(m.ofShop, r.ID)
				}
				m.garments = append(m.garments, g)
			}
			g.Shop, g.withdrawn = r.ID, false
			if m.ofShop[r.ID] == 0 {
				m.ofShop[r.ID] = g.Return
			}
			m.touch(g.Return, f)
		}
	}
}

// physically gives the lines of a return as what is in the parcel: a shop that keeps
// bundles whole returns the bundle's line, and the warehouse its garments.
func (m *matched) physically(lines []domain.LineQuantity) []domain.LineQuantity {
	var out []domain.LineQuantity
	for _, l := range lines {
		i := slices.IndexFunc(m.order.Lines, func(o domain.Line) bool { return o.ID == l.Line && o.Kind == domain.LineBundle })
		if i < 0 || m.order.Lines[i].Quantity < 1 {
			out = append(out, l)
			continue
		}
		for _, part := range m.order.Lines {
			if part.Bundle == l.Line && part.Kind.Physical() {
				out = append(out, domain.LineQuantity{Line: part.ID, Quantity: part.Quantity * l.Quantity / m.order.Lines[i].Quantity})
			}
		}
	}
	return out
}

// ours tells whether a return of the shop carries one of our keys.
func (m *matched) ours(r domain.ShopReturn) bool {
	return r.External != "" && strings.HasPrefix(r.External, m.order.ID.String()+"/r")
}

// coveredByUs tells whether a plan of ours returns a garment in the shop.
func (m *matched) coveredByUs(garment *Garment) bool {
	_, ok := m.planOf(domain.PlanShopReturn, garment)
	return ok
}

// refusedToUs tells whether a garment's return was refused by the shop, and nothing of
// ours stands there.
func (m *matched) refusedToUs(garment *Garment) bool {
	p, planned := m.planOf(domain.PlanShopReturn, garment)
	return planned && m.refusedWhole(p)
}

// refusedWhole tells whether the shop refused a return of ours as a whole, or somebody
// deleted there what we had made before it was completed, and nothing of it stands.
func (m *matched) refusedWhole(p domain.ReturnPlan) bool {
	r, refused := m.refused[p.Key]
	made := m.written[p.Key].ID
	if !refused || p.ShopID != "" || made != "" && !m.goneBefore(p, r) {
		return false
	}
	for id, s := range m.shop {
		if s.External == p.Key && !s.Deleted && (made == "" || id != made) {
			return false
		}
	}
	return true
}

// goneBefore tells whether a return that we had made was deleted before it was completed:
// it was looked for then, and the refusal says that it is not there.
func (m *matched) goneBefore(p domain.ReturnPlan, r refusal) bool {
	w := m.written[p.Key]
	return w.Stage == domain.StageCreated && r.sequence > m.writtenF[p.Key].Sequence &&
		slices.ContainsFunc(r.Problems, func(q domain.Refusal) bool { return q.Code == domain.CodeReturnGone })
}

// dropped tells whether a plan holds no more: somebody took it back at the other side,
// deleted what it was to complete, or entered by hand what the shop had refused or what
// was deleted there.
func (m *matched) dropped(p domain.ReturnPlan) bool {
	switch stage := m.written[p.Key].Stage; {
	case stage == domain.StageVoid:
		return true
	case p.Kind != domain.PlanShopReturn:
		return false
	case stage == domain.StageDone || stage == domain.StageLinked:
		return m.deletedSince(p) && m.find(func(g *Garment) bool { return g.Shop == "" && g.in(p) }) == nil
	case p.ShopID != "":
		return m.shop[p.ShopID].Deleted
	}
	return m.refusedWhole(p) && m.find(func(g *Garment) bool { return g.Shop != "" && g.in(p) }) != nil
}

// in tells whether a plan names the garment.
func (g *Garment) in(p domain.ReturnPlan) bool {
	return slices.ContainsFunc(p.Garments, func(id string) bool { return id == g.ID || slices.Contains(g.also, id) })
}

func (m *matched) planOf(kind domain.PlanKind, garment *Garment) (domain.ReturnPlan, bool) {
	for _, p := range m.plans {
		if p.Kind == kind && garment.in(p) && !m.dropped(p) && (garment.Shop == "" || !m.deletedSince(p)) {
			return p, true
		}
	}
	return domain.ReturnPlan{}, false
}

func (m *matched) find(is func(*Garment) bool) *Garment {
	if i := slices.IndexFunc(m.garments, is); i >= 0 {
		return m.garments[i]
	}
	return nil
}

func (m *matched) number(of map[string]int, name string) int {
	if of[name] == 0 {
		m.count++
		of[name] = m.count
	}
	return of[name]
}
