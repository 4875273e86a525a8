package acs_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	simulator "selvedge/internal/simulators/acs"
	"selvedge/internal/systems/acs"
)

var now = time.Date(2026, 3, 3, 15, 20, 5, 0, time.UTC)

// signed signs a body as ACS does, with the secret that the adapters of these tests know.
func signed(tb testing.TB, body string) http.Header {
	tb.Helper()
	hook, err := webhooks.NewWebhook(secret)
	require.NoError(tb, err)
	signature, err := hook.Sign("evt_1", now, []byte(body))
	require.NoError(tb, err)
	return http.Header{
		"Webhook-Id": {"evt_1"}, "Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)}, "Webhook-Signature": {"v1,AAAA " + signature},
	}
}

func offline(tb testing.TB) *acs.Warehouse {
	tb.Helper()
	warehouse, err := acs.New(acs.Config{
		BaseURL: "http://127.0.0.1:1", SubscriptionKey: key, Account: account, Warehouse: "Glasgow",
		WebhookSecrets: []string{"whsec_b2xkIGtleQ==", secret},
	})
	require.NoError(tb, err)
	return warehouse
}

func event(kind, subject, data string) string {
	return fmt.Sprintf(`{"id":"evt_1","type":%q,"sequence":90211,"occurredAt":"2026-03-03T15:20:05Z","account":"BRANDX",
		"subject":{"kind":%q,"id":"x1"},"orderNumber":"10023","revision":7,"data":%s}`, kind, subject, data)
}

// everything personal that the contract has a place for.
const personalOrder = `{"account":"BRANDX","orderNumber":"10023","acsOrderId":"a","status":"accepted","revision":7,"orderDate":"2026-03-02","kind":"sale",
	"shippingService":"RM48","receivedAt":"2026-03-02T10:00:00Z","updatedAt":"2026-03-02T10:00:00Z","comments":"ring Zephyrine","references":{"order":"atelier/10023"},
	"deliverTo":{"firstName":"Zephyrine","lastName":"Quillfeather","address1":"77 Larkspindle Way","city":"Thistlebourne","postcode":"ML1 4GP","country":"GB","email":"zephyrine@quillfeather.example"},
	"billTo":{"lastName":"Wrenfold","address1":"3 Pebblemarsh Lane","city":"Thistlebourne","postcode":"ML1 4GP","country":"GB"},
	"rejection":{"rejectedAt":"2026-03-02T10:00:00Z","afterAcceptance":true,"errors":[{"code":"odd_name","pointer":"/billTo/lastName","value":"Wrenfold","message":"Wrenfold of 3 Pebblemarsh Lane"}]},
	"lines":[{"lineId":"1","sku":"A","quantity":1,"allocated":0,"shipped":0,"cancelled":0,"returned":0,"giftMessage":"Dear Zephyrine"}]}`

const shipmentJSON = `{"shipmentId":"x1","orderNumber":"10023","sequence":1,"revision":7,"shippedAt":"2026-03-03T15:19:50Z","carrier":{"code":"RM","name":"Royal Mail"},
	"lines":[{"lineId":"1","sku":"A","quantity":1}],"parcels":[{"parcelId":"p1","trackingNumber":"TT1"}],"final":true}`

var personalWords = []string{"zephyrine", "quillfeather", "larkspindle", "thistlebourne", "ml1 4gp", "wrenfold", "pebblemarsh"}

func requireNobody(t *testing.T, text string) {
	t.Helper()
	for _, value := range personalWords {
		require.NotContains(t, strings.ToLower(text), value)
	}
}

