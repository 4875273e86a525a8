// Package preview shows what a change of rules would do, before it is saved.
//
// It completes orders twice, with the rules in force and with the change beside
// them, and compares: which open questions would no longer be asked, which orders
// would have been sent elsewhere, and which would be asked about that are not now.
// Pure: orders and rules come in one after the other, an Effect comes out, and
// nothing of it needs personal data.
package preview

import (
	"maps"
	"slices"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/enrich"
	"selvedge/internal/mapping"
)

// Settings are what completing an order needs besides rules; the worker's own.
type Settings struct {
	AttributeKeys map[string]string
	HomeCountry   string
	// Services and Limits are as in enrich.Input; nil when they are not known.
	Services func(warehouse string) []enrich.Service
	Limits   func(warehouse string) (lines, quantity int, known bool)
}

// Order is one order to be replayed: its content and what became of it.
type Order struct {
	Order     domain.Order
	Overrides map[string]string    // what people decided for this order alone
	Planned   []domain.Consignment // what warehouses were asked to ship
	Sent      bool                 // a warehouse took a consignment of it
	Closed    bool
	Shipments []Shipment
	Open      []Open
}

// Open is an open exception; System is whose, where one is named.
type Open struct {
	domain.Question
	System string
}

// Shipment is by whom a warehouse sent a parcel.
type Shipment struct{ Warehouse, Carrier string }

// Change is what would be in force instead.
type Change struct {
	Before *domain.Rule `json:"before,omitempty"` // nil when there is no such rule now
	After  domain.Rule  `json:"after"`            // Retired: there would be none
}

// Effect is what a change of rules would do.
type Effect struct {
	// Version is that of the rules that the change was held against: what to save it after.
	Version int64     `json:"version"`
	Changes []Change  `json:"changes"` // what the change says that is not in force already
	Since   time.Time `json:"since"`   // orders taken in since then were replayed, and all that wait
	Orders  int       `json:"orders"`  // replayed
	LeftOut int       `json:"leftOut"` // recent orders that were too many to replay
	// Unknown are warehouses that do not say what they offer: nothing is said of their services.
	Unknown []string `json:"unknown"`
	// Frees are open questions that would no longer be asked.
	Frees []*Cause `json:"frees"`
	// Ready are open questions that are not asked any more by the rules in force: resuming is enough.
	Ready []*Cause `json:"ready"`
	// Fails are questions that would be asked and are not now.
	Fails []*Cause `json:"fails"`
	// Moves are orders that would be, or would have been, handed over otherwise.
	Moves []*Move `json:"moves"`
	// NotShown says, as sentences, what the change does that no replay of orders shows.
	NotShown []string `json:"notShown"`
}

// most is how many orders a cause or a move names.
const most = 100

// Cause sums up the orders of one cause. Money is in minor units by currency.
type Cause struct {
	Cause  string           `json:"cause"`
	Kind   string           `json:"kind"`
	Orders int              `json:"orders"`
	Last   int              `json:"last"` // of Frees and Ready: orders with no other open question
	Sent   int              `json:"sent"` // of Fails: orders that a warehouse has already; only the next ones like them would wait
	Money  map[string]int64 `json:"money"`
	// Such names orders, at most a hundred; of a question about a whole system, the system.
	Such []string `json:"such"`
}

// Move sums up the orders of which one thing would be otherwise.
type Move struct {
	What      string           `json:"what"` // service, entity, capture mode, item, carrier, refund policy, or an attribute
	Warehouse string           `json:"warehouse,omitempty"`
	From      string           `json:"from"`
	To        string           `json:"to"`
	Orders    int              `json:"orders"`
	Sent      int              `json:"sent"` // a warehouse has them already; open ones are amended where that is still possible
	Closed    int              `json:"closed"`
	Money     map[string]int64 `json:"money"`
	Such      []string         `json:"such"`
}

// Preview compares two sets of rules over the orders that are added to it.
type Preview struct {
	settings      Settings
	before, after *mapping.Rules
	effect        Effect
}

// New prepares the comparison of the rules in force with a change of them. What the
// change says and is in force already, or retires and is not there, changes nothing.
func New(inForce, change []domain.Rule, s Settings) *Preview {
	next := slices.Clone(inForce)
	version := int64(0)
	for _, r := range inForce {
		version = max(version, r.Version)
	}
	p := &Preview{settings: s, before: mapping.New(inForce), effect: Effect{
		Changes: []Change{}, Unknown: []string{}, Frees: []*Cause{}, Ready: []*Cause{}, Fails: []*Cause{}, Moves: []*Move{}, NotShown: []string{},
	}}
	for _, r := range change {
		i := slices.IndexFunc(inForce, func(o domain.Rule) bool { return About(o) == About(r) })
		if i < 0 && r.Retired || i >= 0 && saysTheSame(inForce[i], r) {
			continue
		}
		version++
		r.Version = version
		next = append(next, r)
		c := Change{After: r}
		if i >= 0 {
			c.Before = &inForce[i]
		}
		p.effect.Changes = append(p.effect.Changes, c)
	}
	p.after = mapping.New(next)
	for _, c := range p.effect.Changes {
		if says := beyondOrders(c.After.Table); says != "" && !slices.Contains(p.effect.NotShown, says) {
			p.effect.NotShown = append(p.effect.NotShown, says)
		}
	}
	return p
}

