package centra_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"selvedge/internal/simulators/centra"
)

// TestWhateverIsAskedTheBooksBalance throws allowed and refused requests at the
// shop and counts after each: stock, lines, money and mails must agree.
func TestWhateverIsAskedTheBooksBalance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := &shop{Simulator: centra.New(centra.Options{})}
		defer s.Close()
		seed := example()
		seed.Webhook = nil
		seed.BundleLines = rapid.SampledFrom([]string{"items", "bundle"}).Draw(rt, "bundleLines")
		for i := range 3 {
			seed.Orders = append(seed.Orders, order(1+i, func(o *centra.SeedOrder) {
				o.Lines[0].Quantity = rapid.IntRange(1, 5).Draw(rt, "quantity")
				o.Lines[0].Demand = rapid.IntRange(0, 2).Draw(rt, "demand")
				o.Lines = append(o.Lines, centra.SeedLine{Kind: "bundle", SKU: "SET", Quantity: rapid.IntRange(1, 2).Draw(rt, "bundles"), UnitPrice: 9_999})
				o.Discounts = []centra.SeedDiscount{{Value: rapid.Int64Range(0, 5000).Draw(rt, "discount")}}
			}))
		}
		if err := s.Seed(seed); err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			number := rapid.IntRange(1, 3).Draw(rt, "order")
			state := stateOf(s, number)
			line := rapid.SampledFrom(state.Lines).Draw(rt, "line")
			quantity := rapid.IntRange(1, 3).Draw(rt, "units")
			policy := rapid.SampledFrom([]string{"releaseItemsBackToWarehouse: true", "removeItemsFromStock: true", "sendItemsToDifferentWarehouse: {id: 2}"}).Draw(rt, "policy")
			document := rapid.SampledFrom([]string{
				fmt.Sprintf(`createShipment(input: {order: {number: %d}, lines: [{orderLine: {id: %d}, quantity: %d}], isGoodToGo: true, capture: true, shippedAt: "2026-11-20 10:00:00", sendEmail: true})`, number, line.ID, quantity),
				fmt.Sprintf(`updateDirectToConsumerOrder(order: {number: %d}, input: {cancelLines: [{line: {id: %d}, quantity: %d, stockActionPolicy: {%s}}]})`, number, line.ID, quantity, policy),
				fmt.Sprintf(`unallocateOrder(input: {order: {number: %d}, unallocate: [{orderLine: {id: %d}, quantity: %d}], stockActionPolicy: {%s}})`, number, line.ID, quantity, policy),
				fmt.Sprintf(`allocateOrder(input: {order: {number: %d}})`, number),
				`changeStock(input: {description: "d", outFromWarehouse: {id: 1}, intoWarehouse: {id: 2}, productSizes: [{productSize: {id: 1}, deliveredQuantity: 2}]})`,
				`setStock(input: {description: "d", warehouse: {id: 1}, stockQuantityType: PHYSICAL, productSizes: [{productSize: {id: 2}, quantity: 3}]})`,
				fmt.Sprintf(`createReturn(input: {shipment: {id: %d}, lines: [{shipmentLine: {id: %d}, quantity: %d}], returnStockActionPolicy: {%s}})`, quantity, quantity, quantity, policy),
				`deleteReturn(id: 1)`,
			}).Draw(rt, "mutation")
			answer := callQuietly(s, "mutation { r: "+document+" { userErrors { message } userWarnings { message } } }")
			if answer.Code != 200 {
				rt.Fatalf("%s: %d %s", document, answer.Code, answer.Body)
			}
			balance(rt, s.State())
		}
	})
}

func stateOf(s *shop, number int) centra.OrderState {
	for _, o := range s.State().Orders {
		if o.Number == number {
			return o
		}
	}
	return centra.OrderState{}
}

func balance(rt *rapid.T, state centra.State) {
	held := map[string]int{}
	parcels := 0
	for _, o := range state.Orders {
		var captured, whole int64
		whole = o.ShippingTotal
		perLine := map[int]int{}
		for _, sh := range o.Shipments {
			captured += sh.Captured
			if sh.CompletedAt != nil {
				parcels++
			}
			for _, l := range sh.Lines {
				perLine[l.LineID] += l.Quantity
			}
		}
		for _, l := range o.Lines {
			whole += l.Total
			from := 0
			for w, n := range l.From {
				from += n
				held[w+"/"+l.SKU] += n
			}
			if l.Physical {
				held["shipped/"+l.SKU] += l.Shipped
				require.Equal(rt, perLine[l.ID], l.Shipped)
				require.LessOrEqual(rt, from, l.Quantity)
			}
			require.LessOrEqual(rt, l.Shipped, l.Quantity)
			require.LessOrEqual(rt, l.Returned, l.Shipped)
			if o.Status == "SHIPPED" {
				require.Equal(rt, l.Quantity, l.Shipped)
			}
		}
		require.Equal(rt, captured, o.Captured)
		require.LessOrEqual(rt, o.Captured, whole, "order %d: nothing above its worth", o.Number)
		if o.Status == "SHIPPED" {
			require.InDelta(rt, whole, o.Captured, 0, "order %d: shipped as a whole, captured as a whole", o.Number)
		}
	}
	allocated := map[string]int{}
	for _, row := range state.Stock {
		require.GreaterOrEqual(rt, row.FTA, 0)
		require.Equal(rt, row.Physical-row.Allocated, row.FTA)
		allocated[row.SKU] += row.Allocated
	}
	for sku, n := range allocated {
		sum := -held["shipped/"+sku]
		for _, w := range []string{"boras", "venlo", "shop-floor"} {
			sum += held[w+"/"+sku]
		}
		require.Equal(rt, sum, n, "%s: allocated is what lines hold and have not shipped", sku)
	}
	mails := 0
	for _, mail := range state.Mails {
		if mail.Kind == "shipment" {
			mails++
		}
	}
	require.Equal(rt, parcels, mails, "one mail a parcel")
}
