package centra_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/centra"
)

func TestConfirmOrder(t *testing.T) {
	t.Parallel()
	s := open(t, order(1, func(o *centra.SeedOrder) { o.Status = "PENDING" }))
	r := s.do(t, "confirmOrder", "order { status }", m{"input": m{"order": m{"number": 1}}})
	require.Equal(t, m{"status": "CONFIRMED"}, r.payload["order"])
	require.Equal(t, "confirmation", s.truth(t).Mails[0].Kind)
	r = s.do(t, "confirmOrder", "order { status }", m{"input": m{"order": m{"number": 1}}})
	require.Equal(t, []string{"input.order"}, r.paths)
	require.Nil(t, r.payload["order"])
}

func TestUpdateOrder(t *testing.T) {
	t.Parallel()
	const selection = "order { isOnHold internalComment otherComment totals { shipping { valueInCents } } shippingAddress { city address1 country { code } } }"
	s := open(t, order(1), order(2, func(o *centra.SeedOrder) { o.Status = "PENDING" }), order(3, func(o *centra.SeedOrder) { o.Store, o.Market = "trade", "" }),
		order(4, func(o *centra.SeedOrder) { o.Status = "CANCELLED" }))
	update := func(number int, input m) result {
		return s.do(t, "updateDirectToConsumerOrder", selection, m{"order": m{"number": number}, "input": input})
	}
	r := update(1, m{"isOnHold": true, "holdStatusChangeReason": "check", "shippingAddress": m{"city": "Malmö"}, "internalComment": "a", "otherComment": "b", "externalId": "x-1"})
	require.Empty(t, r.errors)
	o := r.payload["order"].(map[string]any)
	require.Equal(t, []any{true, "a", "b"}, []any{o["isOnHold"], o["internalComment"], o["otherComment"]})
	require.Equal(t, m{"city": "Malmö", "address1": "Storgatan 1", "country": m{"code": "SE"}}, o["shippingAddress"], "what is not named stays")
	require.Empty(t, s.do(t, "updateDirectToConsumerOrder", selection, m{"order": m{"externalId": "x-1"}, "input": m{"isOnHold": false}}).errors)

	sek := func(value float64) m { return m{"shippingCost": m{"value": value, "currencyIsoCode": "SEK"}} }
	require.Equal(t, []string{"input.shippingCost.value"}, update(1, sek(49.01)).paths, "only downwards")
	require.Equal(t, []string{"input.shippingCost.value"}, update(1, sek(10.001)).paths, "SEK has two digits")
	require.Equal(t, []string{"input.shippingCost"}, update(2, sek(10)).paths, "only while CONFIRMED")
	require.EqualValues(t, 1000, update(1, sek(10)).payload["order"].(map[string]any)["totals"].(map[string]any)["shipping"].(map[string]any)["valueInCents"])
	require.Equal(t, []string{"order"}, update(3, m{"otherComment": "x"}).paths, "a wholesale order")
	require.Equal(t, []string{"input.shippingAddress"}, update(4, m{"shippingAddress": m{"city": "x"}}).paths)
	require.Equal(t, []string{"order"}, update(9, m{"otherComment": "x"}).paths)
	r = update(1, m{"otherComment": "half", "shippingCost": m{"value": 99, "currencyIsoCode": "SEK"}})
	require.NotEmpty(t, r.errors)
	require.Empty(t, update(1, m{"customerInfo": m{"email": "new@example.com"}}).errors)
	require.Equal(t, []any{m{"customer": m{"email": "new@example.com", "firstName": "Astrid"}}, m{"customer": m{"email": "astrid@example.com", "firstName": "Astrid"}}},
		s.ask(t, "{ orders(where: {number: [1, 2]}) { ... on DirectToConsumerOrder { customer { email firstName } } } }", nil)["orders"])
	require.Equal(t, "b", s.ask(t, "{ orders(where: {number: 1}) { otherComment } }", nil)["orders"].([]any)[0].(map[string]any)["otherComment"], "nothing of a refused update is applied")
}

