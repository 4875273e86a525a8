package activities_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// pays is what the shop says of the order's payments from now on.
func (a *audited) pays(captures, refunds []domain.PaymentEntry) *audited {
	a.t.Helper()
	o := a.order
	o.Payment = domain.Payment{Known: true, Captures: captures, Refunds: refunds}
	for _, c := range captures {
		o.Payment.Captured, o.Payment.GiftCards = o.Payment.Captured+c.Amount, o.Payment.GiftCards || c.GiftCard
	}
	o.Payment.Authorized = o.Payment.Captured // as a capture leaves it
	for _, r := range refunds {
		o.Payment.Refunded += r.Amount
	}
	a.content(o)
	return a
}

// moved is a movement of money on the day after the parcel left.
func moved(id string, amount int64, change ...func(*domain.PaymentEntry)) domain.PaymentEntry {
	e := domain.PaymentEntry{ID: id, At: noon.Add(24 * time.Hour), Amount: amount, By: "Card"}
	for _, c := range change {
		c(&e)
	}
	return e
}

func onCard(e *domain.PaymentEntry) { e.GiftCard, e.By = true, "" }

func list(entries ...domain.PaymentEntry) []domain.PaymentEntry { return entries }

// The figures were worked out by hand, as those of TestWorkedExamples were.
func TestWorkedExamplesOfMoneyBesideReturns(t *testing.T) {
	t.Parallel()
	tees := func() domain.Order { return sold("GBP", 0, 495, line("1", 3, 5300, "20")) }
	stood := func(a *audited, created time.Time) { // the parcel, as the shop lists it
		a.order.Shipments = []domain.ShopShipment{{ID: a.shopID(1), CreatedAt: created, Captured: true, Shipped: true, Total: a.order.GrandTotal}}
	}
	mixed := func(tax int64) domain.Order {
		o := sold("GBP", 0, 395, line("1", 1, 1200, "0"), line("2", 1, 3000, "20"))
		o.NetTotal = o.GrandTotal - tax
		return o
	}
	for name, tt := range map[string]struct {
		order domain.Order
		does  func(a *audited)
		types []string
		want  []string
	}{
		// 57.95 bear 8.83 + 0.83 = 9.66; 9.66 × 500/5795 = 0.8335.
		"goodwill of 5.00, read five times": {
			tees(), func(a *audited) {
				a.ships(5795, units("1", 3))
				stood(a, noon)
				for range 5 {
					a.pays(list(moved("1", 5795)), list(moved("77", 500)))
					a.ran()
				}
			},
			[]string{"deposit", "credit-memo", "refund"},
			[]string{"credit-memo goodwill×1 4.17+0.83=5.00", "refund payment×0 5.00+0.00=5.00"},
		},
		// A tee comes back for 17.67 with 2.94 beside it. 40.28 with 6.72 are left of the invoice:
		// 6.72 × 500/4028 = 0.834.
		"goodwill beside a return": {
			tees(), func(a *audited) {
				a.ships(5795, units("1", 3)).returnsOf(1, 1767, units("1", 1))
				stood(a, noon)
				a.tell(domain.NewFact(domain.FactReturnPlanned, "planned", "selvedge", noon, domain.ReturnPlan{Return: 1, Kind: domain.PlanRefund, Key: "r1/refund", ShopID: "901"}))
				a.pays(list(moved("1", 5795)), list(moved("77", 500), moved("78", 1767, func(e *domain.PaymentEntry) { e.Return = "901" })))
				_, err := a.record(domain.ReturnPlan{Return: 1, Kind: domain.PlanPayment, Key: "r1/refund/document", Of: "r1/refund", ShopID: "901", Amount: 1767, By: []string{"card"}, At: noon})
				require.NoError(a.t, err)
			},
			[]string{"credit-memo", "refund"},
			[]string{
				"credit-memo 1×1 14.73+2.94=17.67", "credit-memo goodwill×1 4.17+0.83=5.00",
				"refund payment×0 5.00+0.00=5.00", "refund payment×0 17.67+0.00=17.67",
			},
		},
		// 30.00 of 57.95 off a card, taken with the parcel; all of 53.00 comes back: 27.95 by card
		// as it came, and 25.05 onto the gift card.
		"a gift card is redeemed and given back": {
			tees(), func(a *audited) {
				a.ships(5795, units("1", 3))
				stood(a, noon)
				a.pays(list(moved("1", 2795), moved("2", 3000, onCard)), nil)
				a.returnsOf(1, 5300, units("1", 3))
				for _, plan := range []domain.ReturnPlan{
					{Return: 1, Kind: domain.PlanPayment, Key: "r1/refund/document", Of: "r1/refund", ShopID: "901", Amount: 2795, At: noon},
					{Return: 1, Kind: domain.PlanPayment, Key: "r1/refund/document/2", Of: "r1/refund", ShopID: "901", Amount: 2505, Method: domain.MethodGiftCard, At: noon},
				} {
					_, err := a.record(plan)
					require.NoError(a.t, err)
				}
			},
			[]string{"deposit", "deposit-application", "refund"},
			[]string{
				"deposit payment×0 30.00+0.00=30.00", "deposit-application payment×0 30.00+0.00=30.00",
				"refund payment×0 27.95+0.00=27.95", "refund payment×0 25.05+0.00=25.05",
			},
		},
		// 67.90 of goods at 20 % and 0 %, taken ahead; 12.00 are cancelled and 15.00 go back: 12.00
		// of the deposit and 3.00 of goodwill. 33.95 with 5.00 + 0.66: 5.66 × 300/3395 = 0.50.
		"more goes back than was not sent": {
			sold("GBP", 0, 395, line("1", 1, 1200, "0"), line("2", 1, 3000, "20")), func(a *audited) {
				ahead := moved("1", 4595, func(e *domain.PaymentEntry) { e.At = noon.Add(-time.Hour) })
				a.pays(list(ahead), nil)
				a.ran()
				a.ships(3395, units("2", 1))
				stood(a, noon)
				a.order.Lines[0].Quantity, a.order.Lines[0].Cancelled, a.order.Lines[0].Total, a.order.GrandTotal = 0, 1, 0, 3395
				a.pays(list(ahead), list(moved("77", 1500)))
			},
			[]string{"deposit", "deposit-application", "credit-memo", "refund"},
			[]string{
				"deposit payment×0 45.95+0.00=45.95", "deposit-application payment×0 33.95+0.00=33.95",
				"credit-memo goodwill×1 2.50+0.50=3.00", "refund payment×0 12.00+0.00=12.00", "refund payment×0 3.00+0.00=3.00",
			},
		},
		// Of 5.00 of tax the 30.00 bear all: 30.00/6.
		"shipping without tax, as the shop has it": {
			mixed(500), func(a *audited) { a.ships(4595, units("1", 1), units("2", 1)) },
			[]string{"invoice"},
			[]string{"invoice 1×1 12.00+0.00=12.00", "invoice 2×1 25.00+5.00=30.00", "invoice shipping×1 3.95+0.00=3.95"},
		},
		// The shop spreads 3.95 over 12.00 and 30.00: 1.13 without tax, and 2.82 with 0.47.
		"shipping taxed as a part of the goods is": {
			mixed(547), func(a *audited) { a.ships(4595, units("1", 1), units("2", 1)) },
			[]string{"sales-order", "invoice"},
			[]string{
				"sales-order 1×1 12.00+0.00=12.00", "sales-order 2×1 25.00+5.00=30.00", "sales-order shipping×1 3.48+0.47=3.95",
				"invoice 1×1 12.00+0.00=12.00", "invoice 2×1 25.00+5.00=30.00", "invoice shipping×1 3.48+0.47=3.95",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := audit(t, tt.order)
			tt.does(a)
			require.ElementsMatch(t, tt.want, a.figures(tt.types...))
		})
	}
}

