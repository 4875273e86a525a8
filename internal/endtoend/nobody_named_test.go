package endtoend_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/simulators/weather"
)

// TestNobodyIsNamed makes both systems talk about customers in every error that they
// have, and then reads what an operator can read. Every other world is searched too.
func TestNobodyIsNamed(t *testing.T) {
	t.Parallel()
	w := open(t, options{})
	shop, floor := w.shop.Weather(), w.floorWeather
	for _, kind := range []string{weather.Status500, weather.Status502, weather.Garbage, weather.CutAfterCommit} {
		require.NoError(t, shop.Script(weather.Fault{Kind: kind, Match: "createShipment"}))
		require.NoError(t, floor.Script(weather.Fault{Kind: kind, Match: "PUT "}))
	}
	named := func(number int) acs.FieldError {
		c := customer(number)
		return acs.FieldError{
			Code: "address_invalid", Pointer: "/deliverTo/address1", Value: c.Address1,
			Message: "nobody called " + c.FirstName + " " + c.LastName + " lives at " + c.Address1 + ", write to " + c.Email + " or call " + c.PhoneNumber,
		}
	}
	w.sell(t, sale(7001), nil)
	w.sell(t, sale(7002), &acs.FloorPlan{AcceptDelayMs: ptr(20), Reject: &acs.PlannedReject{Errors: []acs.FieldError{named(7002)}}})
	w.sell(t, sale(7003), &acs.FloorPlan{AcceptDelayMs: ptr(20), LateReject: &acs.PlannedReject{AfterMs: 100, Errors: []acs.FieldError{named(7003)}}})
	w.sell(t, sale(7004, func(o *centra.SeedOrder) { o.CaptureOutcome = "fail" }), nil)
	w.sell(t, sale(7005, func(o *centra.SeedOrder) { o.ShippingAddress.ZipCode = customer(7005).LastName }), nil)
	w.sell(t, sale(7006, func(o *centra.SeedOrder) { o.ShippingAddress.Country = "" }), nil)
	w.closes(t, 7001)
	w.asks(t, 7002, "rejected-by-warehouse")
	w.asks(t, 7003, "late-reject")
	w.asks(t, 7004, "capture-failed")
	w.asks(t, 7005, "invalid-address")
	w.asks(t, 7006, "invalid-address")
	require.Equal(t, 4, shop.Stats().Scripted)
	require.Equal(t, 4, floor.Stats().Scripted)

	require.Equal(t, customer(7001).LastName, w.warehouseHolds(t, north, "7001")["deliverTo"].(map[string]any)["lastName"], "the warehouse itself must know")
	w.requireNobodyNamed(t)
	w.requireSearched(t, "7002")
}

// requireSearched proves that the search would find a word where it may stand.
func (w *world) requireSearched(t *testing.T, word string) {
	t.Helper()
	readable := map[string]string{"logs": w.readLogs()}
	ctx := context.WithoutCancel(t.Context())
	w.readWorkflows(ctx, t, readable)
	w.readTables(ctx, t, readable)
	found := map[string]bool{}
	for where, text := range readable {
		if strings.Contains(text, word) {
			found[strings.Fields(where)[0]] = true
		}
		if strings.HasPrefix(where, "table selvedge.exceptions") || strings.HasPrefix(where, "table selvedge.facts") {
			require.NotEmpty(t, text, where)
		}
	}
	require.Equal(t, map[string]bool{"logs": true, "history": true, "description": true, "details": true, "table": true}, found)
}
