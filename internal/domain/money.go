package domain

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/shopspring/decimal"
)

// MinorUnits gives the number of decimal digits of a currency as ISO 4217 states
// it; ok is false for a code that ISO 4217 does not list as money. The table is
// ours because CLDR, which x/text follows, differs from ISO (it gives RSD none).
func MinorUnits(currency string) (digits int, ok bool) {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF",
		"UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0, true
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3, true
	case "CLF", "UYW":
		return 4, true
	case "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN",
		"BAM", "BBD", "BDT", "BGN", "BMD", "BND", "BOB", "BOV", "BRL", "BSD",
		"BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHE", "CHF", "CHW", "CNY",
		"COP", "COU", "CRC", "CUC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD",
		"EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP",
		"GMD", "GTQ", "GYD", "HKD", "HNL", "HRK", "HTG", "HUF", "IDR", "ILS",
		"INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK",
		"LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT",
		"MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MXV", "MYR", "MZN", "NAD",
		"NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR",
		"PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK",
		"SGD", "SHP", "SLE", "SLL", "SOS", "SRD", "SSP", "STN", "SVC", "SYP",
		"SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH",
		"USD", "USN", "UYU", "UZS", "VED", "VES", "WST", "XAD", "XCD", "XCG",
		"YER", "ZAR", "ZMW", "ZWG", "ZWL":
		return 2, true
	}
	return 0, false
}

// FromDecimal turns an amount into minor units. It never rounds: an amount with
// more digits than its currency has, or out of range, is an error that names both.
func FromDecimal(d decimal.Decimal, currency string) (int64, error) {
	digits, ok := MinorUnits(currency)
	if !ok {
		return 0, unknownCurrency(currency)
	}
	// A decimal may carry any exponent; comparing the size first keeps 1e999999
	// from being written out.
	if int64(d.NumDigits())+int64(d.Exponent()) > 20 {
		return 0, fmt.Errorf("amount beyond what 64 bits of minor units of %s can hold", currency)
	}
	minor := d.Shift(int32(digits))
	if !minor.IsInteger() {
		return 0, fmt.Errorf("amount %s %s: %s has %d decimal digits; correct the amount at its source", d, currency, currency, digits)
	}
	whole := minor.BigInt()
	if !whole.IsInt64() {
		return 0, fmt.Errorf("amount %s %s is beyond what 64 bits of minor units can hold", d, currency)
	}
	return whole.Int64(), nil
}

// ToDecimal turns minor units into an amount; an unknown currency is an error.
func ToDecimal(minor int64, currency string) (decimal.Decimal, error) {
	digits, ok := MinorUnits(currency)
	if !ok {
		return decimal.Decimal{}, unknownCurrency(currency)
	}
	return decimal.New(minor, -int32(digits)), nil
}

// Format writes minor units for people, such as 12.50 GBP. An unknown currency
// is shown as what it is: a count of minor units.
func Format(minor int64, currency string) string {
	digits, ok := MinorUnits(currency)
	if !ok {
		return fmt.Sprintf("%d minor units of %q", minor, currency)
	}
	return decimal.New(minor, -int32(digits)).StringFixed(int32(digits)) + " " + currency
}

func unknownCurrency(currency string) error {
	return fmt.Errorf("currency %q is not an ISO 4217 code, such as GBP", currency)
}

// Allocate splits total by weights with the largest-remainder method; ties go to
// the lower index and the parts always sum to total. A zero weight gets nothing,
// unless all are zero: then the split is equal. A negative total splits as its
// mirror image. No weights, a negative weight or weights that overflow are errors.
func Allocate(total int64, weights []int64) ([]int64, error) {
	sum, err := sumWeights(weights)
	if err != nil {
		return nil, err
	}
	if sum == 0 {
		weights = slices.Repeat([]int64{1}, len(weights))
		sum = uint64(len(weights))
	}
	size := magnitude(total)
	parts := make([]uint64, len(weights))
	remainders := make([]uint64, len(weights))
	left := size
	for i, w := range weights {
		hi, lo := bits.Mul64(size, uint64(w))
		parts[i], remainders[i] = bits.Div64(hi, lo, sum) // w <= sum, so the quotient fits
		left -= parts[i]
	}
	// The remainders sum to left*sum, so fewer units are left than there are
	// non-zero remainders: a zero weight never gets one.
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case remainders[a] > remainders[b]:
			return -1
		case remainders[a] < remainders[b]:
			return 1
		}
		return 0
	})
	for _, i := range order[:left] {
		parts[i]++
	}
	shares := make([]int64, len(parts))
	for i, p := range parts {
		shares[i] = signed(p, total < 0)
	}
	return shares, nil
}

func sumWeights(weights []int64) (uint64, error) {
	if len(weights) == 0 {
		return 0, errors.New("nothing to allocate to: no weights")
	}
	var sum int64
	for i, w := range weights {
		if w < 0 {
			return 0, fmt.Errorf("weight %d is %d; a weight cannot be negative", i, w)
		}
		if w > math.MaxInt64-sum {
			return 0, fmt.Errorf("weights overflow 64 bits at weight %d", i)
		}
		sum += w
	}
	return uint64(sum), nil
}

// CumulativeShare is what k of q equal units of total come to: total*k/q, rounded
// half away from zero. Unit k's own share is CumulativeShare(k) − CumulativeShare(k−1),
// so that units in any order close total exactly. k is held within 0..q; nothing
// is shared by no units (q < 1).
func CumulativeShare(total int64, k, q int) int64 {
	return ShareOf(total, int64(k), int64(q))
}

// ShareOf is part/whole of an amount, rounded half away from zero: CumulativeShare for
// shares by value. part is held within 0..whole; nothing is shared by a whole below 1.
func ShareOf(amount, part, whole int64) int64 {
	if whole < 1 || part < 1 {
		return 0
	}
	if part >= whole {
		return amount
	}
	hi, lo := bits.Mul64(magnitude(amount), uint64(part))
	share, rest := bits.Div64(hi, lo, uint64(whole)) // part < whole, so the quotient fits
	if rest >= uint64(whole)-rest {
		share++
	}
	return signed(share, amount < 0)
}

// magnitude is |n|, also of the smallest int64, whose mirror no int64 holds.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func signed(size uint64, negative bool) int64 {
	if negative {
		return int64(-size)
	}
	return int64(size)
}
