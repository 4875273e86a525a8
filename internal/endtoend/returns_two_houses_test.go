package endtoend_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// numberAt is the order's number at a warehouse.
func (w *world) numberAt(t *testing.T, number int, account string) string {
	t.Helper()
	for _, a := range w.floor.State() {
		for _, o := range a.Orders {
			if a.Account == account && o.References["order"] == orderID(number).String() {
				return o.Number
			}
		}
	}
	require.FailNow(t, "the warehouse holds nothing of the order", "%s, %d", account, number)
	return ""
}

// comesBackTo lets garments arrive at either warehouse, under its own number of the order
// or (number 0) under none.
func (w *world) comesBackTo(t *testing.T, account string, number int, action acs.ReturnAction) returned {
	t.Helper()
	order := ""
	if number > 0 {
		order = w.numberAt(t, number, account)
	}
	answer, err := w.floor.Act(acs.Action{Action: "return", Account: account, Order: order, Return: &action})
	require.NoError(t, err)
	text, err := json.Marshal(answer)
	require.NoError(t, err)
	var r returned
	require.NoError(t, json.Unmarshal(text, &r))
	return r
}

// stockOf is what the shop believes each warehouse to hold of the items.
func (w *world) stockOf(skus ...string) map[string]int {
	stock := map[string]int{}
	for _, s := range w.shop.State().Stock {
		if slices.Contains(skus, s.SKU) {
			stock[s.Warehouse+" "+s.SKU] = s.Physical
		}
	}
	return stock
}

