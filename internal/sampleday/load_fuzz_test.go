package sampleday_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/sampleday"
)

// FuzzLoad: of whatever stands in the file of orders, each row is a line of an order or
// a refused row with its reason, and none is both.
func FuzzLoad(f *testing.F) {
	const catalogue = "testdata/odd/apparel-catalogue/shirts_variants.csv"
	garments, err := os.ReadFile(catalogue)
	require.NoError(f, err)
	rows, err := os.ReadFile("testdata/odd/online-retail/peak_week_fixture.csv")
	require.NoError(f, err)
	f.Add(string(rows))
	f.Add("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,a,b,1,12/1/2010 8:26,2.55,17850,United Kingdom\n1,a,b,1,12/1/2010 8:26,1e300,17850,Narnia\n")
	f.Add("InvoiceNo,StockCode\n\"")
	const header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
	f.Add(header + "1,22633,b,9223372036854775807,2011-12-05 08:38:00,0.01,17850,United Kingdom\n1,22633,b,9223372036854775807,2011-12-05 08:38:00,0.01,17850,United Kingdom\n")
	f.Add(header + "2,22633,b,999999999,2011-12-05 08:38:00,0.01,1,France\n2,POST,b,1,2011-12-05 08:38:00,0e-9999,1,France\n")
	f.Fuzz(func(t *testing.T, file string) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "peak_week.csv"), []byte(file), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "a_variants.csv"), garments, 0o600))
		day, err := sampleday.Load(dir, sampleday.Options{Seed: 1, Orders: 20})
		if err != nil {
			require.ErrorContains(t, err, "peak_week.csv")
			return
		}
		lines := map[string]bool{}
		for _, o := range day.Centra.Orders {
			require.NotEmpty(t, o.Lines)
			for _, l := range o.Lines {
				require.Positive(t, l.Quantity)
				require.LessOrEqual(t, l.UnitPrice, 1_000_000_000/int64(l.Quantity), "ten million pounds a line")
			}
		}
		for _, p := range day.Centra.Products {
			for _, v := range p.Variants {
				for _, size := range v.Sizes {
					for _, units := range size.Stock {
						require.Positive(t, units, "no day holds so much that its stock is reckoned wrong")
					}
				}
			}
		}
		for _, p := range day.Plan {
			require.False(t, lines[p.Number], "order %s is planned twice", p.Number)
			lines[p.Number] = true
		}
		require.Len(t, day.Centra.Orders, len(day.Plan))
		refused := map[int]bool{}
		for _, r := range day.Refused {
			require.NotEmpty(t, r.Reason)
			if r.File == "peak_week.csv" {
				require.False(t, refused[r.Line], "line %d is refused twice", r.Line)
				refused[r.Line] = true
			}
		}
	})
}
