package lifecycle_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"selvedge/internal/domain"
)

func TestWritingBack(t *testing.T) {
	t.Parallel()
	untracked := func(s story) *domain.Shipment {
		p := s.shipAll(s.at(domain.WarehouseInProgress))
		p.Trackings, s.outbox = nil, nil
		s.tellShipment(p)
		s.run()
		return p
	}
	for name, rule := range map[string]func(s story){
		"a parcel without tracking stands uncompleted until its tracking comes": func(s story) {
			p := untracked(s)
			require.False(s, s.shipments[0].Completed)
			require.Equal(s, noon.Add(30*time.Minute), s.look().WakeAt)
			p.Trackings = []string{"T1"}
			s.tellShipment(p)
			s.run()
			require.True(s, s.shipments[0].Completed)
			require.Len(s, s.shipments, 1)
		},
		"after the wait it is completed without; later tracking is a note and a question": func(s story) {
			p := untracked(s)
			s.now = s.now.Add(30 * time.Minute)
			s.run()
			require.True(s, s.shipments[0].Completed)
			p.Trackings = []string{"T1"}
			s.tellShipment(p)
			s.deliver()
			require.Equal(s, []string{"note " + p.ID}, s.due())
			s.run()
			require.Equal(s, []string{"late-tracking"}, s.asks())
			s.resolve("skip")
			s.ended(domain.ReturnWindow)
		},
		"partial shipments touch only their units": func(s story) {
			o := s.at(domain.WarehouseInProgress)
			s.ship(o, map[string]int{"1": 1})
			s.run()
			require.Equal(s, domain.PartiallyShipped, s.state())
			s.shipAll(o)
			s.run()
			require.Len(s, s.shipments, 2)
			s.ended(domain.ReturnWindow)
		},
		"a refusal is asked; retry tries once, skip leaves the parcel to a person for ever": func(s story) {
			o := s.at(domain.WarehouseInProgress)
			s.shipAll(o)
			s.deliver()
			s.onHold = true
			s.run()
			require.Equal(s, []string{"write-back-refused"}, s.asks())
			s.resolve("retry")
			require.Equal(s, []string{"write-back-refused"}, s.asks(), "tried once and refused again")
			s.resolve("skip")
			s.answer("", "retry")
			require.Empty(s, s.due())
			s.ended(domain.ReturnWindow)
		},
		"a carrier without a rule is asked; skip leaves the parcel to a person": func(s story) {
			p := s.shipAll(s.at(domain.WarehouseInProgress))
			p.Carrier, s.outbox = "NEW", nil
			s.tellShipment(p)
			s.run()
			require.Equal(s, []string{"unmapped:carrier"}, s.asks())
			require.Empty(s, s.due())
			s.resolve("skip")
			s.ended(domain.ReturnWindow)
		},
		"voided after it was written, it is asked": func(s story) {
			o := s.at(domain.WarehouseInProgress)
			p := s.shipAll(o)
			s.run()
			s.void(o, p)
			s.run()
			require.Equal(s, []string{"shipment-voided"}, s.asks())
		},
		"voided before it was written, nothing is": func(s story) {
			o := s.at(domain.WarehouseInProgress)
			s.void(o, s.shipAll(o))
			s.run()
			require.Empty(s, s.shipments)
			require.Empty(s, s.asks())
		},
		"a pending capture is waited for, then asked; skip lets the order end": func(s story) {
			p := untracked(s)
			s.payment.CapturePending = true
			s.append(domain.FactShopShipment, "pending", domain.ShopShipmentFact{Shipment: p.ID, Warehouse: "W1", Number: "100-1", Lines: s.shipments[0].Lines, Pending: true})
			require.Empty(s, s.due())
			require.Equal(s, noon.Add(time.Hour), s.look().WakeAt)
			s.now = s.now.Add(time.Hour)
			require.Equal(s, []string{"capture-overdue"}, s.asks())
			s.resolve("skip")
			s.ended(domain.ReturnWindow)
		},
	} {
		t.Run(name, func(t *testing.T) { rule(tell(t)) })
	}
}

func TestMoneyBeforeGoods(t *testing.T) {
	t.Parallel()
	captured := func(s story, pending bool) {
		s.mode = domain.CaptureBeforeSubmission
		s.append(domain.FactCaptured, "captured", domain.CapturedFact{Pending: pending})
	}
	for name, rule := range map[string]func(s story){
		"the money is captured first": func(s story) {
			s.mode = domain.CaptureBeforeSubmission
			require.Equal(s, []string{"capture 100"}, s.due())
			s.run()
			require.Len(s, s.orders, 1)
		},
		"a pending capture holds the goods, then finance is asked": func(s story) {
			captured(s, true)
			require.Empty(s, s.due())
			s.now = s.now.Add(time.Hour)
			require.Equal(s, []string{"capture-overdue"}, s.asks())
			s.resolve("skip")
			require.Len(s, s.orders, 1, "finance settled it otherwise, so the goods go")
		},
		"a refused capture holds the goods; skip lets them go": func(s story) {
			s.mode = domain.CaptureBeforeSubmission
			s.refuse(domain.StepCapture, "100", "", "capture-failed", "capture_failed")
			require.Equal(s, []string{"capture-failed"}, s.asks())
			require.Empty(s, s.due())
			s.resolve("skip")
			require.Len(s, s.orders, 1)
		},
	} {
		t.Run(name, func(t *testing.T) { rule(tell(t)) })
	}
}
