package centra_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	simulator "selvedge/internal/simulators/centra"
	"selvedge/internal/simulators/weather"
	"selvedge/internal/systems/centra"
)

// sizesBySKU reads the shop's sizes.
func sizesBySKU(t *testing.T, shop *centra.Shop) map[string]ports.ShopSize {
	t.Helper()
	out := map[string]ports.ShopSize{}
	for cursor := ""; ; {
		list, next, err := shop.Sizes(t.Context(), time.Time{}, cursor)
		require.NoError(t, err)
		for _, z := range list {
			out[z.SKU] = z
		}
		if cursor = next; cursor == "" {
			return out
		}
	}
}

func id(number string) domain.OrderID { return domain.OrderID{Store: "atelier", Number: number} }

// figure gives a size's figures of a reading.
func figure(t *testing.T, r ports.ShopStock, size string) domain.SizeStock {
	t.Helper()
	for _, z := range r.Sizes {
		if z.Size == size {
			return z
		}
	}
	require.Fail(t, "no figures", "of size %s in %+v", size, r)
	return domain.SizeStock{}
}

func lineOf(t *testing.T, r ports.ShopStock, order, size string) domain.LineStock {
	t.Helper()
	for _, l := range r.Lines {
		if l.Order.Number == order && l.Size == size {
			return l
		}
	}
	require.Fail(t, "no line", "of order %s and size %s in %+v", order, size, r.Lines)
	return domain.LineStock{}
}

func marginal(s *simulator.Seed) {
	s.Warehouses[0].Threshold = 2
	s.Products[0].Variants[0].StockOffset = 3
}

func TestStockAndLinesOfOneWarehouseInOneRequest(t *testing.T) {
	t.Parallel()
	shop, _ := simulated(t, marginal)
	sizes := sizesBySKU(t, shop)
	m, l := sizes["SHBLM"].ID, sizes["SHBLL"].ID
	require.Equal(t, ports.ShopSize{ID: m, SKU: "SHBLM", EAN: "7300000000011", Offset: 3}, sizes["SHBLM"])

	order := readOne(t, shop, "1001")
	_, err := shop.CreateShipment(t.Context(), shipDraft(order, domain.LineQuantity{Line: order.Lines[0].ID, Quantity: 1}))
	require.NoError(t, err)
	r, err := shop.ReadStock(t.Context(), "north", []string{m, l}, []domain.OrderID{id("1001"), id("1002"), id("9999")})
	require.NoError(t, err)
	require.Equal(t, "north", r.Warehouse.Name)
	require.Equal(t, 2, r.Warehouse.Threshold)
	require.False(t, r.Warehouse.OwnMaster)
	// 1001 (2, of which 1 is gone), 1002 (a set of two: 2 M and 4 L), 1003 to 1005 (2 each), 1006 (2 wholesale)
	require.Equal(t, domain.SizeStock{Size: m, Physical: 19, FreeToAllocate: 19 - 11, Offset: 3}, figure(t, r, m))
	require.Equal(t, domain.LineStock{Order: id("1001"), Line: order.Lines[0].ID, Size: m, Allocated: 1, Completed: 1}, lineOf(t, r, "1001", m))
	require.Equal(t, 0, lineOf(t, r, "1001", l).Allocated, "that one is held in south")
	require.Equal(t, 4, lineOf(t, r, "1002", l).Allocated, "a bundle's items are lines of their own")

	r, err = shop.ReadStock(t.Context(), "south", []string{l}, []domain.OrderID{id("1001")})
	require.NoError(t, err)
	require.Equal(t, 1, lineOf(t, r, "1001", l).Allocated, "two warehouses are told apart")
	require.Len(t, r.Lines, 1, "only of the sizes asked for")

	_, err = shop.ReadStock(t.Context(), "moon", []string{m}, nil)
	require.True(t, fault.Is(err, fault.Misconfigured), "%v", err)
	require.Contains(t, err.Error(), `"moon"`)
}

