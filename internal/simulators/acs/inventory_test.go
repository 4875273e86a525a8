package acs_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/acs"
)

func stocked(n int) acs.AccountSeed {
	account := brandX()
	account.Inventory = nil
	account.Items = nil
	for i := range n {
		sku := fmt.Sprintf("SKU-%04d", i)
		account.Items = append(account.Items, garment(sku))
		account.Inventory = append(account.Inventory, acs.InventorySeed{SKU: sku, Quantities: map[string]int{"available": 5, "on_hire": 2, "moon_base": 1}})
	}
	return account
}

func TestInventorySnapshotThenDelta(t *testing.T) {
	t.Parallel()
	h := seeded(t, stocked(7))
	first := h.call("GET", "/inventory?limit=3", nil)
	require.Equal(t, "snapshot", first.body["mode"])
	require.Nil(t, first.body["changesCursor"])
	record := list(first.body["data"])[0]
	require.EqualValues(t, 8, record["total"])
	require.EqualValues(t, 6, record["onHand"], "an unknown status is in the building, on_hire is not")

	h.act(acs.Action{Action: "adjust", SKU: "SKU-0005", Quantity: -1, Reason: "lost"})
	seen := list(first.body["data"])
	page := first
	for page.body["nextCursor"] != nil {
		page = h.call("GET", "/inventory?limit=3&cursor="+page.body["nextCursor"].(string), nil)
		require.Equal(t, first.body["snapshotId"], page.body["snapshotId"])
		require.Equal(t, first.body["asOf"], page.body["asOf"])
		seen = append(seen, list(page.body["data"])...)
	}
	require.Len(t, seen, 7)
	require.EqualValues(t, 5, seen[5]["quantities"].(doc)["available"], "a snapshot is one moment")

	delta := h.call("GET", "/inventory?since="+page.body["changesCursor"].(string), nil)
	require.Equal(t, "delta", delta.body["mode"])
	changed := list(delta.body["data"])
	require.Len(t, changed, 1)
	require.EqualValues(t, 4, changed[0]["quantities"].(doc)["available"])
	require.Greater(t, changed[0]["version"], seen[5]["version"])

	since := delta.body["changesCursor"].(string)
	require.Empty(t, h.call("GET", "/inventory?since="+since, nil).body["data"])
	require.Len(t, h.call("GET", "/inventory?sku=SKU-0001,SKU-0003,NOPE", nil).body["data"], 2)
	require.Equal(t, 400, h.call("GET", "/inventory?since="+since+"&cursor=x", nil).status)
	require.Equal(t, 400, h.call("GET", "/inventory?since=yesterday", nil).status)

	t.Run("a cursor expires with time and with a rebuild", func(t *testing.T) {
		h.act(acs.Action{Action: "rebuildFeed"})
		r := h.call("GET", "/inventory?since="+since, nil)
		require.Equal(t, 410, r.status)
		require.Equal(t, "cursor_expired", r.body["code"])
		fresh := h.call("GET", "/inventory", nil).body["changesCursor"].(string)
		require.Equal(t, 200, h.call("GET", "/inventory?since="+fresh, nil).status)
		h.advance(15 * 24 * hour)
		require.Equal(t, 410, h.call("GET", "/inventory?since="+fresh, nil).status)
	})
}

func TestInventoryMishaps(t *testing.T) {
	t.Parallel()
	t.Run("a stale feed stands still and skips nothing afterwards", func(t *testing.T) {
		t.Parallel()
		h := seeded(t, stocked(2))
		since := h.call("GET", "/inventory", nil).body["changesCursor"].(string)
		h.act(acs.Action{Action: "stale", Ms: hour * 1000})
		h.advance(1800)
		h.act(acs.Action{Action: "inventory", SKU: "SKU-0001", Quantities: map[string]int{"available": -3}})
		stale := h.call("GET", "/inventory?since="+since, nil)
		require.Empty(t, stale.body["data"])
		h.advance(1801)
		fresh := h.call("GET", "/inventory?since="+stale.body["changesCursor"].(string), nil)
		require.Greater(t, fresh.body["asOf"], stale.body["asOf"])
		require.EqualValues(t, -3, list(fresh.body["data"])[0]["quantities"].(doc)["available"])
	})
	t.Run("a version goes back", func(t *testing.T) {
		t.Parallel()
		h := seeded(t, stocked(1))
		before := list(h.call("GET", "/inventory", nil).body["data"])[0]["version"].(float64)
		h.act(acs.Action{Action: "versionBack", SKU: "SKU-0000", Quantity: 1})
		require.EqualValues(t, before-1, list(h.call("GET", "/inventory", nil).body["data"])[0]["version"])
	})
	t.Run("a snapshot breaks off", func(t *testing.T) {
		t.Parallel()
		h := seeded(t, stocked(8))
		page := h.call("GET", "/inventory?limit=2", nil)
		h.act(acs.Action{Action: "cutSnapshot", Quantity: 4})
		page = h.call("GET", "/inventory?limit=2&cursor="+page.body["nextCursor"].(string), nil)
		require.Equal(t, 200, page.status)
		require.Equal(t, 500, h.call("GET", "/inventory?limit=2&cursor="+page.body["nextCursor"].(string), nil).status)
	})
}

