package acs

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/acs/gen"
)

var _ ports.Stockroom = (*Warehouse)(nil)

var feedModes = map[string]ports.FeedMode{
	"snapshot": ports.FeedSnapshot, "delta": ports.FeedDelta, "lookup": ports.FeedLookUp,
}

// inventoryRecord is what we read of a record.
type inventoryRecord struct {
	SKU        string     `json:"sku"`
	Version    int64      `json:"version"`
	AsOf       time.Time  `json:"asOf"`
	Quantities quantities `json:"quantities"`
	ByGrade    quantities `json:"byGrade"`
}

// good tells whether the record says what a record must say. Version 0 and below are
// told by warehouses whose versions went back; they are compared, not refused.
func (r inventoryRecord) good() bool {
	return r.SKU != "" && storable(r.SKU) && !r.AsOf.IsZero() && r.Quantities.there && !r.Quantities.bad && !r.ByGrade.bad
}

// inventoryPage is a page as ACS sends it. A record that does not decode must not
// hold up the page, so Data can be read twice: all at once, which is what a healthy
// page costs, and record by record.
type inventoryPage[record any] struct {
	Mode          string    `json:"mode"`
	SnapshotID    string    `json:"snapshotId"`
	AsOf          time.Time `json:"asOf"`
	GeneratedAt   time.Time `json:"generatedAt"`
	NextCursor    *string   `json:"nextCursor"`
	ChangesCursor *string   `json:"changesCursor"`
	Data          *[]record `json:"data"`
}

// Inventory reads one page of the feed.
func (w *Warehouse) Inventory(ctx context.Context, at ports.InventoryPosition) (ports.InventoryPage, error) {
	limit := ports.InventoryLimit
	params := gen.ListInventoryParams{Limit: &limit, Cursor: optional(at.Page)}
	if at.Page == "" {
		params.Since = optional(at.Changes)
	}
	page, err := w.inventory(ctx, "GET inventory", &params)
	if err != nil {
		return page, err
	}
	wanted := ports.FeedSnapshot
	if at.Changes != "" && at.Page == "" {
		wanted = ports.FeedDelta
	}
	if at.Page == "" && page.Mode != wanted || page.Mode == ports.FeedLookUp {
		return ports.InventoryPage{}, unreadable(call{op: "GET inventory", reads: true}, fmt.Errorf("mode"))
	}
	if _, err := follows(call{op: "GET inventory", reads: true}, at.Page, optional(page.Next.Page)); err != nil {
		return ports.InventoryPage{}, err
	}
	return page, nil
}

// LookUp reads items by name.
func (w *Warehouse) LookUp(ctx context.Context, skus []string) (ports.InventoryPage, error) {
	const op = "GET inventory (look-up)"
	if len(skus) == 0 || len(skus) > ports.LookUpLimit {
		return ports.InventoryPage{}, &fault.Fault{
			Kind: fault.Invalid, System: system, Op: op, Code: "bad_request",
			Message: fmt.Sprintf("%d items in one look-up; name 1 to %d", len(skus), ports.LookUpLimit),
		}
	}
	return w.inventory(ctx, op, &gen.ListInventoryParams{Sku: &skus})
}

func (w *Warehouse) inventory(ctx context.Context, op string, params *gen.ListInventoryParams) (ports.InventoryPage, error) {
	c := call{op: op, reads: true}
	response, err := w.api.ListInventory(ctx, params)
	raw, _, _, err := answer(c, response, err, http.StatusOK)
	if err != nil {
		return ports.InventoryPage{}, err
	}
	var whole inventoryPage[inventoryRecord]
	if err := json.Unmarshal(raw, &whole); err == nil {
		return pageOf(c, whole, func(r inventoryRecord) (inventoryRecord, bool) { return r, r.good() })
	}
	var each inventoryPage[json.RawMessage]
	if err := json.Unmarshal(raw, &each); err != nil {
		return ports.InventoryPage{}, unreadable(c, err)
	}
	return pageOf(c, each, func(raw json.RawMessage) (inventoryRecord, bool) {
		var r inventoryRecord
		if err := json.Unmarshal(raw, &r); err == nil {
			return r, r.good()
		}
		var head struct {
			SKU string `json:"sku"`
		}
		_ = json.Unmarshal(raw, &head) // then not even its name is known
		return inventoryRecord{SKU: head.SKU}, false
	})
}

