package csvledger_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

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

// of is an entry with one line whose texts are all the same.
func of(text string) ports.BookEntry {
	return ports.BookEntry{Number: "N-1", PostedAt: time.Now(), Document: domain.Document{
		Key: "centra-inv-1", Kind: domain.DocInvoice, Order: domain.OrderID{Store: "atelier", Number: text}, Shipment: text, Return: text, Market: text, Reference: text,
		Currency: "GBP", Date: "2026-11-01", PostOn: "2026-11-01", Memo: text, Tracking: text, Carrier: text,
		Lines: []domain.DocumentLine{{Ref: text, SKU: text, Quantity: -2, Gross: -1767, Tax: -294, Disposition: text}},
	}}
}

func write(t require.TestingT, entries ...ports.BookEntry) string {
	var out bytes.Buffer
	require.NoError(t, csvledger.WriteCSV(&out, entries))
	return out.String()
}

func TestNoCellIsAFormulaWhateverSignPartsTheCells(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"=1+1":                  "'=1+1",
		"+cmd|' /C calc'!A0":    "'+cmd|' /C calc'!A0",
		"-2+3":                  "'-2+3",
		"@SUM(A1)":              "'@SUM(A1)",
		"\t=1":                  "'\t'=1",
		"\r=1":                  "'\r'=1",
		"\tplain":               "'\tplain",
		"  =1":                  "  '=1",
		"TEE;=HYPERLINK(\"x\")": "TEE;'=HYPERLINK(\"x\")",
		"TEE\";=1":              "TEE\";'=1",
		"TEE\t=1":               "TEE\t'=1",
		"TEE\n=1":               "TEE\n'=1",
		"TEE,=1":                "TEE,'=1",
		"TEE; \"=1":             "TEE; \"'=1",
		"；=1":                   "；=1", // no spreadsheet parts cells by it
		"＝1":                    "'＝1",
		"-5":                    "-5",
		"+44":                   "+44",
		"-5.50":                 "-5.50",
		"-":                     "'-",
		"a-b = c":               "a-b = c",
		"JD0146, JD0147":        "JD0146, JD0147",
		"caf\xe9":               "caf\uFFFD",
		"Ærø, 東京":               "Ærø, 東京",
	} {
		rows, err := csv.NewReader(strings.NewReader(write(t, of(text)))).ReadAll()
		require.NoError(t, err)
		for n, name := range rows[0] {
			if name == "memo" || name == "sku" || name == "tracking" || name == "order_number" || name == "line_ref" {
				// A reader of CSV takes the two signs of an ended line for one.
				require.Equal(t, strings.ReplaceAll(want, "\r\n", "\n"), rows[1][n], "%s of %q", name, text)
			}
		}
	}
}

// The file is opened as Excel does: cells parted by comma, semicolon or tab, quotes only
// where they begin a cell. Nothing that begins a cell then is a formula, save numbers.
func TestNothingOpensAsAFormula(t *testing.T) {
	t.Parallel()
	signs := rapid.SampledFrom([]rune("=+-@;,\t\r\n\"' |aZ9.＝é"))
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(signs, 0, 12).Draw(t, "text"))
		file := write(t, of(text))
		require.True(t, utf8.ValidString(file))
		for _, separator := range []string{",", ";", "\t"} {
			for _, cell := range opened(file, separator) {
				cell = strings.TrimLeft(cell, " \"")
				if cell == "" || strings.Trim(cell, "+-0123456789.") == "" && strings.ContainsAny(cell, "0123456789") && strings.LastIndexAny(cell, "+-") <= 0 {
					continue
				}
				require.NotContains(t, "=+-@＝", string([]rune(cell)[0]), "%q of %q by %q", cell, text, separator)
			}
		}
	})
}

// opened parts a text as a spreadsheet does that parts cells by one sign.
func opened(file, separator string) (cells []string) {
	var cell strings.Builder
	quoted, fresh := false, true
	for i := 0; i < len(file); i++ {
		c := file[i : i+1]
		switch {
		case quoted && c == `"` && i+1 < len(file) && file[i+1] == '"':
			cell.WriteString(c)
			i++
		case quoted && c == `"`:
			quoted = false
		case quoted:
			cell.WriteString(c)
		case fresh && c == `"`:
			quoted, fresh = true, false
		case c == separator || c == "\n" || c == "\r":
			cells = append(cells, cell.String())
			cell.Reset()
			fresh = true
		default:
			cell.WriteString(c)
			fresh = false
		}
	}
	return append(cells, cell.String())
}

func TestTotalsAreThoseOfTheRows(t *testing.T) {
	t.Parallel()
	entry := func(key, currency string, kind domain.DocumentKind, gross ...int64) ports.BookEntry {
		d := domain.Document{Key: domain.DocumentKey(key), Kind: kind, Currency: currency}
		for n, g := range gross {
			d.Lines = append(d.Lines, domain.DocumentLine{Ref: string(rune('a' + n)), Gross: g, Tax: g / 6})
		}
		return ports.BookEntry{Document: d}
	}
	var out bytes.Buffer
	w, err := csvledger.NewWriter(&out)
	require.NoError(t, err)
	for _, e := range []ports.BookEntry{
		entry("centra-inv-1", "GBP", domain.DocInvoice, 600, 1200), entry("centra-inv-2", "JPY", domain.DocInvoice, 60), entry("centra-inv-3", "GBP", domain.DocInvoice, -600),
		entry("centra-cm-1", "GBP", domain.DocCreditMemo, 6),
	} {
		require.NoError(t, w.Write(e))
	}
	require.NoError(t, w.Close())
	require.Equal(t, []csvledger.Total{
		{Kind: domain.DocInvoice, Currency: "GBP", Documents: 2, Sum: domain.Totals{Net: 1000, Tax: 200, Gross: 1200}},
		{Kind: domain.DocInvoice, Currency: "JPY", Documents: 1, Sum: domain.Totals{Net: 50, Tax: 10, Gross: 60}},
		{Kind: domain.DocCreditMemo, Currency: "GBP", Documents: 1, Sum: domain.Totals{Net: 5, Tax: 1, Gross: 6}},
	}, w.Totals())
	require.ErrorContains(t, w.Write(entry("centra-inv-1", "GBP", domain.DocInvoice, 1)), "comes before", "the order is the file's promise")
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAFileThatCannotBeWrittenIsNoFile(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, csvledger.WriteCSV(full{}, []ports.BookEntry{of("a")}), "no space left")
}
