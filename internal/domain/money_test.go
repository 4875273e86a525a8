package domain_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/domain"
)

func TestMinorUnits(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		currency string
		digits   int
		unknown  bool
	}{
		"most currencies have two digits":                 {currency: "GBP", digits: 2},
		"RSD has two, whatever CLDR says":                 {currency: "RSD", digits: 2},
		"JPY has none":                                    {currency: "JPY", digits: 0},
		"KWD has three":                                   {currency: "KWD", digits: 3},
		"CLF has four":                                    {currency: "CLF", digits: 4},
		"a code that nobody uses is unknown":              {currency: "ABC", unknown: true},
		"gold has no minor unit and is unknown":           {currency: "XAU", unknown: true},
		"lower case is not the code":                      {currency: "gbp", unknown: true},
		"no code is unknown, not a currency of no digits": {currency: "", unknown: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			digits, ok := domain.MinorUnits(tt.currency)
			require.Equal(t, !tt.unknown, ok)
			require.Equal(t, tt.digits, digits)
		})
	}
}

func TestFromDecimal(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		amount, currency string
		want             int64
		err              string
	}{
		"pounds become pence":                      {amount: "149.99", currency: "GBP", want: 14999},
		"trailing zeros are no extra digits":       {amount: "10.5000", currency: "SEK", want: 1050},
		"yen stay yen":                             {amount: "12000", currency: "JPY", want: 12000},
		"dinars have three digits":                 {amount: "-1.234", currency: "KWD", want: -1234},
		"a fraction of a penny is refused":         {amount: "1.005", currency: "GBP", err: "1.005 GBP"},
		"half a yen is refused":                    {amount: "0.5", currency: "JPY", err: "0.5 JPY"},
		"an unknown currency is named":             {amount: "1", currency: "QQQ", err: `"QQQ"`},
		"more than 64 bits is refused":             {amount: "92233720368547758.08", currency: "GBP", err: "64 bits"},
		"a huge exponent is refused, not expanded": {amount: "1e9000", currency: "GBP", err: "64 bits"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := domain.FromDecimal(decimal.RequireFromString(tt.amount), tt.currency)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestMinorUnitsSurviveDecimal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64().Draw(t, "minor")
		currency := rapid.SampledFrom([]string{"GBP", "JPY", "KWD", "CLF"}).Draw(t, "currency")
		d, err := domain.ToDecimal(minor, currency)
		require.NoError(t, err)
		back, err := domain.FromDecimal(d, currency)
		require.NoError(t, err)
		require.Equal(t, minor, back)
	})
}

func TestFormat(t *testing.T) {
	t.Parallel()
	require.Equal(t, "12.50 GBP", domain.Format(1250, "GBP"))
	require.Equal(t, "-0.05 EUR", domain.Format(-5, "EUR"))
	require.Equal(t, "1200 JPY", domain.Format(1200, "JPY"))
	require.Equal(t, "1.000 KWD", domain.Format(1000, "KWD"))
	require.Equal(t, `7 minor units of "QQQ"`, domain.Format(7, "QQQ"))
	_, err := domain.ToDecimal(7, "QQQ")
	require.ErrorContains(t, err, "ISO 4217")
}

func TestAllocate(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		total   int64
		weights []int64
		want    []int64
		err     string
	}{
		"the odd unit goes to the largest remainder": {total: 100, weights: []int64{1, 1, 4}, want: []int64{17, 17, 66}},
		"ties go to the lower index":                 {total: 100, weights: []int64{1, 1, 1}, want: []int64{34, 33, 33}},
		"a zero weight shares nothing":               {total: 5, weights: []int64{0, 3, 0, 7}, want: []int64{0, 2, 0, 3}},
		"all zero weights share equally":             {total: 5, weights: []int64{0, 0, 0}, want: []int64{2, 2, 1}},
		"a negative total is the mirror image":       {total: -100, weights: []int64{1, 1, 1}, want: []int64{-34, -33, -33}},
		"nothing is split into nothings":             {total: 0, weights: []int64{1, 2}, want: []int64{0, 0}},
		"the largest amounts do not overflow":        {total: math.MinInt64, weights: []int64{math.MaxInt64}, want: []int64{math.MinInt64}},
		"no weights is an error":                     {total: 1, err: "no weights"},
		"a negative weight is an error":              {total: 1, weights: []int64{1, -2}, err: "weight 1 is -2"},
		"overflowing weights are an error":           {total: 1, weights: []int64{math.MaxInt64, 1}, err: "overflow"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := domain.Allocate(tt.total, tt.weights)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestAllocateSumsExactlyAndStaysWithinOneUnit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64().Draw(t, "total")
		weights := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64/32), 1, 30).Draw(t, "weights")
		got, err := domain.Allocate(total, weights)
		require.NoError(t, err)
		sum, weight := new(big.Int), new(big.Int)
		for _, w := range weights {
			weight.Add(weight, big.NewInt(w))
		}
		for i, share := range got {
			sum.Add(sum, big.NewInt(share))
			if weight.Sign() == 0 {
				continue
			}
			if weights[i] == 0 {
				require.Zero(t, share, "a zero weight shares nothing")
			}
			// |share*weight - total*w| < weight: less than one unit from the exact share.
			off := new(big.Int).Mul(big.NewInt(share), weight)
			off.Sub(off, new(big.Int).Mul(big.NewInt(total), big.NewInt(weights[i])))
			require.Negative(t, off.CmpAbs(weight))
		}
		require.Equal(t, big.NewInt(total).String(), sum.String())
	})
}

func TestCumulativeShare(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		total int64
		q     int
		units []int64
	}{
		"three units of 53.00 gross close to zero": {total: 5300, q: 3, units: []int64{1767, 1766, 1767}},
		"their 8.83 tax closes to zero":            {total: 883, q: 3, units: []int64{294, 295, 294}},
		"0.01 over eight units falls on the half":  {total: 1, q: 8, units: []int64{0, 0, 0, 1, 0, 0, 0, 0}},
		"negative totals round away from zero too": {total: -1, q: 2, units: []int64{-1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for k := 1; k <= tt.q; k++ {
				unit := domain.CumulativeShare(tt.total, k, tt.q) - domain.CumulativeShare(tt.total, k-1, tt.q)
				require.Equal(t, tt.units[k-1], unit, "unit %d", k)
			}
		})
	}
	require.Zero(t, domain.CumulativeShare(100, 1, 0), "nothing is shared by no units")
	require.Equal(t, int64(100), domain.CumulativeShare(100, 9, 3), "never more than the whole")
	require.Zero(t, domain.CumulativeShare(100, -1, 3))
}

func TestCumulativeShareIsTheRoundedExactShare(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64().Draw(t, "total")
		q := rapid.IntRange(1, math.MaxInt).Draw(t, "q")
		k := rapid.IntRange(0, q).Draw(t, "k")
		exact := decimalShare(total, k, q)
		require.Equal(t, exact, domain.CumulativeShare(total, k, q))
		require.Equal(t, total, domain.CumulativeShare(total, q, q))
	})
}

// decimalShare rounds total*k/q half away from zero by another road: floor of
// (2|total|k + q) / 2q on big integers.
func decimalShare(total int64, k, q int) int64 {
	n := new(big.Int).Mul(new(big.Int).Abs(big.NewInt(total)), big.NewInt(int64(k)))
	n.Mul(n, big.NewInt(2)).Add(n, big.NewInt(int64(q)))
	n.Quo(n, new(big.Int).Mul(big.NewInt(2), big.NewInt(int64(q))))
	if total < 0 {
		n.Neg(n)
	}
	return n.Int64()
}
