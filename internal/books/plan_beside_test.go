package books_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/books"
	"selvedge/internal/domain"
)

// gave is a refund in the shop beside any return.
func gave(id string, amount int64) domain.PaymentEntry {
	return domain.PaymentEntry{ID: id, At: dawn.Add(48 * time.Hour), Amount: amount, By: "card"}
}

// paid are the order's payments: one capture by card with the parcel, and refunds.
func (l *life) paid(captured int64, refunds ...domain.PaymentEntry) *life {
	l.order.Payment = domain.Payment{Known: true, Captured: captured, Captures: []domain.PaymentEntry{{ID: "1", At: dawn.Add(time.Hour), Amount: captured, By: "card"}}, Refunds: refunds}
	for _, r := range refunds {
		l.order.Payment.Refunded += r.Amount
	}
	l.order.Shipments = []domain.ShopShipment{{ID: "1", CreatedAt: dawn.Add(time.Hour), Captured: true, Total: captured}}
	return l
}

// sentAll is an order that has left whole: 53.00 and 10.00 at 20 %, and 4.95 of carriage.
func sentAll(t *testing.T) *life {
	t.Helper()
	l := alive().accepted().shipped(1, 1, false, tees(3), domain.ShipmentLine{Line: "2", SKU: "SKU-2", Quantity: 1}).
		inShop(1, 6795, domain.LineQuantity{Line: "1", Quantity: 3}, domain.LineQuantity{Line: "2", Quantity: 1}).paid(6795)
	l.post(t)
	return l
}

func TestMoneyGivenBackAfterShippingIsACreditOfItsOwnAndItsRefund(t *testing.T) {
	t.Parallel()
	l := sentAll(t)
	l.paid(6795, gave("77", 1000))
	for range 4 { // however often it is read before it is sent
		require.Len(t, l.plan(t), 2)
	}
	// 10.00 of 67.95 that bear 8.83 + 1.67 + 0.83 = 11.33: 11.33 × 1000/6795 = 1.667.
	require.Equal(t, []string{"centra-cm-atelier-10023-77 [goodwill×1 1000/167]", "centra-ref-atelier-10023-77 [payment×0 1000/0]"}, l.post(t))
	memo, refund := l.firm[len(l.firm)-2], l.firm[len(l.firm)-1]
	require.Equal(t, domain.DocumentKey("centra-inv-East-s1"), memo.Lines[0].Source)
	require.Contains(t, memo.Links, memo.Lines[0].Source)
	require.Equal(t, []domain.DocumentKey{memo.Key}, refund.Links, "it pays the credit")
	require.Equal(t, []string{domain.MethodOriginal, "card"}, []string{refund.Method, refund.Payment})
	require.Equal(t, domain.Date("2026-10-17"), refund.Date, "the day on which it was given")

	l.paid(6795, gave("77", 1000), gave("78", 500))
	require.Equal(t, []string{"centra-cm-atelier-10023-78 [goodwill×1 500/83]", "centra-ref-atelier-10023-78 [payment×0 500/0]"}, l.post(t), "another one is another")
}

func TestACreditThatStandsIsNotMadeAgainForItsRefund(t *testing.T) {
	t.Parallel()
	l := sentAll(t)
	l.paid(6795, gave("77", 1000))
	l.firm = append(l.firm, l.plan(t)[0].Document)
	planned := l.plan(t)
	require.Len(t, planned, 1)
	require.Equal(t, domain.DocRefund, planned[0].Document.Kind)
	require.Equal(t, l.firm[len(l.firm)-1].Key, planned[0].Document.Lines[0].Source)
}

