package activities

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// documentKeyOf is the key of a plan's document. Documents of a refund go by the refund,
// as they did before a return posted them itself: the first by its key alone.
func documentKeyOf(kind domain.DocumentKind, plan domain.ReturnPlan) (domain.DocumentKey, error) {
	if plan.Kind != domain.PlanPayment {
		return domain.NewDocumentKey(kind, 0, plan.Key)
	}
	n, err := strconv.Atoi(plan.Key[strings.LastIndex(plan.Key, "/")+1:])
	if err != nil {
		n = 1 // it ends in no number
	}
	return domain.NewDocumentKey(kind, n, plan.Of)
}

// pay makes the document of a refund: the payment of the credit memos of its garments,
// or, of a refund that did not go through after all, its reversal.
func pay(doc *domain.Document, order domain.Order, facts []domain.Fact, plan domain.ReturnPlan, memos, refunds []domain.Document) {
	m := order.PaymentMethod
	doc.Method, doc.Payment = cmp.Or(plan.Method, domain.MethodOriginal), cmp.Or(m.Name, m.URI, m.ID)
	line := domain.DocumentLine{Ref: "payment", Kind: domain.DocLinePayment, Gross: plan.Amount}
	for _, m := range memos {
		if credits(facts, m, plan) {
			doc.Links = append(doc.Links, m.Key)
			if line.Source == "" {
				line.Source = m.Key
			}
		}
	}
	first, _ := domain.NewDocumentKey(domain.DocRefund, 0, plan.Of) // a plan of no refund has no document
	for _, r := range refunds {
		if r.Key == first || strings.HasPrefix(string(r.Key), string(first)+"-_n") {
			doc.Links = append(doc.Links, r.Key)
			if plan.Amount < 0 && doc.Reverses == "" && cmp.Or(r.Method, domain.MethodOriginal) == doc.Method {
				doc.Reverses = r.Key
			}
		}
	}
	doc.Lines = []domain.DocumentLine{line}
}

// credits tells whether a memo credits garments whose money a plan pays back.
func credits(facts []domain.Fact, memo domain.Document, refund domain.ReturnPlan) bool {
	for _, f := range facts {
		p, err := domain.Decode[domain.ReturnPlan](f)
		if f.Kind != domain.FactReturnPlanned || err != nil || p.Kind != domain.PlanCredit || p.Key != memo.ReturnRef {
			continue
		}
		return slices.ContainsFunc(p.Garments, func(g string) bool { return slices.Contains(refund.Garments, g) })
	}
	return false
}

// link tells a posted credit memo the shop's returns that it is of. Where its ledger
// cannot be told, memo and return name our reference of the return, and our own record
// holds both ids. A second run tells the same.
//
// A memo that did not wait for the shop was worked out without it: what the shop's return
// comes to is compared now. What differs is finance's, and nothing is posted over it.
func (l ReturnLedger) link(ctx context.Context, r ports.DocumentRecord, facts []domain.Fact, plan domain.ReturnPlan) (domain.ReturnWritten, error) {
	ledger, ok := l.Documents.Ledgers[r.Ledger]
	if !ok {
		return domain.ReturnWritten{}, &fault.Fault{Kind: fault.Misconfigured, System: "selvedge", Op: "link document", Message: fmt.Sprintf("ledger %q is not configured", r.Ledger)}
	}
	if ledger.Capabilities().Relinks {
		if _, err := ledger.Link(ctx, ports.Ref(r.Document), plan.Links); err != nil {
			return domain.ReturnWritten{}, err
		}
	}
	if err := l.Documents.Store.LinkDocument(ctx, r.Document.Key, plan.Links); err != nil {
		return domain.ReturnWritten{}, err
	}
	out := domain.ReturnWritten{Stage: domain.StageLinked, ID: r.Entry.ID, Number: r.Entry.Number, Amount: r.Document.Totals().Gross, Links: linksOf(facts, plan)}
	if r.Document.Return == "" {
		return out, agreesWithShop(facts, plan, out, r.Document.Currency)
	}
	return out, nil
}

// linksOf are the links that a plan was written with so far, and those that it has now.
func linksOf(facts []domain.Fact, plan domain.ReturnPlan) []string {
	var links []string
	for _, f := range facts {
		if w, err := domain.Decode[domain.ReturnWritten](f); f.Kind == domain.FactReturnWritten && err == nil && w.Key == plan.Key {
			links = w.Links
		}
	}
	links = slices.Clone(links)
	for _, id := range plan.Links {
		if !slices.Contains(links, id) {
			links = append(links, id)
		}
	}
	return links
}

// agreesWithShop compares a memo with the returns that hold its garments, and nothing
// but them.
func agreesWithShop(facts []domain.Fact, plan domain.ReturnPlan, memo domain.ReturnWritten, currency string) error {
	var total int64
	var garments, returned []string
	for _, f := range facts {
		p, err := domain.Decode[domain.ReturnPlan](f)
		if f.Kind != domain.FactReturnPlanned || err != nil {
			continue
		}
		switch {
		case p.Key == plan.Key:
			garments = p.Garments
		case p.Kind == domain.PlanShopReturn && slices.Contains(memo.Links, writtenID(facts, p)):
			returned = append(returned, p.Garments...)
		}
	}
	for _, id := range memo.Links {
		worth, known := shopReturnTotal(facts, id)
		if !known {
			return nil
		}
		total += worth
	}
	garments, returned = slices.Sorted(slices.Values(garments)), slices.Sorted(slices.Values(returned))
	if total == memo.Amount || !slices.Equal(garments, returned) {
		return nil // what holds other garments besides cannot be compared
	}
	message := fmt.Sprintf("the credit memo was posted at %s before the shop's return stood, which comes to %s; correct the difference in the books by hand and skip",
		domain.Format(memo.Amount, currency), domain.Format(total, currency))
	return waitsFor(fault.Conflict, ports.CodeTotalsDiffer, message)
}

// writtenID is the id under which a plan stands at the other side.
func writtenID(facts []domain.Fact, plan domain.ReturnPlan) (id string) {
	for _, f := range facts {
		if w, err := domain.Decode[domain.ReturnWritten](f); f.Kind == domain.FactReturnWritten && err == nil && w.Key == plan.Key && w.ID != "" {
			id = w.ID
		}
	}
	return id
}

// otherMethod is a method by which money of a refund went back and nothing of the order
// was paid, as far as the shop names them; empty when there is none.
func otherMethod(p domain.Payment, plan domain.ReturnPlan) string {
	for _, by := range plan.By {
		if !p.PaidBy(by) {
			return by
		}
	}
	return ""
}
