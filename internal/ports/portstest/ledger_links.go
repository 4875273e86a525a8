package portstest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

// toldLater tries that a posted document can be told the shop's returns that it is of,
// or, where the ledger does not declare that, that it says so and stays as it is.
func toldLater(t *testing.T, s LedgerSubject) {
	d := LedgerDocument(t, s, "1", nil)
	if !s.Ledger.Capabilities().Relinks {
		before := book(t, s, d)
		_, err := s.Ledger.Link(t.Context(), ports.Ref(d), []string{"900"})
		requireFault(t, err, fault.Invalid, ports.CodeLinkUnsupported)
		after, err := s.Ledger.Find(t.Context(), ports.Ref(d))
		require.NoError(t, err)
		require.Equal(t, before, after)
		return
	}
	_, err := s.Ledger.Link(t.Context(), ports.Ref(d), []string{"900"})
	require.True(t, fault.Is(err, fault.NotFound), "what is not posted is told nothing: %v", err)
	before := book(t, s, d)
	s.Close(t, d.PostOn.Period())
	for _, returns := range [][]string{{"900"}, {"900"}, {"901", "900"}} {
		e, err := s.Ledger.Link(t.Context(), ports.Ref(d), returns)
		require.NoError(t, err, "amounts and dates stay, so a closed month is no obstacle")
		require.Subset(t, e.Links, returns)
	}
	after, err := s.Ledger.Find(t.Context(), ports.Ref(d))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"900", "901"}, after.Links, "each once")
	require.Equal(t, []any{before.ID, before.Number, before.Totals, before.PostedOn}, []any{after.ID, after.Number, after.Totals, after.PostedOn})
	again, err := s.Ledger.Create(t.Context(), d)
	require.NoError(t, err, "it still is the document that was sent")
	require.Equal(t, before.ID, again.ID)
	require.Len(t, all(t, s, d.PostOn.Period()), 1)
}