func TestTheFileSaysByWhichMethodMoneyWentBack(t *testing.T) {
	t.Parallel()
	a := audit(t, sold("GBP", 0, 0, line("1", 1, 5000, "20"))).ships(5000, units("1", 1))
	a.order.Shipments = []domain.ShopShipment{{ID: a.shopID(1), CreatedAt: noon, Captured: true, Total: 5000}}
	a.pays(list(moved("1", 5000)), list(moved("77", 500), moved("78", 300, onCard)))
	var methods []string
	for _, r := range a.file() {
		if r["type"] == "refund" {
			methods = append(methods, r["gross"]+" "+r["method"])
		}
	}
	require.ElementsMatch(t, []string{"5.00 original", "3.00 gift-card"}, methods)
}

func TestARefundByAMethodThatPaidNothingIsFinancesQuestion(t *testing.T) {
	t.Parallel()
	other := func(e *domain.PaymentEntry) { e.By = "Bank transfer" }
	a := audit(t, sold("GBP", 0, 0, line("1", 2, 5000, "20"))).ships(5000, units("1", 2)).returnsOf(1, 2500, units("1", 1))
	a.order.Shipments = []domain.ShopShipment{{ID: a.shopID(1), CreatedAt: noon, Captured: true, Total: 5000}}
	a.pays(list(moved("1", 5000)), list(moved("77", 500, other)))
	a.ran()
	require.Equal(t, []string{"refund-unexplained:" + orderID.String() + ":77"}, a.asked())
	require.Equal(t, 1, a.answer("skip", a.asked()[0]), "booked by hand")
	a.ran()
	require.Empty(t, a.asked(), "and not asked about again")
	a.pays(list(moved("1", 5000)), list(moved("77", 500, other)))
	a.ran()
	require.Empty(t, a.asked())

	_, err := a.record(domain.ReturnPlan{Return: 1, Kind: domain.PlanPayment, Key: "r1/refund/document", Of: "r1/refund", ShopID: "901", Amount: 2500, By: []string{"Bank transfer"}, At: noon})
	require.ErrorContains(t, err, `by "Bank transfer"`, "nor is that of a return guessed")
}

