// Package portstest is the conformance suite that every adapter passes.
package portstest

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// Floor is the far side of a warehouse under test: what its people and its
// network do. Every method fails the test when it cannot do what is asked.
type Floor interface {
	// Accept accepts a received order.
	Accept(t *testing.T, number string)
	// Reject rejects an order, also after acceptance, because of its shipping service.
	Reject(t *testing.T, number string)
	// Ship lets units leave in one shipment of as many parcels; no lines means all that is open.
	Ship(t *testing.T, number string, parcels int, lines ...domain.LineQuantity)
	// Short closes units of a line that the floor cannot find.
	Short(t *testing.T, number string, line domain.LineQuantity)
	// CutAfterCommit lets the next write of an order take effect and drops its answer.
	CutAfterCommit(t *testing.T, number string)
	// Count says how many orders the warehouse holds.
	Count(t *testing.T) int
	// Deliveries waits until at least n webhooks were delivered and gives all so far.
	Deliveries(t *testing.T, n int) []Delivery
	// Resend delivers the webhook of an event once more.
	Resend(t *testing.T, event string)
}

// Delivery is a webhook as it came in.
type Delivery struct {
	Header http.Header
	Body   []byte
	At     time.Time
}

// Harness is a warehouse with nothing in it but the items of Consignment.
type Harness struct {
	Warehouse ports.Warehouse
	Floor     Floor
	// Consignment is an order that the warehouse takes: two lines or more, of two units or more each.
	Consignment domain.Consignment
	Address     domain.Address
	// OtherService is a second shipping service that takes the consignment.
	OtherService string
}

// Warehouse demands of an adapter what ports.Warehouse promises. open makes a
// fresh harness per rule.
func Warehouse(t *testing.T, open func(*testing.T) Harness) {
	for name, rule := range map[string]func(*testing.T, Harness){
		"a free number is created and reads back":                       created,
		"the same content again is a replay in any state":               replayed,
		"other content under a number is a conflict":                    conflicting,
		"a lost answer leaves exactly one order":                        lostAnswer,
		"a lost answer to an amendment is found by the second call":     lostAmendment,
		"a late rejection is mended and sent again":                     rejectedAndMended,
		"an amendment needs the revision":                               amended,
		"an order that left can neither be amended nor cancelled":       tooLate,
		"a cancelled order's number is used up, the next one is free":   cancelledAndSentAnew,
		"units can be cancelled, and the key makes it a replay":         partlyCancelled,
		"partial shipments read back in sequence with what was short":   shippedInParts,
		"the feed is ordered, goes on after a position, and ends":       feed,
		"a webhook that comes twice has the same id as the feed's":      duplicated,
		"a forged or stale webhook is refused":                          forged,
		"changed orders are listed from a moment on":                    updatedOrders,
		"an unknown number is not found":                                unknownNumber,
		"services are listed and the probe succeeds":                    services,
		"two consignments of one order live side by side under numbers": secondNumber,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rule(t, open(t))
		})
	}
}

func place(t *testing.T, h Harness) ports.Receipt {
	t.Helper()
	receipt, err := h.Warehouse.Place(t.Context(), h.Consignment, h.Address)
	require.NoError(t, err)
	require.Positive(t, receipt.Revision)
	require.NotEmpty(t, receipt.Sent)
	return receipt
}

func read(t *testing.T, h Harness, number string) domain.WarehouseOrder {
	t.Helper()
	order, err := h.Warehouse.Order(t.Context(), number)
	require.NoError(t, err)
	return order
}

func requireConflict(t *testing.T, err error, codes ...string) {
	t.Helper()
	f, ok := fault.As(err)
	require.True(t, ok, "%v is no fault", err)
	require.Equal(t, fault.Conflict, f.Kind, f.Error())
	require.Contains(t, codes, f.Code)
}

// other is the same consignment by another service.
func (h Harness) other() domain.Consignment {
	c := h.Consignment
	c.Service = h.OtherService
	return c
}

func created(t *testing.T, h Harness) {
	receipt := place(t, h)
	require.False(t, receipt.Replay)
	order := read(t, h, h.Consignment.Number)
	require.Equal(t, h.Warehouse.Key(), order.Warehouse)
	require.Equal(t, h.Consignment.Order.String(), order.Reference)
	require.Equal(t, receipt.Revision, order.Revision)
	require.Len(t, order.Lines, len(h.Consignment.Lines))
	for i, line := range h.Consignment.Lines {
		require.Equal(t, domain.WarehouseOrderLine{Line: line.Line, SKU: line.SKU, Quantity: line.Quantity}, order.Lines[i])
	}
}

