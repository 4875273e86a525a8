package assembly

import (
	"context"
	"net/http"

	"go.temporal.io/sdk/client"

	"selvedge/internal/console"
	"selvedge/internal/domain"
	"selvedge/internal/preview"
	"selvedge/internal/store"
)

// Console builds the operators' pages, with a connection to Temporal.
func (p *Parts) Console(c client.Client) (*console.Console, error) {
	return console.New(console.Options{
		Accounts: p.Store, Audit: p.Store, Overview: p.Store, Exceptions: p.Store, Triage: p.Store, Orders: p.Store, Rules: p.Store, Resumes: p.Store, Coverage: p.Store, Catalogue: auditor{p.Store}, Stock: stockExplainer{p}, StockCharts: p.Store, Documents: p.Store, Returns: p.Store,
		Preview: previewer{p}, Engine: console.Temporal{Client: c},
		Links: console.Links{TemporalUI: p.Config.Selvedge.TemporalUI, Namespace: namespace(), ShopOrder: p.Config.Selvedge.ShopOrderURL},
		Log:   func(msg string, kv ...any) { p.Log.Sugar().Warnw(msg, kv...) },
	})
}

// previewer is Preview with the bounds that a person at a screen waits for.
type previewer struct{ *Parts }

// PreviewRules implements console.Previewer.
func (p previewer) PreviewRules(ctx context.Context, change []domain.Rule, waiting bool) (preview.Effect, error) {
	o := PreviewOptions{Orders: 5000}
	if waiting {
		o.Orders = 1
	}
	return p.Preview(ctx, change, o)
}

// auditor tells the console what the audit of the catalogue found.
type auditor struct{ *store.Store }

// AuditedItems implements console.CatalogueData.
func (a auditor) AuditedItems(ctx context.Context, state domain.CatalogueState, limit int) ([]console.AuditedItem, error) {
	found, err := a.CatalogueFindings(ctx, store.CatalogueFilter{State: string(state)}, limit)
	var items []console.AuditedItem
	for _, f := range found {
		items = append(items, console.AuditedItem{CatalogueFinding: f.CatalogueFinding, FirstSeen: f.FirstSeen})
	}
	return items, err
}

// Doors serves webhooks and health to machines, and all other addresses to people.
func Doors(webhooks, pages http.Handler) http.Handler {
	doors := http.NewServeMux()
	doors.Handle("/webhooks/", webhooks)
	doors.Handle("/healthz", webhooks)
	doors.Handle("/", pages)
	return doors
}
