package acs_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/weather"
)

var webhookKey = []byte("0123456789abcdef0123456789abcdef")

const webhookSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// receiver is a subscriber that verifies signatures as the contract says.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	accepted []string // raw bodies, in order of arrival
	refused  int
	answer   func(attempt int) int
	attempts int
}

func receive(t testing.TB) *receiver {
	r := &receiver{answer: func(int) int { return http.StatusNoContent }}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take(w http.ResponseWriter, request *http.Request) {
	raw, err := io.ReadAll(request.Body)
	id, stamp := request.Header.Get("webhook-id"), request.Header.Get("webhook-timestamp")
	mac := hmac.New(sha256.New, webhookKey)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, raw)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	seconds, stampErr := strconv.ParseInt(stamp, 10, 64)
	old := math.Abs(time.Since(time.Unix(seconds, 0)).Minutes()) > 5
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempts++
	if err != nil || stampErr != nil || old || !hmac.Equal([]byte(want), []byte(request.Header.Get("webhook-signature"))) {
		r.refused++
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	status := r.answer(r.attempts)
	if status < 300 {
		r.accepted = append(r.accepted, string(raw))
	}
	w.WriteHeader(status)
}

func (r *receiver) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.accepted)
}

func (r *receiver) counts() (attempts, refused int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.attempts, r.refused
}

func (r *receiver) seed() acs.Seed {
	account := brandX()
	account.Webhook = &acs.WebhookTarget{URL: r.URL, Secret: webhookSecret}
	return acs.Seed{Accounts: []acs.AccountSeed{account}}
}

// feed returns the raw events of the feed.
func (h *house) feed() []string {
	h.t.Helper()
	var out []string
	for after := int64(0); ; {
		_, text := h.exchangeWithKey("GET", fmt.Sprintf("/partner/v1/events?limit=200&after=%d", after))
		var page struct {
			Data         []json.RawMessage `json:"data"`
			LastSequence int64             `json:"lastSequence"`
			HasMore      bool              `json:"hasMore"`
		}
		require.NoError(h.t, json.Unmarshal([]byte(text), &page))
		for _, raw := range page.Data {
			out = append(out, string(raw))
		}
		if !page.HasMore {
			return out
		}
		after = page.LastSequence
	}
}

func TestWebhooksAreTheFeedInCalmWeather(t *testing.T) {
	t.Parallel()
	r := receive(t)
	h := open(t, acs.Options{}, r.seed())
	for i := range 5 {
		h.created(fmt.Sprintf("BX-%d", i), sale())
	}
	h.advance(3 * hour)
	want := h.feed()
	require.Eventually(t, func() bool { return slices.Equal(want, r.taken()) }, 20*time.Second, 10*time.Millisecond, "same bodies in the same order")
	require.NotEmpty(t, want)
	require.Zero(t, h.sim.State()[0].Sent.Dropped)
}

func TestWebhooksInAStormAreAFragmentOfTheFeed(t *testing.T) {
	t.Parallel()
	r := receive(t)
	storm, err := weather.New("calm", 5)
	require.NoError(t, err)
	h := open(t, acs.Options{Weather: storm, RetryPace: 0.001}, r.seed())
	for i := range 100 { // enough that every kind of mishap happens whatever the order of draws
		h.created(fmt.Sprintf("BX-%d", i), sale(line("1", []string{"DRESS", "BELT"}[i%2], 1)))
	}
	require.NoError(t, storm.Set("storm"))
	h.advance(3 * hour)
	require.NoError(t, storm.Set("calm"))
	h.advance(hour) // late ones and retries
	known := make(map[string]bool)
	for _, raw := range h.feed() {
		known[raw] = true
	}
	require.Eventually(t, func() bool {
		sent := h.sim.State()[0].Sent
		return len(r.taken()) == len(known)-sent.Dropped+sent.Duplicated && sent.Dropped > 0 && sent.Duplicated > 0
	}, 30*time.Second, 10*time.Millisecond, "all but the lost ones arrive, each as often as it was copied")
	got := r.taken()
	for _, raw := range got {
		require.True(t, known[raw], "a webhook carries exactly the feed's envelope: %s", raw)
	}
	_, refused := r.counts()
	require.Positive(t, refused, "some senders' clocks are wrong")
	arrival := make([]float64, 0, len(got))
	seen := make(map[string]int)
	for _, raw := range got {
		var e doc
		require.NoError(t, json.Unmarshal([]byte(raw), &e))
		seen[e["id"].(string)]++
		arrival = append(arrival, e["sequence"].(float64))
	}
	require.Less(t, len(seen), len(known))
	require.Less(t, len(seen), len(got))
	require.False(t, slices.IsSorted(arrival), "later events overtake earlier ones")
}

