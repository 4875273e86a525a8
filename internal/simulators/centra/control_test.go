package centra_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/centra"
	"selvedge/internal/simulators/weather"
)

func TestALateCommitMakesTheShipmentAfterAll(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	status, _ := s.control(t, "/_sim/weather", m{"faults": []m{{"match": "createShipment", "kind": "late-commit", "delayMs": 200}}})
	require.Equal(t, 200, status)
	body, err := json.Marshal(m{
		"query":     "mutation($input: ShipmentCreateInput!) { createShipment(input: $input) { shipment { id } userErrors { message } userWarnings { message } } }",
		"variables": m{"input": ship(1, units(s.state(t, 1).Lines[0].ID, 2))},
	})
	require.NoError(t, err)
	request, err := http.NewRequest(http.MethodPost, s.url+"/graphql", strings.NewReader(string(body)))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer all")
	_, err = (&http.Client{Timeout: 10 * time.Second}).Do(request) //nolint:bodyclose // there is no answer
	require.Error(t, err)
	require.Empty(t, s.ask(t, "{ orders { shipments { id } } }", nil)["orders"].([]any)[0].(map[string]any)["shipments"], "who looks at once finds nothing")
	s.Weather().Wait()
	require.Len(t, s.state(t, 1).Shipments, 1)
	require.Len(t, s.truth(t).Mails, 1)
}

func TestControlPathsHaveNoWeather(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	require.NoError(t, s.Weather().Apply(weather.Control{OutageSeconds: 60}))
	for range 20 {
		require.Len(t, s.truth(t).Orders, 1)
	}
	status, _ := s.control(t, "/_sim/advance", m{"seconds": 1})
	require.Equal(t, 200, status)
}

func TestErrorPagesAndTheProviderLeak(t *testing.T) {
	t.Parallel()
	s, leak := open(t, order(1, func(o *centra.SeedOrder) { o.PaymentMethod = "refusing" })), "Ottilie Vandersloot"
	require.NoError(t, s.Seed(centra.Seed{Leak: &leak}))
	require.Contains(t, s.send(t, "wrong", `{}`).raw, leak)
	r := s.do(t, "captureOrder", "order { id }", m{"order": m{"number": 1}})
	require.Contains(t, r.errors[0], leak)
	require.NoError(t, s.Weather().Script(weather.Fault{Kind: weather.Status429}))
	a := s.as(t, "all", "{ stores { id } }", nil)
	require.Equal(t, 429, a.status)
	require.Contains(t, a.raw, leak)
	require.Len(t, a.header.Get("Retry-After"), 10, "a moment in Unix seconds, as the quotas' own")
}

func TestTheStateHasEveryField(t *testing.T) {
	t.Parallel()
	s := open(t, order(1, func(o *centra.SeedOrder) { o.CaptureMode = "external" }), order(2, func(o *centra.SeedOrder) {
		o.Lines = append(o.Lines, centra.SeedLine{Kind: "giftCertificate", Name: "Card", Quantity: 1, UnitPrice: 500})
	}))
	gift := s.state(t, 2).Lines[2]
	lines := s.state(t, 2).Lines
	r := s.do(t, "createShipment", "shipment { id }", m{"input": ship(2, units(lines[0].ID, 2), units(gift.ID, 1))})
	require.Empty(t, r.errors)
	response, err := http.Get(s.url + "/_sim/state")
	require.NoError(t, err)
	defer response.Body.Close()
	var raw map[string]any
	require.NoError(t, json.NewDecoder(response.Body).Decode(&raw))
	keys := func(v any) string {
		return strings.Join(slices.Sorted(maps.Keys(v.(map[string]any))), " ")
	}
	require.Equal(t, "mails mutations orders stock", keys(raw))
	o := raw["orders"].([]any)[1].(map[string]any)
	require.Equal(t, "captureMode captured internalComment lines number onHold returns shipments shippingTotal status store waitingForPayment wholesale", keys(o))
	require.Equal(t, "cancelled from id kind physical quantity returned shipped sku total", keys(o["lines"].([]any)[0]))
	sh := o["shipments"].([]any)[0].(map[string]any)
	require.Equal(t, "by captured carrier completedAt lines number shippedAt tracking", keys(sh))
	require.Len(t, sh["lines"], 1, "the certificate is not physical")
	require.Equal(t, "lineId quantity", keys(sh["lines"].([]any)[0]))
	require.Equal(t, "allocated fta physical sku warehouse", keys(raw["stock"].([]any)[0]))
	require.Equal(t, "kind order shipment store", keys(raw["mails"].([]any)[0]))
	require.Equal(t, "refused used", keys(raw["mutations"]))
	require.Equal(t, "external", s.state(t, 1).CaptureMode)
	require.Equal(t, 1, s.state(t, 2).Lines[2].Shipped)
	require.False(t, s.state(t, 2).Lines[2].Physical)
}

