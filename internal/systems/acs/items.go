package acs

import (
	"context"
	"fmt"
	"net/http"

	"selvedge/internal/fault"
	"selvedge/internal/systems/acs/gen"
)

// Item is an item's master data for the warehouse, with the attributes that it
// demands before it picks: the customs data of an item live here, not on order lines.
type Item struct {
	SKU               string
	ProductSKU        string // of the style, shared by its sizes
	Name              string
	Supplier          string // brand
	GarmentType       string
	Size              string
	Colour            string
	Barcodes          []string
	ItemCondition     string
	Grade             string
	CareCode          string
	FabricComposition string
	CountryOfOrigin   string // ISO 3166-1 alpha-2
	CommodityCode     string // 6 to 10 digits
}

// ItemOutcome is what became of one item.
type ItemOutcome struct {
	SKU      string
	Pickable bool
	Missing  []string        // attributes that keep it from being picked
	Problems []fault.Problem // why it was not stored
}

const itemBatch = 200 // the contract's maximum

// PutItems creates or replaces at most 200 items; outcomes stand in the items'
// order, and one that was refused does not keep the others out.
//
// A second run is harmless: each item is a full replacement, and the key makes the
// same batch a replay.
func (w *Warehouse) PutItems(ctx context.Context, key string, items []Item) ([]ItemOutcome, error) {
	c := call{op: "POST items"}
	if n := len(items); n < 1 || n > itemBatch {
		return nil, &fault.Fault{
			Kind: fault.Invalid, System: system, Op: c.op, Code: "payload_too_large",
			Message: fmt.Sprintf("%d items in one call, ACS takes 1 to %d", n, itemBatch),
		}
	}
	body := gen.UpsertItemsJSONRequestBody{Items: make([]gen.Item, 0, len(items))}
	for _, i := range items {
		item := gen.Item{
			Sku: i.SKU, ProductSku: optional(i.ProductSKU), Name: i.Name, Supplier: optional(i.Supplier),
			GarmentType: optional(i.GarmentType), Size: optional(i.Size), Colour: optional(i.Colour),
			ItemCondition: optional(gen.ItemCondition(i.ItemCondition)), Grade: optional(gen.Grade(i.Grade)),
			CareCode: optional(i.CareCode), FabricComposition: optional(i.FabricComposition),
			CountryOfOrigin: optional(i.CountryOfOrigin), CommodityCode: optional(i.CommodityCode),
		}
		if len(i.Barcodes) > 0 {
			item.Barcodes = &i.Barcodes
		}
		body.Items = append(body.Items, item)
	}
	var answer struct {
		Results []struct {
			SKU      string           `json:"sku"`
			Pickable bool             `json:"pickable"`
			Missing  []string         `json:"missingAttributes"`
			Errors   []gen.FieldError `json:"errors"`
		} `json:"results"`
	}
	response, err := w.api.UpsertItems(ctx, &gen.UpsertItemsParams{IdempotencyKey: idempotencyKey(key)}, body)
	if _, _, err := settle(c, response, err, &answer, http.StatusOK); err != nil {
		return nil, err
	}
	if len(answer.Results) != len(items) {
		return nil, unreadable(c, fmt.Errorf("%d results", len(answer.Results)))
	}
	outcomes := make([]ItemOutcome, 0, len(items))
	for _, r := range answer.Results {
		outcomes = append(outcomes, ItemOutcome{SKU: r.SKU, Pickable: r.Pickable, Missing: r.Missing, Problems: subject{}.problems(r.Errors)})
	}
	return outcomes, nil
}