func replayed(t *testing.T, h Harness) {
	first := place(t, h)
	again := place(t, h)
	require.True(t, again.Replay)
	require.Equal(t, first.Sent, again.Sent)
	h.Floor.Ship(t, h.Consignment.Number, 1)
	require.True(t, place(t, h).Replay, "also when it has left")
	require.Equal(t, domain.WarehouseShipped, read(t, h, h.Consignment.Number).Status)
	require.Equal(t, 1, h.Floor.Count(t))
}

func conflicting(t *testing.T, h Harness) {
	place(t, h)
	before := read(t, h, h.Consignment.Number)
	_, err := h.Warehouse.Place(t.Context(), h.other(), h.Address)
	requireConflict(t, err, "order_conflict")
	to := h.Address
	to.City = "Elsewhere"
	_, err = h.Warehouse.Place(t.Context(), h.Consignment, to)
	requireConflict(t, err, "order_conflict")
	require.Equal(t, before, read(t, h, h.Consignment.Number), "a conflict overwrites nothing")
}

func lostAnswer(t *testing.T, h Harness) {
	h.Floor.CutAfterCommit(t, h.Consignment.Number)
	_, err := h.Warehouse.Place(t.Context(), h.Consignment, h.Address)
	require.True(t, fault.Is(err, fault.Uncertain), "%v", err)
	require.True(t, place(t, h).Replay)
	require.Equal(t, 1, h.Floor.Count(t))
}

func lostAmendment(t *testing.T, h Harness) {
	revision := place(t, h).Revision
	h.Floor.CutAfterCommit(t, h.Consignment.Number)
	_, err := h.Warehouse.Amend(t.Context(), h.other(), h.Address, revision)
	require.True(t, fault.Is(err, fault.Uncertain), "%v", err)
	receipt, err := h.Warehouse.Amend(t.Context(), h.other(), h.Address, revision)
	require.NoError(t, err)
	require.Equal(t, read(t, h, h.Consignment.Number).Revision, receipt.Revision)
	require.Greater(t, receipt.Revision, revision)
}

func rejectedAndMended(t *testing.T, h Harness) {
	place(t, h)
	h.Floor.Accept(t, h.Consignment.Number)
	h.Floor.Reject(t, h.Consignment.Number)
	order := read(t, h, h.Consignment.Number)
	require.Equal(t, domain.WarehouseRejected, order.Status)
	require.True(t, order.AfterAcceptance)
	require.Len(t, order.Rejection, 1)
	require.NotEmpty(t, order.Rejection[0].Code)
	require.Equal(t, h.Consignment.Service, order.Rejection[0].Value)

	_, err := h.Warehouse.Amend(t.Context(), h.Consignment, h.Address, order.Revision-1)
	requireConflict(t, err, "revision_mismatch")
	receipt, err := h.Warehouse.Amend(t.Context(), h.other(), h.Address, order.Revision)
	require.NoError(t, err)
	require.Greater(t, receipt.Revision, order.Revision)
	order = read(t, h, h.Consignment.Number)
	require.Equal(t, domain.WarehouseReceived, order.Status)
	require.Empty(t, order.Rejection)
	require.Equal(t, 1, h.Floor.Count(t))
}

func amended(t *testing.T, h Harness) {
	first := place(t, h)
	_, err := h.Warehouse.Amend(t.Context(), h.other(), h.Address, first.Revision+5)
	requireConflict(t, err, "revision_mismatch")
	receipt, err := h.Warehouse.Amend(t.Context(), h.other(), h.Address, first.Revision)
	require.NoError(t, err)
	require.NotEqual(t, first.Sent, receipt.Sent, "the fingerprint follows the content")
	require.Equal(t, receipt.Revision, read(t, h, h.Consignment.Number).Revision)
}

func tooLate(t *testing.T, h Harness) {
	place(t, h)
	h.Floor.Ship(t, h.Consignment.Number, 1)
	revision := read(t, h, h.Consignment.Number).Revision
	_, err := h.Warehouse.Amend(t.Context(), h.other(), h.Address, revision)
	requireConflict(t, err, "order_not_amendable")
	_, err = h.Warehouse.Cancel(t.Context(), h.Consignment.Number, "cancel-too-late", "customer_request", nil)
	requireConflict(t, err, "order_not_cancellable")
}

