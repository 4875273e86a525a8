package sampleday_test

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/sampleday"
)

func load(t *testing.T, dir string, opts sampleday.Options) *sampleday.Day {
	t.Helper()
	day, err := sampleday.Load(dir, opts)
	require.NoError(t, err)
	return day
}

func TestOddRowsBecomePlannedFaultsOrRefusedRows(t *testing.T) {
	t.Parallel()
	day := load(t, "testdata/odd", sampleday.Options{Seed: 1})
	plan := map[string]string{}
	for _, p := range day.Plan {
		plan[p.Number] = p.Planned + " " + p.PlannedEnd
	}
	require.Equal(t, map[string]string{
		"900001": " closed", // an exact duplicate is kept
		"900002": "incomplete-item needs-attention",
		"900006": "invalid-address needs-attention",
		"900007": "too-large needs-attention",
		"900009": " closed",
		"900010": " closed",
		"900012": " closed",
		"900016": " closed",
		"900013": "incomplete-item needs-attention",
	}, plan)
	reasons := map[int]string{}
	for _, r := range day.Refused {
		if strings.HasPrefix(r.File, "online-retail/") {
			reasons[r.Line] = r.Reason
		}
	}
	for line, want := range map[int]string{
		7: "cancellation", 8: "UnitPrice is 0", 9: "Quantity is -4", 11: "no product, in an order without a country", 13: `invoice "A900008"`,
		15: "UnitPrice is 0", 16: `Quantity "one"`, 17: `InvoiceDate "yesterday"`, 18: "UnitPrice: ", 20: "another country",
		21: "no product, in an order without a country", 24: "too large and has no country", 25: "StockCode is empty", 27: "would be too large as well", 28: "the row is no CSV",
	} {
		require.Contains(t, reasons[line], want, "line %d", line)
	}
	require.Len(t, reasons, 15)
	require.Contains(t, day.Refused, sampleday.RefusedRow{
		File: "apparel-catalogue/shirts_variants.csv", Line: 7, Reason: "sku is empty, too long or taken by an earlier row",
	})
	require.NotEmpty(t, day.Notes)
}

func TestEveryRowIsALineOrRefused(t *testing.T) {
	t.Parallel()
	requireConserved(t, "testdata/odd", "online-retail/peak_week_fixture.csv", sampleday.Options{Seed: 3})
	requireConserved(t, "testdata/odd", "online-retail/peak_week_fixture.csv", sampleday.Options{Seed: 3, Orders: 4})
}

// TestPublishedDataMakeADay runs on the whole of the published data where a
// machine has them; the fixture stands in for them elsewhere.
func TestPublishedDataMakeADay(t *testing.T) {
	t.Parallel()
	dir, file := "testdata/odd", "online-retail/peak_week_fixture.csv"
	if given := os.Getenv("SELVEDGE_TEST_DATA"); given != "" {
		found, err := filepath.Glob(filepath.Join(given, "online-retail", "peak_week*.csv"))
		require.NoError(t, err)
		require.NotEmpty(t, found)
		dir, file = given, "online-retail/"+filepath.Base(found[0])
	}
	for _, opts := range []sampleday.Options{{Orders: 300, Seed: 7}, {Orders: 300, Seed: 7}, {Orders: 5000, Seed: 2}} {
		requireTaken(t, requireConserved(t, dir, file, opts))
	}
	require.Equal(t, load(t, dir, sampleday.Options{Seed: 5}), load(t, dir, sampleday.Options{Seed: 5}))
}

// requireConserved counts the file's rows by itself.
func requireConserved(t *testing.T, dir, file string, opts sampleday.Options) *sampleday.Day {
	t.Helper()
	day := load(t, dir, opts)
	lines := 0
	for _, o := range day.Centra.Orders {
		lines += len(o.Lines)
	}
	refused := map[int]bool{}
	for _, r := range day.Refused {
		require.NotEmpty(t, r.Reason)
		if r.File == file {
			require.False(t, refused[r.Line], "line %d is refused twice", r.Line)
			refused[r.Line] = true
		}
	}
	require.Equal(t, countRows(t, filepath.Join(dir, file)), lines+len(refused))
	require.LessOrEqual(t, len(day.Plan), opts.Orders+200*count(opts.Orders == 0))
	return day
}

func countRows(t *testing.T, path string) int {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	reader := csv.NewReader(f)
	reader.FieldsPerRecord, reader.LazyQuotes = -1, true
	for n := -1; ; n++ { // the header is no row
		if _, err := reader.Read(); errors.Is(err, io.EOF) {
			return n
		}
		require.NoError(t, err)
	}
}

func TestAFolderWithoutDataIsRefusedByName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := sampleday.Load(dir, sampleday.Options{})
	require.ErrorContains(t, err, dir)
	require.ErrorContains(t, err, "peak_week")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "peak_week.csv"), []byte("InvoiceNo\n1\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a_variants.csv"), []byte("sku,parent_sku,product_type,attribute_set,name,size,color\n"), 0o600))
	_, err = sampleday.Load(dir, sampleday.Options{})
	require.ErrorContains(t, err, "no variant")
}

func TestACustomerIsTheSamePersonInEveryOrder(t *testing.T) {
	t.Parallel()
	emails := map[string]int{}
	for _, o := range load(t, "testdata/odd", sampleday.Options{Seed: 1}).Centra.Orders {
		emails[o.Customer.Email]++
	}
	require.Len(t, emails, 9)
}
