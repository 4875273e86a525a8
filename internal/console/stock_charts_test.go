package console_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

func TestStockShowsHowItDoes(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.as(t, "vera")
	require.Contains(t, b.get(t, "/stock/charts").body, "No inventory was read yet.")

	feed, held, err := d.store.AcquireStock(within(t), "leeds", "test", time.Minute)
	require.NoError(t, err)
	require.True(t, held)
	l, now := feed.StockLease, d.clock()
	record := domain.InventoryRecord{SKU: "COAT<b>", Version: 1, ChangedAt: now, Quantities: []domain.StatusUnits{{Status: "available", Units: 5}}}
	require.NoError(t, d.store.SaveStockLevels(within(t), l, []ports.StockMerged{{Told: record, Level: ports.StockLevel{Record: record, AsOf: now}, Due: true}}, nil, now))
	terms := json.RawMessage(`{"terms":[{"name":"unseen","units":2,"source":"shop","at":"2026-11-20T11:59:00Z","detail":"on 1 line"}],
		"promises":[{"order":{"store":"atelier","number":"1001"},"line":"1","held":2,"taken":0,"reason":"the warehouse has not got it"}]}`)
	require.NoError(t, d.store.SaveStockFigures(within(t), l, []ports.StockFigure{{SKU: record.SKU, SizeID: "77", ShopSKU: "COAT-38", Figure: 3, Offered: 4, At: now, Touched: 1, Terms: terms, Keep: true}}))
	require.NoError(t, d.store.RecordStockWrite(within(t), l, []ports.StockWritten{{SKU: record.SKU, Touched: 1, Figure: 3, Difference: -1, Terms: terms}}, true, now.Add(-1200*time.Millisecond), now))
	require.NoError(t, d.store.SaveStockStatuses(within(t), l, []ports.StockStatusUnits{{Status: "photo_studio", Units: 9, Items: 2, AsOf: now}}))
	require.NoError(t, d.store.SaveStockExposure(within(t), l, []ports.StockExposure{{SKU: record.SKU, From: now.Add(-time.Minute), To: now, Units: 2, UnitSeconds: 120}}))

	page := b.get(t, "/stock/charts").body
	for _, words := range []string{
		`<h2 id="warehouse-0">leeds</h2>`, "9</span> units withheld", "photo_studio", "no rule names it", `<td class="n">1200</td><td class="n">1200</td>`, `<td class="n">1</td><td class="n">1</td><td class="n">2</td>`,
		`href="/stock?code=COAT%3cb%3e"`, "120</td>",
	} {
		require.Contains(t, page, words)
	}
	require.NotContains(t, page, "COAT<b>", "what stands in a feed is text")
}
