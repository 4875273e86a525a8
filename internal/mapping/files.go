package mapping

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"selvedge/internal/domain"
)

// FileError lists everything that is wrong with a file of rules.
type FileError struct {
	Name     string
	Problems []RuleProblem
}

// Error writes a line for each problem, as file:line: field "value": what to do.
func (e *FileError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = fmt.Sprintf("%s:%d: %s", e.Name, p.Line, p)
	}
	return strings.Join(lines, "\n")
}

// columns of a CSV file, as WriteRulesCSV writes them. What names an Extra key
// stands in a column of its own, and other keys in extra as a JSON object.
func columns() []string {
	return append([]string{"table", "from", "to", "store", "warehouse", "country"}, append(extraColumns(), "extra", "retired")...)
}

func extraColumns() []string {
	return []string{extraAttribute, extraCurrency, extraTimezone, extraDays, extraFee, extraShipping}
}

// ignored columns are known and told by the store, not by a file.
func ignored() []string { return []string{"version", "author", "reason", "at"} }

// WriteRulesCSV writes rules so that ReadRulesCSV reads the same ones.
func WriteRulesCSV(out io.Writer, rules []domain.Rule) error {
	w := csv.NewWriter(out)
	rows := [][]string{columns()}
	for _, r := range rules {
		row := []string{string(r.Table), r.From, r.To, r.Store, r.Warehouse, r.Country}
		other := maps.Clone(r.Extra)
		for _, k := range extraColumns() {
			row = append(row, r.Extra[k])
			delete(other, k)
		}
		extra, retired := "", ""
		if len(other) > 0 {
			text, err := json.Marshal(other)
			if err != nil {
				return fmt.Errorf("write rule %d: %w", r.Version, err)
			}
			extra = string(text)
		}
		if r.Retired {
			retired = "yes"
		}
		rows = append(rows, append(row, extra, retired))
	}
	return w.WriteAll(rows)
}

// WriteRulesJSON writes rules as a list, with version, author, reason and instant.
func WriteRulesJSON(out io.Writer, rules []domain.Rule) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if rules == nil {
		rules = []domain.Rule{}
	}
	return e.Encode(rules)
}

// ReadRulesCSV reads a file of rules, all or none: when anything is wrong it
// answers a *FileError with every problem. Letter case, spaces and dashes of
// headers and table names do not matter, and a spreadsheet's semicolons and byte
// order mark are taken. Columns that are not known are refused.
func ReadRulesCSV(name string, in io.Reader) ([]domain.Rule, error) {
	f := &reading{name: name}
	text, err := f.text(in)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.TrimLeadingSpace, r.Comma = -1, true, separator(text)
	var header []string
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			f.complain(broken.Line, "row", "", broken.Err.Error()+"; put the value in quotes and double each quote inside it")
			break // where the next row begins cannot be told
		}
		line, _ := r.FieldPos(0)
		switch {
		case header == nil:
			if header = f.header(line, cells); len(f.problems) > 0 {
				return nil, f.err()
			}
		case strings.TrimSpace(strings.Join(cells, "")) != "":
			f.row(line, header, cells)
		}
	}
	if header == nil && len(f.problems) == 0 {
		f.complain(1, "header", "", "is missing; begin with the line "+strings.Join(columns(), ","))
	}
	return f.rules, f.err()
}

// separator is what a spreadsheet puts between cells: some countries' put a semicolon.
func separator(text []byte) rune {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		return ';'
	}
	return ','
}

// ReadRulesJSON reads a list of rules in the form of WriteRulesJSON, as ReadRulesCSV does.
func ReadRulesJSON(name string, in io.Reader) ([]domain.Rule, error) {
	f := &reading{name: name}
	text, err := f.text(in)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	lineAt := func(offset int64) int { return 1 + bytes.Count(text[:offset], []byte("\n")) }
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		f.complain(1, "file", "", `is not a JSON list; write [{"table":"…","from":"…","to":"…"}]`)
		return nil, f.err()
	}
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			f.complain(lineAt(d.InputOffset()), "file", "", "is not JSON from here on: "+err.Error())
			return nil, f.err()
		}
		f.object(lineAt(d.InputOffset()-int64(len(raw))), raw)
	}
	if _, err := d.Token(); err != nil {
		f.complain(lineAt(d.InputOffset()), "file", "", "ends before its list does; add the missing ]")
	} else if _, err := d.Token(); !errors.Is(err, io.EOF) {
		f.complain(lineAt(d.InputOffset()), "file", "", "goes on after its list, and what follows would be lost; put all rules into one list")
	}
	return f.rules, f.err()
}