func TestGoodwillThatCameBackIsTakenBackWhole(t *testing.T) {
	t.Parallel()
	failed := gave("77", 1000)
	failed.Back = dawn.Add(72 * time.Hour)
	never := sentAll(t)
	never.paid(6795, failed)
	require.Empty(t, never.plan(t), "what came back before it was booked is nothing")
	l := sentAll(t)
	l.paid(6795, gave("77", 1000))
	l.post(t)
	l.paid(6795, failed)
	require.Equal(t, []string{"centra-ref-atelier-10023-77-_n2 [payment×0 -1000/0]", "centra-cm-atelier-10023-77-_n2 [goodwill×-1 -1000/-167]"}, l.post(t))
	require.Equal(t, domain.DocumentKey("centra-ref-atelier-10023-77"), l.firm[len(l.firm)-2].Reverses)
	l.paid(6795, failed, gave("79", 6795))
	require.Contains(t, l.post(t), "centra-cm-atelier-10023-79 [goodwill×1 6795/1133]", "and can be given again, all of it")
}

// returned is a return of one tee in the shop, credited and, where asked, about to be paid.
func (l *life) returned(asked bool) *life {
	memo := domain.Document{
		Key: "centra-cm-r1", Kind: domain.DocCreditMemo, Return: "901", ReturnRef: "atelier/10023/r1/credit-memo/1",
		Lines: []domain.DocumentLine{{Ref: "1", Kind: domain.DocLineGoods, Quantity: 1, Gross: 1767, Tax: 294, TaxPercent: "20", Source: "centra-inv-East-s1"}},
	}
	l.firm = append(l.firm, memo)
	if asked {
		l.tell(domain.NewFact(domain.FactReturnPlanned, "", "selvedge", dawn, domain.ReturnPlan{Return: 1, Kind: domain.PlanRefund, Key: "r1/refund", ShopID: "901"}))
	}
	return l
}

func TestARefundOfAReturnIsNeverTakenForGoodwillNorTheOtherWayRound(t *testing.T) {
	t.Parallel()
	of := func(e domain.PaymentEntry) domain.PaymentEntry {
		e.Return = "901"
		return e
	}
	l := sentAll(t).returned(true)
	l.paid(6795, of(gave("80", 1767)))
	require.Empty(t, l.plan(t), "it names its return, which books it")
	l.paid(6795, gave("81", 1767))
	require.Equal(t, []string{"centra-cm-atelier-10023-81 [goodwill×1 1767/295]", "centra-ref-atelier-10023-81 [payment×0 1767/0]"}, l.post(t),
		"the same amount while ours is on its way, which will name its return")
	l.paid(6795, gave("81", 1767), of(gave("80", 1767)))
	require.Empty(t, l.plan(t), "and both at once are one of each")

	byHand := sentAll(t).returned(false)
	byHand.paid(6795, gave("82", 1767))
	planned := byHand.plan(t)
	require.Len(t, planned, 1)
	require.Equal(t, books.KindUnexplained, planned[0].Question.Kind)
	require.Equal(t, int64(1767), planned[0].Document.Totals().Gross, "finance sees what is at stake")
	require.Contains(t, planned[0].Question.Problems[0].Message, "centra-cm-r1", "it may be the money of a credit that nobody has asked for")
	byHand.paid(6795, gave("82", 1000), of(gave("83", 1767)))
	require.Nil(t, byHand.plan(t)[0].Question, "once that is paid it can only be goodwill")
}

// Finance decides by hand, pays the return in the shop and closes the question: nobody of
// ours has asked for the money, and the books have it all the same.
func TestARefundOfAReturnThatAPersonMadeIsBookedOnceTheReturnIsClosed(t *testing.T) {
	t.Parallel()
	l := sentAll(t).returned(false)
	e := gave("80", 1767)
	e.Return = "901"
	l.paid(6795, e)
	l.tell(domain.NewFact(domain.FactReturnWritten, "", "selvedge", dawn, domain.ReturnWritten{Return: 1, Kind: domain.PlanShopReturn, Key: "r1", Stage: domain.StageDone, ID: "901", Amount: 1767}))
	require.Empty(t, l.plan(t), "the return may still ask for it")
	l.tell(domain.NewFact(domain.FactReturnSettled, "", "selvedge", dawn, domain.ReturnSettled{Return: 1}))
	require.Equal(t, []string{"centra-ref-atelier-10023-80 [payment×0 1767/0]"}, l.post(t))
	refund := l.firm[len(l.firm)-1]
	require.Equal(t, []any{"901", []domain.DocumentKey{"centra-cm-r1"}}, []any{refund.Return, refund.Links})
	require.True(t, books.ByHand(refund, "901"))
	require.Zero(t, liability(l.firm), "and it is none of a deposit")

	asked := sentAll(t).returned(true).paid(6795, e)
	asked.tell(domain.NewFact(domain.FactReturnWritten, "", "selvedge", dawn, domain.ReturnWritten{Return: 1, Kind: domain.PlanShopReturn, Key: "r1", Stage: domain.StageDone, ID: "901", Amount: 1767})).
		tell(domain.NewFact(domain.FactReturnSettled, "", "selvedge", dawn, domain.ReturnSettled{Return: 1}))
	require.Empty(t, asked.plan(t), "one that it asked for it books itself")
	e.By = "Bank transfer"
	other := sentAll(t).returned(false).paid(6795, e)
	other.facts = append(other.facts, l.facts[len(l.facts)-2:]...)
	require.Equal(t, books.CodeRefundMethod, other.plan(t)[0].Question.Problems[0].Code)
}