func TestCancelLines(t *testing.T) {
	t.Parallel()
	release, remove := m{"releaseItemsBackToWarehouse": true}, m{"removeItemsFromStock": true}
	s := open(t, order(1))
	ids := s.state(t, 1).Lines
	cancel := func(lines ...m) result {
		return s.do(t, "updateDirectToConsumerOrder", "order { status lines { id quantity } }", m{"order": m{"number": 1}, "input": m{"cancelLines": lines}})
	}
	one := func(line, quantity int, policy m) m {
		return m{"line": m{"id": line}, "quantity": quantity, "stockActionPolicy": policy}
	}
	for path, line := range map[string]m{
		"input.cancelLines.0.quantity":                                        one(ids[0].ID, 3, release),
		"input.cancelLines.0.line":                                            one(999, 1, release),
		"input.cancelLines.0.stockActionPolicy":                               one(ids[0].ID, 1, m{"releaseItemsBackToWarehouse": true, "removeItemsFromStock": true}),
		"input.cancelLines.0.stockActionPolicy.sendItemsToDifferentWarehouse": one(ids[0].ID, 1, m{"sendItemsToDifferentWarehouse": m{"id": 99}}),
	} {
		require.Equal(t, []string{path}, cancel(line).paths)
	}
	require.Equal(t, []string{"input.cancelLines.0.stockActionPolicy"}, cancel(one(ids[0].ID, 1, m{})).paths)

	require.Empty(t, cancel(one(ids[0].ID, 1, release)).errors)
	row := s.stock(t, "boras", "SHBLM")
	require.Equal(t, []int{10, 1, 9}, []int{row.Physical, row.Allocated, row.FTA})
	require.Empty(t, cancel(one(ids[0].ID, 1, remove)).errors)
	row = s.stock(t, "boras", "SHBLM")
	require.Equal(t, []int{9, 0, 9}, []int{row.Physical, row.Allocated, row.FTA})
	line := s.state(t, 1).Lines[0]
	require.Equal(t, []int{0, 2}, []int{line.Quantity, line.Cancelled})
	data := s.ask(t, "{ orders { lines { id } all: lines(includeFullyCancelled: true) { id quantity cancelledQuantity } } }", nil)["orders"].([]any)[0].(map[string]any)
	require.Len(t, data["lines"], 1, "fully cancelled lines are hidden")
	require.Len(t, data["all"], 2)

	require.Empty(t, s.do(t, "createShipment", "shipment { id }", m{"input": ship(1, units(ids[1].ID, 1))}).errors)
	require.Equal(t, "SHIPPED", s.state(t, 1).Status, "the rest is cancelled")
}

func TestCancellingTheRestShipsThePartlyShippedOrder(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	ids := s.state(t, 1).Lines
	require.Empty(t, s.do(t, "createShipment", "shipment { id }", m{"input": ship(1, units(ids[0].ID, 1), units(ids[1].ID, 1))}).errors)
	require.Equal(t, "PROCESSING", s.state(t, 1).Status)
	r := s.do(t, "updateDirectToConsumerOrder", "order { status }", m{"order": m{"number": 1}, "input": m{"cancelLines": []m{{"line": m{"id": ids[0].ID}, "quantity": 1, "stockActionPolicy": m{"removeItemsFromStock": true}}}}})
	require.Empty(t, r.errors)
	require.Equal(t, "SHIPPED", s.state(t, 1).Status)
	r = s.do(t, "releaseRemainingOrderAuthorization", "paymentHistoryEntry { entryType value { valueInCents } }", m{"order": m{"number": 1}})
	require.Empty(t, r.errors)
	require.Equal(t, m{"entryType": "CANCEL", "value": m{"valueInCents": 39_900.0}}, r.payload["paymentHistoryEntry"])
	require.NotEmpty(t, s.do(t, "releaseRemainingOrderAuthorization", "order { id }", m{"order": m{"number": 1}}).errors)
}

func TestCancelOrder(t *testing.T) {
	t.Parallel()
	s := open(t, order(1), order(2))
	id := func(number int) string {
		return s.ask(t, "query($n: [Int!]) { orders(where: {number: $n}) { id } }", m{"n": []int{number}})["orders"].([]any)[0].(map[string]any)["id"].(string)
	}
	input := m{"emailOptions": m{"sendEmail": true}, "stockAction": m{"releaseItemsBackToWarehouse": true}, "cancelAuthorization": true}
	r := s.do(t, "cancelDirectToConsumerOrder", "order { status lines { quantity } paymentHistory { entryType } }", m{"id": id(1), "input": input})
	require.Empty(t, r.errors)
	require.Equal(t, m{"status": "CANCELLED", "lines": []any{m{"quantity": 2.0}, m{"quantity": 1.0}}, "paymentHistory": []any{m{"entryType": "AUTH"}, m{"entryType": "CANCEL"}}}, r.payload["order"], "quantities stay visible")
	require.Empty(t, s.state(t, 1).Lines[0].From)
	require.Equal(t, 2, s.stock(t, "boras", "SHBLM").Allocated, "the other order's")
	require.NotEmpty(t, s.do(t, "cancelDirectToConsumerOrder", "order { id }", m{"id": id(1), "input": input}).errors, "twice")

	require.Empty(t, s.do(t, "captureOrder", "order { id }", m{"order": m{"number": 2}}).errors)
	r = s.do(t, "cancelDirectToConsumerOrder", "order { id }", m{"id": id(2), "input": input})
	require.Contains(t, r.errors[0], "captured", "never after capture")
	require.Equal(t, "CONFIRMED", s.state(t, 2).Status)
}

