package enrich

import (
	"cmp"
	"fmt"
	"strings"

	"selvedge/internal/domain"
	"selvedge/internal/mapping"
)

// Attributes that a warehouse demands on a line; supplier, garment type and size
// belong to its item record.
const (
	AttributeCondition     = "itemCondition"
	AttributeGrade         = "grade"
	AttributeOrigin        = "countryOfOrigin"
	AttributeCommodityCode = "commodityCode"

	conditionNew = "new"
)

// attributes gives what the warehouse demands of a line: the condition always, a
// grade unless it is new, customs data across a border. Each one that is missing
// is asked about by SKU and attribute, so that one entry frees every order with it.
func (c *completion) attributes(p *Part, l domain.Line, item string) map[string]string {
	attributes := make(map[string]string)
	demand := func(attribute string) {
		value := c.attribute(p, l, item, attribute)
		if value == "" {
			c.missing(p.Warehouse, l, item, attribute)
			return
		}
		attributes[attribute] = value
	}
	demand(AttributeCondition)
	if condition, ok := attributes[AttributeCondition]; ok && condition != conditionNew {
		demand(AttributeGrade)
	}
	if to := c.in.Order.Country; to != "" && to != cmp.Or(c.in.HomeCountry, defaultHome) {
		demand(AttributeOrigin)
		demand(AttributeCommodityCode)
	}
	return attributes
}

// attribute looks an attribute up and notes the rule that gave it.
func (c *completion) attribute(p *Part, l domain.Line, item, attribute string) string {
	value, version := Attribute(c.in.Rules, c.in.AttributeKeys, c.in.Attributes, Item{Warehouse: p.Warehouse, SKU: item, Data: l.Item}, attribute)
	if version != 0 {
		p.Rules["attribute-default:"+l.SKU+":"+attribute] = version
	}
	return value
}

// Item is what an attribute is looked up for.
type Item struct {
	Warehouse string
	SKU       string // the warehouse's
	Data      domain.ItemData
}

// Attribute gives an item's attribute, empty when nobody knows it. It looks in the shop
// first, under its configured key, because there people mend data, then in what was
// completed for the warehouse's item, then among the defaults, whose version it answers.
func Attribute(rules *mapping.Rules, keys map[string]string, completed []domain.ItemAttribute, of Item, attribute string) (value string, version int64) {
	if key, ok := keys[attribute]; ok {
		if value := strings.TrimSpace(of.Data.Attributes[key]); value != "" {
			return value, 0
		}
	}
	if code := strings.TrimSpace(of.Data.CommodityCode); attribute == AttributeCommodityCode && code != "" {
		return code, 0
	}
	for _, a := range completed {
		if a.Warehouse == of.Warehouse && a.SKU == of.SKU && a.Attribute == attribute && strings.TrimSpace(a.Value) != "" {
			return strings.TrimSpace(a.Value), 0
		}
	}
	value, version, ok := rules.AttributeDefault(of.Warehouse, attribute, of.Data)
	if !ok {
		return "", 0
	}
	return value, version
}

func (c *completion) missing(warehouse string, l domain.Line, item, attribute string) {
	where := "complete the item"
	if key, ok := c.in.AttributeKeys[attribute]; ok {
		where = fmt.Sprintf("fill attribute %s of the product in Centra, or complete the item", key)
	}
	c.ask(domain.Question{
		Kind: KindIncompleteItem, Cause: domain.NewCause(KindIncompleteItem, l.SKU, attribute), Step: domain.StepSubmit,
		Problems: []domain.Refusal{{
			Code: "item_attribute_missing", Field: "lines", Line: l.ID, SKU: l.SKU, Attribute: attribute,
			Message: fmt.Sprintf("item %s has no %s, which warehouse %s demands; %s (starter items set %s %s %s <value>), then press retry",
				l.SKU, attribute, warehouse, where, warehouse, item, attribute),
		}},
	})
}
