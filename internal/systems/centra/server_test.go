package centra_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/systems/centra"
)

const token = "planted-token-6f1d"

// request is what Centra was asked.
type request struct {
	Op        string          `json:"operationName"`
	Query     string          `json:"query"`
	Variables json.RawMessage `json:"variables"`
	auth      string
}

// answerer is a server that answers with what a test says and keeps what it was asked.
type answerer struct {
	t      *testing.T
	answer func(w http.ResponseWriter, r request)

	mu    sync.Mutex
	asked []request
}

func (a *answerer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var asked request
	if json.Unmarshal(raw, &asked) != nil || r.URL.Path != "/graphql" || r.Method != http.MethodPost {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	asked.auth = r.Header.Get("Authorization")
	a.mu.Lock()
	a.asked = append(a.asked, asked)
	a.mu.Unlock()
	a.answer(w, asked)
}

func (a *answerer) requests() []request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]request(nil), a.asked...)
}

// ops lists the operations asked for, in order.
func (a *answerer) ops() string {
	var ops []string
	for _, r := range a.requests() {
		ops = append(ops, r.Op)
	}
	return strings.Join(ops, " ")
}

// variables gives the variables of the newest request of an operation.
func (a *answerer) variables(op string) string {
	found := ""
	for _, r := range a.requests() {
		if r.Op == op {
			found = string(r.Variables)
		}
	}
	require.NotEmpty(a.t, found, "operation %s was not asked for", op)
	return found
}

// open starts a server with an answer and a shop that talks to it.
func open(t *testing.T, answer func(w http.ResponseWriter, r request), change ...func(*centra.Config, *centra.Options)) (*centra.Shop, *answerer) {
	t.Helper()
	a := &answerer{t: t, answer: answer}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	config := centra.Config{
		BaseURL: server.URL, Token: token, Timeout: 5 * time.Second,
		Stores: centra.Stores{1: "atelier", 2: "outlet"}, WebhookSecret: "test123",
	}
	var options centra.Options
	for _, c := range change {
		c(&config, &options)
	}
	shop, err := centra.New(config, options)
	require.NoError(t, err)
	return shop, a
}

// says answers every request with a status and a body.
func says(status int, body string) func(http.ResponseWriter, request) {
	return func(w http.ResponseWriter, _ request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// script answers each operation with its body.
func script(bodies map[string]string) func(http.ResponseWriter, request) {
	return func(w http.ResponseWriter, r request) {
		body, ok := bodies[r.Op]
		if !ok {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		_, _ = io.WriteString(w, body)
	}
}

func file(t *testing.T, name string) string {
	t.Helper()
	text, err := readFile(name)
	require.NoError(t, err)
	return text
}

func readFile(name string) (string, error) {
	raw, err := os.ReadFile("testdata/" + name)
	return string(raw), err
}

// canned is a transport without a network, for tests of time.
type canned map[string]string

func (c canned) Do(r *http.Request) (*http.Response, error) {
	var asked request
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(c[asked.Op]))}, nil
}

// counting is canned, keeps what was asked, and answers 429 while told to.
type counting struct {
	canned
	asked  []string
	refuse bool
}

func (c *counting) Do(r *http.Request) (*http.Response, error) {
	var asked request
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return nil, err
	}
	c.asked = append(c.asked, asked.Op)
	if c.refuse {
		return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3"}}, Body: http.NoBody}, nil
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(c.canned[asked.Op]))}, nil
}