// beyondOrders says what rules of a table do besides completing orders; empty when that is all.
func beyondOrders(table domain.RuleTable) string {
	switch table {
	case domain.RuleStockStatus, domain.RuleStockBuffer, domain.RuleStockGrade:
		return "What can be sold changes with the next stock pass of the warehouse; each figure explains itself then."
	case domain.RuleCutoff:
		return "Cut-offs of orders that wait are reckoned anew with it, and with them their rank in the triage."
	case domain.RuleDisposition:
		return "Open returns go by it at their next look, as far as nothing was written of their garments; settled ones stay as they are."
	case domain.RuleRefundPolicy:
		return "Returns that are planned from now on go by it; what was planned keeps the terms that it was planned with."
	case domain.RuleEntity:
		return "Documents that the books do not hold yet are derived anew by it with the next run; what was posted stays."
	}
	return ""
}

// Subject is what a rule is about: a newer rule about the same replaces it.
type Subject struct {
	Table                     domain.RuleTable
	Store, Warehouse, Country string
	From, Attribute           string
}

// About tells what a rule is about.
func About(r domain.Rule) Subject {
	s := Subject{Table: r.Table, Store: r.Store, Warehouse: r.Warehouse, Country: r.Country, From: r.From}
	if r.Table == domain.RuleAttributeDefault {
		s.Attribute = r.Extra["attribute"]
	}
	return s
}

func saysTheSame(a, b domain.Rule) bool {
	return a.Retired == b.Retired && (a.Retired || a.To == b.To && maps.Equal(a.Extra, b.Extra))
}

// Items lists the warehouse items that either set of rules makes of an order's lines,
// by warehouse: their completed attributes are needed to Add it.
func (p *Preview) Items(o Order) map[string][]string {
	items := map[string][]string{}
	for _, l := range asHandedOver(o).Lines {
		for _, a := range l.Allocations {
			for _, rules := range []*mapping.Rules{p.before, p.after} {
				item, _, miss := rules.Item(a.Warehouse, l.SKU, l.EAN)
				if miss == nil && !slices.Contains(items[a.Warehouse], item) {
					items[a.Warehouse] = append(items[a.Warehouse], item)
				}
			}
		}
	}
	return items
}

// Add replays one order with the attributes that were completed for its items. An
// order of which nothing goes to a warehouse says nothing about rules.
func (p *Preview) Add(o Order, attributes []domain.ItemAttribute) {
	if o.Order.Wholesale || o.Order.Status == domain.ShopCancelled && len(o.Open) == 0 {
		return
	}
	p.effect.Orders++
	o.Order = asHandedOver(o)
	was, asked := p.complete(o, attributes, p.before)
	becomes, asks := p.complete(o, attributes, p.after)
	p.open(o, was, becomes, asked, asks)
	for _, q := range asks {
		if !asksFor(asked, q.Cause) {
			p.effect.Fails = tally(p.effect.Fails, q, o, func(c *Cause) {
				if o.Sent {
					c.Sent++
				}
			})
		}
	}
	if len(asked) == 0 && len(asks) == 0 {
		p.moves(o, was, becomes)
	}
}

// AddSystem looks at an open question about a whole system: a warehouse's own word.
func (p *Preview) AddSystem(o Open) {
	asks, known := looksUp(p.after, o)
	if !known || asks {
		return
	}
	list := &p.effect.Frees
	if asks, _ := looksUp(p.before, o); !asks {
		list = &p.effect.Ready
	}
	if !slices.ContainsFunc(*list, func(c *Cause) bool { return c.Cause == o.Cause }) {
		*list = append(*list, &Cause{Cause: o.Cause, Kind: o.Kind, Money: map[string]int64{}, Such: []string{o.System}})
	}
}

// looksUp asks the rules for a warehouse's own word again; known is false for a
// question that no such word made.
func looksUp(rules *mapping.Rules, o Open) (asks, known bool) {
	if len(o.Problems) == 0 || o.System == "" {
		return false, false
	}
	var miss *mapping.Miss
	switch value := o.Problems[0].Value; o.Kind {
	case mapping.KindStockStatus:
		_, _, miss = rules.StockStatus(o.System, value)
	case mapping.KindDisposition:
		_, miss = rules.Disposition(o.System, value, "")
	case mapping.KindService:
		_, miss = rules.Cutoff(o.System, value, time.Unix(0, 0))
	case mapping.KindCarrier:
		_, _, miss = rules.Carrier(o.System, value)
	case mapping.KindEntity:
		return asksForEntity(rules, o.Problems[0])
	default:
		return false, false
	}
	return miss != nil, true
}

