package centra_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/ports"
	simulator "selvedge/internal/simulators/centra"
	"selvedge/internal/simulators/weather"
	"selvedge/internal/systems/centra"
)

const leaked = "Zebulonia Quistgård, Ödlegränd 47b, zeb.quist@planted.example"

// simulated starts a Centra with one store, two warehouses and a few orders.
func simulated(t *testing.T, change ...func(*simulator.Seed)) (*centra.Shop, *simulator.Simulator) {
	t.Helper()
	sim := simulator.New(simulator.Options{})
	t.Cleanup(sim.Close)
	on, leak := true, leaked
	address := simulator.SeedAddress{FirstName: "Zebulonia", LastName: "Quistgård", Address1: "Ödlegränd 47b", ZipCode: "98765", City: "Vättnäs", Country: "SE", Email: "zeb.quist@planted.example"}
	order := func(number int, change func(*simulator.SeedOrder)) simulator.SeedOrder {
		o := simulator.SeedOrder{
			Number: number, Store: "atelier", Market: "Sweden", Currency: "SEK", PaymentMethod: "card", ShippingOption: "Express", ShippingCost: 4900, TaxPercent: 25, ShippingAddress: address,
			Lines: []simulator.SeedLine{{SKU: "SHBLM", Quantity: 2, UnitPrice: 39900, From: map[string]int{"north": 2}}, {SKU: "SHBLL", Quantity: 1, UnitPrice: 39950, From: map[string]int{"south": 1}}},
		}
		if change != nil {
			change(&o)
		}
		return o
	}
	seed := simulator.Seed{
		Stores:          []simulator.SeedStore{{ID: 1, Name: "atelier"}, {ID: 2, Name: "showroom", Type: "WHOLESALE"}},
		Warehouses:      []simulator.SeedWarehouse{{Name: "north"}, {Name: "south"}},
		Markets:         []simulator.SeedMarket{{Name: "Sweden", Store: "atelier", Countries: []string{"SE"}}, {Name: "Buyers", Store: "showroom"}},
		ShippingOptions: []simulator.SeedShippingOption{{Name: "Express", URI: "express"}},
		PaymentMethods: []simulator.SeedPaymentMethod{
			{Name: "card"}, {Name: "slow", CaptureOutcome: "pending", PendingMs: 3_600_000}, {Name: "broke", CaptureOutcome: "fail"},
		},
		Tokens:         []simulator.SeedToken{{Token: token, Integration: "selvedge"}},
		AttributeTypes: []simulator.SeedAttributeType{{Name: "customs", ObjectType: "Product", Elements: []simulator.SeedAttributeElement{{Key: "origin"}}}},
		Products: []simulator.SeedProduct{{
			Name: "Shirt", Number: "SH", Brand: "Selvedge", HarmonizedCommodityCode: "62052000", Attributes: []simulator.SeedAttribute{{Type: "customs", Elements: map[string]string{"origin": "PT"}}},
			Variants: []simulator.SeedVariant{{Name: "Blue", Number: "BL", Sizes: []simulator.SeedSize{
				{Name: "M", Number: "M", EAN: "7300000000011", Stock: map[string]int{"north": 20, "south": 20}}, {Name: "L", Number: "L", EAN: "7300000000028", Stock: map[string]int{"north": 20, "south": 20}},
			}}},
		}},
		Bundles: []simulator.SeedBundle{{SKU: "SET", Name: "Set", Items: []simulator.SeedBundleItem{{SKU: "SHBLM", Quantity: 1}, {SKU: "SHBLL", Quantity: 2}}}},
		Orders: []simulator.SeedOrder{
			order(1001, nil),
			order(1002, func(o *simulator.SeedOrder) {
				o.Lines = []simulator.SeedLine{{Kind: "bundle", SKU: "SET", Quantity: 2, UnitPrice: 99900, From: map[string]int{"north": 2}}, {Kind: "giftCertificate", Name: "Gift", Quantity: 1, UnitPrice: 10000}}
			}),
			order(1003, func(o *simulator.SeedOrder) { o.PaymentMethod = "slow"; o.OnHold = true }),
			order(1004, func(o *simulator.SeedOrder) { o.PaymentMethod = "slow" }),
			order(1005, func(o *simulator.SeedOrder) { o.PaymentMethod = "broke" }),
			order(1006, func(o *simulator.SeedOrder) { o.Store, o.Market = "showroom", "Buyers" }),
		},
		EventsEnabled: &on, Leak: &leak,
		Quotas: nil,
	}
	for _, c := range change {
		c(&seed)
	}
	require.NoError(t, sim.Seed(seed))
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	shop, err := centra.New(centra.Config{
		BaseURL: server.URL, Token: token, Timeout: 2 * time.Second, Stores: centra.Stores{1: "atelier", 2: "showroom"},
		MaxWait: 5 * time.Second, QuotaRefresh: time.Minute, BundleLines: seed.BundleLines,
	}, centra.Options{})
	require.NoError(t, err)
	return shop, sim
}

