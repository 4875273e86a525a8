package acs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/systems/acs"
)

func TestEveryStatusOfTheContractHasAMeaningAndANewOneIsUnknown(t *testing.T) {
	t.Parallel()
	want := map[string]domain.WarehouseStatus{
		"received": domain.WarehouseReceived, "accepted": domain.WarehouseAccepted, "on_hold": domain.WarehouseOnHold,
		"allocated": domain.WarehouseInProgress, "picking": domain.WarehouseInProgress, "packed": domain.WarehouseInProgress,
		"partially_shipped": domain.WarehousePartlyShipped, "shipped": domain.WarehouseShipped,
		"cancel_requested": domain.WarehouseCancelRequested, "cancelled": domain.WarehouseCancelled,
		"rejected": domain.WarehouseRejected, "teleported": domain.WarehouseUnknown, "Shipped": domain.WarehouseUnknown,
	}
	for _, status := range contractStatuses(t) {
		require.Contains(t, want, status, "the contract has a status that this test does not know")
	}
	for wire, status := range want {
		order, err := answering(t, 200, nil, orderJSON(wire, `[{"lineId":"1","sku":"A","quantity":1,"allocated":0,"shipped":0,"cancelled":0,"returned":0}]`)).
			Order(t.Context(), "10023")
		require.NoError(t, err)
		require.Equal(t, status, order.Status, wire)
	}
}

func contractStatuses(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("gen/acs.openapi.yaml")
	require.NoError(t, err)
	var contract struct {
		Components struct {
			Schemas map[string]struct {
				Values []string `yaml:"x-extensible-enum"`
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(raw, &contract))
	values := contract.Components.Schemas["OrderStatus"].Values
	require.NotEmpty(t, values)
	return values
}

func orderJSON(status, lines string) string {
	return fmt.Sprintf(`{"account":"BRANDX","orderNumber":"10023","acsOrderId":"a","status":%q,"revision":3,"orderDate":"2026-03-02","kind":"sale",
		"shippingService":"RM48","receivedAt":"2026-03-02T10:00:00Z","updatedAt":"2026-03-02T10:00:00Z","holdReason":"call +44 7700 900987",
		"deliverTo":{"lastName":"Quillfeather","address1":"a","city":"c","postcode":"p","country":"GB"},"lines":%s}`, status, lines)
}

func TestClosedUnitsAreShortOrCancelledByTheirReason(t *testing.T) {
	t.Parallel()
	for reason, short := range map[string]bool{
		"": false, "client_request": false, "short_pick": true, "quality_fail": true, "sku_inactive": true, "other": true, "eaten_by_moths": true,
	} {
		lines := fmt.Sprintf(`[{"lineId":"1","sku":"A","quantity":3,"allocated":1,"shipped":1,"cancelled":2,"returned":0,"cancelReason":%q}]`, reason)
		order, err := answering(t, 200, nil, orderJSON("picking", lines)).Order(t.Context(), "10023")
		require.NoError(t, err)
		want := domain.WarehouseOrderLine{Line: "1", SKU: "A", Quantity: 3, Allocated: 1, Shipped: 1}
		if short {
			want.Short = 2
		} else {
			want.Cancelled = 2
		}
		require.Equal(t, want, order.Lines[0], "reason %q", reason)
		require.Empty(t, order.HoldReason, "a reason that is no code is not repeated")
	}
}

func TestAnOrderThatCannotBeReadIsListedAsUnknownAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	good := orderJSON("picking", `[{"lineId":"1","sku":"A","quantity":1,"allocated":0,"shipped":0,"cancelled":0,"returned":0}]`)
	page := fmt.Sprintf(`{"data":[{"orderNumber":"10022","lines":"Quillfeather"},%s],"nextCursor":"c2"}`, good)
	orders, next, err := answering(t, 200, nil, page).UpdatedOrders(t.Context(), now, "")
	require.NoError(t, err)
	require.Equal(t, "c2", next)
	require.Len(t, orders, 2)
	require.Equal(t, domain.WarehouseOrder{Number: "10022", Warehouse: "Glasgow", Status: domain.WarehouseUnknown}, orders[0])
	require.Equal(t, domain.WarehouseInProgress, orders[1].Status)

	_, _, err = answering(t, 200, nil, `{"data":[{"orderNumber":7}],"nextCursor":null}`).UpdatedOrders(t.Context(), now, "")
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
}

func TestARefusedCancellationNamesTheLine(t *testing.T) {
	t.Parallel()
	_, err := answering(t, 422, nil, `{"code":"validation_failed","errors":[{"code":"field_invalid","pointer":"/lines/0/lineId","value":"x","message":"no"}]}`).
		Cancel(t.Context(), "10023", "cancel-10023", "other", []domain.LineQuantity{{Line: "501", Quantity: 1}})
	f, ok := fault.As(err)
	require.True(t, ok)
	require.Equal(t, fault.Rejected, f.Kind)
	require.Len(t, f.Problems, 1)
	require.Equal(t, "501", f.Problems[0].Line)
	require.Equal(t, "501", f.Problems[0].Value)
}

func TestAShipmentKeepsItsParcelsInOrderAndWhatTheFloorCouldNotMatch(t *testing.T) {
	t.Parallel()
	body := `{"data":[
		{"shipmentId":"s2","orderNumber":"10023","sequence":2,"revision":1,"voided":true,"shippedAt":"2026-03-03T10:00:00Z","carrier":{"code":"DPD","name":"DPD"},
		 "lines":[{"lineId":"1","sku":"A","quantity":1}],"parcels":[{"parcelId":"p","trackingNumber":null}],"final":true},
		{"shipmentId":"s1","orderNumber":"10023","sequence":1,"revision":4,"shippedAt":"2026-03-03T09:00:00Z","carrier":{"code":"RM","name":"Royal Mail"},"shippingService":"RM48",
		 "lines":[{"lineId":null,"sku":"X","quantity":1},{"lineId":"2","sku":"B","quantity":2,"substituted":true}],
		 "parcels":[{"parcelId":"p1","trackingNumber":"TT2"},{"parcelId":"p2"},{"parcelId":"p3","trackingNumber":"TT1"}],
		 "shortLines":[{"lineId":"1","quantity":1,"reason":"quality_fail"}],"final":false}]}`
	shipments, err := answering(t, 200, nil, body).Shipments(t.Context(), "10023")
	require.NoError(t, err)
	require.Equal(t, []domain.Shipment{
		{
			ID: "s1", Consignment: "10023", Warehouse: "Glasgow", Sequence: 1, Revision: 4, ShippedAt: time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC),
			Carrier: "RM", Service: "RM48", Trackings: []string{"TT2", "TT1"}, Parcels: 3,
			Lines: []domain.ShipmentLine{{SKU: "X", Quantity: 1}, {Line: "2", SKU: "B", Quantity: 2, Substituted: true}},
			Short: []domain.LineQuantity{{Line: "1", Quantity: 1}},
		},
		{
			ID: "s2", Consignment: "10023", Warehouse: "Glasgow", Sequence: 2, Revision: 1, Voided: true, ShippedAt: time.Date(2026, 3, 3, 10, 0, 0, 0, time.UTC),
			Carrier: "DPD", Parcels: 1, Lines: []domain.ShipmentLine{{Line: "1", SKU: "A", Quantity: 1}}, Final: true,
		},
	}, shipments)
}

