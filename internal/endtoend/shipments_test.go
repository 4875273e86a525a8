package endtoend_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/contract"
	"selvedge/internal/domain"
	"selvedge/internal/simulators/acs"
	"selvedge/internal/simulators/centra"
	"selvedge/internal/simulators/weather"
)

// TestAParcel reaches the shop once, whatever the warehouse says of it and when.
func TestAParcel(t *testing.T) {
	t.Parallel()
	w := open(t, options{})

	t.Run("told five times stands once", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6001), &acs.FloorPlan{Revisions: 4})
		w.closes(t, 6001)
		w.requireDelivered(t, 6001, 1)
	})
	t.Run("without tracking is created at once and completed when tracking comes", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6002), &acs.FloorPlan{Parcels: []acs.PlannedParcel{{TrackingDelayMs: ptr(1_800)}}})
		eventually(t, "the shipment stands unshipped", func() bool {
			s := w.inShop(t, 6002).Shipments
			return len(s) == 1 && s[0].CompletedAt == nil
		})
		require.Zero(t, w.mails(6002))
		w.closes(t, 6002)
		w.requireDelivered(t, 6002, 1)
		require.NotEmpty(t, w.inShop(t, 6002).Shipments[0].Tracking)
	})
	t.Run("whose tracking never comes is completed after the wait", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6003), &acs.FloorPlan{Parcels: []acs.PlannedParcel{{TrackingDelayMs: ptr(3_600_000)}}})
		w.closes(t, 6003)
		w.requireDelivered(t, 6003, 1)
		order, held := w.inShop(t, 6003), w.atWarehouse(6003)
		require.Empty(t, order.Shipments[0].Tracking)
		require.GreaterOrEqual(t, order.Shipments[0].CompletedAt.Sub(held[0].Shipments[0].ShippedAt), trackingWait)
	})
	t.Run("whose tracking comes after it was completed is a comment and a question", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6004), &acs.FloorPlan{Parcels: []acs.PlannedParcel{{TrackingDelayMs: ptr(3_600_000)}}})
		eventually(t, "the parcel is completed", func() bool { return w.mails(6004) == 1 })
		w.act(t, acs.Action{Account: accountN, Order: "6004", Action: "track", TrackingNumbers: []string{"TRACKEDLATE"}})
		w.asks(t, 6004, "late-tracking")
		eventually(t, "the tracking stands in a comment", func() bool {
			told := w.graphql(t, `{ orders(where: {number: [6004]}) { otherComment internalComment } }`)
			return strings.Contains(toText(t, told), "TRACKEDLATE")
		})
		require.Empty(t, w.inShop(t, 6004).Shipments[0].Tracking, "a shipped shipment cannot change")
		_, err := w.resolve(t, 6004, contract.Resolution{Action: contract.ActionSkip, Reason: "told the customer"})
		require.NoError(t, err)
		w.closes(t, 6004)
		require.Equal(t, 1, w.mails(6004))
	})
	t.Run("that is voided after the shop knows it is a question", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6005, with(line(6005, 1, shirt, 2))), &acs.FloorPlan{NeverShip: true, Parcels: []acs.PlannedParcel{{Lines: []acs.PlannedUnits{{LineID: lineID(6005, 1), Quantity: 1}}}}})
		eventually(t, "the parcel is completed", func() bool { return w.mails(6005) == 1 })
		w.act(t, acs.Action{Account: accountN, Order: "6005", Action: "void"})
		w.asks(t, 6005, "shipment-voided")
		require.Equal(t, 1, w.mails(6005))
	})
	t.Run("with more than was ordered is a question, and the shop holds what was ordered", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6006), &acs.FloorPlan{Overship: []acs.PlannedUnits{{LineID: lineID(6006, 1), Quantity: 1}}})
		w.asks(t, 6006, "over-shipment")
		for _, s := range w.inShop(t, 6006).Shipments {
			require.Equal(t, []centra.QuantityState{{LineID: 60061, Quantity: 1}}, s.Lines)
		}
		_, err := w.resolve(t, 6006, contract.Resolution{Action: contract.ActionSkip, Reason: "a gift"})
		require.NoError(t, err)
		w.closes(t, 6006)
		require.Equal(t, 1, w.mails(6006))
	})
	t.Run("whose units a person has shipped in the shop already is a question, not a second mail", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6009), stays())
		w.atFloor(t, 6009)
		w.admin(t, centra.Action{Action: "ship-by-hand", Order: 6009, Carrier: "Royal Mail", Tracking: "BYHAND1", SendEmail: true})
		w.act(t, acs.Action{Account: accountN, Order: "6009", Action: "ship"})
		w.asks(t, 6009, "shipped-by-hand")
		require.Len(t, w.inShop(t, 6009).Shipments, 1)
		require.Equal(t, 1, w.mails(6009))
	})
	t.Run("told again and again by old webhooks stands once", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6010, with(line(6010, 1, shirt, 2))), &acs.FloorPlan{Parcels: []acs.PlannedParcel{
			{Lines: []acs.PlannedUnits{{LineID: lineID(6010, 1), Quantity: 1}}}, {DelayMs: ptr(400)},
		}})
		w.closes(t, 6010)
		before := len(w.facts(t, 6010, domain.FactShipment))
		_, err := w.intake.ReadFeed(t.Context(), north) // the whole feed, from its beginning
		require.NoError(t, err)
		require.Len(t, w.facts(t, 6010, domain.FactShipment), before)
		w.requireDelivered(t, 6010, 2)
	})
	t.Run("with a gift certificate takes it along", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6007, with(line(6007, 1, shirt, 1), centra.SeedLine{ID: 60072, Kind: "giftCertificate", Name: "Gift", Quantity: 1, UnitPrice: 5000})), nil)
		w.closes(t, 6007)
		w.requireDelivered(t, 6007, 1)
		require.Equal(t, int64(3990+495+5000), w.inShop(t, 6007).Captured)
	})
	t.Run("of a bundle is captured once both sides agree on its worth", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6008, with(centra.SeedLine{ID: 60081, Kind: "bundle", SKU: set, Quantity: 1, UnitPrice: 9_999, From: map[string]int{north: 1}})), nil)
		w.closes(t, 6008)
		w.requireDelivered(t, 6008, 1)
		require.Equal(t, int64(9_999+495), w.inShop(t, 6008).Captured)
	})
}

