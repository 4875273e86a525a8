package activities

import (
	"context"
	"fmt"
	"slices"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/returns"
)

// TakeReturnStep takes one step of a return and answers with a fresh look.
//
// What it is about to write is recorded as a plan first, under the key by which the
// other side knows it. So a second run writes the same, looks for the key before it
// creates anything, and waits out the other side's time limit after an unknown outcome.
func (r *Returns) TakeReturnStep(ctx context.Context, in contract.ReturnStepInput) (contract.ReturnAssessment, error) {
	return patient(ctx, func() (contract.ReturnAssessment, error) {
		if err := r.takeStep(ctx, in); err != nil {
			return contract.ReturnAssessment{}, toTemporal(fmt.Errorf("%s %s: %w", in.Step.Name, in.Step.Key, err), r.Shipments.Settle)
		}
		return r.AssessReturn(ctx, contract.AssessReturnInput{Return: in.Return, At: r.Orders.Clock()})
	})
}

// returnStep is one step on its way.
type returnStep struct {
	*Returns
	in     contract.ReturnStepInput
	order  domain.Order
	record ports.OrderRecord
	plan   domain.ReturnPlan
	there  []domain.ShopReturn // the shop's returns of the order, as just read
	turn   int                 // of a refund, see takeTurn
	// unknown says that a request was sent and nobody knows what came of it.
	unknown bool
}

func (r *Returns) takeStep(ctx context.Context, in contract.ReturnStepInput) error {
	id := in.Return.Order
	wait, open, err := r.Orders.Store.PendingAttempt(ctx, id, in.Step.Key, r.Orders.Clock(), r.Shipments.Settle)
	if err != nil {
		return err
	}
	if wait > 0 {
		return &fault.Fault{
			Kind: fault.Uncertain, System: "centra", Op: string(in.Step.Name), RetryAt: time.Now().Add(wait),
			Message: "an earlier request may still take effect; looking again once its time limit has passed",
		}
	}
	s := &returnStep{Returns: r, in: in}
	if in.Step.Name == domain.PlanRefund {
		if err := s.takeTurn(ctx); err != nil {
			return err
		}
		defer s.giveTurn(ctx)
	}
	if in.Step.Name == domain.PlanShopReturn || in.Step.Name == domain.PlanRefund {
		if err := s.readShop(ctx); err != nil {
			return s.refusedAs(ctx, err)
		}
	}
	if open && s.turn == 0 { // its time limit has passed and the shop was read since: its outcome is known now
		if err := r.Orders.Store.EndAttempt(ctx, id, in.Step.Key); err != nil {
			return err
		}
	}
	if due, err := s.settlePlan(ctx); err != nil || !due {
		return err
	}
	var written domain.ReturnWritten
	switch s.plan.Kind {
	case domain.PlanShopReturn:
		written, err = s.shopReturn(ctx)
	case domain.PlanRefund:
		written, err = s.refund(ctx)
	default:
		written, err = r.Books.RecordReturn(ctx, s.record.Order, s.record.Facts, s.plan)
	}
	if err != nil {
		return s.refusedAs(ctx, err)
	}
	return s.wrote(ctx, written)
}

// readShop reads the order and its returns from the shop, and records what people did there.
func (s *returnStep) readShop(ctx context.Context) (err error) {
	id := s.in.Return.Order
	if s.order, err = s.Shipments.read(ctx, id); err != nil {
		return err
	}
	if s.there, err = s.Shop.OrderReturns(ctx, s.order); err != nil {
		return err
	}
	if err := s.moneyAtRest(ctx); err != nil {
		return err
	}
	var facts []domain.Fact
	for _, r := range s.there {
		r.Order = id
		facts = append(facts, domain.NewShopReturnFact(r, s.Orders.Clock()))
	}
	_, _, err = s.Orders.Store.Append(ctx, id, facts)
	return err
}

