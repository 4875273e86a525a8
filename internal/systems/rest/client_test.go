package rest_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/fault"
	"selvedge/internal/systems/rest"
)

const secret = "planted-secret-7731"

// raw serves one hand-written behaviour per connection and says where it listens.
func raw(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, listener.Close()) })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	return "http://" + listener.Addr().String()
}

func readRequest(conn net.Conn) {
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
}

func post(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/people/"+secret+"?token="+secret, strings.NewReader(secret))
	require.NoError(t, err)
	r.Header.Set("X-Secret", secret)
	return r
}

func TestAFailedRequestSaysWhetherItMayHaveArrived(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		url  func(*testing.T) string
		sent bool
	}{
		"nobody listens: not sent": {url: func(t *testing.T) string {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			require.NoError(t, listener.Close())
			return "http://" + listener.Addr().String()
		}},
		"the TLS handshake is cut: not sent": {url: func(t *testing.T) string {
			return strings.Replace(raw(t, func(c net.Conn) { _ = c.Close() }), "http:", "https:", 1)
		}},
		"cut after the request was read: sent": {sent: true, url: func(t *testing.T) string {
			return raw(t, func(c net.Conn) { readRequest(c); _ = c.Close() })
		}},
		"reset after the request was read: sent": {sent: true, url: func(t *testing.T) string {
			return raw(t, func(c net.Conn) {
				readRequest(c)
				_ = c.(*net.TCPConn).SetLinger(0)
				_ = c.Close()
			})
		}},
		"silence after the request was read: sent": {sent: true, url: func(t *testing.T) string {
			return raw(t, func(c net.Conn) {
				readRequest(c)
				<-t.Context().Done()
				_ = c.Close()
			})
		}},
		"half-open, headers one byte at a time: sent": {sent: true, url: func(t *testing.T) string {
			return raw(t, func(c net.Conn) {
				readRequest(c)
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-")
				<-t.Context().Done()
				_ = c.Close()
			})
		}},
		"garbage instead of an answer: sent": {sent: true, url: func(t *testing.T) string {
			return raw(t, func(c net.Conn) {
				readRequest(c)
				_, _ = io.WriteString(c, secret+"\r\n\r\n")
				_ = c.Close()
			})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := rest.New(rest.Options{System: "acs", Timeout: 3 * time.Second}) // on a busy machine a request is not sent in much less
			response, err := client.Do(post(t, tt.url(t)))
			if response != nil {
				_ = response.Body.Close()
			}
			require.Error(t, err)
			require.Equal(t, tt.sent, rest.Sent(err), err.Error())
			require.NotContains(t, err.Error(), secret)

			want := fault.Unavailable
			if tt.sent {
				want = fault.Uncertain
			}
			asWrite := rest.AsFault("acs", "PUT order", false, err)
			require.True(t, fault.Is(asWrite, want), asWrite.Error())
			require.NotContains(t, asWrite.Error(), secret)
			require.True(t, fault.Is(rest.AsFault("acs", "GET order", true, err), fault.Unavailable))
		})
	}
}

func TestAnAnswerThatIsCutOrTooLargeFailsAndIsNeverShortened(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]http.HandlerFunc{
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "short")
		},
		"too large": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", 2000))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(serve)
			t.Cleanup(server.Close)
			response, err := rest.New(rest.Options{System: "acs", MaxAnswer: 1000}).Do(post(t, server.URL))
			require.NoError(t, err)
			defer func() { _ = response.Body.Close() }()
			_, err = io.ReadAll(response.Body)
			require.Error(t, err)
			require.True(t, rest.Sent(err))
			require.True(t, fault.Is(rest.AsFault("acs", "", false, err), fault.Uncertain))
			require.Equal(t, name == "too large", errors.Is(err, rest.ErrTooLarge))
		})
	}
	t.Run("exactly the limit passes", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", 1000))
		}))
		t.Cleanup(server.Close)
		response, err := rest.New(rest.Options{System: "acs", MaxAnswer: 1000}).Do(post(t, server.URL))
		require.NoError(t, err)
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Len(t, body, 1000)
	})
}

func TestCredentialsNeverFollowARedirect(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(other.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Api-Key") != secret || r.Header.Get("User-Agent") != rest.UserAgent {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	client := rest.New(rest.Options{System: "acs", Auth: func(r *http.Request) error {
		r.Header.Set("Api-Key", secret)
		return nil
	}})
	response, err := client.Do(post(t, server.URL))
	require.NoError(t, err)
	_ = response.Body.Close()
	require.Equal(t, http.StatusTemporaryRedirect, response.StatusCode)
	require.Empty(t, response.Request.Header.Get("Api-Key"), "the answer must not carry our key around")
	require.Zero(t, reached.Load())
}

func TestOurOwnRateHoldsBackAndSaysSoWhenTheCallerCannotWait(t *testing.T) {
	t.Parallel()
	var served atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	t.Cleanup(server.Close)
	client := rest.New(rest.Options{System: "acs", RequestsPerSecond: 0.01, Burst: 1})
	first := time.Now()
	response, err := client.Do(post(t, server.URL))
	require.NoError(t, err)
	_ = response.Body.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	began := time.Now()
	response, err = client.Do(post(t, server.URL).WithContext(ctx))
	if response != nil {
		_ = response.Body.Close()
	}
	require.Less(t, time.Since(began), 25*time.Second, "it must not sit out the deadline")
	f, ok := fault.As(err)
	require.True(t, ok)
	require.Equal(t, fault.RateLimited, f.Kind)
	require.WithinRange(t, f.RetryAt, first.Add(99*time.Second), began.Add(101*time.Second))
	require.False(t, rest.Sent(err))
	require.EqualValues(t, 1, served.Load())
}

func TestACancelledCallerIsNotKeptByTheRateLimit(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	client := rest.New(rest.Options{System: "acs", RequestsPerSecond: 0.01, Burst: 1})
	response, err := client.Do(post(t, server.URL))
	require.NoError(t, err)
	_ = response.Body.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	response, err = client.Do(post(t, server.URL).WithContext(ctx))
	if response != nil {
		_ = response.Body.Close()
	}
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, rest.Sent(err))
}

func TestRetryAfterIsReadInEverySpelling(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		header string
		want   time.Time
		bad    bool
	}{
		"seconds":                  {header: "7", want: now.Add(7 * time.Second)},
		"zero seconds":             {header: "0", want: now},
		"Unix time":                {header: "1772445630", want: time.Unix(1772445630, 0).UTC()},
		"HTTP date":                {header: "Mon, 02 Mar 2026 10:01:00 GMT", want: now.Add(time.Minute)},
		"a past moment means now":  {header: "Mon, 02 Mar 2020 10:01:00 GMT", want: now},
		"absent":                   {header: "", bad: true},
		"negative":                 {header: "-3", bad: true},
		"words":                    {header: "soon", bad: true},
		"a number out of range":    {header: "99999999999999999999", bad: true},
		"milliseconds: an hour":    {header: "1772445630000", want: now.Add(time.Hour)},
		"thirty years: an hour":    {header: "999999999", want: now.Add(time.Hour)},
		"the end of time":          {header: "9223372036854775807", want: now.Add(time.Hour)},
		"a date far off: an hour":  {header: "Mon, 02 Mar 9026 10:01:00 GMT", want: now.Add(time.Hour)},
		"white space is no matter": {header: " 7 ", want: now.Add(7 * time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, ok := rest.RetryAfter(http.Header{"Retry-After": {tt.header}}, now)
			require.Equal(t, !tt.bad, ok)
			require.True(t, tt.want.Equal(at), at)
		})
	}
}