func TestACertificateAloneClosesWithoutAWarehouse(t *testing.T) {
	t.Parallel()
	w := open(t, options{})
	w.sell(t, sale(6101, with(centra.SeedLine{ID: 61012, Kind: "giftCertificate", Name: "Gift", Quantity: 1, UnitPrice: 5000})), nil)
	w.closes(t, 6101)
	require.Empty(t, w.atWarehouse(6101))
}

func TestABundleIsShippedUnderBothReadingsOfTheShop(t *testing.T) {
	t.Parallel()
	for _, lines := range []string{"items", "bundle"} {
		for _, value := range []string{"items", "bundle"} {
			t.Run("lines of "+lines+" and value of "+value, func(t *testing.T) {
				t.Parallel()
				w := open(t, options{env: map[string]string{"SELVEDGE_CENTRA_BUNDLE_LINES": lines}, shop: func(s *centra.Seed) { s.BundleLines, s.BundleValue = lines, value }})
				w.sell(t, sale(6201, with(centra.SeedLine{ID: 62011, Kind: "bundle", SKU: set, Quantity: 1, UnitPrice: 9_999, From: map[string]int{north: 1}})), nil)
				w.closes(t, 6201)
				w.requireDelivered(t, 6201, 1)
				require.Equal(t, int64(9_999+495), w.inShop(t, 6201).Captured)
			})
		}
	}
}