// sent captures the request of one Place.
func sent(t *testing.T, c domain.Consignment) (body map[string]any, header http.Header, path string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(raw, &body)
		header, path = r.Header, r.URL.Path
		w.WriteHeader(http.StatusConflict)
	}))
	defer server.Close()
	_, err := open(t, acs.Config{BaseURL: server.URL + "/partner/v1", SubscriptionKey: key}).Place(t.Context(), c, address())
	require.True(t, fault.Is(err, fault.Conflict), "%v", err)
	return body, header, path
}

func TestAnOrderIsWordedAsTheContractSays(t *testing.T) {
	t.Parallel()
	body, header, path := sent(t, consignment())
	require.Equal(t, "/partner/v1/orders/10023", path)
	require.Equal(t, "*", header.Get("If-None-Match"))
	require.Empty(t, header.Get("If-Match"))
	require.Equal(t, key, header.Get("Ocp-Apim-Subscription-Key"))
	require.Equal(t, "application/json", header.Get("Content-Type"))
	require.Equal(t, map[string]any{
		"account": "BRANDX", "orderDate": "2026-03-02", "kind": "sale", "currency": "GBP", "shippingService": "RM48",
		"references": map[string]any{"order": "atelier/10023"},
		"deliverTo": map[string]any{
			"firstName": "Zephyrine", "lastName": "Quillfeather", "company": "Umberwick", "address1": "77 Larkspindle Way", "address2": "Flat Moonrake",
			"city": "Thistlebourne", "county": "Corvidshire", "postcode": "ML1 4GP", "country": "GB", "email": "zephyrine@quillfeather.example", "phone": "+447700900987",
		},
		"lines": []any{
			map[string]any{"lineId": "501", "sku": "DRS-1001-M", "quantity": 2.0, "unitPrice": "49.00", "itemCondition": "refurbished", "grade": "B"},
			map[string]any{"lineId": "502", "sku": "BLT-2001-OS", "quantity": 2.0, "unitPrice": "9.50", "itemCondition": "new", "parentLineId": "500"},
		},
	}, body)
}

func TestPricesHaveTheDigitsOfTheirCurrency(t *testing.T) {
	t.Parallel()
	for currency, want := range map[string]string{"GBP": "49.00", "JPY": "4900", "KWD": "4.900"} {
		c := consignment()
		c.Currency = currency
		body, _, _ := sent(t, c)
		require.Equal(t, want, body["lines"].([]any)[0].(map[string]any)["unitPrice"], currency)
	}
}

