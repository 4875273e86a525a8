package mapping_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

// everyTable is a rule of each table, with what it may hold.
func everyTable() []domain.Rule {
	return []domain.Rule{
		{Table: domain.RuleShippingMethod, Warehouse: "glasgow", Country: "GB", From: "Express, before noon", To: "RM24"},
		{Table: domain.RuleMarket, Store: "atelier", From: "Großbritannien \"UK\"", To: "UK Ltd", Extra: map[string]string{"currency": "GBP"}},
		{Table: domain.RuleItem, Warehouse: "glasgow", From: "=1+1", To: "DRS-1\nM"},
		{Table: domain.RuleCarrier, From: "DPD", To: "DPD UK"},
		{Table: domain.RuleAttributeDefault, From: "brand:Selvedge", To: "new", Extra: map[string]string{"attribute": "itemCondition"}},
		{Table: domain.RuleAttributeDefault, From: "brand:Selvedge", To: "GB", Extra: map[string]string{"attribute": "countryOfOrigin"}},
		{Table: domain.RulePayment, From: "card", To: "on-shipment"},
		{Table: domain.RuleStockStatus, From: "available", To: "sellable"},
		{Table: domain.RuleDisposition, From: "BER", To: "write-off", Extra: map[string]string{"refund": "hold", "remindAfterDays": "30"}, Retired: true},
		{Table: domain.RuleRefundPolicy, Store: "atelier", Country: "SE", From: "*/ber", To: "manual", Extra: map[string]string{"fee": "395 GBP, 450 EUR", "shipping": "full-return"}},
		{Table: domain.RuleCutoff, Warehouse: "glasgow", From: "RM24", To: "14:30", Extra: map[string]string{"timezone": "Europe/London", "days": "mon-fri"}},
	}
}

func TestWrittenRulesReadBackTheSame(t *testing.T) {
	t.Parallel()
	var csv, json bytes.Buffer
	require.NoError(t, mapping.WriteRulesCSV(&csv, everyTable()))
	require.NoError(t, mapping.WriteRulesJSON(&json, everyTable()))
	fromCSV, err := mapping.ReadRulesCSV("rules.csv", &csv)
	require.NoError(t, err)
	require.Equal(t, everyTable(), fromCSV)
	fromJSON, err := mapping.ReadRulesJSON("rules.json", &json)
	require.NoError(t, err)
	require.Equal(t, everyTable(), fromJSON)
}

func TestSpreadsheetsAreReadAsPeopleSaveThem(t *testing.T) {
	t.Parallel()
	want := []domain.Rule{
		{Table: domain.RulePayment, From: "card", To: "before-submission", Store: "atelier"},
		{Table: domain.RuleCutoff, From: "RM24", To: "14:30", Warehouse: "glasgow", Extra: map[string]string{"timezone": "Europe/London"}},
		{Table: domain.RuleShippingMethod, From: "Express", To: "RM24", Country: "SE"},
	}
	for name, file := range map[string]string{
		"letter case, spaces and dashes do not matter": " Table ,From,TO,Store,Warehouse,Country,Time Zone\n" +
			"Payment Method,card,Before submission,atelier,,,\nSERVICE_CUTOFF,RM24,14:30,,glasgow,,Europe/London\n\nshipping-method,Express,RM24,,,se\n",
		"semicolons, byte order mark and Windows line ends": "\ufefftable;from;to;store;warehouse;country;timezone\r\n" +
			"payment-method;card;before-submission;atelier;;;\r\nservice-cutoff;RM24;14:30;;glasgow;;Europe/London\r\nshipping-method;Express;RM24;;;SE;\r\n",
		"columns in another order, and those that the store tells": "version,to,from,table,store,country,warehouse,timezone,author\n" +
			"7,before-submission,card,payment-method,atelier,,,,ann\n8,14:30,RM24,service-cutoff,,,glasgow,Europe/London,ann\n9,RM24,Express,shipping-method,,SE,,,ann\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules, err := mapping.ReadRulesCSV("rules.csv", strings.NewReader(file))
			require.NoError(t, err)
			require.Equal(t, want, rules)
		})
	}
}