func TestEveryEventTypeOfTheContractIsRead(t *testing.T) {
	t.Parallel()
	returned := `{"returnId":"x1","rmaNumber":null,"orderNumber":"10023","type":"customer_return","status":"graded","revision":7,"receivedAt":"2026-03-03T15:19:50Z",
		"units":[{"unitRef":"u1","sku":"A","disposition":"ber","final":true,"revision":1234567890123456789,"decidedAt":"2026-03-03T15:19:50Z","notes":"Zephyrine wrote a letter","images":["https://x/quillfeather.jpg"]}]}`
	for kind, tt := range map[string]struct {
		subject, data string
	}{
		"order.received": {"order", personalOrder}, "order.accepted": {"order", personalOrder}, "order.rejected": {"order", personalOrder},
		"order.held": {"order", personalOrder}, "order.released": {"order", personalOrder}, "order.amended": {"order", personalOrder},
		"order.line_short": {"order", personalOrder}, "order.cancelled": {"order", personalOrder}, "order.cancellation_rejected": {"order", personalOrder},
		"shipment.created": {"shipment", shipmentJSON}, "shipment.updated": {"shipment", shipmentJSON}, "shipment.voided": {"shipment", shipmentJSON},
		"return.received": {"return", returned}, "return.updated": {"return", returned}, "return.closed": {"return", returned},
		"inventory.changed":  {"sku", `{"sku":"A","version":7,"quantities":{"available":-3}}`},
		"inventory.adjusted": {"adjustment", `{"adjustmentId":"x1","sku":"A","quantityDelta":-1,"reason":"lost","occurredAt":"2026-03-03T15:19:50Z","orderNumber":"10023","note":"Quillfeather took it"}`},
		"item.incomplete":    {"item", `{"sku":"A","missingAttributes":["grade"]}`},
		"inbound.received":   {"inbound", `{"noticeNumber":"x1"}`},
		"customer.sighed":    {"mood", `{"deep":[{"deliverTo":{"lastName":"Quillfeather"},"x":1}],"Email":"zephyrine"}`},
		"customer.signed":    {"mood", `{"":"Zephyrine","laſtName":"Quillfeather","sku":"of 3 Pebblemarsh Lane","Wrenfold":{"size":1},"quantities":{"Larkspindle":"77"}}`},
		"customer.said":      {"mood", `"Zephyrine"`},
		"customer.listed":    {"mood", `["Zephyrine",["Quillfeather"]]`},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			body := event(kind, tt.subject, tt.data)
			got, err := offline(t).ReadWebhook(signed(t, body), []byte(body), now)
			require.NoError(t, err)
			requireNobody(t, fmt.Sprintf("%+v %s %+v", got, got.Raw, got.Order))
			require.Equal(t, tt.subject == "order", got.Order != nil)
			require.Equal(t, tt.subject == "shipment", got.Shipment != nil)
			require.Equal(t, tt.subject == "return", got.Return)
			require.Equal(t, got.Order == nil && got.Shipment == nil, len(got.Raw) > 0)
			require.Equal(t, kind == "order.cancellation_rejected", got.CancelRefused)
			switch kind { // what a person would look for when the subject alone is kept
			case "inventory.changed":
				require.JSONEq(t, `{"sku":"A","version":7,"quantities":{"available":-3}}`, string(got.Raw))
			case "inventory.adjusted":
				require.JSONEq(t, `{"adjustmentId":"x1","sku":"A","quantityDelta":-1,"reason":"lost","occurredAt":"2026-03-03T15:19:50Z","orderNumber":"10023","withheld":1}`, string(got.Raw))
			case "customer.signed":
				require.JSONEq(t, `{"sku":"[withheld]","quantities":{"withheld":1},"withheld":3}`, string(got.Raw))
			}
			if got.Return {
				require.Contains(t, string(got.Raw), `"disposition":"ber"`)
				require.Contains(t, string(got.Raw), "1234567890123456789", "numbers are kept to the last digit")
			}
			require.Equal(t, tt.subject == "return", got.Confirmation != nil)
			require.Equal(t, tt.subject == "adjustment", got.Adjustment != nil)
			if got.Confirmation != nil {
				require.Equal(t, "ber", got.Confirmation.Units[0].Disposition)
				requireNobody(t, fmt.Sprintf("%+v", *got.Confirmation))
			}
			got.Order, got.Shipment, got.Raw, got.Return, got.CancelRefused = nil, nil, nil, false, false
			got.Confirmation, got.Adjustment = nil, nil
			require.Equal(t, ports.WarehouseEvent{
				ID: "evt_1", Sequence: 90211, Type: kind, At: now, Warehouse: "Glasgow", Consignment: "10023", Subject: tt.subject + "/x1", Revision: 7,
			}, got)
		})
	}
}

