package returns_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/domain"
)

// bookEntry is a movement of the warehouse's books that takes n shirts off them.
func bookEntry(id string, n int, change ...func(*domain.Adjustment)) domain.Fact {
	a := domain.Adjustment{ID: id, Warehouse: "north", SKU: "SHIRT", Units: -n, Reason: "ber_write_off", At: noon.Add(time.Hour)}
	for _, f := range change {
		f(&a)
	}
	return domain.NewAdjustmentFact(a)
}

func ofReturn(id string) func(*domain.Adjustment) {
	return func(a *domain.Adjustment) { a.Return = id }
}

func ofOrder(a *domain.Adjustment) { a.Order = "10001" }

func serials(s ...string) func(*domain.Adjustment) {
	return func(a *domain.Adjustment) { a.Serials = s }
}

func at(d time.Duration) func(*domain.Adjustment) {
	return func(a *domain.Adjustment) { a.At = noon.Add(d) }
}

func likeUnits(n int, disposition string) []domain.ReturnUnit {
	var out []domain.ReturnUnit
	for i := range n {
		out = append(out, unit(fmt.Sprintf("u%d", i), disposition, 1, true))
	}
	return out
}

func TestALossToldByReturnAndBooksIsOneInAnyOrder(t *testing.T) {
	t.Parallel()
	mixed := []domain.ReturnUnit{unit("u0", "restock", 1, true), unit("u1", "ber", 1, true), unit("u2", "ber", 1, true)}
	inWork := back("r", 1, unit("u0", "quarantine", 1, false), unit("u1", "quarantine", 1, false))
	decided := back("r", 2, unit("u0", "restock", 2, true), unit("u1", "ber", 2, true))
	withSerial := func(u domain.ReturnUnit, serial string) domain.ReturnUnit { u.Serial = serial; return u }
	for name, tt := range map[string]struct {
		told   []domain.Fact // told in every order, each after each
		losses int
	}{
		"one garment, by its return":                     {[]domain.Fact{back("r", 1, likeUnits(1, "ber")...), bookEntry("a", 1, ofReturn("r"))}, 1},
		"two like garments, by their return":             {[]domain.Fact{back("r", 1, likeUnits(2, "ber")...), bookEntry("a", 1, ofReturn("r")), bookEntry("b", 1, ofReturn("r"))}, 2},
		"three like garments in one entry":               {[]domain.Fact{back("r", 1, likeUnits(3, "ber")...), bookEntry("a", 3, ofReturn("r"))}, 3},
		"fewer entries than lost garments":               {[]domain.Fact{back("r", 1, likeUnits(3, "ber")...), bookEntry("a", 1, ofReturn("r"))}, 3},
		"beside a garment that is well":                  {[]domain.Fact{back("r", 1, mixed...), bookEntry("a", 1, ofReturn("r")), bookEntry("b", 1, ofReturn("r"))}, 2},
		"before it is decided which one is lost":         {[]domain.Fact{inWork, decided, bookEntry("a", 1, ofReturn("r"))}, 1},
		"more entries than garments called lost":         {[]domain.Fact{back("r", 1, mixed[:2]...), bookEntry("a", 2, ofReturn("r"))}, 2},
		"the entry names a serial, the return none":      {[]domain.Fact{back("r", 1, likeUnits(1, "ber")...), bookEntry("a", 1, ofReturn("r"), serials("S1"))}, 1},
		"the return names a serial, the entry none":      {[]domain.Fact{back("r", 1, withSerial(unit("u", "ber", 1, true), "S1")), bookEntry("a", 1, ofReturn("r"))}, 1},
		"the serial comes with a later revision":         {[]domain.Fact{back("r", 1, unit("u", "quarantine", 1, false)), back("r", 2, withSerial(unit("u", "ber", 2, true), "S1")), bookEntry("a", 1, serials("S1"))}, 1},
		"other serials are other garments":               {[]domain.Fact{back("r", 1, withSerial(unit("u", "ber", 1, true), "S1")), bookEntry("a", 1, ofReturn("r"), serials("S2"))}, 2},
		"one serial of two garments":                     {[]domain.Fact{back("r", 1, withSerial(unit("u", "ber", 1, true), "S1"), unit("v", "ber", 1, true)), bookEntry("a", 2, serials("S1"), ofReturn("r"))}, 2},
		"by the order alone":                             {[]domain.Fact{back("r", 1, likeUnits(2, "ber")...), bookEntry("a", 1, ofOrder), bookEntry("b", 1, ofOrder)}, 2},
		"by the order, before the parcel left":           {[]domain.Fact{back("r", 1, likeUnits(1, "ber")...), bookEntry("a", 1, ofOrder, at(-time.Hour))}, 2},
		"by the order, another kind of loss":             {[]domain.Fact{back("r", 1, likeUnits(1, "ber")...), bookEntry("a", 1, ofOrder, func(a *domain.Adjustment) { a.Reason = "lost" })}, 2},
		"of another return":                              {[]domain.Fact{back("r", 1, likeUnits(1, "ber")...), bookEntry("a", 1, ofReturn("q"))}, 2},
		"of no return that told of it":                   {[]domain.Fact{bookEntry("a", 2, ofReturn("q"))}, 2},
		"two returns, each with its entry":               {[]domain.Fact{back("r", 1, likeUnits(1, "ber")...), back("q", 1, likeUnits(1, "ber")...), bookEntry("a", 1, ofReturn("r")), bookEntry("b", 1, ofReturn("q"))}, 2},
		"called good before it left the books is lost":   {[]domain.Fact{back("r", 1, likeUnits(1, "restock")...), bookEntry("a", 1, ofReturn("r"))}, 1},
		"in repair, and it left the books":               {[]domain.Fact{back("r", 1, unit("u", "refurbish", 1, false)), bookEntry("a", 1, ofReturn("r"))}, 1},
		"called good after it left the books stays lost": {[]domain.Fact{back("r", 1, likeUnits(1, "restock")...), bookEntry("a", 1, ofReturn("r"), at(-time.Minute))}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, order := range permuted(len(tt.told)) {
				for _, eager := range []bool{true, false} {
					s := newTale(3)
					for _, i := range order {
						for range 5 {
							s.tell(tt.told[i])
						}
						if eager { // the return's workflow acts before anything else is told
							s.work(t)
						}
					}
					s.work(t)
					require.Equal(t, tt.losses, s.written(t, domain.PlanWriteOff), "told in the order %v, acted on at once: %v", order, eager)
				}
			}
		})
	}
}

