package domain

import (
	"cmp"
	"slices"
	"time"
)

// Progress is where an order stands, derived from its content and its facts
// alone: facts may arrive in any order and any number of times, the outcome is the same.
type Progress struct {
	Lines        []LineProgress
	Consignments []ConsignmentProgress // in the order in which they were first submitted
	Parcels      []ParcelProgress      // in consignment and sequence order
	Questions    []Question            // what the facts alone show to be wrong
	Returns      int                   // return facts kept for the returns workflow
	Unknown      int                   // facts that this version does not know
}

// LineProgress is a physical line. Ordered = Shipped + Short + Cancelled + Open
// holds at every step.
type LineProgress struct {
	Line        string `json:"line"`
	SKU         string `json:"sku"`
	Ordered     int    `json:"ordered"` // units ever ordered: today's quantity plus cancelled ones
	Shipped     int    `json:"shipped"`
	Short       int    `json:"short"`                 // the warehouse will not ship them, the shop still holds them
	Substituted int    `json:"substituted,omitempty"` // of Short: another item was sent for them, and that is another question
	Cancelled   int    `json:"cancelled"`
	Open        int    `json:"open"`
	Over        int    `json:"over,omitempty"` // shipped beyond what was ordered; never pushed to the shop
	Held        int    `json:"held,omitempty"` // units that warehouses hold and have not dealt with; more than Open means too many
}

// Missing counts short units that nothing was sent for.
func (l LineProgress) Missing() int { return l.Short - l.Substituted }

// ConsignmentProgress is what we sent to a warehouse and what became of it.
type ConsignmentProgress struct {
	Number      string
	Warehouse   string
	Revision    int64
	Fingerprint string
	// Confirmed is false when only the warehouse tells of the consignment: our request
	// arrived and its answer was lost.
	Confirmed       bool
	Status          WarehouseStatus
	HoldReason      string
	UpdatedAt       time.Time            // of the warehouse's newest word
	Lines           []WarehouseOrderLine // sent quantities with what the warehouse says of them
	Rejection       []Refusal
	AfterAcceptance bool
	CancelAsked     []LineQuantity // asked for and not answered; nil with CancelAll false means nothing is asked
	CancelAll       bool
	CancelRefused   bool
	CancelRefusedAt int64 // sequence of the refusal, 0 when there is none
	RejectedAt      int64 // sequence of the fact that says rejected, 0 when it is not

	// reduced is how many of a line's cancelled units the shop had cancelled before.
	reduced map[string]int
	// substituted is how many of a line's short units another item was sent for.
	substituted map[string]int
}

// Over tells whether nothing more will come of a consignment. The lines decide:
// the warehouse's word may come before the shipments that it sums up. A rejected
// one is not over, because it may be mended.
func (c ConsignmentProgress) Over() bool {
	return c.Status != WarehouseRejected && c.Open() == 0
}

// Open counts units that the warehouse holds and has not dealt with.
func (c ConsignmentProgress) Open() int {
	n := 0
	for _, l := range c.Lines {
		n += l.Open()
	}
	return n
}

// ParcelProgress is a warehouse shipment and its counterpart in the shop.
type ParcelProgress struct {
	Shipment Shipment
	// Lines is what goes to the shop: known lines, at most the ordered quantity.
	Lines []LineQuantity
	// Shop is what stands in the shop, nil while nothing does.
	Shop *ShopShipmentFact
	// Noted tells that later tracking was told to the shop.
	Noted bool
}

// Derive folds facts into a progress. Each fact counts once, in whatever order they
// are handed over; sequences only order our own writes and people's answers.
func Derive(o Order, facts []Fact) (Progress, error) {
	d := newDeriver(o)
	var last int64
	for _, f := range ordered(facts) {
		if f.Sequence != 0 && f.Sequence == last {
			continue
		}
		last = f.Sequence
		if err := d.apply(f); err != nil {
			return Progress{}, err
		}
	}
	return d.progress(), nil
}

func ordered(facts []Fact) []Fact {
	bySequence := func(a, b Fact) int { return cmp.Compare(a.Sequence, b.Sequence) }
	if slices.IsSortedFunc(facts, bySequence) {
		return facts
	}
	return slices.SortedStableFunc(slices.Values(facts), bySequence)
}

// told is something with the sequence of the fact that told it.
type told[T any] struct {
	what     T
	sequence int64
}

type deriver struct {
	order       Order
	physical    map[string]Line
	numbers     []string // consignments in order of submission
	submissions map[string][]told[SubmittedFact]
	snapshots   map[string][]told[WarehouseOrder]
	requests    map[string][]told[CancelRequestedFact]
	refusals    map[string][]int64
	shipments   map[string]Shipment
	shop        map[string]ShopShipmentFact
	noted       map[string]bool
	returns     int
	unknown     int
}

func newDeriver(o Order) *deriver {
	d := &deriver{
		order: o, physical: map[string]Line{}, submissions: map[string][]told[SubmittedFact]{}, snapshots: map[string][]told[WarehouseOrder]{},
		requests: map[string][]told[CancelRequestedFact]{}, refusals: map[string][]int64{}, shipments: map[string]Shipment{},
		shop: map[string]ShopShipmentFact{}, noted: map[string]bool{},
	}
	for _, l := range o.Lines {
		if l.Kind.Physical() {
			d.physical[l.ID] = l
		}
	}
	return d
}