func TestEveryBrokenRowIsNamed(t *testing.T) {
	t.Parallel()
	file := `table,from,to,store,warehouse,country,attribute,currency,timezone,extra,retired
shiping,Express,RM24,,,,,,,,
shipping-method,,RM24,,,Sweden,,,,,
shipping-method,Express,RM24,atelier,,,,,,,
payment-method,card,later,,,,,,,,
attribute-default,Selvedge,new,,,,,,,,
market,SE,AB,,,,,KRONOR,,,
service-cutoff,RM24,half past two,,,,,,Europe/Glasgow,,
carrier,DPD,DPD UK,,,,,,,grade=A,perhaps
carrier,DPD,,,,,,,,,
item,A,B,,glasgow,,,,,,
item,A,C,,glasgow,,,,,,
item,A,B,,,,,,,,,surplus
`
	rules, err := mapping.ReadRulesCSV("rules.csv", strings.NewReader(file))
	require.Nil(t, rules, "all or nothing")
	var broken *mapping.FileError
	require.ErrorAs(t, err, &broken)
	var found []string
	for _, p := range broken.Problems {
		found = append(found, strings.Join([]string{string(rune('0' + p.Line/10)), string(rune('0' + p.Line%10)), " ", p.Field, "=", p.Value}, ""))
		require.Contains(t, p.Message, ";", "a remedy follows what is wrong")
	}
	require.Equal(t, []string{
		"02 table=shiping",
		"03 from=", "03 country=SWEDEN",
		"04 store=atelier",
		"05 to=later",
		"06 from=Selvedge", "06 attribute=",
		"07 currency=KRONOR",
		"08 to=half past two", "08 timezone=Europe/Glasgow",
		"09 extra=grade=A", "09 retired=perhaps",
		"10 to=",
		"12 from=A",
		"13 row=surplus",
	}, found)
	require.Contains(t, err.Error(), `rules.csv:5: to "later": means nothing in payment-method; give one of on-shipment, before-submission, external`)
	require.Contains(t, err.Error(), `rules.csv:12: from "A": stands on line 11 already`)
}

func TestBrokenFilesAreRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file string
		json bool
		want string
	}{
		"an unknown column":       {file: "table,from,to,colour\n", want: `rules.csv:1: column "colour": is not known; known are table`},
		"a column twice":          {file: "table,from,to,From\n", want: `column "From": stands twice`},
		"a missing column":        {file: "table,from\n", want: `column "to": is missing`},
		"an empty file":           {file: "", want: `rules.csv:1: header "": is missing; begin with the line table,from,to`},
		"another encoding":        {file: "table,from,to\nmarket,\xc5land,AB\n", want: "is not UTF-8; save it as CSV UTF-8"},
		"an open quote":           {file: "table,from,to\nmarket,\"SE,AB\n", want: "put the value in quotes"},
		"no list":                 {json: true, file: `{"table":"market"}`, want: "is not a JSON list"},
		"a list that is cut off":  {json: true, file: "[\n" + `{"table":"market","from":"SE","to":"AB"}`, want: "ends before its list does"},
		"garbage in a list":       {json: true, file: "[\n" + `{"table":"market","from":"SE","to":"AB"},` + "\nx]", want: "is not JSON from here on"},
		"rules after the list":    {json: true, file: "[]\n" + `[{"table":"item","from":"a","to":"b"}]`, want: `rules.json:2: file "": goes on after its list`},
		"a carriage return":       {file: "table,from,to\nitem,\"a\r\r\nb\",c\n", want: `rules.csv:2: from "a\r\nb": holds a character that cannot be kept`},
		"a NUL":                   {json: true, file: `[{"table":"market","from":"a","to":"b","extra":{"currency":"GBP\u0000"}}]`, want: `rules.json:1: currency "GBP\x00": holds a character`},
		"half a character":        {json: true, file: `[{"table":"item","from":"\ud83d","to":"b"}]`, want: "rules.json:1: from \"\ufffd\": holds a character"},
		"an unknown field":        {json: true, file: "[\n\n" + `{"table":"market","colour":"red"}]`, want: `rules.json:3: rule "": unknown field "colour"`},
		"a value of another type": {json: true, file: `[{"table":"market","from":7}]`, want: "rules.json:1: rule"},
		"a broken rule in a list": {json: true, file: "[\n{\"table\":\"market\",\n\"from\":\"SE\"}]", want: `rules.json:2: to "": is empty`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read, file := mapping.ReadRulesCSV, "rules.csv"
			if tt.json {
				read, file = mapping.ReadRulesJSON, "rules.json"
			}
			rules, err := read(file, strings.NewReader(tt.file))
			require.ErrorContains(t, err, tt.want)
			require.Nil(t, rules)
		})
	}
}

