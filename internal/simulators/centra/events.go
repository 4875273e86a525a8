package centra

import (
	"slices"
	"time"
)

// queue is the event queue of one integration name, shared by its tokens.
type queue struct {
	listeners []*listener
	events    []*event
}

type listener struct {
	objectType       string
	changeTypes      []string
	created, updated time.Time
}

type event struct {
	id         int
	objectType string
	change     string
	reference  int
	created    time.Time
	store      *store
	market     *market
}

var allChanges = []string{"CREATED", "UPDATED", "DELETED", "COMPLETED", "DEPENDENT_DATA_CHANGED"}

// emit queues an event for every integration that listens. Nothing is queued
// until Centra has switched the events system on for the instance.
func (s *Simulator) emit(objectType, change string, reference int, o *order) {
	if !s.eventsEnabled {
		return
	}
	for _, name := range sortedKeys(s.queues) {
		q := s.queues[name]
		listens := slices.ContainsFunc(q.listeners, func(l *listener) bool {
			return l.objectType == objectType && slices.Contains(l.changeTypes, change)
		})
		if !listens {
			continue
		}
		e := &event{id: s.newID("event", 0), objectType: objectType, change: change, reference: reference, created: s.now()}
		if o != nil {
			e.store, e.market = o.store, o.market
		}
		q.events = append(q.events, e)
	}
}

func (s *Simulator) queueOf(t *token) *queue {
	q := s.queues[t.integration]
	if q == nil {
		q = &queue{}
		s.queues[t.integration] = q
	}
	return q
}

func (e *event) visible(t *token) bool { return e.store == nil || t.sees(e.store.id) }

func (e *event) typeName() string { return "Event" }

func (e *event) field(x *exec, name string, a args) any {
	switch name {
	case "id":
		return e.id
	case "objectType":
		return e.objectType
	case "changeType":
		return e.change
	case "objectReference":
		return e.reference
	case "createdAt":
		return formatTime(e.created, a.str("format"))
	case "store":
		return opt(e.store)
	case "market":
		return opt(e.market)
	default:
		return x.target(e)
	}
}

// target is the object as it is now, null when it has been deleted.
func (x *exec) target(e *event) any {
	switch e.objectType {
	case "Order":
		return opt(x.orderByNumber[e.reference])
	case "Shipment":
		return opt(x.shipmentByID[e.reference])
	case "Return":
		return opt(x.returnByID(e.reference))
	case "ProductSize":
		return opt(x.sizeByID[e.reference])
	case "StockChange":
		return stockChangeNode(e.reference)
	case "Product":
		for _, p := range x.products {
			if p.id == e.reference {
				return p
			}
		}
	case "PaymentHistoryEntry":
		for _, o := range x.orders {
			for _, p := range o.history {
				if p.id == e.reference {
					return p
				}
			}
		}
	}
	return nil
}

// queuedEvents returns the oldest unconfirmed events, the same ones every time.
func (x *exec) queuedEvents(a args) any {
	items := []any{}
	for _, e := range x.queueOf(x.token).events {
		if e.visible(x.token) {
			items = append(items, e)
		}
	}
	return x.select1(items, a, func(_ *exec, item any, name string) any {
		e := item.(*event)
		switch name {
		case "objectType":
			return e.objectType
		case "changeType":
			return e.change
		case "storeId":
			if e.store != nil {
				return e.store.id
			}
			return nil
		case "marketId":
			if e.market != nil {
				return e.market.id
			}
			return nil
		}
		return noSuchField{}
	})
}

func (x *exec) listenerNodes() []any {
	out := []any{}
	for _, l := range x.queueOf(x.token).listeners {
		changes := make([]any, len(l.changeTypes))
		for i, c := range l.changeTypes {
			changes[i] = c
		}
		out = append(out, rec{"EventListener", map[string]any{
			"integrationName": x.token.integration, "objectType": l.objectType, "changeTypes": changes,
			"createdAt": formatTime(l.created, ""), "updatedAt": formatTime(l.updated, ""),
		}})
	}
	return out
}

// setEventListeners adds and never removes; a second run changes nothing.
func (x *exec) setEventListeners(a args) any {
	q, now := x.queueOf(x.token), x.now()
	for _, in := range a.objs("input") {
		changes := allChanges
		if given, _ := in["changeTypes"].([]any); given != nil {
			changes = nil
			for _, c := range given {
				changes = append(changes, c.(string))
			}
		}
		i := slices.IndexFunc(q.listeners, func(l *listener) bool { return l.objectType == in.str("objectType") })
		if i < 0 {
			q.listeners = append(q.listeners, &listener{objectType: in.str("objectType"), changeTypes: slices.Clone(changes), created: now, updated: now})
			continue
		}
		for _, c := range changes {
			if !slices.Contains(q.listeners[i].changeTypes, c) {
				q.listeners[i].changeTypes, q.listeners[i].updated = append(q.listeners[i].changeTypes, c), now
			}
		}
	}
	return x.payload(nil, "eventListeners", x.listenerNodes())
}

// unsetEventListeners also deletes the queued events of those types.
func (x *exec) unsetEventListeners(a args) any {
	q := x.queueOf(x.token)
	for _, in := range a.objs("input") {
		hit := func(change string) bool { return in["changeTypes"] == nil || contains(in["changeTypes"], change) }
		for _, l := range q.listeners {
			if l.objectType == in.str("objectType") {
				l.changeTypes = slices.DeleteFunc(l.changeTypes, hit)
			}
		}
		q.events = slices.DeleteFunc(q.events, func(e *event) bool { return e.objectType == in.str("objectType") && hit(e.change) })
	}
	q.listeners = slices.DeleteFunc(q.listeners, func(l *listener) bool { return len(l.changeTypes) == 0 })
	return x.payload(nil, "eventListeners", x.listenerNodes())
}

// confirmEvents takes events out of the queue; an unknown or already confirmed
// id is harmless.
func (x *exec) confirmEvents(a args) any {
	q, confirmed := x.queueOf(x.token), []any{}
	ids := make(map[int]bool)
	for _, id := range a.obj("input")["eventsIds"].([]any) {
		ids[id.(int)] = true
	}
	q.events = slices.DeleteFunc(q.events, func(e *event) bool {
		if ids[e.id] && e.visible(x.token) {
			confirmed = append(confirmed, e)
			return true
		}
		return false
	})
	return x.payload(nil, "events", confirmed)
}
