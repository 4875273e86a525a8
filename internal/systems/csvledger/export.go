package csvledger

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// Columns are the header of an export, one row a document line.
func Columns() []string {
	return []string{
		"number", "document_key", "type", "entity", "business_date", "posting_date", "late", "period", "occurred_at_utc", "currency",
		"store", "market", "country", "order_number", "shipment", "return", "return_reference", "reference", "reverses",
		"line_ref", "line_type", "sku", "item", "quantity", "net", "tax", "gross", "tax_percent", "source", "account", "disposition", "from", "to",
		"document_net", "document_tax", "document_gross", "captured", "method", "carrier", "tracking", "memo",
	}
}

// WriteCSV writes entries as UTF-8 CSV: header, stable order (order, document kind, key,
// line), plain decimals with the currency's digits, ISO dates. A cell that a
// spreadsheet would take for a formula is quoted with an apostrophe.
func WriteCSV(out io.Writer, entries []ports.BookEntry) error {
	w := csv.NewWriter(out)
	if err := w.Write(Columns()); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	kinds := domain.DocumentKinds()
	sorted := slices.SortedStableFunc(slices.Values(entries), func(a, b ports.BookEntry) int {
		x, y := a.Document, b.Document
		return cmp.Or(cmp.Compare(x.Order.Store, y.Order.Store), cmp.Compare(x.Order.Number, y.Order.Number),
			cmp.Compare(slices.Index(kinds, x.Kind), slices.Index(kinds, y.Kind)), cmp.Compare(x.Key, y.Key))
	})
	for _, e := range sorted {
		for _, l := range e.Document.Lines {
			if err := w.Write(row(e, l)); err != nil {
				return fmt.Errorf("write CSV: %w", err)
			}
		}
	}
	w.Flush()
	return w.Error()
}

func row(e ports.BookEntry, l domain.DocumentLine) []string {
	d := e.Document
	t := d.Totals()
	money := func(minor int64) string { return amount(minor, d.Currency) }
	cells := []string{
		e.Number, string(d.Key), string(d.Kind), d.Entity, string(d.Date), string(d.PostOn), yes(d.Late), string(d.PostOn.Period()),
		d.OccurredAt.UTC().Format("2006-01-02T15:04:05Z"), d.Currency,
		d.Order.Store, d.Market, d.Country, d.Order.Number, d.Shipment, d.Return, d.ReturnRef, d.Reference, string(d.Reverses),
		l.Ref, string(l.Kind), l.SKU, l.Item, strconv.Itoa(l.Quantity), money(l.Net()), money(l.Tax), money(l.Gross), l.TaxPercent, string(l.Source), l.Account, l.Disposition, l.From, l.To,
		money(t.Net), money(t.Tax), money(t.Gross), yes(d.Captured), d.Method, d.Carrier, d.Tracking, d.Memo,
	}
	for i, c := range cells {
		cells[i] = harmless(c)
	}
	return cells
}

// amount writes minor units as a plain decimal with exactly the currency's digits.
func amount(minor int64, currency string) string {
	d, err := domain.ToDecimal(minor, currency)
	if err != nil {
		return strconv.FormatInt(minor, 10) // no such document can be created
	}
	digits, _ := domain.MinorUnits(currency)
	return d.StringFixed(int32(digits))
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

var number = regexp.MustCompile(`^[+-]?\d+(\.\d+)?$`)

// harmless keeps a spreadsheet from computing what somebody else has written.
func harmless(cell string) string {
	cell = strings.ToValidUTF8(cell, "\uFFFD")
	if cell == "" || number.MatchString(cell) || !strings.ContainsAny(cell[:1], "=+-@\t\r\n") {
		return cell
	}
	return "'" + cell
}
