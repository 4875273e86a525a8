package activities

import (
	"context"
	"fmt"
	"strings"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// Shipments writes to the shop what warehouses did, and reads orders back from it.
type Shipments struct {
	Orders *Orders
	Shop   ports.Shop
	// Settle is how long the shop may still act on a request whose answer was lost:
	// its own time limit. Nothing is sent again before it has passed and the order was read.
	Settle time.Duration
}

// RefreshOrder reads an order from the shop again, because that is where people mend
// data. A second run stores the same content, which is no change.
func (s *Shipments) RefreshOrder(ctx context.Context, in contract.RefreshInput) error {
	_, err := patient(ctx, func() (domain.Order, error) {
		order, err := s.read(ctx, in.Order)
		if err != nil {
			err = toTemporal(fmt.Errorf("read %s from the shop: %w", in.Order, err), s.Settle)
		}
		return order, err
	})
	return err
}

// read brings one order from the shop into the store and returns it.
func (s *Shipments) read(ctx context.Context, id domain.OrderID) (domain.Order, error) {
	orders, err := s.Shop.Orders(ctx, id.Store, []string{id.Number})
	if err != nil {
		return domain.Order{}, err
	}
	if len(orders) != 1 {
		return domain.Order{}, &fault.Fault{Kind: fault.NotFound, System: "centra", Op: "orders", Message: "the shop does not know order " + id.String()}
	}
	if orders[0].Err != nil {
		return domain.Order{}, orders[0].Err
	}
	if _, err := s.Orders.Store.TakeIn(ctx, orders, s.Orders.Clock()); err != nil {
		return domain.Order{}, err
	}
	return orders[0].Order, nil
}

// ShipParcel makes one warehouse shipment stand in the shop: created, paid and
// completed, with one mail.
//
// Creating has no idempotency key. So an attempt is recorded before it is sent; a
// second run first waits until the shop's own time limit has passed since the last
// attempt without an answer, then reads the order back and matches by lines and
// tracking. Only what is certainly not there is created. Completing and capturing
// are read before they are repeated.
func (s *Shipments) ShipParcel(ctx context.Context, in contract.StepInput) (contract.Assessment, error) {
	return s.take(ctx, in, domain.StepShip, func(record ports.OrderRecord, order domain.Order) ([]domain.Fact, error) {
		progress, err := domain.Derive(record.Order, record.Facts)
		if err != nil {
			return nil, err
		}
		parcel, ok := parcelOf(progress, in.Step.Subject)
		if !ok || parcel.Shop != nil && parcel.Shop.Completed {
			return nil, nil
		}
		if in.Step.Complete && len(parcel.Shipment.Trackings) == 0 {
			if news, err := s.lastLook(ctx, parcel.Shipment); err != nil || len(news) > 0 {
				return news, err
			}
		}
		input, err := s.Orders.decisionInput(ctx, record, s.Orders.Clock())
		if err != nil {
			return nil, err
		}
		if input.CaptureMode == "" {
			return nil, &fault.Fault{
				Kind: fault.Unmapped, System: "centra", Op: "createShipment", Code: "payment_method",
				Problems: []fault.Problem{{Code: "payment_method", Field: "paymentMethod", Value: order.PaymentMethod.Name, Message: "no rule says when the money of this payment method is captured, so nothing was written or captured; add one"}},
				Message:  "no rule says when the money of this payment method is captured",
			}
		}
		w := &parcelWrite{Shipments: s, in: in, order: order, parcel: parcel, mode: input.CaptureMode, sequence: record.Sequence()}
		standing, err := match(parcel, progress, order.Shipments)
		if err != nil {
			return nil, err
		}
		if standing == nil {
			return w.create(ctx)
		}
		return w.settle(ctx, ports.ShipmentWrite{Shipment: *standing, CapturePending: order.Payment.CapturePending}, false)
	})
}

// lastLook asks the warehouse for a later revision of a shipment that is about to be
// completed without tracking: the event that brought the tracking may be lost or late,
// and a completed shipment cannot be changed any more.
func (s *Shipments) lastLook(ctx context.Context, known domain.Shipment) ([]domain.Fact, error) {
	w, ok := s.Orders.Warehouses[known.Warehouse]
	if !ok {
		return nil, nil // no longer configured: what is known has to do
	}
	shipments, err := w.Shipments(ctx, known.Consignment)
	if err != nil {
		return nil, err
	}
	var news []domain.Fact
	for _, found := range shipments {
		if found.ID == known.ID && found.Revision > known.Revision {
			news = append(news, domain.NewShipmentFact(found, found.ShippedAt))
		}
	}
	return news, nil
}

// take runs one step in the shop under an attempt, with the order freshly read.
func (s *Shipments) take(ctx context.Context, in contract.StepInput, step domain.Step,
	do func(ports.OrderRecord, domain.Order) ([]domain.Fact, error),
) (contract.Assessment, error) {
	return patient(ctx, func() (contract.Assessment, error) { return s.takeOnce(ctx, in, step, do) })
}

func (s *Shipments) takeOnce(ctx context.Context, in contract.StepInput, step domain.Step,
	do func(ports.OrderRecord, domain.Order) ([]domain.Fact, error),
) (contract.Assessment, error) {
	store, key := s.Orders.Store, attemptKey(in.Step)
	fail := func(err error) (contract.Assessment, error) {
		return contract.Assessment{}, toTemporal(fmt.Errorf("%s %s of %s: %w", step, in.Step.Subject, in.Order, err), s.Settle)
	}
	wait, open, err := store.PendingAttempt(ctx, in.Order, key, s.Orders.Clock(), s.Settle)
	if err != nil {
		return fail(err)
	}
	if wait > 0 {
		return contract.Assessment{}, toTemporal(&fault.Fault{
			Kind: fault.Uncertain, System: "centra", Op: string(step),
			Message: "an earlier request may still take effect; looking again once its time limit has passed",
		}, wait)
	}
	order, err := s.read(ctx, in.Order)
	if err != nil {
		// An order that cannot be read is a question like any refusal: without a fact of
		// it the same step would be due again at once, and for ever.
		if refused, ok := decided(err); ok {
			if _, _, appendErr := store.Append(ctx, in.Order, []domain.Fact{refusalFact(in, step, "", refused, s.Orders.Clock())}); appendErr != nil {
				return fail(appendErr)
			}
		}
		return fail(err)
	}
	record, err := store.Load(ctx, in.Order)
	if err != nil {
		return fail(err)
	}
	if open {
		// Its time limit has passed and the order was read since: its outcome is known now.
		if err := store.EndAttempt(ctx, in.Order, key); err != nil {
			return fail(err)
		}
	}
	facts, err := do(record, order)
	if refused, ok := decided(err); ok {
		facts = append(facts, refusalFact(in, step, "", refused, s.Orders.Clock()))
	}
	if len(facts) > 0 {
		if _, _, appendErr := store.Append(ctx, in.Order, facts); appendErr != nil {
			return fail(appendErr)
		}
	}
	if err != nil {
		return fail(err)
	}
	return s.Orders.reassess(ctx, in.Order)
}

func attemptKey(step contract.Step) string { return string(step.Name) + "/" + step.Subject }

// once sends a request that cannot be repeated blindly. While its outcome is
// unknown the attempt stays open, and the next run waits and looks.
func (s *Shipments) once(ctx context.Context, in contract.StepInput, send func() error) error {
	store, key := s.Orders.Store, attemptKey(in.Step)
	if err := store.BeginAttempt(ctx, in.Order, key, s.Orders.Clock()); err != nil {
		return err
	}
	err := send()
	if fault.Is(err, fault.Uncertain) || ctx.Err() != nil {
		return err
	}
	if endErr := store.EndAttempt(ctx, in.Order, key); endErr != nil && err == nil {
		return endErr
	}
	return err
}

func parcelOf(p domain.Progress, shipment string) (domain.ParcelProgress, bool) {
	for _, parcel := range p.Parcels {
		if parcel.Shipment.ID == shipment {
			return parcel, true
		}
	}
	return domain.ParcelProgress{}, false
}

// CaptureOrder takes an order's money before the goods are handed over. The order
// is read first: what is captured or pending is not captured again. Money of which
// the shop says nothing yet is pending, too: the goods wait for it.
func (s *Shipments) CaptureOrder(ctx context.Context, in contract.StepInput) (contract.Assessment, error) {
	return s.take(ctx, in, domain.StepCapture, func(record ports.OrderRecord, order domain.Order) ([]domain.Fact, error) {
		payment := order.Payment
		if payment.Captured < order.GrandTotal && !payment.CapturePending {
			err := s.once(ctx, in, func() (err error) {
				payment, err = s.Shop.CaptureOrder(ctx, in.Order)
				return err
			})
			if err != nil {
				return nil, err
			}
		}
		captured := domain.CapturedFact{Amount: payment.Captured, Pending: payment.CapturePending || payment.Captured < order.GrandTotal}
		// Only an answer starts another attempt, and the same words about another attempt are
		// another fact; a second run of one attempt tells nothing new.
		key := fmt.Sprintf("captured:%d:%t:%d", captured.Amount, captured.Pending, newestAnswer(record.Facts))
		return []domain.Fact{domain.NewFact(domain.FactCaptured, key, "centra", s.Orders.Clock(), captured)}, nil
	})
}

// newestAnswer is the sequence of a person's newest answer, 0 when there is none.
func newestAnswer(facts []domain.Fact) (sequence int64) {
	for _, f := range facts {
		if f.Kind == domain.FactAnswered {
			sequence = max(sequence, f.Sequence)
		}
	}
	return sequence
}

// CancelShortUnits cancels in the shop what the warehouse will not ship, removing it
// from stock. The lines are read first: what is cancelled already is not cancelled again.
func (s *Shipments) CancelShortUnits(ctx context.Context, in contract.StepInput) (contract.Assessment, error) {
	return s.take(ctx, in, domain.StepCancelShort, func(record ports.OrderRecord, order domain.Order) ([]domain.Fact, error) {
		// The read has refreshed the content, so what is still short now is not cancelled yet.
		progress, err := domain.Derive(order, record.Facts)
		if err != nil {
			return nil, err
		}
		var lines []domain.LineQuantity
		for _, l := range progress.Lines {
			// What went short since the person answered is another question.
			if n := min(l.Missing(), agreed(in.Step.Lines, l.Line)); l.Line == in.Step.Subject && n > 0 {
				lines = append(lines, domain.LineQuantity{Line: l.Line, Quantity: n})
			}
		}
		if len(lines) == 0 {
			return nil, nil
		}
		err = s.once(ctx, in, func() error {
			return s.Shop.CancelLines(ctx, in.Order, lines, "not shipped by the warehouse (short pick)")
		})
		if err != nil {
			return nil, err
		}
		if _, err := s.read(ctx, in.Order); err != nil {
			return nil, err
		}
		return []domain.Fact{domain.NewFact(domain.FactShopCancelled, fmt.Sprintf("shop-cancelled:%s:%d:%d", in.Step.Subject, lines[0].Quantity, record.Sequence()), "selvedge",
			s.Orders.Clock(), domain.ShopCancelledFact{Lines: lines})}, nil
	})
}

// agreed counts the units of a line that a step was decided for.
func agreed(lines []domain.LineQuantity, line string) (n int) {
	for _, l := range lines {
		if l.Line == line {
			n += l.Quantity
		}
	}
	return n
}

// ReleaseAuthorisation gives back what a reduced order will never capture; releasing twice is harmless.
func (s *Shipments) ReleaseAuthorisation(ctx context.Context, in contract.StepInput) (contract.Assessment, error) {
	return s.take(ctx, in, domain.StepRelease, func(_ ports.OrderRecord, order domain.Order) ([]domain.Fact, error) {
		if order.Payment.Authorized > order.Payment.Captured {
			if err := s.Shop.ReleaseAuthorisation(ctx, in.Order); err != nil {
				return nil, err
			}
		}
		return []domain.Fact{domain.NewFact(domain.FactReleased, "released", "selvedge", s.Orders.Clock(), struct{}{})}, nil
	})
}

// NoteTracking tells the shop about tracking that came after its shipment was
// closed, as a comment. The comment is not written when it stands there already.
func (s *Shipments) NoteTracking(ctx context.Context, in contract.StepInput) (contract.Assessment, error) {
	return s.take(ctx, in, domain.StepNote, func(record ports.OrderRecord, _ domain.Order) ([]domain.Fact, error) {
		progress, err := domain.Derive(record.Order, record.Facts)
		if err != nil {
			return nil, err
		}
		parcel, ok := parcelOf(progress, in.Step.Subject)
		if !ok || parcel.Shop == nil {
			return nil, nil
		}
		line := fmt.Sprintf("Tracking of shipment %s: %s (it came after the shipment was completed)", parcel.Shop.Number, strings.Join(parcel.Shipment.Trackings, ", "))
		if err := s.Shop.Comment(ctx, in.Order, line); err != nil {
			return nil, err
		}
		return []domain.Fact{domain.NewFact(domain.FactNoted, "noted:"+in.Step.Subject, "selvedge", s.Orders.Clock(), domain.NotedFact{Subject: in.Step.Subject})}, nil
	})
}

// HoldOrder puts a withdrawn order on hold in the shop, with the reason; holding a
// held order is harmless. It never refunds.
func (s *Shipments) HoldOrder(ctx context.Context, in contract.StepInput) (contract.Assessment, error) {
	return s.take(ctx, in, domain.StepHold, func(record ports.OrderRecord, order domain.Order) ([]domain.Fact, error) {
		if !order.OnHold && order.Status != domain.ShopCancelled && order.Status != domain.ShopShipped {
			if err := s.Shop.HoldOrder(ctx, in.Order, "withdrawn: "+withdrawReason(record.Facts)); err != nil {
				return nil, err
			}
			if _, err := s.read(ctx, in.Order); err != nil {
				return nil, err
			}
		}
		// A withdrawal after an earlier one was taken back is noted anew.
		key := fmt.Sprintf("noted:withdrawn:%d", newestAnswer(record.Facts))
		return []domain.Fact{domain.NewFact(domain.FactNoted, key, "selvedge", s.Orders.Clock(), domain.NotedFact{Subject: domain.NoteWithdrawn})}, nil
	})
}

func withdrawReason(facts []domain.Fact) string {
	reason := "no reason given"
	for _, f := range facts {
		if f.Kind != domain.FactAnswered {
			continue
		}
		if a, err := domain.Decode[domain.AnswerFact](f); err == nil && a.Action == string(contract.ActionWithdraw) && a.Reason != "" {
			reason = a.Reason
		}
	}
	return reason
}
