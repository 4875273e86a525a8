package intake_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
	"selvedge/internal/fault"
	"selvedge/internal/intake"
	"selvedge/internal/ports"
)

// told is an order event of the warehouse.
func told(sequence int64, number, kind string, status domain.WarehouseStatus, sku string) ports.WarehouseEvent {
	return ports.WarehouseEvent{
		ID: "e-" + number + "-" + kind, Sequence: sequence, Type: kind, At: noon, Consignment: number, Subject: "order/" + number,
		Order: &domain.WarehouseOrder{
			Number: number, Reference: id(number).String(), Warehouse: leeds, Status: status, Revision: sequence,
			Lines: []domain.WarehouseOrderLine{{Line: "1", SKU: sku, Quantity: 1}},
		},
	}
}

// garbled is an event that the adapter could not decode.
func garbled(sequence int64, number, subject string) ports.WarehouseEvent {
	return ports.WarehouseEvent{ID: "g-" + subject, Sequence: sequence, Type: "order.changed", At: noon, Consignment: number, Subject: subject}
}

func TestAnEventThatCannotBeStoredStopsNeitherFeedNorWebhook(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.known(t, "1")
	w.known(t, "2")
	spoiled := told(1, "1", "order.rejected", domain.WarehouseRejected, "COAT\x00")
	spoiled.ID = "e-\x00"
	w.floor.events = []ports.WarehouseEvent{spoiled, told(2, "2", "order.rejected", domain.WarehouseRejected, "COAT")}
	result, err := w.ReadFeed(within(t), leeds)
	require.NoError(t, err)
	require.Equal(t, 2, result.Events)
	require.Contains(t, w.kinds(t, "2"), domain.FactWarehouseOrder)
	require.Equal(t, []string{"2"}, w.runs.woken)
	require.Equal(t, []string{"feed/leeds e-\uFFFD"}, w.refused(t))
	body, err := w.store.RefusedBody(within(t), "feed/leeds", "e-\uFFFD")
	require.NoError(t, err)
	require.Contains(t, string(body), `COAT\u0000`, "what was told can be looked at")
	result, err = w.ReadFeed(within(t), leeds)
	require.NoError(t, err)
	require.Zero(t, result.Events, "the cursor went past it")

	sent, err := json.Marshal(told(3, "1", "order.rejected", domain.WarehouseRejected, "COAT\x00"))
	require.NoError(t, err)
	answer := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodPost, "/webhooks/warehouse/"+leeds, bytes.NewReader(sent))
	intake.NewServer(w.Intake, nil).ServeHTTP(answer, request)
	require.Equal(t, http.StatusNoContent, answer.Code, "sending it again would not mend it")
	require.Contains(t, w.refused(t), "webhook/leeds e-1-order.rejected")
}

func TestAnUnreadableEventOfAnOrderIsLookedUpAtTheWarehouse(t *testing.T) {
	t.Parallel()
	for _, subject := range []string{"order/1", "shipment/S1"} {
		w := open(t)
		w.known(t, "1")
		w.floor.order = func(number string) (domain.WarehouseOrder, error) {
			return *told(7, number, "", domain.WarehouseAccepted, "COAT").Order, nil
		}
		w.floor.shipments = func(number string) ([]domain.Shipment, error) {
			return []domain.Shipment{{ID: "S1", Consignment: number, Warehouse: leeds, Revision: 1, ShippedAt: noon}}, nil
		}
		w.floor.events = []ports.WarehouseEvent{garbled(1, "1", subject)}
		_, err := w.ReadFeed(within(t), leeds)
		require.NoError(t, err)
		require.Equal(t, []domain.FactKind{domain.FactContent, domain.FactWarehouseOrder, domain.FactShipment, domain.FactUnknown}, w.kinds(t, "1"))
		require.Equal(t, []string{"1"}, w.runs.woken)
		require.NoError(t, w.TakeEvent(within(t), leeds, w.floor.events[0]), "by webhook, too")
		require.Len(t, w.kinds(t, "1"), 4, "told twice it is one event")
	}
}

