package centra

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/centra/gen"
)

var _ ports.ShopReturns = (*Shop)(nil)

// returnsPage is how many returns one request reads: Centra's limit for lists.
const returnsPage = 200

// OrderReturns reads all returns of an order, those made in the admin too. A deleted
// return is not in Centra's list.
func (s *Shop) OrderReturns(ctx context.Context, order domain.Order) ([]domain.ShopReturn, error) {
	const op = "OrderReturns"
	if order.ShopRef == "" {
		return nil, invalid(op, "shopRef", "", "order "+order.ID.String()+" has no id of Centra; read it again")
	}
	var returns []domain.ShopReturn
	for page := 1; ; page++ {
		data, err := gen.Returns(ctx, s.client, []string{order.ShopRef}, nil, returnsPage, page)
		if err != nil {
			return nil, err
		}
		for _, r := range data.Returns {
			read, err := s.shopReturn(op, r)
			if err != nil {
				return nil, err
			}
			returns = append(returns, read)
		}
		if len(data.Returns) < returnsPage {
			return returns, nil
		}
	}
}

// ReturnByID reads one return; fault.NotFound when it is gone.
func (s *Shop) ReturnByID(ctx context.Context, id string) (domain.ShopReturn, error) {
	const op = "ReturnByID"
	n, err := key(op, "return", id)
	if err != nil {
		return domain.ShopReturn{}, err
	}
	data, err := gen.Returns(ctx, s.client, nil, []int{n}, 1, 1)
	if err != nil {
		return domain.ShopReturn{}, err
	}
	if len(data.Returns) == 0 {
		return domain.ShopReturn{}, notFound(op, "return", id)
	}
	return s.shopReturn(op, data.Returns[0])
}

// CreateReturn creates a pending return of one shipment, with everything explicit that
// Centra would otherwise decide by itself: the stock action and what goes back besides
// the goods.
//
// A second run makes a second return: callers look for their key among the order's
// returns before they call again.
func (s *Shop) CreateReturn(ctx context.Context, d ports.ReturnDraft) (domain.ShopReturn, error) {
	const op = "CreateReturn"
	input, err := s.returnInput(ctx, op, d)
	if err != nil {
		return domain.ShopReturn{}, err
	}
	if err := s.client.spend(ctx, ClassReturn); err != nil {
		return domain.ShopReturn{}, err
	}
	data, err := gen.CreateReturn(ctx, s.client, input)
	if err != nil {
		return domain.ShopReturn{}, err
	}
	payload := data.CreateReturn
	if err := refusal(op, input, payload.UserErrors); err != nil {
		return domain.ShopReturn{}, err
	}
	return s.writtenReturn(op, payload.Return)
}

func (s *Shop) returnInput(ctx context.Context, op string, d ports.ReturnDraft) (gen.ReturnCreateInput, error) {
	shipment, err := key(op, "shipment", d.Shipment)
	if err != nil {
		return gen.ReturnCreateInput{}, err
	}
	lines, err := s.returnLines(ctx, op, shipment, d)
	if err != nil {
		return gen.ReturnCreateInput{}, err
	}
	input := gen.ReturnCreateInput{
		Shipment: gen.ShipmentInput{Id: &shipment}, Lines: lines, Comment: some(d.Comment), ExternalId: some(d.External),
	}
	yes := true
	if d.ToStock {
		input.ReturnStockActionPolicy.ReleaseItemsBackToWarehouse = &yes
	} else {
		input.ReturnStockActionPolicy.RemoveItemsFromStock = &yes
	}
	for _, cost := range []struct {
		field string
		value int64
		to    **gen.ReturnCostPolicyInput
	}{
		{"shippingCost", d.Shipping, &input.ShippingCost},
		{"handlingCost", d.Handling, &input.HandlingCost},
		{"voucherValue", d.Voucher, &input.VoucherValue},
	} {
		amount, err := moneyInput(op, cost.field, cost.value, d.Currency)
		if err != nil {
			return gen.ReturnCreateInput{}, err
		}
		*cost.to = &gen.ReturnCostPolicyInput{Value: amount}
	}
	if d.Fee > 0 {
		if input.ReturnCost, err = moneyInput(op, "returnCost", d.Fee, d.Currency); err != nil {
			return gen.ReturnCreateInput{}, err
		}
	}
	return input, nil
}

func moneyInput(op, field string, value int64, currency string) (*gen.MonetaryValueInput, error) {
	policy, err := costPolicy(op, field, ports.Cost{Value: value}, currency)
	if err != nil {
		return nil, err
	}
	return policy.Value, nil
}

