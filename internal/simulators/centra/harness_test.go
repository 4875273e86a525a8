package centra_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/centra"
)

// shop is a served simulator and a token that may do everything.
type shop struct {
	*centra.Simulator
	url string
}

type answer struct {
	status     int
	header     http.Header
	raw        string
	Data       map[string]any `json:"data"`
	Errors     []map[string]any
	Extensions map[string]any
}

// example is the catalogue that most tests start from.
func example() centra.Seed {
	on := true
	return centra.Seed{
		Stores:     []centra.SeedStore{{Name: "atelier"}, {Name: "outlet"}, {Name: "trade", Type: "WHOLESALE"}},
		Warehouses: []centra.SeedWarehouse{{Name: "boras"}, {Name: "venlo"}, {Name: "shop-floor", AllocationPolicy: "CHECK_FIRST"}},
		Markets: []centra.SeedMarket{
			{Name: "Sweden", Store: "atelier", Countries: []string{"SE"}, Warehouses: []string{"boras", "venlo"}},
			{Name: "Japan", Store: "outlet", Countries: []string{"JP"}, Warehouses: []string{"venlo"}},
		},
		Pricelists:      []centra.SeedPricelist{{Name: "SEK", Currency: "SEK"}},
		ShippingOptions: []centra.SeedShippingOption{{Name: "Express", URI: "express"}},
		PaymentMethods: []centra.SeedPaymentMethod{
			{Name: "card"},
			{Name: "refusing", CaptureOutcome: "fail"},
			{Name: "klarna", CaptureOutcome: "pending", PendingMs: 60_000},
			{Name: "slow-no", CaptureOutcome: "pending-fail", PendingMs: 60_000},
		},
		Tokens: []centra.SeedToken{{Token: "all", Integration: "selvedge"}},
		AttributeTypes: []centra.SeedAttributeType{
			{Name: "customs", ObjectType: "Product", Elements: []centra.SeedAttributeElement{{Key: "origin"}}},
			{Name: "note", ObjectType: "Order", Elements: []centra.SeedAttributeElement{{Key: "text"}}},
			{Name: "colour", ObjectType: "ProductVariant", Mapped: true, Elements: []centra.SeedAttributeElement{{Key: "name", Kind: "choice"}}, Options: map[int]map[string]string{7: {"name": "blue"}}},
		},
		Products: []centra.SeedProduct{{
			Name: "Shirt", Number: "SH", Brand: "Selvedge", HarmonizedCommodityCode: "620520",
			Attributes: []centra.SeedAttribute{{Type: "customs", Elements: map[string]string{"origin": "PT"}}},
			Variants: []centra.SeedVariant{{Name: "Blue", Number: "BL", Attributes: []centra.SeedAttribute{{Type: "colour", Option: 7}}, Sizes: []centra.SeedSize{
				{Name: "M", Number: "M", EAN: "7300000000011", Stock: map[string]int{"boras": 10, "venlo": 10, "shop-floor": 10}},
				{Name: "L", Number: "L", EAN: "7300000000028", Stock: map[string]int{"boras": 10, "venlo": 10}},
			}}},
		}},
		Bundles:       []centra.SeedBundle{{SKU: "SET", Name: "Set", Items: []centra.SeedBundleItem{{SKU: "SHBLM", Quantity: 1}, {SKU: "SHBLL", Quantity: 2}}}},
		EventsEnabled: &on,
		Quotas:        &centra.Quotas{Requests10s: 1_000_000, Mutations10s: 1_000_000, MutationsHour: 1_000_000, Complexity10s: 100_000_000},
	}
}

// order is a plain order of two shirts in two sizes.
func order(number int, change ...func(*centra.SeedOrder)) centra.SeedOrder {
	o := centra.SeedOrder{
		Number: number, Store: "atelier", Market: "Sweden", Pricelist: "SEK", Currency: "SEK", PaymentMethod: "card", ShippingOption: "Express",
		ShippingCost: 4900, HandlingCost: 100, TaxPercent: 25,
		Customer:        &centra.SeedCustomer{Email: "astrid@example.com", FirstName: "Astrid", LastName: "Nyman"},
		ShippingAddress: centra.SeedAddress{FirstName: "Astrid", LastName: "Nyman", Address1: "Storgatan 1", ZipCode: "50330", City: "Borås", Country: "SE"},
		Lines:           []centra.SeedLine{{SKU: "SHBLM", Quantity: 2, UnitPrice: 39_900}, {SKU: "SHBLL", Quantity: 1, UnitPrice: 29_900}},
	}
	for _, f := range change {
		f(&o)
	}
	return o
}

func open(t *testing.T, orders ...centra.SeedOrder) *shop {
	t.Helper()
	s := &shop{Simulator: centra.New(centra.Options{})}
	seed := example()
	seed.Orders = orders
	require.NoError(t, s.Seed(seed))
	server := httptest.NewServer(s)
	t.Cleanup(func() { server.Close(); s.Close() })
	s.url = server.URL
	return s
}

func (s *shop) send(t *testing.T, token, body string) answer {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, s.url+"/graphql", strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return read(t, request)
}

func read(t *testing.T, request *http.Request) answer {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	a := answer{status: response.StatusCode, header: response.Header, raw: string(raw)}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		require.NoError(t, json.Unmarshal(raw, &a), a.raw)
	}
	return a
}

