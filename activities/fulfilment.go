package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// Fulfilment hands consignments to warehouses and takes them back.
type Fulfilment struct {
	Orders *Orders
	// Settle is how long a warehouse may still act on a request whose answer was lost.
	Settle time.Duration
}

// SubmitConsignment places a planned consignment with its warehouse.
//
// It may run again after a lost answer, and an operator's retry starts at attempt
// 1, so nothing is assumed about earlier runs: Place is a conditional create that
// answers a replay for the same content. Other content under the number is looked
// at: if it bears our reference, an earlier run did place it before the order was
// edited, and it is amended next; if not, it is somebody else's and a person's.
func (f *Fulfilment) SubmitConsignment(ctx context.Context, in contract.StepInput) (contract.Assessment, error) {
	return f.take(ctx, in, domain.StepSubmit, func(w ports.Warehouse, record ports.OrderRecord, plan domain.Consignment) ([]domain.Fact, error) {
		receipt, err := w.Place(ctx, plan, record.Personal.Delivery)
		if fault.Is(err, fault.Conflict) {
			return f.adopt(ctx, w, plan, err)
		}
		if err != nil {
			return nil, err
		}
		return []domain.Fact{f.submitted(plan, receipt, false)}, nil
	})
}

// AmendConsignment replaces what a warehouse holds at a known revision; a rejected
// order is sent again by it. A second run finds its own content and is a success;
// a revision that moved on is read and recorded, and the next look decides anew.
func (f *Fulfilment) AmendConsignment(ctx context.Context, in contract.StepInput) (contract.Assessment, error) {
	return f.take(ctx, in, domain.StepAmend, func(w ports.Warehouse, record ports.OrderRecord, plan domain.Consignment) ([]domain.Fact, error) {
		receipt, err := w.Amend(ctx, plan, record.Personal.Delivery, in.Step.Revision)
		if refused, ok := fault.As(err); ok && refused.Code == "revision_mismatch" {
			order, readErr := w.Order(ctx, plan.Number)
			if readErr != nil {
				return nil, readErr
			}
			if order.Revision > in.Step.Revision {
				return []domain.Fact{f.snapshot(order)}, nil
			}
		}
		if err != nil {
			return nil, err
		}
		return []domain.Fact{f.submitted(plan, receipt, true)}, nil
	})
}

// CancelConsignment asks a warehouse to cancel a consignment or units of it. The
// key is made of what is asked and how often it was asked before, so that a second
// run replays the first one's answer.
func (f *Fulfilment) CancelConsignment(ctx context.Context, in contract.StepInput) (contract.Assessment, error) {
	return f.take(ctx, in, domain.StepCancel, func(w ports.Warehouse, record ports.OrderRecord, _ domain.Consignment) ([]domain.Fact, error) {
		number := in.Step.Subject
		key := cancelKey(number, in.Step.Lines, asked(record.Facts, number))
		answer, err := w.Cancel(ctx, number, key, "customer_request", in.Step.Lines)
		if fault.Is(err, fault.Conflict) {
			return []domain.Fact{domain.NewFact(domain.FactCancelRefused, "cancel-refused:"+key, "acs", f.Orders.Clock(), domain.CancelRefusedFact{Consignment: number})}, nil
		}
		if err != nil {
			return nil, err
		}
		requested := domain.CancelRequestedFact{Consignment: number, Lines: in.Step.Lines, Done: answer.Done}
		facts := []domain.Fact{domain.NewFact(domain.FactCancelRequested, "cancel:"+key, "selvedge", f.Orders.Clock(), requested)}
		if answer.Order.Number != "" {
			facts = append(facts, f.snapshot(answer.Order))
		}
		return facts, nil
	})
}

// take runs one step at a warehouse: what came of it, or the refusal, becomes a fact
// before the activity answers.
func (f *Fulfilment) take(ctx context.Context, in contract.StepInput, step domain.Step,
	do func(ports.Warehouse, ports.OrderRecord, domain.Consignment) ([]domain.Fact, error),
) (contract.Assessment, error) {
	return patient(ctx, func() (contract.Assessment, error) { return f.takeOnce(ctx, in, step, do) })
}

func (f *Fulfilment) takeOnce(ctx context.Context, in contract.StepInput, step domain.Step,
	do func(ports.Warehouse, ports.OrderRecord, domain.Consignment) ([]domain.Fact, error),
) (contract.Assessment, error) {
	record, err := f.Orders.Store.Load(ctx, in.Order)
	if err != nil {
		return contract.Assessment{}, toTemporal(fmt.Errorf("%s %s: %w", step, in.Step.Subject, err), 0)
	}
	w, ok := f.Orders.Warehouses[in.Step.Warehouse]
	if !ok {
		return contract.Assessment{}, toTemporal(&fault.Fault{
			Kind: fault.Misconfigured, System: "selvedge", Op: string(step),
			Message: "no warehouse " + in.Step.Warehouse + " is configured; give it as SELVEDGE_ACS_<n>_WAREHOUSE and restart the worker",
		}, 0)
	}
	plan, planned := find(record.Consignments, in.Step)
	if !planned {
		return contract.Assessment{}, toTemporal(&fault.Fault{
			Kind: fault.Unavailable, System: "store", Op: string(step),
			Message: "consignment " + in.Step.Subject + " is not planned",
		}, 0)
	}
	facts, err := do(w, record, plan)
	if refused, ok := decided(err); ok {
		fact := refusalFact(in, step, plan.Fingerprint, refused, f.Orders.Clock())
		if _, _, appendErr := f.Orders.Store.Append(ctx, in.Order, []domain.Fact{fact}); appendErr != nil {
			return contract.Assessment{}, toTemporal(fmt.Errorf("record refusal of %s: %w", in.Step.Subject, appendErr), 0)
		}
	}
	if err != nil {
		return contract.Assessment{}, toTemporal(fmt.Errorf("%s %s at %s: %w", step, in.Step.Subject, in.Step.Warehouse, err), f.Settle)
	}
	if _, _, err := f.Orders.Store.Append(ctx, in.Order, facts); err != nil {
		return contract.Assessment{}, toTemporal(fmt.Errorf("record %s of %s: %w", step, in.Step.Subject, err), 0)
	}
	return f.Orders.reassess(ctx, in.Order)
}

