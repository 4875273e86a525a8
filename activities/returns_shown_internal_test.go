package activities

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/returns"
)

func TestTheMoneyOfAReturnIsPutIntoWords(t *testing.T) {
	t.Parallel()
	terms := domain.RefundTerms{Rules: []int64{12, 15}, When: domain.RefundOnGrading, Fee: 395, Shipping: domain.ShippingOnFullReturn}
	stands := returns.Money{ShopID: "41", Terms: terms, Stands: true, Goods: 3990, Kept: 395, Carriage: 495, Back: 4090}
	with := func(change func(*returns.Money)) returns.Money {
		m := stands
		change(&m)
		return m
	}
	for name, tt := range map[string]struct {
		money         returns.Money
		terms, stands string
	}{
		"by rules, next": {stands, "on-grading, 3.95 GBP kept back, carriage back on full-return, says refund-policy rule 12 and 15", "goes back next"},
		"by the setting": {
			returns.Money{Terms: domain.RefundTerms{When: domain.RefundManual}, Held: "refunds are decided by hand"},
			"manual, says SELVEDGE_RETURN_REFUND, since no rule speaks of it", "held: refunds are decided by hand",
		},
		"not planned yet":                      {returns.Money{Terms: terms}, "on-grading, 3.95 GBP kept back, carriage back on full-return, says refund-policy rule 12 and 15", "goes back once its return is completed in the shop"},
		"a plan of a version before":           {with(func(m *returns.Money) { m.Terms = domain.RefundTerms{Fee: 395, Rules: []int64{12}} }), "3.95 GBP kept back, says refund-policy rule 12", "goes back next"},
		"several policies in one":              {with(func(m *returns.Money) { m.Terms = domain.RefundTerms{Rules: []int64{12, 15}} }), "says refund-policy rule 12 and 15", "goes back next"},
		"made by hand":                         {with(func(m *returns.Money) { m.ByHand = true }), "entered in the shop by hand, with what it keeps back", "goes back next"},
		"paid":                                 {with(func(m *returns.Money) { m.Refund, m.Refunded = domain.StageDone, 4090 }), "", "paid back 40.90 GBP"},
		"asked for":                            {with(func(m *returns.Money) { m.Refund = domain.StageCreated }), "", "asked for, without an outcome yet"},
		"asked for, and nobody says":           {with(func(m *returns.Money) { m.Refund, m.Held = domain.StageCreated, "the provider has not said" }), "", "held: the provider has not said"},
		"refused":                              {with(func(m *returns.Money) { m.Refund, m.Held = domain.StageFailed, "the card is closed" }), "", "held: the card is closed"},
		"settled otherwise":                    {with(func(m *returns.Money) { m.Refund = domain.StageByHand }), "", "settled by hand by finance"},
		"a shop return that is not done there": {with(func(m *returns.Money) { m.Held = "its return is not completed in the shop" }), "", "held: its return is not completed in the shop"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := moneyShown(tt.money, "GBP")
			require.Equal(t, tt.stands, got.Stands)
			if tt.terms != "" {
				require.Equal(t, tt.terms, got.Terms)
			}
			if tt.money.Stands {
				require.Equal(t, []string{"39.90 GBP", "3.95 GBP", "4.95 GBP", "40.90 GBP"}, []string{got.Goods, got.Kept, got.Carriage, got.Back})
			} else {
				require.Empty(t, got.Goods+got.Kept+got.Carriage+got.Back, "nothing is known before it stands")
			}
		})
	}
}
