package acs

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"selvedge/internal/fault"
	"selvedge/internal/systems/acs/gen"
)

const withheld = "[withheld]"

// The warehouse's words are not ours to repeat: an error page may quote a name, a
// rejection the street it could not read. So values come from our own copy of the
// order, by the pointer, never from the answer; codes and names must look like
// such; and free text is used only where nothing else tells what is wrong.
var (
	codePattern    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)
	tokenPattern   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)
	pointerPattern = regexp.MustCompile(`^(/[A-Za-z0-9_-]{1,40}){1,6}$`)
	linePattern    = regexp.MustCompile(`^/lines/([0-9]{1,4})(/|$)`)
	emailPattern   = regexp.MustCompile(`[^\s@"'<>]+@[^\s@"'<>]+`)
	digitsPattern  = regexp.MustCompile(`\+?[0-9][0-9 ()-]{5,}[0-9]`)
)

// token passes what looks like a code or an attribute name, else gives instead.
func token(s, instead string) string {
	if tokenPattern.MatchString(s) {
		return s
	}
	return instead
}

// subject is the order that an answer is about: what may be repeated and what not.
type subject struct {
	service  string
	currency string
	lines    []gen.OrderLineRequest
	personal []string
}

func subjectOf(o gen.OrderRequest) subject {
	return subject{
		service: o.ShippingService, currency: deref(o.Currency), lines: o.Lines,
		personal: append(addressWords(o.DeliverTo), billingWords(o.BillTo, o.Comments)...),
	}
}

func subjectOfStanding(o gen.Order) subject {
	s := subject{
		service: o.ShippingService, currency: deref(o.Currency),
		personal: append(addressWords(o.DeliverTo), billingWords(o.BillTo, o.Comments)...),
	}
	for _, l := range o.Lines {
		s.lines = append(s.lines, gen.OrderLineRequest{
			LineId: l.LineId, Sku: l.Sku, Quantity: l.Quantity,
			UnitPrice: l.UnitPrice, ItemCondition: l.ItemCondition, Grade: l.Grade,
		})
	}
	return s
}

func billingWords(a *gen.Address, comments *string) []string {
	words := []string{deref(comments)}
	if a != nil {
		words = append(words, addressWords(*a)...)
	}
	return words
}

// addressWords lists every personal value of an address, and the longer words of those
// that people shorten: who looks for a street calls it by less than the whole line. The
// country is none.
func addressWords(a gen.Address) []string {
	shortened := []string{
		deref(a.FirstName), a.LastName, deref(a.Company), a.Address1, deref(a.Address2), deref(a.Address3),
		deref(a.Address4), a.City, deref(a.County),
	}
	words := append(shortened, a.Postcode, deref(a.Email), deref(a.Phone))
	for _, value := range shortened {
		for _, word := range strings.FieldsFunc(value, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
			if utf8.RuneCountInString(word) >= longWord {
				words = append(words, word)
			}
		}
	}
	return words
}

// longWord is how many letters a word of an address has that is looked for by itself.
// Shorter ones (of, way, road) stand in every other sentence.
const longWord = 5

// problem turns one field error into ours.
func (s subject) problem(e gen.FieldError) fault.Problem {
	p := fault.Problem{
		Code:      s.code(e.Code),
		Attribute: s.name(deref(e.Attribute)),
		Field:     s.pointer(deref(e.Pointer)),
		Allowed:   s.allowed(deref(e.Allowed)),
	}
	if p.Code == "" {
		p.Code = "unknown"
	}
	line, pointed := s.lineAt(p.Field)
	if pointed {
		p.Value = lineValue(p.Field, line)
	} else {
		line = s.lineOf(deref(e.Sku))
		p.Value = s.headValue(p.Field)
	}
	p.Line, p.SKU = line.LineId, line.Sku
	p.Message = s.message(p, e.Message)
	return p
}

// code passes a code of the contract, and another one if it is none of the customer's words.
func (s subject) code(code string) string {
	if _, known := codeWords[code]; known || contractCodes[code] {
		return code
	}
	if codePattern.MatchString(code) && s.clean(code) == code {
		return code
	}
	return ""
}

