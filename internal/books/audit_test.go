package books_test

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

func TestTheInvoiceOfTheShopsShipmentIsCreditedFirst(t *testing.T) {
	t.Parallel()
	o := order(0, 0, goods("1", 3, 10001, "20"))
	first, err := books.InvoiceLines(o, nil, books.Parcel{Lines: []domain.LineQuantity{{Line: "1", Quantity: 2}}})
	require.NoError(t, err)
	second, err := books.InvoiceLines(o, books.BilledBy([]domain.Document{invoice(1, first)}), books.Parcel{Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}})
	require.NoError(t, err)
	require.Equal(t, []string{"1×2 6667/1111", "1×1 3334/556"}, append(shown(first), shown(second)...))
	invoices := []domain.Document{invoice(1, first), invoice(2, second)}
	lines, err := books.CreditLines(invoices, nil, []books.Wanted{{Ref: "1", Units: 2, Rather: "centra-inv-s2"}})
	require.NoError(t, err)
	require.Equal(t, []string{"1×1 3334/556", "1×1 3334/556"}, shown(lines))
	require.Equal(t, []domain.DocumentKey{"centra-inv-s2", "centra-inv-s1"}, []domain.DocumentKey{lines[0].Source, lines[1].Source}, "and the oldest after it")
}

func TestALineBelowZeroComesBackAsItsMirrorImage(t *testing.T) {
	t.Parallel()
	lines, err := books.OrderLines(order(0, 0, goods("1", 1, 10000, "20"), goods("2", 2, -1001, "20")))
	require.NoError(t, err)
	require.Equal(t, []string{"1×1 10000/1667", "2×2 -1001/-167"}, shown(lines))
	invoices := []domain.Document{invoice(1, lines)}
	var memos []domain.Document
	for _, want := range []string{"2×1 -501/-84", "2×1 -500/-83"} { // 5.005 and 0.835, away from zero; the rest
		lines, err := books.CreditLines(invoices, memos, []books.Wanted{{Ref: "2", Units: 1}})
		require.NoError(t, err)
		require.NoError(t, books.Creditable(invoices, memos, lines))
		require.Equal(t, []string{want}, shown(lines))
		memos = append(memos, memo(lines))
	}
	require.Error(t, books.Creditable(invoices, memos, []domain.DocumentLine{{Ref: "2", Gross: -1}}), "no more is taken than was given")
	require.Error(t, books.Creditable(invoices, nil, []domain.DocumentLine{{Ref: "2", Gross: 1}}))
}

func TestADiscountPassesByNegativeLinesOnEachParcelToo(t *testing.T) {
	t.Parallel()
	// 13.00 over 100.00 and 50.00: 8.67 with the first parcel, 4.33 with the second.
	o := order(1300, 0, goods("1", 1, 10000, "20"), goods("2", 1, -2000, "20"), goods("3", 1, 5000, "20"))
	var invoices []domain.Document
	for n, want := range [][]string{{"2×1 -2000/-333"}, {"1×1 9133/1522"}, {"3×1 4567/761"}} {
		ref := []string{"2", "1", "3"}[n]
		lines, err := books.InvoiceLines(o, books.BilledBy(invoices), books.Parcel{Lines: []domain.LineQuantity{{Line: ref, Quantity: 1}}})
		require.NoError(t, err)
		require.Equal(t, want, shown(lines))
		invoices = append(invoices, invoice(n, lines))
	}
}

