package domain

import "encoding/json"

// ItemRecord is an item as its warehouse holds it, or as it is to hold it.
type ItemRecord struct {
	SKU      string            `json:"sku"` // the warehouse's item
	Fields   map[string]string `json:"fields,omitempty"`
	Pickable bool              `json:"pickable,omitempty"`
	Missing  []string          `json:"missing,omitempty"` // what the warehouse itself says is missing
	// Whole is the record with the fields that we know nothing of: a write replaces the
	// whole record, and what is not sent back is gone.
	Whole json.RawMessage `json:"whole,omitempty"`
}

// ItemOutcome is what became of one item that was written.
type ItemOutcome struct {
	SKU      string
	Pickable bool
	Missing  []string
	Refusals []Refusal // why it was not stored
}

// CatalogueState is where a size stands with a warehouse.
type CatalogueState string

// States of a size at a warehouse.
const (
	CatalogueFine       CatalogueState = "fine"       // an order for it is taken
	CatalogueUnmapped   CatalogueState = "unmapped"   // no rule, or more than one, tells the warehouse's item
	CatalogueIncomplete CatalogueState = "incomplete" // an order for it would be refused: attributes are missing
	CatalogueDiffers    CatalogueState = "differs"    // the warehouse holds another value: a person decides
	CatalogueRefused    CatalogueState = "refused"    // the warehouse did not take the item
	CatalogueToPush     CatalogueState = "to-push"    // complete here, not yet there
)

// ItemDifference is a field in which shop and warehouse do not agree.
type ItemDifference struct {
	Field string `json:"field"`
	Here  string `json:"here"`  // by the shop, by what was completed, or by default
	There string `json:"there"` // in the warehouse's record
}

// CatalogueFinding says where a size stands with a warehouse.
type CatalogueFinding struct {
	Warehouse   string           `json:"warehouse"`
	SizeID      string           `json:"sizeId"` // in the shop
	SKU         string           `json:"sku"`    // in the shop
	Item        string           `json:"item,omitempty"`
	State       CatalogueState   `json:"state"`
	Missing     []string         `json:"missing"`
	Differences []ItemDifference `json:"differences"`
	Detail      string           `json:"detail,omitempty"`
}