func TestSeedRefusals(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	for body, want := range map[string]string{
		`{"colour": 1}`: "colour",
		`{"orders": [{"number": 2, "lines": [{"sku": "SHBLM", "qty": 1}]}]}`:                                                                  "qty",
		`{"orders": [{"number": 1, "store": "atelier", "currency": "SEK"}]}`:                                                                  "number",
		`{"orders": [{"number": 2, "store": "nowhere", "currency": "SEK"}]}`:                                                                  "nowhere",
		`{"orders": [{"number": 2, "store": "atelier", "currency": "SEK", "lines": [{"sku": "NONE", "quantity": 1}]}]}`:                       "NONE",
		`{"orders": [{"number": 2, "store": "atelier", "currency": "SEK", "lines": [{"sku": "SHBLM", "quantity": 1, "from": {"moon": 1}}]}]}`: "moon",
		`{"orders": [{"number": 2, "store": "atelier", "currency": "SEK", "captureMode": "never"}]}`:                                          "captureMode",
		`{"paymentMethods": [{"name": "x", "captureOutcome": "maybe"}]}`:                                                                      "captureOutcome",
		`{"tokens": [{"token": "x"}]}`:                     "integration",
		`{"bundleLines": "both"}`:                          "bundleLines",
		`{"markets": [{"name": "x", "store": "nowhere"}]}`: "nowhere",
		`{"products": [{"name": "x", "variants": [{"name": "v", "sizes": [{"name": "M", "sku": "SHBLM"}]}]}]}`: "SHBLM",
		`{"products": [{"name": "x", "attributes": [{"type": "none"}], "variants": []}]}`:                      "none",
	} {
		status, text := s.control(t, "/_sim/seed", json.RawMessage(body))
		require.Equal(t, 400, status, body)
		require.Contains(t, text, want, body)
	}
}

func TestTheDocumentedExampleSeeds(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	_, text, found := strings.Cut(string(source), "//\t{\n")
	require.True(t, found)
	text, _, _ = strings.Cut(text, "//\t}\n")
	s := &shop{Simulator: centra.New(centra.Options{})}
	server := httptest.NewServer(s)
	t.Cleanup(func() { server.Close(); s.Close() })
	s.url = server.URL
	status, answer := s.control(t, "/_sim/seed", json.RawMessage("{"+strings.ReplaceAll(text, "//\t", "")+"}"))
	require.Equal(t, 200, status, answer)
	o := s.state(t, 1001)
	require.Equal(t, map[string]int{"boras": 2}, o.Lines[0].From)
	require.Equal(t, []string{"product", "bundle", "bundleItem", "bundleItem"}, []string{o.Lines[0].Kind, o.Lines[1].Kind, o.Lines[2].Kind, o.Lines[3].Kind})
	require.Empty(t, o.Lines[2].From)
}

func TestDelayedOrdersAppearLater(t *testing.T) {
	t.Parallel()
	s := open(t, order(1), order(2, func(o *centra.SeedOrder) { o.AfterMs = 60_000 }))
	require.Len(t, s.truth(t).Orders, 1)
	s.Clock().Advance(time.Minute)
	require.Eventually(t, func() bool { return len(s.truth(t).Orders) == 2 }, 30*time.Second, 5*time.Millisecond)
}

