package activities

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/books"
	"selvedge/internal/domain"
)

// till is a shop that prices returns as Centra does, and the books beside it.
type till struct {
	order    domain.Order
	invoices []domain.Document
	memos    []domain.Document
	plans    []domain.ReturnPlan
	there    []domain.ShopReturn
}

// ring prices a return of units of one shipment, and says what the shop and the memo come to.
func (s *till) ring(t require.TestingT, p domain.ReturnPlan) (plan domain.ReturnPlan, total int64, memo []domain.DocumentLine) {
	plan = priceOf(s.order, s.plans, s.there, p)
	values, units := shipmentValues(s.order, p.Shipment)
	goods := int64(0)
	for _, l := range plan.Lines {
		goods += domain.CumulativeShare(values[l.Line], l.Quantity, units[l.Line]) // each return by itself
	}
	require.GreaterOrEqual(t, plan.Discount, int64(0))
	require.LessOrEqual(t, plan.Discount, discountLeft(s.order, s.plans, plan), "the shop refuses more than is left")
	require.GreaterOrEqual(t, plan.Fee, int64(0))
	worth := goods - plan.Discount - plan.Rounding
	require.LessOrEqual(t, plan.Fee, worth, "a fee is never more than the garments are worth")
	total = worth - plan.Fee + plan.Shipping + plan.Handling
	s.plans = append(s.plans, plan)
	s.there = append(s.there, domain.ShopReturn{ID: fmt.Sprint(len(s.plans)), External: plan.Key, Shipment: plan.Shipment, Lines: plan.Lines, Total: total})
	var wanted []books.Wanted
	for _, l := range plan.Lines {
		wanted = append(wanted, books.Wanted{Ref: l.Line, Units: l.Quantity, Shipment: plan.Shipment})
	}
	memo, err := books.MemoLines(s.order, s.invoices, s.memos, wanted, books.ShopReturn{Total: total, Known: true, Ours: true, Fee: plan.Fee, Shipping: plan.Shipping, Handling: plan.Handling})
	require.NoError(t, err)
	s.memos = append(s.memos, domain.Document{Kind: domain.DocCreditMemo, Lines: memo})
	return plan, total, memo
}

// sold is an order in parcels, each with the total that the shop charges for it.
func sold(t require.TestingT, o domain.Order, parcels ...[]domain.LineQuantity) *till {
	s := &till{order: o}
	for n, lines := range parcels {
		id := fmt.Sprint(n + 1)
		bill, err := books.InvoiceLines(o, books.BilledBy(s.invoices), books.Parcel{Lines: lines})
		require.NoError(t, err)
		d := domain.Document{Key: domain.DocumentKey("inv-" + id), Kind: domain.DocInvoice, Shipment: id, Lines: bill}
		s.invoices = append(s.invoices, d)
		s.order.Shipments = append(s.order.Shipments, domain.ShopShipment{ID: id, Lines: lines, Shipped: true, Paid: true, Total: d.Totals().Gross})
	}
	return s
}

func (s *till) terms(fee int64, carriage bool) *domain.RefundTerms {
	return &domain.RefundTerms{Fee: fee, Carriage: carriage}
}

func sumOf(lines []domain.DocumentLine, kinds ...domain.DocumentLineKind) (sum int64) {
	for _, l := range lines {
		if len(kinds) == 0 || slices.Contains(kinds, l.Kind) {
			sum += l.Gross
		}
	}
	return sum
}

