package centra

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/systems/centra/gen"
)

// CaptureOrder takes the whole order's money before the goods are handed over. It
// is not repeatable: callers read the payment before a second call. A refusal is
// success when the payment, read again, is captured or on its way. The payment in the
// answer says whether the provider has still to answer.
func (s *Shop) CaptureOrder(ctx context.Context, id domain.OrderID) (domain.Payment, error) {
	const op = "CaptureOrder"
	order, err := orderInput(op, id)
	if err != nil {
		return domain.Payment{}, err
	}
	if err := s.client.spend(ctx, ClassShipment); err != nil {
		return domain.Payment{}, err
	}
	data, err := gen.CaptureOrder(ctx, s.client, order)
	if err != nil {
		return domain.Payment{}, err
	}
	payload := data.CaptureOrder
	if refused := refusal(op, order, payload.UserErrors); refused != nil {
		payment, total, err := s.paymentOf(ctx, op, id)
		if err == nil && (payment.CapturePending || payment.Captured > 0 && payment.Captured >= total) {
			return payment, nil
		}
		return domain.Payment{}, refused
	}
	if payload.Order == nil {
		return domain.Payment{}, silent(op)
	}
	payment, _, err := summary(*payload.Order)
	if err != nil { // the money may be taken, so this is no refusal
		return domain.Payment{}, &fault.Fault{Kind: fault.Uncertain, System: system, Op: op, Code: codeUnreadable, Message: "the payment in the answer cannot be read", Err: err}
	}
	return payment, nil
}

// ReleaseAuthorisation gives the rest of the authorisation back. A second run finds
// nothing to release and changes nothing; if Centra refuses it, that is success when
// the payment, read again, has nothing authorised beyond what is captured.
func (s *Shop) ReleaseAuthorisation(ctx context.Context, id domain.OrderID) error {
	const op = "ReleaseAuthorisation"
	order, err := orderInput(op, id)
	if err != nil {
		return err
	}
	if err := s.client.spend(ctx, ClassShipment); err != nil {
		return err
	}
	data, err := gen.ReleaseAuthorisation(ctx, s.client, order)
	if err != nil {
		return err
	}
	refused := refusal(op, order, data.ReleaseRemainingOrderAuthorization.UserErrors)
	if refused == nil {
		return nil
	}
	payment, _, err := s.paymentOf(ctx, op, id)
	if err == nil && payment.Authorized <= payment.Captured && !payment.CapturePending {
		return nil
	}
	return refused
}

// CancelLines cancels units and takes them out of stock: the warehouse could not
// find them, so they must not be sold again. A second run cancels as many units
// again as are left: callers read the lines before a second call.
func (s *Shop) CancelLines(ctx context.Context, id domain.OrderID, lines []domain.LineQuantity, comment string) error {
	const op = "CancelLines"
	remove := true
	cancel := make([]gen.OrderLineCancelInput, 0, len(lines))
	for i, l := range lines {
		line, err := key(op, fmt.Sprintf("lines[%d].line", i), l.Line)
		if err != nil {
			return err
		}
		if l.Quantity <= 0 {
			return invalid(op, fmt.Sprintf("lines[%d].quantity", i), strconv.Itoa(l.Quantity), fmt.Sprintf("quantity %d of line %s; cancel at least one unit", l.Quantity, l.Line))
		}
		cancel = append(cancel, gen.OrderLineCancelInput{
			Line: gen.OrderLineInput{Id: &line}, Quantity: l.Quantity,
			StockActionPolicy: gen.StockPolicyActionInput{RemoveItemsFromStock: &remove},
		})
	}
	if len(cancel) == 0 {
		return invalid(op, "lines", "", "nothing to cancel; name at least one line")
	}
	return s.update(ctx, op, ClassShipment, id, gen.DirectToConsumerOrderUpdateInput{CancelLines: cancel, CancellationComment: some(comment)})
}

// HoldOrder puts an order on hold. A second run sets the same flag and reason again.
func (s *Shop) HoldOrder(ctx context.Context, id domain.OrderID, reason string) error {
	hold := true
	return s.update(ctx, "HoldOrder", ClassHold, id, gen.DirectToConsumerOrderUpdateInput{IsOnHold: &hold, HoldStatusChangeReason: some(reason)})
}

// Comment appends a line to the internal comment. A second run finds the line and
// writes nothing. Centra has no conditional update: two of ours take turns, since several
// returns of an order tell it of themselves, but a comment that somebody writes in the
// admin between our read and our write is lost.
func (s *Shop) Comment(ctx context.Context, id domain.OrderID, line string) error {
	const op = "Comment"
	if line = strings.Join(strings.Fields(line), " "); line == "" {
		return invalid(op, "line", "", "an empty comment; give it a text")
	}
	n, err := orderNumber(op, id.Number)
	if err != nil {
		return err
	}
	return s.alone(ctx, "comment on "+id.String(), func() error {
		data, err := gen.Comment(ctx, s.client, []int{n})
		if err != nil {
			return err
		}
		if len(data.Orders) == 0 {
			return notFound(op, "order", id.Number)
		}
		comment := value(data.Orders[0].InternalComment)
		if stands(comment, line) {
			return nil
		}
		if comment != "" {
			line = strings.TrimRight(comment, "\n") + "\n" + line
		}
		return s.update(ctx, op, ClassHold, id, gen.DirectToConsumerOrderUpdateInput{InternalComment: &line})
	})
}

// update changes an order. Whether a second run is harmless is each caller's to say.
func (s *Shop) update(ctx context.Context, op string, class Class, id domain.OrderID, input gen.DirectToConsumerOrderUpdateInput) error {
	order, err := orderInput(op, id)
	if err != nil {
		return err
	}
	if err := s.client.spend(ctx, class); err != nil {
		return err
	}
	data, err := gen.UpdateOrder(ctx, s.client, order, input)
	if err != nil {
		return err
	}
	known := []any{order, input.CancelLines} // not the free texts: they are not ours to repeat
	return refusal(op, known, data.UpdateDirectToConsumerOrder.UserErrors)
}
