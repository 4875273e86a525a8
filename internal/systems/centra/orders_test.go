package centra_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/centra"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestOrdersAreReadIntoTheCanonicalForm(t *testing.T) {
	t.Parallel()
	shop, server := open(t, says(200, file(t, "orders.json")))
	orders, err := shop.Orders(t.Context(), "", []string{"101", "102", "103", "104", "105", "999"})
	require.NoError(t, err)
	require.Equal(t, "Orders", server.ops(), "one request for the whole batch")
	require.Equal(t, "Bearer "+token, server.requests()[0].auth)
	for _, o := range orders {
		require.NoError(t, o.Err)
	}
	var got bytes.Buffer
	encoder := json.NewEncoder(&got)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(orders))
	if *update {
		require.NoError(t, os.WriteFile("testdata/orders.golden.json", got.Bytes(), 0o644))
	}
	require.Equal(t, file(t, "orders.golden.json"), got.String())
}

func TestWhatTheGoldenFileMustShow(t *testing.T) {
	t.Parallel()
	shop, _ := open(t, says(200, file(t, "orders.json")))
	orders := byNumber(t, shop, "", "101", "102", "103", "104", "105")

	full := orders["101"].Order
	require.Equal(t, int64(10050), full.GrandTotal)
	require.Equal(t, int64(450), full.Discount, "positive whatever its sign on the wire")
	require.Equal(t, "2", full.Lines[2].Bundle, "a bundle item belongs to the bundle line before it")
	require.Equal(t, "2", full.Lines[3].Bundle)
	require.True(t, full.WaitingForStock)
	require.Equal(t, map[string]string{"care.origin": "SE", "care.material": "Wool"}, full.Lines[0].Item.Attributes, "the variant wins")
	require.Equal(t, domain.Payment{
		Known: true, Authorized: 10050, Captured: 5000, Refunded: 1000, CapturePending: true,
		Captures: []domain.PaymentEntry{{ID: "3", At: time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC), Amount: 5000, By: "adyen"}},
		Refunds:  []domain.PaymentEntry{{ID: "5", At: time.Date(2026, 11, 4, 8, 0, 0, 0, time.UTC), Amount: 1000, By: "adyen", Return: "901"}},
	}, full.Payment, "what is pending has not moved")
	require.Equal(t, int64(8040), full.NetTotal, "80.3996 is told with more digits than anybody is charged")
	require.Equal(t, "c/o Bo, Floor 2", orders["101"].Personal.Billing.Line2)
	require.Equal(t, "SE", full.Country)

	require.Equal(t, domain.UnknownStatus, orders["102"].Order.Status)
	require.Zero(t, orders["102"].Order.ShippingMethod)
	require.True(t, orders["102"].Order.OnHold)
	require.Equal(t, int64(12000), orders["103"].Order.GrandTotal, "yen has no minor unit")
	require.Equal(t, "outlet", orders["103"].Order.ID.Store)
	require.Equal(t, int64(12345), orders["104"].Order.GrandTotal, "dinar has three digits")
	require.True(t, orders["105"].Order.Wholesale)
	require.Zero(t, orders["105"].Personal, "nobody's address is kept for nothing")
}

func TestOrdersOfAnotherStoreAreAbsent(t *testing.T) {
	t.Parallel()
	shop, _ := open(t, says(200, file(t, "orders.json")))
	orders := byNumber(t, shop, "outlet", "101", "103")
	require.Len(t, orders, 1)
	require.Contains(t, orders, "103")
}

func TestUnreadableOrdersNameFieldValueAndRemedy(t *testing.T) {
	t.Parallel()
	shop, _ := open(t, says(200, file(t, "orders_unreadable.json")))
	orders := byNumber(t, shop, "atelier", "201", "202", "203", "204", "205", "206", "207", "208")
	for number, want := range map[string][]string{
		"201": {"grandTotal", "100.505", "lines[0].unitOriginalPrice", "0.30000000000000004"},
		"202": {"store", "77", "STORES"},
		"203": {"lines[0].__typename", "MysteryOrderLine"},
		"204": {"lines[0]", "bundle"},
		"205": {"XBT", "ISO 4217"},
		"206": {"orderDate"},
		"207": {"lines[0].unitPrice", "SEK"},
		"208": {"MysteryOrder"},
	} {
		err := orders[number].Err
		require.True(t, fault.Is(err, fault.Invalid), "order %s: %v", number, err)
		require.Equal(t, domain.OrderID{Store: "atelier", Number: number}, orders[number].Order.ID)
		for _, part := range append(want, "order "+number) {
			require.ErrorContains(t, err, part)
		}
	}
}

