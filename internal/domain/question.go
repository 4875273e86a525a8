package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Question is something that only a person can decide: an open exception of an order.
type Question struct {
	Kind     string    `json:"kind"`              // see internal/exceptions; may hold a colon, such as unmapped:market
	Cause    string    `json:"cause"`             // stable fingerprint: kind and the offending value, see NewCause
	Step     Step      `json:"step,omitempty"`    // the step that waits
	Subject  string    `json:"subject,omitempty"` // consignment number, shipment id or line id
	Problems []Refusal `json:"problems,omitempty"`
}

// KindStepInVain is the kind of question about a step that succeeds, changes nothing and
// stays due.
const KindStepInVain = "step-in-vain"

// maxCause is what the visibility store holds in one keyword (VARCHAR(255)).
const maxCause = 255

// NewCause joins a kind and its details into a fingerprint that is equal for
// equal causes, free of personal data as its parts are, and at most 255 bytes:
// what is too long keeps its beginning and ends in a hash of the whole.
func NewCause(kind string, details ...string) string {
	cause := kind
	for _, d := range details {
		cause += ":" + strings.Join(strings.Fields(d), " ")
	}
	if len(cause) <= maxCause {
		return cause
	}
	sum := sha256.Sum256([]byte(cause))
	suffix := "~" + hex.EncodeToString(sum[:8])
	cut := maxCause - len(suffix)
	for cut > 0 && cause[cut]&0xC0 == 0x80 { // never inside a rune
		cut--
	}
	return cause[:cut] + suffix
}