func TestWhichParcelBearsTheDiscountIsTheShopsToSay(t *testing.T) {
	t.Parallel()
	o := order(1000, 0, goods("1", 4, 20000, "20"))
	one := func(total int64) books.Parcel {
		return books.Parcel{Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}}, Total: total, Known: true}
	}
	var invoices []domain.Document
	for n, total := range []int64{5000, 4000, 5000, 5000} { // none, all that is left, none, none
		lines, err := books.InvoiceLines(o, books.BilledBy(invoices), one(total))
		require.NoError(t, err)
		require.Equal(t, total, lines[0].Gross)
		invoices = append(invoices, invoice(n, lines))
	}
	require.Equal(t, books.Billed{Units: 4, Gross: 19000, Tax: 3167}, books.BilledBy(invoices)["1"])
	_, err := books.InvoiceLines(o, books.BilledBy(invoices[:2]), one(4000))
	require.ErrorContains(t, err, "worth 40.00 GBP", "a discount is not taken twice")
	_, err = books.InvoiceLines(o, nil, one(4400))
	require.Error(t, err, "and a part of it that nothing explains is nobody's guess")
}

// A shop may give back less than the goods, or shipping beside them, for each return. No
// memo is ever below zero or taxed beyond its gross, no line is credited beyond its
// invoice, and what the memos come to is what the shop gave.
func TestMemosComeToWhatTheShopGivesAndStayWithinTheInvoices(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := anOrder(t)
		invoices := shipAnyhow(t, o)
		billed := books.BilledBy(invoices)
		var units []string
		for ref, b := range billed {
			for range b.Units {
				if ref != books.RefShipping && ref != books.RefHandling {
					units = append(units, ref)
				}
			}
		}
		slices.Sort(units)
		units = rapid.Permutation(units).Draw(t, "returned in this order")
		var memos []domain.Document
		shipping := billed[books.RefShipping].Gross
		for len(units) > 0 {
			n := rapid.IntRange(1, len(units)).Draw(t, "in this return")
			var wanted []books.Wanted
			for _, u := range units[:n] {
				wanted = append(wanted, books.Wanted{Ref: u, Units: 1, Rather: rapid.SampledFrom([]domain.DocumentKey{"", "centra-inv-s1", "centra-inv-s2"}).Draw(t, "rather")})
			}
			units = units[n:]
			exact, err := books.CreditLines(invoices, memos, wanted)
			require.NoError(t, err)
			goods := memo(exact).Totals().Gross
			total := rapid.Int64Range(0, goods+shipping).Draw(t, "the shop gives")
			lines, err := books.MemoLines(o, invoices, memos, wanted, books.ShopReturn{Total: total, Known: true})
			require.NoError(t, err)
			made := memo(lines)
			made.Key, made.Kind = domain.DocumentKey(fmt.Sprint(len(memos))), domain.DocCreditMemo
			sum := made.Totals()
			require.Equal(t, total, sum.Gross)
			require.True(t, 0 <= sum.Tax && sum.Tax <= sum.Gross, "%+v of %v", sum, shown(lines))
			require.NoError(t, books.Creditable(invoices, memos, lines))
			for _, p := range made.Problems() {
				require.Contains(t, []string{"entity", "entityRef", "date", "postOn", "currency", "occurredAt"}, p.Field, p.Message)
			}
			memos = append(memos, made)
			shipping = billed[books.RefShipping].Gross - books.BilledBy(memos)[books.RefShipping].Gross
		}
		for ref, b := range books.BilledBy(memos) {
			if _, goods := billed[ref]; goods && ref != books.RefShipping && ref != books.RefHandling {
				require.Equal(t, []any{billed[ref].Units, billed[ref].Gross}, []any{b.Units, b.Gross}, "line %s is closed", ref)
				require.LessOrEqual(t, b.Tax, billed[ref].Tax)
			}
		}
	})
}

// news is a fact with what must have been told before it.
type news struct {
	fact  domain.Fact
	after []int
}

