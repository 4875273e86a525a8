package books_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/books"
	"selvedge/internal/domain"
)

// prepaid is an order of three tees at 53.00 and a hat at 10.00 with 4.95 of carriage, of
// which everything was taken ahead and the tees have left; the floor cannot find the hat.
func prepaid(t *testing.T) *life {
	t.Helper()
	l := alive().tell(capturedAhead(6795)).accepted().shipped(1, 1, false, tees(3)).inShop(1, 5795, domain.LineQuantity{Line: "1", Quantity: 3})
	l.post(t)
	require.Equal(t, int64(1000), liability(l.firm), "the hat's")
	return l
}

// withoutTheHat is the order after the hat was cancelled in the shop.
func (l *life) withoutTheHat() *life {
	l.order = order(0, 495, goods("1", 3, 5300, "20"))
	l.order.Status, l.owes = domain.ShopConfirmed, true
	return l.paid(6795)
}

func TestMoneyTakenAheadForWhatWillNotBeSentIsAskedForUntilItWentBack(t *testing.T) {
	t.Parallel()
	l := prepaid(t).withoutTheHat()
	require.Equal(t, []string{"centra-chg-atelier-10023 [2×-1 -1000/-167]"}, l.post(t))
	for range 3 { // however often it is read
		require.Empty(t, l.plan(t))
		require.Equal(t, int64(1000), l.owed)
	}
	planned, err := books.Plan(books.Input{Order: l.order, Facts: l.facts, Firm: l.firm, Entity: entity(t)})
	require.NoError(t, err)
	require.Len(t, planned, 1)
	require.Equal(t, "refund-due:atelier/10023", planned[0].Question.Cause)
	require.Contains(t, planned[0].Question.Problems[0].Message, "paid 10.00 GBP for what will not be sent")
	require.Equal(t, []domain.DocumentKey{"centra-dep-atelier-10023"}, planned[0].Document.Links)

	l.paid(6795, gave("77", 400))
	require.Equal(t, []string{"centra-ref-atelier-10023-77 [payment×0 400/0]"}, l.post(t))
	require.Equal(t, int64(600), l.owed, "10.00 − 4.00")
	l.paid(6795, gave("77", 400), gave("78", 600))
	require.Equal(t, []string{"centra-ref-atelier-10023-78 [payment×0 600/0]"}, l.post(t))
	require.Zero(t, l.owed)
	require.Zero(t, liability(l.firm))
}

func TestARefundThatCameBackIsOwedAgain(t *testing.T) {
	t.Parallel()
	l := prepaid(t).withoutTheHat().paid(6795, gave("77", 1000))
	l.post(t)
	require.Zero(t, l.owed)
	back := gave("77", 1000)
	back.Back = dawn.Add(72 * time.Hour)
	l.paid(6795, back)
	l.order.Payment.Refunded = 0
	l.post(t)
	require.Equal(t, int64(1000), l.owed)
}

func TestWhatAPersonHasSettledIsNotAskedForAgainAndMoreIs(t *testing.T) {
	t.Parallel()
	l := alive().tell(capturedAhead(6795)).accepted().shipped(1, 1, false, tees(2)).inShop(1, 4028, domain.LineQuantity{Line: "1", Quantity: 2})
	l.post(t)
	l.withoutTheHat().post(t)
	require.Equal(t, int64(1000), l.owed, "the third tee is still to be sent")
	planned, err := books.Plan(books.Input{Order: l.order, Facts: l.facts, Firm: l.firm, Entity: entity(t)})
	require.NoError(t, err)
	l.firm = append(l.firm, planned[0].Document) // dropped: it is firm from now on
	require.Empty(t, l.plan(t))
	require.Zero(t, l.owed)

	l.order = order(0, 495, goods("1", 2, 3533, "20")) // nor can the third tee be found
	l.paid(6795)
	l.post(t)
	require.Equal(t, int64(1767), l.owed, "27.67 less the 10.00 that were settled")
	l.paid(6795, gave("77", 2767)) // all of it goes back after all, and is the deposit's all the same
	require.Equal(t, []string{"centra-ref-atelier-10023-77 [payment×0 2767/0]"}, l.post(t))
	require.Zero(t, l.owed)
	require.Equal(t, int64(-1000), liability(l.firm), "nothing is left but the 10.00 that stand here twice: dropped, and paid")
}

