package returns_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/domain"
	"selvedge/internal/returns"
)

var (
	noon  = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	order = domain.OrderID{Store: "atelier", Number: "10001"}
)

// rulings are the contract's words, as short as tests need them.
func rulings(_, disposition, _ string) (returns.Ruling, *domain.Question) {
	known := map[string]returns.Ruling{
		"restock": {Action: returns.Restock}, "refurbish": {Action: returns.Wait, Patience: 21 * 24 * time.Hour},
		"quarantine": {Action: returns.Wait, HoldRefund: true, Patience: 14 * 24 * time.Hour}, "ber": {Action: returns.WriteOff},
		"regrade_resale": {Action: returns.Regrade}, "missing": {Action: returns.Missing}, "wrong_item": {Action: returns.Ask},
	}
	r, ok := known[disposition]
	if !ok {
		return r, &domain.Question{Kind: "unmapped:disposition", Cause: "unmapped:disposition:north:" + disposition}
	}
	return r, nil
}

// tale is an order of one line and what was told of it.
type tale struct {
	order  domain.Order
	facts  []domain.Fact
	now    time.Time
	policy func(disposition string, kind domain.ReturnType) (returns.Policy, *domain.Question) // nil: on grading, nothing kept back
	ruling func(warehouse, disposition, grade string) (returns.Ruling, *domain.Question)       // nil: rulings
}

func onGrading(string, domain.ReturnType) (returns.Policy, *domain.Question) {
	return returns.Policy{When: domain.RefundOnGrading, Shipping: domain.ShippingKept}, nil
}

func newTale(units int) *tale {
	lines := []domain.LineQuantity{{Line: "1", Quantity: units}}
	t := &tale{now: noon.Add(time.Hour), order: domain.Order{
		ID: order, Currency: "GBP", Lines: []domain.Line{{ID: "1", Kind: domain.LineProduct, SKU: "SHIRT", Quantity: units, Total: int64(units) * 3990}},
		Shipments: []domain.ShopShipment{{ID: "7", Lines: lines, Shipped: true, Paid: true}},
	}}
	t.tell(domain.NewShipmentFact(domain.Shipment{
		ID: "s1", Consignment: "10001", Warehouse: "north", Sequence: 1, Revision: 1, ShippedAt: noon,
		Lines: []domain.ShipmentLine{{Line: "1", SKU: "SHIRT", Quantity: units}},
	}, noon))
	return t
}

func (t *tale) tell(f domain.Fact) {
	for _, known := range t.facts {
		if known.Key == f.Key {
			return
		}
	}
	f.Sequence = int64(len(t.facts) + 1)
	t.facts = append(t.facts, f)
}

func unit(ref, disposition string, revision int64, final bool) domain.ReturnUnit {
	return domain.ReturnUnit{Ref: ref, Line: "1", SKU: "SHIRT", Disposition: disposition, Final: final, Revision: revision, DecidedAt: noon}
}

func back(id string, revision int64, units ...domain.ReturnUnit) domain.Fact {
	return domain.NewReturnFact(domain.ReturnConfirmation{
		ID: id, Warehouse: "north", Consignment: "10001", Type: domain.CustomerReturn, Status: "graded", Revision: revision, ReceivedAt: noon, Units: units,
	}, noon)
}

func byHand(id string, quantity int, completed bool) domain.Fact {
	return domain.NewShopReturnFact(domain.ShopReturn{ID: id, Order: order, Shipment: "7", Completed: completed, Lines: []domain.LineQuantity{{Line: "1", Quantity: quantity}}, Total: int64(quantity) * 3990}, noon)
}

func booksOff(id, serial string) domain.Fact {
	return domain.NewAdjustmentFact(domain.Adjustment{ID: id, Warehouse: "north", SKU: "SHIRT", Units: -1, Reason: "ber_write_off", Serials: []string{serial}, At: noon})
}

func (t *tale) settings() returns.Settings {
	return returns.Settings{ReturnWindow: 60 * 24 * time.Hour, RefundWait: 72 * time.Hour, RefundCheck: time.Hour, LinkPatience: 15 * time.Minute}
}