func TestPeopleInTheShop(t *testing.T) {
	t.Parallel()
	s := open(t, order(1, func(o *centra.SeedOrder) { o.Status, o.WaitingForPayment = "PENDING", true }), order(2), order(3), order(4, func(o *centra.SeedOrder) { o.DirectToShipment = true }))
	act := func(want int, action m) {
		t.Helper()
		status, text := s.control(t, "/_sim/admin", with(action, m{"by": "Berit"}))
		require.Equal(t, want, status, text)
	}
	act(200, m{"action": "pay", "order": 1})
	act(200, m{"action": "confirm", "order": 1})
	act(409, m{"action": "confirm", "order": 1})
	require.Equal(t, []any{"CONFIRMED", false}, []any{s.state(t, 1).Status, s.state(t, 1).WaitingForPayment})
	act(200, m{"action": "edit-address", "order": 1, "address": m{"country": "DK", "city": "Aarhus"}})
	act(200, m{"action": "edit-shipping-option", "order": 1, "shippingOption": ""})
	require.Equal(t, []any{m{"shippingAddress": m{"city": "Aarhus", "address1": "Storgatan 1", "country": m{"code": "DK"}}, "shippingPriceGroup": nil}},
		s.ask(t, "{ orders(where: {number: 1}) { shippingAddress { city address1 country { code } } shippingPriceGroup { id } } }", nil)["orders"])
	act(200, m{"action": "hold", "order": 2, "reason": "fraud?"})
	act(409, m{"action": "ship-by-hand", "order": 2})
	act(200, m{"action": "unhold", "order": 2})
	act(409, m{"action": "cancel-line", "order": 2, "sku": "SHBLM", "quantity": 3})
	act(200, m{"action": "cancel-line", "order": 2, "sku": "SHBLM", "quantity": 1})
	act(200, m{"action": "ship-by-hand", "order": 2, "sku": "SHBLM", "quantity": 1, "carrier": "Hand", "tracking": "H1"})
	act(200, m{"action": "ship-by-hand", "order": 2, "carrier": "Hand", "tracking": "H2", "sendEmail": true})
	o := s.state(t, 2)
	require.Equal(t, "SHIPPED", o.Status)
	require.Equal(t, []string{"person", "H2"}, []string{o.Shipments[1].By, o.Shipments[1].Tracking})
	require.Equal(t, o.Lines[0].Total+o.Lines[1].Total+o.ShippingTotal, o.Captured)
	act(200, m{"action": "cancel", "order": 3})
	act(409, m{"action": "cancel", "order": 3})
	act(200, m{"action": "archive", "order": 1})
	require.Equal(t, []string{"ARCHIVED", "CANCELLED", "PROCESSING"}, []string{s.state(t, 1).Status, s.state(t, 3).Status, s.state(t, 4).Status})
	act(400, m{"action": "dance", "order": 1})
	act(400, m{"action": "hold", "order": 99})
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	var orders []centra.SeedOrder
	for i := range 40 {
		orders = append(orders, order(1+i, func(o *centra.SeedOrder) {
			o.Lines = []centra.SeedLine{{SKU: "SHBLM", Quantity: 1, UnitPrice: 100, From: map[string]int{"venlo": 1}}}
		}))
	}
	s := open(t, orders...)
	s.do(t, "setEventListeners", "eventListeners { objectType }", m{"input": []m{{"objectType": "Order"}}})
	lines := map[int]int{}
	for _, o := range s.truth(t).Orders {
		lines[o.Number] = o.Lines[0].ID
	}
	var running sync.WaitGroup
	statuses := make([]int, len(orders))
	for i := range orders {
		running.Go(func() {
			body := fmt.Sprintf(`{"query": "mutation { createShipment(input: {order: {number: %d}, lines: [{orderLine: {id: %d}, quantity: 1}], isGoodToGo: true, capture: true, shippedAt: \"2026-11-20T10:00:00Z\"}) { userErrors { message } } }"}`, i+1, lines[i+1])
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer all")
			s.ServeHTTP(w, r)
			statuses[i] = w.Code
		})
	}
	running.Wait()
	for _, o := range s.truth(t).Orders {
		require.Equal(t, "SHIPPED", o.Status)
	}
	require.NotContains(t, statuses, 500)
	require.Equal(t, 0, s.stock(t, "venlo", "SHBLM").Allocated)
	require.Len(t, s.events(t, "all"), 80)
}

func BenchmarkOrdersByNumber(b *testing.B) {
	s := centra.New(centra.Options{})
	defer s.Close()
	seed := example()
	seed.Quotas = &centra.Quotas{Requests10s: 1e9, RequestsHour: 1e9, Complexity10s: 2e9, ComplexityHour: 2e9}
	for i := range 300 {
		seed.Orders = append(seed.Orders, order(1+i))
	}
	require.NoError(b, s.Seed(seed))
	const body = `{"query": "query($n: [Int!]) { orders(where: {number: $n}, limit: 50) { id number status updatedAt isOnHold shippingAddress { firstName city country { code } } lines { __typename id quantity lineValue { value currency { code } } productSize { SKU EAN } allocations { quantity warehouse { id name } } } shipments { id lines { quantity orderLine { id } } } } }", "variables": {"n": [1,2,3,4,5,6,7,8,9,10]}}`
	for b.Loop() {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer all")
		s.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Body)
		}
	}
}
