package acs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/acs/gen"
)

var _ ports.ItemMaster = (*Warehouse)(nil)

// ItemRecords lists the account's items with their whole records, one page.
func (w *Warehouse) ItemRecords(ctx context.Context, cursor string) ([]domain.ItemRecord, string, error) {
	c := call{op: "GET items", reads: true}
	limit := pageSize
	var page struct {
		Data       *[]json.RawMessage `json:"data"`
		NextCursor *string            `json:"nextCursor"`
	}
	response, err := w.api.ListItems(ctx, &gen.ListItemsParams{Limit: &limit, Cursor: optional(cursor)})
	if _, _, err := settle(c, response, err, &page, http.StatusOK); err != nil {
		return nil, "", err
	}
	if page.Data == nil {
		return nil, "", unreadable(c, fmt.Errorf("no data"))
	}
	next, err := follows(c, cursor, page.NextCursor)
	if err != nil {
		return nil, "", err
	}
	items := make([]domain.ItemRecord, 0, len(*page.Data))
	for _, raw := range *page.Data {
		item, err := itemRecord(raw)
		if err != nil {
			return nil, "", unreadable(c, err)
		}
		items = append(items, item)
	}
	return items, next, nil
}

// itemRecord reads the texts of a record; what is no text is kept in Whole alone, whatever
// it is: an odd weight must not hide the items beside it.
func itemRecord(raw json.RawMessage) (domain.ItemRecord, error) {
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(raw, &whole); err != nil {
		return domain.ItemRecord{}, err
	}
	item := domain.ItemRecord{Fields: map[string]string{}, Whole: raw}
	for field, value := range whole {
		var text string
		if json.Unmarshal(value, &text) == nil && text != "" {
			item.Fields[field] = text
		}
	}
	if item.SKU = item.Fields["sku"]; item.SKU == "" {
		return item, fmt.Errorf("an item without sku")
	}
	if json.Unmarshal(whole["pickable"], &item.Pickable) != nil {
		item.Pickable = false // nothing that can be read is no promise
	}
	var missing []json.RawMessage
	if json.Unmarshal(whole["missingAttributes"], &missing) == nil {
		for _, m := range missing {
			name := string(m)
			if json.Unmarshal(m, &name) != nil {
				name = string(m) // no text: told as it stands
			}
			item.Missing = append(item.Missing, name)
		}
	}
	return item, nil
}

// WriteItems replaces at most 200 records.
//
// A second run is harmless: each record is a full replacement, and the key, made of the
// content, lets ACS answer the same batch with the same outcomes.
func (w *Warehouse) WriteItems(ctx context.Context, bodies []json.RawMessage) ([]domain.ItemOutcome, error) {
	c := call{op: "POST items"}
	if n := len(bodies); n < 1 || n > itemBatch {
		return nil, &fault.Fault{Kind: fault.Invalid, System: system, Op: c.op, Code: "payload_too_large", Message: fmt.Sprintf("%d items in one call, ACS takes 1 to %d", n, itemBatch)}
	}
	body, err := json.Marshal(map[string][]json.RawMessage{"items": bodies})
	if err != nil {
		return nil, &fault.Fault{Kind: fault.Invalid, System: system, Op: c.op, Message: "an item cannot be written as JSON", Err: err}
	}
	sum := sha256.Sum256(body)
	var answer struct {
		Results []struct {
			SKU      string           `json:"sku"`
			Pickable bool             `json:"pickable"`
			Missing  []string         `json:"missingAttributes"`
			Errors   []gen.FieldError `json:"errors"`
		} `json:"results"`
	}
	response, err := w.api.UpsertItemsWithBody(ctx, &gen.UpsertItemsParams{IdempotencyKey: "items-" + hex.EncodeToString(sum[:])}, "application/json", bytes.NewReader(body))
	if _, _, err := settle(c, response, err, &answer, http.StatusOK); err != nil {
		return nil, err
	}
	if len(answer.Results) != len(bodies) {
		return nil, unreadable(c, fmt.Errorf("%d results", len(answer.Results)))
	}
	outcomes := make([]domain.ItemOutcome, 0, len(bodies))
	for _, r := range answer.Results {
		outcome := domain.ItemOutcome{SKU: r.SKU, Pickable: r.Pickable, Missing: r.Missing}
		for _, p := range (subject{}).problems(r.Errors) {
			outcome.Refusals = append(outcome.Refusals, domain.Refusal{Code: p.Code, Field: p.Field, SKU: p.SKU, Attribute: p.Attribute, Value: p.Value, Message: p.Message})
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes, nil
}
