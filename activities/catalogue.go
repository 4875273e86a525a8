package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"selvedge/internal/catalogue"
	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/exceptions"
	"selvedge/internal/mapping"
	"selvedge/internal/ports"
)

// Catalogue audits the shop's sizes against the warehouses' item records, and tells a
// warehouse what it lacks.
type Catalogue struct {
	Store      ports.CatalogueStore
	Warehouses map[string]ports.Warehouse
	Keys       map[string]string // where the shop keeps an attribute
	Clock      func() time.Time
}

// Bounds of one run; the next goes on from where it was cut.
const (
	auditPage    = ports.ItemMasterBatch
	mostAudited  = 20_000
	mostExamples = 20
	differs      = "item-differs"
)

// ReadItems reads a warehouse's item records into the store.
//
// A second run reads them again; an older reading never replaces a newer one.
func (c *Catalogue) ReadItems(ctx context.Context, in contract.CatalogueInput) (contract.CatalogueResult, error) {
	var result contract.CatalogueResult
	master, ok := c.Warehouses[in.Warehouse].(ports.ItemMaster)
	if !ok {
		return result, nil // it keeps no records that we could write
	}
	for cursor := ""; ; {
		at := c.Clock()
		items, next, err := master.ItemRecords(ctx, cursor)
		if err == nil {
			err = c.Store.SaveItemRecords(ctx, in.Warehouse, items, at)
		}
		if err != nil {
			return result, toTemporal(fmt.Errorf("read the items of %s: %w", in.Warehouse, err), 0)
		}
		result.Items += len(items)
		if cursor = next; next == "" {
			return result, nil
		}
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx, result.Items)
		}
	}
}

// AuditItems audits the sizes that the shop keeps in a warehouse, page by page, and
// writes complete items to its item master. A run that is cut goes on where it ended.
//
// A second run is harmless: what was written is found there and not written again, and
// a write is the whole record, the same each time. Between reading a record and writing
// it back lie seconds in which the warehouse may change it; only fields that were empty
// are filled, and the contract has no condition to put on the write.
func (c *Catalogue) AuditItems(ctx context.Context, in contract.CatalogueInput) (contract.CatalogueResult, error) {
	var result contract.CatalogueResult
	err := c.audit(ctx, in.Warehouse, &result)
	if err != nil {
		err = fmt.Errorf("audit the items of %s: %w", in.Warehouse, err)
	}
	return result, toTemporal(err, 0)
}

func (c *Catalogue) audit(ctx context.Context, warehouse string, result *contract.CatalogueResult) error {
	rules, err := c.Store.Rules(ctx)
	if err != nil {
		return err
	}
	index := mapping.New(rules)
	name := "catalogue/" + warehouse
	text, err := c.Store.Cursor(ctx, name)
	if err != nil {
		return err
	}
	began, after := c.Clock().UTC().Truncate(time.Second), ""
	if at, rest, cut := strings.Cut(text, " "); cut && rest != "" {
		if parsed, err := time.Parse(time.RFC3339, at); err == nil {
			began, after = parsed, rest
		}
	}
	for result.Audited < mostAudited {
		sizes, err := c.Store.SizesOf(ctx, warehouse, after, auditPage)
		if err != nil {
			return err
		}
		if err := c.page(ctx, warehouse, index, sizes, result); err != nil {
			return err
		}
		if len(sizes) < auditPage {
			if err := c.settle(ctx, warehouse, began, result); err != nil {
				return err
			}
			return c.Store.SaveCursor(ctx, name, began.Format(time.RFC3339)+" ", c.Clock())
		}
		after = sizes[len(sizes)-1].ID
		if err := c.Store.SaveCursor(ctx, name, began.Format(time.RFC3339)+" "+after, c.Clock()); err != nil {
			return err
		}
		if activity.IsActivity(ctx) {
			activity.RecordHeartbeat(ctx, result.Audited)
		}
	}
	result.More = true
	return nil
}

