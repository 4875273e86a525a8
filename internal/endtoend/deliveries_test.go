package endtoend_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
)

// told is an event as the warehouse's feed holds it.
type told struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Sequence int64  `json:"sequence"`
	Subject  struct {
		Kind string `json:"kind"`
		ID   string `json:"id"`
	} `json:"subject"`
	raw json.RawMessage
}

// feed reads all events of the north, whatever the weather.
func (w *world) feed(t *testing.T) (all []told) {
	t.Helper()
	for after, more := int64(0), true; more; {
		var page struct {
			Data         []json.RawMessage `json:"data"`
			LastSequence int64             `json:"lastSequence"`
			HasMore      bool              `json:"hasMore"`
		}
		eventually(t, "the feed answers", func() bool {
			return w.got(t, w.parts.Config.Selvedge.ACS[0].BaseURL+"/events?limit=200&after="+strconv.FormatInt(after, 10), &page)
		})
		for _, raw := range page.Data {
			e := told{raw: raw}
			require.NoError(t, json.Unmarshal(raw, &e))
			all = append(all, e)
		}
		after, more = page.LastSequence, page.HasMore
	}
	return all
}

// got reads JSON from the north; false when the weather came between.
func (w *world) got(t *testing.T, url string, into any) bool {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Ocp-Apim-Subscription-Key", "key-"+north)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	return err == nil && response.StatusCode == http.StatusOK && json.Unmarshal(raw, into) == nil
}

// delivers brings a body to our door as the warehouse's webhook does, and answers the status.
func (w *world) delivers(t *testing.T, id string, body []byte) int {
	t.Helper()
	hook, err := webhooks.NewWebhook(webhookKey)
	require.NoError(t, err)
	now := time.Now()
	signature, err := hook.Sign(id, now, body)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.doors+"/webhooks/warehouse/"+north, bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(webhooks.HeaderWebhookID, id)
	request.Header.Set(webhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	request.Header.Set(webhooks.HeaderWebhookSignature, signature)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

// eventsOf are the events about one return of the north, the oldest first.
func (w *world) eventsOf(t *testing.T, id string) (found []told) {
	t.Helper()
	for _, e := range w.feed(t) {
		if e.Subject.ID == id {
			found = append(found, e)
		}
	}
	return found
}

// retold is an event with something else in it, as another warehouse might spell it.
func (e told) retold(t *testing.T, change func(event, data map[string]any, unit map[string]any)) []byte {
	t.Helper()
	var event map[string]any
	require.NoError(t, json.Unmarshal(e.raw, &event))
	data, ok := event["data"].(map[string]any)
	require.True(t, ok)
	units, ok := data["units"].([]any)
	require.True(t, ok)
	unit, ok := units[0].(map[string]any)
	require.True(t, ok)
	change(event, data, unit)
	body, err := json.Marshal(event) // keys sorted: another order than the warehouse's
	require.NoError(t, err)
	return body
}
