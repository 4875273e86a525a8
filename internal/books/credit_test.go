package books_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/books"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

func threeTees(t *testing.T) []domain.Document {
	t.Helper()
	lines, err := books.OrderLines(order(0, 495, goods("1", 3, 5300, "20")))
	require.NoError(t, err)
	return []domain.Document{invoice(1, lines)}
}

func memo(lines []domain.DocumentLine) domain.Document {
	return domain.Document{Kind: domain.DocCreditMemo, Lines: lines}
}

func TestPartialReturnsUseCumulativeShares(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		units []int
		want  []string
	}{
		"one by one":            {[]int{1, 1, 1}, []string{"1×1 1767/294", "1×1 1766/295", "1×1 1767/294"}},
		"two and then the last": {[]int{2, 1}, []string{"1×2 3533/589", "1×1 1767/294"}},
		"one and then two":      {[]int{1, 2}, []string{"1×1 1767/294", "1×2 3533/589"}},
		"all at once":           {[]int{3}, []string{"1×3 5300/883"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			invoices := threeTees(t)
			var memos []domain.Document
			var got []string
			for _, n := range tt.units {
				lines, err := books.CreditLines(invoices, memos, []books.Wanted{{Ref: "1", Units: n}})
				require.NoError(t, err)
				require.Equal(t, domain.DocumentKey("centra-inv-s1"), lines[0].Source, "each line names the invoice it takes back")
				memos = append(memos, memo(lines))
				got = append(got, shown(lines)...)
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestUnitsOnTwoInvoices(t *testing.T) {
	t.Parallel()
	o := order(0, 0, goods("1", 3, 5300, "20"))
	first, err := books.InvoiceLines(o, nil, books.Parcel{Lines: []domain.LineQuantity{{Line: "1", Quantity: 2}}})
	require.NoError(t, err)
	second, err := books.InvoiceLines(o, books.BilledBy([]domain.Document{invoice(1, first)}), books.Parcel{Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}})
	require.NoError(t, err)
	invoices := []domain.Document{invoice(1, first), invoice(2, second)}

	both, err := books.CreditLines(invoices, nil, []books.Wanted{{Ref: "1", Units: 3}})
	require.NoError(t, err)
	require.Equal(t, []string{"1×2 3533/589", "1×1 1767/294"}, shown(both), "each against the invoice that billed it")
	require.Equal(t, domain.DocumentKey("centra-inv-s2"), both[1].Source)

	named, err := books.CreditLines(invoices, nil, []books.Wanted{{Ref: "1", Units: 1, Shipment: "s2"}})
	require.NoError(t, err)
	require.Equal(t, domain.DocumentKey("centra-inv-s2"), named[0].Source)
	_, err = books.CreditLines(invoices, []domain.Document{memo(named)}, []books.Wanted{{Ref: "1", Units: 1, Shipment: "s2"}})
	require.ErrorContains(t, err, "only 0 of them")
}

func TestAReversedInvoiceCannotBeCredited(t *testing.T) {
	t.Parallel()
	invoices := threeTees(t)
	back := domain.Document{Key: "centra-inv-s1-_n2", Kind: domain.DocInvoice, Reverses: "centra-inv-s1"}
	for _, l := range invoices[0].Lines {
		l.Quantity, l.Gross, l.Tax = -l.Quantity, -l.Gross, -l.Tax
		back.Lines = append(back.Lines, l)
	}
	_, err := books.CreditLines(append(invoices, back), nil, []books.Wanted{{Ref: "1", Units: 1}})
	f, ok := fault.As(err)
	require.True(t, ok)
	require.Equal(t, books.CodeNotInvoiced, f.Code)
}

func TestShippingAndFees(t *testing.T) {
	t.Parallel()
	lines, err := books.CreditLines(threeTees(t), nil, []books.Wanted{{Ref: "1", Units: 1}, {Ref: books.RefShipping, Units: 1}})
	require.NoError(t, err)
	fee, err := books.FeeLine("return", 395, "20")
	require.NoError(t, err)
	require.Equal(t, []string{"1×1 1767/294", "shipping×1 495/83", "fee:return×1 -395/-66"}, shown(append(lines, fee)))
	_, err = books.FeeLine("return", -1, "20")
	require.Error(t, err)
}

func TestNothingIsCreditedBeyondTheInvoice(t *testing.T) {
	t.Parallel()
	invoices := threeTees(t)
	_, err := books.CreditLines(invoices, nil, []books.Wanted{{Ref: "1", Units: 4}})
	require.ErrorContains(t, err, "only 3 of them")
	_, err = books.CreditLines(invoices, nil, []books.Wanted{{Ref: "1", Units: 0}})
	require.ErrorContains(t, err, "at least 1")
	_, err = books.CreditLines(nil, nil, []books.Wanted{{Ref: "1", Units: 1}})
	require.ErrorContains(t, err, "only 0 of them")
	by := []domain.DocumentLine{{Ref: "1", Quantity: 3, Gross: 5301, Tax: 883}}
	f, ok := fault.As(books.Creditable(invoices, nil, by))
	require.True(t, ok)
	require.Equal(t, books.CodeOverCredit, f.Code)
	require.Equal(t, "1", f.Problems[0].Line)
}

func TestRefundable(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ amount, captured, credited, refunded, want int64 }{
		"what is credited and captured is refunded":   {1767, 5795, 1767, 0, 1767},
		"not captured is not refunded":                {1767, 0, 1767, 0, 0},
		"never above what was captured":               {1767, 1000, 1767, 0, 1000},
		"never above what is credited":                {1767, 5795, 1000, 0, 1000},
		"what was refunded before counts":             {1767, 5795, 3533, 3000, 533},
		"what was refunded too much is never negated": {1767, 5795, 1767, 6000, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, books.Refundable(tt.amount, tt.captured, tt.credited, tt.refunded))
		})
	}
}
