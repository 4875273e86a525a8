package endtoend_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"google.golang.org/protobuf/types/known/durationpb"

	"selvedge/internal/assembly"
	"selvedge/internal/config"
	"selvedge/internal/contract"
	"selvedge/internal/intake"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/simulators/weather"
	"selvedge/internal/store/storetest"
	"selvedge/internal/telemetry"
	"selvedge/workflows"
)

// Times of every world, in place of minutes and days. A late commit stays below settle.
const (
	trackingWait = 3 * time.Second
	returnWindow = 2 * time.Second
	settle       = 3 * time.Second
	captureWait  = 4 * time.Second
	requestTime  = 1500 * time.Millisecond
	patience     = time.Minute // for anything that must happen
	webhookKey   = "whsec_ZW5kLXRvLWVuZC13ZWJob29rLWtleQ=="
)

// world is everything that runs for one story.
type world struct {
	client       client.Client
	shop         *centra.Simulator
	floor        *acs.Simulator
	floorWeather *weather.Weather
	parts        *assembly.Parts
	intake       *intake.Intake
	logs         *observer.ObservedLogs
	ns           string
	doors        string // where webhooks are delivered

	mu      sync.Mutex
	workers []worker.Worker
	numbers []int // orders seeded, whose customers nobody may name
}

// options change a world before it opens.
type options struct {
	shop    func(*centra.Seed)
	env     map[string]string
	deaf    bool // the shop sends no webhooks
	noFloor bool // the warehouses send no webhooks
	limited bool // the warehouses limit requests as their contract says, and we ask for no more
	// shopDoor stands between us and the shop, where a story holds requests back.
	shopDoor func(shop http.Handler) http.Handler
}

// open builds a world; it ends with the test.
func open(t *testing.T, o options) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	w := &world{}
	core, logs := observer.New(zapcore.DebugLevel)
	log := zap.New(core)
	w.logs = logs
	w.simulate(t, o)
	var shop http.Handler = w.shop
	if o.shopDoor != nil {
		shop = o.shopDoor(shop)
	}
	shopServer := serve(t, shop)
	floorServer := serve(t, w.floor)
	c, err := config.FromMap(environment(storetest.URL(t), shopServer.URL, floorServer.URL, o.env), config.Database, config.Systems)
	require.NoError(t, err)
	w.namespace(ctx, t, log)
	w.parts, err = assembly.Open(ctx, c, log)
	require.NoError(t, err)
	t.Cleanup(w.parts.Close)
	_, err = w.parts.Store.SaveRules(ctx, rules(), "test", "rules of the tests", time.Now())
	require.NoError(t, err)
	w.intake = w.parts.Intake(w.client)
	server := intake.NewServer(w.intake, w.parts.ReadHints)
	doors := serve(t, server)
	w.doors = doors.URL
	hints, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(stop)
	go server.Run(hints)
	w.begin(t, o, doors.URL)
	w.startWorkers(t)
	t.Cleanup(w.stopWorkers)
	t.Cleanup(func() { w.requireNobodyNamed(t) })
	return w
}