// TestTheShopAndTheBooksAgreeOnEveryReturn returns orders with discounts, carriage, fees
// and parcels in any grouping: what the shop pays back is what the memo credits, to the
// minor unit, and a fee is borne once.
func TestTheShopAndTheBooksAgreeOnEveryReturn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := domain.Order{ID: domain.OrderID{Store: "atelier", Number: "1"}, Currency: rapid.SampledFrom([]string{"JPY", "GBP", "KWD"}).Draw(t, "currency")}
		var all []domain.LineQuantity
		for n := range rapid.IntRange(1, 4).Draw(t, "lines") {
			l := domain.Line{
				ID: fmt.Sprint(n + 1), Kind: domain.LineProduct, Quantity: rapid.IntRange(1, 4).Draw(t, "units"),
				Total: rapid.OneOf(rapid.Int64Range(0, 9), rapid.Int64Range(0, 50_000)).Draw(t, "total"), TaxPercent: rapid.SampledFrom([]string{"", "5", "20", "25"}).Draw(t, "rate"),
			}
			o.Lines, o.GrandTotal = append(o.Lines, l), o.GrandTotal+l.Total
			for range l.Quantity {
				all = append(all, domain.LineQuantity{Line: l.ID, Quantity: 1})
			}
		}
		o.Discount = rapid.Int64Range(0, o.GrandTotal).Draw(t, "discount")
		o.Shipping, o.Handling = rapid.Int64Range(0, 900).Draw(t, "shipping"), rapid.Int64Range(0, 90).Draw(t, "handling")
		o.GrandTotal += o.Shipping + o.Handling - o.Discount
		cut := rapid.IntRange(0, len(all)-1).Draw(t, "in the first parcel")
		parcels := [][]domain.LineQuantity{joined(all[cut:])}
		if cut > 0 {
			parcels = [][]domain.LineQuantity{joined(all[:cut]), joined(all[cut:])}
		}
		s := sold(t, o, parcels...)
		fee, back := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 5000)).Draw(t, "fee"), int64(0)
		var paid, credited, kept, worth int64
		for n, parcel := range parcels {
			left := slices.Clone(parcel)
			for len(left) > 0 {
				var lines []domain.LineQuantity
				for i := range left {
					if q := rapid.IntRange(0, left[i].Quantity).Draw(t, "of it"); q > 0 {
						lines = append(lines, domain.LineQuantity{Line: left[i].Line, Quantity: q})
						left[i].Quantity -= q
					}
				}
				left = slices.DeleteFunc(left, func(l domain.LineQuantity) bool { return l.Quantity == 0 })
				if len(lines) == 0 {
					continue
				}
				plan, total, memo := s.ring(t, domain.ReturnPlan{
					Return: 1, Kind: domain.PlanShopReturn, Key: fmt.Sprintf("atelier/1/r1/shop-return/%d", len(s.plans)+1), Shipment: fmt.Sprint(n + 1),
					Lines: lines, Terms: s.terms(fee, rapid.Bool().Draw(t, "carriage")),
				})
				require.Equal(t, total, sumOf(memo), "what is paid is what is credited")
				require.Equal(t, -plan.Fee, sumOf(memo, domain.DocLineFee))
				require.Equal(t, plan.Shipping, sumOf(memo, domain.DocLineShipping))
				require.Equal(t, plan.Handling, sumOf(memo, domain.DocLineHandling))
				require.LessOrEqual(t, sumOf(memo, domain.DocLineRounding), int64(0), "the shop never pays more than the goods")
				require.GreaterOrEqual(t, total, int64(0))
				paid, credited, kept = paid+total, credited+sumOf(memo), kept+plan.Fee
				back += plan.Shipping + plan.Handling
				worth += total + plan.Fee - plan.Shipping - plan.Handling
			}
		}
		require.Equal(t, min(fee, worth), kept, "the return bears its fee once, as far as it is worth it")
		require.LessOrEqual(t, back, o.Shipping+o.Handling, "carriage goes back once, and never above what was charged")
		require.LessOrEqual(t, paid, o.GrandTotal)
		require.Equal(t, paid, credited)
	})
}

// joined sums units by line.
func joined(units []domain.LineQuantity) (lines []domain.LineQuantity) {
	for _, u := range units {
		if i := slices.IndexFunc(lines, func(l domain.LineQuantity) bool { return l.Line == u.Line }); i >= 0 {
			lines[i].Quantity += u.Quantity
			continue
		}
		lines = append(lines, u)
	}
	return lines
}

func goodsLine(id string, units int, total int64, rate string) domain.Line {
	return domain.Line{ID: id, Kind: domain.LineProduct, Quantity: units, Total: total, TaxPercent: rate}
}

func pieces(line string, n int) domain.LineQuantity {
	return domain.LineQuantity{Line: line, Quantity: n}
}