func bundleReading(s *simulator.Seed) { s.BundleLines = centra.BundleLinesBundle }

// shipDraft ships lines of an order.
func shipDraft(o domain.Order, lines ...domain.LineQuantity) ports.ShipmentDraft {
	return ports.ShipmentDraft{
		Order: o.ID, Currency: o.Currency, Lines: lines, Carrier: "PostNord", Service: "Parcel", Tracking: "TRK" + lines[0].Line, Parcels: 1,
		ShippedAt: time.Now().UTC().Truncate(time.Second), SendEmail: true, Capture: true,
		Shipping: ports.Cost{None: true}, Handling: ports.Cost{None: true}, Discount: ports.Cost{None: true},
	}
}

func readOne(t *testing.T, shop *centra.Shop, number string) domain.Order {
	t.Helper()
	order := byNumber(t, shop, "", number)[number]
	require.NoError(t, order.Err)
	return order.Order
}

func TestSimulatedOrdersAreReadWhole(t *testing.T) {
	t.Parallel()
	shop, _ := simulated(t)
	orders := byNumber(t, shop, "", "1001", "1002", "1003", "1006", "9999")
	require.Len(t, orders, 4, "unknown numbers are absent, held orders are not")
	plain := orders["1001"]
	require.NoError(t, plain.Err)
	require.Equal(t, domain.ShopConfirmed, plain.Order.Status)
	require.Equal(t, int64(2*39900+39950+4900), plain.Order.GrandTotal)
	require.Equal(t, int64(4900), plain.Order.Shipping)
	require.Equal(t, "Quistgård", plain.Personal.Delivery.LastName)
	require.Equal(t, "SE", plain.Order.Country)
	require.Equal(t, "express", plain.Order.ShippingMethod.URI)
	require.Equal(t, "SHBLM", plain.Order.Lines[0].SKU)
	require.Equal(t, "7300000000011", plain.Order.Lines[0].EAN)
	require.Equal(t, []domain.Allocation{{Warehouse: "north", Quantity: 2}}, plain.Order.Lines[0].Allocations)
	require.Equal(t, "PT", plain.Order.Lines[0].Item.Attributes["customs.origin"])
	require.Equal(t, "62052000", plain.Order.Lines[0].Item.CommodityCode)
	require.True(t, orders["1003"].Order.OnHold)
	require.True(t, orders["1006"].Order.Wholesale)
	require.Zero(t, orders["1006"].Personal)

	set := orders["1002"].Order.Lines
	require.Equal(t, domain.LineBundle, set[0].Kind)
	require.Equal(t, set[0].ID, set[1].Bundle)
	require.Equal(t, set[0].ID, set[2].Bundle)
	require.Equal(t, domain.LineGiftCertificate, set[3].Kind)
}

func TestAShipmentGoesThroughCentra(t *testing.T) {
	t.Parallel()
	shop, sim := simulated(t)
	order := readOne(t, shop, "1001")
	write, err := shop.CreateShipment(t.Context(), shipDraft(order, domain.LineQuantity{Line: order.Lines[0].ID, Quantity: 1}))
	require.NoError(t, err)
	require.True(t, write.Shipment.Shipped)
	require.True(t, write.Shipment.Captured)
	require.Empty(t, write.Warnings)
	back := readOne(t, shop, "1001")
	require.Len(t, back.Shipments, 1)
	require.Equal(t, []domain.LineQuantity{{Line: order.Lines[0].ID, Quantity: 1}}, back.Shipments[0].Lines)
	require.Equal(t, "PostNord", back.Shipments[0].Carrier)
	require.Equal(t, "TRK"+order.Lines[0].ID, back.Shipments[0].Tracking)
	require.Equal(t, domain.ShopProcessing, back.Status)
	require.Equal(t, int64(39900), back.Payment.Captured, "shipping policy none takes no cost")
	require.Len(t, sim.State().Mails, 1)

	// A second run would make a second parcel: the caller has to look first.
	_, err = shop.CreateShipment(t.Context(), shipDraft(order, domain.LineQuantity{Line: order.Lines[0].ID, Quantity: 2}))
	require.True(t, fault.Is(err, fault.Rejected), "more than is left: %v", err)
}