func TestForeignAndUnknownEvents(t *testing.T) {
	t.Parallel()
	h := simple(t)
	require.Empty(t, h.events(), "filling an account is no event")
	h.act(acs.Action{Action: "emit", Type: "order.accepted", Order: "NEVER-SENT"})
	h.act(acs.Action{Action: "emit", Type: "order.gift_wrapped", SKU: "DRESS"})
	events := h.events()
	require.Equal(t, "NEVER-SENT", events[0]["orderNumber"])
	require.Equal(t, "order.gift_wrapped", events[1]["type"])
	require.Equal(t, 404, h.call("GET", "/orders/NEVER-SENT", nil).status)
}

func TestAnswerLostAfterCommitIsReplayed(t *testing.T) {
	t.Parallel()
	sky, err := weather.New("calm", 1)
	require.NoError(t, err)
	require.NoError(t, sky.Script(weather.Fault{Match: "PUT /partner/v1/orders/BX-1", Kind: weather.CutAfterCommit}))
	h := open(t, acs.Options{Weather: sky}, acs.Seed{Accounts: []acs.AccountSeed{brandX()}})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, h.server.URL+"/partner/v1/orders/BX-1", encode(t, sale()))
	require.NoError(t, err)
	for name, value := range map[string]string{"Content-Type": "application/json", "Ocp-Apim-Subscription-Key": key, "If-None-Match": "*"} {
		request.Header.Set(name, value)
	}
	response, err := (&http.Transport{}).RoundTrip(request)
	if err == nil {
		response.Body.Close()
	}
	require.Error(t, err, "the connection is cut")
	r := h.create("BX-1", sale())
	require.Equal(t, 200, r.status)
	require.Equal(t, "true", r.header.Get("Idempotent-Replay"))
	require.Len(t, h.sim.State()[0].Orders, 1)
}

func TestWebhookRetriesUntilTaken(t *testing.T) {
	t.Parallel()
	r := receive(t)
	r.answer = func(attempt int) int {
		if attempt <= 2 {
			return http.StatusInternalServerError
		}
		return http.StatusNoContent
	}
	h := open(t, acs.Options{}, acs.Seed{Accounts: []acs.AccountSeed{brandX()}})
	require.NoError(t, h.sim.Seed(acs.Seed{Accounts: []acs.AccountSeed{{Account: "BRANDX", Webhook: &acs.WebhookTarget{URL: r.URL, Secret: webhookSecret}}}}))
	h.act(acs.Action{Action: "move", SKU: "DRESS", From: "in_refurbishment", To: "available", Quantity: 1})
	after := func(n int) func() bool {
		return func() bool { attempts, _ := r.counts(); return attempts == n && h.sim.State()[0].Sent.Webhooks == n }
	}
	require.Eventually(t, after(1), 30*time.Second, 5*time.Millisecond)
	require.Eventually(t, func() bool { h.advance(6); return after(2)() }, 30*time.Second, 5*time.Millisecond, "5 s later")
	require.Empty(t, r.taken())
	require.Eventually(t, func() bool { h.advance(61); return after(3)() }, 30*time.Second, 5*time.Millisecond, "5 min later")
	require.Len(t, r.taken(), 1)
}

func TestSeededTargetIsReplaced(t *testing.T) {
	t.Parallel()
	old, now := receive(t), receive(t)
	h := open(t, acs.Options{}, old.seed())
	require.NoError(t, h.sim.Seed(now.seed()))
	h.act(acs.Action{Action: "move", SKU: "DRESS", From: "in_refurbishment", To: "available", Quantity: 1})
	require.Eventually(t, func() bool { return len(now.taken()) == 1 }, 30*time.Second, 5*time.Millisecond)
	require.Empty(t, old.taken())
}