// Goodwill of 30.00 on 67.95, and then all of the goods come back for 63.00: 25.05 more would
// be credited than was invoiced. The return is credited whole, and goodwill gives way.
func TestGoodwillGivesWayToTheCreditOfItsGoods(t *testing.T) {
	t.Parallel()
	l := sentAll(t).paid(6795, gave("77", 3000))
	require.Equal(t, []string{"centra-cm-atelier-10023-77 [goodwill×1 3000/500]", "centra-ref-atelier-10023-77 [payment×0 3000/0]"}, l.post(t)) // 11.33 × 3000/6795 = 5.002
	l.firm = append(l.firm, domain.Document{
		Key: "centra-cm-r1", Kind: domain.DocCreditMemo, Return: "901", OccurredAt: dawn.Add(96 * time.Hour),
		Lines: []domain.DocumentLine{
			{Ref: "1", Kind: domain.DocLineGoods, Quantity: 3, Gross: 5300, Tax: 883, TaxPercent: "20", Source: "centra-inv-East-s1"},
			{Ref: "2", Kind: domain.DocLineGoods, Quantity: 1, Gross: 1000, Tax: 167, TaxPercent: "20", Source: "centra-inv-East-s1"},
		},
	})
	require.Equal(t, []string{"centra-cm-atelier-10023-77-_n2 [goodwill×0 -2505/-418]"}, l.post(t)) // 5.00 × 2505/3000 = 4.175
	back := l.firm[len(l.firm)-1]
	require.Equal(t, domain.DocumentKey("centra-cm-atelier-10023-77"), back.Reverses)
	require.Equal(t, domain.Date("2026-10-19"), back.Date, "on the day of the credit that it gives way to")
	var credited int64
	for _, d := range l.firm {
		if d.Kind == domain.DocCreditMemo {
			credited += d.Totals().Gross
		}
	}
	require.Equal(t, int64(6795), credited, "all that was invoiced, and no more")

	late := sentAll(t) // and the same when the goodwill is booked after the return
	late.firm = append(late.firm, l.firm[len(l.firm)-2])
	late.paid(6795, gave("77", 3000))
	require.Equal(t, []string{
		"centra-cm-atelier-10023-77 [goodwill×1 3000/500]", "centra-ref-atelier-10023-77 [payment×0 3000/0]", "centra-cm-atelier-10023-77-_n2 [goodwill×0 -2505/-418]",
	}, late.post(t))
}