// returnLines finds the shipment's own lines: a return names those, not the order's.
func (s *Shop) returnLines(ctx context.Context, op string, shipment int, d ports.ReturnDraft) ([]gen.ReturnLineCreateInput, error) {
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
	data, err := gen.ReturnableLines(ctx, s.client, []int{shipment})
	if err != nil {
		return nil, err
	}
	if len(data.Shipments) == 0 {
		return nil, notFound(op, "shipment", d.Shipment)
	}
	var lines []gen.ReturnLineCreateInput
	for _, q := range quantities {
		wanted := q.Quantity
		for _, l := range data.Shipments[0].Lines {
			if n := min(wanted, l.Quantity-l.ReturnedQuantity); strconv.Itoa(l.OrderLine.Id) == q.Line && n > 0 {
				id := l.Id
				lines = append(lines, gen.ReturnLineCreateInput{ShipmentLine: gen.ShipmentLineIdInput{Id: &id}, Quantity: n})
				wanted -= n
			}
		}
		if wanted > 0 {
			return nil, &fault.Fault{Kind: fault.Rejected, System: system, Op: op, Code: "not_returnable", Problems: []fault.Problem{{
				Code: "not_returnable", Line: q.Line, Value: strconv.Itoa(wanted),
				Message: fmt.Sprintf("%d units of line %s are not left to return on shipment %s; look whether somebody returned them by hand", wanted, q.Line, d.Shipment),
			}}}
		}
	}
	return lines, nil
}

// CompleteReturn completes a return. Centra refuses a second completion and changes
// nothing; the refusal is success here when the return, read again, is completed.
func (s *Shop) CompleteReturn(ctx context.Context, id string, sendEmail bool) (domain.ShopReturn, error) {
	const op = "CompleteReturn"
	n, err := key(op, "return", id)
	if err != nil {
		return domain.ShopReturn{}, err
	}
	if err := s.client.spend(ctx, ClassReturn); err != nil {
		return domain.ShopReturn{}, err
	}
	data, err := gen.CompleteReturn(ctx, s.client, n, gen.ReturnCompleteInput{SendEmail: &sendEmail})
	if err != nil {
		return domain.ShopReturn{}, err
	}
	payload := data.CompleteReturn
	if refused := refusal(op, n, payload.UserErrors); refused != nil {
		if there, err := s.ReturnByID(ctx, id); err == nil && there.Completed {
			return there, nil
		}
		return domain.ShopReturn{}, refused
	}
	return s.writtenReturn(op, payload.Return)
}

// RefundReturn asks for a return's money to be paid back.
//
// A second run asks again: callers read the return's refunds before they call again.
// A refusal is success when the return, read again, shows the refund.
func (s *Shop) RefundReturn(ctx context.Context, id string, sendEmail bool) (ports.RefundWrite, error) {
	const op = "RefundReturn"
	n, err := key(op, "return", id)
	if err != nil {
		return ports.RefundWrite{}, err
	}
	if err := s.client.spend(ctx, ClassReturn); err != nil {
		return ports.RefundWrite{}, err
	}
	data, err := gen.RefundReturn(ctx, s.client, n, gen.ReturnRefundInput{SendEmail: &sendEmail})
	if err != nil {
		return ports.RefundWrite{}, err
	}
	payload := data.RefundReturn
	if refused := refusal(op, n, payload.UserErrors); refused != nil {
		there, err := s.ReturnByID(ctx, id)
		if err == nil && there.Refunded > 0 && there.Refunded >= there.Total {
			return ports.RefundWrite{Return: there}, nil
		}
		return ports.RefundWrite{Return: there}, refused
	}
	if payload.Return == nil {
		return ports.RefundWrite{}, silent(op)
	}
	written, err := s.writtenReturn(op, payload.Return)
	return ports.RefundWrite{Return: written, Pending: written.Refunded < written.Total && written.RefundAsked > 0}, err
}

// writtenReturn reads the return of a payload. One that cannot be read is
// fault.Uncertain: something was written, and it has to be looked at.
func (s *Shop) writtenReturn(op string, r *gen.Return) (domain.ShopReturn, error) {
	if r == nil {
		return domain.ShopReturn{}, silent(op)
	}
	read, err := s.shopReturn(op, *r)
	if err != nil {
		return domain.ShopReturn{}, &fault.Fault{Kind: fault.Uncertain, System: system, Op: op, Code: codeUnreadable, Message: "the return in the answer cannot be read", Err: err}
	}
	return read, nil
}