func TestWebhookAnswer410EndsTheSubscription(t *testing.T) {
	t.Parallel()
	r := receive(t)
	r.answer = func(int) int { return http.StatusGone }
	h := open(t, acs.Options{}, r.seed())
	h.act(acs.Action{Action: "move", SKU: "DRESS", From: "in_refurbishment", To: "available", Quantity: 1})
	require.Eventually(t, func() bool {
		return len(list(h.call("GET", "/webhook-subscriptions", nil).body["data"])) == 0
	}, 30*time.Second, 5*time.Millisecond)
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	h := simple(t)
	subscribe := func(key, url string) reply {
		return h.call("POST", "/webhook-subscriptions", doc{"url": url, "types": []string{"order.accepted"}}, "Idempotency-Key", key)
	}
	r := subscribe("subscribe-1", "https://shop.example/hook")
	require.Equal(t, 201, r.status)
	require.Regexp(t, `^whsec_`, r.body["secret"])
	require.Equal(t, r.body, subscribe("subscribe-1", "https://shop.example/hook").body)
	require.Equal(t, 422, subscribe("subscribe-2", "http://shop.example/hook").status, "https is demanded")
	listed := list(h.call("GET", "/webhook-subscriptions", nil).body["data"])
	require.Len(t, listed, 1)
	require.NotContains(t, listed[0], "secret")
	path := "/webhook-subscriptions/" + r.body["subscriptionId"].(string)
	require.Equal(t, 204, h.call("DELETE", path, nil).status)
	require.Equal(t, 404, h.call("DELETE", path, nil).status)
}

func TestResendForgesAndAges(t *testing.T) {
	t.Parallel()
	r := receive(t)
	h := open(t, acs.Options{}, r.seed())
	h.act(acs.Action{Action: "move", SKU: "DRESS", From: "in_refurbishment", To: "available", Quantity: 1})
	require.Eventually(t, func() bool { return len(r.taken()) == 1 }, 30*time.Second, 5*time.Millisecond)
	events := h.events()
	id := events[len(events)-1]["id"].(string)
	h.act(acs.Action{Action: "resend", Event: id, Copies: 5})
	h.act(acs.Action{Action: "resend", Event: id, Forged: true})
	h.act(acs.Action{Action: "resend", Event: id, AgeMs: 600_000})
	require.Eventually(t, func() bool {
		_, refused := r.counts()
		return len(r.taken()) == 6 && refused == 2
	}, 30*time.Second, 5*time.Millisecond)
}

func TestEventsFeed(t *testing.T) {
	t.Parallel()
	h := simple(t)
	h.created("BX-1", sale())
	h.advance(3 * hour)
	events := h.events()
	last := 0.0
	for _, e := range events {
		require.Greater(t, e["sequence"], last, "strictly increasing")
		last = e["sequence"].(float64)
	}
	typed := h.call("GET", "/events?after=0&types=order.accepted,shipment.created", nil)
	require.Len(t, typed.body["data"], 2)
	require.Equal(t, last, typed.body["lastSequence"], "what was filtered out is passed")

	t.Run("wait returns as soon as there is something", func(t *testing.T) {
		done := make(chan reply, 1)
		go func() { done <- h.call("GET", fmt.Sprintf("/events?after=%.0f&wait=20", last), nil) }()
		h.created("BX-2", sale())
		select {
		case r := <-done:
			require.Equal(t, "order.received", list(r.body["data"])[0]["type"])
		case <-time.After(15 * time.Second):
			require.Fail(t, "the feed did not wake up")
		}
	})
	t.Run("what is forgotten is 410, and 0 starts at the oldest kept", func(t *testing.T) {
		h.act(acs.Action{Action: "forgetEvents", Quantity: 1})
		require.Equal(t, 410, h.call("GET", "/events?after=1", nil).status)
		require.Len(t, h.call("GET", "/events?after=0", nil).body["data"], 1)
	})
	t.Run("after is mandatory", func(t *testing.T) {
		require.Equal(t, 400, h.call("GET", "/events", nil).status)
	})
}
