package acs

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
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
		text := strings.ToLower(fmt.Sprintf("%s %+v", got, got.Problems))
		for _, value := range []string{"quillfeather", "larkspindle way", "thistlebourne", "ml1 4gp", "7700 900987"} {
			require.NotContains(t, text, value)
		}
		require.NotEqual(t, fault.Kind(""), got.Kind)
	})
}
