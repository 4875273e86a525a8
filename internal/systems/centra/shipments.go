package centra

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/centra/gen"
)

// CreateShipment creates one shipment, with everything explicit that Centra would
// otherwise decide by itself: costs (its default takes all on the first shipment),
// mail, capture, payment.
//
// A second run makes a second shipment and a second mail: Centra has no
// idempotency key. After fault.Uncertain callers read the order and compare lines
// and tracking before they call again.
func (s *Shop) CreateShipment(ctx context.Context, d ports.ShipmentDraft) (ports.ShipmentWrite, error) {
	const op = "CreateShipment"
	input, err := s.createInput(ctx, op, d)
	if err != nil {
		return ports.ShipmentWrite{}, err
	}
	if err := s.client.spend(ctx, ClassShipment); err != nil {
		return ports.ShipmentWrite{}, err
	}
	data, err := gen.CreateShipment(ctx, s.client, input)
	if err != nil {
		return ports.ShipmentWrite{}, err
	}
	payload := data.CreateShipment
	if err := refusal(op, input, payload.UserErrors); err != nil {
		return ports.ShipmentWrite{}, err
	}
	write, err := s.written(op, payload.Shipment, warnings(input, payload.UserWarnings))
	if err != nil {
		return write, err
	}
	if s.bundles {
		write.Shipment.Lines = slices.Clone(d.Lines) // the answer holds bundle lines; callers know components
	}
	if d.Capture && !write.Shipment.Captured {
		write.CapturePending = s.capturePending(ctx, d.Order)
	}
	return write, nil
}

func (s *Shop) createInput(ctx context.Context, op string, d ports.ShipmentDraft) (gen.ShipmentCreateInput, error) {
	order, err := orderInput(op, d.Order)
	if err != nil {
		return gen.ShipmentCreateInput{}, err
	}
	lines, err := s.shipmentLines(ctx, op, d)
	if err != nil {
		return gen.ShipmentCreateInput{}, err
	}
	goodToGo := true // the goods have left, or lie packed and wait for their tracking number
	input := gen.ShipmentCreateInput{
		Order: order, Lines: lines, IsGoodToGo: &goodToGo, IsPaid: &d.Paid, Capture: &d.Capture, SendEmail: &d.SendEmail,
		ShipmentInfo: shipmentInfo(d), ShippedAt: shippedAt(d),
	}
	for _, policy := range []struct {
		field string
		cost  ports.Cost
		to    **gen.CostPolicyInput
	}{
		{"shipping", d.Shipping, &input.ShippingCostPolicy},
		{"handling", d.Handling, &input.HandlingCostPolicy},
		{"discount", d.Discount, &input.DiscountValuePolicy},
	} {
		if *policy.to, err = costPolicy(op, policy.field, policy.cost, d.Currency); err != nil {
			return gen.ShipmentCreateInput{}, err
		}
	}
	return input, nil
}

func (s *Shop) shipmentLines(ctx context.Context, op string, d ports.ShipmentDraft) ([]gen.ShipmentLineInput, error) {
	quantities := d.Lines
	if s.bundles {
		order, err := s.one(ctx, op, d.Order)
		if err != nil {
			return nil, err
		}
		if quantities, err = FoldBundles(order.Lines, d.Lines); err != nil {
			return nil, err
		}
	}
	if len(quantities) == 0 {
		return nil, invalid(op, "lines", "", "a shipment without lines; name at least one line")
	}
	lines := make([]gen.ShipmentLineInput, 0, len(quantities))
	for i, q := range quantities {
		id, err := key(op, fmt.Sprintf("lines[%d].line", i), q.Line)
		if err != nil {
			return nil, err
		}
		if q.Quantity <= 0 {
			return nil, invalid(op, fmt.Sprintf("lines[%d].quantity", i), strconv.Itoa(q.Quantity), fmt.Sprintf("quantity %d of line %s; ship at least one unit", q.Quantity, q.Line))
		}
		lines = append(lines, gen.ShipmentLineInput{OrderLine: gen.OrderLineInput{Id: &id}, Quantity: q.Quantity})
	}
	return lines, nil
}

// one reads a single order.
func (s *Shop) one(ctx context.Context, op string, id domain.OrderID) (domain.Order, error) {
	orders, err := s.Orders(ctx, id.Store, []string{id.Number})
	if err != nil {
		return domain.Order{}, err
	}
	if len(orders) == 0 {
		return domain.Order{}, notFound(op, "order", id.Number)
	}
	return orders[0].Order, orders[0].Err
}

func notFound(op, object, ref string) error {
	return &fault.Fault{Kind: fault.NotFound, System: system, Op: op, Code: "not_found", Message: "Centra knows no " + object + " " + ref + " that our token may see"}
}

func shipmentInfo(d ports.ShipmentDraft) *gen.ShipmentInfoInput {
	info := gen.ShipmentInfoInput{Carrier: some(d.Carrier), Service: some(d.Service), TrackingNumber: some(d.Tracking)}
	if d.Parcels > 0 {
		info.PackagesNumber = &d.Parcels
	}
	if info == (gen.ShipmentInfoInput{}) {
		return nil
	}
	return &info
}

func shippedAt(d ports.ShipmentDraft) *string {
	if d.ShippedAt.IsZero() {
		return nil
	}
	text := d.ShippedAt.UTC().Format(time.RFC3339)
	return &text
}

func costPolicy(op, field string, cost ports.Cost, currency string) (*gen.CostPolicyInput, error) {
	if cost.None {
		none := true
		return &gen.CostPolicyInput{None: &none}, nil
	}
	d, err := domain.ToDecimal(cost.Value, currency)
	if err != nil {
		return nil, invalid(op, field, currency, err.Error())
	}
	return &gen.CostPolicyInput{Value: &gen.MonetaryValueInput{Value: json.Number(d.String()), CurrencyIsoCode: currency}}, nil
}

