package domain

import (
	"cmp"
	"slices"
)

// Open counts units of a line that a warehouse holds and has not dealt with.
func (l WarehouseOrderLine) Open() int { return max(0, l.Quantity-l.Shipped-l.Short-l.Cancelled) }

// pass is what counts of a consignment's facts today. A rejection ends a pass: the
// warehouse begins the mended order anew, and what it said before counts no more.
type pass struct {
	submissions []told[SubmittedFact]
	newest      *told[WarehouseOrder]
	requests    []told[CancelRequestedFact]
	refusals    []int64
	snapshots   []told[WarehouseOrder]
}

func (d *deriver) pass(number string) pass {
	p := pass{submissions: d.submissions[number]}
	var sent int64
	for _, s := range p.submissions {
		sent = max(sent, s.what.Revision)
	}
	ended := int64(-1) // revision of the newest rejection that was mended
	for _, s := range d.snapshots[number] {
		if s.what.Status == WarehouseRejected && s.what.Revision < sent {
			ended = max(ended, s.what.Revision)
		}
	}
	var began int64
	for _, s := range p.submissions {
		if s.what.Revision > ended && began == 0 {
			began = s.sequence
		}
	}
	for _, s := range d.snapshots[number] {
		if s.what.Revision <= ended {
			continue
		}
		if p.newest == nil || s.what.Revision > p.newest.what.Revision {
			p.newest = &s
		}
		p.snapshots = append(p.snapshots, s)
	}
	current := func(sequence int64) bool { return ended < 0 || sequence > began }
	for _, r := range d.requests[number] {
		if current(r.sequence) {
			p.requests = append(p.requests, r)
		}
	}
	for _, sequence := range d.refusals[number] {
		if current(sequence) {
			p.refusals = append(p.refusals, sequence)
		}
	}
	return p
}

// consignment is what was sent under a number, with the warehouse's newest word and
// without its shipments.
func (d *deriver) consignment(number string) ConsignmentProgress {
	p := d.pass(number)
	c := ConsignmentProgress{Number: number, Status: WarehouseReceived, reduced: map[string]int{}, substituted: map[string]int{}}
	for _, s := range p.submissions {
		c.Confirmed, c.Warehouse, c.Fingerprint = true, s.what.Warehouse, s.what.Fingerprint
		c.Revision = max(c.Revision, s.what.Revision)
		c.Lines = c.Lines[:0]
		for _, l := range s.what.Lines {
			c.Lines = append(c.Lines, WarehouseOrderLine{Line: l.Line, SKU: d.physical[l.Line].SKU, Quantity: l.Quantity})
		}
	}
	if p.newest == nil {
		return c
	}
	w := p.newest.what
	c.Revision = max(c.Revision, w.Revision)
	c.Status, c.HoldReason, c.UpdatedAt = w.Status, w.HoldReason, w.UpdatedAt
	if w.Status == WarehouseRejected {
		c.Rejection, c.AfterAcceptance, c.RejectedAt = w.Rejection, w.AfterAcceptance, p.newest.sequence
	}
	if !c.Confirmed {
		c.Warehouse = w.Warehouse
		for _, l := range w.Lines {
			c.Lines = append(c.Lines, WarehouseOrderLine{Line: l.Line, Quantity: l.Quantity})
		}
	}
	for i := range c.Lines {
		for _, l := range w.Lines {
			if l.Line == c.Lines[i].Line {
				c.Lines[i].SKU, c.Lines[i].Allocated, c.Lines[i].Short, c.Lines[i].Cancelled = l.SKU, l.Allocated, l.Short, l.Cancelled
			}
		}
	}
	return c
}