// TestAnOrderThatIsReturnedToTwoWarehouses sells orders that leave from two warehouses and
// lets their garments come back to either: to the one that sent them, crossed over, all to
// one, announced by the shop before, and without a name on the label.
func TestAnOrderThatIsReturnedToTwoWarehouses(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	_, err := w.intake.DrainShop(t.Context()) // the shop queues events from the first wish for them
	require.NoError(t, err)
	apart := func(number int) centra.SeedOrder { // a shirt from the north and a hat from the south
		far := line(number, 2, hat, 1)
		far.From = map[string]int{south: 1}
		return sale(number, with(line(number, 1, shirt, 1), far))
	}
	split := func(number, quantity int) centra.SeedOrder { // one line, a unit of it from the south
		l := line(number, 1, shirt, quantity)
		l.From = map[string]int{north: quantity - 1, south: 1}
		return sale(number, with(l))
	}
	sold := func(t *testing.T, order centra.SeedOrder) (stock map[string]int) {
		t.Helper()
		w.sell(t, order, nil)
		w.closes(t, order.Number)
		require.Len(t, w.inShop(t, order.Number).Shipments, 2)
		return w.stockOf(shirt, hat)
	}
	// over is the truth when everything has come back and was paid.
	over := func(t *testing.T, number, returns int, units map[string]int, writeOffs int, stock map[string]int) {
		t.Helper()
		garments := 0
		for _, n := range units {
			garments += n
		}
		for n := 1; n <= returns; n++ {
			w.returnCloses(t, returnID(number, n))
		}
		w.closes(t, number)
		_, err := w.returnShown(t.Context(), returnID(number, returns+1))
		require.Error(t, err, "there is no return beyond the warehouses'")
		w.requireReturned(t, number, int64(garments)*3990, units)
		w.requireCredited(t, number, garments, int64(garments)*3990, writeOffs, 0)
		o := w.inShop(t, number)
		shipped := map[string]int{}
		for _, s := range o.Shipments {
			for _, l := range s.Lines {
				shipped[fmt.Sprint(l.LineID)] += l.Quantity
			}
		}
		require.Equal(t, shipped, units)
		require.Len(t, o.Returns, 2, "one for each shipment")
		require.Equal(t, int64(495), o.Captured)
		require.Equal(t, stock, w.stockOf(shirt, hat), "no return raises the shop's stock anywhere")
	}
	t.Run("each to where it came from, in the same second", func(t *testing.T) {
		stock := sold(t, apart(4901))
		w.comesBackTo(t, accountN, 4901, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4901, 1, shirt, "restock")}})
		w.comesBackTo(t, accountS, 4901, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4901, 2, hat, "ber")}})
		over(t, 4901, 2, map[string]int{lineID(4901, 1): 1, lineID(4901, 2): 1}, 1, stock)
	})
	t.Run("crossed over", func(t *testing.T) {
		stock := sold(t, apart(4902))
		w.comesBackTo(t, accountS, 4902, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4902, 1, shirt, "ber")}})
		w.comesBackTo(t, accountN, 4902, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4902, 2, hat, "restock")}})
		over(t, 4902, 2, map[string]int{lineID(4902, 1): 1, lineID(4902, 2): 1}, 1, stock)
	})
	t.Run("both in one parcel to the other house, without lines", func(t *testing.T) {
		stock := sold(t, apart(4903))
		w.comesBackTo(t, accountS, 4903, acs.ReturnAction{Units: []acs.ReturnUnit{{SKU: shirt, Disposition: "restock"}, {SKU: hat, Disposition: "restock"}}})
		over(t, 4903, 1, map[string]int{lineID(4903, 1): 1, lineID(4903, 2): 1}, 0, stock)
	})
	t.Run("units of one line that both houses sent, each to the wrong one", func(t *testing.T) {
		stock := sold(t, split(4904, 3))
		w.comesBackTo(t, accountS, 4904, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4904, 1, shirt, "restock"), unit(4904, 1, shirt, "ber")}})
		w.comesBackTo(t, accountN, 4904, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4904, 1, shirt, "restock")}})
		for n := 1; n <= 2; n++ {
			w.returnCloses(t, returnID(4904, n))
		}
		w.closes(t, 4904)
		w.requireReturned(t, 4904, 3*3990, map[string]int{lineID(4904, 1): 3})
		w.requireCredited(t, 4904, 3, 3*3990, 1, 0)
		require.Equal(t, stock, w.stockOf(shirt, hat))
	})
	t.Run("the same, and the smaller parcel comes first", func(t *testing.T) {
		stock := sold(t, split(4909, 3))
		w.comesBackTo(t, accountN, 4909, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4909, 1, shirt, "restock")}})
		w.comesBackTo(t, accountS, 4909, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4909, 1, shirt, "restock"), unit(4909, 1, shirt, "ber")}})
		for n := 1; n <= 2; n++ {
			w.returnCloses(t, returnID(4909, n))
		}
		w.closes(t, 4909)
		w.requireReturned(t, 4909, 3*3990, map[string]int{lineID(4909, 1): 3})
		w.requireCredited(t, 4909, 3, 3*3990, 1, 0)
		require.Equal(t, stock, w.stockOf(shirt, hat))
	})
	t.Run("announced by the shop, and then crossed over", func(t *testing.T) {
		stock := sold(t, apart(4905))
		for digit := 1; digit <= 2; digit++ {
			w.admin(t, centra.Action{Action: "create-return", Order: 4905, LineID: 49050 + digit, Quantity: 1})
		}
		_, err := w.intake.DrainShop(t.Context())
		require.NoError(t, err)
		w.returnUntil(t, returnID(4905, 2), "open", func(s shown) bool { return s.state == domain.ReturnWindow })
		w.comesBackTo(t, accountS, 4905, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4905, 1, shirt, "restock")}})
		w.comesBackTo(t, accountN, 4905, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4905, 2, hat, "ber")}})
		for n := 1; n <= 2; n++ {
			w.returnCloses(t, returnID(4905, n))
		}
		w.closes(t, 4905)
		o := w.inShop(t, 4905)
		require.Len(t, o.Returns, 2, "those that the shop made, and no others")
		for _, r := range o.Returns {
			require.Equal(t, "COMPLETED", r.Status)
			require.Equal(t, int64(3990), r.Refunded)
		}
		w.requireCredited(t, 4905, 2, 2*3990, 1, 0)
		require.Equal(t, stock, w.stockOf(shirt, hat))
	})
	t.Run("the second to the other house without a name on the label", func(t *testing.T) {
		stock := sold(t, apart(4906))
		w.comesBackTo(t, accountN, 4906, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4906, 1, shirt, "restock")}})
		r := w.comesBackTo(t, accountS, 0, acs.ReturnAction{Units: []acs.ReturnUnit{{SKU: hat, Disposition: "restock"}}})
		orphan := contract.OrphanReturnWorkflowID(south, r.ReturnID)
		cause := w.returnAsks(t, orphan, "return-without-order")
		w.returnResolve(t, orphan, contract.Resolution{Exception: cause, Action: contract.ActionOverride, Override: map[string]string{"order": orderID(4906).String()}, By: "ops", Reason: "its label"})
		w.returnCloses(t, orphan)
		over(t, 4906, 2, map[string]int{lineID(4906, 1): 1, lineID(4906, 2): 1}, 0, stock)
	})
	t.Run("the same garment told by both houses is one unit, and the other is a person's", func(t *testing.T) {
		stock := sold(t, apart(4907))
		w.comesBackTo(t, accountN, 4907, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4907, 1, shirt, "restock")}})
		w.returnCloses(t, returnID(4907, 1))
		w.comesBackTo(t, accountS, 4907, acs.ReturnAction{Units: []acs.ReturnUnit{unit(4907, 1, shirt, "restock")}})
		cause := w.returnAsks(t, returnID(4907, 2), "return-not-shipped")
		w.returnResolve(t, returnID(4907, 2), contract.Resolution{Exception: cause, Action: contract.ActionSkip, By: "ops", Reason: "sent on from the north"})
		w.returnCloses(t, returnID(4907, 2))
		w.requireReturned(t, 4907, 3990, map[string]int{lineID(4907, 1): 1})
		w.requireCredited(t, 4907, 1, 3990, 0, 0)
		require.Equal(t, stock, w.stockOf(shirt, hat))
	})
	truth := w.truth(t)
	for _, number := range []int{4901, 4902, 4903, 4904, 4905, 4906, 4907} {
		truth.requireSound(t, number)
	}
}
