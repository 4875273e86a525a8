package domain

import (
	"strings"

	"github.com/go-playground/validator/v10"
	"github.com/nyaruka/phonenumbers"
)

// Codes of what is wrong with an address: those of the warehouse contract, so
// that one repair screen serves our check and the warehouse's.
const (
	CodeFieldRequired   = "field_required"
	CodePostcodeInvalid = "postcode_invalid"
	CodeAddressInvalid  = "address_invalid"
)

const addressRemedy = "; correct it on the order in Centra, then press retry"

// Problems lists all that keeps a parcel from reaching the address: missing
// fields, a postcode that its country does not write so, a country that is not
// the order's, no way to reach the person. country is the order's country of
// delivery (ISO 3166-1 alpha-2). No problem holds a value of the address; length
// limits are the warehouse adapter's.
func (a Address) Problems(country string) []Refusal {
	check := leaves{validator.New()}
	var problems []Refusal
	add := func(code, field, message string) {
		problems = append(problems, Refusal{Code: code, Field: field, Message: "shipping address: " + message + addressRemedy})
	}
	for _, required := range []struct{ field, value string }{
		{"lastName", a.LastName}, {"line1", a.Line1}, {"city", a.City}, {"postcode", a.Postcode}, {"country", a.Country},
	} {
		if blank(required.value) {
			add(CodeFieldRequired, required.field, required.field+" is missing")
		}
	}
	known := check.valid(a.Country, "iso3166_1_alpha2")
	switch {
	case blank(a.Country):
	case !known:
		add(CodeAddressInvalid, "country", "country is not an ISO 3166 code of two capital letters, such as GB")
	case a.Country != country:
		add(CodeAddressInvalid, "country", "country is not the order's country of delivery")
	}
	if known && !blank(a.Postcode) && !check.postcode(a.Postcode, a.Country) {
		add(CodePostcodeInvalid, "postcode", "postcode is not a valid "+a.Country+" postcode")
	}
	a.contactProblems(check, add)
	return problems
}

// contactProblems asks for one usable way to reach the person. A wrong e-mail is
// always told, because the warehouse and the carrier write to it; an odd phone
// number is not, as long as there is an e-mail: shops take any text as a phone.
func (a Address) contactProblems(check leaves, add func(code, field, message string)) {
	switch {
	case blank(a.Email) && blank(a.Phone):
		add(CodeFieldRequired, "email", "neither email nor phone is given, at least one is needed")
	case !blank(a.Email) && !check.valid(strings.TrimSpace(a.Email), "email"):
		add(CodeAddressInvalid, "email", "email is not an e-mail address")
	case blank(a.Email) && !possiblePhone(a.Phone, a.Country):
		add(CodeAddressInvalid, "phone", "phone is not a telephone number and there is no email")
	}
}

// leaves checks single values. Its patterns are the library's and compiled once, so
// one for each address is cheap.
type leaves struct{ *validator.Validate }

func (l leaves) valid(value, tag string) bool { return l.Var(value, tag) == nil }

// postcode compares as people write: letter case and outer or doubled spaces
// do not matter. Only countries whose pattern in the validator's table is how
// people there really write are checked (Japan's, say, insists on a hyphen); every
// other country passes, and its warehouse decides.
func (l leaves) postcode(postcode, country string) bool {
	switch country {
	case "GB", "GG", "IM", "JE", "IE", "US", "CA", "AU", "NZ", "DE", "FR", "IT", "CH", "AT",
		"ES", "PT", "NL", "BE", "LU", "DK", "SE", "NO", "FI", "PL", "CZ", "GR":
		normal := strings.ToUpper(strings.Join(strings.Fields(postcode), " "))
		return l.valid(normal, "postcode_iso3166_alpha2="+country)
	}
	return true
}

func possiblePhone(phone, country string) bool {
	n, err := phonenumbers.Parse(phone, country)
	return err == nil && phonenumbers.IsPossibleNumber(n)
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
