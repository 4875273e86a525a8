package lifecycle_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/lifecycle"
)

func TestWhatTheShopDoesByItself(t *testing.T) {
	t.Parallel()
	withdraw := func(s story) {
		s.at(domain.WarehouseAccepted)
		s.answer("", "withdraw-order")
		s.run()
		require.True(s, s.onHold)
		s.ended(domain.Cancelled)
	}
	for name, rule := range map[string]func(s story){
		"shipped in the shop before the hand-over, an order ends": func(s story) {
			s.status = domain.ShopShipped
			s.ended(domain.Closed)
			require.Equal(s, lifecycle.FulfilledInShop, s.look().Cause)
		},
		"archived in the shop before the hand-over, an order ends": func(s story) {
			s.status = domain.ShopArchived
			s.line("1").allocated = nil // as the shop does
			s.ended(domain.Closed)
		},
		"archived on hold, it waits": func(s story) {
			s.status, s.onHold = domain.ShopArchived, true
			require.Equal(s, domain.WaitingForShop, s.state())
		},
		"archived after the hand-over, it is not at its end": func(s story) {
			s.at(domain.WarehouseInProgress)
			s.status = domain.ShopArchived
			require.False(s, s.look().Ended)
		},
		"a status that nobody knows is asked until it changes": func(s story) {
			s.status = domain.UnknownStatus
			require.Equal(s, []string{"unreadable-order"}, s.asks())
			require.Empty(s, s.due())
			s.status = ""
			require.Equal(s, []string{"submit 100"}, s.due())
		},
		"a withdrawn order whose hold is lifted is asked; retry sends it anew": func(s story) {
			withdraw(s)
			s.onHold = false
			require.Equal(s, []string{"withdrawn-released"}, s.asks())
			require.Empty(s, s.due())
			s.resolve("retry")
			require.Equal(s, 2, s.orders["100.2"].open())
		},
		"a retry of everything after the hold was lifted sends it anew, too": func(s story) {
			withdraw(s)
			s.answer("", "retry")
			s.onHold = false
			s.append(domain.FactContent, "content:lifted", domain.ContentFact{Version: "2"})
			require.Equal(s, []string{"withdrawn-released"}, s.asks(), "the retry before was meant for something else")
			s.answer("", "retry")
			s.run()
			require.Equal(s, 2, s.orders["100.2"].open())
		},
		"withdrawn once more, it is held once more": func(s story) {
			withdraw(s)
			s.onHold = false
			s.answer("", "withdraw-order")
			require.Equal(s, []string{"hold 100"}, s.due())
			s.run()
			require.True(s, s.onHold)
			s.ended(domain.Cancelled)
		},
		"a parcel whose payment has no rule any more waits for one": func(s story) {
			s.shipAll(s.at(domain.WarehouseInProgress))
			s.deliver()
			s.unmappable = true
			require.Equal(s, []string{"unmapped:payment-method"}, s.asks())
			require.Empty(s, s.due())
			s.unmappable = false
			require.Equal(s, []string{"ship 100-s1"}, s.due())
		},
	} {
		t.Run(name, func(t *testing.T) { rule(tell(t)) })
	}
}
