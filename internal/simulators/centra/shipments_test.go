package centra_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/centra"
)

const shipmentFields = "shipment { id number isGoodToGo isPaid isShipped isCaptured trackingNumber carrierInformation { carrierName serviceName } capturedValue { value } grandTotal { value valueInCents } lines { id quantity orderLine { id } lineValue { valueInCents } } order { status } }"

func TestOneCallShipsCapturesAndCompletes(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	lines := s.state(t, 1).Lines
	before := s.stock(t, "boras", "SHBLM")
	require.Equal(t, []int{10, 2, 8}, []int{before.Physical, before.Allocated, before.FTA})

	r := s.do(t, "createShipment", shipmentFields, m{"input": ship(1, units(lines[0].ID, 2))})
	require.Empty(t, r.errors)
	require.Empty(t, r.warnings)
	sh := r.payload["shipment"].(map[string]any)
	require.Equal(t, "1-1", sh["number"])
	require.Equal(t, true, sh["isCaptured"])
	require.Equal(t, "PROCESSING", sh["order"].(map[string]any)["status"])
	require.EqualValues(t, 2*39_900+4900+100, sh["grandTotal"].(map[string]any)["valueInCents"], "the first shipment takes all costs")

	after := s.stock(t, "boras", "SHBLM")
	require.Equal(t, []int{8, 0, 8}, []int{after.Physical, after.Allocated, after.FTA})
	r = s.do(t, "createShipment", shipmentFields, m{"input": ship(1, units(lines[1].ID, 1))})
	require.Empty(t, r.errors)
	o := s.state(t, 1)
	require.Equal(t, "SHIPPED", o.Status)
	require.EqualValues(t, 2*39_900+29_900+5000, o.Captured)
	require.Equal(t, o.Lines[0].Total+o.Lines[1].Total+o.ShippingTotal, o.Captured)
	require.Len(t, o.Shipments, 2)
	require.Equal(t, []string{"api", "DHL", "T1"}, []string{o.Shipments[0].By, o.Shipments[0].Carrier, o.Shipments[0].Tracking})
	require.NotNil(t, o.Shipments[0].CompletedAt)
	require.Equal(t, map[string]int{"boras": 2}, o.Lines[0].From, "from keeps what was completed")
	mails := s.truth(t).Mails
	require.Len(t, mails, 2)
	require.Equal(t, "1-1", mails[0].Shipment)
	require.Equal(t, "shipment", mails[0].Kind)
	require.Equal(t, "atelier", mails[0].Store)
}

