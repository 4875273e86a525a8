package centra_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/centra"
	"selvedge/internal/simulators/weather"
)

type queued struct {
	id     float64
	change string
	ref    float64
}

func (s *shop) events(t *testing.T, token string) (out []queued) {
	t.Helper()
	a := s.as(t, token, "{ events(limit: 200) { id changeType objectReference object { ... on Order { number } } } }", nil)
	require.Empty(t, a.Errors, a.raw)
	for _, item := range a.Data["events"].([]any) {
		e := item.(map[string]any)
		out = append(out, queued{e["id"].(float64), e["changeType"].(string), e["objectReference"].(float64)})
	}
	return out
}

func TestEventQueue(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	require.NoError(t, s.Seed(centra.Seed{Tokens: []centra.SeedToken{{Token: "second", Integration: "selvedge"}, {Token: "other", Integration: "other"}}}))
	require.Empty(t, s.events(t, "all"), "nothing is queued before somebody listens")
	for range 2 {
		r := s.do(t, "setEventListeners", "eventListeners { objectType changeTypes integrationName }", m{"input": []m{{"objectType": "Order"}}})
		require.Len(t, r.payload["eventListeners"], 1, "idempotent")
	}
	require.NoError(t, s.Seed(centra.Seed{Orders: []centra.SeedOrder{order(2)}}))
	s.do(t, "updateDirectToConsumerOrder", "order { id }", m{"order": m{"number": 2}, "input": m{"otherComment": "ours"}})
	lines := s.state(t, 2).Lines
	s.do(t, "createShipment", "shipment { id }", m{"input": ship(2, units(lines[0].ID, 2), units(lines[1].ID, 1))})
	events := s.events(t, "all")
	var changes []string
	for _, e := range events {
		require.EqualValues(t, 2, e.ref, "orders are named by number")
		changes = append(changes, e.change)
	}
	require.Equal(t, []string{"CREATED", "UPDATED", "UPDATED", "COMPLETED"}, changes, "oldest first, our own changes included")
	require.Equal(t, events, s.events(t, "second"), "the same ones again, for every token of the integration")
	require.Empty(t, s.events(t, "other"))

	first := s.do(t, "confirmEvents", "events { id }", m{"input": m{"eventsIds": []any{events[0].id, 99999}}})
	require.Empty(t, first.errors)
	require.Len(t, first.payload["events"], 1)
	require.Empty(t, s.do(t, "confirmEvents", "events { id }", m{"input": m{"eventsIds": []any{events[0].id}}}).errors, "an unknown id is harmless")
	require.Equal(t, events[1:], s.events(t, "all"))
	require.Len(t, s.ask(t, `{ events(where: {changeType: COMPLETED}) { id } }`, nil)["events"], 1)
	require.Len(t, s.ask(t, `{ events(where: {changeType: COMPLETED, negate: ["changeType"]}) { id } }`, nil)["events"], 2)

	s.do(t, "unsetEventListeners", "eventListeners { objectType }", m{"input": []m{{"objectType": "Order"}}})
	require.Empty(t, s.events(t, "all"), "unset deletes what was queued")
}

func TestEventsCanBeOff(t *testing.T) {
	t.Parallel()
	s, off := open(t, order(1)), false
	s.do(t, "setEventListeners", "eventListeners { objectType }", m{"input": []m{{"objectType": "Order"}}})
	require.NoError(t, s.Seed(centra.Seed{EventsEnabled: &off, Orders: []centra.SeedOrder{order(2)}}))
	require.Empty(t, s.events(t, "all"))
}

func TestSignatureOfTheDocumentation(t *testing.T) {
	t.Parallel()
	require.Equal(t, "t=12345678,v1=0b9cd84f5d583e5e1aadfb9f160aa8080b51d5b85ff85808d6b75bdac356c549",
		centra.Signature("test123", "12345678", "payload=%7B%22x%22%3A%22test%22%7D"))
}

// listen returns a simulator whose webhooks arrive in a channel.
func listen(t *testing.T, profile string) (*shop, chan []byte) {
	t.Helper()
	w, err := weather.New(profile, 5)
	require.NoError(t, err)
	bodies := make(chan []byte, 5000)
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		at, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("X-Centra-Signature"), "t="), ",")
		if r.Header.Get("X-Centra-Signature") == centra.Signature("s3cret", at, string(body)) && r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
			bodies <- append([]byte(at+"|"), body...)
		}
	}))
	s := &shop{Simulator: centra.New(centra.Options{Weather: w})}
	server := httptest.NewServer(s)
	t.Cleanup(func() { server.Close(); s.Close(); target.Close() })
	s.url = server.URL
	seed := example()
	seed.Webhook = &centra.SeedWebhook{URL: target.URL, Secret: "s3cret"}
	require.NoError(t, s.Seed(seed))
	return s, bodies
}

func TestWebhooksAreSigned(t *testing.T) {
	t.Parallel()
	s, bodies := listen(t, "calm")
	require.NoError(t, s.Seed(centra.Seed{Orders: []centra.SeedOrder{order(1)}}))
	select {
	case body := <-bodies:
		at, raw, _ := strings.Cut(string(body), "|")
		unix, err := strconv.ParseInt(at, 10, 64)
		require.NoError(t, err)
		require.InDelta(t, time.Now().Unix(), unix, 60)
		form, err := url.ParseQuery(raw)
		require.NoError(t, err)
		var payload struct {
			Events []struct {
				Type, Action, Date string
				ID                 int
			}
		}
		require.NoError(t, json.Unmarshal([]byte(form.Get("payload")), &payload))
		require.Equal(t, []string{"order", "create"}, []string{payload.Events[0].Type, payload.Events[0].Action})
		require.Equal(t, 1, payload.Events[0].ID)
		_, err = time.Parse("2006-01-02 15:04:05.000000", payload.Events[0].Date)
		require.NoError(t, err)
	case <-time.After(30 * time.Second):
		require.Fail(t, "no webhook came")
	}
}

func TestStormLosesAndRepeatsWebhooks(t *testing.T) {
	t.Parallel()
	s, bodies := listen(t, "storm")
	for i := range 100 {
		require.NoError(t, s.Seed(centra.Seed{Orders: []centra.SeedOrder{order(1 + i)}}))
	}
	stats := s.Weather().Stats()
	require.Equal(t, 100, stats.Webhooks)
	require.Positive(t, stats.WebhooksLost)
	require.Positive(t, stats.WebhooksRepeated)
	require.Eventually(t, func() bool { return len(bodies) >= 60 }, 10*time.Second, 20*time.Millisecond)
}

func TestWebhookAddresses(t *testing.T) {
	t.Parallel()
	s := open(t)
	for address, allowed := range map[string]bool{
		"http://127.0.0.1:8080/x": true, "http://localhost:1/x": true, "https://example.com/x": true, "https://example.com:8443/x": false,
		"http://example.com/x": false, "ftp://127.0.0.1/x": false, "nonsense": false,
	} {
		err := s.Seed(centra.Seed{Webhook: &centra.SeedWebhook{URL: address}})
		require.Equal(t, allowed, err == nil, address)
	}
}
