package sampleday

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"selvedge/internal/domain"
)

// row is a row of the order file that may be a line of an order.
type row struct {
	line     int
	invoice  int
	code     string
	name     string
	quantity int
	price    int64 // pence
	placed   time.Time
	customer string
	country  string
}

// table reads a CSV file with a header, one record at a time. Records that are no
// CSV come with an error and do not end it.
type table struct {
	file    *os.File
	reader  *csv.Reader
	columns map[string]int
}

func openTable(dir, name string, columns ...string) (*table, error) {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, fmt.Errorf("sampleday: %w", err)
	}
	t := &table{file: f, reader: csv.NewReader(f), columns: map[string]int{}}
	t.reader.FieldsPerRecord = -1
	header, err := t.reader.Read()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sampleday: read the header of %s: %w", name, err), f.Close())
	}
	for i, column := range header {
		t.columns[strings.TrimPrefix(strings.TrimSpace(column), "\ufeff")] = i
	}
	for _, column := range columns {
		if _, there := t.columns[column]; !there {
			return nil, errors.Join(fmt.Errorf("sampleday: %s has no column %s", name, column), f.Close())
		}
	}
	return t, nil
}

// record is one row by column name; bad says why it cannot be read.
type record struct {
	line   int
	values []string
	table  *table
	bad    string
}

func (r record) get(column string) string {
	if i := r.table.columns[column]; i < len(r.values) {
		return strings.TrimSpace(r.values[i])
	}
	return ""
}

// each hands every record to do and closes the file.
func (t *table) each(do func(record)) error {
	for {
		values, err := t.reader.Read()
		var parse *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return t.file.Close()
		case errors.As(err, &parse):
			do(record{line: parse.StartLine, table: t, bad: "the row is no CSV: " + parse.Err.Error()})
		case err != nil:
			return errors.Join(fmt.Errorf("sampleday: %w", err), t.file.Close())
		default:
			line, _ := t.reader.FieldPos(0)
			do(record{line: line, values: values, table: t})
		}
	}
}

func (l *loader) readOrders(dir, name string) ([]row, error) {
	t, err := openTable(dir, name, "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
	if err != nil {
		return nil, err
	}
	var rows []row
	err = t.each(func(r record) {
		parsed, reason := readRow(r)
		if reason != "" {
			l.refuse(name, r.line, reason)
			return
		}
		rows = append(rows, parsed)
	})
	return rows, err
}

// maxAmount in pence keeps sums far from overflowing: ten million pounds a line.
const maxAmount = 1_000_000_000

// readRow reads a row, or says why it is no line of an order.
func readRow(r record) (row, string) {
	if r.bad != "" {
		return row{}, r.bad
	}
	number := r.get("InvoiceNo")
	if strings.HasPrefix(strings.ToUpper(number), "C") {
		return row{}, "cancellation of an earlier sale: a return, which the day does not replay"
	}
	out := row{line: r.line, code: r.get("StockCode"), name: r.get("Description"), customer: r.get("CustomerID"), country: r.get("Country")}
	var err error
	if out.invoice, err = strconv.Atoi(number); err != nil || out.invoice < 1 || out.invoice > 1<<31-1 {
		return row{}, fmt.Sprintf("invoice %q is no order number: it must be a whole number", number)
	}
	if out.code == "" || len(out.code) > 64 {
		return row{}, "StockCode is empty or longer than 64 bytes: nothing to sell"
	}
	if out.quantity, err = strconv.Atoi(r.get("Quantity")); err != nil {
		return row{}, fmt.Sprintf("Quantity %q is no whole number", r.get("Quantity"))
	}
	if out.quantity < 1 {
		return row{}, fmt.Sprintf("Quantity is %d without a cancellation: a stock correction, no sale", out.quantity)
	}
	if out.placed, err = time.Parse(time.DateTime, r.get("InvoiceDate")); err != nil {
		return row{}, fmt.Sprintf("InvoiceDate %q is no date such as 2011-12-05 08:38:00", r.get("InvoiceDate"))
	}
	price, err := decimal.NewFromString(r.get("UnitPrice"))
	if err != nil {
		return row{}, fmt.Sprintf("UnitPrice %q is no amount", r.get("UnitPrice"))
	}
	if out.price, err = domain.FromDecimal(price, "GBP"); err != nil {
		return row{}, "UnitPrice: " + err.Error()
	}
	if out.price < 1 {
		return row{}, fmt.Sprintf("UnitPrice is %s: a sample, a gift or a correction, no sale", price)
	}
	if out.price > maxAmount/int64(out.quantity) {
		return row{}, "Quantity times UnitPrice is beyond ten million pounds"
	}
	return out, ""
}

// productCode is what a product's code looks like: five digits, with letters for
// colour or size. Everything else is postage, a fee, a manual entry.
var productCode = regexp.MustCompile(`^[0-9]{5}[A-Za-z]{0,3}$`)

func (r row) isProduct() bool { return productCode.MatchString(r.code) }

// countryCodes are the names of the published data. European Community and
// Unspecified are no country.
var countryCodes = map[string]string{
	"Australia": "AU", "Austria": "AT", "Bahrain": "BH", "Belgium": "BE", "Brazil": "BR", "Canada": "CA", "Channel Islands": "JE", "Cyprus": "CY",
	"Czech Republic": "CZ", "Denmark": "DK", "EIRE": "IE", "Finland": "FI", "France": "FR", "Germany": "DE", "Greece": "GR", "Hong Kong": "HK",
	"Iceland": "IS", "Israel": "IL", "Italy": "IT", "Japan": "JP", "Lebanon": "LB", "Lithuania": "LT", "Malta": "MT", "Netherlands": "NL",
	"Norway": "NO", "Poland": "PL", "Portugal": "PT", "RSA": "ZA", "Saudi Arabia": "SA", "Singapore": "SG", "Spain": "ES", "Sweden": "SE",
	"Switzerland": "CH", "USA": "US", "United Arab Emirates": "AE", "United Kingdom": "GB",
}
