package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Ways in which money comes in and goes back, as documents name them.
const (
	MethodOriginal = "original"  // as the customer paid, such as by card
	MethodGiftCard = "gift-card" // off or onto a gift card: a liability, not cash
)

// PaymentEntry is one movement of an order's money that the shop records as done.
type PaymentEntry struct {
	ID     string    `json:"id"` // the shop's, unique within the order
	At     time.Time `json:"at"`
	Amount int64     `json:"amount"` // minor units, above zero in both directions
	// GiftCard says that the money was taken off a gift card, or put onto one.
	GiftCard bool `json:"giftCard,omitempty"`
	// By is the payment method as the shop names it in its payment history, which need not
	// be how it names the order's; empty where it does not tell.
	By string `json:"by,omitempty"`
	// Return is the shop's return whose refund this is; empty for money that went back
	// without one.
	Return string `json:"return,omitempty"`
	// Back is when a refund turned out not to have gone through; zero while it stands.
	Back time.Time `json:"back,omitzero"`
}

// Method says by which method an order's money went back. ok is false when the shop names
// a method by which nothing of the order was paid: then nobody but a person can tell
// whether that is cash or a liability.
func (p Payment) Method(refund PaymentEntry) (method string, ok bool) {
	if refund.GiftCard {
		return MethodGiftCard, true
	}
	return MethodOriginal, p.PaidBy(refund.By)
}

// PaidBy tells whether something of the order was paid by a method that a refund names.
// Where the shop names none on one side there is nothing to compare, and money goes back
// the way that it came.
func (p Payment) PaidBy(method string) bool {
	named := false
	for _, c := range p.Captures {
		if c.By == "" || c.GiftCard {
			continue
		}
		if named = true; strings.EqualFold(c.By, method) {
			return true
		}
	}
	return method == "" || !named
}

// Beside are the refunds that belong to no return, the oldest first.
func (p Payment) Beside() []PaymentEntry {
	return slices.DeleteFunc(slices.Clone(p.Refunds), func(e PaymentEntry) bool { return e.Return != "" })
}

// MoneyVersion is equal for equal money: what the shop says was taken and given back, and
// the tax in it. It is empty while nothing was. Documents follow from it beside the facts.
func (o Order) MoneyVersion() string {
	p := o.Payment
	if p.Captured == 0 && p.Refunded == 0 && len(p.Captures) == 0 && len(p.Refunds) == 0 {
		return ""
	}
	p.Known, p.Authorized, p.CaptureFailed = false, 0, false
	text, err := json.Marshal(struct {
		Payment Payment
		Net     int64
	}{p, o.NetTotal})
	if err != nil {
		return "" // no field of a payment can fail to be written
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