func TestHeldOrdersAreNotCaptured(t *testing.T) {
	t.Parallel()
	s := open(t, order(1, func(o *centra.SeedOrder) { o.OnHold = true }))
	require.NotEmpty(t, s.do(t, "captureOrder", "order { id }", m{"order": m{"number": 1}}).errors)
	require.Empty(t, s.do(t, "resumeDirectToConsumerOrder", "order { isOnHold }", m{"order": m{"number": 1}}).errors)
	require.NotEmpty(t, s.do(t, "resumeDirectToConsumerOrder", "order { isOnHold }", m{"order": m{"number": 1}}).errors)
	require.Empty(t, s.do(t, "captureOrder", "order { id }", m{"order": m{"number": 1}}).errors)
}

func TestLocksStopPeople(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	r := s.do(t, "setOrdersLock", "orders { isLocked }", m{"input": m{"orders": []m{{"number": 1}}, "isLocked": true}})
	require.Equal(t, []any{m{"isLocked": true}}, r.payload["orders"])
	status, text := s.control(t, "/_sim/admin", m{"action": "hold", "order": 1, "by": "Berit"})
	require.Equal(t, 409, status, text)
	r = s.do(t, "setOrdersLock", "orders { isLocked }", m{"input": m{"orders": []m{{"number": 1}, {"number": 5}}, "isLocked": false}})
	require.Equal(t, []string{"input.orders.1"}, r.paths)
	s.do(t, "setOrdersLock", "orders { isLocked }", m{"input": m{"orders": []m{{"number": 1}}, "isLocked": false}})
	status, _ = s.control(t, "/_sim/admin", m{"action": "hold", "order": 1, "by": "Berit"})
	require.Equal(t, 200, status)
	require.True(t, s.state(t, 1).OnHold)
}

func TestAllocation(t *testing.T) {
	t.Parallel()
	s := open(t, order(1, func(o *centra.SeedOrder) {
		o.Lines = []centra.SeedLine{{SKU: "SHBLM", Quantity: 6, UnitPrice: 100, From: map[string]int{"boras": 2, "venlo": 1}}}
	}), order(2, func(o *centra.SeedOrder) {
		o.Lines = []centra.SeedLine{{SKU: "SHBLL", Quantity: 1, UnitPrice: 100, From: map[string]int{"shop-floor": 1}, WaitingForConfirmation: true}}
	}))
	line := s.state(t, 1).Lines[0]
	require.Equal(t, map[string]int{"boras": 2, "venlo": 1}, line.From)
	const selection = "order { lines { allocations { quantity warehouse { name } isWaitingForConfirmation } } }"
	require.EqualValues(t, 3, s.ask(t, `{ productSizes(where: {EAN: "7300000000011"}) { stockTotals { demandQuantity availableQuantity physicalQuantity freeToAllocateQuantity } } }`, nil)["productSizes"].([]any)[0].(map[string]any)["stockTotals"].(map[string]any)["demandQuantity"])

	r := s.do(t, "allocateOrder", selection, m{"input": m{"order": m{"number": 1}, "allocate": []m{units(line.ID, 2)}, "warehouses": []m{{"id": 2}}}})
	require.Empty(t, r.errors)
	require.Equal(t, map[string]int{"boras": 2, "venlo": 3}, s.state(t, 1).Lines[0].From)
	r = s.do(t, "unallocateOrder", selection, m{"input": m{"order": m{"number": 1}, "unallocate": []m{units(line.ID, 99)}, "warehouses": []m{{"id": 2}}, "stockActionPolicy": m{"releaseItemsBackToWarehouse": true}}})
	require.Empty(t, r.errors)
	require.NotEmpty(t, r.warnings, "over-unallocating is a warning, not an error")
	require.Equal(t, map[string]int{"boras": 2}, s.state(t, 1).Lines[0].From)
	r = s.do(t, "unallocateOrder", selection, m{"input": m{"order": m{"number": 1}, "stockActionPolicy": m{}}})
	require.Equal(t, []string{"input.stockActionPolicy"}, r.paths)

	waiting := s.state(t, 2).Lines[0].ID
	require.NotEmpty(t, s.do(t, "createShipment", "shipment { id }", m{"input": ship(2, units(waiting, 1))}).errors, "check first: not accepted yet")
	data := s.ask(t, "{ orders(where: {isWaitingForCheckFirstAllocation: true}) { number } }", nil)
	require.Equal(t, []any{m{"number": 2.0}}, data["orders"])
	require.NoError(t, s.Admin(centra.Action{Action: "accept-allocation", Order: 2}))
	require.Empty(t, s.do(t, "createShipment", "shipment { id }", m{"input": ship(2, units(waiting, 1))}).errors)
}