func TestWhatNobodyCanTellIsFinancesQuestion(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		life  func(t *testing.T) *life
		code  string
		tells string
	}{
		"a method by which nothing was paid": {func(t *testing.T) *life {
			e := gave("77", 1000)
			e.By = "Voucher plugin"
			return sentAll(t).paid(6795, e)
		}, books.CodeRefundMethod, `by "Voucher plugin"`},
		"more than is invoiced": {func(t *testing.T) *life { return sentAll(t).paid(6795, gave("77", 6796)) }, books.CodeRefundWhy, "more than what is invoiced"},
		"money taken ahead still waits for goods": {func(t *testing.T) *life {
			l := alive().tell(capturedAhead(6795)).accepted().shipped(1, 1, false, tees(3)).inShop(1, 5795, domain.LineQuantity{Line: "1", Quantity: 3})
			l.post(t)
			return l.paid(6795, gave("77", 500))
		}, books.CodeRefundWhy, "10.00 GBP taken ahead"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planned := tt.life(t).plan(t)
			require.Len(t, planned, 1)
			require.Equal(t, books.KindUnexplained, planned[0].Question.Kind)
			require.Equal(t, tt.code, planned[0].Question.Problems[0].Code)
			require.Contains(t, planned[0].Question.Problems[0].Message, tt.tells)
			require.Empty(t, planned[0].Document.Problems())
		})
	}
}

func TestMoneyTakenAheadThatNothingIsSentForGoesBackAsADeposit(t *testing.T) {
	t.Parallel()
	l := alive().tell(capturedAhead(6795)).accepted().shipped(1, 1, false, tees(3)).inShop(1, 5795, domain.LineQuantity{Line: "1", Quantity: 3})
	l.post(t)
	l.order = order(0, 495, goods("1", 3, 5300, "20")) // the hat is cancelled
	l.paid(6795, gave("77", 1200))
	require.Equal(t, []string{
		"centra-chg-atelier-10023 [2×-1 -1000/-167]", "centra-ref-atelier-10023-77 [payment×0 1000/0]",
		"centra-cm-atelier-10023-77 [goodwill×1 200/33]", "centra-ref-atelier-10023-77-_n2 [payment×0 200/0]",
	}, l.post(t), "10.00 of it, and the rest is goodwill: 2.00 × 9.66/57.95")
	require.Zero(t, liability(l.firm))
}

// liability is the balance of the deposits, as C07 wants it.
func liability(documents []domain.Document) (open int64) {
	for _, d := range documents {
		switch {
		case d.Kind == domain.DocDeposit:
			open += d.Totals().Gross
		case d.Kind == domain.DocDepositUse, d.Kind == domain.DocRefund && d.Return == "" && d.Extra["goodwill"] == "":
			open -= d.Totals().Gross
		}
	}
	return open
}

// C07 at every instant of an order's life: captured − applied to invoices − refunded before
// shipment is the balance of the deposits, whether or not anybody ever accepts the order.
func TestTheDepositsBalanceWhateverBecomesOfTheOrder(t *testing.T) {
	t.Parallel()
	captured := domain.Payment{Known: true, Captured: 6795, Captures: []domain.PaymentEntry{{ID: "1", At: dawn, Amount: 6795, By: "card"}}}
	for name, change := range map[string]func(l *life) *life{
		"waiting":               func(l *life) *life { return l },
		"on hold":               func(l *life) *life { l.order.OnHold = true; return l },
		"sent and not answered": func(l *life) *life { return l.sent() },
		"refused": func(l *life) *life {
			return l.sent().tell(domain.NewFact(domain.FactWarehouseOrder, "", "warehouse", dawn, domain.WarehouseOrder{Number: "10023", Warehouse: "East", Status: domain.WarehouseRejected, Revision: 1}))
		},
		"withdrawn": func(l *life) *life {
			return l.tell(domain.NewFact(domain.FactAnswered, "", "Ada", dawn, domain.AnswerFact{Action: "withdraw-order", By: "Ada", Reason: "fraud"}))
		},
		"cancelled": func(l *life) *life { l.order.Status, l.owes = domain.ShopCancelled, true; return l },
		"withdrawn and held": func(l *life) *life {
			l.order.OnHold, l.owes = true, true
			return l.tell(domain.NewFact(domain.FactAnswered, "", "Ada", dawn, domain.AnswerFact{Action: "withdraw-order", By: "Ada", Reason: "fraud"}))
		},
		"accepted": func(l *life) *life { return l.accepted() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := alive()
			l.order.Payment, l.order.UpdatedAt = captured, dawn
			l = change(l)
			asked := func() { // what nothing will be sent for is asked for
				t.Helper()
				if l.owes {
					require.Equal(t, liability(l.firm), l.owed)
				}
			}
			l.post(t)
			asked()
			require.Equal(t, int64(6795), liability(l.firm), "67.95 came in and nothing left")
			require.Equal(t, domain.Date("2026-10-15"), l.firm[len(l.firm)-1].Date, "on the day it came in")
			l.order.Payment.Refunds, l.order.Payment.Refunded = []domain.PaymentEntry{gave("77", 2000)}, 2000
			require.Equal(t, []string{"centra-ref-atelier-10023-77 [payment×0 2000/0]"}, l.post(t))
			require.Equal(t, int64(4795), liability(l.firm), "67.95 − 20.00")
			asked()
			l.order.Payment.Refunds, l.order.Payment.Refunded = append(l.order.Payment.Refunds, gave("78", 4795)), 6795
			require.Equal(t, []string{"centra-ref-atelier-10023-78 [payment×0 4795/0]"}, l.post(t))
			require.Zero(t, liability(l.firm))
			asked()
		})
	}
	shipped := alive()
	shipped.order.Payment = captured
	shipped.post(t)
	shipped.accepted()
	shipped.post(t)
	shipped.shipped(1, 1, false, tees(3)).inShop(1, 5795, domain.LineQuantity{Line: "1", Quantity: 3})
	shipped.order.Shipments = []domain.ShopShipment{{ID: "1", CreatedAt: dawn.Add(time.Hour)}}
	require.Contains(t, shipped.post(t), "centra-dpa-East-s1 [payment×0 5795/0]", "accepted later, it pays the invoice")
	require.Equal(t, int64(1000), liability(shipped.firm))
	for _, d := range shipped.firm {
		require.False(t, d.Captured, "no ledger may book a cash sale of what a deposit pays")
	}
}

