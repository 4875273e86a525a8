package returns

import (
	"fmt"
	"slices"
	"strconv"

	"selvedge/internal/domain"
)

// underPlan is the shop return of ours that a garment stands in, with the terms that held
// when it was planned: a rule that changed since changes nothing of it. nil while there is
// none, and for plans that record no terms.
func (d *decider) underPlan(g *judged) *domain.ReturnPlan {
	p, planned := d.m.planOf(domain.PlanShopReturn, g.Garment)
	if !planned || p.Terms == nil {
		return nil
	}
	g.policy.Fee, g.policy.Shipping = p.Terms.Fee, p.Terms.Shipping
	return &p
}

// underPolicy finds what the rules of today say of a garment's money. Rules that do not
// say one thing are a person's question, and nothing is written before its answer: the
// shop cannot change what a return keeps back once it stands there.
func (d *decider) underPolicy(g *judged) bool {
	policy, unclear := d.Policy(g.called(), g.Type)
	if unclear == nil {
		g.policy = policy
		return true
	}
	q := *unclear
	q.Subject = g.ID
	if !d.ask(g, q) {
		g.ignored = true
	}
	return false
}

// called is the disposition that counts: a person's, else the warehouse's.
func (g *judged) called() string {
	if g.word == "" && g.Unit != nil {
		return g.Unit.Disposition
	}
	return g.word
}

// back tells whether a garment has come back, or a person has taken it for one that has.
func (g *judged) back() bool { return g.arrived || g.word != "" }

// pay says whether an accepted garment's money goes back by itself: as it was planned,
// else by today's rules, and never for what was exchanged or hired, nor for what is not
// there or is not what was sold, unless a person has called it something else.
func (d *decider) pay(g *judged, planned *domain.ReturnPlan) {
	why := ""
	// A return that somebody entered in the shop was written without a decision about the
	// money while its garments had none: today's rules make it.
	undecided := planned == nil || planned.ShopID != "" && !planned.Refund
	switch {
	case g.Type == domain.Exchange:
		why = "it is an exchange"
	case g.Type == domain.RentalReturn:
		why = "the warehouse calls it the end of a hire"
	case domain.NeverByItself(g.called()):
		why = "the warehouse calls garment " + g.ID + " " + g.called()
	case !undecided && !planned.Refund && planned.Terms != nil && planned.Terms.When == domain.RefundManual:
		why = "refunds were decided by hand when it was planned"
	case !undecided && !planned.Refund:
		why = "that was to be decided by hand when it was planned"
	case undecided && g.policy.When != domain.RefundOnReceipt && g.policy.When != domain.RefundOnGrading:
		why = "refunds are decided by hand"
		if g.policy.Rule > 0 {
			why += fmt.Sprintf(", says refund-policy rule %d", g.policy.Rule)
		}
	}
	g.why = why
	if g.refund = g.accepted; g.accepted && why != "" {
		g.refund = d.moneyAgreed(g.Return, why)
	}
}

// moneyAgreed tells whether finance has said that a return's money goes back, and asks
// once for each return where it has not said anything.
func (d *decider) moneyAgreed(n int, why string) bool {
	cause := domain.NewCause("refund-decision", d.Order.ID.String(), strconv.Itoa(n))
	if d.m.override[cause]["refund"] == "yes" {
		return true
	}
	if _, skipped := d.m.skipped[cause]; skipped || n != d.Number {
		return false
	}
	d.ask(nil, domain.Question{
		Kind: "refund-decision", Subject: strconv.Itoa(n), Cause: cause,
		Problems: []domain.Refusal{{Code: "refund_by_hand", Allowed: []string{"yes"}, Message: "the goods of this return are there and no money goes back by itself: " + why}},
	})
	return false
}

