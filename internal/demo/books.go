package demo

import (
	"context"
	"fmt"
	"time"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// mostCounted bounds what is read for one line on the final page.
const mostCounted = 100_000

// mostTold is how many of the documents that wait are told in full.
const mostTold = 5

// books says what finance has of the day and where to find it.
func (w *world) books() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	documents, err := w.parts.Store.Documents(ctx, ports.DocumentFilter{}, mostCounted)
	if err != nil || len(documents) == 0 {
		return // the page is about orders; the documents' own schedule tells what is wrong
	}
	posted, waiting, coming, invoiced := 0, []string(nil), 0, map[string]int64{}
	for _, r := range documents {
		switch {
		case r.Status == domain.DocumentPosted:
			posted++
			if r.Document.Kind == domain.DocInvoice {
				invoiced[r.Document.Entity+" "+r.Document.Currency] += r.Document.Totals().Gross
			}
		case len(r.Problems) > 0:
			waiting = append(waiting, r.Problems[0].Message)
		case r.Cause != "":
			waiting = append(waiting, r.Cause+": "+string(r.Document.Key))
		case r.Status != domain.DocumentDropped:
			coming++
		}
	}
	rest := ""
	if coming > 0 {
		rest += fmt.Sprintf("; to follow: %d", coming)
	}
	if len(waiting) > 0 {
		rest += fmt.Sprintf("; waiting for an answer: %d", len(waiting))
	}
	fmt.Fprintf(w.o.Out, "\nFor finance: %d documents, %d of them posted%s.\n", len(documents), posted, rest)
	for _, problem := range waiting[:min(len(waiting), mostTold)] {
		fmt.Fprintf(w.o.Out, "  - %s\n", problem)
	}
	if more := len(waiting) - mostTold; more > 0 {
		fmt.Fprintf(w.o.Out, "  and %d more: `starter documents list --open` names them\n", more)
	}
	t := w.table("entity", "invoiced")
	for _, key := range sortedKeys(invoiced) {
		var entity, currency string
		if _, err := fmt.Sscan(key, &entity, &currency); err == nil {
			t.AppendRow([]any{entity, domain.Format(invoiced[key], currency)})
		}
	}
	t.Render()
	if !w.o.Exit {
		fmt.Fprintf(w.o.Out, "  env $(cat %s) %s documents list\n  env $(cat %s) %s documents export ATELIER-UK\n", w.environmentFile(), starter(), w.environmentFile(), starter())
	}
}