// CompleteShipment marks a shipment shipped. A second run is refused by Centra and
// changes nothing; the refusal is success here when the shipment, read again, is
// shipped. Messages are never compared.
func (s *Shop) CompleteShipment(ctx context.Context, id string, d ports.ShipmentDraft) (ports.ShipmentWrite, error) {
	const op = "CompleteShipment"
	n, err := key(op, "shipment", id)
	if err != nil {
		return ports.ShipmentWrite{}, err
	}
	if err := s.client.spend(ctx, ClassShipment); err != nil {
		return ports.ShipmentWrite{}, err
	}
	input := gen.ShipmentCompleteInput{ShippedAt: shippedAt(d), ShipmentInfo: shipmentInfo(d), SendEmail: &d.SendEmail}
	data, err := gen.CompleteShipment(ctx, s.client, n, input)
	if err != nil {
		return ports.ShipmentWrite{}, err
	}
	payload := data.CompleteShipment
	if refused := refusal(op, input, payload.UserErrors); refused != nil {
		return s.done(ctx, op, n, refused, func(sh domain.ShopShipment) bool { return sh.Shipped })
	}
	write, err := s.written(op, payload.Shipment, warnings(input, payload.UserWarnings))
	if err == nil && s.bundles && len(d.Lines) > 0 {
		write.Shipment.Lines = slices.Clone(d.Lines)
	}
	return write, err
}

// CaptureShipment takes the shipment's money. It is not repeatable: whether Centra
// refuses a second capture is not documented, so callers read the shipment before
// a second call. A refusal is success when the shipment, read again, is captured.
func (s *Shop) CaptureShipment(ctx context.Context, id string) (ports.ShipmentWrite, error) {
	const op = "CaptureShipment"
	n, err := key(op, "shipment", id)
	if err != nil {
		return ports.ShipmentWrite{}, err
	}
	if err := s.client.spend(ctx, ClassShipment); err != nil {
		return ports.ShipmentWrite{}, err
	}
	data, err := gen.CaptureShipment(ctx, s.client, n)
	if err != nil {
		return ports.ShipmentWrite{}, err
	}
	payload := data.CaptureShipment
	if refused := refusal(op, n, payload.UserErrors); refused != nil {
		return s.done(ctx, op, n, refused, func(sh domain.ShopShipment) bool { return sh.Captured })
	}
	write, err := s.written(op, payload.Shipment, warnings(n, payload.UserWarnings))
	if e := payload.PaymentHistoryEntry; e != nil && !write.Shipment.Captured {
		write.CapturePending = pending(*e)
	}
	return write, err
}

// done looks whether a refused write stands already; else the refusal stands.
func (s *Shop) done(ctx context.Context, op string, id int, refused error, is func(domain.ShopShipment) bool) (ports.ShipmentWrite, error) {
	data, err := gen.Shipments(ctx, s.client, []int{id})
	if err != nil || len(data.Shipments) == 0 {
		return ports.ShipmentWrite{}, refused // the refusal is the firmer of the two answers
	}
	write, err := s.written(op, &data.Shipments[0], nil)
	if err != nil || !is(write.Shipment) {
		return ports.ShipmentWrite{}, refused
	}
	return write, nil
}

// written reads the shipment of a payload. One that cannot be read is
// fault.Uncertain: something was written, and it has to be looked at. Under the
// reading "bundle" the lines of the answer are bundle lines.
func (s *Shop) written(op string, sh *gen.Shipment, warnings []string) (ports.ShipmentWrite, error) {
	if sh == nil {
		return ports.ShipmentWrite{}, silent(op)
	}
	r := &reader{currency: sh.GrandTotal.Currency.Code}
	write := ports.ShipmentWrite{Shipment: r.shipment("shipment", *sh), Warnings: warnings}
	if err := r.fault(); err != nil {
		return ports.ShipmentWrite{}, &fault.Fault{Kind: fault.Uncertain, System: system, Op: op, Code: codeUnreadable, Message: "the shipment in the answer cannot be read", Problems: r.problems}
	}
	return write, nil
}

// capturePending asks the order's payment history whether a capture that did not
// come at once is still to come. Unknown counts as pending, which has a deadline:
// the shipment stands, so its creation must not fail here.
func (s *Shop) capturePending(ctx context.Context, id domain.OrderID) bool {
	payment, _, err := s.paymentOf(ctx, "Payment", id)
	return err != nil || payment.CapturePending
}

// paymentOf reads an order's payment and what the order comes to.
func (s *Shop) paymentOf(ctx context.Context, op string, id domain.OrderID) (payment domain.Payment, total int64, err error) {
	n, err := orderNumber(op, id.Number)
	if err != nil {
		return domain.Payment{}, 0, err
	}
	data, err := gen.Payment(ctx, s.client, []int{n})
	if err != nil {
		return domain.Payment{}, 0, err
	}
	if len(data.Orders) == 0 {
		return domain.Payment{}, 0, notFound(op, "order", id.Number)
	}
	return summary(data.Orders[0])
}

func summary(o gen.OrderPayment) (payment domain.Payment, total int64, err error) {
	r := &reader{order: strconv.Itoa(o.Number), currency: o.GrandTotal.Currency.Code}
	payment, total = r.payment(o.PaymentHistory), r.amount("grandTotal", o.GrandTotal)
	return payment, total, r.fault()
}

// stands tells whether a comment holds a line already.
func stands(comment, line string) bool {
	for _, l := range strings.Split(comment, "\n") {
		if strings.TrimSpace(l) == strings.TrimSpace(line) {
			return true
		}
	}
	return false
}
