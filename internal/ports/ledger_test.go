package ports_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

func TestTotalsReadBackAreCompared(t *testing.T) {
	t.Parallel()
	d := domain.Document{Key: "centra-cm-R5507", EntityRef: "7", Currency: "GBP", Lines: []domain.DocumentLine{{Ref: "1", Gross: 1767, Tax: 294}, {Ref: "2", Gross: 1000, Tax: 167}}}
	same := ports.LedgerEntry{Entity: "7", Currency: "GBP", Totals: d.Totals(), Status: domain.DocumentPosted}
	for name, tt := range map[string]struct {
		change func(*ports.LedgerEntry)
		field  string // that differs; empty = none
	}{
		"equal totals agree":                    {func(*ports.LedgerEntry) {}, ""},
		"gross has no tolerance":                {func(e *ports.LedgerEntry) { e.Totals.Gross++; e.Totals.Net++ }, "gross"},
		"tax may differ by its rounding":        {func(e *ports.LedgerEntry) { e.Totals.Tax += 2; e.Totals.Net -= 2 }, ""},
		"but by no more":                        {func(e *ports.LedgerEntry) { e.Totals.Tax += 3; e.Totals.Net -= 3 }, "tax"},
		"one rate on the whole may differ less": {func(e *ports.LedgerEntry) { e.TaxParts = 1; e.Totals.Tax += 2; e.Totals.Net -= 2 }, "tax"},
		"sums that do not add up are none":      {func(e *ports.LedgerEntry) { e.Totals.Net++ }, "tax"},
		"another currency is another document":  {func(e *ports.LedgerEntry) { e.Currency = "EUR" }, "currency"},
		"another entity too":                    {func(e *ports.LedgerEntry) { e.Entity = "8" }, "entity"},
		"no entity is another entity":           {func(e *ports.LedgerEntry) { e.Entity = "" }, "entity"},
		"a go-between tells the gross alone": {func(e *ports.LedgerEntry) {
			*e = ports.LedgerEntry{Currency: "GBP", GrossOnly: true, Totals: domain.Totals{Gross: 2767}, Status: domain.DocumentPosted}
		}, ""},
		"and has no tolerance either": {func(e *ports.LedgerEntry) {
			*e = ports.LedgerEntry{Currency: "GBP", GrossOnly: true, Totals: domain.Totals{Gross: 2766}, Status: domain.DocumentPosted}
		}, "gross"},
		"what is accepted tells nothing yet": {func(e *ports.LedgerEntry) { *e = ports.LedgerEntry{Status: domain.DocumentAccepted} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := same
			tt.change(&e)
			err := e.Agrees(d)
			if tt.field == "" {
				require.NoError(t, err)
				return
			}
			f, ok := fault.As(err)
			require.True(t, ok)
			require.Equal(t, []any{fault.Conflict, ports.CodeTotalsDiffer, tt.field}, []any{f.Kind, f.Code, f.Problems[0].Field})
		})
	}
	require.EqualValues(t, 2, ports.TaxAllowed(3, 1), "the contract's example: three lines against one rate")
}