// TestMoney is captured once and for what is shipped, as each way of paying wants it.
func TestMoney(t *testing.T) {
	t.Parallel()
	w := open(t, options{})
	pay := func(method string) func(*centra.SeedOrder) {
		return func(o *centra.SeedOrder) { o.PaymentMethod = method }
	}

	t.Run("that comes later completes the parcel when it is there", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6301, pay("Klarna")), nil)
		w.closes(t, 6301)
		w.requireDelivered(t, 6301, 1)
		require.Equal(t, int64(3990+495), w.inShop(t, 6301).Captured)
	})
	t.Run("that comes to nothing is a question for finance, and a retry takes it", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6302, pay("Shaky Bank")), nil)
		w.asks(t, 6302, "capture-failed")
		require.Zero(t, w.mails(6302))
		w.admin(t, centra.Action{Action: "set-capture-outcome", Order: 6302, Value: "success"})
		w.retry(t, 6302)
		w.closes(t, 6302)
		w.requireDelivered(t, 6302, 1)
		require.Equal(t, int64(3990+495), w.inShop(t, 6302).Captured)
	})
	t.Run("that is refused with the shipment is a question for finance, and a retry takes it", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6303, func(o *centra.SeedOrder) { o.CaptureOutcome = "fail" }), nil)
		w.asks(t, 6303, "capture-failed")
		require.Len(t, w.inShop(t, 6303).Shipments, 1)
		w.retry(t, 6303)
		eventually(t, "the second refusal is known", func() bool { return len(w.facts(t, 6303, domain.FactRefused)) >= 2 })
		w.asks(t, 6303, "capture-failed")
		w.admin(t, centra.Action{Action: "set-capture-outcome", Order: 6303, Value: "success"})
		w.retry(t, 6303)
		w.closes(t, 6303)
		w.requireDelivered(t, 6303, 1)
		require.Equal(t, int64(3990+495), w.inShop(t, 6303).Captured)
	})
	t.Run("before the goods is captured before anything is handed over", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6304, pay("Prepayment")), stays())
		w.atFloor(t, 6304)
		require.Equal(t, int64(3990+495), w.inShop(t, 6304).Captured)
		w.act(t, acs.Action{Account: accountN, Order: "6304", Action: "ship"})
		w.closes(t, 6304)
		w.requireDelivered(t, 6304, 1)
		require.Equal(t, int64(3990+495), w.inShop(t, 6304).Captured)
	})
	t.Run("before the goods that is refused holds them back", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6305, pay("Prepayment"), func(o *centra.SeedOrder) { o.CaptureOutcome = "fail" }), nil)
		w.asks(t, 6305, "capture-failed")
		require.Empty(t, w.atWarehouse(6305))
		w.admin(t, centra.Action{Action: "set-capture-outcome", Order: 6305, Value: "success"})
		w.retry(t, 6305)
		w.closes(t, 6305)
		w.requireDelivered(t, 6305, 1)
	})
	t.Run("outside the shop is left alone", func(t *testing.T) {
		t.Parallel()
		w.sell(t, sale(6306, pay("Invoice")), nil)
		w.closes(t, 6306)
		w.requireDelivered(t, 6306, 1)
	})
}

func TestAParcelWhoseWebhooksAreLostIsFoundByTheFeed(t *testing.T) {
	t.Parallel()
	w := open(t, options{noFloor: true})
	w.sell(t, sale(6401), nil)
	eventually(t, "the parcel has left", func() bool {
		held := w.atWarehouse(6401)
		return len(held) == 1 && len(held[0].Shipments) == 1
	})
	require.Zero(t, w.mails(6401))
	_, err := w.intake.ReadFeed(t.Context(), north)
	require.NoError(t, err)
	w.closes(t, 6401)
	w.requireDelivered(t, 6401, 1)
}

func TestAParcelThatIsKnownBeforeItsOrderWasAcceptedIsShipped(t *testing.T) {
	t.Parallel()
	w := open(t, options{})
	// The answer to the hand-over hangs, while the floor is done in a fraction of it.
	require.NoError(t, w.floorWeather.Script(weather.Fault{Kind: weather.Slow, Match: "PUT ", DelayMs: int((requestTime - 200*time.Millisecond).Milliseconds())}))
	w.sell(t, sale(6501), &acs.FloorPlan{AcceptDelayMs: ptr(10), Parcels: []acs.PlannedParcel{{DelayMs: ptr(10)}}})
	w.closes(t, 6501)
	w.requireDelivered(t, 6501, 1)
	require.Equal(t, 1, w.floorWeather.Stats().Scripted)
}
