package rest

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// unixFrom is where a bare number stops being a delay: some systems (Centra) send
// the moment itself as Unix time.
const unixFrom = 1_000_000_000

// RetryAfter reads the Retry-After header: whole seconds from now, a Unix time, or
// an HTTP date. ok is false when there is none or it cannot be read. A moment in
// the past is returned as now.
func RetryAfter(header http.Header, now time.Time) (at time.Time, ok bool) {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if text == "" {
		return time.Time{}, false
	}
	if number, err := strconv.ParseInt(text, 10, 64); err == nil {
		switch {
		case number < 0:
			return time.Time{}, false
		case number >= unixFrom:
			at = time.Unix(number, 0)
		default:
			at = now.Add(time.Duration(number) * time.Second)
		}
	} else if at, err = http.ParseTime(text); err != nil {
		return time.Time{}, false
	}
	if at.Before(now) {
		at = now
	}
	return at.UTC(), true
}
