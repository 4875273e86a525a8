package activities

import (
	"context"
	"fmt"
	"slices"
	"time"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// orphanSystem is the system under which the exceptions of a return without an order are kept.
func orphanSystem(in contract.ReturnInput) string { return in.WorkflowID() }

// ownerAgain is how often a return without an order looks whether its order is known by now.
const ownerAgain = time.Hour

// assessOrphan looks at a return whose order nobody knows: it asks whose it is, and is
// settled once somebody has said so, or that it is nobody's.
func (r *Returns) assessOrphan(ctx context.Context, in contract.AssessReturnInput) (contract.ReturnAssessment, error) {
	warehouse, id := in.Return.Warehouse, in.Return.ReturnID
	fail := func(err error) (contract.ReturnAssessment, error) {
		return contract.ReturnAssessment{}, toTemporal(fmt.Errorf("assess return %s of %s: %w", id, warehouse, err), 0)
	}
	if len(in.Answers) > 0 {
		if _, err := r.Store.TakeOrphan(ctx, ports.OrphanReturn{Warehouse: warehouse, ID: id, Facts: returnAnswers(in)}, in.At); err != nil {
			return fail(err)
		}
	}
	o, err := r.Store.Orphan(ctx, warehouse, id)
	if err != nil {
		return fail(err)
	}
	a := contract.ReturnAssessment{Sequence: int64(len(o.Facts)), Garments: orphanGarments(o), Owner: o.Owner}
	owner, known, problem, err := r.ownerOf(ctx, o)
	if err != nil {
		return fail(err)
	}
	q := orphanQuestion(in.Return, o, problem)
	answer, asked := settling(o.Facts)
	switch {
	case known:
		a.Owner, a.Settled = owner, true
	case asked && answer.Action == string(contract.ActionSkip), o.Owner != domain.OrderID{}:
		a.Settled = true
	default:
		a.Questions, a.WakeAt = []domain.Question{q}, in.At.Add(ownerAgain)
	}
	if a.Settled {
		return a, r.orphanAnswered(ctx, in.Return, q, answer)
	}
	kind, _ := exceptions.Lookup(q.Kind)
	if err := r.Exceptions.OpenSystemException(ctx, ports.ExceptionRecord{
		System: orphanSystem(in.Return), Kind: q.Kind, Cause: q.Cause, Owner: string(kind.Owner), Severity: string(kind.Severity),
		Subject: q.Subject, Problems: q.Problems, OpenedAt: o.ToldAt,
	}); err != nil {
		return fail(err)
	}
	return a, nil
}

func (r *Returns) orphanAnswered(ctx context.Context, in contract.ReturnInput, q domain.Question, answer domain.AnswerFact) error {
	by := answer.By
	if by == "" {
		by = "selvedge"
	}
	if err := r.Exceptions.ResolveSystemException(ctx, orphanSystem(in), q.Cause, by, r.Orders.Clock()); err != nil {
		return toTemporal(fmt.Errorf("resolve the exception of %s: %w", in.WorkflowID(), err), 0)
	}
	return nil
}

func orphanQuestion(in contract.ReturnInput, o ports.OrphanReturn, problem string) domain.Question {
	message := "goods came back, and the warehouse names no order"
	if o.Consignment != "" {
		message = "goods came back for order " + o.Consignment + " of the warehouse, which is none of ours"
	}
	if slices.ContainsFunc(o.Facts, func(f domain.Fact) bool { return f.Kind == domain.FactAdjustment }) {
		message = "garments were written off that belong to no order we know"
	}
	if problem != "" {
		message += "; " + problem
	}
	return domain.Question{
		Kind: "return-without-order", Subject: in.ReturnID, Cause: domain.NewCause("return-without-order", in.Warehouse, in.ReturnID),
		Problems: []domain.Refusal{{Code: "order_unknown", Value: o.Consignment, Message: message}},
	}
}

// ownerOf finds the order of an orphan: as a person says, else as the warehouse does.
func (r *Returns) ownerOf(ctx context.Context, o ports.OrphanReturn) (owner domain.OrderID, known bool, problem string, err error) {
	if answer, ok := settling(o.Facts); ok && answer.Override["order"] != "" {
		owner, err := domain.ParseOrderID(answer.Override["order"])
		if err != nil {
			return owner, false, err.Error(), nil
		}
		_, err = r.Orders.Store.Load(ctx, owner)
		if fault.Is(err, fault.NotFound) {
			return owner, false, "order " + owner.String() + " is not known either", nil
		}
		return owner, err == nil, "", err
	}
	if owner, known, err = r.Store.OwnerOf(ctx, o.Warehouse, o.Consignment); err != nil || known {
		return owner, known, "", err
	}
	// The warehouse may have named the order with one word of the return and not with another.
	owner, known, err = r.Store.ReturnOwner(ctx, o.Warehouse, o.ID)
	return owner, known, "", err
}

// settling is the newest answer that says something of the order, or that there is none.
func settling(facts []domain.Fact) (answer domain.AnswerFact, ok bool) {
	for _, f := range facts {
		a, err := domain.Decode[domain.ReturnAnswer](f)
		if f.Kind == domain.FactReturnAnswered && err == nil && (a.Action == string(contract.ActionSkip) || a.Override["order"] != "") {
			answer, ok = a.AnswerFact, true
		}
	}
	return answer, ok
}

func orphanGarments(o ports.OrphanReturn) []contract.ReturnGarment {
	var garments []contract.ReturnGarment
	for _, f := range o.Facts {
		c, err := domain.Decode[domain.ReturnConfirmation](f)
		if f.Kind != domain.FactReturnConfirmation || err != nil {
			continue
		}
		garments = nil // the newest revision holds them all
		for _, u := range c.Units {
			garments = append(garments, contract.ReturnGarment{ID: u.Ref, SKU: u.SKU, Disposition: u.Disposition, Final: u.Final, Grade: u.Grade})
		}
	}
	return garments
}

// closeOrphan hands an orphan's facts to its order and closes it. Both can run twice:
// the same facts are the same, and settling a settled one is success.
func (r *Returns) closeOrphan(ctx context.Context, in contract.CloseReturnInput) (bool, error) {
	warehouse, id := in.Return.Warehouse, in.Return.ReturnID
	if in.Owner != (domain.OrderID{}) {
		o, err := r.Store.Orphan(ctx, warehouse, id)
		if err != nil {
			return false, err
		}
		facts := slices.DeleteFunc(slices.Clone(o.Facts), func(f domain.Fact) bool { return f.Kind == domain.FactReturnAnswered })
		if int64(len(o.Facts)) <= in.Sequence {
			if _, err := r.Keep.AppendForConsignment(ctx, warehouse, "", in.Owner.String(), facts, true); err != nil {
				return false, err
			}
			if err := r.Wake(ctx, in.Owner); err != nil {
				return false, err
			}
		}
	}
	return r.Store.SettleOrphan(ctx, warehouse, id, in.Sequence, in.Owner, r.Orders.Clock())
}
