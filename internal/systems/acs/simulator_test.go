package acs_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports/portstest"
	simulator "selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/weather"
	"selvedge/internal/systems/acs"
)

const (
	account = "BRANDX"
	key     = "key-of-brandx-5521"
)

var secret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("a webhook key of 24 bytes"))

// floor drives a simulator whose own floor stands still: only what a test asks for happens.
type floor struct {
	*simulator.Simulator
	weather *weather.Weather

	mu         sync.Mutex
	deliveries []portstest.Delivery
}

func consignment() domain.Consignment {
	return domain.Consignment{
		Number: "10023", Order: domain.OrderID{Store: "atelier", Number: "10023"}, Warehouse: "Glasgow",
		Service: "RM48", Currency: "GBP", OrderDate: "2026-03-02",
		Lines: []domain.ConsignmentLine{
			{Line: "501", SKU: "DRS-1001-M", Quantity: 2, UnitPrice: 4900, Attributes: map[string]string{"itemCondition": "refurbished", "grade": "B"}},
			{Line: "502", SKU: "BLT-2001-OS", Quantity: 2, UnitPrice: 950, ParentLine: "500", Attributes: map[string]string{"itemCondition": "new"}},
		},
	}
}

// Values that must never come back in an error, a refusal or a kept event.
func address() domain.Address {
	return domain.Address{
		FirstName: "Zephyrine", LastName: "Quillfeather", Company: "Umberwick", Line1: "77 Larkspindle Way", Line2: "Flat Moonrake",
		City: "Thistlebourne", State: "Corvidshire", Postcode: "ML1 4GP", Country: "GB",
		Email: "zephyrine@quillfeather.example", Phone: "+447700900987",
	}
}

func planted() []string {
	a := address()
	return []string{a.FirstName, a.LastName, a.Company, a.Line1, a.Line2, a.City, a.State, a.Postcode, a.Email, a.Phone, leak, key, secret}
}

const leak = "Wrenfold Hobblethwaite, 3 Pebblemarsh Lane"

func openSimulator(t *testing.T) (*acs.Warehouse, *floor) {
	t.Helper()
	f := &floor{}
	var err error
	f.weather, err = weather.New("calm", 1)
	require.NoError(t, err)
	f.Simulator, err = simulator.New(simulator.Options{Weather: f.weather, Pace: 1e6, RateLimit: 1e6, Burst: 1e6})
	require.NoError(t, err)
	t.Cleanup(f.Close)
	receiver := httptest.NewServer(http.HandlerFunc(f.receive))
	t.Cleanup(receiver.Close)
	server := httptest.NewServer(f.Simulator)
	t.Cleanup(server.Close)
	services := []simulator.ShippingService{
		{Code: "RM48", Name: "Tracked 48", CarrierCode: "RM", Countries: []string{"GB"}, Cutoff: "12:00", Active: true},
		{Code: "DPDND", Name: "Next Day", CarrierCode: "DPD", Countries: []string{"GB", "IE"}, Active: true},
	}
	items := []simulator.Item{
		{SKU: "DRS-1001-M", Name: "Dress", Supplier: "Atelier", GarmentType: "dress", Size: "M"},
		{SKU: "BLT-2001-OS", Name: "Belt", Supplier: "Atelier", GarmentType: "belt", Size: "OS"},
	}
	require.NoError(t, f.Seed(simulator.Seed{Accounts: []simulator.AccountSeed{{
		Account: account, Key: key, ClientSecret: "client-secret-8812", ShippingServices: services, Items: items,
		Inventory: []simulator.InventorySeed{
			{SKU: "DRS-1001-M", Quantities: map[string]int{"available": 50}},
			{SKU: "BLT-2001-OS", Quantities: map[string]int{"available": 50}},
		},
		Webhook: &simulator.WebhookTarget{URL: receiver.URL, Secret: secret},
	}}}))
	return open(t, acs.Config{BaseURL: server.URL + "/partner/v1", SubscriptionKey: key}), f
}

// open makes an adapter of the test's account.
func open(t *testing.T, config acs.Config) *acs.Warehouse {
	t.Helper()
	config.Account, config.Warehouse, config.WebhookSecrets = account, "Glasgow", []string{"whsec_b2xkIGtleQ==", secret}
	if config.Timeout == 0 {
		config.Timeout = 10 * time.Second
	}
	warehouse, err := acs.New(config)
	require.NoError(t, err)
	t.Cleanup(warehouse.Close)
	return warehouse
}

func (f *floor) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	f.deliveries = append(f.deliveries, portstest.Delivery{Header: r.Header.Clone(), Body: bytes.Clone(body), At: time.Now()})
	f.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

func (f *floor) act(t *testing.T, action simulator.Action) {
	t.Helper()
	action.Account = account
	_, err := f.Act(action)
	require.NoError(t, err)
}

func (f *floor) Accept(t *testing.T, number string) {
	f.act(t, simulator.Action{Action: "accept", Order: number})
}

func (f *floor) Reject(t *testing.T, number string) {
	f.act(t, simulator.Action{Action: "reject", Order: number, Errors: []simulator.FieldError{
		{Code: "shipping_service_unavailable", Pointer: "/shippingService", Value: leak, Message: "Not for " + leak},
	}})
}

func (f *floor) Ship(t *testing.T, number string, parcels int, lines ...domain.LineQuantity) {
	action := simulator.Action{Action: "ship", Order: number, Parcels: parcels}
	for _, l := range lines {
		action.Lines = append(action.Lines, simulator.PlannedUnits{LineID: l.Line, Quantity: l.Quantity})
	}
	f.act(t, action)
}

func (f *floor) Short(t *testing.T, number string, l domain.LineQuantity) {
	f.act(t, simulator.Action{Action: "short", Order: number, LineID: l.Line, Quantity: l.Quantity})
}

func (f *floor) CutAfterCommit(t *testing.T, number string) {
	f.script(t, weather.Fault{Match: "PUT /partner/v1/orders/" + number, Kind: weather.CutAfterCommit})
}

func (f *floor) script(t *testing.T, faults ...weather.Fault) {
	t.Helper()
	require.NoError(t, f.weather.Script(faults...))
}

func (f *floor) Count(*testing.T) int {
	for _, state := range f.State() {
		if state.Account == account {
			return len(state.Orders)
		}
	}
	return 0
}

func (f *floor) Deliveries(t *testing.T, n int) []portstest.Delivery {
	t.Helper()
	var got []portstest.Delivery
	require.Eventually(t, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		got = append([]portstest.Delivery(nil), f.deliveries...)
		return len(got) >= n
	}, 10*time.Second, 5*time.Millisecond)
	return got
}

func (f *floor) Resend(t *testing.T, event string) {
	f.act(t, simulator.Action{Action: "resend", Event: event})
}

func TestConformance(t *testing.T) {
	t.Parallel()
	portstest.Warehouse(t, func(t *testing.T) portstest.Harness {
		warehouse, f := openSimulator(t)
		return portstest.Harness{Warehouse: warehouse, Floor: f, Consignment: consignment(), Address: address(), OtherService: "DPDND"}
	})
}
