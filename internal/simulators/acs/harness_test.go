package acs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/acs"
)

// doc is the contract as a map: JSON in tests is written and read as such.
type doc = map[string]any

// house is a simulator behind a real HTTP server.
type house struct {
	t      testing.TB
	sim    *acs.Simulator
	server *httptest.Server
	key    string
}

const key = "key-brandx"

func services() []acs.ShippingService {
	return []acs.ShippingService{
		{Code: "RM48", Name: "Royal Mail Tracked 48", CarrierCode: "RM", CarrierServiceCode: "48", Countries: []string{"GB"}, Active: true},
		{Code: "DPDND", Name: "DPD Next Day", CarrierCode: "DPD", CarrierServiceCode: "ND", Countries: []string{"GB", "IE"}, Active: true},
		{Code: "OLD", Name: "Withdrawn", CarrierCode: "RM", Active: false},
	}
}

func garment(sku string) acs.Item {
	return acs.Item{SKU: sku, Name: "Garment " + sku, Supplier: "House", GarmentType: "dress", Size: "M", ItemCondition: "new"}
}

func brandX() acs.AccountSeed {
	return acs.AccountSeed{
		Account: "BRANDX", Key: key, ClientID: "client", ClientSecret: "secret", ShippingServices: services(),
		Items:     []acs.Item{garment("DRESS"), garment("BELT"), garment("HAT")},
		Inventory: []acs.InventorySeed{{SKU: "DRESS", Quantities: map[string]int{"available": 50, "in_refurbishment": 3}}, {SKU: "BELT", Quantities: map[string]int{"available": 50}}, {SKU: "HAT", Quantities: map[string]int{"available": 50}}},
	}
}

func open(t testing.TB, options acs.Options, seed acs.Seed) *house {
	t.Helper()
	if options.RateLimit == 0 {
		options.RateLimit = -1
	}
	sim, err := acs.New(options)
	require.NoError(t, err)
	t.Cleanup(sim.Close)
	require.NoError(t, sim.Seed(seed))
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return &house{t: t, sim: sim, server: server, key: key}
}

// simple is a house with one account and these plans.
func simple(t testing.TB, plans ...acs.FloorPlan) *house {
	t.Helper()
	return open(t, acs.Options{}, acs.Seed{Accounts: []acs.AccountSeed{brandX()}, Floor: plans})
}

type reply struct {
	status int
	header http.Header
	body   doc
}

var contract = sync.OnceValues(func() (routers.Router, error) {
	data, err := os.ReadFile("acs.openapi.yaml")
	if err != nil {
		return nil, err
	}
	loaded, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, err
	}
	loaded.Servers = openapi3.Servers{{URL: "/partner/v1"}}
	return gorillamux.NewRouter(loaded)
})

// call sends a request and checks that the answer follows the contract.
func (h *house) call(method, path string, body any, headers ...string) reply {
	h.t.Helper()
	return h.send(method, "/partner/v1"+path, body, append([]string{"Ocp-Apim-Subscription-Key", h.key}, headers...)...)
}

func (h *house) send(method, path string, body any, headers ...string) reply {
	h.t.Helper()
	var reader io.Reader
	if text, isText := body.(string); isText {
		reader = bytes.NewReader([]byte(text))
	} else if body != nil {
		encoded, err := json.Marshal(body)
		require.NoError(h.t, err)
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+path, reader)
	require.NoError(h.t, err)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := h.server.Client().Do(request)
	require.NoError(h.t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(h.t, err)
	h.follows(request, response, raw)
	out := reply{status: response.StatusCode, header: response.Header}
	if len(raw) > 0 && raw[0] == '{' {
		require.NoError(h.t, json.Unmarshal(raw, &out.body), "%s", raw)
	}
	return out
}

// follows validates an answer against the contract's own schemas.
func (h *house) follows(request *http.Request, response *http.Response, raw []byte) {
	h.t.Helper()
	router, err := contract()
	require.NoError(h.t, err)
	route, path, err := router.FindRoute(request)
	if err != nil {
		return // the token endpoint, the control API, or an unknown path
	}
	err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: path, Route: route},
		Status:                 response.StatusCode, Header: response.Header, Body: io.NopCloser(bytes.NewReader(raw)),
		Options: &openapi3filter.Options{MultiError: true},
	})
	require.NoError(h.t, err, "%s %s answered %d %s", request.Method, request.URL.Path, response.StatusCode, raw)
}

func (h *house) advance(seconds float64) {
	h.t.Helper()
	r := h.send("POST", "/_sim/advance", doc{"seconds": seconds})
	require.Equal(h.t, 200, r.status)
}

func (h *house) act(action acs.Action) any {
	h.t.Helper()
	action.Account = "BRANDX"
	result, err := h.sim.Act(action)
	require.NoError(h.t, err)
	return result
}

