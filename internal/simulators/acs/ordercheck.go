package acs

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // calendar dates are Europe/London on any machine
)

// postcodes are the shapes that ACS checks; other countries are taken as they are.
var postcodes = map[string]*regexp.Regexp{
	"GB": regexp.MustCompile(`^(GIR ?0AA|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})$`),
	"IE": regexp.MustCompile(`^[A-Z][0-9][0-9W] ?[A-Z0-9]{4}$`),
	"SE": regexp.MustCompile(`^(SE-?)?[0-9]{3} ?[0-9]{2}$`),
	"NO": regexp.MustCompile(`^(NO-?)?[0-9]{4}$`),
	"DK": regexp.MustCompile(`^(DK-?)?[0-9]{4}$`),
	"FI": regexp.MustCompile(`^(FI-?)?[0-9]{5}$`),
	"DE": regexp.MustCompile(`^(DE?-?)?[0-9]{5}$`),
	"FR": regexp.MustCompile(`^(FR?-?)?[0-9]{5}$`),
	"ES": regexp.MustCompile(`^[0-9]{5}$`),
	"IT": regexp.MustCompile(`^[0-9]{5}$`),
	"NL": regexp.MustCompile(`^(NL-?)?[0-9]{4} ?[A-Z]{2}$`),
	"BE": regexp.MustCompile(`^(BE?-?)?[0-9]{4}$`),
	"PT": regexp.MustCompile(`^[0-9]{4}(-?[0-9]{3})?$`),
	"US": regexp.MustCompile(`^[0-9]{5}(-[0-9]{4})?$`),
}

// orderCheck gathers every fault of an order, not just the first.
type orderCheck struct {
	s       *Simulator
	account *account
	request orderRequest
	faults  []FieldError
	told    map[string]bool // pointers that a fault names already
	own     bool            // some fault is more than a broken schema
}

// check validates a submitted order. Broken parts are left out of the decoded
// request, so that one bad type hides no other fault.
func (s *Simulator) check(c *call) (orderRequest, *answer) {
	k := &orderCheck{s: s, account: c.account, told: make(map[string]bool)}
	schema := c.checkBody()
	_ = c.decode(&k.request) // what cannot be decoded has a fault of the schema
	for _, fault := range schema {
		k.add(k.refine(fault))
	}
	k.own = false
	k.head()
	k.addressee()
	k.dates()
	k.lines()
	if len(k.faults) == 0 {
		return k.request, nil
	}
	code := "validation_failed"
	if k.own {
		code = "order_rejected"
	}
	refused := refuse(422, code, fmt.Sprintf("%d faults.", len(k.faults)), k.faults...)
	return k.request, &refused
}

func (k *orderCheck) add(fault FieldError) {
	key := fault.Pointer + "\x00" + fault.Attribute
	if k.told[key] || fault.Attribute == "" && k.told["any\x00"+fault.Pointer] && fault.Pointer != "" {
		return
	}
	k.told[key], k.told["any\x00"+fault.Pointer] = true, true
	k.own = true
	k.faults = append(k.faults, fault)
}

var linePointer = regexp.MustCompile(`^/lines/([0-9]+)(?:/([A-Za-z]+))?`)

// refine gives a fault of the schema the code that an order's field has.
func (k *orderCheck) refine(fault FieldError) FieldError {
	required := fault.Code == "field_required"
	if m := linePointer.FindStringSubmatch(fault.Pointer); m != nil {
		if i, err := strconv.Atoi(m[1]); err == nil && i < len(k.request.Lines) {
			fault.SKU = k.request.Lines[i].SKU
		}
		switch {
		case m[2] == "quantity" && !required:
			fault.Code, fault.Message = "quantity_invalid", "Must be a whole number from 1 to 999."
		case m[2] == "itemCondition" || m[2] == "grade":
			fault.Code, fault.Attribute = "item_attribute_invalid", m[2]
		}
		return fault
	}
	switch {
	case required:
	case strings.HasSuffix(fault.Pointer, "/postcode"):
		fault.Code = "postcode_invalid"
	case strings.HasPrefix(fault.Pointer, "/deliverTo/"), strings.HasPrefix(fault.Pointer, "/billTo/"):
		fault.Code = "address_invalid"
	case fault.Pointer == "/lines":
		fault.Message = "An order has 1 to 200 lines."
	}
	return fault
}

