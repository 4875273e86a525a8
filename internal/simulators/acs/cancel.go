package acs

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

type cancelRequest struct {
	Reason string `json:"reason"`
	Note   string `json:"note"`
	Lines  []struct {
		LineID   string `json:"lineId"`
		Quantity int    `json:"quantity"`
	} `json:"lines"`
}

// cancelOrder cancels open units at once while nothing is being picked, else
// asks the floor. Its Idempotency-Key makes a second run harmless; without the
// same key, cancelling what is cancelled already is 200.
func (s *Simulator) cancelOrder(c *call) answer {
	o := c.account.orders[c.path["orderNumber"]]
	if o == nil {
		return notFound("Order", c.path["orderNumber"])
	}
	var sent cancelRequest
	if refused := c.checked(&sent); refused != nil {
		return *refused
	}
	asked, faults := o.asked(sent)
	if len(faults) > 0 {
		return refuse(http.StatusUnprocessableEntity, "validation_failed", "", faults...)
	}
	switch {
	case o.state == cancelled:
		return ok(http.StatusOK, o.record())
	case o.state == cancelRequested:
		for id, n := range asked {
			o.cancelAsk[id] = max(o.cancelAsk[id], n)
		}
		return ok(http.StatusAccepted, o.record())
	case len(asked) == 0:
		return refuse(http.StatusConflict, "order_not_cancellable", fmt.Sprintf("Everything asked for of order %s is dispatched or closed.", o.number))
	}
	switch o.base() {
	case picking, packed, partiallyShipped:
		s.askFloor(o, asked)
		return ok(http.StatusAccepted, o.record())
	}
	s.cancelUnits(o, asked)
	return ok(http.StatusOK, o.record())
}

// asked is how many open units of each line are to be cancelled.
func (o *order) asked(sent cancelRequest) (map[string]int, []FieldError) {
	asked := make(map[string]int)
	if sent.Lines == nil {
		for _, l := range o.lines {
			if n := l.open(); n > 0 {
				asked[l.LineID] = n
			}
		}
		return asked, nil
	}
	var faults []FieldError
	for i, want := range sent.Lines {
		l := o.line(want.LineID, "")
		if l == nil {
			faults = append(faults, FieldError{Code: "field_invalid", Pointer: "/lines/" + strconv.Itoa(i) + "/lineId", Value: want.LineID, Message: "The order has no such line."})
			continue
		}
		if n := min(want.Quantity, l.open()-asked[l.LineID]); n > 0 {
			asked[l.LineID] += n
		}
	}
	return asked, faults
}

func (s *Simulator) askFloor(o *order, asked map[string]int) {
	if o.state != onHold {
		o.resume = o.state
	}
	o.state, o.cancelAsk = cancelRequested, asked
	s.touch(o)
	s.in(o, planOr(o.plan.CancelDelayMs, s.pace(o, "cancel", time.Minute, 10*time.Minute)), func() {
		s.answerCancel(o, o.plan.CancelAnswer != "refuse")
	})
}

// answerCancel is the floor's word on a cancellation that was asked for.
func (s *Simulator) answerCancel(o *order, agreed bool) {
	asked := o.cancelAsk
	o.state, o.cancelAsk = o.resume, nil
	if !agreed {
		s.touch(o)
		s.tell(o, "order.cancellation_rejected")
		s.next(o)
		return
	}
	s.cancelUnits(o, asked)
	s.next(o)
}

// cancelUnits closes open units and gives allocated ones back.
func (s *Simulator) cancelUnits(o *order, asked map[string]int) {
	for _, l := range o.lines {
		n := min(asked[l.LineID], l.open())
		if n <= 0 {
			continue
		}
		l.cancelled += n
		if l.reason == "" {
			l.reason = "client_request"
		}
		s.giveBack(o, l, max(0, l.allocated-l.open()))
	}
	o.settle()
	if o.open() == 0 {
		o.halt()
	}
	s.touch(o)
	s.tell(o, "order.cancelled")
	s.stockArrived(o.account)
}

// giveBack returns allocated units of a line to available.
func (s *Simulator) giveBack(o *order, l *line, n int) {
	if n <= 0 {
		return
	}
	l.allocated -= n
	s.stockChanged(o.account, s.move(o.account, l.SKU, "allocated", "available", n, l.Grade))
}

func (s *Simulator) releaseOrder(c *call) answer {
	o := c.account.orders[c.path["orderNumber"]]
	if o == nil {
		return notFound("Order", c.path["orderNumber"])
	}
	if o.state != onHold || o.holdReason == "awaiting_stock" {
		return refuse(http.StatusConflict, "order_not_amendable", fmt.Sprintf("Order %s is %s and cannot be released.", o.number, o.state))
	}
	s.release(o)
	return ok(http.StatusOK, o.record())
}
