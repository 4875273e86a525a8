package endtoend_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// TestReturnsThatGoOnAfterTheyEnded grows, splits and changes returns that were closed.
func TestReturnsThatGoOnAfterTheyEnded(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	sold := func(t *testing.T, order centra.SeedOrder) (id string) {
		t.Helper()
		w.sell(t, order, nil)
		w.closes(t, order.Number)
		return returnID(order.Number, 1)
	}
	more := func(t *testing.T, number int, r returned, units ...acs.ReturnUnit) returned {
		t.Helper()
		return w.comesBack(t, number, acs.ReturnAction{ReturnID: r.ReturnID, Units: units})
	}
	again := func(number int, r returned, nth int, word string) acs.ReturnUnit {
		u := unit(number, 1, shirt, word)
		u.UnitRef = r.Units[nth].UnitRef
		return u
	}
	t.Run("a garment that is found in the parcel after it was closed", func(t *testing.T) {
		t.Parallel()
		id := sold(t, sale(5101, with(line(5101, 1, shirt, 2))))
		r := w.comesBack(t, 5101, acs.ReturnAction{Units: []acs.ReturnUnit{unit(5101, 1, shirt, "restock")}})
		w.returnCloses(t, id)
		w.closes(t, 5101)
		more(t, 5101, r, unit(5101, 1, shirt, "ber"))
		eventually(t, "both are paid back", func() bool { return w.inShop(t, 5101).Captured == 495 })
		w.returnCloses(t, id)
		w.closes(t, 5101)
		w.requireReturned(t, 5101, 2*3990, map[string]int{lineID(5101, 1): 2})
		w.requireCredited(t, 5101, 2, 2*3990, 1, 0)
	})
	t.Run("a garment that is looked at once more after it was closed", func(t *testing.T) {
		t.Parallel()
		id := sold(t, sale(5102))
		r := w.comesBack(t, 5102, acs.ReturnAction{Units: []acs.ReturnUnit{unit(5102, 1, shirt, "restock")}})
		w.returnCloses(t, id)
		more(t, 5102, r, again(5102, r, 0, "refurbish"))
		w.returnUntil(t, id, "open again", func(s shown) bool { return s.state == domain.ReturnWindow })
		more(t, 5102, r, again(5102, r, 0, "restock"))
		w.returnCloses(t, id)
		w.closes(t, 5102)
		w.requireReturned(t, 5102, 3990, map[string]int{lineID(5102, 1): 1})
		w.requireCredited(t, 5102, 1, 3990, 0, 0)
	})
	t.Run("five garments told by three confirmations of one return, of a price that does not divide", func(t *testing.T) {
		t.Parallel()
		order := sale(5103, with(line(5103, 1, shirt, 5)))
		order.Lines[0].UnitPrice, order.Discounts = 1767, []centra.SeedDiscount{{Value: 11}}
		id := sold(t, order)
		r := w.comesBack(t, 5103, acs.ReturnAction{Units: []acs.ReturnUnit{unit(5103, 1, shirt, "restock")}})
		w.returnCloses(t, id)
		more(t, 5103, r, unit(5103, 1, shirt, "ber"), unit(5103, 1, shirt, "restock"))
		more(t, 5103, r, unit(5103, 1, shirt, "restock"), unit(5103, 1, shirt, "donate"))
		eventually(t, "all of it is paid back", func() bool { return w.inShop(t, 5103).Captured == 495 })
		w.returnCloses(t, id)
		w.closes(t, 5103)
		w.requireReturned(t, 5103, 5*1767-11, map[string]int{lineID(5103, 1): 5})
		w.requireCredited(t, 5103, 5, 5*1767-11, 2, 0)
	})
	t.Run("no order on the label, and two lines of one item", func(t *testing.T) {
		t.Parallel()
		order := sale(5104, with(line(5104, 1, shirt, 1), line(5104, 2, shirt, 1)))
		order.Lines[1].UnitPrice = 1990
		id := sold(t, order)
		r := w.comesBack(t, 0, acs.ReturnAction{Units: []acs.ReturnUnit{{SKU: shirt, Disposition: "restock"}}})
		orphan := contract.OrphanReturnWorkflowID(north, r.ReturnID)
		cause := w.returnAsks(t, orphan, "return-without-order")
		w.returnResolve(t, orphan, contract.Resolution{Exception: cause, Action: contract.ActionOverride, Override: map[string]string{"order": orderID(5104).String()}, By: "ops", Reason: "the customer called"})
		w.returnCloses(t, orphan)
		cause = w.returnAsks(t, id, "return-unmatched")
		w.returnResolve(t, id, contract.Resolution{Exception: cause, Action: contract.ActionOverride, Override: map[string]string{"line": lineID(5104, 2)}, By: "ops", Reason: "the cheap one"})
		w.returnCloses(t, id)
		w.requireReturned(t, 5104, 1990, map[string]int{lineID(5104, 2): 1})
		w.requireCredited(t, 5104, 1, 1990, 0, 0)
	})
}

