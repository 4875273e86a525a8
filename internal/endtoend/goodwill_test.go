package endtoend_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// moneyBooked is what the books say of an order's money, as finance reads the file: kind,
// line, amount, method and the shop's return.
func (w *world) moneyBooked(t *testing.T, number int, kinds ...domain.DocumentKind) (out []string) {
	t.Helper()
	for _, row := range w.rowsBooked(t, number) {
		if slices.Contains(kinds, domain.DocumentKind(row["type"])) {
			out = append(out, fmt.Sprintf("%s %s %s %s", row["type"], row["line_type"], row["gross"], row["method"]))
		}
	}
	slices.Sort(out)
	return out
}

// reads lets intake read an order as often as events of it come.
func (w *world) reads(t *testing.T, number, times int) {
	t.Helper()
	for range times {
		_, err := w.intake.TakeOrders(t.Context(), atelier, []string{fmt.Sprint(number)})
		require.NoError(t, err)
	}
}

// TestGoodwillGivenInTheShop: somebody gives money back in the shop after everything left,
// and again while the money of a return is on its way. Each is in the books once, nothing
// is mixed up, and the order's own workflow hears of none of it.
func TestGoodwillGivenInTheShop(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{env: map[string]string{"SELVEDGE_RETURN_REFUND_CHECK": "1s"}})
	w.sell(t, sale(3801, with(line(3801, 1, shirt, 3))), nil)
	w.closes(t, 3801)
	settled := func() {
		eventually(t, "all is posted", func() bool {
			w.keepBooks(t)
			open, err := w.parts.Store.Documents(t.Context(), ports.DocumentFilter{Unposted: true}, 1)
			require.NoError(t, err)
			return len(open) == 0
		})
	}
	settled()
	facts, err := w.parts.Store.Facts(t.Context(), orderID(3801), 0)
	require.NoError(t, err)
	w.admin(t, centra.Action{Action: "goodwill", Order: 3801, Amount: 1000})
	for range 5 {
		w.reads(t, 3801, 1)
		settled()
	}
	goodwill := []string{"credit-memo goodwill 10.00 ", "refund payment 10.00 original"}
	require.Equal(t, goodwill, w.moneyBooked(t, 3801, domain.DocCreditMemo, domain.DocRefund))
	now, err := w.parts.Store.Facts(t.Context(), orderID(3801), 0)
	require.NoError(t, err)
	require.Equal(t, len(facts), len(now), "a closed order stays closed")

	w.admin(t, centra.Action{Action: "set-refund-outcome", Order: 3801, Value: "pending"})
	w.comesBack(t, 3801, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3801, 1, shirt, "restock")}})
	eventually(t, "a refund is asked for", func() bool {
		return len(w.inShop(t, 3801).Returns) == 1 && w.inShop(t, 3801).Returns[0].Status == "COMPLETED"
	})
	w.admin(t, centra.Action{Action: "goodwill", Order: 3801, Amount: 3990}) // as much as the return's
	w.reads(t, 3801, 5)
	w.returnCloses(t, returnID(3801, 1))
	w.reads(t, 3801, 5)
	settled()
	require.Equal(t, []string{
		"credit-memo goods 39.90 ", "credit-memo goodwill 10.00 ", "credit-memo goodwill 39.90 ",
		"refund payment 10.00 original", "refund payment 39.90 original", "refund payment 39.90 original",
	}, w.moneyBooked(t, 3801, domain.DocCreditMemo, domain.DocRefund))
	var ofReturn []string
	for _, row := range w.rowsBooked(t, 3801) {
		if row["return"] != "" {
			ofReturn = append(ofReturn, row["type"]+" "+row["gross"])
		}
	}
	slices.Sort(ofReturn)
	require.Equal(t, []string{"credit-memo 39.90", "refund 39.90"}, ofReturn)
	require.Equal(t, int64(3*3990+495-1000-3990-3990), w.inShop(t, 3801).Captured)
}