func TestMoneyTakenWithAShipmentIsNoDeposit(t *testing.T) {
	t.Parallel()
	l := sentAll(t)
	require.Zero(t, liability(l.firm))
	require.True(t, l.firm[len(l.firm)-1].Captured)
	outside := alive()
	outside.order.Payment = domain.Payment{Known: true, Captured: 6795, Outside: 6795}
	require.Empty(t, outside.plan(t), "what was marked as paid came in elsewhere")
}

func TestMoneyThatAnEarlierVersionBookedWithItsInvoiceIsNoDepositAsWell(t *testing.T) {
	t.Parallel()
	l := sentAll(t)
	require.True(t, l.firm[len(l.firm)-1].Captured)
	l.order.Payment.Captures[0].At = dawn // prepaid, as it turns out now that the entries are read
	require.Empty(t, l.plan(t), "its invoice was booked as a cash sale")
}

func TestAnOrderThatAnEarlierVersionBookedGivesNothingBackTwice(t *testing.T) {
	t.Parallel()
	l := alive().tell(capturedAhead(6795)).accepted()
	l.post(t)
	l.order.Payment = domain.Payment{Known: true, Captured: 6795, Refunded: 1500}
	require.Equal(t, []string{"centra-ref-atelier-10023 [payment×0 1500/0]"}, l.post(t), "told as a sum alone")
	l.order.Payment.Refunds = []domain.PaymentEntry{gave("76", 1000), gave("77", 500)}
	require.Empty(t, l.plan(t))
	l.order.Payment.Refunds = append(l.order.Payment.Refunds, gave("78", 300))
	require.Equal(t, []string{"centra-ref-atelier-10023-78 [payment×0 300/0]"}, l.post(t))
}

