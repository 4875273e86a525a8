package domain_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

func goodAddress() domain.Address {
	return domain.Address{
		FirstName: "Planted", LastName: "Zzyzx", Line1: "7 Quixotic Mews", City: "Brobdingnag",
		Postcode: "SW1A 1AA", Country: "GB", Email: "zzyzx@example.com", Phone: "+44 20 7946 0958",
	}
}

func TestAddressProblems(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change  func(*domain.Address)
		country string
		want    []string // code field
	}{
		"a complete address has none":                {change: func(*domain.Address) {}},
		"a postcode may be written small and spaced": {change: func(a *domain.Address) { a.Postcode = " sw1a  1aa " }},
		"a postcode of another shape is invalid":     {change: func(a *domain.Address) { a.Postcode = "PLANTED9" }, want: []string{"postcode_invalid postcode"}},
		"a country without a pattern passes": {
			change: func(a *domain.Address) { a.Country, a.Postcode = "AE", "00000" }, country: "AE",
		},
		"a Swedish postcode may lack its space": {
			change: func(a *domain.Address) { a.Country, a.Postcode = "SE", "11455" }, country: "SE",
		},
		"all missing fields are told at once": {
			change: func(a *domain.Address) { *a = domain.Address{FirstName: "Planted"} },
			want: []string{
				"field_required lastName", "field_required line1", "field_required city", "field_required postcode",
				"field_required country", "field_required email",
			},
		},
		"spaces are no last name":                   {change: func(a *domain.Address) { a.LastName = "  " }, want: []string{"field_required lastName"}},
		"another country than the order's is told":  {change: func(*domain.Address) {}, country: "SE", want: []string{"address_invalid country"}},
		"a country that is none is told":            {change: func(a *domain.Address) { a.Country = "Plantedland" }, want: []string{"address_invalid country"}},
		"an email alone is enough":                  {change: func(a *domain.Address) { a.Phone = "" }},
		"a phone alone is enough":                   {change: func(a *domain.Address) { a.Email = "" }},
		"an odd phone does not matter beside email": {change: func(a *domain.Address) { a.Phone = "ask planted neighbour" }},
		"an odd phone alone is no contact": {
			change: func(a *domain.Address) { a.Email, a.Phone = "", "planted" }, want: []string{"address_invalid phone"},
		},
		"a wrong email is told even beside a phone": {
			change: func(a *domain.Address) { a.Email = "planted.at.home" }, want: []string{"address_invalid email"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := goodAddress()
			tt.change(&a)
			country := tt.country
			if country == "" {
				country = "GB"
			}
			var got []string
			problems := a.Problems(country)
			for _, p := range problems {
				got = append(got, p.Code+" "+p.Field)
				require.Empty(t, p.Value)
				require.Contains(t, p.Message, "shipping address: ")
				require.Contains(t, p.Message, "correct it on the order in Centra, then press retry")
			}
			require.Equal(t, tt.want, got)
			for _, personal := range []string{"lanted", "PLANTED", "Zzyzx", "zzyzx", "Quixotic", "Brobdingnag", "SW1A", "7946"} {
				require.NotContains(t, fmt.Sprint(problems), personal)
			}
		})
	}
}

func TestPostcodeMessageNamesTheCountryAndTheRemedy(t *testing.T) {
	t.Parallel()
	a := goodAddress()
	a.Postcode = "12345"
	require.Equal(t, []domain.Refusal{{
		Code: domain.CodePostcodeInvalid, Field: "postcode",
		Message: "shipping address: postcode is not a valid GB postcode; correct it on the order in Centra, then press retry",
	}}, a.Problems("GB"))
}
