package acs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/acs/gen"
)

// envelope is a feed entry with its subject still as bytes.
type envelope struct {
	ID          string    `json:"id"`
	Type        string    `json:"type"`
	Sequence    int64     `json:"sequence"`
	OccurredAt  time.Time `json:"occurredAt"`
	Account     string    `json:"account"`
	OrderNumber string    `json:"orderNumber"`
	Revision    int64     `json:"revision"`
	Subject     struct {
		Kind string `json:"kind"`
		ID   string `json:"id"`
	} `json:"subject"`
	Data json.RawMessage `json:"data"`
}

// Events reads the ordered feed after a position. An entry that cannot be read is
// delivered with what can be told of it rather than failing the page: the feed
// must not stand still because of one.
func (w *Warehouse) Events(ctx context.Context, after int64, limit int) (events []ports.WarehouseEvent, last int64, more bool, err error) {
	c := call{op: "GET events", reads: true}
	limit = min(max(limit, 1), pageSize)
	var page struct {
		Data         []json.RawMessage `json:"data"`
		LastSequence *int64            `json:"lastSequence"`
		HasMore      bool              `json:"hasMore"`
	}
	response, err := w.api.ListEvents(ctx, &gen.ListEventsParams{After: after, Limit: &limit})
	if _, _, err := settle(c, response, err, &page, http.StatusOK); err != nil {
		return nil, after, false, err
	}
	if page.LastSequence == nil || *page.LastSequence < after {
		return nil, after, false, unreadable(c, fmt.Errorf("no position"))
	}
	if page.HasMore && *page.LastSequence == after {
		return nil, after, false, unreadable(c, fmt.Errorf("more is promised and the position stays the same"))
	}
	for _, raw := range page.Data {
		event, err := w.event(raw)
		if err != nil {
			event = w.outline(raw)
		}
		events = append(events, event)
	}
	return events, *page.LastSequence, page.HasMore, nil
}

// event decodes one entry. Its error names the event, never its content.
func (w *Warehouse) event(raw []byte) (ports.WarehouseEvent, error) {
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil || e.ID == "" || e.Type == "" {
		return ports.WarehouseEvent{}, unreadableEvent(w.outline(raw), "its envelope is not what the contract says")
	}
	out := w.head(e)
	if e.Account != "" && e.Account != w.config.Account {
		return out, unreadableEvent(out, fmt.Sprintf("it is of account %q, not of %q; check where the account's webhooks are sent",
			token(e.Account, "?"), w.config.Account))
	}
	switch e.Subject.Kind {
	case "order":
		var order gen.Order
		if err := json.Unmarshal(e.Data, &order); err != nil || checkOrder(call{}, order.OrderNumber, order) != nil {
			return out, unreadableEvent(out, "its order is not what the contract says")
		}
		snapshot := w.order(order)
		out.Order, out.Consignment = &snapshot, order.OrderNumber
		out.CancelRefused = e.Type == "order.cancellation_rejected"
	case "shipment":
		var shipment gen.Shipment
		if err := json.Unmarshal(e.Data, &shipment); err != nil || shipment.ShipmentId == "" || shipment.OrderNumber == "" || shipment.Revision < 1 {
			return out, unreadableEvent(out, "its shipment is not what the contract says")
		}
		snapshot := w.shipment(shipment)
		out.Shipment, out.Consignment = &snapshot, shipment.OrderNumber
	case "return", "adjustment":
		return w.returned(e, out)
	default:
		out.Raw = kept(e.Data)
	}
	return out, nil
}

func (w *Warehouse) head(e envelope) ports.WarehouseEvent {
	return ports.WarehouseEvent{
		ID: e.ID, Sequence: e.Sequence, Type: e.Type, At: e.OccurredAt, Warehouse: w.config.Warehouse,
		Consignment: e.OrderNumber, Subject: e.Subject.Kind + "/" + e.Subject.ID, Revision: e.Revision,
	}
}

// outline tells what can be told of an entry that does not decode: each member by
// itself, and its subject without personal data. An entry without an id gets one
// from its position, since every event must have one to be told apart.
func (w *Warehouse) outline(raw []byte) ports.WarehouseEvent {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(raw, &members) // no object: then nothing is known of it
	var e envelope
	for name, into := range map[string]any{
		"id": &e.ID, "type": &e.Type, "sequence": &e.Sequence, "occurredAt": &e.OccurredAt,
		"orderNumber": &e.OrderNumber, "revision": &e.Revision, "subject": &e.Subject,
	} {
		if member, ok := members[name]; ok {
			_ = json.Unmarshal(member, into)
		}
	}
	e.ID, e.OrderNumber, e.Subject.ID = identifier(e.ID), identifier(e.OrderNumber), identifier(e.Subject.ID)
	e.Type = token(e.Type, "unknown")
	e.Subject.Kind = token(e.Subject.Kind, "unknown")
	if e.ID == "" {
		e.ID = "unreadable-" + strconv.FormatInt(e.Sequence, 10)
	}
	out := w.head(e)
	out.Return = strings.HasPrefix(e.Type, "return.")
	if data, ok := members["data"]; ok {
		out.Raw = kept(data)
	}
	return out
}

var identifierPattern = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,100}$`)

// identifier passes what looks like an id or a number, else nothing.
func identifier(s string) string {
	if identifierPattern.MatchString(s) {
		return s
	}
	return ""
}

func unreadableEvent(e ports.WarehouseEvent, why string) error {
	return &fault.Fault{
		Kind: fault.Invalid, System: system, Op: "read event", Code: "event_unreadable",
		Message: fmt.Sprintf("event %s of type %s: %s", identifier(e.ID), token(e.Type, "?"), why),
	}
}
