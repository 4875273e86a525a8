package stock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/stock"
)

const warehouse = "acs-glasgow"

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// held is what the feed said as of a second.
func held(asOf int, quantities ...domain.StatusUnits) stock.Held {
	return stock.Held{Version: 7, ChangedAt: at(asOf - 10), AsOf: at(asOf), Quantities: quantities}
}

func available(n int) domain.StatusUnits {
	return domain.StatusUnits{Status: domain.StockAvailable, Units: n}
}

// line is a line of which the shop holds units, with what the warehouse said of it.
func line(number string, allocated, completed int, seen ...domain.LineSighting) stock.Line {
	return stock.Line{Order: domain.OrderID{Store: "a", Number: number}, Line: "l" + number, Allocated: allocated, Completed: completed, Sightings: seen}
}

// seen is a sighting of order c at a second: allocated, shipped, short, cancelled of quantity.
func seen(second, revision, quantity, allocated, shipped, short, cancelled int) domain.LineSighting {
	return domain.LineSighting{
		Consignment: "c", Revision: int64(revision), At: at(second), Quantity: quantity,
		Allocated: allocated, Shipped: shipped, Short: short, Cancelled: cancelled,
	}
}

// shop is a shop that has promised units and offers others.
func shop(allocated, free int) domain.SizeStock {
	return domain.SizeStock{Size: "11", Physical: allocated + free, FreeToAllocate: free}
}

func statusRule(version int64, status, to string) domain.Rule {
	return domain.Rule{Version: version, Table: domain.RuleStockStatus, From: status, To: to}
}

func bufferRule(version int64, from, to string) domain.Rule {
	return domain.Rule{Version: version, Table: domain.RuleStockBuffer, From: from, To: to}
}

