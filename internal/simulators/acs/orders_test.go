package acs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPutOrder(t *testing.T) {
	t.Parallel()
	h := simple(t)
	first := h.create("BX-1", sale())
	require.Equal(t, 201, first.status, "%v", first.body)
	require.Equal(t, `"1"`, first.header.Get("ETag"))
	require.Equal(t, "received", first.body["status"])

	t.Run("neither precondition is 428", func(t *testing.T) {
		require.Equal(t, 428, h.call("PUT", "/orders/BX-1", sale()).status)
	})
	t.Run("other content under the same number is 409", func(t *testing.T) {
		r := h.create("BX-1", sale(line("1", "DRESS", 2)))
		require.Equal(t, 409, r.status)
		require.Equal(t, "order_conflict", r.body["code"])
	})
	t.Run("the same content is a replay whatever the state, nulls and key order aside", func(t *testing.T) {
		h.advance(3 * hour)
		r := h.call("PUT", "/orders/BX-1", `{"comments":null,"lines":[{"quantity":1,"unitPrice":"49.00","itemCondition":"new","sku":"DRESS","lineId":"1"},
			{"lineId":"2","sku":"BELT","quantity":2,"unitPrice":"49.00","itemCondition":"new","giftMessage":null}],"shippingService":"RM48","currency":"GBP","kind":"sale",
			"orderDate":"2026-03-02","account":"BRANDX","deliverTo":{"country":"GB","postcode":"ML1 4GP","city":"Holytown","address1":"6 Example Road","email":"ada@example.com","lastName":"Lennox","firstName":"Ada"}}`,
			"If-None-Match", "*")
		require.Equal(t, 200, r.status)
		require.Equal(t, "true", r.header.Get("Idempotent-Replay"))
		require.Equal(t, "shipped", r.body["status"])
	})
	t.Run("an amendment of a shipped order is too late", func(t *testing.T) {
		etag := h.call("GET", "/orders/BX-1", nil).header.Get("ETag")
		r := h.call("PUT", "/orders/BX-1", sale(), "If-Match", etag)
		require.Equal(t, 409, r.status)
		require.Equal(t, "order_not_amendable", r.body["code"])
	})
	t.Run("an amendment of an unknown order is 404", func(t *testing.T) {
		require.Equal(t, 404, h.call("PUT", "/orders/NONE", sale(), "If-Match", `"1"`).status)
	})
	t.Run("a broken precondition is 400", func(t *testing.T) {
		require.Equal(t, 400, h.call("PUT", "/orders/BX-1", sale(), "If-None-Match", "yes").status)
		require.Equal(t, 400, h.call("PUT", "/orders/BX-1", sale(), "If-Match", "1").status)
	})
}

func TestAmendBeforePicking(t *testing.T) {
	t.Parallel()
	h := simple(t)
	h.created("BX-1", sale())
	amended := with(sale(line("1", "DRESS", 3)), doc{"comments": "leave with the neighbour"})
	r := h.call("PUT", "/orders/BX-1", amended, "If-Match", `"1"`)
	require.Equal(t, 200, r.status, "%v", r.body)
	require.Equal(t, `"2"`, r.header.Get("ETag"))
	require.EqualValues(t, 3, list(r.body["lines"])[0]["quantity"])
	require.Equal(t, 412, h.call("PUT", "/orders/BX-1", amended, "If-Match", `"1"`).status)
	require.Equal(t, 422, h.call("PUT", "/orders/BX-1", with(amended, doc{"shippingService": "X"}), "If-Match", `"2"`).status)
	require.Equal(t, []string{"order.received", "order.amended"}, h.kinds("BX-1"))

	h.advance(3 * hour)
	require.Equal(t, 3, h.state("BX-1").Lines[0].Shipped)
	require.Equal(t, 47, h.bucket("DRESS", "available"))
	require.Equal(t, 50, h.bucket("BELT", "available"))
}