func TestTheFingerprintFollowsTheContentAndNeverTheAddress(t *testing.T) {
	t.Parallel()
	warehouse, _ := openSimulator(t)
	place := func(number string, change func(*domain.Consignment, *domain.Address)) string {
		c, a := consignment(), address()
		change(&c, &a)
		c.Number = number
		receipt, err := warehouse.Place(t.Context(), c, a)
		require.NoError(t, err)
		require.Len(t, receipt.Sent, 32)
		return receipt.Sent
	}
	first := place("1", func(*domain.Consignment, *domain.Address) {})
	require.Equal(t, first, place("2", func(_ *domain.Consignment, a *domain.Address) { a.LastName = "Otherwise" }))
	require.NotEqual(t, first, place("3", func(c *domain.Consignment, _ *domain.Address) { c.Lines[0].UnitPrice++ }))
	require.NotEqual(t, first, place("4", func(c *domain.Consignment, _ *domain.Address) { c.Lines[0].Quantity = 1 }))
}

func TestACancellationCarriesItsKeyAndAReasonThatACSKnows(t *testing.T) {
	t.Parallel()
	type asked struct {
		Reason string
		Lines  []struct {
			LineID   string
			Quantity int
		}
	}
	var got asked
	var gotKey, raw string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got, raw, gotKey = asked{}, string(body), r.Header.Get("Idempotency-Key")
		_ = json.Unmarshal(body, &got)
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, orderJSON("cancel_requested", `[{"lineId":"1","sku":"A","quantity":1,"allocated":0,"shipped":0,"cancelled":0,"returned":0}]`))
	}))
	t.Cleanup(server.Close)
	warehouse := open(t, acs.Config{BaseURL: server.URL, SubscriptionKey: key})
	answer, err := warehouse.Cancel(t.Context(), "10023", "cancel-10023-1", "fraud", nil)
	require.NoError(t, err)
	require.False(t, answer.Done, "202 asks the floor")
	require.Equal(t, domain.WarehouseCancelRequested, answer.Order.Status)
	require.Equal(t, "cancel-10023-1", gotKey)
	require.Equal(t, "fraud", got.Reason)
	require.NotContains(t, raw, "lines", "absent means the whole order")

	_, err = warehouse.Cancel(t.Context(), "10023", "short", "Mrs Quillfeather rang", []domain.LineQuantity{{Line: "1", Quantity: 1}})
	require.NoError(t, err)
	require.Equal(t, "other", got.Reason)
	require.NotContains(t, raw, "Quillfeather")
	require.Len(t, got.Lines, 1)
	require.Len(t, gotKey, 64, "a key that is too short for ACS is stretched, always to the same")
}

func TestAConfigurationIsRefusedWithAllItsFaultsAndNoSecret(t *testing.T) {
	t.Parallel()
	good := acs.Config{BaseURL: "https://acs.example/partner/v1", Account: account, Warehouse: "Glasgow", SubscriptionKey: key, WebhookSecrets: []string{secret}}
	require.NoError(t, good.Validate())
	for name, tt := range map[string]struct {
		change func(*acs.Config)
		want   []string
	}{
		"empty":           {change: func(c *acs.Config) { *c = acs.Config{} }, want: []string{"BASE_URL", "ACCOUNT", "WAREHOUSE", "SUBSCRIPTION_KEY"}},
		"two ways":        {change: func(c *acs.Config) { c.ClientID = "id" }, want: []string{"SUBSCRIPTION_KEY and CLIENT_ID"}},
		"half an OAuth":   {change: func(c *acs.Config) { c.SubscriptionKey, c.ClientID = "", "id" }, want: []string{"TOKEN_URL", "CLIENT_SECRET"}},
		"a bad address":   {change: func(c *acs.Config) { c.BaseURL = "acs.example" }, want: []string{"BASE_URL"}},
		"a user in it":    {change: func(c *acs.Config) { c.BaseURL = "https://me:" + key + "@acs.example" }, want: []string{"BASE_URL"}},
		"a bad secret":    {change: func(c *acs.Config) { c.WebhookSecrets = []string{secret, key} }, want: []string{"WEBHOOK_SECRETS: number 2"}},
		"negative limits": {change: func(c *acs.Config) { c.Timeout, c.RequestsPerSecond, c.Burst = -1, -1, -1 }, want: []string{"TIMEOUT", "REQUESTS_PER_SECOND", "BURST"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good
			tt.change(&c)
			err := c.Validate()
			require.Error(t, err)
			for _, want := range tt.want {
				require.ErrorContains(t, err, want)
			}
			var joined interface{ Unwrap() []error }
			require.True(t, errors.As(err, &joined))
			require.Len(t, joined.Unwrap(), len(tt.want), err.Error())
			require.NotContains(t, err.Error(), key)
			require.NotContains(t, err.Error(), strings.TrimPrefix(secret, "whsec_"))
			_, err = acs.New(c)
			require.Error(t, err)
		})
	}
}
