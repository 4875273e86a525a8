package lifecycle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/lifecycle"
)

// story is a rule told on one order: two units of line 1, both at warehouse W1.
type story struct {
	*testing.T
	*world
}

func tell(t *testing.T) story {
	t.Parallel()
	return story{t, newWorld(line("1", 2, map[string]int{"W1": 2}))}
}

// due lists what is due as "step subject".
func (s story) due() []string {
	var out []string
	for _, d := range s.check(s).Due {
		out = append(out, string(d.Step)+" "+d.Subject)
	}
	return out
}

// asks lists the kinds of question that are open.
func (s story) asks() []string {
	var out []string
	for _, q := range s.check(s).Questions {
		out = append(out, q.Kind)
	}
	return out
}

func (s story) state() domain.OrderState { return s.check(s).State }

func (s story) run() { s.deliver(); s.world.settle(s.T) }

// settleWith answers the only open question and goes on.
func (s story) resolve(action string) {
	d := s.check(s)
	require.Len(s, d.Questions, 1)
	s.answer(d.Questions[0].Cause, action)
	s.run()
}

// at brings consignment 100 to a state.
func (s story) at(status domain.WarehouseStatus) *floorOrder {
	s.run()
	o := s.orders["100"]
	o.state = status
	s.tell(o)
	s.run()
	return o
}

func (s story) ended(state domain.OrderState) {
	d := s.check(s)
	require.True(s, d.Ended, "due %v, questions %v, lines %+v", d.Due, d.Questions, d.Progress.Lines)
	require.Equal(s, state, d.State)
}

func TestHandingOver(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]func(s story){
		"an order is sent once, shipped, told to the shop once, and ends": func(s story) {
			require.Equal(s, []string{"submit 100"}, s.due())
			require.Equal(s, domain.Enriched, s.state())
			s.run()
			require.Equal(s, domain.Submitted, s.state())
			o := s.at(domain.WarehouseAccepted)
			require.Equal(s, domain.Accepted, s.state())
			s.shipAll(o)
			s.deliver()
			require.Equal(s, []string{"ship 100-s1"}, s.due())
			s.run()
			s.ended(domain.ReturnWindow)
			require.Len(s, s.shipments, 1)
		},
		"two warehouses get one consignment each": func(s story) {
			s.line("1").allocated = map[string]int{"W1": 1, "W2": 1}
			require.Equal(s, []string{"submit 100", "submit 100.2"}, s.due())
			s.run()
			require.Len(s, s.orders, 2)
		},
		"units allocated later are a second consignment": func(s story) {
			s.at(domain.WarehouseInProgress)
			s.line("1").ordered, s.line("1").allocated["W1"] = 3, 3
			require.Equal(s, []string{"submit 100.2"}, s.due())
			s.run()
			require.Equal(s, 1, s.orders["100.2"].lines[0].quantity)
		},
		"completed units that the shop keeps allocated are not sent again from another warehouse": func(s story) {
			s.keeps = true
			o := s.at(domain.WarehouseInProgress)
			s.shipAll(o)
			s.run()
			s.line("1").ordered, s.line("1").allocated["W2"] = 3, 1
			s.run()
			require.Equal(s, "W2", s.orders["100.2"].warehouse)
			require.Equal(s, 1, s.orders["100.2"].lines[0].quantity)
		},
		"while the shop is not ready the order waits": func(s story) {
			s.onHold = true
			require.Empty(s, s.due())
			require.Equal(s, domain.WaitingForShop, s.state())
		},
		"what is wrong is asked, and nothing is sent": func(s story) {
			s.unmapped = true
			require.Empty(s, s.due())
			require.Equal(s, []string{"unmapped:market"}, s.asks())
		},
		"an order with nothing that leaves a warehouse ends": func(s story) {
			s.lines = nil
			s.ended(domain.Closed)
		},
		"cancelled in the shop before hand-over it ends": func(s story) {
			s.cancelled = true
			s.ended(domain.Cancelled)
		},
		"an answer that was lost is asked for under the same number": func(s story) {
			s.take(s.look().Due[0], true)
			s.deliver()
			require.Equal(s, []string{"submit 100"}, s.due())
			s.run()
			require.Len(s, s.orders, 1)
			require.Empty(s, s.due())
		},
		"a plan whose quantity changed before it was sent is another plan": func(s story) {
			before := s.look().Due[0].Plan.Fingerprint
			s.cancelUnits("1", 1)
			require.NotEqual(s, before, s.look().Due[0].Plan.Fingerprint)
			s.run()
			require.Equal(s, 1, s.orders["100"].lines[0].quantity)
		},
	} {
		t.Run(name, func(t *testing.T) { rule(tell(t)) })
	}
}

