package csvledger

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
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
		"document_net", "document_tax", "document_gross", "captured", "method", "carrier", "tracking", "memo", "warehouse", "serial",
	}
}

// Writer writes entries as UTF-8 CSV, one at a time and keeping none: header, plain
// decimals with the currency's digits, ISO dates. A cell that a spreadsheet would take for
// a formula is quoted with an apostrophe, see harmless.
type Writer struct {
	csv    *csv.Writer
	last   *ports.BookEntry
	totals map[Total]Total
}

// Total is what a file holds of one kind of document in one currency.
type Total struct {
	Kind      domain.DocumentKind
	Currency  string
	Documents int
	Sum       domain.Totals // minor units
}

// NewWriter begins a file with its header.
func NewWriter(out io.Writer) (*Writer, error) {
	w := &Writer{csv: csv.NewWriter(out), totals: map[Total]Total{}}
	if err := w.csv.Write(Columns()); err != nil {
		return nil, fmt.Errorf("write CSV: %w", err)
	}
	return w, nil
}

// Write adds an entry. Entries come in the order of InOrder, so that the same entries are
// the same file, byte for byte; one that comes before the last is an error.
func (w *Writer) Write(e ports.BookEntry) error {
	if w.last != nil && InOrder(*w.last, e) > 0 {
		return fmt.Errorf("write CSV: document %s comes before %s; give entries in order", e.Document.Key, w.last.Document.Key)
	}
	w.last = &e
	if e.Told {
		e.Document.Lines = []domain.DocumentLine{{Ref: "return", Kind: lineLink}}
	}
	for _, l := range e.Document.Lines {
		if err := w.csv.Write(row(e, l)); err != nil {
			return fmt.Errorf("write CSV: %w", err)
		}
	}
	if e.Told {
		return nil // the file that it went out with has counted it
	}
	name := Total{Kind: e.Document.Kind, Currency: e.Document.Currency}
	t, sum := w.totals[name], e.Document.Totals()
	w.totals[name] = Total{
		Kind: name.Kind, Currency: name.Currency, Documents: t.Documents + 1,
		Sum: domain.Totals{Net: t.Sum.Net + sum.Net, Tax: t.Sum.Tax + sum.Tax, Gross: t.Sum.Gross + sum.Gross},
	}
	return nil
}

// Close writes out what is left; the file is complete only when it answers nil. It closes
// nothing below it.
func (w *Writer) Close() error {
	w.csv.Flush()
	if err := w.csv.Error(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// Totals are the sums of what was written, by kind in the order of posting and by currency.
func (w *Writer) Totals() []Total {
	return slices.SortedFunc(maps.Values(w.totals), func(a, b Total) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), cmp.Compare(a.Currency, b.Currency))
	})
}

var kinds = domain.DocumentKinds()

// InOrder compares entries as a file has them: by order, kind of document and key, each
// as bytes. What belongs to no order comes first.
func InOrder(a, b ports.BookEntry) int {
	x, y := a.Document, b.Document
	return cmp.Or(cmp.Compare(x.Order.Store, y.Order.Store), cmp.Compare(x.Order.Number, y.Order.Number),
		cmp.Compare(slices.Index(kinds, x.Kind), slices.Index(kinds, y.Kind)), cmp.Compare(x.Key, y.Key))
}

// WriteCSV writes entries in whatever order they come as one file.
func WriteCSV(out io.Writer, entries []ports.BookEntry) error {
	w, err := NewWriter(out)
	if err != nil {
		return err
	}
	for _, e := range slices.SortedStableFunc(slices.Values(entries), InOrder) {
		if err := w.Write(e); err != nil {
			return err
		}
	}
	return w.Close()
}

func row(e ports.BookEntry, l domain.DocumentLine) []string {
	d := e.Document
	t := d.Totals()
	money := func(minor int64) string { return amount(minor, d.Currency) }
	cells := []string{
		e.Number, string(d.Key), string(d.Kind), d.Entity, string(d.Date), string(d.PostOn), yes(d.Late), string(d.PostOn.Period()),
		d.OccurredAt.UTC().Format("2006-01-02T15:04:05Z"), d.Currency,
		d.Order.Store, d.Market, d.Country, d.Order.Number, d.Shipment, named(e), d.ReturnRef, d.Reference, string(d.Reverses),
		l.Ref, string(l.Kind), l.SKU, l.Item, strconv.Itoa(l.Quantity), money(l.Net()), money(l.Tax), money(l.Gross), l.TaxPercent, string(l.Source), l.Account, l.Disposition, l.From, l.To,
		money(t.Net), money(t.Tax), money(t.Gross), yes(d.Captured), d.Method, d.Carrier, d.Tracking, d.Memo, d.Warehouse, d.Extra[domain.ExtraSerial],
	}
	for i, c := range cells {
		cells[i] = harmless(c)
	}
	return cells
}

// lineLink is the only line of a document that went out before and names a return by
// now: it is worth nothing.
const lineLink domain.DocumentLineKind = "link"

// named are the shop's returns that a document is of: one that it was posted with, and
// those that it was told of later.
func named(e ports.BookEntry) string {
	names := slices.Clone(e.Links)
	if e.Document.Return != "" && !slices.Contains(names, e.Document.Return) {
		names = slices.Insert(names, 0, e.Document.Return)
	}
	return strings.Join(names, " ")
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

var (
	number = regexp.MustCompile(`^[+-]?\d+(\.\d+)?$`)
	// formula is where one may begin: at the start of a cell, or behind what some
	// spreadsheet takes for the end of one, as those of most of Europe take a semicolon.
	// The full-width signs are formulas where such are typed.
	formula = regexp.MustCompile(`(^|[;,|\t\r\n])([\s"\x{00A0}\x{200B}\x{FEFF}]*)([=+\-@＝＋－＠])`)
)

// harmless keeps a spreadsheet from computing what somebody else has written: an apostrophe
// stands before whatever may begin a formula, wherever it stands in the cell. Quoting the
// cell is not enough: a spreadsheet that parts cells by another sign does not see it. A
// number is no formula. A cell that begins with white space of a line keeps its place.
func harmless(cell string) string {
	cell = strings.ToValidUTF8(cell, "\uFFFD")
	if cell == "" || number.MatchString(cell) {
		return cell
	}
	cell = formula.ReplaceAllString(cell, "${1}${2}'${3}")
	if strings.ContainsAny(cell[:1], "\t\r\n") {
		return "'" + cell
	}
	return cell
}