// page audits one page, writes what is complete, and keeps what was found.
func (c *Catalogue) page(ctx context.Context, warehouse string, rules *mapping.Rules, sizes []domain.CatalogueSize, result *contract.CatalogueResult) error {
	if len(sizes) == 0 {
		return nil
	}
	var items []string
	for _, size := range sizes {
		if item, _, miss := rules.Item(warehouse, size.SKU, size.EAN); miss == nil {
			items = append(items, item)
		}
	}
	completed, err := c.Store.ItemAttributes(ctx, warehouse, items)
	if err != nil {
		return err
	}
	records, err := c.Store.ItemRecords(ctx, warehouse, items)
	if err != nil {
		return err
	}
	bySKU := map[string]*domain.ItemRecord{}
	for i := range records {
		bySKU[records[i].SKU] = &records[i]
	}
	findings := make([]domain.CatalogueFinding, len(sizes))
	push := map[string]*domain.ItemRecord{}
	at := map[string][]int{} // item → findings: two sizes may be one item
	for i, size := range sizes {
		item, _, _ := rules.Item(warehouse, size.SKU, size.EAN)
		finding, record := catalogue.Audit(catalogue.Input{Warehouse: warehouse, Size: size, Record: bySKU[item], Rules: rules, Completed: completed, Keys: c.Keys})
		findings[i] = finding
		if record != nil {
			push[item], at[item] = record, append(at[item], i)
		}
	}
	if err := c.push(ctx, warehouse, push, at, findings, result); err != nil {
		return err
	}
	for _, f := range findings {
		result.Audited++
		if f.State != domain.CatalogueFine {
			result.Wrong++
		}
	}
	return c.Store.SaveFindings(ctx, findings, c.Clock())
}

func (c *Catalogue) push(ctx context.Context, warehouse string, push map[string]*domain.ItemRecord, at map[string][]int, findings []domain.CatalogueFinding, result *contract.CatalogueResult) error {
	master, ok := c.Warehouses[warehouse].(ports.ItemMaster)
	if !ok || len(push) == 0 {
		return nil
	}
	var bodies []json.RawMessage
	var items []string
	for _, item := range slices.Sorted(maps.Keys(push)) {
		body, err := catalogue.Body(*push[item])
		if err != nil {
			for _, i := range at[item] {
				findings[i].State, findings[i].Detail = domain.CatalogueRefused, "the warehouse’s record of it cannot be read"
			}
			continue
		}
		bodies, items = append(bodies, body), append(items, item)
	}
	if len(bodies) == 0 {
		return nil
	}
	outcomes, err := master.WriteItems(ctx, bodies)
	if err != nil {
		return err
	}
	for n, o := range outcomes {
		for _, i := range at[items[n]] {
			findings[i].State, findings[i].Detail = told(o)
		}
		if len(o.Refusals) == 0 {
			result.Pushed++
		}
	}
	return nil
}

// told is where an item stands after the warehouse was told of it.
func told(o domain.ItemOutcome) (domain.CatalogueState, string) {
	switch {
	case len(o.Refusals) > 0:
		return domain.CatalogueRefused, "the warehouse refused it: " + o.Refusals[0].Message
	case !o.Pickable && len(o.Missing) > 0:
		return domain.CatalogueRefused, "the warehouse took it and still misses " + strings.Join(o.Missing, ", ")
	}
	return domain.CatalogueFine, "told to the warehouse"
}

// settle ends a sweep: sizes that are gone are forgotten, and each field in which items
// differ is one exception while it does.
func (c *Catalogue) settle(ctx context.Context, warehouse string, began time.Time, result *contract.CatalogueResult) error {
	fields, err := c.Store.EndAudit(ctx, warehouse, began, mostExamples)
	if err != nil {
		return err
	}
	kind, _ := exceptions.Lookup(differs)
	system := "catalogue/" + warehouse
	open := map[string]bool{}
	for _, f := range fields {
		open[f.Field] = true
		result.Differ += f.Count
		if err := c.Store.OpenSystemException(ctx, ports.ExceptionRecord{
			System: system, Kind: differs, Cause: domain.NewCause(differs, warehouse, f.Field), Owner: string(kind.Owner), Severity: string(kind.Severity),
			Subject: fmt.Sprintf("%s of %d items", f.Field, f.Count), Problems: f.Examples, OpenedAt: c.Clock(),
		}); err != nil {
			return err
		}
	}
	for _, field := range catalogue.Compared() {
		if open[field] {
			continue
		}
		if err := c.Store.ResolveSystemException(ctx, system, domain.NewCause(differs, warehouse, field), actor, c.Clock()); err != nil {
			return err
		}
	}
	return nil
}