func (s *shop) as(t *testing.T, token, query string, variables map[string]any) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	require.NoError(t, err)
	return s.send(t, token, string(body))
}

// ask runs a document that has to succeed and returns data.
func (s *shop) ask(t *testing.T, query string, variables map[string]any) map[string]any {
	t.Helper()
	a := s.as(t, "all", query, variables)
	require.Equal(t, http.StatusOK, a.status, a.raw)
	require.Empty(t, a.Errors, a.raw)
	return a.Data
}

// result is a mutation's payload in short.
type result struct {
	errors, warnings []string
	paths            []string
	payload          map[string]any
}

// do runs one mutation with an input and reads what every payload has.
func (s *shop) do(t *testing.T, mutation, selection string, variables map[string]any) result {
	t.Helper()
	var declared, passed []string
	types := map[string]string{
		"createShipment": "ShipmentCreateInput!", "updateShipment": "ShipmentUpdateInput!", "completeShipment": "ShipmentCompleteInput!",
		"createReturn": "ReturnCreateInput!", "completeReturn": "ReturnCompleteInput", "refundReturn": "ReturnRefundInput",
		"updateDirectToConsumerOrder": "DirectToConsumerOrderUpdateInput!", "cancelDirectToConsumerOrder": "DirectToConsumerOrderCancelInput!",
		"confirmOrder": "OrderConfirmInput!", "setOrdersLock": "OrdersLockInput!", "allocateOrder": "OrderAllocateInput!",
		"unallocateOrder": "OrderUnallocateInput!", "changeStock": "StockChangeInput!", "setStock": "StockSetInput!",
		"assignAttributes": "AttributesAssignGenericInput!", "confirmEvents": "EventsConfirmInput!", "setEventListeners": "[EventListenerSetInput!]!",
		"unsetEventListeners": "[EventListenerUnsetInput!]!", "setIdConversions": "[IdConversionSetInput!]!", "unsetIdConversions": "[IdConversionUnsetInput!]!",
	}
	for _, name := range []string{"id", "order", "input"} {
		if _, given := variables[name]; !given {
			continue
		}
		kind := map[string]string{"id": "Int!", "order": "OrderInput!", "input": types[mutation]}[name]
		if mutation == "cancelDirectToConsumerOrder" && name == "id" {
			kind = "String!"
		}
		declared, passed = append(declared, "$"+name+": "+kind), append(passed, name+": $"+name)
	}
	data := s.ask(t, "mutation("+strings.Join(declared, ", ")+") { r: "+mutation+"("+strings.Join(passed, ", ")+") { "+selection+
		" userErrors { message path } userWarnings { message path } } }", variables)
	out := result{payload: data["r"].(map[string]any)}
	for _, e := range out.payload["userErrors"].([]any) {
		out.errors = append(out.errors, e.(map[string]any)["message"].(string))
		path := []string{}
		for _, step := range e.(map[string]any)["path"].([]any) {
			path = append(path, step.(string))
		}
		out.paths = append(out.paths, strings.Join(path, "."))
	}
	for _, e := range out.payload["userWarnings"].([]any) {
		out.warnings = append(out.warnings, e.(map[string]any)["message"].(string))
	}
	return out
}

// state reads one order's truth over HTTP, as a judge does.
func (s *shop) state(t *testing.T, number int) centra.OrderState {
	t.Helper()
	for _, o := range s.truth(t).Orders {
		if o.Number == number {
			return o
		}
	}
	require.Failf(t, "no such order", "%d", number)
	return centra.OrderState{}
}

func (s *shop) truth(t *testing.T) centra.State {
	t.Helper()
	response, err := http.Get(s.url + "/_sim/state")
	require.NoError(t, err)
	defer response.Body.Close()
	var out centra.State
	require.NoError(t, json.NewDecoder(response.Body).Decode(&out))
	return out
}

func (s *shop) control(t *testing.T, path string, body any) (int, string) {
	t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(t, err)
	response, err := http.Post(s.url+path, "application/json", bytes.NewReader(encoded))
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

// fta is what the truth says is free to allocate.
func (s *shop) stock(t *testing.T, warehouse, sku string) centra.StockState {
	t.Helper()
	for _, row := range s.truth(t).Stock {
		if row.Warehouse == warehouse && row.SKU == sku {
			return row
		}
	}
	return centra.StockState{}
}

type m = map[string]any

// ship is the input that ships units of a line of an order, all in one.
func ship(number int, lines ...m) m {
	return m{
		"order": m{"number": number}, "lines": lines, "isGoodToGo": true, "capture": true, "shippedAt": "2026-11-20T10:00:00Z", "sendEmail": true,
		"shipmentInfo": m{"carrier": "DHL", "service": "Express", "trackingNumber": "T1", "packagesNumber": 1},
	}
}

func units(line, quantity int) m { return m{"orderLine": m{"id": line}, "quantity": quantity} }

func with(base m, changes m) m {
	out := m{}
	for k, v := range base {
		out[k] = v
	}
	for k, v := range changes {
		if v == nil {
			delete(out, k)
			continue
		}
		out[k] = v
	}
	return out
}

// callQuietly asks without a server, for tests that ask very often.
func callQuietly(s *shop, query string) *httptest.ResponseRecorder {
	encoded, _ := json.Marshal(map[string]string{"query": query})
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(encoded))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer all")
	s.ServeHTTP(w, r)
	return w
}
