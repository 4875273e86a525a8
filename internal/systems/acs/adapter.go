package acs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/acs/gen"
)

// Place creates the order if its number is free.
//
// A second run is harmless: the number is the key, If-None-Match makes the create
// conditional, and ACS answers a replay for the same content whatever has become
// of the order since. So after fault.Uncertain the caller calls again.
func (w *Warehouse) Place(ctx context.Context, c domain.Consignment, to domain.Address) (ports.Receipt, error) {
	request, err := toOrder(w.config.Account, c, to)
	if err != nil {
		return ports.Receipt{}, err
	}
	onlyNew := gen.PutOrderParamsIfNoneMatch("*")
	order, status, err := w.put(ctx, "PUT order", c.Number, request, gen.PutOrderParams{IfNoneMatch: &onlyNew})
	if err != nil {
		return ports.Receipt{}, err
	}
	return ports.Receipt{
		Revision: int64(order.Revision), Sent: contentOf(request).fingerprint(), Replay: status == http.StatusOK,
	}, nil
}

// Amend replaces the content of the order at a known revision; a rejected order
// returns to received by it.
//
// A second run is harmless: the first one moved the revision, so that the second is
// refused, and then the order is read: content that stands there already is success.
func (w *Warehouse) Amend(ctx context.Context, c domain.Consignment, to domain.Address, revision int64) (ports.Receipt, error) {
	request, err := toOrder(w.config.Account, c, to)
	if err != nil {
		return ports.Receipt{}, err
	}
	wanted := contentOf(request)
	match := strconv.Quote(strconv.FormatInt(revision, 10))
	order, _, err := w.put(ctx, "PUT order (amend)", c.Number, request, gen.PutOrderParams{IfMatch: &match})
	if err == nil {
		return ports.Receipt{Revision: int64(order.Revision), Sent: wanted.fingerprint()}, nil
	}
	if !fault.Is(err, fault.Conflict) {
		return ports.Receipt{}, err
	}
	there, readErr := w.readOrder(ctx, c.Number)
	if readErr != nil {
		return ports.Receipt{}, readErr // reading changes nothing: the whole call can be repeated
	}
	// A rejected order with our content does not stand: it was refused again, or was
	// never sent again. Calling that a success would let it wait for ever.
	if standing(there).equal(wanted) && orderStatuses[there.Status] != domain.WarehouseRejected {
		return ports.Receipt{Revision: int64(there.Revision), Sent: wanted.fingerprint(), Replay: true}, nil
	}
	return ports.Receipt{}, err
}

func (w *Warehouse) put(ctx context.Context, op, number string, request gen.OrderRequest, when gen.PutOrderParams) (order gen.Order, status int, err error) {
	c := call{op: op, subject: subjectOf(request)}
	response, err := w.api.PutOrder(ctx, number, &when, request)
	status, _, err = settle(c, response, err, &order, http.StatusOK, http.StatusCreated)
	if err == nil {
		err = checkOrder(c, number, order)
	}
	return order, status, err
}

// cancelReasons are the contract's.
var cancelReasons = map[string]bool{
	"customer_request": true, "fraud": true, "payment_failed": true, "address_problem": true,
	"out_of_stock": true, "duplicate": true, "other": true,
}

// Cancel asks for the order, or for units of it, to be cancelled. A reason that ACS
// does not know is sent as other.
//
// A second run is harmless: the key makes it a replay of the first answer.
func (w *Warehouse) Cancel(ctx context.Context, number, key, reason string, lines []domain.LineQuantity) (ports.Cancellation, error) {
	c := call{op: "POST cancellation"}
	if err := checkNumber(c.op, number); err != nil {
		return ports.Cancellation{}, err
	}
	if !cancelReasons[reason] {
		reason = "other" // a free text could hold anything about the customer
	}
	body := gen.CancelOrderJSONRequestBody{Reason: gen.CancelOrderJSONBodyReason(reason)}
	if len(lines) > 0 {
		body.Lines = &[]struct {
			LineId   string `json:"lineId"`
			Quantity int    `json:"quantity"`
		}{}
		for _, l := range lines {
			*body.Lines = append(*body.Lines, struct {
				LineId   string `json:"lineId"`
				Quantity int    `json:"quantity"`
			}{l.Line, l.Quantity})
			c.subject.lines = append(c.subject.lines, gen.OrderLineRequest{LineId: l.Line, Quantity: l.Quantity})
		}
	}
	response, err := w.api.CancelOrder(ctx, number, &gen.CancelOrderParams{IdempotencyKey: idempotencyKey(key)}, body)
	var order gen.Order
	status, _, err := settle(c, response, err, &order, http.StatusOK, http.StatusAccepted)
	if err == nil {
		err = checkOrder(c, number, order)
	}
	if err != nil {
		return ports.Cancellation{}, err
	}
	return ports.Cancellation{Done: status == http.StatusOK, Order: w.order(order)}, nil
}

