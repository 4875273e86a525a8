package acs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/acs"
)

func ms(n int) *int { return &n }

func TestFloorLife(t *testing.T) {
	t.Parallel()
	h := simple(t)
	h.created("BX-1", with(sale(), doc{"references": doc{"order": "shop/1"}}))
	require.Equal(t, "received", h.state("BX-1").State)
	h.advance(3 * hour)
	require.Equal(t, []string{"order.received", "order.accepted", "shipment.created"}, h.kinds("BX-1"))
	state := h.state("BX-1")
	require.Equal(t, "shipped", state.State)
	require.Equal(t, map[string]string{"order": "shop/1"}, state.References)
	require.Equal(t, []acs.LineState{{LineID: "1", SKU: "DRESS", Quantity: 1, Shipped: 1}, {LineID: "2", SKU: "BELT", Quantity: 2, Shipped: 2}}, state.Lines)
	sent := h.shipments("BX-1")
	require.Len(t, sent, 1)
	require.Equal(t, true, sent[0]["final"])
	require.Equal(t, "RM", sent[0]["carrier"].(doc)["code"])
	require.NotNil(t, state.Shipments[0].TrackedAt)
	require.Equal(t, 49, h.bucket("DRESS", "available"))
	require.Equal(t, 0, h.bucket("DRESS", "allocated"))
	require.Equal(t, sent[0]["shipmentId"], h.call("GET", "/shipments/"+sent[0]["shipmentId"].(string), nil).body["shipmentId"])
	require.Len(t, list(h.call("GET", "/shipments?updatedSince=2020-01-01T00:00:00Z", nil).body["data"]), 1)
}

func TestFloorAllocatesBeforeItShips(t *testing.T) {
	t.Parallel()
	h := simple(t, acs.FloorPlan{Order: "BX-1", NeverShip: true})
	h.created("BX-1", sale())
	h.advance(3 * hour)
	require.Equal(t, "packed", h.state("BX-1").State)
	require.Equal(t, 48, h.bucket("BELT", "available"))
	require.Equal(t, 2, h.bucket("BELT", "allocated"))
	require.EqualValues(t, 2, list(h.order("BX-1")["lines"])[1]["allocated"])
}

func TestPlannedRejection(t *testing.T) {
	t.Parallel()
	faults := []acs.FieldError{{Code: "address_invalid", Pointer: "/deliverTo/address1", Message: "no such street"}}
	reject := &acs.PlannedReject{Errors: faults}
	mended := with(sale(), doc{"deliverTo": doc{"lastName": "Lennox", "address1": "8 Example Road", "city": "Holytown", "postcode": "ML1 4GP", "country": "GB"}})
	for name, tt := range map[string]struct {
		plan   acs.FloorPlan
		resend doc
		late   bool
		want   string
	}{
		"once by default, even when nothing was mended":   {plan: acs.FloorPlan{Reject: reject}, resend: sale(), want: "shipped"},
		"again while the offending content is the same":   {plan: acs.FloorPlan{Reject: reject, RejectTimes: 9}, resend: with(sale(), doc{"comments": "please"}), want: "rejected"},
		"not again once the offending content is mended":  {plan: acs.FloorPlan{Reject: reject, RejectTimes: 9}, resend: mended, want: "shipped"},
		"late, after acceptance, and shipped when mended": {plan: acs.FloorPlan{LateReject: &acs.PlannedReject{AfterMs: 600_000, Errors: faults}}, resend: mended, late: true, want: "shipped"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.plan.Order = "shop/1"
			h := simple(t, tt.plan)
			h.created("BX-1", with(sale(), doc{"references": doc{"order": "shop/1"}}))
			h.advance(hour)
			o := h.order("BX-1")
			require.Equal(t, "rejected", o["status"])
			require.Equal(t, tt.late, o["rejection"].(doc)["afterAcceptance"])
			require.Equal(t, 50, h.bucket("DRESS", "available"), "allocated units are given back")
			r := h.call("PUT", "/orders/BX-1", with(tt.resend, doc{"references": doc{"order": "shop/1"}}), "If-Match", fmt.Sprintf(`"%v"`, o["revision"]))
			require.Equal(t, 200, r.status, "%v", r.body)
			require.Equal(t, "received", r.body["status"])
			require.NotContains(t, r.body, "rejection")
			h.advance(3 * hour)
			require.Equal(t, tt.want, h.order("BX-1")["status"])
		})
	}
}

