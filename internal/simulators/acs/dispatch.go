package acs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
)

// handler answers one operation. It runs under the lock.
type handler func(s *Simulator, c *call) answer

// handlers are the contract's operations by operationId, except listEvents,
// which may wait and therefore takes the lock itself.
var handlers = map[string]handler{
	"listShippingServices":      (*Simulator).listShippingServices,
	"getItem":                   (*Simulator).getItem,
	"upsertItem":                (*Simulator).upsertItem,
	"listItems":                 (*Simulator).listItems,
	"upsertItems":               (*Simulator).upsertItems,
	"listOrders":                (*Simulator).listOrders,
	"getOrder":                  (*Simulator).getOrder,
	"putOrder":                  (*Simulator).putOrder,
	"cancelOrder":               (*Simulator).cancelOrder,
	"releaseOrder":              (*Simulator).releaseOrder,
	"listOrderShipments":        (*Simulator).listOrderShipments,
	"listShipments":             (*Simulator).listShipments,
	"getShipment":               (*Simulator).getShipment,
	"listInventory":             (*Simulator).listInventory,
	"listUnits":                 (*Simulator).listUnits,
	"listAdjustments":           (*Simulator).listAdjustments,
	"getInboundNotice":          (*Simulator).getInboundNotice,
	"putInboundNotice":          (*Simulator).putInboundNotice,
	"putReturnNotice":           (*Simulator).putReturnNotice,
	"listReturns":               (*Simulator).listReturns,
	"getReturn":                 (*Simulator).getReturn,
	"listWebhookSubscriptions":  (*Simulator).listWebhookSubscriptions,
	"createWebhookSubscription": (*Simulator).createWebhookSubscription,
	"deleteWebhookSubscription": (*Simulator).deleteWebhookSubscription,
}

// keptAnswer is how long an Idempotency-Key replays its first answer.
const keptAnswer = 7 * 24 * time.Hour

// remembered is the first answer to an Idempotency-Key.
type remembered struct {
	fingerprint string
	answer      answer
	at          time.Time
}

func (s *Simulator) dispatch(c *call, operation *openapi3.Operation) answer {
	for name, value := range c.path {
		if plain, err := url.PathUnescape(value); err == nil {
			c.path[name] = plain
		}
	}
	if operation.OperationID == "listEvents" {
		return s.listEvents(c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	run := handlers[operation.OperationID]
	key := c.request.Header.Get("Idempotency-Key")
	if key == "" {
		return run(s, c)
	}
	return s.once(c, key, run)
}

// once replays the first answer to the same key and request. Refusals that say
// nothing about the state (400, 422) are not kept: the mended request may bear the key.
func (s *Simulator) once(c *call, key string, run handler) answer {
	now := s.now()
	sum := sha256.Sum256([]byte(c.request.Method + " " + c.request.URL.Path + "\n" + canonical(c.body)))
	fingerprint := hex.EncodeToString(sum[:])
	if first, known := c.account.answers[key]; known && now.Sub(first.at) < keptAnswer {
		if first.fingerprint != fingerprint {
			return refuse(http.StatusConflict, "idempotency_key_reused", "Take a new Idempotency-Key for a new request.")
		}
		return first.answer.with("Idempotent-Replay", "true")
	}
	a := run(s, c)
	if a.status == http.StatusBadRequest || a.status == http.StatusUnprocessableEntity {
		return a
	}
	kept := answer{status: a.status, body: a.body}
	if _, isProblem := a.body.(*problem); !isProblem && a.body != nil {
		// The answer as it was: the order may change later.
		encoded, err := json.Marshal(a.body)
		if err != nil {
			return refuse(http.StatusInternalServerError, "internal", "The answer cannot be encoded.")
		}
		kept.body = json.RawMessage(encoded)
	}
	c.account.answers[key] = remembered{fingerprint: fingerprint, answer: kept, at: now}
	return a
}

func (s *Simulator) listShippingServices(c *call) answer {
	return ok(http.StatusOK, map[string]any{"data": orEmpty(c.account.services)})
}

// orEmpty makes an absent list an empty one: the contract requires the list.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