// withdrawn has a person call back what has not left, and the shop hold it.
func (l *life) withdrawn() *life {
	l.tell(domain.NewFact(domain.FactAnswered, "", "Ada", dawn, domain.AnswerFact{Action: "withdraw-order", By: "Ada", Reason: "fraud"}))
	l.tell(domain.NewFact(domain.FactNoted, "", "selvedge", dawn, domain.NotedFact{Subject: domain.NoteWithdrawn}))
	l.order.OnHold, l.owes = true, true
	return l
}

func TestMoneyForWhatIsStillToBeSentIsNotAskedFor(t *testing.T) {
	t.Parallel()
	l := prepaid(t)
	l.paid(6795)
	require.Empty(t, l.plan(t), "the hat may still be found")
	l.withdrawn()
	require.Empty(t, l.plan(t))
	require.Equal(t, int64(1000), l.owed, "what has left is paid for, and the rest is called off")
	l.order.OnHold = false
	require.Empty(t, l.plan(t))
	require.Zero(t, l.owed, "its hold was lifted: it may go after all")
	l.tell(domain.NewFact(domain.FactContent, "", "shop", dawn, domain.ContentFact{}))
	l.tell(domain.NewFact(domain.FactAnswered, "", "Ada", dawn, domain.AnswerFact{Action: "retry", By: "Ada"}))
	l.order.OnHold = true
	require.Empty(t, l.plan(t))
	require.Zero(t, l.owed, "it goes after all, and is held for something else")
}

func TestWhatGoesBackOfACalledOffOrderIsTheDeposits(t *testing.T) {
	t.Parallel()
	l := prepaid(t)
	l.paid(6795).withdrawn().paid(6795, gave("77", 1000))
	require.Equal(t, []string{"centra-ref-atelier-10023-77 [payment×0 1000/0]"}, l.post(t))
	require.Zero(t, l.owed)
	require.Zero(t, liability(l.firm))
}

// Goods may leave although somebody called the order back, and the shop takes no shipment
// of an order that it holds: there is no invoice, and they are paid for all the same.
func TestGoodsThatLeftAreNotOwedThoughNoInvoiceBillsThem(t *testing.T) {
	t.Parallel()
	l := alive().tell(capturedAhead(6795)).accepted().withdrawn()
	l.post(t)
	require.Equal(t, int64(6795), l.owed)
	l.shipped(1, 1, false, tees(2))
	l.post(t)
	require.Equal(t, int64(6795-3534-495), l.owed, "two tees of 53.00, rounded up, and the carriage")
	l.shipped(2, 1, false, tees(1), domain.ShipmentLine{Line: "2", SKU: "SKU-2", Quantity: 1})
	l.post(t)
	require.Zero(t, l.owed)
}

func TestACancelledOrderThatIsPutAwayStillOwes(t *testing.T) {
	t.Parallel()
	l := alive().tell(capturedAhead(6795))
	l.order.Status, l.owes, l.order.UpdatedAt = domain.ShopCancelled, true, dawn
	l.post(t)
	l.order.Status = domain.ShopArchived
	require.Empty(t, l.plan(t))
	require.Equal(t, int64(6795), l.owed)
}

// Whoever books a deposit by hand, since nobody knows the entity, has not given it back.
func TestWhatIsOwedIsItsOwnQuestionWhateverElseIsMissing(t *testing.T) {
	t.Parallel()
	l := alive().tell(capturedAhead(6795))
	l.order.Status, l.owes, l.order.UpdatedAt = domain.ShopCancelled, true, dawn
	l.miss = &domain.Question{Kind: "unmapped:entity", Cause: "unmapped:entity:centra:ATELIER-SE"}
	planned, err := books.Plan(books.Input{Order: l.order, Facts: l.facts, Missing: l.miss})
	require.NoError(t, err)
	require.Len(t, planned, 2)
	require.Equal(t, []string{"unmapped:entity", books.KindRefundDue}, []string{planned[0].Question.Kind, planned[1].Question.Kind})
}

func TestWhatAnEarlierVersionReadIsNotAskedForBeforeItIsReadAgain(t *testing.T) {
	t.Parallel()
	l := prepaid(t).withoutTheHat()
	l.order.Payment = domain.Payment{Known: true, Captured: 6795, Refunded: 1000}
	l.post(t)
	require.Zero(t, l.owed)
	l.paid(6795, gave("77", 400))
	l.post(t)
	require.Equal(t, int64(600), l.owed)
}
