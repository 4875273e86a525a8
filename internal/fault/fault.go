// Package fault classifies failures by what has to happen next.
//
// A system's errors.go turns a wire answer into a fault; activities/errors.go
// turns the fault into a Temporal error; the workflow decides by its kind. No
// message here may hold personal data or a secret: a fault about a personal
// field names the field and the remedy, never the value.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind answers "what now?".
type Kind string

const (
	// Invalid means that the data itself is wrong: a person mends it at its source.
	Invalid Kind = "invalid"
	// Unmapped means that no rule says what a value stands for: a person adds the rule.
	Unmapped Kind = "unmapped"
	// Rejected means that the other system understood and refused: a person decides.
	Rejected Kind = "rejected"
	// Conflict means that the other system holds something else under the same key: a person decides.
	Conflict Kind = "conflict"
	// NotFound means that the other system does not know the key asked for.
	NotFound Kind = "not-found"
	// RateLimited means wait until RetryAt and send the same again; it is no outage.
	RateLimited Kind = "rate-limited"
	// Unavailable means that the request had no effect and may be sent again.
	Unavailable Kind = "unavailable"
	// Uncertain means that the request may or may not have taken effect: look before you send again.
	Uncertain Kind = "uncertain"
	// Misconfigured means that no request of ours can succeed until someone mends the
	// configuration: credentials, permissions, address. One exception for the system.
	Misconfigured Kind = "misconfigured"
)

// Problem is one thing that is wrong, in terms that a repair screen can show.
type Problem struct {
	Code      string   `json:"code"`                // the system's or the contract's code, such as shipping_service_unknown
	Field     string   `json:"field,omitempty"`     // where: a field name or JSON pointer
	Line      string   `json:"line,omitempty"`      // order line id, when one line is concerned
	SKU       string   `json:"sku,omitempty"`       // item, when one item is concerned
	Attribute string   `json:"attribute,omitempty"` // item attribute, when one is missing or wrong
	Value     string   `json:"value,omitempty"`     // the offending value; empty when it is personal
	Allowed   []string `json:"allowed,omitempty"`   // values that would be taken
	Message   string   `json:"message"`             // plain words, without personal data
}

// Fault is a classified failure.
type Fault struct {
	Kind     Kind
	System   string    // which system answered: centra, acs, store
	Op       string    // what was asked of it: createShipment, PUT order
	Code     string    // the system's own code, if it has one
	Message  string    // plain words, without personal data
	Problems []Problem // every fault found, not just the first
	RetryAt  time.Time // for RateLimited and Unavailable, when the system named it
	Err      error     // the cause, for the log; its text must be clean too
}

// Error says what failed where.
func (f *Fault) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", f.System, f.Kind)
	if f.Op != "" {
		fmt.Fprintf(&b, " (%s)", f.Op)
	}
	if f.Code != "" {
		fmt.Fprintf(&b, " [%s]", f.Code)
	}
	if f.Message != "" {
		b.WriteString(": " + f.Message)
	}
	for i, p := range f.Problems {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		b.WriteString(sep + p.Message)
	}
	if f.Err != nil {
		b.WriteString(": " + f.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// As finds the fault in an error chain; ok is false when there is none.
func As(err error) (f *Fault, ok bool) {
	ok = errors.As(err, &f)
	return f, ok
}

// Is tells whether the error chain holds a fault of one of the kinds.
func Is(err error, kinds ...Kind) bool {
	f, ok := As(err)
	if !ok {
		return false
	}
	for _, k := range kinds {
		if f.Kind == k {
			return true
		}
	}
	return false
}
