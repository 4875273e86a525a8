package rest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/systems/rest"
)

// FuzzRetryAfter: whatever a system says of when to come again, it is a moment within the
// next hour, or nothing that was said.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"7", " 7 ", "-3", "+3", "1772445630", "1772445630000", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "Mon, 02 Mar 2026 10:01:00 GMT", "Monday, 02-Mar-26 10:01:00 GMT", "Mon Mar  2 10:01:00 9999", "soon", ""} {
		f.Add(seed, int64(1772445600))
	}
	f.Add("Fri, 31 Dec 9999 23:59:59 GMT", int64(0))
	f.Fuzz(func(t *testing.T, said string, at int64) {
		now := time.Unix(at%(1<<33), 0) // our own clock shows a year of four digits
		got, ok := rest.RetryAfter(http.Header{"Retry-After": {said}}, now)
		if !ok {
			require.True(t, got.IsZero())
			return
		}
		require.NotEmpty(t, strings.TrimSpace(said))
		require.False(t, got.Before(now), "%s is before %s", got, now)
		require.False(t, got.After(now.Add(time.Hour)), "%s is more than an hour after %s", got, now)
	})
}