func TestAnEmptyExtraIsNone(t *testing.T) {
	t.Parallel()
	rules, err := mapping.ReadRulesJSON("rules.json", strings.NewReader(`[
		{"table":"market","from":"SE","to":"AB","extra":{}},
		{"table":"market","from":"NO","to":"AS","extra":{"currency":" "}},
		{"table":"market","from":"DK","to":"ApS","extra":{"currency":" DKK "}}]`))
	require.NoError(t, err)
	require.Equal(t, []domain.Rule{
		{Table: domain.RuleMarket, From: "SE", To: "AB"},
		{Table: domain.RuleMarket, From: "NO", To: "AS"},
		{Table: domain.RuleMarket, From: "DK", To: "ApS", Extra: map[string]string{"currency": "DKK"}},
	}, rules)
	requireReadBack(t, rules)
}

// requireReadBack demands that rules which were read are the same again, in whichever
// form they are written.
func requireReadBack(t *testing.T, rules []domain.Rule) {
	t.Helper()
	var csv, json bytes.Buffer
	require.NoError(t, mapping.WriteRulesCSV(&csv, rules))
	again, err := mapping.ReadRulesCSV("f.csv", &csv)
	require.NoError(t, err)
	require.Equal(t, rules, again)
	require.NoError(t, mapping.WriteRulesJSON(&json, rules))
	again, err = mapping.ReadRulesJSON("f.json", &json)
	require.NoError(t, err)
	require.Equal(t, rules, again)
}

// FuzzReadRulesCSV: whatever is read without complaint is written and read back the
// same; what is not names the file.
func FuzzReadRulesCSV(f *testing.F) {
	var all bytes.Buffer
	require.NoError(f, mapping.WriteRulesCSV(&all, everyTable()))
	f.Add(all.String())
	f.Add("table;from;to\nitem;\"a\"\"b\";c\n")
	f.Add("table,from,to\nitem,\"a\r\r\nb\",\"c\rd\"\n")
	f.Add("table,from,to,attribute,extra\nattribute-default,brand:a,b,,\"{\"\"attribute\"\":\"\" grade \"\"}\"\n")
	f.Add("table,from,to,timezone,extra\nservice-cutoff,a,14:30,Europe/London,\"{\"\"days\"\":\"\"\"\",\"\"timezone\"\":null}\"\n")
	f.Fuzz(func(t *testing.T, file string) {
		rules, err := mapping.ReadRulesCSV("f.csv", strings.NewReader(file))
		if err != nil {
			require.ErrorContains(t, err, "f.csv")
			require.Nil(t, rules, "all or nothing")
			return
		}
		requireReadBack(t, rules)
	})
}

func TestBuffersAndGradesAreCheckedBeforeTheyAreSaved(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rule  domain.Rule
		field string
		to    string
	}{
		"units are kept":                    {rule: domain.Rule{Table: "Stock Buffer", Warehouse: "north", From: "SH-1@Sweden", To: "2"}, to: "2"},
		"none is a buffer too":              {rule: domain.Rule{Table: domain.RuleStockBuffer, From: "*", To: "0"}, to: "0"},
		"less than none is not":             {rule: domain.Rule{Table: domain.RuleStockBuffer, From: "*", To: "-1"}, field: "to", to: "-1"},
		"a word is not":                     {rule: domain.Rule{Table: domain.RuleStockBuffer, From: "*", To: "two"}, field: "to", to: "two"},
		"a slip of the finger is not":       {rule: domain.Rule{Table: domain.RuleStockBuffer, From: "*", To: "2000000"}, field: "to", to: "2000000"},
		"a buffer is of no store":           {rule: domain.Rule{Table: domain.RuleStockBuffer, Store: "atelier", From: "*", To: "1"}, field: "store", to: "1"},
		"a grade that is known is promised": {rule: domain.Rule{Table: domain.RuleStockGrade, From: "*", To: "B"}, to: "b"},
		"another is not":                    {rule: domain.Rule{Table: domain.RuleStockGrade, From: "*", To: "U"}, field: "to", to: "U"},
	} {
		rule, problems := mapping.CheckRule(tt.rule)
		require.Equal(t, tt.to, rule.To, name)
		if tt.field == "" {
			require.Empty(t, problems, name)
			continue
		}
		require.Len(t, problems, 1, name)
		require.Equal(t, tt.field, problems[0].Field, name)
	}
}
