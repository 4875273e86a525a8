package returns

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"selvedge/internal/domain"
)

// Decide looks at one return of an order and names what is due on either leg. The legs
// do not wait for each other, except that a credit memo likes to name the shop's return
// and money goes back only for a return that stands completed in the shop.
func Decide(in Input) (Decision, error) {
	m, err := match(in.Order, in.Facts)
	if err != nil {
		return Decision{}, err
	}
	progress, err := domain.Derive(in.Order, in.Facts)
	if err != nil {
		return Decision{}, err
	}
	d := &decider{Input: in, m: m, progress: progress, shipments: shopShipments(in.Order, in.Facts)}
	d.judge()
	d.stockLeg()
	d.financeLeg()
	d.finish()
	d.out.Money = d.money()
	return d.out, nil
}

type decider struct {
	Input
	m         *matched
	progress  domain.Progress
	shipments []shopShipment
	all       []*judged // garments of every return of the order: units are counted over all
	out       Decision
}

// judged is a garment with what rules and people say of it.
type judged struct {
	*Garment
	ruling   Ruling
	policy   Policy // by which its money goes back: that of its plan, once there is one
	accepted bool   // goes back into the shop and the books
	arrived  bool
	refund   bool   // its money goes back by itself
	ignored  bool   // a person took it off our hands
	pending  bool   // no final decision yet
	asked    bool   // a question about it is open
	lost     bool   // missing for good: a loss record and nothing else
	final    bool   // decided for good, by the warehouse or by a person
	word     string // a person's disposition, in place of the warehouse's
	why      string // its money does not go back by itself, unless finance says so
}

// sold tells whether a garment is one of a line's units. One that was never sold here is
// none, unless a person takes it for one.
func (g *judged) sold() bool {
	return g.Line != "" && (g.accepted || g.Unit == nil || g.Unit.Disposition != "wrong_item")
}

func (d *decider) mine(g *judged) bool { return g.Return == d.Number }

// ask opens a question, unless a person has settled its cause; it tells whether it is open.
func (d *decider) ask(g *judged, q domain.Question) bool {
	if _, skipped := d.m.skipped[q.Cause]; skipped {
		return false
	}
	if g != nil {
		g.asked = true
		if !d.mine(g) {
			return true
		}
	}
	if !slices.ContainsFunc(d.out.Questions, func(o domain.Question) bool { return o.Cause == q.Cause }) {
		d.out.Questions = append(d.out.Questions, q)
	}
	return true
}

func (d *decider) wait(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(d.out.Waiting, text) {
		d.out.Waiting = append(d.out.Waiting, text)
	}
}

func (d *decider) wake(at time.Time) {
	if d.out.WakeAt.IsZero() || at.Before(d.out.WakeAt) {
		d.out.WakeAt = at
	}
}

// question makes a question about a garment. Its cause names the order, so that an
// answer is for this garment alone.
func (d *decider) question(g *judged, kind, code, detail, message string) domain.Question {
	return domain.Question{
		Kind: kind, Subject: g.ID, Cause: domain.NewCause(kind, compact(d.Order.ID.String(), g.ID, detail)...),
		Problems: []domain.Refusal{{Code: code, Line: g.Line, SKU: g.SKU(), Value: detail, Message: message}},
	}
}

func compact(details ...string) []string {
	return slices.DeleteFunc(details, func(s string) bool { return s == "" })
}

// judge goes through the garments in the order in which they were told, since units are
// counted against what was shipped.
func (d *decider) judge() {
	shipped := d.shipped()
	for _, g := range d.m.garments {
		j := &judged{Garment: g}
		d.all = append(d.all, j)
		d.resolve(j)
		if j.sold() && (!j.ignored && j.Adjusted == nil || j.Unit != nil) {
			d.count(j, shipped)
		}
		if d.mine(j) {
			d.out.Garments = append(d.out.Garments, *j.Garment)
		}
	}
}

// shipped counts the units of each line that have left, as the warehouse or the shop says.
func (d *decider) shipped() map[string]int {
	units := map[string]int{}
	for _, s := range d.shipments {
		for _, l := range s.lines {
			units[l.Line] += l.Quantity
		}
	}
	for _, l := range d.progress.Lines {
		units[l.Line] = max(units[l.Line], l.Shipped)
	}
	return units
}

// count holds a garment against the units that were shipped. One too many is a
// person's: it was never sold on this order, or it is told of twice.
func (d *decider) count(g *judged, left map[string]int) {
	if left[g.Line] > 0 {
		left[g.Line]--
		return
	}
	if g.lost || g.ignored {
		return
	}
	q := d.question(g, "return-not-shipped", "not_shipped", "", "a unit of line "+g.Line+" came back, and no unit of that line is left that was shipped and not returned")
	if decided := d.m.override[q.Cause]; decided["line"] != "" && d.m.physical[decided["line"]] && left[decided["line"]] > 0 {
		g.Line = decided["line"]
		left[g.Line]--
		return
	}
	if !d.ask(g, q) {
		g.ignored = true
	}
	g.accepted, g.refund = false, false
}

