package acs

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	openapi "github.com/oapi-codegen/runtime/types"
	"github.com/shopspring/decimal"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/acs/gen"
)

// limits are the contract's: 200 lines an order, 999 units a line.
var limits = ports.WarehouseLimits{Lines: 200, Quantity: 999}

const referenceOrder = "order" // key of references that carries <store>/<number>

var orderNumberPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}$`)

// toOrder words a consignment as ACS's order. All that ACS would refuse for its
// form is found here, before the call, and all at once.
func toOrder(account string, c domain.Consignment, to domain.Address) (gen.OrderRequest, error) {
	var found problems
	found.checkHead(c)
	found.checkAddress(to)
	date, err := time.Parse(time.DateOnly, c.OrderDate)
	if err != nil {
		found.add(fault.Problem{Code: "field_invalid", Field: "/orderDate", Value: c.OrderDate, Message: fmt.Sprintf("order date %q is not a date such as 2026-03-02", c.OrderDate)})
	}
	lines := make([]gen.OrderLineRequest, 0, len(c.Lines))
	seen := make(map[string]bool, len(c.Lines))
	for i, line := range c.Lines {
		found.checkLine(i, line, seen)
		price, err := money(line.UnitPrice, c.Currency)
		if err != nil && i == 0 { // the currency is the order's: once is enough
			found.add(fault.Problem{Code: "field_invalid", Field: "/currency", Value: c.Currency, Message: err.Error()})
		}
		lines = append(lines, gen.OrderLineRequest{
			LineId: line.Line, Sku: line.SKU, Quantity: line.Quantity, UnitPrice: &price,
			ItemCondition: optional(gen.ItemCondition(line.Attributes[attributeCondition])),
			Grade:         optional(gen.Grade(line.Attributes[attributeGrade])),
			ParentLineId:  optional(line.ParentLine),
		})
	}
	if len(found) > 0 {
		return gen.OrderRequest{}, &fault.Fault{
			Kind: fault.Invalid, System: system, Op: "check order", Code: "order_rejected",
			Message: "the order would be refused", Problems: found,
		}
	}
	return gen.OrderRequest{
		Account: account, Kind: gen.OrderRequestKindSale, OrderDate: openapi.Date{Time: date},
		Currency: &c.Currency, ShippingService: c.Service, DeliverTo: toAddress(to), Lines: lines,
		References: &map[string]string{referenceOrder: c.Order.String()},
	}, nil
}

func toAddress(a domain.Address) gen.Address {
	return gen.Address{
		FirstName: optional(a.FirstName), LastName: a.LastName, Company: optional(a.Company),
		Address1: a.Line1, Address2: optional(a.Line2), City: a.City, County: optional(a.State),
		Postcode: a.Postcode, Country: a.Country, Email: optional(a.Email), Phone: optional(a.Phone),
	}
}

// Attributes that travel on the order line. All others belong to the item record.
const (
	attributeCondition = "itemCondition"
	attributeGrade     = "grade"
)

// problems collects faults so that a person mends all of them in one go.
type problems []fault.Problem

func (ps *problems) add(p fault.Problem) { *ps = append(*ps, p) }

func (ps *problems) checkHead(c domain.Consignment) {
	if !orderNumberPattern.MatchString(c.Number) {
		ps.add(fault.Problem{
			Code: "field_invalid", Field: "orderNumber", Value: c.Number,
			Message: fmt.Sprintf("order number %q: ACS takes 1 to 40 letters, digits, dots, dashes or underscores", c.Number),
		})
	}
	if c.Service == "" {
		ps.add(fault.Problem{
			Code: "shipping_service_unknown", Field: "/shippingService",
			Message: "no shipping service is set; add a rule for the shop's shipping method",
		})
	}
	if reference := c.Order.String(); utf8.RuneCountInString(reference) > 100 {
		ps.add(fault.Problem{
			Code: "field_invalid", Field: "/references/order", Value: reference,
			Message: "the order reference <store>/<number> is longer than 100 characters; shorten the store key",
		})
	}
	if n := len(c.Lines); n < 1 || n > limits.Lines {
		ps.add(fault.Problem{
			Code: "field_invalid", Field: "/lines", Value: strconv.Itoa(n),
			Message: fmt.Sprintf("the order has %d lines, ACS takes 1 to %d", n, limits.Lines),
		})
	}
}

func (ps *problems) checkLine(i int, line domain.ConsignmentLine, seen map[string]bool) {
	at := "/lines/" + strconv.Itoa(i)
	add := func(p fault.Problem) {
		p.Line, p.SKU = line.Line, line.SKU
		ps.add(p)
	}
	switch n := utf8.RuneCountInString(line.Line); {
	case n < 1 || n > 40:
		add(fault.Problem{Code: "field_invalid", Field: at + "/lineId", Value: line.Line, Message: fmt.Sprintf("line id %q: ACS takes 1 to 40 characters", line.Line)})
	case seen[line.Line]:
		add(fault.Problem{Code: "line_duplicate", Field: at + "/lineId", Value: line.Line, Message: fmt.Sprintf("line id %q stands on two lines", line.Line)})
	}
	seen[line.Line] = true
	if n := utf8.RuneCountInString(line.SKU); n < 1 || n > 64 {
		add(fault.Problem{Code: "sku_unknown", Field: at + "/sku", Value: line.SKU, Message: fmt.Sprintf("SKU %q: ACS takes 1 to 64 characters; add an item rule", line.SKU)})
	}
	if line.Quantity < 1 || line.Quantity > limits.Quantity {
		add(fault.Problem{
			Code: "quantity_invalid", Field: at + "/quantity", Value: strconv.Itoa(line.Quantity),
			Message: fmt.Sprintf("quantity is %d, ACS takes 1 to %d a line", line.Quantity, limits.Quantity),
		})
	}
	condition, grade := line.Attributes[attributeCondition], line.Attributes[attributeGrade]
	missing := func(attribute, message string) {
		add(fault.Problem{Code: "item_attribute_missing", Field: at, Attribute: attribute, Message: message})
	}
	invalid := func(attribute, value string, allowed []string) {
		add(fault.Problem{
			Code: "item_attribute_invalid", Field: at + "/" + attribute, Attribute: attribute, Value: value, Allowed: allowed,
			Message: fmt.Sprintf("%s of %s is %q, which ACS does not know", attribute, line.SKU, value),
		})
	}
	switch {
	case condition == "":
		missing(attributeCondition, fmt.Sprintf("itemCondition of %s is missing; complete the item", line.SKU))
	case !slices.Contains(conditions, condition):
		invalid(attributeCondition, condition, conditions)
	case condition != "new" && grade == "":
		missing(attributeGrade, fmt.Sprintf("grade of %s is missing, it is mandatory when itemCondition is not new; complete the item", line.SKU))
	}
	if grade != "" && !slices.Contains(grades, grade) {
		invalid(attributeGrade, grade, grades)
	}
}

var (
	conditions = []string{"new", "like_new", "good", "fair", "refurbished"}
	grades     = []string{"NEW", "A", "B", "C", "D", "U"}
)

// checkAddress holds the address against ACS's lengths. It names fields, never values.
func (ps *problems) checkAddress(a domain.Address) {
	for _, f := range []struct {
		field, value string
		min, max     int
	}{
		{"firstName", a.FirstName, 0, 60},
		{"lastName", a.LastName, 1, 60},
		{"company", a.Company, 0, 80},
		{"address1", a.Line1, 1, 80},
		{"address2", a.Line2, 0, 80},
		{"city", a.City, 1, 60},
		{"county", a.State, 0, 60},
		{"postcode", a.Postcode, 1, 12},
		{"country", a.Country, 2, 2},
		{"email", a.Email, 0, 254},
		{"phone", a.Phone, 0, 30},
	} {
		n := utf8.RuneCountInString(f.value)
		switch {
		case n == 0 && f.min > 0:
			ps.add(fault.Problem{
				Code: "field_required", Field: "/deliverTo/" + f.field,
				Message: f.field + " of the delivery address is missing; complete it on the order in the shop",
			})
		case n < f.min || n > f.max:
			ps.add(fault.Problem{
				Code: "address_invalid", Field: "/deliverTo/" + f.field,
				Message: fmt.Sprintf("%s of the delivery address has %d characters, ACS takes %d to %d; correct it on the order in the shop", f.field, n, f.min, f.max),
			})
		}
	}
	if a.Email == "" && a.Phone == "" {
		ps.add(fault.Problem{
			Code: "field_required", Field: "/deliverTo/email",
			Message: "the delivery address has neither email nor phone, at least one is needed; add it on the order in the shop",
		})
	}
}

// money writes minor units as ACS's decimal string with all digits of the currency.
func money(minor int64, currency string) (string, error) {
	amount, err := domain.ToDecimal(minor, currency)
	if err != nil {
		return "", err
	}
	digits, _ := domain.MinorUnits(currency)
	return amount.StringFixed(int32(digits)), nil
}

// optional is nil for the zero value, so that it stays out of the JSON.
func optional[T ~string](v T) *T {
	if v == "" {
		return nil
	}
	return &v
}

// content is what two orders are compared by: what we asked for, however it is
// spelt, without what the warehouse adds.
type content struct {
	Account, OrderDate, Kind, Currency, Service string
	DeliverTo                                   *gen.Address `json:",omitempty"`
	Lines                                       []contentLine
	Reference                                   string
}

type contentLine struct {
	Line, SKU, Price, Condition, Grade, Parent string
	Quantity                                   int
}

func contentOf(o gen.OrderRequest) content {
	c := content{
		Account: o.Account, OrderDate: o.OrderDate.String(), Kind: string(o.Kind), Currency: deref(o.Currency),
		Service: o.ShippingService, DeliverTo: plain(o.DeliverTo), Reference: reference(o.References),
	}
	for _, l := range o.Lines {
		c.Lines = append(c.Lines, contentLine{
			Line: l.LineId, SKU: l.Sku, Quantity: l.Quantity, Price: canonicalPrice(l.UnitPrice),
			Condition: string(deref(l.ItemCondition)), Grade: string(deref(l.Grade)), Parent: deref(l.ParentLineId),
		})
	}
	slices.SortFunc(c.Lines, func(a, b contentLine) int { return cmp.Compare(a.Line, b.Line) })
	return c
}

// plain gives absent and empty fields the same shape.
func plain(a gen.Address) *gen.Address {
	for _, field := range []**string{&a.FirstName, &a.Company, &a.Address2, &a.Address3, &a.Address4, &a.County, &a.Email, &a.Phone} {
		*field = optional(deref(*field))
	}
	return &a
}

func canonicalPrice(price *gen.Money) string {
	d, err := decimal.NewFromString(deref(price))
	if err != nil {
		return deref(price)
	}
	return d.String()
}

// standing is the content of an order as the warehouse holds it.
func standing(o gen.Order) content {
	lines := make([]gen.OrderLineRequest, len(o.Lines))
	for i, l := range o.Lines {
		lines[i] = gen.OrderLineRequest{
			LineId: l.LineId, Sku: l.Sku, Quantity: l.Quantity, UnitPrice: l.UnitPrice,
			ItemCondition: l.ItemCondition, Grade: l.Grade, ParentLineId: l.ParentLineId,
		}
	}
	return contentOf(gen.OrderRequest{
		Account: o.Account, OrderDate: o.OrderDate, Kind: gen.OrderRequestKind(o.Kind), Currency: o.Currency,
		ShippingService: o.ShippingService, DeliverTo: o.DeliverTo, References: o.References, Lines: lines,
	})
}

func (c content) equal(other content) bool { return c.encode() == other.encode() }

func (c content) encode() string {
	// Strings, numbers and slices of them always encode.
	encoded, _ := json.Marshal(c)
	return string(encoded)
}

// fingerprint stands for what was sent. The address stays out: a hash of an
// address can be found by trying addresses.
func (c content) fingerprint() string {
	c.DeliverTo = nil
	sum := sha256.Sum256([]byte(c.encode()))
	return hex.EncodeToString(sum[:16])
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func reference(references *map[string]string) string { return deref(references)[referenceOrder] }
