package acs_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/acs"
)

// returned lets goods come back and reads the confirmation.
func (h *house) returned(order string, action acs.ReturnAction) doc {
	h.t.Helper()
	encoded, err := json.Marshal(h.act(acs.Action{Action: "return", Order: order, Return: &action}))
	require.NoError(h.t, err)
	var out doc
	require.NoError(h.t, json.Unmarshal(encoded, &out))
	r := h.call("GET", "/returns/"+out["returnId"].(string), nil)
	require.Equal(h.t, 200, r.status)
	return r.body
}

func TestReturnDispositions(t *testing.T) {
	t.Parallel()
	yes := true
	for name, tt := range map[string]struct {
		first, then acs.ReturnUnit
		bucket      string
		status      string
		adjustments []any
	}{
		"restock goes back to available":           {first: acs.ReturnUnit{Disposition: "restock"}, bucket: "available", status: "closed"},
		"refurbish is not final":                   {first: acs.ReturnUnit{Disposition: "refurbish"}, bucket: "in_refurbishment", status: "graded"},
		"refurbish, then restock":                  {first: acs.ReturnUnit{Disposition: "refurbish"}, then: acs.ReturnUnit{Disposition: "restock"}, bucket: "available", status: "closed"},
		"refurbish, then ber":                      {first: acs.ReturnUnit{Disposition: "refurbish"}, then: acs.ReturnUnit{Disposition: "ber"}, bucket: "ber", status: "closed"},
		"restock, then ber on second check":        {first: acs.ReturnUnit{Disposition: "restock"}, then: acs.ReturnUnit{Disposition: "ber"}, bucket: "ber", status: "closed"},
		"donate leaves the books":                  {first: acs.ReturnUnit{Disposition: "donate"}, status: "closed", adjustments: []any{"donated"}},
		"an unknown disposition lies where it is":  {first: acs.ReturnUnit{Disposition: "frame", Final: &yes}, bucket: "receipted", status: "closed"},
		"regrading moves it under the other SKU":   {first: acs.ReturnUnit{Disposition: "regrade_resale", ResultingSKU: "HAT"}, status: "closed", adjustments: []any{"regrade_out", "regrade_in"}},
		"what never arrived has no bucket":         {first: acs.ReturnUnit{Disposition: "missing"}, status: "closed"},
		"quarantine waits for a decision":          {first: acs.ReturnUnit{Disposition: "quarantine"}, bucket: "quarantine", status: "graded"},
		"a wrong item is put aside, and is a fact": {first: acs.ReturnUnit{Disposition: "wrong_item"}, bucket: "quarantine", status: "closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := simple(t)
			h.created("BX-1", sale())
			h.advance(3 * hour)
			had := map[string]int{"available": 49, "in_refurbishment": 3}
			id := "1"
			tt.first.SKU, tt.first.LineID = "DRESS", &id
			r := h.returned("BX-1", acs.ReturnAction{Units: []acs.ReturnUnit{tt.first}})
			if tt.then.Disposition != "" {
				tt.then.SKU, tt.then.LineID, tt.then.UnitRef = "DRESS", &id, list(r["units"])[0]["unitRef"].(string)
				r = h.returned("BX-1", acs.ReturnAction{ReturnID: r["returnId"].(string), Units: []acs.ReturnUnit{tt.then}})
				require.EqualValues(t, 2, list(r["units"])[0]["revision"])
			}
			require.Equal(t, tt.status, r["status"])
			if tt.bucket != "" {
				had[tt.bucket]++
			}
			for _, status := range []string{"available", "in_refurbishment", "ber", "quarantine", "receipted", "missing"} {
				require.Equal(t, had[status], h.bucket("DRESS", status), status)
			}
			var reasons []any
			for _, entry := range list(h.call("GET", "/inventory-adjustments", nil).body["data"]) {
				require.Equal(t, r["returnId"], entry["returnId"])
				reasons = append(reasons, entry["reason"])
			}
			require.Equal(t, tt.adjustments, reasons)
		})
	}
}

func TestReturnMatching(t *testing.T) {
	t.Parallel()
	h := simple(t)
	h.created("BX-1", sale())
	h.advance(3 * hour)
	notice := doc{"orderNumber": "BX-1", "type": "exchange", "lines": []doc{{"lineId": "2", "sku": "BELT", "quantity": 1}}}
	require.Equal(t, 200, h.call("PUT", "/return-notices/RMA-1", notice).status)
	require.Equal(t, 422, h.call("PUT", "/return-notices/RMA-2", with(notice, doc{"orderNumber": "NONE"})).status)
	require.Equal(t, 422, h.call("PUT", "/return-notices/RMA-2", doc{"type": "gift"}).status)

	byNotice := h.returned("", acs.ReturnAction{RMANumber: "RMA-1", Units: []acs.ReturnUnit{{SKU: "BELT", Disposition: "restock"}}})
	require.Equal(t, "BX-1", byNotice["orderNumber"])
	require.Equal(t, "exchange", byNotice["type"])
	require.EqualValues(t, 1, list(h.order("BX-1")["lines"])[1]["returned"])

	orphan := h.returned("", acs.ReturnAction{Units: []acs.ReturnUnit{{SKU: "NOBODY-KNOWS", Disposition: "quarantine"}}})
	require.Equal(t, "unidentified", orphan["type"])
	require.Nil(t, orphan["orderNumber"])
	require.Len(t, h.call("GET", "/returns?orderNumber=BX-1", nil).body["data"], 1)
	require.Len(t, h.call("GET", "/returns", nil).body["data"], 2)
	require.Contains(t, h.kinds("BX-1"), "return.closed")
	require.Len(t, h.sim.State()[0].Returns, 2)
}

func TestInboundNotices(t *testing.T) {
	t.Parallel()
	h := simple(t)
	notice := doc{"expectedOn": "2031-01-01", "lines": []doc{{"sku": "DRESS", "quantity": 4}}}
	require.Equal(t, 201, h.call("PUT", "/inbound-notices/ASN-1", notice).status)
	require.Equal(t, 200, h.call("PUT", "/inbound-notices/ASN-1", notice).status)
	require.Equal(t, 422, h.call("PUT", "/inbound-notices/ASN-2", with(notice, doc{"lines": []doc{{"sku": "NOPE", "quantity": 1}}})).status)
	h.act(acs.Action{Action: "receive", Notice: "ASN-1"})
	r := h.call("PUT", "/inbound-notices/ASN-1", with(notice, doc{"expectedOn": "2031-02-01"}))
	require.Equal(t, 409, r.status)
	require.Equal(t, "notice_locked", r.body["code"])
	require.Equal(t, "completed", h.call("GET", "/inbound-notices/ASN-1", nil).body["status"])
	require.Equal(t, 54, h.bucket("DRESS", "available"))
	require.Equal(t, "goods_in", list(h.call("GET", "/inventory-adjustments", nil).body["data"])[0]["reason"])
	require.Equal(t, 404, h.call("GET", "/inbound-notices/ASN-9", nil).status)
}
