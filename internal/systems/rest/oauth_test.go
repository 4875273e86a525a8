package rest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/fault"
	"selvedge/internal/systems/rest"
)

// tokenServer hands out token-1, token-2, … and serves an API that takes only those from accept on.
func tokenServer(t *testing.T, accept int32) (url string, fetched, called *atomic.Int32) {
	t.Helper()
	fetched, called = new(atomic.Int32), new(atomic.Int32)
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		if id, key, _ := r.BasicAuth(); id != "client" || key != secret {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"invalid_client","error_description":"`+secret+`"}`)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":3600}`, fetched.Add(1))
	})
	mux.HandleFunc("/api", func(w http.ResponseWriter, r *http.Request) {
		called.Add(1)
		var n int32
		_, _ = fmt.Sscanf(r.Header.Get("Authorization"), "Bearer token-%d", &n)
		if n < accept {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.Copy(w, r.Body)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, fetched, called
}

func oauthClient(url, key string) *rest.Client {
	tokens := rest.NewTokens(rest.ClientCredentials{System: "acs", TokenURL: url + "/token", ClientID: "client", ClientSecret: key})
	return rest.New(rest.Options{System: "acs", Auth: tokens.Authorize, Refresh: tokens.Forget})
}

func call(t *testing.T, client *rest.Client, url string) (int, string) {
	t.Helper()
	r := post(t, url)
	r.URL.Path = "/api"
	response, err := client.Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

func TestATokenIsFetchedOnceAndUsedAgain(t *testing.T) {
	t.Parallel()
	url, fetched, _ := tokenServer(t, 1)
	client := oauthClient(url, secret)
	for range 3 {
		status, _ := call(t, client, url)
		require.Equal(t, http.StatusOK, status)
	}
	require.EqualValues(t, 1, fetched.Load())
}

func TestARefusedTokenIsReplacedOnceAndTheBodySentAgain(t *testing.T) {
	t.Parallel()
	url, fetched, called := tokenServer(t, 2)
	status, body := call(t, oauthClient(url, secret), url)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, secret, body)
	require.EqualValues(t, 2, fetched.Load())
	require.EqualValues(t, 2, called.Load())
}

func TestASecondRefusalIsFinal(t *testing.T) {
	t.Parallel()
	url, fetched, called := tokenServer(t, 100)
	status, _ := call(t, oauthClient(url, secret), url)
	require.Equal(t, http.StatusUnauthorized, status)
	require.EqualValues(t, 2, fetched.Load())
	require.EqualValues(t, 2, called.Load())
}

func TestAWrongSecretIsMisconfiguredAndAnAbsentTokenEndpointIsAnOutage(t *testing.T) {
	t.Parallel()
	url, _, _ := tokenServer(t, 1)
	for name, tt := range map[string]struct {
		client *rest.Client
		want   fault.Kind
	}{
		"wrong secret":      {client: oauthClient(url, "other-"+secret), want: fault.Misconfigured},
		"nobody listens":    {client: oauthClient("http://127.0.0.1:1", secret), want: fault.Unavailable},
		"not a token there": {client: oauthClient(url+"/api?", secret), want: fault.Misconfigured},
	} {
		response, err := tt.client.Do(post(t, url))
		if response != nil {
			_ = response.Body.Close()
		}
		require.True(t, fault.Is(err, tt.want), "%s: %v", name, err)
		require.NotContains(t, err.Error(), secret)
		require.False(t, rest.Sent(err))
	}
}