func TestCreateShipmentRefusals(t *testing.T) {
	t.Parallel()
	gift := func(o *centra.SeedOrder) {
		o.Lines = []centra.SeedLine{
			{SKU: "SHBLM", Quantity: 2, UnitPrice: 100},
			{Kind: "giftCertificate", Name: "Card", Quantity: 2, UnitPrice: 100},
			{Kind: "bundle", SKU: "SET", Quantity: 1, UnitPrice: 100},
			{SKU: "SHBLL", Quantity: 2, UnitPrice: 100, Demand: 1},
		}
		o.DeliveryGroups = []centra.SeedDeliveryGroup{{ID: 77, Lines: []centra.SeedGroupLine{{Line: 0, Quantity: 1}}}}
	}
	for name, tt := range map[string]struct {
		seed   func(*centra.SeedOrder)
		change func(ids []int) m
		path   string
	}{
		"an unknown order":                      {change: func([]int) m { return m{"order": m{"number": 99}} }, path: "input.order"},
		"an order named twice":                  {change: func([]int) m { return m{"order": m{"number": 1, "id": "x"}} }, path: "input.order"},
		"an order named not at all":             {change: func([]int) m { return m{"order": m{}} }, path: "input.order"},
		"a held order":                          {seed: func(o *centra.SeedOrder) { o.OnHold = true }, path: "input.order"},
		"an order waiting for payment":          {seed: func(o *centra.SeedOrder) { o.WaitingForPayment = true }, path: "input.order"},
		"an order that is not confirmed":        {seed: func(o *centra.SeedOrder) { o.Status = "PENDING" }, path: "input.order"},
		"a cancelled order":                     {seed: func(o *centra.SeedOrder) { o.Status = "CANCELLED" }, path: "input.order"},
		"an archived order":                     {seed: func(o *centra.SeedOrder) { o.Status = "ARCHIVED" }, path: "input.order"},
		"lines and a delivery group":            {change: func([]int) m { return m{"deliveryGroup": m{"id": 77}} }, path: "input"},
		"neither lines nor a delivery group":    {change: func([]int) m { return m{"lines": nil} }, path: "input"},
		"an unknown delivery group":             {change: func([]int) m { return m{"lines": nil, "deliveryGroup": m{"id": 5}} }, path: "input.deliveryGroup"},
		"no lines":                              {change: func([]int) m { return m{"lines": []m{}} }, path: "input.lines"},
		"a line of another order":               {change: func([]int) m { return m{"lines": []m{units(9999, 1)}} }, path: "input.lines.0.orderLine"},
		"more than was ordered":                 {change: func(ids []int) m { return m{"lines": []m{units(ids[0], 3)}} }, path: "input.lines.0.quantity"},
		"more than was ordered, in two entries": {change: func(ids []int) m { return m{"lines": []m{units(ids[0], 1), units(ids[0], 2)}} }, path: "input.lines.1.quantity"},
		"a quantity of zero":                    {change: func(ids []int) m { return m{"lines": []m{units(ids[0], 0)}} }, path: "input.lines.0.quantity"},
		"part of a gift certificate":            {change: func(ids []int) m { return m{"lines": []m{units(ids[1], 1)}} }, path: "input.lines.0.quantity"},
		"a bundle line":                         {change: func(ids []int) m { return m{"lines": []m{units(ids[2], 1)}} }, path: "input.lines.0.orderLine"},
		"units that are not allocated":          {change: func(ids []int) m { return m{"lines": []m{units(ids[5], 2)}} }, path: "input.lines.0.quantity"},
		"a cost above the remainder":            {change: func([]int) m { return m{"shippingCostPolicy": m{"value": m{"value": 49.01, "currencyIsoCode": "SEK"}}} }, path: "input.shippingCostPolicy.value"},
		"a cost in another currency":            {change: func([]int) m { return m{"shippingCostPolicy": m{"value": m{"value": 1, "currencyIsoCode": "EUR"}}} }, path: "input.shippingCostPolicy.value.currencyIsoCode"},
		"two cost policies":                     {change: func([]int) m { return m{"shippingCostPolicy": m{"none": true, "allRemaining": true}} }, path: "input.shippingCostPolicy"},
		"no cost policy in the input":           {change: func([]int) m { return m{"handlingCostPolicy": m{}} }, path: "input.handlingCostPolicy"},
		"a policy that is false":                {change: func([]int) m { return m{"discountValuePolicy": m{"none": false}} }, path: "input.discountValuePolicy"},
		"shipped but not good to go":            {change: func([]int) m { return m{"isGoodToGo": false} }, path: "input.isGoodToGo"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seeds := []func(*centra.SeedOrder){gift}
			if tt.seed != nil {
				seeds = append(seeds, tt.seed)
			}
			s := open(t, order(1, seeds...))
			var ids []int
			for _, l := range s.state(t, 1).Lines {
				ids = append(ids, l.ID)
			}
			before := s.truth(t)
			input := ship(1, units(ids[0], 1))
			if tt.change != nil {
				input = with(input, tt.change(ids))
			}
			r := s.do(t, "createShipment", "shipment { id }", m{"input": input})
			require.Equal(t, []string{tt.path}, r.paths, r.errors)
			require.Nil(t, r.payload["shipment"])
			after := s.truth(t)
			require.Equal(t, before.Orders, after.Orders, "nothing is modified")
			require.Equal(t, before.Stock, after.Stock)
			require.Equal(t, before.Mails, after.Mails)
		})
	}
}

func TestEachCallMakesANewShipment(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	line := s.state(t, 1).Lines[0].ID
	for range 2 {
		require.Empty(t, s.do(t, "createShipment", "shipment { id }", m{"input": ship(1, units(line, 1))}).errors)
	}
	require.Len(t, s.state(t, 1).Shipments, 2, "there is no idempotency key")
	require.NotEmpty(t, s.do(t, "createShipment", "shipment { id }", m{"input": ship(1, units(line, 1))}).errors)
}

