package csvledger_test

import (
	"bytes"
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/ports/portstest"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
	"selvedge/internal/systems/csvledger"
)

// forgetful loses the answer of a write that took effect.
type forgetful struct {
	*store.Store
	lose atomic.Bool
}

func (f *forgetful) lost() error {
	if f.lose.CompareAndSwap(true, false) {
		return &fault.Fault{Kind: fault.Uncertain, System: "store", Message: "the connection broke after the commit"}
	}
	return nil
}

func (f *forgetful) InsertEntry(ctx context.Context, d domain.Document, at time.Time) (ports.BookEntry, bool, error) {
	e, closed, err := f.Store.InsertEntry(ctx, d, at)
	if lost := f.lost(); err == nil && lost != nil {
		return ports.BookEntry{}, false, lost
	}
	return e, closed, err
}

func (f *forgetful) PostEntry(ctx context.Context, key domain.DocumentKey, on domain.Date, late bool, at time.Time) (ports.BookEntry, bool, error) {
	e, closed, err := f.Store.PostEntry(ctx, key, on, late, at)
	if lost := f.lost(); err == nil && lost != nil {
		return ports.BookEntry{}, false, lost
	}
	return e, closed, err
}

func open(t *testing.T) (portstest.LedgerSubject, *store.Store) {
	t.Helper()
	db := storetest.New(t)
	book := &forgetful{Store: db}
	return portstest.LedgerSubject{
		Ledger: &csvledger.Ledger{
			Book: book, Clock: time.Now,
			Entities: func(context.Context) (map[string][]string, error) {
				return map[string][]string{"7": {"JPY", "GBP", "KWD"}}, nil
			},
		},
		Entity: "7", Currencies: []string{"GBP", "JPY", "KWD"}, Refused: "SEK",
		Close: func(t *testing.T, period domain.Period) {
			require.NoError(t, db.SetPeriod(t.Context(), "7", period, true, "Ada", "month end", time.Now()))
		},
		LoseNextAnswer: func(*testing.T) { book.lose.Store(true) },
	}, db
}

func TestConformance(t *testing.T) {
	t.Parallel()
	portstest.Ledger(t, func(t *testing.T) portstest.LedgerSubject {
		s, _ := open(t)
		return s
	})
}

func TestNumbersHaveNoGapsAndExportsNoDoubles(t *testing.T) {
	t.Parallel()
	s, db := open(t)
	var numbers []string
	for _, n := range []string{"1", "2", "3"} {
		d := portstest.LedgerDocument(t, s, n, nil)
		_, err := s.Ledger.Create(t.Context(), d)
		require.NoError(t, err)
		if n == "2" {
			continue // a draft takes no number
		}
		e, err := s.Ledger.Post(t.Context(), d)
		require.NoError(t, err)
		numbers = append(numbers, e.Number)
	}
	require.Equal(t, []string{"7-invoice-000001", "7-invoice-000002"}, numbers)

	first, err := db.ExportLedger(t.Context(), "7", "", "Ada", time.Now())
	require.NoError(t, err)
	require.Equal(t, 2, first.Documents)
	none, err := db.ExportLedger(t.Context(), "7", "", "Ada", time.Now())
	require.NoError(t, err)
	require.Zero(t, none.ID, "nothing goes out twice")
	_, err = s.Ledger.Post(t.Context(), portstest.LedgerDocument(t, s, "2", nil))
	require.NoError(t, err)
	other, err := db.ExportLedger(t.Context(), "7", "2026-11", "Ada", time.Now())
	require.NoError(t, err)
	require.Zero(t, other.ID, "nothing was posted in that month")
	second, err := db.ExportLedger(t.Context(), "7", "2026-10", "Ada", time.Now())
	require.NoError(t, err)
	require.Equal(t, 1, second.Documents)
	exports, err := db.LedgerExports(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, exports, 2)

	entries, err := db.ExportedEntries(t.Context(), first.ID)
	require.NoError(t, err)
	var one, two bytes.Buffer
	require.NoError(t, csvledger.WriteCSV(&one, entries))
	again, err := db.ExportedEntries(t.Context(), first.ID)
	require.NoError(t, err)
	require.NoError(t, csvledger.WriteCSV(&two, again))
	require.Equal(t, one.String(), two.String(), "an export can be written again, byte for byte")
}

func TestAMonthIsReopened(t *testing.T) {
	t.Parallel()
	s, db := open(t)
	s.Close(t, "2026-10")
	s.Close(t, "2026-10")
	require.NoError(t, db.SetPeriod(t.Context(), "7", "2026-10", false, "Ada", "a late invoice", time.Now()))
	on, err := s.Ledger.PostingDate(t.Context(), "7", domain.DocInvoice, "2026-10-14")
	require.NoError(t, err)
	require.Equal(t, domain.Date("2026-10-14"), on)
}