func TestOneUnreadableAnswerSpoilsOneOrderOnly(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"a field of the wrong type":      file(t, "order_misfit.json"),
		"a resolver that fails":          `{"errors":[{"message":"Internal stuff","path":["orders",0,"market"]}],"data":null}`,
		"an answer larger than we read ": strings.Repeat(" ", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain := file(t, "order_plain.json")
			shop, server := open(t, func(w http.ResponseWriter, r request) {
				var v struct{ Numbers []int }
				if json.Unmarshal(r.Variables, &v) != nil {
					return
				}
				body := `{"data":{"orders":[]}}`
				for _, n := range v.Numbers {
					switch n {
					case 302:
						body = plain
					case 301:
						_, _ = io.WriteString(w, bad)
						return
					}
				}
				_, _ = io.WriteString(w, body)
			}, func(c *centra.Config, _ *centra.Options) { c.MaxAnswer = 1 << 18 })
			orders := byNumber(t, shop, "atelier", "300", "301", "302", "303", "304")
			require.Len(t, orders, 2)
			require.NoError(t, orders["302"].Err)
			require.True(t, fault.Is(orders["301"].Err, fault.Invalid))
			require.LessOrEqual(t, len(server.requests()), 9)
		})
	}
}

func TestBadQuestionsAreRefusedBeforeTheyAreAsked(t *testing.T) {
	t.Parallel()
	shop, server := open(t, says(500, ""))
	_, err := shop.Orders(t.Context(), "atelier", make([]string, 51))
	require.True(t, fault.Is(err, fault.Invalid))
	_, err = shop.Orders(t.Context(), "nowhere", []string{"1"})
	require.True(t, fault.Is(err, fault.Misconfigured))
	require.ErrorContains(t, err, "STORES")
	orders := byNumber(t, shop, "atelier", "12a", "0", "-3", "007")
	require.Len(t, orders, 4)
	for _, o := range orders {
		require.True(t, fault.Is(o.Err, fault.Invalid))
	}
	require.Empty(t, server.requests())
}

func TestOrderAttributesAreReadWhenNamedOnly(t *testing.T) {
	t.Parallel()
	shop, server := open(t, says(200, `{"data":{"orders":[]}}`))
	byNumber(t, shop, "atelier", "1")
	require.JSONEq(t, `{"numbers":[1],"limit":1,"attributes":[],"withAttributes":false}`, server.variables("Orders"))

	shop, server = open(t, says(200, `{"data":{"orders":[]}}`), func(c *centra.Config, _ *centra.Options) { c.OrderAttributes = []string{"delivery"} })
	byNumber(t, shop, "atelier", "1")
	require.JSONEq(t, `{"numbers":[1],"limit":1,"attributes":["delivery"],"withAttributes":true}`, server.variables("Orders"))
}

func TestUpdatedOrdersFollowTheCursor(t *testing.T) {
	t.Parallel()
	shop, server := open(t, func(w http.ResponseWriter, r request) {
		next := `"pageInfo":{"hasNextPage":true,"endCursor":"c1"}`
		if strings.Contains(string(r.Variables), "c1") {
			next = `"pageInfo":{"hasNextPage":false,"endCursor":"c2"}`
		}
		_, _ = io.WriteString(w, `{"data":{"orderConnection":{"edges":[{"node":{"__typename":"WholesaleOrder","number":7,"updatedAt":"2026-11-02T11:00:00+01:00","store":{"id":2}}}],`+next+`}}}`)
	})
	since := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	refs, next, err := shop.UpdatedOrders(t.Context(), "", since, "")
	require.NoError(t, err)
	require.Equal(t, "c1", next)
	require.Equal(t, []ports.ShopOrderRef{{ID: domain.OrderID{Store: "outlet", Number: "7"}, UpdatedAt: since.Add(time.Hour), Wholesale: true}}, refs)
	require.JSONEq(t, `{"from":"2026-11-02T09:00:00Z","stores":[1,2],"first":100}`, server.variables("UpdatedOrders"))
	_, next, err = shop.UpdatedOrders(t.Context(), "outlet", since, next)
	require.NoError(t, err)
	require.Empty(t, next)
	require.JSONEq(t, `{"from":"2026-11-02T09:00:00Z","stores":[2],"first":100,"after":"c1"}`, server.variables("UpdatedOrders"))
}

// byNumber reads orders and gives them by number.
func byNumber(t *testing.T, shop *centra.Shop, store string, numbers ...string) map[string]ports.ShopOrder {
	t.Helper()
	orders, err := shop.Orders(context.Background(), store, numbers)
	require.NoError(t, err)
	found := map[string]ports.ShopOrder{}
	for _, o := range orders {
		found[o.Order.ID.Number] = o
	}
	return found
}