func cancelledAndSentAnew(t *testing.T, h Harness) {
	place(t, h)
	answer, err := h.Warehouse.Cancel(t.Context(), h.Consignment.Number, "cancel-before-pick", "the shop says so", nil)
	require.NoError(t, err)
	require.True(t, answer.Done)
	require.Equal(t, domain.WarehouseCancelled, answer.Order.Status)
	for _, line := range answer.Order.Lines {
		require.Equal(t, line.Quantity, line.Cancelled)
		require.Zero(t, line.Short)
	}
	require.True(t, place(t, h).Replay, "the number is used up")
	require.Equal(t, domain.WarehouseCancelled, read(t, h, h.Consignment.Number).Status)

	h.Consignment.Number += ".2"
	require.False(t, place(t, h).Replay)
	require.Equal(t, domain.WarehouseReceived, read(t, h, h.Consignment.Number).Status)
	require.Equal(t, 2, h.Floor.Count(t))
}

func partlyCancelled(t *testing.T, h Harness) {
	place(t, h)
	line := h.Consignment.Lines[0]
	one := []domain.LineQuantity{{Line: line.Line, Quantity: 1}}
	for range 2 {
		answer, err := h.Warehouse.Cancel(t.Context(), h.Consignment.Number, "cancel-one-unit", "customer_request", one)
		require.NoError(t, err)
		require.True(t, answer.Done)
	}
	order := read(t, h, h.Consignment.Number)
	require.Equal(t, 1, order.Lines[0].Cancelled, "the second call repeats nothing")
	require.Zero(t, order.Lines[1].Cancelled)
}

func shippedInParts(t *testing.T, h Harness) {
	place(t, h)
	number, a, b := h.Consignment.Number, h.Consignment.Lines[0], h.Consignment.Lines[1]
	none, err := h.Warehouse.Shipments(t.Context(), number)
	require.NoError(t, err)
	require.Empty(t, none)

	h.Floor.Accept(t, number)
	h.Floor.Ship(t, number, 2, domain.LineQuantity{Line: a.Line, Quantity: 1})
	require.Equal(t, domain.WarehousePartlyShipped, read(t, h, number).Status)
	h.Floor.Short(t, number, domain.LineQuantity{Line: b.Line, Quantity: 1})
	h.Floor.Ship(t, number, 1)

	shipments, err := h.Warehouse.Shipments(t.Context(), number)
	require.NoError(t, err)
	require.Len(t, shipments, 2)
	require.Less(t, shipments[0].Sequence, shipments[1].Sequence)
	require.Equal(t, 2, shipments[0].Parcels)
	require.Len(t, shipments[0].Trackings, 2)
	require.Equal(t, []domain.ShipmentLine{{Line: a.Line, SKU: a.SKU, Quantity: 1}}, shipments[0].Lines)
	left := make(map[string]int)
	for _, s := range shipments {
		require.Equal(t, number, s.Consignment)
		require.Equal(t, h.Warehouse.Key(), s.Warehouse)
		require.NotEmpty(t, s.Carrier)
		require.False(t, s.ShippedAt.IsZero())
		for _, l := range s.Lines {
			left[l.Line] += l.Quantity
		}
	}
	for _, line := range read(t, h, number).Lines {
		require.Equal(t, left[line.Line], line.Shipped)
		require.Equal(t, line.Quantity, line.Shipped+line.Short+line.Cancelled)
		require.Equal(t, line.Line == b.Line, line.Short == 1)
	}
}

func feed(t *testing.T, h Harness) {
	place(t, h)
	h.Floor.Ship(t, h.Consignment.Number, 1)
	all, last, more, err := h.Warehouse.Events(t.Context(), 0, 200)
	require.NoError(t, err)
	require.False(t, more)
	var orders, shipments int
	var before int64
	for _, e := range all {
		require.Greater(t, e.Sequence, before)
		before = e.Sequence
		require.NotEmpty(t, e.ID)
		require.Equal(t, h.Warehouse.Key(), e.Warehouse)
		require.False(t, e.At.IsZero())
		if e.Order != nil {
			orders++
			require.Nil(t, e.Shipment)
			require.Equal(t, h.Consignment.Number, e.Consignment)
			require.Equal(t, e.Revision, e.Order.Revision)
		}
		if e.Shipment != nil {
			shipments++
			require.Equal(t, h.Consignment.Number, e.Consignment)
		}
	}
	require.GreaterOrEqual(t, orders, 2, "received and accepted")
	require.Positive(t, shipments)

	var paged []ports.WarehouseEvent
	for position, more := int64(0), true; more; {
		var page []ports.WarehouseEvent
		page, position, more, err = h.Warehouse.Events(t.Context(), position, 2)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page), 2)
		paged = append(paged, page...)
	}
	require.Equal(t, all, paged)
	rest, end, more, err := h.Warehouse.Events(t.Context(), last, 200)
	require.NoError(t, err)
	require.Empty(t, rest)
	require.False(t, more)
	require.GreaterOrEqual(t, end, last, "a position never goes back")
}