func TestChangesAfterHandOver(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]func(s story){
		"a line cancelled in the shop is cancelled at the warehouse, once": func(s story) {
			o := s.at(domain.WarehouseAccepted)
			s.cancelUnits("1", 1)
			require.Equal(s, []string{"cancel 100"}, s.due())
			s.run()
			require.Equal(s, 1, o.lines[0].cancelled)
			require.Empty(s, s.due())
		},
		"a cancellation that is asked for is not asked of another consignment": func(s story) {
			s.at(domain.WarehouseInProgress)
			s.line("1").ordered, s.line("1").allocated["W1"] = 3, 3
			s.run()
			s.orders["100.2"].state = domain.WarehouseInProgress
			s.cancelUnits("1", 1)
			s.run()
			require.Equal(s, domain.WarehouseCancelRequested, s.orders["100.2"].state)
			require.Equal(s, domain.WarehouseInProgress, s.orders["100"].state)
			require.Empty(s, s.due())
		},
		"an address edit is one amendment": func(s story) {
			s.at(domain.WarehouseAccepted)
			s.address++
			require.Equal(s, []string{"amend 100"}, s.due())
			s.run()
			require.Empty(s, s.due())
			require.Equal(s, "100", s.look().Progress.Consignments[0].Number)
		},
		"an amendment keeps the quantity of a line partly cancelled": func(s story) {
			o := s.at(domain.WarehouseAccepted)
			s.cancelUnits("1", 1)
			s.run()
			s.address++
			s.run()
			require.Equal(s, 2, o.lines[0].quantity)
			require.Equal(s, 1, o.lines[0].cancelled)
			require.Empty(s, s.asks())
			require.Equal(s, 1, s.look().Progress.Lines[0].Held)
		},
		"an amendment refused is asked once; skip lets it go, and the next edit is asked anew": func(s story) {
			s.at(domain.WarehouseInProgress)
			s.address++
			s.run()
			require.Equal(s, []string{"amendment-refused"}, s.asks())
			s.resolve("skip")
			s.answer("", "retry")
			require.Empty(s, s.due(), "a skip settles for ever")
			s.address++
			s.run()
			require.Equal(s, []string{"amendment-refused"}, s.asks())
		},
		"an address edit after a first parcel is not passed over": func(s story) {
			s.ship(s.at(domain.WarehouseInProgress), map[string]int{"1": 1})
			s.run()
			s.address++
			s.run()
			require.Equal(s, []string{"amendment-refused"}, s.asks())
		},
		"held it is taken back, released it is sent anew under the next number": func(s story) {
			s.at(domain.WarehouseAccepted)
			s.onHold = true
			require.Equal(s, []string{"cancel 100"}, s.due())
			s.run()
			require.Equal(s, domain.WaitingForShop, s.state())
			s.onHold = false
			require.Equal(s, []string{"submit 100.2"}, s.due())
			require.Equal(s, domain.Enriched, s.state())
			s.run()
			require.Equal(s, 2, s.orders["100.2"].open())
		},
		"cancelled in the shop after hand-over it is cancelled and ends": func(s story) {
			s.at(domain.WarehouseAccepted)
			s.cancelled = true
			s.run()
			s.ended(domain.Cancelled)
		},
		"too late to cancel is asked; the goods go on and the order ends": func(s story) {
			o := s.at(domain.WarehouseInProgress)
			s.onHold = true
			s.run()
			s.answerCancel(o, false)
			s.run()
			require.Equal(s, []string{"cancelled-too-late"}, s.asks())
			s.onHold = false
			require.Empty(s, s.asks())
			s.shipAll(o)
			s.run()
			s.ended(domain.ReturnWindow)
		},
		"retry asks a warehouse that refused to cancel once more, once": func(s story) {
			o := s.at(domain.WarehouseInProgress)
			s.cancelled = true
			s.run()
			s.answerCancel(o, false)
			s.run()
			s.answer(s.look().Questions[0].Cause, "retry")
			require.Equal(s, []string{"cancel 100"}, s.due())
			s.run()
			require.Empty(s, s.due())
			require.Empty(s, s.asks())
			s.answerCancel(o, false)
			s.run()
			require.Equal(s, []string{"cancelled-too-late"}, s.asks())
		},
		"withdrawn it is cancelled at the warehouse, held in the shop, and ends": func(s story) {
			s.at(domain.WarehouseAccepted)
			s.answer("", "withdraw-order")
			s.run()
			require.True(s, s.onHold)
			s.ended(domain.Cancelled)
		},
	} {
		t.Run(name, func(t *testing.T) { rule(tell(t)) })
	}
}

