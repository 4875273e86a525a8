package acs_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/acs"
)

func twoAccounts() acs.Seed {
	other := brandX()
	other.Account, other.Key, other.ClientID, other.ClientSecret = "OTHER", "key-other", "", ""
	return acs.Seed{Accounts: []acs.AccountSeed{brandX(), other}}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	h := open(t, acs.Options{}, twoAccounts())
	h.created("BX-1", sale())

	h.key = "wrong"
	r := h.call("GET", "/orders/BX-1", nil)
	require.Equal(t, 401, r.status)
	require.Equal(t, "unauthorized", r.body["code"])
	require.NotEmpty(t, r.body["requestId"])
	require.Equal(t, "application/problem+json", r.header.Get("Content-Type"))

	h.key = "key-other"
	require.Equal(t, 404, h.call("GET", "/orders/BX-1", nil).status, "another account's order is unknown")
	require.Equal(t, 422, h.create("BX-1", sale()).status, "the body names another account")
	require.Equal(t, 201, h.create("BX-1", with(sale(), doc{"account": "OTHER"})).status, "numbers are unique per account")

	require.NoError(t, h.sim.Seed(acs.Seed{Accounts: []acs.AccountSeed{{Account: "OTHER", Suspended: true}}}))
	r = h.call("GET", "/orders/BX-1", nil)
	require.Equal(t, 403, r.status)
	require.Equal(t, "account_suspended", r.body["code"])
}

func TestOAuth2(t *testing.T) {
	t.Parallel()
	h := simple(t)
	ask := func(form url.Values) reply {
		return h.send("POST", "/oauth2/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"client"}, "client_secret": {"secret"}}
	r := ask(form)
	require.Equal(t, 200, r.status)
	require.EqualValues(t, 3600, r.body["expires_in"])
	token := "Bearer " + r.body["access_token"].(string)
	read := func() int { return h.send("GET", "/partner/v1/shipping-services", nil, "Authorization", token).status }
	require.Equal(t, 200, read())
	h.advance(3601)
	require.Equal(t, 401, read(), "tokens live 3600 s")
	form.Set("client_secret", "guess")
	require.Equal(t, 401, ask(form).status)
	form.Set("grant_type", "password")
	require.Equal(t, 400, ask(form).status)
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	h := open(t, acs.Options{RateLimit: 0.001, Burst: 3}, twoAccounts())
	for range 3 {
		require.Equal(t, 200, h.call("GET", "/shipping-services", nil).status)
	}
	r := h.call("GET", "/shipping-services", nil)
	require.Equal(t, 429, r.status)
	require.Equal(t, "1000", r.header.Get("Retry-After"))
	require.Equal(t, true, r.body["retryable"])
	h.key = "key-other"
	require.Equal(t, 200, h.call("GET", "/shipping-services", nil).status, "each account has its own limit")
	h.key = key
	h.advance(1001)
	require.Equal(t, 200, h.call("GET", "/shipping-services", nil).status)
}

func TestLeakStandsInProblemsAndRejections(t *testing.T) {
	t.Parallel()
	h := open(t, acs.Options{Leak: "LEAK-Ada-6-Example-Road"}, acs.Seed{Accounts: []acs.AccountSeed{brandX()}, Floor: []acs.FloorPlan{
		{Order: "BX-1", Reject: &acs.PlannedReject{Errors: []acs.FieldError{{Code: "address_invalid", Message: "no"}}}},
	}})
	r := h.create("BX-1", with(sale(), doc{"shippingService": "X"}))
	require.Contains(t, r.body["detail"], "LEAK-Ada")
	require.Contains(t, list(r.body["errors"])[0]["value"], "LEAK-Ada")
	h.created("BX-1", sale())
	h.advance(hour)
	faults := list(h.order("BX-1")["rejection"].(doc)["errors"])
	require.Contains(t, faults[0]["value"], "LEAK-Ada")
}

func TestSeedNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := simple(t)
	require.Equal(t, 200, h.send("POST", "/_sim/seed", acs.Seed{Accounts: []acs.AccountSeed{brandX()}}).status)
	for name, tt := range map[string]struct {
		seed doc
		want string
	}{
		"an unknown field":            {doc{"accounts": []doc{{"account": "A", "kee": "x"}}}, "kee"},
		"a key of another account":    {doc{"accounts": []doc{{"account": "A", "key": key}}}, "BRANDX"},
		"a webhook off the machine":   {doc{"accounts": []doc{{"account": "A", "webhook": doc{"url": "http://example.com/", "secret": "whsec_AAAA"}}}}, "loopback"},
		"a secret of the wrong shape": {doc{"accounts": []doc{{"account": "A", "webhook": doc{"url": "http://127.0.0.1:1/", "secret": "AAAA"}}}}, "whsec_"},
		"a plan without an order":     {doc{"floor": []doc{{"neverShip": true}}}, "floor[0]"},
		"a rejection without reasons": {doc{"floor": []doc{{"order": "1", "reject": doc{}}}}, "reject.errors"},
		"an unknown policy":           {doc{"options": doc{"outOfStock": "pray"}}, "pray"},
	} {
		t.Run(name, func(t *testing.T) {
			before := h.sim.State()
			response := h.raw("POST", "/_sim/seed", tt.seed)
			require.Equal(t, 400, response.status)
			require.Contains(t, response.text, tt.want)
			require.Equal(t, before, h.sim.State(), "nothing is stored")
		})
	}
}

type rawReply struct {
	status int
	text   string
}

func (h *house) raw(method, path string, body any) rawReply {
	h.t.Helper()
	status, text := h.exchange(method, path, body)
	return rawReply{status, strings.TrimSpace(text)}
}
