package books_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/books"
	"selvedge/internal/domain"
)

func capturedAhead(amount int64) domain.Fact {
	return domain.NewFact(domain.FactCaptured, "", "centra", dawn, domain.CapturedFact{Amount: amount})
}

func TestAVoidGivesTheDepositBackForTheParcelThatGoesInstead(t *testing.T) {
	t.Parallel()
	l := alive().tell(capturedAhead(6795)).accepted()
	l.post(t)
	l.shipped(1, 1, false, tees(3)).inShop(1, 5795, domain.LineQuantity{Line: "1", Quantity: 3})
	require.Contains(t, l.post(t), "centra-dpa-East-s1 [payment×0 5795/0]")
	l.shipped(1, 2, true)
	require.Equal(t, []string{
		"centra-shp-East-s1-_n2 [1×-3 0/0]", "centra-inv-East-s1-_n2 [1×-3 -5300/-883 shipping×-1 -495/-83]", "centra-dpa-East-s1-_n2 [payment×0 -5795/0]",
	}, l.post(t))
	require.Equal(t, domain.DocumentKey("centra-dpa-East-s1"), l.firm[len(l.firm)-1].Reverses)
	l.shipped(2, 1, false, tees(3)).inShop(2, 5795, domain.LineQuantity{Line: "1", Quantity: 3})
	require.Contains(t, l.post(t), "centra-dpa-East-s2 [payment×0 5795/0]")
}

func TestMoneyGivenBackBeforeAnythingLeftIsARefundOfTheDeposit(t *testing.T) {
	t.Parallel()
	l := alive().tell(capturedAhead(6795)).accepted()
	l.post(t)
	l.order.Payment = domain.Payment{Known: true, Captured: 6795, Refunded: 1000}
	require.Equal(t, []string{"centra-ref-atelier-10023 [payment×0 1000/0]"}, l.post(t))
	require.Contains(t, l.firm[len(l.firm)-1].Links, domain.DocumentKey("centra-dep-atelier-10023"))
	l.order.Payment.Refunded, l.order.Status = 6795, domain.ShopCancelled
	require.Contains(t, l.post(t), "centra-ref-atelier-10023-_n2 [payment×0 5795/0]")
	var open int64
	for _, d := range l.firm {
		switch d.Kind {
		case domain.DocDeposit:
			open += d.Totals().Gross
		case domain.DocRefund:
			open -= d.Totals().Gross
		}
	}
	require.Zero(t, open, "the liability is settled")

	sent := alive().tell(capturedAhead(6795)).accepted().shipped(1, 1, false, tees(3)).inShop(1, 5795, domain.LineQuantity{Line: "1", Quantity: 3})
	sent.post(t)
	sent.order.Payment = domain.Payment{Known: true, Captured: 6795, Refunded: 1767}
	require.Empty(t, sent.plan(t), "once goods left, what is given back is a return's to say")
}

func TestAParcelThatAPersonEnteredInTheShop(t *testing.T) {
	t.Parallel()
	l := alive().accepted().shipped(1, 1, false, tees(3))
	l.post(t)
	l.order.Shipments = []domain.ShopShipment{{ID: "9", Number: "9", Lines: []domain.LineQuantity{{Line: "1", Quantity: 3}}, Total: 5795}}
	require.Empty(t, l.plan(t), "one that is not completed may still change")
	l.order.Shipments[0].Shipped, l.order.Shipments[0].Captured = true, true
	require.Equal(t, []string{"centra-inv-East-s1 [1×3 5300/883 shipping×1 495/83]"}, l.post(t), "is billed as what it comes to there")

	two := alive().accepted().shipped(1, 1, false, tees(1)).shipped(2, 1, false, tees(1))
	two.post(t)
	two.order.Shipments = []domain.ShopShipment{{ID: "9", Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}, Total: 1767 + 495, Shipped: true}}
	require.Equal(t, []string{"centra-inv-East-s1 [1×1 1767/295 shipping×1 495/83]"}, two.post(t), "it pays for one of two alike")
	two.order.Shipments = append(two.order.Shipments, domain.ShopShipment{ID: "10", Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}, Total: 1766, Shipped: true})
	require.Equal(t, []string{"centra-inv-East-s2 [1×1 1766/294]"}, two.post(t))

	other := alive().accepted().shipped(1, 1, false, tees(3))
	other.post(t)
	other.order.Status = domain.ShopShipped
	other.order.Shipments = []domain.ShopShipment{{ID: "9", Lines: []domain.LineQuantity{{Line: "1", Quantity: 2}}, Total: 4000, Shipped: true}}
	planned := other.plan(t)
	require.Len(t, planned, 1)
	require.Equal(t, domain.DocumentKey("centra-inv-East-s1"), planned[0].Document.Key)
	require.Equal(t, books.CodeNotInShop, planned[0].Question.Problems[0].Code, "a parcel that nothing in the shop answers to is finance's question, never silent")
}

