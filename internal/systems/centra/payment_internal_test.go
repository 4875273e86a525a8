package centra

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
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

// Each movement of money is told by itself: when, how much, by what, and for which return.
func TestEachMovementOfMoneyIsToldByItself(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 11, 2, 10, minute, 0, 0, time.UTC) }
	for name, tt := range map[string]struct {
		history  string // entry types of 100.00 each, one a minute; ! is a failed one, ? a pending one, /9 of return 9
		captures []domain.PaymentEntry
		refunds  []domain.PaymentEntry
		cards    bool
	}{
		"by card and off a gift card": {
			"AUTH AUTH_GIFT_CARD CAPTURE_GIFT_CARD CAPTURE",
			[]domain.PaymentEntry{{ID: "2", At: at(2), Amount: 100_00, GiftCard: true}, {ID: "3", At: at(3), Amount: 100_00}},
			nil, true,
		},
		"a gift card that is still to be taken": {"AUTH_GIFT_CARD", nil, nil, true},
		"prepaid":                               {"PREPAID", []domain.PaymentEntry{{ID: "0", At: at(0), Amount: 100_00}}, nil, false},
		"marked as paid, asked for and refused": {"MARKED_AS_PAID CAPTURE_REQUEST? CAPTURE_FAILED! CAPTURE!", nil, nil, false},
		"a refund of a return and one of none": {
			"REFUND/9 REFUND_GIFT_CARD", nil,
			[]domain.PaymentEntry{{ID: "0", At: at(0), Amount: 100_00, Return: "9"}, {ID: "1", At: at(1), Amount: 100_00, GiftCard: true}},
			false,
		},
		"a refund that came back":            {"REFUND REFUND_FAILED!", nil, []domain.PaymentEntry{{ID: "0", At: at(0), Amount: 100_00, Back: at(1)}}, false},
		"one of a return is its own to tell": {"REFUND/9 REFUND_FAILED/9!", nil, []domain.PaymentEntry{{ID: "0", At: at(0), Amount: 100_00, Return: "9"}}, false},
		"a failure of one that was asked for": {
			"REFUND REFUND_REQUEST REFUND_FAILED!", nil, []domain.PaymentEntry{{ID: "0", At: at(0), Amount: 100_00}}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var history []gen.PaymentEntry
			for i, word := range strings.Fields(tt.history) {
				kind, status, ret := strings.Trim(word, "!?"), "SUCCESS", "null"
				switch {
				case strings.HasSuffix(word, "!"):
					status = "FAILED"
				case strings.HasSuffix(word, "?"):
					status = "PENDING"
				}
				if k, _, linked := strings.Cut(kind, "/"); linked {
					kind, ret = k, `{"id":9}`
				}
				var e gen.PaymentEntry
				entry := fmt.Sprintf(`{"id":%d,"entryType":%q,"status":%q,"return":%s,"createdAt":"2026-11-02T10:0%d:00+00:00","value":{"value":100,"currency":{"code":"GBP"}}}`, i, kind, status, ret, i)
				require.NoError(t, json.Unmarshal([]byte(entry), &e))
				history = append([]gen.PaymentEntry{e}, history...) // in no order that anybody promised
			}
			r := &reader{currency: "GBP"}
			p := r.payment(history)
			require.Empty(t, r.problems)
			require.Equal(t, tt.captures, p.Captures)
			require.Equal(t, tt.refunds, p.Refunds)
			require.Equal(t, tt.cards, p.GiftCards)
		})
	}
}
