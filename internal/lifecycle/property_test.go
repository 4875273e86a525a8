package lifecycle_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/domain"
	"selvedge/internal/lifecycle"
)

// check demands all that must hold of any history at any moment.
func (w *world) check(t require.TestingT) lifecycle.Decision {
	d := w.look()
	for _, l := range d.Progress.Lines {
		require.Equal(t, l.Ordered, l.Shipped+l.Short+l.Cancelled+l.Open, "conservation of %+v", l)
		require.GreaterOrEqual(t, min(l.Shipped, l.Short, l.Cancelled, l.Open, l.Held), 0, "%+v", l)
		if w.unseen() == 0 {
			require.Equal(t, w.line(l.Line).ordered, l.Ordered)
		}
	}
	for _, l := range w.lines {
		sent := 0
		for _, o := range w.orders {
			for _, at := range o.lines {
				if at.id == l.id && o.state != domain.WarehouseRejected {
					sent += at.quantity - at.cancelled
				}
			}
		}
		require.LessOrEqual(t, sent, l.ordered, "units of line %s sent", l.id)
		require.LessOrEqual(t, w.inShop(l.id, false), l.ordered)
		require.LessOrEqual(t, l.cancelled+w.inShop(l.id, false), l.ordered)
	}
	require.Empty(t, w.overPushed)
	for _, due := range d.Due {
		for _, q := range d.Questions {
			require.False(t, q.Step == due.Step && q.Subject == due.Subject && q.Step != "", "%s %s is due while %s is asked", due.Step, due.Subject, q.Cause)
		}
		if o := w.orders[due.Subject]; due.Step == domain.StepSubmit && o != nil {
			require.True(t, slices.ContainsFunc(d.Progress.Consignments, func(c domain.ConsignmentProgress) bool { return c.Number == o.number }) || w.lost(o.number),
				"%s is submitted twice", o.number)
		}
	}
	if d.Ended {
		require.Empty(t, d.Due)
		require.Empty(t, d.Questions)
		for _, l := range d.Progress.Lines {
			if d.Cause == "" && d.State != domain.Cancelled && d.State != domain.RejectedState && !w.withdrawn() && !w.cancelled {
				require.Zero(t, l.Open)
				require.True(t, l.Missing() == 0 || w.refused(domain.StepCancelShort, l.Line), "%d units of line %s are short and nobody settled them", l.Missing(), l.Line)
			}
		}
	}
	return d
}

// lost tells that the answer to a submission was lost: no fact of ours tells of it.
func (w *world) lost(number string) bool {
	return !slices.ContainsFunc(w.facts, func(f domain.Fact) bool {
		s, err := domain.Decode[domain.SubmittedFact](f)
		return f.Kind == domain.FactSubmitted && err == nil && s.Consignment == number
	})
}

func (w *world) refused(step domain.Step, subject string) bool {
	return slices.ContainsFunc(w.facts, func(f domain.Fact) bool {
		r, err := domain.Decode[domain.RefusedFact](f)
		return f.Kind == domain.FactRefused && err == nil && r.Step == step && r.Subject == subject
	})
}

func (w *world) unseen() int { return len(w.outbox) }

func (w *world) withdrawn() bool {
	return slices.ContainsFunc(w.facts, func(f domain.Fact) bool {
		a, err := domain.Decode[domain.AnswerFact](f)
		return f.Kind == domain.FactAnswered && err == nil && a.Action == "withdraw-order"
	})
}

// settle takes what is due until nothing is, and fails when that never ends.
func (w *world) settle(t require.TestingT) lifecycle.Decision {
	for range 60 {
		d := w.check(t)
		if len(d.Due) == 0 {
			return d
		}
		w.take(d.Due[0], false)
	}
	d := w.look()
	require.FailNow(t, "no fixpoint", "still due: %+v", d.Due)
	return d
}

// drain lets everybody do their part until the order ends.
func (w *world) drain(t require.TestingT) lifecycle.Decision {
	w.onHold = w.onHold && w.withdrawn()
	w.unmapped = false
	for _, l := range w.lines {
		if n := w.demand(l); n > 0 {
			l.allocated["W1"] += n
		}
	}
	var d lifecycle.Decision
	for range 25 {
		w.deliver()
		d = w.settle(t)
		if d.Ended && len(w.outbox) == 0 {
			return d
		}
		for _, q := range d.Questions {
			switch q.Kind {
			case "rejected-by-warehouse", "late-reject":
				w.address++
			default:
				w.answer(q.Cause, "skip")
			}
		}
		w.deliver()
		w.settle(t)
		for _, number := range slices.Sorted(maps.Keys(w.orders)) {
			o := w.orders[number]
			switch o.state {
			case domain.WarehouseCancelRequested:
				w.answerCancel(o, true)
			case domain.WarehouseRejected, domain.WarehouseCancelled, domain.WarehouseShipped:
			default:
				w.shipAll(o)
			}
		}
		w.now = w.now.Add(2 * time.Hour)
	}
	require.FailNow(t, "the order never ends", "state %s, waiting %v, questions %+v, lines %+v, consignments %+v, parcels %+v", d.State, d.Waiting, d.Questions, d.Progress.Lines, d.Progress.Consignments, d.Progress.Parcels)
	return d
}