// terms are what holds for the money of garments that are to stand in one shop return.
func (d *decider) terms(garments []*judged) *domain.RefundTerms {
	t := &domain.RefundTerms{When: garments[0].policy.When}
	least := domain.ShippingAlways // all of them must say so
	for _, g := range garments {
		if g.policy.When != t.When {
			t.When = "" // they came under several
		}
		if g.policy.Rule > 0 {
			t.Rules = append(t.Rules, g.policy.Rule)
		}
		if g.policy.Shipping.Generous() < least.Generous() {
			least = g.policy.Shipping
		}
	}
	t.Shipping = least
	if slices.ContainsFunc(garments, d.memoPlanned) { // the memo stands as it is, and the shop's return comes to the same
		return t
	}
	t.Carriage = least == domain.ShippingAlways || least == domain.ShippingOnFullReturn && d.whole()
	var by int64
	if t.Fee, by = d.fee(); by > 0 {
		t.Rules = append(t.Rules, by)
	}
	slices.Sort(t.Rules)
	t.Rules = slices.Compact(t.Rules)
	return t
}

func (d *decider) memoPlanned(g *judged) bool {
	_, planned := d.m.planOf(domain.PlanCredit, g.Garment)
	return planned
}

// fee is what the return keeps back as a whole, however many garments and shop returns it
// has: what the first of its plans says, and before there is one the highest that holds
// for any of its garments.
func (d *decider) fee() (amount, rule int64) {
	for _, p := range d.m.plans {
		if p.Return == d.Number && p.Kind == domain.PlanShopReturn && p.Terms != nil && !d.m.dropped(p) {
			return p.Terms.Fee, 0
		}
	}
	for _, g := range d.all {
		if d.mine(g) && g.accepted && !g.ignored && !g.asked && g.policy.Fee > amount {
			amount, rule = g.policy.Fee, g.policy.Rule
		}
	}
	return amount, rule
}

// whole tells whether all that the order sent has come back, and nothing is on its way.
func (d *decider) whole() bool {
	back := map[string]int{}
	for _, g := range d.all {
		if g.accepted && g.back() && !g.ignored && !g.asked {
			back[g.Line]++
		}
	}
	short := map[string]int{}
	for _, l := range d.progress.Lines {
		short[l.Line] = l.Short
	}
	shipped := d.shipped()
	for _, l := range d.Order.Lines {
		if l.Kind.Physical() && (shipped[l.ID]+short[l.ID] < l.Quantity || back[l.ID] < shipped[l.ID]) {
			return false
		}
	}
	return len(back) > 0
}

// carriageLeftOver asks finance about carriage that goes back with the last garment of an
// order and cannot: a shop return gives back what stands on its own shipment, and the one
// that the carriage stands on has been returned before.
func (d *decider) carriageLeftOver() {
	charged := d.Order.Shipping + d.Order.Handling
	if charged <= 0 || len(d.shipments) == 0 || !d.whole() {
		return
	}
	bears, wanted := d.shipments[0].id, false
	for _, g := range d.all {
		if !g.accepted || g.ignored {
			continue
		}
		if g.Return > d.Number || !d.m.coveredByUs(g.Garment) && g.Shop == "" && !d.dueFor(g) {
			return // a later return asks, or it still waits for its shipment
		}
		wanted = wanted || d.mine(g) && g.policy.Shipping == domain.ShippingOnFullReturn
	}
	carries := func(p domain.ReturnPlan) bool {
		return p.Kind == domain.PlanShopReturn && !d.m.dropped(p) && (p.Shipping+p.Handling > 0 || p.Shipment == bears && p.Terms != nil && p.Terms.Carriage)
	}
	if !wanted || slices.ContainsFunc(d.m.plans, carries) || slices.ContainsFunc(d.out.Due, func(o Due) bool { return carries(o.Plan) }) {
		return
	}
	d.ask(nil, domain.Question{
		Kind: "refund-decision", Subject: strconv.Itoa(d.Number), Cause: domain.NewCause("refund-decision", d.Order.ID.String(), strconv.Itoa(d.Number), "carriage"),
		Problems: []domain.Refusal{{Code: "carriage_by_hand", Value: bears, Message: fmt.Sprintf(
			"all that order %s sent has come back, and its carriage of %s cannot go back with this return: shipment %s, which bears it, was returned before; pay it back in the shop by hand and skip",
			d.Order.ID, domain.Format(charged, d.Order.Currency), bears)}},
	})
}