// resolve finds what holds of a garment: the warehouse's decisions, the rules' meaning of them, a person's word.
func (d *decider) resolve(g *judged) {
	if len(g.revisions) == 0 {
		d.announced(g)
		return
	}
	var miss *domain.Question
	g.Unit, g.Refused, miss = d.effective(g)
	g.arrived = true
	if g.Line == "" && !d.locate(g) {
		return
	}
	unit := *g.Unit
	g.word = d.decided(g)
	g.final = unit.Final || g.word != ""
	ruling, _ := d.ruled(g, unit)
	if miss != nil {
		if !d.ask(g, *miss) {
			g.ignored = true
		}
		return
	}
	if g.struck && g.word == "" {
		if !d.ask(g, d.question(g, "return-decision", "unit_struck", "", "the warehouse had garment "+g.ID+" in return "+g.ReturnID+" and does not name it there any more")) {
			g.ignored = true
		}
		return
	}
	if other, yes := g.contradicted(); yes && g.word == "" {
		if !d.ask(g, d.question(g, "return-decision", "disposition_contradicted", "", "the warehouse calls garment "+g.ID+" "+unit.Disposition+" and "+other.Disposition+
			" under one revision, "+strconv.FormatInt(unit.Revision, 10)+", or tells it apart in something else")) {
			g.ignored = true
		}
		return
	}
	g.ruling = ruling
	d.foundAgain(g)
	if g.Refused != nil {
		d.ask(g, d.question(g, "disposition-reversed", "disposition_reversed", strconv.FormatInt(g.Refused.Revision, 10),
			"the warehouse had called garment "+g.ID+" "+unit.Disposition+" for good and now says "+g.Refused.Disposition))
	}
	d.accept(g)
}

// foundAgain asks about a garment that stands in the books as lost and is good by the
// warehouse's newest word: what was written off is never taken back by itself.
func (d *decider) foundAgain(g *judged) {
	if g.Refused != nil || g.ruling.Action.loss() || g.ruling.Action == Missing || g.ruling.Action == Ask {
		return
	}
	if g.offTheBooks() {
		d.takenBack(g)
		return
	}
	if _, gone := d.m.lossOf(g.Garment); gone {
		d.ask(g, d.question(g, "disposition-reversed", "disposition_reversed", strconv.FormatInt(g.Unit.Revision, 10),
			"garment "+g.ID+" was written off, and the warehouse now says "+g.Unit.Disposition))
	}
}

// decided is the disposition that a person gave a garment, empty when nobody did.
func (d *decider) decided(g *judged) (word string) {
	for _, kind := range []string{"wrong-item", "return-missing", "return-decision"} {
		cause := domain.NewCause(kind, compact(d.Order.ID.String(), g.ID, "")...)
		if given := d.m.override[cause]["disposition"]; given != "" {
			word = given
		}
	}
	return word
}

// ruled gives the meaning of a unit's disposition, or of the one that a person gave it instead.
func (d *decider) ruled(g *judged, u domain.ReturnUnit) (Ruling, *domain.Question) {
	return d.Ruling(g.Warehouse, cmp.Or(d.decided(g), u.Disposition), u.Grade)
}

// offTheBooks tells whether the warehouse took the garment off its books: then it is lost,
// whatever its disposition says. One that a person decides about, or that never came, is not.
func (g *judged) offTheBooks() bool {
	return g.Adjusted != nil && g.Unit != nil && !g.ignored && g.ruling.Action != Ask && g.ruling.Action != Missing && g.ruling.Action != ""
}

// takenBack asks a person when a garment is called good after the warehouse took it off
// its books. One that was called good before was found spoilt since: that is no question.
func (d *decider) takenBack(g *judged) {
	if !g.final || g.Unit.DecidedAt.Before(g.Adjusted.At) {
		return
	}
	d.ask(g, d.question(g, "disposition-reversed", "disposition_reversed", strconv.FormatInt(g.Unit.Revision, 10),
		"the warehouse had taken garment "+g.ID+" off its books and now says "+g.Unit.Disposition))
}

// effective folds a garment's decisions by revision, whatever order they came in. A
// loss that was final is never taken back by itself: that is a person's.
func (d *decider) effective(g *judged) (now, refused *domain.ReturnUnit, miss *domain.Question) {
	lost := false
	for i := range g.revisions {
		if g.overtaken(i) {
			continue
		}
		u := g.revisions[i].ReturnUnit
		ruling, unknown := d.ruled(g, u)
		if lost && (unknown != nil || !ruling.Action.loss()) {
			refused = &u
			continue
		}
		now, refused, miss = &u, nil, unknown
		lost = unknown == nil && ruling.Action.loss() && u.Final
	}
	return now, refused, miss
}

// locate asks which line a garment is of, when neither the warehouse nor its item tells.
func (d *decider) locate(g *judged) bool {
	ruling, unknown := d.ruled(g, *g.Unit)
	if unknown == nil && ruling.Action == Ask {
		d.askAbout(g) // what was not sold here needs no line
		return false
	}
	if unknown == nil && ruling.Action.loss() && g.Adjusted != nil {
		g.ruling = ruling // written off under its serial, whichever line it is of
		return true
	}
	q := d.question(g, "return-unmatched", "line_unknown", "", "garment "+g.ID+" ("+g.SKU()+") belongs to no line of the order, or to more than one")
	if line := d.m.override[q.Cause]["line"]; d.m.physical[line] {
		g.Line = line
		return true
	}
	if !d.ask(g, q) {
		g.ignored = true
	}
	return false
}

