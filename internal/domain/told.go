package domain

import (
	"encoding/json"
	"fmt"
	"time"
)

// NewWarehouseOrderFact records a warehouse's order at a revision. Told twice, by
// webhook, feed or read, it is one fact.
func NewWarehouseOrderFact(o WarehouseOrder, at time.Time) Fact {
	return NewFact(FactWarehouseOrder, fmt.Sprintf("order:%s:%s:%d", o.Warehouse, o.Number, o.Revision), "warehouse", at, o)
}

// NewShipmentFact records a warehouse's shipment at a revision. Told twice it is one fact.
func NewShipmentFact(s Shipment, at time.Time) Fact {
	return NewFact(FactShipment, fmt.Sprintf("shipment:%s:%s:%d", s.Warehouse, s.ID, s.Revision), "warehouse", at, s)
}

// NewFact builds a fact of one of the data types beside FactKind, which always marshal.
func NewFact(kind FactKind, key, actor string, at time.Time, data any) Fact {
	raw, err := json.Marshal(data)
	if err != nil {
		panic(fmt.Sprintf("domain: fact %s: %v", kind, err))
	}
	return Fact{Kind: kind, Key: key, At: at, Actor: actor, Data: raw}
}
