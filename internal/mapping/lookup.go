package mapping

import (
	"fmt"
	"strings"

	"selvedge/internal/domain"
)

const (
	shop           = "centra"
	fieldSKU       = "sku"
	extraAttribute = "attribute"
	extraCurrency  = "currency"
	extraTimezone  = "timezone"
	extraDays      = "days"
	extraRefund    = "refund"
	extraRemind    = "remindAfterDays"
)

// label is how people call an object of the shop.
func label(r domain.Ref) string {
	for _, s := range []string{r.Name, r.URI, r.ID} {
		if strings.TrimSpace(s) != "" {
			return s
		}
	}
	return ""
}

// ShippingMethod gives the warehouse's service for a shop's shipping method. A
// rule for the country beats a general one; then the id beats the uri beats the name.
func (rs *Rules) ShippingMethod(warehouse, country string, method domain.Ref) (service string, version int64, miss *Miss) {
	in := scope{warehouse: warehouse, country: country}
	found := rs.find(domain.RuleShippingMethod, in, method.ID, method.URI, method.Name)
	if len(found) != 1 {
		return "", 0, rs.missed(Miss{
			Kind: KindShippingMethod, System: shop, Field: "shippingMethod", Value: label(method), Code: "shipping_service_unknown",
			Detail: fmt.Sprintf("wanted for warehouse %s, country %s", warehouse, country),
		}, domain.RuleShippingMethod, in, found)
	}
	return found[0].To, found[0].Version, nil
}

// Market is who sells in a market of the shop.
type Market struct {
	Entity   string
	Currency string // that the entity books for it; empty when the rule says none
	Version  int64
}

// Market gives the entity that sells in a market of a store.
func (rs *Rules) Market(store string, market domain.Ref) (Market, *Miss) {
	in := scope{store: store}
	found := rs.find(domain.RuleMarket, in, market.ID, market.URI, market.Name)
	if len(found) != 1 {
		return Market{}, rs.missed(Miss{
			Kind: KindMarket, System: shop, Field: "market", Value: label(market), Code: "field_invalid",
			Detail: "wanted for store " + store,
		}, domain.RuleMarket, in, found)
	}
	return Market{Entity: found[0].To, Currency: found[0].Extra[extraCurrency], Version: found[0].Version}, nil
}

// Item gives the warehouse's item for a shop's size, known by SKU and EAN. Rules
// exist only where codes differ; otherwise the SKU is the item's code, with version 0. Rules that
// name two items for one size, or an SKU that is by rule the item of another
// size, are an ambiguous-sku miss: either guess would ship the wrong garment.
func (rs *Rules) Item(warehouse, sku, ean string) (item string, version int64, miss *Miss) {
	in := scope{warehouse: warehouse}
	found := rs.find(domain.RuleItem, in, sku)
	for _, r := range rs.find(domain.RuleItem, in, ean) {
		if !containsAnswer(found, r) {
			found = append(found, r)
		}
	}
	m := Miss{Kind: KindSKU, System: shop, Field: fieldSKU, Value: sku, Code: "sku_unknown", Detail: "wanted for warehouse " + warehouse}
	switch {
	case len(found) > 1:
		m.Kind = KindAmbiguousSKU
		return "", 0, rs.missed(m, domain.RuleItem, in, found)
	case len(found) == 1:
		return found[0].To, found[0].Version, nil
	case strings.TrimSpace(sku) == "":
		return "", 0, rs.missed(m, domain.RuleItem, in, nil)
	}
	if other, taken := rs.takenByAnother(in, sku, ean); taken {
		m.Kind, m.Ambiguous, m.Candidates = KindAmbiguousSKU, true, []string{other.From, sku}
		m.Detail += fmt.Sprintf(": a rule gives its item to %s as well", other.From)
		return "", 0, &m
	}
	return sku, 0, nil
}

func containsAnswer(rules []domain.Rule, r domain.Rule) bool {
	for _, known := range rules {
		if known.To == r.To {
			return true
		}
	}
	return false
}

// takenByAnother finds a rule that gives the item called sku to another size. A
// rule from an EAN says nothing when the size's own EAN is not known.
func (rs *Rules) takenByAnother(in scope, sku, ean string) (domain.Rule, bool) {
	for _, r := range rs.tables[domain.RuleItem] {
		own := fold(r.From) == fold(ean) || ean == "" && strings.Trim(r.From, "0123456789") == ""
		if in.holds(r) && r.To == sku && !own {
			return r, true
		}
	}
	return domain.Rule{}, false
}

// Carrier gives the shop's carrier name for a warehouse's carrier code.
func (rs *Rules) Carrier(warehouse, code string) (name string, version int64, miss *Miss) {
	in := scope{warehouse: warehouse}
	found := rs.find(domain.RuleCarrier, in, code)
	if len(found) != 1 {
		return "", 0, rs.missed(Miss{
			Kind: KindCarrier, System: warehouse, Field: "carrier", Value: code, Code: "field_invalid",
		}, domain.RuleCarrier, in, found)
	}
	return found[0].To, found[0].Version, nil
}

// CaptureMode says when the money of a payment method is taken. A rule that names
// no capture mode is a miss.
func (rs *Rules) CaptureMode(store string, method domain.Ref) (mode domain.CaptureMode, version int64, miss *Miss) {
	in := scope{store: store}
	found := rs.find(domain.RulePayment, in, method.ID, method.URI, method.Name)
	m := Miss{
		Kind: KindPaymentMethod, System: shop, Field: "paymentMethod", Value: label(method), Code: "field_invalid",
		Detail: "wanted for store " + store,
	}
	if len(found) != 1 {
		return "", 0, rs.missed(m, domain.RulePayment, in, found)
	}
	switch mode := domain.CaptureMode(found[0].To); mode {
	case domain.CaptureOnShipment, domain.CaptureBeforeSubmission, domain.CaptureExternal:
		return mode, found[0].Version, nil
	}
	m.Detail = fmt.Sprintf("its rule says %q, which is none of on-shipment, before-submission, external", found[0].To)
	return "", 0, rs.missed(m, domain.RulePayment, in, nil)
}

// AttributeDefault gives an item attribute's default. The type beats the brand
// beats the collection: what a garment is decides what customs and the floor ask;
// a brand makes several types, and a collection holds several brands. Defaults
// that contradict each other are none.
func (rs *Rules) AttributeDefault(warehouse, attribute string, item domain.ItemData) (value string, version int64, ok bool) {
	in := scope{warehouse: warehouse, attribute: attribute}
	for _, by := range []struct{ prefix, value string }{
		{"type:", item.Type}, {"brand:", item.Brand}, {"collection:", item.Collection},
	} {
		if strings.TrimSpace(by.value) == "" {
			continue
		}
		if found := rs.find(domain.RuleAttributeDefault, in, by.prefix+by.value); len(found) > 0 {
			if len(found) > 1 {
				return "", 0, false
			}
			return found[0].To, found[0].Version, true
		}
	}
	return "", 0, false
}
