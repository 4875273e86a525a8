package acs

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The states of an order, as the contract draws them.
const (
	received         = "received"
	accepted         = "accepted"
	onHold           = "on_hold"
	allocated        = "allocated"
	picking          = "picking"
	packed           = "packed"
	partiallyShipped = "partially_shipped"
	shipped          = "shipped"
	cancelRequested  = "cancel_requested"
	cancelled        = "cancelled"
	rejected         = "rejected"
)

// order is one order and what the floor knows about it.
type order struct {
	account    *account
	number, id string
	request    orderRequest
	parsed     any    // the request as parsed, to compare values at pointers
	content    string // the same in canonical spelling: what "same content" compares
	lines      []*line
	shipments  []*shipment

	state      string
	resume     string // the state that a hold or a cancel request returns to
	holdReason string
	revision   int
	receivedAt time.Time
	updatedAt  time.Time
	change     int64
	rejection  *rejection
	offending  string // the content that the last rejection was about

	plan        *planned
	step        int // a scheduled step of an older number is void
	pass        int // counts arrivals: the first, and each fresh pass
	lateReject  bool
	queue       []PlannedParcel
	queued      bool
	stopped     bool // nothing more leaves by itself
	extrasSent  bool
	overshipped map[string]bool
	untold      []shortLine
	cancelAsk   map[string]int
}

type line struct {
	lineRequest
	allocated, shipped, short, cancelled, returned int
	reason                                         string
}

// open is what may still be shipped: quantity = open + shipped + short +
// cancelled holds for every line that was not over-shipped.
func (l *line) open() int { return max(0, l.Quantity-l.shipped-l.short-l.cancelled) }

func (o *order) line(id, sku string) *line {
	for _, l := range o.lines {
		if id != "" && l.LineID == id || id == "" && l.SKU == sku {
			return l
		}
	}
	return nil
}

func (o *order) open() (n int) {
	for _, l := range o.lines {
		n += l.open()
	}
	return n
}

func (o *order) hasShipped() bool {
	return slices.ContainsFunc(o.lines, func(l *line) bool { return l.shipped > 0 })
}

// base is the state without the overlays hold and cancel request.
func (o *order) base() string {
	if o.state == onHold || o.state == cancelRequested {
		return o.resume
	}
	return o.state
}

func (o *order) record() orderRecord {
	r := orderRecord{
		orderRequest: o.request, OrderNumber: o.number, AcsOrderID: o.id, Status: o.state, Revision: o.revision,
		ReceivedAt: o.receivedAt, UpdatedAt: o.updatedAt, Lines: make([]orderLine, len(o.lines)), Rejection: o.rejection,
	}
	if o.state == onHold {
		r.HoldReason = o.holdReason
	}
	for i, l := range o.lines {
		r.Lines[i] = orderLine{
			lineRequest: l.lineRequest, Allocated: l.allocated, Shipped: l.shipped, Cancelled: l.cancelled + l.short,
			Returned: l.returned, CancelReason: l.reason,
		}
	}
	return r
}

func (o *order) etag() string { return fmt.Sprintf("%q", fmt.Sprint(o.revision)) }

// touch counts a change of the order.
func (s *Simulator) touch(o *order) {
	o.revision++
	o.updatedAt = s.now()
	o.change = o.account.changed()
}

// tell announces an order as it stands.
func (s *Simulator) tell(o *order, kind string) {
	s.emit(o.account, kind, subject{"order", o.number}, &o.number, int64(o.revision), o.record())
}

func (s *Simulator) getOrder(c *call) answer {
	o := c.account.orders[c.path["orderNumber"]]
	if o == nil {
		return notFound("Order", c.path["orderNumber"])
	}
	return ok(http.StatusOK, o.record()).with("ETag", o.etag())
}

func (s *Simulator) listOrders(c *call) answer {
	return serveList(s, c, "orders", c.query("status"), func(status string) []listed[orderRecord] {
		var out []listed[orderRecord]
		for _, o := range c.account.orders {
			if status == "" || slices.Contains(strings.Split(status, ","), o.state) {
				out = append(out, listed[orderRecord]{o.change, o.updatedAt, o.record})
			}
		}
		return out
	})
}

