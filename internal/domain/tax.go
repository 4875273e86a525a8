package domain

import (
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"
)

// TaxRate is a rate in percent as an exact fraction: parts of whole.
type TaxRate struct {
	parts, base int64 // the tax in base+parts of a price with tax, see IncludedIn
}

// maxRateDigits bounds a rate: nobody's tax has more digits, and exact arithmetic stays in 64 bits.
const maxRateDigits = 6

// ParseTaxRate reads a percentage such as 25, 20.0 or 5.5; empty means no tax.
// A negative rate, or one with more than six decimal digits or above 1000, is an error that names it.
func ParseTaxRate(percent string) (TaxRate, error) {
	if percent == "" {
		return TaxRate{parts: 0, base: 100}, nil
	}
	d, err := decimal.NewFromString(percent)
	if err != nil || d.Exponent() < -30 || d.Exponent() > 30 {
		return TaxRate{}, fmt.Errorf("tax rate %q is not a percentage; give a number such as 20 or 5.5", percent)
	}
	scaled := d.Shift(maxRateDigits)
	if d.IsNegative() || !scaled.IsInteger() || d.GreaterThan(decimal.NewFromInt(1000)) {
		return TaxRate{}, fmt.Errorf("tax rate %q is out of range; give a percentage from 0 to 1000 with at most %d decimals", percent, maxRateDigits)
	}
	return TaxRate{parts: scaled.IntPart(), base: decimal.New(100, maxRateDigits).IntPart()}, nil
}

// IncludedIn is the tax in a price that includes it: gross × r / (100 + r), rounded
// half away from zero. It is to be taken once per line, never per unit.
func (r TaxRate) IncludedIn(gross int64) int64 {
	if r.parts == 0 {
		return 0
	}
	// (2·|gross|·parts + whole) / (2·whole), which rounds a half up; the sign goes on last.
	whole := big.NewInt(r.base + r.parts)
	n := new(big.Int).SetUint64(magnitude(gross))
	n.Mul(n, big.NewInt(2*r.parts)).Add(n, whole).Quo(n, new(big.Int).Lsh(whole, 1))
	return signed(n.Uint64(), gross < 0)
}

// CumulativeSplit is what k of q equal units of a line come to, gross and tax: each
// is total × k / q, rounded half away from zero, except that no unit bears more tax
// than gross: such a unit's tax is borne by the next that can. What one unit comes
// to is the difference of two splits, so units returned in any order and grouping
// come to the same, and all of them close the line exactly.
//
// 0 ≤ tax ≤ gross is required of the line (or its mirror image below zero) and holds
// for every k and for every difference. k is held within 0..q.
func CumulativeSplit(gross, tax int64, k, q int) (shareGross, shareTax int64) {
	if q < 1 || k < 1 {
		return 0, 0
	}
	if k >= q {
		return gross, tax
	}
	shareGross = CumulativeShare(gross, k, q)
	if plenty(gross, tax, q) {
		return shareGross, CumulativeShare(tax, k, q)
	}
	if gross < 0 {
		mirrored, mirroredTax := CumulativeSplit(-gross, -tax, k, q)
		return -mirrored, -mirroredTax
	}
	// Only lines worth a few minor units a unit come here: walk their units.
	var before int64
	for i := 1; i <= k; i++ {
		upTo := CumulativeShare(gross, i, q)
		shareTax = min(CumulativeShare(tax, i, q), shareTax+upTo-before)
		before = upTo
	}
	return shareGross, shareTax
}

// plenty tells whether the poorest unit has at least as much gross as the most taxed has tax.
func plenty(gross, tax int64, q int) bool {
	units := uint64(q)
	return magnitude(gross)/units >= (magnitude(tax)+units-1)/units
}

// RateOf is the percentage at which an amount includes a tax, exactly, with at most as many
// digits as ParseTaxRate reads; ok is false when there is none above zero.
func RateOf(tax, gross int64) (percent string, ok bool) {
	if tax <= 0 || tax >= gross {
		return "", false
	}
	d := decimal.NewFromInt(tax).Shift(2).DivRound(decimal.NewFromInt(gross-tax), maxRateDigits)
	rate, err := ParseTaxRate(d.String())
	return d.String(), err == nil && rate.IncludedIn(gross) == tax
}
