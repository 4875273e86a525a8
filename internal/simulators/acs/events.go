package acs

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// keptEvents is how long the feed keeps an event.
const keptEvents = 30 * 24 * time.Hour

type subject struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// envelope is an event as the feed and the webhooks carry it.
type envelope struct {
	ID          string    `json:"id"`
	Type        string    `json:"type"`
	Sequence    int64     `json:"sequence"`
	OccurredAt  time.Time `json:"occurredAt"`
	Account     string    `json:"account"`
	Subject     subject   `json:"subject"`
	OrderNumber *string   `json:"orderNumber"`
	Revision    int64     `json:"revision"`
	Data        any       `json:"data"`
}

// event is an envelope as it was encoded: the feed and each webhook send the
// same bytes, whatever becomes of the subject.
type event struct {
	id, kind string
	sequence int64
	at       time.Time
	raw      json.RawMessage
}

// emit appends an event to the feed and sends it to the subscriptions.
func (s *Simulator) emit(a *account, kind string, of subject, orderNumber *string, revision int64, data any) {
	if s.quiet {
		return
	}
	// Gaps are allowed by the contract, so there are some: one in eight.
	a.sequence++
	if s.fraction(a.code, "gap", strconv.FormatInt(a.sequence, 10)) < 0.125 {
		a.sequence++
	}
	e := envelope{
		ID: s.id("evt"), Type: kind, Sequence: a.sequence, OccurredAt: s.now(), Account: a.code,
		Subject: of, OrderNumber: orderNumber, Revision: revision, Data: data,
	}
	raw, err := json.Marshal(e)
	if err != nil {
		panic("acs: an event cannot be encoded: " + err.Error()) // a mistake in our own wire types
	}
	kept := event{id: e.ID, kind: kind, sequence: e.Sequence, at: e.OccurredAt, raw: raw}
	a.events = append(a.events, kept)
	close(a.appended)
	a.appended = make(chan struct{})
	for _, sub := range a.subscriptions {
		if sub.wants(kind) {
			s.send(sub, kept)
		}
	}
}

type eventPage struct {
	Data         []json.RawMessage `json:"data"`
	LastSequence int64             `json:"lastSequence"`
	HasMore      bool              `json:"hasMore"`
}

// listEvents reads the feed and, when asked to wait, holds the request open
// until there is something. The wait is real time.
func (s *Simulator) listEvents(c *call) answer {
	wait, _ := strconv.Atoi(c.query("wait")) // the schema has checked it; absent is 0
	deadline := time.NewTimer(time.Duration(wait) * time.Second)
	defer deadline.Stop()
	for {
		s.mu.Lock()
		found, refused := s.eventsAfter(c)
		more := c.account.appended
		s.mu.Unlock()
		if refused != nil {
			return *refused
		}
		if wait == 0 || len(found.Data) > 0 {
			return ok(http.StatusOK, found)
		}
		select {
		case <-more:
		case <-deadline.C:
			wait = 0
		case <-c.request.Context().Done():
			wait = 0
		case <-s.ctx.Done():
			wait = 0
		}
	}
}

func (s *Simulator) eventsAfter(c *call) (eventPage, *answer) {
	a := c.account
	s.forget(a)
	after, err := strconv.ParseInt(c.query("after"), 10, 64)
	if err != nil {
		refused := refuse(http.StatusBadRequest, "bad_request", "after is no sequence number.")
		return eventPage{}, &refused
	}
	if after > 0 && after < a.forgotten {
		refused := refuse(http.StatusGone, "cursor_expired", "Events after this one are no longer kept. Start with after=0.")
		return eventPage{}, &refused
	}
	var types []string
	if text := c.query("types"); text != "" {
		types = strings.Split(text, ",")
	}
	out := eventPage{Data: []json.RawMessage{}, LastSequence: max(after, a.forgotten)}
	limit := c.limit(100)
	from, _ := slices.BinarySearchFunc(a.events, after+1, func(e event, n int64) int { return int(e.sequence - n) })
	for _, e := range a.events[from:] {
		if len(types) > 0 && !slices.Contains(types, e.kind) {
			out.LastSequence = e.sequence // seen, and not wanted
			continue
		}
		if len(out.Data) == limit {
			out.HasMore = true
			break
		}
		out.Data = append(out.Data, e.raw)
		out.LastSequence = e.sequence
	}
	return out, nil
}

// forget drops what is older than the feed keeps.
func (s *Simulator) forget(a *account) {
	oldest := s.now().Add(-keptEvents)
	n := 0
	for n < len(a.events) && a.events[n].at.Before(oldest) {
		n++
	}
	a.forgetFirst(n)
}

func (a *account) forgetFirst(n int) {
	if n == 0 {
		return
	}
	a.forgotten = a.events[n-1].sequence
	a.events = slices.Clone(a.events[n:])
}
