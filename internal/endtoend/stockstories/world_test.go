package stockstories_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"selvedge/activities"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/intake"
	"selvedge/internal/ports"
	acssim "selvedge/internal/simulators/acs"
	centrasim "selvedge/internal/simulators/centra"
	"selvedge/internal/simulators/clock"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
	"selvedge/internal/systems/acs"
	"selvedge/internal/systems/centra"
)

const (
	shopStore = "atelier"
	north     = "north"
	account   = "HOUSE"
	token     = "token-of-the-test"
	key       = "key-of-the-test"
	settle    = 30 * time.Second
)

// world is shop and warehouse with the product between them. Its clock stands still but
// for what a story lets pass, so that a story is the same each time it is told.
type world struct {
	clock *clock.Clock
	shop  *centrasim.Simulator
	floor *acssim.Simulator
	store *store.Store
	stock *activities.Stock
	sells *centra.Shop
	keeps *acs.Warehouse
	// numbers of items and orders that were given away: each story has its own.
	items, orders int
}

// nobody stands for Temporal: the stories have no order workflows to wake.
type nobody struct{ client.Client }

func (nobody) SignalWorkflow(context.Context, string, string, string, any) error { return nil }

func (nobody) ExecuteWorkflow(context.Context, client.StartWorkflowOptions, any, ...any) (client.WorkflowRun, error) {
	return nil, nil //nolint:nilnil // nobody asks for the run
}

func openWorld(t *testing.T) *world {
	t.Helper()
	w := &world{clock: clock.New(), store: storetest.New(t), orders: 1000}
	w.shop = centrasim.New(centrasim.Options{Clock: w.clock})
	t.Cleanup(w.shop.Close)
	var err error
	w.floor, err = acssim.New(acssim.Options{Clock: w.clock, Pace: 1e6, RateLimit: -1})
	require.NoError(t, err)
	t.Cleanup(w.floor.Close)
	plenty := 1_000_000
	require.NoError(t, w.shop.Seed(centrasim.Seed{
		Stores: []centrasim.SeedStore{{ID: 1, Name: shopStore}}, Warehouses: []centrasim.SeedWarehouse{{Name: north}},
		Markets:        []centrasim.SeedMarket{{Name: "UK", Store: shopStore, Countries: []string{"GB"}}},
		PaymentMethods: []centrasim.SeedPaymentMethod{{Name: "card"}}, ShippingOptions: []centrasim.SeedShippingOption{{Name: "Standard"}},
		Tokens: []centrasim.SeedToken{{Token: token, Integration: "selvedge"}},
		Quotas: &centrasim.Quotas{Requests10s: plenty, RequestsHour: plenty, Complexity10s: 100 * plenty, ComplexityHour: 100 * plenty, Mutations10s: plenty, MutationsHour: plenty},
	}))
	require.NoError(t, w.floor.Seed(acssim.Seed{Accounts: []acssim.AccountSeed{{
		Account: account, Key: key,
		ShippingServices: []acssim.ShippingService{{Code: "RM48", Name: "Tracked 48", CarrierCode: "RM", Active: true}},
	}}}))
	shopServer, floorServer := httptest.NewServer(w.shop), httptest.NewServer(w.floor)
	t.Cleanup(shopServer.Close)
	t.Cleanup(floorServer.Close)
	w.sells, err = centra.New(centra.Config{BaseURL: shopServer.URL, Token: token, Stores: centra.Stores{1: shopStore}, Timeout: 10 * time.Second}, centra.Options{Now: w.clock.Now})
	require.NoError(t, err)
	w.keeps, err = acs.New(acs.Config{
		BaseURL: floorServer.URL + "/partner/v1", Account: account, Warehouse: north, SubscriptionKey: key,
		RequestsPerSecond: 10_000, Burst: 10_000, Timeout: 10 * time.Second,
	})
	require.NoError(t, err)
	t.Cleanup(w.keeps.Close)
	in := &intake.Intake{
		Shop: w.sells, Store: w.store, Orphans: w.store, WriteOffs: w.store, Client: nobody{}, Log: zap.NewNop(), Clock: w.clock.Now, Stores: []string{shopStore},
		Warehouses: map[string]ports.Warehouse{north: w.keeps},
	}
	w.stock = &activities.Stock{
		Store: w.store, Shop: w.sells, Rooms: map[string]ports.Stockroom{north: w.keeps}, Orders: in, Clock: w.clock.Now,
		Settle: settle, StaleAfter: 30 * time.Minute, FullEvery: time.Hour,
	}
	return w
}

func (w *world) ctx() context.Context { return context.Background() }

// newItem puts an item with stock on sale, and a buffer with it.
func (w *world) newItem(stocked, buffer int) (string, error) {
	w.items++
	sku := fmt.Sprintf("ITEM-%d", w.items)
	if err := w.shop.Seed(centrasim.Seed{Products: []centrasim.SeedProduct{{
		Name: sku, Number: sku, Variants: []centrasim.SeedVariant{{Name: "Blue", Sizes: []centrasim.SeedSize{{Name: "M", SKU: sku, EAN: strconv.Itoa(7300000000000 + w.items)}}}},
	}}}); err != nil {
		return "", err
	}
	if buffer > 0 {
		rule := domain.Rule{Table: domain.RuleStockBuffer, Warehouse: north, From: sku, To: strconv.Itoa(buffer)}
		if _, err := w.store.SaveRules(w.ctx(), []domain.Rule{rule}, "test", "a story", w.clock.Now()); err != nil {
			return "", err
		}
	}
	return sku, w.floor.Seed(acssim.Seed{Accounts: []acssim.AccountSeed{{
		Account: account, Key: key,
		Items:     []acssim.Item{{SKU: sku, Name: sku, Supplier: "House", GarmentType: "shirt", Size: "M", ItemCondition: "new"}},
		Inventory: []acssim.InventorySeed{{SKU: sku, Quantities: map[string]int{"available": stocked}}},
	}}})
}

func (w *world) act(a acssim.Action) error {
	a.Account = account
	_, err := w.floor.Act(a)
	return err
}

// pass makes one pass, its steps one after the other; between is done between them.
func (w *world) pass(full bool, between ...func()) error {
	in := contract.StockInput{Warehouse: north, Trigger: contract.StockBySchedule, Full: full}
	read, err := w.stock.ReadInventory(w.ctx(), in)
	if err != nil || read.Busy {
		return err
	}
	for _, do := range between {
		do()
	}
	if read, err = w.stock.DrainWarehouseOrders(w.ctx(), read); err != nil {
		return err
	}
	_, err = w.stock.PublishStock(w.ctx(), read)
	return err
}

// free is what the shop offers of an item.
func (w *world) free(sku string) int {
	for _, r := range w.shop.State().Stock {
		if r.SKU == sku && r.Warehouse == north {
			return r.FTA
		}
	}
	return 0
}

func (w *world) available(sku string) int {
	page, err := w.keeps.LookUp(w.ctx(), []string{sku})
	if err != nil || len(page.Records) != 1 {
		return 0
	}
	for _, q := range page.Records[0].Quantities {
		if q.Status == domain.StockAvailable {
			return q.Units
		}
	}
	return 0
}
