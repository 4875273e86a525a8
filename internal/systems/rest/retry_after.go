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

// longestWait is how far a system can send us away: the longest window of any quota. One
// that means more is asked again in an hour; one that tells milliseconds where seconds
// belong must not silence us for centuries.
const longestWait = time.Hour

// RetryAfter reads the Retry-After header: whole seconds from now, a Unix time, or
// an HTTP date. ok is false when there is none or it cannot be read. A moment in
// the past is returned as now, and one beyond an hour as in an hour.
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
			at = time.Unix(min(number, now.Add(2*longestWait).Unix()), 0) // far enough, and no number wraps
		default:
			at = now.Add(time.Duration(number) * time.Second)
		}
	} else if at, err = http.ParseTime(text); err != nil {
		return time.Time{}, false
	}
	if at.Before(now) {
		at = now
	}
	if latest := now.Add(longestWait); at.After(latest) {
		at = latest
	}
	return at.UTC(), true
}
