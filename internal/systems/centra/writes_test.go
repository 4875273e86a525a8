package centra_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	"selvedge/internal/systems/centra"
)

var order7 = domain.OrderID{Store: "atelier", Number: "7"}

const noNotices = `"userErrors":[],"userWarnings":[]`

func shipmentJSON(shipped, captured bool) string {
	return fmt.Sprintf(`{"__typename":"DirectToConsumerShipment","id":55,"number":"7-1","createdAt":"2026-11-03T08:00:00Z","isGoodToGo":true,"isShipped":%t,"isPaid":%t,"isCaptured":%t,
	"trackingNumber":"T1","shippedAt":null,"carrierInformation":{"carrierName":"DHL","serviceName":"X"},"grandTotal":{"value":12.5,"currency":{"code":"EUR"}},"lines":[{"quantity":2,"orderLine":{"__typename":"ProductOrderLine","id":11}}]}`, shipped, captured, captured)
}

func paymentJSON(total float64, entries ...string) string {
	var list []string
	for i, e := range entries {
		kind, status, _ := strings.Cut(e, " ")
		status, amount, _ := strings.Cut(status, " ")
		list = append(list, fmt.Sprintf(`{"id":%d,"createdAt":"2026-11-03T08:00:00Z","status":%q,"entryType":%q,"value":{"value":%s,"currency":{"code":"EUR"}}}`, i+1, status, kind, amount))
	}
	return fmt.Sprintf(`{"__typename":"DirectToConsumerOrder","number":7,"grandTotal":{"value":%g,"currency":{"code":"EUR"}},"paymentHistory":[%s]}`, total, strings.Join(list, ","))
}

func draft() ports.ShipmentDraft {
	return ports.ShipmentDraft{
		Order: order7, Currency: "EUR", Lines: []domain.LineQuantity{{Line: "11", Quantity: 2}},
		Carrier: "DHL", Service: "Express", Tracking: "T1", Parcels: 1, ShippedAt: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC),
		SendEmail: true, Capture: true, Shipping: ports.Cost{Value: 1299}, Handling: ports.Cost{None: true}, Discount: ports.Cost{Value: 5},
	}
}

func TestAShipmentIsWrittenWithEverythingExplicit(t *testing.T) {
	t.Parallel()
	shop, server := open(t, script(map[string]string{"CreateShipment": `{"data":{"createShipment":{"shipment":` + shipmentJSON(true, true) + `,"userErrors":[],"userWarnings":[{"message":"stock is missing","path":null}]}}}`}))
	write, err := shop.CreateShipment(t.Context(), draft())
	require.NoError(t, err)
	require.Equal(t, []string{"stock is missing"}, write.Warnings)
	require.Equal(t, "55", write.Shipment.ID)
	require.Equal(t, int64(1250), write.Shipment.Total)
	require.False(t, write.CapturePending)
	require.Equal(t, "CreateShipment", server.ops(), "one mutation, nothing else")
	require.JSONEq(t, `{"input":{"order":{"number":7},"lines":[{"orderLine":{"id":11},"quantity":2}],"isGoodToGo":true,"isPaid":false,"capture":true,"sendEmail":true,
		"shippedAt":"2026-11-03T09:00:00Z","shipmentInfo":{"carrier":"DHL","service":"Express","packagesNumber":1,"trackingNumber":"T1"},
		"shippingCostPolicy":{"value":{"value":12.99,"currencyIsoCode":"EUR"}},"handlingCostPolicy":{"none":true},"discountValuePolicy":{"value":{"value":0.05,"currencyIsoCode":"EUR"}}}}`,
		server.variables("CreateShipment"))
}

func TestAnUnshippedShipmentSendsNoDateAndNoCostByAccident(t *testing.T) {
	t.Parallel()
	shop, server := open(t, script(map[string]string{"CreateShipment": `{"data":{"createShipment":{"shipment":` + shipmentJSON(false, false) + `,` + noNotices + `}}}`}))
	_, err := shop.CreateShipment(t.Context(), ports.ShipmentDraft{Order: order7, Currency: "JPY", Lines: []domain.LineQuantity{{Line: "11", Quantity: 2}}, Paid: true})
	require.NoError(t, err)
	zero := `{"value":{"value":0,"currencyIsoCode":"JPY"}}`
	require.JSONEq(t, `{"input":{"order":{"number":7},"lines":[{"orderLine":{"id":11},"quantity":2}],"isGoodToGo":true,"isPaid":true,"capture":false,"sendEmail":false,
		"shippingCostPolicy":`+zero+`,"handlingCostPolicy":`+zero+`,"discountValuePolicy":`+zero+`}}`, server.variables("CreateShipment"))
}

