package endtoend_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/store"
)

// TestCredentialsThatTheShopRefusesAreOneExceptionAndHeal: a revoked token is one
// matter for one person, however many orders meet it, and nobody has to free them.
func TestCredentialsThatTheShopRefusesAreOneExceptionAndHeal(t *testing.T) {
	t.Parallel()
	w := open(t, options{})
	var numbers []int
	for number := 5001; number <= 5008; number++ {
		numbers = append(numbers, number)
		w.sell(t, sale(number), stays())
	}
	for _, number := range numbers {
		w.atFloor(t, number)
	}
	token := func(revoked bool) {
		require.NoError(t, w.shop.Seed(centra.Seed{Tokens: []centra.SeedToken{{Token: shopToken, Integration: "selvedge", Revoked: revoked}}}))
	}
	token(true)
	for _, number := range numbers {
		w.act(t, acs.Action{Account: accountN, Order: orderID(number).Number, Action: "ship"})
	}
	for _, number := range numbers {
		w.until(t, number, "delayed", func(s shown) bool { return s.state == domain.Delayed })
	}
	eventually(t, "the exception is open", func() bool { return len(w.systemExceptions(t)) > 0 })
	open := w.systemExceptions(t)
	require.Len(t, open, 1)
	require.Equal(t, "credentials:centra", open[0].Cause)

	token(false)
	for _, number := range numbers {
		w.closes(t, number)
		w.requireDelivered(t, number, 1)
	}
	// It ends once the order that was freed first has gone on.
	eventually(t, "the exception is closed", func() bool { return len(w.systemExceptions(t)) == 0 })
}

// systemExceptions lists the open exceptions that belong to no order.
func (w *world) systemExceptions(t *testing.T) []store.Exception {
	t.Helper()
	all, err := w.parts.Store.OpenExceptions(t.Context(), store.ExceptionFilter{}, 100)
	require.NoError(t, err)
	var out []store.Exception
	for _, e := range all {
		if e.Order == nil {
			out = append(out, e)
		}
	}
	return out
}
