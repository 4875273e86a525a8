package books

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/mapping"
)

// Input is all that the documents of an order follow from.
type Input struct {
	Order domain.Order
	Facts []domain.Fact
	// Firm are the order's documents that a ledger has, may have, or that a person
	// dropped, the oldest first: they stay as they are.
	Firm []domain.Document
	// Entity keeps the books; when Missing is set nobody knows which.
	Entity  mapping.Entity
	Missing *domain.Question
}

// Planned is a document that is missing. With a Question it cannot be sent yet and
// waits; nothing else does.
type Planned struct {
	Document domain.Document
	Question *domain.Question
}

// Plan answers the documents that the facts call for and no firm document holds yet:
// desired less firm, per order, shipment, deposit and refund beside any return. What is firm is never changed:
// where the facts say something else now, the difference is a document of its own (a
// change, a reversal, the rest). The same input gives the same keys and content.
//
// Returns have documents of their own, which their workflow makes from CreditLines.
func Plan(in Input) ([]Planned, error) {
	// In the order in which they were told, however they are handed over.
	in.Facts = slices.SortedStableFunc(slices.Values(in.Facts), func(a, b domain.Fact) int { return cmp.Compare(a.Sequence, b.Sequence) })
	progress, err := domain.Derive(in.Order, in.Facts)
	if err != nil {
		return nil, fmt.Errorf("order %s: %w", in.Order.ID, err)
	}
	p := &plan{Input: in, progress: progress}
	p.setDueApart()
	if p.calledOff, err = calledOff(in.Order, in.Facts); err != nil {
		return nil, fmt.Errorf("order %s: %w", in.Order.ID, err)
	}
	if p.ahead, err = takenAhead(in.Order, in.Facts, p.shipped()); err != nil {
		return nil, fmt.Errorf("order %s: %w", in.Order.ID, err)
	}
	if p.acceptedAt = accepted(in.Facts); p.acceptedAt.IsZero() && len(in.Firm) == 0 && len(p.ahead) == 0 && len(in.Order.Payment.Beside()) == 0 {
		return nil, nil
	}
	for _, step := range []func() error{p.salesOrder, p.deposits, p.shipments, p.depositRefund, p.depositUse, p.besideReturns, p.refunds, p.refundsByHand, p.kept} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("order %s: %w", in.Order.ID, err)
		}
	}
	return p.out, nil
}

type plan struct {
	Input
	progress   domain.Progress
	acceptedAt time.Time
	ahead      []taken           // money that came in before the goods left
	calledOff  bool              // nothing more will be sent
	settledDue []domain.Document // refunds that were owed, and that a person has settled otherwise
	out        []Planned
}

// accepted is the earliest instant at which a warehouse is known to have accepted the
// order; zero while none has. A shipment says so too.
func accepted(facts []domain.Fact) (at time.Time) {
	for _, f := range facts {
		yes := f.Kind == domain.FactShipment
		if f.Kind == domain.FactWarehouseOrder {
			w, err := domain.Decode[domain.WarehouseOrder](f)
			yes = err == nil && (w.AfterAcceptance || took(w.Status))
		}
		if yes && (at.IsZero() || f.At.Before(at)) {
			at = f.At
		}
	}
	return at
}

func took(s domain.WarehouseStatus) bool {
	switch s {
	case domain.WarehouseAccepted, domain.WarehouseInProgress, domain.WarehousePartlyShipped, domain.WarehouseShipped:
		return true
	}
	return false
}

// firm are the firm documents of some kinds; of one shipment when it is named.
func (p *plan) firm(shipment string, kinds ...domain.DocumentKind) []domain.Document {
	var found []domain.Document
	for _, d := range p.Firm {
		if slices.Contains(kinds, d.Kind) && (shipment == "" || d.Shipment == shipment) {
			found = append(found, d)
		}
	}
	return found
}

// planned are firm documents and those planned so far.
func (p *plan) all(kinds ...domain.DocumentKind) []domain.Document {
	found := p.firm("", kinds...)
	for _, o := range p.out {
		if slices.Contains(kinds, o.Document.Kind) {
			found = append(found, o.Document)
		}
	}
	return found
}

// add puts a document into the plan; doubt is why its lines could not be worked out.
func (p *plan) add(d domain.Document, sources []string, n int, at time.Time, doubt error) error {
	var err error
	if d.Key, err = domain.NewDocumentKey(d.Kind, n, sources...); err != nil {
		return err
	}
	d.Order, d.Market, d.Country, d.Currency = p.Order.ID, label(p.Order.Market), p.Order.Country, p.Order.Currency
	if d.Reference == "" {
		d.Reference = p.Order.ID.Number
	}
	d.OccurredAt = at.UTC()
	q := p.Missing
	if q == nil {
		Book(&d, p.Entity)
	}
	if q == nil && doubt != nil {
		q = doubtful(p.Order.ID, doubt)
	}
	p.out = append(p.out, Planned{Document: d, Question: q})
	return nil
}