// name passes a field's or attribute's name on the same terms. The contract's names
// pass unlooked-at: a customer called Grade must not make us blind.
func (s subject) name(name string) string {
	if contractNames[name] || tokenPattern.MatchString(name) && s.clean(name) == name {
		return name
	}
	return ""
}

func (s subject) pointer(pointer string) string {
	if !pointerPattern.MatchString(pointer) {
		return ""
	}
	for _, part := range strings.Split(pointer[1:], "/") {
		if _, err := strconv.ParseUint(part, 10, 16); err != nil && s.name(part) == "" {
			return ""
		}
	}
	return pointer
}

func (s subject) problems(errors []gen.FieldError) []fault.Problem {
	out := make([]fault.Problem, 0, len(errors))
	for _, e := range errors {
		out = append(out, s.problem(e))
	}
	return out
}

func (s subject) lineAt(pointer string) (gen.OrderLineRequest, bool) {
	match := linePattern.FindStringSubmatch(pointer)
	if match == nil {
		return gen.OrderLineRequest{}, false
	}
	i, err := strconv.Atoi(match[1])
	if err != nil || i >= len(s.lines) {
		return gen.OrderLineRequest{}, false
	}
	return s.lines[i], true
}

// lineOf finds the only line with a SKU; of two it tells the SKU alone, of none nothing.
func (s subject) lineOf(sku string) (line gen.OrderLineRequest) {
	for _, l := range s.lines {
		if sku == "" || l.Sku != sku {
			continue
		}
		if line.Sku != "" {
			return gen.OrderLineRequest{Sku: sku}
		}
		line = l
	}
	return line
}

func (s subject) headValue(pointer string) string {
	switch pointer {
	case "/shippingService":
		return s.service
	case "/currency":
		return s.currency
	}
	return ""
}

// lineValue looks up in our line what a pointer into the line stands for.
func lineValue(pointer string, line gen.OrderLineRequest) string {
	switch pointer[strings.LastIndexByte(pointer, '/')+1:] {
	case "lineId":
		return line.LineId
	case "sku":
		return line.Sku
	case "quantity":
		return strconv.Itoa(line.Quantity)
	case "unitPrice":
		return deref(line.UnitPrice)
	case attributeCondition:
		return string(deref(line.ItemCondition))
	case attributeGrade:
		return string(deref(line.Grade))
	}
	return ""
}

func (s subject) allowed(values []string) []string {
	var out []string
	for _, v := range values[:min(len(values), 50)] {
		if slices.Contains(conditions, v) || slices.Contains(grades, v) || identifier(v) != "" && s.clean(v) == v { // codes, not sentences
			out = append(out, v)
		}
	}
	return out
}

// message words a problem. The contract's codes have words of ours, because those
// can hold nothing foreign; an unknown code has only the warehouse's own.
func (s subject) message(p fault.Problem, theirs string) string {
	where := strings.TrimPrefix(p.Field, "/")
	if p.SKU != "" {
		where = "SKU " + p.SKU
	}
	if p.Value != "" && p.Value != p.SKU {
		where += " (" + p.Value + ")"
	}
	words, known := codeWords[p.Code]
	if !known {
		words = "the warehouse refuses it: " + p.Code
		if text := s.clean(theirs); text != "" {
			words += ": " + text
		}
	}
	if p.Attribute != "" {
		words = p.Attribute + ": " + words
	}
	if where = strings.TrimSpace(where); where == "" {
		return words
	}
	return where + ": " + words
}

// contractCodes are the contract's codes of whole answers.
var contractCodes = map[string]bool{
	"order_rejected": true, "validation_failed": true, "order_conflict": true, "order_not_amendable": true,
	"order_not_cancellable": true, "revision_mismatch": true, "precondition_required": true, "idempotency_key_reused": true,
	"notice_locked": true, "not_found": true, "cursor_expired": true, "bad_request": true, "payload_too_large": true,
	"unauthorized": true, "forbidden": true, "account_suspended": true, "rate_limited": true, "unavailable": true, "internal": true,
}