// The store: money that moves in the shop is no content of an order, and its documents are
// derived anew all the same, once.
func TestMoneyThatMovesInTheShopIsBookedAndWakesNobody(t *testing.T) {
	t.Parallel()
	a := audit(t, sold("GBP", 0, 0, line("1", 1, 5000, "20"))).ships(5000, units("1", 1))
	a.order.Shipments = []domain.ShopShipment{{ID: a.shopID(1), CreatedAt: noon, Captured: true, Total: 5000}}
	a.pays(list(moved("1", 5000)), nil)
	a.ran()
	before, err := a.db.Facts(t.Context(), orderID, 0)
	require.NoError(t, err)
	unbooked := func() []domain.OrderID {
		ids, err := a.db.UnbookedOrders(t.Context(), domain.OrderID{}, 10)
		require.NoError(t, err)
		return ids
	}
	require.Empty(t, unbooked())
	a.pays(list(moved("1", 5000)), list(moved("77", 500)))
	require.Equal(t, []domain.OrderID{orderID}, unbooked())
	after, err := a.db.Facts(t.Context(), orderID, 0)
	require.NoError(t, err)
	require.Equal(t, len(before), len(after), "no fact, so that no workflow looks")
	a.ran()
	require.Empty(t, unbooked(), "once")
	a.pays(list(moved("1", 5000)), list(moved("77", 500)))
	require.Empty(t, unbooked(), "and the same again is nothing new")
}

// C07: what was captured of an order that waits, is refused or withdrawn is owed from the day
// on which it came in, and until it went back.
func TestAnOrderThatIsCapturedAndNeverAccepted(t *testing.T) {
	t.Parallel()
	a := auditUnsent(t, sold("GBP", 0, 0, line("1", 1, 5000, "20")))
	a.pays(list(moved("1", 5000)), nil)
	a.ran()
	kinds := func() (out []string) {
		records, err := a.db.OrderDocuments(t.Context(), orderID)
		require.NoError(t, err)
		for _, r := range records {
			require.Equal(t, domain.DocumentPosted, r.Status, "%s", r.Document.Key)
			out = append(out, string(r.Document.Kind)+" "+domain.Format(r.Document.Totals().Gross, "GBP")+" "+string(r.Document.Date))
		}
		slices.Sort(out)
		return out
	}
	require.Equal(t, []string{"deposit 50.00 GBP 2026-11-21"}, kinds(), "the day after noon, and nobody has accepted anything")
	a.pays(list(moved("1", 5000)), list(moved("77", 5000, func(e *domain.PaymentEntry) { e.At = noon.Add(48 * time.Hour) })))
	a.ran()
	require.Equal(t, []string{"deposit 50.00 GBP 2026-11-21", "refund 50.00 GBP 2026-11-22"}, kinds(), "0.00 are owed")
}

