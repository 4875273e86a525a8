package enrich

import (
	"cmp"
	"fmt"
	"strings"

	"selvedge/internal/domain"
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

// attribute looks in the shop first, because there people mend data, then in what
// was completed for the warehouse's item, then among the defaults.
func (c *completion) attribute(p *Part, l domain.Line, item, attribute string) string {
	if key, ok := c.in.AttributeKeys[attribute]; ok {
		if value := strings.TrimSpace(l.Item.Attributes[key]); value != "" {
			return value
		}
	}
	if code := strings.TrimSpace(l.Item.CommodityCode); attribute == AttributeCommodityCode && code != "" {
		return code
	}
	for _, a := range c.in.Attributes {
		if a.Warehouse == p.Warehouse && a.SKU == item && a.Attribute == attribute && strings.TrimSpace(a.Value) != "" {
			return strings.TrimSpace(a.Value)
		}
	}
	value, version, ok := c.in.Rules.AttributeDefault(p.Warehouse, attribute, l.Item)
	if !ok {
		return ""
	}
	p.Rules["attribute-default:"+l.SKU+":"+attribute] = version
	return value
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
