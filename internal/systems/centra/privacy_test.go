package centra_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
)

// planted are values of a customer that occur nowhere else.
var planted = []string{
	"Zebulonia", "Quistgård", "Ödlegränd 47b", "Ödlegränd", "SW1A 1AA", "98765", "zeb.quist@planted.example", "planted.example",
	"+46 70 123 45 67", "0701234567", "O’Quistley", "Vättnäs", "dør 3 tv",
}

// leaks are messages as systems write them.
func leaks() []string {
	return []string{
		"Cannot capture payment for " + planted[0] + " " + planted[1] + ", " + planted[2] + ", " + planted[4] + " " + planted[11],
		"Customer " + planted[6] + " (" + planted[8] + " / " + planted[9] + ") is blocked",
		"Address invalid: " + planted[12] + ", postcode " + planted[5] + ", name=" + planted[10] + "; e-mail <" + planted[6] + ">",
		strings.Join(planted, "|"), strings.Join(planted, "_"),
	}
}

func requireClean(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for _, p := range append([]string{"Quist", "zeb", "planted", "0701234", "123 45 67"}, planted...) {
			require.NotContains(t, strings.ToLower(text), strings.ToLower(p))
		}
	}
}

func TestNoMessageOfCentraBringsAPersonIntoAnError(t *testing.T) {
	t.Parallel()
	for i, leak := range leaks() {
		quoted, err := json.Marshal(leak)
		require.NoError(t, err)
		for layer, body := range map[string]string{
			"userErrors": fmt.Sprintf(`{"data":{"updateDirectToConsumerOrder":{"userErrors":[{"message":%[1]s,"path":["input",%[1]s]}],"userWarnings":[]}}}`, quoted),
			"errors":     fmt.Sprintf(`{"errors":[{"message":%[1]s,"path":[%[1]s],"extensions":{"category":"graphql"}}]}`, quoted),
			"permission": fmt.Sprintf(`{"errors":[{"message":%[1]s,"extensions":{"category":"authorization"}}]}`, quoted),
			"data":       fmt.Sprintf(`{"data":{"updateDirectToConsumerOrder":%s}}`, quoted),
			"no JSON":    leak,
		} {
			for _, status := range []int{200, 400, 403, 429, 500} {
				shop, _ := open(t, says(status, body))
				err := hold(t.Context(), shop)
				require.Error(t, err, "%s %d", layer, i)
				requireClean(t, err.Error(), fmt.Sprintf("%+v", err))
				f, ok := fault.As(err)
				require.True(t, ok)
				raw, _ := json.Marshal(f.Problems)
				requireClean(t, string(raw))
			}
		}
	}
}

func TestWarningsAreCleanToo(t *testing.T) {
	t.Parallel()
	quoted, err := json.Marshal(leaks()[0])
	require.NoError(t, err)
	shop, _ := open(t, script(map[string]string{"CreateShipment": `{"data":{"createShipment":{"shipment":` + shipmentJSON(true, true) + `,"userErrors":[],"userWarnings":[{"message":` + string(quoted) + `,"path":null}]}}}`}))
	write, err := shop.CreateShipment(t.Context(), draft())
	require.NoError(t, err)
	require.Len(t, write.Warnings, 1)
	require.Contains(t, write.Warnings[0], "Cannot capture payment for [withheld]")
	requireClean(t, write.Warnings...)
}

func TestAnUnreadableOrderDoesNotTellWhoseItIs(t *testing.T) {
	t.Parallel()
	body := strings.NewReplacer("Ada", planted[0], `"Planted"`, `"`+planted[1]+`"`, "1 Example Row", planted[2], "ada@example.test", planted[6], "+46700000000", planted[8]).
		Replace(file(t, "orders_unreadable.json"))
	require.Contains(t, body, planted[6])
	shop, _ := open(t, says(200, body))
	for _, o := range byNumber(t, shop, "atelier", "201", "202", "203", "204", "205", "206", "207", "208") {
		require.Error(t, o.Err)
		require.Zero(t, o.Personal)
		requireClean(t, o.Err.Error(), fmt.Sprintf("%+v", o))
	}
	shop, _ = open(t, says(200, strings.Replace(body, `"firstName": "`+planted[0]+`"`, `"firstName": ["`+planted[0]+`"]`, 1)))
	for _, o := range byNumber(t, shop, "atelier", "201") {
		require.Error(t, o.Err)
		requireClean(t, o.Err.Error())
	}
}

func TestACanonicalOrderHoldsNoPerson(t *testing.T) {
	t.Parallel()
	shop, _ := open(t, says(200, strings.ReplaceAll(file(t, "orders.json"), `"Ada"`, `"`+planted[0]+`"`)))
	seen := 0
	for _, o := range byNumber(t, shop, "", "101", "102", "103", "104", "105") {
		raw, err := json.Marshal(o.Order)
		require.NoError(t, err)
		requireClean(t, string(raw), fmt.Sprintf("%v %#v", o.Personal, o.Personal))
		if o.Personal.Delivery.FirstName == planted[0] {
			seen++
		}
	}
	require.Equal(t, 3, seen, "and the person stands where it belongs")
}

func TestOrdinaryRefusalsStayReadable(t *testing.T) {
	t.Parallel()
	for _, message := range []string{
		"Order 7 is on hold and cannot be shipped",
		"Quantity 3 of order line 11 exceeds the unshipped quantity 2",
		"You need the \"Order.shippingAddress:read\" permission to access the \"shippingAddress\" field",
		"Shipment is not good to go", "Insufficient stock in warehouse", "Capture failed: the payment was declined",
	} {
		shop, _ := open(t, func(w http.ResponseWriter, _ request) {
			quoted, _ := json.Marshal(message)
			_, _ = io.WriteString(w, `{"data":{"updateDirectToConsumerOrder":{"userErrors":[{"message":`+string(quoted)+`,"path":["input","cancelLines","0"]}],"userWarnings":[]}}}`)
		})
		err := shop.CancelLines(t.Context(), order7, []domain.LineQuantity{{Line: "11", Quantity: 1}}, "x")
		require.ErrorContains(t, err, message)
	}
}
