package lifecycle_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

func TestAnOrderThatCannotBeReadIsAskedAboutAndNotHandedOver(t *testing.T) {
	t.Parallel()
	problem := domain.UnreadableFact{Problems: []domain.Refusal{{Code: "amount", Field: "unitPrice", Message: "amount 1.005 GBP has three decimals"}}}
	for name, rule := range map[string]func(s story){
		"nothing is sent until it was read again": func(s story) {
			s.append(domain.FactUnreadable, "unreadable:1", problem)
			require.Equal(s, []string{domain.KindUnreadable}, s.asks())
			require.Empty(s, s.due())
			require.Equal(s, domain.NeedsAttention, s.state())
			require.Equal(s, problem.Problems, s.look().Questions[0].Problems)
			s.append(domain.FactReadable, "readable:1", struct{}{})
			require.Empty(s, s.asks())
			require.NotEmpty(s, s.due())
		},
		"content that was read answers it too": func(s story) {
			s.append(domain.FactUnreadable, "unreadable:1", problem)
			s.append(domain.FactContent, "content:2", domain.ContentFact{Version: "2"})
			require.Empty(s, s.asks())
		},
		"a retry alone does not: what we hold is as old as before": func(s story) {
			s.append(domain.FactUnreadable, "unreadable:1", problem)
			s.resolve("retry")
			require.Equal(s, []string{domain.KindUnreadable}, s.asks())
			require.Empty(s, s.due())
		},
		"at the warehouse it is asked about as well": func(s story) {
			s.run()
			s.append(domain.FactUnreadable, "unreadable:1", problem)
			require.Equal(s, []string{domain.KindUnreadable}, s.asks())
		},
		"a withdrawn order has no more to ask": func(s story) {
			s.append(domain.FactUnreadable, "unreadable:1", problem)
			s.resolve("withdraw-order")
			require.Empty(s, s.asks())
		},
	} {
		t.Run(name, func(t *testing.T) { rule(tell(t)) })
	}
}
