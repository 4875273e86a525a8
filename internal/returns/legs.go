package returns

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"selvedge/internal/domain"
)

// stockLeg sees to it that each accepted garment stands in a completed return of the
// shop: one return for each shipment and refund decision, since the shop's returns are
// of one shipment and are refunded as a whole.
func (d *decider) stockLeg() {
	d.follow(domain.PlanShopReturn)
	d.announcedInVain()
	left := d.returnable()
	groups, within := map[string]*domain.ReturnPlan{}, map[string][]*judged{}
	var names []string
	for _, g := range d.all {
		if !d.mine(g) || !g.accepted || g.ignored || g.asked || d.m.coveredByUs(g.Garment) {
			continue
		}
		if g.Shop != "" {
			d.adopt(g)
			continue
		}
		shipment, completed := takeFrom(d.shipments, left, g.Line)
		if shipment == "" || !completed {
			if !d.usedUp(g) {
				d.wait("the shipment of line %s is not completed in the shop", g.Line)
			}
			continue
		}
		name := shipment + "/" + strconv.FormatBool(g.refund)
		if groups[name] == nil {
			groups[name] = &domain.ReturnPlan{Return: d.Number, Kind: domain.PlanShopReturn, Shipment: shipment, Refund: g.refund, At: d.at(g)}
			names = append(names, name)
		}
		groups[name].Garments = append(groups[name].Garments, g.ID)
		groups[name].Lines = add(groups[name].Lines, g.Line)
		within[name] = append(within[name], g)
	}
	// A return's fee is borne by what is paid back by itself before by what is not.
	slices.SortStableFunc(names, func(a, b string) int { return strings.Compare(paid(groups[b]), paid(groups[a])) })
	for i, name := range names {
		p := *groups[name]
		p.Key, p.Terms = d.newKey(domain.PlanShopReturn, i), d.terms(within[name])
		if d.Ledger {
			p.Links = d.memosOf(p)
		}
		d.due(domain.StockLeg, p, false)
	}
	d.carriageLeftOver()
}

func paid(p *domain.ReturnPlan) string { return strconv.FormatBool(p.Refund) }

// adopt completes a return that somebody made in the shop, once all that it announces is there.
func (d *decider) adopt(g *judged) {
	shop := d.m.shop[g.Shop]
	if _, known := d.m.planOfShop(shop.ID); known {
		return
	}
	// The key is the shop's return's, whichever of ours comes to it first: it is completed once.
	p := domain.ReturnPlan{
		Return: d.Number, Kind: domain.PlanShopReturn, Key: fmt.Sprintf("%s/r/shop-%s", d.Order.ID, shop.ID), Shipment: shop.Shipment,
		ShopID: shop.ID, Lines: shop.Lines, Refund: true, At: d.at(g), Terms: &domain.RefundTerms{}, // who made it has said what it keeps back
	}
	for _, other := range d.all {
		if other.Shop != shop.ID || other.ignored {
			continue
		}
		if !shop.Completed && (!other.accepted || other.asked) {
			d.wait("return %s of the shop announces more than has come back", shop.ID)
			return
		}
		p.Garments = append(p.Garments, other.ID)
		p.Refund = p.Refund && other.refund
		if !other.back() {
			p.Terms = nil // nobody has decided on its money yet
		}
	}
	if slices.ContainsFunc(d.out.Due, func(o Due) bool { return o.Plan.Key == p.Key }) {
		return
	}
	if given, _ := d.givenUp(shop.ID); given > 0 {
		if !shop.Completed {
			return // completing it would take back, and pay for, what never came: see announcedInVain
		}
		p.Refund, p.Terms = false, nil
	}
	d.due(domain.StockLeg, p, false)
}

func (m *matched) planOfShop(id string) (domain.ReturnPlan, bool) {
	for _, p := range m.plans {
		if p.Kind == domain.PlanShopReturn && p.ShopID == id && id != "" {
			return p, true
		}
	}
	return domain.ReturnPlan{}, false
}