func (s *Shop) shopReturn(op string, wire gen.Return) (domain.ShopReturn, error) {
	r := &reader{currency: wire.GrandTotal.Currency.Code}
	out := domain.ShopReturn{
		ID: strconv.Itoa(wire.Id), External: value(wire.ExternalId), ToStock: wire.ReturnedToStock,
		Completed: wire.ReturnStatus == gen.ReturnStatusCompleted, Currency: r.currency,
		Total: r.amount("grandTotal", wire.GrandTotal), CreatedAt: r.moment("createdAt", wire.CreatedAt), Lines: []domain.LineQuantity{},
	}
	if !slices.Contains(gen.AllReturnStatus, wire.ReturnStatus) {
		r.complain("returnStatus", string(wire.ReturnStatus), fmt.Sprintf("status of return %d is unknown to this version", wire.Id))
	}
	if wire.Order == nil || wire.Shipment == nil {
		r.complain("order", "", fmt.Sprintf("return %d names no order or no shipment; add Order:read and Shipment:read to the token", wire.Id))
	} else {
		out.Order = domain.OrderID{Store: s.config.Stores[wire.Store.Id], Number: strconv.Itoa(wire.Order.Number)}
		out.Shipment = strconv.Itoa(wire.Shipment.Id)
	}
	for _, l := range wire.Lines {
		if l.Quantity == 0 {
			continue // nothing of it came back
		}
		if l.Quantity < 0 || l.Quantity > mostUnits {
			r.complain("quantity", strconv.Itoa(l.Quantity), fmt.Sprintf("return %d takes back fewer than no units of line %d, or more than %d", wire.Id, l.OrderLine.Id, mostUnits))
		}
		out.Lines = append(out.Lines, domain.LineQuantity{Line: strconv.Itoa(l.OrderLine.Id), Quantity: l.Quantity})
	}
	r.refunds(&out, wire.RefundPaymentHistory)
	if len(r.problems) > 0 {
		return domain.ShopReturn{}, &fault.Fault{Kind: fault.Invalid, System: system, Op: op, Code: codeUnreadable, Message: fmt.Sprintf("return %d", wire.Id), Problems: r.problems}
	}
	return out, nil
}

// refunds sums up what was paid back. A request is open while there are fewer outcomes
// than requests: one marked as done says only that the provider was asked. A failure that
// follows a refund of its amount, while nothing is open, is that refund coming back.
func (r *reader) refunds(out *domain.ShopReturn, history []gen.PaymentEntry) {
	requests, outcomes := 0, 0
	var paid []paidBack
	for i, e := range inOrder(history) {
		amount := abs(r.amount(fmt.Sprintf("refundPaymentHistory[%d].value", i), e.Value))
		switch e.EntryType {
		case gen.PaymentHistoryEntryTypeRefund, gen.PaymentHistoryEntryTypeRefundGiftCard:
			switch {
			case e.Status == gen.PaymentHistoryEntryStatusSuccess:
				out.Refunded += amount
				paid = append(paid, paidBack{amount, e.EntryType == gen.PaymentHistoryEntryTypeRefundGiftCard, value(e.PaymentMethod)})
				outcomes++
			case e.Status == gen.PaymentHistoryEntryStatusPending:
				requests++
			default:
				out.RefundFailed++
				outcomes++
			}
		case gen.PaymentHistoryEntryTypeRefundFailed:
			out.RefundFailed++
			if at := slices.IndexFunc(paid, func(p paidBack) bool { return p.amount == amount }); at >= 0 && requests <= outcomes {
				paid = slices.Delete(paid, at, at+1)
				out.Refunded, out.RefundBack = out.Refunded-amount, out.RefundBack+amount
				continue
			}
			outcomes++
		case gen.PaymentHistoryEntryTypeRefundRequest:
			if e.Status == gen.PaymentHistoryEntryStatusFailed {
				out.RefundFailed++
				continue
			}
			requests++
		}
	}
	out.RefundAsked = max(0, requests-outcomes)
	for _, p := range paid {
		if p.card {
			out.RefundCards += p.amount
		} else if p.by != "" && !slices.Contains(out.RefundBy, p.by) {
			out.RefundBy = append(out.RefundBy, p.by)
		}
	}
	slices.Sort(out.RefundBy)
}

// paidBack is a refund that went through: how much, whether onto a gift card, and the
// payment method that Centra names for it.
type paidBack struct {
	amount int64
	card   bool
	by     string
}
