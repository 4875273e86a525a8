package centra_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/centra"
)

func TestMalformedRequestsAre400(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	for name, body := range map[string]string{
		"no JSON":                                   `{"query": "{ stores { id } }`,
		"two JSON values":                           `{"query": "{ stores { id } }"} {}`,
		"no query":                                  `{"variables": {}}`,
		"an empty query":                            `{"query": " "}`,
		"a syntax error":                            `{"query": "{ stores { id "}`,
		"an unknown field":                          `{"query": "{ stores { colour } }"}`,
		"an unknown argument":                       `{"query": "{ stores(limit: 3) { id } }"}`,
		"an object without a selection":             `{"query": "{ stores }"}`,
		"an unknown fragment":                       `{"query": "{ stores { ...f } }"}`,
		"an enum value that does not exist":         `{"query": "{ orders(where: {status: [LOST]}) { id } }"}`,
		"a variable of the wrong type":              `{"query": "query($n: Int!) { orders(where: {number: [$n]}) { id } }", "variables": {"n": "1"}}`,
		"a required variable left out":              `{"query": "query($n: Int!) { orders(where: {number: [$n]}) { id } }"}`,
		"an unknown field in a variable":            `{"query": "query($w: OrderFilter) { orders(where: $w) { id } }", "variables": {"w": {"colour": 1}}}`,
		"a required input field left out":           `{"query": "mutation($i: OrderConfirmInput!) { confirmOrder(input: $i) { userErrors { message } } }", "variables": {"i": {}}}`,
		"an enum in another case":                   `{"query": "query($s: OrderStatus!) { orders(where: {status: [$s]}) { id } }", "variables": {"s": "pending"}}`,
		"an Int too large":                          `{"query": "{ orders(limit: 3000000000) { id } }"}`,
		"a date variable declared String":           `{"query": "query($d: String) { orders(where: {updatedAt: {from: $d}}) { id } }", "variables": {"d": "2026-01-01T00:00:00Z"}}`,
		"a date that is none":                       `{"query": "query($d: DateTimeTz) { orders(where: {updatedAt: {from: $d}}) { id } }", "variables": {"d": "yesterday"}}`,
		"a literal date that is none":               `{"query": "{ orders(where: {updatedAt: {from: \"yesterday\"}}) { id } }"}`,
		"two operations and no name":                `{"query": "query a { stores { id } } query b { stores { id } }"}`,
		"an operation name that does not exist":     `{"query": "query a { stores { id } }", "operationName": "b"}`,
		"a mutation that does not exist":            `{"query": "mutation { deleteShipment(id: 1) { userErrors { message } } }"}`,
		"fields of one name with different meaning": `{"query": "{ orders { x: id x: number } }"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := s.send(t, "all", body)
			require.Equal(t, http.StatusBadRequest, a.status, a.raw)
			require.NotEmpty(t, a.Errors)
			require.NotEmpty(t, a.Errors[0]["message"])
			require.Equal(t, "graphql", a.Errors[0]["extensions"].(map[string]any)["category"])
			require.Nil(t, a.Data)
		})
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	now := s.Clock().Now()
	require.NoError(t, s.Seed(centra.Seed{Tokens: []centra.SeedToken{
		{Token: "expiring", Integration: "selvedge", ExpiresAt: now.Add(time.Hour)}, {Token: "revoked", Integration: "selvedge", Revoked: true},
	}}))
	const body = `{"query": "{ stores { id } }"}`
	for token, want := range map[string]int{"": 403, "nonsense": 403, "revoked": 403, "all": 200, "expiring": 200} {
		a := s.send(t, token, body)
		require.Equal(t, want, a.status, "%q: %s", token, a.raw)
		if want == 403 {
			require.NotEmpty(t, a.Errors)
			require.Nil(t, a.Data)
		}
	}
	s.Clock().Advance(time.Hour)
	require.Equal(t, 403, s.send(t, "expiring", body).status)

	request, err := http.NewRequest(http.MethodPost, s.url+"/graphql", strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.AddCookie(&http.Cookie{Name: "graphql-access", Value: "all"})
	require.Equal(t, 200, read(t, request).status, "the cookie stands for the header")

	response, err := http.Get(s.url + "/graphql")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, 405, response.StatusCode)
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	s := open(t, order(1, func(o *centra.SeedOrder) { o.Locked = true }))
	grant := func(token string, permissions ...string) {
		require.NoError(t, s.Seed(centra.Seed{Tokens: []centra.SeedToken{{Token: token, Integration: "selvedge", Permissions: permissions}}}))
	}
	grant("orders", "Order:read")
	grant("addresses", "Order:read", "Order.shippingAddress:read")
	grant("writer", "Order:write")

	a := s.as(t, "orders", "{ orders { number shippingAddress { city } } }", nil)
	require.Equal(t, 200, a.status)
	require.NotContains(t, a.raw, `"data"`, "data is absent, not null")
	require.Equal(t, "authorization", a.Errors[0]["extensions"].(map[string]any)["category"])
	require.Contains(t, a.Errors[0]["message"], "Order.shippingAddress:read")
	require.Contains(t, a.Errors[0]["message"], "Order.shippingAddress\"")
	require.Equal(t, []any{"Order:read"}, a.Extensions["permissionsUsed"])

	a = s.as(t, "addresses", "{ orders { number shippingAddress { city } } }", nil)
	require.Empty(t, a.Errors)
	require.ElementsMatch(t, []any{"Order:read", "Order.shippingAddress:read"}, a.Extensions["permissionsUsed"])

	a = s.as(t, "orders", `mutation { confirmOrder(input: {order: {number: 1}}) { userErrors { message } } }`, nil)
	require.Contains(t, a.raw, "Order:write")
	a = s.as(t, "writer", `mutation { updateDirectToConsumerOrder(order: {number: 1}, input: {otherComment: "x"}) { userErrors { message } } }`, nil)
	require.Equal(t, "authorization", a.Errors[0]["extensions"].(map[string]any)["category"])
	require.Contains(t, a.raw, "Order.isLocked:write", "a locked order needs a permission of its own")
	require.Empty(t, s.as(t, "all", "{ rateLimits { quota } }", nil).Errors)
}

func TestExtensionsAreAlwaysThere(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	for _, body := range []string{`{"query": "{ stores { id } }"}`, `{"query": "{ nothing }"}`, `{"query": "{ orders(limit: 201) { id } }"}`} {
		a := s.send(t, "all", body)
		for _, name := range []string{"complexity", "permissionsUsed", "appVersion"} {
			require.Contains(t, a.Extensions, name, a.raw)
		}
	}
	a := s.as(t, "all", "{ productSizes { GTIN } }", nil)
	require.Contains(t, a.raw, "deprecatedFieldsUsed")
	require.Contains(t, a.raw, "renamed to EAN")
	require.EqualValues(t, 10, s.as(t, "all", "{ rateLimits { quota } }", nil).Extensions["complexity"])
	small := s.as(t, "all", "{ orders(limit: 10) { lines { id } } }", nil).Extensions["complexity"].(float64)
	large := s.as(t, "all", "{ orders(limit: 100) { lines { id } } }", nil).Extensions["complexity"].(float64)
	require.InDelta(t, 10*small, large, 1, "nested lists multiply")
}

func TestStoreRestrictedTokens(t *testing.T) {
	t.Parallel()
	s := open(t, order(1), order(2, func(o *centra.SeedOrder) { o.Store, o.Market, o.Currency = "outlet", "Japan", "JPY" }))
	require.NoError(t, s.Seed(centra.Seed{Tokens: []centra.SeedToken{{Token: "outlet", Integration: "outlet", Store: "outlet"}}}))
	a := s.as(t, "outlet", `mutation { setEventListeners(input: [{objectType: Order}]) { userErrors { message } } }`, nil)
	require.Empty(t, a.Errors)
	require.NoError(t, s.Admin(centra.Action{Action: "comment", Order: 1, Value: "x"}))
	require.NoError(t, s.Admin(centra.Action{Action: "comment", Order: 2, Value: "x"}))
	a = s.as(t, "outlet", `{ orders { number } markets { name } stores { name } events { objectReference } counters { orders } one: orders(where: {number: 1}) { id } }`, nil)
	require.JSONEq(t, `{"orders":[{"number":2}],"markets":[{"name":"Japan"}],"stores":[{"name":"outlet"}],"events":[{"objectReference":2}],"counters":{"orders":1},"one":[]}`,
		extract(t, a.raw))
	a = s.as(t, "outlet", `mutation { confirmOrder(input: {order: {number: 1}}) { order { id } userErrors { message path } } }`, nil)
	require.Contains(t, a.raw, "Order not found")
}

// extract cuts data out of an answer as it stood there.
func extract(t *testing.T, raw string) string {
	t.Helper()
	from, to := strings.Index(raw, `{"data":`), strings.Index(raw, `,"extensions"`)
	require.True(t, from == 0 && to > 0, raw)
	return raw[len(`{"data":`):to]
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	for format, parse := range map[string]func(*testing.T, string, time.Time) time.Duration{
		"unix": func(t *testing.T, text string, now time.Time) time.Duration {
			n, err := strconv.ParseInt(text, 10, 64)
			require.NoError(t, err)
			require.Greater(t, n, int64(1e9))
			return time.Unix(n, 0).Sub(now)
		},
		"http-date": func(t *testing.T, text string, now time.Time) time.Duration {
			at, err := http.ParseTime(text)
			require.NoError(t, err)
			return at.Sub(now)
		},
		"seconds": func(t *testing.T, text string, _ time.Time) time.Duration {
			n, err := strconv.Atoi(text)
			require.NoError(t, err)
			return time.Duration(n) * time.Second
		},
	} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			s := open(t, order(1))
			require.NoError(t, s.Seed(centra.Seed{RetryAfter: format, Quotas: &centra.Quotas{Mutations10s: 1000, MutationsHour: 2}}))
			const mutation = `mutation { confirmEvents(input: {eventsIds: [1]}) { userErrors { message } } }`
			for range 2 {
				require.Equal(t, 200, s.as(t, "all", mutation, nil).status)
			}
			a := s.as(t, "all", mutation, nil)
			require.Equal(t, 429, a.status)
			wait := parse(t, a.header.Get("Retry-After"), s.Clock().Now())
			require.Greater(t, wait, 28*time.Minute, "2 an hour refill one in half of it")
			require.Less(t, wait, 30*time.Minute+2*time.Second)
			require.Equal(t, 200, s.as(t, "all", "{ stores { id } }", nil).status, "other buckets are not touched")
			truth := s.truth(t).Mutations
			require.Equal(t, []int{2, 1}, []int{truth.Used, truth.Refused})
			s.Clock().Advance(wait)
			require.Equal(t, 200, s.as(t, "all", mutation, nil).status, "who waits as told is let in")
			require.Equal(t, 429, s.as(t, "all", mutation, nil).status, "refill is continuous, not a new window")
		})
	}
}

func TestDefaultQuotasAndRateLimits(t *testing.T) {
	t.Parallel()
	s := centra.New(centra.Options{})
	t.Cleanup(s.Close)
	require.NoError(t, s.Seed(centra.Seed{Tokens: []centra.SeedToken{{Token: "all", Integration: "selvedge"}}}))
	call := func(query string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query": "`+query+`"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer all")
		s.ServeHTTP(w, r)
		return w
	}
	w := call("{ rateLimits { type intervalSeconds quota usedQuota remainingQuota } }")
	require.JSONEq(t, `{"rateLimits":[
		{"type":"REQUEST_COUNT","intervalSeconds":"TEN_SECONDS","quota":20,"usedQuota":1,"remainingQuota":19},
		{"type":"REQUEST_COUNT","intervalSeconds":"ONE_HOUR","quota":10000,"usedQuota":1,"remainingQuota":9999},
		{"type":"QUERY_COMPLEXITY","intervalSeconds":"TEN_SECONDS","quota":150000,"usedQuota":10,"remainingQuota":149990},
		{"type":"QUERY_COMPLEXITY","intervalSeconds":"ONE_HOUR","quota":20000000,"usedQuota":10,"remainingQuota":19999990},
		{"type":"MUTATION_COUNT","intervalSeconds":"TEN_SECONDS","quota":100,"usedQuota":0,"remainingQuota":100},
		{"type":"MUTATION_COUNT","intervalSeconds":"ONE_HOUR","quota":1000,"usedQuota":0,"remainingQuota":1000}]}`, extract(t, w.Body.String()))
	refused := 0
	for range 25 {
		if call("{ stores { id } }").Code == 429 {
			refused++
		}
	}
	require.Positive(t, refused, "20 requests in 10 s is the limit")
}

func TestLimitsAndPages(t *testing.T) {
	t.Parallel()
	var orders []centra.SeedOrder
	for i := range 25 {
		orders = append(orders, order(100+i))
	}
	s := open(t, orders...)
	require.Len(t, s.ask(t, "{ orders { id } }", nil)["orders"], 20, "the default limit")
	require.Len(t, s.ask(t, "{ orders(limit: 20, page: 2) { id } }", nil)["orders"], 5)
	require.Empty(t, s.ask(t, "{ orders(page: 9) { id } }", nil)["orders"])
	for _, arguments := range []string{"limit: 201", "limit: 0", "limit: -1", "page: 0"} {
		a := s.as(t, "all", "{ orders("+arguments+") { id } }", nil)
		require.Equal(t, 200, a.status)
		require.NotEmpty(t, a.Errors, arguments)
		require.Equal(t, []any{"orders"}, a.Errors[0]["path"])
		require.Nil(t, a.Data, "orders is not nullable, so the null goes up to data")
	}
	a := s.as(t, "all", `{ market(id: 999) { id } one: orders(where: {number: 100}, limit: 200) { number } }`, nil)
	require.JSONEq(t, `{"market":null,"one":[{"number":100}]}`, extract(t, a.raw))

	var seen []any
	after := any(nil)
	for {
		page := s.ask(t, "query($after: String) { orderConnection(first: 10, after: $after, sort: [number_DESC]) { totalCount edges { cursor node { number } } pageInfo { hasNextPage endCursor } } }", m{"after": after})["orderConnection"].(map[string]any)
		require.EqualValues(t, 25, page["totalCount"])
		for _, e := range page["edges"].([]any) {
			seen = append(seen, e.(map[string]any)["node"].(map[string]any)["number"])
		}
		info := page["pageInfo"].(map[string]any)
		if after = info["endCursor"]; info["hasNextPage"] == false {
			break
		}
	}
	require.Len(t, seen, 25)
	require.EqualValues(t, 124, seen[0])
	require.EqualValues(t, 100, seen[24])
	last := s.ask(t, "{ orderConnection(last: 2, sort: number_ASC) { edges { node { number } } pageInfo { hasPreviousPage } } }", nil)["orderConnection"].(map[string]any)
	require.EqualValues(t, 124, last["edges"].([]any)[1].(map[string]any)["node"].(map[string]any)["number"])
}

func TestFilters(t *testing.T) {
	t.Parallel()
	s := open(t,
		order(1, func(o *centra.SeedOrder) { o.Status, o.ExternalID = "PENDING", "ext-1" }),
		order(2, func(o *centra.SeedOrder) { o.OnHold = true }),
		order(3, func(o *centra.SeedOrder) { o.WaitingForPayment = true; o.OtherComment = "Gift for Mum" }),
		order(4, func(o *centra.SeedOrder) { o.Store, o.Market = "trade", "" }),
	)
	later := s.Clock().Now().Add(time.Hour).Format(time.RFC3339)
	for where, want := range map[string][]any{
		`{}`:                            {1.0, 2.0, 3.0, 4.0},
		`{number: 2}`:                   {2.0},
		`{number: [4, 1, 1]}`:           {1.0, 4.0},
		`{number: 1, negate: "number"}`: {2.0, 3.0, 4.0},
		`{status: PENDING}`:             {1.0},
		`{status: [PENDING], negate: ["status"]}`:       {2.0, 3.0, 4.0},
		`{isOnHold: false, isWaitingForPayment: false}`: {1.0, 4.0},
		`{notNull: ["externalId"]}`:                     {1.0},
		`{externalId: "ext-1"}`:                         {1.0},
		`{storeType: WHOLESALE}`:                        {4.0},
		`{otherComment: {contains: "gift"}}`:            {3.0},
		`{otherComment: {equals: "gift"}}`:              {},
		`{updatedAt: {from: "` + later + `"}}`:          {},
		`{createdAt: {to: "` + later + `"}}`:            {1.0, 2.0, 3.0, 4.0},
		`{updatedAt: {from: "2020-01-01 10:00:00"}}`:    {1.0, 2.0, 3.0, 4.0},
		`{search: "nyman", isOnHold: true}`:             {2.0},
		`{allocatedWarehouseCount: {from: 2}}`:          {},
	} {
		got := []any{}
		for _, o := range s.ask(t, "{ orders(where: "+where+", sort: number_ASC) { number } }", nil)["orders"].([]any) {
			got = append(got, o.(map[string]any)["number"])
		}
		require.Equal(t, want, got, where)
	}
	a := s.as(t, "all", `{ orders(where: {negate: ["colour"]}) { id } }`, nil)
	require.Contains(t, a.raw, "colour")
	a = s.as(t, "all", `{ orders(where: {otherComment: {equals: "a", contains: "b"}}) { id } }`, nil)
	require.Contains(t, a.raw, "Exactly one input field")
	sizes := s.ask(t, `{ productSizes(where: {EAN: "7300000000011"}) { SKU stock(where: {warehouseId: 1}) { freeToAllocateQuantity } productVariant { product { harmonizedCommodityCode attributes { elements { key ... on AttributeStringElement { value } } } } } } }`, nil)["productSizes"].([]any)
	require.Len(t, sizes, 1)
	require.Equal(t, "SHBLM", sizes[0].(map[string]any)["SKU"])
}