// returnable is what each shipment of the shop has left, after all plans and the shop's own returns.
func (d *decider) returnable() map[string]int {
	left := map[string]int{}
	for _, s := range d.shipments {
		for _, l := range s.lines {
			left[s.id+"/"+l.Line] += l.Quantity
		}
	}
	counted := map[string]bool{}
	for _, p := range d.m.plans {
		if p.Kind != domain.PlanShopReturn || d.m.dropped(p) || d.m.shop[d.m.written[p.Key].ID].Deleted {
			continue // what was deleted there can be returned again, by whoever enters it
		}
		counted[p.ShopID] = p.ShopID != ""
		for _, l := range p.Lines {
			left[p.Shipment+"/"+l.Line] -= l.Quantity
		}
	}
	for id, r := range d.m.shop {
		if r.Deleted || counted[id] || d.m.ours(r) {
			continue
		}
		for _, l := range r.Lines {
			left[r.Shipment+"/"+l.Line] -= l.Quantity
		}
	}
	return left
}

// takeFrom takes a unit of a line off the first completed shipment that has one left.
func takeFrom(shipments []shopShipment, left map[string]int, line string) (id string, completed bool) {
	for _, s := range shipments {
		if s.completed && left[s.id+"/"+line] > 0 {
			left[s.id+"/"+line]--
			return s.id, true
		}
	}
	return "", false
}

func add(lines []domain.LineQuantity, line string) []domain.LineQuantity {
	if i := slices.IndexFunc(lines, func(l domain.LineQuantity) bool { return l.Line == line }); i >= 0 {
		lines[i].Quantity++
		return lines
	}
	return append(lines, domain.LineQuantity{Line: line, Quantity: 1})
}

// financeLeg sees to the books and the money.
func (d *decider) financeLeg() {
	d.refunds()
	if !d.Ledger {
		return
	}
	for _, kind := range []domain.PlanKind{domain.PlanReceipt, domain.PlanCredit, domain.PlanWriteOff, domain.PlanTransfer} {
		d.follow(kind)
	}
	d.batch(domain.PlanReceipt, func(g *judged) bool { return g.arrived && g.accepted && g.Line != "" })
	d.credits()
	d.losses()
	d.transfers()
	d.payments()
}

// batch plans one document of a kind for all garments of one warehouse that want one and
// have none: goods are received into one place.
func (d *decider) batch(kind domain.PlanKind, wants func(*judged) bool) {
	groups := map[string]*domain.ReturnPlan{}
	var names []string
	for _, g := range d.all {
		if !d.mine(g) || g.ignored || g.asked || !wants(g) {
			continue
		}
		if _, planned := d.m.planOf(kind, g.Garment); planned {
			continue
		}
		p := groups[g.Warehouse]
		if p == nil {
			p = &domain.ReturnPlan{Return: d.Number, Kind: kind, Warehouse: g.Warehouse}
			groups[g.Warehouse], names = p, append(names, g.Warehouse)
		}
		p.Garments = append(p.Garments, g.ID)
		p.Lines = add(p.Lines, g.Line)
		p.At = later(p.At, d.at(g))
	}
	for i, name := range names {
		p := *groups[name]
		p.Key = d.newKey(kind, i)
		d.due(domain.FinanceLeg, p, false)
	}
}

