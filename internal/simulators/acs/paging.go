package acs

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// cursorLife is how long a page cursor is good for.
const cursorLife = 24 * time.Hour

// cursor says where a list goes on. Filters travel in it, so that a page never
// changes its meaning half way.
type cursor struct {
	List   string `json:"l"`
	After  int64  `json:"a"`
	Issued int64  `json:"t"`
	Filter string `json:"f,omitempty"`
}

func (c cursor) String() string {
	encoded, err := json.Marshal(c)
	if err != nil {
		return "" // cannot happen: strings and numbers
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

func parseCursor(text string) (cursor, bool) {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return cursor{}, false
	}
	var c cursor
	return c, json.Unmarshal(decoded, &c) == nil
}

// listed is one element of a list in order of change.
type listed[T any] struct {
	change  int64
	changed time.Time
	value   func() T
}

type page[T any] struct {
	NextCursor *string `json:"nextCursor"`
	Data       []T     `json:"data"`
}

// serveList answers a page, oldest change first. An element that changes
// between two pages moves to the end and is seen there.
func serveList[T any](s *Simulator, c *call, list, filter string, pick func(filter string) []listed[T]) answer {
	from := cursor{List: list, Filter: filter}
	since := time.Time{}
	if text := c.query("cursor"); text != "" {
		given, valid := parseCursor(text)
		if !valid || given.List != list {
			return refuse(http.StatusBadRequest, "bad_request", "The cursor is not one of this list.")
		}
		if s.now().Unix()-given.Issued > int64(cursorLife.Seconds()) {
			return refuse(http.StatusGone, "cursor_expired", "Start again without a cursor.")
		}
		from = given
	} else if text := c.query("updatedSince"); text != "" {
		parsed, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return refuse(http.StatusBadRequest, "bad_request", "updatedSince is no RFC 3339 time.")
		}
		since = parsed
	}
	all := pick(from.Filter)
	all = slices.DeleteFunc(all, func(l listed[T]) bool { return l.change <= from.After || l.changed.Before(since) })
	slices.SortFunc(all, func(a, b listed[T]) int { return int(a.change - b.change) })
	out := page[T]{Data: []T{}}
	limit := c.limit(100)
	for i, l := range all {
		if i == limit {
			from.After, from.Issued = all[i-1].change, s.now().Unix()
			next := from.String()
			out.NextCursor = &next
			break
		}
		out.Data = append(out.Data, l.value())
	}
	return ok(http.StatusOK, out)
}

// limit is the page size; the schema has checked its range.
func (c *call) limit(otherwise int) int {
	if n, err := strconv.Atoi(c.query("limit")); err == nil {
		return n
	}
	return otherwise
}
