package acs

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"selvedge/internal/fault"
	"selvedge/internal/systems/acs/gen"
	"selvedge/internal/systems/rest"
)

const system = "acs"

// call is what an answer belongs to.
type call struct {
	op      string
	reads   bool // changes nothing: an unknown outcome is as good as none
	subject subject
}

// lenientProblem decodes what we need of a problem, so that one odd member does not hide its code.
type lenientProblem struct {
	Code   string          `json:"code"`
	Errors json.RawMessage `json:"errors"`
}

// decodeProblem reads a problem as far as it goes; its strings are still the warehouse's own.
func decodeProblem(body []byte) (code string, fields []gen.FieldError) {
	var p lenientProblem
	if json.Unmarshal(body, &p) != nil {
		return "", nil
	}
	var each []json.RawMessage
	if json.Unmarshal(p.Errors, &each) != nil {
		return p.Code, nil
	}
	for _, raw := range each {
		var e gen.FieldError
		if json.Unmarshal(raw, &e) != nil {
			e = gen.FieldError{Code: "unknown"} // it counts, even if it cannot be read
		}
		fields = append(fields, e)
	}
	return p.Code, fields
}

// refusal classifies an answer that is no success. Neither title nor detail is
// repeated: both quote what was sent.
func refusal(c call, status int, header http.Header, body []byte, now time.Time) *fault.Fault {
	code, fields := decodeProblem(body)
	f := &fault.Fault{System: system, Op: c.op, Code: c.subject.code(code), Problems: c.subject.problems(fields)}
	at, timed := rest.RetryAfter(header, now)
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		f.Kind = fault.Misconfigured
		f.Message = "ACS refuses our credentials; check the subscription key or client, and that the account is active"
	case status == http.StatusTooManyRequests:
		f.Kind, f.Message = fault.RateLimited, "ACS asks us to slow down"
		f.RetryAt = at
	case status == http.StatusServiceUnavailable && (timed || code == "unavailable"):
		f.Kind, f.Message = fault.Unavailable, "ACS is not available"
		f.RetryAt = at
	case status >= 500 || status == http.StatusRequestTimeout:
		f.Kind, f.Message = fault.Uncertain, "ACS failed and does not say whether the request took effect"
		if c.reads {
			f.Kind, f.Message = fault.Unavailable, "ACS failed"
		}
	case status >= 300 && status < 400:
		f.Kind, f.Message = fault.Misconfigured, "ACS sends us to another address; check BASE_URL"
	default:
		f.Kind, f.Message = refusedKind(status, code)
	}
	if f.Code == "" {
		f.Code = codeOfStatus[status]
	}
	return f
}

func refusedKind(status int, code string) (fault.Kind, string) {
	switch status {
	case http.StatusNotFound:
		return fault.NotFound, "ACS does not know it"
	case http.StatusConflict, http.StatusPreconditionFailed:
		return fault.Conflict, conflictWords[code]
	case http.StatusGone:
		return fault.Invalid, "the position has expired; start again from the oldest kept event"
	case http.StatusUnprocessableEntity:
		return fault.Rejected, "ACS refuses the order"
	}
	return fault.Invalid, "ACS cannot take the request"
}

var conflictWords = map[string]string{
	"order_conflict":         "ACS holds other content under this number; compare both, then amend or use another number",
	"order_not_amendable":    "the order can no longer be changed at ACS",
	"order_not_cancellable":  "the order can no longer be cancelled at ACS",
	"revision_mismatch":      "the order has changed at ACS; read it again",
	"idempotency_key_reused": "the key was used for another cancellation",
}

var codeOfStatus = map[int]string{
	http.StatusPreconditionFailed: "revision_mismatch",
	http.StatusGone:               "cursor_expired",
	http.StatusNotFound:           "not_found",
	http.StatusConflict:           "conflict",
}

// unreadable classifies a success whose body is not what the contract promises.
func unreadable(c call, err error) error {
	if transport := new(rest.TransportError); errors.As(err, &transport) {
		return rest.AsFault(system, c.op, c.reads, err)
	}
	// A JSON error quotes the document, so its text is left out.
	f := &fault.Fault{
		Kind: fault.Uncertain, System: system, Op: c.op, Code: "unreadable",
		Message: "ACS answered something that cannot be read",
	}
	if c.reads {
		f.Kind = fault.Unavailable
	}
	return f
}
