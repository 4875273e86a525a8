package activities

import (
	"context"
	"slices"

	"selvedge/internal/books"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// within holds a memo against what was invoiced, whatever computed it: more is never
// credited, neither of a line nor of the order.
func within(doc domain.Document, records []ports.DocumentRecord) error {
	if doc.Kind != domain.DocCreditMemo {
		return nil
	}
	var invoices, memos []domain.Document
	for _, r := range records {
		switch {
		case r.Document.Kind == domain.DocInvoice && r.Status != domain.DocumentDropped:
			invoices = append(invoices, r.Document)
		case r.Document.Kind == domain.DocCreditMemo && r.Document.Key != doc.Key && !books.Goodwill(r.Document): // which gives way
			memos = append(memos, r.Document)
		}
	}
	return books.Creditable(invoices, memos, doc.Lines)
}

// unmoved sees that what a memo was worked out from is what was posted: until then an
// invoice may be derived anew under its key, and is worth something else.
func (l ReturnLedger) unmoved(ctx context.Context, doc domain.Document, records []ports.DocumentRecord) error {
	if doc.Kind != domain.DocCreditMemo {
		return nil
	}
	now, err := l.Documents.Store.OrderDocuments(ctx, doc.Order)
	if err != nil {
		return err
	}
	for _, r := range records {
		if !slices.Contains(doc.Links, r.Document.Key) {
			continue
		}
		if !slices.ContainsFunc(now, func(n ports.DocumentRecord) bool {
			return n.Document.Key == r.Document.Key && n.Document.Fingerprint() == r.Document.Fingerprint()
		}) {
			return &fault.Fault{
				Kind: fault.Unavailable, System: "selvedge", Op: "record return", Code: ports.CodeBooksMoved,
				Message: "document " + string(r.Document.Key) + " was derived anew before it was posted; the memo is worked out anew",
			}
		}
	}
	return nil
}