// moneyAtRest sees to it that a refund is weighed against one moment's money. Order and
// returns are two reads of the shop: another return's refund that got through between them
// was missing from the one and no longer on its way in the other.
func (s *returnStep) moneyAtRest(ctx context.Context) (err error) {
	if s.in.Step.Name != domain.PlanRefund {
		return nil
	}
	for range 5 {
		before := s.order.Payment
		if s.order, err = s.Shipments.read(ctx, s.in.Return.Order); err != nil {
			return err
		}
		if now := s.order.Payment; now.Captured == before.Captured && now.Refunded == before.Refunded {
			return nil
		}
		if s.there, err = s.Shop.OrderReturns(ctx, s.order); err != nil {
			return err
		}
	}
	return &fault.Fault{Kind: fault.Unavailable, System: "centra", Op: "refundReturn", Message: "the order's money moved each time that it was read; looking again"}
}

// settlePlan finds what the step is to write, as of today's facts, and records it. It
// answers false when nothing of it is due any more.
func (s *returnStep) settlePlan(ctx context.Context) (bool, error) {
	record, decision, err := s.decide(ctx, s.in.Return, s.Orders.Clock())
	if err != nil {
		return false, err
	}
	s.record = record
	i := slices.IndexFunc(decision.Due, func(d returns.Due) bool { return d.Plan.Key == s.in.Step.Key })
	if i < 0 {
		return false, nil
	}
	due := decision.Due[i]
	s.plan = due.Plan
	if due.Planned {
		return true, nil
	}
	if s.plan.Kind == domain.PlanShopReturn && s.plan.ShopID == "" {
		s.plan = priceOf(s.order, standing(s.record.Facts, len(s.record.Facts)), s.there, s.plan)
	}
	fact := domain.NewFact(domain.FactReturnPlanned, "return-plan:"+s.plan.Key, "selvedge", s.Orders.Clock(), s.plan)
	if _, _, err := s.Orders.Store.Append(ctx, s.in.Return.Order, []domain.Fact{fact}); err != nil {
		return false, err
	}
	// Another run may have planned under the same key a moment ago: what stands there holds.
	if s.record, err = s.Orders.Store.Load(ctx, s.in.Return.Order); err != nil {
		return false, err
	}
	for _, f := range s.record.Facts {
		if f.Kind == domain.FactReturnPlanned && f.Key == fact.Key {
			s.plan, err = domain.Decode[domain.ReturnPlan](f)
		}
	}
	return true, err
}

// wrote records how far the plan has come. The same word told later is another fact: a
// refund may be asked for, fail and be asked for again.
func (s *returnStep) wrote(ctx context.Context, w domain.ReturnWritten) error {
	w.Return, w.Kind, w.Key = s.in.Return.Number, s.plan.Kind, s.plan.Key
	key := fmt.Sprintf("return-written:%s:%s:%d", w.Key, w.Stage, s.record.Sequence())
	_, _, err := s.Orders.Store.Append(ctx, s.in.Return.Order, []domain.Fact{domain.NewFact(domain.FactReturnWritten, key, "selvedge", s.Orders.Clock(), w)})
	return err
}

// refusedAs records a refusal as a fact, so that the next look shows it as a question;
// anything else is the caller's.
func (s *returnStep) refusedAs(ctx context.Context, err error) error {
	f, ok := decided(err)
	if !ok {
		return err
	}
	record, loadErr := s.Orders.Store.Load(ctx, s.in.Return.Order)
	if loadErr != nil {
		return loadErr
	}
	refused := domain.ReturnRefused{Return: s.in.Return.Number, RefusedFact: domain.RefusedFact{
		Step: domain.Step(s.in.Step.Name), Subject: s.in.Step.Key, System: f.System, Exception: refusalKind(s.in.Step.Name, f), Problems: problems(f),
	}}
	fact := domain.NewFact(domain.FactReturnRefused, fmt.Sprintf("return-refused:%s:%d", s.in.Step.Key, record.Sequence()), f.System, s.Orders.Clock(), refused)
	if _, _, appendErr := s.Orders.Store.Append(ctx, s.in.Return.Order, []domain.Fact{fact}); appendErr != nil {
		return appendErr
	}
	return err
}

// refusalKind names the question that a refused step becomes.
func refusalKind(step domain.PlanKind, f *fault.Fault) string {
	switch {
	case step == domain.PlanShopReturn:
		return "return-refused"
	case step == domain.PlanRefund && f.Code == "not_captured":
		return "refund-not-captured"
	case step == domain.PlanRefund:
		return "refund-failed"
	case f.Kind == fault.Unmapped && f.Code == ports.CodeEntityUnknown:
		return "unmapped:entity"
	case f.Code == domain.KindWriteOffDoubtful:
		return domain.KindWriteOffDoubtful
	}
	return "return-document"
}

