package acs_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	simulator "selvedge/internal/simulators/acs"
)

// stockOf gives an item's record of a page.
func stockOf(t *testing.T, p ports.InventoryPage, sku string) domain.InventoryRecord {
	t.Helper()
	for _, r := range p.Records {
		if r.SKU == sku {
			return r
		}
	}
	require.Fail(t, "no record", "of %s in %+v", sku, p)
	return domain.InventoryRecord{}
}

func TestASnapshotThenDeltas(t *testing.T) {
	t.Parallel()
	w, f := openSimulator(t)
	first, err := w.Inventory(t.Context(), ports.InventoryPosition{})
	require.NoError(t, err)
	require.Equal(t, ports.FeedSnapshot, first.Mode)
	require.True(t, first.Last())
	require.NotEmpty(t, first.Changes)
	require.Len(t, first.Records, 2)
	require.WithinDuration(t, time.Now(), first.AsOf, time.Minute)
	require.Equal(t, []domain.StatusUnits{{Status: domain.StockAvailable, Units: 50}}, stockOf(t, first, "DRS-1001-M").Quantities)

	f.act(t, simulator.Action{Action: "inventory", SKU: "DRS-1001-M", Quantities: map[string]int{"available": -3, "ozone_tunnel": 4, "ber": 0}, ByGrade: map[string]int{"B": 0, "A": 2}})
	delta, err := w.Inventory(t.Context(), ports.InventoryPosition{Changes: first.Changes})
	require.NoError(t, err)
	require.Equal(t, ports.FeedDelta, delta.Mode)
	require.Len(t, delta.Records, 1, "what did not change is not in a delta")
	r := stockOf(t, delta, "DRS-1001-M")
	require.Equal(t, []domain.StatusUnits{{Status: "available", Units: -3}, {Status: "ozone_tunnel", Units: 4}}, r.Quantities, "as told, sorted, without zeros")
	require.Equal(t, []domain.GradeUnits{{Grade: "A", Units: 2}, {Grade: "B"}}, r.ByGrade)
	require.Greater(t, r.Version, stockOf(t, first, "DRS-1001-M").Version)

	empty, err := w.Inventory(t.Context(), ports.InventoryPosition{Changes: delta.Changes})
	require.NoError(t, err)
	require.Empty(t, empty.Records)
	require.False(t, empty.AsOf.Before(delta.AsOf))

	found, err := w.LookUp(t.Context(), []string{"BLT-2001-OS", "NONE"})
	require.NoError(t, err)
	require.Equal(t, ports.FeedLookUp, found.Mode)
	require.Len(t, found.Records, 1)
}

func TestAPositionThatIsGone(t *testing.T) {
	t.Parallel()
	w, f := openSimulator(t)
	first, err := w.Inventory(t.Context(), ports.InventoryPosition{})
	require.NoError(t, err)
	f.act(t, simulator.Action{Action: "rebuildFeed"})
	_, err = w.Inventory(t.Context(), ports.InventoryPosition{Changes: first.Changes})
	gone, ok := fault.As(err)
	require.True(t, ok)
	require.Equal(t, fault.Invalid, gone.Kind)
	require.Equal(t, ports.CursorExpired, gone.Code)
	again, err := w.Inventory(t.Context(), ports.InventoryPosition{})
	require.NoError(t, err)
	require.NotEqual(t, first.Changes, again.Changes)
}

func TestASnapshotCutAfterPageTwo(t *testing.T) {
	t.Parallel()
	w, f := openSimulator(t)
	seed := simulator.AccountSeed{Account: account, Key: key}
	for i := range 2500 {
		seed.Inventory = append(seed.Inventory, simulator.InventorySeed{SKU: fmt.Sprintf("S-%04d", i), Quantities: map[string]int{"available": i}})
	}
	require.NoError(t, f.Seed(simulator.Seed{Accounts: []simulator.AccountSeed{seed}}))
	page, err := w.Inventory(t.Context(), ports.InventoryPosition{})
	require.NoError(t, err)
	require.False(t, page.Last())
	require.Empty(t, page.Changes, "only the last page says where changes go on")
	require.Len(t, page.Records, ports.InventoryLimit)
	asOf := page.AsOf
	f.act(t, simulator.Action{Action: "cutSnapshot", Quantity: 2000})
	page, err = w.Inventory(t.Context(), page.Next)
	require.NoError(t, err)
	require.Equal(t, asOf, page.AsOf, "all pages are of one instant")
	_, err = w.Inventory(t.Context(), page.Next)
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
}

