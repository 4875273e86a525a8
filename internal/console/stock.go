package console

import (
	"context"
	"strings"
	"time"

	"selvedge/internal/stock"
)

// StockData explains published figures.
type StockData interface {
	// StockFigures explains an item by any of its codes, in each warehouse; unknown is none.
	StockFigures(ctx context.Context, code string) ([]StockFigure, error)
	// StockStandings says how far each warehouse's feed was read.
	StockStandings(ctx context.Context) ([]StockStanding, error)
}

// StockFigure is one item in one warehouse: what may be sold, and why.
type StockFigure struct {
	Warehouse, SKU, ShopSKU string
	Figure, Offered         int
	Held, Doubt             string // why the difference is not written; what is wrong with the record
	ComputedAt, FeedAsOf    time.Time
	Why                     *stock.Figure // nil while nobody has looked at it
	Published               []StockPublished
	Open                    []string // open questions in plain words
}

// StockPublished is a figure that the shop took.
type StockPublished struct {
	At, AsOf           time.Time
	Figure, Difference int
}

// StockStanding is how one warehouse's stock stands.
type StockStanding struct {
	Warehouse  string
	AsOf       time.Time // of the newest feed
	Items, Due int64     // known; waiting to be looked at or written
}

type stockPage struct {
	Code      string
	Figures   []StockFigure
	Standings []StockStanding
}

func (v *visit) stock() error {
	p := stockPage{Code: strings.TrimSpace(v.r.URL.Query().Get("code"))}
	var err error
	if p.Standings, err = v.c.o.Stock.StockStandings(v.ctx()); err != nil {
		return err
	}
	if p.Code != "" {
		if p.Figures, err = v.c.o.Stock.StockFigures(v.ctx(), p.Code); err != nil {
			return err
		}
	}
	return v.show("stock", "Stock", p)
}