func TestRejections(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]func(s story){
		"mended content replaces a rejected order under its number": func(s story) {
			o := s.at(domain.WarehouseReceived)
			s.reject(o)
			s.run()
			require.Equal(s, []string{"rejected-by-warehouse"}, s.asks())
			require.Empty(s, s.due())
			s.address++
			require.Equal(s, []string{"amend 100"}, s.due())
			s.run()
			require.Empty(s, s.asks())
			require.Len(s, s.orders, 1)
		},
		"a retry sends the same again, once; rejected again it is asked again": func(s story) {
			o := s.at(domain.WarehouseReceived)
			s.reject(o)
			s.run()
			s.resolve("retry")
			require.Equal(s, domain.WarehouseReceived, o.state)
			require.Empty(s, s.due())
			s.reject(o)
			s.run()
			require.Empty(s, s.due())
			require.Equal(s, []string{"rejected-by-warehouse"}, s.asks())
		},
		"a rejection after acceptance is a late one": func(s story) {
			s.reject(s.at(domain.WarehouseAccepted))
			s.run()
			require.Equal(s, []string{"late-reject"}, s.asks())
		},
		"an amendment refused before the rejection does not stop the mended order": func(s story) {
			o := s.at(domain.WarehouseInProgress)
			s.address++
			s.run()
			s.resolve("skip")
			s.reject(o)
			s.deliver()
			require.Equal(s, []string{"amend 100"}, s.due())
		},
		"a rejected order whose lines are cancelled owes nothing": func(s story) {
			s.reject(s.at(domain.WarehouseReceived))
			s.run()
			s.cancelUnits("1", 2)
			s.ended(domain.Cancelled)
		},
		"a rejected order that is withdrawn ends as rejected": func(s story) {
			s.reject(s.at(domain.WarehouseReceived))
			s.run()
			s.resolve("withdraw-order")
			s.ended(domain.RejectedState)
		},
	} {
		t.Run(name, func(t *testing.T) { rule(tell(t)) })
	}
}

