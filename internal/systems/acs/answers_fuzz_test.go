package acs_test

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/acs"
)

// saying is a warehouse behind a server that says what a test puts into it.
func saying(f *testing.F) (*acs.Warehouse, *atomic.Pointer[string]) {
	f.Helper()
	var body atomic.Pointer[string]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, *body.Load()) }))
	f.Cleanup(server.Close)
	warehouse, err := acs.New(acs.Config{
		BaseURL: server.URL, SubscriptionKey: key, Account: account, Warehouse: "Glasgow", Timeout: 10 * time.Second, RequestsPerSecond: 1e6, Burst: 1e6,
	})
	require.NoError(f, err)
	f.Cleanup(warehouse.Close)
	return warehouse, &body
}

// answers are all that a warehouse answers with. Each reads one answer, demands of what it
// read what must hold of it, and says what the next page is called. New ones go last: the
// corpus names them by number.
var answers = []struct {
	seeds []string
	read  func(t *testing.T, w *acs.Warehouse, answer, cursor string) (next string, err error)
}{
	{
		[]string{
			`{"data":[` + event("order.accepted", "order", personalOrder) + `,` + event("shipment.created", "shipment", shipmentJSON) + `],"lastSequence":90211,"hasMore":false}`,
			`{"data":[` + event("return.closed", "return", `{"returnId":"r","revision":1,"units":[{"unitRef":"u","sku":"A","disposition":"ber","revision":1}]}`) + `],"lastSequence":3,"hasMore":true}`,
			`{"data":[` + event("inventory.adjusted", "adjustment", `{"adjustmentId":"a","sku":"A","reason":"lost","quantityDelta":-1}`) + `,{},7,{"id":"a","sequence":9e999},{"id":"b","data":{"revision":1e999,"sku":"Zephyrine","sku":null}}],"lastSequence":1,"hasMore":true}`,
			`{"data":[],"lastSequence":0,"hasMore":true}`,
		}, readFeed,
	},
	{
		[]string{
			inventory + `[{"sku":"A","version":1,"asOf":"2026-03-03T15:20:05Z","quantities":{"available":4,"allocated":2},"byGrade":{"A":4}}]}`,
			inventory + `[{"sku":"A","version":1,"asOf":"2026-03-03T15:20:05Z","quantities":{"available":1e3,"ber":-999999999999}}]}`,
			inventory + `[{"sku":"A\u0000","version":1,"asOf":"2026-03-03T15:20:05Z","quantities":{"avail\u0000able":1}},7,null,{"sku":9}]}`,
			inventory + "[{\"sku\":\"A\",\"asOf\":\"2026-03-03T15:20:05Z\",\"quantities\":{\"a\xff\":1,\"a\xfe\":2}}]}",
		}, readInventory,
	},
	{[]string{
		list(personalOrder, `{"orderNumber":"7"}`, `7`), list(personalOrder), list(`{"revision":1,"status":"accepted","lines":[{}]}`),
		list(strings.Replace(personalOrder, "Wrenfold of 3", "of +44 7700 900987 3 PEBBLEMARSH QUİLLFEATHER 12345 77 Larkspindle Way, 3", 1)),
	}, func(t *testing.T, w *acs.Warehouse, answer, cursor string) (string, error) {
		orders, next, err := w.UpdatedOrders(t.Context(), time.Time{}, cursor)
		var page struct {
			Data []json.RawMessage `json:"data"`
		}
		single := len(orders) == 1 && json.Unmarshal([]byte(answer), &page) == nil && len(page.Data) == 1
		for _, o := range orders {
			requireOrder(t, o, answer)
			if single { // of several it is not told whose words are whose
				requireTakenOut(t, o, string(page.Data[0]))
			}
		}
		return next, err
	}},
	{[]string{list(`{"returnId":"r","revision":1,"units":[{"unitRef":"u","sku":"A","disposition":"ber","revision":1}]}`, `{"returnId":""}`)}, func(t *testing.T, w *acs.Warehouse, answer, cursor string) (string, error) {
		confirmed, next, err := w.UpdatedReturns(t.Context(), time.Time{}, cursor)
		for _, c := range confirmed {
			requireToldApart(t, c)
			requireOnlyIDs(t, c, answer)
		}
		return next, err
	}},
	{[]string{list(`{"adjustmentId":"a","sku":"A","quantityDelta":-1,"reason":"lost","occurredAt":"2026-03-03T15:20:05Z"}`, `{"adjustmentId":"b","quantityDelta":"x"}`)}, func(t *testing.T, w *acs.Warehouse, answer, cursor string) (string, error) {
		adjustments, next, err := w.Adjustments(t.Context(), time.Time{}, cursor)
		for _, a := range adjustments {
			require.NotEmpty(t, a.ID)
			require.True(t, a.Reason == acs.ReasonUnreadable || a.SKU != "", "%+v", a)
			require.LessOrEqual(t, math.Abs(float64(a.Units)), mostUnits)
			requireOnlyIDs(t, a, answer)
		}
		return next, err
	}},
	{[]string{list(`{"sku":"A","pickable":true,"missingAttributes":["grade",7]}`, `{"sku":7}`), list(`{"sku":"A","weightGrams":1e999,"pickable":"yes","missingAttributes":[1e999,null,{}]}`)}, func(t *testing.T, w *acs.Warehouse, _, cursor string) (string, error) {
		items, next, err := w.ItemRecords(t.Context(), cursor)
		for _, i := range items {
			require.NotEmpty(t, i.SKU)
		}
		return next, err
	}},
	{[]string{list(shipmentJSON)}, func(t *testing.T, w *acs.Warehouse, answer, _ string) (string, error) {
		shipments, err := w.Shipments(t.Context(), "10023")
		for _, s := range shipments {
			requireOnlyIDs(t, s, answer)
		}
		return "", err
	}},
	{[]string{list(`{"code":"RM48","name":"Tracked","carrierCode":"RM","active":true}`)}, func(t *testing.T, w *acs.Warehouse, _, _ string) (string, error) {
		_, err := w.Services(t.Context())
		return "", err
	}},
	{[]string{personalOrder}, func(t *testing.T, w *acs.Warehouse, answer, _ string) (string, error) {
		order, err := w.Order(t.Context(), "10023")
		if err == nil {
			require.Equal(t, "10023", order.Number)
			requireOrder(t, order, answer)
			requireTakenOut(t, order, answer)
		}
		return "", err
	}},
	{[]string{`{"returnId":"r","revision":1,"orderNumber":null,"units":[{"unitRef":"u","sku":"A","disposition":"BER","revision":1}]}`}, func(t *testing.T, w *acs.Warehouse, answer, _ string) (string, error) {
		c, err := w.Return(t.Context(), "r")
		if err == nil {
			require.Equal(t, "r", c.ID)
			requireToldApart(t, c)
			requireOnlyIDs(t, c, answer)
		}
		return "", err
	}},
	{[]string{personalOrder}, func(t *testing.T, w *acs.Warehouse, _, _ string) (string, error) {
		receipt, err := w.Place(t.Context(), consignment(), address())
		require.True(t, err != nil || receipt.Revision > 0)
		return "", err
	}},
	{[]string{personalOrder}, func(t *testing.T, w *acs.Warehouse, _, _ string) (string, error) {
		receipt, err := w.Amend(t.Context(), consignment(), address(), 7)
		require.True(t, err != nil || receipt.Revision > 0)
		return "", err
	}},
	{[]string{personalOrder}, func(t *testing.T, w *acs.Warehouse, answer, _ string) (string, error) {
		cancelled, err := w.Cancel(t.Context(), "10023", "key-of-it", "other", nil)
		if err == nil {
			require.Equal(t, "10023", cancelled.Order.Number)
			requireOrder(t, cancelled.Order, answer)
		}
		return "", err
	}},
	{[]string{strings.Replace(inventory, "snapshot", "lookup", 1) + `[{"sku":"A","version":1,"asOf":"2026-03-03T15:20:05Z","quantities":{"available":4}}]}`}, func(t *testing.T, w *acs.Warehouse, _, _ string) (string, error) {
		page, err := w.LookUp(t.Context(), []string{"A"})
		requireStock(t, page)
		return "", err
	}},
	{[]string{`{"results":[{"sku":"A","pickable":false,"missingAttributes":["grade"],"errors":[{"code":"odd","attribute":"grade","message":"odd"}]}]}`}, func(t *testing.T, w *acs.Warehouse, _, _ string) (string, error) {
		outcomes, err := w.WriteItems(t.Context(), []json.RawMessage{json.RawMessage(`{"sku":"A"}`)})
		require.True(t, err != nil || len(outcomes) == 1)
		return "", err
	}},
}

