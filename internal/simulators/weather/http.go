package weather

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxBody bounds what Wrap reads of a request to match and replay it.
const maxBody = 32 << 20

// hangLimit ends a hanging connection that its caller never gives up.
const hangLimit = 2 * time.Minute

// Wrap puts the weather in front of next. Keep control paths outside of it.
func (w *Weather) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(out, r.Body, maxBody))
		if err != nil {
			http.Error(out, "the body could not be read", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		v := w.decide(r.Method + " " + r.URL.RequestURI() + "\n" + string(body))
		pause(r.Context(), v.latency)
		w.serve(out, r, next, v)
	})
}

func (w *Weather) serve(out http.ResponseWriter, r *http.Request, next http.Handler, v verdict) {
	switch v.kind {
	case "":
		next.ServeHTTP(out, r)
	case CutBeforeCommit:
		panic(http.ErrAbortHandler) // the documented way to drop a connection without an answer
	case CutAfterCommit:
		next.ServeHTTP(newDropped(), r.WithContext(context.WithoutCancel(r.Context())))
		panic(http.ErrAbortHandler)
	case LateCommit:
		w.commitLater(r, next, time.Duration(v.fault.DelayMs)*time.Millisecond)
		if v.fault.Hang {
			pause(r.Context(), hangLimit)
		}
		panic(http.ErrAbortHandler)
	case Slow:
		// The work is done whether or not the caller still waits.
		pause(context.Background(), time.Duration(v.fault.DelayMs)*time.Millisecond)
		next.ServeHTTP(out, r.WithContext(context.WithoutCancel(r.Context())))
	case Garbage:
		out.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(out, `{"data":{"ord<!doctype html><p>%s`, w.planted())
	default:
		w.errorPage(out, v)
	}
}

// commitLater runs next after a delay with nobody listening.
func (w *Weather) commitLater(r *http.Request, next http.Handler, delay time.Duration) {
	later := r.Clone(context.WithoutCancel(r.Context()))
	later.Body = r.Body
	w.mu.Lock()
	w.lateRunning++
	w.mu.Unlock()
	go func() {
		defer w.endLate()
		pause(later.Context(), delay)
		next.ServeHTTP(newDropped(), later)
	}()
}

// endLate ends a late commit, also one that the handler aborted.
func (w *Weather) endLate() {
	p := recover()
	w.mu.Lock()
	w.lateRunning--
	w.lateEnded.Broadcast()
	w.mu.Unlock()
	if p != nil && p != http.ErrAbortHandler { //nolint:errorlint // net/http compares it the same way
		panic(p)
	}
}

// Wait returns when no late commit is under way any more.
func (w *Weather) Wait() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.lateRunning > 0 {
		w.lateEnded.Wait()
	}
}

func (w *Weather) errorPage(out http.ResponseWriter, v verdict) {
	status := map[string]int{
		Status403: http.StatusForbidden, Status429: http.StatusTooManyRequests, Status500: http.StatusInternalServerError,
		Status502: http.StatusBadGateway, Status503: http.StatusServiceUnavailable,
	}[v.kind]
	if status == http.StatusTooManyRequests {
		retryAfter := v.fault.RetryAfter
		if retryAfter == "" {
			w.mu.Lock()
			format := w.retryAfter
			w.mu.Unlock()
			retryAfter = format(time.Second)
		}
		out.Header().Set("Retry-After", retryAfter)
	}
	out.Header().Set("Content-Type", "text/html; charset=utf-8")
	out.WriteHeader(status)
	fmt.Fprintf(out, "<!doctype html><title>%d %s</title><h1>%s</h1><pre>while serving %s</pre>\n",
		status, http.StatusText(status), http.StatusText(status), w.planted())
}

func (w *Weather) planted() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leak
}

// Control is the body of `POST /_sim/weather`. Fields that are absent change nothing.
type Control struct {
	Profile       string  `json:"profile,omitempty"`
	OutageSeconds float64 `json:"outageSeconds,omitempty"`
	// WrongClockSeconds is how long the webhook sender's clock is wrong from now on.
	WrongClockSeconds float64 `json:"wrongClockSeconds,omitempty"`
	ClearFaults       bool    `json:"clearFaults,omitempty"`
	Faults            []Fault `json:"faults,omitempty"`
	Leak              *string `json:"leak,omitempty"`
}

// Apply does what a control request asks: nothing at all when part of it is wrong.
func (w *Weather) Apply(c Control) error {
	if c.Profile != "" {
		if _, known := profiles(c.Profile); !known {
			return fmt.Errorf("weather: profile is %q, must be calm, breezy or storm", c.Profile)
		}
	}
	if c.OutageSeconds < 0 || c.OutageSeconds > 86_400 {
		return fmt.Errorf("weather: outageSeconds is %v, must be from 0 to 86400", c.OutageSeconds)
	}
	if c.WrongClockSeconds < 0 || c.WrongClockSeconds > 86_400 {
		return fmt.Errorf("weather: wrongClockSeconds is %v, must be from 0 to 86400", c.WrongClockSeconds)
	}
	for i := range c.Faults {
		if err := c.Faults[i].complete(); err != nil {
			return fmt.Errorf("weather: faults[%d]: %w", i, err)
		}
	}
	if c.ClearFaults {
		w.ClearScript()
	}
	if c.Leak != nil {
		w.SetLeak(*c.Leak)
	}
	if c.Profile != "" {
		if err := w.Set(c.Profile); err != nil {
			return err
		}
	}
	if c.OutageSeconds > 0 {
		w.Outage(time.Duration(c.OutageSeconds * float64(time.Second)))
	}
	if c.WrongClockSeconds > 0 {
		w.WrongClock(time.Duration(c.WrongClockSeconds * float64(time.Second)))
	}
	return w.Script(c.Faults...)
}

// ServeHTTP serves `/_sim/weather`: POST takes a Control, GET and POST answer
// the profile and the statistics. Repeating a POST adds its faults once more.
func (w *Weather) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
	case http.MethodPost:
		var c Control
		decoder := json.NewDecoder(http.MaxBytesReader(out, r.Body, 1<<20))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&c); err != nil {
			http.Error(out, fmt.Sprintf("weather: the body is no weather: %v", err), http.StatusBadRequest)
			return
		}
		if err := w.Apply(c); err != nil {
			http.Error(out, err.Error(), http.StatusBadRequest)
			return
		}
	default:
		out.Header().Set("Allow", "GET, POST")
		http.Error(out, "weather: use GET or POST", http.StatusMethodNotAllowed)
		return
	}
	out.Header().Set("Content-Type", "application/json")
	// The caller may be gone; there is nobody to tell.
	_ = json.NewEncoder(out).Encode(struct {
		Profile string `json:"profile"`
		Stats   Stats  `json:"stats"`
	}{w.Profile(), w.Stats()})
}

// dropped is an answer that nobody will read.
type dropped struct{ header http.Header }

func newDropped() dropped                     { return dropped{header: make(http.Header)} }
func (d dropped) Header() http.Header         { return d.header }
func (d dropped) Write(b []byte) (int, error) { return len(b), nil }
func (d dropped) WriteHeader(int)             {}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