// TestReturnsOfWhatCostNothing returns gifts and orders that a discount paid in full: there
// is a return, a memo and no refund.
func TestReturnsOfWhatCostNothing(t *testing.T) {
	t.Parallel()
	w := openBooked(t, options{})
	t.Run("a gift beside what was paid for", func(t *testing.T) {
		t.Parallel()
		gift := line(5201, 2, hat, 1)
		gift.UnitPrice = 0
		w.sell(t, sale(5201, with(line(5201, 1, shirt, 1), gift)), nil)
		w.closes(t, 5201)
		w.comesBack(t, 5201, acs.ReturnAction{Units: []acs.ReturnUnit{unit(5201, 2, hat, "ber")}})
		w.returnCloses(t, returnID(5201, 1))
		w.requireReturned(t, 5201, 0, map[string]int{lineID(5201, 2): 1})
		w.requireCredited(t, 5201, 1, 0, 1, 0)
		require.Empty(t, w.paymentsBooked(t, 5201))
		w.comesBack(t, 5201, acs.ReturnAction{Units: []acs.ReturnUnit{unit(5201, 1, shirt, "restock")}})
		w.returnCloses(t, returnID(5201, 2))
		w.closes(t, 5201)
		w.requireReturned(t, 5201, 3990, map[string]int{lineID(5201, 1): 1, lineID(5201, 2): 1})
		w.requireCredited(t, 5201, 2, 3990, 1, 0)
		require.Equal(t, []string{"39.90"}, w.paymentsBooked(t, 5201))
	})
	t.Run("an order that a discount paid in full", func(t *testing.T) {
		t.Parallel()
		order := sale(5202, with(line(5202, 1, shirt, 2)))
		order.ShippingCost, order.Discounts = 0, []centra.SeedDiscount{{Value: 2 * 3990}}
		w.sell(t, order, nil)
		w.closes(t, 5202)
		for n := 1; n <= 2; n++ {
			w.comesBack(t, 5202, acs.ReturnAction{Units: []acs.ReturnUnit{unit(5202, 1, shirt, "restock")}})
			w.returnCloses(t, returnID(5202, n))
		}
		w.closes(t, 5202)
		w.requireReturned(t, 5202, 0, map[string]int{lineID(5202, 1): 2})
		w.requireCredited(t, 5202, 2, 0, 0, 0)
		require.Empty(t, w.paymentsBooked(t, 5202))
	})
	t.Run("an order of which only the carriage was paid", func(t *testing.T) {
		t.Parallel()
		order := sale(5203)
		order.Discounts = []centra.SeedDiscount{{Value: 3990}}
		w.sell(t, order, nil)
		w.closes(t, 5203)
		w.comesBack(t, 5203, acs.ReturnAction{Type: "undelivered", Units: []acs.ReturnUnit{unit(5203, 1, shirt, "restock")}})
		w.returnCloses(t, returnID(5203, 1))
		w.requireReturned(t, 5203, 495, map[string]int{lineID(5203, 1): 1})
		require.Zero(t, w.inShop(t, 5203).Captured)
		require.Equal(t, []string{"4.95"}, w.paymentsBooked(t, 5203))
	})
	truth := w.truth(t)
	for number := 5201; number <= 5203; number++ {
		truth.requireSound(t, number)
	}
}