// idempotencyKey keeps a key within the 8 to 128 characters that ACS takes; what
// does not fit is replaced by its hash, so that the same key stays the same key.
func idempotencyKey(key string) string {
	if n := utf8.RuneCountInString(key); n >= 8 && n <= 128 && n == len(key) {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// Order reads an order; fault.NotFound when the number is free.
func (w *Warehouse) Order(ctx context.Context, number string) (domain.WarehouseOrder, error) {
	order, err := w.readOrder(ctx, number)
	if err != nil {
		return domain.WarehouseOrder{}, err
	}
	return w.order(order), nil
}

// Shipments reads all shipments of an order, in sequence.
func (w *Warehouse) Shipments(ctx context.Context, number string) ([]domain.Shipment, error) {
	c := call{op: "GET shipments", reads: true}
	if err := checkNumber(c.op, number); err != nil {
		return nil, err
	}
	var page struct {
		Data *[]gen.Shipment `json:"data"`
	}
	response, err := w.api.ListOrderShipments(ctx, number)
	if _, _, err := settle(c, response, err, &page, http.StatusOK); err != nil {
		return nil, err
	}
	if page.Data == nil {
		return nil, unreadable(c, fmt.Errorf("no data"))
	}
	return w.shipments(*page.Data), nil
}

const pageSize = 200 // the contract's maximum

// UpdatedOrders lists orders changed at or after since, oldest first, one page.
func (w *Warehouse) UpdatedOrders(ctx context.Context, since time.Time, cursor string) ([]domain.WarehouseOrder, string, error) {
	c := call{op: "GET orders", reads: true}
	limit := pageSize
	params := gen.ListOrdersParams{Limit: &limit, Cursor: optional(cursor)}
	if cursor == "" && !since.IsZero() {
		utc := since.UTC()
		params.UpdatedSince = &utc
	}
	var page struct {
		Data       *[]json.RawMessage `json:"data"`
		NextCursor *string            `json:"nextCursor"`
	}
	response, err := w.api.ListOrders(ctx, &params)
	if _, _, err := settle(c, response, err, &page, http.StatusOK); err != nil {
		return nil, "", err
	}
	if page.Data == nil {
		return nil, "", unreadable(c, fmt.Errorf("no data"))
	}
	next, err := follows(c, cursor, page.NextCursor)
	if err != nil {
		return nil, "", err
	}
	orders := make([]domain.WarehouseOrder, 0, len(*page.Data))
	for _, raw := range *page.Data {
		order, err := w.listed(c, raw)
		if err != nil {
			return nil, "", err
		}
		orders = append(orders, order)
	}
	return orders, next, nil
}

// listed reads one order of a page. One that cannot be read must not hold up all
// others for ever: it is told by its number, with a status that nobody takes for fine.
func (w *Warehouse) listed(c call, raw []byte) (domain.WarehouseOrder, error) {
	var order gen.Order
	if err := json.Unmarshal(raw, &order); err == nil && checkOrder(c, order.OrderNumber, order) == nil {
		return w.order(order), nil
	}
	var head struct {
		OrderNumber string `json:"orderNumber"`
	}
	if _ = json.Unmarshal(raw, &head); !orderNumberPattern.MatchString(head.OrderNumber) {
		return domain.WarehouseOrder{}, unreadable(c, fmt.Errorf("an order without a number"))
	}
	return domain.WarehouseOrder{Number: head.OrderNumber, Warehouse: w.config.Warehouse, Status: domain.WarehouseUnknown}, nil
}

// Services lists the shipping services of the account.
func (w *Warehouse) Services(ctx context.Context) ([]ports.Service, error) {
	c := call{op: "GET shipping services", reads: true}
	var page struct {
		Data *[]gen.ShippingService `json:"data"`
	}
	response, err := w.api.ListShippingServices(ctx)
	if _, _, err := settle(c, response, err, &page, http.StatusOK); err != nil {
		return nil, err
	}
	if page.Data == nil {
		return nil, unreadable(c, fmt.Errorf("no data"))
	}
	services := make([]ports.Service, 0, len(*page.Data))
	for _, s := range *page.Data {
		services = append(services, ports.Service{
			Code: s.Code, Name: s.Name, Carrier: s.CarrierCode, Countries: deref(s.Countries),
			Cutoff: deref(s.Cutoff), Active: s.Active,
		})
	}
	return services, nil
}

// Probe makes the cheapest call that tells whether ACS answers and accepts our credentials.
func (w *Warehouse) Probe(ctx context.Context) error {
	_, err := w.Services(ctx)
	return err
}

// checkNumber keeps a number that cannot be one out of a path.
func checkNumber(op, number string) error {
	if orderNumberPattern.MatchString(number) && number != "." && number != ".." {
		return nil
	}
	return &fault.Fault{
		Kind: fault.Invalid, System: system, Op: op, Code: "field_invalid",
		Message: fmt.Sprintf("order number %q: ACS takes 1 to 40 letters, digits, dots, dashes or underscores", number),
	}
}
