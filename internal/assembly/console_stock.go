package assembly

import (
	"context"
	"encoding/json"
	"time"

	"selvedge/internal/console"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/stock"
)

// stockExplainer tells the console of published stock what the store knows of it.
type stockExplainer struct{ *Parts }

// StockFigures implements console.StockData.
func (p stockExplainer) StockFigures(ctx context.Context, code string) ([]console.StockFigure, error) {
	found, err := p.Store.StockWhy(ctx, "", code)
	if err != nil {
		return nil, err
	}
	var figures []console.StockFigure
	for _, e := range found {
		f := console.StockFigure{Warehouse: e.Warehouse, FeedAsOf: e.FeedAsOf}
		if e.Level != nil {
			f.SKU, f.Doubt = e.Level.Record.SKU, e.Level.Doubt
		}
		if known := e.Figure; known != nil {
			f.SKU, f.ShopSKU, f.Figure, f.Offered, f.Held, f.ComputedAt = known.SKU, known.ShopSKU, known.Figure, known.Offered, known.Held, known.At
			var why stock.Figure
			if json.Unmarshal(known.Terms, &why) == nil && len(why.Terms) > 0 {
				f.Why = &why
			}
		}
		for _, published := range e.Published {
			f.Published = append(f.Published, console.StockPublished{At: published.PublishedAt, AsOf: published.AsOf, Figure: published.Figure, Difference: published.Difference})
		}
		for _, x := range e.Exceptions {
			q := domain.Question{Kind: x.Kind, Cause: x.Cause, Step: x.Step, Subject: x.Subject, Problems: x.Problems}
			f.Open = append(f.Open, exceptions.Describe(q).What)
		}
		figures = append(figures, f)
	}
	return figures, nil
}

// StockStandings implements console.StockData.
func (p stockExplainer) StockStandings(ctx context.Context) ([]console.StockStanding, error) {
	warehouses, err := p.Store.StockWarehouses(ctx)
	if err != nil {
		return nil, err
	}
	var standings []console.StockStanding
	now := time.Now()
	for _, w := range warehouses {
		c, err := p.Store.StockCharts(ctx, w, now.Add(-time.Hour), now, time.Hour)
		if err != nil {
			return nil, err
		}
		standings = append(standings, console.StockStanding{Warehouse: w, AsOf: c.AsOf, Items: c.Items, Due: c.Due})
	}
	return standings, nil
}
