package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/activities"
	"selvedge/internal/domain"
	"selvedge/internal/ports"
)

// retry records that a person asked for another try of everything.
func (d *desk) retry(command string) {
	d.t.Helper()
	_, _, err := d.store.Append(d.t.Context(), orderID, []domain.Fact{fact(domain.FactAnswered, "answer:"+command, domain.AnswerFact{Action: "retry"})})
	require.NoError(d.t, err)
}

func (d *desk) count(call string) (n int) {
	for _, c := range d.shop.calls {
		if c == call {
			n++
		}
	}
	return n
}

func TestEachLateFailureOfACaptureIsAskedAndEachRetryCapturesOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leave("SH1", 1, blouse(2))
	asynchronous := func(at *domain.ShopShipment) (ports.ShipmentWrite, error) {
		at.Captured = false
		d.shop.order.Payment.CapturePending = true
		return ports.ShipmentWrite{Shipment: *at, CapturePending: true}, nil
	}
	d.shop.create = func(draft ports.ShipmentDraft) (ports.ShipmentWrite, error) {
		draft.ShippedAt = time.Time{}
		return asynchronous(d.shop.stand(draft))
	}
	d.shop.capture = asynchronous
	require.NoError(t, d.ship("SH1"))
	for n := range 3 {
		facts := len(d.store.record.Facts)
		require.NoError(t, d.ship("SH1"))
		require.Len(t, d.store.record.Facts, facts, "an idle run tells nothing new")
		require.True(t, d.standing()[len(d.standing())-1].Pending)

		d.shop.order.Payment.CapturePending = false // it failed
		d.now = d.now.Add(time.Minute)
		failed(t, d.ship("SH1"), activities.ErrRefused)
		require.Len(t, d.exceptions(), n+1)
		require.Equal(t, n, d.count("capture"), "not by itself")

		d.retry(string(rune('a' + n)))
		require.NoError(t, d.ship("SH1"))
		require.Equal(t, n+1, d.count("capture"))
	}
}

func TestEachAttemptToTakeMoneyAheadIsAFactOfItsOwn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.shop.all = func() (domain.Payment, error) {
		d.shop.order.Payment.CapturePending = true
		return d.shop.order.Payment, nil
	}
	capture := func() []domain.CapturedFact {
		_, err := d.shipments.CaptureOrder(t.Context(), d.step(domain.StepCapture, "10001"))
		require.NoError(t, err)
		return told[domain.CapturedFact](t, d.store, domain.FactCaptured)
	}
	require.Len(t, capture(), 1)
	require.Len(t, capture(), 1, "a second run tells nothing new")
	d.shop.order.Payment = domain.Payment{Authorized: 10000, CaptureFailed: true}
	d.retry("a")
	require.Equal(t, []domain.CapturedFact{{Pending: true}, {Pending: true}}, capture())
	require.Equal(t, 2, d.count("capture-order"))
}

func TestMoneyOfWhichTheShopSaysNothingIsPending(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.shop.all = func() (domain.Payment, error) { return d.shop.order.Payment, nil }
	_, err := d.shipments.CaptureOrder(t.Context(), d.step(domain.StepCapture, "10001"))
	require.NoError(t, err)
	require.Equal(t, []domain.CapturedFact{{Pending: true}}, told[domain.CapturedFact](t, d.store, domain.FactCaptured))
}

func TestNothingIsCapturedOfAPaymentMethodWithoutARule(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.leave("SH1", 1, blouse(2))
	d.store.rules = d.store.rules[1:] // retired after the hand-over
	failed(t, d.ship("SH1"), activities.ErrRefused)
	require.Equal(t, []string{"unmapped:payment-method"}, d.exceptions())
	require.Equal(t, []string{"read"}, d.shop.calls)
}
