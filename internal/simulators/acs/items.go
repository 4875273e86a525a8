package acs

import (
	"net/http"
	"reflect"
	"time"
)

type item struct {
	Item
	updated time.Time
	change  int64
}

func (i *item) active() bool { return i.Active == nil || *i.Active }

// missing names the attributes that the floor needs and the item lacks, in the contract's order.
func (i *item) missing() []string {
	out := []string{}
	need := func(name, value string) {
		if value == "" {
			out = append(out, name)
		}
	}
	need("supplier", i.Supplier)
	need("garmentType", i.GarmentType)
	need("size", i.Size)
	need("itemCondition", i.ItemCondition)
	if i.ItemCondition != "new" {
		need("grade", i.Grade)
	}
	if i.Use == "hire" || i.Use == "both" {
		need("careCode", i.CareCode)
		need("fabricComposition", i.FabricComposition)
	}
	return out
}

func (i *item) record() itemRecord {
	missing := i.missing()
	return itemRecord{Item: i.Item, Pickable: len(missing) == 0 && i.active(), MissingAttributes: missing, UpdatedAt: i.updated}
}

// putItem stores an item and says what became of it: created, replaced or
// unchanged. Storing the same item again changes nothing.
func (s *Simulator) putItem(a *account, sent Item) (*item, string) {
	old := a.items[sent.SKU]
	if old != nil && reflect.DeepEqual(old.Item, sent) {
		return old, "unchanged"
	}
	now := &item{Item: sent, updated: s.now(), change: a.changed()}
	a.items[sent.SKU] = now
	if a.stock[sent.SKU] == nil {
		s.setStock(a, sent.SKU, nil, nil)
	}
	for _, u := range sent.Units {
		if a.units[u.Serial] == nil {
			a.units[u.Serial] = &unitRecord{Serial: u.Serial, RFID: u.RFID, SKU: sent.SKU, Status: "available", Grade: u.Grade, UpdatedAt: now.updated}
		}
	}
	if len(now.missing()) > 0 {
		s.emit(a, "item.incomplete", subject{"item", sent.SKU}, nil, now.change, now.record())
	}
	if old == nil {
		return now, "created"
	}
	return now, "replaced"
}

func (s *Simulator) getItem(c *call) answer {
	i := c.account.items[c.path["sku"]]
	if i == nil {
		return notFound("Item", c.path["sku"])
	}
	return ok(http.StatusOK, i.record())
}

func (s *Simulator) upsertItem(c *call) answer {
	if sent, isObject := c.body.(map[string]any); isObject && sent["sku"] == nil {
		sent["sku"] = c.path["sku"]
	}
	var sent Item
	if refused := c.checked(&sent); refused != nil {
		return *refused
	}
	if sent.SKU != c.path["sku"] {
		return refuse(http.StatusUnprocessableEntity, "validation_failed", "",
			FieldError{Code: "field_invalid", Pointer: "/sku", Value: sent.SKU, Message: "Is not the SKU of the path."})
	}
	if c.query("strict") == "true" {
		var faults []FieldError
		for _, name := range (&item{Item: sent}).missing() {
			faults = append(faults, FieldError{Code: "item_attribute_missing", Pointer: "/" + name, SKU: sent.SKU, Attribute: name, Message: "Is needed to pick the item."})
		}
		if len(faults) > 0 {
			return refuse(http.StatusUnprocessableEntity, "validation_failed", "The item is incomplete.", faults...)
		}
	}
	stored, outcome := s.putItem(c.account, sent)
	if outcome == "created" {
		return ok(http.StatusCreated, stored.record())
	}
	return ok(http.StatusOK, stored.record())
}

type itemOutcome struct {
	SKU               string       `json:"sku"`
	Status            string       `json:"status"`
	Pickable          *bool        `json:"pickable,omitempty"`
	MissingAttributes []string     `json:"missingAttributes,omitempty"`
	Errors            []FieldError `json:"errors,omitempty"`
}

// upsertItems checks each element by itself: one bad item fails alone.
func (s *Simulator) upsertItems(c *call) answer {
	sent, _ := c.body.(map[string]any)
	elements, isList := sent["items"].([]any)
	if !isList || len(elements) == 0 {
		return refuse(http.StatusUnprocessableEntity, "validation_failed", "",
			FieldError{Code: "field_required", Pointer: "/items", Message: "Must be a list of 1 to 200 items."})
	}
	if len(elements) > 200 {
		return refuse(http.StatusRequestEntityTooLarge, "payload_too_large", "A batch may have 200 items.")
	}
	results := make([]itemOutcome, len(elements))
	for i, element := range elements {
		results[i] = s.upsertElement(c, element)
	}
	return ok(http.StatusOK, map[string]any{"results": results})
}

func (s *Simulator) upsertElement(c *call, element any) itemOutcome {
	one := call{account: c.account, schema: c.schema.Properties["items"].Value.Items.Value, body: element}
	var sent Item
	faults := one.checkBody()
	if err := one.decode(&sent); err != nil && len(faults) == 0 {
		faults = []FieldError{{Code: "field_invalid", Message: "The item cannot be read."}}
	}
	if len(faults) > 0 {
		return itemOutcome{SKU: sent.SKU, Status: "failed", Errors: faults}
	}
	stored, outcome := s.putItem(c.account, sent)
	record := stored.record()
	return itemOutcome{SKU: sent.SKU, Status: outcome, Pickable: &record.Pickable, MissingAttributes: record.MissingAttributes}
}

func (s *Simulator) listItems(c *call) answer {
	return serveList(s, c, "items", c.query("pickable"), func(pickable string) []listed[itemRecord] {
		var out []listed[itemRecord]
		for _, i := range c.account.items {
			record := i.record()
			if pickable == "" || (pickable == "true") == record.Pickable {
				out = append(out, listed[itemRecord]{i.change, i.updated, func() itemRecord { return record }})
			}
		}
		return out
	})
}