func TestALostAnswerIsUncertainAndReadingTellsTheTruth(t *testing.T) {
	t.Parallel()
	for kind, committed := range map[string]bool{weather.CutAfterCommit: true, weather.CutBeforeCommit: false, weather.Garbage: false} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			shop, sim := simulated(t)
			order := readOne(t, shop, "1001")
			require.NoError(t, sim.Weather().Script(weather.Fault{Kind: kind, Match: "createShipment"}))
			_, err := shop.CreateShipment(t.Context(), shipDraft(order, domain.LineQuantity{Line: order.Lines[0].ID, Quantity: 1}))
			require.True(t, fault.Is(err, fault.Uncertain), "%v", err)
			requireClean(t, err.Error())
			if committed {
				require.Len(t, readOne(t, shop, "1001").Shipments, 1)
			}
			require.LessOrEqual(t, len(sim.State().Mails), 1)
		})
	}
}

func TestAParcelWithoutTrackingIsCompletedLaterAndTwiceIsOnce(t *testing.T) {
	t.Parallel()
	shop, sim := simulated(t)
	order := readOne(t, shop, "1001")
	draft := shipDraft(order, domain.LineQuantity{Line: order.Lines[0].ID, Quantity: 2})
	draft.ShippedAt, draft.Tracking, draft.Capture, draft.SendEmail = time.Time{}, "", false, false
	write, err := shop.CreateShipment(t.Context(), draft)
	require.NoError(t, err)
	require.False(t, write.Shipment.Shipped)

	captured, err := shop.CaptureShipment(t.Context(), write.Shipment.ID)
	require.NoError(t, err)
	require.True(t, captured.Shipment.Captured)
	again, err := shop.CaptureShipment(t.Context(), write.Shipment.ID)
	require.NoError(t, err, "captured already is success")
	require.True(t, again.Shipment.Captured)

	draft.ShippedAt, draft.Tracking, draft.SendEmail = time.Now().UTC(), "LATE1", true
	for range 2 {
		done, err := shop.CompleteShipment(t.Context(), write.Shipment.ID, draft)
		require.NoError(t, err)
		require.True(t, done.Shipment.Shipped)
		require.Equal(t, "LATE1", done.Shipment.Tracking)
	}
	require.Len(t, sim.State().Mails, 1)
	require.Equal(t, int64(2*39900), readOne(t, shop, "1001").Payment.Captured)
}

func TestCapturesThatArePendingOrFail(t *testing.T) {
	t.Parallel()
	shop, _ := simulated(t)
	slow, broke := readOne(t, shop, "1004"), readOne(t, shop, "1005")

	write, err := shop.CreateShipment(t.Context(), shipDraft(slow, domain.LineQuantity{Line: slow.Lines[0].ID, Quantity: 1}))
	require.NoError(t, err)
	require.True(t, write.CapturePending)
	require.True(t, readOne(t, shop, "1004").Payment.CapturePending)

	write, err = shop.CreateShipment(t.Context(), shipDraft(broke, domain.LineQuantity{Line: broke.Lines[0].ID, Quantity: 1}))
	require.NoError(t, err, "a failed capture on create is a warning")
	require.False(t, write.CapturePending)
	require.NotEmpty(t, write.Warnings)
	requireClean(t, write.Warnings...)
	require.True(t, readOne(t, shop, "1005").Payment.CaptureFailed)

	_, err = shop.CaptureShipment(t.Context(), write.Shipment.ID)
	require.True(t, fault.Is(err, fault.Rejected), "%v", err)
	requireClean(t, err.Error())
	_, err = shop.CaptureOrder(t.Context(), broke.ID)
	require.True(t, fault.Is(err, fault.Rejected), "%v", err)
	requireClean(t, err.Error())
}

func TestMoneyBeforeTheGoodsAndTheRestGivenBack(t *testing.T) {
	t.Parallel()
	shop, _ := simulated(t)
	order := readOne(t, shop, "1001")
	for range 2 {
		payment, err := shop.CaptureOrder(t.Context(), order.ID)
		require.NoError(t, err)
		require.Equal(t, order.GrandTotal, payment.Captured)
	}
	reduced := readOne(t, shop, "1004")
	require.NoError(t, shop.CancelLines(t.Context(), reduced.ID, []domain.LineQuantity{{Line: reduced.Lines[0].ID, Quantity: 1}}, "not found"))
	back := readOne(t, shop, "1004")
	require.Equal(t, 1, back.Lines[0].Quantity)
	require.Equal(t, 1, back.Lines[0].Cancelled)
	require.Less(t, back.GrandTotal, reduced.GrandTotal)
}

