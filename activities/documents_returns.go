package activities

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"selvedge/internal/books"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
)

// ReturnLedger brings the documents of returns into the books, one plan of a return at
// a time: what came back, what is credited, what is written off, what is another item.
// It is no set of activities itself; a return's own activity calls it.
type ReturnLedger struct{ Documents *Documents }

// RecordReturn brings the document of a plan one step further and says how far it has
// come. A second run finds the document under the plan's key: what a ledger may have is
// answered as it stands, never worked out anew. What the document builds on is posted
// first; when that waits for finance the plan is refused, and tried again by a retry.
func (l ReturnLedger) RecordReturn(ctx context.Context, order domain.Order, facts []domain.Fact, plan domain.ReturnPlan) (domain.ReturnWritten, error) {
	kind, ok := map[domain.PlanKind]domain.DocumentKind{
		domain.PlanReceipt: domain.DocReceipt, domain.PlanCredit: domain.DocCreditMemo,
		domain.PlanWriteOff: domain.DocWriteOff, domain.PlanTransfer: domain.DocRegrade, domain.PlanPayment: domain.DocRefund,
	}[plan.Kind]
	if !ok {
		return domain.ReturnWritten{}, waitsFor(fault.Invalid, "kind_unsupported", "a return has no document of kind "+string(plan.Kind))
	}
	key, err := documentKeyOf(kind, plan)
	if err != nil {
		return domain.ReturnWritten{}, err
	}
	if other, same := saidSame(facts, plan); same {
		return l.standsFor(ctx, order, plan, key, other)
	}
	standing, err := l.Documents.Store.Document(ctx, key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return domain.ReturnWritten{}, err
	}
	if err != nil || !standing.Firm() {
		// A garment that was written off outside of any return answers with that document.
		if standing, err = l.prepare(ctx, order, facts, plan, kind, key); err != nil {
			return domain.ReturnWritten{}, err
		}
	}
	if standing.Status == domain.DocumentPosted && plan.Kind == domain.PlanCredit && len(plan.Links) > 0 {
		return l.link(ctx, standing, facts, plan)
	}
	return l.bring(ctx, standing, plan)
}

// prepare writes the document of a plan down, after what it builds on was posted.
func (l ReturnLedger) prepare(ctx context.Context, order domain.Order, facts []domain.Fact, plan domain.ReturnPlan, kind domain.DocumentKind, key domain.DocumentKey) (ports.DocumentRecord, error) {
	d := l.Documents
	rules, err := d.Store.Rules(ctx)
	if err != nil {
		return ports.DocumentRecord{}, err
	}
	index := mapping.New(rules)
	if err := d.book(ctx, order.ID, index, newestRule(rules)); err != nil {
		return ports.DocumentRecord{}, err
	}
	records, err := d.Store.OrderDocuments(ctx, order.ID)
	if err != nil {
		return ports.DocumentRecord{}, err
	}
	var firm []domain.Document
	for _, r := range records {
		if r.Firm() {
			firm = append(firm, r.Document)
		}
	}
	entity, missing := d.entity(order, firm, index)
	if missing != nil {
		return ports.DocumentRecord{}, &fault.Fault{
			Kind: fault.Unmapped, System: systemOf(*missing), Op: "record return", Code: ports.CodeEntityUnknown, Message: missing.Problems[0].Message,
			Problems: []fault.Problem{{Code: ports.CodeEntityUnknown, Field: missing.Problems[0].Field, Value: missing.Problems[0].Value, Message: missing.Problems[0].Message}},
		}
	}
	doc := domain.Document{
		Key: key, Kind: kind, Order: order.ID, Return: plan.ShopID, ReturnRef: plan.Key, Reference: order.ID.Number, Market: order.Market.Name, Country: order.Country,
		Currency: order.Currency, OccurredAt: plan.At.UTC(), Memo: "return " + plan.Key,
	}
	if plan.ShopID != "" {
		doc.Reference = plan.ShopID
	}
	books.Book(&doc, entity)
	if i := slices.IndexFunc(records, func(r ports.DocumentRecord) bool {
		return plan.Kind == domain.PlanPayment && plan.Amount > 0 && books.ByHand(r.Document, plan.ShopID)
	}); i >= 0 {
		return records[i], nil // a person paid it while the return was closed: that is booked, and once
	}
	if err := fill(&doc, order, facts, plan, records, entity); err != nil {
		return ports.DocumentRecord{}, err
	}
	if err := within(doc, records); err != nil {
		return ports.DocumentRecord{}, err
	}
	if err := l.postFirst(ctx, records, doc.Links); err != nil {
		return ports.DocumentRecord{}, err
	}
	if err := l.unmoved(ctx, doc, records); err != nil {
		return ports.DocumentRecord{}, err
	}
	planned := ports.PlannedDocument{Document: doc, Ledger: entity.Ledger, Held: true}
	if kind == domain.DocWriteOff {
		return l.writeOff(ctx, facts, plan, planned)
	}
	for _, r := range records {
		planned.Beside = append(planned.Beside, r.Document.Key)
	}
	if err := d.Store.AddDocuments(ctx, []ports.PlannedDocument{planned}, d.Clock()); err != nil {
		return ports.DocumentRecord{}, err
	}
	return d.Store.Document(ctx, key)
}

