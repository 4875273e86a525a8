package returns_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

// TestAReturnThatVanishesFromTheShopIsAPersonsUntilItIsBackOrSettled: customer and books
// may have their money already.
func TestAReturnThatVanishesFromTheShopIsAPersonsUntilItIsBackOrSettled(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	s.work(t)
	require.True(t, s.decide(t, 1).Settled)
	var written domain.ReturnWritten
	for _, f := range s.facts {
		if w, err := domain.Decode[domain.ReturnWritten](f); err == nil && f.Kind == domain.FactReturnWritten && w.Kind == domain.PlanShopReturn {
			written = w
		}
	}
	require.NotEmpty(t, written.ID)
	gone := domain.ShopReturn{ID: written.ID, External: written.Key, Order: order, Shipment: "7", Completed: true, Deleted: true}
	s.tell(domain.NewShopReturnFact(gone, s.now))
	d := s.decide(t, 1)
	require.Equal(t, []string{"return-deleted"}, kinds(d))
	require.Empty(t, d.Due, "nothing is written anew by itself")
	require.False(t, d.Settled)

	s.tell(domain.NewFact(domain.FactReturnAnswered, domain.AnswerKey("by-hand"), "ops", s.now,
		domain.ReturnAnswer{Return: 1, AnswerFact: domain.AnswerFact{Cause: d.Questions[0].Cause, Action: "skip", By: "ops", Reason: "settled by hand"}}))
	require.Empty(t, s.decide(t, 1).Questions)
	require.True(t, s.decide(t, 1).Settled)
}
