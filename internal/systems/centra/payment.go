package centra

import (
	"fmt"
	"slices"

	"selvedge/internal/domain"
	"selvedge/internal/systems/centra/gen"
)

// payment sums up a payment history. Only successful entries move money; the
// newest entry about a capture says whether one is pending or failed.
func (r *reader) payment(history []gen.PaymentEntry) domain.Payment {
	var p domain.Payment
	var newest *gen.PaymentEntry
	for i := range history {
		e := &history[i]
		if isCapture(e.EntryType) && (newest == nil || later(*e, *newest)) {
			newest = e
		}
		p.Known = p.Known || !slices.Contains(elsewhere, e.EntryType)
		amount := abs(r.amount(fmt.Sprintf("paymentHistory[%d].value", i), e.Value)) // refunds may be negative
		if e.Status != gen.PaymentHistoryEntryStatusSuccess {
			continue
		}
		switch e.EntryType {
		case gen.PaymentHistoryEntryTypeAuth, gen.PaymentHistoryEntryTypeAuthGiftCard:
			p.Authorized += amount
		case gen.PaymentHistoryEntryTypeCancel, gen.PaymentHistoryEntryTypeCancelGiftCard:
			p.Authorized = max(0, p.Authorized-amount)
		case gen.PaymentHistoryEntryTypeCapture, gen.PaymentHistoryEntryTypeCaptureGiftCard,
			gen.PaymentHistoryEntryTypePrepaid:
			p.Captured += amount
		case gen.PaymentHistoryEntryTypeMarkedAsPaid:
			p.Captured, p.Outside = p.Captured+amount, p.Outside+amount
		case gen.PaymentHistoryEntryTypeMarkedAsUnpaid:
			p.Captured, p.Outside = max(0, p.Captured-amount), max(0, p.Outside-amount)
		case gen.PaymentHistoryEntryTypeRefund, gen.PaymentHistoryEntryTypeRefundGiftCard:
			p.Refunded += amount
		}
	}
	if newest != nil {
		p.CapturePending, p.CaptureFailed = anyPending(history), failed(*newest)
	}
	return p
}

// elsewhere are entries that promise no money in the shop: an order that has only such
// is one whose money never shows there.
var elsewhere = []gen.PaymentHistoryEntryType{
	gen.PaymentHistoryEntryTypeInvoice, gen.PaymentHistoryEntryTypeAdditionalOrderPayment, gen.PaymentHistoryEntryTypeOther,
}

var captures = []gen.PaymentHistoryEntryType{
	gen.PaymentHistoryEntryTypeCapture, gen.PaymentHistoryEntryTypeCaptureGiftCard,
	gen.PaymentHistoryEntryTypeCapturePending, gen.PaymentHistoryEntryTypeCaptureRequest,
	gen.PaymentHistoryEntryTypeCaptureFailed,
}

func isCapture(t gen.PaymentHistoryEntryType) bool { return slices.Contains(captures, t) }

// later orders entries by time and, within one second, by id.
func later(a, b gen.PaymentEntry) bool {
	at, bt := new(reader).moment("", a.CreatedAt), new(reader).moment("", b.CreatedAt)
	if at.Equal(bt) {
		return a.Id > b.Id
	}
	return at.After(bt)
}

func failed(e gen.PaymentEntry) bool {
	return e.Status == gen.PaymentHistoryEntryStatusFailed || e.EntryType == gen.PaymentHistoryEntryTypeCaptureFailed
}

// anyPending looks at all entries: an order shipped in parts has a capture for each
// shipment, and the outcome of one says nothing about another. A request that stays
// marked as pending is open; one marked as done says only that the provider was asked,
// and is open while there are fewer outcomes than requests.
func anyPending(history []gen.PaymentEntry) bool {
	requests, outcomes := 0, 0
	for _, e := range history {
		switch {
		case !isCapture(e.EntryType):
		case e.EntryType == gen.PaymentHistoryEntryTypeCaptureRequest || e.EntryType == gen.PaymentHistoryEntryTypeCapturePending:
			if e.Status == gen.PaymentHistoryEntryStatusPending {
				return true
			}
			if !failed(e) {
				requests++
			}
		case e.Status == gen.PaymentHistoryEntryStatusPending:
			return true
		default:
			outcomes++
		}
	}
	return requests > outcomes
}

// pending is true of a request that succeeded, too: it says only that the provider was asked.
func pending(e gen.PaymentEntry) bool {
	if failed(e) {
		return false
	}
	return e.Status == gen.PaymentHistoryEntryStatusPending ||
		e.EntryType == gen.PaymentHistoryEntryTypeCapturePending || e.EntryType == gen.PaymentHistoryEntryTypeCaptureRequest
}
