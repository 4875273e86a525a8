package acs_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	simulator "selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/weather"
	"selvedge/internal/systems/acs"
)

// answering serves one canned answer to every request.
func answering(t *testing.T, status int, header map[string]string, body string) *acs.Warehouse {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return open(t, acs.Config{BaseURL: server.URL, SubscriptionKey: key})
}

func requireClean(t *testing.T, text string) {
	t.Helper()
	for _, value := range planted() {
		require.NotContains(t, strings.ToLower(text), strings.ToLower(value))
	}
}

func TestEveryAnswerHasItsKindOfFault(t *testing.T) {
	t.Parallel()
	problem := func(code string) string {
		return fmt.Sprintf(`{"type":"x","title":%q,"status":1,"code":%q,"detail":%q,"retryable":true,"requestId":"r"}`, leak, code, "for "+leak)
	}
	for name, tt := range map[string]struct {
		status      int
		retryAfter  string
		body        string
		place, read fault.Kind
		code        string
		waits       bool
	}{
		"401 is a matter of configuration":               {status: 401, body: problem("unauthorized"), place: fault.Misconfigured, read: fault.Misconfigured, code: "unauthorized"},
		"403 too":                                        {status: 403, body: problem("account_suspended"), place: fault.Misconfigured, read: fault.Misconfigured, code: "account_suspended"},
		"a redirect too":                                 {status: 307, place: fault.Misconfigured, read: fault.Misconfigured},
		"429 waits as long as told":                      {status: 429, retryAfter: "7", body: problem("rate_limited"), place: fault.RateLimited, read: fault.RateLimited, code: "rate_limited", waits: true},
		"503 with Retry-After had no effect":             {status: 503, retryAfter: "7", place: fault.Unavailable, read: fault.Unavailable, waits: true},
		"503 that says unavailable had no effect":        {status: 503, body: problem("unavailable"), place: fault.Unavailable, read: fault.Unavailable, code: "unavailable"},
		"a bare 503 says nothing":                        {status: 503, body: leak, place: fault.Uncertain, read: fault.Unavailable},
		"500 says nothing":                               {status: 500, body: problem("internal"), place: fault.Uncertain, read: fault.Unavailable, code: "internal"},
		"502 with a page says nothing":                   {status: 502, body: "<p>" + leak, place: fault.Uncertain, read: fault.Unavailable},
		"504 says nothing":                               {status: 504, place: fault.Uncertain, read: fault.Unavailable},
		"200 with garbage says nothing":                  {status: 200, body: `{"ord<p>` + leak, place: fault.Uncertain, read: fault.Unavailable, code: "unreadable"},
		"200 with other JSON is no order":                {status: 200, body: `{"ok":true}`, place: fault.Uncertain, read: fault.Unavailable, code: "unreadable"},
		"204 is no answer to anything":                   {status: 204, place: fault.Uncertain, read: fault.Unavailable, code: "unreadable"},
		"404 is not found":                               {status: 404, body: problem("not_found"), place: fault.NotFound, read: fault.NotFound, code: "not_found"},
		"409 is a conflict":                              {status: 409, body: problem("order_conflict"), place: fault.Conflict, read: fault.Conflict, code: "order_conflict"},
		"412 without a body is still about the revision": {status: 412, place: fault.Conflict, read: fault.Conflict, code: "revision_mismatch"},
		"413 is invalid":                                 {status: 413, body: problem("payload_too_large"), place: fault.Invalid, read: fault.Invalid, code: "payload_too_large"},
		"a code that is no code is not repeated":         {status: 400, body: problem(leak), place: fault.Invalid, read: fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			warehouse := answering(t, tt.status, map[string]string{"Retry-After": tt.retryAfter, "Location": "/" + address().LastName}, tt.body)
			check := func(err error, began time.Time, want fault.Kind) {
				f, ok := fault.As(err)
				require.True(t, ok, "%v", err)
				require.Equal(t, want, f.Kind, f.Error())
				require.Equal(t, tt.code, f.Code)
				require.Equal(t, "acs", f.System)
				require.NotEmpty(t, f.Op)
				requireClean(t, f.Error())
				if tt.waits {
					require.WithinRange(t, f.RetryAt, began.Add(7*time.Second), time.Now().Add(7*time.Second))
				} else {
					require.True(t, f.RetryAt.IsZero())
				}
			}
			began := time.Now()
			_, err := warehouse.Place(t.Context(), consignment(), address())
			check(err, began, tt.place)
			began = time.Now()
			_, err = warehouse.Order(t.Context(), "10023")
			check(err, began, tt.read)
		})
	}
}