// order is the contract's example of a sale, with lines of quantity units.
func sale(lines ...doc) doc {
	if len(lines) == 0 {
		lines = []doc{line("1", "DRESS", 1), line("2", "BELT", 2)}
	}
	return doc{
		"account": "BRANDX", "orderDate": "2026-03-02", "kind": "sale", "currency": "GBP", "shippingService": "RM48",
		"deliverTo": doc{"firstName": "Ada", "lastName": "Lennox", "email": "ada@example.com", "address1": "6 Example Road", "city": "Holytown", "postcode": "ML1 4GP", "country": "GB"},
		"lines":     lines,
	}
}

func line(id, sku string, quantity int) doc {
	return doc{"lineId": id, "sku": sku, "quantity": quantity, "unitPrice": "49.00", "itemCondition": "new"}
}

func with(order doc, members doc) doc {
	out := maps.Clone(order)
	maps.Copy(out, members)
	return out
}

func (h *house) create(number string, order doc) reply {
	h.t.Helper()
	return h.call("PUT", "/orders/"+number, order, "If-None-Match", "*")
}

func (h *house) created(number string, order doc) {
	h.t.Helper()
	r := h.create(number, order)
	require.Equal(h.t, 201, r.status, "%v", r.body)
}

func (h *house) order(number string) doc {
	h.t.Helper()
	r := h.call("GET", "/orders/"+number, nil)
	require.Equal(h.t, 200, r.status)
	return r.body
}

func (h *house) shipments(number string) []doc {
	h.t.Helper()
	r := h.call("GET", "/orders/"+number+"/shipments", nil)
	require.Equal(h.t, 200, r.status)
	return list(r.body["data"])
}

func list(v any) []doc {
	elements, _ := v.([]any)
	out := make([]doc, len(elements))
	for i, element := range elements {
		out[i], _ = element.(doc)
	}
	return out
}

// events reads the whole feed, as kinds of the events of an order and as events.
func (h *house) events() []doc {
	h.t.Helper()
	var out []doc
	after := "0"
	for {
		r := h.call("GET", "/events?limit=50&after="+after, nil)
		require.Equal(h.t, 200, r.status)
		out = append(out, list(r.body["data"])...)
		if r.body["hasMore"] != true {
			return out
		}
		after = fmt.Sprintf("%.0f", r.body["lastSequence"])
	}
}

func (h *house) kinds(order string) []string {
	h.t.Helper()
	var out []string
	for _, e := range h.events() {
		if e["orderNumber"] == order {
			out = append(out, e["type"].(string))
		}
	}
	return out
}

func (h *house) state(number string) acs.OrderState {
	h.t.Helper()
	for _, o := range h.sim.State()[0].Orders {
		if o.Number == number {
			return o
		}
	}
	require.Fail(h.t, "the order is not in the state", number)
	return acs.OrderState{}
}

func (h *house) bucket(sku, status string) int {
	h.t.Helper()
	for _, i := range h.sim.State()[0].Inventory {
		if i.SKU == sku {
			return i.Quantities[status]
		}
	}
	return 0
}

func codes(r reply) map[string]string {
	out := make(map[string]string)
	for _, e := range list(r.body["errors"]) {
		pointer, _ := e["pointer"].(string)
		if attribute, has := e["attribute"].(string); has {
			pointer += "#" + attribute
		}
		out[pointer], _ = e["code"].(string)
	}
	return out
}

const hour = 3600

func seeded(t testing.TB, account acs.AccountSeed) *house {
	t.Helper()
	return open(t, acs.Options{}, acs.Seed{Accounts: []acs.AccountSeed{account}})
}

// exchange sends JSON and returns the answer as text.
func (h *house) exchange(method, path string, body any) (int, string) {
	h.t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(h.t, err)
	request, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+path, bytes.NewReader(encoded))
	require.NoError(h.t, err)
	response, err := h.server.Client().Do(request)
	require.NoError(h.t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(h.t, err)
	return response.StatusCode, string(raw)
}

func (h *house) exchangeWithKey(method, path string) (int, string) {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), method, h.server.URL+path, http.NoBody)
	require.NoError(h.t, err)
	request.Header.Set("Ocp-Apim-Subscription-Key", h.key)
	response, err := h.server.Client().Do(request)
	require.NoError(h.t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(h.t, err)
	return response.StatusCode, string(raw)
}

// inProcess sends a request without a network and returns the status.
func inProcess(handler http.Handler, method, path string, body any, headers ...string) int {
	return inProcessAnswer(handler, method, path, body, headers...).Code
}

func inProcessAnswer(handler http.Handler, method, path string, body any, headers ...string) *httptest.ResponseRecorder {
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err) // a test's own literal
	}
	request := httptest.NewRequest(method, "/partner/v1"+path, bytes.NewReader(encoded))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Ocp-Apim-Subscription-Key", key)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

func encode(t testing.TB, body any) io.Reader {
	t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(t, err)
	return bytes.NewReader(encoded)
}
