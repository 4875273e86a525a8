package console

import (
	"context"
	"slices"
	"time"

	"selvedge/internal/ports"
)

// StockChartsData is what the charts of stock read.
type StockChartsData interface {
	StockWarehouses(ctx context.Context) ([]string, error)
	StockCharts(ctx context.Context, warehouse string, from, to time.Time, window time.Duration) (ports.StockCharted, error)
}

// What the charts of stock span, and the window of one point.
const (
	stockSpan   = 3 * time.Hour
	stockWindow = 5 * time.Minute
)

type stockChartsPage struct {
	Warehouses []stockRoom
}

// stockRoom is one warehouse on the page.
type stockRoom struct {
	ports.StockCharted
	Windows  []ports.StockWindow // one for every five minutes, empty ones too
	Withheld int64               // units
}

func (v *visit) stockCharts() error {
	d := v.c.o.StockCharts
	names, err := d.StockWarehouses(v.ctx())
	if err != nil {
		return err
	}
	to := v.now().UTC().Truncate(stockWindow).Add(stockWindow)
	from := to.Add(-stockSpan)
	var p stockChartsPage
	for _, name := range names {
		charted, err := d.StockCharts(v.ctx(), name, from, to, stockWindow)
		if err != nil {
			return err
		}
		room := stockRoom{StockCharted: charted, Windows: everyWindow(charted.Windows, from, to)}
		for _, s := range charted.Withheld {
			room.Withheld += s.Units
		}
		p.Warehouses = append(p.Warehouses, room)
	}
	return v.show("stock_charts", "How stock does", p)
}

// everyWindow fills the gaps: a window of nothing is shown as such.
func everyWindow(known []ports.StockWindow, from, to time.Time) []ports.StockWindow {
	var all []ports.StockWindow
	for at := from; at.Before(to); at = at.Add(stockWindow) {
		i, found := slices.BinarySearchFunc(known, at, func(w ports.StockWindow, at time.Time) int { return w.From.Compare(at) })
		if found {
			all = append(all, known[i])
			continue
		}
		all = append(all, ports.StockWindow{From: at})
	}
	return all
}