func TestARefusalTellsAllProblemsInTermsOfOurLines(t *testing.T) {
	t.Parallel()
	a := address()
	body := fmt.Sprintf(`{"code":"order_rejected","detail":%q,"errors":[
		{"code":"shipping_service_unknown","pointer":"/shippingService","value":"other","allowed":["RM24",%q,"DPDND",%q],"message":"no"},
		{"code":"item_attribute_missing","pointer":"/lines/1","sku":"BLT-2001-OS","attribute":"grade","message":"no"},
		{"code":"sku_unknown","pointer":"/lines/0/sku","value":%q,"message":"no"},
		{"code":"postcode_invalid","pointer":"/deliverTo/postcode","value":%q,"message":"not %s"},
		{"code":"street_haunted","pointer":"/billTo/address1","value":%q,"message":"%s of %s must not call %s"},
		{"code":"quantity_invalid","pointer":"/lines/77/quantity","message":"no"},
		{"code":7},
		{"code":"sku_inactive","sku":"DRS-1001-M","message":"no"}
	]}`, leak, leak, a.LastName, leak, a.Postcode, a.Postcode, a.Line1, strings.ToUpper(a.Line1), a.LastName, a.Phone)
	_, err := answering(t, 422, nil, body).Place(t.Context(), consignment(), a)
	f, ok := fault.As(err)
	require.True(t, ok)
	require.Equal(t, fault.Rejected, f.Kind)
	require.Len(t, f.Problems, 8)
	requireClean(t, fmt.Sprintf("%s %+v", f, f.Problems))

	at := func(i int) fault.Problem {
		require.NotEmpty(t, f.Problems[i].Message)
		p := f.Problems[i]
		p.Message = ""
		return p
	}
	require.Equal(t, fault.Problem{Code: "shipping_service_unknown", Field: "/shippingService", Value: "RM48", Allowed: []string{"RM24", "DPDND"}}, at(0))
	require.Equal(t, fault.Problem{Code: "item_attribute_missing", Field: "/lines/1", Line: "502", SKU: "BLT-2001-OS", Attribute: "grade"}, at(1))
	require.Equal(t, fault.Problem{Code: "sku_unknown", Field: "/lines/0/sku", Line: "501", SKU: "DRS-1001-M", Value: "DRS-1001-M"}, at(2))
	require.Equal(t, fault.Problem{Code: "postcode_invalid", Field: "/deliverTo/postcode"}, at(3))
	require.Equal(t, fault.Problem{Code: "street_haunted", Field: "/billTo/address1"}, at(4))
	require.Contains(t, f.Problems[4].Message, "[withheld] of [withheld] must not call [withheld]")
	require.Equal(t, fault.Problem{Code: "quantity_invalid", Field: "/lines/77/quantity"}, at(5))
	require.Equal(t, fault.Problem{Code: "unknown"}, at(6))
	require.Equal(t, fault.Problem{Code: "sku_inactive", Line: "501", SKU: "DRS-1001-M"}, at(7))
}