// writeOff keeps the write-off of a garment once. One that was told outside of the order
// answers with that document; one that may have been is finance's, who tell by override
// that it is another garment, or by skip that it is not.
func (l ReturnLedger) writeOff(ctx context.Context, facts []domain.Fact, plan domain.ReturnPlan, planned ports.PlannedDocument) (ports.DocumentRecord, error) {
	d, key := l.Documents, planned.Document.Key
	if planned.Distinct = saidYes(facts, domain.NewCause(domain.KindWriteOffDoubtful, "selvedge", plan.Key)); planned.Distinct {
		planned.Document.Extra[domain.ExtraDistinct] = "yes"
	}
	booked, err := d.Store.BookWriteOff(ctx, planned, 0, d.Clock())
	if err != nil {
		return ports.DocumentRecord{}, err
	}
	if booked.Doubt != "" {
		p := doubtful(plan.Key, planned.Document, booked.Doubt).Problems[0]
		return ports.DocumentRecord{}, &fault.Fault{
			Kind: fault.Rejected, System: "selvedge", Op: "record return", Code: p.Code, Message: p.Message,
			Problems: []fault.Problem{{Code: p.Code, SKU: p.SKU, Value: p.Value, Message: p.Message}},
		}
	}
	return d.Store.Document(ctx, cmp.Or(booked.Other, key))
}

// saidYes tells whether the newest answer to a cause is to write the garment off.
func saidYes(facts []domain.Fact, cause string) (yes bool) {
	for _, f := range facts {
		if f.Kind != domain.FactReturnAnswered {
			continue
		}
		if a, err := domain.Decode[domain.ReturnAnswer](f); err == nil && a.Cause == cause && len(a.Override) > 0 {
			yes = a.Override["writeOff"] == "yes"
		}
	}
	return yes
}

// fill gives the document its lines and what it builds on.
func fill(doc *domain.Document, order domain.Order, facts []domain.Fact, plan domain.ReturnPlan, records []ports.DocumentRecord, entity mapping.Entity) error {
	of := func(kind domain.DocumentKind) (found []domain.Document) {
		for _, r := range records {
			// A memo that a person dropped was booked by hand: its units are credited all the same.
			if r.Document.Kind == kind && r.Document.Key != doc.Key && (r.Status != domain.DocumentDropped || kind == domain.DocCreditMemo) {
				found = append(found, r.Document)
			}
		}
		return found
	}
	for _, o := range of(domain.DocSalesOrder) {
		doc.Links = append(doc.Links, o.Key)
	}
	goods := func(quantity int) (lines []domain.DocumentLine) {
		for _, l := range plan.Lines {
			i := slices.IndexFunc(order.Lines, func(o domain.Line) bool { return o.ID == l.Line })
			line := domain.DocumentLine{Ref: l.Line, Kind: domain.DocLineGoods, Quantity: l.Quantity * quantity, Disposition: plan.Reason}
			if i >= 0 {
				line.SKU = order.Lines[i].SKU
			}
			lines = append(lines, line)
		}
		return lines
	}
	switch doc.Kind {
	case domain.DocRefund:
		if by := otherMethod(order.Payment, plan); by != "" {
			return waitsFor(fault.Rejected, books.CodeRefundMethod, fmt.Sprintf("%s of return %s went back by %q, and nothing of the order was paid by that: book it by hand and skip",
				domain.Format(plan.Amount, order.Currency), plan.ShopID, by))
		}
		pay(doc, order, facts, plan, of(domain.DocCreditMemo), of(domain.DocRefund))
	case domain.DocReceipt:
		doc.Lines, doc.Warehouse = goods(1), plan.Warehouse
	case domain.DocCreditMemo:
		invoices := of(domain.DocInvoice)
		rather := invoiceOf(facts, invoices, plan)
		var wanted []books.Wanted
		for _, l := range plan.Lines {
			wanted = append(wanted, books.Wanted{Ref: l.Line, Units: l.Quantity, Rather: rather})
		}
		lines, err := books.MemoLines(order, invoices, of(domain.DocCreditMemo), wanted, shopReturnOf(facts, plan))
		if err != nil {
			return err
		}
		doc.Lines = lines
		for _, l := range lines {
			if l.Source != "" && !slices.Contains(doc.Links, l.Source) {
				doc.Links = append(doc.Links, l.Source)
			}
		}
	default:
		line := domain.DocumentLine{Ref: plan.Key, Kind: domain.DocLineGoods, SKU: plan.SKU, Quantity: -1, Disposition: plan.Reason, From: plan.SKU, To: plan.ToSKU}
		if doc.Kind == domain.DocRegrade {
			line.Quantity = 1
		} else {
			line.From = ""
			doc.Warehouse, doc.Return, doc.Extra = plan.Warehouse, plan.ReturnID, map[string]string{}
			for name, value := range map[string]string{domain.ExtraSerial: plan.Serial, domain.ExtraReturn: plan.ReturnID, domain.ExtraAdjustment: plan.Adjustment} {
				if value != "" {
					doc.Extra[name] = value
				}
			}
		}
		// The ledger's costing decides what a garment is worth in stock; what the warehouse
		// says of it is kept beside, where the entity books that currency.
		if plan.UnitCost > 0 && slices.Contains(entity.Currencies, plan.Currency) {
			doc.Currency, line.Gross = plan.Currency, -plan.UnitCost
		} else if doc.Kind == domain.DocWriteOff {
			doc.Memo += "; " + books.NoCost(plan.UnitCost, plan.Currency)
		}
		doc.Lines = []domain.DocumentLine{line}
	}
	return nil
}