// TestReturnsInCurrenciesWithOtherDigits returns garments of a price that does not divide,
// one by one, where money has no minor unit and where it has three digits.
func TestReturnsInCurrenciesWithOtherDigits(t *testing.T) {
	t.Parallel()
	w := open(t, options{shop: func(s *centra.Seed) {
		for n, c := range []string{"JPY", "KWD"} {
			s.Currencies = append(s.Currencies, centra.SeedCurrency{Code: c})
			s.Pricelists = append(s.Pricelists, centra.SeedPricelist{Name: "Retail " + c, Currency: c, Store: atelier})
			s.Markets = append(s.Markets, centra.SeedMarket{ID: 11 + n, Name: "Market " + c, Store: atelier, Countries: []string{"GB"}, Warehouses: []string{north, south}})
		}
	}})
	var rules []domain.Rule
	for n, c := range []string{"JPY", "KWD"} {
		rules = append(rules,
			domain.Rule{Table: domain.RuleMarket, Store: atelier, From: "Market " + c, To: "ATELIER-" + c, Extra: map[string]string{"currency": c}},
			domain.Rule{Table: domain.RuleEntity, From: "ATELIER-" + c, To: []string{"8", "9"}[n], Extra: map[string]string{"timezone": "Europe/London", "currency": c}})
	}
	_, err := w.parts.Store.SaveRules(t.Context(), rules, "test", "the entities' books", time.Now())
	require.NoError(t, err)
	for _, tt := range []struct {
		currency           string
		number             int
		price, off, charge int64
		digits             int
	}{
		{"JPY", 5301, 3333, 100, 550, 0},
		{"KWD", 5302, 12345, 7, 1750, 3},
	} {
		t.Run(tt.currency, func(t *testing.T) {
			t.Parallel()
			order := sale(tt.number, with(line(tt.number, 1, shirt, 3)))
			order.Market, order.Pricelist, order.Currency = "Market "+tt.currency, "Retail "+tt.currency, tt.currency
			order.Lines[0].UnitPrice, order.Discounts, order.ShippingCost = tt.price, []centra.SeedDiscount{{Value: tt.off}}, tt.charge
			w.sell(t, order, nil)
			w.closes(t, tt.number)
			paid := 3*tt.price - tt.off
			require.Equal(t, paid+tt.charge, w.inShop(t, tt.number).Captured)
			for n, word := range []string{"restock", "ber", "restock"} {
				w.comesBack(t, tt.number, acs.ReturnAction{Units: []acs.ReturnUnit{unit(tt.number, 1, shirt, word)}})
				w.returnCloses(t, returnID(tt.number, n+1))
			}
			w.closes(t, tt.number)
			w.requireReturned(t, tt.number, paid, map[string]int{lineID(tt.number, 1): 3})
			w.requireCredited(t, tt.number, 3, paid, 1, 0)
			require.Equal(t, tt.charge, w.inShop(t, tt.number).Captured)
			for _, row := range w.rowsBooked(t, tt.number) {
				require.Equal(t, tt.currency, row["currency"])
				for _, name := range []string{"gross", "tax"} {
					_, after, dot := strings.Cut(row[name], ".")
					require.Len(t, after, tt.digits, "%s %s of %s", name, row[name], row["document_key"])
					require.Equal(t, tt.digits > 0, dot)
				}
			}
			require.Len(t, w.paymentsBooked(t, tt.number), 3)
		})
	}
}
