package centra

import (
	"fmt"
	"slices"
	"strconv"

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
	r.movements(&p, history)
	if newest != nil {
		p.CapturePending, p.CaptureFailed = anyPending(history), failed(*newest)
	}
	return p
}

// movements lists what was taken and given back, entry by entry. A failure beside any
// return that follows a refund of its amount beside any return, while no request for one is
// open, is that refund coming back; those of a return are its own to tell, see refunds.
func (r *reader) movements(p *domain.Payment, history []gen.PaymentEntry) {
	asked, quiet := 0, &reader{currency: r.currency} // what cannot be read was complained of already
	for _, e := range inOrder(history) {
		amount := abs(quiet.amount("", e.Value))
		moved := domain.PaymentEntry{ID: strconv.Itoa(e.Id), At: quiet.moment("", e.CreatedAt), Amount: amount, By: value(e.PaymentMethod)}
		if e.Return != nil {
			moved.Return = strconv.Itoa(e.Return.Id)
		}
		success := e.Status == gen.PaymentHistoryEntryStatusSuccess
		switch e.EntryType {
		case gen.PaymentHistoryEntryTypeAuthGiftCard:
			p.GiftCards = p.GiftCards || success && amount > 0
		case gen.PaymentHistoryEntryTypeCapture, gen.PaymentHistoryEntryTypePrepaid, gen.PaymentHistoryEntryTypeCaptureGiftCard:
			if moved.GiftCard = e.EntryType == gen.PaymentHistoryEntryTypeCaptureGiftCard; success && amount > 0 {
				p.Captures, p.GiftCards = append(p.Captures, moved), p.GiftCards || moved.GiftCard
			}
		case gen.PaymentHistoryEntryTypeRefundRequest:
			if moved.Return == "" && e.Status != gen.PaymentHistoryEntryStatusFailed {
				asked++
			}
		case gen.PaymentHistoryEntryTypeRefund, gen.PaymentHistoryEntryTypeRefundGiftCard:
			if moved.GiftCard = e.EntryType == gen.PaymentHistoryEntryTypeRefundGiftCard; success && amount > 0 {
				p.Refunds = append(p.Refunds, moved)
			}
			if moved.Return == "" && e.Status != gen.PaymentHistoryEntryStatusPending {
				asked = max(0, asked-1)
			}
		case gen.PaymentHistoryEntryTypeRefundFailed:
			if moved.Return == "" && asked > 0 {
				asked--
			} else if moved.Return == "" {
				cameBack(p.Refunds, moved)
			}
		}
	}
}

// cameBack marks the newest standing refund beside any return of the failed one's amount.
func cameBack(refunds []domain.PaymentEntry, failed domain.PaymentEntry) {
	for i := len(refunds) - 1; i >= 0; i-- {
		if r := &refunds[i]; r.Return == "" && r.Amount == failed.Amount && r.Back.IsZero() {
			r.Back = failed.At
			return
		}
	}
}

// inOrder sorts entries by time and, within one second, by id.
func inOrder(history []gen.PaymentEntry) []gen.PaymentEntry {
	return slices.SortedFunc(slices.Values(history), func(a, b gen.PaymentEntry) int {
		switch {
		case later(a, b):
			return 1
		case later(b, a):
			return -1
		}
		return 0
	})
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
