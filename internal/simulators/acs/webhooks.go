package acs

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// retries are the contract's waits before each further attempt.
var retries = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
}

// wrongClock is how far the clock of a sender is off that the weather has put
// wrong: beyond the five minutes that receivers accept.
const wrongClock = 2 * time.Hour

// Sent counts what has become of an account's webhooks.
type Sent struct {
	// Webhooks is the number of requests made, retries and copies included.
	Webhooks int `json:"webhooks"`
	// Dropped is how many events the weather lost for a subscription.
	Dropped int `json:"dropped"`
	// Duplicated is how many copies too many were sent.
	Duplicated int `json:"duplicated"`
}

type subscription struct {
	account *account
	id, url string
	types   []string // empty means all
	key     []byte
	gone    bool

	queue []delivery
	busy  int // senders at work
}

// delivery is one attempt to be made.
type delivery struct {
	event      event
	attempt    int
	wrongClock bool
	forged     bool          // sign with another key
	age        time.Duration // of the timestamp, when scripted
}

func (sub *subscription) wants(kind string) bool {
	return !sub.gone && (len(sub.types) == 0 || slices.Contains(sub.types, kind))
}

// seededTarget is the subscription that the control API sets.
const seededTarget = "sub_seeded"

// target sets the target that the control API names, in place of an earlier
// one. The same one again changes nothing.
func (a *account) target(t WebhookTarget) {
	key, err := decodeSecret(t.Secret)
	if err != nil {
		return // checkSeed has refused it
	}
	for _, sub := range a.subscriptions {
		if sub.id == seededTarget {
			sub.url, sub.key, sub.gone = t.URL, key, false
			return
		}
	}
	a.subscriptions = append(a.subscriptions, &subscription{account: a, id: seededTarget, url: t.URL, key: key})
}

// send draws what happens to an event on its way to a subscription.
func (s *Simulator) send(sub *subscription, e event) {
	d := s.weather.Delivery()
	if d.Copies == 0 {
		sub.account.sent.Dropped++
		return
	}
	sub.account.sent.Duplicated += d.Copies - 1
	for range d.Copies {
		one := delivery{event: e, wrongClock: d.WrongTimestamp}
		if d.Delay > 0 {
			s.after(d.Delay, func() { s.enqueue(sub, one) })
			continue
		}
		s.enqueue(sub, one)
	}
}

// enqueue hands a delivery to the subscription's senders. One at a time (the default)
// keeps the order when the weather is calm.
func (s *Simulator) enqueue(sub *subscription, d delivery) {
	if s.closed || sub.gone {
		return
	}
	sub.queue = append(sub.queue, d)
	if sub.busy < max(1, s.opts.Senders) {
		sub.busy++
		s.senders.Go(func() { s.drain(sub) })
	}
}

func (s *Simulator) drain(sub *subscription) {
	for {
		s.mu.Lock()
		if len(sub.queue) == 0 || s.closed || sub.gone {
			sub.busy--
			if s.closed || sub.gone {
				sub.queue = nil
			}
			s.mu.Unlock()
			return
		}
		d := sub.queue[0]
		sub.queue = sub.queue[1:]
		sub.account.sent.Webhooks++
		url, key, client := sub.url, sub.key, s.opts.Client
		s.mu.Unlock()
		status := s.post(client, url, key, d)
		s.mu.Lock()
		s.delivered(sub, d, status)
		s.mu.Unlock()
	}
}

// post makes one attempt and returns the answer's status, 0 for none. The event
// id is the receiver's key against repetition.
func (s *Simulator) post(client *http.Client, url string, key []byte, d delivery) int {
	request, err := http.NewRequestWithContext(s.ctx, http.MethodPost, url, bytes.NewReader(d.event.raw))
	if err != nil {
		return 0
	}
	at := time.Now().Add(-d.age)
	if d.wrongClock {
		at = at.Add(-wrongClock)
	}
	timestamp := strconv.FormatInt(at.Unix(), 10)
	if d.forged {
		key = append([]byte("forged"), key...)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("webhook-id", d.event.id)
	request.Header.Set("webhook-timestamp", timestamp)
	request.Header.Set("webhook-signature", sign(key, d.event.id, timestamp, d.event.raw))
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	// The body means nothing; reading it lets the connection be used again.
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	return response.StatusCode
}

// sign is Standard Webhooks: HMAC-SHA256 over "{id}.{timestamp}.{raw body}".
func sign(key []byte, id, timestamp string, raw []byte) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", id, timestamp)
	mac.Write(raw)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// delivered plans the next attempt when this one failed. A clock that was wrong for
// one delivery is put right by then, one that stays wrong is not; 410 ends the subscription.
func (s *Simulator) delivered(sub *subscription, d delivery, status int) {
	if status >= 200 && status < 300 || d.forged || d.age != 0 {
		return
	}
	if status == http.StatusGone {
		sub.gone = true
		return
	}
	if d.attempt >= len(retries) {
		return // the feed still has it
	}
	wait := time.Duration(float64(retries[d.attempt]) * s.opts.RetryPace)
	d.attempt++
	d.wrongClock = s.weather.ClockIsWrong()
	s.after(wait, func() { s.enqueue(sub, d) })
}

type subscriptionRecord struct {
	SubscriptionID string   `json:"subscriptionId"`
	URL            string   `json:"url"`
	Types          []string `json:"types"`
	Active         bool     `json:"active"`
	Secret         string   `json:"secret,omitempty"`
}

func (sub *subscription) record() subscriptionRecord {
	return subscriptionRecord{SubscriptionID: sub.id, URL: sub.url, Types: orEmpty(sub.types), Active: !sub.gone}
}

func (s *Simulator) listWebhookSubscriptions(c *call) answer {
	out := []subscriptionRecord{}
	for _, sub := range c.account.subscriptions {
		if !sub.gone {
			out = append(out, sub.record())
		}
	}
	return ok(http.StatusOK, map[string]any{"data": out})
}

func (s *Simulator) createWebhookSubscription(c *call) answer {
	var sent struct {
		URL   string   `json:"url"`
		Types []string `json:"types"`
	}
	if refused := c.checked(&sent); refused != nil {
		return *refused
	}
	sub := &subscription{account: c.account, id: s.id("sub"), url: sent.URL, types: sent.Types}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s/%s", s.opts.Seed, c.account.code, sub.id))
	sub.key = sum[:]
	c.account.subscriptions = append(c.account.subscriptions, sub)
	record := sub.record()
	record.Secret = "whsec_" + base64.StdEncoding.EncodeToString(sub.key)
	return ok(http.StatusCreated, record)
}

func (s *Simulator) deleteWebhookSubscription(c *call) answer {
	for _, sub := range c.account.subscriptions {
		if sub.id == c.path["subscriptionId"] && !sub.gone {
			sub.gone = true
			return ok(http.StatusNoContent, nil)
		}
	}
	return notFound("Subscription", c.path["subscriptionId"])
}