func serve(t *testing.T, h http.Handler) *httptest.Server {
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

func (w *world) simulate(t *testing.T, o options) {
	t.Helper()
	var err error
	w.shop = centra.New(centra.Options{})
	t.Cleanup(w.shop.Close)
	w.floorWeather, err = weather.New("calm", 1)
	require.NoError(t, err)
	floor := acs.Options{Seed: 7, Weather: w.floorWeather, Pace: 0.0002, RetryPace: 0.02, RateLimit: -1}
	if o.limited {
		floor.RateLimit = 0 // its default
	}
	w.floor, err = acs.New(floor)
	require.NoError(t, err)
	t.Cleanup(w.floor.Close)
}

// begin fills both simulators, with our doors as the targets of their webhooks.
func (w *world) begin(t *testing.T, o options, doors string) {
	t.Helper()
	warehouses := warehouseSeed(doors, webhookKey)
	if o.noFloor {
		for n := range warehouses.Accounts {
			warehouses.Accounts[n].Webhook = nil
		}
	}
	require.NoError(t, w.floor.Seed(warehouses))
	shop := shopSeed()
	if !o.deaf {
		shop.Webhook = &centra.SeedWebhook{URL: doors + "/webhooks/shop", Secret: webhookKey}
	}
	if o.shop != nil {
		o.shop(&shop)
	}
	require.NoError(t, w.shop.Seed(shop))
}

func environment(database, shop, floor string, more map[string]string) map[string]string {
	env := map[string]string{
		"DATABASE_URL":                   database,
		"SELVEDGE_MASTER_KEYS":           "test:" + storetest.RandomKey(),
		"SELVEDGE_CENTRA_URL":            shop,
		"SELVEDGE_CENTRA_TOKEN":          shopToken,
		"SELVEDGE_CENTRA_STORES":         "1=" + atelier + ",2=" + showroom,
		"SELVEDGE_CENTRA_TIMEOUT":        requestTime.String(),
		"SELVEDGE_CENTRA_QUOTA_REFRESH":  "2s",
		"SELVEDGE_CENTRA_WEBHOOK_SECRET": webhookKey,
		"SELVEDGE_TRACKING_WAIT":         trackingWait.String(),
		"SELVEDGE_RETURN_WINDOW":         returnWindow.String(),
		"SELVEDGE_CAPTURE_WAIT":          captureWait.String(),
		"SELVEDGE_SETTLE":                settle.String(),
		"SELVEDGE_PROBE_EVERY":           "1s",
		"SELVEDGE_STOCK":                 "false", // only where stock is the story
		"SELVEDGE_ATTRIBUTE_KEYS":        "itemCondition=garment.condition,countryOfOrigin=garment.origin",
	}
	for n, warehouse := range []string{north, south} {
		prefix := fmt.Sprintf("SELVEDGE_ACS_%d_", n)
		env[prefix+"BASE_URL"] = floor + "/partner/v1"
		env[prefix+"ACCOUNT"] = account(warehouse)
		env[prefix+"WAREHOUSE"] = warehouse
		env[prefix+"SUBSCRIPTION_KEY"] = "key-" + warehouse
		env[prefix+"WEBHOOK_SECRETS"] = webhookKey
		env[prefix+"TIMEOUT"] = requestTime.String()
		env[prefix+"REQUESTS_PER_SECOND"] = "500"
		env[prefix+"BURST"] = "500"
	}
	for k, v := range more {
		env[k] = v
	}
	return env
}

// registering is held while a namespace is made: the server updates its list of
// namespaces by compare-and-set, and a crowd of them would starve each other.
var registering sync.Mutex

// namespace gives the world its own, so that worlds share task queues with nobody.
func (w *world) namespace(ctx context.Context, t *testing.T, log *zap.Logger) {
	t.Helper()
	w.ns = "world-" + strings.ToLower(strings.Map(func(r rune) rune {
		if r == '/' || r == '_' {
			return '-'
		}
		return r
	}, t.Name()))
	var err error
	w.client, err = client.DialContext(ctx, client.Options{HostPort: temporal.Address, Namespace: w.ns, Logger: telemetry.TemporalLogger(log)})
	require.NoError(t, err)
	t.Cleanup(w.client.Close)
	registering.Lock()
	defer registering.Unlock()
	_, err = w.client.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        w.ns,
		WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	require.NoError(t, err)
	attributes := map[string]enums.IndexedValueType{}
	listed, err := w.client.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: temporal.Namespace})
	require.NoError(t, err)
	for name, kind := range listed.GetCustomAttributes() {
		attributes[name] = kind
	}
	// A new namespace takes a moment to be known everywhere.
	require.Eventually(t, func() bool {
		_, err := w.client.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: w.ns, SearchAttributes: attributes})
		return err == nil
	}, patience, 100*time.Millisecond)
	require.Eventually(t, func() bool {
		_, err := w.client.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: `OrderState = "closed"`})
		return err == nil
	}, patience, 100*time.Millisecond)
}

// startWorkers polls all queues, as the worker command does.
func (w *world) startWorkers(t *testing.T) {
	t.Helper()
	set := w.parts.Activities(w.client)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, queue := range contract.Queues() {
		one := worker.New(w.client, queue, worker.Options{DisableWorkflowWorker: queue != contract.QueueOrders, DeadlockDetectionTimeout: assembly.DeadlockTimeout})
		if queue == contract.QueueOrders {
			workflows.Register(one)
		}
		set.Register(one)
		require.NoError(t, one.Start())
		w.workers = append(w.workers, one)
	}
}

// stopWorkers ends all workers; what they were doing is cut off.
func (w *world) stopWorkers() {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all sync.WaitGroup
	for _, one := range w.workers {
		all.Go(one.Stop)
	}
	all.Wait()
	w.workers = nil
}