// putOrder is a conditional write: the order number is the key, so a second run
// of a create is answered with the order that is there.
func (s *Simulator) putOrder(c *call) answer {
	number := c.path["orderNumber"]
	o := c.account.orders[number]
	create, match := c.request.Header.Get("If-None-Match") != "", c.request.Header.Get("If-Match")
	switch {
	case create && match != "":
		return refuse(http.StatusBadRequest, "bad_request", "Give If-None-Match or If-Match, not both.")
	case !create && match == "":
		return refuse(http.StatusPreconditionRequired, "precondition_required", "")
	case create && o != nil && o.content == canonical(c.body):
		return ok(http.StatusOK, o.record()).with("ETag", o.etag()).with("Idempotent-Replay", "true")
	case create && o != nil:
		return refuse(http.StatusConflict, "order_conflict", fmt.Sprintf("Order %s was received on %s with other content.", number, o.receivedAt.Format(time.DateOnly)))
	case create:
		return s.createOrder(c, number)
	case o == nil:
		return notFound("Order", number)
	case match != o.etag():
		return refuse(http.StatusPreconditionFailed, "revision_mismatch", fmt.Sprintf("Order %s has revision %d.", number, o.revision)).with("ETag", o.etag())
	}
	return s.amendOrder(c, o)
}

func (s *Simulator) createOrder(c *call, number string) answer {
	request, refused := s.check(c)
	if refused != nil {
		return *refused
	}
	o := &order{account: c.account, number: number, id: s.id("ord"), receivedAt: s.now()}
	o.fill(c, request)
	c.account.orders[number] = o
	s.arrive(o, "order.received")
	return ok(http.StatusCreated, o.record()).with("ETag", o.etag())
}

// fill puts the content of a request in. Lines start untouched.
func (o *order) fill(c *call, request orderRequest) {
	o.request, o.parsed, o.content = request, c.body, canonical(c.body)
	o.lines = make([]*line, len(request.Lines))
	for i, l := range request.Lines {
		o.lines[i] = &line{lineRequest: l}
	}
}

// amendOrder replaces an order's content while the floor has not begun to pick.
func (s *Simulator) amendOrder(c *call, o *order) answer {
	request, refused := s.check(c)
	if o.state == rejected {
		if refused != nil {
			return *refused
		}
		o.fill(c, request)
		o.rejection = nil
		s.arrive(o, "order.amended")
		return ok(http.StatusOK, o.record()).with("ETag", o.etag())
	}
	base := o.base()
	if o.state == cancelRequested || base != received && base != accepted && base != allocated {
		return refuse(http.StatusConflict, "order_not_amendable", fmt.Sprintf("Order %s is %s.", o.number, o.state))
	}
	if refused != nil {
		return *refused
	}
	old := o.lines
	for _, l := range old {
		if l.allocated+l.cancelled+l.short > 0 && !keeps(request, l) {
			return refuse(http.StatusConflict, "order_not_amendable", fmt.Sprintf("Line %s is allocated or partly closed.", l.LineID))
		}
	}
	o.fill(c, request)
	for _, l := range o.lines {
		for _, was := range old {
			if was.LineID == l.LineID {
				l.allocated, l.cancelled, l.short, l.reason = was.allocated, was.cancelled, was.short, was.reason
			}
		}
	}
	s.afterAmend(o, base)
	return ok(http.StatusOK, o.record()).with("ETag", o.etag())
}

// keeps tells whether a request leaves a line's SKU and quantity as they are.
func keeps(request orderRequest, l *line) bool {
	return slices.ContainsFunc(request.Lines, func(sent lineRequest) bool {
		return sent.LineID == l.LineID && sent.SKU == l.SKU && sent.Quantity == l.Quantity && sent.Serial == l.Serial
	})
}

// afterAmend sends an order with new lines back to allocation, and lets a
// client's hold follow the request.
func (s *Simulator) afterAmend(o *order, base string) {
	unallocated := slices.ContainsFunc(o.lines, func(l *line) bool { return l.open() > l.allocated })
	if base == allocated && unallocated {
		if o.state == onHold {
			o.resume = accepted
		} else {
			o.state = accepted
			s.next(o)
		}
	}
	s.touch(o)
	s.tell(o, "order.amended")
	switch {
	case o.request.Hold && o.state != onHold:
		s.hold(o, "client")
	case !o.request.Hold && o.state == onHold && o.holdReason == "client":
		s.release(o)
	}
}
