package lifecycle_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/lifecycle"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// world is a small shop, its warehouses and the facts that we have of them. It knows
// nothing of how Derive and Decide count.
type world struct {
	now        time.Time
	lines      []*shopLine
	keeps      bool // the shop keeps completed units among its allocations
	onHold     bool
	cancelled  bool
	status     domain.ShopStatus // confirmed when empty
	unmappable bool              // no rule says when the money is captured
	address    int
	unmapped   bool
	mode       domain.CaptureMode
	payment    domain.Payment
	shipments  []domain.ShopShipmentFact
	orders     map[string]*floorOrder
	planned    []domain.Consignment
	facts      []domain.Fact
	keys       map[string]bool
	outbox     []domain.Fact // told by warehouses and not delivered yet
	asked      int
	voided     bool
	odd        bool
	overPushed string
}

type shopLine struct {
	id, sku            string
	ordered, cancelled int
	allocated          map[string]int
}

// demand counts units that no warehouse has for the line.
func (w *world) demand(l *shopLine) int {
	n := l.ordered - l.cancelled
	if !w.keeps {
		n -= w.inShop(l.id, true)
	}
	for _, a := range l.allocated {
		n -= a
	}
	return n
}

type floorOrder struct {
	number, warehouse, content string
	revision                   int64
	state                      domain.WarehouseStatus
	before                     domain.WarehouseStatus // a cancel request
	after                      bool                   // acceptance
	lines                      []*floorLine
	ask                        map[string]int
	shipments                  []*domain.Shipment
	untold                     []domain.LineQuantity
}

type floorLine struct {
	id, sku                             string
	quantity, shipped, short, cancelled int
}

func (l *floorLine) open() int { return max(0, l.quantity-l.shipped-l.short-l.cancelled) }

func (o *floorOrder) open() (n int) {
	for _, l := range o.lines {
		n += l.open()
	}
	return n
}

func newWorld(lines ...*shopLine) *world {
	return &world{now: noon, lines: lines, orders: map[string]*floorOrder{}, keys: map[string]bool{}, mode: domain.CaptureOnShipment}
}

func line(id string, ordered int, allocated map[string]int) *shopLine {
	return &shopLine{id: id, sku: "SKU-" + id, ordered: ordered, allocated: allocated}
}

func (w *world) line(id string) *shopLine {
	i := slices.IndexFunc(w.lines, func(l *shopLine) bool { return l.id == id })
	return w.lines[i]
}

// inShop counts units of a line on the shop's shipments; done restricts it to completed ones.
func (w *world) inShop(line string, done bool) (n int) {
	for _, s := range w.shipments {
		for _, l := range s.Lines {
			if l.Line == line && (s.Completed || !done) {
				n += l.Quantity
			}
		}
	}
	return n
}

func (w *world) append(kind domain.FactKind, key string, data any) {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	w.record(domain.Fact{Kind: kind, Key: key, At: w.now, Data: raw})
}

func (w *world) record(f domain.Fact) {
	if w.keys[f.Key] {
		return
	}
	w.keys[f.Key] = true
	f.Sequence = int64(len(w.facts) + 1)
	w.facts = append(w.facts, f)
}

// tell lets a warehouse announce an order as it stands.
func (w *world) tell(o *floorOrder) {
	o.revision++
	w.outbox = append(w.outbox, w.snapshot(o))
}

func (w *world) snapshot(o *floorOrder) domain.Fact {
	s := domain.WarehouseOrder{Number: o.number, Reference: "shop/100", Warehouse: o.warehouse, Status: o.state, Revision: o.revision, AfterAcceptance: o.after, UpdatedAt: w.now}
	if o.state == domain.WarehouseRejected {
		s.Rejection = []domain.Refusal{{Code: "postcode_invalid"}}
	}
	for _, l := range o.lines {
		// One count and one reason, as the warehouse's contract has it.
		told := domain.WarehouseOrderLine{Line: l.id, SKU: l.sku, Quantity: l.quantity, Shipped: l.shipped}
		if l.short > 0 {
			told.Short = l.short + l.cancelled
		} else {
			told.Cancelled = l.cancelled
		}
		s.Lines = append(s.Lines, told)
	}
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return domain.Fact{Kind: domain.FactWarehouseOrder, Key: fmt.Sprintf("order:%s:%d", o.number, o.revision), At: w.now, Data: raw}
}