// TestAGiftCardIsRedeemedAndGivenBack: a card pays 30.00 of 84.75; both shirts come back.
// Money goes back as it came, and what was on the card is a liability again.
func TestAGiftCardIsRedeemedAndGivenBack(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	w.sell(t, sale(3811, with(line(3811, 1, shirt, 2)), func(o *centra.SeedOrder) { o.GiftCard = 3000 }), nil)
	w.closes(t, 3811)
	w.comesBack(t, 3811, acs.ReturnAction{Units: []acs.ReturnUnit{unit(3811, 1, shirt, "restock"), unit(3811, 1, shirt, "restock")}})
	w.returnCloses(t, returnID(3811, 1))
	w.reads(t, 3811, 1)
	w.keepBooks(t)
	require.Equal(t, []string{
		"deposit payment 30.00 gift-card", "deposit-application payment 30.00 ",
		"refund payment 25.05 gift-card", "refund payment 54.75 original",
	}, w.moneyBooked(t, 3811, domain.DocDeposit, domain.DocDepositUse, domain.DocRefund), "79.80 of 54.75 and 30.00")
}

// TestAnOrderThatIsCapturedAndRefused: money is taken ahead, the warehouse refuses the order
// and nobody mends it. What was taken is owed, and asked for until it went back.
func TestAnOrderThatIsCapturedAndRefused(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	w.sell(t, sale(3821, func(o *centra.SeedOrder) { o.PaymentMethod = "Prepayment" }), &acs.FloorPlan{
		Reject: &acs.PlannedReject{Errors: badLine()}, RejectTimes: 9,
	})
	w.asks(t, 3821, "rejected-by-warehouse")
	w.reads(t, 3821, 5)
	w.keepBooks(t)
	deposit := "deposit payment 44.85 original"
	require.Equal(t, []string{deposit}, w.moneyBooked(t, 3821, domain.DocumentKinds()...), "39.90 and 4.95, and nothing else is in the books")
	w.admin(t, centra.Action{Action: "goodwill", Order: 3821, Amount: 4485})
	w.reads(t, 3821, 5)
	w.keepBooks(t)
	require.Equal(t, []string{deposit, "refund payment 44.85 original"}, w.moneyBooked(t, 3821, domain.DocumentKinds()...))
}

// TestAPrepaidUnitThatIsNotFound: two scarves are paid ahead, the floor finds one, and a
// person cancels the other. The shop gives nothing back by itself, so finance is asked until
// somebody has.
func TestAPrepaidUnitThatIsNotFound(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	w.sell(t, sale(3841, with(line(3841, 1, scarf, 2)), func(o *centra.SeedOrder) { o.PaymentMethod = "Prepayment" }), &acs.FloorPlan{
		Short: []acs.PlannedShort{{LineID: lineID(3841, 1), Quantity: 1}},
	})
	w.asks(t, 3841, "short-pick")
	w.keepBooks(t)
	asked := func() []string {
		t.Helper()
		w.keepBooks(t)
		causes, err := w.parts.Store.OpenSystemCauses(t.Context(), ports.DocumentsSystem)
		require.NoError(t, err)
		return causes
	}
	require.Empty(t, asked(), "it may still be found")
	_, err := w.resolve(t, 3841, contract.Resolution{Action: contract.ActionSkip, Reason: "not found", By: "ada"})
	require.NoError(t, err)
	w.closes(t, 3841)
	eventually(t, "finance is asked", func() bool {
		w.reads(t, 3841, 5)
		return slices.Equal(asked(), []string{"refund-due:" + orderID(3841).String()})
	})
	require.Empty(t, w.moneyBooked(t, 3841, domain.DocRefund), "no money is in the books that did not move")
	w.admin(t, centra.Action{Action: "goodwill", Order: 3841, Amount: 3990})
	w.reads(t, 3841, 5)
	require.Empty(t, asked())
	require.Equal(t, []string{"refund payment 39.90 original"}, w.moneyBooked(t, 3841, domain.DocRefund))
	require.Equal(t, int64(3990+495), w.inShop(t, 3841).Captured)
}