// asksForEntity tells whether the books still lack a rule that documents wait for. A value
// with two names in it, an entity and its currency or ledger, is looked up by the first.
func asksForEntity(rules *mapping.Rules, r domain.Refusal) (asks, known bool) {
	switch r.Field {
	case "market":
		return !rules.Sells(r.Value), true
	case "entity":
		_, miss := rules.Entity(r.Value)
		return miss != nil, true
	case "currency":
		at := strings.LastIndex(r.Value, " ")
		if at < 0 {
			return false, false
		}
		e, miss := rules.Entity(r.Value[:at])
		return miss != nil || !slices.Contains(e.Currencies, r.Value[at+1:]), true
	case "warehouse":
		_, q := rules.EntityOfStock(r.Value)
		return q != nil, true
	}
	return false, false
}

// Effect is what came of all orders that were added, the largest groups first.
// since and leftOut are told by who chose the orders.
func (p *Preview) Effect(since time.Time, leftOut int) Effect {
	e := p.effect
	e.Since, e.LeftOut = since, leftOut
	for _, causes := range [][]*Cause{e.Frees, e.Ready, e.Fails} {
		slices.SortStableFunc(causes, func(a, b *Cause) int { return b.Orders - a.Orders })
	}
	slices.SortStableFunc(e.Moves, func(a, b *Move) int { return b.Orders - a.Orders })
	return e
}

// complete is what a set of rules makes of an order, and what it asks.
func (p *Preview) complete(o Order, attributes []domain.ItemAttribute, rules *mapping.Rules) (enrich.Output, []domain.Question) {
	out, questions := enrich.Complete(enrich.Input{
		Order: o.Order, Rules: rules, Attributes: attributes, Overrides: o.Overrides, AttributeKeys: p.settings.AttributeKeys,
		HomeCountry: p.settings.HomeCountry, Services: p.settings.Services, Limits: p.settings.Limits,
	})
	for _, s := range o.Shipments {
		if _, _, miss := rules.Carrier(s.Warehouse, s.Carrier); miss != nil {
			if q := miss.Question(); !asksFor(questions, q.Cause) {
				questions = append(questions, q)
			}
		}
	}
	return out, questions
}

func asksFor(questions []domain.Question, cause string) bool {
	return slices.ContainsFunc(questions, func(q domain.Question) bool { return q.Cause == cause })
}

// open looks at the questions that are open about an order.
func (p *Preview) open(o Order, was, becomes enrich.Output, asked, asks []domain.Question) {
	var frees, ready []domain.Question
	left := 0
	for _, q := range o.Open {
		before, after, known := p.asked(o.Order, q, asked, asks)
		switch {
		case resent(q.Kind) && len(asks) == 0 && !sameContent(was, becomes):
			frees = append(frees, q.Question) // the mended content replaces what the warehouse refused
		case !known || after:
			left++
		case before:
			frees = append(frees, q.Question)
		default:
			ready = append(ready, q.Question)
		}
	}
	for _, q := range asks {
		if len(frees)+len(ready) > 0 && !slices.ContainsFunc(o.Open, func(open Open) bool { return open.Cause == q.Cause }) {
			left++ // asked instead of what is freed
		}
	}
	alone := func(c *Cause) {
		if left == 0 {
			c.Last++
		}
	}
	for _, q := range frees {
		p.effect.Frees = tally(p.effect.Frees, q, o, alone)
	}
	for _, q := range ready {
		p.effect.Ready = tally(p.effect.Ready, q, o, alone)
	}
}

// asked tells whether an open question is asked by each set of rules; known is false
// for one that does not come of rules.
func (p *Preview) asked(order domain.Order, o Open, asked, asks []domain.Question) (before, after, known bool) {
	switch o.Kind {
	case mapping.KindRefundPolicy:
		return unclear(p.before, order, o), unclear(p.after, order, o), true
	case enrich.KindIncompleteItem, enrich.KindNotDeliverable, mapping.KindAmbiguousSKU, mapping.KindShippingMethod, mapping.KindMarket,
		mapping.KindCarrier, mapping.KindSKU, mapping.KindWarehouse, mapping.KindPaymentMethod:
		return asksFor(asked, o.Cause), asksFor(asks, o.Cause), true
	}
	before, known = looksUp(p.before, o)
	after, _ = looksUp(p.after, o)
	return before, after, known
}

// resent tells whether a warehouse refused what was sent: other content is sent in its place.
func resent(kind string) bool { return kind == "rejected-by-warehouse" || kind == "late-reject" }

func tally(causes []*Cause, q domain.Question, o Order, also func(*Cause)) []*Cause {
	i := slices.IndexFunc(causes, func(c *Cause) bool { return c.Cause == q.Cause })
	if i < 0 {
		i = len(causes)
		causes = append(causes, &Cause{Cause: q.Cause, Kind: q.Kind, Money: map[string]int64{}, Such: []string{}})
	}
	c := causes[i]
	c.Orders++
	c.Money[o.Order.Currency] += o.Order.GrandTotal
	if len(c.Such) < most {
		c.Such = append(c.Such, o.Order.ID.String())
	}
	also(c)
	return causes
}