func TestAdjustmentsAreTold(t *testing.T) {
	t.Parallel()
	w, f := openSimulator(t)
	f.act(t, simulator.Action{Action: "adjust", SKU: "DRS-1001-M", Quantity: -2, Reason: "ber_write_off", Serials: []string{"X1", "X2"}, UnitCost: "19.50", Currency: "GBP"})
	f.act(t, simulator.Action{Action: "adjust", SKU: "DRS-1001-M", Quantity: 5, Reason: "goods_in"})
	list, next, err := w.Adjustments(t.Context(), time.Now().Add(-time.Hour), "")
	require.NoError(t, err)
	require.Empty(t, next)
	require.Len(t, list, 2)
	require.Equal(t, "Glasgow", list[0].Warehouse)
	require.Equal(t, domain.Adjustment{
		ID: list[0].ID, Warehouse: "Glasgow", SKU: "DRS-1001-M", Units: -2, Reason: "ber_write_off", From: domain.StockAvailable,
		Serials: []string{"X1", "X2"}, UnitCost: "19.50", Currency: "GBP", At: list[0].At,
	}, list[0])
	require.Equal(t, 5, list[1].Units)
	none, _, err := w.Adjustments(t.Context(), time.Now().Add(time.Hour), "")
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestAnOddRecordCostsOnlyItself(t *testing.T) {
	t.Parallel()
	const page = `{"mode":"snapshot","asOf":"2026-03-02T06:00:00Z","generatedAt":"2026-03-02T06:00:01Z","nextCursor":null,"changesCursor":"c1","data":[%s]}`
	record := func(sku, quantities string) string {
		return fmt.Sprintf(`{"sku":%q,"version":3,"asOf":"2026-03-02T05:00:00Z","onHand":1,"total":1,"quantities":%s}`, sku, quantities)
	}
	good := record("GOOD", `{ "available" : 4 , "allocated":-2,"new\u005fword":1}`)
	for name, odd := range map[string]string{
		"a quantity that is a text":     record("ODD", `{"available":"4"}`),
		"a fraction":                    record("ODD", `{"available":4.5}`),
		"quantities that are a list":    record("ODD", `[4]`),
		"quantities that are null":      record("ODD", `null`),
		"a version that is a text":      `{"sku":"ODD","version":"3","asOf":"2026-03-02T05:00:00Z","quantities":{}}`,
		"no time":                       `{"sku":"ODD","version":3,"quantities":{"available":4}}`,
		"no quantities":                 `{"sku":"ODD","version":3,"asOf":"2026-03-02T05:00:00Z"}`,
		"a quantity beyond all numbers": record("ODD", `{"available":99999999999999999999}`),
	} {
		p, err := answering(t, http.StatusOK, nil, fmt.Sprintf(page, odd+","+good)).Inventory(t.Context(), ports.InventoryPosition{})
		require.NoError(t, err, name)
		require.Equal(t, []string{"ODD"}, p.Unreadable, name)
		require.Len(t, p.Records, 1, name)
		require.Equal(t, []domain.StatusUnits{{Status: "allocated", Units: -2}, {Status: "available", Units: 4}, {Status: "new_word", Units: 1}}, p.Records[0].Quantities, name)
	}
	for name, body := range map[string]string{
		"no mode":        `{"asOf":"2026-03-02T06:00:00Z","nextCursor":null,"changesCursor":"c1","data":[]}`,
		"no instant":     `{"mode":"snapshot","nextCursor":null,"changesCursor":"c1","data":[]}`,
		"no data":        `{"mode":"snapshot","asOf":"2026-03-02T06:00:00Z","nextCursor":null,"changesCursor":"c1"}`,
		"no end":         `{"mode":"snapshot","asOf":"2026-03-02T06:00:00Z","nextCursor":null,"changesCursor":null,"data":[]}`,
		"another mode":   `{"mode":"delta","asOf":"2026-03-02T06:00:00Z","nextCursor":null,"changesCursor":"c1","data":[]}`,
		"a proxy's page": `<html>`,
	} {
		_, err := answering(t, http.StatusOK, nil, body).Inventory(t.Context(), ports.InventoryPosition{})
		require.True(t, fault.Is(err, fault.Unavailable), "%s: %v", name, err)
	}
}