func (t *tale) decide(tb require.TestingT, n int) returns.Decision {
	policy := t.policy
	if policy == nil {
		policy = onGrading
	}
	ruling := t.ruling
	if ruling == nil {
		ruling = rulings
	}
	d, err := returns.Decide(returns.Input{Order: t.order, Facts: t.facts, Number: n, Now: t.now, Settings: t.settings(), Ruling: ruling, Policy: policy, Ledger: true})
	require.NoError(tb, err)
	return d
}

func (t *tale) count(tb require.TestingT) int {
	open, err := returns.Open(t.order, t.facts)
	require.NoError(tb, err)
	n := 0
	for _, o := range open {
		n = max(n, o.Number)
	}
	return n
}

// work takes every step that is due until none is, as the activities would, and answers
// what was written: garments by kind of plan.
func (t *tale) work(tb require.TestingT) {
	for range 200 {
		var step *returns.Due
		for n := 1; n <= t.count(tb) && step == nil; n++ {
			if d := t.decide(tb, n); len(d.Due) > 0 {
				step = &d.Due[0]
			}
		}
		if step == nil {
			return
		}
		p := step.Plan
		if !step.Planned {
			t.tell(domain.NewFact(domain.FactReturnPlanned, "plan:"+p.Key, "selvedge", t.now, p))
		}
		t.write(tb, p)
	}
	require.Fail(tb, "steps never end")
}

// write tells that a plan is done, or, when it was, that it names more of the other leg.
func (t *tale) write(tb require.TestingT, p domain.ReturnPlan) {
	w := domain.ReturnWritten{Return: p.Return, Kind: p.Kind, Key: p.Key, Stage: domain.StageDone, ID: fmt.Sprintf("id-%d", len(t.facts))}
	if p.ShopID != "" && p.Kind == domain.PlanShopReturn {
		w.ID = p.ShopID
	}
	if p.Kind == domain.PlanRefund {
		w.Amount = 3990 * int64(len(p.Garments))
	}
	for _, f := range t.facts {
		if f.Kind != domain.FactReturnWritten {
			continue
		}
		before, err := domain.Decode[domain.ReturnWritten](f)
		require.NoError(tb, err)
		if before.Key == p.Key && (before.Stage == domain.StageDone || before.Stage == domain.StageLinked) && len(p.Links) > 0 {
			w.ID, w.Stage, w.Links = before.ID, domain.StageLinked, append(slices.Clone(before.Links), p.Links...)
		}
	}
	t.tell(domain.NewFact(domain.FactReturnWritten, fmt.Sprintf("written:%s:%d", p.Key, len(t.facts)), "selvedge", t.now, w))
}

func (t *tale) written(tb require.TestingT, kind domain.PlanKind) (units int) {
	for _, f := range t.facts {
		if f.Kind != domain.FactReturnPlanned {
			continue
		}
		p, err := domain.Decode[domain.ReturnPlan](f)
		require.NoError(tb, err)
		if p.Kind == kind {
			units += len(p.Garments)
		}
	}
	return units
}

func kinds(d returns.Decision) []string {
	var out []string
	for _, q := range d.Questions {
		out = append(out, q.Kind)
	}
	slices.Sort(out)
	return out
}