func requireOrder(t *testing.T, o domain.WarehouseOrder, answer string) {
	t.Helper()
	require.NotEmpty(t, o.Number)
	require.NotEmpty(t, o.Status)
	requireOnlyIDs(t, o, answer)
}

const (
	inventory = `{"mode":"snapshot","snapshotId":"s","asOf":"2026-03-03T15:20:05Z","generatedAt":"2026-03-03T15:20:05Z","changesCursor":"c","data":`
	mostUnits = 999_999_999.0
)

func list(entries ...string) string {
	return `{"data":[` + strings.Join(entries, ",") + `],"nextCursor":"n"}`
}

// readFeed reads from the position that the cursor's length is.
func readFeed(t *testing.T, w *acs.Warehouse, answer, cursor string) (string, error) {
	after := int64(len(cursor))
	events, last, more, err := w.Events(t.Context(), after, 10)
	if err != nil {
		return "", err
	}
	require.GreaterOrEqual(t, last, after)
	require.True(t, !more || last > after, "a page that does not move on would be read for ever")
	for _, e := range events {
		require.NotEmpty(t, e.ID)
		require.NotEmpty(t, e.Type)
		requireOnlyIDs(t, e, answer)
		if e.Confirmation != nil {
			requireToldApart(t, *e.Confirmation)
		}
	}
	return "", nil
}