func permuted(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var out [][]int
	for _, p := range permuted(n - 1) {
		for at := range n {
			out = append(out, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return out
}

func TestAGarmentCalledGoodAfterItLeftTheBooksIsAPersons(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(bookEntry("a", 1, ofReturn("r"), at(-time.Minute)))
	s.tell(back("r", 1, likeUnits(1, "restock")...))
	s.work(t)
	require.Equal(t, []string{"disposition-reversed"}, kinds(s.decide(t, 1)))
	require.Equal(t, 1, s.written(t, domain.PlanWriteOff))

	s = newTale(1)
	s.tell(back("r", 1, likeUnits(1, "restock")...))
	s.tell(bookEntry("a", 1, ofReturn("r")))
	s.work(t)
	require.Empty(t, kinds(s.decide(t, 1)), "it was found spoilt on the shelf")
	require.True(t, s.decide(t, 1).Settled)
}

// Whatever is told in whatever order, and whenever the return acts on it: of n entries of
// a return and m garments that are lost by their last word the greater number is written
// off, unless garments changed sides after they had been.
func TestAsManyAreWrittenOffAsWereLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		units, entries := rapid.IntRange(1, 3).Draw(r, "units"), rapid.IntRange(0, 3).Draw(r, "entries")
		lost := 0
		var facts []domain.Fact
		var first, last []domain.ReturnUnit
		for i := range units {
			word := rapid.SampledFrom([]string{"ber", "restock"}).Draw(r, "word")
			if word == "ber" {
				lost++
			}
			first = append(first, unit(fmt.Sprintf("u%d", i), "quarantine", 1, false))
			last = append(last, unit(fmt.Sprintf("u%d", i), word, 2, true))
		}
		entries = min(entries, units)
		facts = append(facts, back("r", 1, first...), back("r", 2, last...))
		for i := range entries {
			facts = append(facts, bookEntry(fmt.Sprintf("a%d", i), 1, ofReturn("r")))
		}
		s := newTale(units)
		for _, f := range rapid.Permutation(facts).Draw(r, "order") {
			s.tell(f)
			if rapid.Bool().Draw(r, "acts") {
				s.work(r)
			}
		}
		s.work(r)
		require.Equal(r, max(lost, entries), s.written(r, domain.PlanWriteOff))
		for range 3 {
			s.work(r)
		}
		require.Equal(r, max(lost, entries), s.written(r, domain.PlanWriteOff))
	})
}