func TestWhatAReturnComesTo(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		units                        int
		told                         []domain.Fact
		shop, credits, losses, moves int
		asks                         []string
		open                         bool
	}{
		"restock goes into the shop and the books":          {units: 1, told: []domain.Fact{back("r", 1, unit("u", "restock", 1, true))}, shop: 1, credits: 1},
		"ber is credited and written off":                   {units: 1, told: []domain.Fact{back("r", 1, unit("u", "ber", 1, true))}, shop: 1, credits: 1, losses: 1},
		"refurbish is credited and stays open":              {units: 1, told: []domain.Fact{back("r", 1, unit("u", "refurbish", 1, false))}, shop: 1, credits: 1, open: true},
		"quarantine is not credited":                        {units: 1, told: []domain.Fact{back("r", 1, unit("u", "quarantine", 1, false))}, open: true},
		"refurbish then ber credits once, writes off once":  {units: 1, told: []domain.Fact{back("r", 1, unit("u", "refurbish", 1, false)), back("r", 2, unit("u", "ber", 2, true))}, shop: 1, credits: 1, losses: 1},
		"restock then ber credits once, writes off once":    {units: 1, told: []domain.Fact{back("r", 1, unit("u", "restock", 1, true)), back("r", 2, unit("u", "ber", 2, true))}, shop: 1, credits: 1, losses: 1},
		"ber then restock stays written off and asks":       {units: 1, told: []domain.Fact{back("r", 1, unit("u", "ber", 1, true)), back("r", 2, unit("u", "restock", 2, true))}, shop: 1, credits: 1, losses: 1, asks: []string{"disposition-reversed"}, open: true},
		"a regraded garment is transferred":                 {units: 1, told: []domain.Fact{back("r", 1, func() domain.ReturnUnit { u := unit("u", "regrade_resale", 1, true); u.ResultingSKU = "B"; return u }())}, shop: 1, credits: 1, moves: 1},
		"a regraded garment without its item asks":          {units: 1, told: []domain.Fact{back("r", 1, unit("u", "regrade_resale", 1, true))}, asks: []string{"regrade-unknown"}, open: true},
		"a missing garment asks and credits nothing":        {units: 1, told: []domain.Fact{back("r", 1, unit("u", "missing", 1, true))}, asks: []string{"return-missing"}, open: true},
		"another item asks and credits nothing":             {units: 1, told: []domain.Fact{back("r", 1, unit("u", "wrong_item", 1, true))}, asks: []string{"wrong-item"}, open: true},
		"an unknown word asks and credits nothing":          {units: 1, told: []domain.Fact{back("r", 1, unit("u", "mothed", 1, true))}, asks: []string{"unmapped:disposition"}, open: true},
		"one garment too many asks, the others go on":       {units: 1, told: []domain.Fact{back("r", 1, unit("u", "restock", 1, true), unit("v", "restock", 1, true))}, shop: 1, credits: 1, asks: []string{"return-not-shipped"}, open: true},
		"shop first, warehouse then, is one":                {units: 2, told: []domain.Fact{byHand("4", 2, false), back("r", 1, unit("u", "restock", 1, true), unit("v", "ber", 1, true))}, shop: 2, credits: 2, losses: 1},
		"warehouse first, shop then, is one":                {units: 2, told: []domain.Fact{back("r", 1, unit("u", "quarantine", 1, false)), byHand("4", 1, false), back("r", 2, unit("u", "restock", 2, true))}, shop: 1, credits: 1},
		"a return completed by hand is credited unseen":     {units: 1, told: []domain.Fact{byHand("4", 1, true)}, shop: 1, credits: 1, open: true},
		"a garment written off in the store is written off": {units: 1, told: []domain.Fact{booksOff("a1", "S1")}, losses: 1},
		"written off under its serial and returned is one":  {units: 1, told: []domain.Fact{booksOff("a1", "S1"), back("r", 1, func() domain.ReturnUnit { u := unit("u", "ber", 1, true); u.Serial = "S1"; return u }())}, shop: 1, credits: 1, losses: 1},
		"returned and written off under its serial is one":  {units: 1, told: []domain.Fact{back("r", 1, func() domain.ReturnUnit { u := unit("u", "ber", 1, true); u.Serial = "S1"; return u }()), booksOff("a1", "S1")}, shop: 1, credits: 1, losses: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTale(tt.units)
			for _, f := range tt.told {
				s.tell(f)
				s.work(t)
			}
			require.Equal(t, tt.shop, s.written(t, domain.PlanShopReturn), "in the shop")
			require.Equal(t, tt.credits, s.written(t, domain.PlanCredit), "credited")
			require.Equal(t, tt.losses, s.written(t, domain.PlanWriteOff), "written off")
			require.Equal(t, tt.moves, s.written(t, domain.PlanTransfer), "transferred")
			d := s.decide(t, 1)
			require.Equal(t, tt.asks, kinds(d))
			require.Equal(t, !tt.open, d.Settled, "waits for %v", d.Waiting)
			require.LessOrEqual(t, s.count(t), 1, "all of it is one return")
		})
	}
}

