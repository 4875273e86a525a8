package domain_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/domain"
)

func rate(t require.TestingT, percent string) domain.TaxRate {
	r, err := domain.ParseTaxRate(percent)
	require.NoError(t, err)
	return r
}

func TestTaxIsIncludedInTheGross(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		gross   int64
		percent string
		want    int64
	}{
		"20 % of 53.00":                        {5300, "20", 883},
		"20 % of 149.99":                       {14999, "20", 2500},
		"after a discount of 8.67":             {14132, "20", 2355},
		"a written out zero changes nothing":   {5300, "20.0", 883},
		"a half is rounded away from zero":     {3, "100", 2},
		"a negative line is the mirror image":  {-3, "100", -2},
		"a rate with decimals":                 {10550, "5.5", 550},
		"no rate is no tax":                    {5300, "", 0},
		"a gift card bears none":               {5300, "0", 0},
		"yen have no decimals":                 {1100, "10", 100},
		"dinars have three":                    {10500, "5", 500},
		"nothing bears nothing":                {0, "25", 0},
		"a line as large as 64 bits is no sum": {9223372036854775807, "25", 1844674407370955161},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, rate(t, tt.percent).IncludedIn(tt.gross))
		})
	}
}

func TestARateThatIsNoneIsNamed(t *testing.T) {
	t.Parallel()
	for _, percent := range []string{"twenty", "-1", "1001", "1e99", "0.0000001", "NaN"} {
		_, err := domain.ParseTaxRate(percent)
		require.ErrorContains(t, err, percent)
	}
}

func TestTaxIsTheExactFractionRoundedOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		gross := rapid.Int64Range(-1e15, 1e15).Draw(t, "gross")
		hundredths := rapid.Int64Range(0, 10000).Draw(t, "hundredths of a percent")
		percent := big.NewRat(hundredths, 100)
		got := rate(t, percent.FloatString(2)).IncludedIn(gross)
		exact := new(big.Rat).Mul(big.NewRat(gross, 1), new(big.Rat).Quo(percent, new(big.Rat).Add(percent, big.NewRat(100, 1))))
		off := new(big.Rat).Sub(exact, big.NewRat(got, 1))
		require.LessOrEqual(t, off.Abs(off).Cmp(big.NewRat(1, 2)), 0, "%s is not the nearest of %s", big.NewInt(got), exact)
	})
}

func TestUnitsOfALineCloseItExactly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		gross, tax int64
		q          int
		want       [][2]int64 // of each unit
	}{
		"three of 53.00, the contract's example": {5300, 883, 3, [][2]int64{{1767, 294}, {1766, 295}, {1767, 294}}},
		"eight of 0.04 with 0.01 tax: the fourth has no gross to bear it": {
			4, 1, 8, [][2]int64{{1, 0}, {0, 0}, {1, 0}, {0, 0}, {1, 1}, {0, 0}, {1, 0}, {0, 0}},
		},
		"yen":                            {1000, 91, 3, [][2]int64{{333, 30}, {334, 31}, {333, 30}}},
		"a reversal is the mirror image": {-5300, -883, 3, [][2]int64{{-1767, -294}, {-1766, -295}, {-1767, -294}}},
		"a small one too": {
			-4, -1, 8, [][2]int64{{-1, 0}, {0, 0}, {-1, 0}, {0, 0}, {-1, -1}, {0, 0}, {-1, 0}, {0, 0}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got [][2]int64
			var gross, tax int64
			for k := 1; k <= tt.q; k++ {
				g, x := domain.CumulativeSplit(tt.gross, tt.tax, k, tt.q)
				got = append(got, [2]int64{g - gross, x - tax})
				gross, tax = g, x
			}
			require.Equal(t, tt.want, got)
			require.Equal(t, [2]int64{tt.gross, tt.tax}, [2]int64{gross, tax})
		})
	}
}

func TestNoUnitEverBearsMoreTaxThanGross(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		gross := rapid.OneOf(rapid.Int64Range(0, 60), rapid.Int64Range(0, 1e12)).Draw(t, "gross")
		tax := rapid.Int64Range(0, gross).Draw(t, "tax")
		q := rapid.IntRange(1, 40).Draw(t, "units")
		var lastGross, lastTax int64
		for k := 0; k <= q; k++ {
			g, x := domain.CumulativeSplit(gross, tax, k, q)
			require.LessOrEqual(t, lastGross, g)
			require.LessOrEqual(t, lastTax, x)
			require.LessOrEqual(t, x-lastTax, g-lastGross, "unit %d", k)
			lastGross, lastTax = g, x
		}
		require.Equal(t, [2]int64{gross, tax}, [2]int64{lastGross, lastTax})
	})
}
