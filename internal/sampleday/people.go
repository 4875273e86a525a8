package sampleday

import (
	"fmt"
	"math/rand/v2"

	"github.com/brianvoe/gofakeit/v7"
)

// person is a customer with an address that every warehouse takes.
type person struct {
	first, last, email, phone       string
	street, city, postcode, country string
	// planted stand in the names and the street, and nowhere else
	planted []string
}

// people makes customers whose values appear nowhere else.
type people struct {
	fake  *gofakeit.Faker
	r     *rand.Rand
	count int
	all   []person
}

func newPeople(seed uint64) *people {
	return &people{fake: gofakeit.NewFaker(rand.NewPCG(seed, 0x70656f706c65), false), r: rand.New(rand.NewPCG(seed, 0x61646472657373))}
}

// syllables spell a number so that it reads like a name and is unlike any word of the day.
func syllables(n int) string {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	out := ""
	for range 4 {
		s := n % (len(consonants) * len(vowels))
		n /= len(consonants) * len(vowels)
		out += string(consonants[s/len(vowels)]) + string(vowels[s%len(vowels)])
	}
	return out
}

// in makes a new customer in a country; an empty country leaves the country out.
func (p *people) in(country string) person {
	p.count++
	token := syllables(p.count*7919 + 104729) // far apart, so that neighbours look different
	to := person{country: country, planted: []string{"Zq" + token, "Wx" + token, "Yk" + token}}
	to.first = p.fake.FirstName() + " " + to.planted[0]
	to.last = p.fake.LastName() + "-" + to.planted[1]
	to.email = "zq" + token + "@customers.example"
	where := places[country]
	to.phone = fmt.Sprintf("+%s7%d", where.dial, 10_000_000+p.count)
	if where.dial == "44" { // a digit more than elsewhere
		to.phone = fmt.Sprintf("+447%d", 100_000_000+p.count)
	}
	to.street = fmt.Sprintf("%d %s Street", 1+p.r.IntN(120), to.planted[2])
	to.city = where.cities[p.r.IntN(len(where.cities))]
	to.postcode = where.postcode(p.r)
	p.all = append(p.all, to)
	return to
}

// secrets are the values to search for.
func (p *people) secrets() []string {
	var out []string
	for _, to := range p.all {
		out = append(append(out, to.planted...), to.email, to.phone)
	}
	return out
}

// place is how people of a country write addresses.
type place struct {
	name, dial string
	cities     []string
	postcode   func(*rand.Rand) string
	eu         bool
}

// digits makes a postcode from a pattern: 9 is a digit, 1 a digit that is not 0,
// A a letter that all postcodes know; the rest stands for itself.
func digits(pattern string) func(*rand.Rand) string {
	return func(r *rand.Rand) string {
		out := []byte(pattern)
		for i, c := range out {
			switch c {
			case '9':
				out[i] = byte('0' + r.IntN(10))
			case '1':
				out[i] = byte('1' + r.IntN(9))
			case 'A':
				out[i] = "ABDEFGHJLNPQRSTUWXYZ"[r.IntN(20)]
			}
		}
		return string(out)
	}
}

// british postcodes begin with an area that exists.
func british(r *rand.Rand) string {
	areas := []string{"EH", "LS", "BS", "YO", "CB", "NE", "SW", "G", "M", "B", "L"}
	return areas[r.IntN(len(areas))] + digits("1 9AA")(r)
}

var places = map[string]place{
	"GB": {"United Kingdom", "44", []string{"Edinburgh", "Leeds", "Bristol", "York", "Cambridge"}, british, false},
	"SE": {"Sweden", "46", []string{"Stockholm", "Malmö", "Uppsala"}, digits("199 99"), true},
	"NO": {"Norway", "47", []string{"Oslo", "Bergen"}, digits("1999"), false},
	"DK": {"Denmark", "45", []string{"Aarhus", "Odense"}, digits("1999"), true},
	"FI": {"Finland", "358", []string{"Helsinki", "Turku"}, digits("19999"), true},
	"DE": {"Germany", "49", []string{"Hamburg", "Leipzig", "Bremen"}, digits("19999"), true},
	"FR": {"France", "33", []string{"Lyon", "Nantes", "Lille"}, digits("79999"), true},
	"NL": {"Netherlands", "31", []string{"Utrecht", "Leiden"}, digits("1999 AA"), true},
	"IE": {"Ireland", "353", []string{"Dublin", "Cork"}, digits("D92 A999"), true},
	"ES": {"Spain", "34", []string{"Bilbao", "Valencia"}, digits("29999"), true},
	"JP": {"Japan", "81", []string{"Kyoto", "Sapporo"}, digits("199-9999"), false},
	"KW": {"Kuwait", "965", []string{"Salmiya", "Hawalli"}, digits("19999"), false},
	// More countries, which only published data name.
	"AE": {"United Arab Emirates", "971", []string{"Sharjah"}, digits("99999"), false},
	"AT": {"Austria", "43", []string{"Graz"}, digits("1999"), true},
	"AU": {"Australia", "61", []string{"Hobart"}, digits("1999"), false},
	"BE": {"Belgium", "32", []string{"Ghent"}, digits("1999"), true},
	"BH": {"Bahrain", "973", []string{"Muharraq"}, digits("1999"), false},
	"BR": {"Brazil", "55", []string{"Recife"}, digits("19999-999"), false},
	"CA": {"Canada", "1", []string{"Halifax"}, digits("B1H 1B1"), false},
	"CH": {"Switzerland", "41", []string{"Bern"}, digits("1999"), false},
	"CY": {"Cyprus", "357", []string{"Larnaca"}, digits("1999"), true},
	"CZ": {"Czech Republic", "420", []string{"Brno"}, digits("199 99"), true},
	"GR": {"Greece", "30", []string{"Patras"}, digits("199 99"), true},
	"HK": {"Hong Kong", "852", []string{"Hong Kong"}, digits("999077"), false},
	"IL": {"Israel", "972", []string{"Haifa"}, digits("1999999"), false},
	"IS": {"Iceland", "354", []string{"Akureyri"}, digits("199"), false},
	"IT": {"Italy", "39", []string{"Turin"}, digits("19999"), true},
	"JE": {"Jersey", "44", []string{"St Helier"}, digits("JE2 9AA"), false},
	"LB": {"Lebanon", "961", []string{"Byblos"}, digits("1999"), false},
	"LT": {"Lithuania", "370", []string{"Kaunas"}, digits("19999"), true},
	"MT": {"Malta", "356", []string{"Sliema"}, digits("SLM 1999"), true},
	"PL": {"Poland", "48", []string{"Gdynia"}, digits("19-999"), true},
	"PT": {"Portugal", "351", []string{"Porto"}, digits("1999-999"), true},
	"SA": {"Saudi Arabia", "966", []string{"Jeddah"}, digits("19999"), false},
	"SG": {"Singapore", "65", []string{"Singapore"}, digits("199999"), false},
	"US": {"United States", "1", []string{"Portland"}, digits("19999"), false},
	"ZA": {"South Africa", "27", []string{"Durban"}, digits("1999"), false},
	// No country: what an address without one still has.
	"": {"", "44", []string{"Somewhere"}, digits("19999"), false},
}