// shopReturn makes the plan stand in the shop: created, then completed with one mail.
//
// Creating has no idempotency key of the shop's. So our key is looked for among the
// order's returns, which were read after any earlier attempt's time limit. Completing
// twice is success.
func (s *returnStep) shopReturn(ctx context.Context) (domain.ReturnWritten, error) {
	s.reprice()
	there, err := s.stand(ctx)
	if err != nil {
		return domain.ReturnWritten{}, err
	}
	if !there.Completed {
		if there, err = s.Shop.CompleteReturn(ctx, there.ID, true); err != nil {
			return domain.ReturnWritten{}, err
		}
	}
	written := s.stands(domain.StageDone, there)
	if s.stood() && len(s.plan.Links) > 0 {
		return s.nameMemos(ctx, written)
	}
	return written, nil
}

// stands says what the shop's return comes to, and what of that is not its garments.
func (s *returnStep) stands(stage domain.ReturnStage, there domain.ShopReturn) domain.ReturnWritten {
	return domain.ReturnWritten{Stage: stage, ID: there.ID, Amount: there.Total, Fee: s.plan.Fee, Shipping: s.plan.Shipping, Handling: s.plan.Handling}
}

// stand finds the return in the shop, or creates it.
func (s *returnStep) stand(ctx context.Context) (domain.ShopReturn, error) {
	for _, r := range s.there {
		if s.plan.ShopID != "" && r.ID == s.plan.ShopID || s.plan.ShopID == "" && r.External == s.plan.Key {
			return r, nil
		}
	}
	if s.plan.ShopID != "" || s.known() != "" {
		return domain.ShopReturn{}, &fault.Fault{
			Kind: fault.Rejected, System: "centra", Op: "completeReturn", Code: domain.CodeReturnGone,
			Message: "return " + s.plan.ShopID + s.known() + " was deleted in the shop before it was completed",
		}
	}
	draft := ports.ReturnDraft{
		Order: s.order.ID, Currency: s.order.Currency, Shipment: s.plan.Shipment, Lines: s.plan.Lines, External: s.plan.Key,
		Comment: s.comment(),
		Voucher: s.plan.Discount, Fee: s.plan.Fee + s.plan.Rounding, Shipping: s.plan.Shipping, Handling: s.plan.Handling, ToStock: s.ToStock,
	}
	var created domain.ShopReturn
	err := s.once(ctx, func() (err error) {
		created, err = s.Shop.CreateReturn(ctx, draft)
		return err
	})
	if fault.Is(err, fault.Rejected) {
		// The units may be taken by an earlier attempt of ours, on which the shop acted after its time limit.
		if ours, found, lookErr := s.made(ctx); lookErr != nil || found {
			return ours, lookErr
		}
	}
	if err != nil {
		return created, err
	}
	return created, s.wrote(ctx, s.stands(domain.StageCreated, created))
}

// made looks once more for the return that the plan makes.
func (s *returnStep) made(ctx context.Context) (domain.ShopReturn, bool, error) {
	if err := s.readShop(ctx); err != nil {
		return domain.ShopReturn{}, false, err
	}
	i := slices.IndexFunc(s.there, func(r domain.ShopReturn) bool { return r.External == s.plan.Key })
	if i < 0 {
		return domain.ShopReturn{}, false, nil
	}
	return s.there[i], true, s.wrote(ctx, s.stands(domain.StageCreated, s.there[i]))
}

// known is the id under which the plan once stood in the shop.
func (s *returnStep) known() string {
	id := ""
	for _, f := range s.record.Facts {
		if w, err := domain.Decode[domain.ReturnWritten](f); f.Kind == domain.FactReturnWritten && err == nil && w.Key == s.plan.Key {
			id = w.ID
		}
	}
	return id
}

// once sends a request that cannot be repeated blindly: while its outcome is unknown the
// attempt stays open, and the next run waits and looks.
func (s *returnStep) once(ctx context.Context, send func() error) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	err := send()
	if s.unknown = fault.Is(err, fault.Uncertain) || ctx.Err() != nil; s.unknown || s.turn > 0 {
		return err
	}
	if endErr := s.Orders.Store.EndAttempt(ctx, s.in.Return.Order, s.in.Step.Key); endErr != nil && err == nil {
		return endErr
	}
	return err
}