func (w *world) tellShipment(s *domain.Shipment) {
	s.Revision++
	raw, err := json.Marshal(*s)
	if err != nil {
		panic(err)
	}
	w.outbox = append(w.outbox, domain.Fact{Kind: domain.FactShipment, Key: fmt.Sprintf("shipment:%s:%d", s.ID, s.Revision), At: w.now, Data: raw})
}

// ship lets units leave; final as the warehouse sees it.
func (w *world) ship(o *floorOrder, units map[string]int) *domain.Shipment {
	s := &domain.Shipment{
		ID: fmt.Sprintf("%s-s%d", o.number, len(o.shipments)+1), Consignment: o.number, Warehouse: o.warehouse,
		Sequence: len(o.shipments) + 1, ShippedAt: w.now, Carrier: "RM", Trackings: []string{"T" + o.number}, Short: o.untold,
	}
	for _, l := range o.lines {
		if n := min(units[l.id], l.open()); n > 0 {
			l.shipped += n
			s.Lines = append(s.Lines, domain.ShipmentLine{Line: l.id, SKU: l.sku, Quantity: n})
		}
	}
	if len(s.Lines) == 0 {
		return nil
	}
	o.untold = nil
	o.shipments = append(o.shipments, s)
	s.Final = o.open() == 0
	o.state = domain.WarehousePartlyShipped
	o.settle()
	o.revision++ // not announced: the shipment tells of itself
	w.tellShipment(s)
	return s
}

func (w *world) shipAll(o *floorOrder) *domain.Shipment {
	units := map[string]int{}
	for _, l := range o.lines {
		units[l.id] = l.open()
	}
	return w.ship(o, units)
}

func (o *floorOrder) settle() {
	shipped := slices.ContainsFunc(o.lines, func(l *floorLine) bool { return l.shipped > 0 })
	switch {
	case o.open() > 0:
	case shipped:
		o.state = domain.WarehouseShipped
	default:
		o.state = domain.WarehouseCancelled
	}
}

func (w *world) short(o *floorOrder, id string, n int) {
	for _, l := range o.lines {
		if n := min(n, l.open()); l.id == id && n > 0 {
			l.short += n
			o.untold = append(o.untold, domain.LineQuantity{Line: id, Quantity: n})
		}
	}
	o.settle()
	w.tell(o)
}

func (w *world) void(o *floorOrder, s *domain.Shipment) {
	s.Voided = true
	for _, sl := range s.Lines {
		for _, l := range o.lines {
			if l.id == sl.Line {
				l.shipped -= sl.Quantity
			}
		}
	}
	o.state = domain.WarehouseInProgress
	o.settle()
	o.revision++
	w.voided = true
	w.tellShipment(s)
}

func (w *world) reject(o *floorOrder) {
	o.after = o.state != domain.WarehouseReceived
	o.state = domain.WarehouseRejected
	w.tell(o)
}

func (w *world) answerCancel(o *floorOrder, agreed bool) {
	o.state = o.before
	if agreed {
		for _, l := range o.lines {
			l.cancelled += min(o.ask[l.id], l.open())
		}
		o.settle()
	}
	o.ask = nil
	w.tell(o)
	if !agreed {
		raw, _ := json.Marshal(domain.CancelRefusedFact{Consignment: o.number})
		w.outbox = append(w.outbox, domain.Fact{Kind: domain.FactCancelRefused, Key: fmt.Sprintf("refused:%s:%d", o.number, o.revision), At: w.now, Data: raw})
	}
}