func TestAChangeInDoubtThatAPersonDroppedTakesNothingBack(t *testing.T) {
	t.Parallel()
	l := alive().accepted()
	l.post(t)
	l.order.GrandTotal++
	planned := l.plan(t)
	require.Len(t, planned, 1)
	require.Equal(t, books.KindMismatch, planned[0].Question.Kind)
	require.Empty(t, planned[0].Document.Lines, "in doubt nothing is known to have changed")
	l.firm = append(l.firm, planned[0].Document) // a person skipped it
	require.Empty(t, l.plan(t), "the same doubt is not asked twice")
	l.order.GrandTotal--
	require.Empty(t, l.plan(t), "once the order adds up again it is what was posted, not all of it a second time")

	first := alive().accepted()
	first.order.GrandTotal++
	first.firm = append(first.firm, first.plan(t)[0].Document)
	first.order.GrandTotal--
	require.Empty(t, first.plan(t), "what a person booked by hand is not booked beside it")
}

// C07 and C21: what came in for an order that no warehouse ever accepted is a liability
// until it went back, and nothing else of the order is in the books.
func TestAnOrderThatIsCancelledBeforeAnyWarehouseAcceptedIt(t *testing.T) {
	t.Parallel()
	balance := func(l *life) (open int64) {
		for _, d := range l.firm {
			switch d.Kind {
			case domain.DocDeposit:
				open += d.Totals().Gross
			case domain.DocRefund:
				open -= d.Totals().Gross
			default:
				require.Fail(t, "nothing else is in the books", "%s", d.Key)
			}
		}
		return open
	}
	l := alive().tell(capturedAhead(6795))
	require.Equal(t, []string{"centra-dep-atelier-10023 [payment×0 6795/0]"}, l.post(t), "it may still be accepted, and what came in is owed from now on")
	l.order.Status, l.order.Payment, l.order.UpdatedAt, l.owes = domain.ShopCancelled, domain.Payment{Known: true, Captured: 6795}, dawn, true
	require.Empty(t, l.plan(t), "cancelled, it still is")
	require.Equal(t, int64(6795), balance(l), "67.95 came in, 0.00 went back")
	require.Equal(t, int64(6795), l.owed)
	l.order.Payment.Refunded = 2000
	require.Equal(t, []string{"centra-ref-atelier-10023 [payment×0 2000/0]"}, l.post(t))
	require.Equal(t, int64(4795), balance(l), "67.95 − 20.00")
	require.Equal(t, int64(4795), l.owed)
	l.order.Payment.Refunded = 6795
	require.Equal(t, []string{"centra-ref-atelier-10023-_n2 [payment×0 4795/0]"}, l.post(t))
	require.Zero(t, balance(l))
	require.Empty(t, l.plan(t))
	require.Zero(t, l.owed)

	elsewhere := alive() // captured in the shop by somebody else, and given back before we heard of either
	elsewhere.order.Status, elsewhere.order.UpdatedAt = domain.ShopCancelled, dawn
	elsewhere.order.Payment = domain.Payment{Known: true, Captured: 6795, Refunded: 6795}
	elsewhere.post(t)
	require.Len(t, elsewhere.firm, 2)
	require.Zero(t, balance(elsewhere))
	for _, d := range elsewhere.firm {
		require.Equal(t, domain.Date("2026-10-15"), d.Date)
	}

	for name, p := range map[string]domain.Payment{
		"was never captured":                          {Known: true, Authorized: 6795},
		"was marked as paid, and came in elsewhere":   {Known: true, Captured: 6795, Outside: 6795},
		"is asked for and the provider has not taken": {Known: true, Authorized: 6795, CapturePending: true},
	} {
		none := alive()
		none.order.Status, none.order.Payment = domain.ShopCancelled, p
		require.Empty(t, none.plan(t), "money that %s is no deposit", name)
	}
}