func TestPlannedShortPick(t *testing.T) {
	t.Parallel()
	h := simple(t, acs.FloorPlan{Order: "BX-1", Short: []acs.PlannedShort{{SKU: "BELT", Quantity: 1}}})
	h.created("BX-1", sale())
	h.advance(3 * hour)
	belt := h.state("BX-1").Lines[1]
	require.Equal(t, acs.LineState{LineID: "2", SKU: "BELT", Quantity: 2, Shipped: 1, Short: 1}, belt)
	wire := list(h.order("BX-1")["lines"])[1]
	require.EqualValues(t, 1, wire["cancelled"])
	require.Equal(t, "short_pick", wire["cancelReason"])
	require.Equal(t, []any{doc{"lineId": "2", "quantity": 1.0, "reason": "short_pick"}}, h.shipments("BX-1")[0]["shortLines"])
	require.Equal(t, []string{"order.received", "order.accepted", "order.line_short", "shipment.created"}, h.kinds("BX-1"))
	require.Equal(t, 1, h.bucket("BELT", "missing"))
	require.Equal(t, "shipped", h.state("BX-1").State)
}

func TestPlannedShortOfEverythingCancels(t *testing.T) {
	t.Parallel()
	h := simple(t, acs.FloorPlan{Order: "BX-1", Short: []acs.PlannedShort{{SKU: "DRESS", Quantity: 1, Reason: "quality_fail"}}})
	h.created("BX-1", sale(line("1", "DRESS", 1)))
	h.advance(3 * hour)
	require.Equal(t, "cancelled", h.state("BX-1").State)
	require.Equal(t, 1, h.bucket("DRESS", "quarantine"))
	require.Empty(t, h.shipments("BX-1"))
}

func TestPlannedParcels(t *testing.T) {
	t.Parallel()
	h := simple(t, acs.FloorPlan{Order: "BX-1", Parcels: []acs.PlannedParcel{
		{Lines: []acs.PlannedUnits{{SKU: "BELT", Quantity: 1}}, DelayMs: ms(1000), TrackingDelayMs: ms(2 * hour * 1000), Parcels: 2},
		{Lines: []acs.PlannedUnits{{LineID: "1", Quantity: 1}}, DelayMs: ms(1000)},
	}, Revisions: 1})
	h.created("BX-1", sale())
	h.advance(1.5 * hour)
	sent := h.shipments("BX-1")
	require.Len(t, sent, 3, "what the plan leaves over goes in one more")
	require.Equal(t, []any{false, false, true}, []any{sent[0]["final"], sent[1]["final"], sent[2]["final"]})
	require.Nil(t, list(sent[0]["parcels"])[0]["trackingNumber"])
	require.Nil(t, h.state("BX-1").Shipments[0].TrackedAt)
	require.Empty(t, h.state("BX-1").Shipments[0].Trackings)
	h.advance(4 * hour)
	first := h.state("BX-1").Shipments[0]
	require.Len(t, first.Trackings, 2)
	require.NotNil(t, first.TrackedAt)
	require.True(t, first.TrackedAt.After(first.ShippedAt))
	require.Equal(t, 3, first.Revision, "one revision brings tracking, one is the planned correction")
}

func TestPlannedMishaps(t *testing.T) {
	t.Parallel()
	h := simple(t, acs.FloorPlan{
		Order: "BX-1", Overship: []acs.PlannedUnits{{SKU: "BELT", Quantity: 2}}, Substitute: []acs.PlannedSubstitute{{LineID: "1", With: "HAT"}},
		UnknownLine: []acs.PlannedUnits{{SKU: "GLOVE", Quantity: 1}},
	})
	h.created("BX-1", sale())
	h.advance(3 * hour)
	lines := list(h.shipments("BX-1")[0]["lines"])
	require.Equal(t, doc{"lineId": "1", "sku": "HAT", "quantity": 1.0, "substituted": true}, lines[0])
	require.Equal(t, doc{"lineId": "2", "sku": "BELT", "quantity": 4.0}, lines[1])
	require.Equal(t, doc{"lineId": nil, "sku": "GLOVE", "quantity": 1.0}, lines[2])
	require.Equal(t, []int{50, 46, 49}, []int{h.bucket("DRESS", "available"), h.bucket("BELT", "available"), h.bucket("HAT", "available")})
}

func TestPlannedVoid(t *testing.T) {
	t.Parallel()
	first := 0
	h := simple(t, acs.FloorPlan{Order: "BX-1", Void: &first})
	h.created("BX-1", sale())
	h.advance(4 * hour)
	state := h.state("BX-1")
	require.True(t, state.Shipments[0].Voided)
	require.Equal(t, 0, state.Lines[0].Shipped)
	require.Equal(t, "packed", state.State)
	require.Equal(t, 1, h.bucket("DRESS", "allocated"))
	require.Contains(t, h.kinds("BX-1"), "shipment.voided")
}