// reading collects the rules of a file and what is wrong with it.
type reading struct {
	name     string
	rules    []domain.Rule
	problems []RuleProblem
	seen     map[seenRule]int
}

type seenRule struct {
	table                                      domain.RuleTable
	store, warehouse, country, from, attribute string
}

// maxFile bounds what is read: a hundred thousand rules fit.
const maxFile = 32 << 20

func (f *reading) text(in io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.name, err)
	}
	if len(text) > maxFile {
		f.complain(1, "file", "", "is larger than 32 MiB; split it")
		return nil, f.err()
	}
	if !utf8.Valid(text) {
		f.complain(1, "file", "", "is not UTF-8; save it as CSV UTF-8")
		return nil, f.err()
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil
}

func (f *reading) complain(line int, field, value, message string) {
	f.problems = append(f.problems, RuleProblem{Line: line, Field: field, Value: value, Message: message})
}

func (f *reading) err() error {
	if len(f.problems) == 0 {
		return nil
	}
	f.rules = nil
	return &FileError{Name: f.name, Problems: f.problems}
}

// header gives the columns by their known names.
func (f *reading) header(line int, cells []string) []string {
	known := append(columns(), ignored()...)
	header := make([]string, len(cells))
	for i, cell := range cells {
		column := strings.NewReplacer(" ", "", "_", "", "-", "").Replace(fold(cell))
		switch {
		case !slices.Contains(known, column):
			f.complain(line, "column", cell, "is not known; known are "+strings.Join(known, ", "))
		case slices.Contains(header[:i], column):
			f.complain(line, "column", cell, "stands twice; remove one")
		}
		header[i] = column
	}
	for _, needed := range columns()[:3] {
		if !slices.Contains(header, needed) {
			f.complain(line, "column", needed, "is missing; add it")
		}
	}
	return header
}

func (f *reading) row(line int, header, cells []string) {
	if len(cells) > len(header) {
		f.complain(line, "row", cells[len(header)], fmt.Sprintf("has %d cells, the header has %d; put values that hold the separator in quotes", len(cells), len(header)))
		return
	}
	var r domain.Rule
	broken := len(f.problems)
	for i, cell := range cells {
		f.cell(line, header[i], strings.TrimSpace(cell), &r)
	}
	if broken == len(f.problems) {
		f.add(line, r)
	}
}

func (f *reading) cell(line int, column, cell string, r *domain.Rule) {
	put := func(key, value string) {
		if r.Extra == nil {
			r.Extra = map[string]string{}
		}
		r.Extra[key] = value
	}
	switch column {
	case "table":
		r.Table = domain.RuleTable(cell)
	case "from":
		r.From = cell
	case "to":
		r.To = cell
	case "store":
		r.Store = cell
	case "warehouse":
		r.Warehouse = cell
	case "country":
		r.Country = cell
	case extraAttribute, extraCurrency, extraTimezone, extraDays, extraFee, extraShipping:
		if cell != "" {
			put(column, cell)
		}
	case "extra":
		var extra map[string]string
		if cell != "" && json.Unmarshal([]byte(cell), &extra) != nil {
			f.complain(line, column, cell, `is not a JSON object of texts; write {"key":"value"} or leave it empty`)
		}
		for k, v := range extra {
			put(k, v)
		}
	case "retired":
		switch fold(cell) {
		case "", "no", "false", "0":
		case "yes", "true", "1":
			r.Retired = true
		default:
			f.complain(line, column, cell, "is neither yes nor no; write one of them")
		}
	}
}

func (f *reading) object(line int, raw json.RawMessage) {
	var r domain.Rule
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		message := strings.TrimPrefix(err.Error(), "json: ")
		f.complain(line, "rule", "", message+"; known are "+strings.Join(append([]string{"table", "from", "to", "store", "warehouse", "country", "extra", "retired"}, ignored()...), ", "))
		return
	}
	f.add(line, domain.Rule{Table: r.Table, From: r.From, To: r.To, Store: r.Store, Warehouse: r.Warehouse, Country: r.Country, Extra: r.Extra, Retired: r.Retired})
}

// add checks a rule and keeps it.
func (f *reading) add(line int, r domain.Rule) {
	r, problems := CheckRule(r)
	for _, p := range problems {
		p.Line = line
		f.problems = append(f.problems, p)
	}
	about := seenRule{r.Table, r.Store, r.Warehouse, r.Country, r.From, r.Extra[extraAttribute]}
	if first, twice := f.seen[about]; twice && r.From != "" {
		f.complain(line, "from", r.From, fmt.Sprintf("stands on line %d already for the same table and scope; keep one", first))
	}
	if f.seen == nil {
		f.seen = map[seenRule]int{}
	}
	f.seen[about] = line
	f.rules = append(f.rules, r)
}
