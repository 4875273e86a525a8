package endtoend_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shopDoor stands between us and the shop: it lets requests through, or does with those
// that bear a word what a story wants. Unlike weather it never acts by chance, and it
// tells the story that somebody stands there.
type shopDoor struct {
	mu    sync.Mutex
	rules []*doorRule
}

// doorTreats is a way to treat a request at the door.
type doorTreats func(w http.ResponseWriter, r *http.Request, shop http.Handler)

// doorRule is what happens to requests that bear a word.
type doorRule struct {
	word   string
	do     doorTreats
	left   int // requests it is for; negative = all
	met    chan struct{}
	number int
}

func (d *shopDoor) before(shop http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if rule := d.of(string(body)); rule != nil {
			rule.do(w, r, shop)
			return
		}
		shop.ServeHTTP(w, r)
	})
}

func (d *shopDoor) of(body string) *doorRule {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, rule := range d.rules {
		if rule.left == 0 || !strings.Contains(body, rule.word) {
			continue
		}
		rule.left--
		rule.number++
		select {
		case rule.met <- struct{}{}:
		default:
		}
		return rule
	}
	return nil
}

// at sets what happens to the next n requests (negative = all) that bear a word.
func (d *shopDoor) at(word string, n int, do doorTreats) *doorRule {
	rule := &doorRule{word: word, do: do, left: n, met: make(chan struct{}, 1000)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rules = append(d.rules, rule)
	return rule
}

// opens lets everything through again.
func (d *shopDoor) opens() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rules = nil
}

// waits until a request has come to the rule.
func (r *doorRule) waits(t *testing.T) {
	t.Helper()
	select {
	case <-r.met:
	case <-time.After(patience):
		require.FailNow(t, "nobody came to the shop's door with "+r.word)
	}
}

// busy has the shop answer that it has no time.
func busy(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.WriteHeader(http.StatusServiceUnavailable)
}

// lostOnTheWay cuts the connection before the shop has heard of it.
func lostOnTheWay(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }

// unanswered lets the shop do it and loses the answer.
func unanswered(_ http.ResponseWriter, r *http.Request, shop http.Handler) {
	shop.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// held keeps requests until the channel is closed, and lets them through then, whether
// or not anybody still waits for the answer.
func held(until <-chan struct{}) doorTreats {
	return func(w http.ResponseWriter, r *http.Request, shop http.Handler) {
		select {
		case <-until:
		case <-time.After(2 * patience):
		}
		shop.ServeHTTP(w, r)
	}
}