func TestCostPolicies(t *testing.T) {
	t.Parallel()
	s := open(t, order(1, func(o *centra.SeedOrder) { o.Discounts = []centra.SeedDiscount{{Value: 10_000}} }))
	lines := s.state(t, 1).Lines
	input := with(ship(1, units(lines[0].ID, 1)), m{
		"shippingCostPolicy": m{"value": m{"value": 20.00, "currencyIsoCode": "SEK"}}, "handlingCostPolicy": m{"none": true},
		"discountValuePolicy": m{"value": m{"value": 36.38, "currencyIsoCode": "SEK"}},
	})
	r := s.do(t, "createShipment", shipmentFields, m{"input": input})
	require.Empty(t, r.errors)
	require.EqualValues(t, 39_900+2000-3638, s.state(t, 1).Captured)
	r = s.do(t, "createShipment", shipmentFields, m{"input": with(ship(1, units(lines[0].ID, 1), units(lines[1].ID, 1)), m{"shippingCostPolicy": m{"allRemaining": true}})})
	require.Empty(t, r.errors)
	o := s.state(t, 1)
	require.Equal(t, "SHIPPED", o.Status)
	require.EqualValues(t, 2*39_900+29_900+5000-10_000, o.Captured, "parcels add up to the order")
	require.Equal(t, o.Captured, o.Lines[0].Total+o.Lines[1].Total+o.ShippingTotal, "totals are after the order's discount")
}

func TestCaptureOutcomes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		method          string
		warned          bool
		paid, paidLater bool
	}{
		"a success pays":                        {method: "card", paid: true, paidLater: true},
		"a failure is only a warning":           {method: "refusing", warned: true},
		"a pending one pays later":              {method: "klarna", paidLater: true},
		"a pending one that fails does not pay": {method: "slow-no"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, order(1, func(o *centra.SeedOrder) { o.PaymentMethod = tt.method }))
			line := s.state(t, 1).Lines[0].ID
			r := s.do(t, "createShipment", shipmentFields, m{"input": ship(1, units(line, 2))})
			require.Empty(t, r.errors)
			require.Equal(t, tt.warned, len(r.warnings) > 0)
			sh := r.payload["shipment"].(map[string]any)
			require.Equal(t, tt.paid, sh["isCaptured"])
			require.Equal(t, true, sh["isShipped"])
			require.Equal(t, tt.paid, len(s.truth(t).Mails) == 1, "the mail goes out when the shipment completes")
			s.Clock().Advance(time.Minute)
			require.Eventually(t, func() bool {
				done := s.state(t, 1).Shipments[0].CompletedAt != nil
				return done == tt.paidLater && len(s.truth(t).Mails) == map[bool]int{true: 1}[tt.paidLater]
			}, 5*time.Second, 5*time.Millisecond)
			require.Equal(t, tt.paidLater, s.stock(t, "boras", "SHBLM").Physical == 8)
		})
	}
}

func TestCaptureShipment(t *testing.T) {
	t.Parallel()
	s := open(t, order(1, func(o *centra.SeedOrder) { o.PaymentMethod = "refusing" }), order(2, func(o *centra.SeedOrder) { o.PaymentMethod = "klarna" }))
	create := func(number int) any {
		r := s.do(t, "createShipment", "shipment { id isPaid }", m{"input": with(ship(number, units(s.state(t, number).Lines[0].ID, 1)), m{"capture": nil})})
		require.Empty(t, r.errors)
		return r.payload["shipment"].(map[string]any)["id"]
	}
	const selection = "shipment { isCaptured isPaid } paymentHistoryEntry { entryType status value { value } }"
	refused, pending := create(1), create(2)
	r := s.do(t, "captureShipment", selection, m{"id": refused})
	require.Equal(t, []string{"id"}, r.paths, "a failed capture is a user error here")
	require.Nil(t, r.payload["shipment"])
	require.NoError(t, s.Admin(centra.Action{Action: "set-capture-outcome", Order: 1, Value: "success"}))
	r = s.do(t, "captureShipment", selection, m{"id": refused})
	require.Empty(t, r.errors)
	require.Equal(t, m{"isCaptured": true, "isPaid": true}, r.payload["shipment"])
	require.NotEmpty(t, s.do(t, "captureShipment", selection, m{"id": refused}).errors, "twice is refused")

	r = s.do(t, "captureShipment", selection, m{"id": pending})
	require.Empty(t, r.errors)
	require.Equal(t, "CAPTURE_REQUEST", r.payload["paymentHistoryEntry"].(map[string]any)["entryType"])
	require.Equal(t, "PENDING", r.payload["paymentHistoryEntry"].(map[string]any)["status"])
	require.NotEmpty(t, s.do(t, "captureShipment", selection, m{"id": pending}).errors)
	require.NotEmpty(t, s.do(t, "captureShipment", selection, m{"id": 999}).errors)
	require.NoError(t, s.Admin(centra.Action{Action: "settle-capture", Order: 2}))
	require.NotNil(t, s.state(t, 2).Shipments[0].CompletedAt)
	require.EqualValues(t, 39_900+5000, s.state(t, 2).Captured)
}

