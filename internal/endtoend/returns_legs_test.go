package endtoend_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/systems/csvledger"
)

// booked are the rows of the ledger's own file about an order, one a line.
func (w *world) rowsBooked(t *testing.T, number int) (rows []map[string]string) {
	t.Helper()
	var entries []ports.BookEntry
	for _, r := range w.documents(t, number) {
		if e, err := w.parts.Store.Entry(t.Context(), r.Document.Key); err == nil && e.Number != "" {
			entries = append(entries, e)
		}
	}
	var out bytes.Buffer
	require.NoError(t, csvledger.WriteCSV(&out, entries))
	cells, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	for _, cell := range cells[1:] {
		row := map[string]string{}
		for i, name := range cells[0] {
			row[name] = cell[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// requireLinked is the truth about the ids: each credit memo of the file names its return
// in the shop, each return of the shop names a memo of the file, and each refund the memo
// that it pays.
func (w *world) requireLinked(t *testing.T, number int) {
	t.Helper()
	o, memos := w.inShop(t, number), map[string]string{}
	for _, row := range w.rowsBooked(t, number) {
		switch domain.DocumentKind(row["type"]) {
		case domain.DocCreditMemo:
			memos[row["document_key"]] = row["return"]
		case domain.DocRefund:
			require.Contains(t, memos, row["source"], "a refund pays a memo")
		}
	}
	for _, r := range o.Returns {
		id := fmt.Sprint(r.ID)
		found := false
		for key, names := range memos {
			found = found || strings.Contains(r.Comment+o.InternalComment, key) && (names == id || len(strings.Fields(names)) > 1 && strings.Contains(names, id))
		}
		require.True(t, found, "return %s and its memo name each other: %q, %q; %v", id, r.Comment, o.InternalComment, memos)
	}
}

// paymentsBooked is what the file says that went back to the customer.
func (w *world) paymentsBooked(t *testing.T, number int) (amounts []string) {
	t.Helper()
	for _, row := range w.rowsBooked(t, number) {
		if domain.DocumentKind(row["type"]) == domain.DocRefund {
			amounts = append(amounts, row["gross"])
		}
	}
	return amounts
}

// TestARefundThatFailsAfterEverythingWasDone: the shop has paid, the return is closed and
// booked; then the money comes back.
func TestARefundThatFailsAfterEverythingWasDone(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	_, err := w.intake.DrainShop(t.Context()) // the shop queues events from the first wish for them
	require.NoError(t, err)
	failing := func(t *testing.T, number int) (cause string) {
		t.Helper()
		w.sell(t, sale(number), nil)
		w.closes(t, number)
		w.admin(t, centra.Action{Action: "set-refund-outcome", Order: number, Value: "success-fail"})
		w.comesBack(t, number, acs.ReturnAction{Units: []acs.ReturnUnit{unit(number, 1, shirt, "restock")}})
		w.returnCloses(t, returnID(number, 1))
		require.Equal(t, []string{"39.90"}, w.paymentsBooked(t, number))
		eventually(t, "the money comes back", func() bool { return w.inShop(t, number).Returns[0].Refunded == 0 })
		_, err := w.intake.DrainShop(t.Context())
		require.NoError(t, err)
		cause = w.returnAsks(t, returnID(number, 1), "refund-failed")
		eventually(t, "the books take it back", func() bool { return len(w.paymentsBooked(t, number)) == 2 })
		require.Equal(t, []string{"39.90", "-39.90"}, w.paymentsBooked(t, number))
		w.admin(t, centra.Action{Action: "set-refund-outcome", Order: number, Value: "success"})
		require.Zero(t, w.inShop(t, number).Returns[0].Refunded, "nobody pays again by himself")
		return cause
	}
	t.Run("it is asked for once more when finance says so", func(t *testing.T) {
		t.Parallel()
		failing(t, 3701)
		require.NoError(t, w.client.SignalWorkflow(t.Context(), returnID(3701, 1), "", contract.SignalRetry, nil))
		w.returnCloses(t, returnID(3701, 1))
		w.requireReturned(t, 3701, 3990, map[string]int{lineID(3701, 1): 1})
		require.Equal(t, []string{"39.90", "-39.90", "39.90"}, w.paymentsBooked(t, 3701))
		require.Equal(t, int64(495), w.inShop(t, 3701).Captured)
	})
	t.Run("or never, when finance has paid by hand", func(t *testing.T) {
		t.Parallel()
		cause := failing(t, 3702)
		w.returnResolve(t, returnID(3702, 1), contract.Resolution{Exception: cause, Action: contract.ActionSkip, By: "finance", Reason: "paid by bank transfer"})
		w.returnCloses(t, returnID(3702, 1))
		w.requireReturned(t, 3702, 0, map[string]int{lineID(3702, 1): 1})
		require.Equal(t, []string{"39.90", "-39.90"}, w.paymentsBooked(t, 3702))
	})
}