// dueFor tells whether a shop return of a garment is due.
func (d *decider) dueFor(g *judged) bool {
	return slices.ContainsFunc(d.out.Due, func(o Due) bool { return o.Plan.Kind == domain.PlanShopReturn && g.in(o.Plan) })
}

// refunds pays back each completed return of the shop whose money goes back by itself.
// A refund that was asked for is looked at until it is one.
func (d *decider) refunds() {
	for _, p := range d.m.plans {
		if p.Return != d.Number || p.Kind != domain.PlanShopReturn || !p.Refund && !d.refundedAfterAll(p) {
			continue
		}
		w := d.m.written[p.Key]
		if w.Stage != domain.StageDone && w.Stage != domain.StageLinked {
			continue
		}
		key := p.Key + "/refund"
		if !d.m.planned[key] && (d.m.deletedSince(p) || d.paidAlready(p)) {
			continue
		}
		if !d.m.planned[key] && d.overstates(p) && !d.moneyAgreed(d.Number, "return "+p.ShopID+" of the shop holds more than came back") {
			continue
		}
		if !d.m.planned[key] {
			d.due(domain.FinanceLeg, domain.ReturnPlan{
				Return: d.Number, Kind: domain.PlanRefund, Key: key, Of: p.Key, ShopID: w.ID, Garments: p.Garments, Lines: p.Lines, Refund: true, At: d.m.writtenF[p.Key].At,
			}, false)
		}
	}
	d.follow(domain.PlanRefund)
}

// paidAlready tells whether the money of a return went back with one that was deleted
// since; where only a part of it did, finance is asked, since the shop pays a return back
// as a whole.
func (d *decider) paidAlready(p domain.ReturnPlan) bool {
	n := d.paidBefore(p)
	if n > 0 && n < len(p.Garments) {
		d.ask(nil, domain.Question{
			Kind: "refund-decision", Subject: strconv.Itoa(d.Number), Cause: domain.NewCause("refund-decision", d.Order.ID.String(), strconv.Itoa(d.Number), p.ShopID),
			Problems: []domain.Refusal{{Code: "paid_in_part", Value: p.ShopID, Message: fmt.Sprintf(
				"%d of the %d garments in return %s of the shop were paid back with one that was deleted since; pay the rest back in the shop by hand and skip", n, len(p.Garments), p.ShopID)}},
		})
	}
	return n > 0
}

// refundedAfterAll tells whether a return that was made without a refund is paid back by
// now: finance has said so, or the goods of a return made by hand have arrived.
func (d *decider) refundedAfterAll(p domain.ReturnPlan) bool {
	found := false
	for _, g := range d.all {
		if !g.in(p) {
			continue
		}
		if !g.refund || g.ignored || g.asked {
			return false
		}
		found = true
	}
	return found
}

// refundAsked waits for the outcome of a refund: it asks the shop from time to time, and
// finance when none comes.
func (d *decider) refundAsked(p domain.ReturnPlan) {
	f := d.m.writtenF[p.Key]
	deadline := p.At.Add(d.Settings.RefundWait)
	q := d.planQuestion(p, "refund-overdue", "refund_pending", "the payment provider has not said whether the money of return "+p.ShopID+" went back")
	if !d.Now.Before(deadline) && d.m.retried(d.Number, q.Cause) < f.Sequence && !d.ask(nil, q) {
		return // finance has settled it
	}
	next := f.At.Add(d.Settings.RefundCheck)
	told := d.m.shop[p.ShopID]
	outcome := told.Refunded > 0 || told.RefundFailed > 0 && told.RefundAsked == 0
	if outcome || !d.Now.Before(next) || d.m.retried(d.Number, q.Cause) > f.Sequence {
		d.due(domain.FinanceLeg, p, true)
		return
	}
	d.wake(next)
	d.wait("the refund of return %s was asked for and has no outcome yet", p.ShopID)
}
