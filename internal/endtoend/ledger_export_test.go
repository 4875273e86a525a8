package endtoend_test

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/systems/csvledger"
)

// booking is one line of the file that finance imports.
type booking struct {
	document, kind, order, shopReturn string // of its document
	ref, lineKind, sku, source        string
	disposition, from, to             string
	quantity                          int
	gross, tax                        int64 // minor units of a currency with two digits
}

// posts runs the documents' schedule until nothing is left to post.
func (w *world) posts(t *testing.T) {
	t.Helper()
	eventually(t, "every document is posted", func() bool {
		w.keepBooks(t)
		open, err := w.parts.Store.Documents(t.Context(), ports.DocumentFilter{Unposted: true}, 10)
		require.NoError(t, err)
		return len(open) == 0
	})
}

// exported takes what was posted since into a new export, and reads all exports again as
// their reader does: by the names of the columns.
func (w *world) exported(t *testing.T) (lines []booking) {
	t.Helper()
	_, err := w.parts.Store.ExportLedger(t.Context(), "7", "", "finance", time.Now())
	require.NoError(t, err)
	exports, err := w.parts.Store.LedgerExports(t.Context(), 100)
	require.NoError(t, err)
	for _, x := range exports {
		entries, err := w.parts.Store.ExportedEntries(t.Context(), x.ID)
		require.NoError(t, err)
		var text bytes.Buffer
		require.NoError(t, csvledger.WriteCSV(&text, entries))
		rows, err := csv.NewReader(&text).ReadAll()
		require.NoError(t, err)
		for _, row := range rows[1:] {
			cells := map[string]string{}
			for i, name := range rows[0] {
				cells[name] = row[i]
			}
			if b := readBooking(t, cells); b.lineKind != "link" { // what an earlier file holds, told again with what it came to name
				lines = append(lines, b)
			}
		}
	}
	return lines
}

func readBooking(t *testing.T, cells map[string]string) booking {
	t.Helper()
	quantity, err := strconv.Atoi(cells["quantity"])
	require.NoError(t, err)
	return booking{
		document: cells["document_key"], kind: cells["type"], order: cells["order_number"], shopReturn: cells["return"],
		ref: cells["line_ref"], lineKind: cells["line_type"], sku: cells["sku"], source: cells["source"],
		disposition: cells["disposition"], from: cells["from"], to: cells["to"],
		quantity: quantity, gross: minor(t, cells["gross"]), tax: minor(t, cells["tax"]),
	}
}

// minor reads a decimal with exactly two digits.
func minor(t *testing.T, text string) int64 {
	t.Helper()
	at := strings.LastIndexByte(text, '.')
	require.Equal(t, len(text)-3, at, "%q has two digits", text)
	amount, err := strconv.ParseInt(strings.Replace(text, ".", "", 1), 10, 64)
	require.NoError(t, err)
	return amount
}

// of keeps the bookings of one kind of document.
func of(all []booking, kind domain.DocumentKind) (found []booking) {
	for _, b := range all {
		if b.kind == string(kind) {
			found = append(found, b)
		}
	}
	return found
}
