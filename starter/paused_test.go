package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/contract"
	"selvedge/internal/devtemporal"
	"selvedge/internal/domain"
	"selvedge/internal/intake"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/store"
	"selvedge/internal/store/storetest"
	"selvedge/workflows"
)

// Personal values that no command may print.
const (
	lastName = "Quistgaard"
	street   = "Larkspindle Way"
)

// deployment is a whole Selvedge with simulated shop and warehouse.
type deployment struct {
	environment map[string]string
	store       *store.Store
	warehouse   *acs.Simulator
	intake      *intake.Intake
	startWorker func() error // polls all queues
	stopWorker  func()       // ends that; stopping twice is harmless
}

// TestPausedOrder runs the commands against real Temporal, PostgreSQL and workflows:
// orders pause, are shown, answered and resumed, and one is answered without a worker.
func TestPausedOrder(t *testing.T) {
	t.Parallel()
	d := deploy(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/paused",
		Setup: func(e *testscript.Env) error {
			for name, value := range d.environment {
				e.Setenv(name, value)
			}
			e.Setenv("USER", "tester")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "await-question": d.awaitQuestion, "await-warehouse": d.awaitWarehouse,
			"await-http": awaitHTTP, "await-fact": d.awaitFact,
			"ships": d.ships, "comes-back": d.comesBack, "await-return": d.awaitReturn, "await-orphan": d.awaitOrphan,
			"stop-worker":  func(*testscript.TestScript, bool, []string) { d.stopWorker() },
			"start-worker": func(ts *testscript.TestScript, _ bool, _ []string) { ts.Check(d.startWorker()) },
		},
	})
}

// awaitQuestion waits until an order waits for a person: await-question 1001.
func (d *deployment) awaitQuestion(ts *testscript.TestScript, _ bool, args []string) {
	id := domain.OrderID{Store: "atelier", Number: args[0]}
	await(ts, func() bool {
		open, err := d.store.OpenExceptions(context.Background(), store.ExceptionFilter{Order: &id}, 1)
		ts.Check(err)
		return len(open) > 0
	})
}

// awaitWarehouse waits until the warehouse has an order: await-warehouse 1001.
func (d *deployment) awaitWarehouse(ts *testscript.TestScript, _ bool, args []string) {
	await(ts, func() bool {
		for _, account := range d.warehouse.State() {
			for _, o := range account.Orders {
				if o.Number == args[0] {
					return true
				}
			}
		}
		return false
	})
}

// awaitFact waits until a kind of fact of an order is stored: await-fact 1001 answered.
func (d *deployment) awaitFact(ts *testscript.TestScript, _ bool, args []string) {
	await(ts, func() bool {
		facts, err := d.store.Facts(context.Background(), domain.OrderID{Store: "atelier", Number: args[0]}, 0)
		ts.Check(err)
		return slices.ContainsFunc(facts, func(f domain.Fact) bool { return string(f.Kind) == args[1] })
	})
}

// awaitHTTP waits until something answers at an address.
func awaitHTTP(ts *testscript.TestScript, _ bool, args []string) {
	await(ts, func() bool {
		answer, err := http.Get(args[0])
		if err != nil {
			return false
		}
		return answer.Body.Close() == nil
	})
}

// freeAddress is a loopback address that nobody listens on at the moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer socket.Close()
	return socket.Addr().String()
}

func await(ts *testscript.TestScript, there func() bool) {
	limit, tick := time.After(30*time.Second), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for !there() {
		select {
		case <-limit:
			ts.Fatalf("did not happen within 30 s")
		case <-tick.C:
		}
	}
}

func deploy(t *testing.T) *deployment {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute) // the dev server may have to be built
	t.Cleanup(cancel)
	server, err := devtemporal.Start(ctx, devtemporal.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Kill() }) // its database is a temporary one
	shopURL := simulatedShop(t)
	d := &deployment{}
	warehouseURL := d.simulatedWarehouse(t)
	d.environment = map[string]string{
		"DATABASE_URL": storetest.URL(t), "SELVEDGE_MASTER_KEYS": "test:" + storetest.RandomKey(),
		"TEMPORAL_ADDRESS": server.Address, "TEMPORAL_NAMESPACE": server.Namespace,
		"SELVEDGE_CENTRA_URL": shopURL, "SELVEDGE_CENTRA_TOKEN": "token", "SELVEDGE_CENTRA_STORES": "1=atelier",
		"SELVEDGE_ACS_0_BASE_URL": warehouseURL, "SELVEDGE_ACS_0_ACCOUNT": "BRANDX", "SELVEDGE_ACS_0_WAREHOUSE": "glasgow",
		"SELVEDGE_ACS_0_SUBSCRIPTION_KEY": "key", "SELVEDGE_LISTEN": freeAddress(t), "EMPTY_DATABASE_URL": storetest.EmptyURL(t),
	}
	c, err := config.FromMap(d.environment, config.Database, config.Systems)
	require.NoError(t, err)
	parts, err := assembly.Open(ctx, c, zap.NewNop())
	require.NoError(t, err)
	t.Cleanup(parts.Close)
	d.store = parts.Store
	temporal, err := client.Dial(client.Options{HostPort: server.Address, Namespace: server.Namespace})
	require.NoError(t, err)
	t.Cleanup(temporal.Close)
	d.intake = parts.Intake(temporal)
	d.stopWorker = func() {}
	d.startWorker = func() error { return d.work(parts, temporal) }
	require.NoError(t, d.startWorker())
	t.Cleanup(func() { d.stopWorker() })
	return d
}