func (k *orderCheck) head() {
	r := k.request
	if r.Account != "" && r.Account != k.account.code {
		k.add(FieldError{Code: "field_invalid", Pointer: "/account", Value: r.Account, Allowed: []string{k.account.code}, Message: "Is not the account of these credentials."})
	}
	if r.ShippingService == "" {
		return
	}
	var active []string
	var found *ShippingService
	for i, service := range k.account.services {
		if service.Active {
			active = append(active, service.Code)
		}
		if service.Code == r.ShippingService {
			found = &k.account.services[i]
		}
	}
	switch {
	case found == nil:
		k.add(FieldError{Code: "shipping_service_unknown", Pointer: "/shippingService", Value: r.ShippingService, Allowed: active, Message: "No such shipping service for this account."})
	case !found.Active:
		k.add(FieldError{Code: "shipping_service_unavailable", Pointer: "/shippingService", Value: r.ShippingService, Allowed: active, Message: "The service is not active."})
	case len(found.Countries) > 0 && r.DeliverTo.Country != "" && !slices.Contains(found.Countries, r.DeliverTo.Country):
		k.add(FieldError{Code: "country_not_served", Pointer: "/deliverTo/country", Value: r.DeliverTo.Country, Allowed: found.Countries, Message: "The service " + found.Code + " does not go there."})
	}
}

func (k *orderCheck) addressee() {
	to := k.request.DeliverTo
	for name, value := range map[string]string{"lastName": to.LastName, "address1": to.Address1, "city": to.City} {
		if value != "" && strings.TrimSpace(value) == "" {
			k.add(FieldError{Code: "address_invalid", Pointer: "/deliverTo/" + name, Message: "Is blank."})
		}
	}
	shape := postcodes[to.Country]
	if to.Postcode != "" && shape != nil && !shape.MatchString(strings.ToUpper(strings.TrimSpace(to.Postcode))) {
		k.add(FieldError{Code: "postcode_invalid", Pointer: "/deliverTo/postcode", Value: to.Postcode, Message: "Is no postcode of " + to.Country + "."})
	}
}

func (k *orderCheck) dates() {
	d := k.request.Dates
	switch {
	case k.request.Kind == "hire" && d == nil:
		k.add(FieldError{Code: "field_required", Pointer: "/dates", Message: "Is needed for a hire."})
		return
	case k.request.Kind == "sale" && d != nil:
		k.add(FieldError{Code: "date_window_invalid", Pointer: "/dates", Message: "A sale has no dates."})
		return
	case d == nil:
		return
	}
	// Dates are YYYY-MM-DD, so their order as text is their order in time.
	if d.Delivery < d.Dispatch {
		k.add(FieldError{Code: "date_window_invalid", Pointer: "/dates/delivery", Value: d.Delivery, Message: "Is before dispatch."})
	}
	last := d.Delivery
	if d.Event != "" {
		if d.Event < d.Delivery {
			k.add(FieldError{Code: "date_window_invalid", Pointer: "/dates/event", Value: d.Event, Message: "Is before delivery."})
		}
		last = max(last, d.Event)
	}
	if d.WarehouseReturn < last {
		k.add(FieldError{Code: "date_window_invalid", Pointer: "/dates/warehouseReturn", Value: d.WarehouseReturn, Message: "Is before the garment is used."})
	}
	dispatch, err := time.Parse(time.DateOnly, d.Dispatch)
	if err != nil {
		return // the schema has told it
	}
	if d.Dispatch < today(k.s.now()) {
		k.add(FieldError{Code: "date_in_past", Pointer: "/dates/dispatch", Value: d.Dispatch, Message: "Is in the past."})
	} else if day := dispatch.Weekday(); day == time.Saturday || day == time.Sunday {
		k.add(FieldError{Code: "date_window_invalid", Pointer: "/dates/dispatch", Value: d.Dispatch, Message: "Nothing leaves on a weekend."})
	}
}

