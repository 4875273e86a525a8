package domain

import (
	"sort"
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
	Line      string `json:"line"`
	SKU       string `json:"sku"`
	Ordered   int    `json:"ordered"` // units ever ordered: today's quantity plus cancelled ones
	Shipped   int    `json:"shipped"`
	Short     int    `json:"short"` // the warehouse will not ship them, the shop still holds them
	Cancelled int    `json:"cancelled"`
	Open      int    `json:"open"`
	Over      int    `json:"over,omitempty"` // shipped beyond what was ordered; never pushed to the shop
}

// ConsignmentProgress is what we sent to a warehouse and what became of it.
type ConsignmentProgress struct {
	Number          string
	Warehouse       string
	Revision        int64
	Fingerprint     string
	Status          WarehouseStatus
	Lines           []WarehouseOrderLine // sent quantities with what the warehouse says of them
	Rejection       []Refusal
	AfterAcceptance bool
	CancelAsked     []LineQuantity // asked for and not answered; nil with CancelAll false means nothing is asked
	CancelAll       bool
	CancelRefused   bool
	RejectedAt      int64 // sequence of the fact that says rejected, 0 when it is not
}

// Over tells whether nothing more will come of a consignment.
func (c ConsignmentProgress) Over() bool {
	switch c.Status {
	case WarehouseCancelled, WarehouseShipped:
		return true
	}
	for _, l := range c.Lines {
		if l.Quantity > l.Shipped+l.Short+l.Cancelled {
			return false
		}
	}
	return c.Status != WarehouseRejected
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

// Derive folds facts into a progress.
func Derive(o Order, facts []Fact) (Progress, error) {
	d := deriver{order: o, consignments: map[string]*ConsignmentProgress{}, shipments: map[string]Shipment{},
		shop: map[string]ShopShipmentFact{}, noted: map[string]bool{}, snapshots: map[string]WarehouseOrder{},
		asked: map[string][]CancelRequestedFact{}, rejectedAt: map[string]int64{}}
	for _, f := range facts {
		if err := d.apply(f); err != nil {
			return Progress{}, err
		}
	}
	return d.progress(), nil
}

type deriver struct {
	order        Order
	numbers      []string // consignments in order of submission
	consignments map[string]*ConsignmentProgress
	snapshots    map[string]WarehouseOrder
	rejectedAt   map[string]int64
	asked        map[string][]CancelRequestedFact
	shipments    map[string]Shipment
	shipmentIDs  []string
	shop         map[string]ShopShipmentFact
	noted        map[string]bool
	returns      int
	unknown      int
}

func (d *deriver) apply(f Fact) error {
	switch f.Kind {
	case FactSubmitted:
		return fold(f, d.submitted)
	case FactWarehouseOrder:
		return fold(f, func(w WarehouseOrder) { d.snapshot(f.Sequence, w) })
	case FactShipment:
		return fold(f, d.shipment)
	case FactCancelRequested:
		return fold(f, func(c CancelRequestedFact) { d.asked[c.Consignment] = append(d.asked[c.Consignment], c) })
	case FactCancelRefused:
		return fold(f, func(c CancelRefusedFact) {
			d.asked[c.Consignment] = nil
			if p := d.consignments[c.Consignment]; p != nil {
				p.CancelRefused = true
			}
		})
	case FactShopShipment:
		return fold(f, func(s ShopShipmentFact) { d.shop[s.Shipment] = s })
	case FactNoted:
		return fold(f, func(n NotedFact) { d.noted[n.Subject] = true })
	case FactReturn:
		d.returns++
	case FactContent, FactRefused, FactShopCancelled, FactCaptured, FactReleased, FactAnswered, FactClosed:
		// they decide what is due (see Decide), not what happened to the goods
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

func (d *deriver) submitted(s SubmittedFact) {
	p := d.consignments[s.Consignment]
	if p == nil {
		p = &ConsignmentProgress{Number: s.Consignment, Warehouse: s.Warehouse}
		d.consignments[s.Consignment] = p
		d.numbers = append(d.numbers, s.Consignment)
	}
	p.Fingerprint = s.Fingerprint
	p.Revision = max(p.Revision, s.Revision)
	p.Lines = p.Lines[:0]
	for _, l := range s.Lines {
		p.Lines = append(p.Lines, WarehouseOrderLine{Line: l.Line, Quantity: l.Quantity})
	}
	p.Status = WarehouseReceived
	p.CancelRefused = false
}

// snapshot keeps the warehouse's order of the highest revision, whichever came first.
func (d *deriver) snapshot(sequence int64, w WarehouseOrder) {
	if old, ok := d.snapshots[w.Number]; ok && old.Revision >= w.Revision {
		return
	}
	d.snapshots[w.Number] = w
	if w.Status == WarehouseRejected {
		d.rejectedAt[w.Number] = sequence
	}
}

func (d *deriver) shipment(s Shipment) {
	old, known := d.shipments[s.ID]
	if known && old.Revision >= s.Revision {
		return
	}
	if !known {
		d.shipmentIDs = append(d.shipmentIDs, s.ID)
	}
	d.shipments[s.ID] = s
}

func (d *deriver) progress() Progress {
	p := Progress{Returns: d.returns, Unknown: d.unknown}
	for id, s := range d.shipments {
		d.shipments[id] = d.resolve(s)
	}
	shippedBy := d.shippedByConsignment()
	for _, number := range d.numbers {
		c := d.consignments[number]
		d.settle(c, shippedBy[number])
		p.Consignments = append(p.Consignments, *c)
	}
	p.Lines, p.Questions = d.lines(p.Consignments)
	var questions []Question
	p.Parcels, questions = d.parcels(p.Lines)
	p.Questions = append(p.Questions, questions...)
	return p
}

// settle lays the newest snapshot and the shipments over what was sent. An
// amendment raises the warehouse's revision, so an older snapshot says nothing about it.
func (d *deriver) settle(c *ConsignmentProgress, shipped map[string]int) {
	snapshot, ok := d.snapshots[c.Number]
	if ok && snapshot.Revision >= c.Revision {
		c.Revision = snapshot.Revision
		c.Status = snapshot.Status
		c.Rejection, c.AfterAcceptance = snapshot.Rejection, snapshot.AfterAcceptance
		if snapshot.Status == WarehouseRejected {
			c.RejectedAt = d.rejectedAt[c.Number]
		}
	}
	short := d.shortOnShipments(c.Number)
	for i := range c.Lines {
		l := &c.Lines[i]
		for _, s := range snapshot.Lines {
			if ok && s.Line == l.Line {
				l.SKU, l.Allocated, l.Short, l.Cancelled = s.SKU, s.Allocated, s.Short, s.Cancelled
			}
		}
		l.Shipped = shipped[l.Line]
		// The same short is told by the order and by its last shipment: count it once.
		l.Short = max(l.Short, short[l.Line])
		l.Short = max(0, min(l.Short, l.Quantity-l.Shipped-l.Cancelled))
	}
	for _, asked := range d.asked[c.Number] {
		switch {
		case asked.Done, c.Status == WarehouseCancelled:
		case len(asked.Lines) == 0:
			c.CancelAll = true
		default:
			c.CancelAsked = append(c.CancelAsked, asked.Lines...)
		}
	}
	c.CancelAsked = d.unanswered(c)
}

// unanswered drops requests that the lines show to be granted.
func (d *deriver) unanswered(c *ConsignmentProgress) []LineQuantity {
	var open []LineQuantity
	for _, asked := range c.CancelAsked {
		for _, l := range c.Lines {
			if l.Line == asked.Line && l.Cancelled < asked.Quantity {
				open = append(open, asked)
			}
		}
	}
	return open
}

func (d *deriver) shippedByConsignment() map[string]map[string]int {
	out := map[string]map[string]int{}
	for _, s := range d.shipments {
		if s.Voided {
			continue
		}
		lines := out[s.Consignment]
		if lines == nil {
			lines = map[string]int{}
			out[s.Consignment] = lines
		}
		for _, l := range s.Lines {
			if l.Line != "" && !l.Substituted {
				lines[l.Line] += l.Quantity
			}
		}
	}
	return out
}

// resolve gives lines that the floor could not match the one line of the
// consignment that holds their item; more than one or none stays unmatched.
func (d *deriver) resolve(s Shipment) Shipment {
	lines := append([]ShipmentLine(nil), s.Lines...)
	for i, l := range lines {
		if d.has(l.Line) || l.Substituted {
			continue
		}
		match := ""
		for _, w := range d.snapshots[s.Consignment].Lines {
			if w.SKU != l.SKU {
				continue
			}
			if match != "" {
				match = ""
				break
			}
			match = w.Line
		}
		lines[i].Line = match
	}
	s.Lines = lines
	return s
}

// shortOnShipments sums what shipments declare short; a final shipment whose
// predecessors are all known closes whatever is still unexplained.
func (d *deriver) shortOnShipments(number string) map[string]int {
	short := map[string]int{}
	seen, last := map[int]bool{}, 0
	final := false
	for _, s := range d.shipments {
		if s.Consignment != number || s.Voided {
			continue
		}
		seen[s.Sequence] = true
		last = max(last, s.Sequence)
		final = final || s.Final
		for _, l := range s.Short {
			short[l.Line] += l.Quantity
		}
	}
	if !final || len(seen) < last {
		return short
	}
	shipped := d.shippedByConsignment()[number]
	for _, l := range d.consignments[number].Lines {
		short[l.Line] = max(short[l.Line], l.Quantity-shipped[l.Line])
	}
	return short
}

// lines counts each physical line over all consignments.
func (d *deriver) lines(consignments []ConsignmentProgress) ([]LineProgress, []Question) {
	var lines []LineProgress
	var questions []Question
	shipped, short := map[string]int{}, map[string]int{}
	for _, c := range consignments {
		for _, l := range c.Lines {
			shipped[l.Line] += l.Shipped
			short[l.Line] += l.Short
		}
	}
	for _, l := range d.order.Lines {
		if !l.Kind.Physical() {
			continue
		}
		p := LineProgress{Line: l.ID, SKU: l.SKU, Ordered: l.Quantity + l.Cancelled, Cancelled: l.Cancelled}
		p.Over = max(0, shipped[l.ID]-p.Ordered)
		p.Shipped = shipped[l.ID] - p.Over
		if p.Over > 0 {
			questions = append(questions, Question{Kind: "over-shipment", Subject: l.ID, Cause: NewCause("over-shipment", d.order.ID.String(), l.ID),
				Problems: []Refusal{{Code: "over_shipment", Line: l.ID, SKU: l.SKU, Message: "the warehouse shipped more units of this line than were ordered"}}})
		}
		// Units that were shipped although they had been cancelled in the shop stay
		// shipped: the goods are gone, whatever the shop's line says.
		p.Cancelled = min(p.Cancelled, p.Ordered-p.Shipped)
		p.Short = min(short[l.ID], p.Ordered-p.Shipped-p.Cancelled)
		p.Open = p.Ordered - p.Shipped - p.Cancelled - p.Short
		lines = append(lines, p)
	}
	return lines, questions
}

// parcels pairs warehouse shipments with the shop's, in a stable order.
func (d *deriver) parcels(lines []LineProgress) ([]ParcelProgress, []Question) {
	ids := append([]string(nil), d.shipmentIDs...)
	sort.Slice(ids, func(i, j int) bool {
		a, b := d.shipments[ids[i]], d.shipments[ids[j]]
		if a.Consignment != b.Consignment {
			return a.Consignment < b.Consignment
		}
		if a.Sequence != b.Sequence {
			return a.Sequence < b.Sequence
		}
		return a.ID < b.ID
	})
	left := map[string]int{}
	for _, l := range lines {
		left[l.Line] = l.Ordered
	}
	var parcels []ParcelProgress
	var questions []Question
	for _, id := range ids {
		s := d.shipments[id]
		p := ParcelProgress{Shipment: s, Noted: d.noted[id]}
		if written, ok := d.shop[id]; ok {
			p.Shop = &written
		}
		questions = append(questions, d.oddities(s, p.Shop)...)
		if !s.Voided {
			p.Lines = pushable(s, left)
		}
		parcels = append(parcels, p)
	}
	return parcels, questions
}

// pushable is what of a shipment goes to the shop, taken off what is left to push.
func pushable(s Shipment, left map[string]int) []LineQuantity {
	var lines []LineQuantity
	for _, l := range s.Lines {
		if l.Line == "" || l.Substituted {
			continue
		}
		n := min(l.Quantity, left[l.Line])
		if n <= 0 {
			continue
		}
		left[l.Line] -= n
		lines = append(lines, LineQuantity{Line: l.Line, Quantity: n})
	}
	return merge(lines)
}

func merge(lines []LineQuantity) []LineQuantity {
	var out []LineQuantity
	at := map[string]int{}
	for _, l := range lines {
		if i, ok := at[l.Line]; ok {
			out[i].Quantity += l.Quantity
			continue
		}
		at[l.Line] = len(out)
		out = append(out, l)
	}
	return out
}

// oddities are what a shipment holds that nobody ordered; its known lines count all the same.
func (d *deriver) oddities(s Shipment, shop *ShopShipmentFact) []Question {
	var questions []Question
	ask := func(kind, detail, sku, message string) {
		questions = append(questions, Question{Kind: kind, Subject: s.ID, Cause: NewCause(kind, d.order.ID.String(), s.ID, detail),
			Problems: []Refusal{{Code: kind, SKU: sku, Message: message}}})
	}
	if s.Voided {
		if shop != nil {
			ask("shipment-voided", "", "", "the warehouse took back shipment "+s.ID+", which stands in the shop as "+shop.Number+"; the shop has no way to remove it")
		}
		return questions
	}
	for _, l := range s.Lines {
		switch {
		case l.Substituted:
			ask("substituted-item", l.SKU, l.SKU, "the warehouse shipped another item instead of the one ordered")
		case l.Line == "":
			ask("unknown-line", l.SKU, l.SKU, "the warehouse shipped an item that no line of the order asks for")
		}
	}
	return questions
}

func (d *deriver) has(line string) bool {
	for _, l := range d.order.Lines {
		if l.ID == line {
			return true
		}
	}
	return false
}
