package domain_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/domain"
)

func key(t require.TestingT, kind domain.DocumentKind, n int, sources ...string) domain.DocumentKey {
	k, err := domain.NewDocumentKey(kind, n, sources...)
	require.NoError(t, err)
	return k
}

func TestDocumentKeysAreReadableAndNeverMeet(t *testing.T) {
	t.Parallel()
	require.EqualValues(t, "centra-order-atelier-10023", key(t, domain.DocSalesOrder, 1, "atelier", "10023"))
	require.EqualValues(t, "centra-cm-R5507-_n2", key(t, domain.DocCreditMemo, 2, "R5507"))
	require.EqualValues(t, "centra-ber-R5507-L2-1", key(t, domain.DocWriteOff, 0, "R5507", "L2", "1"))
	for _, pair := range [][2]domain.DocumentKey{
		{key(t, domain.DocFulfilment, 0, "A/1"), key(t, domain.DocFulfilment, 0, "A_1")},
		{key(t, domain.DocFulfilment, 0, "A-1"), key(t, domain.DocFulfilment, 0, "A", "1")},
		{key(t, domain.DocFulfilment, 2, "A"), key(t, domain.DocFulfilment, 0, "A", "2")},
		{key(t, domain.DocFulfilment, 2, "A"), key(t, domain.DocFulfilment, 0, "A", "_n2")},
		{key(t, domain.DocFulfilment, 0, "A"), key(t, domain.DocInvoice, 0, "A")},
	} {
		require.NotEqual(t, pair[0], pair[1])
	}
	words := map[string]bool{}
	for _, k := range domain.DocumentKinds() {
		words[string(key(t, k, 0, "1"))] = true
	}
	require.Len(t, words, len(domain.DocumentKinds()), "no two kinds share a key")
	for _, k := range domain.DocumentKinds() {
		require.Equal(t, k, key(t, k, 2, "A/1", strings.Repeat("z", 50)).Kind(), "a key tells its kind")
		require.Equal(t, k, domain.DocumentKey(key(t, k, 2, "A/1", strings.Repeat("z", 50)).Short(32)).Kind(), "a short one too")
	}
	for _, none := range []domain.DocumentKey{"", "centra", "centra-inv", "centra-bill-1", "other-inv-1"} {
		require.Empty(t, none.Kind())
	}
	for _, wrong := range [][]string{nil, {""}, {"A", ""}} {
		_, err := domain.NewDocumentKey(domain.DocInvoice, 0, wrong...)
		require.Error(t, err)
	}
	_, err := domain.NewDocumentKey("bill", 0, "A")
	require.ErrorContains(t, err, "bill")
}

func TestEveryKeyIsLegalEverywhereAndShortOnesStayApart(t *testing.T) {
	t.Parallel()
	legal := regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	rapid.Check(t, func(t *rapid.T) {
		sources := rapid.SliceOfN(rapid.StringN(1, 20, -1), 1, 3)
		a, b := sources.Draw(t, "a"), sources.Draw(t, "b")
		x, y := key(t, domain.DocCreditMemo, 0, a...), key(t, domain.DocCreditMemo, 0, b...)
		require.Regexp(t, legal, string(x))
		require.Equal(t, strings.Join(a, "\x00") == strings.Join(b, "\x00") && len(a) == len(b), x == y)
		require.LessOrEqual(t, len(x.Short(35)), 35)
		require.Regexp(t, legal, x.Short(35))
		if x != y {
			require.NotEqual(t, x.Short(35), y.Short(35))
		}
	})
}

func TestABusinessDateIsTheEntitysOwnDay(t *testing.T) {
	t.Parallel()
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	require.NoError(t, err)
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	lateEvening := time.Date(2026, 10, 31, 16, 30, 0, 0, time.UTC)
	require.Equal(t, domain.Date("2026-11-01"), domain.DateOf(lateEvening, tokyo))
	require.Equal(t, domain.Date("2026-10-31"), domain.DateOf(lateEvening, london))
	// On 25 October clocks went back in London: half past eleven UTC the day before is half past midnight there.
	require.Equal(t, domain.Date("2026-10-25"), domain.DateOf(time.Date(2026, 10, 24, 23, 30, 0, 0, time.UTC), london))
	require.Equal(t, domain.Date("2026-10-25"), domain.DateOf(time.Date(2026, 10, 25, 23, 30, 0, 0, time.UTC), london))
	require.Equal(t, domain.Period("2026-12"), domain.Date("2026-12-31").Period())
	require.Equal(t, domain.Period("2027-01"), domain.Period("2026-12").Next())
	require.Equal(t, domain.Date("2027-01-01"), domain.Period("2027-01").First())
}

