package acs_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/acs"
)

// TestEveryEventCarriesItsWholeSubject validates the data of every event that a
// busy day makes against the schema of its subject.
func TestEveryEventCarriesItsWholeSubject(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("acs.openapi.yaml")
	require.NoError(t, err)
	contract, err := openapi3.NewLoader().LoadFromData(data)
	require.NoError(t, err)
	schemas := map[string]string{
		"order": "Order", "shipment": "Shipment", "return": "ReturnConfirmation", "sku": "InventoryRecord", "item": "ItemRecord",
		"adjustment": "Adjustment", "inbound": "InboundNotice",
	}
	first := 0
	h := simple(t,
		acs.FloorPlan{Order: "BX-1", Reject: &acs.PlannedReject{Errors: []acs.FieldError{{Code: "account", Message: "closed"}}}},
		acs.FloorPlan{Order: "BX-2", Short: []acs.PlannedShort{{SKU: "BELT", Quantity: 1}}, HoldMs: 1000, Void: &first},
		acs.FloorPlan{Order: "BX-3", Parcels: []acs.PlannedParcel{{TrackingDelayMs: ms(1000)}}},
		acs.FloorPlan{Order: "BX-4", CancelAnswer: "refuse", NeverShip: true},
	)
	for _, number := range []string{"BX-1", "BX-2", "BX-3", "BX-4", "BX-5"} {
		h.created(number, sale())
	}
	h.call("PUT", "/orders/BX-5", with(sale(), doc{"comments": "x"}), "If-Match", `"1"`)
	h.call("POST", "/orders/BX-5/cancellation", doc{"reason": "other"}, "Idempotency-Key", "cancel-5")
	h.call("PUT", "/items/BARE", doc{"sku": "BARE", "name": "Bare"})
	h.call("PUT", "/inbound-notices/ASN-1", doc{"expectedOn": "2031-01-01", "lines": []doc{{"sku": "DRESS", "quantity": 4}}})
	h.act(acs.Action{Action: "receive", Notice: "ASN-1"})
	h.advance(4 * hour)
	h.call("POST", "/orders/BX-4/cancellation", doc{"reason": "other"}, "Idempotency-Key", "cancel-4")
	h.advance(hour)
	r := h.returned("BX-3", acs.ReturnAction{Units: []acs.ReturnUnit{{SKU: "BELT", Disposition: "refurbish"}}})
	h.returned("", acs.ReturnAction{ReturnID: r["returnId"].(string), Units: []acs.ReturnUnit{{UnitRef: list(r["units"])[0]["unitRef"].(string), SKU: "BELT", Disposition: "refurbish"}}})
	h.returned("BX-3", acs.ReturnAction{Units: []acs.ReturnUnit{{SKU: "BELT", Disposition: "restock"}}})

	seen := make(map[string]bool)
	for _, e := range h.events() {
		subject := e["subject"].(doc)
		schema := contract.Components.Schemas[schemas[subject["kind"].(string)]].Value
		require.NoError(t, schema.VisitJSON(e["data"], openapi3.MultiErrors()), "%s", e["type"])
		require.NoError(t, contract.Components.Schemas["Event"].Value.VisitJSON(e), "%s", e["type"])
		seen[e["type"].(string)] = true
	}
	for _, kind := range contract.Components.Schemas["EventType"].Value.Extensions["x-extensible-enum"].([]any) {
		require.True(t, seen[kind.(string)], "no %s happened", kind)
	}
}

func TestEveryOperationIsServed(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("acs.openapi.yaml")
	require.NoError(t, err)
	contract, err := openapi3.NewLoader().LoadFromData(data)
	require.NoError(t, err)
	h := simple(t)
	for path, item := range contract.Paths.Map() {
		for method := range item.Operations() {
			concrete := strings.NewReplacer("{sku}", "DRESS", "{orderNumber}", "BX-9", "{shipmentId}", "x", "{noticeNumber}", "x", "{rmaNumber}", "x", "{returnId}", "x", "{subscriptionId}", "x").Replace(path)
			r := h.call(method, concrete+"?after=0", doc{}, "Idempotency-Key", "operation")
			require.Contains(t, []int{200, 404, 409, 422, 428}, r.status, "%s %s", method, path)
		}
	}
}

func TestStateHasExactlyTheAgreedFields(t *testing.T) {
	t.Parallel()
	h := simple(t, acs.FloorPlan{Order: "BX-1", Parcels: []acs.PlannedParcel{{TrackingDelayMs: ms(999_999_999)}}})
	h.created("BX-1", sale())
	h.advance(3 * hour)
	_, text := h.exchange("GET", "/_sim/state", nil)
	var accounts []doc
	require.NoError(t, json.Unmarshal([]byte(text), &accounts))
	require.Len(t, accounts, 1)
	names := func(v any) []string {
		var out []string
		for name := range v.(doc) {
			out = append(out, name)
		}
		return out
	}
	o := list(accounts[0]["orders"])[0]
	sh := list(o["shipments"])[0]
	require.ElementsMatch(t, []string{"account", "orders", "inventory", "returns", "adjustments", "sent"}, names(accounts[0]))
	require.ElementsMatch(t, []string{"webhooks", "dropped", "duplicated"}, names(accounts[0]["sent"]))
	require.ElementsMatch(t, []string{"number", "state", "references", "lines", "shipments"}, names(o))
	require.ElementsMatch(t, []string{"lineId", "sku", "quantity", "shipped", "short", "cancelled"}, names(list(o["lines"])[0]))
	require.ElementsMatch(t, []string{"id", "sequence", "revision", "voided", "shippedAt", "carrier", "trackings", "trackedAt", "lines"}, names(sh))
	require.ElementsMatch(t, []string{"lineId", "sku", "quantity"}, names(list(sh["lines"])[0]))
	require.Nil(t, sh["trackedAt"])
	require.Equal(t, []any{}, sh["trackings"])
	require.Equal(t, []any{}, accounts[0]["returns"])
	require.Equal(t, doc{}, o["references"])
	dress := list(accounts[0]["inventory"])[1]
	require.Equal(t, doc{"sku": "DRESS", "available": 49.0, "in_refurbishment": 3.0, "allocated": 0.0}, dress)
}
