package centra_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"selvedge/internal/simulators/centra"
)

// shippedOrder ships order 1 as a whole and returns its shipment's id and lines' ids.
func shippedOrder(t *testing.T, s *shop) (id any, lines []any) {
	t.Helper()
	o := s.state(t, 1)
	r := s.do(t, "createShipment", "shipment { id lines { id } }", m{"input": ship(1, units(o.Lines[0].ID, 2), units(o.Lines[1].ID, 1))})
	require.Empty(t, r.errors)
	sh := r.payload["shipment"].(map[string]any)
	for _, l := range sh["lines"].([]any) {
		lines = append(lines, l.(map[string]any)["id"])
	}
	return sh["id"], lines
}

const returnFields = "return { id returnStatus totalQuantity grandTotal { valueInCents } refundPaymentHistory { entryType } }"

func TestReturnsFromCreationToRefund(t *testing.T) {
	t.Parallel()
	s := open(t, order(1))
	id, lines := shippedOrder(t, s)
	input := m{
		"shipment": m{"id": id}, "lines": []m{{"shipmentLine": m{"id": lines[0]}, "quantity": 1}}, "returnStockActionPolicy": m{"releaseItemsBackToWarehouse": true},
		"shippingCost": m{"value": m{"value": 10, "currencyIsoCode": "SEK"}}, "returnCost": m{"value": 5, "currencyIsoCode": "SEK"}, "externalId": "ret-1",
	}
	for path, change := range map[string]m{
		"input.shipment":                {"shipment": m{"id": 99}},
		"input.lines.0.shipmentLine":    {"lines": []m{{"shipmentLine": m{"id": 99}, "quantity": 1}}},
		"input.lines.0.quantity":        {"lines": []m{{"shipmentLine": m{"id": lines[0]}, "quantity": 3}}},
		"input.lines":                   {"lines": []m{}},
		"input.returnStockActionPolicy": {"returnStockActionPolicy": m{"releaseItemsBackToWarehouse": true, "removeItemsFromStock": true}},
		"input.shippingCost.value":      {"shippingCost": m{"value": m{"value": 50, "currencyIsoCode": "SEK"}}},
		"input.handlingCost":            {"handlingCost": m{"fromShipment": true, "value": m{"value": 0, "currencyIsoCode": "SEK"}}},
	} {
		require.Equal(t, []string{path}, s.do(t, "createReturn", returnFields, m{"input": with(input, change)}).paths)
	}
	require.Equal(t, 8, s.stock(t, "boras", "SHBLM").Physical)
	r := s.do(t, "createReturn", returnFields, m{"input": input})
	require.Empty(t, r.errors)
	created := r.payload["return"].(map[string]any)
	require.Equal(t, "PENDING", created["returnStatus"])
	require.EqualValues(t, 39_900+1000-500, created["grandTotal"].(map[string]any)["valueInCents"])
	require.Equal(t, 9, s.stock(t, "boras", "SHBLM").Physical, "stock moves at creation")
	require.Equal(t, 1, s.state(t, 1).Lines[0].Returned)

	returnID := created["id"]
	require.NotEmpty(t, s.do(t, "refundReturn", returnFields, m{"id": returnID}).errors, "not completed yet")
	require.Empty(t, s.do(t, "completeReturn", returnFields, m{"id": returnID, "input": m{"sendEmail": true}}).errors)
	require.NotEmpty(t, s.do(t, "completeReturn", returnFields, m{"id": returnID}).errors, "completing twice is an error")
	require.NotEmpty(t, s.do(t, "deleteReturn", returnFields, m{"id": returnID}).errors)
	require.Empty(t, s.do(t, "uncompleteReturn", returnFields, m{"id": returnID}).errors)
	require.Empty(t, s.do(t, "completeReturn", returnFields, m{"id": returnID}).errors)
	captured := s.state(t, 1).Captured
	r = s.do(t, "refundReturn", returnFields, m{"id": returnID, "input": m{"sendEmail": true}})
	require.Empty(t, r.errors)
	require.EqualValues(t, captured-40_400, s.state(t, 1).Captured, "captured is net of refunds")
	require.NotEmpty(t, s.do(t, "refundReturn", returnFields, m{"id": returnID}).errors)
	require.EqualValues(t, 40_400, s.state(t, 1).Returns[0].Refunded)
	found := s.ask(t, `{ returns(where: {externalId: "ret-1"}) { shipment { number } order { number } } }`, nil)["returns"]
	require.Equal(t, []any{m{"shipment": m{"number": "1-1"}, "order": m{"number": 1.0}}}, found)
}

func TestDeletingAReturnMovesTheStockBack(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string][3]int{ // boras after creation, venlo after creation, boras after deletion
		"releaseItemsBackToWarehouse":   {9, 10, 8},
		"removeItemsFromStock":          {8, 10, 8},
		"sendItemsToDifferentWarehouse": {8, 11, 8},
	} {
		s := open(t, order(1))
		id, lines := shippedOrder(t, s)
		value := any(true)
		if policy == "sendItemsToDifferentWarehouse" {
			value = m{"id": 2}
		}
		r := s.do(t, "createReturn", returnFields, m{"input": m{"shipment": m{"id": id}, "lines": []m{{"shipmentLine": m{"id": lines[0]}, "quantity": 1}}, "returnStockActionPolicy": m{policy: value}}})
		require.Empty(t, r.errors)
		require.Equal(t, want[0], s.stock(t, "boras", "SHBLM").Physical, policy)
		require.Equal(t, want[1], s.stock(t, "venlo", "SHBLM").Physical, policy)
		require.Empty(t, s.do(t, "deleteReturn", returnFields, m{"id": r.payload["return"].(map[string]any)["id"]}).errors)
		require.Equal(t, want[2], s.stock(t, "boras", "SHBLM").Physical, policy)
		require.Empty(t, s.state(t, 1).Returns)
		require.Zero(t, s.state(t, 1).Lines[0].Returned)
	}
}