func TestMoneyCapturedBeforePaysTheShipments(t *testing.T) {
	t.Parallel()
	s := open(t, order(1, func(o *centra.SeedOrder) { o.CaptureMode = "before-submission" }))
	r := s.do(t, "captureOrder", "order { status } paymentHistoryEntry { entryType value { valueInCents } }", m{"order": m{"number": 1}})
	require.Empty(t, r.errors)
	require.EqualValues(t, 2*39_900+29_900+5000, r.payload["paymentHistoryEntry"].(map[string]any)["value"].(map[string]any)["valueInCents"])
	require.NotEmpty(t, s.do(t, "captureOrder", "order { id }", m{"order": m{"number": 1}}).errors)
	require.NoError(t, s.Admin(centra.Action{Action: "set-capture-outcome", Order: 1, Value: "fail"}))
	lines := s.state(t, 1).Lines
	for i, l := range lines {
		r := s.do(t, "createShipment", "shipment { isPaid isCaptured }", m{"input": with(ship(1, units(l.ID, l.Quantity)), m{"capture": i == 0})})
		require.Empty(t, r.errors)
		require.Empty(t, r.warnings, "the provider is not asked again")
		require.Equal(t, m{"isPaid": true, "isCaptured": true}, r.payload["shipment"])
	}
	require.Equal(t, "SHIPPED", s.state(t, 1).Status)
	require.EqualValues(t, 2*39_900+29_900+5000, s.state(t, 1).Captured)
}

func TestCompleteAndUpdateShipment(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	line := s.state(t, 1).Lines[0].ID
	r := s.do(t, "createShipment", shipmentFields, m{"input": m{"order": m{"number": 1}, "lines": []m{units(line, 2)}}})
	require.Empty(t, r.errors)
	id := r.payload["shipment"].(map[string]any)["id"]
	r = s.do(t, "completeShipment", shipmentFields, m{"id": id, "input": m{"sendEmail": true}})
	require.Len(t, r.errors, 2, "unpaid and not good to go")

	r = s.do(t, "updateShipment", shipmentFields, m{"id": id, "input": m{"isGoodToGo": true, "isPaid": true, "shipmentInfo": m{"trackingNumber": "A, B"}}})
	require.Empty(t, r.errors)
	require.Equal(t, "A, B", r.payload["shipment"].(map[string]any)["trackingNumber"])
	require.Equal(t, false, r.payload["shipment"].(map[string]any)["isCaptured"])
	require.Empty(t, s.truth(t).Mails)

	s.do(t, "updateDirectToConsumerOrder", "order { id }", m{"order": m{"number": 1}, "input": m{"isOnHold": true}})
	require.NotEmpty(t, s.do(t, "completeShipment", shipmentFields, m{"id": id, "input": m{}}).errors, "a held order cannot ship")
	s.do(t, "resumeDirectToConsumerOrder", "order { id }", m{"order": m{"number": 1}})
	r = s.do(t, "completeShipment", shipmentFields, m{"id": id, "input": m{"sendEmail": true, "shipmentInfo": m{"carrier": "PostNord"}}})
	require.Empty(t, r.errors)
	require.Equal(t, "PostNord", r.payload["shipment"].(map[string]any)["carrierInformation"].(map[string]any)["carrierName"])
	require.NotEmpty(t, s.do(t, "completeShipment", shipmentFields, m{"id": id, "input": m{}}).errors, "a second call is refused")
	for field, value := range (m{"shipmentInfo": m{"trackingNumber": "C"}, "isGoodToGo": false}) {
		r = s.do(t, "updateShipment", shipmentFields, m{"id": id, "input": m{field: value}})
		require.Equal(t, []string{"input." + field}, r.paths, "frozen once shipped")
	}
	require.Empty(t, s.do(t, "updateShipment", shipmentFields, m{"id": id, "input": m{"externalId": "ours"}}).errors)
	require.Equal(t, "A, B", s.state(t, 1).Shipments[0].Tracking)
	require.Len(t, s.truth(t).Mails, 1)
	require.Zero(t, s.state(t, 1).Captured, "marked as paid is not captured")
}

