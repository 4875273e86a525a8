package sampleday

import (
	"maps"
	"slices"
	"strings"
	"time"

	"selvedge/internal/domain"
)

// market is where the shop sells, in one currency.
type market struct {
	id        int
	name      string
	entity    string // empty: nobody has said who sells there
	currency  string
	countries []string
	tax       float64
	// per is how many minor units of the currency a penny is, as a fraction, and
	// step what prices are rounded to.
	num, den, step int64
	weight         int // of a hundred orders
}

// price is a list price in the market's currency.
func (m *market) price(pence int64) int64 {
	p := pence * m.num / m.den
	return max(m.step, p/m.step*m.step)
}

// method is a shipping method of the shop; an unmapped one has no rule.
type method struct {
	id        int
	name, uri string
	cost      int64 // pence
}

// payment is a payment method of the shop.
type payment struct {
	id        int
	name, uri string
	mode      domain.CaptureMode // empty: no rule
	outcome   string             // of the provider: success or pending
	pending   time.Duration      // until a pending capture succeeds
}

// shop is what the day's shop offers.
type shop struct {
	markets  []*market
	methods  []*method
	payments []*payment
}

var (
	europe = []string{"SE", "NO", "DK", "FI", "DE", "FR", "NL", "IE", "ES", "AT", "BE", "CH", "CY", "CZ", "GR", "IT", "LT", "MT", "PL", "PT"}
	nordic = []string{"SE", "NO", "DK", "FI"}
)

// The methods and payments by what they are there for.
const (
	standard = iota
	express
	saver         // express saver: no rule
	wrongMap      // by rule a service for Great Britain alone
	locker        // by rule a service whose carrier has no rule
	methodsNeeded //
)

const (
	card = iota
	klarna
	onInvoice
	prepay
	voucherPay // no rule
	slowPay    // answers long after the demo has stopped waiting
)

const unmappedMarket = "Pop-up Tokyo"

func fashionShop() *shop {
	s := &shop{
		markets: []*market{
			{1, "Nordics", "ATELIER-SE", "SEK", nordic, 25, 13, 1, 100, 24},
			{2, "United Kingdom", "ATELIER-UK", "GBP", []string{"GB"}, 20, 1, 1, 5, 44},
			{3, "Eurozone", "ATELIER-EU", "EUR", []string{"DE", "FR", "NL", "IE", "ES"}, 20, 117, 100, 50, 20},
			{4, "Japan", "ATELIER-JP", "JPY", []string{"JP"}, 10, 19, 10, 100, 7},
			{5, "Kuwait", "ATELIER-KW", "KWD", []string{"KW"}, 0, 38, 10, 50, 5},
			{6, unmappedMarket, "", "JPY", []string{"JP"}, 10, 19, 10, 100, 0},
		},
		methods: make([]*method, methodsNeeded),
	}
	s.methods[standard] = &method{1, "Standard", "standard", 495}
	s.methods[express] = &method{2, "Express", "express", 1195}
	s.methods[saver] = &method{3, "Express Saver", "express-saver", 795}
	s.methods[wrongMap] = &method{4, "Island Courier", "island-courier", 995}
	s.methods[locker] = &method{5, "Parcel Locker", "parcel-locker", 350}
	s.payments = payments()
	return s
}

func payments() []*payment {
	return []*payment{
		{1, "Card", "card", domain.CaptureOnShipment, "success", 0},
		{2, "Klarna", "klarna", domain.CaptureOnShipment, "pending", 1500 * time.Millisecond},
		{3, "Invoice", "invoice", domain.CaptureExternal, "success", 0},
		{4, "Prepayment", "prepayment", domain.CaptureBeforeSubmission, "success", 0},
		{5, "Store Voucher", "store-voucher", "", "success", 0},
		{6, "Slow Bank", "slow-bank", domain.CaptureOnShipment, "pending", 24 * time.Hour},
	}
}

// wareService is a shipping service of a warehouse.
type wareService struct {
	code, name, carrier, product string
	countries                    []string // none: everywhere
}

// services gives what a warehouse offers. The two spell the same services differently.
func services(warehouse string) []wareService {
	prefix := ""
	if warehouse == hillington {
		prefix = "HL-"
	}
	return []wareService{
		{prefix + "RM48", "Royal Mail Tracked 48", "RM", "48", []string{"GB"}},
		{prefix + "RM24", "Royal Mail Tracked 24", "RM", "24", []string{"GB"}},
		{prefix + "DPDEU", "DPD Classic", "DPD", "EU", append([]string{"GB"}, europe...)},
		{prefix + "DHLX", "DHL Express Worldwide", "DHL", "XW", nil},
		{prefix + "LOCK", "Locker 48", "EVRI", "LK", nil},
	}
}