// today is the warehouse's calendar day.
func today(now time.Time) string {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		london = time.UTC // cannot happen: tzdata is compiled in
	}
	return now.In(london).Format(time.DateOnly)
}

func (k *orderCheck) lines() {
	seen := make(map[string]bool)
	for i, line := range k.request.Lines {
		at := "/lines/" + strconv.Itoa(i)
		if line.LineID != "" && seen[line.LineID] {
			k.add(FieldError{Code: "line_duplicate", Pointer: at + "/lineId", Value: line.LineID, SKU: line.SKU, Message: "Another line has this lineId."})
		}
		seen[line.LineID] = true
		if line.SKU == "" {
			k.add(FieldError{Code: "field_required", Pointer: at + "/sku", Message: "Is missing."})
			continue
		}
		record := k.account.items[line.SKU]
		switch {
		case record == nil:
			k.add(FieldError{Code: "sku_unknown", Pointer: at + "/sku", SKU: line.SKU, Value: line.SKU, Message: "SKU is not on file."})
			continue
		case !record.active():
			k.add(FieldError{Code: "sku_inactive", Pointer: at + "/sku", SKU: line.SKU, Value: line.SKU, Message: "SKU is not active."})
		}
		k.attributes(at, line, record)
		k.serial(at, line)
	}
}

var conditions = []string{"new", "like_new", "good", "fair", "refurbished"}

// attributes demands what the floor needs to pick the line. The line's
// condition and grade win over the item's.
func (k *orderCheck) attributes(at string, line lineRequest, record *item) {
	merged := item{Item: record.Item}
	if slices.Contains(conditions, line.ItemCondition) { // another word is a fault of its own
		merged.ItemCondition = line.ItemCondition
	}
	if line.Grade != "" {
		merged.Grade = line.Grade
	}
	if k.request.Kind == "hire" {
		merged.Use = "hire"
	} else {
		merged.Use = "sale" // cleaning data is not needed to send it for good
	}
	missing := merged.missing()
	if country := k.request.DeliverTo.Country; country != "" && country != "GB" {
		if merged.CountryOfOrigin == "" {
			missing = append(missing, "countryOfOrigin")
		}
		if merged.CommodityCode == "" {
			missing = append(missing, "commodityCode")
		}
		if line.UnitPrice == "" {
			missing = append(missing, "unitPrice")
		}
	}
	if line.Serial == "" && k.request.Kind == "hire" {
		missing = append(missing, "serial")
	}
	for _, name := range missing {
		k.add(FieldError{Code: "item_attribute_missing", Pointer: at, SKU: line.SKU, Attribute: name, Message: "The warehouse needs " + name + " for this line."})
	}
}

func (k *orderCheck) serial(at string, line lineRequest) {
	if line.Serial == "" {
		return
	}
	if line.Quantity > 1 {
		k.add(FieldError{Code: "quantity_invalid", Pointer: at + "/quantity", SKU: line.SKU, Value: line.Quantity, Message: "A line with a serial has quantity 1."})
	}
	unit := k.account.units[line.Serial]
	switch {
	case unit == nil || unit.SKU != line.SKU:
		k.add(FieldError{Code: "serial_unknown", Pointer: at + "/serial", SKU: line.SKU, Value: line.Serial, Message: "No garment of this SKU has this serial."})
	case unit.Status == "ber" || unit.Status == "missing" || unit.Status == "ex_hire":
		k.add(FieldError{Code: "serial_unavailable", Pointer: at + "/serial", SKU: line.SKU, Value: line.Serial, Message: "The garment is " + unit.Status + "."})
	}
}