func TestDeliveryGroupsAndDemand(t *testing.T) {
	t.Parallel()
	s := open(t, order(1, func(o *centra.SeedOrder) {
		o.Lines[0].Demand = 2
		o.DeliveryGroups = []centra.SeedDeliveryGroup{{ID: 8, Lines: []centra.SeedGroupLine{{Line: 1, Quantity: 1}}}}
	}))
	lines := s.state(t, 1).Lines
	require.Empty(t, lines[0].From)
	r := s.do(t, "createShipment", shipmentFields, m{"input": with(ship(1), m{"lines": nil, "deliveryGroup": m{"id": 8}})})
	require.Empty(t, r.errors)
	require.Equal(t, []centra.QuantityState{{LineID: lines[1].ID, Quantity: 1}}, s.state(t, 1).Shipments[0].Lines)
	require.NotEmpty(t, s.do(t, "createShipment", shipmentFields, m{"input": with(ship(1), m{"lines": nil, "deliveryGroup": m{"id": 8}})}).errors)
	r = s.do(t, "createShipment", shipmentFields, m{"input": with(ship(1, units(lines[0].ID, 2)), m{"allocateDemand": true})})
	require.Empty(t, r.errors)
	require.Equal(t, "SHIPPED", s.state(t, 1).Status)
	require.Equal(t, map[string]int{"boras": 2}, s.state(t, 1).Lines[0].From)
}

func TestBundlesInBothReadings(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lines, value string
		ship         []int // index of the line that a shipment names, in the order bundle, item, item
		units        []int
		shown        []float64
	}{
		"shipments name the items, which carry the price":     {lines: "items", value: "items", ship: []int{1, 2}, units: []int{2, 4}, shown: []float64{0, 66_600, 133_200}},
		"shipments name the bundle line, items carry shares":  {lines: "bundle", value: "items", ship: []int{0}, units: []int{2}, shown: []float64{0, 66_600, 133_200}},
		"shipments name the bundle line, which is priced":     {lines: "bundle", value: "bundle", ship: []int{0}, units: []int{2}, shown: []float64{199_800, 0, 0}},
		"shipments name items while the bundle carries price": {lines: "items", value: "bundle", ship: []int{1, 2}, units: []int{2, 4}, shown: []float64{199_800, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			require.NoError(t, s.Seed(centra.Seed{BundleLines: tt.lines, BundleValue: tt.value, Orders: []centra.SeedOrder{order(1, func(o *centra.SeedOrder) {
				o.Lines = []centra.SeedLine{{Kind: "bundle", SKU: "SET", Quantity: 2, UnitPrice: 99_900}}
				o.ShippingCost, o.HandlingCost = 0, 0
			})}}))
			var ids []int
			for i, l := range s.ask(t, "{ orders { lines { id __typename quantity lineValue { valueInCents } } } }", nil)["orders"].([]any)[0].(map[string]any)["lines"].([]any) {
				shown := l.(map[string]any)
				ids = append(ids, int(shown["id"].(float64)))
				require.EqualValues(t, tt.shown[i], shown["lineValue"].(map[string]any)["valueInCents"])
				require.Equal(t, []string{"BundleOrderLine", "BundleItemOrderLine", "BundleItemOrderLine"}[i], shown["__typename"])
			}
			var named []m
			for i, at := range tt.ship {
				named = append(named, units(ids[at], tt.units[i]))
			}
			r := s.do(t, "createShipment", shipmentFields, m{"input": ship(1, named...)})
			require.Empty(t, r.errors)
			o := s.state(t, 1)
			require.Equal(t, "SHIPPED", o.Status)
			require.Equal(t, []int64{0, 66_600, 133_200}, []int64{o.Lines[0].Total, o.Lines[1].Total, o.Lines[2].Total}, "the state has one reading")
			require.Equal(t, []centra.QuantityState{{LineID: ids[1], Quantity: 2}, {LineID: ids[2], Quantity: 4}}, o.Shipments[0].Lines, "physical lines in both readings")
			require.EqualValues(t, 199_800, o.Captured)
			require.Equal(t, 2, o.Lines[0].Shipped)
			require.Equal(t, 6, s.stock(t, "boras", "SHBLL").Physical)
		})
	}
}
