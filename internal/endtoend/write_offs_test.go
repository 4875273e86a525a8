package endtoend_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/store"
)

// spoilt lets the floor of the north write a garment off outside of any return, under a
// serial, and waits until we were told.
func (w *world) spoilt(t *testing.T, reason, serial string) {
	t.Helper()
	known := len(w.writtenOff(t, serial))
	_, err := w.floor.Act(acs.Action{Action: "adjust", Account: accountN, SKU: shirt, Quantity: -1, Reason: reason, Serials: []string{serial}, UnitCost: "12.50", Currency: "GBP"})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(w.writtenOff(t, serial)) > known }, time.Minute, 50*time.Millisecond)
}

// writtenOff are the write-offs of a garment, by serial, dropped ones too.
func (w *world) writtenOff(t *testing.T, serial string) (found []ports.DocumentRecord) {
	t.Helper()
	all, err := w.parts.Store.Documents(context.WithoutCancel(t.Context()), ports.DocumentFilter{Kind: domain.DocWriteOff}, 1000)
	require.NoError(t, err)
	for _, r := range all {
		if r.Document.Extra[domain.ExtraSerial] == serial {
			found = append(found, r)
		}
	}
	return found
}

// requireWrittenOffOnce is the truth of the ledger: exactly one posted write-off of the garment.
func (w *world) requireWrittenOffOnce(t *testing.T, serial string) domain.Document {
	t.Helper()
	booked := w.booked(t)
	var once []domain.Document
	for _, r := range w.writtenOff(t, serial) {
		if _, posted := booked[r.Document.Key]; posted {
			require.Equal(t, domain.DocumentPosted, r.Status)
			once = append(once, r.Document)
			continue
		}
		require.Equal(t, domain.DocumentDropped, r.Status)
	}
	require.Len(t, once, 1)
	return once[0]
}

// ownStock saves which entity owns the stock of the north.
func (w *world) ownStock(t *testing.T) {
	t.Helper()
	_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{
		Table: domain.RuleEntity, From: "ATELIER-UK", To: "7", Extra: map[string]string{"timezone": "Europe/London", "currency": "GBP", "warehouses": north},
	}}, "test", "the stock is the entity's", time.Now())
	require.NoError(t, err)
}

// TestGarmentsSpoiltInTheStore follows garments that the warehouse writes off outside of
// any return: they are finance's documents, and nobody is asked for an order.
func TestGarmentsSpoiltInTheStore(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})

	w.spoilt(t, "ber_write_off", "SPOILT-1")
	waiting := w.keepBooks(t)
	require.Equal(t, 1, waiting.Waiting, "no rule says whose stock it is")
	open, err := w.parts.Store.OpenExceptions(t.Context(), store.ExceptionFilter{}, 100)
	require.NoError(t, err)
	require.Len(t, open, 1)
	require.Equal(t, []string{mapping.KindEntity, "finance"}, []string{open[0].Kind, open[0].Owner}, "nobody is asked which order it was")

	w.ownStock(t)
	w.keepBooks(t)
	doc := w.requireWrittenOffOnce(t, "SPOILT-1")
	require.Equal(t, []any{int64(-1250), "GBP", "ATELIER-UK", "ber_write_off"}, []any{doc.Totals().Gross, doc.Currency, doc.Entity, doc.Lines[0].Disposition})
	open, err = w.parts.Store.OpenExceptions(t.Context(), store.ExceptionFilter{}, 100)
	require.NoError(t, err)
	require.Empty(t, open)

	for range 5 { // the feed tells again what the webhook told
		require.NoError(t, w.parts.Store.SaveCursor(t.Context(), "feed/"+north, "0", time.Now()))
		_, err := w.intake.ReadFeed(t.Context(), north)
		require.NoError(t, err)
		w.keepBooks(t)
	}
	require.Len(t, w.writtenOff(t, "SPOILT-1"), 1)
	w.requireWrittenOffOnce(t, "SPOILT-1")

	for _, reason := range []string{"donated", "recycled", "returned_to_brand", "lost"} {
		w.spoilt(t, reason, "SPOILT-"+reason)
		w.keepBooks(t)
		require.Equal(t, reason, w.requireWrittenOffOnce(t, "SPOILT-"+reason).Lines[0].Disposition)
	}

	t.Run("and then in a return is written off once", func(t *testing.T) {
		w.sell(t, sale(3601), nil)
		w.closes(t, 3601)
		w.spoilt(t, "ber_write_off", "BOTH-1")
		w.keepBooks(t)
		first := w.requireWrittenOffOnce(t, "BOTH-1")
		u := unit(3601, 1, shirt, "ber")
		u.Serial = "BOTH-1"
		w.comesBack(t, 3601, acs.ReturnAction{Units: []acs.ReturnUnit{u}})
		w.returnCloses(t, returnID(3601, 1))
		w.keepBooks(t)
		require.Equal(t, first.Key, w.requireWrittenOffOnce(t, "BOTH-1").Key)
	})
	t.Run("after it was in a return is written off once", func(t *testing.T) {
		w.sell(t, sale(3602), nil)
		w.closes(t, 3602)
		u := unit(3602, 1, shirt, "ber")
		u.Serial = "BOTH-2"
		w.comesBack(t, 3602, acs.ReturnAction{Units: []acs.ReturnUnit{u}})
		w.returnCloses(t, returnID(3602, 1))
		w.spoilt(t, "ber_write_off", "BOTH-2")
		w.keepBooks(t)
		require.Equal(t, orderID(3602), w.requireWrittenOffOnce(t, "BOTH-2").Order)
	})
}