func (s *till) back(t *testing.T, shipment string, terms *domain.RefundTerms, lines ...domain.LineQuantity) (domain.ReturnPlan, int64, []domain.DocumentLine) {
	t.Helper()
	return s.ring(t, domain.ReturnPlan{Return: 1, Kind: domain.PlanShopReturn, Key: fmt.Sprintf("atelier/1/r1/shop-return/%d", len(s.plans)+1), Shipment: shipment, Lines: lines, Terms: terms})
}

func TestAFeeThatTheFirstParcelIsNotWorthGoesOnToTheNext(t *testing.T) {
	t.Parallel()
	o := domain.Order{ID: domain.OrderID{Store: "atelier", Number: "1"}, Currency: "GBP", Shipping: 495, GrandTotal: 4685, Lines: []domain.Line{goodsLine("1", 1, 200, "20"), goodsLine("2", 1, 3990, "20")}}
	s := sold(t, o, []domain.LineQuantity{pieces("1", 1)}, []domain.LineQuantity{pieces("2", 1)})
	plan, total, memo := s.back(t, "1", s.terms(395, false), pieces("1", 1))
	require.Equal(t, []int64{200, 0, 0}, []int64{plan.Fee, total, sumOf(memo)}, "no more than the garment is worth")
	plan, total, memo = s.back(t, "2", s.terms(395, false), pieces("2", 1))
	require.Equal(t, []int64{195, 3795, 3795}, []int64{plan.Fee, total, sumOf(memo)}, "the rest of it")
	require.Equal(t, int64(-195), sumOf(memo, domain.DocLineFee))
}

func TestCarriageThatSomebodyGaveBackByHandGoesBackNoSecondTime(t *testing.T) {
	t.Parallel()
	o := domain.Order{ID: domain.OrderID{Store: "atelier", Number: "1"}, Currency: "GBP", Shipping: 495, Handling: 100, GrandTotal: 8575, Lines: []domain.Line{goodsLine("1", 2, 7980, "20")}}
	s := sold(t, o, []domain.LineQuantity{pieces("1", 2)})
	s.there = append(s.there, domain.ShopReturn{ID: "900", Shipment: "1", Lines: []domain.LineQuantity{pieces("1", 1)}, Total: 3990 + 500})
	plan := priceOf(s.order, nil, s.there, domain.ReturnPlan{Return: 2, Kind: domain.PlanShopReturn, Key: "atelier/1/r2/shop-return/1", Shipment: "1", Lines: []domain.LineQuantity{pieces("1", 1)}, Terms: s.terms(0, true)})
	require.Equal(t, []int64{0, 95}, []int64{plan.Shipping, plan.Handling}, "5.95 was charged, 5.00 went back")
}

func TestCarriageThatADiscountPaidForIsNotGivenBack(t *testing.T) {
	t.Parallel()
	o := domain.Order{ID: domain.OrderID{Store: "atelier", Number: "1"}, Currency: "GBP", Shipping: 495, Discount: 1200, GrandTotal: 295, Lines: []domain.Line{goodsLine("1", 1, 1000, "20")}}
	s := sold(t, o, []domain.LineQuantity{pieces("1", 1)})
	plan, total, _ := s.back(t, "1", s.terms(0, true), pieces("1", 1))
	require.Equal(t, []int64{295, 295}, []int64{plan.Shipping, total}, "2.95 was paid for it")
}

func TestAReturnTakenBackBearsNothing(t *testing.T) {
	t.Parallel()
	plan := func(key string, fee int64) domain.Fact {
		return domain.NewFact(domain.FactReturnPlanned, "return-plan:"+key, "selvedge", noonOfReturns, domain.ReturnPlan{Return: 1, Kind: domain.PlanShopReturn, Key: key, Fee: fee})
	}
	facts := []domain.Fact{
		plan("a", 395), plan("b", 100),
		domain.NewFact(domain.FactReturnWritten, "w", "selvedge", noonOfReturns, domain.ReturnWritten{Key: "a", Kind: domain.PlanShopReturn, Stage: domain.StageVoid}),
	}
	require.Equal(t, int64(100), feeBorne(standing(facts, 2), domain.ReturnPlan{Return: 1, Key: "c"}))
	require.Empty(t, standing(facts, 1))
}

var noonOfReturns = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
