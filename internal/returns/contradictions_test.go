package returns_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

// handedOver tells how the warehouse knows the order's line.
func (t *tale) handedOver(lines ...domain.WarehouseOrderLine) {
	t.tell(domain.NewWarehouseOrderFact(domain.WarehouseOrder{Number: "10001", Warehouse: "north", Revision: 1, Lines: lines}, noon))
}

func TestAGarmentThatIsNoItemOfItsLineIsAPersons(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sku, disposition string
		asks             []string
		credits          int
	}{
		"the item of the line is credited":              {"SHIRT", "restock", nil, 1},
		"and so it is in another spelling":              {"shirt", "restock", nil, 1},
		"another item is none of it":                    {"HAT", "restock", []string{"return-unmatched"}, 0},
		"but what the warehouse calls wrong is as said": {"HAT", "wrong_item", []string{"wrong-item"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTale(1)
			s.handedOver(domain.WarehouseOrderLine{Line: "1", SKU: "SHIRT", Quantity: 1})
			u := unit("u", tt.disposition, 1, true)
			u.SKU = tt.sku
			s.tell(back("r", 1, u))
			s.work(t)
			require.Equal(t, tt.asks, kinds(s.decide(t, 1)))
			require.Equal(t, tt.credits, s.written(t, domain.PlanCredit))
		})
	}
}

func TestASpellingOfTheItemFindsTheLineThatNobodyNames(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	u := unit("u", "restock", 1, true)
	u.Line, u.SKU = "", "Shirt"
	s.tell(back("r", 1, u))
	s.work(t)
	require.Equal(t, 1, s.written(t, domain.PlanCredit))
}

// A warehouse that calls a garment two things under one revision is believed in neither,
// whichever came first, until it says more or a person has.
func TestTwoWordsUnderOneRevisionAreAPersons(t *testing.T) {
	t.Parallel()
	words := []domain.Fact{back("r", 1, unit("u", "restock", 1, true)), back("r", 1, unit("u", "ber", 1, true))}
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		s := newTale(1)
		for _, i := range order {
			s.tell(words[i])
		}
		s.work(t)
		cause := s.asked(t, 1, "return-decision")
		require.Zero(t, s.written(t, domain.PlanCredit))
		require.Zero(t, s.written(t, domain.PlanWriteOff))
		s.tell(answer(cause, "override", map[string]string{"disposition": "ber"}))
		s.work(t)
		require.True(t, s.decide(t, 1).Settled)
		require.Equal(t, 1, s.written(t, domain.PlanWriteOff))
	}
	s := newTale(1)
	s.tell(words[0])
	s.tell(words[1])
	s.tell(back("r", 2, unit("u", "restock", 2, true)))
	s.work(t)
	require.True(t, s.decide(t, 1).Settled, "a higher revision settles it")
}

// Some raise the revision of the return and forget the garment's.
func TestANewerReturnWithTheGarmentsOldRevisionHolds(t *testing.T) {
	t.Parallel()
	told := []domain.Fact{back("r", 1, unit("u", "quarantine", 1, false)), back("r", 2, unit("u", "ber", 1, true))}
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		s := newTale(1)
		for _, i := range order {
			s.tell(told[i])
			s.work(t)
		}
		require.Equal(t, []int{1, 1}, []int{s.written(t, domain.PlanCredit), s.written(t, domain.PlanWriteOff)}, "told as %v", order)
		require.True(t, s.decide(t, 1).Settled)
	}
}

// The contract's actions are of the final revision, but for what is being worked on.
func TestAWordThatIsNotFinalDecidesNothing(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"restock", "ber", "regrade_resale"} {
		s := newTale(1)
		early, late := unit("u", word, 1, false), unit("u", word, 2, true)
		early.ResultingSKU, late.ResultingSKU = "B", "B"
		s.tell(back("r", 1, early))
		s.work(t)
		d := s.decide(t, 1)
		require.Zero(t, s.written(t, domain.PlanCredit)+s.written(t, domain.PlanWriteOff)+s.written(t, domain.PlanShopReturn), word)
		require.False(t, d.Settled, "%s: it is waited for", word)
		require.Equal(t, noon.Add(21*24*time.Hour), d.WakeAt)
		s.now = d.WakeAt
		require.Equal(t, []string{"return-undecided"}, kinds(s.decide(t, 1)), word)
		s.tell(back("r", 2, late))
		s.work(t)
		require.Equal(t, 1, s.written(t, domain.PlanCredit), word)
		require.True(t, s.decide(t, 1).Settled, word)
	}
}