// postFirst posts what a document builds on, in order. What waits for finance there is
// told as a refusal of this one.
func (l ReturnLedger) postFirst(ctx context.Context, records []ports.DocumentRecord, links []domain.DocumentKey) error {
	for _, r := range records {
		key := r.Document.Key
		if r.Status.Settled() || r.Held || !slices.Contains(links, key) && !builtOn(records, links, key) {
			continue
		}
		at, err := l.Documents.postOne(ctx, key)
		if err != nil {
			return err
		}
		switch at.Status {
		case domain.DocumentPosted, domain.DocumentDropped:
		case domain.DocumentPaused, domain.DocumentRejected:
			return waitsFor(fault.Rejected, "document_waits", fmt.Sprintf("document %s has to be posted first and waits for finance: %s", key, at.Question.Cause))
		default:
			return &fault.Fault{Kind: fault.Unavailable, System: r.Ledger, Op: "record return", Message: "document " + string(key) + " has to be posted first and has no outcome yet"}
		}
	}
	return nil
}

// builtOn tells whether one of the documents in links builds on the key.
func builtOn(records []ports.DocumentRecord, links []domain.DocumentKey, key domain.DocumentKey) bool {
	return slices.ContainsFunc(records, func(r ports.DocumentRecord) bool {
		return slices.Contains(links, r.Document.Key) && slices.Contains(r.Document.Links, key)
	})
}

// bring posts the document and says how far it has come.
func (l ReturnLedger) bring(ctx context.Context, r ports.DocumentRecord, plan domain.ReturnPlan) (domain.ReturnWritten, error) {
	at, err := l.Documents.postOne(ctx, r.Document.Key)
	if err != nil {
		return domain.ReturnWritten{}, err
	}
	out := domain.ReturnWritten{Stage: domain.StageDone, ID: at.ID, Number: at.Number, Amount: r.Document.Totals().Gross}
	if plan.ShopID != "" {
		out.Links = []string{plan.ShopID}
	}
	switch at.Status {
	case domain.DocumentPosted:
		return out, nil
	case domain.DocumentDropped:
		out.Detail = "dropped by a person: it is not to be posted"
		return out, nil
	case domain.DocumentRejected, domain.DocumentPaused:
		f := &fault.Fault{Kind: fault.Rejected, System: r.Ledger, Op: "record return", Code: kindOfCause(at.Question.Cause), Message: "document " + string(r.Document.Key) + " was refused"}
		for _, p := range at.Question.Problems {
			f.Problems = append(f.Problems, fault.Problem{Code: p.Code, Field: p.Field, Line: p.Line, SKU: p.SKU, Value: p.Value, Message: p.Message})
		}
		return domain.ReturnWritten{}, f
	}
	return domain.ReturnWritten{}, &fault.Fault{Kind: fault.Uncertain, System: r.Ledger, Op: "record return", Message: "document " + string(r.Document.Key) + " has no outcome yet; it is looked up by its key"}
}

func waitsFor(kind fault.Kind, code, message string) *fault.Fault {
	return &fault.Fault{Kind: kind, System: "selvedge", Op: "record return", Code: code, Message: message, Problems: []fault.Problem{{Code: code, Message: message}}}
}

// systemOf is whose value a question about a missing rule is about, as its cause says: so
// a return's document waits on the same cause as those of orders that miss the rule.
func systemOf(q domain.Question) string {
	system, _, _ := strings.Cut(strings.TrimPrefix(q.Cause, q.Kind+":"), ":")
	return system
}