func duplicated(t *testing.T, h Harness) {
	place(t, h)
	first := h.Floor.Deliveries(t, 1)[0]
	told, err := h.Warehouse.ReadWebhook(first.Header, first.Body, first.At)
	require.NoError(t, err)
	h.Floor.Resend(t, told.ID)
	copies := 0
	for _, d := range h.Floor.Deliveries(t, 2) {
		again, err := h.Warehouse.ReadWebhook(d.Header, d.Body, d.At)
		require.NoError(t, err)
		if again.ID == told.ID {
			copies++
			require.Equal(t, told, again)
		}
	}
	require.GreaterOrEqual(t, copies, 2)
	events, _, _, err := h.Warehouse.Events(t.Context(), 0, 200)
	require.NoError(t, err)
	require.Contains(t, events, told, "the feed tells the same")
}

func forged(t *testing.T, h Harness) {
	place(t, h)
	d := h.Floor.Deliveries(t, 1)[0]
	changed := append([]byte(nil), d.Body...)
	changed[len(changed)/2] ^= 1
	for name, err := range map[string]error{
		"changed": second(h.Warehouse.ReadWebhook(d.Header, changed, d.At)),
		"old":     second(h.Warehouse.ReadWebhook(d.Header, d.Body, d.At.Add(10*time.Minute))),
		"early":   second(h.Warehouse.ReadWebhook(d.Header, d.Body, d.At.Add(-10*time.Minute))),
		"bare":    second(h.Warehouse.ReadWebhook(nil, d.Body, d.At)),
	} {
		f, ok := fault.As(err)
		require.True(t, ok, "%s: %v", name, err)
		require.Equal(t, fault.Rejected, f.Kind, name)
		require.Equal(t, "signature", f.Code, name)
	}
}

func second(_ ports.WarehouseEvent, err error) error { return err }

func updatedOrders(t *testing.T, h Harness) {
	place(t, h)
	order := read(t, h, h.Consignment.Number)
	orders, next, err := h.Warehouse.UpdatedOrders(t.Context(), order.UpdatedAt, "")
	require.NoError(t, err)
	require.Empty(t, next)
	require.Equal(t, []domain.WarehouseOrder{order}, orders)
	orders, _, err = h.Warehouse.UpdatedOrders(t.Context(), order.UpdatedAt.Add(time.Hour), "")
	require.NoError(t, err)
	require.Empty(t, orders)
}

func unknownNumber(t *testing.T, h Harness) {
	number := h.Consignment.Number
	_, err := h.Warehouse.Order(t.Context(), number)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	_, err = h.Warehouse.Shipments(t.Context(), number)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	_, err = h.Warehouse.Cancel(t.Context(), number, "cancel-unknown", "other", nil)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	_, err = h.Warehouse.Amend(t.Context(), h.Consignment, h.Address, 1)
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
	require.Zero(t, h.Floor.Count(t))
}

func services(t *testing.T, h Harness) {
	require.NoError(t, h.Warehouse.Probe(t.Context()))
	list, err := h.Warehouse.Services(t.Context())
	require.NoError(t, err)
	var codes []string
	for _, s := range list {
		codes = append(codes, s.Code)
		require.NotEmpty(t, s.Carrier)
	}
	require.Contains(t, codes, h.Consignment.Service)
	require.Contains(t, codes, h.OtherService)
	require.Positive(t, h.Warehouse.Limits().Lines)
	require.Positive(t, h.Warehouse.Limits().Quantity)
}

func secondNumber(t *testing.T, h Harness) {
	first := place(t, h)
	number := h.Consignment.Number
	h.Consignment.Number += ".2"
	require.False(t, place(t, h).Replay)
	h.Floor.Ship(t, number, 1)
	require.Equal(t, domain.WarehouseShipped, read(t, h, number).Status)
	require.Equal(t, domain.WarehouseReceived, read(t, h, h.Consignment.Number).Status)
	require.Equal(t, read(t, h, number).Reference, read(t, h, h.Consignment.Number).Reference)
	require.Equal(t, first.Sent, place(t, h).Sent, "the fingerprint is of the content, not of the number")
}