func TestACaptureThatDidNotComeIsLookedUp(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		payment string
		want    bool
	}{
		"asked of the provider": {paymentJSON(12.5, "AUTH SUCCESS 12.5", "CAPTURE_REQUEST SUCCESS 12.5"), true},
		"pending":               {paymentJSON(12.5, "CAPTURE PENDING 12.5"), true},
		"failed":                {paymentJSON(12.5, "CAPTURE_REQUEST SUCCESS 12.5", "CAPTURE_FAILED FAILED 12.5"), false},
		"never tried":           {paymentJSON(12.5, "AUTH SUCCESS 12.5"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop, _ := open(t, script(map[string]string{
				"CreateShipment": `{"data":{"createShipment":{"shipment":` + shipmentJSON(true, false) + `,` + noNotices + `}}}`,
				"Payment":        `{"data":{"orders":[` + tt.payment + `]}}`,
			}))
			write, err := shop.CreateShipment(t.Context(), draft())
			require.NoError(t, err)
			require.Equal(t, tt.want, write.CapturePending)
		})
	}
}

func TestARefusedSecondRunIsSuccessWhenTheResultStands(t *testing.T) {
	t.Parallel()
	const refused = `"userErrors":[{"message":"refused in words that may change","path":[]}],"userWarnings":[]`
	capture := func(ctx context.Context, s *centra.Shop) error { _, err := s.CaptureShipment(ctx, "55"); return err }
	complete := func(ctx context.Context, s *centra.Shop) error {
		_, err := s.CompleteShipment(ctx, "55", draft())
		return err
	}
	captureOrder := func(ctx context.Context, s *centra.Shop) error { _, err := s.CaptureOrder(ctx, order7); return err }
	release := func(ctx context.Context, s *centra.Shop) error { return s.ReleaseAuthorisation(ctx, order7) }
	for name, tt := range map[string]struct {
		do                func(context.Context, *centra.Shop) error
		shipment, payment string
		success           bool
	}{
		"complete: shipped":             {complete, shipmentJSON(true, false), "", true},
		"complete: not shipped":         {complete, shipmentJSON(false, true), "", false},
		"capture: captured":             {capture, shipmentJSON(false, true), "", true},
		"capture: not captured":         {capture, shipmentJSON(true, false), "", false},
		"capture order: captured":       {captureOrder, "", paymentJSON(12.5, "CAPTURE SUCCESS 12.5"), true},
		"capture order: on its way":     {captureOrder, "", paymentJSON(12.5, "CAPTURE_REQUEST SUCCESS 12.5"), true},
		"capture order: authorised":     {captureOrder, "", paymentJSON(12.5, "AUTH SUCCESS 12.5"), false},
		"capture order: in part":        {captureOrder, "", paymentJSON(12.5, "CAPTURE SUCCESS 12"), false},
		"release: nothing left":         {release, "", paymentJSON(12.5, "AUTH SUCCESS 12.5", "CAPTURE SUCCESS 10", "CANCEL SUCCESS 2.5"), true},
		"release: still authorised":     {release, "", paymentJSON(12.5, "AUTH SUCCESS 12.5", "CAPTURE SUCCESS 10"), false},
		"release: a capture is pending": {release, "", paymentJSON(12.5, "CAPTURE_PENDING PENDING 10"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop, _ := open(t, script(map[string]string{
				"CompleteShipment":     `{"data":{"completeShipment":{"shipment":null,` + refused + `}}}`,
				"CaptureShipment":      `{"data":{"captureShipment":{"shipment":null,"paymentHistoryEntry":null,` + refused + `}}}`,
				"CaptureOrder":         `{"data":{"captureOrder":{"order":null,` + refused + `}}}`,
				"ReleaseAuthorisation": `{"data":{"releaseRemainingOrderAuthorization":{` + refused + `}}}`,
				"Shipments":            `{"data":{"shipments":[` + tt.shipment + `]}}`,
				"Payment":              `{"data":{"orders":[` + tt.payment + `]}}`,
			}))
			err := tt.do(t.Context(), shop)
			if tt.success {
				require.NoError(t, err)
				return
			}
			require.True(t, fault.Is(err, fault.Rejected), "%v", err)
		})
	}
}

func TestAWriteWithoutResultIsUncertain(t *testing.T) {
	t.Parallel()
	shop, _ := open(t, script(map[string]string{
		"CreateShipment": `{"data":{"createShipment":{"shipment":null,` + noNotices + `}}}`,
		"CaptureOrder":   `{"data":{"captureOrder":{"order":null,` + noNotices + `}}}`,
	}))
	_, err := shop.CreateShipment(t.Context(), draft())
	require.True(t, fault.Is(err, fault.Uncertain))
	_, err = shop.CaptureOrder(t.Context(), order7)
	require.True(t, fault.Is(err, fault.Uncertain))
}

