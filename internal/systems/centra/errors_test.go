package centra_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/systems/centra"
)

// hold is a mutation, read a query: the same failure means different things for them.
func hold(ctx context.Context, shop *centra.Shop) error {
	return shop.HoldOrder(ctx, domain.OrderID{Store: "atelier", Number: "7"}, "why")
}

func read(ctx context.Context, shop *centra.Shop) error {
	_, err := shop.Events(ctx, 10)
	return err
}

func TestEachLayerOfErrorsBecomesItsFault(t *testing.T) {
	t.Parallel()
	const denied = `{"errors":[{"message":"You need the \"Order:read\" permission to access the \"orders\" field","extensions":{"category":"authorization"}}],"extensions":{"complexity":1}}`
	for name, tt := range map[string]struct {
		answer          func(http.ResponseWriter, request)
		read, hold      fault.Kind
		code            string
		contains, never []string
	}{
		"400 is ours to mend":                              {answer: says(400, "planted"), read: fault.Invalid, hold: fault.Invalid, code: "http_400", never: []string{"planted"}},
		"403 is the credentials, never the token":          {answer: says(403, token), read: fault.Misconfigured, hold: fault.Misconfigured, code: "credentials", contains: []string{"TOKEN"}, never: []string{token}},
		"401 is the credentials":                           {answer: says(401, ""), read: fault.Misconfigured, hold: fault.Misconfigured, code: "credentials"},
		"404 is the address":                               {answer: says(404, ""), read: fault.Misconfigured, hold: fault.Misconfigured, code: "address", contains: []string{"URL"}},
		"302 is the address, not followed":                 {answer: says(302, ""), read: fault.Misconfigured, hold: fault.Misconfigured, code: "address"},
		"499 loses a mutation's answer":                    {answer: says(499, ""), read: fault.Unavailable, hold: fault.Uncertain},
		"500 loses a mutation's answer":                    {answer: says(500, "planted"), read: fault.Unavailable, hold: fault.Uncertain, never: []string{"planted"}},
		"502 loses a mutation's answer":                    {answer: says(502, "<html>"), read: fault.Unavailable, hold: fault.Uncertain},
		"an answer that is no JSON":                        {answer: says(200, "<html>planted"), read: fault.Unavailable, hold: fault.Uncertain, code: "not_json", never: []string{"planted"}},
		"an empty answer":                                  {answer: says(200, ""), read: fault.Unavailable, hold: fault.Uncertain},
		"neither data nor errors":                          {answer: says(200, `{}`), read: fault.Unavailable, hold: fault.Uncertain, code: "no_data"},
		"an answer cut in the middle":                      {answer: cut, read: fault.Unavailable, hold: fault.Uncertain, contains: []string{"after the request was sent"}},
		"data of another shape":                            {answer: says(200, `{"data":{"events":"x","updateDirectToConsumerOrder":"x"}}`), read: fault.Invalid, hold: fault.Uncertain, code: "unreadable_answer"},
		"a missing permission names permission and field":  {answer: says(200, denied), read: fault.Misconfigured, hold: fault.Misconfigured, code: "permission", contains: []string{"Order:read", "orders"}},
		"a permission error with null data":                {answer: says(200, `{"data":null,"errors":[{"message":"no","path":["events"],"extensions":{"category":"authorization"}}]}`), read: fault.Misconfigured, hold: fault.Misconfigured, code: "permission"},
		"a document that does not fit":                     {answer: says(200, `{"errors":[{"message":"Cannot query field","extensions":{"category":"graphql"}}]}`), read: fault.Invalid, hold: fault.Invalid, code: "graphql"},
		"errors without extensions":                        {answer: says(200, `{"errors":[{"message":"Variable is required","extensions":null}]}`), read: fault.Invalid, hold: fault.Invalid},
		"a mutation that failed after it was executed":     {answer: says(200, `{"data":null,"errors":[{"message":"oops","path":["x","order"]}]}`), read: fault.Invalid, hold: fault.Uncertain},
		"an internal error":                                {answer: says(200, `{"errors":[{"message":"Internal server error","extensions":{"category":"internal"}}]}`), read: fault.Unavailable, hold: fault.Uncertain},
		"errors that are no list":                          {answer: says(200, `{"errors":{"message":"planted"}}`), read: fault.Unavailable, hold: fault.Uncertain, never: []string{"planted"}},
		"extensions of another shape do not fail anything": {answer: says(200, `{"data":{"events":[],"updateDirectToConsumerOrder":{"userErrors":[],"userWarnings":[]}},"extensions":"x"}`)},
		"a path that is not made of texts is still a path": {answer: says(200, `{"data":{"events":[],"updateDirectToConsumerOrder":{"userErrors":[{"message":"order is on hold","path":["input",0,null]}],"userWarnings":[]}}}`), hold: fault.Rejected, code: "user_error", contains: []string{"order is on hold"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop, server := open(t, tt.answer)
			for what, step := range map[string]struct {
				err  error
				want fault.Kind
			}{
				"query":    {read(t.Context(), shop), tt.read},
				"mutation": {hold(t.Context(), shop), tt.hold},
			} {
				if step.want == "" {
					require.NoError(t, step.err, what)
					continue
				}
				f, ok := fault.As(step.err)
				require.True(t, ok, "%s: %v", what, step.err)
				require.Equal(t, step.want, f.Kind, "%s: %v", what, step.err)
				require.Equal(t, "centra", f.System)
				if tt.code != "" {
					require.Equal(t, tt.code, f.Code, what)
				}
				for _, c := range tt.contains {
					require.ErrorContains(t, step.err, c)
				}
				for _, n := range tt.never {
					require.NotContains(t, step.err.Error(), n)
				}
			}
			require.Len(t, server.requests(), 2, "one attempt each")
		})
	}
}