// actions are what may happen at any moment.
func (w *world) actions(t *rapid.T) map[string]func(*rapid.T) {
	order := func(t *rapid.T) *floorOrder {
		if len(w.orders) == 0 {
			t.Skip("nothing sent")
		}
		return w.orders[rapid.SampledFrom(slices.Sorted(maps.Keys(w.orders))).Draw(t, "order")]
	}
	in := func(t *rapid.T, states ...domain.WarehouseStatus) *floorOrder {
		o := order(t)
		if !slices.Contains(states, o.state) {
			t.Skip("not in that state")
		}
		return o
	}
	anyLine := func(t *rapid.T) *shopLine { return rapid.SampledFrom(w.lines).Draw(t, "line") }
	working := []domain.WarehouseStatus{domain.WarehouseInProgress, domain.WarehousePartlyShipped}
	return map[string]func(*rapid.T){
		"": func(t *rapid.T) { w.check(t) },
		"step": func(t *rapid.T) {
			d := w.look()
			if len(d.Due) == 0 {
				t.Skip("nothing due")
			}
			w.take(rapid.SampledFrom(d.Due).Draw(t, "due"), rapid.IntRange(0, 9).Draw(t, "lost") == 0)
		},
		"settle": func(t *rapid.T) { w.settle(t) },
		"deliver": func(t *rapid.T) {
			if len(w.outbox) == 0 {
				t.Skip("nothing told")
			}
			i := rapid.IntRange(0, len(w.outbox)-1).Draw(t, "event")
			f := w.outbox[i]
			w.outbox = slices.Delete(w.outbox, i, i+1)
			w.record(f)
			if f.Kind == domain.FactCancelRefused || rapid.Bool().Draw(t, "again") {
				w.record(f)
			}
		},
		"accept": func(t *rapid.T) { o := in(t, domain.WarehouseReceived); o.state = domain.WarehouseAccepted; w.tell(o) },
		"pick": func(t *rapid.T) {
			o := in(t, domain.WarehouseAccepted)
			o.state = domain.WarehouseInProgress
			o.revision++
		},
		"reject": func(t *rapid.T) { w.reject(in(t, domain.WarehouseReceived)) },
		"late reject": func(t *rapid.T) {
			o := in(t, domain.WarehouseAccepted, domain.WarehouseInProgress)
			if slices.ContainsFunc(o.lines, func(l *floorLine) bool { return l.shipped > 0 }) || len(o.shipments) > 0 {
				t.Skip("goods have left")
			}
			w.reject(o)
		},
		"short": func(t *rapid.T) { w.short(in(t, working...), anyLine(t).id, rapid.IntRange(1, 2).Draw(t, "units")) },
		"ship": func(t *rapid.T) {
			o, units := in(t, working...), map[string]int{}
			for _, l := range o.lines {
				units[l.id] = rapid.IntRange(0, 2).Draw(t, "units")
			}
			if s := w.ship(o, units); s != nil && rapid.IntRange(0, 3).Draw(t, "untracked") == 0 {
				s.Trackings = nil
				w.outbox = w.outbox[:len(w.outbox)-1]
				s.Revision--
				w.tellShipment(s)
			}
		},
		"odd parcel": func(t *rapid.T) {
			o := in(t, working...)
			s := w.ship(o, map[string]int{"1": 1, "2": 1, "3": 1})
			if s == nil || w.voided {
				t.Skip("nothing left, or a void and an odd parcel at once")
			}
			w.odd = true
			w.outbox = w.outbox[:len(w.outbox)-1]
			s.Revision--
			l := &s.Lines[0]
			switch rapid.SampledFrom([]string{"null", "over", "other", "carrier", "open"}).Draw(t, "what") {
			case "null":
				l.Line = ""
			case "over":
				l.Quantity++
				for _, at := range o.lines {
					if at.id == l.Line {
						at.shipped++
					}
				}
			case "other":
				l.SKU, l.Substituted = "OTHER", true
			case "carrier":
				s.Carrier = "NEW"
			case "open":
				s.Final = false
			}
			w.tellShipment(s)
		},
		"money first": func(*rapid.T) { w.mode = domain.CaptureBeforeSubmission },
		"track": func(t *rapid.T) {
			o := order(t)
			if len(o.shipments) == 0 {
				t.Skip("nothing shipped")
			}
			s := rapid.SampledFrom(o.shipments).Draw(t, "shipment")
			s.Trackings = []string{"LATE"}
			w.tellShipment(s)
		},
		"answer cancel": func(t *rapid.T) {
			w.answerCancel(in(t, domain.WarehouseCancelRequested), rapid.Bool().Draw(t, "agreed"))
		},
		"void": func(t *rapid.T) {
			o := in(t, domain.WarehousePartlyShipped, domain.WarehouseShipped)
			s := rapid.SampledFrom(o.shipments).Draw(t, "shipment")
			if s.Voided || w.odd || rapid.IntRange(0, 2).Draw(t, "seldom") > 0 {
				t.Skip("voided")
			}
			w.void(o, s)
		},
		"cancel line": func(t *rapid.T) { w.cancelUnits(anyLine(t).id, rapid.IntRange(1, 2).Draw(t, "units")) },
		"address":     func(*rapid.T) { w.address++ },
		"hold":        func(*rapid.T) { w.onHold = !w.onHold || w.withdrawn() },
		"rules":       func(*rapid.T) { w.unmapped = !w.unmapped },
		"allocate": func(t *rapid.T) {
			l := anyLine(t)
			if n := w.demand(l); n > 0 {
				l.allocated[rapid.SampledFrom([]string{"W1", "W2"}).Draw(t, "warehouse")] += n
			}
		},
		"cancel order": func(t *rapid.T) {
			if rapid.IntRange(0, 9).Draw(t, "seldom") == 0 && len(w.shipments) == 0 {
				w.cancelled = true
			}
		},
		"answer": func(t *rapid.T) {
			d := w.look()
			if len(d.Questions) == 0 {
				t.Skip("nothing asked")
			}
			q := rapid.SampledFrom(d.Questions).Draw(t, "question")
			answers := []string{"retry", "retry", "skip", "skip", "withdraw-order"}
			if q.Kind == "rejected-by-warehouse" || q.Kind == "late-reject" || q.Kind == "unmapped:market" {
				answers = []string{"retry"}
			}
			w.answer(q.Cause, rapid.SampledFrom(answers).Draw(t, "action"))
		},
		"retry all": func(*rapid.T) { w.answer("", "retry") },
		"time":      func(*rapid.T) { w.now = w.now.Add(20 * time.Minute) },
	}
}