func readInventory(t *testing.T, w *acs.Warehouse, _, cursor string) (string, error) {
	page, err := w.Inventory(t.Context(), ports.InventoryPosition{Page: cursor})
	requireStock(t, page)
	return page.Next.Page, err
}

func requireStock(t *testing.T, page ports.InventoryPage) {
	t.Helper()
	for _, r := range page.Records {
		require.NotEmpty(t, r.SKU)
		require.True(t, storable(r.SKU), "%q", r.SKU)
		for _, q := range r.Quantities {
			require.True(t, storable(string(q.Status)), "%q", q.Status)
			require.LessOrEqual(t, math.Abs(float64(q.Units)), mostUnits)
			require.NotZero(t, q.Units)
		}
		for _, g := range r.ByGrade {
			require.True(t, storable(g.Grade), "%q", g.Grade)
		}
	}
}

func requireToldApart(t *testing.T, c domain.ReturnConfirmation) {
	t.Helper()
	require.NotEmpty(t, c.ID)
	require.Positive(t, c.Revision)
	refs := map[string]bool{}
	for _, u := range c.Units {
		require.False(t, refs[u.Ref], "two units %q", u.Ref)
		refs[u.Ref] = true
		require.NotEmpty(t, u.Ref)
		require.NotEmpty(t, u.SKU)
		require.NotEmpty(t, u.Disposition)
		require.Positive(t, u.Revision)
	}
}

// storable tells whether PostgreSQL keeps a text: one that it refuses would refuse the
// whole page with it, and with every further one.
func storable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// FuzzAnswers: whatever a warehouse answers to whatever we ask, it is a fault that names
// nobody, or entries that can be told apart and kept; and no page names itself as the next.
func FuzzAnswers(f *testing.F) {
	for which, a := range answers {
		for _, seed := range append(a.seeds, `{"data":null}`, `{"data":[null,{"a":1}]}`) {
			f.Add(uint8(which), seed, "")
			f.Add(uint8(which), seed, "n")
		}
	}
	warehouse, body := saying(f)
	f.Fuzz(func(t *testing.T, which uint8, answer, cursor string) {
		body.Store(&answer)
		next, err := answers[int(which)%len(answers)].read(t, warehouse, answer, cursor)
		if err != nil {
			_, ok := fault.As(err)
			require.True(t, ok, "%v", err)
			requireNobody(t, err.Error())
			return
		}
		require.True(t, next == "" || next != cursor, "a page that names itself as the next would be read for ever")
	})
}

// FuzzWebhookHeaders: no headers but those that the secret has signed open a webhook,
// and whatever they hold, nothing of the secret comes back.
func FuzzWebhookHeaders(f *testing.F) {
	body := event("shipment.created", "shipment", shipmentJSON)
	good := signed(f, body)
	id, stamp, signature := good.Get("webhook-id"), good.Get("webhook-timestamp"), good.Get("webhook-signature")
	f.Add(id, stamp, signature)
	f.Add(id, stamp, "v1,")
	f.Add(id, "-9223372036854775808", signature)
	f.Add("", stamp, "v1,AAAA v1,BBBB v2,CCCC")
	f.Add(id, stamp, strings.Repeat("v1,", 1000))
	warehouse := offline(f)
	f.Fuzz(func(t *testing.T, theID, theStamp, theSignature string) {
		_, err := warehouse.ReadWebhook(http.Header{"webhook-id": {theID}, "webhook-timestamp": {theStamp}, "webhook-signature": {theSignature}}, []byte(body), now)
		if err == nil {
			require.Equal(t, id, theID)
			require.Equal(t, strings.TrimPrefix(stamp, "+"), strings.TrimLeft(strings.TrimPrefix(theStamp, "+"), "0"))
			require.Contains(t, theSignature, strings.TrimPrefix(signature, "v1,AAAA v1,"))
			return
		}
		got, ok := fault.As(err)
		require.True(t, ok)
		require.Equal(t, "signature", got.Code)
		require.NotContains(t, err.Error(), strings.TrimPrefix(secret, "whsec_"))
	})
}