func (d *deployment) work(parts *assembly.Parts, temporal client.Client) error {
	set := parts.Activities(temporal)
	var workers []worker.Worker
	d.stopWorker = sync.OnceFunc(func() {
		for _, w := range workers {
			w.Stop()
		}
	})
	for _, queue := range contract.Queues() {
		w := worker.New(temporal, queue, worker.Options{DisableWorkflowWorker: queue != contract.QueueOrders, WorkerStopTimeout: 5 * time.Second})
		if queue == contract.QueueOrders {
			workflows.Register(w)
		}
		set.Register(w)
		if err := w.Start(); err != nil {
			return err
		}
		workers = append(workers, w)
	}
	return nil
}

func simulatedShop(t *testing.T) (url string) {
	t.Helper()
	sim := centra.New(centra.Options{})
	t.Cleanup(sim.Close)
	order := func(number int, store, method string) centra.SeedOrder {
		return centra.SeedOrder{
			Number: number, Store: store, Market: store, Currency: "GBP", PaymentMethod: "card", ShippingOption: method, ShippingCost: 490, TaxPercent: 20,
			ShippingAddress: centra.SeedAddress{
				FirstName: "Zebulonia", LastName: lastName, Address1: "77 " + street, ZipCode: "ML1 4GP",
				City: "Motherwell", Country: "GB", Email: "zeb@planted.example",
			},
			Lines: []centra.SeedLine{{SKU: "SHBLM", Quantity: 2, UnitPrice: 3990, From: map[string]int{"glasgow": 2}}},
		}
	}
	require.NoError(t, sim.Seed(centra.Seed{
		Stores:          []centra.SeedStore{{ID: 1, Name: "atelier"}, {ID: 2, Name: "showroom", Type: "WHOLESALE"}},
		Warehouses:      []centra.SeedWarehouse{{Name: "glasgow"}},
		Markets:         []centra.SeedMarket{{Name: "atelier", Store: "atelier", Countries: []string{"GB"}}},
		ShippingOptions: []centra.SeedShippingOption{{Name: "Express Saver"}, {Name: "Drone"}},
		PaymentMethods:  []centra.SeedPaymentMethod{{Name: "card"}},
		Tokens:          []centra.SeedToken{{Token: "token", Integration: "selvedge"}},
		Products: []centra.SeedProduct{{Name: "Shirt", Number: "SH", Brand: "Selvedge", Variants: []centra.SeedVariant{
			{Name: "Blue", Number: "BL", Sizes: []centra.SeedSize{{Name: "M", Number: "M", Stock: map[string]int{"glasgow": 20}}}},
		}}},
		Orders: []centra.SeedOrder{order(1001, "atelier", "Express Saver"), order(1002, "atelier", "Drone"), order(1003, "atelier", "Drone"), order(1004, "atelier", "Express Saver")},
	}))
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return server.URL
}

func (d *deployment) simulatedWarehouse(t *testing.T) (url string) {
	t.Helper()
	var err error
	d.warehouse, err = acs.New(acs.Options{Pace: 1e6}) // its floor stands still
	require.NoError(t, err)
	t.Cleanup(d.warehouse.Close)
	require.NoError(t, d.warehouse.Seed(acs.Seed{Accounts: []acs.AccountSeed{{
		Account: "BRANDX", Key: "key",
		ShippingServices: []acs.ShippingService{
			{Code: "RM48", Name: "Tracked 48", CarrierCode: "RM", Countries: []string{"GB"}, Active: true},
			{Code: "RM24", Name: "Tracked 24", CarrierCode: "RM", Countries: []string{"GB"}, Active: true},
		},
		Items:     []acs.Item{{SKU: "SHBLM", Name: "Shirt", Supplier: "Selvedge", GarmentType: "shirt", Size: "M"}},
		Inventory: []acs.InventorySeed{{SKU: "SHBLM", Quantities: map[string]int{"available": 20}}},
	}}}))
	server := httptest.NewServer(d.warehouse)
	t.Cleanup(server.Close)
	return fmt.Sprintf("%s/partner/v1", server.URL)
}