func TestWhatACSWouldRefuseForItsFormIsFoundBeforeTheCall(t *testing.T) {
	t.Parallel()
	c, a := consignment(), address()
	c.Number, c.Service, c.Currency, c.OrderDate = "10 023", "", "XXX", "2 March"
	c.Lines[0].Quantity, c.Lines[0].Attributes = 1000, map[string]string{"itemCondition": "good"}
	c.Lines[1] = domain.ConsignmentLine{Line: "501", Quantity: 1, Attributes: map[string]string{"itemCondition": "shiny", "grade": "Q"}}
	a.LastName = strings.Repeat("Quillfeather", 6)
	a.Line1, a.Email, a.Phone = "", "", ""
	a.Postcode = "QUILLFEATHER 1"

	// Nobody listens there: a call would be Unavailable.
	warehouse := open(t, acs.Config{BaseURL: "http://127.0.0.1:1", SubscriptionKey: key})
	_, err := warehouse.Place(t.Context(), c, a)
	f, ok := fault.As(err)
	require.True(t, ok)
	require.Equal(t, fault.Invalid, f.Kind, f.Error())
	var got []string
	for _, p := range f.Problems {
		got = append(got, strings.TrimSpace(p.Code+" "+p.Field+" "+p.Attribute))
		require.NotEmpty(t, p.Message)
	}
	require.ElementsMatch(t, []string{
		"field_invalid orderNumber", "shipping_service_unknown /shippingService", "field_invalid /orderDate", "field_invalid /currency",
		"quantity_invalid /lines/0/quantity", "item_attribute_missing /lines/0 grade", "line_duplicate /lines/1/lineId", "sku_unknown /lines/1/sku",
		"item_attribute_invalid /lines/1/itemCondition itemCondition", "item_attribute_invalid /lines/1/grade grade",
		"address_invalid /deliverTo/lastName", "field_required /deliverTo/address1", "address_invalid /deliverTo/postcode", "field_required /deliverTo/email",
	}, got)
	require.NotContains(t, strings.ToLower(f.Error()), "quillfeather")

	_, err = warehouse.Amend(t.Context(), c, a, 1)
	require.True(t, fault.Is(err, fault.Invalid))
	empty := consignment()
	empty.Lines = nil
	_, err = warehouse.Place(t.Context(), empty, address())
	require.True(t, fault.Is(err, fault.Invalid))
	for _, number := range []string{"", "..", "a/b", "a?b"} {
		_, err = warehouse.Order(t.Context(), number)
		require.True(t, fault.Is(err, fault.Invalid), number)
	}
}

func TestBadWeatherNeverMakesASecondOrderOrAWrongClaim(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]fault.Kind{
		weather.CutBeforeCommit: fault.Uncertain, // nobody can tell from here
		weather.CutAfterCommit:  fault.Uncertain,
		weather.LateCommit:      fault.Uncertain,
		weather.Garbage:         fault.Uncertain,
		weather.Status500:       fault.Uncertain,
		weather.Status502:       fault.Uncertain,
		weather.Status429:       fault.RateLimited,
		weather.Status403:       fault.Misconfigured,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			warehouse, f := openSimulator(t)
			f.weather.SetLeak(leak)
			f.script(t, weather.Fault{Match: "PUT ", Kind: kind, DelayMs: 50})
			_, err := warehouse.Place(t.Context(), consignment(), address())
			require.True(t, fault.Is(err, want), "%v", err)
			requireClean(t, err.Error())
			_, err = warehouse.Place(t.Context(), consignment(), address())
			require.NoError(t, err)
			f.weather.Wait()
			require.Equal(t, 1, f.Count(t))
			order, err := warehouse.Order(t.Context(), "10023")
			require.NoError(t, err)
			require.EqualValues(t, 1, order.Revision, "the late one changed nothing")
		})
	}
}

func TestAnAnswerThatNeverComesIsUncertain(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	warehouse := open(t, acs.Config{BaseURL: server.URL, SubscriptionKey: key, Timeout: 2 * time.Second})
	_, err := warehouse.Place(t.Context(), consignment(), address())
	require.True(t, fault.Is(err, fault.Uncertain), "%v", err)
	requireClean(t, err.Error())
	gone := open(t, acs.Config{BaseURL: "http://127.0.0.1:1", SubscriptionKey: key})
	_, err = gone.Place(t.Context(), consignment(), address())
	require.True(t, fault.Is(err, fault.Unavailable), "nothing was sent: %v", err)
}

