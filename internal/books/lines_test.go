package books_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/books"
	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

// order is one in pounds whose total is what its lines and costs come to.
func order(discount, shipping int64, lines ...domain.Line) domain.Order {
	o := domain.Order{ID: domain.OrderID{Store: "atelier", Number: "10023"}, Currency: "GBP", Discount: discount, Shipping: shipping, Lines: lines}
	o.GrandTotal = shipping - discount
	for _, l := range lines {
		o.GrandTotal += l.Total
	}
	return o
}

func goods(id string, quantity int, total int64, rate string) domain.Line {
	return domain.Line{ID: id, Kind: domain.LineProduct, SKU: "SKU-" + id, Quantity: quantity, Total: total, TaxPercent: rate}
}

func shown(lines []domain.DocumentLine) []string {
	var out []string
	for _, l := range lines {
		out = append(out, fmt.Sprintf("%s×%d %d/%d", l.Ref, l.Quantity, l.Gross, l.Tax))
	}
	return out
}

func TestOrderLines(t *testing.T) {
	t.Parallel()
	bundle := domain.Line{ID: "1", Kind: domain.LineBundle, Quantity: 1, TaxPercent: "20"}
	part := func(id string, list, total int64) domain.Line {
		return domain.Line{ID: id, Kind: domain.LineBundleItem, Bundle: "1", SKU: "SKU-" + id, Quantity: 1, ListPrice: list, Total: total, TaxPercent: "20"}
	}
	priced := bundle
	priced.Total = 10000
	untaxed := part("2", 3000, 0)
	untaxed.TaxPercent = ""
	for name, tt := range map[string]struct {
		order domain.Order
		want  []string
	}{
		"the net of a discount is the difference of two nets": {
			// 149.99 is 124.99 net; 8.67 off leaves 117.77: the discount is 7.22 net and 1.45 tax.
			order(867, 0, goods("1", 1, 14999, "20")), []string{"1×1 14132/2355"},
		},
		"tax is rounded once per line, not per unit": {
			order(0, 0, goods("1", 3, 5300, "20")), []string{"1×3 5300/883"},
		},
		"shipping is a line of its own with the goods' rate": {
			order(0, 495, goods("1", 1, 10000, "20"), goods("2", 1, 500, "5")), []string{"1×1 10000/1667", "2×1 500/24", "shipping×1 495/83"},
		},
		"a discount is spread by largest remainder": {
			order(100, 0, goods("1", 1, 1000, "20"), goods("2", 1, 1000, "20"), goods("3", 1, 1000, "20")),
			[]string{"1×1 966/161", "2×1 967/161", "3×1 967/161"},
		},
		"a tie goes to the lower ref, and 9 is lower than 10": {
			order(1, 0, goods("10", 1, 1000, "20"), goods("9", 1, 1000, "20")), []string{"9×1 999/167", "10×1 1000/167"},
		},
		"a line worth nothing bears no discount": {
			order(100, 0, goods("1", 1, 0, "20"), goods("2", 1, 1000, "20")), []string{"1×1 0/0", "2×1 900/150"},
		},
		"what no line can bear goes to shipping": {
			order(1200, 500, goods("1", 1, 1000, "20")), []string{"1×1 0/0", "shipping×1 300/50"},
		},
		"a gift card is no goods and bears no tax": {
			order(0, 0, goods("1", 1, 1000, "20"), domain.Line{ID: "2", Kind: domain.LineGiftCertificate, Quantity: 1, Total: 5000, TaxPercent: "0"}),
			[]string{"1×1 1000/167", "2×1 5000/0"},
		},
		"components with prices keep them": {
			order(0, 0, bundle, part("2", 3000, 6000), part("3", 3000, 4000)), []string{"2×1 6000/1000", "3×1 4000/667"},
		},
		"a bundle's price is shared by list price, and counted once": {
			func() domain.Order { return order(0, 0, priced, untaxed, part("3", 6000, 0)) }(), []string{"2×1 3333/556", "3×1 6667/1111"},
		},
		"cancelled units are no part of it": {
			order(0, 0, goods("1", 2, 3533, "20"), goods("2", 0, 0, "20")), []string{"1×2 3533/589"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines, err := books.OrderLines(tt.order)
			require.NoError(t, err)
			require.Equal(t, tt.want, shown(lines))
		})
	}
}

