package main

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/stock"
)

func TestAFigureExplainsItself(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	figure := stock.NewPolicy("leeds", nil).Decide(stock.Input{
		Warehouse: "leeds", SKU: "COAT",
		Held:  stock.Held{Version: 9, ChangedAt: now, AsOf: now.Add(-2 * time.Minute), Quantities: []domain.StatusUnits{{Status: "available", Units: 5}, {Status: "in_refurbishment", Units: 7}}},
		Lines: []stock.Line{{Order: domain.OrderID{Store: "atelier", Number: "10023"}, Line: "1", Allocated: 2}},
		Shop:  domain.SizeStock{Size: "77", Physical: 8, FreeToAllocate: 6}, ShopAt: now.Add(-time.Minute),
	})
	require.Equal(t, 3, figure.Target)
	terms, err := json.Marshal(figure)
	require.NoError(t, err)
	known := ports.StockExplained{
		Warehouse: "leeds", Level: &ports.StockLevel{Record: domain.InventoryRecord{SKU: "COAT"}},
		Figure:    &ports.StockFigure{SKU: "COAT", SizeID: "77", ShopSKU: "COAT-NAVY-38", Figure: figure.Target, Offered: figure.Free, At: now.Add(-time.Minute), Terms: terms},
		Published: []ports.StockPublication{{Nth: 2, Figure: 3, Difference: -3, AsOf: now, PublishedAt: now}},
	}
	for name, tt := range map[string]struct {
		known ports.StockExplained
		want  []string
	}{
		"with its terms, the orders behind them and what was published": {known, []string{
			"COAT (COAT-NAVY-38 in the shop) in leeds: 3 can be sold; the shop offered 6 when it was read, 1 min ago.",
			"7 in_refurbishment", "unseen", "2 min", "atelier/10023 line 1: 2 units promised, 0 taken by the warehouse; the warehouse has not got it", "-3",
		}},
		"that was never looked at": {ports.StockExplained{Warehouse: "leeds", Level: &ports.StockLevel{Record: domain.InventoryRecord{SKU: "COAT"}}}, []string{
			"COAT in leeds: nobody has looked at it yet.", "No figure was ever written",
		}},
		"whose size nobody knows": {ports.StockExplained{Warehouse: "leeds", Figure: &ports.StockFigure{SKU: "COAT", Held: "unknown-size", At: now}}, []string{
			"COAT in leeds: no figure, unknown-size.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			explain(&out, shownOf(tt.known), now)
			for _, want := range tt.want {
				require.Contains(t, out.String(), want)
			}
		})
	}
	text, err := json.Marshal(shownOf(known))
	require.NoError(t, err)
	require.Contains(t, string(text), `"why":{`)
	require.Contains(t, string(text), `"promises":[{"order"`)
}

func TestAPassIsSaidInOneLine(t *testing.T) {
	t.Parallel()
	line := ranIn(ranStock{"leeds", contract.StockResult{Records: 12, Changed: 3, Looked: 4, Lowered: 2, Raised: 1, Mutations: 2, Drifted: 1, Waiting: 5, Hold: "feed-stale"}}, true)
	for _, want := range []string{"leeds: 12 records read", "3 changed", "2 lowered, 1 raised in 2 mutations", "1 drifted", "5 wait for a later pass", "nothing was raised: feed-stale"} {
		require.Contains(t, line, want)
	}
	require.Contains(t, ranIn(ranStock{Warehouse: "leeds"}, false), "stock show")
}

func TestStockIsSummedUp(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	summarise(&out, ports.StockCharted{
		Warehouse: "leeds", AsOf: now.Add(-3 * time.Second), Items: 7, Due: 1,
		Windows:  []ports.StockWindow{{Publications: 5, Mutations: 1, LagP95: 1200 * time.Millisecond}},
		Withheld: []ports.StockStatusUnits{{Status: "photo", Units: 4, Items: 2}},
		Exposed:  []ports.StockExposed{{SKU: "COAT", Units: 2, UnitSeconds: 60, Covered: 2}},
	}, time.Hour, now)
	for _, want := range []string{"leeds: 7 items, as of 3 s ago; 1 figures are due", "5 figures published in 1 mutation", "1.2s", "4 units of 2 items are photo, a status that we do not know", "2 units of COAT, 60 unit-seconds; a buffer of 2"} {
		require.Contains(t, out.String(), want)
	}
}
