package domain_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

func TestByWhichMethodMoneyWentBack(t *testing.T) {
	t.Parallel()
	by := func(names ...string) (p domain.Payment) {
		for _, n := range names {
			p.Captures = append(p.Captures, domain.PaymentEntry{Amount: 1, By: n})
		}
		p.Captures = append(p.Captures, domain.PaymentEntry{Amount: 1, By: "Gift card", GiftCard: true})
		return p
	}
	for name, tt := range map[string]struct {
		paid   domain.Payment
		refund domain.PaymentEntry
		method string
		ok     bool
	}{
		"as it came, in whatever letters":              {by("Adyen"), domain.PaymentEntry{By: "adyen"}, domain.MethodOriginal, true},
		"onto a gift card":                             {by("Adyen"), domain.PaymentEntry{By: "whatever", GiftCard: true}, domain.MethodGiftCard, true},
		"by a method that is not named":                {by("Adyen"), domain.PaymentEntry{}, domain.MethodOriginal, true},
		"where no method of the payment is named":      {by(""), domain.PaymentEntry{By: "Adyen"}, domain.MethodOriginal, true},
		"by one of two":                                {by("Adyen", "Klarna"), domain.PaymentEntry{By: "Klarna"}, domain.MethodOriginal, true},
		"by another one, which nobody can call cash":   {by("Adyen"), domain.PaymentEntry{By: "Bank transfer"}, domain.MethodOriginal, false},
		"by money of what only a gift card has paid":   {by("Adyen"), domain.PaymentEntry{By: "Gift card"}, domain.MethodOriginal, false},
		"of an order whose movements were never read":  {domain.Payment{Captured: 100}, domain.PaymentEntry{By: "Adyen"}, domain.MethodOriginal, true},
		"of a method beside one that has not its name": {by("", "Adyen"), domain.PaymentEntry{By: "Klarna"}, domain.MethodOriginal, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method, ok := tt.paid.Method(tt.refund)
			require.Equal(t, tt.ok, ok)
			require.Equal(t, tt.method, method)
		})
	}
}

func TestTheVersionOfMoneyChangesWithMoneyAlone(t *testing.T) {
	t.Parallel()
	none := domain.Order{GrandTotal: 100, NetTotal: 80, Payment: domain.Payment{Known: true, Authorized: 100}}
	require.Empty(t, none.MoneyVersion(), "an authorisation is no money")
	paid := none
	paid.Payment.Captured, paid.Payment.Captures = 100, []domain.PaymentEntry{{ID: "1", At: time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC), Amount: 100}}
	text, err := json.Marshal(paid)
	require.NoError(t, err)
	var stored domain.Order
	require.NoError(t, json.Unmarshal(text, &stored))
	require.Equal(t, paid.MoneyVersion(), stored.MoneyVersion(), "as it is stored")
	same := paid
	same.Payment.Authorized, same.UpdatedAt, same.OnHold = 0, time.Now(), true
	require.Equal(t, paid.MoneyVersion(), same.MoneyVersion())
	given := paid
	given.Payment.Refunds = []domain.PaymentEntry{{ID: "2", Amount: 10}}
	taxed := paid
	taxed.NetTotal = 81
	require.NotEqual(t, paid.MoneyVersion(), given.MoneyVersion())
	require.NotEqual(t, paid.MoneyVersion(), taxed.MoneyVersion())
}
