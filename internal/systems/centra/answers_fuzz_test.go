package centra_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/centra"
)

// once answers the first request with a body, and every further one with no data: a
// page that is full would else be followed by itself for ever.
type once struct {
	body string
	told bool
}

func (o *once) Do(*http.Request) (*http.Response, error) {
	body := `{"data":{}}`
	if !o.told {
		o.told, body = true, o.body
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// reads are all that is asked of Centra without changing anything, apart from the orders
// themselves, and the writes whose answers are read. Each demands of what it read what
// must hold of it.
var reads = []struct {
	seed string
	ask  func(t *testing.T, shop *centra.Shop) error
}{
	{
		`{"orderConnection":{"pageInfo":{"hasNextPage":true,"endCursor":"c"},"edges":[{"node":{"__typename":"DirectToConsumerOrder","number":1,"updatedAt":"2026-03-02T10:00:00+00:00","store":{"id":1}}}]}}`,
		func(t *testing.T, shop *centra.Shop) error {
			_, next, err := shop.UpdatedOrders(t.Context(), "atelier", time.Unix(0, 0), "c")
			require.NotEqual(t, "c", next, "a page that names itself as the next would be read for ever")
			return err
		},
	},
	{
		`{"events":[{"id":1,"objectType":"Order","objectReference":"101","changeType":"UPDATED","createdAt":"2026-03-02T10:00:00+00:00","store":{"id":1}}]}`,
		func(t *testing.T, shop *centra.Shop) error {
			events, err := shop.Events(t.Context(), 10)
			for _, e := range events {
				require.NotEmpty(t, e.ID)
			}
			return err
		},
	},
	{
		`{"returns":[{"id":4,"returnStatus":"COMPLETED","externalId":"atelier/1/r1","createdAt":"2026-03-02T10:00:00+00:00","store":{"id":1},"order":{"number":1},"shipment":{"id":7},"grandTotal":{"value":39.9,"currency":{"code":"GBP"}},"lines":[{"quantity":1,"orderLine":{"id":1}}],"refundPaymentHistory":[]}]}`,
		func(t *testing.T, shop *centra.Shop) error {
			returns, err := shop.OrderReturns(t.Context(), domain.Order{ID: domain.OrderID{Store: "atelier", Number: "1"}, ShopRef: "x"})
			for _, r := range returns {
				requireReturn(t, r)
			}
			return err
		},
	},
	{
		`{"createReturn":{"userErrors":[],"userWarnings":[],"return":{"id":4,"returnStatus":"PENDING","createdAt":"2026-03-02T10:00:00+00:00","store":{"id":1},"order":{"number":1},"shipment":{"id":7},"grandTotal":{"value":39.9,"currency":{"code":"GBP"}},"lines":[]}}}`,
		func(t *testing.T, shop *centra.Shop) error {
			r, err := shop.CompleteReturn(t.Context(), "4", true)
			if err == nil {
				requireReturn(t, r)
			}
			return err
		},
	},
	{`{"refundReturn":{"userErrors":[{"message":"no","path":["a"]}],"return":null}}`, func(t *testing.T, shop *centra.Shop) error {
		w, err := shop.RefundReturn(t.Context(), "4", false)
		if err == nil {
			requireReturn(t, w.Return)
		}
		return err
	}},
	{`{"shippingOptions":[{"id":1,"name":"Standard","uri":"standard","status":"ACTIVE"}]}`, func(t *testing.T, shop *centra.Shop) error {
		_, err := shop.Methods(t.Context())
		return err
	}},
	{`{"markets":[{"id":1,"name":"UK","store":{"id":1},"assignedToCountries":[{"code":"GB"}]}]}`, func(t *testing.T, shop *centra.Shop) error {
		_, err := shop.Markets(t.Context())
		return err
	}},
	{`{"products":[]}`, func(t *testing.T, shop *centra.Shop) error {
		_, _, err := shop.Catalogue(t.Context(), time.Unix(0, 0), "")
		return err
	}},
	{
		`{"orders":[{"__typename":"DirectToConsumerOrder","number":1,"status":"CONFIRMED","updatedAt":"2026-03-02T10:00:00+00:00","lines":[{"__typename":"ProductOrderLine","quantity":1}]}]}`,
		func(t *testing.T, shop *centra.Shop) error {
			orders, _, err := shop.CountOrders(t.Context(), "atelier", time.Unix(0, 0), time.Unix(9, 0), "")
			for _, o := range orders {
				require.NotEmpty(t, o.Status)
			}
			return err
		},
	},
	{`{"warehouses":[{"id":1,"name":"Leeds","stockMaster":"EXTERNAL"}]}`, func(t *testing.T, shop *centra.Shop) error {
		_, err := shop.Warehouses(t.Context())
		return err
	}},
	{`{"warehouses":[{"id":1,"name":"Leeds","stockMaster":"EXTERNAL","part1":[]}]}`, func(t *testing.T, shop *centra.Shop) error {
		_, err := shop.ReadStock(t.Context(), "Leeds", []string{"1"}, nil)
		return err
	}},
	{`{"warehouses":[{"id":1,"name":"Leeds","stock":[]}]}`, func(t *testing.T, shop *centra.Shop) error {
		_, next, err := shop.ListStock(t.Context(), "Leeds", "")
		require.True(t, err == nil || next == "")
		return err
	}},
	{`{"productSizes":[{"id":1}]}`, func(t *testing.T, shop *centra.Shop) error {
		_, _, err := shop.Sizes(t.Context(), time.Time{}, "")
		return err
	}},
	{`{"productSizes":[]}`, func(t *testing.T, shop *centra.Shop) error {
		_, err := shop.SizesByEAN(t.Context(), []string{"5012345678900"})
		return err
	}},
	{`{"createShipment":{"userErrors":[],"shipment":{"id":7}}}`, func(t *testing.T, shop *centra.Shop) error {
		_, err := shop.CompleteShipment(t.Context(), "7", ports.ShipmentDraft{Order: domain.OrderID{Store: "atelier", Number: "1"}})
		return err
	}},
}

func requireReturn(t *testing.T, r domain.ShopReturn) {
	t.Helper()
	require.NotEmpty(t, r.ID)
	_, ok := domain.MinorUnits(r.Currency)
	require.True(t, ok, "%q", r.Currency)
	require.GreaterOrEqual(t, r.Refunded, int64(0))
	for _, l := range r.Lines {
		require.NotEmpty(t, l.Line)
		require.Positive(t, l.Quantity)
	}
}

// FuzzAnswers: whatever Centra answers to whatever we ask, it is read whole, or it is a
// fault that does not hold the token.
func FuzzAnswers(f *testing.F) {
	for n, r := range reads {
		f.Add(uint8(n), `{"data":`+r.seed+`,"extensions":{"complexity":7}}`)
		f.Add(uint8(n), `{"data":{},"errors":null}`)
	}
	f.Add(uint8(0), `{"data":null,"errors":[{"message":"no","extensions":{"category":"authorization"},"path":[1,"a"]}]}`)
	f.Add(uint8(0), `{"data":{"orderConnection":{"pageInfo":{"hasNextPage":true},"edges":[{"node":null},null]}}}`)
	f.Add(uint8(2), `{"data":{"returns":[{"id":4,"returnStatus":"LOST","grandTotal":{"value":1e99,"currency":{"code":"XXX"}},"lines":[{"quantity":-7}]}]}}`)
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		shop, err := centra.New(centra.Config{BaseURL: "http://centra.test", Token: token, Stores: centra.Stores{1: "atelier"}}, centra.Options{Doer: &once{body: body}})
		require.NoError(t, err)
		err = reads[int(which)%len(reads)].ask(t, shop)
		if err == nil {
			return
		}
		_, ok := fault.As(err)
		require.True(t, ok, "%v", err)
		require.False(t, strings.Contains(err.Error(), token))
	})
}