func TestHolds(t *testing.T) {
	t.Parallel()
	h := simple(t, acs.FloorPlan{Order: "BX-2", HoldMs: 5 * hour * 1000})
	h.created("BX-1", with(sale(), doc{"hold": true}))
	h.created("BX-2", sale())
	h.advance(3 * hour)
	require.Equal(t, "client", h.order("BX-1")["holdReason"])
	require.Equal(t, "address_check", h.order("BX-2")["holdReason"])
	r := h.call("POST", "/orders/BX-1/release", nil, "Idempotency-Key", "release-1")
	require.Equal(t, 200, r.status)
	require.Equal(t, "received", r.body["status"])
	require.Equal(t, 409, h.call("POST", "/orders/BX-1/release", nil, "Idempotency-Key", "release-2").status)
	require.Equal(t, 200, h.call("POST", "/orders/BX-1/release", nil, "Idempotency-Key", "release-1").status)
	h.advance(5 * hour)
	require.Equal(t, "shipped", h.order("BX-1")["status"])
	require.Equal(t, "shipped", h.order("BX-2")["status"])
	require.Equal(t, []string{"order.received", "order.accepted", "order.held", "order.released", "shipment.created"}, h.kinds("BX-2"))
}

func TestOutOfStock(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{
		acs.OutOfStockHold: "on_hold", acs.OutOfStockOverAllocate: "shipped", acs.OutOfStockShort: "shipped", acs.OutOfStockReject: "rejected",
	} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			h := open(t, acs.Options{OutOfStock: policy}, acs.Seed{Accounts: []acs.AccountSeed{brandX()}})
			h.created("BX-1", sale(line("1", "DRESS", 53)))
			h.advance(3 * hour)
			require.Equal(t, want, h.order("BX-1")["status"])
			switch policy {
			case acs.OutOfStockHold:
				h.act(acs.Action{Action: "move", SKU: "DRESS", From: "in_refurbishment", To: "available", Quantity: 3})
				h.advance(3 * hour)
				require.Equal(t, "shipped", h.order("BX-1")["status"])
			case acs.OutOfStockOverAllocate:
				require.Equal(t, -3, h.bucket("DRESS", "available"))
			case acs.OutOfStockShort:
				require.Equal(t, 3, h.state("BX-1").Lines[0].Short)
			}
		})
	}
}

func TestCancellation(t *testing.T) {
	t.Parallel()
	refuse := acs.FloorPlan{Order: "BX-REFUSE", CancelAnswer: "refuse", CancelDelayMs: ms(1000), Parcels: []acs.PlannedParcel{{DelayMs: ms(5 * hour * 1000)}}}
	agree := acs.FloorPlan{Order: "BX-AGREE", CancelDelayMs: ms(1000), Parcels: []acs.PlannedParcel{{Lines: []acs.PlannedUnits{{LineID: "1", Quantity: 1}}}, {DelayMs: ms(5 * hour * 1000)}}}
	h := simple(t, refuse, agree)
	cancel := func(number, key string, body doc) reply {
		return h.call("POST", "/orders/"+number+"/cancellation", body, "Idempotency-Key", key)
	}
	whole := doc{"reason": "customer_request"}

	h.created("BX-1", sale())
	first := cancel("BX-1", "cancel-1", whole)
	require.Equal(t, 200, first.status)
	require.Equal(t, "cancelled", first.body["status"])
	require.Equal(t, first.body, cancel("BX-1", "cancel-1", whole).body, "the first answer is replayed")
	reused := cancel("BX-1", "cancel-1", doc{"reason": "fraud"})
	require.Equal(t, 409, reused.status)
	require.Equal(t, "idempotency_key_reused", reused.body["code"])
	require.Equal(t, 200, cancel("BX-1", "cancel-2", whole).status, "cancelling a cancelled order is 200")
	require.Equal(t, 400, h.call("POST", "/orders/BX-1/cancellation", whole).status, "the key is mandatory")

	h.created("BX-2", sale())
	part := cancel("BX-2", "cancel-3", doc{"reason": "other", "lines": []doc{{"lineId": "2", "quantity": 1}}})
	require.Equal(t, 200, part.status)
	require.Equal(t, "received", part.body["status"])
	require.Equal(t, 422, cancel("BX-2", "cancel-4", doc{"reason": "other", "lines": []doc{{"lineId": "9", "quantity": 1}}}).status)

	h.created("BX-REFUSE", sale())
	h.created("BX-AGREE", sale())
	h.advance(3 * hour)
	require.Equal(t, acs.LineState{LineID: "2", SKU: "BELT", Quantity: 2, Shipped: 1, Cancelled: 1}, h.state("BX-2").Lines[1])
	late := cancel("BX-2", "cancel-5", whole)
	require.Equal(t, 409, late.status)
	require.Equal(t, "order_not_cancellable", late.body["code"])

	asked := cancel("BX-REFUSE", "cancel-6", whole)
	require.Equal(t, 202, asked.status)
	require.Equal(t, "cancel_requested", asked.body["status"])
	require.Equal(t, "partially_shipped", h.order("BX-AGREE")["status"])
	require.Equal(t, 202, cancel("BX-AGREE", "cancel-7", whole).status)
	h.advance(60)
	require.Equal(t, "packed", h.order("BX-REFUSE")["status"])
	require.Equal(t, "shipped", h.order("BX-AGREE")["status"], "one unit left, the rest is cancelled")
	h.advance(6 * hour)
	require.Equal(t, []string{"order.received", "order.accepted", "order.cancellation_rejected", "shipment.created"}, h.kinds("BX-REFUSE"))
	require.Equal(t, []string{"order.received", "order.accepted", "shipment.created", "order.cancelled"}, h.kinds("BX-AGREE"))
	require.Equal(t, 2, h.state("BX-AGREE").Lines[1].Cancelled)
	require.Equal(t, 50-1-2, h.bucket("BELT", "available"))
}