// credits plans a credit memo for each return of the shop, so that what is credited and
// what is refunded are the same goods. Where the shop's side is held up, the books do
// not wait for it for ever: then the memo names the warehouse's return alone.
func (d *decider) credits() {
	groups := map[string]*domain.ReturnPlan{}
	var names []string
	for _, g := range d.all {
		if !d.mine(g) || g.ignored || g.asked || !g.accepted || g.Line == "" {
			continue
		}
		if _, planned := d.m.planOf(domain.PlanCredit, g.Garment); planned {
			continue
		}
		shop, of, pending := d.shopOf(g)
		if pending {
			d.wait("the credit of garment %s waits until return %s of the shop can be completed", g.ID, g.Shop)
			continue
		}
		if shop == "" {
			if of == "" && (g.policy.Fee > 0 || g.policy.Shipping.Generous() > 0) {
				d.wait("the credit of garment %s waits for the shop's return, which says what is kept back and what goes back besides", g.ID)
				continue
			}
			if until := d.at(g).Add(d.Settings.LinkPatience); d.Now.Before(until) {
				d.wake(until)
				d.wait("the credit of garment %s waits for the shop's return", g.ID)
				continue
			}
		}
		name := shop + "|" + of
		if groups[name] == nil {
			groups[name] = &domain.ReturnPlan{Return: d.Number, Kind: domain.PlanCredit, ShopID: shop, Of: of}
			names = append(names, name)
		}
		groups[name].Garments = append(groups[name].Garments, g.ID)
		groups[name].Lines = add(groups[name].Lines, g.Line)
		groups[name].At = later(groups[name].At, d.at(g))
	}
	for i, name := range names {
		p := *groups[name]
		p.Key = d.creditKeyOf(p.ShopID, i)
		d.due(domain.FinanceLeg, p, false)
	}
}

// creditKeyOf is the key of a new credit memo: the one that a return of ours in the shop
// names already, for the i-th of several others a new one.
func (d *decider) creditKeyOf(shop string, i int) string {
	for _, p := range d.m.plans {
		if p.Kind == domain.PlanShopReturn && p.Return == d.Number && p.ShopID == "" && shop != "" && d.m.written[p.Key].ID == shop && !d.m.planned[creditKey(p.Key)] {
			return creditKey(p.Key)
		}
	}
	return d.newKey(domain.PlanCredit, i)
}

// shopOf is the id of the shop's return that a garment stands in and the key of our plan
// of it; each is empty while there is none. A return that somebody else made and that
// announces more than has come is pending: it has one memo, of everything in it.
func (d *decider) shopOf(g *judged) (id, plan string, pending bool) {
	if p, ok := d.m.planOf(domain.PlanShopReturn, g.Garment); ok {
		return cmp.Or(d.m.written[p.Key].ID, p.ShopID), p.Key, false
	}
	_, byHand := d.m.skipped[d.inVain(g.Shop)]
	return g.Shop, "", g.Shop != "" && !d.m.shop[g.Shop].Completed && !byHand
}

// losses writes off each lost garment once, however many told of it.
func (d *decider) losses() {
	for _, g := range d.all {
		lost := g.lost || g.ruling.Action.loss() && !g.ignored && (g.Unit == nil || g.final) || g.offTheBooks()
		if !d.mine(g) || !lost || g.asked && !g.lost && g.Refused == nil && !g.offTheBooks() {
			continue
		}
		if _, planned := d.m.lossOf(g.Garment); planned {
			continue
		}
		p := domain.ReturnPlan{
			Return: d.Number, Kind: domain.PlanWriteOff, Key: d.reference() + "/write-off/" + cmp.Or(g.entry.id, g.ID), Garments: []string{g.ID},
			SKU: g.SKU(), Reason: d.reason(g), At: d.at(g), Warehouse: g.Warehouse, Serial: serialOf(g), ReturnID: g.ReturnID, Adjustment: g.entry.key,
		}
		if g.Line != "" {
			p.Lines = add(nil, g.Line)
		}
		if p.SKU == "" { // it never came
			p.SKU = d.itemOf(g.Line)
		}
		if !g.ruling.Action.loss() && g.offTheBooks() {
			p.At = g.Adjusted.At
		}
		if t, moved := d.m.planOf(domain.PlanTransfer, g.Garment); moved {
			p.SKU = t.ToSKU // it lies under that item by now
		}
		if g.Adjusted != nil {
			if cost, told := g.Adjusted.Cost(); told {
				p.UnitCost, p.Currency = cost, g.Adjusted.Currency
			}
		}
		if d.overLimit(g, p) {
			continue
		}
		d.due(domain.FinanceLeg, p, false)
	}
}

