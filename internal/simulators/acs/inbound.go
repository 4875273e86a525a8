package acs

import (
	"fmt"
	"net/http"
	"time"
)

type inboundRequest struct {
	ExpectedOn      string        `json:"expectedOn"`
	Carrier         string        `json:"carrier,omitempty"`
	TrackingNumbers []string      `json:"trackingNumbers,omitempty"`
	Lines           []inboundLine `json:"lines"`
}

type inboundLine struct {
	SKU      string   `json:"sku"`
	Quantity int      `json:"quantity"`
	Serials  []string `json:"serials,omitempty"`
}

// Receipt is goods that came in. Status is where they are put, empty means
// available; Discrepancy is none when empty.
type Receipt struct {
	SKU         string    `json:"sku"`
	Quantity    int       `json:"quantity"`
	Status      string    `json:"status"`
	Discrepancy string    `json:"discrepancy,omitempty"`
	ReceivedAt  time.Time `json:"receivedAt"`
}

type inboundRecord struct {
	inboundRequest
	NoticeNumber string    `json:"noticeNumber"`
	Status       string    `json:"status"`
	Receipts     []Receipt `json:"receipts"`
}

type inboundNotice struct {
	record   inboundRecord
	content  string
	revision int64
}

func (s *Simulator) getInboundNotice(c *call) answer {
	n := c.account.inbound[c.path["noticeNumber"]]
	if n == nil {
		return notFound("Notice", c.path["noticeNumber"])
	}
	return ok(http.StatusOK, n.record)
}

// putInboundNotice is idempotent by its number: the same content again changes nothing.
func (s *Simulator) putInboundNotice(c *call) answer {
	var sent inboundRequest
	if refused := c.checked(&sent); refused != nil {
		return *refused
	}
	number := c.path["noticeNumber"]
	n := c.account.inbound[number]
	switch {
	case n != nil && n.content == canonical(c.body):
		return ok(http.StatusOK, n.record)
	case n != nil && len(n.record.Receipts) > 0:
		return refuse(http.StatusConflict, "notice_locked", "")
	}
	var faults []FieldError
	for i, line := range sent.Lines {
		if c.account.items[line.SKU] == nil {
			faults = append(faults, FieldError{Code: "sku_unknown", Pointer: "/lines/" + itoa(i) + "/sku", SKU: line.SKU, Value: line.SKU, Message: "SKU is not on file."})
		}
	}
	if len(faults) > 0 {
		return refuse(http.StatusUnprocessableEntity, "validation_failed", "", faults...)
	}
	status := http.StatusOK
	if n == nil {
		status = http.StatusCreated
		n = &inboundNotice{}
		c.account.inbound[number] = n
	}
	n.content = canonical(c.body)
	n.record = inboundRecord{inboundRequest: sent, NoticeNumber: number, Status: "announced", Receipts: []Receipt{}}
	return ok(status, n.record)
}

// receive takes announced goods in and books them.
func (s *Simulator) receive(a *account, number string, receipts []Receipt) (inboundRecord, error) {
	n := a.inbound[number]
	if n == nil {
		return inboundRecord{}, fmt.Errorf("notice %q is not known: put it first", number)
	}
	if len(receipts) == 0 { // everything as announced
		for _, line := range n.record.Lines {
			receipts = append(receipts, Receipt{SKU: line.SKU, Quantity: line.Quantity})
		}
	}
	for i, r := range receipts {
		if r.SKU == "" || r.Quantity < 1 {
			return inboundRecord{}, fmt.Errorf("receipts[%d] needs sku and a quantity above 0", i)
		}
	}
	for _, r := range receipts {
		if r.Status == "" {
			r.Status = "available"
		}
		r.ReceivedAt = s.now()
		n.record.Receipts = append(n.record.Receipts, r)
		s.stockChanged(a, s.move(a, r.SKU, "", r.Status, r.Quantity, ""))
		s.adjust(a, adjustmentRecord{SKU: r.SKU, QuantityDelta: r.Quantity, Reason: "goods_in", Note: "notice " + number})
	}
	n.record.Status = "completed"
	n.revision++
	s.emit(a, "inbound.received", subject{"inbound", number}, nil, n.revision, n.record)
	s.stockArrived(a)
	return n.record, nil
}