// refund pays a completed return back. Its refunds are read first: what was paid is not
// paid again, and what was asked for is waited for. A request that came to nothing is
// finance's before anything is asked for again, and no more than was captured goes back.
func (s *returnStep) refund(ctx context.Context) (domain.ReturnWritten, error) {
	i := slices.IndexFunc(s.there, func(r domain.ShopReturn) bool { return r.ID == s.plan.ShopID })
	if i < 0 {
		return domain.ReturnWritten{}, refundRefused(domain.CodeReturnGone, "return "+s.plan.ShopID+" is not in the shop any more")
	}
	there := s.there[i]
	switch {
	case there.Total <= 0 || there.Refunded >= there.Total:
		return paidBack(there), nil
	case there.RefundAsked > 0:
		return domain.ReturnWritten{Stage: domain.StageCreated, ID: there.ID, Amount: there.Total}, nil
	case s.askedInVain():
		// The books take a payment back that they have; nobody asks again by himself.
		if err := s.wrote(ctx, domain.ReturnWritten{Stage: domain.StageFailed, ID: there.ID}); err != nil {
			return domain.ReturnWritten{}, err
		}
		return domain.ReturnWritten{}, refundRefused("refund_failed", "the payment provider did not pay the money of return "+there.ID+" back")
	}
	if left := s.order.Payment.Captured - s.order.Payment.Outside - s.order.Payment.Refunded + s.cameBack() - s.onItsWay(there.ID); left < there.Total {
		return domain.ReturnWritten{}, refundRefused("not_captured", fmt.Sprintf("%s would go back and only %s of the order's money was captured in the shop and not refunded; %s was paid elsewhere",
			domain.Format(there.Total, s.order.Currency), domain.Format(left, s.order.Currency), domain.Format(s.order.Payment.Outside, s.order.Currency)))
	}
	var asked ports.RefundWrite
	err := s.once(ctx, func() (err error) {
		asked, err = s.Shop.RefundReturn(ctx, there.ID, false) // one mail went out with the completion
		return err
	})
	if err != nil {
		return domain.ReturnWritten{}, err
	}
	if asked.Pending || asked.Return.Refunded < there.Total {
		return domain.ReturnWritten{Stage: domain.StageCreated, ID: there.ID, Amount: there.Total}, nil
	}
	return paidBack(asked.Return), nil
}

// paidBack says what went back for a return, and by which methods.
func paidBack(r domain.ShopReturn) domain.ReturnWritten {
	return domain.ReturnWritten{Stage: domain.StageDone, ID: r.ID, Amount: r.Refunded, Cards: r.RefundCards, By: r.RefundBy}
}

// onItsWay is the money of the order's other returns that was asked for and has no outcome yet.
func (s *returnStep) onItsWay(but string) (money int64) {
	for _, r := range s.there {
		if r.ID != but && r.RefundAsked > 0 {
			money += max(0, r.Total-r.Refunded)
		}
	}
	return money
}

// cameBack is money that the order's payments show as refunded and that has come back.
func (s *returnStep) cameBack() (money int64) {
	for _, r := range s.there {
		money += r.RefundBack
	}
	return money
}

// askedInVain tells whether the newest word of the refund is that it was asked for, or
// done: as the shop shows none that is open or done, it came to nothing.
func (s *returnStep) askedInVain() bool {
	asked := false
	for _, f := range s.record.Facts {
		if w, err := domain.Decode[domain.ReturnWritten](f); f.Kind == domain.FactReturnWritten && err == nil && w.Key == s.plan.Key {
			asked = w.Stage != domain.StageVoid
		}
		if r, err := domain.Decode[domain.ReturnRefused](f); f.Kind == domain.FactReturnRefused && err == nil && r.Subject == s.plan.Key {
			asked = false // finance has been asked since
		}
	}
	return asked
}

func refundRefused(code, message string) error {
	return &fault.Fault{Kind: fault.Rejected, System: "centra", Op: "refundReturn", Code: code, Message: message}
}