// happened is all that happened to an order that was taken ahead, left in up to three
// parcels of which some were corrected or taken back, and was paid back in part.
func happened(t *rapid.T) (domain.Order, []news) {
	l := alive()
	var all []news
	tell := func(kind domain.FactKind, minute int, data any, after ...int) int {
		f := domain.NewFact(kind, fmt.Sprintf("k%d", len(all)), "somebody", dawn.Add(time.Duration(minute)*time.Minute), data)
		all = append(all, news{f, after})
		return len(all) - 1
	}
	sent := tell(domain.FactSubmitted, 0, domain.SubmittedFact{Consignment: "10023", Warehouse: "East", Revision: 1, Lines: []domain.LineQuantity{{Line: "1", Quantity: 3}, {Line: "2", Quantity: 1}}})
	tell(domain.FactWarehouseOrder, 1, domain.WarehouseOrder{
		Number: "10023", Reference: "atelier/10023", Warehouse: "East", Status: domain.WarehouseAccepted, Revision: 2,
		Lines: []domain.WarehouseOrderLine{{Line: "1", SKU: "SKU-1", Quantity: 3}, {Line: "2", SKU: "SKU-2", Quantity: 1}},
	}, sent)
	if rapid.Bool().Draw(t, "captured ahead") {
		pending := tell(domain.FactCaptured, 2, domain.CapturedFact{Pending: true})
		tell(domain.FactCaptured, 3, domain.CapturedFact{Amount: l.order.GrandTotal}, pending)
	}
	// The tees leave one or two at a time, the hat with one of them.
	left, hat, costs := 3, false, int64(495)
	for n := 1; left > 0; n++ {
		tees := min(left, rapid.IntRange(1, 3).Draw(t, "tees"))
		total := domain.CumulativeShare(5300, 3-left+tees, 3) - domain.CumulativeShare(5300, 3-left, 3) + costs
		s := domain.Shipment{
			ID: fmt.Sprintf("s%d", n), Consignment: "10023", Warehouse: "East", Sequence: n, Revision: 1, ShippedAt: dawn.Add(time.Duration(n) * time.Hour),
			Lines: []domain.ShipmentLine{{Line: "1", SKU: "SKU-1", Quantity: tees}},
		}
		lines := []domain.LineQuantity{{Line: "1", Quantity: tees}}
		if !hat && rapid.Bool().Draw(t, "with the hat") {
			hat, total = true, total+1000
			s.Lines = append(s.Lines, domain.ShipmentLine{Line: "2", SKU: "SKU-2", Quantity: 1})
			lines = append(lines, domain.LineQuantity{Line: "2", Quantity: 1})
		}
		left, costs = left-tees, 0
		shipped := tell(domain.FactShipment, 10*n, s, sent)
		tell(domain.FactShopShipment, 10*n+1, domain.ShopShipmentFact{Shipment: s.ID, Warehouse: "East", ShopID: fmt.Sprint(n), Number: s.ID, Lines: lines, Captured: true, Completed: true, Total: total}, shipped)
		if rapid.IntRange(0, 3).Draw(t, "told of again") == 0 {
			s.Revision, s.Trackings, s.Voided = 2, []string{"JD1"}, rapid.Bool().Draw(t, "taken back")
			tell(domain.FactShipment, 10*n+2, s, sent)
		}
	}
	for n := range rapid.IntRange(0, 2).Draw(t, "refunds") {
		w := domain.ReturnWritten{Return: n, Kind: domain.PlanRefund, Key: fmt.Sprintf("atelier/10023/r%d/refund", n), Stage: domain.StageCreated, ID: fmt.Sprint(900 + n), Amount: 1767}
		asked := tell(domain.FactReturnWritten, 100+n, w)
		w.Stage = domain.StageDone
		tell(domain.FactReturnWritten, 110+n, w, asked)
	}
	return l.order, all
}

// arrive is an order of arrival in which nothing comes before what it follows from; it
// may come five times.
func arrive(t *rapid.T, all []news, label string) (facts []domain.Fact) {
	told := map[int]bool{}
	for len(told) < len(all) {
		var ready []int
		for i, n := range all {
			if !told[i] && !slices.ContainsFunc(n.after, func(a int) bool { return !told[a] }) {
				ready = append(ready, i)
			}
		}
		i := rapid.SampledFrom(ready).Draw(t, label)
		told[i] = true
		f := all[i].fact
		f.Sequence = int64(len(facts) + 1)
		facts = append(facts, f)
	}
	return facts
}