// announced is a garment that has not arrived: told of by the shop, or only written off.
func (d *decider) announced(g *judged) {
	if g.Adjusted != nil {
		g.ruling = Ruling{Action: WriteOff}
		return
	}
	shop := d.m.shop[g.Shop]
	if shop.Completed {
		g.accepted = true // whoever completed it has accepted it
	}
	if d.takenUnseen(g) || !d.mine(g) {
		return
	}
	if g.withdrawn {
		d.creditedInVain(g)
		return
	}
	until := g.Told.At.Add(d.Settings.ReturnWindow)
	if d.Now.Before(until) {
		d.wake(until)
		d.wait("a unit of line %s is announced and has not arrived", g.Line)
		return
	}
	q := d.question(g, "return-missing", "not_arrived", "", "a unit of line "+g.Line+" was announced by return "+g.Shop+" of the shop and has not arrived")
	if !d.ask(g, q) {
		g.ignored = true
	}
}

// takenUnseen takes an announced garment that never arrived as returned, where a person
// has said as what. A word that decides nothing leaves the question open.
func (d *decider) takenUnseen(g *judged) bool {
	word := d.decided(g)
	if word == "" {
		return false
	}
	ruling, unknown := d.Ruling(g.Warehouse, word, "")
	if unknown != nil || ruling.Action == Ask || ruling.Action == Missing || ruling.Action == Wait || ruling.Action == Regrade {
		return false
	}
	g.ruling, g.word, g.final = ruling, word, true
	planned := d.underPlan(g)
	if planned != nil || d.underPolicy(g) {
		g.accepted = true
		d.pay(g, planned)
	}
	return true
}

// accept says what a garment that has arrived comes to.
func (d *decider) accept(g *judged) {
	u := *g.Unit
	switch {
	case g.ruling.Action == Ask, g.ruling.Action == Missing:
		d.askAbout(g)
		return
	case g.ruling.Action == Wait && u.Final: // a final word that decides nothing: a person's
		g.pending = true
		d.askAbout(g)
		return
	}
	planned := d.underPlan(g)
	if planned == nil && !d.underPolicy(g) {
		return
	}
	switch {
	case g.ruling.Action == Wait:
		g.pending = true
		d.remind(g)
		g.accepted = !g.ruling.HoldRefund || g.policy.When == domain.RefundOnReceipt || planned != nil
	case !g.final: // the warehouse still looks at it: every other word holds once it is final
		g.pending = true
		d.remind(g)
		g.accepted = g.policy.When == domain.RefundOnReceipt || planned != nil
	case g.ruling.Action == Regrade:
		g.accepted = true
		if u.ResultingSKU == "" {
			d.ask(g, d.question(g, "regrade-unknown", "resulting_sku_missing", "", "garment "+g.ID+" was regraded and nobody says as which item"))
		}
	default:
		g.accepted = true
	}
	d.pay(g, planned)
}

// askAbout asks a person about a garment that no rule decides.
func (d *decider) askAbout(g *judged) {
	kind, code, message := "return-decision", "disposition_undecided", "the warehouse calls garment "+g.ID+" "+g.Unit.Disposition+", and a person decides each of those"
	switch {
	case g.Unit.Disposition == "wrong_item":
		kind, code, message = "wrong-item", "wrong_item", "garment "+g.ID+" ("+g.SKU()+") is not the one that was sold"
	case g.ruling.Action == Missing || g.Unit.Disposition == "missing":
		kind, code, message = "return-missing", "missing", "garment "+g.ID+" was announced and was not in the parcel"
	}
	g.arrived = kind != "return-missing"
	if d.ask(g, d.question(g, kind, code, "", message)) {
		return
	}
	g.ignored, g.lost = true, kind == "return-missing"
}

// undecided is how long a garment may wait for a final word that no rule times.
const undecided = 21 * 24 * time.Hour

// remind asks when a garment has been without a final decision for too long.
func (d *decider) remind(g *judged) {
	from := g.Unit.DecidedAt
	if ready, err := time.Parse(time.DateOnly, g.Unit.ExpectedReady); err == nil && ready.After(from) {
		from = ready
	}
	until := from.Add(cmp.Or(g.ruling.Patience, undecided))
	if !d.mine(g) {
		return
	}
	d.wait("garment %s is %s, without a final decision", g.ID, g.Unit.Disposition)
	if d.Now.Before(until) {
		d.wake(until)
		return
	}
	// The revision makes each further delay a question of its own.
	d.ask(g, d.question(g, "return-undecided", "no_final_decision", strconv.FormatInt(g.Unit.Revision, 10),
		fmt.Sprintf("garment %s has been %s since %s, and no final decision has come", g.ID, g.Unit.Disposition, g.Unit.DecidedAt.Format(time.DateOnly))))
}
