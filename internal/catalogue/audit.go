// Package catalogue tells which sizes a warehouse would reject and why, what can be
// told it to mend that, and where it holds another value than we do. Pure.
package catalogue

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"selvedge/internal/domain"
	"selvedge/internal/enrich"
	"selvedge/internal/mapping"
)

// Fields of an item record beyond those that enrich knows.
const (
	fieldName        = "name"
	fieldProduct     = "productSku"
	fieldSupplier    = "supplier"
	fieldGarmentType = "garmentType"
	fieldSize        = "size"
)

// Compared are the fields that are filled where the warehouse has none, and reported
// where it has another. Names are what people call a thing, and may differ.
func Compared() []string {
	return []string{
		fieldSupplier, fieldGarmentType, fieldSize, enrich.AttributeCondition, enrich.AttributeGrade, enrich.AttributeOrigin, enrich.AttributeCommodityCode,
		"colour", "careCode", "fabricComposition",
	}
}

// Input is all that the audit of one size at one warehouse looks at.
type Input struct {
	Warehouse string
	Size      domain.CatalogueSize
	Record    *domain.ItemRecord // as the warehouse holds it; nil when it has none
	Rules     *mapping.Rules
	Completed []domain.ItemAttribute
	Keys      map[string]string // where the shop keeps an attribute
}

// Audit says where a size stands, and what to tell the warehouse: the whole record with
// what it lacks filled in, and nothing in it overwritten. Only complete items are told.
func Audit(in Input) (finding domain.CatalogueFinding, push *domain.ItemRecord) {
	finding = domain.CatalogueFinding{Warehouse: in.Warehouse, SizeID: in.Size.ID, SKU: in.Size.SKU, State: domain.CatalogueFine, Missing: []string{}, Differences: []domain.ItemDifference{}}
	item, _, miss := in.Rules.Item(in.Warehouse, in.Size.SKU, in.Size.EAN)
	if miss != nil {
		finding.State, finding.Detail = domain.CatalogueUnmapped, miss.Error()
		return finding, nil
	}
	finding.Item = item
	wanted := in.wanted(item)
	there := map[string]string{}
	if in.Record != nil {
		there = in.Record.Fields
	} else {
		finding.Detail = "the warehouse has no such item"
	}
	fill := map[string]string{}
	for _, field := range Compared() {
		switch here := wanted[field]; {
		case here == "":
		case there[field] == "":
			fill[field] = here
		case !strings.EqualFold(here, there[field]):
			finding.Differences = append(finding.Differences, domain.ItemDifference{Field: field, Here: here, There: there[field]})
		}
	}
	finding.Missing = append(finding.Missing, missing(wanted, there)...)
	switch {
	case len(finding.Missing) > 0:
		finding.State = domain.CatalogueIncomplete
	case len(finding.Differences) > 0:
		finding.State = domain.CatalogueDiffers
	case in.Record == nil || len(fill) > 0:
		finding.State = domain.CatalogueToPush
		return finding, in.record(item, fill)
	}
	return finding, nil
}

// wanted is what the shop, a person or a default says of the item.
func (in Input) wanted(item string) map[string]string {
	of := enrich.Item{Warehouse: in.Warehouse, SKU: item, Data: in.Size.Item}
	wanted := map[string]string{}
	for _, field := range Compared() {
		wanted[field], _ = enrich.Attribute(in.Rules, in.Keys, in.Completed, of, field)
	}
	for field, value := range map[string]string{fieldSupplier: in.Size.Item.Brand, fieldGarmentType: in.Size.Item.Type, fieldSize: in.Size.Item.Size} {
		if wanted[field] == "" {
			wanted[field] = strings.TrimSpace(value)
		}
	}
	if strings.EqualFold(wanted[enrich.AttributeCondition], "new") {
		wanted[enrich.AttributeGrade] = "" // a new garment has none
	}
	return wanted
}

// missing are the attributes for which an order would be refused, or asked about by us.
// Condition and grade go out with each order line and so have to be known here; the
// others are enough in the warehouse's own record.
func missing(wanted, there map[string]string) []string {
	var out []string
	for _, field := range []string{fieldSupplier, fieldGarmentType, fieldSize} {
		if wanted[field] == "" && there[field] == "" {
			out = append(out, field)
		}
	}
	condition := wanted[enrich.AttributeCondition]
	if condition == "" {
		out = append(out, enrich.AttributeCondition)
	} else if !strings.EqualFold(condition, "new") && wanted[enrich.AttributeGrade] == "" {
		out = append(out, enrich.AttributeGrade)
	}
	return out
}

// record is the warehouse's own with what it lacks.
func (in Input) record(item string, fill map[string]string) *domain.ItemRecord {
	push := &domain.ItemRecord{SKU: item, Fields: fill}
	if in.Record != nil {
		push.Whole = slices.Clone(in.Record.Whole)
		return push
	}
	fill[fieldName], fill[fieldProduct] = in.Size.Name, in.Size.Product
	if fill[fieldName] == "" {
		fill[fieldName] = item
	}
	return push
}

// Body is the record to be written: the whole one with the fields set.
func Body(r domain.ItemRecord) (json.RawMessage, error) {
	whole := map[string]json.RawMessage{}
	if len(r.Whole) > 0 {
		if err := json.Unmarshal(r.Whole, &whole); err != nil {
			return nil, fmt.Errorf("item %s: the record cannot be read: %w", r.SKU, err)
		}
	}
	set := func(field, value string) error {
		if value == "" {
			return nil
		}
		text, err := json.Marshal(value)
		whole[field] = text
		return err
	}
	for field, value := range r.Fields {
		if err := set(field, value); err != nil {
			return nil, err
		}
	}
	if err := set("sku", r.SKU); err != nil {
		return nil, err
	}
	for _, told := range []string{"pickable", "missingAttributes", "updatedAt"} { // what the warehouse says, not what it is told
		delete(whole, told)
	}
	return json.Marshal(whole)
}