func TestAGiftCardPaysAsALiabilityAndIsGivenBackAsOne(t *testing.T) {
	t.Parallel()
	l := alive().accepted().shipped(1, 1, false, tees(3), domain.ShipmentLine{Line: "2", SKU: "SKU-2", Quantity: 1}).
		inShop(1, 6795, domain.LineQuantity{Line: "1", Quantity: 3}, domain.LineQuantity{Line: "2", Quantity: 1}).paid(3795)
	l.order.Payment.Captured, l.order.Payment.GiftCards = 6795, true
	l.order.Payment.Captures = append(l.order.Payment.Captures, domain.PaymentEntry{ID: "2", At: dawn.Add(time.Hour), Amount: 3000, By: "Gift card", GiftCard: true})
	out := l.post(t)
	require.Contains(t, out, "centra-dep-atelier-10023 [payment×0 3000/0]", "redeemed is released: 30.00")
	require.Contains(t, out, "centra-dpa-East-s1 [payment×0 3000/0]", "and pays its part of the invoice")
	for _, d := range l.firm {
		if d.Kind == domain.DocDeposit {
			require.Equal(t, []string{domain.MethodGiftCard, "Gift card"}, []string{d.Method, d.Payment})
		}
		require.False(t, d.Captured, "30.00 of it are no cash")
	}
	card := gave("77", 1000)
	card.GiftCard, card.By = true, ""
	l.order.Payment.Refunds = []domain.PaymentEntry{card}
	l.post(t)
	require.Equal(t, domain.MethodGiftCard, l.firm[len(l.firm)-1].Method, "10.00 of liability, no cash")
}

func TestGoodwillIsSharedByWhatEachRateStillHolds(t *testing.T) {
	t.Parallel()
	lines, err := books.OrderLines(order(0, 0, goods("1", 1, 3000, "20"), goods("2", 1, 1200, "0"), domain.Line{ID: "3", Kind: domain.LineGiftCertificate, Quantity: 1, Total: 5000, TaxPercent: "0"}))
	require.NoError(t, err)
	invoices := []domain.Document{invoice(1, lines)}
	// 10.00 over 30.00 and 12.00: 7.142 and 2.857, so 7.14 + 2.86; 5.00 × 7.14/30.00 = 1.19.
	given, err := books.GoodwillLines(invoices, nil, 1000)
	require.NoError(t, err)
	require.Equal(t, []string{"goodwill:20×1 714/119", "goodwill:0×1 286/0"}, shown(given))
	// The rest: 22.86 with 3.81, and 9.14; never the 50.00 of the card that was sold.
	rest, err := books.GoodwillLines(invoices, []domain.Document{memo(given)}, 3200)
	require.NoError(t, err)
	require.Equal(t, []string{"goodwill:20×1 2286/381", "goodwill:0×1 914/0"}, shown(rest))
	_, err = books.GoodwillLines(invoices, []domain.Document{memo(given), memo(rest)}, 1)
	require.ErrorContains(t, err, "1 minor units were given back and 0 are invoiced")
}

// Whatever is given back in however many parts, beside returns in any order: no more than
// was invoiced, neither gross nor tax, and the parts close it exactly.
func TestGoodwillNeverComesToMoreThanWasInvoiced(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := anOrder(t)
		invoices := shipAnyhow(t, o)
		all := domain.Document{}
		for _, d := range invoices {
			all.Lines = append(all.Lines, d.Lines...)
		}
		invoiced := all.Totals()
		var memos []domain.Document
		for n := range rapid.IntRange(1, 6).Draw(t, "gifts") {
			left := invoiced.Gross
			for _, m := range memos {
				left -= m.Totals().Gross
			}
			if left <= 0 {
				break
			}
			amount := rapid.Int64Range(1, left).Draw(t, "amount")
			lines, err := books.GoodwillLines(invoices, memos, amount)
			if err != nil {
				continue // what is left are lines that take, or gift cards
			}
			made := memo(lines)
			made.Key, made.Kind = domain.DocumentKey(fmt.Sprint("g", n)), domain.DocCreditMemo
			require.Equal(t, amount, made.Totals().Gross)
			require.NoError(t, books.Creditable(invoices, memos, lines))
			for _, l := range lines {
				require.True(t, 0 <= l.Tax && l.Tax <= l.Gross, "%+v", l)
			}
			memos = append(memos, made)
		}
		var gross, tax int64
		for _, m := range memos {
			gross, tax = gross+m.Totals().Gross, tax+m.Totals().Tax
		}
		require.LessOrEqual(t, gross, invoiced.Gross)
		if gross == invoiced.Gross {
			require.Equal(t, invoiced.Tax, tax, "and with all of it all of the tax")
		}
	})
}