func TestAnOrderThatDoesNotAddUpIsNamed(t *testing.T) {
	t.Parallel()
	off := order(0, 0, goods("1", 1, 1000, "20"))
	off.GrandTotal++
	_, err := books.OrderLines(off)
	require.True(t, fault.Is(err, fault.Invalid))
	require.ErrorContains(t, err, "10.00 GBP, its total is 10.01 GBP")
	_, err = books.OrderLines(order(2000, 0, goods("1", 1, 1000, "20")))
	require.ErrorContains(t, err, "more than all its lines are worth")
	_, err = books.OrderLines(order(0, 0, goods("1", 1, 1000, "reduced")))
	require.ErrorContains(t, err, `"reduced"`)
}

func invoice(n int, lines []domain.DocumentLine) domain.Document {
	return domain.Document{Key: domain.DocumentKey(fmt.Sprintf("centra-inv-s%d", n)), Kind: domain.DocInvoice, Shipment: fmt.Sprintf("s%d", n), Lines: lines}
}

func TestInvoiceLines(t *testing.T) {
	t.Parallel()
	three := order(0, 495, goods("1", 3, 5300, "20"))
	first, err := books.InvoiceLines(three, nil, books.Parcel{Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}, Total: 1767 + 495, Known: true})
	require.NoError(t, err)
	require.Equal(t, []string{"1×1 1767/295", "shipping×1 495/83"}, shown(first), "the first bears the costs")
	billed := books.BilledBy([]domain.Document{invoice(1, first)})
	rest, err := books.InvoiceLines(three, billed, books.Parcel{Lines: []domain.LineQuantity{{Line: "1", Quantity: 2}}, Total: 3533, Known: true})
	require.NoError(t, err)
	require.Equal(t, []string{"1×2 3533/588"}, shown(rest), "both come to the line's 53.00 and 8.83")

	cheaper := order(100, 0, goods("1", 1, 1000, "20"), goods("2", 1, 2000, "20"))
	half, err := books.InvoiceLines(cheaper, nil, books.Parcel{Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}})
	require.NoError(t, err)
	require.Equal(t, []string{"1×1 967/161"}, shown(half), "without the shop's word the discount is shared by value")
	half, err = books.InvoiceLines(cheaper, nil, books.Parcel{Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}, Total: 966, Known: true})
	require.NoError(t, err)
	require.Equal(t, []string{"1×1 966/161"}, shown(half), "what the customer is charged is the fact")

	_, err = books.InvoiceLines(three, nil, books.Parcel{Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}, Total: 1500, Known: true})
	f, ok := fault.As(err)
	require.True(t, ok)
	require.Equal(t, books.CodeShopDiffers, f.Code)
	require.ErrorContains(t, err, "worth 15.00 GBP")

	later, err := books.InvoiceLines(three, nil, books.Parcel{Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}, Total: 1767, Known: true})
	require.NoError(t, err)
	require.Equal(t, []string{"1×1 1767/295"}, shown(later), "a shipment made by hand may leave the costs to the next")
}