func TestWhatIsPublished(t *testing.T) {
	t.Parallel()
	graded := held(0, available(5))
	graded.ByGrade = []domain.GradeUnits{{Grade: "A", Units: 1}, {Grade: "B", Units: 2}, {Grade: "C", Units: 1}, {Grade: "U", Units: 1}}
	for name, tt := range map[string]struct {
		rules  []domain.Rule
		in     stock.Input
		target int
		write  int
		hold   stock.Hold
		notes  []stock.NoteKind
	}{
		"what is available is offered": {in: stock.Input{Held: held(0, available(5)), Shop: shop(0, 0)}, target: 5, write: 5},
		"every known status but available is withheld, silently": {
			in: stock.Input{Held: held(0, available(1), domain.StatusUnits{Status: domain.StockRefurbishment, Units: 4}), Shop: shop(0, 0)}, target: 1, write: 1,
		},
		"a status never seen before is withheld and told": {
			in: stock.Input{Held: held(0, available(1), domain.StatusUnits{Status: "ozone_tunnel", Units: 4}), Shop: shop(0, 1)}, target: 1,
			notes: []stock.NoteKind{stock.NoteUnknownStatus},
		},
		"a rule makes a status sellable": {
			rules: []domain.Rule{statusRule(1, "ex_hire", "sellable")},
			in:    stock.Input{Held: held(0, available(1), domain.StatusUnits{Status: domain.StockExHire, Units: 4}), Shop: shop(0, 0)}, target: 5, write: 5,
		},
		"a rule takes the available ones off sale": {
			rules: []domain.Rule{statusRule(1, "available", "withheld")},
			in:    stock.Input{Held: held(0, available(3)), Shop: shop(0, 3)}, target: 0, write: -3,
		},
		"a rule silences an unknown status": {
			rules: []domain.Rule{statusRule(1, "ozone_tunnel", "withheld")},
			in:    stock.Input{Held: held(0, domain.StatusUnits{Status: "ozone_tunnel", Units: 4}), Shop: shop(0, 0)},
		},
		"less than nothing is nothing, and a discrepancy": {
			in: stock.Input{Held: held(0, available(-3)), Shop: shop(0, 2)}, target: 0, write: -2, notes: []stock.NoteKind{stock.NoteNegative},
		},
		"only the promised grade or better": {
			rules: []domain.Rule{{Version: 1, Table: domain.RuleStockGrade, From: "*", To: "b"}},
			in:    stock.Input{Held: graded, Shop: shop(0, 0)}, target: 3, write: 3,
		},
		"a grade is promised where the account does not grade": {
			rules: []domain.Rule{{Version: 1, Table: domain.RuleStockGrade, From: "*", To: "b"}},
			in:    stock.Input{Held: held(0, available(5)), Shop: shop(0, 0)}, target: 5, write: 5,
		},
		"the buffer is kept back": {
			rules: []domain.Rule{bufferRule(1, "*", "2")},
			in:    stock.Input{Held: held(0, available(5)), Shop: shop(0, 5)}, target: 3, write: -2,
		},
		"a buffer above the stock leaves nothing": {
			rules: []domain.Rule{bufferRule(1, "*", "9")},
			in:    stock.Input{Held: held(0, available(5)), Shop: shop(0, 0)}, target: 0,
		},
		"an order that the warehouse has not got is not offered again": {
			in: stock.Input{Held: held(0, available(5)), Shop: shop(1, 4), Lines: []stock.Line{line("1", 1, 0)}}, target: 4,
		},
		"one that the warehouse has taken is": {
			in: stock.Input{Held: held(0, available(4)), Shop: shop(1, 4), Lines: []stock.Line{line("1", 1, 0, seen(-5, 2, 1, 1, 0, 0, 0))}}, target: 4,
		},
		"one that it took after the feed is not": {
			in: stock.Input{Held: held(0, available(5)), Shop: shop(1, 5), Lines: []stock.Line{line("1", 1, 0, seen(5, 2, 1, 1, 0, 0, 0))}}, target: 4, write: -1,
		},
		"one that was shipped and completed since the feed still counts": {
			in: stock.Input{Held: held(0, available(5)), Shop: shop(0, 5), Lines: []stock.Line{line("1", 0, 1, seen(5, 3, 1, 0, 1, 0, 0))}}, target: 4, write: -1,
		},
		"an order that was not taken in yet is not offered again": {
			in: stock.Input{Held: held(0, available(5)), Shop: shop(2, 3)}, target: 3,
		},
		"what the shop's lines hold beyond its own figure adds nothing": {
			in: stock.Input{Held: held(0, available(5)), Shop: shop(0, 4), Lines: []stock.Line{line("1", 1, 0)}}, target: 4,
			notes: []stock.NoteKind{stock.NoteLinesBeyond},
		},
		"an order cancelled in the shop and still held by the warehouse frees nothing yet": {
			in: stock.Input{Held: held(0, available(4)), Shop: shop(0, 4), Lines: []stock.Line{line("1", 0, 0, seen(-5, 2, 1, 1, 0, 0, 0))}}, target: 4,
		},
		"an old feed raises nothing": {
			in: stock.Input{Held: held(0, available(5)), Shop: shop(0, 1), Hold: stock.HoldStale}, target: 5, hold: stock.HoldStale,
		},
		"an old feed lowers": {
			in: stock.Input{Held: held(0, available(5)), Shop: shop(0, 7), Hold: stock.HoldStale}, target: 5, write: -2,
		},
		"a doubtful record raises nothing": {
			in: stock.Input{Held: stock.Unmentioned(held(0, available(5)), stock.HoldMissing), Shop: shop(0, 1)}, target: 5,
			hold: stock.HoldMissing, notes: []stock.NoteKind{stock.NoteDoubt},
		},
		"figures that moved while they were read raise nothing": {
			in: stock.Input{Held: held(0, available(5)), Shop: domain.SizeStock{Size: "11", Physical: 1, FreeToAllocate: 1, Torn: true}}, target: 5, hold: stock.HoldTorn,
		},
		"the shop's own margin beside our buffer is named": {
			rules: []domain.Rule{bufferRule(1, "*", "2")},
			in:    stock.Input{Held: held(0, available(5)), Shop: shop(0, 3), Threshold: 1}, target: 3, notes: []stock.NoteKind{stock.NoteTwoMargins},
		},
		"the shop's own margin alone is its own business": {
			in: stock.Input{Held: held(0, available(5)), Shop: shop(0, 5), Threshold: 1}, target: 5,
		},
		"an offset that offers more than there is is named": {
			in:     stock.Input{Held: held(0, available(5)), Shop: domain.SizeStock{Physical: 5, FreeToAllocate: 5, Offset: -2}},
			target: 5, notes: []stock.NoteKind{stock.NoteNegativeGive},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.in.Warehouse, tt.in.SKU, tt.in.ShopAt = warehouse, "SH-1", at(10)
			f := stock.NewPolicy(warehouse, tt.rules).Decide(tt.in)
			require.Equal(t, tt.target, f.Target, "target of %+v", f.Terms)
			require.Equal(t, tt.write, f.Difference, "difference")
			require.Equal(t, tt.hold, f.Hold)
			var kinds []stock.NoteKind
			for _, n := range f.Notes {
				require.NotEmpty(t, n.Text)
				kinds = append(kinds, n.Kind)
			}
			require.Equal(t, tt.notes, kinds)
			for _, term := range f.Terms {
				require.NotEmpty(t, term.Source)
				require.False(t, term.At.IsZero(), "a term without a time: %s", term.Name)
			}
		})
	}
}

func TestADeficitNamesTheOrders(t *testing.T) {
	t.Parallel()
	f := stock.NewPolicy(warehouse, nil).Decide(stock.Input{
		Warehouse: warehouse, SKU: "SH-1", Held: held(0, available(1)), Shop: shop(5, 1), ShopAt: at(10),
		Lines: []stock.Line{line("9", 1, 0), line("10", 2, 0), line("8", 1, 0, seen(-5, 2, 1, 1, 0, 0, 0))},
	})
	require.Zero(t, f.Target)
	require.Equal(t, -1, f.Difference)
	require.Equal(t, 3, f.Deficit.Units, "3 on lines and 1 not taken in, of which 1 is there")
	require.Equal(t, 1, f.Deficit.NotTakenIn)
	var numbers []string
	for _, p := range f.Deficit.Orders {
		numbers = append(numbers, p.Order.Number)
	}
	require.Equal(t, []string{"10", "9"}, numbers, "newest first, and not the one that has its unit")
}