// serialOf names the garment itself, however it was told of; empty when nobody said.
func serialOf(g *judged) string {
	switch {
	case g.Unit != nil && g.Unit.Serial != "":
		return g.Unit.Serial
	case g.Adjusted != nil && len(g.Adjusted.Serials) == 1:
		return g.Adjusted.Serials[0]
	}
	return ""
}

func (d *decider) reason(g *judged) string {
	switch {
	case g.offTheBooks() && !g.ruling.Action.loss():
		return g.Adjusted.Reason // its disposition tells of no loss
	case g.word != "":
		return g.word
	case g.Unit != nil:
		return g.Unit.Disposition
	}
	return g.Adjusted.Reason
}

// itemOf is the order's own item of a line.
func (d *decider) itemOf(line string) string {
	for _, l := range d.Order.Lines {
		if l.ID == line {
			return l.SKU
		}
	}
	return ""
}

// overLimit asks finance about a write-off above the limit; override approves it.
func (d *decider) overLimit(g *judged, p domain.ReturnPlan) bool {
	value := p.UnitCost
	if p.Currency == "" {
		for _, l := range d.Order.Lines {
			if l.ID == g.Line && l.Quantity > 0 {
				value = l.Total / int64(l.Quantity)
			}
		}
	}
	if d.Settings.WriteOffLimit == 0 || value <= d.Settings.WriteOffLimit {
		return false
	}
	q := d.question(g, "write-off-limit", "above_limit", "", "garment "+g.ID+" would be written off at "+
		domain.Format(value, cmp.Or(p.Currency, d.Order.Currency))+", which is above the limit of "+domain.Format(d.Settings.WriteOffLimit, cmp.Or(p.Currency, d.Order.Currency)))
	if d.m.override[q.Cause]["writeOff"] == "yes" {
		return false
	}
	d.ask(nil, q)
	return true
}

func (d *decider) transfers() {
	for _, g := range d.all {
		if !d.mine(g) || g.ignored || g.Unit == nil || g.ruling.Action != Regrade || g.Unit.ResultingSKU == "" || !g.final {
			continue
		}
		if _, planned := d.m.planOf(domain.PlanTransfer, g.Garment); planned {
			continue
		}
		d.due(domain.FinanceLeg, domain.ReturnPlan{
			Return: d.Number, Kind: domain.PlanTransfer, Key: d.reference() + "/transfer/" + g.ID, Garments: []string{g.ID},
			SKU: g.Unit.SKU, ToSKU: g.Unit.ResultingSKU, At: d.at(g),
		}, false)
	}
}

// again is how often the books are asked for a document that waits there for another one.
const again = time.Minute

// follow goes on with what was planned and is not done.
func (d *decider) follow(kind domain.PlanKind) {
	for _, p := range d.m.plans {
		if p.Return != d.Number || p.Kind != kind {
			continue
		}
		w, known := d.m.written[p.Key]
		if d.m.dropped(p) {
			w.Stage = domain.StageVoid
		}
		shown := w
		if d.byHand(p) {
			shown.Stage = domain.StageByHand
		}
		d.out.Documents = append(d.out.Documents, Document{p, shown})
		leg := domain.FinanceLeg
		if kind == domain.PlanShopReturn {
			leg = domain.StockLeg
		}
		switch {
		case w.Stage == domain.StageDone || w.Stage == domain.StageLinked || w.Stage == domain.StageVoid:
			if kind == domain.PlanShopReturn && p.ShopID == "" && w.ID != "" && d.m.shop[w.ID].Deleted && w.Stage != domain.StageVoid {
				d.ask(nil, d.planQuestion(p, "return-deleted", "return_deleted", "return "+w.ID+" was deleted in the shop after it had been written"))
			} else if more, ok := d.linked(p); ok && w.Stage != domain.StageVoid {
				d.due(leg, more, true)
			} else if kind == domain.PlanRefund && d.undone(p) {
				d.due(leg, p, true)
			}
			continue
		case kind == domain.PlanRefund && known && w.Stage == domain.StageCreated:
			d.refundAsked(p)
			continue
		}
		if kind != domain.PlanRefund && kind != domain.PlanShopReturn && known && w.Stage == domain.StageCreated {
			if next := d.m.writtenF[p.Key].At.Add(again); d.Now.Before(next) && d.m.retried(d.Number, "") <= d.m.writtenF[p.Key].Sequence {
				d.wake(next)
				d.wait("document %s waits in the books for the one before it", w.ID)
				continue
			}
		}
		d.due(leg, p, true)
	}
}