func TestHoldAndCommentTwiceAreOnce(t *testing.T) {
	t.Parallel()
	shop, _ := simulated(t)
	id := domain.OrderID{Store: "atelier", Number: "1001"}
	for range 2 {
		require.NoError(t, shop.HoldOrder(t.Context(), id, "short pick"))
		require.NoError(t, shop.Comment(t.Context(), id, "Tracking of parcel 1: LATE9"))
	}
	require.True(t, readOne(t, shop, "1001").OnHold)
	order := readOne(t, shop, "1001")
	_, err := shop.CreateShipment(t.Context(), shipDraft(order, domain.LineQuantity{Line: order.Lines[0].ID, Quantity: 1}))
	require.True(t, fault.Is(err, fault.Rejected), "a held order cannot ship: %v", err)
	require.ErrorContains(t, err, "hold")
}

func TestNoneOfManyCommentsAtOnceIsLost(t *testing.T) {
	t.Parallel()
	_, sim := simulated(t)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	var turn sync.Mutex
	shop, err := centra.New(centra.Config{
		BaseURL: server.URL, Token: token, Timeout: 10 * time.Second, Stores: centra.Stores{1: "atelier"}, MaxWait: 20 * time.Second, QuotaRefresh: time.Minute,
	}, centra.Options{Alone: func(_ context.Context, name string, do func() error) error {
		if name != "comment on atelier/1001" {
			return fmt.Errorf("%q is no turn at the order", name)
		}
		turn.Lock()
		defer turn.Unlock()
		return do()
	}})
	require.NoError(t, err)
	const writers = 8
	failed := make([]error, writers)
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			failed[n] = shop.Comment(t.Context(), domain.OrderID{Store: "atelier", Number: "1001"}, fmt.Sprintf("Return %d: credit memo", n))
		})
	}
	all.Wait()
	require.NoError(t, errors.Join(failed...))
	var comment string
	for _, o := range sim.State().Orders {
		if o.Number == 1001 {
			comment = o.InternalComment
		}
	}
	for n := range writers {
		require.Contains(t, comment, fmt.Sprintf("Return %d: credit memo", n))
	}
}

func TestBundlesGoInUnderBothReadings(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*simulator.Seed){"items": func(*simulator.Seed) {}, "bundle": bundleReading} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop, _ := simulated(t, change)
			order := readOne(t, shop, "1002")
			lines := []domain.LineQuantity{{Line: order.Lines[1].ID, Quantity: 1}, {Line: order.Lines[2].ID, Quantity: 2}}
			write, err := shop.CreateShipment(t.Context(), shipDraft(order, lines...))
			require.NoError(t, err)
			require.ElementsMatch(t, lines, write.Shipment.Lines)
			require.ElementsMatch(t, lines, readOne(t, shop, "1002").Shipments[0].Lines)
		})
	}
}