// A person pays a return in the shop after it has closed; should the return be opened again
// and find its money paid, the document stands already.
func TestARefundOfAReturnThatAPersonMadeIsOneDocument(t *testing.T) {
	t.Parallel()
	a := audit(t, sold("GBP", 0, 0, line("1", 2, 5000, "20"))).ships(5000, units("1", 2)).returnsOf(1, 2500, units("1", 1))
	a.order.Shipments = []domain.ShopShipment{{ID: a.shopID(1), CreatedAt: noon, Captured: true, Total: 5000}}
	a.tell(domain.NewFact(domain.FactReturnWritten, "stands", "selvedge", noon, domain.ReturnWritten{Return: 1, Kind: domain.PlanShopReturn, Key: "r1", Stage: domain.StageDone, ID: "901", Amount: 2500}),
		domain.NewFact(domain.FactReturnSettled, "settled", "selvedge", noon, domain.ReturnSettled{Return: 1}))
	a.pays(list(moved("1", 5000)), list(moved("80", 2500, func(e *domain.PaymentEntry) { e.Return = "901" })))
	a.ran()
	require.Equal(t, []string{"refund payment×0 25.00+0.00=25.00"}, a.figures("refund"))
	written, err := a.record(domain.ReturnPlan{Return: 1, Kind: domain.PlanPayment, Key: "r1/refund/document", Of: "r1/refund", ShopID: "901", Amount: 2500, At: noon})
	require.NoError(t, err)
	require.Equal(t, []any{domain.StageDone, int64(2500)}, []any{written.Stage, written.Amount})
	a.ran()
	records, err := a.db.Documents(t.Context(), ports.DocumentFilter{Kind: domain.DocRefund}, 10)
	require.NoError(t, err)
	require.Len(t, records, 1)
}

// The store and the ledger: a refund that nobody has made waits for finance and never reaches
// a ledger, until the shop shows one, or a person says that there will be none.
func TestMoneyThatIsOwedWaitsUntilItWentBack(t *testing.T) {
	t.Parallel()
	opened := func() *audited {
		a := auditUnsent(t, sold("GBP", 0, 395, line("1", 1, 1200, "0"), line("2", 1, 3000, "20")))
		a.pays(list(moved("1", 4595, func(e *domain.PaymentEntry) { e.At = noon.Add(-time.Hour) })), nil)
		a.ran()
		require.Empty(t, a.asked(), "it may still be sent")
		a.order.Lines[0].Quantity, a.order.Lines[0].Cancelled, a.order.Lines[0].Total, a.order.GrandTotal = 0, 1, 0, 3395
		a.content(a.order)
		for range 3 {
			a.ran()
			require.Equal(t, []string{"refund-due:" + orderID.String()}, a.asked())
		}
		rows, err := a.db.OrderDocuments(t.Context(), orderID)
		require.NoError(t, err)
		sent := 0
		for _, r := range rows {
			if r.Firm() {
				sent++
			}
		}
		require.Equal(t, 1, sent, "the deposit alone is in the ledger")
		return a
	}
	t.Run("it went back", func(t *testing.T) {
		t.Parallel()
		a := opened()
		a.pays(a.order.Payment.Captures, list(moved("77", 1200)))
		require.Equal(t, []string{"refund payment×0 12.00+0.00=12.00"}, a.figures("refund"), "and nothing is asked any more")
	})
	t.Run("a person has settled it", func(t *testing.T) {
		t.Parallel()
		a := opened()
		require.Equal(t, 1, a.answer("retry", a.asked()[0]))
		a.ran()
		require.Len(t, a.asked(), 1, "it is derived anew, and still owed")
		require.Equal(t, 1, a.answer("skip", a.asked()[0]))
		require.Empty(t, a.figures("refund"), "and nothing is asked any more")
	})
}