// pageOf translates a page. One that does not say of when it is, or whether more
// follows, says nothing.
func pageOf[record any](c call, p inventoryPage[record], read func(record) (inventoryRecord, bool)) (ports.InventoryPage, error) {
	mode, known := feedModes[p.Mode]
	if !known || p.AsOf.IsZero() || p.Data == nil {
		return ports.InventoryPage{}, unreadable(c, fmt.Errorf("no mode, asOf or data"))
	}
	out := ports.InventoryPage{
		Mode: mode, Reading: p.SnapshotID, AsOf: p.AsOf, GeneratedAt: p.GeneratedAt,
		Records: make([]domain.InventoryRecord, 0, len(*p.Data)), Next: ports.InventoryPosition{Page: deref(p.NextCursor)},
	}
	if out.Last() {
		out.Changes = deref(p.ChangesCursor)
		if out.Changes == "" && mode != ports.FeedLookUp {
			return ports.InventoryPage{}, unreadable(c, fmt.Errorf("neither a next page nor a position for changes"))
		}
	}
	for _, entry := range *p.Data {
		r, good := read(entry)
		if !good {
			out.Unreadable = append(out.Unreadable, strings.ReplaceAll(r.SKU, "\x00", "\uFFFD"))
			continue
		}
		out.Records = append(out.Records, domain.InventoryRecord{
			SKU: r.SKU, Version: r.Version, ChangedAt: r.AsOf, Quantities: r.Quantities.statuses(), ByGrade: r.ByGrade.grades(),
		})
	}
	return out, nil
}

// Adjustments lists movements of the books. One that cannot be read is told by what
// can be read of it, with the reason "unreadable": it must not hold up the others.
func (w *Warehouse) Adjustments(ctx context.Context, since time.Time, cursor string) ([]domain.Adjustment, string, error) {
	c := call{op: "GET inventory adjustments", reads: true}
	limit := pageSize
	params := gen.ListAdjustmentsParams{Limit: &limit, Cursor: optional(cursor)}
	if cursor == "" && !since.IsZero() {
		utc := since.UTC()
		params.UpdatedSince = &utc
	}
	var page struct {
		Data       *[]json.RawMessage `json:"data"`
		NextCursor *string            `json:"nextCursor"`
	}
	response, err := w.api.ListAdjustments(ctx, &params)
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
	out := make([]domain.Adjustment, 0, len(*page.Data))
	for _, raw := range *page.Data {
		a, err := w.adjustment(c, raw)
		if err != nil {
			return nil, "", err
		}
		out = append(out, a)
	}
	return out, next, nil
}

// ReasonUnreadable is the reason of an adjustment that could not be read.
const ReasonUnreadable = domain.ReasonUnreadable

func (w *Warehouse) adjustment(c call, raw []byte) (domain.Adjustment, error) {
	var a gen.Adjustment
	if err := json.Unmarshal(raw, &a); err == nil && a.AdjustmentId != "" && a.Sku != "" && a.QuantityDelta <= mostUnits && a.QuantityDelta >= -mostUnits {
		return w.bookedOff(a), nil // the same, whether the feed tells it or the books
	}
	var head struct {
		ID  string `json:"adjustmentId"`
		SKU string `json:"sku"`
	}
	if _ = json.Unmarshal(raw, &head); identifier(head.ID) == "" {
		return domain.Adjustment{}, unreadable(c, fmt.Errorf("an adjustment without an id"))
	}
	return domain.Adjustment{ID: identifier(head.ID), Warehouse: w.config.Warehouse, SKU: head.SKU, Reason: ReasonUnreadable}, nil
}

// quantities reads {"available": 4, "allocated": 2} without a map for each record: a
// catalogue has a million of them. What is not such an object is bad, never zero.
type quantities struct {
	list  []quantity
	there bool
	bad   bool
}

// mostUnits is more than any warehouse holds of an item; a number beyond is a mistake, and
// would stand in no column.
const mostUnits = 999_999_999

// storable tells whether the database keeps a text: one that it refuses would hold up
// the whole page, and every page after it.
func storable(s string) bool { return !strings.Contains(s, "\x00") }

type quantity struct {
	name  string
	units int
}