// cut announces more than it sends and closes the connection.
func cut(w http.ResponseWriter, _ request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"data":`)
	panic(http.ErrAbortHandler)
}

func TestNothingWasSentIsUnavailableForMutationsToo(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := "http://" + listener.Addr().String()
	require.NoError(t, listener.Close())
	shop, _ := open(t, says(200, ""), func(c *centra.Config, _ *centra.Options) { c.BaseURL = address })
	require.True(t, fault.Is(hold(t.Context(), shop), fault.Unavailable))
	require.True(t, fault.Is(read(t.Context(), shop), fault.Unavailable))
}

func TestAMutationWithoutAnswerInTimeIsUncertain(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-release
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	shop, _ := open(t, says(200, ""), func(c *centra.Config, _ *centra.Options) {
		c.BaseURL, c.Timeout = server.URL, 2*time.Second // on a busy machine the request is not sent in less
	})
	require.True(t, fault.Is(hold(t.Context(), shop), fault.Uncertain))
	require.True(t, fault.Is(read(t.Context(), shop), fault.Unavailable))
}

func TestRetryAfterIsReadInAllItsForms(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		header func(now time.Time) string
		want   time.Duration
	}{
		"seconds":               {func(time.Time) string { return "30" }, 30 * time.Second},
		"a Unix time":           {func(now time.Time) string { return strconv.FormatInt(now.Add(time.Minute).Unix(), 10) }, time.Minute},
		"an HTTP date":          {func(now time.Time) string { return now.Add(time.Hour).UTC().Format(http.TimeFormat) }, time.Hour},
		"nothing: ten seconds":  {func(time.Time) string { return "" }, 10 * time.Second},
		"nonsense: ten seconds": {func(time.Time) string { return "soon" }, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop, server := open(t, func(w http.ResponseWriter, _ request) {
				w.Header().Set("Retry-After", tt.header(time.Now()))
				w.WriteHeader(http.StatusTooManyRequests)
				_, _ = io.WriteString(w, "not JSON")
			}, func(c *centra.Config, _ *centra.Options) { c.MaxWait = time.Second })
			began := time.Now()
			f, ok := fault.As(hold(t.Context(), shop))
			require.True(t, ok)
			require.Equal(t, fault.RateLimited, f.Kind)
			// Headers tell whole seconds, and up to two are added so that not all come at once.
			require.WithinRange(t, f.RetryAt, began.Add(tt.want-time.Second), time.Now().Add(tt.want+2*time.Second))

			again, ok := fault.As(hold(t.Context(), shop))
			require.True(t, ok)
			require.Equal(t, fault.RateLimited, again.Kind, "told without asking Centra")
			require.WithinDuration(t, f.RetryAt, again.RetryAt, time.Millisecond)
			require.Len(t, server.requests(), 1)

			require.True(t, fault.Is(read(t.Context(), shop), fault.RateLimited))
			require.Len(t, server.requests(), 2, "reads have a quota of their own")
		})
	}
}

func TestDeprecationsAreToldOnce(t *testing.T) {
	t.Parallel()
	told := make(chan string, 10)
	shop, _ := open(t, says(200, `{"data":{"events":[]},"extensions":{"deprecatedFieldsUsed":["Order.x: removed 2027-01-01"],"deprecatedPermissionsUsed":["Old:read"]}}`),
		func(_ *centra.Config, o *centra.Options) {
			o.Log = func(_ string, kv ...any) { told <- fmt.Sprint(kv...) }
		})
	require.NoError(t, read(t.Context(), shop))
	require.NoError(t, read(t.Context(), shop))
	require.Len(t, told, 2)
}
