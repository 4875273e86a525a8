package centra

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/centra/gen"
	"selvedge/internal/systems/centra/wire"
)

// reader turns one order into the canonical form and collects all that is wrong with it.
type reader struct {
	order    string
	currency string
	problems []fault.Problem
}

// canonical reads one order. asked is the store that the caller asked for; an
// order that cannot be read bears it when its own store is unknown.
func (s *Shop) canonical(o gen.Order, asked string) ports.ShopOrder {
	r := &reader{order: strconv.Itoa(o.Number), currency: o.GrandTotal.Currency.Code}
	store, known := s.config.Stores[o.Store.Id]
	if !known {
		store = asked
		r.complain("store", strconv.Itoa(o.Store.Id), fmt.Sprintf("Centra store %d is not in STORES; add %d=<store key>", o.Store.Id, o.Store.Id))
	}
	id := domain.OrderID{Store: store, Number: r.order}
	if _, ok := domain.MinorUnits(r.currency); !ok {
		// Every amount would say the same; once is enough.
		r.complain("grandTotal", r.currency, fmt.Sprintf("currency %q is not an ISO 4217 code; correct the pricelist's currency in Centra", r.currency))
		return ports.ShopOrder{Order: domain.Order{ID: id}, Err: r.fault()}
	}
	order := r.header(o)
	order.ID = id
	order.Lines = r.lines(o.Lines)
	order.Shipments = r.shipments(o.Shipments)
	if s.bundles {
		for i := range order.Shipments {
			order.Shipments[i].Lines = ExpandBundles(order.Lines, order.Shipments[i].Lines)
		}
	}
	for _, l := range order.Lines {
		for _, a := range l.Allocations {
			order.WaitingForStock = order.WaitingForStock || a.Waiting
		}
	}
	if err := r.fault(); err != nil {
		return ports.ShopOrder{Order: domain.Order{ID: id, Wholesale: order.Wholesale}, Err: err}
	}
	if order.Wholesale {
		return ports.ShopOrder{Order: order} // nothing is done with it, so nobody's address is kept
	}
	return ports.ShopOrder{Order: order, Personal: domain.Personal{Delivery: address(o.ShippingAddress), Billing: address(o.BillingAddress)}}
}

func (r *reader) header(o gen.Order) domain.Order {
	order := domain.Order{
		ShopRef: o.Id, Status: statusOf(o.Status),
		OnHold: o.IsOnHold, WaitingForPayment: o.IsWaitingForPayment,
		PlacedAt: r.moment("orderDate", o.OrderDate), UpdatedAt: r.moment("updatedAt", o.UpdatedAt),
		Currency: r.currency, Payment: r.payment(o.PaymentHistory),
		GrandTotal: r.amount("grandTotal", o.GrandTotal), NetTotal: r.rounded(o.NetTotal),
		Shipping: r.amount("totals.shipping", o.Totals.Shipping),
		Handling: r.amount("totals.handling", o.Totals.Handling),
		Discount: abs(r.amount("totals.discounts", o.Totals.Discounts)), // its sign is not documented
		Country:  country(o), Attributes: attributes(o.Attributes),
	}
	switch kind := value(o.Typename); kind {
	case consumerOrder:
	case wholesaleOrder:
		order.Wholesale = true
	default:
		r.complain("__typename", kind, fmt.Sprintf("kind of order %q is unknown to this version", kind))
	}
	if m := o.Market; m != nil {
		order.Market = domain.Ref{ID: strconv.Itoa(m.Id), Name: m.Name}
	}
	if p := o.Pricelist; p != nil {
		order.Pricelist = domain.Ref{ID: strconv.Itoa(p.Id), Name: p.Name}
	}
	// External delivery widgets leave the shipping method empty: then no rule can match.
	if g := o.ShippingPriceGroup; g != nil {
		order.ShippingMethod = domain.Ref{ID: strconv.Itoa(g.ShippingOption.Id), Name: g.ShippingOption.Name, URI: value(g.ShippingOption.Uri)}
	}
	if p := o.PaymentMethod; p != nil {
		order.PaymentMethod = domain.Ref{ID: strconv.Itoa(p.Id), Name: value(p.Name), URI: value(p.Uri)}
	}
	return order
}

