package centra

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/systems/centra/gen"
)

func TestAPaymentHistorySaysWhetherTheMoneyIsThere(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		history string // entry types of 100.00 each
		known   bool
		covers  bool
	}{
		"an authorisation":                      {"AUTH", true, true},
		"a voided authorisation":                {"AUTH CANCEL", true, false},
		"a capture of what was authorised":      {"AUTH CAPTURE", true, true},
		"a capture that was refunded":           {"AUTH CAPTURE REFUND", true, false},
		"prepaid":                               {"PREPAID", true, true},
		"prepaid and taken back":                {"PREPAID MARKED_AS_UNPAID", true, false},
		"money that is still asked for":         {"CAPTURE_REQUEST", true, false},
		"an order without any entry":            {"", false, true},
		"an order whose invoice is its history": {"INVOICE OTHER", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var history []gen.PaymentEntry
			for i, kind := range strings.Fields(tt.history) {
				var e gen.PaymentEntry
				entry := fmt.Sprintf(`{"id":%d,"entryType":%q,"status":"SUCCESS","createdAt":"2026-11-02T10:0%d:00+00:00","value":{"value":100,"currency":{"code":"GBP"}}}`, i, kind, i)
				require.NoError(t, json.Unmarshal([]byte(entry), &e))
				history = append(history, e)
			}
			p := (&reader{currency: "GBP"}).payment(history)
			require.Equal(t, tt.known, p.Known)
			require.Equal(t, tt.covers, p.Covers(100_00), "%+v", p)
		})
	}
}

// What was only marked as paid counts as paid, and the shop cannot give it back.
func TestMoneyThatWasMarkedAsPaidWasTakenElsewhere(t *testing.T) {
	t.Parallel()
	for history, outside := range map[string]int64{
		"AUTH CAPTURE": 0, "MARKED_AS_PAID": 100_00, "AUTH CAPTURE MARKED_AS_PAID": 100_00, "MARKED_AS_PAID MARKED_AS_UNPAID": 0,
	} {
		var entries []gen.PaymentEntry
		for i, kind := range strings.Fields(history) {
			var e gen.PaymentEntry
			entry := fmt.Sprintf(`{"id":%d,"entryType":%q,"status":"SUCCESS","createdAt":"2026-11-02T10:0%d:00+00:00","value":{"value":100,"currency":{"code":"GBP"}}}`, i, kind, i)
			require.NoError(t, json.Unmarshal([]byte(entry), &e))
			entries = append(entries, e)
		}
		require.Equal(t, outside, (&reader{currency: "GBP"}).payment(entries).Outside, history)
	}
}
