package centra_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/centra"
)

// The parcel comes to 1 147.00: 500.00 off the gift card and 647.00 by card. Both shirts of
// 399.00 come back: 647.00 as they came, and 151.00 onto the gift card.
func TestAGiftCardPaysFirstAndIsPaidBackLast(t *testing.T) {
	t.Parallel()
	s := open(t, order(1, func(o *centra.SeedOrder) { o.GiftCard = 50_000 }))
	id, lines := shippedOrder(t, s)
	history := func() (out []any) {
		for _, e := range s.ask(t, `{ orders(where: {number: 1}) { paymentHistory { entryType value { valueInCents } return { id } } } }`, nil)["orders"].([]any)[0].(map[string]any)["paymentHistory"].([]any) {
			e := e.(map[string]any)
			out = append(out, []any{e["entryType"], e["value"].(map[string]any)["valueInCents"], e["return"] != nil})
		}
		return out
	}
	paid := []any{
		[]any{"AUTH_GIFT_CARD", 50_000.0, false},
		[]any{"AUTH", 64_700.0, false},
		[]any{"CAPTURE_GIFT_CARD", 50_000.0, false},
		[]any{"CAPTURE", 64_700.0, false},
	}
	require.Equal(t, paid, history())
	r := s.do(t, "createReturn", returnFields, m{"input": m{
		"shipment": m{"id": id}, "lines": []m{{"shipmentLine": m{"id": lines[0]}, "quantity": 2}}, "returnStockActionPolicy": m{"removeItemsFromStock": true},
	}})
	require.Empty(t, r.errors)
	back := r.payload["return"].(map[string]any)["id"]
	require.Empty(t, s.do(t, "completeReturn", returnFields, m{"id": back}).errors)
	require.Empty(t, s.do(t, "refundReturn", returnFields, m{"id": back}).errors)
	require.Equal(t, append(paid, []any{"REFUND", 64_700.0, true}, []any{"REFUND_GIFT_CARD", 15_100.0, true}), history())
	require.NotEmpty(t, s.do(t, "refundReturn", returnFields, m{"id": back}).errors, "once")
	require.EqualValues(t, 79_800, s.state(t, 1).Returns[0].Refunded)
	require.EqualValues(t, 114_700-79_800, s.state(t, 1).Captured)
	require.Error(t, s.Admin(centra.Action{Action: "goodwill", Order: 1, Amount: 40_000}), "never more than is left")
}