// deliver hands over everything that warehouses told.
func (w *world) deliver() {
	for _, f := range w.outbox {
		w.record(f)
	}
	w.outbox = nil
}

// cancelUnits cancels units of a line in the shop, as far as they have not left.
func (w *world) cancelUnits(id string, n int) {
	l := w.line(id)
	n = min(n, l.ordered-l.cancelled-w.inShop(id, false))
	if n <= 0 {
		return
	}

	l.cancelled += n
	n -= max(0, min(n, w.demand(l)+n))
	for _, wh := range slices.Sorted(maps.Keys(l.allocated)) {
		take := min(n, l.allocated[wh])
		l.allocated[wh], n = l.allocated[wh]-take, n-take
	}
}

func (w *world) order() domain.Order {
	o := domain.Order{ID: domain.OrderID{Store: "shop", Number: "100"}, Status: domain.ShopConfirmed, OnHold: w.onHold, GrandTotal: 1000, Payment: w.payment, Currency: "GBP"}
	if w.status != "" {
		o.Status = w.status
	}
	if w.cancelled {
		o.Status = domain.ShopCancelled
	}
	for _, l := range w.lines {
		o.Lines = append(o.Lines, domain.Line{ID: l.id, Kind: domain.LineProduct, SKU: l.sku, Quantity: l.ordered - l.cancelled, Cancelled: l.cancelled})
	}
	return o
}

func (w *world) input() lifecycle.Input {
	in := lifecycle.Input{
		Order: w.order(), Facts: w.facts, Planned: w.planned, Now: w.now, CaptureMode: w.mode,
		Settings: lifecycle.Settings{TrackingWait: 30 * time.Minute, ReturnWindow: 24 * time.Hour, CaptureWait: time.Hour},
		Carrier: func(_, code string) (string, *domain.Question) {
			if code != "RM" {
				return "", &domain.Question{Kind: "unmapped:carrier", Cause: domain.NewCause("unmapped:carrier", "acs", code)}
			}
			return "Royal Mail", nil
		},
		Fingerprint: func(c domain.Consignment) string {
			fp := fmt.Sprintf("address%d", w.address)
			for _, l := range c.Lines {
				fp += "," + l.Line
			}
			return fp
		},
	}
	if w.onHold {
		in.Waiting = append(in.Waiting, "on-hold")
	}
	if w.status != "" {
		in.Waiting = append(in.Waiting, string(w.status))
	}
	if w.unmappable {
		in.Wrong = []domain.Question{{Kind: "unmapped:payment-method", Cause: "unmapped:payment-method:centra:card", Step: domain.StepSubmit}}
	}
	parts := map[string]*lifecycle.Part{}
	for _, l := range w.lines {
		if w.demand(l) > 0 {
			in.Waiting = append(in.Waiting, "waiting-for-stock")
		}
		for _, wh := range slices.Sorted(maps.Keys(l.allocated)) {
			if l.allocated[wh] <= 0 {
				continue
			}
			if parts[wh] == nil {
				parts[wh] = &lifecycle.Part{Warehouse: wh, Service: "RM48"}
			}
			parts[wh].Lines = append(parts[wh].Lines, domain.ConsignmentLine{Line: l.id, SKU: l.sku, Quantity: l.allocated[wh]})
		}
	}
	if w.unmapped {
		in.Wrong = []domain.Question{{Kind: "unmapped:market", Cause: "unmapped:market:centra:x", Step: domain.StepSubmit}}
		return in
	}
	for _, wh := range slices.Sorted(maps.Keys(parts)) {
		in.Parts = append(in.Parts, *parts[wh])
	}
	return in
}

func (w *world) answer(cause, action string) {
	w.asked++
	w.append(domain.FactAnswered, fmt.Sprintf("answer:%d", w.asked), domain.AnswerFact{Cause: cause, Action: action, By: "ops"})
}