func TestALossThatIsFoundAgainIsAPersons(t *testing.T) {
	t.Parallel()
	for name, told := range map[string][]domain.Fact{
		"after a person gave it up as missing": {back("r", 1, unit("u", "missing", 1, true)), {}},
		"after it was booked off by itself":    {booksOff("a1", "S1")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTale(1)
			for _, f := range told {
				if f.Key == "" {
					s.tell(answer(s.asked(t, 1, "return-missing"), "skip", nil))
				} else {
					s.tell(f)
				}
				s.work(t)
			}
			require.Equal(t, 1, s.written(t, domain.PlanWriteOff))
			found := unit("u", "restock", 2, true)
			found.Serial = "S1"
			s.tell(back("r", 2, found))
			s.work(t)
			cause := s.asked(t, 1, "disposition-reversed")
			require.Zero(t, s.written(t, domain.PlanCredit), "a person looks first")
			s.tell(answer(cause, "skip", nil))
			s.work(t)
			require.Equal(t, []int{1, 1}, []int{s.written(t, domain.PlanCredit), s.written(t, domain.PlanWriteOff)})
			require.True(t, s.decide(t, 1).Settled)
		})
	}
}

func TestAnAnnouncedGarmentThatNeverCameIsTakenWhenAPersonSaysSo(t *testing.T) {
	t.Parallel()
	for word, losses := range map[string]int{"restock": 0, "ber": 1} {
		s := newTale(1)
		s.tell(byHand("4", 1, false))
		s.now = noon.Add(61 * 24 * time.Hour)
		cause := s.asked(t, 1, "return-missing")
		s.tell(answer(cause, "override", map[string]string{"disposition": word}))
		s.work(t)
		require.Equal(t, []int{1, 1, 1, losses}, []int{
			s.written(t, domain.PlanShopReturn), s.written(t, domain.PlanCredit), s.written(t, domain.PlanRefund), s.written(t, domain.PlanWriteOff),
		}, word)
		require.Zero(t, s.written(t, domain.PlanReceipt), "nothing arrived")
		require.True(t, s.decide(t, 1).Settled, word)
	}
}

// A return of the shop is completed and paid back as a whole. So one that announces a
// garment which was given up is a person's: what came is not paid for twice over.
func TestAReturnOfTheShopThatAnnouncesMoreThanCameIsNotCompleted(t *testing.T) {
	t.Parallel()
	tell := func(t *testing.T) *tale {
		t.Helper()
		s := newTale(2)
		s.tell(byHand("4", 2, false))
		s.tell(back("r", 1, unit("u", "restock", 1, true)))
		s.work(t)
		require.Zero(t, s.written(t, domain.PlanShopReturn)+s.written(t, domain.PlanCredit), "the other one is waited for")
		s.now = noon.Add(61 * 24 * time.Hour)
		s.tell(answer(s.asked(t, 1, "return-missing"), "skip", nil))
		s.work(t)
		s.asked(t, 1, "return-refused")
		require.Zero(t, s.written(t, domain.PlanShopReturn)+s.written(t, domain.PlanRefund))
		return s
	}
	t.Run("deleted there, what came gets a return of ours", func(t *testing.T) {
		t.Parallel()
		s := tell(t)
		s.tell(domain.NewShopReturnFact(domain.ShopReturn{ID: "4", Order: order, Deleted: true}, s.now))
		s.work(t)
		require.Equal(t, []int{1, 1, 1}, []int{s.written(t, domain.PlanShopReturn), s.written(t, domain.PlanCredit), s.written(t, domain.PlanRefund)})
		require.True(t, s.decide(t, 1).Settled)
	})
	t.Run("completed there, its money is finance's", func(t *testing.T) {
		t.Parallel()
		s := tell(t)
		s.tell(byHand("4", 2, true))
		s.work(t)
		require.Zero(t, s.written(t, domain.PlanRefund), "it would pay for both")
		s.asked(t, 1, "refund-decision")
	})
	t.Run("given up altogether, it is not left standing", func(t *testing.T) {
		t.Parallel()
		s := newTale(1)
		s.tell(byHand("4", 1, false))
		s.now = noon.Add(61 * 24 * time.Hour)
		s.tell(answer(s.asked(t, 1, "return-missing"), "skip", nil))
		cause := s.asked(t, 1, "return-refused")
		s.tell(answer(cause, "skip", nil))
		require.True(t, s.decide(t, 1).Settled)
	})
}

func TestTheEndOfAHireIsNeverPaidBackByItself(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(domain.NewReturnFact(domain.ReturnConfirmation{
		ID: "r", Warehouse: "north", Consignment: "10001", Type: domain.RentalReturn, Status: "graded", Revision: 1, ReceivedAt: noon,
		Units: []domain.ReturnUnit{unit("u", "restock", 1, true)},
	}, noon))
	s.work(t)
	require.Zero(t, s.written(t, domain.PlanRefund))
	s.asked(t, 1, "refund-decision")
}

