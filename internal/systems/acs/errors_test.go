package acs

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/systems/acs/gen"
)

// FuzzRefusal: whatever stands in an error body, a fault comes out that has a kind
// and does not hold the customer. It is inside the package because no server is
// needed to try a million bodies.
func FuzzRefusal(f *testing.F) {
	for _, body := range []string{
		`{"code":"order_rejected","errors":[{"code":"x","pointer":"/deliverTo/lastName","message":"Quillfeather","value":"Quillfeather"}]}`,
		`{"code":"Quillfeather","detail":"Quillfeather","errors":{}}`, `{"errors":[1,null,"Quillfeather",{"allowed":["Quillfeather"]}]}`,
		`<p>Quillfeather`, ``, `null`, `{"errors":[{"code":"x","message":"QUILLFEATHER, +44 7700 900987"}]}`,
		`{"errors":[{"code":"quillfeather","attribute":"Quillfeather","pointer":"/Quillfeather"}]}`,
		`{"errors":[{"code":"x","message":"QUİLLFEATHER, quıllfeather, 12345 77 Larkspindle Way","allowed":["larkspindle","way","good"]}]}`,
		`{"errors":[{"code":"x","message":"no Larkspindle in Thistle-Thistlebourne, x@77 Larkspindle Way","pointer":"/deliverTo/Larkspindle"}]}`,
	} {
		for _, status := range []int{400, 409, 422, 500} {
			f.Add(status, body)
		}
	}
	request, err := toOrder("BRANDX", domain.Consignment{
		Number: "1", Service: "RM48", Currency: "GBP", OrderDate: "2026-03-02",
		Lines: []domain.ConsignmentLine{{Line: "1", SKU: "A", Quantity: 1, Attributes: map[string]string{"itemCondition": "new"}}},
	}, domain.Address{LastName: "Quillfeather", Line1: "77 Larkspindle Way", City: "Thistlebourne", Postcode: "ML1 4GP", Country: "GB", Phone: "+44 7700 900987"})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, status int, body string) {
		got := refusal(call{op: "PUT order", subject: subjectOf(request)}, status, http.Header{}, []byte(body), time.Time{})
		require.NotEmpty(t, got.Kind)
		texts := []string{got.Error(), got.Code}
		for _, p := range got.Problems {
			texts = append(append(texts, p.Code, p.Field, p.Line, p.SKU, p.Attribute, p.Value, p.Message), p.Allowed...)
		}
		for _, text := range texts {
			for _, value := range []string{"quillfeather", "larkspindle", "thistlebourne", "ml1 4gp", "7700 900987"} {
				require.NotContains(t, strings.ToLower(text), value)
			}
		}
	})
}

func TestWordsOfAnAddressAreTakenOutOfASentence(t *testing.T) {
	t.Parallel()
	phone, county := "+44 7700 900987", "Fair"
	s := subjectOf(gen.OrderRequest{DeliverTo: gen.Address{
		LastName: "Quillfeather", Address1: "77 Larkspindle Way", City: "Thistlebourne", Postcode: "ML1 4GP", Phone: &phone, County: &county,
	}})
	for text, want := range map[string]string{
		"no street Larkspindle in Thistlebourne":          "no street [withheld] in [withheld]",
		"order 1000023 77 Larkspindle Way is odd":         "order [withheld] is odd",
		"ask x@77  larkspindle  way, or +44 7700 900987!": "ask [withheld], or [withheld]!",
		"Mr QUİLLFEATHER or Mr quıllfeather's neighbour":  "Mr [withheld] or Mr [withheld]'s neighbour",
		"there is no way to pick 12 of SKU A":             "there is no way to pick 12 of SKU A",
		"ml1  4gp is ml1 4gpx":                            "[withheld] is [withheld]x",
		"":                                                "",
	} {
		require.Equal(t, want, s.clean(text), text)
	}
	require.Equal(t, []string{"fair", "good", "A"}, s.allowed([]string{"fair", "good", "Quillfeather", "A", "a sentence"}), "the contract's own words are nobody's")
}
