package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"selvedge/internal/fault"
)

// UserAgent is what every request says of its sender.
const UserAgent = "selvedge"

// Limits that hold where Options leaves them zero.
const (
	defaultTimeout   = 30 * time.Second
	defaultMaxAnswer = 8 << 20
	dialTimeout      = 5 * time.Second
	idleTimeout      = 60 * time.Second
	idleConnections  = 16
)

// Options sets up a Client.
type Options struct {
	System string // whose faults these are: centra, acs
	// Auth sets credentials on a request just before it is written; nil sets none.
	Auth func(*http.Request) error
	// Timeout bounds one request from dialling to the last byte of the answer.
	Timeout time.Duration
	// MaxAnswer bounds the bytes of one answer.
	MaxAnswer int64
	// RequestsPerSecond and Burst bound our own rate; zero RequestsPerSecond means no bound.
	RequestsPerSecond float64
	Burst             int
	// Refresh is called once after a 401 to make Auth fetch a new credential; the
	// request is sent once more when it returns true. Nil means that a 401 is final.
	Refresh func() bool
}

// Client sends requests to one system. It satisfies the Doer interfaces of
// genqlient and oapi-codegen.
type Client struct {
	options   Options
	transport *http.Transport
	http      *http.Client
	limiter   *rate.Limiter
}

// New makes a client with a connection pool of its own, so that one slow system
// cannot use up another's connections.
func New(o Options) *Client {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.MaxAnswer <= 0 {
		o.MaxAnswer = defaultMaxAnswer
	}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    dialTimeout,
		ResponseHeaderTimeout:  o.Timeout,
		ExpectContinueTimeout:  time.Second,
		MaxIdleConns:           idleConnections,
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
	}
	c := &Client{options: o, transport: transport, http: &http.Client{
		Transport: transport,
		Timeout:   o.Timeout,
		// A redirect would carry the credentials, and for a write perhaps the body, to a
		// host that nobody configured: the caller gets the 3xx itself.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if o.RequestsPerSecond > 0 {
		c.limiter = rate.NewLimiter(rate.Limit(o.RequestsPerSecond), max(o.Burst, 1))
	}
	return c
}

// CloseIdle closes the connections that no request is using.
func (c *Client) CloseIdle() { c.transport.CloseIdleConnections() }

// Do makes one attempt. An error is a *TransportError, or a *fault.Fault when the
// request was not allowed to start (our own rate limit, missing credentials).
//
// The one exception is a 401 with Refresh set: the other side refused to look at
// the request, so sending it once more with a new credential repeats nothing.
func (c *Client) Do(r *http.Request) (*http.Response, error) {
	response, err := c.once(r)
	if err != nil || response.StatusCode != http.StatusUnauthorized || c.options.Refresh == nil {
		return response, err
	}
	again, ok := rewound(r)
	if !ok || !c.options.Refresh() {
		return response, nil
	}
	drain(response)
	return c.once(again)
}

func (c *Client) once(r *http.Request) (*http.Response, error) {
	if err := c.wait(r.Context()); err != nil {
		return nil, err
	}
	var written atomic.Bool
	trace := &httptrace.ClientTrace{
		// Headers alone can be enough for a request without a body, and a server may act
		// before the body is complete: whatever was handed to the connection counts.
		WroteHeaders: func() { written.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				written.Store(true)
			}
		},
	}
	own := r.Clone(httptrace.WithClientTrace(r.Context(), trace))
	own.Header.Set("User-Agent", UserAgent)
	if c.options.Auth != nil {
		if err := c.options.Auth(own); err != nil {
			return nil, c.noCredentials(r, err)
		}
	}
	response, err := c.http.Do(own)
	if err != nil {
		return nil, newTransportError(c.options.System, r, written.Load(), err)
	}
	response.Request = r // without the credentials
	response.Body = &limitedBody{
		body: response.Body, left: c.options.MaxAnswer,
		fail: func(err error) error { return newTransportError(c.options.System, r, true, err) },
	}
	return response, nil
}

// wait holds a request back until our own rate allows it. When that is later than
// the caller can wait, it says so at once and takes nothing from the allowance.
func (c *Client) wait(ctx context.Context) error {
	if c.limiter == nil {
		return nil
	}
	now := time.Now()
	reservation := c.limiter.ReserveN(now, 1)
	delay := reservation.DelayFrom(now)
	if delay == 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok && now.Add(delay).After(deadline) {
		reservation.CancelAt(now)
		return &fault.Fault{
			Kind: fault.RateLimited, System: c.options.System, Code: "own_rate", RetryAt: now.Add(delay),
			Message: fmt.Sprintf("our own limit of %g requests a second is used up; wait %s",
				c.options.RequestsPerSecond, delay.Round(time.Millisecond)),
		}
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		reservation.Cancel()
		return &TransportError{System: c.options.System, cause: ctx.Err(), reason: "given up while waiting for our own rate limit"}
	}
}

// noCredentials classifies a failure to get credentials. A fault passes through:
// the token endpoint may be down, which is not the same as a wrong secret.
func (c *Client) noCredentials(r *http.Request, err error) error {
	if _, ok := fault.As(err); ok {
		return err
	}
	if cause := r.Context().Err(); cause != nil {
		return newTransportError(c.options.System, r, false, cause)
	}
	// The text of err is not ours and may quote a secret.
	return &fault.Fault{
		Kind: fault.Misconfigured, System: c.options.System, Code: "credentials",
		Message: "no credentials could be set on the request; check the configured key or secret",
	}
}

// rewound copies a request so that it can be sent once more; ok is false when its body cannot be read twice.
func rewound(r *http.Request) (*http.Request, bool) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, true
	}
	if r.GetBody == nil {
		return nil, false
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, false
	}
	again := r.Clone(r.Context())
	again.Body = body
	return again, true
}

// drain lets the connection be used again; what cannot be read in a few kilobytes is cut off.
func drain(r *http.Response) {
	_, _ = io.CopyN(io.Discard, r.Body, 64<<10)
	_ = r.Body.Close()
}

// ErrTooLarge says that an answer is longer than MaxAnswer.
var ErrTooLarge = errors.New("the answer is larger than we read")

// limitedBody fails instead of cutting an answer off silently: half a JSON
// document would read as a broken system.
type limitedBody struct {
	body io.ReadCloser
	left int64
	fail func(error) error
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.body.Read(p)
	if int64(n) > b.left {
		return int(b.left), b.fail(ErrTooLarge)
	}
	b.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		return n, b.fail(err)
	}
	return n, err
}

func (b *limitedBody) Close() error { return b.body.Close() }