func TestARejectionInAnEventNamesNobody(t *testing.T) {
	t.Parallel()
	body := event("order.rejected", "order", personalOrder)
	got, err := offline(t).ReadWebhook(signed(t, body), []byte(body), now)
	require.NoError(t, err)
	require.True(t, got.Order.AfterAcceptance)
	require.Equal(t, []domain.Refusal{{
		Code: "odd_name", Field: "/billTo/lastName",
		Message: "billTo/lastName: the warehouse refuses it: odd_name: [withheld] of [withheld]",
	}}, got.Order.Rejection)
}

func TestAWebhookThatCannotBeReadIsNamedAndTheFeedGoesOnWithoutIt(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no order":       event("order.accepted", "order", `{"deliverTo":{"lastName":"Quillfeather"},"lines":7}`),
		"empty order":    event("order.accepted", "order", `{}`),
		"no data":        `{"id":"evt_1","type":"order.accepted","sequence":90211,"subject":{"kind":"order","id":"x1"}}`,
		"no shipment":    event("shipment.created", "shipment", `{"shipmentId":[]}`),
		"odd envelope":   `{"id":"evt_1","type":"order.accepted","sequence":90211,"occurredAt":"yesterday","data":{"email":"zephyrine@quillfeather.example","x":1}}`,
		"other account":  strings.Replace(event("order.accepted", "order", personalOrder), "BRANDX", "BRANDY", 1),
		"no id":          `{"type":"order.accepted","sequence":90211}`,
		"a person as id": `{"id":"Zephyrine Quillfeather","type":"Zephyrine Quillfeather","sequence":90211,"subject":7}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := offline(t).ReadWebhook(signed(t, body), []byte(body), now)
			f, ok := fault.As(err)
			require.True(t, ok, "%v", err)
			require.Equal(t, fault.Invalid, f.Kind)
			requireNobody(t, err.Error())
			if !strings.HasPrefix(name, "no id") && !strings.HasPrefix(name, "a person") {
				require.Contains(t, err.Error(), "evt_1")
			}

			page := fmt.Sprintf(`{"data":[%s,%s],"lastSequence":90212,"hasMore":false}`, body, event("shipment.created", "shipment", shipmentJSON))
			events, last, more, err := answering(t, 200, nil, page).Events(t.Context(), 90000, 10)
			require.NoError(t, err)
			require.EqualValues(t, 90212, last)
			require.False(t, more)
			require.Len(t, events, 2)
			require.NotEmpty(t, events[0].ID)
			require.NotEmpty(t, events[0].Type)
			require.EqualValues(t, 90211, events[0].Sequence)
			require.Nil(t, events[0].Order)
			require.NotNil(t, events[1].Shipment)
			requireNobody(t, fmt.Sprintf("%+v %s", events[0], events[0].Raw))
		})
	}
}

func TestAnExpiredPositionSaysSo(t *testing.T) {
	t.Parallel()
	warehouse, f := openSimulator(t)
	_, err := warehouse.Place(t.Context(), consignment(), address())
	require.NoError(t, err)
	f.Ship(t, "10023", 1)
	f.act(t, simulator.Action{Action: "forgetEvents", Quantity: 1})
	_, _, _, err = warehouse.Events(t.Context(), 1, 10)
	got, ok := fault.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, fault.Invalid, got.Kind)
	require.Equal(t, "cursor_expired", got.Code)
	events, _, _, err := warehouse.Events(t.Context(), 0, 10)
	require.NoError(t, err, "0 starts at the oldest kept")
	require.Len(t, events, 1)
}

func TestOnlyAConfiguredSecretOpensAWebhook(t *testing.T) {
	t.Parallel()
	body := event("shipment.created", "shipment", shipmentJSON)
	good := signed(t, body)
	lower := map[string][]string{"webhook-id": good["Webhook-Id"], "webhook-timestamp": good["Webhook-Timestamp"], "webhook-signature": good["Webhook-Signature"]}
	warehouse := offline(t)
	_, err := warehouse.ReadWebhook(lower, []byte(body), now)
	require.NoError(t, err, "the case of a header's name is no matter")
	for _, off := range []time.Duration{-5 * time.Minute, 5 * time.Minute} {
		_, err = warehouse.ReadWebhook(good, []byte(body), now.Add(off))
		require.NoError(t, err, "five minutes are allowed")
	}
	for name, change := range map[string]func(http.Header){
		"other id":     func(h http.Header) { h.Set("webhook-id", "evt_2") },
		"other moment": func(h http.Header) { h.Set("webhook-timestamp", strconv.FormatInt(now.Unix()+1, 10)) },
		"no moment":    func(h http.Header) { h.Del("webhook-timestamp") },
		"no signature": func(h http.Header) { h.Del("webhook-signature") },
		"other version": func(h http.Header) {
			h.Set("webhook-signature", strings.ReplaceAll(h.Get("webhook-signature"), "v1,", "v2,"))
		},
		"huge moment":    func(h http.Header) { h.Set("webhook-timestamp", "9223372036854775807") },
		"moment in text": func(h http.Header) { h.Set("webhook-timestamp", "now") },
	} {
		header := good.Clone()
		change(header)
		_, err := warehouse.ReadWebhook(header, []byte(body), now)
		f, ok := fault.As(err)
		require.True(t, ok, name)
		require.Equal(t, fault.Rejected, f.Kind, name)
		require.Equal(t, "signature", f.Code, name)
		require.NotContains(t, f.Error(), strings.TrimPrefix(secret, "whsec_"))
	}
	_, err = warehouse.ReadWebhook(good, []byte(body+" "), now)
	require.True(t, fault.Is(err, fault.Rejected))
}

// FuzzReadWebhook: a signed body of any kind is an event with an id and without
// anybody in it whom the warehouse has not made an id of, or fault.Invalid that names
// nobody; an unsigned one is refused.
func FuzzReadWebhook(f *testing.F) {
	for _, seed := range []string{
		event("order.accepted", "order", personalOrder), event("shipment.created", "shipment", shipmentJSON),
		event("return.closed", "return", `{"notes":"Zephyrine"}`), `{}`, `[]`, `null`, ``, `{"id":"a","type":"b","data":"Zephyrine"}`,
		`{"id":"a","type":"b","subject":{"kind":"order"},"data":{"orderNumber":"1","revision":1,"status":"x","lines":[{}]}}`,
		`{"id":"a","type":"b","subject":{"kind":"order"},"data":{"revision":1,"status":"x","lines":[{}]}}`,
		`{"id":"a","type":"b","data":{"sku":"A","quantities":{"email":1,"Zephyrine Quillfeather":2,"x":"Zephyrine"},"revision":9e999}}`,
		`{"id":"a","type":"b","data":{"sku":"Zephyrine","sku":null,"ſku":"B","NOTES":{"laſtName":"Quillfeather"}}}`,
	} {
		f.Add(seed)
	}
	warehouse := offline(f)
	f.Fuzz(func(t *testing.T, body string) {
		event, err := warehouse.ReadWebhook(signed(t, body), []byte(body), now)
		if err != nil {
			require.True(t, fault.Is(err, fault.Invalid), "%v", err)
			requireOnlyIDs(t, err.Error(), body)
			return
		}
		require.NotEmpty(t, event.ID)
		require.NotEmpty(t, event.Type)
		require.False(t, event.Order != nil && event.Shipment != nil)
		if event.Order != nil || event.Shipment != nil {
			require.NotEmpty(t, event.Consignment)
		}
		if event.Raw != nil {
			requireNoPersonalKey(t, string(event.Raw))
		}
		requireOnlyIDs(t, event, body)
		_, err = warehouse.ReadWebhook(http.Header{}, []byte(body), now)
		require.True(t, fault.Is(err, fault.Rejected))
	})
}

// requireNoPersonalKey demands that a document has no member that holds a person. What
// the account calls a stock status or a grade is no such member.
func requireNoPersonalKey(t *testing.T, document string) {
	t.Helper()
	personal := []string{"deliverto", "billto", "comments", "giftmessage", "notes", "images", "email"}
	require.NoError(t, visitJSON(document, func(under, name string, value any) {
		_, counted := value.(json.Number)
		counted = counted && (under == "quantities" || under == "bygrade")
		require.False(t, !counted && slices.Contains(personal, name), "%s", document)
	}))
}