// anOrder is any order of a few lines in a currency with 0, 2 or 3 digits.
func anOrder(t *rapid.T) domain.Order {
	var lines []domain.Line
	var goodsSum int64
	for n := range rapid.IntRange(1, 5).Draw(t, "lines") {
		l := goods(fmt.Sprint(n+1), rapid.IntRange(1, 6).Draw(t, "units"), rapid.OneOf(rapid.Int64Range(0, 9), rapid.Int64Range(0, 100_000)).Draw(t, "total"), rapid.SampledFrom([]string{"0", "5.5", "10", "20", "25"}).Draw(t, "rate"))
		if n > 0 && rapid.IntRange(0, 9).Draw(t, "gift card") == 0 {
			l.Kind, l.TaxPercent = domain.LineGiftCertificate, "0"
		}
		lines, goodsSum = append(lines, l), goodsSum+l.Total
	}
	o := order(rapid.Int64Range(0, goodsSum).Draw(t, "discount"), rapid.Int64Range(0, 900).Draw(t, "shipping"), lines...)
	o.Currency = rapid.SampledFrom([]string{"JPY", "GBP", "KWD"}).Draw(t, "currency")
	return o
}

func TestPartsOfAnOrderSumToTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := anOrder(t)
		whole, err := books.OrderLines(o)
		require.NoError(t, err)
		for _, l := range whole {
			require.True(t, 0 <= l.Tax && l.Tax <= l.Gross, "%+v", l)
		}
		invoices := shipAnyhow(t, o)
		var sum int64
		rates := map[string]domain.TaxRate{}
		for _, l := range whole {
			rates[l.Ref], err = domain.ParseTaxRate(l.TaxPercent)
			require.NoError(t, err)
		}
		for ref, b := range books.BilledBy(invoices) {
			sum += b.Gross
			require.Equal(t, rates[ref].IncludedIn(b.Gross), b.Tax, "the tax of line %s is that of all its invoices together", ref)
		}
		require.Equal(t, o.GrandTotal, sum)
		for _, d := range invoices {
			for _, l := range d.Lines {
				require.True(t, 0 <= l.Tax && l.Tax <= l.Gross, "%+v", l)
			}
		}
		returnAnyhow(t, invoices)
	})
}

// shipAnyhow invoices an order in shipments of any size.
func shipAnyhow(t *rapid.T, o domain.Order) []domain.Document {
	var units []string
	for _, l := range o.Lines {
		for range l.Quantity {
			if l.Kind.Physical() { // gift cards ride on the first
				units = append(units, l.ID)
			}
		}
	}
	var invoices []domain.Document
	for len(units) > 0 {
		n := rapid.IntRange(1, len(units)).Draw(t, "in this parcel")
		parcel := books.Parcel{}
		for _, u := range units[:n] {
			parcel.Lines = append(parcel.Lines, domain.LineQuantity{Line: u, Quantity: 1})
		}
		units = units[n:]
		lines, err := books.InvoiceLines(o, books.BilledBy(invoices), parcel)
		require.NoError(t, err)
		invoices = append(invoices, invoice(len(invoices)+1, lines))
	}
	return invoices
}

// returnAnyhow returns every unit in any order, some at a time, and checks each step.
func returnAnyhow(t *rapid.T, invoices []domain.Document) {
	var units []string
	for _, d := range invoices {
		for _, l := range d.Lines {
			for range l.Quantity {
				units = append(units, l.Ref)
			}
		}
	}
	units = rapid.Permutation(units).Draw(t, "returned in this order")
	var memos []domain.Document
	for len(units) > 0 {
		n := rapid.IntRange(1, len(units)).Draw(t, "in this return")
		var wanted []books.Wanted
		for _, u := range units[:n] {
			wanted = append(wanted, books.Wanted{Ref: u, Units: 1})
		}
		units = units[n:]
		lines, err := books.CreditLines(invoices, memos, wanted)
		require.NoError(t, err)
		require.NoError(t, books.Creditable(invoices, memos, lines))
		for _, l := range lines {
			require.True(t, 0 <= l.Tax && l.Tax <= l.Gross, "%+v", l)
		}
		memos = append(memos, domain.Document{Kind: domain.DocCreditMemo, Lines: lines})
	}
	require.Equal(t, books.BilledBy(invoices), books.BilledBy(memos), "everything came back, so everything is credited")
	_, err := books.CreditLines(invoices, memos, []books.Wanted{{Ref: "1", Units: 1}})
	require.ErrorContains(t, err, "only 0 of them are invoiced and not credited yet")
}