func TestItems(t *testing.T) {
	t.Parallel()
	h := seeded(t, brandX())
	whole := doc{"sku": "COAT", "name": "Coat", "supplier": "House", "garmentType": "coat", "size": "L", "itemCondition": "good", "grade": "B"}
	require.Equal(t, 201, h.call("PUT", "/items/COAT", whole).status)
	r := h.call("PUT", "/items/COAT", whole)
	require.Equal(t, 200, r.status)
	require.Equal(t, true, r.body["pickable"])

	bare := doc{"sku": "BARE", "name": "Bare"}
	require.Equal(t, 422, h.call("PUT", "/items/BARE?strict=true", bare).status)
	require.Equal(t, 404, h.call("GET", "/items/BARE", nil).status)
	r = h.call("PUT", "/items/BARE", bare)
	require.Equal(t, false, r.body["pickable"])
	require.Equal(t, []any{"supplier", "garmentType", "size", "itemCondition", "grade"}, r.body["missingAttributes"])
	require.Equal(t, 422, h.call("PUT", "/items/OTHER", bare).status)
	events := h.events()
	require.Equal(t, "item.incomplete", events[len(events)-1]["type"])
	require.Len(t, h.call("GET", "/items?pickable=false", nil).body["data"], 1)

	batch := h.call("POST", "/items/batch", doc{"items": []doc{whole, bare, {"sku": "NEW", "name": "New"}, {"name": "no sku"}, {"sku": "COAT", "name": "Other coat"}}}, "Idempotency-Key", "batch-01")
	require.Equal(t, 200, batch.status)
	var outcomes []any
	for _, one := range list(batch.body["results"]) {
		outcomes = append(outcomes, one["status"])
	}
	require.Equal(t, []any{"unchanged", "unchanged", "created", "failed", "replaced"}, outcomes)
	many := make([]doc, 201)
	for i := range many {
		many[i] = bare
	}
	require.Equal(t, 413, h.call("POST", "/items/batch", doc{"items": many}, "Idempotency-Key", "batch-02").status)
	require.Equal(t, 422, h.call("POST", "/items/batch", doc{"items": []doc{}}, "Idempotency-Key", "batch-03").status)
}

func TestHireFollowsTheGarment(t *testing.T) {
	t.Parallel()
	account := brandX()
	gown := garment("GOWN")
	gown.ItemCondition, gown.Grade, gown.CareCode, gown.FabricComposition, gown.Use, gown.SerialTracked = "good", "A", "dry", "silk", "hire", true
	gown.Units = []acs.ItemUnit{{Serial: "G-1", RFID: "R-1", Grade: "A"}, {Serial: "G-2"}}
	account.Items = append(account.Items, gown)
	account.Inventory = append(account.Inventory, acs.InventorySeed{SKU: "GOWN", Quantities: map[string]int{"available": 2}, ByGrade: map[string]int{"A": 1, "U": 1}})
	h := seeded(t, account)
	hire := with(sale(doc{"lineId": "1", "sku": "GOWN", "quantity": 1, "serial": "G-1"}), doc{
		"kind": "hire", "shippingService": "DPDND", "dates": doc{"dispatch": "2031-04-28", "delivery": "2031-04-29", "warehouseReturn": "2031-05-05"},
	})
	require.Equal(t, 422, h.create("BX-1", with(hire, doc{"lines": []doc{{"lineId": "1", "sku": "GOWN", "quantity": 1, "serial": "G-9"}}})).status)
	h.created("BX-1", hire)
	h.advance(3 * hour)
	require.Equal(t, 1, h.bucket("GOWN", "on_hire"))
	units := list(h.call("GET", "/inventory/GOWN/units", nil).body["data"])
	require.Equal(t, []any{"on_hire", "available"}, []any{units[0]["status"], units[1]["status"]})
	require.Equal(t, []any{"G-1"}, list(h.shipments("BX-1")[0]["lines"])[0]["serials"])
	require.Equal(t, 404, h.call("GET", "/inventory/NOPE/units", nil).status)

	id := "1"
	h.act(acs.Action{Action: "return", Order: "BX-1", Return: &acs.ReturnAction{Type: "rental_return", Units: []acs.ReturnUnit{{LineID: &id, SKU: "GOWN", Serial: "G-1", Disposition: "restock", Grade: "A"}}}})
	require.Equal(t, 0, h.bucket("GOWN", "on_hire"))
	require.Equal(t, 2, h.bucket("GOWN", "available"))
}

func TestListsArePagedOldestChangeFirst(t *testing.T) {
	t.Parallel()
	h := simple(t)
	for i := range 5 {
		h.created(fmt.Sprintf("BX-%d", i), sale())
	}
	first := h.call("GET", "/orders?limit=2", nil)
	h.act(acs.Action{Order: "BX-0", Action: "accept"}) // moves to the end
	var seen []any
	page := first
	for {
		for _, o := range list(page.body["data"]) {
			seen = append(seen, o["orderNumber"])
		}
		if page.body["nextCursor"] == nil {
			break
		}
		page = h.call("GET", "/orders?limit=2&cursor="+page.body["nextCursor"].(string), nil)
	}
	require.Equal(t, []any{"BX-0", "BX-1", "BX-2", "BX-3", "BX-4", "BX-0"}, seen)
	require.Len(t, h.call("GET", "/orders?status=accepted,shipped", nil).body["data"], 1)
	require.Equal(t, 400, h.call("GET", "/shipments?cursor="+first.body["nextCursor"].(string), nil).status)
	h.advance(25 * hour)
	require.Equal(t, 410, h.call("GET", "/orders?cursor="+first.body["nextCursor"].(string), nil).status)
}