func TestShorts(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]func(s story){
		"a skip cancels the short unit in the shop, once, while the rest is picked": func(s story) {
			s.line("1").ordered, s.line("1").allocated["W1"] = 3, 3
			s.short(s.at(domain.WarehouseInProgress), "1", 1)
			s.run()
			require.Equal(s, []string{"short-pick"}, s.asks())
			s.resolve("skip")
			require.Equal(s, 1, s.line("1").cancelled)
			require.Equal(s, 2, s.look().Progress.Lines[0].Open)
			require.Equal(s, 2, s.orders["100"].open(), "nothing more is asked of the warehouse")
		},
		"a further short is asked anew": func(s story) {
			s.line("1").ordered, s.line("1").allocated["W1"] = 3, 3
			o := s.at(domain.WarehouseInProgress)
			s.short(o, "1", 1)
			s.run()
			s.resolve("skip")
			s.short(o, "1", 1)
			s.run()
			require.Equal(s, []string{"short-pick"}, s.asks())
			require.Equal(s, 1, s.line("1").cancelled)
		},
		"an order that is short altogether is not sent anew": func(s story) {
			s.short(s.at(domain.WarehouseInProgress), "1", 2)
			s.run()
			require.Empty(s, s.due())
			require.Equal(s, []string{"short-pick"}, s.asks())
			s.resolve("skip")
			s.ended(domain.Cancelled)
		},
		"cancelled in the shop by hand a short is settled": func(s story) {
			o := s.at(domain.WarehouseInProgress)
			s.short(o, "1", 1)
			s.cancelUnits("1", 1)
			s.shipAll(o)
			s.run()
			s.ended(domain.ReturnWindow)
		},
		"what is left of a reduced order's authorisation is released, once": func(s story) {
			s.payment = domain.Payment{Authorized: 1000, Captured: 500}
			o := s.at(domain.WarehouseInProgress)
			s.cancelUnits("1", 1)
			s.run()
			s.answerCancel(o, true)
			s.shipAll(o)
			s.deliver()
			s.take(s.look().Due[0], false)
			require.Equal(s, []string{"release-authorisation 100"}, s.due())
			s.run()
			s.ended(domain.ReturnWindow)
		},
	} {
		t.Run(name, func(t *testing.T) { rule(tell(t)) })
	}
}

func TestAHoldAtTheWarehouseIsAskedOnceItLasts(t *testing.T) {
	t.Parallel()
	for reason, kind := range map[string]string{"address_check": "invalid-address", "client": "unknown-event", "": "unknown-event", "awaiting_stock": ""} {
		t.Run(reason, func(t *testing.T) {
			s := tell(t)
			s.run()
			s.append(domain.FactWarehouseOrder, "held", domain.WarehouseOrder{Number: "100", Warehouse: "W1", Status: domain.WarehouseOnHold, HoldReason: reason, Revision: 9, UpdatedAt: noon})
			require.Empty(s, s.asks(), "most holds are lifted within minutes")
			s.now = noon.Add(time.Hour)
			if kind == "" {
				require.Empty(s, s.asks())
				return
			}
			require.Equal(s, []string{kind}, s.asks())
			s.append(domain.FactWarehouseOrder, "released", domain.WarehouseOrder{Number: "100", Warehouse: "W1", Status: domain.WarehouseAccepted, Revision: 10})
			require.Empty(s, s.asks())
		})
	}
}

func TestAnUnknownStatusIsNeverFine(t *testing.T) {
	s := tell(t)
	s.at(domain.WarehouseUnknown)
	require.Equal(t, []string{"unknown-event"}, s.asks())
}

func TestARefusalIsAskedOncePerReason(t *testing.T) {
	s := tell(t)
	problems := []domain.Refusal{{Code: "sku_unknown", SKU: "A", Value: "A"}, {Code: "sku_unknown", SKU: "A", Value: "A", Line: "2"}, {Code: "shipping_service_unknown", Value: "X"}}
	for i := range 9 {
		problems = append(problems, domain.Refusal{Code: "sku_inactive", SKU: fmt.Sprint(i)})
	}
	s.append(domain.FactRefused, "refused", domain.RefusedFact{Step: domain.StepSubmit, Subject: "100", System: "acs", Exception: "rejected-by-warehouse", Problems: problems})
	questions := s.look().Questions
	require.Len(t, questions, 5)
	require.Equal(t, "rejected-by-warehouse:acs:sku_unknown:A", questions[0].Cause, "the same for every order that has it")
	require.Len(t, questions[0].Problems, 2)
	require.Equal(t, "rejected-by-warehouse:acs:shipping_service_unknown:X", questions[1].Cause)
	require.Len(t, questions[4].Problems, 7, "none is lost")
	s.answer(questions[1].Cause, "retry")
	require.Equal(t, []string{"submit 100"}, s.due())
}

func TestPartsAreOrderedByWarehouse(t *testing.T) {
	t.Parallel()
	parts := lifecycle.Sorted([]lifecycle.Part{{Warehouse: "B"}, {Warehouse: "A"}})
	require.Equal(t, "A", parts[0].Warehouse)
}
