package endtoend_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/store"
)

// inBooks is how many garments of a serial the ledger has written off, less those that it
// has taken back.
func (w *world) inBooks(t *testing.T, serial string) (lost int) {
	t.Helper()
	booked := w.booked(t)
	for _, r := range w.writtenOff(t, serial) {
		if _, posted := booked[r.Document.Key]; posted {
			lost -= r.Document.Lines[0].Quantity
		}
	}
	return lost
}

// toldAgain lets the feed of the north tell everything five times.
func (w *world) toldAgain(t *testing.T) {
	t.Helper()
	for range 5 {
		require.NoError(t, w.parts.Store.SaveCursor(t.Context(), "feed/"+north, "0", time.Now()))
		_, err := w.intake.ReadFeed(t.Context(), north)
		require.NoError(t, err)
	}
}

// TestWhatAWarehousesBooksSayBesides follows entries of the warehouse's books that write
// nothing off by themselves: a garment that is found again, and a reason that nobody knows.
func TestWhatAWarehousesBooksSayBesides(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	w.ownStock(t)
	causes := func() (open []string) {
		list, err := w.parts.Store.OpenExceptions(context.WithoutCancel(t.Context()), store.ExceptionFilter{}, 100)
		require.NoError(t, err)
		for _, e := range list {
			require.Equal(t, "finance", e.Owner)
			open = append(open, e.Kind)
		}
		return open
	}
	t.Run("a garment that is found again is in the books no longer as lost", func(t *testing.T) {
		w.spoilt(t, "ber_write_off", "AGAIN-1")
		w.keepBooks(t)
		require.Equal(t, 1, w.inBooks(t, "AGAIN-1"))
		_, err := w.floor.Act(acs.Action{Action: "adjust", Account: accountN, SKU: shirt, Quantity: 1, Reason: "ber_write_off", Serials: []string{"AGAIN-1"}})
		require.NoError(t, err)
		eventually(t, "the write-off is taken back", func() bool { w.keepBooks(t); return w.inBooks(t, "AGAIN-1") == 0 })
		w.toldAgain(t)
		w.keepBooks(t)
		require.Zero(t, w.inBooks(t, "AGAIN-1"))
		require.Empty(t, causes())
		w.spoilt(t, "ber_write_off", "AGAIN-1") // and now it is lost for good
		eventually(t, "it is written off once more", func() bool { w.keepBooks(t); return w.inBooks(t, "AGAIN-1") == 1 })
	})
	t.Run("a garment that a return lost and the floor found is taken back, too", func(t *testing.T) {
		w.sell(t, sale(3801), nil)
		w.closes(t, 3801)
		u := unit(3801, 1, shirt, "ber")
		u.Serial = "AGAIN-2"
		w.comesBack(t, 3801, acs.ReturnAction{Units: []acs.ReturnUnit{u}})
		w.returnCloses(t, returnID(3801, 1))
		require.Equal(t, 1, w.inBooks(t, "AGAIN-2"))
		_, err := w.floor.Act(acs.Action{Action: "adjust", Account: accountN, SKU: shirt, Quantity: 1, Reason: "ber_write_off", Serials: []string{"AGAIN-2"}})
		require.NoError(t, err)
		eventually(t, "the write-off is taken back", func() bool { w.keepBooks(t); return w.inBooks(t, "AGAIN-2") == 0 })
	})
	t.Run("a reason that nobody knows is asked about once and booked once", func(t *testing.T) {
		w.sell(t, sale(3802), nil)
		w.closes(t, 3802)
		for n, order := range []string{"", "", "3802"} {
			_, err := w.floor.Act(acs.Action{Action: "adjust", Account: accountN, SKU: shirt, Quantity: -1, Reason: "moth_damage", Serials: []string{fmt.Sprint("MOTH-", n)}, Order: order})
			require.NoError(t, err)
		}
		eventually(t, "finance is asked", func() bool { w.keepBooks(t); return len(causes()) == 1 })
		w.toldAgain(t)
		w.keepBooks(t)
		require.Equal(t, []string{mapping.KindAdjustmentReason}, causes(), "once for all of them")
		require.Zero(t, w.inBooks(t, "MOTH-0")+w.inBooks(t, "MOTH-1")+w.inBooks(t, "MOTH-2"))
		_, err := w.parts.Store.SaveRules(t.Context(), []domain.Rule{{Table: domain.RuleAdjustmentReason, Warehouse: north, From: "moth_damage", To: "ber"}}, "test", "the warehouse says so", time.Now())
		require.NoError(t, err)
		w.keepBooks(t)
		w.returnCloses(t, returnID(3802, 1)) // the order that the entry names hears of its loss
		w.toldAgain(t)
		w.keepBooks(t)
		for n := range 3 {
			require.Equal(t, 1, w.inBooks(t, fmt.Sprint("MOTH-", n)))
		}
		require.Empty(t, causes())
	})
}
