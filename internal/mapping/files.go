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
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"selvedge/internal/domain"
)

// RuleProblem is one thing that is wrong with a rule, in words for whoever wrote it.
type RuleProblem struct {
	Line    int    `json:"line,omitempty"` // of the file, the header is line 1; 0 outside files
	Field   string `json:"field"`
	Value   string `json:"value,omitempty"`
	Message string `json:"message"` // what is wrong and what to do
}

// String writes field, value and what to do.
func (p RuleProblem) String() string { return fmt.Sprintf("%s %q: %s", p.Field, p.Value, p.Message) }

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

// maxBuffer is far above any sensible buffer; more is a slip of the finger, and would
// take an item off sale.
const maxBuffer = 100_000

// tableForm says what a rule of a table may hold. A scope or key that no look-up
// of the table reads is refused, since such a rule would never be found.
type tableForm struct {
	scopes []string // of store, warehouse, country
	extra  []string // keys of Extra
	to     []string // closed list of answers; nil means any
}

func formOf(t domain.RuleTable) (tableForm, bool) {
	switch t {
	case domain.RuleShippingMethod:
		return tableForm{scopes: []string{"warehouse", "country"}}, true
	case domain.RuleMarket:
		return tableForm{scopes: []string{"store"}, extra: []string{extraCurrency}}, true
	case domain.RuleEntity:
		return tableForm{extra: []string{extraCurrency, extraTimezone, extraLedger, extraLate, extraWarehouses}}, true
	case domain.RuleItem, domain.RuleCarrier:
		return tableForm{scopes: []string{"warehouse"}}, true
	case domain.RuleAttributeDefault:
		return tableForm{scopes: []string{"warehouse"}, extra: []string{extraAttribute}}, true
	case domain.RulePayment:
		return tableForm{scopes: []string{"store"}, to: []string{string(domain.CaptureOnShipment), string(domain.CaptureBeforeSubmission), string(domain.CaptureExternal)}}, true
	case domain.RuleStockStatus:
		return tableForm{scopes: []string{"warehouse"}, to: []string{Sellable, Withheld}}, true
	case domain.RuleStockBuffer:
		return tableForm{scopes: []string{"warehouse"}}, true
	case domain.RuleStockGrade:
		return tableForm{scopes: []string{"warehouse"}, to: []string{"new", "a", "b", "c", "d"}}, true
	case domain.RuleDisposition:
		return tableForm{scopes: []string{"warehouse"}, extra: []string{extraRefund, extraRemind}, to: dispositionActions()}, true
	case domain.RuleAdjustmentReason:
		return tableForm{scopes: []string{"warehouse"}, to: adjustmentMeanings()}, true
	case domain.RuleCutoff:
		return tableForm{scopes: []string{"warehouse"}, extra: []string{extraTimezone, extraDays}}, true
	case domain.RuleRefundPolicy:
		return tableForm{scopes: []string{"store", "country"}, extra: []string{extraFee, extraShipping}, to: refundWhens()}, true
	}
	return tableForm{}, false
}

// Tables lists the mapping tables by name.
func Tables() []string {
	tables := []string{
		string(domain.RuleShippingMethod), string(domain.RuleMarket), string(domain.RuleItem), string(domain.RuleCarrier), string(domain.RuleAttributeDefault),
		string(domain.RulePayment), string(domain.RuleStockStatus), string(domain.RuleStockBuffer),
		string(domain.RuleStockGrade), string(domain.RuleDisposition), string(domain.RuleCutoff), string(domain.RuleEntity),
		string(domain.RuleRefundPolicy), string(domain.RuleAdjustmentReason),
	}
	slices.Sort(tables)
	return tables
}

// TableNamed finds a table without regard to letter case, spaces and underscores.
func TableNamed(name string) (domain.RuleTable, bool) {
	t := domain.RuleTable(dashed(name))
	_, ok := formOf(t)
	return t, ok
}

func dashed(s string) string {
	return strings.ReplaceAll(fold(strings.ReplaceAll(s, "_", " ")), " ", "-")
}