func TestAnUnreadableRefusalToCancelStillRefuses(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.known(t, "1")
	w.floor.order = func(number string) (domain.WarehouseOrder, error) {
		return *told(7, number, "", domain.WarehouseInProgress, "COAT").Order, nil
	}
	e := garbled(1, "1", "order/1")
	e.Type = "order.cancellation_rejected"
	require.NoError(t, w.TakeEvent(within(t), leeds, e))
	require.Contains(t, w.kinds(t, "1"), domain.FactCancelRefused)
}

func TestAnUnreadableEventWaitsForAWarehouseThatIsAway(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.known(t, "1")
	answers := &fault.Fault{Kind: fault.Unavailable, System: "acs"}
	w.floor.order = func(number string) (domain.WarehouseOrder, error) { return domain.WarehouseOrder{}, answers }
	w.floor.events = []ports.WarehouseEvent{garbled(1, "1", "order/1")}
	_, err := w.ReadFeed(within(t), leeds)
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
	require.Equal(t, []domain.FactKind{domain.FactContent}, w.kinds(t, "1"))
	w.floor.order = func(number string) (domain.WarehouseOrder, error) {
		return *told(7, number, "", domain.WarehouseRejected, "COAT").Order, nil
	}
	_, err = w.ReadFeed(within(t), leeds)
	require.NoError(t, err)
	require.Contains(t, w.kinds(t, "1"), domain.FactWarehouseOrder, "the event was not passed over")
}

func TestAnUnreadableEventWhoseOrderCannotBeReadEitherIsKeptAndWakes(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault.Kind{fault.Invalid, fault.NotFound, fault.Rejected} {
		w := open(t)
		w.known(t, "1")
		// The consignment is known by the reference only as long as a warehouse tells it.
		_, err := w.store.SaveConsignment(within(t), domain.Consignment{Order: id("1"), Number: "1", Warehouse: leeds})
		require.NoError(t, err)
		w.floor.order = func(string) (domain.WarehouseOrder, error) {
			return domain.WarehouseOrder{}, &fault.Fault{Kind: kind, System: "acs"}
		}
		w.floor.events = []ports.WarehouseEvent{garbled(1, "1", "order/1")}
		_, err = w.ReadFeed(within(t), leeds)
		require.NoError(t, err, "it will not be readable the next time")
		require.Equal(t, []domain.FactKind{domain.FactContent, domain.FactUnknown}, w.kinds(t, "1"))
		require.Equal(t, []string{"1"}, w.runs.woken)
	}
}

func TestAnUnreadableEventThatNamesNoOrderIsListed(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.floor.events = []ports.WarehouseEvent{garbled(1, "", "order/"), {ID: "stock", Sequence: 2, Type: "inventory.changed", Subject: "inventory/COAT"}}
	_, err := w.ReadFeed(within(t), leeds)
	require.NoError(t, err)
	require.Equal(t, []string{"feed/leeds g-order/"}, w.refused(t), "stock is nothing to list")
}

func TestAReleaseFromHoldWakesAndPlainProgressDoesNot(t *testing.T) {
	t.Parallel()
	for kind, woken := range map[string][]string{"order.released": {"1"}, "order.accepted": nil} {
		w := open(t)
		w.known(t, "1")
		require.NoError(t, w.TakeEvent(within(t), leeds, told(1, "1", kind, domain.WarehouseAccepted, "COAT")))
		require.Equal(t, woken, w.runs.woken, kind)
	}
}

func TestTheSweepGoesOnBehindAnOrderThatCannotBeWoken(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, number := range []string{"1", "2", "3"} {
		w.known(t, number)
	}
	w.runs.broken = map[string]bool{"1": true}
	w.now = time.Now().Add(time.Hour) // the database's own clock says since when they wait
	woken, err := w.Sweep(within(t))
	require.ErrorContains(t, err, "1")
	require.Equal(t, 2, woken)
	require.ElementsMatch(t, []string{"2", "3"}, w.runs.woken)
}