// Book puts a document into an entity's books: its business date is the day in the
// entity's zone on which it happened.
func Book(d *domain.Document, e mapping.Entity) {
	d.Entity, d.EntityRef, d.Rules = e.Code, e.Ref, e.Rules
	d.Date = domain.DateOf(d.OccurredAt, e.Zone)
	d.PostOn, d.Late = d.Date, false
}

// doubtful is finance's question about amounts that do not add up.
func doubtful(id domain.OrderID, doubt error) *domain.Question {
	q := domain.Question{Kind: KindMismatch, Subject: id.String()}
	if f, ok := fault.As(doubt); ok {
		q.Cause = domain.NewCause(KindMismatch, f.Code, id.String())
		q.Problems = []domain.Refusal{{Code: f.Code, Message: f.Message}}
	} else {
		q.Cause = domain.NewCause(KindMismatch, id.String())
		q.Problems = []domain.Refusal{{Code: "unreadable", Message: doubt.Error()}}
	}
	return &q
}

// KindMismatch is the question about amounts of an order or shipment that do not add up.
const KindMismatch = "document-mismatch"

func label(r domain.Ref) string { return cmp.Or(r.Name, r.URI, r.ID) }

// salesOrder plans the sales order, or what has changed since it was made.
func (p *plan) salesOrder() error {
	id := p.Order.ID
	want, doubt := OrderLines(p.Order)
	if p.Order.Status == domain.ShopCancelled && !p.shipped() {
		want, doubt = nil, nil
	}
	made := p.firm("", domain.DocSalesOrder, domain.DocOrderChange)
	if len(made) == 0 {
		if p.acceptedAt.IsZero() || len(want) == 0 && doubt == nil {
			return nil // cancelled before any ledger heard of it
		}
		return p.add(domain.Document{Kind: domain.DocSalesOrder, Lines: want}, []string{id.Store, id.Number}, 0, p.acceptedAt, doubt)
	}
	if len(made[0].Lines) == 0 || doubt != nil && len(made[len(made)-1].Lines) == 0 {
		return nil // dropped while its amounts were in doubt: a person has booked it by hand
	}
	var difference []domain.DocumentLine // none in doubt: nothing is known to have changed
	if doubt == nil {
		if difference = less(want, made); len(difference) == 0 {
			return nil
		}
	}
	change := domain.Document{Kind: domain.DocOrderChange, Lines: difference, Reverses: made[0].Key, Links: []domain.DocumentKey{made[0].Key}}
	return p.add(change, []string{id.Store, id.Number}, len(made), p.changedAt(), doubt)
}

func (p *plan) shipped() bool {
	return slices.ContainsFunc(p.progress.Parcels, func(s domain.ParcelProgress) bool { return !s.Shipment.Voided && len(s.Lines) > 0 })
}

// changedAt is when the content changed last.
func (p *plan) changedAt() time.Time {
	at := p.acceptedAt
	for _, f := range p.Facts {
		if f.Kind == domain.FactContent && f.At.After(at) {
			at = f.At
		}
	}
	if at.IsZero() {
		return p.Order.UpdatedAt
	}
	return at
}

// less is what lines say beyond documents, line by line; lines that agree are left out.
func less(want []domain.DocumentLine, made []domain.Document) []domain.DocumentLine {
	billed := BilledBy(made)
	if len(made) == 0 {
		return want
	}
	var out []domain.DocumentLine
	for _, l := range want {
		b := billed[l.Ref]
		delete(billed, l.Ref)
		if l.Quantity != b.Units || l.Gross != b.Gross || l.Tax != b.Tax {
			out = append(out, signs(l, made[0].Key, l.Quantity-b.Units, l.Gross-b.Gross, l.Tax-b.Tax)...)
		}
	}
	for _, d := range made { // in their order, so that the same input gives the same lines
		for _, l := range d.Lines {
			b, open := billed[l.Ref]
			delete(billed, l.Ref)
			if open && b != (Billed{}) {
				out = append(out, signs(l, d.Key, -b.Units, -b.Gross, -b.Tax)...)
			}
		}
	}
	return out
}

// signs gives a line with other figures. Tax on the other side of zero than gross, or
// above it, as when only a rate has changed, cannot stand on one line: then the line is
// taken back with one, which names its source, and made anew with another.
func signs(l domain.DocumentLine, source domain.DocumentKey, units int, gross, tax int64) []domain.DocumentLine {
	if gross >= 0 && tax >= 0 && tax <= gross || gross < 0 && tax <= 0 && tax >= gross {
		l.Quantity, l.Gross, l.Tax = units, gross, tax
		return []domain.DocumentLine{l}
	}
	made, back := l, l
	back.Ref, back.Quantity, back.Gross, back.Tax = l.Ref, units-l.Quantity, gross-l.Gross, tax-l.Tax
	back.Source = source
	return []domain.DocumentLine{back, made}
}

func keys(documents []domain.Document) []domain.DocumentKey {
	var out []domain.DocumentKey
	for _, d := range documents {
		out = append(out, d.Key)
	}
	return out
}