func TestOrderFaultsAreToldAllAtOnce(t *testing.T) {
	t.Parallel()
	seed := brandX()
	bare := garment("BARE")
	bare.ItemCondition, bare.Supplier = "", ""
	off := false
	gone := garment("GONE")
	gone.Active = &off
	worn := garment("WORN")
	worn.ItemCondition = "refurbished"
	seed.Items = append(seed.Items, bare, gone, worn)
	h := seeded(t, seed)

	for name, tt := range map[string]struct {
		order doc
		want  map[string]string
		code  string
	}{
		"an unknown service names the allowed ones": {
			order: with(sale(), doc{"shippingService": "Standard Delivery (UK)"}), want: map[string]string{"/shippingService": "shipping_service_unknown"},
		},
		"service codes are case-sensitive":   {order: with(sale(), doc{"shippingService": "rm48"}), want: map[string]string{"/shippingService": "shipping_service_unknown"}},
		"an inactive service is unavailable": {order: with(sale(), doc{"shippingService": "OLD"}), want: map[string]string{"/shippingService": "shipping_service_unavailable"}},
		"a country the service does not serve, and what customs need": {
			order: with(sale(doc{"lineId": "1", "sku": "DRESS", "quantity": 1}), doc{"deliverTo": doc{"lastName": "B", "address1": "Gata 1", "city": "Lund", "postcode": "222 22", "country": "SE"}}),
			want: map[string]string{
				"/deliverTo/country": "country_not_served", "/lines/0#countryOfOrigin": "item_attribute_missing",
				"/lines/0#commodityCode": "item_attribute_missing", "/lines/0#unitPrice": "item_attribute_missing",
			},
		},
		"every line's own fault": {
			order: sale(line("1", "NOPE", 1), line("1", "DRESS", 1), line("3", "GONE", 1), doc{"lineId": "4", "sku": "BARE", "quantity": 1}, doc{"lineId": "5", "sku": "WORN", "quantity": 1}),
			want: map[string]string{
				"/lines/0/sku": "sku_unknown", "/lines/1/lineId": "line_duplicate", "/lines/2/sku": "sku_inactive", "/lines/3#supplier": "item_attribute_missing",
				"/lines/3#itemCondition": "item_attribute_missing", "/lines/3#grade": "item_attribute_missing", "/lines/4#grade": "item_attribute_missing",
			},
		},
		"the line's condition wins over the item's": {
			order: sale(doc{"lineId": "1", "sku": "DRESS", "quantity": 1, "itemCondition": "good"}), want: map[string]string{"/lines/0#grade": "item_attribute_missing"},
		},
		"a condition outside the list": {
			order: sale(doc{"lineId": "1", "sku": "DRESS", "quantity": 1, "itemCondition": "shiny"}), want: map[string]string{"/lines/0/itemCondition#itemCondition": "item_attribute_invalid"}, code: "any",
		},
		"quantity, postcode and a missing name": {
			order: with(sale(line("1", "DRESS", 0)), doc{"deliverTo": doc{"address1": "6 Example Road", "city": "Holytown", "postcode": "ML1", "country": "GB"}}),
			want:  map[string]string{"/lines/0/quantity": "quantity_invalid", "/deliverTo/postcode": "postcode_invalid", "/deliverTo/lastName": "field_required"},
		},
		"only broken schema is validation_failed": {
			order: with(sale(), doc{"kind": "gift", "orderDate": "2 March"}), want: map[string]string{"/kind": "field_invalid", "/orderDate": "field_invalid"}, code: "validation_failed",
		},
		"a wrong type hides no other fault": {
			order: with(sale(line("1", "NOPE", 1)), doc{"currency": 5}), want: map[string]string{"/currency": "field_invalid", "/lines/0/sku": "sku_unknown"},
		},
		"another account": {order: with(sale(), doc{"account": "OTHER"}), want: map[string]string{"/account": "field_invalid"}},
		"a sale has no dates": {
			order: with(sale(), doc{"dates": doc{"dispatch": "2031-04-28", "delivery": "2031-04-29", "warehouseReturn": "2131-05-05"}}), want: map[string]string{"/dates": "date_window_invalid"},
		},
		"a hire needs dates, a serial and cleaning data": {
			order: with(sale(line("1", "DRESS", 1)), doc{"kind": "hire"}),
			want: map[string]string{
				"/dates": "field_required", "/lines/0#serial": "item_attribute_missing", "/lines/0#careCode": "item_attribute_missing", "/lines/0#fabricComposition": "item_attribute_missing",
			},
		},
		"hire dates run forward from a working day to come": {
			order: with(sale(line("1", "DRESS", 1)), doc{"kind": "hire", "dates": doc{"dispatch": "2020-04-28", "delivery": "2020-04-27", "event": "2020-04-26", "warehouseReturn": "2020-04-01"}}),
			want: map[string]string{
				"/dates/dispatch": "date_in_past", "/dates/delivery": "date_window_invalid", "/dates/event": "date_window_invalid", "/dates/warehouseReturn": "date_window_invalid",
				"/lines/0#serial": "item_attribute_missing", "/lines/0#careCode": "item_attribute_missing", "/lines/0#fabricComposition": "item_attribute_missing",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := h.create("BX-422", tt.order)
			require.Equal(t, 422, r.status, "%v", r.body)
			require.Equal(t, tt.want, codes(r))
			if tt.code == "" {
				tt.code = "order_rejected"
			}
			if tt.code != "any" {
				require.Equal(t, tt.code, r.body["code"])
			}
			require.Equal(t, 404, h.call("GET", "/orders/BX-422", nil).status, "nothing is stored")
		})
	}
	allowed := list(h.create("BX-422", with(sale(), doc{"shippingService": "X"})).body["errors"])[0]["allowed"]
	require.Equal(t, []any{"RM48", "DPDND"}, allowed)
}

func TestBodyLimits(t *testing.T) {
	t.Parallel()
	h := simple(t)
	many := make([]doc, 201)
	for i := range many {
		many[i] = line("l"+strings.Repeat("x", i%30)+string(rune('a'+i%26))+string(rune('A'+i/26)), "DRESS", 1)
	}
	r := h.create("BX-1", sale(many...))
	require.Equal(t, 422, r.status)
	require.Equal(t, "field_invalid", codes(r)["/lines"])
	r = h.create("BX-1", with(sale(), doc{"comments": strings.Repeat("x", 1<<20)}))
	require.Equal(t, 413, r.status)
	require.Equal(t, "payload_too_large", r.body["code"])
	require.Equal(t, 400, h.call("PUT", "/orders/BX-1", `{"account":`, "If-None-Match", "*").status)
	require.Equal(t, 415, h.call("PUT", "/orders/BX-1", sale(), "If-None-Match", "*", "Content-Type", "text/plain").status)
	require.Equal(t, 405, h.call("POST", "/orders/BX-1", sale()).status)
	require.Equal(t, 404, h.call("GET", "/parcels", nil).status)
}