func TestARejectedOrderWithTheSameContentIsNoSuccess(t *testing.T) {
	t.Parallel()
	warehouse, f := openSimulator(t)
	placed, err := warehouse.Place(t.Context(), consignment(), address())
	require.NoError(t, err)
	f.Accept(t, "10023")
	f.Reject(t, "10023")
	_, err = warehouse.Amend(t.Context(), consignment(), address(), placed.Revision)
	require.True(t, fault.Is(err, fault.Conflict), "a stale revision must not pass for sent again: %v", err)
	order, err := warehouse.Order(t.Context(), "10023")
	require.NoError(t, err)
	_, err = warehouse.Amend(t.Context(), consignment(), address(), order.Revision)
	require.NoError(t, err, "the same content is sent again at the right revision")
}

func TestNothingPersonalComesBackFromASystemThatEchoes(t *testing.T) {
	t.Parallel()
	warehouse, f := openSimulator(t)
	planting := leak
	require.NoError(t, f.Seed(simulator.Seed{Options: &simulator.SeedOptions{Leak: &planting}}))
	f.weather.SetLeak(leak)
	bad := consignment()
	bad.Number, bad.Service = "10024", "NOPE"
	bad.Lines[0].SKU = "NO-SUCH"
	_, err := warehouse.Place(t.Context(), bad, address())
	require.True(t, fault.Is(err, fault.Rejected), "%v", err)
	refused, _ := fault.As(err)
	require.GreaterOrEqual(t, len(refused.Problems), 2)
	requireClean(t, fmt.Sprintf("%s %+v", refused, refused.Problems))

	_, err = warehouse.Place(t.Context(), consignment(), address())
	require.NoError(t, err)
	other := consignment()
	other.Service = "DPDND"
	_, err = warehouse.Place(t.Context(), other, address())
	require.True(t, fault.Is(err, fault.Conflict))
	requireClean(t, err.Error())
	f.Accept(t, "10023")
	f.Reject(t, "10023")
	order, err := warehouse.Order(t.Context(), "10023")
	require.NoError(t, err)
	requireClean(t, fmt.Sprintf("%+v", order))
	events, _, _, err := warehouse.Events(t.Context(), 0, 200)
	require.NoError(t, err)
	require.NotEmpty(t, events)
	for _, e := range events {
		requireClean(t, fmt.Sprintf("%+v %s %+v", e, e.Raw, e.Order))
	}
}

func TestOAuthWorksAgainstTheSimulatorAndAWrongKeyIsMisconfigured(t *testing.T) {
	t.Parallel()
	_, f := openSimulator(t)
	server := httptest.NewServer(f.Simulator)
	t.Cleanup(server.Close)
	base := acs.Config{BaseURL: server.URL + "/partner/v1", TokenURL: server.URL + "/oauth2/token", ClientID: account, ClientSecret: "client-secret-8812"}
	require.NoError(t, open(t, base).Probe(t.Context()))
	base.ClientSecret = "wrong-secret-8812"
	err := open(t, base).Probe(t.Context())
	require.True(t, fault.Is(err, fault.Misconfigured), "%v", err)
	require.NotContains(t, err.Error(), "8812")
	err = open(t, acs.Config{BaseURL: server.URL + "/partner/v1", SubscriptionKey: "wrong-key-9931"}).Probe(t.Context())
	require.True(t, fault.Is(err, fault.Misconfigured), "%v", err)
	require.NotContains(t, err.Error(), "9931")
}

func TestItemsAreStoredOneByOne(t *testing.T) {
	t.Parallel()
	warehouse, _ := openSimulator(t)
	items := []acs.Item{
		{SKU: "SHIRT-1-S", Name: "Shirt", Supplier: "Atelier", GarmentType: "shirt", Size: "S", ItemCondition: "new", CountryOfOrigin: "PT", CommodityCode: "610910"},
		{SKU: "SHIRT-1-M", Name: "Shirt"},
	}
	for range 2 {
		outcomes, err := warehouse.PutItems(t.Context(), "items-1", items)
		require.NoError(t, err)
		require.Len(t, outcomes, 2)
		require.True(t, outcomes[0].Pickable, outcomes[0].Missing)
		require.False(t, outcomes[1].Pickable)
		require.Contains(t, outcomes[1].Missing, "supplier")
	}
	_, err := warehouse.PutItems(t.Context(), "items-2", nil)
	require.True(t, fault.Is(err, fault.Invalid))
}