func goodDocument() domain.Document {
	return domain.Document{
		Key: "centra-inv-s1", Kind: domain.DocInvoice, Order: domain.OrderID{Store: "atelier", Number: "10023"}, Entity: "UK", EntityRef: "7",
		Currency: "GBP", OccurredAt: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), Date: "2026-11-02", PostOn: "2026-11-02", Reference: "10023",
		Lines: []domain.DocumentLine{
			{Ref: "1", Kind: domain.DocLineGoods, SKU: "TEE", Quantity: 2, Gross: 3533, Tax: 589, TaxPercent: "20"},
			{Ref: "shipping", Kind: domain.DocLineShipping, Quantity: 1, Gross: 495, Tax: 83, TaxPercent: "20"},
		},
	}
}

func TestADocumentAddsUpAndDefaultsNothing(t *testing.T) {
	t.Parallel()
	require.Equal(t, domain.Totals{Net: 3356, Tax: 672, Gross: 4028}, goodDocument().Totals())
	require.Empty(t, goodDocument().Problems())
	rebate := goodDocument()
	rebate.Lines = []domain.DocumentLine{{Ref: "3", Kind: domain.DocLineGoods, Quantity: 1, Gross: -2000, Tax: -333}}
	require.Empty(t, rebate.Problems(), "a parcel may hold a rebate alone")
	for name, tt := range map[string]struct {
		change func(*domain.Document)
		field  string
	}{
		"an entity is never defaulted":       {func(d *domain.Document) { d.Entity = "" }, "entity"},
		"nor the ledger's own id of it":      {func(d *domain.Document) { d.EntityRef = "" }, "entityRef"},
		"nor the currency":                   {func(d *domain.Document) { d.Currency = "" }, "currency"},
		"nor the date":                       {func(d *domain.Document) { d.Date, d.PostOn = "", "" }, "date"},
		"another day without a flag is none": {func(d *domain.Document) { d.PostOn = "2026-12-01" }, "late"},
		"a date is never moved back":         {func(d *domain.Document) { d.PostOn, d.Late = "2026-10-31", true }, "postOn"},
		"tax above gross is none":            {func(d *domain.Document) { d.Lines[0].Tax = 3534 }, "tax"},
		"nor tax on the other side of zero":  {func(d *domain.Document) { d.Lines[0].Gross = -3533 }, "tax"},
		"two lines of one name are none":     {func(d *domain.Document) { d.Lines[1].Ref = "1" }, "ref"},
		"a document without lines is none":   {func(d *domain.Document) { d.Lines = nil }, "lines"},
		"sums beyond 64 bits are none":       {func(d *domain.Document) { d.Lines[0].Gross, d.Lines[1].Gross = 1<<62, 1<<62 }, "gross"},
		"a journal balances":                 {func(d *domain.Document) { d.Kind = domain.DocJournal }, "gross"},
		"a fee takes no more tax off than there is": {func(d *domain.Document) {
			d.Kind = domain.DocCreditMemo
			d.Lines = append(d.Lines, domain.DocumentLine{Ref: "fee:return", Kind: domain.DocLineFee, Gross: -4028, Tax: -673})
		}, "tax"},
		"nor more than came back": {func(d *domain.Document) {
			d.Kind = domain.DocCreditMemo
			d.Lines = append(d.Lines, domain.DocumentLine{Ref: "fee:return", Kind: domain.DocLineFee, Gross: -4029, Tax: -672})
		}, "tax"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := goodDocument()
			tt.change(&d)
			problems := d.Problems()
			require.NotEmpty(t, problems)
			require.Equal(t, tt.field, problems[0].Field)
		})
	}
}

func TestTheSameContentHasOneFingerprint(t *testing.T) {
	t.Parallel()
	a, b := goodDocument(), goodDocument()
	b.Lines[0], b.Lines[1] = b.Lines[1], b.Lines[0]
	b.PostOn, b.Late, b.Rules = "2026-12-01", true, map[string]int64{"entity": 4}
	b.OccurredAt = b.OccurredAt.In(time.FixedZone("", 3600))
	require.Equal(t, a.Fingerprint(), b.Fingerprint(), "where it is posted and which version of a rule said so is not what it says")
	b.Lines[0].Gross++
	require.NotEqual(t, a.Fingerprint(), b.Fingerprint())
}