func TestDocumentsAreTheSameInWhateverOrderFactsArrive(t *testing.T) {
	t.Parallel()
	e := entity(t)
	rapid.Check(t, func(t *rapid.T) {
		order, all := happened(t)
		// The shop shows what was captured, as it does from the moment it was.
		plan := func(facts []domain.Fact, firm []domain.Document) []domain.Document {
			planned, err := books.Plan(books.Input{Order: order, Facts: facts, Firm: firm, Entity: e})
			require.NoError(t, err)
			var out []domain.Document
			for _, p := range planned {
				require.Nil(t, p.Question)
				require.Empty(t, p.Document.Problems())
				out = append(out, p.Document)
			}
			return out
		}
		one := arrive(t, all, "first told")
		other := arrive(t, all, "told otherwise")
		atOnce := plan(one, nil)
		require.Equal(t, sums(atOnce), sums(plan(other, nil)))
		require.Equal(t, keysOf(atOnce), keysOf(plan(other, nil)), "the same keys")

		var firm []domain.Document
		for n := range other {
			if rapid.Bool().Draw(t, "booked now") || n == len(other)-1 {
				firm = append(firm, plan(other[:n+1], firm)...)
			}
		}
		require.Empty(t, plan(other, firm), "nothing is left")
		require.Len(t, slices.Compact(keysOf(firm)), len(firm), "no key twice")
		// What was posted and taken back leaves its rounding with the others: their tax was worked
		// out beside it and stays. A minor unit for each, within contracts/reconciliation.md §4.
		taken := int64(0)
		for _, n := range all {
			if s, err := domain.Decode[domain.Shipment](n.fact); n.fact.Kind == domain.FactShipment && err == nil && s.Voided {
				taken++
			}
		}
		want, got := sums(atOnce), sums(firm)
		for name, b := range want {
			require.LessOrEqual(t, max(b.Tax-got[name].Tax, got[name].Tax-b.Tax), taken, name)
			b.Tax = got[name].Tax
			want[name] = b
		}
		require.Equal(t, want, got, "however often it was booked on the way")
	})
}

func keysOf(documents []domain.Document) (keys []domain.DocumentKey) {
	for _, d := range documents {
		keys = append(keys, d.Key)
	}
	slices.Sort(keys)
	return keys
}

// sums are what documents of each kind say of each line together; nothing is left out that
// does not come to nothing.
func sums(documents []domain.Document) map[string]books.Billed {
	out := map[string]books.Billed{}
	for _, kind := range domain.DocumentKinds() {
		of := slices.DeleteFunc(slices.Clone(documents), func(d domain.Document) bool { return d.Kind != kind })
		for ref, b := range books.BilledBy(of) {
			if b != (books.Billed{}) {
				out[string(kind)+" "+ref] = b
			}
		}
	}
	return out
}

func TestAnOrderIsNeverCreditedBeyondItsInvoices(t *testing.T) {
	t.Parallel()
	lines, err := books.OrderLines(order(0, 0, goods("1", 1, 10000, "20"), goods("2", 1, -2000, "20")))
	require.NoError(t, err)
	invoices := []domain.Document{invoice(1, lines)}
	back, err := books.CreditLines(invoices, nil, []books.Wanted{{Ref: "1", Units: 1}})
	require.NoError(t, err)
	require.ErrorContains(t, books.Creditable(invoices, nil, back), "more would be credited", "80.00 were charged, and the rebate stays with the customer")
	rounding := domain.DocumentLine{Ref: "rounding", Kind: domain.DocLineRounding, Gross: -2000}
	require.NoError(t, books.Creditable(invoices, nil, append(back, rounding)))
}
