package centra

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"selvedge/internal/fault"
)

const (
	// signatureHeader carries t=<unix>,v1=<hex>.
	signatureHeader = "X-Centra-Signature"
	// tolerance is how far a webhook's time may lie from ours.
	tolerance = 5 * time.Minute
	// webhookTime is the date format of the plugin; it names no zone.
	webhookTime = "2006-01-02 15:04:05.999999"
)

// Hint is one entry of a webhook. It says only that something may have happened:
// deliveries can be lost, and the order itself is read before anything is decided.
type Hint struct {
	Type   string    // order, shipment, customer, account or return
	Action string    // the plugin's own word, such as update
	ID     string    // of the object; of an order its number
	At     time.Time // as the plugin states it, without a zone; zero when unreadable
}

// ReadWebhook verifies and decodes one delivery of the webhook plugin in its mode
// "Integration API". A bad signature or one more than five minutes off is
// fault.Rejected with code signature; an unreadable body is fault.Invalid. Without a
// configured secret everything is refused.
func (s *Shop) ReadWebhook(header map[string][]string, body []byte, now time.Time) ([]Hint, error) {
	const op = "ReadWebhook"
	if !signed(s.config.WebhookSecret, http.Header(header).Get(signatureHeader), body, now) {
		return nil, &fault.Fault{Kind: fault.Rejected, System: system, Op: op, Code: "signature", Message: "the webhook's signature is wrong or older than five minutes; compare WEBHOOK_SECRET with the plugin's secret"}
	}
	unreadable := &fault.Fault{Kind: fault.Invalid, System: system, Op: op, Code: "unreadable_body", Message: "the webhook's body is not a form with the field payload holding a list of events"}
	form, err := url.ParseQuery(string(body))
	if err != nil || !form.Has("payload") {
		return nil, unreadable
	}
	var payload struct {
		Events []struct {
			Type   string      `json:"type"`
			Action string      `json:"action"`
			Date   string      `json:"date"`
			ID     json.Number `json:"id"` // a number, or a text that holds one
		} `json:"events"`
	}
	if json.Unmarshal([]byte(form.Get("payload")), &payload) != nil {
		return nil, unreadable
	}
	hints := make([]Hint, 0, len(payload.Events))
	for _, e := range payload.Events {
		if e.Type == "" || e.ID == "" {
			return nil, unreadable
		}
		hint := Hint{Type: e.Type, Action: e.Action, ID: e.ID.String()}
		if at, err := time.Parse(webhookTime, e.Date); err == nil {
			hint.At = at // a hint without a readable time still names its object
		}
		hints = append(hints, hint)
	}
	return hints, nil
}

// signed verifies HMAC-SHA256(secret, t + "." + body) in constant time.
func signed(secret, header string, body []byte, now time.Time) bool {
	var stamp string
	var given [][]byte
	for _, part := range strings.Split(header, ",") {
		name, text, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			stamp = text
		case "v1":
			if mac, err := hex.DecodeString(text); err == nil {
				given = append(given, mac)
			}
		}
	}
	unix, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || secret == "" {
		return false
	}
	if off := now.Sub(time.Unix(unix, 0)); off > tolerance || off < -tolerance {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	want := mac.Sum(nil)
	for _, g := range given {
		if hmac.Equal(want, g) {
			return true
		}
	}
	return false
}