// TestAnyOrderComesToTheSame tells confirmations, write-offs and returns of the shop in
// any order, each several times, and works at any point between.
func TestAnyOrderComesToTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		units := rapid.IntRange(1, 4).Draw(r, "units")
		var told []domain.Fact
		losses := 0
		for n := range units {
			ref := fmt.Sprint("u", n)
			last := rapid.SampledFrom([]string{"restock", "ber"}).Draw(r, ref)
			first := rapid.SampledFrom([]string{"", "refurbish", "quarantine", "restock"}).Draw(r, ref+" first")
			decided := unit(ref, last, 2, true)
			decided.Serial = "S" + ref
			id := fmt.Sprint("r", rapid.IntRange(1, 2).Draw(r, ref+" parcel"), n)
			if first != "" {
				u := unit(ref, first, 1, first == "restock")
				u.Serial = "S" + ref
				told = append(told, back(id, 1, u))
			}
			told = append(told, back(id, 2, decided))
			if last == "ber" {
				losses++
				if rapid.Bool().Draw(r, ref+" booked off") {
					told = append(told, booksOff("a"+ref, "S"+ref))
				}
			}
		}
		hand, completed := rapid.IntRange(0, units).Draw(r, "by hand"), rapid.Bool().Draw(r, "completed")
		var order []int // twice each, in any order; -1 is the return made by hand
		for n := range told {
			order = append(order, n, n)
		}
		s := newTale(units)
		for _, n := range rapid.Permutation(append(order, -1)).Draw(r, "order") {
			if n >= 0 {
				s.tell(told[n])
			} else if left := min(hand, units-s.written(r, domain.PlanShopReturn)); left > 0 { // the shop lets nobody return more
				s.tell(byHand("4", left, completed))
			}
			if rapid.Bool().Draw(r, "work") {
				s.work(r)
			}
		}
		s.work(r)
		require.Equal(r, units, s.written(r, domain.PlanCredit), "each garment is credited once")
		require.Equal(r, losses, s.written(r, domain.PlanWriteOff), "each lost garment is written off once")
		require.Equal(r, units, s.written(r, domain.PlanShopReturn), "each garment stands in the shop once")
	})
}

func TestARefundThatWasAskedForIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newTale(1)
	s.tell(back("r", 1, unit("u", "restock", 1, true)))
	s.work(t)
	var refund domain.ReturnPlan
	for _, f := range s.facts {
		if p, err := domain.Decode[domain.ReturnPlan](f); err == nil && f.Kind == domain.FactReturnPlanned && p.Kind == domain.PlanRefund {
			refund = p
		}
	}
	require.NotEmpty(t, refund.Key)
	s.facts = slices.DeleteFunc(s.facts, func(f domain.Fact) bool {
		return strings.HasPrefix(f.Key, "written:"+refund.Key) || strings.HasPrefix(f.Key, "plan:"+refund.Key+"/document") // nor booked
	})
	s.tell(domain.NewFact(domain.FactReturnWritten, "asked", "selvedge", s.now, domain.ReturnWritten{Return: 1, Kind: domain.PlanRefund, Key: refund.Key, Stage: domain.StageCreated}))
	d := s.decide(t, 1)
	require.Empty(t, d.Due)
	require.False(t, d.Settled)
	require.Equal(t, s.now.Add(time.Hour), d.WakeAt)
	s.now = s.now.Add(2 * time.Hour)
	require.Len(t, s.decide(t, 1).Due, 1, "the shop is asked")
	s.now = s.now.Add(80 * time.Hour)
	require.Contains(t, kinds(s.decide(t, 1)), "refund-overdue")
}

func TestPatience(t *testing.T) {
	t.Parallel()
	for disposition, patience := range map[string]time.Duration{"refurbish": 21 * 24 * time.Hour, "quarantine": 14 * 24 * time.Hour} {
		s := newTale(1)
		s.tell(back("r", 1, unit("u", disposition, 1, false)))
		s.work(t)
		d := s.decide(t, 1)
		require.Equal(t, noon.Add(patience), d.WakeAt)
		s.now = noon.Add(patience)
		require.Equal(t, []string{"return-undecided"}, kinds(s.decide(t, 1)))
	}
}