func anyWorld(t *rapid.T) *world {
	w := newWorld()
	w.keeps = rapid.Bool().Draw(t, "shop keeps allocations")
	for i := range rapid.IntRange(1, 3).Draw(t, "lines") {
		ordered := rapid.IntRange(1, 3).Draw(t, "ordered")
		l := line(fmt.Sprint(i+1), ordered, map[string]int{})
		l.sku = rapid.SampledFrom([]string{"A", "B"}).Draw(t, "sku")
		first := rapid.IntRange(0, ordered).Draw(t, "W1")
		l.allocated["W1"], l.allocated["W2"] = first, rapid.IntRange(0, ordered-first).Draw(t, "W2")
		w.lines = append(w.lines, l)
	}
	return w
}

func TestAnyHistoryKeepsEveryUnitAndEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		t.Repeat(w.actions(t))
		w.drain(t)
		w.sameInAnyOrder(t)
	})
}

// sameInAnyOrder hands the facts over shuffled and doubled, and has what warehouses
// told come at other moments, before what it followed or long after.
func (w *world) sameInAnyOrder(t *rapid.T) {
	want, err := domain.Derive(w.order(), w.facts)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "shuffle")))
	shuffled := append(slices.Clone(w.facts), w.facts...)
	random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	got, err := domain.Derive(w.order(), shuffled)
	require.NoError(t, err)
	require.Equal(t, want, got, "the order in which facts are handed over")

	// A request to cancel is told apart from its answer by what came first, so where
	// there is one the orders stay in their places.
	asked := slices.ContainsFunc(w.facts, func(f domain.Fact) bool {
		return f.Kind == domain.FactCancelRequested || f.Kind == domain.FactCancelRefused
	})
	var ours, theirs []domain.Fact
	for _, f := range w.facts {
		if f.Kind == domain.FactShipment || f.Kind == domain.FactWarehouseOrder && !asked {
			theirs = append(theirs, f)
		} else {
			ours = append(ours, f)
		}
	}
	for _, f := range theirs {
		ours = slices.Insert(ours, random.IntN(len(ours)+1), f)
	}
	for i := range ours {
		ours[i].Sequence = int64(i + 1)
	}
	got, err = domain.Derive(w.order(), ours)
	require.NoError(t, err)
	require.Equal(t, timeless(want), timeless(got), "the moment at which warehouses tell")
}

// timeless leaves out sequences, which only say when something was told.
func timeless(p domain.Progress) domain.Progress {
	p.Consignments = slices.Clone(p.Consignments)
	for i := range p.Consignments {
		p.Consignments[i].RejectedAt, p.Consignments[i].CancelRefusedAt = 0, 0
	}
	return p
}
