package acs

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// FieldError is one fault of a request, as the contract spells it. The codes are
// those of the contract's FieldError schema; floor plans may use others.
type FieldError struct {
	Code      string   `json:"code"`
	Pointer   string   `json:"pointer,omitempty"`
	Message   string   `json:"message"`
	Value     any      `json:"value,omitempty"`
	Allowed   []string `json:"allowed,omitempty"`
	SKU       string   `json:"sku,omitempty"`
	Attribute string   `json:"attribute,omitempty"`
}

// problem is an RFC 9457 body.
type problem struct {
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail,omitempty"`
	Instance  string       `json:"instance,omitempty"`
	Code      string       `json:"code"`
	Retryable bool         `json:"retryable"`
	RequestID string       `json:"requestId"`
	Errors    []FieldError `json:"errors,omitempty"`
}

var titles = map[string]string{
	"order_rejected":         "The order cannot be accepted",
	"validation_failed":      "The request does not follow the contract",
	"order_conflict":         "Order exists with other content",
	"order_not_amendable":    "The order can no longer be changed",
	"order_not_cancellable":  "The order can no longer be cancelled",
	"revision_mismatch":      "The order has another revision",
	"precondition_required":  "Say If-None-Match: * or If-Match",
	"idempotency_key_reused": "The key was used for another request",
	"notice_locked":          "Goods of this notice have been received",
	"not_found":              "Not found",
	"cursor_expired":         "Cursor expired",
	"bad_request":            "The request cannot be read",
	"payload_too_large":      "Too many elements or bytes",
	"unauthorized":           "Credentials missing or wrong",
	"account_suspended":      "The account is suspended",
	"rate_limited":           "Too many requests",
}

// answer is what a handler gives back: a body to encode, or raw bytes of an
// earlier answer, or a problem.
type answer struct {
	status int
	header map[string]string
	body   any
}

func ok(status int, body any) answer { return answer{status: status, body: body} }

func (a answer) with(name, value string) answer {
	if a.header == nil {
		a.header = make(map[string]string)
	}
	a.header[name] = value
	return a
}

func refuse(status int, code, detail string, errors ...FieldError) answer {
	return answer{status: status, body: &problem{
		Type: "https://acs.example/problems/" + code, Title: titles[code], Status: status, Detail: detail, Code: code,
		Retryable: code == "rate_limited" || code == "unavailable" || code == "internal",
		Errors:    errors,
	}}
}

func notFound(what, id string) answer {
	return refuse(http.StatusNotFound, "not_found", fmt.Sprintf("%s %q is not known to this account.", what, id))
}

// write sends an answer. A problem gets its request id and, when asked for, the
// planted leak: real systems echo names and streets in exactly these places.
func (s *Simulator) write(w http.ResponseWriter, r *http.Request, requestID, leak string, a answer) {
	header := w.Header()
	header.Set("X-Request-Id", requestID)
	for name, value := range a.header {
		header.Set(name, value)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	contentType := "application/json"
	if p, isProblem := a.body.(*problem); isProblem {
		contentType = "application/problem+json"
		own := *p
		own.RequestID, own.Instance = requestID, r.URL.Path
		if leak != "" {
			own.Detail = strings.TrimSpace(own.Detail + " Sent: " + leak)
			own.Errors = planted(own.Errors, leak)
		}
		a.body = own
	}
	encoded, isRaw := a.body.(json.RawMessage)
	if !isRaw {
		var err error
		if encoded, err = json.Marshal(a.body); err != nil {
			http.Error(w, "acs: the answer cannot be encoded: "+err.Error(), http.StatusInternalServerError)
			return
		}
	}
	header.Set("Content-Type", contentType)
	w.WriteHeader(a.status)
	// The caller may be gone; there is nobody to tell.
	_, _ = w.Write(encoded)
}

// planted returns the errors with the leak behind each value. Values of other
// kinds than text are replaced: what matters is that the string stands there.
func planted(errors []FieldError, leak string) []FieldError {
	if leak == "" {
		return errors
	}
	out := make([]FieldError, len(errors))
	for i, e := range errors {
		if text, isText := e.Value.(string); isText && text != "" {
			e.Value = text + " " + leak
		} else {
			e.Value = leak
		}
		out[i] = e
	}
	return out
}