func TestVarietySplitsSomeOrdersTheSameWayEachTime(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) string {
		h := open(t, acs.Options{Seed: seed, Variety: true}, acs.Seed{Accounts: []acs.AccountSeed{brandX()}})
		for i := range 24 {
			h.created(fmt.Sprintf("BX-%d", 100+i), sale(line("1", "DRESS", 1), line("2", "BELT", 1), line("3", "HAT", 1)))
		}
		h.advance(6 * hour)
		var counts strings.Builder
		for _, o := range h.sim.State()[0].Orders {
			require.Equal(t, "shipped", o.State)
			fmt.Fprint(&counts, len(o.Shipments))
		}
		return counts.String()
	}
	first := run(7)
	require.Equal(t, first, run(7))
	require.NotEqual(t, first, run(8))
	for _, n := range []string{"1", "2", "3"} {
		require.Contains(t, first, n)
	}
}

func TestActionsHappenAtOnce(t *testing.T) {
	t.Parallel()
	h := simple(t)
	h.created("BX-1", sale())
	h.act(acs.Action{Order: "BX-1", Action: "accept"})
	later := 0
	h.act(acs.Action{Order: "BX-1", Action: "ship", Lines: []acs.PlannedUnits{{LineID: "2", Quantity: 1}}, TrackingDelayMs: ms(999_999_999)})
	require.Equal(t, "partially_shipped", h.state("BX-1").State)
	h.act(acs.Action{Order: "BX-1", Action: "track", TrackingNumbers: []string{"T-1"}})
	require.Equal(t, []string{"T-1"}, h.state("BX-1").Shipments[later].Trackings)
	h.act(acs.Action{Order: "BX-1", Action: "short", LineID: "1", Quantity: 1})
	h.act(acs.Action{Order: "BX-1", Action: "ship"})
	require.Equal(t, "shipped", h.state("BX-1").State)
	h.act(acs.Action{Order: "BX-1", Action: "void", Sequence: 1})
	require.Equal(t, "partially_shipped", h.state("BX-1").State)
	_, err := h.sim.Act(acs.Action{Account: "BRANDX", Order: "BX-1", Action: "void", Sequence: 1})
	require.ErrorContains(t, err, "voided")
	_, err = h.sim.Act(acs.Action{Account: "BRANDX", Order: "BX-1", Action: "reject", Errors: []acs.FieldError{{Code: "x", Message: "x"}}})
	require.ErrorContains(t, err, "first shipment")
	require.Equal(t, 400, h.send("POST", "/_sim/floor", doc{"account": "BRANDX", "action": "dance"}).status)
	require.Equal(t, 400, h.send("POST", "/_sim/floor", doc{"account": "BRANDX", "move": "x"}).status)
}

func TestTheFloorAllocatesWhenItIsTold(t *testing.T) {
	t.Parallel()
	h := simple(t)
	h.created("BX-1", sale())
	act := func(action string) error {
		_, err := h.sim.Act(acs.Action{Account: "BRANDX", Action: action, Order: "BX-1"})
		return err
	}
	require.ErrorContains(t, act("allocate"), "received, not accepted")
	require.NoError(t, act("accept"))
	require.NoError(t, act("allocate"))
	require.Equal(t, "allocated", h.order("BX-1")["status"])
	require.Equal(t, 1, h.bucket("DRESS", "allocated"))
	require.Error(t, act("allocate"), "once")
}