// contractNames are the contract's names of what an order or an item consists of.
var contractNames = map[string]bool{
	"account": true, "orderDate": true, "kind": true, "currency": true, "shippingService": true, "deliverTo": true, "billTo": true,
	"lines": true, "references": true, "order": true, "comments": true, "hold": true, "allowPartial": true, "reason": true,
	"firstName": true, "lastName": true, "company": true, "email": true, "phone": true, "address1": true, "address2": true,
	"address3": true, "address4": true, "city": true, "county": true, "postcode": true, "country": true,
	"lineId": true, "sku": true, "quantity": true, "unitPrice": true, "itemCondition": true, "grade": true, "serial": true, "parentLineId": true,
	"items": true, "name": true, "supplier": true, "garmentType": true, "size": true, "colour": true, "careCode": true,
	"fabricComposition": true, "countryOfOrigin": true, "commodityCode": true, "barcodes": true,
}

var codeWords = map[string]string{
	"shipping_service_unknown":     "the account has no such shipping service; mend the shipping method's rule",
	"shipping_service_unavailable": "the shipping service is not available now; choose another in the shipping method's rule",
	"sku_unknown":                  "the warehouse has no such item; create it there or mend the item rule",
	"sku_inactive":                 "the warehouse has switched the item off",
	"item_attribute_missing":       "the attribute is missing; complete the item",
	"item_attribute_invalid":       "the attribute's value is not accepted; correct the item",
	"serial_unknown":               "the warehouse has no such garment",
	"serial_unavailable":           "the garment is not available",
	"quantity_invalid":             "the quantity is not accepted",
	"line_duplicate":               "the line stands there twice",
	"address_invalid":              "the address is not accepted; correct it on the order in the shop",
	"postcode_invalid":             "the postcode is not accepted; correct it on the order in the shop",
	"country_not_served":           "the shipping service does not serve the country of delivery",
	"date_window_invalid":          "the dates do not fit each other",
	"date_in_past":                 "the date is in the past",
	"insufficient_stock":           "the warehouse has too little stock",
	"field_required":               "the field is missing",
	"field_invalid":                "the field's value is not accepted",
	"field_unknown":                "the warehouse does not know the field",
}

// clean takes everything out of a text that may be somebody's: what stands in the
// order's addresses or a longer word of it, whatever its letter case, and what looks like
// an e-mail address or a telephone number. Each is looked for in the text as it came:
// taking one out first would leave half of another. What is left is cut to 200 characters.
func (s subject) clean(text string) string {
	text = strings.Join(strings.Fields(text), " ") // first, or a doubled space hides a value
	hidden := make([]bool, len(text))
	hide := func(from, to int) {
		for i := from; i < to; i++ {
			hidden[i] = true
		}
	}
	for _, pattern := range []*regexp.Regexp{emailPattern, digitsPattern} {
		for _, at := range pattern.FindAllStringIndex(text, -1) {
			hide(at[0], at[1])
		}
	}
	folded, starts := foldRunes(text)
	for _, word := range s.personal {
		wanted, _ := foldRunes(strings.Join(strings.Fields(word), " "))
		for i := 0; len(wanted) > 0 && i+len(wanted) <= len(folded); i++ {
			if slices.Equal(folded[i:i+len(wanted)], wanted) {
				hide(starts[i], starts[i+len(wanted)])
			}
		}
	}
	text = withoutHidden(text, hidden)
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	return text
}

// foldRunes gives a text's characters so that letter case makes no difference, the dotted
// and the dotless i included, with where each begins and, last, where the text ends.
func foldRunes(text string) (folded []rune, starts []int) {
	for i, r := range text {
		folded, starts = append(folded, unicode.ToLower(unicode.ToUpper(unicode.ToLower(r)))), append(starts, i)
	}
	return folded, append(starts, len(text))
}

// withoutHidden puts one mark in the place of each run of hidden bytes.
func withoutHidden(text string, hidden []bool) string {
	var out strings.Builder
	for i := range len(text) {
		switch {
		case !hidden[i]:
			out.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			out.WriteString(withheld)
		}
	}
	return out.String()
}