// A shop that keeps bundles whole announces the bundle, and its garments come.
func TestABundleThatTheShopAnnouncesIsItsGarments(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.order.Lines = []domain.Line{
		{ID: "9", Kind: domain.LineBundle, SKU: "SET", Quantity: 1, Total: 9000},
		{ID: "1", Kind: domain.LineBundleItem, SKU: "SHIRT", Quantity: 1, Bundle: "9"},
		{ID: "2", Kind: domain.LineBundleItem, SKU: "HAT", Quantity: 2, Bundle: "9"},
	}
	s.order.Shipments[0].Lines = []domain.LineQuantity{{Line: "1", Quantity: 1}, {Line: "2", Quantity: 2}}
	s.tell(domain.NewShopReturnFact(domain.ShopReturn{ID: "4", Order: order, Shipment: "7", Lines: []domain.LineQuantity{{Line: "9", Quantity: 1}}, Total: 9000}, noon))
	hat := func(ref string) domain.ReturnUnit {
		return domain.ReturnUnit{Ref: ref, Line: "2", SKU: "HAT", Disposition: "restock", Final: true, Revision: 1, DecidedAt: noon}
	}
	s.tell(back("r", 1, unit("u", "restock", 1, true), hat("v"), hat("w")))
	s.work(t)
	require.Equal(t, 3, s.written(t, domain.PlanShopReturn), "it is the shop's return that is completed")
	require.Equal(t, 1, s.count(t))
	var plans []string
	for _, f := range s.facts {
		if p, err := domain.Decode[domain.ReturnPlan](f); f.Kind == domain.FactReturnPlanned && err == nil && p.Kind == domain.PlanShopReturn {
			plans = append(plans, p.ShopID)
		}
	}
	require.Equal(t, []string{"4"}, plans)
	require.True(t, s.decide(t, 1).Settled)
}

// A return is told as a whole: a garment that its newest word does not name was never in it.
func TestAGarmentThatTheWarehouseStrikesOffItsReturnIsAPersons(t *testing.T) {
	t.Parallel()
	told := []domain.Fact{
		back("r", 1, unit("u", "quarantine", 1, false), unit("v", "quarantine", 1, false)), back("r", 2, unit("u", "restock", 2, true)),
	}
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		s := newTale(2)
		for _, i := range order {
			s.tell(told[i])
			s.work(t)
		}
		require.Equal(t, 1, s.written(t, domain.PlanCredit))
		s.tell(answer(s.asked(t, 1, "return-decision"), "skip", nil))
		s.work(t)
		require.Equal(t, 1, s.written(t, domain.PlanCredit))
		require.True(t, s.decide(t, 1).Settled)
	}
	s := newTale(2)
	s.tell(told[0])
	s.tell(told[1])
	s.asked(t, 1, "return-decision")
	s.tell(back("r", 3, unit("u", "restock", 2, true), unit("v", "restock", 2, true)))
	s.work(t)
	require.Equal(t, 2, s.written(t, domain.PlanCredit), "named again, it is taken")
	require.True(t, s.decide(t, 1).Settled)
}

// A rule that is missing keeps every document of a thousand returns waiting, for one cause.
func TestDocumentsThatWaitForARuleWaitOnOneCause(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(back("r", 1, unit("u", "ber", 1, true)))
	refused := 0
	for _, due := range s.decide(t, 1).Due {
		if due.Leg != domain.FinanceLeg {
			continue
		}
		refused++
		s.tell(domain.NewFact(domain.FactReturnRefused, "refused:"+due.Plan.Key, "selvedge", s.now, domain.ReturnRefused{Return: 1, RefusedFact: domain.RefusedFact{
			Step: domain.Step(due.Plan.Kind), Subject: due.Plan.Key, System: "selvedge", Exception: "unmapped:entity", Problems: []domain.Refusal{{Code: "entity_unknown", Value: "UK Ltd"}},
		}}))
	}
	require.Greater(t, refused, 1)
	require.Equal(t, "unmapped:entity:selvedge:UK Ltd", s.asked(t, 1, "unmapped:entity"), "as it is of an order's documents")
	answered := func(s *tale, action string) {
		s.tell(domain.NewFact(domain.FactReturnAnswered, action, "fin", s.now, domain.ReturnAnswer{
			Return: 1, AnswerFact: domain.AnswerFact{Cause: "unmapped:entity:selvedge:UK Ltd", Action: action, By: "fin", Reason: "booked by hand"},
		}))
		require.Empty(t, s.decide(t, 1).Questions)
		s.work(t)
		require.Empty(t, s.decide(t, 1).Waiting)
		require.True(t, s.decide(t, 1).Settled)
	}
	byHand := *s
	byHand.facts = slices.Clone(s.facts)
	answered(s, "retry")
	answered(&byHand, "skip") // the refund's own document does not wait for a memo that finance has booked
	require.Len(t, byHand.plans(t, domain.PlanPayment), 1)
}
