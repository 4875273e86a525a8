package demo

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"selvedge/internal/books"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/systems/csvledger"
)

// booksPage is how many entries of the books are read at once.
const booksPage = 1000

// saveBooks writes what is posted in all entities' books, as finance exports it. Unlike
// an export it marks nothing, so that the day can be saved again.
func (w *world) saveBooks(path string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	rules, err := w.parts.Store.Rules(ctx)
	if err != nil {
		return fmt.Errorf("read the entities of the books: %w", err)
	}
	var all []ports.BookEntry
	now := domain.DateOf(time.Now(), time.UTC)
	for _, entity := range entities(rules) {
		// A day's documents are of this month, or of the one before or after by the entity's zone.
		before := domain.DateOf(time.Now().AddDate(0, 0, -27), time.UTC).Period()
		for period := before; period <= now.Period().Next(); period = period.Next() {
			for after := domain.DocumentKey(""); ; {
				page, err := w.parts.Store.PostedEntries(ctx, entity, period, after, booksPage)
				if err != nil {
					return fmt.Errorf("read the books of %s: %w", entity, err)
				}
				all = append(all, page...)
				if len(page) < booksPage {
					break
				}
				after = page[len(page)-1].Document.Key
			}
		}
	}
	var text bytes.Buffer
	if err := csvledger.WriteCSV(&text, all); err != nil {
		return err
	}
	return writeFile(path, text.Bytes())
}

// owed is what finance is asked to give back, by order.
func (w *world) owed() (map[string]int64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, filter := map[string]int64{}, ports.DocumentFilter{Kind: domain.DocRefund, Unposted: true}
	for {
		page, err := w.parts.Store.Documents(ctx, filter, booksPage)
		if err != nil {
			return nil, fmt.Errorf("read what is owed: %w", err)
		}
		for _, r := range page {
			if r.Cause == domain.NewCause(books.KindRefundDue, r.Document.Order.String()) {
				out[r.Document.Order.String()] += r.Document.Totals().Gross
			}
			filter.After = r.Document.Key
		}
		if len(page) < booksPage {
			return out, nil
		}
	}
}

// entities are the ledger's ids of all entities that rules name.
func entities(rules []domain.Rule) (refs []string) {
	seen := map[string]bool{}
	for _, r := range rules {
		if r.Table == domain.RuleEntity && r.To != "" && !seen[r.To] {
			seen[r.To] = true
			refs = append(refs, r.To)
		}
	}
	return refs
}