func TestSimulatedEventsAreTheSameUntilConfirmed(t *testing.T) {
	t.Parallel()
	shop, sim := simulated(t)
	require.NoError(t, shop.ListenToEvents(t.Context()))
	require.NoError(t, shop.ListenToEvents(t.Context()))
	require.NoError(t, sim.Admin(simulator.Action{Action: "hold", Order: 1001, Reason: "asked"}))
	first, err := shop.Events(t.Context(), 50)
	require.NoError(t, err)
	require.NotEmpty(t, first)
	require.Equal(t, "order", first[0].Object)
	require.Equal(t, "1001", first[0].Ref)
	require.Equal(t, "atelier", first[0].Store)
	same, err := shop.Events(t.Context(), 50)
	require.NoError(t, err)
	require.Equal(t, first, same)
	var ids []string
	for _, e := range first {
		ids = append(ids, e.ID)
	}
	require.NoError(t, shop.ConfirmEvents(t.Context(), ids))
	require.NoError(t, shop.ConfirmEvents(t.Context(), ids), "confirming twice is harmless")
	left, err := shop.Events(t.Context(), 50)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestUpdatedOrdersAreListedOldestFirst(t *testing.T) {
	t.Parallel()
	shop, _ := simulated(t)
	var all []string
	cursor, wholesale := "", 0
	for {
		refs, next, err := shop.UpdatedOrders(t.Context(), "", time.Unix(0, 0), cursor)
		require.NoError(t, err)
		for _, r := range refs {
			all = append(all, r.ID.Number)
			if r.Wholesale {
				wholesale++
			}
		}
		if cursor = next; next == "" {
			break
		}
	}
	require.ElementsMatch(t, []string{"1001", "1002", "1003", "1004", "1005", "1006"}, all)
	require.Equal(t, 1, wholesale)
}

func TestCredentialsAndPermissionsAreToldApart(t *testing.T) {
	t.Parallel()
	revoked, _ := simulated(t, func(s *simulator.Seed) { s.Tokens[0].Revoked = true })
	f, ok := fault.As(revoked.Probe(t.Context()))
	require.True(t, ok)
	require.Equal(t, fault.Misconfigured, f.Kind)
	require.Equal(t, "credentials", f.Code)

	narrow, _ := simulated(t, func(s *simulator.Seed) { s.Tokens[0].Permissions = []string{"Order:read"} })
	require.NoError(t, narrow.Probe(t.Context()))
	_, err := narrow.Orders(t.Context(), "atelier", []string{"1001"})
	f, ok = fault.As(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, fault.Misconfigured, f.Kind)
	require.Equal(t, "permission", f.Code)
	require.Regexp(t, `[A-Z]\w*(\.\w+)*:read`, f.Problems[0].Value)
}

func TestTheQuotaIsKeptAndNothingIsRefused(t *testing.T) {
	t.Parallel()
	shop, sim := simulated(t)
	held := 0
	for i := range 30 { // the quota is 20 requests in 10 seconds
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err := shop.Events(ctx, 1)
		cancel()
		if err != nil {
			f, ok := fault.As(err)
			require.True(t, ok, "%d: %v", i, err)
			require.Equal(t, fault.RateLimited, f.Kind, "%d: %v", i, err)
			require.Equal(t, "quota", f.Code, "held back by us, not refused by Centra")
			require.NotZero(t, f.RetryAt)
			held++
		}
	}
	require.Positive(t, held)
	require.Zero(t, sim.State().Mutations.Refused)
}

func TestTheSchemaOfTheSimulatorDoesNotDiffer(t *testing.T) {
	t.Parallel()
	shop, _ := simulated(t)
	differences, err := shop.SchemaDiff(t.Context())
	require.NoError(t, err)
	require.Empty(t, differences)
	off := false
	closed, _ := simulated(t, func(s *simulator.Seed) { s.Introspection = &off })
	_, err = closed.SchemaDiff(t.Context())
	require.ErrorIs(t, err, centra.ErrNoIntrospection)
}

func TestNoPersonLeavesTheSimulatorInAnError(t *testing.T) {
	t.Parallel()
	shop, sim := simulated(t)
	for _, kind := range []string{weather.Status500, weather.Status502, weather.Status503, weather.Garbage, weather.Status429, weather.CutAfterCommit} {
		require.NoError(t, sim.Weather().Script(weather.Fault{Kind: kind}))
		err := hold(t.Context(), shop)
		require.Error(t, err, kind)
		requireClean(t, err.Error(), fmt.Sprintf("%+v", err))
	}
	order := byNumber(t, shop, "", "1001")["1001"]
	raw, err := json.Marshal(order.Order)
	require.NoError(t, err)
	requireClean(t, string(raw))
}

func TestTheRestOfAReducedOrderIsReleasedOnceAndAgain(t *testing.T) {
	t.Parallel()
	shop, _ := simulated(t)
	order := readOne(t, shop, "1001")
	require.NoError(t, shop.CancelLines(t.Context(), order.ID, []domain.LineQuantity{{Line: order.Lines[1].ID, Quantity: 1}}, "not found"))
	draft := shipDraft(order, domain.LineQuantity{Line: order.Lines[0].ID, Quantity: 2})
	draft.Shipping = ports.Cost{Value: 4900}
	write, err := shop.CreateShipment(t.Context(), draft)
	require.NoError(t, err)
	require.Equal(t, int64(2*39900+4900), write.Shipment.Total)
	before := readOne(t, shop, "1001").Payment
	require.Greater(t, before.Authorized, before.Captured)
	for range 2 {
		require.NoError(t, shop.ReleaseAuthorisation(t.Context(), order.ID))
	}
	after := readOne(t, shop, "1001")
	require.Equal(t, after.Payment.Captured, after.Payment.Authorized)
	require.Equal(t, domain.ShopShipped, after.Status)
}