func TestAttributes(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	assign := func(objectType string, id int, kind, key, value string) result {
		return s.do(t, "assignAttributes", "object { attributes { type { name isMapped } elements { key ... on AttributeStringElement { value } } } }", m{"input": m{
			"objectType": objectType, "objectId": id, "dynamicAttributes": []m{{"attributeTypeName": kind, "attributeElementKey": key, "attributeElementValue": value}},
		}})
	}
	r := assign("Order", 1, "note", "text", "hello")
	require.Empty(t, r.errors)
	require.Equal(t, m{"attributes": []any{m{"type": m{"name": "note", "isMapped": false}, "elements": []any{m{"key": "text", "value": "hello"}}}}}, r.payload["object"])
	require.Equal(t, []string{"input.dynamicAttributes.0.attributeTypeName"}, assign("Order", 1, "nothing", "text", "x").paths, "the type must exist")
	require.Equal(t, []string{"input.dynamicAttributes.0.attributeElementKey"}, assign("Order", 1, "note", "colour", "x").paths)
	require.Equal(t, []string{"input.objectId"}, assign("Order", 2, "note", "text", "x").paths, "the number, not an id")
	require.Empty(t, assign("Product", 1, "customs", "origin", "IT").errors)
	require.NoError(t, s.Admin(centra.Action{Action: "set-product-attribute", SKU: "SHBLM", Attribute: "customs", Element: "origin", Value: "ES"}))
	data := s.ask(t, `{ products(limit: 1) { attributes(where: {typeName: "customs"}) { elements { ... on AttributeStringElement { value } } } none: attributes(where: {typeName: ["x"]}) { description } } }`, nil)
	require.Equal(t, []any{m{"attributes": []any{m{"elements": []any{m{"value": "ES"}}}}, "none": []any{}}}, data["products"])
}

func TestMoneyInCurrenciesWithOtherDigits(t *testing.T) {
	t.Parallel()
	for currency, want := range map[string]struct {
		value     float64
		formatted string
	}{
		"JPY": {39_900, "39 900 JPY"}, "SEK": {399, "399.00 SEK"}, "KWD": {39.9, "39.900 KWD"},
	} {
		s := open(t, order(1, func(o *centra.SeedOrder) {
			o.Currency, o.ShippingCost, o.HandlingCost, o.Lines = currency, 0, 0, []centra.SeedLine{{SKU: "SHBLM", Quantity: 1, UnitPrice: 39_900}}
		}))
		o := s.ask(t, "{ orders { grandTotal { value formattedValue valueInCents currency { code } } net: grandTotal(includingTax: false) { valueInCents } totals { taxIncluded { valueInCents } } } }", nil)["orders"].([]any)[0]
		require.Equal(t, m{
			"grandTotal": m{"value": want.value, "formattedValue": want.formatted, "valueInCents": 39_900.0, "currency": m{"code": currency}},
			"net":        m{"valueInCents": 31_920.0}, "totals": m{"taxIncluded": m{"valueInCents": 7980.0}},
		}, o)
	}
}

func TestABundleThatHasBegunToShipCannotBeCancelledAsAWhole(t *testing.T) {
	t.Parallel()
	s := open(t, order(1, func(o *centra.SeedOrder) {
		o.Lines = []centra.SeedLine{{Kind: "bundle", SKU: "SET", Quantity: 2, UnitPrice: 9_900}}
	}))
	lines := s.state(t, 1).Lines
	require.Empty(t, s.do(t, "createShipment", "shipment { id }", m{"input": ship(1, units(lines[1].ID, 1))}).errors)
	cancel := func(line, quantity int) result {
		return s.do(t, "updateDirectToConsumerOrder", "order { id }", m{"order": m{"number": 1}, "input": m{"cancelLines": []m{{"line": m{"id": line}, "quantity": quantity, "stockActionPolicy": m{"releaseItemsBackToWarehouse": true}}}}})
	}
	require.Equal(t, []string{"input.cancelLines.0.quantity"}, cancel(lines[0].ID, 2).paths, "one of the two has begun to leave")
	require.Empty(t, cancel(lines[0].ID, 1).errors)
	require.Equal(t, []int{1, 1, 2}, []int{s.state(t, 1).Lines[0].Quantity, s.state(t, 1).Lines[1].Quantity, s.state(t, 1).Lines[2].Quantity})
	require.Zero(t, s.state(t, 1).Lines[0].Shipped, "half a bundle is none")
	require.Empty(t, s.do(t, "createShipment", "shipment { id }", m{"input": ship(1, units(lines[2].ID, 2))}).errors)
	require.Equal(t, "SHIPPED", s.state(t, 1).Status)
	require.Equal(t, 1, s.state(t, 1).Lines[0].Shipped)
}