func (d *decider) planQuestion(p domain.ReturnPlan, kind, code, message string) domain.Question {
	return domain.Question{Kind: kind, Subject: p.Key, Cause: domain.NewCause(kind, p.Key), Step: domain.Step(p.Kind), Problems: []domain.Refusal{{Code: code, Value: p.ShopID, Message: message}}}
}

// due makes a step due unless it was refused and nobody has asked for another try since.
func (d *decider) due(leg domain.Leg, p domain.ReturnPlan, planned bool) {
	if r, refused := d.m.refused[p.Key]; refused {
		q := domain.Question{Kind: r.Exception, Step: domain.Step(p.Kind), Subject: p.Key, Cause: r.cause(p), Problems: r.Problems}
		switch {
		case d.m.skipped[q.Cause] > r.sequence:
			if r.Exception != domain.KindWriteOffDoubtful {
				return // a person has settled it by hand
			}
			// The books still have to keep whose garment it is, or they ask of that document again.
		case d.m.retried(d.Number, q.Cause) <= r.sequence:
			d.ask(nil, q)
			return
		}
	}
	d.out.Due = append(d.out.Due, Due{Leg: leg, Plan: p, Planned: planned})
}

// cause is the refusal's fingerprint. A rule that is missing is one cause for every
// document and return that wait for it, so that adding it frees them all.
func (r refusal) cause(p domain.ReturnPlan) string {
	if strings.HasPrefix(r.Exception, "unmapped:") && len(r.Problems) > 0 && r.Problems[0].Value != "" {
		return domain.NewCause(r.Exception, compact(r.System, r.Problems[0].Value)...)
	}
	return domain.NewCause(r.Exception, compact(r.System, p.Key)...)
}

// finish sees whether anything is left.
func (d *decider) finish() {
	for _, g := range d.all {
		if d.mine(g) && g.accepted && !g.ignored {
			for _, l := range d.Order.Lines {
				if l.ID == g.Line && l.Quantity > 0 {
					d.out.Value += l.Total / int64(l.Quantity)
				}
			}
		}
	}
	d.out.Settled = len(d.out.Due) == 0 && len(d.out.Questions) == 0 && len(d.out.Waiting) == 0
}

func (d *decider) reference() string { return d.Order.ID.String() + "/r" + strconv.Itoa(d.Number) }

// newKey is the key of the next plan of a kind, the one after i more.
func (d *decider) newKey(kind domain.PlanKind, i int) string {
	n := 1 + i
	for _, p := range d.m.plans {
		if p.Return == d.Number && p.Kind == kind {
			n++
		}
	}
	return fmt.Sprintf("%s/%s/%d", d.reference(), kind, n)
}

// at is when a garment was accepted: decided, or else first told.
func (d *decider) at(g *judged) time.Time {
	if g.Unit != nil {
		return g.Unit.DecidedAt
	}
	if g.Adjusted != nil {
		return g.Adjusted.At
	}
	return g.Told.At
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