func (d *deriver) apply(f Fact) error {
	switch f.Kind {
	case FactSubmitted:
		return fold(f, func(s SubmittedFact) {
			if len(d.submissions[s.Consignment]) == 0 {
				d.numbers = append(d.numbers, s.Consignment)
			}
			d.submissions[s.Consignment] = append(d.submissions[s.Consignment], told[SubmittedFact]{s, f.Sequence})
		})
	case FactWarehouseOrder:
		return fold(f, func(w WarehouseOrder) {
			d.snapshots[w.Number] = append(d.snapshots[w.Number], told[WarehouseOrder]{w, f.Sequence})
		})
	case FactShipment:
		return fold(f, d.shipment)
	case FactCancelRequested:
		return fold(f, func(c CancelRequestedFact) {
			d.requests[c.Consignment] = append(d.requests[c.Consignment], told[CancelRequestedFact]{c, f.Sequence})
		})
	case FactCancelRefused:
		return fold(f, func(c CancelRefusedFact) { d.refusals[c.Consignment] = append(d.refusals[c.Consignment], f.Sequence) })
	case FactShopShipment:
		return fold(f, func(s ShopShipmentFact) { d.shop[s.Shipment] = s })
	case FactNoted:
		return fold(f, func(n NotedFact) { d.noted[n.Subject] = true })
	case FactReturn:
		d.returns++
	case FactContent, FactRefused, FactShopCancelled, FactCaptured, FactReleased, FactAnswered, FactUnreadable, FactReadable, FactOverdue, FactClosed:
		// they decide what is due (see Decide), not what happened to the goods
	case FactReturnConfirmation, FactAdjustment, FactShopReturn, FactReturnPlanned, FactReturnWritten, FactReturnRefused, FactReturnAnswered, FactReturnSettled:
		// package returns reads them: what came back changes nothing of what left
	default:
		d.unknown++
	}
	return nil
}

func fold[T any](f Fact, apply func(T)) error {
	v, err := Decode[T](f)
	if err != nil {
		return err
	}
	apply(v)
	return nil
}

// shipment keeps the highest revision, whichever came first.
func (d *deriver) shipment(s Shipment) {
	if old, known := d.shipments[s.ID]; !known || old.Revision < s.Revision {
		d.shipments[s.ID] = s
	}
}

func (d *deriver) progress() Progress {
	p := Progress{Returns: d.returns, Unknown: d.unknown}
	byConsignment := d.shipmentsByConsignment()
	shipped := map[string]int{}
	var shipments []Shipment
	for _, number := range d.known() {
		c := d.consignment(number)
		of := resolve(c, d.physical, byConsignment[number])
		d.settle(&c, of)
		for _, s := range of {
			for _, l := range s.goods() {
				shipped[l.Line] += l.Quantity
			}
		}
		p.Consignments = append(p.Consignments, c)
		shipments = append(shipments, of...)
	}
	p.Lines, p.Questions = d.lines(p.Consignments, shipped)
	parcels, questions := d.parcels(shipments)
	p.Parcels = parcels
	p.Questions = append(p.Questions, questions...)
	return p
}

// known lists the consignments that are ours: those that we sent, then those that a
// warehouse holds under our reference although its answer never reached us. A
// stranger's order under a number of ours is neither.
func (d *deriver) known() []string {
	var lost []string
	for number, snapshots := range d.snapshots {
		if len(d.submissions[number]) == 0 && snapshots[0].what.Reference == d.order.ID.String() {
			lost = append(lost, number)
		}
	}
	slices.Sort(lost)
	return append(slices.Clone(d.numbers), lost...)
}

// lines counts each physical line over all consignments.
func (d *deriver) lines(consignments []ConsignmentProgress, shipped map[string]int) ([]LineProgress, []Question) {
	short, reduced, held, substituted := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	for _, c := range consignments {
		if c.Status == WarehouseRejected {
			continue // it holds nothing
		}
		for _, l := range c.Lines {
			short[l.Line] += l.Short
			held[l.Line] += l.Open()
			reduced[l.Line] += min(c.reduced[l.Line], l.Cancelled)
			substituted[l.Line] += c.substituted[l.Line]
		}
	}
	var lines []LineProgress
	var questions []Question
	for _, l := range d.order.Lines {
		if !l.Kind.Physical() {
			continue
		}
		p := LineProgress{Line: l.ID, SKU: l.SKU, Ordered: l.Quantity + l.Cancelled, Held: held[l.ID]}
		p.Over = max(0, shipped[l.ID]-p.Ordered)
		p.Shipped = shipped[l.ID] - p.Over
		// Units that were shipped although they had been cancelled in the shop stay
		// shipped: the goods are gone, whatever the shop's line says.
		p.Cancelled = min(l.Cancelled, p.Ordered-p.Shipped)
		p.Short = stillShort(p, short[l.ID], reduced[l.ID])
		p.Substituted = min(substituted[l.ID], p.Short)
		p.Open = p.Ordered - p.Shipped - p.Cancelled - p.Short
		if shipped[l.ID] > l.Quantity {
			questions = append(questions, d.overShipment(l))
		}
		lines = append(lines, p)
	}
	return lines, questions
}

// stillShort takes off the short units those that the shop has cancelled meanwhile.
// Which units the shop cancelled it does not say: those that we had the warehouse take
// off for it, then whatever is short, whoever cancelled that.
func stillShort(p LineProgress, short, reduced int) int {
	short = min(short, p.Ordered-p.Shipped)
	others := p.Cancelled - min(p.Cancelled, reduced)
	return min(short-min(others, short), p.Ordered-p.Shipped-p.Cancelled)
}

func (d *deriver) overShipment(l Line) Question {
	return Question{Kind: "over-shipment", Subject: l.ID, Cause: NewCause("over-shipment", d.order.ID.String(), l.ID), Problems: []Refusal{{
		Code: "over_shipment", Line: l.ID, SKU: l.SKU, Message: "the warehouse shipped more units of this line than the shop's order still holds",
	}}}
}
