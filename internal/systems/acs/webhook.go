package acs

import (
	"net/http"
	"strconv"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"selvedge/internal/fault"
	"selvedge/internal/ports"
)

const webhookTolerance = 5 * time.Minute

// ReadWebhook verifies and decodes one delivery. Any of the configured secrets may
// have signed it, so that one can be replaced without losing deliveries.
func (w *Warehouse) ReadWebhook(header map[string][]string, body []byte, now time.Time) (ports.WarehouseEvent, error) {
	if err := w.verify(header, body, now); err != nil {
		return ports.WarehouseEvent{}, err
	}
	event, err := w.event(body)
	if err != nil {
		return ports.WarehouseEvent{}, err
	}
	return event, nil
}

// verify leaves the signature to the library and the age to us: the library knows
// no clock but the machine's.
func (w *Warehouse) verify(header map[string][]string, body []byte, now time.Time) error {
	canonical := make(http.Header, len(header))
	for name, values := range header {
		canonical[http.CanonicalHeaderKey(name)] = values
	}
	seconds, err := strconv.ParseInt(canonical.Get(webhooks.HeaderWebhookTimestamp), 10, 64)
	if err != nil {
		return refusedSignature("the timestamp is missing or no number")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > webhookTolerance || age < -webhookTolerance {
		return refusedSignature("the timestamp is more than five minutes off; check both clocks")
	}
	for _, secret := range w.config.WebhookSecrets {
		hook, err := webhooks.NewWebhook(secret)
		if err == nil && hook.VerifyIgnoringTimestamp(body, canonical) == nil {
			return nil
		}
	}
	if len(w.config.WebhookSecrets) == 0 {
		return refusedSignature("no webhook secret is configured; set WEBHOOK_SECRETS")
	}
	return refusedSignature("no configured secret has signed it")
}

func refusedSignature(why string) error {
	return &fault.Fault{Kind: fault.Rejected, System: system, Op: "read webhook", Code: "signature", Message: why}
}