func find(consignments []domain.Consignment, step contract.Step) (domain.Consignment, bool) {
	for _, c := range consignments {
		if c.Number == step.Subject && c.Warehouse == step.Warehouse {
			return c, true
		}
	}
	return domain.Consignment{}, false
}

// adopt looks at an order that holds other content under our number.
func (f *Fulfilment) adopt(ctx context.Context, w ports.Warehouse, plan domain.Consignment, conflict error) ([]domain.Fact, error) {
	order, err := w.Order(ctx, plan.Number)
	if err != nil {
		return nil, err
	}
	if order.Reference != plan.Order.String() {
		return nil, conflict
	}
	held := plan
	held.Fingerprint = "" // unknown, so it differs from today's and is amended next
	held.Lines = nil
	for _, l := range order.Lines {
		held.Lines = append(held.Lines, domain.ConsignmentLine{Line: l.Line, SKU: l.SKU, Quantity: l.Quantity})
	}
	return []domain.Fact{f.submitted(held, ports.Receipt{Revision: order.Revision}, false), f.snapshot(order)}, nil
}

func (f *Fulfilment) submitted(c domain.Consignment, r ports.Receipt, amended bool) domain.Fact {
	s := domain.SubmittedFact{Consignment: c.Number, Warehouse: c.Warehouse, Revision: r.Revision, Fingerprint: c.Fingerprint, Sent: r.Sent, Amended: amended}
	for _, l := range c.Lines {
		s.Lines = append(s.Lines, domain.LineQuantity{Line: l.Line, Quantity: l.Quantity})
	}
	key := fmt.Sprintf("submitted:%s:%s:%d:%t", c.Warehouse, c.Number, r.Revision, amended)
	return domain.NewFact(domain.FactSubmitted, key, "selvedge", f.Orders.Clock(), s)
}

func (f *Fulfilment) snapshot(o domain.WarehouseOrder) domain.Fact {
	return domain.NewWarehouseOrderFact(o, f.Orders.Clock())
}

// asked counts how often a cancellation of a consignment was asked for or refused.
func asked(facts []domain.Fact, number string) int {
	n := 0
	for _, f := range facts {
		switch f.Kind {
		case domain.FactCancelRequested, domain.FactCancelRefused:
			if c, err := domain.Decode[domain.CancelRefusedFact](f); err == nil && c.Consignment == number {
				n++
			}
		}
	}
	return n
}

func cancelKey(number string, lines []domain.LineQuantity, times int) string {
	data, err := json.Marshal(lines)
	if err != nil {
		panic(fmt.Sprintf("activities: lines cannot fail to marshal: %v", err))
	}
	sum := sha256.Sum256(fmt.Appendf(data, "%s/%d", number, times))
	return number + "-" + hex.EncodeToString(sum[:8])
}

// kindOf names the exception that a refused step opens.
func kindOf(step domain.Step, f *fault.Fault) string {
	switch {
	case step == domain.StepSubmit && f.Kind == fault.Conflict:
		return "order-conflict"
	case step == domain.StepSubmit, step == domain.StepAmend && f.Kind != fault.Conflict:
		return "rejected-by-warehouse"
	case step == domain.StepAmend:
		return "amendment-refused"
	case step == domain.StepCancel:
		return "cancelled-too-late"
	case f.Kind == fault.Unmapped && f.Code == "payment_method":
		return "unmapped:payment-method"
	case step == domain.StepCapture, f.Code == "capture_failed":
		return "capture-failed"
	case f.Code == "ambiguous_shipment":
		return "ambiguous-shipment"
	case f.Code == "shipped_by_hand":
		return "shipped-by-hand"
	case step == domain.StepRelease:
		return "authorisation-release-refused"
	}
	return "write-back-refused"
}

func refusalFact(in contract.StepInput, step domain.Step, fingerprint string, refused *fault.Fault, at time.Time) domain.Fact {
	return refusalOf(in, domain.RefusedFact{
		Step: step, Subject: in.Step.Subject, Fingerprint: fingerprint, System: refused.System,
		Exception: kindOf(step, refused), Problems: problems(refused),
	}, at)
}

// refusalOf is keyed by what was refused and when: the same step may be refused again after an answer.
func refusalOf(in contract.StepInput, r domain.RefusedFact, at time.Time) domain.Fact {
	return domain.NewFact(domain.FactRefused, fmt.Sprintf("refused:%s:%s:%d", r.Step, in.Step.Subject, at.UnixMilli()), r.System, at, r)
}

func problems(f *fault.Fault) []domain.Refusal {
	var out []domain.Refusal
	for _, p := range f.Problems {
		out = append(out, domain.Refusal(p))
	}
	if len(out) == 0 {
		out = append(out, domain.Refusal{Code: f.Code, Message: f.Message})
	}
	return out
}