// settle lays the shipments and our requests to cancel over what a warehouse holds.
func (d *deriver) settle(c *ConsignmentProgress, shipments []Shipment) {
	shipped, substituted := map[string]int{}, map[string]int{}
	for _, s := range shipments {
		if s.Voided {
			continue
		}
		for _, l := range s.goods() {
			shipped[l.Line] += l.Quantity
		}
		for _, l := range s.Lines {
			if l.Substituted {
				substituted[l.Line] += l.Quantity
			}
		}
	}
	for i := range c.Lines {
		c.Lines[i].Shipped = shipped[c.Lines[i].Line]
	}
	short := shortOnShipments(*c, shipments)
	p := d.pass(c.Number)
	requests := p.granted(c)
	for i := range c.Lines {
		l := &c.Lines[i]
		closeUnits(c, l, requests, short[l.Line], substituted[l.Line])
		c.substituted[l.Line] = min(substituted[l.Line], l.Short)
		c.reduced[l.Line] = requests.partial[l.Line]
	}
	c.CancelAll = requests.pendingAll && c.Open() > 0
	for _, l := range c.Lines {
		if n := min(requests.pending[l.Line], requests.asked(l)-l.Cancelled, l.Open()); n > 0 {
			c.CancelAsked = append(c.CancelAsked, LineQuantity{Line: l.Line, Quantity: n})
		}
	}
}

// closeUnits tells who closed a line's units. As cancelled counts at most what we
// asked for; all the rest is short, because only a person can say what becomes of it.
// The warehouse has one count and one reason a line: where its reason is its own,
// units that were closed since we asked are ours only if it had closed some of its own
// before. The same short is told by the order and by a shipment, and counts once. A unit
// that another item was sent for is shipped to the warehouse and short to us.
func closeUnits(c *ConsignmentProgress, l *WarehouseOrderLine, asked requests, short, substituted int) {
	open := max(0, l.Quantity-l.Shipped-substituted)
	closed, own := min(l.Short+l.Cancelled, open), l.Short > 0
	if c.Status == WarehouseCancelled {
		closed = open
	}
	switch before := asked.before[l.Line]; {
	case asked.unseen && c.Status != WarehouseCancelled:
		// No word since we were told that it is done.
		l.Cancelled = max(min(asked.asked(*l), closed), min(asked.doneOf(*l), max(0, open-short)))
	case !own:
		l.Cancelled = min(asked.asked(*l), closed)
	case before > 0:
		l.Cancelled = min(asked.asked(*l), max(0, closed-before))
	default:
		l.Cancelled = 0
	}
	l.Short = min(max(short, closed-l.Cancelled), open-l.Cancelled) + min(substituted, max(0, l.Quantity-l.Shipped))
}

// requests sums up what we asked a warehouse to cancel and was not refused.
type requests struct {
	all, doneAll, pendingAll bool
	partial, done, pending   map[string]int
	before                   map[string]int // units that were closed when we asked last
	unseen                   bool           // nothing was told since a request was granted at once
}

func (r requests) asked(l WarehouseOrderLine) int {
	if r.all {
		return l.Quantity
	}
	return r.partial[l.Line]
}

func (r requests) doneOf(l WarehouseOrderLine) int {
	if r.doneAll {
		return l.Quantity
	}
	return r.done[l.Line]
}

// granted sorts the requests of a pass and notes the refusal that stands.
func (p pass) granted(c *ConsignmentProgress) requests {
	r := requests{partial: map[string]int{}, done: map[string]int{}, pending: map[string]int{}, before: p.closedBefore()}
	var last int64
	for _, s := range p.submissions {
		last = max(last, s.sequence)
	}
	for _, q := range p.requests {
		last = max(last, q.sequence)
		if at := p.refusalOf(q); at != 0 {
			c.CancelRefused, c.CancelRefusedAt = true, max(c.CancelRefusedAt, at)
			continue
		}
		c.CancelRefused, c.CancelRefusedAt = false, 0
		waits := !q.what.Done && !p.answered(q.sequence)
		r.unseen = r.unseen || q.what.Done && (p.newest == nil || p.newest.sequence < q.sequence)
		if len(q.what.Lines) == 0 {
			r.all, r.doneAll, r.pendingAll = true, r.doneAll || q.what.Done, r.pendingAll || waits
			continue
		}
		for _, l := range q.what.Lines {
			r.partial[l.Line] += l.Quantity
			if q.what.Done {
				r.done[l.Line] += l.Quantity
			}
			if waits {
				r.pending[l.Line] += l.Quantity
			}
		}
	}
	for _, sequence := range p.refusals {
		if sequence > last {
			c.CancelRefused, c.CancelRefusedAt = true, max(c.CancelRefusedAt, sequence)
		}
	}
	return r
}