// country is that of delivery; the order's own stands in where there is no address.
func country(o gen.Order) string {
	if o.ShippingAddress != nil && o.ShippingAddress.Country != nil {
		return o.ShippingAddress.Country.Code
	}
	return value(o.Country).Code
}

func (r *reader) lines(list []gen.Line) []domain.Line {
	lines := make([]domain.Line, 0, len(list))
	bundle := ""
	for i, l := range list {
		line := r.line(fmt.Sprintf("lines[%d]", i), l)
		switch line.Kind {
		case domain.LineBundle:
			bundle = line.ID
		case domain.LineBundleItem:
			if line.Bundle = bundle; bundle == "" {
				r.complain(fmt.Sprintf("lines[%d]", i), line.ID, "bundle item "+line.ID+" has no bundle line before it")
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func (r *reader) line(at string, l gen.Line) domain.Line {
	line := domain.Line{
		ID: strconv.Itoa(l.Id), Kind: lineKinds[value(l.Typename)], Name: value(l.ProductName),
		Quantity: r.units(at+".quantity", l.Quantity), Cancelled: r.units(at+".cancelledQuantity", l.CancelledQuantity),
		UnitPrice: r.amount(at+".unitPrice", l.UnitPrice), ListPrice: r.amount(at+".unitOriginalPrice", l.UnitOriginalPrice),
		Total: r.amount(at+".lineValue", l.LineValue), TaxPercent: r.percent(at+".taxPercent", l.TaxPercent.String()),
		Item: domain.ItemData{Brand: value(l.ProductBrand), Size: l.Size},
	}
	if line.Kind == "" {
		kind := value(l.Typename)
		r.complain(at+".__typename", kind, fmt.Sprintf("kind of order line %q is unknown to this version", kind))
	}
	if l.Brand != nil {
		line.Item.Brand = l.Brand.Name
	}
	if s := l.ProductSize; s != nil {
		line.SKU, line.EAN, line.SizeID = value(s.SKU), value(s.EAN), strconv.Itoa(s.Id)
	}
	var lists [][]gen.Attribute
	if p := l.Product; p != nil {
		line.ProductID, line.Item.CommodityCode = strconv.Itoa(p.Id), value(p.HarmonizedCommodityCode)
		lists = append(lists, p.Attributes)
	}
	if v := l.ProductVariant; v != nil {
		lists = append(lists, v.Attributes) // the variant's own value beats the product's
	}
	line.Item.Attributes = attributes(lists...)
	for _, a := range l.Allocations {
		line.Allocations = append(line.Allocations, domain.Allocation{Warehouse: a.Warehouse.Name, Quantity: r.units(at+".allocations", a.Quantity), Waiting: a.IsWaitingForConfirmation})
	}
	return line
}

// attributes flattens attributes to "type.element" → value; later lists win. It is
// nil when there is none.
func attributes(lists ...[]gen.Attribute) map[string]string {
	var flat map[string]string
	for _, list := range lists {
		for _, a := range list {
			for _, e := range a.Elements {
				text := e.Text()
				if text == "" {
					continue
				}
				if flat == nil {
					flat = map[string]string{}
				}
				flat[a.Type.Name+"."+e.Key] = text
			}
		}
	}
	return flat
}

func (r *reader) shipments(list []gen.Shipment) []domain.ShopShipment {
	var shipments []domain.ShopShipment
	for i, s := range list {
		shipments = append(shipments, r.shipment(fmt.Sprintf("shipments[%d]", i), s))
	}
	return shipments
}

func (r *reader) shipment(at string, s gen.Shipment) domain.ShopShipment {
	shipment := domain.ShopShipment{
		ID: strconv.Itoa(s.Id), Number: s.Number, Tracking: value(s.TrackingNumber),
		GoodToGo: s.IsGoodToGo, Paid: s.IsPaid, Captured: s.IsCaptured, Shipped: s.IsShipped,
		CreatedAt: r.moment(at+".createdAt", s.CreatedAt), Total: r.amount(at+".grandTotal", s.GrandTotal),
	}
	if s.ShippedAt != nil {
		shipment.ShippedAt = r.moment(at+".shippedAt", *s.ShippedAt)
	}
	if c := s.CarrierInformation; c != nil {
		shipment.Carrier, shipment.Service = value(c.CarrierName), value(c.ServiceName)
	}
	for _, l := range s.Lines {
		shipment.Lines = append(shipment.Lines, domain.LineQuantity{Line: strconv.Itoa(l.OrderLine.Id), Quantity: r.units(at+".lines.quantity", l.Quantity)})
	}
	return shipment
}

// What an order may hold at most. Nobody sells more: it is a slip or a broken answer, and
// what is reckoned from it would no longer fit into 64 bits.
const (
	mostUnits  = 1_000_000
	mostAmount = 10_000_000_000_000 // minor units
)

// units gives a number of units, which is never negative.
func (r *reader) units(field string, n int) int {
	if n < 0 || n > mostUnits {
		r.complain(field, strconv.Itoa(n), fmt.Sprintf("is no number of units from 0 to %d; correct the order in Centra", mostUnits))
		return 0
	}
	return n
}

// amount gives minor units, exactly or not at all.
func (r *reader) amount(field string, m wire.Money) int64 {
	if m.Currency.Code != r.currency {
		r.complain(field, m.Currency.Code, fmt.Sprintf("is in %q, the order in %q; correct the order in Centra", m.Currency.Code, r.currency))
		return 0
	}
	d, err := decimal.NewFromString(m.Value.String())
	if err != nil || d.Exponent() < -30 || d.Exponent() > 30 { // exponents beyond cost hours to write out
		r.complain(field, "", "is not a number")
		return 0
	}
	minor, err := domain.FromDecimal(d, r.currency)
	if err != nil {
		r.complain(field, m.Value.String(), err.Error())
		return 0
	}
	if minor > mostAmount || minor < -mostAmount {
		r.complain(field, m.Value.String(), "is more than any order comes to; correct the order in Centra")
		return 0
	}
	return minor
}

// rounded gives minor units of an amount that nobody is charged and that may have more
// digits than the currency, such as a total without tax: 0 where it cannot be read, since
// no order waits for it.
func (r *reader) rounded(m wire.Money) int64 {
	digits, known := domain.MinorUnits(r.currency)
	d, err := decimal.NewFromString(m.Value.String())
	if err != nil || !known || m.Currency.Code != r.currency || d.Exponent() < -30 || d.Exponent() > 30 {
		return 0
	}
	minor, err := domain.FromDecimal(d.Round(int32(digits)), r.currency)
	if err != nil {
		return 0
	}
	return minor
}

// percent gives a decimal in its shortest form.
func (r *reader) percent(field, text string) string {
	d, err := decimal.NewFromString(text)
	if err != nil || d.Exponent() < -12 || d.Exponent() > 12 {
		r.complain(field, "", "is not a percentage")
		return ""
	}
	return d.String()
}

func (r *reader) moment(field, text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.complain(field, "", "is not a time with zone")
		return time.Time{}
	}
	return at.UTC()
}

func (r *reader) complain(field, value, message string) {
	r.problems = append(r.problems, fault.Problem{Code: "unreadable", Field: field, Value: value, Message: field + ": " + message})
}

func (r *reader) fault() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &fault.Fault{Kind: fault.Invalid, System: system, Op: "Orders", Code: "unreadable", Message: "order " + r.order, Problems: r.problems}
}

// address maps an address; an absent one is zero. A name for the attention of
// stands in the second line, since warehouses have no other place for it.
func address(a *gen.Address) domain.Address {
	if a == nil {
		return domain.Address{}
	}
	state := value(value(a.State).Code)
	if state == "" {
		state = value(a.StateOrProvince)
	}
	phone := value(a.PhoneNumber)
	if phone == "" {
		phone = value(a.CellPhoneNumber)
	}
	return domain.Address{
		FirstName: value(a.FirstName), LastName: value(a.LastName), Company: value(a.CompanyName),
		Line1: value(a.Address1), Line2: joined(value(a.Attention), value(a.Address2)),
		City: value(a.City), State: state, Postcode: value(a.ZipCode), Country: value(a.Country).Code,
		Email: value(a.Email), Phone: phone,
	}
}

func joined(parts ...string) string {
	var filled []string
	for _, p := range parts {
		if strings.TrimSpace(p) != "" {
			filled = append(filled, p)
		}
	}
	return strings.Join(filled, ", ")
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