// CheckRule gives a rule in its exact spelling, and everything that is wrong with
// it: an answer that no step understands, or a scope in which nobody would find it.
func CheckRule(r domain.Rule) (domain.Rule, []RuleProblem) {
	var problems []RuleProblem
	complain := func(field, value, message string) {
		problems = append(problems, RuleProblem{Field: field, Value: value, Message: message})
	}
	table, known := TableNamed(string(r.Table))
	if !known {
		complain("table", string(r.Table), "is none that we know; give one of "+strings.Join(Tables(), ", "))
	} else {
		r.Table = table
	}
	r.From, r.To = strings.TrimSpace(r.From), strings.TrimSpace(r.To)
	r.Store, r.Warehouse, r.Country = strings.TrimSpace(r.Store), strings.TrimSpace(r.Warehouse), strings.ToUpper(strings.TrimSpace(r.Country))
	r.Extra = trimmed(r.Extra)
	for _, text := range textsOf(r) {
		if strings.ContainsFunc(text.value, unwritable) {
			complain(text.field, text.value, "holds a character that cannot be kept or seen, such as a carriage return; write it anew without")
		}
	}
	if r.From == "" {
		complain("from", "", "is empty; give the value that is mapped")
	}
	if r.To == "" && !r.Retired {
		complain("to", "", "is empty; give what the value stands for, or retire the rule")
	}
	if r.Country != "" && (len(r.Country) != 2 || strings.Trim(r.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		complain("country", r.Country, "is no ISO 3166 code; give two letters such as GB")
	}
	if known {
		form, _ := formOf(table)
		r.To = form.answer(r, complain)
		form.scope(r, complain)
		form.details(r, complain)
	}
	return r, problems
}

// trimmed leaves out what is empty: in a cell of a spreadsheet that is the same as not there.
func trimmed(extra map[string]string) map[string]string {
	var out map[string]string
	for key, value := range extra {
		if value = strings.TrimSpace(value); value != "" {
			if out == nil {
				out = make(map[string]string, len(extra))
			}
			out[key] = value
		}
	}
	return out
}

// textsOf are the texts of a rule that anybody may have written.
func textsOf(r domain.Rule) []struct{ field, value string } {
	texts := []struct{ field, value string }{{"from", r.From}, {"to", r.To}, {"store", r.Store}, {"warehouse", r.Warehouse}}
	for _, key := range slices.Sorted(maps.Keys(r.Extra)) {
		texts = append(texts, struct{ field, value string }{key, r.Extra[key]})
	}
	return texts
}

// unwritable tells characters that the database refuses (NUL, what is no UTF-8), that do
// not come back from a CSV file as they went in (a carriage return), or that nobody sees.
func unwritable(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\t'
}

// answer checks what a rule maps to and gives its exact spelling.
func (f tableForm) answer(r domain.Rule, complain func(field, value, message string)) string {
	if r.To == "" {
		return ""
	}
	if f.to != nil {
		if exact := dashed(r.To); slices.Contains(f.to, exact) {
			return exact
		}
		complain("to", r.To, "means nothing in "+string(r.Table)+"; give one of "+strings.Join(f.to, ", "))
	}
	if r.Table == domain.RuleCutoff {
		at, err := time.Parse(clock, r.To)
		if err != nil {
			complain("to", r.To, "is no time of day; give HH:MM such as 14:30")
			return r.To
		}
		return at.Format(clock)
	}
	if r.Table == domain.RuleStockBuffer {
		if n, err := strconv.Atoi(r.To); err != nil || n < 0 || n > maxBuffer {
			complain("to", r.To, fmt.Sprintf("is no number of units; give 0 to %d", maxBuffer))
		}
	}
	return r.To
}

func (f tableForm) scope(r domain.Rule, complain func(field, value, message string)) {
	for _, s := range []struct{ field, value string }{{"store", r.Store}, {"warehouse", r.Warehouse}, {"country", r.Country}} {
		if s.value != "" && !slices.Contains(f.scopes, s.field) {
			complain(s.field, s.value, fmt.Sprintf("does not narrow %s, so the rule would never be found; leave it empty (%s counts)", r.Table, strings.Join(f.scopes, " and ")))
		}
	}
}

// details checks what the rule's table asks beyond from, to and scope.
func (f tableForm) details(r domain.Rule, complain func(field, value, message string)) {
	for _, k := range slices.Sorted(maps.Keys(r.Extra)) {
		if !slices.Contains(f.extra, k) {
			complain(k, r.Extra[k], "is not read in "+string(r.Table)+"; leave it out")
		}
	}
	switch r.Table {
	case domain.RuleAttributeDefault:
		prefix, value, _ := strings.Cut(r.From, ":")
		if r.From != "" && (!slices.Contains([]string{"type", "brand", "collection"}, prefix) || strings.TrimSpace(value) == "") {
			complain("from", r.From, "names no type, brand or collection; write type:<t>, brand:<b> or collection:<c>")
		}
		if strings.TrimSpace(r.Extra[extraAttribute]) == "" {
			complain(extraAttribute, "", "is empty; name the attribute that gets the default, such as itemCondition")
		}
	case domain.RuleMarket:
		if c, given := r.Extra[extraCurrency]; given {
			if _, ok := domain.MinorUnits(c); !ok {
				complain(extraCurrency, c, "is no ISO 4217 code; give one such as GBP, or leave it out")
			}
		}
	case domain.RuleEntity:
		checkEntity(r, complain)
	case domain.RuleRefundPolicy:
		checkRefundPolicy(r, complain)
	case domain.RuleDisposition:
		checkDisposition(r, complain)
	case domain.RuleCutoff:
		if _, ok := zoneNamed(r.Extra[extraTimezone]); !ok && (r.Extra[extraTimezone] != "" || !r.Retired) {
			complain(extraTimezone, r.Extra[extraTimezone], "is no time zone; give one such as Europe/London")
		}
		if _, ok := parseDays(r.Extra[extraDays]); !ok {
			complain(extraDays, r.Extra[extraDays], "names no days of the week; give some such as mon-fri or mon,wed,sat, or leave it out for every day")
		}
	}
}