func TestDifferencesAreWritten(t *testing.T) {
	t.Parallel()
	shop, sim := simulated(t)
	sizes := sizesBySKU(t, shop)
	m, l := sizes["SHBLM"].ID, sizes["SHBLL"].ID
	free := func(sku string) int {
		for _, r := range sim.State().Stock {
			if r.Warehouse == "north" && r.SKU == sku {
				return r.FTA
			}
		}
		return -1
	}
	fm, fl := free("SHBLM"), free("SHBLL")
	change := ports.StockChange{Warehouse: "north", Decrease: true, Description: "selvedge", Sizes: []domain.SizeUnits{{Size: m, Units: 2}, {Size: l, Units: 1}}}
	require.NoError(t, shop.ChangeStock(t.Context(), change))
	require.Equal(t, []int{fm - 2, fl - 1}, []int{free("SHBLM"), free("SHBLL")})
	change.Decrease = false
	require.NoError(t, shop.ChangeStock(t.Context(), change))
	require.Equal(t, []int{fm, fl}, []int{free("SHBLM"), free("SHBLL")})

	err := shop.ChangeStock(t.Context(), ports.StockChange{Warehouse: "north", Decrease: true, Description: "selvedge", Sizes: []domain.SizeUnits{{Size: l, Units: 1}, {Size: m, Units: 9999}}})
	f, ok := fault.As(err)
	require.True(t, ok)
	require.Equal(t, fault.Rejected, f.Kind, "%v", err)
	require.Equal(t, m, f.Problems[0].Value, "the size that was refused is named")
	require.Equal(t, fl, free("SHBLL"), "all or nothing")

	err = shop.ChangeStock(t.Context(), ports.StockChange{Warehouse: "north", Description: "selvedge", Sizes: []domain.SizeUnits{{Size: "4711", Units: 1}}})
	require.True(t, fault.Is(err, fault.Rejected), "a size unknown to Centra: %v", err)
	f, _ = fault.As(err)
	require.Equal(t, "4711", f.Problems[0].Value)

	require.NoError(t, shop.SetStock(t.Context(), "south", "selvedge, first load", []domain.SizeUnits{{Size: m, Units: 33}}))
	for name, wrong := range map[string][]domain.SizeUnits{
		"no size": {}, "no units": {{Size: m}}, "twice": {{Size: m, Units: 1}, {Size: m, Units: 1}}, "no id": {{Size: "M", Units: 1}},
		"more than a batch": make([]domain.SizeUnits, ports.StockBatch+1),
	} {
		require.True(t, fault.Is(shop.ChangeStock(t.Context(), ports.StockChange{Warehouse: "north", Sizes: wrong}), fault.Invalid), name)
	}
}

func TestAChangeOfStockWhoseAnswerIsLostIsUncertain(t *testing.T) {
	t.Parallel()
	for kind, committed := range map[string]bool{weather.CutAfterCommit: true, weather.CutBeforeCommit: false, weather.Garbage: false} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			shop, sim := simulated(t)
			m := sizesBySKU(t, shop)["SHBLM"].ID
			before, err := shop.ReadStock(t.Context(), "north", []string{m}, nil)
			require.NoError(t, err)
			require.NoError(t, sim.Weather().Script(weather.Fault{Kind: kind, Match: "changeStock"}))
			err = shop.ChangeStock(t.Context(), ports.StockChange{Warehouse: "north", Description: "selvedge", Sizes: []domain.SizeUnits{{Size: m, Units: 5}}})
			require.True(t, fault.Is(err, fault.Uncertain), "%v", err)
			after, err := shop.ReadStock(t.Context(), "north", []string{m}, nil)
			require.NoError(t, err)
			require.Equal(t, committed, figure(t, after, m).Physical == figure(t, before, m).Physical+5, "only reading tells")
		})
	}
}

func TestARefusedQuotaSaysWhen(t *testing.T) {
	t.Parallel()
	shop, sim := simulated(t)
	m := sizesBySKU(t, shop)["SHBLM"].ID
	require.NoError(t, sim.Weather().Script(weather.Fault{Kind: weather.Status429, Match: "changeStock"}))
	err := shop.ChangeStock(t.Context(), ports.StockChange{Warehouse: "north", Description: "selvedge", Sizes: []domain.SizeUnits{{Size: m, Units: 5}}})
	f, ok := fault.As(err)
	require.True(t, ok)
	require.Equal(t, fault.RateLimited, f.Kind)
	require.False(t, f.RetryAt.IsZero())
}

// door stands before a simulator, counts what goes in and can do something after each.
type door struct {
	*simulator.Simulator
	entered int
	after   func(entered int)
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.Simulator.ServeHTTP(w, r)
	d.entered++
	if d.after != nil {
		d.after(d.entered)
	}
}