// UnmarshalJSON never fails: one odd record must not cost the page.
func (q *quantities) UnmarshalJSON(raw []byte) error {
	*q = quantities{there: true}
	if string(raw) == "null" {
		q.there = false
		return nil
	}
	if q.quick(raw) {
		return nil
	}
	q.list = nil
	var odd map[string]int
	if err := json.Unmarshal(raw, &odd); err != nil {
		q.bad = true
		return nil
	}
	for name, units := range odd {
		if units > mostUnits || units < -mostUnits || !storable(name) {
			q.bad = true
			return nil
		}
		q.list = append(q.list, quantity{name, units})
	}
	return nil
}

// quick reads an object of plain names and whole numbers; false when it holds anything else.
func (q *quantities) quick(raw []byte) bool {
	i := skipSpace(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		return false
	}
	if i = skipSpace(raw, i+1); i < len(raw) && raw[i] == '}' {
		return true
	}
	for i < len(raw) && raw[i] == '"' {
		end := i + 1
		for end < len(raw) && raw[end] != '"' && raw[end] != '\\' {
			end++
		}
		if end >= len(raw) || raw[end] != '"' || !utf8.Valid(raw[i+1:end]) {
			return false
		}
		name := intern(raw[i+1 : end])
		if i = skipSpace(raw, end+1); i >= len(raw) || raw[i] != ':' {
			return false
		}
		i = skipSpace(raw, i+1)
		units, next := whole(raw, i)
		if next == i || slices.ContainsFunc(q.list, func(k quantity) bool { return k.name == name }) {
			return false
		}
		q.list = append(q.list, quantity{name, units})
		if i = skipSpace(raw, next); i < len(raw) && raw[i] == '}' {
			return true
		}
		if i >= len(raw) || raw[i] != ',' {
			return false
		}
		i = skipSpace(raw, i+1)
	}
	return false
}

func skipSpace(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\t' || raw[i] == '\r') {
		i++
	}
	return i
}

// whole reads a whole number of at most nine digits; next is i when there is none.
func whole(raw []byte, i int) (n, next int) {
	at, negative := i, false
	if at < len(raw) && raw[at] == '-' {
		negative = true
		at++
	}
	first := at
	for at < len(raw) && raw[at] >= '0' && raw[at] <= '9' {
		n = n*10 + int(raw[at]-'0')
		at++
	}
	if at == first || at-first > 9 || at < len(raw) && (raw[at] == '.' || raw[at] == 'e' || raw[at] == 'E') {
		return 0, i
	}
	if negative {
		n = -n
	}
	return n, at
}

// intern gives the names that come a million times without a copy each.
func intern(name []byte) string {
	switch string(name) {
	case "available":
		return string(domain.StockAvailable)
	case "allocated":
		return string(domain.StockAllocated)
	case "on_hire":
		return string(domain.StockOnHire)
	case "in_transit_return":
		return string(domain.StockInTransitReturn)
	case "receipted":
		return string(domain.StockReceipted)
	case "post_rental_inspection":
		return string(domain.StockInspection)
	case "in_refurbishment":
		return string(domain.StockRefurbishment)
	case "quarantine":
		return string(domain.StockQuarantine)
	case "ber":
		return string(domain.StockBER)
	case "ex_hire":
		return string(domain.StockExHire)
	case "inbound":
		return string(domain.StockInbound)
	case "missing":
		return string(domain.StockMissing)
	}
	return string(name)
}

func (q quantities) sorted() []quantity {
	slices.SortFunc(q.list, func(a, b quantity) int { return strings.Compare(a.name, b.name) })
	return q.list
}

// statuses leaves zeros out, so that the same stock is told in the same way.
func (q quantities) statuses() []domain.StatusUnits {
	var out []domain.StatusUnits
	for _, k := range q.sorted() {
		if k.units != 0 {
			if out == nil {
				out = make([]domain.StatusUnits, 0, len(q.list))
			}
			out = append(out, domain.StatusUnits{Status: domain.StockStatus(k.name), Units: k.units})
		}
	}
	return out
}

// grades keeps zeros: an account that grades and has nothing of a grade still grades.
func (q quantities) grades() []domain.GradeUnits {
	var out []domain.GradeUnits
	for _, k := range q.sorted() {
		out = append(out, domain.GradeUnits{Grade: k.name, Units: k.units})
	}
	return out
}
