package centra

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// TestWhatIsSentIsWhatIsCompared keeps the list of input fields in step with the
// code that fills them; a field that is sent and not listed would not be compared.
func TestWhatIsSentIsWhatIsCompared(t *testing.T) {
	t.Parallel()
	shop, err := New(Config{BaseURL: "http://centra.test", Token: "t", Stores: Stores{1: "a"}}, Options{})
	require.NoError(t, err)
	draft := ports.ShipmentDraft{
		Order: domain.OrderID{Store: "a", Number: "7"}, Currency: "EUR", Lines: []domain.LineQuantity{{Line: "1", Quantity: 1}},
		Carrier: "c", Service: "s", Tracking: "t", Parcels: 1, ShippedAt: time.Unix(1, 0),
		Shipping: ports.Cost{Value: 1}, Handling: ports.Cost{None: true},
	}
	input, err := shop.createInput(t.Context(), "CreateShipment", draft)
	require.NoError(t, err)
	for name, part := range map[string]any{
		"ShipmentCreateInput": input, "ShipmentInfoInput": input.ShipmentInfo, "ShipmentLineInput": input.Lines[0],
		"OrderInput": input.Order, "OrderLineInput": input.Lines[0].OrderLine, "MonetaryValueInput": input.ShippingCostPolicy.Value,
	} {
		raw, err := json.Marshal(part)
		require.NoError(t, err)
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(raw, &fields))
		require.ElementsMatch(t, sent[name], slices.Collect(maps.Keys(fields)), name)
	}
}
