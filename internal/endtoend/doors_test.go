package endtoend_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

// graphql sends a document to the shop's API as its operator would, and returns data.
func (w *world) graphql(t *testing.T, document string) map[string]any {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": document})
	require.NoError(t, err)
	answer := w.call(t, http.MethodPost, w.parts.Config.Selvedge.Centra.BaseURL+"/graphql", "Authorization", "Bearer "+shopToken, body)
	require.NotContains(t, answer, "errors", "%v", answer)
	data, ok := answer["data"].(map[string]any)
	require.True(t, ok, "%v", answer)
	for name, payload := range data {
		if p, ok := payload.(map[string]any); ok && p["userErrors"] != nil {
			require.Empty(t, p["userErrors"], name)
		}
	}
	return data
}

// warehouseHolds reads an order through the warehouse's own API.
func (w *world) warehouseHolds(t *testing.T, warehouse, number string) map[string]any {
	t.Helper()
	return w.call(t, http.MethodGet, w.parts.Config.Selvedge.ACS[0].BaseURL+"/orders/"+number, "Ocp-Apim-Subscription-Key", "key-"+warehouse, nil)
}

func (w *world) call(t *testing.T, method, url, header, value string, body []byte) map[string]any {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(header, value)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s", raw)
	var answer map[string]any
	require.NoError(t, json.Unmarshal(raw, &answer), "%s", raw)
	return answer
}

// take reads an order from the shop as a poll would, for worlds whose shop is deaf.
func (w *world) take(t *testing.T, number int) {
	t.Helper()
	_, err := w.intake.TakeOrders(t.Context(), atelier, []string{orderID(number).Number})
	require.NoError(t, err)
}

// facts lists what happened to an order of one kind.
func (w *world) facts(t *testing.T, number int, kind domain.FactKind) []domain.Fact {
	t.Helper()
	record, err := w.parts.Store.Load(t.Context(), orderID(number))
	require.NoError(t, err)
	var out []domain.Fact
	for _, f := range record.Facts {
		if f.Kind == kind {
			out = append(out, f)
		}
	}
	return out
}

func toText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}
