package endtoend_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// postedLosses are the posted write-offs that are an order's, or of none, by key.
func (w *world) postedLosses(t *testing.T, of func(domain.Document) bool) (keys []domain.DocumentKey) {
	t.Helper()
	booked := w.booked(t)
	all, err := w.parts.Store.Documents(context.WithoutCancel(t.Context()), ports.DocumentFilter{Kind: domain.DocWriteOff}, 1000)
	require.NoError(t, err)
	for _, r := range all {
		if _, posted := booked[r.Document.Key]; posted && of(r.Document) {
			keys = append(keys, r.Document.Key)
		}
	}
	return keys
}

func ofOrder(number int) func(domain.Document) bool {
	return func(d domain.Document) bool { return d.Order == orderID(number) }
}

// TestALossWithoutASerialIsWrittenOffOnce tells of garments without serials both in a
// return and in the warehouse's books: it counts what was posted, and reads what people
// are asked where nothing tells one garment from another.
func TestALossWithoutASerialIsWrittenOffOnce(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	w.ownStock(t)
	sold := func(t *testing.T, number, units int) string {
		t.Helper()
		order := sale(number)
		order.Lines = []centra.SeedLine{line(number, 1, shirt, units)}
		w.sell(t, order, nil)
		w.closes(t, number)
		return returnID(number, 1)
	}
	toldAgain := func(t *testing.T) {
		t.Helper()
		for range 4 {
			require.NoError(t, w.parts.Store.SaveCursor(t.Context(), "feed/"+north, "0", time.Now()))
			_, err := w.intake.ReadFeed(t.Context(), north)
			require.NoError(t, err)
		}
	}
	t.Run("three like garments, two of them lost, booked off with their return", func(t *testing.T) {
		id := sold(t, 3701, 3)
		w.comesBack(t, 3701, acs.ReturnAction{WriteOff: true, Units: []acs.ReturnUnit{unit(3701, 1, shirt, "restock"), unit(3701, 1, shirt, "ber"), unit(3701, 1, shirt, "ber")}})
		toldAgain(t)
		w.returnCloses(t, id)
		w.keepBooks(t)
		require.Len(t, w.postedLosses(t, ofOrder(3701)), 2)
		require.Empty(t, w.postedLosses(t, func(d domain.Document) bool { return d.Order == domain.OrderID{} }))
	})
	t.Run("the return second: finance tells that it is the same garment", func(t *testing.T) {
		id := sold(t, 3702, 1)
		_, err := w.floor.Act(acs.Action{Action: "adjust", Account: accountN, SKU: shirt, Quantity: -1, Reason: "ber_write_off"})
		require.NoError(t, err)
		nobodys := func(d domain.Document) bool { return d.Order == domain.OrderID{} && d.Extra[domain.ExtraSerial] == "" }
		eventually(t, "the entry is in the books", func() bool { w.keepBooks(t); return len(w.postedLosses(t, nobodys)) == 1 })
		w.comesBack(t, 3702, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3702, 1, shirt, "ber")}})
		cause := w.returnAsks(t, id, domain.KindWriteOffDoubtful)
		toldAgain(t)
		w.keepBooks(t)
		require.Empty(t, w.postedLosses(t, ofOrder(3702)))
		w.returnResolve(t, id, contract.Resolution{Action: contract.ActionSkip, Exception: cause, By: "fin", Reason: "the warehouse says that it is one garment"})
		w.returnCloses(t, id)
		w.keepBooks(t)
		require.Empty(t, w.postedLosses(t, ofOrder(3702)))
		require.Len(t, w.postedLosses(t, nobodys), 1)
	})
	t.Run("the return second: finance tells that they are two", func(t *testing.T) {
		id := sold(t, 3703, 1)
		// The first entry is of the garment before, as finance said: nobody is asked of it again.
		_, err := w.floor.Act(acs.Action{Action: "adjust", Account: accountN, SKU: shirt, Quantity: -1, Reason: "ber_write_off"})
		require.NoError(t, err)
		nobodys := func(d domain.Document) bool { return d.Order == domain.OrderID{} && d.Extra[domain.ExtraSerial] == "" }
		eventually(t, "the entry is in the books", func() bool { w.keepBooks(t); return len(w.postedLosses(t, nobodys)) == 2 })
		w.comesBack(t, 3703, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3703, 1, shirt, "ber")}})
		cause := w.returnAsks(t, id, domain.KindWriteOffDoubtful)
		w.returnResolve(t, id, contract.Resolution{Action: contract.ActionOverride, Exception: cause, By: "fin", Reason: "two garments", Override: map[string]string{"writeOff": "yes"}})
		w.returnCloses(t, id)
		require.Len(t, w.postedLosses(t, ofOrder(3703)), 1)
	})
	t.Run("an entry of a return that nobody knows is written off once, also when its order is found", func(t *testing.T) {
		id := sold(t, 3704, 1)
		r := w.comesBack(t, 0, acs.ReturnAction{WriteOff: true, Units: []acs.ReturnUnit{{SKU: shirt, Disposition: "ber"}}})
		ofIt := func(d domain.Document) bool { return d.Return == r.ReturnID }
		eventually(t, "the loss is in the books while no order is known", func() bool { w.keepBooks(t); return len(w.postedLosses(t, ofIt)) == 1 })
		orphan := contract.OrphanReturnWorkflowID(north, r.ReturnID)
		cause := w.returnAsks(t, orphan, "return-without-order")
		w.returnResolve(t, orphan, contract.Resolution{Action: contract.ActionOverride, Exception: cause, By: "ops", Reason: "its label", Override: map[string]string{"order": orderID(3704).String()}})
		w.returnCloses(t, id)
		w.keepBooks(t)
		toldAgain(t)
		w.keepBooks(t)
		require.Len(t, w.postedLosses(t, ofIt), 1)
		require.Empty(t, w.postedLosses(t, ofOrder(3704)), "the order's return answers with that document")
	})
}