func TestStockMutations(t *testing.T) {
	t.Parallel()
	s := open(t, order(1)) // allocates 2 M and 1 L in boras
	sizes := func(name string, quantity int) []m {
		return []m{{"productSize": m{"id": 1}, name: quantity}}
	}
	figures := func(warehouse string) []int {
		row := s.stock(t, warehouse, "SHBLM")
		return []int{row.Physical, row.Allocated, row.FTA}
	}
	change := func(input m) result {
		return s.do(t, "changeStock", "stockChange { id }", m{"input": with(m{"description": "d"}, input)})
	}
	require.Empty(t, change(m{"intoWarehouse": m{"id": 1}, "productSizes": sizes("deliveredQuantity", 5)}).errors)
	require.Equal(t, []int{15, 2, 13}, figures("boras"))
	require.Empty(t, change(m{"outFromWarehouse": m{"id": 1}, "intoWarehouse": m{"id": 2}, "productVariants": []m{{"productVariant": m{"id": 1}, "sizeChanges": []m{{"size": m{"name": "M"}, "deliveredQuantity": 3}}}}}).errors)
	require.Equal(t, []int{12, 2, 10}, figures("boras"))
	require.Equal(t, []int{13, 0, 13}, figures("venlo"))
	require.Equal(t, []string{"input.productSizes.0.deliveredQuantity"}, change(m{"outFromWarehouse": m{"id": 1}, "productSizes": sizes("deliveredQuantity", 11)}).paths, "not more than is free to allocate")
	require.NotEmpty(t, change(m{"productSizes": sizes("deliveredQuantity", 1)}).errors)
	require.NotEmpty(t, change(m{"intoWarehouse": m{"id": 9}, "productSizes": sizes("deliveredQuantity", 1)}).errors)
	require.NotEmpty(t, change(m{"intoWarehouse": m{"id": 1}}).errors)
	require.Equal(t, []int{12, 2, 10}, figures("boras"))

	set := func(kind string, quantity int) result {
		return s.do(t, "setStock", "stockChanges { id }", m{"input": m{"description": "d", "warehouse": m{"id": 1}, "stockQuantityType": kind, "productSizes": sizes("quantity", quantity)}})
	}
	require.Len(t, set("PHYSICAL", 7).payload["stockChanges"], 1)
	require.Equal(t, []int{7, 2, 5}, figures("boras"))
	require.Empty(t, set("PHYSICAL", 7).payload["stockChanges"])
	require.Empty(t, set("FREE_TO_ALLOCATE", 7).errors)
	require.Equal(t, []int{9, 2, 7}, figures("boras"))
	require.Empty(t, set("PHYSICAL", 1).errors)
	require.Equal(t, []int{2, 2, 0}, figures("boras"), "never below what is allocated")
	require.Equal(t, []string{"input.productSizes.0.quantity"}, set("PHYSICAL", -1).paths)
}

func TestIDConversions(t *testing.T) {
	t.Parallel()
	s := open(t)
	require.NoError(t, s.Seed(centra.Seed{Tokens: []centra.SeedToken{{Token: "other", Integration: "other"}}}))
	set := func(internal int, external string) result {
		return s.do(t, "setIdConversions", "entries { id internalId externalId }", m{"input": []m{{"objectType": "Warehouse", "internalId": internal, "externalId": external}}})
	}
	all := func() any {
		return s.ask(t, "{ idConversions(where: {objectType: Warehouse}) { internalId externalId } }", nil)["idConversions"]
	}
	for range 2 {
		require.Empty(t, set(1, "W1").errors)
	}
	require.Equal(t, []any{m{"internalId": 1.0, "externalId": "W1"}}, all())
	set(2, "W1")
	require.Equal(t, []any{m{"internalId": 2.0, "externalId": "W1"}}, all(), "a collision is overwritten")
	require.NotEmpty(t, set(1, "").errors)
	require.Empty(t, s.do(t, "changeStock", "stockChange { id }", m{"input": m{"description": "d", "intoWarehouse": m{"externalId": "W1"}, "productSizes": []m{{"productSize": m{"id": 1}, "deliveredQuantity": 1}}}}).errors)
	require.Equal(t, 11, s.stock(t, "venlo", "SHBLM").Physical)
	a := s.as(t, "other", "{ idConversions { externalId } }", nil)
	require.Equal(t, []any{}, a.Data["idConversions"])
	s.do(t, "unsetIdConversions", "__typename", m{"input": []m{{"objectType": "Warehouse", "idConversion": m{"externalId": "W1"}}}})
	require.Equal(t, []any{}, all())
}