// carriers maps the codes of ACS to Centra's names; EVRI is missing on purpose.
func carriers() map[string]string {
	return map[string]string{"RM": "Royal Mail", "DPD": "DPD", "DHL": "DHL Express"}
}

// rules are the mapping rules of a day.
func (s *shop) rules(items []*item) []domain.Rule {
	var out []domain.Rule
	add := func(r domain.Rule) { out = append(out, r) }
	for _, w := range []string{eurocentral, hillington} {
		code := func(i int) string { return services(w)[i].code }
		method := func(i int, country, service string) {
			if i < len(s.methods) {
				add(domain.Rule{Table: domain.RuleShippingMethod, Warehouse: w, Country: country, From: s.methods[i].name, To: service})
			}
		}
		method(standard, "", code(3))
		method(standard, "GB", code(0))
		for _, country := range europe {
			method(standard, country, code(2))
		}
		method(express, "", code(3))
		method(express, "GB", code(1))
		method(wrongMap, "", code(0))
		method(locker, "", code(4))
		for _, c := range []string{"DHL", "DPD", "RM"} {
			add(domain.Rule{Table: domain.RuleCarrier, Warehouse: w, From: c, To: carriers()[c]})
		}
		for _, d := range []struct{ brand, origin string }{{brandMain, "PT"}, {brandKnit, "LT"}, {brandLuma, "VN"}} {
			add(attributeDefault(w, d.brand, "itemCondition", "new"))
			add(attributeDefault(w, d.brand, "countryOfOrigin", d.origin))
		}
		add(attributeDefault(w, brandArchive, "countryOfOrigin", "PT"))
	}
	for _, m := range s.markets {
		if m.entity != "" {
			add(domain.Rule{Table: domain.RuleMarket, Store: Store, From: m.name, To: m.entity, Extra: map[string]string{"currency": m.currency}})
		}
	}
	out = append(out, s.entityRules()...)
	for _, p := range s.payments {
		if p.mode != "" {
			add(domain.Rule{Table: domain.RulePayment, Store: Store, From: p.uri, To: string(p.mode)})
		}
	}
	for _, it := range items {
		if it.acsSKU != "" {
			add(domain.Rule{Table: domain.RuleItem, Warehouse: it.warehouse, From: it.sku, To: it.acsSKU})
		}
	}
	return out
}

// zones are where the entities keep their books.
var zones = map[string]string{
	"ATELIER-SE": "Europe/Stockholm", "ATELIER-UK": "Europe/London", "ATELIER-EU": "Europe/Berlin", "ATELIER-JP": "Asia/Tokyo", "ATELIER-KW": "Asia/Kuwait",
}

// entityRules say in whose zone and currencies each entity's documents are kept.
func (s *shop) entityRules() []domain.Rule {
	currencies := map[string][]string{}
	for _, m := range s.markets {
		if m.entity != "" && !slices.Contains(currencies[m.entity], m.currency) {
			currencies[m.entity] = append(currencies[m.entity], m.currency)
		}
	}
	var out []domain.Rule
	for i, entity := range slices.Sorted(maps.Keys(currencies)) {
		extra := map[string]string{"timezone": zones[entity], "currency": strings.Join(currencies[entity], " ")}
		if i == 0 { // one of them owns what lies in the warehouses
			extra["warehouses"] = eurocentral + ", " + hillington
		}
		out = append(out, domain.Rule{Table: domain.RuleEntity, From: entity, To: strings.TrimPrefix(entity, "ATELIER-"), Extra: extra})
	}
	return out
}

func attributeDefault(warehouse, brand, attribute, value string) domain.Rule {
	return domain.Rule{
		Table: domain.RuleAttributeDefault, Warehouse: warehouse, From: "brand:" + brand, To: value,
		Extra: map[string]string{"attribute": attribute},
	}
}

// attributeKeys tell where the shop keeps attributes: the attribute type "garment".
func attributeKeys() map[string]string {
	return map[string]string{
		"itemCondition": "garment.condition", "grade": "garment.grade", "countryOfOrigin": "garment.origin",
	}
}