// catalogue has many sizes in one warehouse, and many orders of the first of them.
func catalogue(t *testing.T, sizes, orders int) (*centra.Shop, *door) {
	t.Helper()
	sim := &door{Simulator: simulator.New(simulator.Options{})}
	t.Cleanup(sim.Close)
	v := simulator.SeedVariant{Name: "Blue"}
	for i := range sizes {
		v.Sizes = append(v.Sizes, simulator.SeedSize{Name: strconv.Itoa(i), SKU: fmt.Sprintf("S%05d", i), EAN: fmt.Sprintf("73%05d", i), Stock: map[string]int{"north": 100 + i}})
	}
	seed := simulator.Seed{
		Stores: []simulator.SeedStore{{ID: 1, Name: "atelier"}}, Warehouses: []simulator.SeedWarehouse{{Name: "north"}},
		Markets: []simulator.SeedMarket{{Name: "Sweden", Store: "atelier"}}, Tokens: []simulator.SeedToken{{Token: token, Integration: "selvedge"}},
		PaymentMethods: []simulator.SeedPaymentMethod{{Name: "card"}}, Products: []simulator.SeedProduct{{Name: "Shirt", Number: "SH", Variants: []simulator.SeedVariant{v}}},
		Quotas: &simulator.Quotas{Requests10s: 10000},
	}
	for i := range orders {
		seed.Orders = append(seed.Orders, simulator.SeedOrder{
			Number: 1000 + i, Store: "atelier", Market: "Sweden", Currency: "SEK", PaymentMethod: "card",
			Lines: []simulator.SeedLine{{SKU: "S00000", Quantity: 1, UnitPrice: 100, From: map[string]int{"north": 1}}},
		})
	}
	require.NoError(t, sim.Seed(seed))
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	shop, err := centra.New(centra.Config{BaseURL: server.URL, Token: token, Timeout: 10 * time.Second, Stores: centra.Stores{1: "atelier"}, MaxWait: 20 * time.Second}, centra.Options{})
	require.NoError(t, err)
	return shop, sim
}

func TestLongListsAreReadWhole(t *testing.T) {
	t.Parallel()
	shop, sim := catalogue(t, 2345, 0)
	sizes := sizesBySKU(t, shop)
	require.Len(t, sizes, 2345)
	rows, before := map[string]domain.SizeStock{}, sim.entered
	for cursor := ""; ; {
		list, next, err := shop.ListStock(t.Context(), "north", cursor)
		require.NoError(t, err)
		for _, r := range list {
			rows[r.Size] = r
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	require.Len(t, rows, 2345)
	require.Equal(t, 100+2344, rows[sizes["S02344"].ID].FreeToAllocate)
	require.Equal(t, 4, sim.entered-before, "the warehouse's id, and 1000 sizes a request")

	var ids, eans []string
	for i := range ports.StockReadSizes {
		z := sizes[fmt.Sprintf("S%05d", i*2)]
		ids = append(ids, z.ID)
		if len(eans) < ports.SizesByEANLimit {
			eans = append(eans, z.EAN)
		}
	}
	before = sim.entered
	r, err := shop.ReadStock(t.Context(), "north", ids, nil)
	require.NoError(t, err)
	require.Len(t, r.Sizes, ports.StockReadSizes)
	found, err := shop.SizesByEAN(t.Context(), append(eans[1:], "7399999999"))
	require.NoError(t, err)
	require.Len(t, found, ports.SizesByEANLimit-1, "an unknown code is absent")
	require.Equal(t, 2, sim.entered-before)
	changed, next, err := shop.Sizes(t.Context(), time.Now().Add(-time.Hour), "")
	require.NoError(t, err)
	require.Len(t, changed, 200)
	require.Equal(t, "2", next)
}

func TestAnItemOfMoreOrdersThanARequestHoldsIsNotTrustedWhenItMoves(t *testing.T) {
	t.Parallel()
	shop, sim := catalogue(t, 2, ports.StockReadOrders+5)
	hot, calm := sizesBySKU(t, shop)["S00000"].ID, sizesBySKU(t, shop)["S00001"].ID
	var orders []domain.OrderID
	for i := range ports.StockReadOrders + 5 {
		orders = append(orders, id(strconv.Itoa(1000+i)))
	}
	r, err := shop.ReadStock(t.Context(), "north", []string{hot, calm}, orders)
	require.NoError(t, err)
	require.Len(t, r.Lines, len(orders))
	require.False(t, figure(t, r, hot).Torn)
	// Somebody changes one between the two requests.
	first := sim.entered + 1
	sim.after = func(entered int) {
		if entered == first {
			require.NoError(t, sim.Admin(simulator.Action{Action: "set-stock", Warehouse: "north", SKU: "S00000", Quantity: 2000}))
		}
	}
	r, err = shop.ReadStock(t.Context(), "north", []string{hot, calm}, orders)
	require.NoError(t, err)
	require.Len(t, r.Lines, len(orders))
	require.True(t, figure(t, r, hot).Torn)
	require.False(t, figure(t, r, calm).Torn)
}
