package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

func TestAnOutcomeThatNeverComesIsToldOf(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.ledger.able = func(c *ports.LedgerCapabilities) { c.Later, c.TwoStep = true, false }
	o.ledger.create = func(d domain.Document) (ports.LedgerEntry, error) {
		return ports.LedgerEntry{Key: d.Key, Status: domain.DocumentAccepted, Run: "run-9"}, nil
	}
	told := ports.LedgerEntry{Key: soKey, Status: domain.DocumentUnknown}
	o.ledger.find = func(ports.LedgerRef) (ports.LedgerEntry, error) { return told, nil }
	_, err := o.do(o.docs.BookOrders)
	require.NoError(t, err)
	o.now = o.now.Add(3 * time.Hour) // it waited for long before it was sent
	require.Equal(t, 1, o.ran().Accepted)
	require.Empty(t, o.asked(), "how long it stood here before is not how long its outcome is awaited")
	for range 5 {
		o.now = o.now.Add(6 * time.Minute)
		o.ran()
		require.Empty(t, o.asked())
	}
	const cause = "document-unconfirmed:csv"
	for range 3 {
		o.now = o.now.Add(time.Minute)
		o.ran()
		require.Equal(t, []string{cause}, o.asked(), "half an hour without an outcome is finance's to know")
	}
	require.Equal(t, 1, o.answer("retry", cause))
	require.Equal(t, 1, len(words(o.ledger.calls))-countOf(o.ledger.calls, "find"), "it is never sent again by itself")
	o.now = o.now.Add(settle)
	told = ports.LedgerEntry{Key: soKey, ID: "71400", Number: "SO1044", Status: domain.DocumentPosted, Currency: "GBP", GrossOnly: true, Totals: domain.Totals{Gross: 5300}}
	require.Equal(t, 1, o.ran().Posted)
	require.Empty(t, o.asked(), "and closed when it comes")
	require.Zero(t, o.document(soKey).Entry.Awaited)
}

func TestAnOutcomeThatNeverComesCanBeSkipped(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "post")
	o.ledger.able = func(c *ports.LedgerCapabilities) { c.Later, c.TwoStep = true, false }
	o.ledger.create = func(d domain.Document) (ports.LedgerEntry, error) {
		return ports.LedgerEntry{Key: d.Key, Status: domain.DocumentAccepted}, nil
	}
	o.ledger.find = func(ports.LedgerRef) (ports.LedgerEntry, error) {
		return ports.LedgerEntry{Key: soKey, Status: domain.DocumentAccepted}, nil
	}
	o.ran()
	o.now = o.now.Add(31 * time.Minute)
	o.ran()
	require.Equal(t, 1, o.answer("skip", "document-unconfirmed:csv"))
	o.ran()
	require.Equal(t, domain.DocumentDropped, o.document(soKey).Status)
	require.Empty(t, o.asked())
}

func countOf(calls []string, word string) (n int) {
	for _, c := range calls {
		if len(c) > len(word) && c[:len(word)] == word {
			n++
		}
	}
	return n
}