func TestOrderUpdatesSendNothingElse(t *testing.T) {
	t.Parallel()
	shop, server := open(t, script(map[string]string{
		"UpdateOrder": `{"data":{"updateDirectToConsumerOrder":{` + noNotices + `}}}`,
		"Comment":     `{"data":{"orders":[{"__typename":"DirectToConsumerOrder","number":7,"internalComment":"by hand"}]}}`,
	}))
	require.NoError(t, shop.HoldOrder(t.Context(), order7, "short pick"))
	require.JSONEq(t, `{"order":{"number":7},"input":{"isOnHold":true,"holdStatusChangeReason":"short pick"}}`, server.variables("UpdateOrder"))
	require.NoError(t, shop.CancelLines(t.Context(), order7, []domain.LineQuantity{{Line: "11", Quantity: 1}}, "not found"))
	require.JSONEq(t, `{"order":{"number":7},"input":{"cancellationComment":"not found","cancelLines":[{"line":{"id":11},"quantity":1,"stockActionPolicy":{"removeItemsFromStock":true}}]}}`, server.variables("UpdateOrder"))
	require.NoError(t, shop.Comment(t.Context(), order7, "Tracking T9"))
	require.JSONEq(t, `{"order":{"number":7},"input":{"internalComment":"by hand\nTracking T9"}}`, server.variables("UpdateOrder"))
	require.NoError(t, shop.Comment(t.Context(), order7, " by  hand "))
	require.Equal(t, "UpdateOrder UpdateOrder Comment UpdateOrder Comment", server.ops(), "a line that stands there is not written again")
}

func TestWritesRefuseNonsenseBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	shop, server := open(t, says(500, ""))
	for name, err := range map[string]error{
		"no lines":             change(shop, func(d *ports.ShipmentDraft) { d.Lines = nil }),
		"a line id":            change(shop, func(d *ports.ShipmentDraft) { d.Lines[0].Line = "x" }),
		"a quantity":           change(shop, func(d *ports.ShipmentDraft) { d.Lines[0].Quantity = 0 }),
		"an order number":      change(shop, func(d *ports.ShipmentDraft) { d.Order.Number = "x" }),
		"a currency":           change(shop, func(d *ports.ShipmentDraft) { d.Currency = "XBT" }),
		"nothing to cancel":    shop.CancelLines(t.Context(), order7, nil, ""),
		"cancelling no units":  shop.CancelLines(t.Context(), order7, []domain.LineQuantity{{Line: "1"}}, ""),
		"an empty comment":     shop.Comment(t.Context(), order7, " "),
		"an event that is not": shop.ConfirmEvents(t.Context(), []string{"x"}),
	} {
		require.True(t, fault.Is(err, fault.Invalid), "%s: %v", name, err)
	}
	require.Empty(t, server.requests())
}

func change(shop *centra.Shop, how func(*ports.ShipmentDraft)) error {
	d := draft()
	how(&d)
	_, err := shop.CreateShipment(context.Background(), d)
	return err
}

func TestTheBudgetIsAskedBeforeEachMutation(t *testing.T) {
	t.Parallel()
	empty := errors.New("nothing left")
	var asked []centra.Class
	shop, server := open(t, says(500, ""), func(_ *centra.Config, o *centra.Options) {
		o.Spend = func(_ context.Context, c centra.Class) error { asked = append(asked, c); return empty }
	})
	_, err := shop.CreateShipment(t.Context(), draft())
	require.ErrorIs(t, err, empty)
	require.ErrorIs(t, shop.HoldOrder(t.Context(), order7, "x"), empty)
	require.ErrorIs(t, shop.ConfirmEvents(t.Context(), []string{"1"}), empty)
	require.Equal(t, []centra.Class{centra.ClassShipment, centra.ClassHold, centra.ClassConfirmation}, asked)
	require.Empty(t, server.requests())
}

func TestEventsAreReadAndConfirmedInBatches(t *testing.T) {
	t.Parallel()
	shop, server := open(t, script(map[string]string{
		"Events": `{"data":{"events":[
			{"id":1,"objectType":"Order","changeType":"COMPLETED","objectReference":101,"createdAt":"2026-11-02T10:00:00+01:00","store":{"id":1}},
			{"id":2,"objectType":"NewKind","changeType":"NEW_CHANGE","objectReference":"9007199254740993","createdAt":"x","store":null}]}}`,
		"ConfirmEvents":  `{"data":{"confirmEvents":{` + noNotices + `}}}`,
		"ListenToEvents": `{"data":{"setEventListeners":{` + noNotices + `}}}`,
	}))
	events, err := shop.Events(t.Context(), 1000)
	require.NoError(t, err)
	require.JSONEq(t, `{"limit":200}`, server.variables("Events"))
	require.Equal(t, []ports.ShopEvent{
		{ID: "1", Object: "order", Change: "completed", Ref: "101", Store: "atelier", At: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)},
		{ID: "2", Object: "NewKind", Change: "NEW_CHANGE", Ref: "9007199254740993"},
	}, events)
	ids := make([]string, 401)
	for i := range ids {
		ids[i] = fmt.Sprint(i + 1)
	}
	require.NoError(t, shop.ConfirmEvents(t.Context(), ids))
	require.NoError(t, shop.ConfirmEvents(t.Context(), nil))
	require.NoError(t, shop.ListenToEvents(t.Context()))
	require.Equal(t, "Events ConfirmEvents ConfirmEvents ConfirmEvents ListenToEvents", server.ops())
	require.JSONEq(t, `{"ids":[401]}`, server.variables("ConfirmEvents"))
	require.JSONEq(t, `{"input":[{"objectType":"Order"},{"objectType":"Return"},{"objectType":"Product"}]}`, server.variables("ListenToEvents"))
}
