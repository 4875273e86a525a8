package endtoend_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
)

// unmapped gives an order a shipping method that no rule knows.
func unmapped(o *centra.SeedOrder) { o.ShippingOption = "Express Saver" }

// stays is a floor that accepts an order and never ships it.
func stays() *acs.FloorPlan {
	return &acs.FloorPlan{AcceptDelayMs: ptr(50), NeverShip: true, CancelDelayMs: ptr(50)}
}

// TestAPausedOrder runs in a world whose shop sends no webhooks: what was mended there
// is found only because retry looks.
func TestAPausedOrder(t *testing.T) {
	t.Parallel()
	w := open(t, options{deaf: true})
	pause := func(t *testing.T, order centra.SeedOrder, plan *acs.FloorPlan, causes ...string) {
		t.Helper()
		w.sell(t, order, plan)
		w.take(t, order.Number)
		w.asks(t, order.Number, causes...)
	}

	t.Run("goes on with the method that was chosen in the shop meanwhile", func(t *testing.T) {
		t.Parallel()
		pause(t, sale(4001, unmapped), nil, "unmapped:shipping-method")
		w.admin(t, centra.Action{Action: "edit-shipping-option", Order: 4001, ShippingOption: "Express"})
		w.retry(t, 4001)
		w.closes(t, 4001)
		require.Equal(t, "RM24", w.warehouseHolds(t, north, "4001")["shippingService"])
		w.requireDelivered(t, 4001, 1)
	})
	t.Run("goes to the address that was corrected in the shop", func(t *testing.T) {
		t.Parallel()
		pause(t, sale(4002, func(o *centra.SeedOrder) { o.ShippingAddress.ZipCode = "NOPE" }), nil, "invalid-address")
		w.graphql(t, `mutation { updateDirectToConsumerOrder(order: {number: 4002}, input: {shippingAddress: {zipCode: "EC1A 1BB", city: "London"}}) { userErrors { message } } }`)
		w.retry(t, 4002)
		w.closes(t, 4002)
		to, ok := w.warehouseHolds(t, north, "4002")["deliverTo"].(map[string]any)
		require.True(t, ok)
		require.Equal(t, "EC1A 1BB", to["postcode"])
		w.requireDelivered(t, 4002, 1)
	})
	t.Run("tells the warehouse the attribute that was filled in the shop", func(t *testing.T) {
		t.Parallel()
		pause(t, sale(4003, with(line(4003, 1, bare, 1))), nil, "incomplete-item")
		w.graphql(t, `mutation { assignAttributes(input: {objectId: 4, objectType: Product, dynamicAttributes: [
			{attributeTypeName: "garment", attributeElementKey: "condition", attributeElementValue: "new"}]}) { userErrors { message } } }`)
		w.retry(t, 4003)
		w.closes(t, 4003)
		lines, ok := w.warehouseHolds(t, north, "4003")["lines"].([]any)
		require.True(t, ok)
		require.Contains(t, fmt.Sprint(lines[0]), "itemCondition:new")
		w.requireDelivered(t, 4003, 1)
	})
	t.Run("asks again when nothing was mended", func(t *testing.T) {
		t.Parallel()
		pause(t, sale(4004, unmapped), nil, "unmapped:shipping-method")
		w.retry(t, 4004)
		eventually(t, "the answer is taken", func() bool { return len(w.facts(t, 4004, domain.FactAnswered)) == 1 })
		w.asks(t, 4004, "unmapped:shipping-method")
		require.Empty(t, w.atWarehouse(4004))
	})
	t.Run("takes one answer of two clicks", func(t *testing.T) {
		t.Parallel()
		pause(t, sale(4005, unmapped), stays(), "unmapped:shipping-method")
		w.admin(t, centra.Action{Action: "edit-shipping-option", Order: 4005, ShippingOption: "Standard"})
		w.retry(t, 4005)
		w.retry(t, 4005)
		w.until(t, 4005, "accepted", func(s shown) bool { return s.state == domain.Submitted || s.state == domain.Accepted })
		require.Len(t, w.facts(t, 4005, domain.FactAnswered), 1)
		require.Len(t, w.atWarehouse(4005), 1)
	})
	t.Run("sends one order by the service that a person names", func(t *testing.T) {
		t.Parallel()
		pause(t, sale(4006, unmapped), nil, "unmapped:shipping-method")
		_, err := w.resolve(t, 4006, contract.Resolution{Action: contract.ActionOverride, Override: map[string]string{"shippingService": "RM48"}, By: "ada"})
		require.NoError(t, err)
		w.closes(t, 4006)
		require.Equal(t, "RM48", w.warehouseHolds(t, north, "4006")["shippingService"])
		w.requireDelivered(t, 4006, 1)
	})
	t.Run("refuses what nobody asked for, and says why", func(t *testing.T) {
		t.Parallel()
		pause(t, sale(4007, unmapped), stays(), "unmapped:shipping-method")
		for reason, r := range map[string]contract.Resolution{
			"is not open for this order":         {Exception: "short-pick:nowhere", Action: contract.ActionOverride, Override: map[string]string{"shippingService": "RM48"}},
			"needs a reason":                     {Action: contract.ActionWithdraw},
			"skip is no answer to unmapped":      {Action: contract.ActionSkip, Reason: "because"},
			"want retry, skip":                   {Action: "explode"},
			"override needs what to use instead": {Action: contract.ActionOverride},
		} {
			_, err := w.resolve(t, 4007, r)
			require.ErrorContains(t, err, reason)
		}
		require.Empty(t, w.facts(t, 4007, domain.FactAnswered))

		again := contract.Resolution{Action: contract.ActionOverride, Override: map[string]string{"shippingService": "RM48"}, By: "ada", CommandID: "once"}
		_, err := w.resolve(t, 4007, again)
		require.NoError(t, err)
		reply, err := w.resolve(t, 4007, again)
		require.NoError(t, err)
		require.Contains(t, reply.Message, "taken before")
		w.until(t, 4007, "at the warehouse", func(s shown) bool { return s.state == domain.Submitted || s.state == domain.Accepted })
		require.Len(t, w.facts(t, 4007, domain.FactAnswered), 1)
		again.CommandID = "twice"
		_, err = w.resolve(t, 4007, again)
		require.ErrorContains(t, err, "no question is open")
	})
	t.Run("cancels short units in the shop and gives the money back", func(t *testing.T) {
		t.Parallel()
		pause(t, sale(4008, with(line(4008, 1, scarf, 2))), &acs.FloorPlan{Short: []acs.PlannedShort{{LineID: lineID(4008, 1), Quantity: 1}}}, "short-pick")
		_, err := w.resolve(t, 4008, contract.Resolution{Action: contract.ActionSkip, Reason: "not found", By: "ada"})
		require.NoError(t, err)
		w.closes(t, 4008)
		w.requireDelivered(t, 4008, 1)
		require.Equal(t, 1, w.inShop(t, 4008).Lines[0].Cancelled)
		for _, s := range w.shop.State().Stock {
			if s.SKU == scarf && s.Warehouse == north {
				require.Equal(t, 498, s.Physical, "one unit was shipped and one was never there")
			}
		}
		read, err := w.parts.Shop.Orders(t.Context(), atelier, []string{"4008"})
		require.NoError(t, err)
		require.Equal(t, int64(3990+495), read[0].Order.Payment.Captured)
		require.Equal(t, int64(3990+495), read[0].Order.Payment.Authorized, "the rest is released")
	})
	t.Run("is withdrawn on hold and never reaches the warehouse", func(t *testing.T) {
		t.Parallel()
		pause(t, sale(4009, unmapped), nil, "unmapped:shipping-method")
		_, err := w.resolve(t, 4009, contract.Resolution{Action: contract.ActionWithdraw, Reason: "the customer moved", By: "ada"})
		require.NoError(t, err)
		w.ends(t, 4009, domain.Cancelled)
		require.Empty(t, w.atWarehouse(4009))
		require.True(t, w.inShop(t, 4009).OnHold)
		require.Zero(t, w.inShop(t, 4009).Captured)
	})
	t.Run("whose workflow is cancelled is withdrawn from the warehouse", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(4010), stays())
		w.take(t, 4010)
		w.until(t, 4010, "at the warehouse", func(s shown) bool { return s.state == domain.Submitted || s.state == domain.Accepted })
		require.NoError(t, w.client.CancelWorkflow(t.Context(), workflowID(4010), ""))
		w.ends(t, 4010, domain.Cancelled)
		require.True(t, w.inShop(t, 4010).OnHold)
		require.Equal(t, "cancelled", w.atWarehouse(4010)[0].State)
	})
}
