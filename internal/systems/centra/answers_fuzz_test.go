package centra_test

import (
	"encoding/json"
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
// page that is full would else be followed by itself for ever. Where the list of
// warehouses only leads to what is asked for, it is answered beforehand.
type once struct {
	body  string
	leads bool
	told  bool
}

func (o *once) Do(r *http.Request) (*http.Response, error) {
	var asked request
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return nil, err
	}
	body := `{"data":{}}`
	switch {
	case o.leads && asked.Op == "Warehouses":
		body = `{"data":{"warehouses":[{"id":1,"name":"Leeds","stockMaster":"EXTERNAL"}]}}`
	case !o.told:
		o.told, body = true, o.body
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// reads are all that is asked of Centra without changing anything, apart from the orders
// themselves, and the writes whose answers are read. Each demands of what it read what
// must hold of it.
var reads = []struct {
	seed       string
	ask        func(t *testing.T, shop *centra.Shop) error
	warehouses bool // the answer is the list of warehouses itself
}{
	{
		seed: `{"orderConnection":{"pageInfo":{"hasNextPage":true,"endCursor":"c"},"edges":[{"node":{"__typename":"DirectToConsumerOrder","number":1,"updatedAt":"2026-03-02T10:00:00+00:00","store":{"id":1}}}]}}`,
		ask: func(t *testing.T, shop *centra.Shop) error {
			_, next, err := shop.UpdatedOrders(t.Context(), "atelier", time.Unix(0, 0), "c")
			require.NotEqual(t, "c", next, "a page that names itself as the next would be read for ever")
			return err
		},
	},
	{
		seed: `{"events":[{"id":1,"objectType":"Order","objectReference":"101","changeType":"UPDATED","createdAt":"2026-03-02T10:00:00+00:00","store":{"id":1}}]}`,
		ask: func(t *testing.T, shop *centra.Shop) error {
			events, err := shop.Events(t.Context(), 10)
			for _, e := range events {
				require.NotEmpty(t, e.ID)
			}
			return err
		},
	},
	{
		seed: `{"returns":[{"id":4,"returnStatus":"COMPLETED","externalId":"atelier/1/r1","createdAt":"2026-03-02T10:00:00+00:00","store":{"id":1},"order":{"number":1},"shipment":{"id":7},"grandTotal":{"value":39.9,"currency":{"code":"GBP"}},"lines":[{"quantity":1,"orderLine":{"id":1}}],"refundPaymentHistory":[]}]}`,
		ask: func(t *testing.T, shop *centra.Shop) error {
			returns, err := shop.OrderReturns(t.Context(), domain.Order{ID: domain.OrderID{Store: "atelier", Number: "1"}, ShopRef: "x"})
			for _, r := range returns {
				requireReturn(t, r)
			}
			return err
		},
	},
	{
		seed: `{"createReturn":{"userErrors":[],"userWarnings":[],"return":{"id":4,"returnStatus":"PENDING","createdAt":"2026-03-02T10:00:00+00:00","store":{"id":1},"order":{"number":1},"shipment":{"id":7},"grandTotal":{"value":39.9,"currency":{"code":"GBP"}},"lines":[]}}}`,
		ask: func(t *testing.T, shop *centra.Shop) error {
			r, err := shop.CompleteReturn(t.Context(), "4", true)
			if err == nil {
				requireReturn(t, r)
			}
			return err
		},
	},
	{seed: `{"refundReturn":{"userErrors":[{"message":"no","path":["a"]}],"return":null}}`, ask: func(t *testing.T, shop *centra.Shop) error {
		w, err := shop.RefundReturn(t.Context(), "4", false)
		if err == nil {
			requireReturn(t, w.Return)
		}
		return err
	}},
	{seed: `{"shippingOptions":[{"id":1,"name":"Standard","uri":"standard","status":"ACTIVE"}]}`, ask: func(t *testing.T, shop *centra.Shop) error {
		_, err := shop.Methods(t.Context())
		return err
	}},
	{seed: `{"markets":[{"id":1,"name":"UK","store":{"id":1},"assignedToCountries":[{"code":"GB"}]}]}`, ask: func(t *testing.T, shop *centra.Shop) error {
		_, err := shop.Markets(t.Context())
		return err
	}},
	{seed: `{"products":[{"id":1,"name":"Coat","productNumber":"C","isBundle":false,"updatedAt":"2026-03-02T10:00:00+00:00","brand":{"name":"S"},"attributes":[{"type":{"name":"acs"},"elements":[{"key":"grade","value":"A"}]}],"variants":[{"id":2,"name":"Blue","status":"ACTIVE","attributes":[],"productSizes":[{"id":3,"SKU":"A","EAN":"5012345678900","size":{"name":"M"},"stock":[{"freeToAllocateQuantity":1,"warehouse":{"name":"Leeds"}}]}]}]}]}`, ask: func(t *testing.T, shop *centra.Shop) error {
		_, _, err := shop.Catalogue(t.Context(), time.Unix(0, 0), "")
		return err
	}},
	{
		seed: `{"orders":[{"__typename":"DirectToConsumerOrder","number":1,"status":"CONFIRMED","updatedAt":"2026-03-02T10:00:00+00:00","lines":[{"__typename":"ProductOrderLine","quantity":1}]}]}`,
		ask: func(t *testing.T, shop *centra.Shop) error {
			orders, _, err := shop.CountOrders(t.Context(), "atelier", time.Unix(0, 0), time.Unix(9, 0), "")
			for _, o := range orders {
				require.NotEmpty(t, o.Status)
			}
			return err
		},
	},
	{seed: `{"warehouses":[{"id":1,"name":"Leeds","stockMaster":"EXTERNAL"}]}`, warehouses: true, ask: func(t *testing.T, shop *centra.Shop) error {
		_, err := shop.Warehouses(t.Context())
		return err
	}},
	{
		seed: `{"warehouses":[{"id":1,"name":"Leeds","stockMaster":"EXTERNAL","threshold":2,"part1":[{"freeToAllocateQuantity":4,"physicalQuantity":5,"productSize":{"id":1,"productVariant":{"stockOffset":1}}}]}],"orders1":[{"number":1,"store":{"id":1},"lines":[{"id":7,"productSize":{"id":1},"allocations":[{"id":8,"quantity":1,"warehouse":{"id":1}}]}],"shipments":[{"isGoodToGo":true,"isPaid":true,"isShipped":true,"lines":[{"quantity":1,"orderLine":{"id":7},"allocations":[{"id":9,"quantity":1,"warehouse":{"id":1},"orderLine":{"id":7}}]}]}]}]}`,
		ask: func(t *testing.T, shop *centra.Shop) error {
			stock, err := shop.ReadStock(t.Context(), "Leeds", []string{"1"}, []domain.OrderID{{Store: "atelier", Number: "1"}})
			for _, z := range stock.Sizes {
				require.NotEmpty(t, z.Size)
				require.False(t, z.Torn, "one reading cannot be torn")
			}
			for _, l := range stock.Lines {
				require.Equal(t, "1", l.Size, "nothing else was asked for")
			}
			return err
		},
	},
	{seed: `{"warehouses":[{"id":1,"name":"Leeds","part1":[{"freeToAllocateQuantity":4,"physicalQuantity":5,"productSize":{"id":1}}],"part5":[]}]}`, ask: func(t *testing.T, shop *centra.Shop) error {
		_, next, err := shop.ListStock(t.Context(), "Leeds", "6")
		require.NotEqual(t, "6", next, "a page that names itself as the next would be read for ever")
		return err
	}},
	{seed: `{"part1":[{"id":1,"SKU":"A","EAN":"5012345678900","UPC":null,"productVariant":{"stockOffset":2}}],"part5":[]}`, ask: func(t *testing.T, shop *centra.Shop) error {
		sizes, _, err := shop.Sizes(t.Context(), time.Time{}, "")
		for _, z := range sizes {
			require.NotEmpty(t, z.ID)
		}
		return err
	}},
	{seed: `{"productSizes":[{"id":1,"SKU":"A"}]}`, ask: func(t *testing.T, shop *centra.Shop) error {
		_, _, err := shop.Sizes(t.Context(), time.Unix(0, 0), "")
		return err
	}},
	{seed: `{"part1":[{"id":1,"EAN":"5012345678900"}]}`, ask: func(t *testing.T, shop *centra.Shop) error {
		_, err := shop.SizesByEAN(t.Context(), []string{"5012345678900"})
		return err
	}},
	{seed: `{"changeStock":{"userErrors":[{"message":"size 1 is odd","path":["input","productSizes",0]}],"stockChange":null}}`, ask: func(t *testing.T, shop *centra.Shop) error {
		return shop.ChangeStock(t.Context(), ports.StockChange{Warehouse: "Leeds", Sizes: []domain.SizeUnits{{Size: "1", Units: 1}}})
	}},
	{seed: `{"createShipment":{"userErrors":[],"shipment":{"id":7}}}`, ask: func(t *testing.T, shop *centra.Shop) error {
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
	f.Add(uint8(2), `{"data":{"returns":[{"id":4,"returnStatus":"PENDING","createdAt":"2026-03-02T10:00:00+00:00","store":{"id":1},"order":{"number":1},"shipment":{"id":7},"grandTotal":{"value":1,"currency":{"code":"GBP"}},"lines":[{"quantity":9223372036854775807,"orderLine":{"id":1}}],"refundPaymentHistory":[{"id":1,"createdAt":"2026-03-02T10:00:00Z","status":"SUCCESS","entryType":"REFUND","value":{"value":-92233720368547758.08,"currency":{"code":"GBP"}}}]}]}}`)
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		read := reads[int(which)%len(reads)]
		doer := &once{body: body, leads: !read.warehouses}
		shop, err := centra.New(centra.Config{BaseURL: "http://centra.test", Token: token, Stores: centra.Stores{1: "atelier"}}, centra.Options{Doer: doer})
		require.NoError(t, err)
		err = read.ask(t, shop)
		require.True(t, doer.told, "the answer was never read")
		if err == nil {
			return
		}
		_, ok := fault.As(err)
		require.True(t, ok, "%v", err)
		require.False(t, strings.Contains(err.Error(), token))
	})
}
