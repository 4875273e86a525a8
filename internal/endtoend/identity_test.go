package endtoend_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/simulators/weather"
)

func badPostcode() []acs.FieldError {
	return []acs.FieldError{{Code: "postcode_invalid", Pointer: "/deliverTo/postcode", Message: "not deliverable"}}
}

func badLine() []acs.FieldError {
	return []acs.FieldError{{Code: "quantity_invalid", Pointer: "/lines/0/quantity", Message: "too many"}}
}

// halts is a floor that accepts an order and holds it before anybody picks.
func halts() *acs.FloorPlan {
	return &acs.FloorPlan{AcceptDelayMs: ptr(20), HoldMs: 600_000, NeverShip: true, CancelDelayMs: ptr(50)}
}

// atFloor waits until an order stands at the warehouse, accepted.
func (w *world) atFloor(t *testing.T, number int) {
	t.Helper()
	eventually(t, "the warehouse accepts the order", func() bool {
		held := w.atWarehouse(number)
		return len(held) > 0 && held[0].State != "received"
	})
}

// TestAnOrderAtTheWarehouse keeps one identity whatever happens to it.
func TestAnOrderAtTheWarehouse(t *testing.T) {
	t.Parallel()
	w := open(t, options{})

	t.Run("that is rejected late and mended in the shop is amended under its number", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3001), &acs.FloorPlan{AcceptDelayMs: ptr(20), LateReject: &acs.PlannedReject{AfterMs: 300, Errors: badPostcode()}})
		w.asks(t, 3001, "late-reject")
		w.graphql(t, `mutation { updateDirectToConsumerOrder(order: {number: 3001}, input: {shippingAddress: {zipCode: "EC1A 1BB"}}) { userErrors { message } } }`)
		w.closes(t, 3001)
		w.requireDelivered(t, 3001, 1)
		require.Len(t, w.atWarehouse(3001), 1)
		require.Equal(t, "EC1A 1BB", w.warehouseHolds(t, north, "3001")["deliverTo"].(map[string]any)["postcode"])
	})
	t.Run("that is rejected late is sent again as it is when a person says so", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3002), &acs.FloorPlan{AcceptDelayMs: ptr(20), LateReject: &acs.PlannedReject{AfterMs: 300, Errors: badPostcode()}})
		w.asks(t, 3002, "late-reject")
		w.retry(t, 3002)
		w.closes(t, 3002)
		w.requireDelivered(t, 3002, 1)
		require.Len(t, w.atWarehouse(3002), 1)
	})
	t.Run("that is rejected goes again under its number with the lines as edited", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3003, with(line(3003, 1, shirt, 3), line(3003, 2, hat, 1))), &acs.FloorPlan{AcceptDelayMs: ptr(20), Reject: &acs.PlannedReject{Errors: badLine()}})
		w.asks(t, 3003, "rejected-by-warehouse")
		w.admin(t, centra.Action{Action: "cancel-line", Order: 3003, LineID: 30031, Quantity: 2})
		w.closes(t, 3003)
		w.requireDelivered(t, 3003, 1)
		held := w.atWarehouse(3003)
		require.Len(t, held, 1)
		require.Equal(t, "3003", held[0].Number)
		require.Equal(t, 1, held[0].Lines[0].Quantity)
	})
	t.Run("is amended once when its address changes after the hand-over", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3004), halts())
		w.atFloor(t, 3004)
		w.graphql(t, `mutation { updateDirectToConsumerOrder(order: {number: 3004}, input: {shippingAddress: {zipCode: "EC1A 1BB"}}) { userErrors { message } } }`)
		eventually(t, "the warehouse holds the new address", func() bool {
			return w.warehouseHolds(t, north, "3004")["deliverTo"].(map[string]any)["postcode"] == "EC1A 1BB"
		})
		w.act(t, acs.Action{Account: accountN, Order: "3004", Action: "ship"})
		w.closes(t, 3004)
		w.requireDelivered(t, 3004, 1)
		amended := 0
		for _, f := range w.facts(t, 3004, domain.FactSubmitted) {
			s, err := domain.Decode[domain.SubmittedFact](f)
			require.NoError(t, err)
			if s.Amended {
				amended++
			}
		}
		require.Equal(t, 1, amended)
		require.Len(t, w.atWarehouse(3004), 1)
	})
	t.Run("whose address changes after it was packed is a question, and goes as it is when a person says so", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3011), stays())
		eventually(t, "the warehouse has packed", func() bool {
			held := w.atWarehouse(3011)
			return len(held) == 1 && held[0].State == "packed"
		})
		w.graphql(t, `mutation { updateDirectToConsumerOrder(order: {number: 3011}, input: {shippingAddress: {zipCode: "EC1A 1BB"}}) { userErrors { message } } }`)
		w.asks(t, 3011, "amendment-refused")
		_, err := w.resolve(t, 3011, contract.Resolution{Action: contract.ActionSkip, Reason: "the old address reaches her too", By: "ada"})
		require.NoError(t, err)
		w.act(t, acs.Action{Account: accountN, Order: "3011", Action: "ship"})
		w.closes(t, 3011)
		w.requireDelivered(t, 3011, 1)
	})
	t.Run("waits for all of its units and goes as one", func(t *testing.T) {
		t.Parallel()
		late := line(3005, 2, hat, 1)
		late.From, late.Demand = nil, 1
		w.sell(t, sale(3005, with(line(3005, 1, shirt, 1), late)), nil)
		w.until(t, 3005, "waiting for the shop", func(s shown) bool { return s.state == domain.WaitingForShop })
		require.Empty(t, w.atWarehouse(3005))
		w.admin(t, centra.Action{Action: "allocate", Order: 3005, LineID: 30052, Warehouse: north, Quantity: 1})
		w.closes(t, 3005)
		w.requireDelivered(t, 3005, 1)
		require.Len(t, w.atWarehouse(3005), 1)
	})
	t.Run("that is held after the hand-over is cancelled there and sent anew under .2", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3006), stays())
		w.atFloor(t, 3006)
		w.admin(t, centra.Action{Action: "hold", Order: 3006, Reason: "fraud check"})
		eventually(t, "the warehouse cancels", func() bool { return w.atWarehouse(3006)[0].State == "cancelled" })
		w.until(t, 3006, "waiting for the shop", func(s shown) bool { return s.state == domain.WaitingForShop })
		w.admin(t, centra.Action{Action: "unhold", Order: 3006})
		eventually(t, "the order is sent anew", func() bool { return len(w.atWarehouse(3006)) == 2 })
		require.Equal(t, "3006.2", w.atWarehouse(3006)[1].Number)
		eventually(t, "the second is accepted", func() bool { return w.atWarehouse(3006)[1].State != "received" })
		w.act(t, acs.Action{Account: accountN, Order: "3006.2", Action: "ship"})
		w.closes(t, 3006)
		w.requireDelivered(t, 3006, 1)
	})
	t.Run("that is cancelled in the shop before the hand-over never gets there", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3007, unmapped), nil)
		w.asks(t, 3007, "unmapped:shipping-method")
		w.admin(t, centra.Action{Action: "cancel", Order: 3007})
		w.ends(t, 3007, domain.Cancelled)
		require.Empty(t, w.atWarehouse(3007))
	})
	t.Run("that is cancelled in the shop is cancelled there when it can be", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3008), stays())
		w.atFloor(t, 3008)
		w.admin(t, centra.Action{Action: "cancel", Order: 3008})
		w.ends(t, 3008, domain.Cancelled)
		require.Equal(t, "cancelled", w.atWarehouse(3008)[0].State)
		require.Zero(t, w.inShop(t, 3008).Captured)
	})
	t.Run("that is cancelled in the shop too late is a question", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3009), &acs.FloorPlan{AcceptDelayMs: ptr(20), Parcels: []acs.PlannedParcel{{DelayMs: ptr(30_000)}}, CancelAnswer: "refuse", CancelDelayMs: ptr(50)})
		eventually(t, "the warehouse has packed", func() bool {
			held := w.atWarehouse(3009)
			return len(held) == 1 && held[0].State == "packed"
		})
		w.admin(t, centra.Action{Action: "cancel", Order: 3009})
		w.asks(t, 3009, "cancelled-too-late")
	})
	t.Run("of which a line is cancelled after a part was shipped ships the rest", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(3010, with(line(3010, 1, shirt, 2), line(3010, 2, hat, 1))), stays())
		w.atFloor(t, 3010)
		w.act(t, acs.Action{Account: accountN, Order: "3010", Action: "ship", Lines: []acs.PlannedUnits{{LineID: lineID(3010, 1), Quantity: 1}}})
		eventually(t, "the first parcel stands in the shop", func() bool { return w.mails(3010) == 1 })
		w.admin(t, centra.Action{Action: "cancel-line", Order: 3010, LineID: 30101, Quantity: 1})
		eventually(t, "the warehouse drops the unit", func() bool { return w.atWarehouse(3010)[0].Lines[0].Cancelled == 1 })
		w.act(t, acs.Action{Account: accountN, Order: "3010", Action: "ship"})
		w.closes(t, 3010)
		w.requireDelivered(t, 3010, 2)
		require.Len(t, w.atWarehouse(3010), 1)
	})
}

func TestAnAmendmentWhoseAnswerIsLostIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := open(t, options{})
	w.sell(t, sale(3101), halts())
	w.atFloor(t, 3101)
	w.until(t, 3101, "submitted", func(s shown) bool { return s.state == domain.Submitted || s.state == domain.Accepted })
	require.NoError(t, w.floorWeather.Script(weather.Fault{Kind: weather.CutAfterCommit, Match: "PUT "}))
	w.graphql(t, `mutation { updateDirectToConsumerOrder(order: {number: 3101}, input: {shippingAddress: {zipCode: "EC1A 1BB"}}) { userErrors { message } } }`)
	eventually(t, "the amendment is known", func() bool { return len(w.facts(t, 3101, domain.FactSubmitted)) == 2 })
	require.Equal(t, 1, w.floorWeather.Stats().Scripted)
	w.act(t, acs.Action{Account: accountN, Order: "3101", Action: "ship"})
	w.closes(t, 3101)
	w.requireDelivered(t, 3101, 1)
	require.Equal(t, "EC1A 1BB", w.warehouseHolds(t, north, "3101")["deliverTo"].(map[string]any)["postcode"])
}
