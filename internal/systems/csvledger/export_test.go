package csvledger_test

import (
	"bytes"
	"encoding/csv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/systems/csvledger"
)

func TestTheFile(t *testing.T) {
	t.Parallel()
	entry := func(number, currency string, gross, tax int64, sku string) ports.BookEntry {
		return ports.BookEntry{Number: "N-" + number, PostedAt: time.Now(), Document: domain.Document{
			Key: domain.DocumentKey("centra-inv-" + number), Kind: domain.DocInvoice, Order: domain.OrderID{Store: "atelier", Number: number}, Entity: "UK", EntityRef: "7",
			Currency: currency, OccurredAt: time.Date(2026, 10, 31, 23, 30, 0, 0, time.UTC), Date: "2026-11-01", PostOn: "2026-12-01", Late: true, Reference: number,
			Memo:  "=HYPERLINK(\"http://evil.example\")",
			Lines: []domain.DocumentLine{{Ref: "1", Kind: domain.DocLineGoods, SKU: sku, Quantity: -2, Gross: gross, Tax: tax, TaxPercent: "20"}},
		}}
	}
	var out bytes.Buffer
	require.NoError(t, csvledger.WriteCSV(&out, []ports.BookEntry{
		entry("30", "KWD", 10500, 500, "+44 COAT"), entry("10", "JPY", 1100, 100, "@SUM"), entry("20", "GBP", -1767, -294, "-5"),
	}))
	rows, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	require.Equal(t, csvledger.Columns(), rows[0])
	at := map[string]int{}
	for n, name := range rows[0] {
		at[name] = n
	}
	column := func(name string) (cells []string) {
		for _, r := range rows[1:] {
			cells = append(cells, r[at[name]])
		}
		return cells
	}
	require.Equal(t, []string{"10", "20", "30"}, column("order_number"), "in a stable order")
	require.Equal(t, []string{"1100", "-17.67", "10.500"}, column("gross"), "plain decimals with the currency's digits")
	require.Equal(t, []string{"1000", "-14.73", "10.000"}, column("net"))
	require.Equal(t, []string{"100", "-2.94", "0.500"}, column("tax"))
	require.Equal(t, []string{"'@SUM", "-5", "'+44 COAT"}, column("sku"), "no cell is a formula, and a number is no formula")
	require.Equal(t, "'=HYPERLINK(\"http://evil.example\")", column("memo")[0])
	require.Equal(t, []string{"2026-11-01", "2026-12-01", "yes", "2026-12", "2026-10-31T23:30:00Z"},
		[]string{column("business_date")[0], column("posting_date")[0], column("late")[0], column("period")[0], column("occurred_at_utc")[0]})
}
