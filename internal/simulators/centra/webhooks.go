package centra

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"selvedge/internal/simulators/clock"
	"selvedge/internal/simulators/weather"
)

const (
	hookTimeout   = 5 * time.Second
	hooksAtOnce   = 16
	hooksWaiting  = 2000 // more than that are dropped, as a sender without retries does
	eventsPerHook = 100
	wrongBy       = 26 * time.Hour
)

// hooks sends webhooks, without retries: a hint, never the source of truth.
type hooks struct {
	client  *http.Client
	weather *weather.Weather
	clock   *clock.Clock
	ctx     context.Context
	cancel  context.CancelFunc
	slots   chan struct{}
	waiting chan struct{}
	running sync.WaitGroup

	// The simulator's lock guards these.
	url, secret string
	types       []string
	pending     []hookEvent
	closed      bool
}

type hookEvent struct {
	Type   string `json:"type"`
	Action string `json:"action"`
	Date   string `json:"date"`
	ID     int    `json:"id"`
}

func newHooks(client *http.Client, w *weather.Weather, c *clock.Clock) *hooks {
	if client == nil {
		// As many connections are kept as there are senders: of the usual two, most
		// deliveries of a burst would open one of their own.
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = hooksAtOnce
		client = &http.Client{Timeout: hookTimeout, Transport: transport}
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &hooks{client: client, weather: w, clock: c, ctx: ctx, cancel: cancel, slots: make(chan struct{}, hooksAtOnce), waiting: make(chan struct{}, hooksWaiting)}
}

func (h *hooks) close() {
	h.cancel()
	h.running.Wait()
}

// checkHookURL allows what the plugin allows: ports 80 and 443, and anything on
// the loopback, where simulators live.
func checkHookURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("webhook.url is %q, must be an http or https address", text)
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback()) {
		return nil
	}
	if u.Scheme != "https" || !slices.Contains([]string{"", "80", "443"}, u.Port()) {
		return fmt.Errorf("webhook.url is %q: outside the loopback only https on port 80 or 443 is allowed", text)
	}
	return nil
}

// hook notes a webhook event; flush sends what one request has noted.
func (s *Simulator) hook(kind, action string, id int) {
	h := s.hooks
	if h.closed || h.url == "" || (len(h.types) > 0 && !slices.Contains(h.types, kind)) {
		return
	}
	h.pending = append(h.pending, hookEvent{Type: kind, Action: action, Date: s.now().UTC().Format("2006-01-02 15:04:05.000000"), ID: id})
}

// flush hands the noted events to senders. The simulator's lock is held.
func (s *Simulator) flush() {
	h := s.hooks
	for chunk := range slices.Chunk(h.pending, eventsPerHook) {
		events := slices.Clone(chunk)
		target, secret := h.url, h.secret
		delivery := h.weather.Delivery()
		if delivery.Copies == 0 {
			continue
		}
		select {
		case h.waiting <- struct{}{}:
			h.running.Go(func() {
				defer func() { <-h.waiting }()
				h.deliver(target, secret, events, delivery)
			})
		default:
		}
	}
	h.pending = nil
}

func (h *hooks) deliver(target, secret string, events []hookEvent, d weather.Delivery) {
	timer := time.NewTimer(d.Delay)
	defer timer.Stop()
	select {
	case <-h.ctx.Done():
		return
	case <-timer.C:
	}
	payload, err := json.Marshal(map[string]any{"events": events})
	if err != nil {
		return
	}
	body := "payload=" + url.QueryEscape(string(payload))
	sent := h.clock.Now()
	if d.WrongTimestamp {
		sent = sent.Add(-wrongBy)
	}
	for range d.Copies {
		h.post(target, body, Signature(secret, strconv.FormatInt(sent.Unix(), 10), body))
	}
}

func (h *hooks) post(target, body, signature string) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-h.ctx.Done():
		return
	}
	ctx, cancel := context.WithTimeout(h.ctx, hookTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		return
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-Centra-Signature", signature)
	if response, err := h.client.Do(request); err == nil {
		_ = response.Body.Close()
	}
}

// Signature is the value of X-Centra-Signature for a raw urlencoded body:
// HMAC-SHA256 over "<timestamp>.<body>".
func Signature(secret, timestamp, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "." + body))
	return "t=" + timestamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