// closedBefore counts the closed units of each line when we last asked: as the
// warehouse noted the request, or as we knew it.
func (p pass) closedBefore() map[string]int {
	closed := map[string]int{}
	if len(p.requests) == 0 {
		return closed
	}
	last := p.requests[len(p.requests)-1].sequence
	var newest *WarehouseOrder
	for _, s := range p.snapshots {
		then := s.sequence < last || s.what.Status == WarehouseCancelRequested
		if then && (newest == nil || s.what.Revision > newest.Revision) {
			newest = &s.what
		}
	}
	if newest == nil {
		return closed
	}
	for _, l := range newest.Lines {
		closed[l.Line] = l.Short + l.Cancelled
	}
	return closed
}

// answered tells whether the floor has dealt with a request: the warehouse's newest
// word is no longer that it was asked.
func (p pass) answered(sequence int64) bool {
	if p.newest == nil || p.newest.what.Status == WarehouseCancelRequested {
		return false
	}
	return p.newest.sequence > sequence || p.overtaken(sequence)
}

// overtaken tells whether the answer to a request was told before the request could
// be recorded: the snapshot that came with the request is older than the newest.
func (p pass) overtaken(sequence int64) bool {
	return p.newest != nil && p.newest.what.Status != WarehouseCancelRequested && p.newest.sequence < sequence &&
		slices.ContainsFunc(p.snapshots, func(s told[WarehouseOrder]) bool {
			return s.sequence > sequence && s.what.Status == WarehouseCancelRequested
		})
}

// refusalOf is the sequence at which a request was refused, 0 when it was not.
func (p pass) refusalOf(q told[CancelRequestedFact]) int64 {
	if q.what.Done {
		return 0
	}
	for _, sequence := range p.refusals {
		if sequence > q.sequence {
			return sequence
		}
	}
	if len(p.refusals) > 0 && p.overtaken(q.sequence) {
		return q.sequence
	}
	return 0
}

// shortOnShipments sums what shipments declare short; a final shipment whose
// predecessors are all known closes whatever is still unexplained. Once a shipment
// was voided its units are back on the floor, whatever was final before: from then on
// the warehouse's order alone says what is short.
func shortOnShipments(c ConsignmentProgress, shipments []Shipment) map[string]int {
	short := map[string]int{}
	seen, final, voided := map[int]bool{}, 0, false
	for _, s := range shipments {
		seen[s.Sequence] = true
		voided = voided || s.Voided
		if s.Voided {
			continue
		}
		if s.Final {
			final = max(final, s.Sequence)
		}
		for _, l := range s.Short {
			short[l.Line] += l.Quantity
		}
	}
	for n := 1; n <= final; n++ {
		if !seen[n] {
			return short
		}
	}
	if final == 0 || voided {
		return short
	}
	for _, l := range c.Lines {
		short[l.Line] = max(short[l.Line], l.Quantity-l.Shipped)
	}
	return short
}

func (d *deriver) shipmentsByConsignment() map[string][]Shipment {
	out := map[string][]Shipment{}
	for _, s := range d.shipments {
		out[s.Consignment] = append(out[s.Consignment], s)
	}
	for _, of := range out {
		slices.SortFunc(of, func(a, b Shipment) int { return cmp.Or(cmp.Compare(a.Sequence, b.Sequence), cmp.Compare(a.ID, b.ID)) })
	}
	return out
}
