package enrich

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"selvedge/internal/domain"
)

// Attributes are those that an order asks of its items, in their exact spelling.
func Attributes() []string {
	return []string{AttributeCondition, AttributeGrade, AttributeOrigin, AttributeCommodityCode}
}

// AttributeNamed is an attribute in its exact spelling; one that we do not know stays as it is.
func AttributeNamed(name string) string {
	plain := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(name)
	for _, known := range Attributes() {
		if strings.EqualFold(plain, known) {
			return known
		}
	}
	return strings.TrimSpace(name)
}

// ItemColumns are all columns of a file of item attributes; each is needed.
func ItemColumns() []string { return []string{"warehouse", "sku", "attribute", "value"} }

// ReadItems reads a CSV file of item attributes with the columns warehouse, sku,
// attribute and value, all or none: every broken row is named with file, line, field and
// remedy. name is what complaints call the file.
func ReadItems(name string, in io.Reader) ([]domain.ItemAttribute, error) {
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%s:1: file: is not UTF-8; save it as CSV UTF-8", name)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	if first, _, _ := bytes.Cut(text, []byte("\n")); bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		r.Comma = ';' // as spreadsheets of some countries write it
	}
	f := itemFile{name: name, seen: map[domain.ItemAttribute]int{}}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			f.complaints = append(f.complaints, fmt.Errorf("%s: %w; put the value in quotes and double each quote inside it", name, err))
			break
		}
		line, _ := r.FieldPos(0)
		if f.header == nil {
			if f.readHeader(line, cells); len(f.complaints) > 0 {
				break
			}
		} else if strings.TrimSpace(strings.Join(cells, "")) != "" {
			f.readRow(line, cells)
		}
	}
	if f.header == nil && len(f.complaints) == 0 {
		f.complain(1, "header", "", "is missing; begin with the line "+strings.Join(ItemColumns(), ","))
	}
	if len(f.complaints) > 0 {
		return nil, errors.Join(f.complaints...)
	}
	return f.attributes, nil
}

type itemFile struct {
	name       string
	header     []string
	attributes []domain.ItemAttribute
	seen       map[domain.ItemAttribute]int
	complaints []error
}

func (f *itemFile) complain(line int, field, value, message string) {
	f.complaints = append(f.complaints, fmt.Errorf("%s:%d: %s %q: %s", f.name, line, field, value, message))
}

func (f *itemFile) readHeader(line int, cells []string) {
	f.header = []string{}
	for _, cell := range cells {
		column := strings.ToLower(strings.Join(strings.Fields(cell), ""))
		switch {
		case !slices.Contains(ItemColumns(), column):
			f.complain(line, "column", cell, "is not known; known are "+strings.Join(ItemColumns(), ", "))
		case slices.Contains(f.header, column):
			f.complain(line, "column", cell, "stands twice; remove one")
		}
		f.header = append(f.header, column)
	}
	for _, needed := range ItemColumns() {
		if !slices.Contains(f.header, needed) {
			f.complain(line, "column", needed, "is missing; add it")
		}
	}
}

func (f *itemFile) readRow(line int, cells []string) {
	if len(cells) != len(f.header) {
		f.complain(line, "row", strings.Join(cells, ","), fmt.Sprintf("has %d cells, the header has %d; put values that hold the separator in quotes", len(cells), len(f.header)))
		return
	}
	row := map[string]string{}
	complete := true
	for i, cell := range cells {
		value := strings.TrimSpace(cell)
		switch {
		case value == "":
			complete = false
			f.complain(line, f.header[i], "", "is empty; fill it in or remove the row")
		case strings.ContainsFunc(value, unicode.IsControl): // a NUL would keep the database from all of them
			complete = false
			f.complain(line, f.header[i], value, "holds a character that cannot be seen, such as a line break; write it anew without")
		}
		row[f.header[i]] = value
	}
	if !complete {
		return
	}
	a := domain.ItemAttribute{Warehouse: row["warehouse"], SKU: row["sku"], Attribute: AttributeNamed(row["attribute"])}
	if first, twice := f.seen[a]; twice {
		f.complain(line, "attribute", a.Attribute, fmt.Sprintf("of %s stands on line %d already; keep one", a.SKU, first))
	}
	f.seen[a] = line
	a.Value = row["value"]
	f.attributes = append(f.attributes, a)
}
